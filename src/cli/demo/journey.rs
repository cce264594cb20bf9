//! One sign-in to the demo app: app, gateway, provider, gateway, app.

use super::browser::{Browser, Page};
use crate::cli::failure::{Exit, Failure, Result};
use crate::saml::issue::Wrong;
use crate::store::TraceId;
use crate::store::demo::Person;
use serde_json::Value;

/// More pages that send themselves on than a sign-in has.
const MOST_FORMS: usize = 4;

/// A sign-in that has ended.
pub(super) struct Journey {
    /// The gateway's record of it.
    pub(super) trace: Option<TraceId>,
    pub(super) outcome: Outcome,
}

/// How it ended.
pub(super) enum Outcome {
    /// The app has shown what it knows.
    SignedIn(Value),
    /// On a page that says why not.
    Refused,
}

/// Signs a person in as a browser would, from the app's button on.
pub(super) async fn run(
    browser: &mut Browser,
    address: &str,
    person: &Person,
    wrong: Option<Wrong>,
) -> Result<Journey> {
    let wrong = wrong.map_or("", Wrong::word);
    let start = format!("{address}/demo/app/sign-in?as={}&fail={wrong}", person.word);
    let mut page = browser.open(&start).await?;
    let mut trace = None;
    for _ in 0..MOST_FORMS {
        let Some(form) = page.form().filter(|form| form.value("SAMLResponse").is_some()) else {
            break;
        };
        trace = form.value("RelayState").and_then(|state| state.parse().ok());
        page = browser.submit(&form).await?;
    }
    if trace.is_none() {
        return Err(lost(&page));
    }
    if page.status == 200 && page.url.path() == "/demo/app" {
        let shown = browser.open_json(page.url.as_str()).await?;
        return Ok(Journey { trace, outcome: Outcome::SignedIn(shown) });
    }
    // A refusal can have a record of its own: then that of the sign-in stays as it was.
    let told = page.trace();
    Ok(Journey { trace: told.or(trace), outcome: Outcome::Refused })
}

/// The provider was not even reached.
fn lost(page: &Page) -> Failure {
    Failure::new(
        Exit::CheckFailed,
        "demo_lost",
        "The sign-in did not come as far as the identity provider's answer.",
        format!("{} answered {}: {}.", page.url.path(), page.status, page.title()),
        "Set the demo up again: vestibule demo up. Then look for what is wrong: vestibule doctor",
    )
}
