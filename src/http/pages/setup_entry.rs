//! The page at which a setup link or a visit to the portal begins.

use super::{Shell, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use crate::store::setup_links::Purpose;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// What a link is for, before anybody starts. Posted to `/portal/start` as `token`.
pub struct SetupEntry<'a> {
    /// The link's token.
    pub token: &'a str,
    /// Whose single sign-on it is.
    pub organization: &'a str,
    /// What the operator has to say.
    pub note: Option<&'a str>,
    /// When the link ends; none: it is a visit, which goes on by itself.
    pub ends: Option<&'a str>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether somebody has to add a DNS record.
    pub needs_record: bool,
    /// What can be looked at: the keys of sentences.
    pub looks: Vec<&'static str>,
    /// What is left of it, where a colleague handed it over.
    pub handed: Option<String>,
    /// What is asked of whoever starts, where the link is for one address alone.
    pub code: Option<CodeAsked>,
}

impl SetupEntry<'_> {
    /// The key of a sentence that is another for each purpose.
    fn key(&self, what: &str) -> String {
        match self.purpose {
            Purpose::Setup => format!("portal.entry.{what}"),
            other => format!("portal.entry.{other}.{what}"),
        }
    }
}

/// A code that is mailed before somebody starts. Asked for by posting `token` to `/portal/code`, and posted as `code`.
pub struct CodeAsked {
    /// Where to, as much of it as others may know.
    pub to: String,
    /// Whether one was mailed that can still be typed.
    pub is_out: bool,
    /// Why the last one was not taken, or none was sent.
    pub fault: Option<String>,
}

#[derive(Template)]
#[template(path = "setup_entry.html")]
struct SetupEntryPage<'a> {
    shell: Shell<'a>,
    view: &'a SetupEntry<'a>,
    title: String,
    text: String,
    takes: String,
    visit: String,
    start: String,
}

/// The page at which a link begins.
#[must_use]
pub fn setup_entry(state: &State, view: &SetupEntry<'_>) -> HttpResponse {
    setup_entry_in(Shell::of(state), view)
}

/// The same in a shell of one's own.
pub(in crate::http) fn setup_entry_in(shell: Shell<'_>, view: &SetupEntry<'_>) -> HttpResponse {
    let state = shell.state();
    let csp = shell.policy(Csp::Portal);
    let say = |what: &str| shell.organization(&view.key(what), view.organization);
    let is_wrong = view.code.as_ref().is_some_and(|code| code.fault.is_some());
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = SetupEntryPage {
        title: say("title"),
        text: say("text"),
        takes: say("takes"),
        visit: say("visit"),
        start: say("start"),
        shell,
        view,
    };
    respond(state, status, &csp, &page)
}

/// A link that lets nobody in. Posted to `/portal/another` as `token`.
pub struct SetupOver<'a> {
    /// The status of the answer.
    pub status: StatusCode,
    /// The heading.
    pub title: String,
    /// Why.
    pub text: String,
    /// The link's token, where another link can be asked for.
    pub token: Option<&'a str>,
    /// Whether that was done a short time ago.
    pub has_asked: bool,
    /// Back to the vendor's app.
    pub back: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "setup_over.html")]
struct SetupOverPage<'a> {
    shell: Shell<'a>,
    view: &'a SetupOver<'a>,
}

/// The page of a link that lets nobody in.
#[must_use]
pub fn setup_over(state: &State, view: &SetupOver<'_>) -> HttpResponse {
    let page = SetupOverPage { shell: Shell::of(state), view };
    respond(state, view.status, &Csp::Portal, &page)
}
