//! Errors that people see: what happened, whether trying again helps, whom to tell.

use super::Plain;
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::Error;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, Way, respond};
use crate::http::server::State;
use crate::locale::Who;
use crate::oidc;
use crate::oidc::client::UnknownRedirect;
use crate::store::{RequestId, TraceId};
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use askama::Template;
use std::fmt;

/// An error that is told by a page. `?` makes one of any [`Error`].
#[derive(Debug)]
pub enum PageError {
    /// A sign-in did not complete.
    SignIn(Box<Failure>),
    /// The application sent a request that cannot be answered to the application.
    App(oidc::Error),
    /// The application asked to sign somebody out in a way that cannot be answered.
    SignOut(oidc::Error),
    /// The application wants people sent to an address that is not registered.
    UnknownRedirect(UnknownRedirect),
    /// Any other.
    Other(Error),
}

/// A sign-in that did not complete, as far as the person may know it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// Its trace, if there is one: the reference that people pass on.
    pub trace: Option<TraceId>,
    /// The name of the organization whose connection it was.
    pub organization: Option<String>,
    /// Since when the connection has been off.
    pub since: Option<Time>,
    /// Where another email can be typed, or the sign-in started again: a path of ours.
    pub again: Option<String>,
    /// Where a break-glass code can be used, if the organization has one: a path of ours.
    pub break_glass: Option<String>,
    /// The application: its name, and where it can be gone back to.
    pub app: Option<(String, String)>,
    /// What binds the sign-in to this browser, where that is new: it can go on with a break-glass code.
    pub bind: Vec<Cookie<'static>>,
}

impl Failure {
    /// A failure of which no more than the cause is known.
    #[must_use]
    pub fn new(cause: Cause) -> Self {
        Self {
            cause,
            trace: None,
            organization: None,
            since: None,
            again: None,
            break_glass: None,
            app: None,
            bind: Vec::new(),
        }
    }
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        Self::SignIn(Box::new(failure))
    }
}

impl From<oidc::Error> for PageError {
    fn from(error: oidc::Error) -> Self {
        Self::App(error)
    }
}

impl From<UnknownRedirect> for PageError {
    fn from(unknown: UnknownRedirect) -> Self {
        Self::UnknownRedirect(unknown)
    }
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn(failure) => failure.cause.fmt(f),
            Self::App(error) | Self::SignOut(error) => error.fmt(f),
            Self::UnknownRedirect(_) => Cause::AppRedirectInvalid.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn(failure) => of_cause(failure.cause),
            Self::App(_) | Self::SignOut(_) | Self::UnknownRedirect(_) => StatusCode::BAD_REQUEST,
            Self::Other(error) => super::status(error),
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    shell: Shell<'a>,
    page_title: &'a str,
    title: String,
    texts: Vec<String>,
    send: Option<(String, &'a str)>,
    reference: &'a str,
    what: Option<(&'a str, &'a str)>,
    time: String,
    when: String,
    details: String,
    /// What the button says that copies them.
    copy: &'a str,
    ways: Vec<Way>,
}

/// What is copied of a page: of a sign-in, of a sign-out, or of any other page.
#[derive(Clone, Copy)]
enum Told {
    SignIn,
    SignOut,
    Page,
}

impl Told {
    /// The keys of what is copied, and of what the button says.
    fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::SignIn => ("page.error.details", "error.copy_details"),
            Self::SignOut => ("page.error.details_sign_out", "error.copy_details"),
            Self::Page => ("page.error.details_page", "error.copy_page"),
        }
    }
}

pub(super) fn render(state: &State, id: &RequestId, error: &PageError) -> HttpResponse {
    match error {
        PageError::SignIn(failure) => sign_in(Shell::of(state), id, failure),
        PageError::App(error) => {
            let texts = vec![Shell::of(state).operator("error.app.text"), error.description()];
            app(state, id, SIGN_IN, error.code(), texts)
        }
        PageError::SignOut(error) => {
            let texts = vec![Shell::of(state).operator("error.sign_out.text"), error.description()];
            app(state, id, SIGN_OUT, error.code(), texts)
        }
        PageError::UnknownRedirect(unknown) => {
            let texts = redirect(Shell::of(state), unknown);
            app(state, id, SIGN_IN, Cause::AppRedirectInvalid.code(), texts)
        }
        PageError::Other(error) => {
            super::log(error);
            let mut answer = other(state, id, super::status(error), error_text(error));
            super::retry_after(answer.headers_mut(), error);
            answer
        }
    }
}

