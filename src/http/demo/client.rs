//! The demo app's side of OIDC: what any app does by its library, over HTTP.

use crate::config::Config;
use crate::crypto;
use crate::error::{Error, Result};
use crate::http::server::State;
use crate::oidc::discovery::{JWKS, TOKEN, USERINFO};
use crate::oidc::jwt;
use crate::store::applications::Application;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::JwkSet;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::form_urlencoded::Serializer;

const TIME: Duration = Duration::from_secs(10);

/// Names and values.
pub(super) type Claims = Map<String, Value>;

/// What an authorization request is remembered by until its answer comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Binds the answer to this browser (RFC 6749 10.12).
    pub(super) state: String,
    /// Binds the ID token to this request (OIDC Core 3.1.2.1).
    pub(super) nonce: String,
    /// Proves to the token endpoint who asked (RFC 7636).
    pub(super) verifier: String,
}

/// What the token endpoint answers.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) access_token: String,
    pub(super) id_token: String,
}

impl Attempt {
    pub(super) fn new() -> Self {
        let random = || crypto::hex(&crypto::random::<32>());
        Self { state: random(), nonce: random(), verifier: random() }
    }

    /// The value of the cookie that remembers it.
    pub(super) fn to_cookie(&self) -> String {
        [&*self.state, &*self.nonce, &*self.verifier].join(".")
    }

    pub(super) fn from_cookie(value: &str) -> Option<Self> {
        let mut parts = value.split('.').map(str::to_owned);
        let attempt = Self { state: parts.next()?, nonce: parts.next()?, verifier: parts.next()? };
        parts.next().is_none().then_some(attempt)
    }

    /// The S256 challenge (RFC 7636 4.2).
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(crypto::sha256(self.verifier.as_bytes()))
    }
}

/// Exchanges a code and believes the ID token only after every check of OIDC Core 3.1.3.7.
pub(super) async fn redeem(
    state: &State,
    application: &Application,
    code: &str,
    redirect_uri: &str,
    attempt: &Attempt,
) -> Result<Tokens> {
    let body = Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("client_id", application.id.as_str())
        .append_pair("code_verifier", &attempt.verifier)
        .finish();
    let request = state
        .demo
        .client()?
        .post(format!("{}{TOKEN}", own_address(&state.config)))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    let answer = send(request).await?;
    if answer.status() != StatusCode::OK {
        let problem: Claims = answer.json().await.unwrap_or_default();
        let text =
            |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let detail = format!("{} ({})", text("error_description"), text("error"));
        return Err(Error::Forbidden(format!("The code was not exchanged. {detail}")));
    }
    let tokens: Tokens = answer.json().await.map_err(unreadable)?;
    check(state, application, &tokens.id_token, attempt).await?;
    Ok(tokens)
}

/// What the userinfo endpoint says; none if the access token counts no more.
pub(super) async fn user_info(state: &State, access_token: &str) -> Result<Option<Claims>> {
    let address = format!("{}{USERINFO}", own_address(&state.config));
    let answer = send(state.demo.client()?.get(address).bearer_auth(access_token)).await?;
    match answer.status() {
        StatusCode::OK => Ok(Some(answer.json().await.map_err(unreadable)?)),
        StatusCode::UNAUTHORIZED => Ok(None),
        other => Err(Error::Busy(format!("The userinfo endpoint answered {other}."))),
    }
}

/// The claims of an ID token that was checked when it came.
pub(super) fn claims(id_token: &str) -> Option<Claims> {
    let payload = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

async fn check(
    state: &State,
    application: &Application,
    id_token: &str,
    attempt: &Attempt,
) -> Result<()> {
    let refuse = |why: String| Error::Forbidden(format!("The ID token is not believed. {why}"));
    let address = format!("{}{JWKS}", own_address(&state.config));
    let set: JwkSet =
        send(state.demo.client()?.get(address)).await?.json().await.map_err(unreadable)?;
    let id = jwt::key_id(id_token).map_err(|fault| refuse(fault.to_string()))?;
    let key = id.and_then(|id| set.find(&id).and_then(|jwk| DecodingKey::from_jwk(jwk).ok()));
    let key = key.ok_or_else(|| refuse("Its key is not in the key set.".to_owned()))?;
    let algorithm = application.id_token_alg.into();
    let claims: Claims =
        jwt::verify(id_token, &key, algorithm).map_err(|fault| refuse(fault.to_string()))?;
    for (name, expected) in
        [("iss", state.issuer()), ("aud", application.id.as_str()), ("nonce", &attempt.nonce)]
    {
        if claims.get(name).and_then(Value::as_str) != Some(expected) {
            return Err(refuse(format!("Its {name} is another.")));
        }
    }
    let now = state.store.clock().now().unix();
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|end| end <= now) {
        return Err(refuse("It has ended.".to_owned()));
    }
    Ok(())
}

async fn send(request: reqwest::RequestBuilder) -> Result<reqwest::Response> {
    request
        .timeout(TIME)
        .send()
        .await
        .map_err(|error| Error::Busy(format!("The demo app cannot reach the gateway: {error}.")))
}

#[expect(clippy::needless_pass_by_value, reason = "called with what failed")]
fn unreadable(error: reqwest::Error) -> Error {
    Error::Busy(format!("The gateway's answer cannot be read: {error}."))
}

/// The address at which the gateway reaches itself: in a container the public one leads elsewhere.
pub(in crate::http) fn own_address(config: &Config) -> String {
    if config.tls.cert.is_some() {
        return config.public_url.as_str().to_owned();
    }
    let listen = config.listen;
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}
