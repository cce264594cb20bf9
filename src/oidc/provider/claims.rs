//! What a provider says of a person, in its own names.

use serde_json::{Map, Value};

/// Claims by name.
pub type Claims = Map<String, Value>;

/// What is about the token, and not about the person.
const TECHNICAL: [&str; 21] = [
    "iss",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "auth_time",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "acr",
    "amr",
    "ver",
    "uti",
    "rh",
    "aio",
    "typ",
    "session_state",
];
/// More values than one claim has.
const MOST_VALUES: usize = 1000;

/// What the claims say of the person: each with its values as text. What is no text, number or list of them is left out.
#[must_use]
pub fn of_person(claims: &Claims) -> Vec<(String, Vec<String>)> {
    let about = claims.iter().filter(|(name, _)| !TECHNICAL.contains(&name.as_str()));
    about
        .map(|(name, value)| (name.clone(), texts(value)))
        .filter(|(_, values)| !values.is_empty())
        .collect()
}

/// Whether the provider itself says that it does not know whether the address is the person's (OIDC Core section 5.1).
/// Saying nothing is not saying no: a company's provider, such as Entra, often has no such claim.
fn is_email_unverified(claims: &Claims) -> bool {
    match claims.get("email_verified") {
        Some(Value::Bool(verified)) => !verified,
        // Some write it as text.
        Some(Value::String(text)) => text.eq_ignore_ascii_case("false"),
        _ => false,
    }
}

/// Why an address that a provider gives may be somebody else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// What should have been there.
    pub expected: &'static str,
    /// What was.
    pub received: &'static str,
}

/// Issuers that are not one company's, with the claim by which they say whose a person is. Anybody may have an account with
/// them under the address of a company, and keeps it when they leave.
const OF_EVERYBODY: [(&str, &str); 1] = [("https://accounts.google.com", "hd")];

/// Why the address cannot be relied on, if it cannot. `is_email`: it is that of the claim `email`, of which
/// `email_verified` speaks.
#[must_use]
pub fn doubt_of_email(issuer: &str, claims: &Claims, is_email: bool) -> Option<Doubt> {
    if is_email && is_email_unverified(claims) {
        let (expected, received) = ("not email_verified: false", "email_verified: false");
        return Some(Doubt { expected, received });
    }
    let (_, of_whom) = OF_EVERYBODY.iter().find(|(everybody, _)| *everybody == issuer)?;
    let is_said = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let is_of_company = claims.get(*of_whom).is_some_and(is_said);
    let (expected, received) = ("hd: the company's account", "no hd: anybody's account");
    (!is_of_company).then_some(Doubt { expected, received })
}

/// Adds what the userinfo endpoint says to what the ID token says, which is signed and goes first. False if it speaks of
/// somebody else, and then nothing of it may be used (OIDC Core section 5.3.2).
#[must_use]
pub fn complete(claims: &mut Claims, userinfo: Claims) -> bool {
    let sub = |claims: &Claims| claims.get("sub").and_then(Value::as_str).map(str::to_owned);
    if sub(&userinfo).is_none() || sub(&userinfo) != sub(claims) {
        return false;
    }
    for (name, value) in userinfo {
        claims.entry(name).or_insert(value);
    }
    true
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    };
    match value {
        Value::Array(all) => all.iter().filter_map(text).take(MOST_VALUES).collect(),
        one => text(one).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        let Value::Object(claims) = value else { panic!("no object") };
        claims
    }

    #[test]
    fn what_is_about_the_person_is_read_as_text() {
        let claims = claims(json!({
            "iss": "https://idp.example", "sub": "1", "email": "ada@globex.example", "floor": 3,
            "groups": ["a", "b"], "address": {"country": "NZ"}, "empty": "", "exp": 1,
        }));
        let names: Vec<_> = of_person(&claims).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["email", "floor", "groups", "sub"]);
    }

    #[test]
    fn an_address_is_unverified_only_where_the_provider_says_so() {
        for (value, unverified) in [
            (json!({"email_verified": false}), true),
            (json!({"email_verified": "false"}), true),
            (json!({"email_verified": true}), false),
            (json!({"email_verified": "true"}), false),
            (json!({}), false),
        ] {
            assert_eq!(is_email_unverified(&claims(value.clone())), unverified, "{value}");
        }
    }

    #[test]
    fn an_issuer_that_is_everybody_s_must_say_whose_account_it_is() {
        let google = "https://accounts.google.com";
        let said = |issuer: &str, value: Value| {
            let doubt = doubt_of_email(issuer, &claims(value), true);
            doubt.map(|doubt| doubt.received)
        };
        // A personal account may have any address; its owner may have left the company long ago.
        assert_eq!(said(google, json!({"email_verified": true})), Some("no hd: anybody's account"));
        assert_eq!(said(google, json!({"hd": ""})), Some("no hd: anybody's account"));
        assert_eq!(said(google, json!({"hd": "globex.example"})), None);
        let unverified = json!({"hd": "globex.example", "email_verified": false});
        assert_eq!(said(google, unverified), Some("email_verified: false"));
        assert_eq!(said("https://idp.example", json!({})), None);
        assert_eq!(doubt_of_email("https://idp.example", &claims(json!({})), false), None);
    }

    #[test]
    fn userinfo_adds_and_changes_nothing_and_is_of_the_same_person() {
        let mut known = claims(json!({"sub": "1", "name": "Ada"}));
        assert!(!complete(&mut known, claims(json!({"sub": "2", "email": "eve@globex.example"}))));
        assert!(!complete(&mut known, claims(json!({"email": "eve@globex.example"}))));
        assert!(known.get("email").is_none());
        assert!(complete(
            &mut known,
            claims(json!({"sub": "1", "name": "Eve", "email": "a@b.example"}))
        ));
        assert_eq!((&known["name"], &known["email"]), (&json!("Ada"), &json!("a@b.example")));
    }
}
