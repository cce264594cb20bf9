//! The demo's identity provider: it believes whoever says to be one of its people, and fails when asked to.

use super::{absent, cookie, say};
use crate::clock::Time;
use crate::crypto::{Algorithm, PrivateKey};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{self, Between, Destination, Shell};
use crate::http::server::State;
use crate::http::sign_in::add_cookie;
use crate::saml::certificate::Certificate;
use crate::saml::issue::{self, Asked, Issue, Wrong};
use crate::saml::sign::Signer;
use crate::store::connections::{self, Connection};
use crate::store::demo::{self, PEOPLE, Person};
use crate::store::keys::demo::{self as keys, DemoKeys};
use crate::store::{ConnectionId, Db, domains};
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::sync::PoisonError;

/// The cookie by which the demo's app says who is to be signed in, and how it is to fail.
const WISH: &str = "vestibule-demo-wish";
const PATH: &str = "/demo/idp";
/// Where its console is.
pub(in crate::http) const CONSOLE: &str = "/demo/idp/console";
/// Longer than it takes to come here.
const WISH_AGE: Duration = Duration::minutes(2);
/// How long an answer may be sent again: later its own time would be over first.
const FRESH: TimeDelta = TimeDelta::minutes(4);

/// An answer as it was sent.
#[derive(Clone)]
pub(super) struct Sent {
    acs: String,
    response: String,
    relay_state: String,
    at: Time,
}

/// Who is to be signed in, and how the answer is to be wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) person: Option<&'static Person>,
    pub(super) wrong: Option<Wrong>,
}

impl Wish {
    /// Reads both words; empty ones wish nothing.
    pub(super) fn parse(person: &str, wrong: &str) -> Result<Self> {
        let wrong = Some(wrong).filter(|word| !word.is_empty());
        Ok(Self { person: Person::by_word(person), wrong: wrong.map(str::parse).transpose()? })
    }

    /// The cookie that tells the provider.
    pub(super) fn cookie(self, state: &State) -> Cookie<'static> {
        let person = self.person.map_or("", |person| person.word);
        let wrong = self.wrong.map_or("", Wrong::word);
        cookie(state, WISH, format!("{person}.{wrong}"), PATH, WISH_AGE)
    }

    fn of(request: &HttpRequest) -> Self {
        let cookie = request.cookie(WISH);
        let words = cookie.as_ref().and_then(|cookie| cookie.value().split_once('.'));
        words.and_then(|(person, wrong)| Self::parse(person, wrong).ok()).unwrap_or_default()
    }
}

/// `GET /demo/idp`: the provider's metadata, at its entity ID.
pub(super) async fn metadata(state: Data<State>) -> Result<HttpResponse, PageError> {
    let reader = state.clone();
    let keys = state.store.read(move |db| keys::load(db, &reader.master)).await?;
    let Some(keys) = keys else { return Ok(absent(&state)) };
    let text = demo::metadata(state.config.public_url.as_str(), &keys)?;
    Ok(HttpResponse::Ok()
        .content_type("application/samlmetadata+xml")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text))
}

#[derive(Template)]
#[template(path = "demo_console.html")]
struct ConsolePage<'a> {
    shell: Shell<'a>,
    metadata_url: String,
}

