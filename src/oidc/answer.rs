//! The answer to an authorization request, on its way back to the app through the browser.

use super::Error;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::Serializer;

/// How an answer travels (OAuth 2.0 Multiple Response Types section 2.1, Form Post Response Mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of a redirect.
    #[default]
    Query,
    /// In a form that the browser posts.
    FormPost,
}

/// The answer to an authorization request, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Redirect the browser to this address.
    Redirect(String),
    /// Let the browser post these fields.
    Form {
        /// Where to.
        action: String,
        /// Names and values, not yet escaped for HTML.
        fields: Vec<(&'static str, String)>,
    },
}

/// Where an answer goes, and what it says in any case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTo {
    /// The address, which is registered.
    pub redirect_uri: String,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What the app wants back as it was.
    pub state: Option<String>,
}

impl ReturnTo {
    /// The person is signed in: here is the code (RFC 6749 section 4.1.2, RFC 9207 section 2).
    #[must_use]
    pub fn code(&self, code: &str, issuer: &str) -> Answer {
        self.answer(vec![("code", code.to_owned())], issuer)
    }

    /// It went wrong (RFC 6749 section 4.1.2.1, RFC 9207 section 2).
    #[must_use]
    pub fn error(&self, error: &Error, issuer: &str) -> Answer {
        let fields =
            vec![("error", error.code().to_owned()), ("error_description", error.description())];
        self.answer(fields, issuer)
    }

    fn answer(&self, mut fields: Vec<(&'static str, String)>, issuer: &str) -> Answer {
        if let Some(state) = &self.state {
            fields.push(("state", state.clone()));
        }
        fields.push(("iss", issuer.to_owned()));
        match self.response_mode {
            ResponseMode::Query => Answer::Redirect(with_query(&self.redirect_uri, &fields)),
            ResponseMode::FormPost => Answer::Form { action: self.redirect_uri.clone(), fields },
        }
    }
}

/// Adds fields to an address and keeps the query that it has (RFC 6749 section 3.1.2).
pub(super) fn with_query(address: &str, fields: &[(&'static str, String)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    let joint = match address.chars().last() {
        Some('?' | '&') => "",
        _ if address.contains('?') => "&",
        _ => "?",
    };
    format!("{address}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(redirect_uri: &str, response_mode: ResponseMode) -> ReturnTo {
        let state = Some("a&b=c".to_owned());
        ReturnTo { redirect_uri: redirect_uri.to_owned(), response_mode, state }
    }

    #[test]
    fn a_code_comes_with_state_and_issuer() {
        let answer =
            back("https://app.example/cb", ResponseMode::Query).code("ac_1", "https://sso.example");
        let expected =
            "https://app.example/cb?code=ac_1&state=a%26b%3Dc&iss=https%3A%2F%2Fsso.example";
        assert_eq!(answer, Answer::Redirect(expected.to_owned()));
    }

    #[test]
    fn an_error_comes_with_state_and_issuer() {
        let error = Error::AccessDenied("audience_mismatch; trace=trc_1".into());
        let answer = back("com.example.app:/cb?x=1", ResponseMode::Query)
            .error(&error, "https://sso.example");
        let expected = "com.example.app:/cb?x=1&error=access_denied\
            &error_description=audience_mismatch%3B+trace%3Dtrc_1\
            &state=a%26b%3Dc&iss=https%3A%2F%2Fsso.example";
        assert_eq!(answer, Answer::Redirect(expected.to_owned()));
    }

    #[test]
    fn form_post_carries_the_same_in_fields() {
        let answer = back("https://app.example/cb?x=1", ResponseMode::FormPost)
            .code("ac_1", "https://sso.example");
        let Answer::Form { action, fields } = answer else { panic!("a redirect") };
        assert_eq!(action, "https://app.example/cb?x=1");
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["code", "state", "iss"]);
    }

    #[test]
    fn an_address_keeps_its_query() {
        let fields = [("a", "1".to_owned())];
        assert_eq!(with_query("https://x.example/?", &fields), "https://x.example/?a=1");
        assert_eq!(with_query("https://x.example/?b&", &fields), "https://x.example/?b&a=1");
    }
}
