//! What is shown of a connection.

use super::badge::{self, Badge};
use super::identity_provider::{AlertView, IdentityProviderView};
use super::openid::{OpenIdProviderView, RelyingPartyView};
use super::settings::SettingsSchema;
use super::words;
use crate::clock::Time;
use crate::store::connections::{self, ConnectionState, Known, Protocol, Settings};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// One identity provider of one organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub struct ConnectionView {
    #[schema(example = "con_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    organization_id: String,
    #[schema(example = "JumpCloud")]
    name: String,
    /// Which identity provider it is, as the guides name it.
    #[schema(example = "jumpcloud")]
    provider: String,
    #[schema(schema_with = words::protocol)]
    protocol: Protocol,
    #[schema(schema_with = words::connection_state)]
    state: ConnectionState,
    /// What wants attention.
    badges: Vec<Badge>,
    /// Within how many days its last certificate ends, in steps: 60, 30, 7, 1, and 0 once it has ended. `null` while that is
    /// longer ahead.
    #[schema(example = 30)]
    certificate_ends_within: Option<i64>,
    /// What somebody has to look at, and perhaps to accept.
    alerts: Vec<AlertView>,
    /// Whether a test sign-in succeeded with the settings and the metadata as they are now.
    is_tested: bool,
    /// What to enter at an identity provider that speaks SAML. These values never change.
    service_provider: Option<ServiceProviderView>,
    /// Base URL for SCIM, where the directory sends people and groups.
    #[schema(example = "https://sso.example.com/scim/v2/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    scim_base_url: String,
    /// What to enter at an identity provider that speaks OpenID Connect. These values never change.
    relying_party: Option<RelyingPartyView>,
    /// What is known of the identity provider; `null` until its metadata is there.
    identity_provider: Option<IdentityProviderView>,
    /// What is known of an identity provider that speaks OpenID Connect; `null` until its issuer was given.
    openid_provider: Option<OpenIdProviderView>,
    #[schema(value_type = SettingsSchema)]
    settings: Settings,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    disabled_at: Option<DateTime<Utc>>,
}

/// What to enter at the identity provider.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceProvider)]
struct ServiceProviderView {
    /// SP Entity ID, and the audience that assertions must name.
    #[schema(example = "https://sso.example.com/saml/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    entity_id: String,
    /// Assertion consumer service, for the HTTP-POST binding.
    #[schema(example = "https://sso.example.com/saml/con_01kampz3y7f4m8t2v6c9d0e1hj/acs")]
    acs_url: String,
    /// Single logout service, for the HTTP-Redirect and the HTTP-POST binding.
    #[schema(example = "https://sso.example.com/saml/con_01kampz3y7f4m8t2v6c9d0e1hj/slo")]
    slo_url: String,
    /// Where a sign-in with this connection starts.
    #[schema(example = "https://sso.example.com/login/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    login_url: String,
    /// Where our metadata is.
    #[schema(example = "https://sso.example.com/saml/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    metadata_url: String,
    /// An entity ID for the identity provider, where its console asks for one to be made up.
    #[schema(example = "https://sso.example.com/idp/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    idp_entity_id: String,
}

impl ConnectionView {
    /// `public_url` is the address that the values for the identity provider begin with.
    #[must_use]
    pub fn new(known: Known, public_url: &str, now: Time) -> Self {
        let badges = badge::of(&known, now);
        let certificate_ends_within = badge::certificate_ends_within(&known.connection, now);
        let Known { connection: row, certificates, refresh, client, .. } = known;
        let alerts = refresh.as_ref().map(|refresh| refresh.alerts(&row, now)).unwrap_or_default();
        let identity_provider = IdentityProviderView::of(&row, &certificates, refresh, now);
        let openid_provider = OpenIdProviderView::of(&row, client);
        let is_saml = row.protocol == Protocol::Saml;
        Self {
            badges,
            certificate_ends_within,
            alerts: alerts.into_iter().map(AlertView::from).collect(),
            is_tested: row.tested(),
            service_provider: is_saml.then(|| ServiceProviderView {
                entity_id: row.entity_id(public_url),
                acs_url: row.acs(public_url),
                slo_url: row.slo(public_url),
                login_url: row.login_url(public_url),
                metadata_url: row.sp_metadata_url(public_url),
                idp_entity_id: row.idp_entity_id(public_url),
            }),
            relying_party: (!is_saml).then(|| RelyingPartyView::of(&row, public_url)),
            scim_base_url: connections::scim_base_url(public_url, &row.id),
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            name: row.name,
            provider: row.provider,
            protocol: row.protocol,
            state: row.state,
            identity_provider,
            openid_provider,
            settings: row.settings.into_inner(),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
            disabled_at: row.disabled_at.map(Time::to_utc),
        }
    }
}