/// `GET /demo/idp/console`: what an IT admin would have before them of a provider's console.
pub(super) async fn console(state: Data<State>) -> Result<HttpResponse, PageError> {
    let reader = state.clone();
    if state.store.read(move |db| keys::load(db, &reader.master)).await?.is_none() {
        return Ok(absent(&state));
    }
    let metadata_url = demo::entity_id(state.config.public_url.as_str());
    let page = ConsolePage { shell: Shell::of(&state), metadata_url };
    Ok(pages::respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// `GET` and `POST /demo/idp/sso`: takes a request and answers it (SAML profiles 4.1.4).
///
/// `as` is the person who signs in, or `email` the address of anybody, `fail` how the answer is wrong. Without a person the page
/// asks.
pub(super) async fn sign_on(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, PageError> {
    let fields = Fields::read(request.query_string(), &body);
    let shell = Shell::of(&state);
    let asked = match Asked::read(fields.get("SAMLRequest")) {
        Ok(asked) => asked,
        Err(why) => {
            let title = shell.text("demo.provider.unreadable");
            return Ok(say(&state, StatusCode::BAD_REQUEST, title, why));
        }
    };
    let mut wish = Wish::parse(fields.get("as"), fields.get("fail"))?;
    if wish == Wish::default() && fields.get("email").is_empty() {
        wish = Wish::of(&request);
    }
    // Whoever types an address and presses Enter presses the first button with it.
    let who = match fields.get("email") {
        "" => wish.person.map(Someone::from),
        typed => Someone::typed(typed),
    };
    let Some(who) = who else { return Ok(ask(&state, &fields, asked, wish.wrong).await?) };
    let question = Question { asked, who, wrong: wish.wrong };
    let (reader, relay_state) = (state.clone(), fields.get("RelayState").to_owned());
    let answered = state.store.read(move |db| question.answer(db, &reader, relay_state)).await?;
    let mut response = match answered {
        Answered::Send(sent) => send(&state, &sent),
        Answered::Absent => absent(&state),
        Answered::Stranger => {
            let (title, text) = (
                shell.text("demo.provider.stranger.title"),
                shell.text("demo.provider.stranger.text"),
            );
            say(&state, StatusCode::FORBIDDEN, title, text.to_owned())
        }
        Answered::NothingYet => {
            let (title, text) = (
                shell.text("demo.provider.nothing.title"),
                shell.text("demo.provider.nothing.text"),
            );
            say(&state, StatusCode::CONFLICT, title, text.to_owned())
        }
    };
    // A wish counts once.
    let mut granted = cookie(&state, WISH, String::new(), PATH, Duration::ZERO);
    granted.make_removal();
    add_cookie(&mut response, &granted)?;
    Ok(response)
}

/// The parameters of the query and the fields of the form; a form's count first.
struct Fields(HashMap<String, String>);

impl Fields {
    fn read(query: &str, body: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes())
            .chain(url::form_urlencoded::parse(body.as_bytes()));
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Who signs in at the provider.
struct Someone {
    email: String,
    given_name: String,
    family_name: String,
    is_assigned: bool,
}

impl From<&'static Person> for Someone {
    fn from(person: &'static Person) -> Self {
        Self {
            email: person.email(),
            given_name: person.given_name.to_owned(),
            family_name: person.family_name.to_owned(),
            is_assigned: person.is_assigned,
        }
    }
}

impl Someone {
    /// Whoever has this address: so the provider can stand in for any customer's.
    fn typed(email: &str) -> Option<Self> {
        let email = Email::parse(email).ok()?.to_string();
        let given_name = email.split('@').next().unwrap_or_default().to_owned();
        Some(Self { email, given_name, family_name: "Demo".to_owned(), is_assigned: true })
    }
}

/// A request, who answers it, and how.
struct Question {
    asked: Asked,
    who: Someone,
    wrong: Option<Wrong>,
}

enum Answered {
    Send(Sent),
    /// The demo is not set up.
    Absent,
    /// Whoever asks is no connection of this gateway.
    Stranger,
    /// There is no answer that could be sent again.
    NothingYet,
}

impl Question {
    fn answer(&self, db: &mut Db, state: &State, relay_state: String) -> Result<Answered> {
        let Some(keys) = keys::load(db, &state.master)? else { return Ok(Answered::Absent) };
        if !self.is_ours(db, state.config.public_url.as_str())? {
            return Ok(Answered::Stranger);
        }
        let now = state.store.clock().now();
        let mut last = state.demo.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if self.wrong == Some(Wrong::Replayed) {
            let again = last.clone().filter(|sent| now.since(sent.at) < FRESH);
            return Ok(again.map_or(Answered::NothingYet, Answered::Send));
        }
        let response = self.response(state, &keys, now)?;
        let sent = Sent { acs: self.asked.acs.clone(), response, relay_state, at: now };
        if self.wrong.is_none() && self.who.is_assigned {
            *last = Some(sent.clone());
        }
        Ok(Answered::Send(sent))
    }

    /// Whether a connection of this gateway asks, for an answer to its own address: to nobody else would anything be
    /// told.
    fn is_ours(&self, db: &mut Db, public_url: &str) -> Result<bool> {
        Ok(asking(db, &self.asked, public_url)?.is_some())
    }

    fn response(&self, state: &State, keys: &DemoKeys, now: Time) -> Result<String> {
        let stranger = match self.wrong {
            Some(Wrong::UnknownKey) => Some(stranger(now)?),
            _ => None,
        };
        let signer = match (&stranger, self.wrong) {
            (Some((key, certificate)), _) => Signer::new(key.as_openssl(), Some(certificate)),
            (None, Some(Wrong::Expired)) => keys.ended(),
            (None, _) => keys.signer(),
        };
        let issuer = demo::entity_id(state.config.public_url.as_str());
        let (acs, audience) = (&self.asked.acs, &self.asked.issuer);
        let who = &self.who;
        let mut issue = Issue::new(&issuer, acs, audience, &who.email, now, signer)?
            .attribute("email", &[&who.email])
            .attribute("firstName", &[&who.given_name])
            .attribute("lastName", &[&who.family_name]);
        issue.in_response_to = Some(self.asked.id.clone());
        if !who.is_assigned {
            issue.status = issue::not_assigned();
        }
        match self.wrong {
            Some(wrong) => issue.spoiled(wrong),
            None => issue.base64(),
        }
    }
}

/// The connection of this gateway that asks for an answer to its own address.
fn asking(db: &mut Db, asked: &Asked, public_url: &str) -> Result<Option<Connection>> {
    let id = asked.issuer.strip_prefix(public_url).and_then(|rest| rest.strip_prefix("/saml/"));
    let Some(Ok(id)) = id.map(str::parse::<ConnectionId>) else { return Ok(None) };
    let found = connections::by_id_with_organization(db, &id)?.map(|(connection, _)| connection);
    Ok(found.filter(|connection| connection.acs(public_url) == asked.acs))
}

/// The first domain of whoever asks.
fn domain_of(db: &mut Db, asked: &Asked, public_url: &str) -> Result<Option<String>> {
    let Some(connection) = asking(db, asked, public_url)? else { return Ok(None) };
    let all = domains::list(db, &connection.organization_id)?;
    Ok(domains::for_example(&all).map(|domain| domain.name.clone()))
}

/// A key that is in nobody's metadata, with its certificate.
fn stranger(now: Time) -> Result<(PrivateKey, Certificate)> {
    let key = PrivateKey::generate(Algorithm::Rs256)?;
    let certificate = Certificate::parse(&key.self_signed("Somebody else", 1, now)?)
        .map_err(|fault| Error::Internal(anyhow::anyhow!("a new certificate: {fault}")))?;
    Ok((key, certificate))
}

/// Lets the browser post the answer (SAML bindings 3.5).
fn send(state: &State, sent: &Sent) -> HttpResponse {
    let fields = [("SAMLResponse", &*sent.response), ("RelayState", &*sent.relay_state)];
    let operator = state.operator();
    let to = Destination::Application(&operator);
    pages::between(state, &Between { action: &sent.acs, fields: &fields, to })
}

#[derive(Template)]
#[template(path = "demo_provider.html")]
struct AskPage<'a> {
    shell: Shell<'a>,
    typed: &'a str,
    /// An address of the domain of whoever asks.
    example: String,
    fault: Option<String>,
    saml_request: &'a str,
    relay_state: &'a str,
    wrong: Option<Wrong>,
    people: &'a [Person],
    wrongs: &'a [Wrong],
}

impl AskPage<'_> {
    fn title(&self, wrong: Wrong) -> &str {
        &self.shell.locale().cause(wrong.cause()).title
    }

    fn is_chosen(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }
}

/// The page on which a person says who they are.
async fn ask(
    state: &State,
    fields: &Fields,
    asked: Asked,
    wrong: Option<Wrong>,
) -> Result<HttpResponse> {
    let public_url = state.config.public_url.clone();
    let domain = state.store.read(move |db| domain_of(db, &asked, public_url.as_str())).await?;
    let typed = fields.get("email");
    let page = AskPage {
        shell: Shell::of(state),
        typed,
        example: format!("ines@{}", domain.as_deref().unwrap_or("globex.example")),
        fault: Email::parse(typed).err().filter(|_| !typed.is_empty()).map(|why| why.to_string()),
        saml_request: fields.get("SAMLRequest"),
        relay_state: fields.get("RelayState"),
        wrong,
        people: &PEOPLE,
        wrongs: Wrong::ALL,
    };
    Ok(pages::respond(state, StatusCode::OK, &Csp::Page, &page))
}
