//! How an app is told that a session has ended: by a logout token (OIDC Back-Channel Logout 1.0) or in a
//! frame of the browser (OIDC Front-Channel Logout 1.0).

use super::answer;
use crate::clock::Time;
use chrono::TimeDelta;
use serde::Serialize;
use serde_json::{Value, json};

/// The `typ` of a logout token (Back-Channel Logout 2.4): it cannot be taken for an ID token.
pub const TYP: &str = "logout+jwt";
/// The form field that carries it (2.5).
pub const FIELD: &str = "logout_token";

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// Two minutes at most are advised (2.4).
const LIFETIME: TimeDelta = TimeDelta::minutes(2);

/// The claims of a logout token (2.4). There is never a `nonce`.
#[derive(Debug, Serialize)]
pub struct LogoutToken<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
    sub: &'a str,
    sid: &'a str,
    events: Value,
}

/// Which session has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The application that is told: its `client_id`.
    pub client_id: &'a str,
    /// The person.
    pub sub: &'a str,
    /// The session.
    pub sid: &'a str,
}

/// The claims that tell `ended`, made `now`. No two tokens have the same `id`.
#[must_use]
pub fn logout_token<'a>(
    issuer: &'a str,
    id: &'a str,
    ended: &Ended<'a>,
    now: Time,
) -> LogoutToken<'a> {
    LogoutToken {
        iss: issuer,
        aud: ended.client_id,
        iat: now.unix(),
        exp: now.plus(LIFETIME).unix(),
        jti: id,
        sub: ended.sub,
        sid: ended.sid,
        events: json!({ EVENT: {} }),
    }
}

/// The address of the hidden frame that tells an app of the session `sid` (Front-Channel Logout 3).
#[must_use]
pub fn frame(uri: &str, issuer: &str, sid: &str) -> String {
    answer::with_query(uri, &[("iss", issuer.to_owned()), ("sid", sid.to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_token_has_the_claims_of_the_standard_and_no_nonce() {
        let ended = Ended { client_id: "app_1", sub: "usr_1", sid: "ses_1" };
        let now = Time::from_unix(1_780_000_000);
        let claims = logout_token("https://sso.example", "lgn_1.1", &ended, now);
        assert_eq!(
            serde_json::to_value(claims).unwrap(),
            json!({
                "iss": "https://sso.example", "aud": "app_1", "sub": "usr_1", "sid": "ses_1",
                "iat": 1_780_000_000, "exp": 1_780_000_120, "jti": "lgn_1.1",
                "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            })
        );
    }

    #[test]
    fn a_frame_names_issuer_and_session_beside_the_app_s_own_parameters() {
        assert_eq!(
            frame("https://app.example/bye?x=1", "https://sso.example", "ses_1"),
            "https://app.example/bye?x=1&iss=https%3A%2F%2Fsso.example&sid=ses_1"
        );
    }
}
