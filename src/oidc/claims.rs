//! What an ID token and the userinfo endpoint say about a person.

use super::jwt;
use super::scope::{Scope, Scopes};
use crate::clock::Time;
use chrono::TimeDelta;
use serde::Serialize;

/// Every claim that may be in an ID token.
pub const NAMES: &[&str] = &[
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "at_hash",
    "sid",
    "amr",
    "acr",
    "email",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "org_id",
    "org_external_id",
    "connection_id",
    "roles",
    "entities",
    "entities_url",
];

/// The authentication context class of a sign-in by a break-glass code (OIDC Core section 2, `acr`). Other sign-ins have none:
/// what the identity provider did is not known.
pub const BREAK_GLASS: &str = "urn:vestibule:acr:break_glass";

/// A person in an organization, as the app may know them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Stable for this person in this organization.
    pub sub: String,
    /// The email address.
    pub email: String,
    /// Whether the organization has proved that the address's domain is its own.
    pub email_verified: bool,
    /// The full name.
    pub name: Option<String>,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub family_name: Option<String>,
    /// The organization.
    pub org_id: String,
    /// The organization, by the app's own ID.
    pub org_external_id: Option<String>,
    /// The connection that the person signed in by.
    pub connection_id: String,
    /// The roles that the person has.
    pub roles: Vec<String>,
    /// The places in the application that the person belongs to.
    pub entities: Vec<Entity>,
}

/// A place in the application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// Its ID.
    pub id: String,
    /// The key of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The vendor's key of it.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// The application's own ID of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// How long `entities` may be in an ID token, in bytes: a longer list is told by userinfo alone.
const MOST_ENTITIES: usize = 4096;

/// How and when the person signed in.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// When the person proved who they are.
    pub at: Time,
    /// The session.
    pub session: &'a str,
    /// What the app sent along.
    pub nonce: Option<&'a str>,
    /// What was granted.
    pub scopes: &'a Scopes,
    /// The person came by a break-glass code, not through their identity provider.
    pub break_glass: bool,
}

/// The claims of an ID token (OIDC Core section 2).
#[derive(Debug, Serialize)]
pub struct IdToken<'a> {
    iss: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
    sid: &'a str,
    amr: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'static str>,
    #[serde(flatten)]
    person: UserInfo<'a>,
}

/// The claims of the userinfo endpoint (OIDC Core section 5.3), which are in the ID token too.
#[derive(Debug, Serialize)]
pub struct UserInfo<'a> {
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    org_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    org_external_id: Option<&'a str>,
    connection_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    roles: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    entities: &'a [Entity],
    /// Where the places are told instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    entities_url: Option<String>,
}

/// The claims of an ID token for `client_id`, made `now` together with `access_token`.
#[must_use]
pub fn id_token<'a>(
    issuer: &'a str,
    client_id: &'a str,
    person: &'a Person,
    sign_in: &SignIn<'a>,
    access_token: &str,
    now: Time,
    lifetime: TimeDelta,
) -> IdToken<'a> {
    IdToken {
        iss: issuer,
        aud: client_id,
        exp: now.plus(lifetime).unix(),
        iat: now.unix(),
        // Providers that do not know say year 1, and apps take no negative number.
        auth_time: sign_in.at.unix().max(0),
        nonce: sign_in.nonce,
        at_hash: jwt::half_hash(access_token),
        sid: sign_in.session,
        // Only the person's own identity provider knows more, and RFC 8176 has no word for that. A break-glass code is
        // a one-time password in its words.
        amr: [if sign_in.break_glass { "otp" } else { "fed" }],
        acr: sign_in.break_glass.then_some(BREAK_GLASS),
        person: bounded(user_info(person, sign_in.scopes), issuer),
    }
}

/// What the userinfo endpoint says: names and address by scope (OIDC Core section 5.4), organization in any case.
#[must_use]
pub fn user_info<'a>(person: &'a Person, scopes: &Scopes) -> UserInfo<'a> {
    let (email, profile) = (scopes.has(Scope::Email), scopes.has(Scope::Profile));
    UserInfo {
        sub: &person.sub,
        email: email.then_some(&person.email),
        email_verified: email.then_some(person.email_verified),
        name: person.name.as_deref().filter(|_| profile),
        given_name: person.given_name.as_deref().filter(|_| profile),
        family_name: person.family_name.as_deref().filter(|_| profile),
        org_id: &person.org_id,
        org_external_id: person.org_external_id.as_deref(),
        connection_id: &person.connection_id,
        roles: &person.roles,
        entities: &person.entities,
        entities_url: None,
    }
}

