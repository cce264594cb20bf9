//! Pages that people who sign in see: one view struct each, rendered by one function.

mod activity;
mod break_glass;
mod faults;
mod groups;
mod hand_over;
mod portal;
mod portal_home;
mod setup_entry;
mod setup_step;
mod shell;
mod sign;
mod signed_out;
mod test_result;
pub(super) mod theme;
mod turns;

pub use self::activity::{
    ChangeLine, PortalActivity, PortalTrace, SignInLine, portal_activity, portal_trace,
};
pub use self::break_glass::{BreakGlass, BreakGlassFault, break_glass};
pub use self::faults::{Fault, Faults};
pub use self::groups::{GroupLine, PortalGroup, PortalGroups, Would, portal_group, portal_groups};
pub use self::hand_over::{HandOver, portal_hand_over};
pub use self::portal::{Frame, Notice};
pub use self::portal_home::{
    DirectoryCard, Fact, Missing, PortalDone, PortalHome, SignLine, TokenLine, portal_done,
    portal_home,
};
pub use self::setup_entry::{CodeAsked, SetupEntry, SetupOver, setup_entry, setup_over};
pub use self::setup_step::{
    Arrival, Arrivals, Begun, Body, Change, DomainLine, Live, SetupStep, Several, StepLine, Tested,
    Tile, Told, TypedMetadata, portal_live, setup_step,
};
pub use self::sign::Sign;
pub use self::signed_out::{
    Answer, AtProvider, Offer, SignedOut, answer, logout_refused, signed_out,
};
pub use self::test_result::{AttributeLine, TestPerson, TestResult, test_result};
pub use self::turns::{
    Again, NoConnection, SignedIn, again, no_connection, signed_in, started_at_provider,
};

pub(super) use self::setup_entry::setup_entry_in;
pub(super) use self::shell::{Shell, initials, is_part, respond};

use super::guard::Csp;
use super::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// A link on a page: words and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What it says: a verb with an object.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

/// Asks for an email address. Posted to `/login` as `trace` and `email`, or as `trace`
/// and `connection` where the browser's last choice is taken.
pub struct Login<'a> {
    /// The sign-in that goes on.
    pub trace: &'a str,
    /// What was typed before.
    pub email: &'a str,
    /// What is wrong with it.
    pub fault: Option<EmailFault>,
    /// The connection that this browser used last.
    pub last: Option<Choice<'a>>,
    /// Where a break-glass code can be used, if anybody has one.
    pub break_glass: Option<&'a str>,
    /// The redirect address of the application, where the answer may lead.
    pub redirect_uri: Option<&'a str>,
}

/// Why a typed email address leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailFault {
    /// It is not an email address, or there is none.
    Invalid,
    /// Too many were tried; one may try again after so many seconds.
    TooMany(u64),
}

/// A connection that a person may choose, posted as `connection`.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// Its ID.
    pub connection: &'a str,
    /// The name that the operator gave it, or that of the organization.
    pub name: &'a str,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    shell: Shell<'a>,
    view: &'a Login<'a>,
    fault: Option<String>,
}

/// The page on which a person types an email address.
#[must_use]
pub fn login(state: &State, view: &Login<'_>) -> HttpResponse {
    login_in(Shell::of(state), view)
}

/// The same in a shell of one's own.
pub(in crate::http) fn login_in(shell: Shell<'_>, view: &Login<'_>) -> HttpResponse {
    let fault = view.fault.map(|fault| match fault {
        EmailFault::Invalid => shell.text("login.email_invalid").to_owned(),
        EmailFault::TooMany(seconds) => {
            shell.fill("login.too_many", &[("seconds", &seconds.to_string())])
        }
    });
    let (status, wait) = match view.fault {
        None => (StatusCode::OK, None),
        Some(EmailFault::Invalid) => (StatusCode::UNPROCESSABLE_ENTITY, None),
        Some(EmailFault::TooMany(seconds)) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
    };
    let csp = shell.policy(Csp::SignIn(view.redirect_uri.map(str::to_owned)));
    let mut page = respond(shell.state(), status, &csp, &LoginPage { shell, view, fault });
    if let Some(seconds) = wait {
        page.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds.into());
    }
    page
}

/// Asks which of several connections of one domain to use. Posted to `/login` as
/// `trace`, `email` and `connection`.
pub struct Chooser<'a> {
    /// The sign-in that goes on.
    pub trace: &'a str,
    /// What was typed.
    pub email: &'a str,
    /// The organization's name.
    pub organization: &'a str,
    /// The connections.
    pub choices: &'a [Choice<'a>],
    /// The redirect address of the application, where the answer may lead.
    pub redirect_uri: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "chooser.html")]
struct ChooserPage<'a> {
    shell: Shell<'a>,
    view: &'a Chooser<'a>,
}

/// The page on which a person chooses between connections.
#[must_use]
pub fn chooser(state: &State, view: &Chooser<'_>) -> HttpResponse {
    let csp = Csp::SignIn(view.redirect_uri.map(str::to_owned));
    respond(state, StatusCode::OK, &csp, &ChooserPage { shell: Shell::of(state), view })
}

