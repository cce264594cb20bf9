//! `vestibule demo fail`: each way to fail has its own reason.

use super::browser::Browser;
use super::journey::{self, Outcome};
use super::{found, set_up};
use crate::cause::Cause;
use crate::cli::failure::{Failure, Result};
use crate::cli::output::{Format, Tone, pad, yes};
use crate::cli::shell::Shell;
use crate::cli::trace;
use crate::guides::Guides;
use crate::locale::Locale;
use crate::saml::issue::Wrong;
use crate::store::demo::{Demo, PEOPLE};
use crate::store::traces::Trace;
use crate::views::List;
use crate::views::trace as views;
use serde::Serialize;

/// Names are padded to this width.
const WIDTH: usize = 12;

/// What came of one way to fail.
#[derive(Serialize)]
struct FailureView {
    failure: &'static str,
    expected: &'static str,
    /// The code; none if the sign-in was not refused.
    code: Option<String>,
    passed: bool,
    title: String,
    /// What the person reads.
    person: String,
    fix: String,
    trace_id: String,
}

/// What is needed to say it in words.
struct Words {
    locale: Locale,
    guides: Guides,
    demo: Demo,
    operator: String,
    public_url: String,
}

impl Words {
    fn load(shell: &Shell) -> Result<Self> {
        Ok(Self {
            locale: shell.locale()?,
            guides: shell.guides()?,
            demo: set_up(shell)?,
            operator: shell.effective()?.config.brand.name.clone(),
            public_url: shell.public_url()?.to_owned(),
        })
    }

    fn view(&self, wrong: Wrong, trace: &Trace) -> FailureView {
        let cause = trace.cause.as_deref();
        let known = cause.and_then(Cause::from_code);
        let fix = known.map(|cause| {
            let words = (&self.guides, &self.locale);
            views::fix(words, &self.public_url, cause, Some(&self.demo.connection))
        });
        let organization = Some(self.demo.organization.name.as_str());
        FailureView {
            failure: wrong.word(),
            expected: wrong.cause().code(),
            code: cause.map(str::to_owned),
            passed: known == Some(wrong.cause()),
            title: known.map(|cause| self.locale.cause(cause).title.clone()).unwrap_or_default(),
            person: known
                .map(|cause| self.locale.person(cause, organization, &self.operator))
                .unwrap_or_default(),
            fix: fix.map(|fix| fix.sentence).unwrap_or_default(),
            trace_id: trace.id.to_string(),
        }
    }
}

/// Fails in one way and shows the checks.
pub(super) fn one(shell: &Shell, wrong: Wrong, address: &str) -> Result {
    let words = Words::load(shell)?;
    let trace = make(shell, wrong, address)?;
    let view = words.view(wrong, &trace);
    if shell.out.is_json() {
        shell.out.json(&view)?;
    } else {
        shell.out.fields(&[
            ("failure", view.failure.to_owned()),
            ("code", view.code.clone().unwrap_or_default()),
            ("title", view.title.clone()),
            ("person reads", view.person.clone()),
            ("fix", view.fix.clone()),
            ("trace", view.trace_id.clone()),
        ])?;
        shell.out.line("")?;
        trace::shown(shell, &trace)?;
    }
    if view.passed { Ok(()) } else { Err(Failure::check()) }
}

/// Fails in every way there is.
pub(super) fn all(shell: &Shell, address: &str) -> Result {
    let words = Words::load(shell)?;
    let mut views = Vec::new();
    for wrong in Wrong::ALL {
        let view = words.view(*wrong, &make(shell, *wrong, address)?);
        if shell.out.format == Format::Table {
            write(shell, &view)?;
        }
        views.push(view);
    }
    let all_passed = views.iter().all(|view| view.passed);
    if shell.out.format != Format::Table {
        let rows: Vec<Vec<String>> = views.iter().map(row).collect();
        shell.out.list(&List::all(views), &[], &rows)?;
    }
    if all_passed { Ok(()) } else { Err(Failure::check()) }
}

fn row(view: &FailureView) -> Vec<String> {
    vec![
        view.failure.to_owned(),
        view.code.clone().unwrap_or_default(),
        yes(view.passed),
        view.title.clone(),
        view.person.clone(),
        view.fix.clone(),
        view.trace_id.clone(),
    ]
}

/// One way to fail, in lines that fit a terminal.
fn write(shell: &Shell, view: &FailureView) -> Result {
    let out = &shell.out;
    let code = view.code.as_deref().unwrap_or("not refused");
    let tone = if view.passed { Tone::Good } else { Tone::Bad };
    out.line(format!("{}{}", pad(view.failure, WIDTH), out.tone(tone, code)))?;
    if !view.passed {
        out.line(format!("{}expected {}", pad("", WIDTH), view.expected))?;
    }
    for (name, text) in [("title", &view.title), ("person", &view.person), ("fix", &view.fix)] {
        out.line(format!("{}{}{text}", pad("", WIDTH), pad(name, 8)))?;
    }
    Ok(())
}

/// Makes the sign-in and gives its record. To be replayed, an answer has to be used first.
fn make(shell: &Shell, wrong: Wrong, address: &str) -> Result<Trace> {
    let [ada, .., eve] = &PEOPLE;
    let person = if wrong == Wrong::Unassigned { eve } else { ada };
    let mut browser = Browser::new()?;
    if wrong == Wrong::Replayed {
        let first = shell.wait(journey::run(&mut browser, address, person, None))??;
        if !matches!(first.outcome, Outcome::SignedIn(_)) {
            return found(shell, &first);
        }
    }
    let journey = shell.wait(journey::run(&mut browser, address, person, Some(wrong)))??;
    found(shell, &journey)
}
