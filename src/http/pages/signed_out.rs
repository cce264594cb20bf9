//! Pages after signing out, here or at an identity provider.

use super::turns::way;
use super::{Message, Shell, Way, message, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use crate::saml::carry::Outgoing;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// What is signed out and what is not.
pub struct SignedOut<'a> {
    /// The organization through whose identity provider the person had signed in.
    pub organization: Option<&'a str>,
    /// What is known of the person's session there.
    pub provider: AtProvider<'a>,
    /// Whether some app could not be told.
    pub untold: bool,
    /// What apps want opened in hidden frames.
    pub frames: &'a [String],
    /// Where the application wants the browser at the end.
    pub return_to: Option<&'a str>,
}

/// What is known of a session at an identity provider.
#[derive(Debug, Clone, Copy)]
pub enum AtProvider<'a> {
    /// It may go on.
    Unknown,
    /// It may go on, and the provider can be asked to end it.
    Offered(Offer<'a>),
    /// The provider says that the person is signed out there.
    Complete,
    /// The provider says that it signed out, but not everywhere that it knows.
    Partial,
    /// The provider says that it did not sign out.
    Failed,
    /// What came cannot be trusted.
    Unconfirmed,
    /// The provider began.
    Began,
}

/// What it takes to ask the provider.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The sign-out that goes on: posted to `/logout` as `logout`.
    pub logout: &'a str,
    /// Where the answer to the form leads.
    pub location: &'a str,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    shell: Shell<'a>,
    view: &'a SignedOut<'a>,
    texts: Vec<String>,
    offer: Option<(&'a str, String)>,
    ways: Vec<Way>,
    /// Where the browser goes on by itself.
    onward: Option<&'a str>,
}

/// The page after signing out.
#[must_use]
pub fn signed_out(state: &State, view: &SignedOut<'_>) -> HttpResponse {
    let shell = Shell::of(state);
    let name = view.organization.unwrap_or_default();
    let at_provider = match (view.organization, view.provider) {
        (None, _) => None,
        (_, AtProvider::Unknown | AtProvider::Offered(_)) => Some("signed_out.provider"),
        (_, AtProvider::Complete) => Some("signed_out.complete"),
        (_, AtProvider::Partial) => Some("signed_out.partial"),
        (_, AtProvider::Failed) => Some("signed_out.failed"),
        (_, AtProvider::Unconfirmed) => Some("signed_out.unconfirmed"),
        (_, AtProvider::Began) => Some("signed_out.began"),
    };
    let untold = view.untold.then(|| shell.text("signed_out.untold").to_owned());
    let texts = std::iter::once(shell.text("signed_out.text").to_owned())
        .chain(at_provider.map(|key| shell.organization(key, name)))
        .chain(untold)
        .collect();
    let offer = match view.provider {
        AtProvider::Offered(offer) => Some(offer),
        _ => None,
    };
    let sign_in = shell.back().map(|href| way(shell, "signed_out.sign_in", &href));
    let onward = view.return_to.map(|href| way(shell, "signed_out.continue", href));
    let page = SignedOutPage {
        view,
        texts,
        offer: offer.map(|offer| (offer.logout, shell.organization("signed_out.offer", name))),
        ways: onward.or(sign_in).into_iter().collect(),
        // A person who may still choose is not taken away; what went wrong has to be read.
        onward: view.return_to.filter(|_| matches!(view.provider, AtProvider::Unknown)),
        shell,
    };
    let to = offer.map(|offer| offer.location.to_owned());
    let csp = Csp::SignedOut { to, frames: view.frames.to_vec() };
    respond(state, StatusCode::OK, &csp, &page)
}

/// Our answer to a provider's logout, on its way through the browser.
pub struct Answer<'a> {
    /// The organization whose provider it is.
    pub organization: &'a str,
    /// The answer.
    pub outgoing: &'a Outgoing,
    /// What apps want opened in hidden frames.
    pub frames: &'a [String],
    /// Addresses of the provider, in whose frame the page may stand.
    pub provider: Vec<String>,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct AnswerPage<'a> {
    shell: Shell<'a>,
    view: &'a Answer<'a>,
    /// Where the browser goes on by itself, if not by a form.
    onward: Option<&'a str>,
    action: Option<&'a str>,
    fields: Vec<(&'a str, &'a str)>,
    title: String,
    button: String,
}

/// The page that opens the frames and takes the answer to the provider.
#[must_use]
pub fn answer(state: &State, view: &Answer<'_>) -> HttpResponse {
    let shell = Shell::of(state);
    let (onward, form) = match view.outgoing {
        Outgoing::Redirect(address) => (Some(address.as_str()), None),
        Outgoing::Form(form) => (None, Some(form)),
    };
    let fields = form.map(|form| {
        let state = (!form.relay_state.is_empty()).then_some(("RelayState", &*form.relay_state));
        std::iter::once((form.field, &*form.message)).chain(state).collect()
    });
    let page = AnswerPage {
        view,
        onward,
        action: form.map(|form| form.action.as_str()),
        fields: fields.unwrap_or_default(),
        title: shell.organization("between.title", view.organization),
        button: shell.organization("between.button", view.organization),
        shell,
    };
    let csp = Csp::Answer {
        to: form.map(|form| form.action.clone()),
        frames: view.frames.to_vec(),
        ancestors: view.provider.clone(),
    };
    respond(state, StatusCode::OK, &csp, &page)
}

/// The page for a logout message that is not followed. It has changed nothing.
#[must_use]
pub fn logout_refused(state: &State, code: &str, reference: &str) -> HttpResponse {
    let shell = Shell::of(state);
    let page = Message {
        status: StatusCode::BAD_REQUEST,
        page_title: shell.text("signed_out.refused.page_title").to_owned(),
        title: shell.text("signed_out.refused.title").to_owned(),
        texts: vec![
            shell.text("signed_out.refused.text").to_owned(),
            shell.fill("signed_out.refused.code", &[("code", code), ("reference", reference)]),
        ],
        ways: Vec::new(),
    };
    message(state, &page)
}
