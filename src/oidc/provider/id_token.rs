//! Verifies an ID token of a provider: who signed in, or why it is not believed (OIDC Core section 3.1.3.7).
//!
//! Only RS256 and ES256 are taken, each with a key of that kind which the provider publishes. So there is no token without a
//! signature, and none that is signed with a secret: a public key is never used as one.

use super::claims::Claims;
use super::keys::{Missing, ProviderKeys};
use crate::cause::Cause;
use crate::check::{Check, CheckName, Note, Rejection, Trace};
use crate::clock::Time;
use crate::crypto::{self, Algorithm};
use crate::oidc::jwt::{self, Invalid};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::Value;

/// The longest `sub` (OIDC Core section 2).
const LONGEST_SUBJECT: usize = 255;

/// What the caller knows: all of it from our own store.
pub struct Expected<'a> {
    /// The provider's issuer.
    pub issuer: &'a str,
    /// What it calls us.
    pub client_id: &'a str,
    /// What we sent along.
    pub nonce: &'a str,
    /// The provider's keys.
    pub keys: &'a ProviderKeys,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    /// How far clocks may differ.
    pub skew: TimeDelta,
}

/// What came of a verification.
pub struct Outcome {
    /// Every check that ran, in order. If one failed, it is the last.
    pub checks: Vec<Check>,
    /// Who signed in, or why not.
    pub result: Result<Verified, Rejection>,
    /// The provider's keys should be read again: the token may be signed with one that it did not have before.
    pub is_key_unknown: bool,
}

/// Who signed in. Every value was signed by the provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// The provider's name for the person: of any letters, and never given to somebody else.
    pub sub: String,
    /// When the person proved who they are, if the provider says.
    pub auth_time: Option<Time>,
    /// How, as the provider calls it.
    pub acr: Option<String>,
    /// The provider's name for the session.
    pub sid: Option<String>,
    /// When the token ends.
    pub expires_at: Time,
    /// All of it.
    pub claims: Claims,
}

/// The part of a token that says how it is signed.
#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
}

/// Verifies an ID token that came from the provider's token endpoint.
#[must_use]
pub fn verify(token: &str, expected: &Expected<'_>, now: Time) -> Outcome {
    let mut trace = Trace::default();
    let mut is_key_unknown = false;
    let result = steps(token, expected, now, &mut trace, &mut is_key_unknown);
    Outcome { checks: trace.0, result, is_key_unknown }
}

fn steps(
    token: &str,
    expected: &Expected<'_>,
    now: Time,
    trace: &mut Trace,
    is_key_unknown: &mut bool,
) -> Result<Verified, Rejection> {
    let head = trace.note(CheckName::IdToken, head(token), |(head, _)| {
        Note::both("RS256 or ES256", head.alg.clone())
    });
    let (head, algorithm) = head?;
    let signed = signed(token, &head, algorithm, expected.keys);
    *is_key_unknown = signed.is_err();
    let claims = trace.note(CheckName::TokenSignature, signed, |_| {
        Note::received(head.kid.clone().unwrap_or_else(|| "the only key".to_owned()))
    })?;
    trace.check(CheckName::Issuer, issuer(&claims, expected))?;
    trace.check(CheckName::Audience, audience(&claims, expected))?;
    let expires_at =
        trace.note(CheckName::TokenTime, time(&claims, expected.skew, now), |until| {
            Note::received(format!("until {until}"))
        })?;
    trace.check(CheckName::Nonce, nonce(&claims, expected))?;
    if let Some(hash) = claims.get("at_hash") {
        trace.check(CheckName::AccessToken, access_token(hash, expected))?;
    }
    let sub =
        trace.note(CheckName::Subject, subject(&claims), |sub| Note::received(sub.clone()))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    let auth_time = claims.get("auth_time").and_then(seconds).map(Time::from_unix);
    Ok(Verified { sub, auth_time, acr: text("acr"), sid: text("sid"), expires_at, claims })
}

/// How the token is signed, before anything is believed.
fn head(token: &str) -> Result<(Head, Algorithm), Rejection> {
    let refused = |why: &str| {
        Rejection::new(Cause::TokenInvalid, "The ID token cannot be read.")
            .expected("a signed token")
            .received(why)
    };
    let parts: Vec<&str> = token.split('.').take(6).collect();
    let [first, _, _] = parts.as_slice() else {
        let is_encrypted = parts.len() == 5;
        return Err(refused(if is_encrypted { "an encrypted token" } else { "something else" }));
    };
    let head: Head = URL_SAFE_NO_PAD
        .decode(first)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| refused("a header that is not JSON"))?;
    let algorithm = match head.alg.as_str() {
        "RS256" => Algorithm::Rs256,
        "ES256" => Algorithm::Es256,
        other => {
            return Err(Rejection::new(
                Cause::TokenInvalid,
                "The ID token is signed in a way that is not taken.",
            )
            .expected("RS256 or ES256")
            .received(other));
        }
    };
    Ok((head, algorithm))
}

