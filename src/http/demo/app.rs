//! The demo's app: it signs people in by the gateway, and shows what it was told of them.

use super::client::{self, Attempt, Claims};
use super::provider::Wish;
use super::{absent, cookie, say};
use crate::crypto;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{self, Shell};
use crate::http::server::State;
use crate::http::sign_in::{add_cookie, see_other};
use crate::oidc::discovery::{AUTHORIZE, LOGOUT};
use crate::saml::issue::Wrong;
use crate::store::demo::{self, Demo, PEOPLE, Person};
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

const PATH: &str = "/demo/app";
/// Remembers an authorization request until its answer comes.
const ATTEMPT: &str = "vestibule-demo-attempt";
/// The app's session: the tokens themselves, since there is no server side to keep them.
const ID_TOKEN: &str = "vestibule-demo-id";
const ACCESS_TOKEN: &str = "vestibule-demo-access";
const ATTEMPT_AGE: Duration = Duration::minutes(10);
const SESSION_AGE: Duration = Duration::hours(1);

#[derive(Template)]
#[template(path = "demo_app.html")]
struct AppPage<'a> {
    shell: Shell<'a>,
    person: Option<String>,
    user_info: Vec<(String, String)>,
    claims: Vec<(String, String)>,
    people: &'a [Person],
    wrongs: &'a [Wrong],
}

impl AppPage<'_> {
    fn title(&self, wrong: Wrong) -> &str {
        &self.shell.locale().cause(wrong.cause()).title
    }

    fn greeting(&self, person: &str) -> String {
        self.shell.fill("demo.app.signed_in", &[("person", person)])
    }
}

/// `GET /demo/app`: who is signed in, or ways to sign in.
pub(super) async fn page(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    if demo(&state).await?.is_none() {
        return Ok(absent(&state));
    }
    let user_info = match value(&request, ACCESS_TOKEN) {
        Some(token) => client::user_info(&state, &token).await?,
        None => None,
    };
    let id_token = value(&request, ID_TOKEN).filter(|_| user_info.is_some());
    let claims = id_token.as_deref().and_then(client::claims);
    if wants_json(&request) {
        let seen = json!({ "user_info": user_info, "id_token": claims });
        return Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(seen));
    }
    let name = user_info.as_ref().map(|claims| {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        text("name").or_else(|| text("email")).or_else(|| text("sub")).unwrap_or_default()
    });
    let page = AppPage {
        shell: Shell::of(&state),
        person: name,
        user_info: lines(user_info),
        claims: lines(claims),
        people: &PEOPLE,
        wrongs: Wrong::ALL,
    };
    Ok(pages::respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// How a sign-in is to begin.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Start {
    /// One of the demo's people.
    r#as: String,
    /// How the provider's answer is to be wrong.
    fail: String,
    /// Lets the gateway ask for the email address.
    by_email: Option<String>,
    /// Who asks the app to begin (OIDC Core 4), and for whom.
    iss: Option<String>,
    login_hint: Option<String>,
}

/// `GET /demo/app/sign-in`: sends the browser to the gateway (OIDC Core 3.1.2.1).
pub(super) async fn sign_in(
    state: Data<State>,
    start: Query<Start>,
) -> Result<HttpResponse, PageError> {
    let Some(demo) = demo(&state).await? else { return Ok(absent(&state)) };
    let start = start.into_inner();
    if start.iss.as_deref().is_some_and(|issuer| issuer != state.issuer()) {
        let why = "Somebody else than this gateway asks the demo app to begin a sign-in.";
        return Err(Error::Forbidden(why.to_owned()).into());
    }
    let mut wish = Wish::parse(&start.r#as, &start.fail)?;
    if wish.wrong.is_some() {
        wish.person = wish.person.or(PEOPLE.first());
    }
    let attempt = Attempt::new();
    let location = authorization(&state, &demo, &start, wish, &attempt);
    let mut response = see_other(&location);
    let remembered = cookie(&state, ATTEMPT, attempt.to_cookie(), PATH, ATTEMPT_AGE);
    add_cookie(&mut response, &remembered)?;
    add_cookie(&mut response, &wish.cookie(&state))?;
    Ok(response)
}

fn authorization(
    state: &State,
    demo: &Demo,
    start: &Start,
    wish: Wish,
    attempt: &Attempt,
) -> String {
    let public_url = state.config.public_url.as_str();
    let mut query = Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", demo.application.id.as_str())
        .append_pair("redirect_uri", &demo::callback_url(public_url))
        .append_pair("scope", "openid profile email")
        .append_pair("state", &attempt.state)
        .append_pair("nonce", &attempt.nonce)
        .append_pair("code_challenge", &attempt.challenge())
        .append_pair("code_challenge_method", "S256");
    if let Some(hint) = &start.login_hint {
        query.append_pair("login_hint", hint);
    } else if start.by_email.is_none() {
        query.append_pair("connection", demo.connection.id.as_str());
    }
    // Whoever is signed in already would be answered without asking the provider.
    if wish != Wish::default() || start.by_email.is_some() {
        query.append_pair("prompt", "login");
    }
    format!("{public_url}{AUTHORIZE}?{}", query.finish())
}

/// What the gateway answers (OIDC Core 3.1.2.5 and 3.1.2.6, RFC 9207).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    code: Option<String>,
    state: String,
    iss: String,
    error: String,
    error_description: String,
}

