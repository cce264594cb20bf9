//! A provider's answer as the browser brings it: a code, or why there is none (OIDC Core sections 3.1.2.5 and 3.1.2.6).

use crate::crypto::Secret;
use crate::oidc::Error;
use crate::oidc::params::Params;

/// The answer.
#[derive(Debug, Clone)]
pub struct Callback {
    /// Which of our requests it answers, by what it says.
    pub state: Option<String>,
    /// Who answers, by what it says (RFC 9207).
    pub issuer: Option<String>,
    /// The code, or why there is none.
    pub outcome: Result<Secret, Denied>,
}

/// Why a provider gives no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The standard's word: `access_denied`.
    pub error: String,
    /// More about it, in the provider's words.
    pub description: Option<String>,
}

impl Callback {
    /// Reads the query of a callback. What is there twice is refused: nobody knows which one counts.
    pub fn parse(query: &str) -> Result<Self, Error> {
        let params = Params::parse(query);
        let text = |name| Ok::<_, Error>(params.get(name)?.map(str::to_owned));
        let (error, code) = (text("error")?, text("code")?);
        let outcome = match (error, code) {
            (Some(error), _) => Err(Denied { error, description: text("error_description")? }),
            (None, Some(code)) => Ok(Secret::from(code)),
            (None, None) => {
                Err(Denied { error: "no code and no error".to_owned(), description: None })
            }
        };
        Ok(Self { state: text("state")?, issuer: text("iss")?, outcome })
    }
}

impl Denied {
    /// Whether the provider says that it cannot now, rather than that it will not.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self.error.as_str(), "temporarily_unavailable" | "server_error")
    }

    /// All of it in a line.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.description {
            Some(description) => format!("{}: {description}", self.error),
            None => self.error.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_or_an_error_is_read() {
        let good = Callback::parse("code=c%2B1&state=_1&iss=https%3A%2F%2Fidp.example").unwrap();
        assert_eq!(good.outcome.unwrap().reveal(), "c+1");
        assert_eq!(
            (good.state.as_deref(), good.issuer.as_deref()),
            (Some("_1"), Some("https://idp.example"))
        );
        let bad =
            Callback::parse("error=access_denied&error_description=Not+assigned&code=x").unwrap();
        let denied = bad.outcome.unwrap_err();
        assert_eq!(denied.line(), "access_denied: Not assigned");
        assert!(!denied.is_passing());
        assert!(Callback::parse("").unwrap().outcome.is_err());
    }

    #[test]
    fn nothing_may_be_there_twice() {
        for query in
            ["code=1&code=2", "code=1&state=a&state=b", "code=1&iss=a&iss=b", "error=a&error=b"]
        {
            assert!(Callback::parse(query).is_err(), "{query}");
        }
    }
}
