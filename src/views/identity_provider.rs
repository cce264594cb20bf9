//! What is shown of a connection's identity provider: what it says of itself, its certificates, and how reading its
//! metadata again goes.

use super::words;
use crate::clock::Time;
use crate::saml::certificate::Certificate;
use crate::saml::metadata::{Difference, IdentityProvider};
use crate::store::connections::Connection;
use crate::store::connections::certificates::{CertificateSource, ProviderCertificate};
use crate::store::refreshes::{Alert, Refresh};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known of the identity provider.
#[derive(Serialize, ToSchema)]
#[schema(as = IdentityProvider)]
pub struct IdentityProviderView {
    #[schema(example = "JumpCloud")]
    entity_id: String,
    /// Where people are sent to sign in, by binding.
    sign_on: Vec<EndpointView>,
    /// Where people are sent to sign out, by binding.
    logout: Vec<EndpointView>,
    /// What its answers may be signed with.
    certificates: Vec<CertificateView>,
    /// What they may be signed with no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    retired_certificates: Vec<CertificateView>,
    name_id_formats: Vec<String>,
    wants_signed_requests: bool,
    /// Where its metadata came from, if it was an address.
    metadata_url: Option<String>,
    /// When its metadata was last taken in.
    metadata_at: Option<DateTime<Utc>>,
    /// How reading its metadata again goes; `null` until it was due for the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<RefreshView>,
}

/// Where messages are sent to.
#[derive(Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub struct EndpointView {
    #[schema(schema_with = words::binding)]
    binding: crate::saml::Binding,
    #[schema(example = "https://sso.jumpcloud.com/saml2/orbit")]
    location: String,
}

/// A signing certificate.
#[derive(Serialize, ToSchema)]
#[schema(as = Certificate)]
pub struct CertificateView {
    #[schema(example = "CN=JumpCloudSAMLUser")]
    subject: String,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    /// SHA-256 of the certificate in DER, in hex.
    fingerprint_sha256: String,
    /// Kind and size of the key.
    #[schema(example = "RSA 2048")]
    key: String,
    /// `next`: trusted, and has not signed yet. `active`: trusted and in use. `ended`: trusted, but its time is over.
    /// `retired`: trusted no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::certificate_state, required = false)]
    state: Option<&'static str>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    state_at: Option<DateTime<Utc>>,
    /// Whether metadata named it, or somebody gave it by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::certificate_source, required = false)]
    source: Option<CertificateSource>,
    /// Since when metadata does not name it any more. It is trusted until another one has signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    unlisted_at: Option<DateTime<Utc>>,
}

/// How reading metadata again goes.
#[derive(Serialize, ToSchema)]
#[schema(as = MetadataRefresh)]
pub struct RefreshView {
    /// When it was last tried.
    tried_at: Option<DateTime<Utc>>,
    /// When it last succeeded.
    fetched_at: Option<DateTime<Utc>>,
    /// When it is due again.
    next_try_at: DateTime<Utc>,
    /// Since when it fails.
    failing_since: Option<DateTime<Utc>>,
    /// Why it fails, as a stable word.
    #[schema(example = "metadata_unreachable")]
    fault_code: Option<String>,
    /// Why it fails, in words.
    fault: Option<String>,
}

/// Something that somebody has to look at.
#[derive(Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertView {
    #[schema(example = "metadata_entity_changed")]
    code: String,
    since: DateTime<Utc>,
    detail: String,
    /// What names the change, to accept it with; `null` if there is nothing to accept.
    #[schema(example = "5f0c9e1b2a7d4c38")]
    change: Option<String>,
    /// What is, and what would be.
    differences: Vec<DifferenceView>,
}

/// One part of a provider's metadata that is different.
#[derive(Serialize, ToSchema)]
#[schema(as = Difference)]
pub struct DifferenceView {
    #[schema(example = "entity_id")]
    field: String,
    was: Vec<String>,
    is: Vec<String>,
}

impl From<IdentityProvider> for IdentityProviderView {
    fn from(provider: IdentityProvider) -> Self {
        Self {
            entity_id: provider.entity_id,
            sign_on: provider
                .sign_on
                .into_iter()
                .map(|at| EndpointView { binding: at.binding, location: at.location })
                .collect(),
            logout: provider
                .logout
                .into_iter()
                .map(|at| EndpointView { binding: at.binding, location: at.location })
                .collect(),
            certificates: provider.certificates.iter().map(CertificateView::from).collect(),
            retired_certificates: Vec::new(),
            name_id_formats: provider.name_id_formats,
            wants_signed_requests: provider.wants_signed_requests,
            metadata_url: None,
            metadata_at: None,
            refresh: None,
        }
    }
}

impl From<&Certificate> for CertificateView {
    fn from(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_owned(),
            not_before: certificate.not_before().to_utc(),
            not_after: certificate.not_after().to_utc(),
            fingerprint_sha256: certificate.fingerprint().to_owned(),
            key: certificate.key_description().to_owned(),
            state: None,
            state_at: None,
            source: None,
            unlisted_at: None,
        }
    }
}

impl IdentityProviderView {
    /// What a connection knows of its provider, if it knows it.
    #[must_use]
    pub fn of(
        row: &Connection,
        certificates: &[ProviderCertificate],
        refresh: Option<Refresh>,
        now: Time,
    ) -> Option<Self> {
        let provider = row.identity_provider.clone()?.into_inner();
        let (trusted, retired): (Vec<_>, Vec<_>) =
            certificates.iter().partition(|known| known.is_trusted());
        let view = |known| CertificateView::of(known, now);
        Some(Self {
            certificates: trusted.into_iter().map(view).collect(),
            retired_certificates: retired.into_iter().map(view).collect(),
            metadata_url: row.metadata_url.clone(),
            metadata_at: row.metadata_at.map(Time::to_utc),
            refresh: refresh.map(RefreshView::from),
            ..Self::from(provider)
        })
    }
}

impl CertificateView {
    fn of(known: &ProviderCertificate, now: Time) -> Self {
        let (state, since) = known.standing(now);
        Self {
            state: Some(state),
            state_at: Some(since.to_utc()),
            source: Some(known.source),
            unlisted_at: known.unlisted_at.map(Time::to_utc),
            ..Self::from(&*known.certificate)
        }
    }
}

impl From<Refresh> for RefreshView {
    fn from(row: Refresh) -> Self {
        Self {
            tried_at: row.tried_at.map(Time::to_utc),
            fetched_at: row.fetched_at.map(Time::to_utc),
            next_try_at: row.next_try_at.to_utc(),
            failing_since: row.failing_since.map(Time::to_utc),
            fault_code: row.fault_code,
            fault: row.fault,
        }
    }
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        let differences = alert.differences.into_iter();
        Self {
            code: alert.code,
            since: alert.since.to_utc(),
            detail: alert.detail,
            change: alert.change,
            differences: differences
                .map(|Difference { field, was, is }| DifferenceView { field, was, is })
                .collect(),
        }
    }
}
