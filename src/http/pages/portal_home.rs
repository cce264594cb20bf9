//! The portal's home, and the page at the end of a setup: what there is and how it stands.

use super::{Arrivals, ChangeLine, DomainLine, Frame, Shell, Sign, Way, respond};
use crate::guides::Value;
use crate::http::guard::Csp;
use crate::http::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// A token of the directory.
pub struct TokenLine {
    /// How it begins and ends.
    pub hint: String,
    /// Where it is in its life.
    pub state: String,
    /// When it was last used.
    pub used: String,
}

/// Something about a connection.
#[derive(Debug)]
pub struct Fact {
    /// What.
    pub name: String,
    /// How it is.
    pub value: String,
    /// What follows from that.
    pub more: Option<String>,
}

/// Something that was looked at.
#[derive(Debug)]
pub struct SignLine {
    /// How it is.
    pub sign: Sign,
    /// What, in a few words.
    pub text: String,
    /// What follows from that.
    pub more: Option<String>,
    /// When, or of what.
    pub at: Option<String>,
}

/// Something that is not done, and where it is.
pub struct Missing {
    /// What, and what follows from that.
    pub text: String,
    /// What is done about it.
    pub label: String,
    /// Where.
    pub href: String,
}

/// What is known of a directory.
pub struct DirectoryCard {
    /// Where it sends its requests.
    pub base_url: String,
    /// How many people and groups it has told of, and when it last asked.
    pub line: String,
    /// How it stands: the class of a badge, and a word.
    pub state: (&'static str, String),
    /// Whether groups are allowed, and how many of them give access.
    pub groups: String,
    /// Its tokens.
    pub tokens: Vec<TokenLine>,
    /// What becomes of them when another is made.
    pub of_tokens: String,
    /// Whether one of them lets the directory in.
    pub has_token: bool,
    /// A token that was made just now.
    pub new_token: Option<String>,
    /// What it did.
    pub arrivals: Arrivals,
}

/// What there is: the page to come back to. Posted to `/portal/token`.
pub struct PortalHome {
    /// What all pages have.
    pub frame: Frame,
    /// What the provider is called.
    pub provider: String,
    /// Two letters.
    pub tile: String,
    /// What is spoken there, and for which domains.
    pub subtitle: String,
    /// The state of the connection in a word, and whether that is good.
    pub state: Option<(String, bool)>,
    /// Where a sign-in is tested.
    pub test: Option<String>,
    /// What stands against the setup's being complete, once its steps are through.
    pub missing: Vec<Missing>,
    /// Steps that are not finished: the first one's address.
    pub unfinished: Option<String>,
    /// The address of the first step; empty where the link has none.
    pub first: String,
    /// What groups give may be looked at.
    pub has_groups: bool,
    /// Each sign-in may be looked at.
    pub has_traces: bool,
    /// Facts of the connection.
    pub facts: Vec<Fact>,
    /// Values for the provider's console.
    pub values: Vec<Value>,
    /// The domains.
    pub domains: Vec<DomainLine>,
    /// The directory, if provisioning is covered.
    pub directory: Option<DirectoryCard>,
    /// How everything stands.
    pub signs: Vec<SignLine>,
    /// What happened, newest first.
    pub activity: Vec<ChangeLine>,
}

impl PortalHome {
    /// How many of the signs ask for something.
    fn troubles(&self) -> usize {
        self.signs.iter().filter(|line| line.sign.is_trouble()).count()
    }
}

#[derive(Template)]
#[template(path = "portal_home.html")]
struct PortalHomePage<'a> {
    shell: Shell<'a>,
    view: &'a PortalHome,
    frame: &'a Frame,
}

/// The portal's home.
#[must_use]
pub fn portal_home(state: &State, view: &PortalHome) -> HttpResponse {
    let page = PortalHomePage { shell: Shell::of(state), view, frame: &view.frame };
    respond(state, StatusCode::OK, &Csp::Portal, &page)
}

/// The end of a setup.
pub struct PortalDone {
    /// What all pages have.
    pub frame: Frame,
    /// The heading.
    pub title: String,
    /// What works now.
    pub works: Vec<SignLine>,
    /// What stands against the setup's being complete.
    pub missing: Vec<Missing>,
    /// What can be done later.
    pub later: Vec<Missing>,
    /// What the operator does next, in sentences.
    pub next: Vec<String>,
    /// The certificate: until when it is good, and who is told.
    pub facts: Vec<Fact>,
    /// Until when the portal can be come back to.
    pub ends: String,
    /// Back to the operator.
    pub back: Option<Way>,
}

#[derive(Template)]
#[template(path = "portal_done.html")]
struct PortalDonePage<'a> {
    shell: Shell<'a>,
    view: &'a PortalDone,
    frame: &'a Frame,
}

/// The page at the end of a setup.
#[must_use]
pub fn portal_done(state: &State, view: &PortalDone) -> HttpResponse {
    let page = PortalDonePage { shell: Shell::of(state), view, frame: &view.frame };
    respond(state, StatusCode::OK, &Csp::Portal, &page)
}
