//! Why a sign-in did not complete: one code for each cause, the same in traces, pages, API and command line.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! causes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $status:literal;)*) => {
        /// Why a sign-in did not complete. Titles, texts and fixes are in `locales/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Cause {
            $($(#[doc = $doc])* #[serde(rename = $code)] $variant,)*
        }

        impl Cause {
            /// Every cause, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code that people and programs see.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The cause with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().find(|cause| cause.code() == code).copied()
            }

            /// The HTTP status of the page that tells the person.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }
        }
    };
}

causes! {
    /// An audience restriction does not name us.
    AudienceMismatch = "audience_mismatch", 400;
    /// The response was addressed to another ACS.
    DestinationMismatch = "destination_mismatch", 400;
    /// The subject confirmation names another ACS.
    RecipientMismatch = "recipient_mismatch", 400;
    /// Another identity provider answered.
    IssuerMismatch = "issuer_mismatch", 400;
    /// No signature covers the assertion.
    SignatureMissing = "signature_missing", 400;
    /// The signature does not fit the message.
    SignatureInvalid = "signature_invalid", 400;
    /// The signed part is not the part that would be read.
    SignatureWrapping = "signature_wrapping", 400;
    /// Signed with an algorithm that the connection does not accept.
    SignatureWeak = "signature_weak", 400;
    /// Signed with a certificate that the connection does not know.
    CertificateUnknown = "certificate_unknown", 400;
    /// The signing certificate has ended.
    CertificateExpired = "certificate_expired", 400;
    /// An encrypted assertion that none of our keys opens.
    EncryptedUnreadable = "encrypted_unreadable", 400;
    /// Not SAML that can be read.
    XmlInvalid = "xml_invalid", 400;
    /// A document type, an entity, a comment or another forbidden construct.
    XmlForbidden = "xml_forbidden", 400;
    /// Larger, deeper or wider than a response may be.
    ResponseTooLarge = "response_too_large", 400;
    /// No assertion.
    AssertionMissing = "assertion_missing", 400;
    /// More than one assertion.
    AssertionMultiple = "assertion_multiple", 400;
    /// The provider itself refused.
    StatusNotSuccess = "status_not_success", 403;
    /// Answers a request that we did not send, or that another browser began.
    RequestUnknown = "request_unknown", 400;
    /// The request is over its time.
    RequestExpired = "request_expired", 400;
    /// The response was used before.
    ResponseReplayed = "response_replayed", 400;
    /// The person proved who they are longer ago than the application takes.
    AuthenticationTooOld = "authentication_too_old", 403;
    /// Somebody else signed in than the person whose ID token the application showed.
    PersonMismatch = "person_mismatch", 403;
    /// Before its time window.
    ClockEarly = "clock_early", 400;
    /// After its time window.
    ClockLate = "clock_late", 400;
    /// No usable name ID.
    NameIdMissing = "nameid_missing", 400;
    /// No email address.
    EmailMissing = "email_missing", 400;
    /// The provider says that the address is not verified.
    EmailUnverified = "email_unverified", 403;
    /// The email's domain is not live in the connection's organization.
    EmailDomainNotAllowed = "email_domain_not_allowed", 403;
    /// No such person, and new people arrive by directory only.
    UserNotProvisioned = "user_not_provisioned", 403;
    /// The person is suspended.
    UserSuspended = "user_suspended", 403;
    /// The directory has removed the person.
    UserDeprovisioned = "user_deprovisioned", 403;
    /// The provider has another name for the person with this email address: it may be somebody else.
    IdentityConflict = "identity_conflict", 403;
    /// No rule gives access.
    NoAccess = "no_access", 403;
    /// Nobody whom the console lets in by this provider.
    ConsoleRefused = "console_refused", 403;
    /// The provider started the sign-in, and this connection does not take that.
    IdpStartedNotAllowed = "idp_started_not_allowed", 403;
    /// The connection is off.
    ConnectionDisabled = "connection_disabled", 503;
    /// The connection is not set up yet.
    ConnectionDraft = "connection_draft", 503;
    /// The provider's token or keys address did not answer.
    ProviderUnreachable = "provider_unreachable", 503;
    /// The ID token's nonce is not ours.
    NonceMismatch = "nonce_mismatch", 400;
    /// The state is not ours.
    StateMismatch = "state_mismatch", 400;
    /// The provider's ID token is not valid.
    TokenInvalid = "token_invalid", 400;
    /// No break-glass code that can be used, or not by this person.
    BreakGlassRefused = "break_glass_refused", 403;
    /// The redirect address is not registered.
    AppRedirectInvalid = "app_redirect_invalid", 400;
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
