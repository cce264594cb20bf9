//! What is shown of a connection that speaks OpenID Connect. A secret is never shown again.

use super::words;
use crate::clock::Time;
use crate::oidc::provider::AuthMethod;
use crate::store::connections::Connection;
use crate::store::connections::openid::KnownClient;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// What to enter at an identity provider that speaks OpenID Connect.
#[derive(Serialize, ToSchema)]
#[schema(as = RelyingParty)]
#[expect(clippy::struct_field_names, reason = "these are names of the standards and of our API")]
pub struct RelyingPartyView {
    /// Redirect URI, for the authorization code flow.
    #[schema(example = "https://sso.example.com/oidc/con_01kampz3y7f4m8t2v6c9d0e1hj/callback")]
    redirect_url: String,
    /// Where a sign-in with this connection starts.
    #[schema(example = "https://sso.example.com/login/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    login_url: String,
    /// Where our public key is, for `private_key_jwt`.
    #[schema(example = "https://sso.example.com/oidc/con_01kampz3y7f4m8t2v6c9d0e1hj/jwks")]
    jwks_url: String,
}

/// What is known of an identity provider that speaks OpenID Connect, and what we are to it.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenIdProvider)]
pub struct OpenIdProviderView {
    #[schema(example = "https://oauth.id.jumpcloud.com/")]
    issuer: String,
    /// Where its discovery document was read.
    #[schema(example = "https://oauth.id.jumpcloud.com/.well-known/openid-configuration")]
    discovery_url: String,
    client_id: String,
    /// How we prove who we are.
    #[schema(schema_with = words::auth_method)]
    auth_method: AuthMethod,
    /// Whether a client secret is kept. It is not shown again.
    has_client_secret: bool,
    /// What is asked for beside `openid email profile`.
    scopes: Vec<String>,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    /// The names of the keys that its ID tokens may be signed with.
    key_ids: Vec<String>,
    /// When those were last read.
    keys_read_at: Option<DateTime<Utc>>,
}

impl RelyingPartyView {
    /// The values of a connection, as they begin with this address.
    #[must_use]
    pub fn of(row: &Connection, public_url: &str) -> Self {
        Self {
            redirect_url: row.redirect_uri(public_url),
            login_url: row.login_url(public_url),
            jwks_url: row.jwks_url(public_url),
        }
    }
}

impl OpenIdProviderView {
    /// What a connection knows of its provider, if it knows it.
    #[must_use]
    pub fn of(row: &Connection, client: Option<KnownClient>) -> Option<Self> {
        let (known, client) = (row.openid_provider.clone()?.into_inner(), client?);
        Some(Self {
            issuer: known.issuer,
            discovery_url: known.discovery_url,
            client_id: known.client_id,
            auth_method: known.auth_method,
            has_client_secret: client.has_secret,
            scopes: known.scopes,
            authorization_endpoint: known.document.authorization_endpoint,
            token_endpoint: known.document.token_endpoint,
            userinfo_endpoint: known.document.userinfo_endpoint,
            jwks_uri: known.document.jwks_uri,
            key_ids: client.keys.keys.names().map(str::to_owned).collect(),
            keys_read_at: client.keys.read_at.map(Time::to_utc),
        })
    }
}
