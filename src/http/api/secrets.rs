//! Secrets of an application: two may be live at a time, so that one can be replaced while the other works.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter};
use super::schemas;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::http::caller::{ApiKey, ApplicationsRead, ApplicationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::applications::{self, ApplicationSecret};
use crate::store::{ApplicationId, Scope, SecretId, Tx};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A client secret, as far as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationSecret)]
pub(super) struct SecretView {
    #[schema(example = "sec_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    /// How it begins and ends.
    #[schema(example = "cs_…x7Qd")]
    hint: String,
    created_at: DateTime<Utc>,
    /// From when on it is refused; `null`: never.
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
}

/// A client secret with itself, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApplicationSecret)]
pub(super) struct NewSecretView {
    #[serde(flatten)]
    row: SecretView,
    /// The secret itself; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "cs_wZ0tq5Jp…x7Qd", required = true)]
    secret: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the secret. If you have lost it, make another.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

impl From<ApplicationSecret> for SecretView {
    fn from(row: ApplicationSecret) -> Self {
        Self {
            id: row.id.to_string(),
            hint: row.hint,
            created_at: row.created_at.to_utc(),
            expires_at: row.expires_at.map(Time::to_utc),
            last_used_at: row.last_used_at.map(Time::to_utc),
        }
    }
}

impl NewSecretView {
    /// The one answer that has the secret.
    pub(super) fn new(row: ApplicationSecret, secret: &Secret) -> Self {
        Self {
            row: row.into(),
            secret: Some(secret.reveal().to_owned()),
            shown_once: true,
            secret_withheld: None,
        }
    }
}

/// A new secret.
#[derive(Deserialize, ToSchema)]
#[schema(as = SecretRequest)]
#[serde(deny_unknown_fields)]
struct Create {
    /// From when on it is to be refused; never if it is left out.
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Time>,
}

/// List an application's secrets
#[utoipa::path(
    tag = "applications",
    params(schemas::ApplicationPath),
    responses((status = 200, body = List<SecretView>)),
    security(("api_key" = ["applications:read"])),
)]
#[get("/applications/{application}/secrets")]
pub(super) async fn list_application_secrets(
    key: ApiKey<ApplicationsRead>,
    state: Data<State>,
    id: Path<String>,
    _: Listing<NoFilter>,
) -> Answer<List<SecretView>> {
    key.whole_installation()?;
    let id: ApplicationId = id.parse()?;
    let all = state.store.read(move |db| {
        applications::find(db, &id)?;
        applications::secrets(db, &id)
    });
    Ok(Json(List::all(all.await?).map(SecretView::from)))
}

/// Create a secret
///
/// Two may be live at a time. It is in this answer and nowhere else.
#[utoipa::path(
    tag = "applications",
    params(schemas::ApplicationPath),
    request_body = Create,
    responses((status = 201, body = NewSecretView)),
    security(("api_key" = ["applications:write"])),
)]
#[post("/applications/{application}/secrets")]
pub(super) async fn create_application_secret(
    key: ApiKey<ApplicationsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    key.whole_installation()?;
    let (id, end): (ApplicationId, _) = (id.parse()?, body.0.expires_at);
    let (row, secret) = state
        .store
        .write(Scope::System, key.actor(), move |tx| applications::add_secret(tx, &id, end))
        .await?;
    Ok(created(&NewSecretView::new(row, &secret)))
}

/// Revoke a secret
///
/// It is refused at once.
#[utoipa::path(
    tag = "applications",
    params(schemas::ApplicationPath, schemas::SecretPath),
    responses((status = 204, description = "It is revoked.")),
    security(("api_key" = ["applications:write"])),
)]
#[delete("/applications/{application}/secrets/{secret}")]
pub(super) async fn delete_application_secret(
    key: ApiKey<ApplicationsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    key.whole_installation()?;
    let (application, secret): (ApplicationId, SecretId) = (path.0.parse()?, path.1.parse()?);
    let write = move |tx: &mut Tx| applications::revoke_secret(tx, &application, &secret);
    state.store.write(Scope::System, key.actor(), write).await?;
    Ok(no_content())
}
