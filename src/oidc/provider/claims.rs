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
#[must_use]
pub fn is_email_unverified(claims: &Claims) -> bool {
    match claims.get("email_verified") {
        Some(Value::Bool(verified)) => !verified,
        // Some write it as text.
        Some(Value::String(text)) => text.eq_ignore_ascii_case("false"),
        _ => false,
    }
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
