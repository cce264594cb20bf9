//! Pages on which a sign-in turns or ends: a few sentences and the way on.

use super::{Message, Shell, Way, message};
use crate::http::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// No connection belongs to an email's domain.
pub struct NoConnection<'a> {
    /// Where another email can be typed: a path of ours.
    pub again: &'a str,
}

/// The page that says that a company has no single sign-on here, and how else to sign in.
#[must_use]
pub fn no_connection(state: &State, view: &NoConnection<'_>) -> HttpResponse {
    let shell = Shell::of(state);
    let back = shell.back().map(|href| way(shell, "login.none.back", &href));
    let again = way(shell, "error.other_email", view.again);
    let page = Message {
        status: StatusCode::OK,
        page_title: shell.text("login.none.page_title").to_owned(),
        title: shell.text("login.none.title").to_owned(),
        texts: vec![shell.operator("login.none.text")],
        ways: back.into_iter().chain([again]).collect(),
    };
    message(state, &page)
}

/// Why a person has to start again who did nothing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The browser did not send our cookie.
    Cookies,
    /// The sign-in is finished; the page came out of the browser's history.
    Back,
    /// Another tab began a sign-in after this one.
    SecondTab,
    /// The sign-in is over its time.
    Expired,
}

/// The page that says why to start again, with a link that does; `href` is a path of ours or the
/// application's own address.
#[must_use]
pub fn again(state: &State, why: Again, href: &str) -> HttpResponse {
    let shell = Shell::of(state);
    let (title, text) = match why {
        Again::Cookies => ("again.cookies.title", "again.cookies.text"),
        Again::Back => ("again.back.title", "again.back.text"),
        Again::SecondTab => ("again.second_tab.title", "again.second_tab.text"),
        Again::Expired => ("again.expired.title", "again.expired.text"),
    };
    let page = Message {
        status: StatusCode::BAD_REQUEST,
        page_title: shell.text("error.page_title").to_owned(),
        title: shell.text(title).to_owned(),
        texts: vec![shell.text(text).to_owned()],
        ways: vec![way(shell, "again.button", href)],
    };
    message(state, &page)
}

/// The page for a person who clicked a tile at the provider of a connection that takes no sign-in
/// which starts there: `href` starts a normal one.
#[must_use]
pub fn started_at_provider(state: &State, organization: &str, href: &str) -> HttpResponse {
    let shell = Shell::of(state);
    let page = Message {
        status: StatusCode::OK,
        page_title: shell.text("started_at_provider.page_title").to_owned(),
        title: shell.text("started_at_provider.title").to_owned(),
        texts: vec![shell.organization("started_at_provider.text", organization)],
        ways: vec![way(shell, "started_at_provider.button", href)],
    };
    message(state, &page)
}

/// A person is signed in and no application waits.
pub struct SignedIn<'a> {
    /// Who.
    pub email: &'a str,
    /// The name of their organization.
    pub organization: &'a str,
    /// By a break-glass code, not through the organization's identity provider.
    pub by_code: bool,
}

/// The page at which a sign-in ends that nobody asked for.
#[must_use]
pub fn signed_in(state: &State, view: &SignedIn<'_>) -> HttpResponse {
    let shell = Shell::of(state);
    let names = [("email", view.email), ("organization", view.organization)];
    let back = shell
        .back()
        .map(|href| Way { label: shell.application("page.error.back_to", &shell.brand()), href });
    let page = Message {
        status: StatusCode::OK,
        page_title: shell.text("page.signed_in.page_title").to_owned(),
        title: shell.text("page.signed_in.title").to_owned(),
        texts: vec![
            shell.fill(
                if view.by_code { "page.signed_in.by_code" } else { "page.signed_in.text" },
                &names,
            ),
            shell.operator("page.signed_in.where"),
        ],
        ways: back.into_iter().collect(),
    };
    message(state, &page)
}

pub(super) fn way(shell: Shell<'_>, key: &str, href: &str) -> Way {
    Way { label: shell.operator(key), href: href.to_owned() }
}
