//! What was looked at in a provider's answer, line by line, and why it was refused.

mod difference;

pub use difference::{Compared, Difference, DifferenceKind, Piece};

use crate::cause::Cause;
use serde::{Deserialize, Serialize};

macro_rules! check_names {
    ($($(#[doc = $doc:literal])* $variant:ident = $key:literal, $title:literal;)*) => {
        /// One thing that is checked in a message, in the order in which it happens.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum CheckName {
            $($(#[doc = $doc])* #[serde(rename = $key)] $variant,)*
        }

        impl CheckName {
            /// Every check, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable word for programs.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            /// What a person reads.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
        }
    };
}

check_names! {
    /// The form field is base64 of something not too long.
    Field = "field", "The form field can be read";
    /// No forbidden construct, not too deep or wide, well formed.
    Xml = "xml", "XML is well formed";
    /// The root is a response of SAML 2.0.
    Response = "response", "It is a SAML 2.0 response";
    /// The provider itself says that the sign-in worked.
    Status = "status", "Status is Success";
    /// One assertion, and nothing that could be mistaken for one.
    Assertion = "assertion", "Exactly one assertion";
    /// The response's own signature is by a known key.
    ResponseSignature = "response_signature", "Response signed by a known certificate";
    /// The response is what was signed.
    ResponseDigest = "response_digest", "Response is what was signed";
    /// The encrypted assertion opens.
    Decryption = "decryption", "Assertion is decrypted";
    /// The assertion's own signature is by a known key.
    AssertionSignature = "assertion_signature", "Assertion signed by a known certificate";
    /// The assertion is what was signed.
    AssertionDigest = "assertion_digest", "Assertion is what was signed";
    /// Something signed covers what is read.
    Coverage = "coverage", "Signature covers what is read";
    /// SAML 2.0 throughout.
    Version = "version", "Version is 2.0";
    /// Addressed to our assertion consumer service.
    Destination = "destination", "Destination";
    /// By the connection's identity provider.
    Issuer = "issuer", "Issuer";
    /// Not issued in the future.
    IssueInstant = "issue_instant", "Issued in the past";
    /// A usable name ID.
    Subject = "subject", "Subject";
    /// The bearer confirmation names our assertion consumer service.
    Recipient = "recipient", "Recipient";
    /// The bearer confirmation has not ended.
    Confirmation = "confirmation", "Confirmation has not ended";
    /// Answers the request that we sent, or none where none was sent.
    InResponseTo = "in_response_to", "Answers our request";
    /// Inside the window of the conditions, with no condition that we do not know.
    Conditions = "conditions", "Within its time window";
    /// Every audience restriction names us.
    Audience = "audience", "Audience";
    /// Says that and when the person signed in; the session has not ended.
    AuthnStatement = "authn_statement", "States a sign-in";
    /// A second, independent reader finds the same.
    SecondReader = "second_reader", "A second reader agrees";
    /// The sign-in that is answered began here and is open.
    Request = "request", "Answers an open sign-in";
    /// The answer comes through the browser that began.
    Browser = "browser", "Same browser as at the beginning";
    /// The answer says that it comes from the connection's provider (RFC 9207).
    ResponseIssuer = "response_issuer", "Answered by the connection's provider";
    /// The provider gives a code, and no error.
    Code = "code", "The provider gives a code";
    /// The provider takes the code and gives tokens.
    TokenRequest = "token_request", "The code is exchanged for tokens";
    /// An ID token with an algorithm that is taken.
    IdToken = "id_token", "ID token can be read";
    /// The ID token's signature is by a known key.
    TokenSignature = "token_signature", "ID token signed by a known key";
    /// Issued in the past, and not ended.
    TokenTime = "token_time", "ID token within its time window";
    /// The ID token answers this very sign-in.
    Nonce = "nonce", "Nonce";
    /// The access token is the one that the ID token came with.
    AccessToken = "access_token", "Access token belongs to the ID token";
    /// What the ID token leaves out is at the userinfo address.
    UserInfo = "userinfo", "Details at the userinfo address";
    /// The person proved who they are as lately as the application asks.
    Freshness = "freshness", "As fresh as the app asks";
    /// A break-glass code of the organization that can be used.
    BreakGlassCode = "break_glass_code", "Break-glass code can be used";
    /// The person may use the organization's codes.
    ExemptOwner = "exempt_owner", "Person is an exempt owner";
    /// An email address.
    Email = "email", "Email address";
    /// The provider does not say that the address is not verified.
    EmailVerified = "email_verified", "Email address is verified";
    /// The email's domain is live in the organization.
    Domain = "domain", "Domain belongs to the organization";
    /// The person may sign in.
    Person = "person", "Person may sign in";
}

/// What a check says between a domain that is not live yet and the day since which it waits for its record.
const WAITS: &str = " waits for its DNS record since ";

/// What is expected of a domain that the organization has added and that is not live yet: what else would do, and since when it waits.
#[must_use]
pub fn expects_waiting(expected: &str, domain: &str, since: &str) -> String {
    format!("{expected}; {domain}{WAITS}{since}")
}

/// The domain for which somebody was refused because it still waited for its record, and since when it did.
#[must_use]
pub fn waiting_domain(checks: &[Check]) -> Option<(&str, &str)> {
    let refused = checks.iter().find(|check| check.name == CheckName::Domain && !check.passed)?;
    let domain = refused.received.as_deref()?;
    let (before, since) = refused.expected.as_deref()?.rsplit_once(WAITS)?;
    before.ends_with(domain).then_some((domain, since))
}

/// One line of a trace. The failing one is the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// Whether it is as it must be.
    pub passed: bool,
    /// What had to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was there, or a remark about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
}

impl Check {
    /// A line that says what had to be there and what was.
    #[must_use]
    pub fn of(name: CheckName, passed: bool, expected: &str, received: &str) -> Self {
        let (expected, received) = (Some(expected.to_owned()), Some(shorten(received)));
        Self { name, passed, expected, received }
    }

    /// What a person reads.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.name.title()
    }
}

/// Why a message is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The code of the failed check.
    pub cause: Cause,
    /// One sentence for a person who can mend it.
    pub detail: String,
    /// What had to be there.
    pub expected: Option<String>,
    /// What was there.
    pub received: Option<String>,
}

