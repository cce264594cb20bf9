//! Signing out, begun by the app (OIDC RP-Initiated Logout 1.0).

use super::answer;
use super::client::Client;
use super::error::Error;
use super::params::Params;
use serde::Deserialize;

/// A request to sign out, from a query or a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// An ID token of ours: says who signs out of what.
    pub id_token_hint: Option<String>,
    client_id: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

/// What an ID token of ours says, as far as signing out needs it. That it has expired does not matter (section 2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Hint {
    /// Who made it; must be us.
    pub iss: String,
    /// The application that it was made for.
    pub aud: String,
    /// The person.
    pub sub: String,
    /// The session.
    pub sid: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logout {
    /// The session to end, if the app proved with an ID token that it knows it. Without, the person is asked first:
    /// else any page could sign people out.
    pub session: Option<String>,
    /// Where the browser goes afterwards; a page of ours if nowhere.
    pub return_to: Option<String>,
}

impl LogoutRequest {
    /// Reads a query string or a form body (section 2).
    pub fn parse(text: &str) -> Result<Self, Error> {
        let params = Params::parse(text);
        let take = |name| Ok::<_, Error>(params.get(name)?.map(str::to_owned));
        Ok(Self {
            id_token_hint: take("id_token_hint")?,
            client_id: take("client_id")?,
            post_logout_redirect_uri: take("post_logout_redirect_uri")?,
            state: take("state")?,
        })
    }

    /// The application that asks, to be looked up before [`Self::check`]: by its ID, or by the ID token made for it.
    #[must_use]
    pub fn client_id<'a>(&'a self, hint: Option<&'a Hint>) -> Option<&'a str> {
        self.client_id.as_deref().or_else(|| hint.map(|hint| hint.aud.as_str()))
    }

    /// Checks the request. `hint` is the verified `id_token_hint`; one that cannot be verified counts as none.
    pub fn check(
        &self,
        hint: Option<&Hint>,
        client: Option<&Client>,
        issuer: &str,
    ) -> Result<Logout, Error> {
        let refuse = |why: &'static str| Err(Error::InvalidRequest(why.into()));
        if let Some(hint) = hint {
            if hint.iss != issuer {
                return refuse("The id_token_hint is another issuer's.");
            }
            // Section 2: a client_id must be that of the ID token.
            if self.client_id.as_ref().is_some_and(|id| *id != hint.aud) {
                return refuse("The id_token_hint was made for another application.");
            }
        }
        let return_to = match (&self.post_logout_redirect_uri, client) {
            (None, _) => None,
            (Some(_), None) => {
                return refuse("A post_logout_redirect_uri needs a client_id or id_token_hint.");
            }
            // Section 3: letter by letter.
            (Some(address), Some(client)) if client.post_logout_redirect_uris.contains(address) => {
                let state: Vec<_> =
                    self.state.iter().map(|state| ("state", state.clone())).collect();
                Some(if state.is_empty() {
                    address.clone()
                } else {
                    answer::with_query(address, &state)
                })
            }
            (Some(_), Some(_)) => {
                return refuse("The post_logout_redirect_uri is not registered.");
            }
        };
        Ok(Logout { session: hint.and_then(|hint| hint.sid.clone()), return_to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Algorithm;
    use crate::oidc::ClientKind;

    const ISSUER: &str = "https://sso.example";

    fn client() -> Client {
        Client {
            id: "app_1".to_owned(),
            kind: ClientKind::Web,
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            post_logout_redirect_uris: vec!["https://app.example/bye".to_owned()],
            id_token_alg: Algorithm::Rs256,
        }
    }

    fn hint() -> Hint {
        Hint {
            iss: ISSUER.to_owned(),
            aud: "app_1".to_owned(),
            sub: "usr_1".to_owned(),
            sid: Some("ses_1".to_owned()),
        }
    }

    #[test]
    fn an_app_that_proves_its_session_ends_it_and_gets_the_browser_back() {
        let request = LogoutRequest::parse(
            "id_token_hint=a.b.c&post_logout_redirect_uri=https://app.example/bye&state=1%262",
        )
        .unwrap();
        assert_eq!(request.client_id(Some(&hint())), Some("app_1"));
        let logout = request.check(Some(&hint()), Some(&client()), ISSUER).unwrap();
        assert_eq!(logout.session.as_deref(), Some("ses_1"));
        assert_eq!(logout.return_to.as_deref(), Some("https://app.example/bye?state=1%262"));
    }

    #[test]
    fn without_an_id_token_no_session_is_ended_unasked() {
        let request = LogoutRequest::parse("client_id=app_1").unwrap();
        let logout = request.check(None, Some(&client()), ISSUER).unwrap();
        assert_eq!(logout, Logout { session: None, return_to: None });
    }

    #[test]
    fn the_browser_goes_to_registered_addresses_only() {
        for address in ["https://app.example/bye/", "https://app.example/cb", "javascript:1"] {
            let text = format!("client_id=app_1&post_logout_redirect_uri={address}");
            let request = LogoutRequest::parse(&text).unwrap();
            assert!(request.check(None, Some(&client()), ISSUER).is_err(), "{address}");
        }
        let text = "post_logout_redirect_uri=https://app.example/bye";
        let request = LogoutRequest::parse(text).unwrap();
        assert_eq!(request.client_id(None), None);
        assert!(request.check(None, None, ISSUER).is_err());
    }

    #[test]
    fn an_id_token_of_another_application_or_issuer_is_refused() {
        let request = LogoutRequest::parse("client_id=app_2").unwrap();
        assert!(request.check(Some(&hint()), Some(&client()), ISSUER).is_err());
        let request = LogoutRequest::parse("").unwrap();
        assert!(request.check(Some(&hint()), Some(&client()), "https://other.example").is_err());
        assert!(LogoutRequest::parse("state=1&state=2").is_err());
    }
}
