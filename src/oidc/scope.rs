//! What an app may ask for in `scope`.

use super::Error;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One scope that we know (OIDC Core section 5.4 and 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Who signed in.
    Openid,
    /// The person's names.
    Profile,
    /// The person's email address.
    Email,
    /// A refresh token.
    OfflineAccess,
}

/// A set of scopes, as text separated by spaces: in messages, and where it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(Vec<Scope>);

impl Scope {
    /// Every scope that we know, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Openid, Self::Profile, Self::Email, Self::OfflineAccess];

    /// The word in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openid => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::OfflineAccess => "offline_access",
        }
    }
}

impl Scopes {
    /// Whether this scope is in the set.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// What a refresh gives: all that was granted, or less if the app asks for less (RFC 6749 section 6).
    pub fn narrow(&self, asked: Option<&Self>) -> Result<Self, Error> {
        let Some(asked) = asked else { return Ok(self.clone()) };
        if let Some(scope) = asked.0.iter().find(|scope| !self.has(**scope)) {
            let why = format!("The scope {} was not granted.", scope.as_str());
            return Err(Error::InvalidScope(why.into()));
        }
        Ok(asked.clone())
    }

    /// These without one of them.
    #[must_use]
    pub fn without(&self, scope: Scope) -> Self {
        Self(self.0.iter().copied().filter(|one| *one != scope).collect())
    }
}

impl FromStr for Scopes {
    type Err = Error;

    /// Reads `scope` (RFC 6749 section 3.3). Scopes that we do not know are left out (OIDC Core section 3.1.2.1).
    fn from_str(text: &str) -> Result<Self, Error> {
        let fits = |byte: u8| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
        if !text.bytes().all(fits) {
            return Err(Error::InvalidScope("scope has a character that it may not have.".into()));
        }
        let asked: Vec<_> = text.split(' ').collect();
        let known = |scope: &Scope| asked.contains(&scope.as_str());
        Ok(Self(Scope::ALL.into_iter().filter(known).collect()))
    }
}

impl TryFrom<String> for Scopes {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_ignored() {
        let scopes: Scopes = "email  groups openid email".parse().unwrap();
        assert_eq!(scopes.to_string(), "openid email");
        assert!(scopes.has(Scope::Email));
        assert!(!scopes.has(Scope::Profile));
        assert_eq!("".parse::<Scopes>().unwrap(), Scopes::default());
    }

    #[test]
    fn a_malformed_scope_is_refused() {
        for bad in ["openid\"", "openid\\", "openid\temail", "openid é"] {
            assert!(matches!(bad.parse::<Scopes>(), Err(Error::InvalidScope(_))), "{bad}");
        }
    }

    #[test]
    fn a_refresh_may_narrow_the_scope_and_not_widen_it() {
        let granted: Scopes = "openid email".parse().unwrap();
        let narrow: Scopes = "openid".parse().unwrap();
        let wide: Scopes = "openid profile".parse().unwrap();
        assert_eq!(granted.narrow(None).unwrap(), granted);
        assert_eq!(granted.narrow(Some(&narrow)).unwrap(), narrow);
        assert!(matches!(granted.narrow(Some(&wide)), Err(Error::InvalidScope(_))));
    }
}