/// An error of HTTP rather than of the data.
pub(super) fn plain(state: &State, id: &RequestId, plain: &Plain) -> HttpResponse {
    // That nothing is there, or that we failed, is said in the words for it.
    let is_usual = plain.status == StatusCode::NOT_FOUND || plain.status.is_server_error();
    other(state, id, plain.status, (!is_usual).then(|| plain.detail.clone()))
}

/// The sentence of an error that a person can do something about.
fn error_text(error: &Error) -> Option<String> {
    match error {
        Error::Invalid(_) | Error::Conflict { .. } | Error::Forbidden(_) | Error::Scim { .. } => {
            Some(error.to_string())
        }
        Error::Unauthenticated(detail) | Error::Stale(detail) | Error::TooMany { detail, .. } => {
            Some(detail.clone())
        }
        Error::NotFound { .. } | Error::Busy(_) | Error::Internal(_) => None,
    }
}

/// How the page of a sign-in that did not complete would look in this shell.
pub(in crate::http) fn preview(shell: Shell<'_>, failure: &Failure) -> HttpResponse {
    let mut answer = sign_in(shell, &RequestId::new(), failure);
    // The page that shows it has not failed.
    *answer.status_mut() = StatusCode::OK;
    answer
}

/// The page of a sign-in that did not complete.
fn sign_in(shell: Shell<'_>, id: &RequestId, failure: &Failure) -> HttpResponse {
    let state = shell.state();
    let text = state.locale.cause(failure.cause);
    let reference = failure.trace.as_ref().map_or(id.as_str(), TraceId::as_str);
    let code = failure.cause.code();
    let now = state.store.clock().now();
    let brand = shell.brand();
    let person = state.locale.person(failure.cause, failure.organization.as_deref(), &brand);
    let since = failure
        .since
        .map(|since| shell.fill("login.unavailable.since", &[("since", &day_and_time(since))]));
    let page = ErrorPage {
        shell,
        page_title: shell.text("error.page_title"),
        title: shell.text("error.title").to_owned(),
        texts: std::iter::once(person).chain(since).collect(),
        send: text.who.first().and_then(|who| send(shell, *who)),
        reference,
        what: Some((&text.short, code)),
        time: now.to_string(),
        when: day_and_time(now),
        details: details(shell, (Told::SignIn, ""), reference, code, now),
        copy: shell.text(Told::SignIn.keys().1),
        ways: ways(shell, failure, text.retry, &text.who),
    };
    let csp = shell.policy(Csp::Page);
    let mut answer = respond(state, of_cause(failure.cause), &csp, &page);
    for cookie in &failure.bind {
        if let Err(error) = answer.add_cookie(cookie) {
            tracing::error!(%error, "a cookie of an error page");
        }
    }
    answer
}

/// Whom to tell; nobody if the person can mend it alone.
fn send(shell: Shell<'_>, who: Who) -> Option<(String, &str)> {
    let (title, text) = match who {
        Who::ItAdmin => ("error.send.it_admin.title", "error.send.it_admin.text"),
        Who::Operator => ("error.send.operator.title", "error.send.operator.text"),
        Who::Developer => ("error.send.developer.title", "error.send.developer.text"),
        Who::Person => return None,
    };
    Some((shell.operator(title), shell.text(text)))
}

fn ways(shell: Shell<'_>, failure: &Failure, retry: bool, who: &[Who]) -> Vec<Way> {
    let label = if retry { "error.start_again" } else { "error.other_email" };
    let again = failure
        .again
        .iter()
        .map(|href| Way { label: shell.text(label).to_owned(), href: href.clone() });
    let app = failure.app.iter().map(|(name, href)| Way {
        label: shell.application("page.error.back_to", name),
        href: href.clone(),
    });
    // Who can mend it alone needs no code for that.
    let is_broken = who.first().is_some_and(|who| *who != Who::Person);
    let break_glass = failure
        .break_glass
        .iter()
        .filter(|_| is_broken)
        .map(|href| Way { label: shell.text("error.break_glass").to_owned(), href: href.clone() });
    again.chain(app).chain(break_glass).collect()
}