/// A form that posts itself to another server.
pub struct Between<'a> {
    /// Where to; a web address.
    pub action: &'a str,
    /// Names and values of its hidden fields.
    pub fields: &'a [(&'a str, &'a str)],
    /// Who is there.
    pub to: Destination<'a>,
}

/// How a page takes a browser to another server.
enum Passage<'a> {
    /// By a form, which posts itself.
    Form(&'a Between<'a>),
    /// By an address, which is opened at once.
    Link(&'a str),
}

/// Where a form takes a person.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// To the identity provider of this organization: SAML bindings 3.5.
    Organization(&'a str),
    /// Back to this application: OIDC's form post response mode.
    Application(&'a str),
}

#[derive(Template)]
#[template(path = "between.html")]
struct BetweenPage<'a> {
    shell: Shell<'a>,
    passage: Passage<'a>,
    title: String,
    text: &'a str,
    button: String,
}

impl<'a> BetweenPage<'a> {
    fn new(shell: Shell<'a>, passage: Passage<'a>, to: Destination<'_>) -> Self {
        match to {
            Destination::Organization(name) => Self {
                passage,
                title: shell.organization("between.title", name),
                text: shell.text("between.text"),
                button: shell.organization("between.button", name),
                shell,
            },
            Destination::Application(name) => Self {
                passage,
                title: shell.application("returning.title", name),
                text: shell.text("returning.text"),
                button: shell.application("returning.button", name),
                shell,
            },
        }
    }
}

/// The page whose form posts itself, with a button for browsers that run no script.
#[must_use]
pub fn between(state: &State, view: &Between<'_>) -> HttpResponse {
    let page = BetweenPage::new(Shell::of(state), Passage::Form(view), view.to);
    respond(state, StatusCode::OK, &Csp::PostTo(view.action.to_owned()), &page)
}

/// The same where an address is opened, with a link for browsers that do not go on by themselves. It answers forms of pages that
/// may lead nowhere else: what a form may lead to counts for a redirect that answers it, and not for a page.
#[must_use]
pub fn onward(state: &State, href: &str, to: Destination<'_>) -> HttpResponse {
    let page = BetweenPage::new(Shell::of(state), Passage::Link(href), to);
    respond(state, StatusCode::OK, &Csp::Page, &page)
}

/// Asks whether to sign out: reading a page signs nobody out.
pub struct SignOut<'a> {
    /// Where the form posts to: a path of ours.
    pub action: &'a str,
    /// Names and values of its hidden fields.
    pub fields: &'a [(&'a str, &'a str)],
    /// Where whoever stays signed in goes.
    pub back: Option<&'a str>,
    /// Where the answer leads: the application's post-logout redirect address.
    pub redirect_uri: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    shell: Shell<'a>,
    view: &'a SignOut<'a>,
}

/// The page that asks whether to sign out.
#[must_use]
pub fn sign_out(state: &State, view: &SignOut<'_>) -> HttpResponse {
    let csp = Csp::SignIn(view.redirect_uri.map(str::to_owned));
    respond(state, StatusCode::OK, &csp, &SignOutPage { shell: Shell::of(state), view })
}

/// What the service provider's entity ID shows in a browser.
pub struct Entity<'a> {
    /// The name of the organization that the connection belongs to.
    pub organization: &'a str,
    /// The entity ID, which is the page's own address.
    pub entity_id: &'a str,
    /// The address of the assertion consumer service.
    pub acs: &'a str,
}

#[derive(Template)]
#[template(path = "entity.html")]
struct EntityPage<'a> {
    shell: Shell<'a>,
    view: &'a Entity<'a>,
    text: String,
    values: [(&'a str, &'a str); 2],
}

/// The page at a service provider's entity ID.
#[must_use]
pub fn entity(state: &State, view: &Entity<'_>) -> HttpResponse {
    let shell = Shell::of(state);
    let page = EntityPage {
        view,
        text: shell.organization("entity.text", view.organization),
        values: [
            (shell.text("page.entity.entity_id"), view.entity_id),
            (shell.text("page.entity.acs"), view.acs),
        ],
        shell,
    };
    respond(state, StatusCode::OK, &Csp::Page, &page)
}

/// A heading, a few sentences, and ways on.
#[derive(Debug, Clone)]
pub struct Message {
    /// The status of the answer.
    pub status: StatusCode,
    /// The title of the browser's tab.
    pub page_title: String,
    /// The heading.
    pub title: String,
    /// Paragraphs.
    pub texts: Vec<String>,
    /// Links; the first is the one to take.
    pub ways: Vec<Way>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    shell: Shell<'a>,
    view: &'a Message,
}

/// A page that only says something.
#[must_use]
pub fn message(state: &State, view: &Message) -> HttpResponse {
    respond(state, view.status, &Csp::Page, &MessagePage { shell: Shell::of(state), view })
}
