//! Secrets of an application: two may be live at a time, so that one can be replaced while the other works.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter};
use super::machines::Giver;
use super::schemas;
use crate::clock::Time;
use crate::http::caller::{ApiKey, ApplicationsRead, ApplicationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::applications;
use crate::store::{ApplicationId, Scope, SecretId, Tx};
use crate::views::secret::{NewSecretView, SecretView};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new secret.
#[derive(Deserialize, ToSchema)]
#[schema(as = SecretRequest)]
#[serde(deny_unknown_fields)]
struct Create {
    /// From when on it is to be refused; never if it is left out. Of a machine application not later than the key that asks ends.
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
    let giver = Giver::of(&key);
    let add = move |tx: &mut Tx| {
        let application = applications::find(tx.db, &id)?;
        giver.may_touch(&application)?;
        let end = giver.until(application.kind, end)?;
        applications::add_secret(tx, &id, end)
    };
    let (row, secret) = state.store.write(Scope::System, key.actor(), add).await?;
    Ok(created(&NewSecretView::new(row, &secret)))
}

/// Revoke a secret
///
/// It is refused at once. Tokens that a machine application got by it go on until they end by themselves.
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
    let giver = Giver::of(&key);
    let write = move |tx: &mut Tx| {
        giver.may_touch(&applications::find(tx.db, &application)?)?;
        applications::revoke_secret(tx, &application, &secret)
    };
    state.store.write(Scope::System, key.actor(), write).await?;
    Ok(no_content())
}
