//! A form that was filled in while somebody else changed what it shows: nothing of theirs is written back. The page shows both
//! versions of each field that differs, and one is chosen.
//!
//! A form carries in `seen` what it showed, as a digest of each field. The transaction that writes compares that with what is
//! there now ([`Filled::must_fit`]), and so does the one that writes what was chosen.

use super::audit;
use super::frame::{self, Area, Frame};
use super::seat::{Needs, Posted};
use crate::crypto;
use crate::error::{Error, Result};
use crate::http::moments;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::Window;
use crate::store::events::{self, Filter};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use std::collections::HashMap;

/// The field that says what the form showed.
const SEEN: &str = "seen";
/// Before the name of a field: whose value is chosen.
const CHOICE: &str = "choice.";
/// The choice of what somebody else has set.
const THEIRS: &str = "theirs";
/// Of a digest so much is kept: it tells values apart, and hides none.
const DIGITS: usize = 16;

/// The fields that a form shows and writes, each with its value as a browser sends it.
pub(super) type Fields = Vec<(String, String)>;

/// Fields with these names and values.
pub(super) fn fields<const N: usize>(all: [(&str, &str); N]) -> Fields {
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// What a tick sends.
pub(super) const fn tick(is_on: bool) -> &'static str {
    if is_on { "1" } else { "" }
}

/// What a form that shows these fields carries in `seen`.
pub(super) fn seen(fields: &Fields) -> String {
    let one = |(name, value): &(String, String)| format!("{name}={}", digest(value));
    fields.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// What a form carries in `seen` that is shown again with what is wrong with it: what it showed at first.
pub(super) fn still_seen<N: Needs>(posted: &Posted<N>) -> String {
    posted.text(SEEN).to_owned()
}

/// Browsers send other line ends than they were given.
fn plain(value: &str) -> String {
    value.trim().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn digest(value: &str) -> String {
    let whole = crypto::hex(&crypto::sha256(plain(value).as_bytes()));
    whole.chars().take(DIGITS).collect()
}

/// Whether what somebody else has set is chosen for a field.
pub(super) fn keeps_theirs<N: Needs>(posted: &Posted<N>, name: &str) -> bool {
    posted.text(&format!("{CHOICE}{name}")) == THEIRS
}

/// Puts what somebody else has set into a form, where that was chosen.
pub(super) fn settle<N: Needs>(posted: &mut Posted<N>, now: &Fields) {
    for (name, value) in now {
        if keeps_theirs(posted, name) {
            posted.put(name, value);
        }
    }
}

/// What a form was filled in with, and what it showed before that.
#[derive(Clone)]
pub(super) struct Filled {
    seen: HashMap<String, String>,
    mine: HashMap<String, String>,
}

/// A field of which there are two versions.
struct Difference {
    name: String,
    theirs: String,
    mine: String,
}

impl Filled {
    /// A form that came, and what it says. One that does not say what it showed is of no page of ours, and shows nothing.
    pub(super) fn new<N: Needs>(posted: &Posted<N>, mine: Fields) -> Self {
        let pair = |part: &str| {
            part.split_once('=').map(|(name, digest)| (name.to_owned(), digest.to_owned()))
        };
        let seen = posted.text(SEEN).split_whitespace().filter_map(pair).collect();
        Self { seen, mine: mine.into_iter().collect() }
    }

    /// What somebody else has made different since the form was shown, where the form says something else.
    fn differences(&self, now: &Fields) -> Vec<Difference> {
        let one = |(name, theirs): &(String, String)| {
            let mine = self.mine.get(name)?;
            let is_other = self.seen.get(name).is_some_and(|seen| *seen != digest(theirs));
            (is_other && plain(mine) != plain(theirs)).then(|| Difference {
                name: name.clone(),
                theirs: plain(theirs),
                mine: plain(mine),
            })
        };
        now.iter().filter_map(one).collect()
    }

    /// Refuses to write, where somebody else has changed meanwhile what would be written over. To be asked in the transaction.
    pub(super) fn must_fit(&self, now: &Fields) -> Result<()> {
        if self.differences(now).is_empty() {
            return Ok(());
        }
        Err(Error::Stale("Somebody else has changed this since the page was opened.".to_owned()))
    }
}

/// Of what there are two versions.
pub(super) struct Clash {
    /// Where in the console it is.
    pub(super) area: Area,
    /// Its ID.
    pub(super) subject: String,
    /// What it is called.
    pub(super) name: String,
    /// Its own page.
    pub(super) href: String,
    /// Where the form is.
    pub(super) form: String,
    /// Where it is posted to, if that is elsewhere.
    pub(super) action: Option<String>,
    /// The kind of event that its changes are.
    pub(super) kind: &'static str,
    /// What it is now.
    pub(super) now: Fields,
}

impl Clash {
    fn action(&self) -> &str {
        self.action.as_deref().unwrap_or(&self.form)
    }
}

struct Line {
    name: String,
    label: String,
    theirs: String,
    mine: String,
}

struct View<'a> {
    clash: &'a Clash,
    title: String,
    said: String,
    lines: Vec<Line>,
    seen: String,
    /// All that was filled in, to be sent once more.
    kept: Vec<(&'a str, &'a str)>,
}

#[derive(Template)]
#[template(path = "console/stale.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View<'a>,
}

