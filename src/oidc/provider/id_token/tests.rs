use super::*;
use crate::oidc::jwt::SigningKey;
use crate::oidc::provider::keys::tests::{key, published};
use serde_json::json;
use std::sync::LazyLock;

const ISSUER: &str = "https://idp.example.com";
const NOW: i64 = 1_780_000_000;
const SKEW: TimeDelta = TimeDelta::seconds(60);

static RSA: LazyLock<SigningKey> = LazyLock::new(|| key("rsa", Algorithm::Rs256));
static EC: LazyLock<SigningKey> = LazyLock::new(|| key("ec", Algorithm::Es256));
static STRANGER: LazyLock<SigningKey> = LazyLock::new(|| key("rsa", Algorithm::Rs256));
static KEYS: LazyLock<ProviderKeys> =
    LazyLock::new(|| ProviderKeys::read(published(&[&RSA, &EC]).to_string().as_bytes()).unwrap());

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "client", "sub": "Ada", "exp": NOW + 300, "iat": NOW,
        "nonce": "nonce", "at_hash": jwt::half_hash("access"), "auth_time": NOW - 10, "sid": "s",
    })
}

fn verify_token(token: &str) -> Outcome {
    let expected = Expected {
        issuer: ISSUER,
        client_id: "client",
        nonce: "nonce",
        keys: &KEYS,
        access_token: Some("access"),
        skew: SKEW,
    };
    verify(token, &expected, Time::from_unix(NOW))
}

/// The code, and the check that failed.
fn refused(token: &str) -> (Cause, CheckName) {
    let outcome = verify_token(token);
    let last = outcome.checks.last().unwrap();
    assert!(!last.passed && outcome.checks.iter().filter(|check| !check.passed).count() == 1);
    (outcome.result.unwrap_err().cause, last.name)
}

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims();
    change(&mut claims);
    RSA.sign(&claims).unwrap()
}