impl Rejection {
    pub(crate) fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into(), expected: None, received: None }
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn received(mut self, received: impl Into<String>) -> Self {
        self.received = Some(shorten(&received.into()));
        self
    }
}

/// What a passed check has to say.
#[derive(Debug, Default)]
pub(crate) struct Note {
    expected: Option<String>,
    received: Option<String>,
}

impl Note {
    pub(crate) fn received(received: impl Into<String>) -> Self {
        Self { expected: None, received: Some(shorten(&received.into())) }
    }

    pub(crate) fn both(expected: impl Into<String>, received: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..Self::received(received) }
    }
}

/// The lines written so far.
#[derive(Debug, Default)]
pub(crate) struct Trace(pub(crate) Vec<Check>);

impl Trace {
    /// Writes the line of one check, whichever way it went, and hands its result on.
    pub(crate) fn note<T>(
        &mut self,
        name: CheckName,
        result: Result<T, Rejection>,
        note: impl FnOnce(&T) -> Note,
    ) -> Result<T, Rejection> {
        let (passed, expected, received) = match &result {
            Ok(value) => {
                let note = note(value);
                (true, note.expected, note.received)
            }
            Err(rejection) => (false, rejection.expected.clone(), rejection.received.clone()),
        };
        self.0.push(Check { name, passed, expected, received });
        result
    }

    /// As `note`, for a check whose result is its note.
    pub(crate) fn check(
        &mut self,
        name: CheckName,
        result: Result<Note, Rejection>,
    ) -> Result<(), Rejection> {
        self.note(name, result, |note| Note {
            expected: note.expected.clone(),
            received: note.received.clone(),
        })?;
        Ok(())
    }
}

/// Keeps a trace small whatever a stranger sends.
pub(crate) fn shorten(text: &str) -> String {
    const LIMIT: usize = 1024;
    match text.char_indices().nth(LIMIT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_that_waits_is_told_from_one_that_nobody_has_added() {
        let refused =
            |expected: &str| vec![Check::of(CheckName::Domain, false, expected, "globex.test")];
        let live = "a domain of the organization: globex.example";
        assert_eq!(waiting_domain(&refused(live)), None);
        let expected = expects_waiting(live, "globex.test", "27 Nov 2026");
        assert_eq!(waiting_domain(&refused(&expected)), Some(("globex.test", "27 Nov 2026")));
        let passed = Check { passed: true, ..refused(&expected).remove(0) };
        assert_eq!(waiting_domain(&[passed]), None);
        let another = expects_waiting(live, "initech.test", "27 Nov 2026");
        assert_eq!(waiting_domain(&refused(&another)), None);
    }
}