/// The page on which one of two versions is chosen. `say` names a field and shows a value of it.
pub(super) async fn show<N: Needs>(
    state: &State,
    posted: &Posted<N>,
    filled: &Filled,
    clash: Clash,
    say: impl Fn(&str, &str) -> (String, String),
) -> Result<HttpResponse> {
    let filter = Filter {
        kind: Some(clash.kind.to_owned()),
        subject: Some(clash.subject.clone()),
        ..Filter::default()
    };
    let last = state.store.read(move |db| {
        let window = Window { limit: 1, before: None };
        let Some(event) = events::page(db, &window, &filter)?.data.pop() else { return Ok(None) };
        Ok(Some((audit::who(db, event.actor)?, event.created_at)))
    });
    let said = match last.await? {
        Some((who, at)) => {
            let ago = moments::told(state, at);
            state.locale.fill("console.stale.by", &[("who", &who), ("ago", &ago)])
        }
        None => state.locale.text("console.stale.somebody").to_owned(),
    };
    let nothing = |value: String| {
        if value.is_empty() { state.locale.text("console.stale.nothing").to_owned() } else { value }
    };
    let line = |difference: Difference| {
        let (label, theirs) = say(&difference.name, &difference.theirs);
        let (_, mine) = say(&difference.name, &difference.mine);
        Line { name: difference.name, label, theirs: nothing(theirs), mine: nothing(mine) }
    };
    let is_kept = |(name, _): &(&str, &str)| {
        *name != SEEN && *name != "form_token" && !name.starts_with(CHOICE)
    };
    let mut kept: Vec<(&str, &str)> = posted.form().all().filter(is_kept).collect();
    kept.sort_unstable();
    let view = View {
        title: state.locale.fill("console.stale.title", &[("name", &clash.name)]),
        said,
        lines: filled.differences(&clash.now).into_iter().map(line).collect(),
        seen: seen(&clash.now),
        kept,
        clash: &clash,
    };
    Ok(frame::page(state, &posted.seat, clash.area, StatusCode::CONFLICT, |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(seen_before: &Fields, mine: Fields) -> Filled {
        let text = seen(seen_before);
        let pairs = text.split(' ').map(|part| part.split_once('=').unwrap());
        let seen = pairs.map(|(name, digest)| (name.to_owned(), digest.to_owned()));
        Filled { seen: seen.collect(), mine: mine.into_iter().collect() }
    }

    #[test]
    fn only_what_others_have_changed_and_the_form_would_write_over_is_asked_about() {
        let before = fields([("name", "Globex"), ("note", "one\ntwo"), ("on", "")]);
        let mine = fields([("name", "Globex Ltd"), ("note", "one\r\ntwo\r\n"), ("on", "")]);
        let given = filled(&before, mine);
        assert!(given.must_fit(&before).is_ok(), "nobody else has changed anything");
        let both = fields([("name", "Globex Ltd"), ("note", "one\ntwo"), ("on", "")]);
        assert!(given.must_fit(&both).is_ok(), "both have changed it alike");
        for (now, differs) in [
            (fields([("name", "Initech"), ("note", "one\ntwo"), ("on", "")]), "name"),
            (fields([("name", "Globex"), ("note", "three"), ("on", "")]), "note"),
            (fields([("name", "Globex"), ("note", "one\ntwo"), ("on", "1")]), "on"),
        ] {
            assert!(matches!(given.must_fit(&now), Err(Error::Stale(_))), "{differs}");
            let names: Vec<_> = given.differences(&now).into_iter().map(|one| one.name).collect();
            assert_eq!(names, [differs]);
        }
    }
}
