//! What is shown of an application.

use super::model::{EntityTypeView, RoleView};
use super::secret::NewSecretView;
use super::words;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::store::OrganizationId;
use crate::store::api_keys::Scope;
use crate::store::applications::{
    Application, ApplicationKind, ApplicationSecret, IdTokenAlg, NoConnection,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// An app of yours.
#[derive(Serialize, ToSchema)]
#[schema(as = Application)]
pub struct ApplicationView {
    /// Its ID, which is its `client_id`.
    #[schema(example = "app_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(example = "Orbit")]
    name: String,
    /// Whether people sign in to it, and it can keep a secret (`web`) or proves itself by PKCE alone (`native`), or it is a program
    /// that calls this API with tokens of its own (`machine`).
    #[schema(schema_with = words::application_kind)]
    kind: ApplicationKind,
    /// Where codes may be sent. Each is compared as it is written.
    #[schema(example = json!(["https://app.example.com/callback"]))]
    redirect_uris: Vec<String>,
    /// Where browsers may go after sign-out.
    post_logout_redirect_uris: Vec<String>,
    /// Where the app begins a sign-in, for those that start elsewhere.
    initiate_login_uri: Option<String>,
    /// What happens to a person whose domain has no connection.
    #[schema(schema_with = words::no_connection)]
    no_connection: NoConnection,
    /// The app's own sign-in, for `no_connection` `fallback`.
    fallback_url: Option<String>,
    /// How ID tokens for it are signed.
    #[schema(schema_with = words::id_token_alg)]
    id_token_alg: IdTokenAlg,
    /// Whose people may sign in to it; `null`: everybody's. Of a `machine` the one that it is for; `null`: all, and what belongs to none.
    organizations: Option<Vec<String>>,
    /// What a `machine` may do at this API; of others, nothing.
    #[schema(schema_with = words::scopes)]
    scopes: Vec<Scope>,
    /// Where the app is told of a session's end, server to server.
    backchannel_logout_uri: Option<String>,
    backchannel_logout_session_required: bool,
    /// What a browser opens in a hidden frame when its session has ended.
    frontchannel_logout_uri: Option<String>,
    frontchannel_logout_session_required: bool,
    /// Its roles, highest first.
    roles: Vec<RoleView>,
    /// The role of whom neither a group nor the directory gives one.
    default_role: Option<String>,
    /// Its kinds of places.
    entity_types: Vec<EntityTypeView>,
    /// Hosts behind a proxy that asks at `/auth/verify` who is there.
    #[schema(example = json!(["reports.example.com"]))]
    protected_hosts: Vec<String>,
    /// For how many seconds ID tokens for it last; `null`: as `oidc.id_token_ttl` says.
    #[schema(example = 300)]
    id_token_ttl: Option<i32>,
    /// For how many seconds its access tokens last; `null`: as `oidc.access_token_ttl` says.
    #[schema(example = 3600)]
    access_token_ttl: Option<i32>,
    /// For how many seconds after a sign-in it can refresh tokens; `null`: as `oidc.refresh_token_ttl` says.
    refresh_token_ttl: Option<i32>,
    /// Whether it belongs to the built-in demo.
    is_demo: bool,
    /// When it was deleted; it can be restored for 30 days.
    deleted_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A new app with its first secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationWithSecret)]
pub struct NewApplicationView {
    #[serde(flatten)]
    application: ApplicationView,
    /// The first client secret; `null` for a `native` app, which has none.
    secret: Option<NewSecretView>,
}

impl From<Application> for ApplicationView {
    fn from(row: Application) -> Self {
        let text = |id: OrganizationId| id.to_string();
        Self {
            id: row.id.to_string(),
            name: row.name,
            kind: row.kind,
            redirect_uris: row.redirect_uris.into_inner(),
            post_logout_redirect_uris: row.post_logout_redirect_uris.into_inner(),
            initiate_login_uri: row.initiate_login_uri,
            no_connection: row.no_connection,
            fallback_url: row.fallback_url,
            id_token_alg: row.id_token_alg,
            organizations: row
                .organizations
                .map(|list| list.into_inner().into_iter().map(text).collect()),
            scopes: row.scopes.into_inner(),
            backchannel_logout_uri: row.backchannel_logout_uri,
            backchannel_logout_session_required: row.backchannel_logout_session_required,
            frontchannel_logout_uri: row.frontchannel_logout_uri,
            frontchannel_logout_session_required: row.frontchannel_logout_session_required,
            roles: row.roles.into_inner().into_iter().map(RoleView::from).collect(),
            default_role: row.default_role,
            entity_types: row
                .entity_types
                .into_inner()
                .into_iter()
                .map(EntityTypeView::from)
                .collect(),
            protected_hosts: row.protected_hosts.into_inner(),
            id_token_ttl: row.id_token_ttl,
            access_token_ttl: row.access_token_ttl,
            refresh_token_ttl: row.refresh_token_ttl,
            is_demo: row.is_demo,
            deleted_at: row.deleted_at.map(Time::to_utc),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

impl NewApplicationView {
    /// The one answer that has the secret.
    #[must_use]
    pub fn new(row: Application, secret: Option<(ApplicationSecret, Secret)>) -> Self {
        Self {
            application: row.into(),
            secret: secret.map(|(row, secret)| NewSecretView::new(row, &secret)),
        }
    }
}