fn signed(
    token: &str,
    head: &Head,
    algorithm: Algorithm,
    keys: &ProviderKeys,
) -> Result<Claims, Rejection> {
    let refused = |why: String| {
        let known: Vec<&str> = keys.names().collect();
        Rejection::new(Cause::TokenInvalid, "The ID token is not signed by a key of the provider.")
            .expected(format!("a key of the provider: {}", known.join(", ")))
            .received(why)
    };
    let named = head.kid.as_deref();
    let key = keys.find(named, algorithm).map_err(|missing| match missing {
        Missing::Unknown => {
            refused(format!("{} key {}", algorithm, named.unwrap_or("without a name")))
        }
        Missing::Unnamed => refused("no name of a key, where there are several".to_owned()),
    })?;
    jwt::verify_by(token, &key).map_err(|invalid: Invalid| refused(invalid.to_string()))
}

/// Step 2: the issuer, letter by letter.
fn issuer(claims: &Claims, expected: &Expected<'_>) -> Result<Note, Rejection> {
    let received = claims.get("iss").and_then(Value::as_str).unwrap_or("none");
    if received == expected.issuer {
        return Ok(Note::received(received));
    }
    Err(Rejection::new(Cause::TokenInvalid, "The ID token is of another issuer.")
        .expected(expected.issuer)
        .received(received))
}

/// Steps 3 to 5: it is for us; and where it is for others, too, it was given to us.
fn audience(claims: &Claims, expected: &Expected<'_>) -> Result<Note, Rejection> {
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let azp = claims.get("azp").map(|azp| azp.as_str().unwrap_or("none"));
    let received = match azp {
        Some(azp) => format!("{}; given to {azp}", audiences.join(", ")),
        None => audiences.join(", "),
    };
    let is_ours = audiences.contains(&expected.client_id);
    let is_given_to_us = match azp {
        Some(azp) => azp == expected.client_id,
        None => audiences.len() == 1,
    };
    if is_ours && is_given_to_us {
        return Ok(Note::received(received));
    }
    Err(Rejection::new(Cause::TokenInvalid, "The ID token is meant for another client.")
        .expected(expected.client_id)
        .received(received))
}

/// Steps 9 and 10: not ended, and not issued in the future. `nbf` is not in OIDC, but some send it.
fn time(claims: &Claims, skew: TimeDelta, now: Time) -> Result<Time, Rejection> {
    let moment = |name: &str| claims.get(name).and_then(seconds).map(Time::from_unix);
    let (Some(until), Some(issued)) = (moment("exp"), moment("iat")) else {
        return Err(Rejection::new(
            Cause::TokenInvalid,
            "The ID token does not say when it begins and ends.",
        )
        .expected("exp and iat")
        .received("not both"));
    };
    if now >= until.plus(skew) {
        return Err(Rejection::new(Cause::ClockLate, "The ID token has ended.")
            .expected(format!("an end after {now}"))
            .received(until.to_string()));
    }
    let from = moment("nbf").map_or(issued, |nbf| nbf.max(issued));
    if from > now.plus(skew) {
        return Err(Rejection::new(Cause::ClockEarly, "The ID token is from the future.")
            .expected(format!("issued until {now}"))
            .received(from.to_string()));
    }
    Ok(until)
}

/// Step 11: it answers what we asked.
fn nonce(claims: &Claims, expected: &Expected<'_>) -> Result<Note, Rejection> {
    let received = claims.get("nonce").and_then(Value::as_str).unwrap_or("none");
    if crypto::constant_time_eq(received.as_bytes(), expected.nonce.as_bytes()) {
        return Ok(Note::received("the one that was sent"));
    }
    Err(Rejection::new(Cause::NonceMismatch, "The ID token answers another sign-in.")
        .expected(expected.nonce)
        .received(received))
}

/// The access token is the one that was issued with it (section 3.1.3.8).
fn access_token(hash: &Value, expected: &Expected<'_>) -> Result<Note, Rejection> {
    let own = expected.access_token.map(jwt::half_hash);
    if own.is_none() || hash.as_str() == own.as_deref() {
        return Ok(Note::received("its hash fits"));
    }
    Err(Rejection::new(Cause::TokenInvalid, "The access token is not the one of the ID token.")
        .expected(own.unwrap_or_default())
        .received(hash.as_str().unwrap_or("something else")))
}

/// A name for the person that can be kept.
fn subject(claims: &Claims) -> Result<String, Rejection> {
    let sub = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if !sub.trim().is_empty() && sub.len() <= LONGEST_SUBJECT && !sub.chars().any(char::is_control)
    {
        return Ok(sub.to_owned());
    }
    Err(Rejection::new(Cause::TokenInvalid, "The ID token does not name the person.")
        .expected("a sub of 1 to 255 letters")
        .received(sub))
}

/// A `NumericDate` (RFC 7519 section 2), which may have a fraction.
fn seconds(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float is cast to the nearest number there is"
    )]
    value.as_i64().or_else(|| value.as_f64().map(|number| number as i64))
}

#[cfg(test)]
mod tests;
