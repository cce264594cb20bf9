//! What is shown of one of the installation's own keys.

use crate::clock::Time;
use crate::store::keys::saml::KeyInfo;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A key, without the key.
#[derive(Serialize)]
pub struct SigningKeyView {
    id: String,
    purpose: &'static str,
    algorithm: String,
    state: &'static str,
    state_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint_sha256: Option<String>,
}

impl From<KeyInfo> for SigningKeyView {
    fn from(key: KeyInfo) -> Self {
        let certificate = key.certificate.as_ref();
        Self {
            not_after: certificate.map(|certificate| certificate.not_after().to_utc()),
            fingerprint_sha256: certificate.map(|known| known.fingerprint().to_owned()),
            id: key.id.to_string(),
            purpose: key.purpose.as_str(),
            algorithm: key.algorithm,
            state: key.state.as_str(),
            state_at: Time::to_utc(key.state_at),
            created_at: Time::to_utc(key.created_at),
        }
    }
}