/// What a developer reads who registered another address.
fn redirect(shell: Shell<'_>, unknown: &UnknownRedirect) -> Vec<String> {
    let (locale, cause) = (&shell.state().locale, Cause::AppRedirectInvalid);
    let received = [("received", unknown.received.as_str())];
    let nearest = unknown
        .nearest()
        .map(|nearest| shell.fill("page.error.nearest_redirect", &[("nearest", nearest)]));
    let received = shell.fill("page.error.unknown_redirect", &received);
    let told = [locale.person(cause, None, &shell.brand()), received].into_iter();
    told.chain(nearest).chain([locale.cause(cause).fix.clone()]).collect()
}

/// What the page of a request to sign in, or to sign out, is called, and what is copied of it.
const SIGN_IN: (&str, Told) = ("error.page_title", Told::SignIn);
const SIGN_OUT: (&str, Told) = ("error.sign_out.page_title", Told::SignOut);

/// The page of a request that the application's developers must change.
fn app(
    state: &State,
    id: &RequestId,
    (page_title, told): (&str, Told),
    code: &str,
    texts: Vec<String>,
) -> HttpResponse {
    let shell = Shell::of(state);
    let now = state.store.clock().now();
    let page = ErrorPage {
        page_title: shell.text(page_title),
        title: shell.text("error.app.title").to_owned(),
        texts,
        send: send(shell, Who::Developer),
        reference: id.as_str(),
        what: Some((shell.text("error.app.title"), code)),
        time: now.to_string(),
        when: day_and_time(now),
        details: details(shell, (told, ""), id.as_str(), code, now),
        copy: shell.text(told.keys().1),
        ways: back(shell),
        shell,
    };
    respond(state, StatusCode::BAD_REQUEST, &Csp::Page, &page)
}

/// Back to where the operator says that people can sign in another way.
fn back(shell: Shell<'_>) -> Vec<Way> {
    let to = shell.back();
    let way =
        |href: String| Way { label: shell.application("page.error.back_to", &shell.brand()), href };
    to.map(way).into_iter().collect()
}

/// A page for any other failure: its reference is that of the request.
fn other(state: &State, id: &RequestId, status: StatusCode, text: Option<String>) -> HttpResponse {
    let shell = Shell::of(state);
    let now = state.store.clock().now();
    let (page_title, title, usual) = match status {
        StatusCode::NOT_FOUND => {
            ("error.not_found.page_title", "error.not_found.title", "error.not_found.text")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ("error.busy.page_title", "error.busy.title", "error.busy.text")
        }
        status if status.is_server_error() => {
            ("error.internal.page_title", "error.internal.title", "error.internal.text")
        }
        _ => {
            ("page.error.refused_page_title", "page.error.refused_title", "page.error.refused_text")
        }
    };
    let page = ErrorPage {
        shell,
        page_title: shell.text(page_title),
        title: shell.text(title).to_owned(),
        texts: vec![text.unwrap_or_else(|| shell.text(usual).to_owned())],
        send: None,
        reference: id.as_str(),
        what: None,
        time: now.to_string(),
        when: day_and_time(now),
        details: details(shell, (Told::Page, shell.text(title)), id.as_str(), status.as_str(), now),
        copy: shell.text(Told::Page.keys().1),
        ways: back(shell),
    };
    respond(state, status, &Csp::Page, &page)
}

/// What is copied of a page that is called `title`.
fn details(
    shell: Shell<'_>,
    (told, title): (Told, &str),
    reference: &str,
    code: &str,
    now: Time,
) -> String {
    let time = now.to_utc().format("%Y-%m-%d %H:%M UTC").to_string();
    let values = [("reference", reference), ("code", code), ("time", &*time), ("title", title)];
    shell.fill(told.keys().0, &values)
}

/// `22 Nov, 14:02 UTC`.
fn day_and_time(time: Time) -> String {
    time.to_utc().format("%-d %b, %H:%M UTC").to_string()
}

fn of_cause(cause: Cause) -> StatusCode {
    StatusCode::from_u16(cause.status()).unwrap_or(StatusCode::BAD_REQUEST)
}
