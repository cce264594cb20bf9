//! Signing in and out at a protected host, below `/.vestibule/` there.

use super::host;
use crate::crypto::{self, Secret};
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::pages::{self, Again};
use crate::http::server::State;
use crate::http::sign_in::{add_cookies, see_other};
use crate::oidc;
use crate::oidc::discovery;
use crate::oidc::protected::{ProtectedHost, way_back};
use crate::oidc::token::CodeGrant;
use crate::store::grants::{self, Lifetimes};
use crate::store::{Actor, Scope, Tx};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::borrow::Cow;
use std::collections::HashMap;
use url::{Url, form_urlencoded};

/// What the authorization request wants to know of the person.
const SCOPE: &str = "openid email profile";

/// `GET /.vestibule/sign-in?to=`: to the authorization endpoint, as the application.
///
/// What follows `to=` is taken as it is, so that a proxy can put a path with a query there.
pub(super) async fn sign_in(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let host = host::asked(&state, &request)?;
    let to = way_back(request.query_string().strip_prefix("to=").unwrap_or("/"));
    let asked = host.clone();
    let application = state.store.read(move |db| host::owner(db, &asked)).await?;
    let proof = URL_SAFE_NO_PAD.encode(crypto::random::<32>());
    let mut address = Url::parse(&format!("{}{}", state.issuer(), discovery::AUTHORIZE))
        .map_err(|error| Error::Internal(error.into()))?;
    address
        .query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", application.id.as_str())
        .append_pair("redirect_uri", &host.callback())
        .append_pair("scope", SCOPE)
        .append_pair("state", &turn(&state, &proof)?)
        .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(crypto::sha256(proof.as_bytes())))
        .append_pair("code_challenge_method", "S256");
    let mut answer = see_other(address.as_str());
    let visit = format!("{proof}.{}", URL_SAFE_NO_PAD.encode(to));
    add_cookies(&mut answer, &[host::visit_cookie(&host, visit)])?;
    Ok(answer)
}

/// The `state` of a sign-in, which only the browser that began it can answer: it has the proof in a cookie.
fn turn(state: &State, proof: &str) -> Result<String> {
    let text = format!("forward {proof}");
    let mac = crypto::hmac_sha256(state.cookie_key.reveal(), text.as_bytes())?;
    Ok(URL_SAFE_NO_PAD.encode(mac))
}

/// `GET /.vestibule/callback`: the code becomes an access token in a cookie of the host.
pub(super) async fn callback(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let host = host::asked(&state, &request)?;
    let asked = host.clone();
    let application = state.store.read(move |db| host::owner(db, &asked)).await?;
    let query: HashMap<Cow<'_, str>, Cow<'_, str>> =
        form_urlencoded::parse(request.query_string().as_bytes()).collect();
    let value = |name: &str| query.get(name).map(AsRef::as_ref);
    let Some((proof, to)) = host::visit(&request, &host).as_deref().and_then(visit) else {
        return Ok(pages::again(&state, Again::Cookies, "/"));
    };
    let expected = turn(&state, &proof)?;
    let is_ours = |given: &str| crypto::constant_time_eq(given.as_bytes(), expected.as_bytes());
    if !value("state").is_some_and(is_ours) || value("iss") != Some(state.issuer()) {
        return Ok(pages::again(&state, Again::SecondTab, &to));
    }
    if let Some(error) = value("error") {
        let what = value("error_description").unwrap_or(error);
        return Err(Error::Forbidden(what.to_owned()).into());
    }
    let code = value("code").unwrap_or_default().to_owned();
    let code = CodeGrant::of_ours(Secret::from(code), host.callback(), Secret::from(proof));
    // As long as the session of a sign-in may last; when that ends, this does.
    let age = state.live().sign_in.session.delta();
    let lifetimes = Lifetimes { access_token: age, ..state.lifetimes() };
    let actor = Actor::Application(application.id.clone());
    let redeem = move |tx: &mut Tx| grants::redeem(tx, &application, &code, &lifetimes);
    let tokens = match state.store.write(Scope::Own, actor, redeem).await? {
        Ok(tokens) => tokens,
        // The code was used or is over its time: the browser's history, or a slow one.
        Err(oidc::Error::InvalidGrant(_)) => return Ok(pages::again(&state, Again::Expired, &to)),
        Err(error) => return Err(error.into()),
    };
    let mut answer = see_other(&to);
    let token = host::token_cookie(&host, tokens.access_token.reveal(), age);
    let [visit, _] = host::gone(&host);
    add_cookies(&mut answer, &[visit, token])?;
    Ok(answer)
}

/// What a browser kept: the proof, and the path to come back to.
fn visit(kept: &str) -> Option<(String, String)> {
    let (proof, to) = kept.split_once('.')?;
    let to = String::from_utf8(URL_SAFE_NO_PAD.decode(to).ok()?).ok()?;
    Some((proof.to_owned(), way_back(&to).to_owned()))
}

/// `GET /.vestibule/sign-out`: the host forgets the person, and our own page asks whether the session ends.
pub(super) async fn sign_out(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let host: ProtectedHost = host::asked(&state, &request)?;
    let (asked, token) = (host.clone(), host::token(&request, &host));
    let application = state.store.read(move |db| host::owner(db, &asked)).await?.id;
    let mut address = Url::parse(&format!("{}{}", state.issuer(), discovery::LOGOUT))
        .map_err(|error| Error::Internal(error.into()))?;
    address.query_pairs_mut().append_pair("client_id", application.as_str());
    if let Some(token) = token {
        let actor = Actor::Application(application.clone());
        let revoke = move |tx: &mut Tx| grants::revoke(tx, &application, &token);
        state.store.write(Scope::Own, actor, revoke).await?;
    }
    let mut answer = see_other(address.as_str());
    add_cookies(&mut answer, &host::gone(&host))?;
    Ok(answer)
}
