//! How a connection signs people in: what can be chosen, and which choices go together.

use super::Connection;
use crate::error::Result;
use crate::saml::Binding;
use crate::saml::attributes::Mapping;
use crate::saml::certificate::{Certificate, TrustedKeys};
use crate::store::ApplicationId;
use crate::store::input::Faults;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The skew that both clocks together may have, in seconds.
const MOST_SKEW: u32 = 180;
const MOST_NAMES: usize = 20;
const LONGEST_NAME: usize = 300;

/// What the audit log keeps of a connection, before a change and after it.
pub(super) fn kept(connection: &Connection) -> Value {
    json!({
        "name": connection.name,
        "provider": connection.provider,
        "settings": *connection.settings,
    })
}

/// What can be chosen for a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the page")]
pub struct Settings {
    /// Requests are signed, also if the provider does not ask for it.
    pub sign_requests: bool,
    /// How requests travel; none: as the provider's metadata offers.
    pub request_binding: Option<Binding>,
    /// The format that requests ask for (`NameIDPolicy`, SAML core 3.4.1.1); none: the provider's choice.
    pub name_id_format: Option<String>,
    /// The provider is to ask for credentials again (`ForceAuthn`, SAML core 3.4.1).
    pub force_authn: bool,
    /// By how many seconds the clocks may differ; none: as everywhere in the installation.
    pub clock_skew: Option<u32>,
    /// Signatures with SHA-1 are accepted.
    pub allow_sha1: bool,
    /// Why: shown wherever the warning is.
    pub sha1_reason: Option<String>,
    /// Assertions encrypted without authentication (CBC) are accepted.
    pub allow_cbc: bool,
    /// Sign-ins that the provider starts are accepted.
    pub idp_started: bool,
    /// The certificate, PEM or base64, by which the provider's metadata must be signed; none: it need not be signed.
    pub metadata_certificate: Option<String>,
    /// Where a person lands whose sign-in no application asked for.
    pub default_application: Option<ApplicationId>,
    /// What the provider calls email, names and groups, where that is not one of the usual names.
    pub attributes: Mapping,
}

impl Settings {
    /// The keys by one of which metadata must be signed, if there are any.
    #[must_use]
    pub fn metadata_keys(&self) -> Option<TrustedKeys> {
        // One that cannot be read trusts nobody, rather than everybody.
        let pinned = self.metadata_certificate.as_deref()?;
        Some(TrustedKeys::new(Certificate::parse(pinned).ok().as_slice()))
    }

    /// The same, with metadata to be signed by this certificate from now on; none: by nobody.
    pub fn pinned(self, certificate: Option<String>) -> Result<Self> {
        let settings = Self { metadata_certificate: certificate, ..self };
        let mut faults = Faults::default();
        settings.check(&mut faults);
        faults.finish().map(|()| settings)
    }

    /// Refuses what means something for SAML alone: set on another connection, somebody would believe that it works.
    pub(super) fn check_openid(&self, faults: &mut Faults) {
        let set = [
            ("sign_requests", self.sign_requests),
            ("request_binding", self.request_binding.is_some()),
            ("name_id_format", self.name_id_format.is_some()),
            ("allow_sha1", self.allow_sha1),
            ("sha1_reason", self.sha1_reason.is_some()),
            ("allow_cbc", self.allow_cbc),
            ("idp_started", self.idp_started),
            ("metadata_certificate", self.metadata_certificate.is_some()),
        ];
        for (name, _) in set.into_iter().filter(|(_, is_set)| *is_set) {
            let detail = "This is a setting of SAML, and the connection speaks OpenID Connect.";
            faults.add(&format!("/settings/{name}"), "other_protocol", detail);
        }
    }

    /// Checks what does not need the database.
    pub(super) fn check(&self, faults: &mut Faults) {
        if self.clock_skew.is_some_and(|seconds| seconds > MOST_SKEW) {
            let detail = format!("The clocks may differ by 0 to {MOST_SKEW} seconds.");
            faults.add("/settings/clock_skew", "out_of_range", detail);
        }
        let reason = self.sha1_reason.as_deref().unwrap_or_default().trim();
        if self.allow_sha1 && reason.is_empty() {
            faults.add(
                "/settings/sha1_reason",
                "required",
                "SHA-1 can be forged. Say why this provider cannot do better, for those who read the warning.",
            );
        }
        if reason.chars().count() > LONGEST_NAME {
            let detail = format!("A reason has at most {LONGEST_NAME} characters.");
            faults.add("/settings/sha1_reason", "too_long", detail);
        }
        if self.name_id_format.as_deref().is_some_and(|format| !is_name(format)) {
            let detail = "A name ID format is a URI such as urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress.";
            faults.add("/settings/name_id_format", "invalid", detail);
        }
        if let Some(pinned) = &self.metadata_certificate
            && let Err(fault) =
                Certificate::parse(pinned).and_then(|certificate| certificate.check_key())
        {
            faults.add("/settings/metadata_certificate", "certificate_invalid", fault.to_string());
        }
        let Mapping { email, given_name, family_name, name, groups } = &self.attributes;
        for (field, names) in [
            ("email", email),
            ("given_name", given_name),
            ("family_name", family_name),
            ("name", name),
            ("groups", groups),
        ] {
            if names.len() > MOST_NAMES || !names.iter().all(|name| is_name(name)) {
                let detail = format!(
                    "There can be {MOST_NAMES} names, each with 1 to {LONGEST_NAME} characters and no line breaks."
                );
                faults.add(&format!("/settings/attributes/{field}"), "invalid", detail);
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}