/// Names the userinfo endpoint instead of places that would make an ID token too long.
fn bounded<'a>(mut person: UserInfo<'a>, issuer: &str) -> UserInfo<'a> {
    let length = serde_json::to_vec(person.entities).map_or(0, |text| text.len());
    if length > MOST_ENTITIES {
        person.entities = &[];
        person.entities_url = Some(format!("{issuer}/oauth/userinfo"));
    }
    person
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://sso.example";

    fn ada() -> Person {
        Person {
            sub: "usr_1".to_owned(),
            email: "ada@globex.example".to_owned(),
            email_verified: true,
            name: Some("Ada Lovelace".to_owned()),
            given_name: Some("Ada".to_owned()),
            family_name: None,
            org_id: "org_1".to_owned(),
            org_external_id: Some("42".to_owned()),
            connection_id: "con_1".to_owned(),
            roles: vec![],
            entities: vec![],
        }
    }

    fn id_token_of(person: &Person, scope: &str, nonce: Option<&str>) -> Value {
        token_of(person, scope, nonce, false)
    }

    fn token_of(person: &Person, scope: &str, nonce: Option<&str>, break_glass: bool) -> Value {
        let scopes = scope.parse().unwrap();
        let now = Time::from_unix(1_780_000_060);
        let at = Time::from_unix(1_780_000_000);
        let sign_in = SignIn { at, session: "ses_1", nonce, scopes: &scopes, break_glass };
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let lifetime = TimeDelta::minutes(5);
        let claims = id_token(ISSUER, "app_1", person, &sign_in, token, now, lifetime);
        serde_json::to_value(claims).unwrap()
    }

    #[test]
    fn an_id_token_says_who_signed_in_when_and_for_whom() {
        assert_eq!(
            id_token_of(&ada(), "openid email profile", Some("n-1")),
            json!({
                "iss": ISSUER, "sub": "usr_1", "aud": "app_1",
                "exp": 1_780_000_360, "iat": 1_780_000_060, "auth_time": 1_780_000_000,
                "nonce": "n-1", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "sid": "ses_1",
                "amr": ["fed"], "email": "ada@globex.example", "email_verified": true,
                "name": "Ada Lovelace", "given_name": "Ada",
                "org_id": "org_1", "org_external_id": "42", "connection_id": "con_1",
            })
        );
    }

    #[test]
    fn a_sign_in_by_a_break_glass_code_says_so() {
        let claims = token_of(&ada(), "openid", None, true);
        assert_eq!(claims["amr"], json!(["otp"]));
        assert_eq!(claims["acr"], "urn:vestibule:acr:break_glass");
    }

    #[test]
    fn names_and_address_are_told_by_scope_and_the_organization_in_any_case() {
        let told =
            |scope: &str| serde_json::to_value(user_info(&ada(), &scope.parse().unwrap())).unwrap();
        let bare = json!({"sub": "usr_1", "org_id": "org_1", "org_external_id": "42",
            "connection_id": "con_1"});
        assert_eq!(told("openid"), bare);
        assert_eq!(told("openid email")["email"], "ada@globex.example");
        assert_eq!(told("openid email")["name"], Value::Null);
        assert_eq!(told("openid profile")["name"], "Ada Lovelace");
        assert_eq!(told("openid profile")["email"], Value::Null);
    }

    fn payments() -> Entity {
        Entity {
            id: "ent_1".to_owned(),
            kind: "team".to_owned(),
            key: "payments".to_owned(),
            name: "Payments".to_owned(),
            external_id: None,
        }
    }

    #[test]
    fn places_are_told_or_a_link_when_over_4_kb() {
        let mut ada = ada();
        ada.entities = vec![payments()];
        let claims = token_of(&ada, "openid", None, true);
        let told =
            json!([{ "id": "ent_1", "type": "team", "key": "payments", "name": "Payments" }]);
        assert_eq!(claims["entities"], told);
        ada.entities = vec![payments(); 100];
        let claims = token_of(&ada, "openid", None, true);
        assert_eq!(claims["entities"], Value::Null);
        assert_eq!(claims["entities_url"], format!("{ISSUER}/oauth/userinfo"));
        let told = serde_json::to_value(user_info(&ada, &"openid".parse().unwrap())).unwrap();
        assert_eq!(told["entities"].as_array().unwrap().len(), 100);
    }

    #[test]
    fn every_claim_is_announced() {
        let mut ada = ada();
        ada.family_name = Some("Lovelace".to_owned());
        ada.roles = vec!["admin".to_owned()];
        ada.entities = vec![payments()];
        let claims = token_of(&ada, "openid email profile", Some("n"), true);
        let mut told: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        told.push("entities_url");
        let mut announced = NAMES.to_vec();
        told.sort_unstable();
        announced.sort_unstable();
        assert_eq!(told, announced);
    }
}