/// `GET /demo/app/callback`: exchanges the code, or says why there is none.
pub(super) async fn callback(
    state: Data<State>,
    answer: Query<Answer>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let Some(demo) = demo(&state).await? else { return Ok(absent(&state)) };
    let answer = answer.into_inner();
    let attempt = value(&request, ATTEMPT).as_deref().and_then(Attempt::from_cookie);
    let same = |a: &str, b: &str| crypto::constant_time_eq(a.as_bytes(), b.as_bytes());
    let attempt = attempt.filter(|attempt| same(&attempt.state, &answer.state));
    let Some(attempt) = attempt.filter(|_| answer.iss == state.issuer()) else {
        let text = Shell::of(&state).text("demo.app.unasked.text").to_owned();
        let title = Shell::of(&state).text("demo.app.unasked.title");
        return Ok(say(&state, StatusCode::BAD_REQUEST, title, text));
    };
    let Some(code) = &answer.code else {
        let text = format!("{}: {}", answer.error, answer.error_description);
        let title = Shell::of(&state).text("demo.app.refused");
        return Ok(say(&state, StatusCode::FORBIDDEN, title, text));
    };
    let redirect_uri = demo::callback_url(state.config.public_url.as_str());
    let tokens = client::redeem(&state, &demo.application, code, &redirect_uri, &attempt).await?;
    let mut response = see_other(PATH);
    for kept in [
        ended(&state, ATTEMPT),
        cookie(&state, ID_TOKEN, tokens.id_token, PATH, SESSION_AGE),
        cookie(&state, ACCESS_TOKEN, tokens.access_token, PATH, SESSION_AGE),
    ] {
        add_cookie(&mut response, &kept)?;
    }
    Ok(response)
}

/// `POST /demo/app/sign-out`: ends the app's session, then the gateway's (OIDC RP-Initiated Logout 2).
pub(super) async fn sign_out(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let public_url = state.config.public_url.as_str();
    let mut location = demo::app_url(public_url);
    if let Some(id_token) = value(&request, ID_TOKEN) {
        let query = Serializer::new(String::new())
            .append_pair("id_token_hint", &id_token)
            .append_pair("post_logout_redirect_uri", &location)
            .finish();
        location = format!("{public_url}{LOGOUT}?{query}");
    }
    let mut response = see_other(&location);
    for name in [ID_TOKEN, ACCESS_TOKEN] {
        add_cookie(&mut response, &ended(&state, name))?;
    }
    Ok(response)
}

/// A program plays the person.
fn wants_json(request: &HttpRequest) -> bool {
    let accepts = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accepts.is_some_and(|value| value.starts_with("application/json"))
}

async fn demo(state: &Data<State>) -> Result<Option<Demo>> {
    state.store.read(demo::find).await
}

fn value(request: &HttpRequest, name: &str) -> Option<String> {
    request.cookie(name).map(|cookie| cookie.value().to_owned())
}

fn ended(state: &State, name: &'static str) -> Cookie<'static> {
    let mut cookie = cookie(state, name, String::new(), PATH, Duration::ZERO);
    cookie.make_removal();
    cookie
}

/// Claims as they are read: text without its quotes.
fn lines(claims: Option<Claims>) -> Vec<(String, String)> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    claims.into_iter().flatten().map(|(name, value)| (name, text(value))).collect()
}