/// A token with this header and these claims, and this signature.
fn made(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_token_of_the_provider_says_who_signed_in() {
    for key in [&*RSA, &*EC] {
        let outcome = verify_token(&key.sign(&claims()).unwrap());
        let names: Vec<_> = outcome.checks.iter().map(|check| check.name.key()).collect();
        let expected = [
            "id_token",
            "token_signature",
            "issuer",
            "audience",
            "token_time",
            "nonce",
            "access_token",
            "subject",
        ];
        assert_eq!(names, expected);
        let verified = outcome.result.unwrap();
        assert_eq!((verified.sub.as_str(), verified.sid.as_deref()), ("Ada", Some("s")));
        assert_eq!(verified.auth_time, Some(Time::from_unix(NOW - 10)));
        assert!(!outcome.is_key_unknown);
    }
}

#[test]
fn what_a_token_says_must_be_right() {
    type Wrong = (&'static str, Cause, CheckName, fn(&mut Value));
    let wrong: [Wrong; 18] = [
        ("issuer", Cause::TokenInvalid, CheckName::Issuer, |it| {
            it["iss"] = "https://evil.example".into();
        }),
        ("issuer with a slash", Cause::TokenInvalid, CheckName::Issuer, |it| {
            it["iss"] = format!("{ISSUER}/").into();
        }),
        ("no issuer", Cause::TokenInvalid, CheckName::Issuer, |it| it["iss"] = Value::Null),
        ("audience", Cause::TokenInvalid, CheckName::Audience, |it| it["aud"] = "other".into()),
        ("no audience", Cause::TokenInvalid, CheckName::Audience, |it| it["aud"] = json!([])),
        ("others without azp", Cause::TokenInvalid, CheckName::Audience, |it| {
            it["aud"] = json!(["client", "other"]);
        }),
        ("another azp", Cause::TokenInvalid, CheckName::Audience, |it| it["azp"] = "other".into()),
        ("azp that is no text", Cause::TokenInvalid, CheckName::Audience, |it| {
            it["azp"] = 1.into();
        }),
        ("ended", Cause::ClockLate, CheckName::TokenTime, |it| it["exp"] = (NOW - 60).into()),
        ("from the future", Cause::ClockEarly, CheckName::TokenTime, |it| {
            it["iat"] = (NOW + 61).into();
        }),
        ("not yet", Cause::ClockEarly, CheckName::TokenTime, |it| it["nbf"] = (NOW + 61).into()),
        ("no end", Cause::TokenInvalid, CheckName::TokenTime, |it| it["exp"] = Value::Null),
        ("no beginning", Cause::TokenInvalid, CheckName::TokenTime, |it| it["iat"] = "x".into()),
        ("nonce", Cause::NonceMismatch, CheckName::Nonce, |it| it["nonce"] = "other".into()),
        ("no nonce", Cause::NonceMismatch, CheckName::Nonce, |it| it["nonce"] = Value::Null),
        ("another access token", Cause::TokenInvalid, CheckName::AccessToken, |it| {
            it["at_hash"] = "x".into();
        }),
        ("no sub", Cause::TokenInvalid, CheckName::Subject, |it| it["sub"] = "".into()),
        ("a long sub", Cause::TokenInvalid, CheckName::Subject, |it| {
            it["sub"] = "x".repeat(256).into();
        }),
    ];
    for (name, cause, check, change) in wrong {
        assert_eq!(refused(&with(change)), (cause, check), "{name}");
    }
}

#[test]
fn what_is_allowed_is_taken() {
    let allowed: [fn(&mut Value); 5] = [
        |it| {
            it["aud"] = json!(["other", "client"]);
            it["azp"] = "client".into();
        },
        |it| it["exp"] = (NOW - 59).into(),
        |it| it["iat"] = (NOW + 60).into(),
        |it| it["at_hash"] = jwt::half_hash("access").into(),
        |it| it["exp"] = json!(1_780_000_300.5),
    ];
    for change in allowed {
        assert!(verify_token(&with(change)).result.is_ok());
    }
}

#[test]
fn a_token_without_a_signature_or_with_a_secret_is_refused() {
    let public = published(&[&RSA])["keys"][0]["n"].as_str().unwrap().to_owned();
    for alg in ["none", "None", "HS256", "RS512", "PS256", "EdDSA", ""] {
        let header = json!({"alg": alg, "kid": "rsa"});
        // Signed with the public key as if that were a secret: the oldest trick there is.
        let head = made(&header, &claims(), b"");
        let mac = crypto::hmac_sha256(public.as_bytes(), head.trim_end_matches('.').as_bytes());
        for signature in [Vec::new(), mac.unwrap().to_vec()] {
            let token = made(&header, &claims(), &signature);
            assert_eq!(refused(&token), (Cause::TokenInvalid, CheckName::IdToken), "{alg}");
        }
    }
    let unsigned = made(&json!({"alg": "RS256", "kid": "rsa"}), &claims(), b"");
    assert_eq!(refused(&unsigned), (Cause::TokenInvalid, CheckName::TokenSignature));
}

#[test]
fn a_key_is_used_only_for_its_own_algorithm() {
    let crossed = made(&json!({"alg": "ES256", "kid": "rsa"}), &claims(), &[1; 64]);
    assert_eq!(refused(&crossed), (Cause::TokenInvalid, CheckName::TokenSignature));
}

#[test]
fn a_key_that_is_not_known_has_the_keys_read_again() {
    let stranger = STRANGER.sign(&claims()).unwrap();
    let other = key("new", Algorithm::Rs256).sign(&claims()).unwrap();
    for token in [stranger, other] {
        let outcome = verify_token(&token);
        assert!(outcome.is_key_unknown && outcome.result.is_err());
    }
}

#[test]
fn what_is_not_a_token_is_refused() {
    for rubbish in ["", ".", "a.b.c", "a.b.c.d.e", "ey.ey", "....."] {
        assert_eq!(refused(rubbish), (Cause::TokenInvalid, CheckName::IdToken), "{rubbish}");
    }
    let critical = made(&json!({"alg": "RS256", "kid": "rsa", "crit": ["exp"]}), &claims(), b"x");
    assert_eq!(refused(&critical).0, Cause::TokenInvalid);
}
