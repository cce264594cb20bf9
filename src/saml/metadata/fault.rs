//! What is wrong with what was given as a provider's metadata, recognised by its content.

use crate::clock::Time;
use crate::error::FieldError;

/// Why metadata is not taken. The text says what was expected, what came, and what to use instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A page for people.
    #[error(
        "This is a web page, not metadata. It is probably the address at which people sign in. Copy the address of \
         the metadata instead (in JumpCloud: Copy Metadata URL, not IDP URL), or upload the metadata file."
    )]
    LoginPage,
    /// A service provider's metadata.
    #[error("{}", service_provider(.entity_id, *.ours))]
    ServiceProvider {
        /// Whom it describes.
        entity_id: String,
        /// Whether that is this gateway.
        ours: bool,
    },
    /// An `OpenID` Connect discovery document.
    #[error(
        "This is the OpenID Connect discovery document of {issuer}, not SAML metadata. Use the SAML metadata of the \
         provider."
    )]
    Oidc {
        /// Whom it describes.
        issuer: String,
    },
    /// More than one identity provider, and none was chosen.
    #[error("{}", multiple(.0))]
    Multiple(Vec<String>),
    /// No certificate that signatures could be checked with.
    #[error(
        "The metadata has no signing certificate that can be used: {0} A sign-in could not be checked, so this cannot be saved."
    )]
    NoCertificate(String),
    /// All certificates have ended.
    #[error(
        "Every signing certificate in the metadata has ended, the last one on {0}. Renew it at the identity provider and copy the metadata again."
    )]
    CertificateExpired(Time),
    /// `validUntil` has passed.
    #[error("The metadata was valid until {0}. Fetch it from the identity provider again.")]
    Expired(Time),
    /// Not signed by whom it must be signed.
    #[error("The metadata is not taken: {0}")]
    Signature(String),
    /// Nothing that could be read as metadata.
    #[error("{0}")]
    Invalid(String),
}

impl Fault {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LoginPage => "metadata_is_login_page",
            Self::ServiceProvider { .. } => "metadata_is_sp",
            Self::Oidc { .. } => "metadata_is_oidc",
            Self::Multiple(_) => "metadata_multiple",
            Self::NoCertificate(_) => "metadata_no_certificate",
            Self::CertificateExpired(_) => "metadata_certificate_expired",
            Self::Expired(_) => "metadata_expired",
            Self::Signature(_) => "metadata_signature_invalid",
            Self::Invalid(_) => "metadata_invalid",
        }
    }

    /// The entity IDs to choose from, where there are several.
    #[must_use]
    pub fn choices(&self) -> &[String] {
        match self {
            Self::Multiple(choices) => choices,
            _ => &[],
        }
    }

    /// This fault as that of one input field: `/metadata_url`.
    #[must_use]
    pub fn field_error(&self, pointer: &str) -> FieldError {
        let choices = self.choices().to_vec();
        FieldError { choices, ..FieldError::new(pointer, self.code(), self.to_string()) }
    }
}

fn service_provider(entity_id: &str, ours: bool) -> String {
    if ours {
        return format!(
            "This is our own metadata ({entity_id}), made to be given to the identity provider. What is needed here \
             is the identity provider's metadata."
        );
    }
    format!(
        "This is the metadata of a service provider, {entity_id}: an app that people sign in to. What is needed here \
         is the metadata of the identity provider they sign in with."
    )
}

/// The list of a federation can be long; a sentence is not.
fn multiple(choices: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = choices.iter().take(SHOWN).map(String::as_str).collect();
    let rest = match choices.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "The metadata describes {} identity providers. Say which one by its entity ID: {}{rest}.",
        choices.len(),
        shown.join(", ")
    )
}
