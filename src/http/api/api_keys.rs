//! API keys. A key makes, rolls and revokes only keys that may do no more than itself.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter, Nullable, PageParams, nullable};
use super::schemas;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, ApiKeysRead, ApiKeysWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::api_keys::{self, NewApiKey, Scope};
use crate::store::{ApiKeyId, Db, OrganizationId, Scope as WriteScope};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a rolled key goes on when nobody says.
const DEFAULT_OVERLAP: u32 = 24 * 60 * 60;
/// How long a rolled key may go on.
const LONGEST_OVERLAP: u32 = 30 * 24 * 60 * 60;

/// An API key, as far as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyView {
    #[schema(example = "key_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(example = "Billing")]
    name: String,
    /// How it begins and ends.
    #[schema(example = "vst_live_…x7Qd")]
    hint: String,
    /// What it may do.
    #[schema(schema_with = schemas::scopes)]
    scopes: Vec<Scope>,
    /// The one organization it is for; `null`: all, and what belongs to none.
    organization_id: Option<String>,
    created_at: DateTime<Utc>,
    /// From when on it is refused; `null`: never.
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
    /// The address from which it was last used.
    #[schema(example = "203.0.113.7")]
    last_used_from: Option<String>,
}

/// An API key with itself, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
struct NewApiKeyView {
    #[serde(flatten)]
    row: ApiKeyView,
    /// The key itself; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "vst_live_wZ0tq5Jp…x7Qd", required = true)]
    secret: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the key. If you have lost it, roll it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

impl From<api_keys::ApiKey> for ApiKeyView {
    fn from(row: api_keys::ApiKey) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            hint: row.hint,
            scopes: row.scopes.into_inner(),
            organization_id: row.organization_id.map(|id| id.to_string()),
            created_at: row.created_at.to_utc(),
            expires_at: row.expires_at.map(Time::to_utc),
            revoked_at: row.revoked_at.map(Time::to_utc),
            last_used_at: row.last_used_at.map(Time::to_utc),
            last_used_from: row.last_used_from,
        }
    }
}

impl NewApiKeyView {
    fn new(row: api_keys::ApiKey, secret: &Secret) -> Self {
        Self {
            row: row.into(),
            secret: Some(secret.reveal().to_owned()),
            shown_once: true,
            secret_withheld: None,
        }
    }
}

/// A new key.
#[derive(Deserialize, ToSchema)]
#[schema(as = ApiKeyRequest)]
#[serde(deny_unknown_fields)]
struct Create {
    #[schema(example = "Billing", max_length = 100)]
    name: String,
    /// What it may do: nothing that the key which asks for it may not. Writing does not include reading.
    #[schema(schema_with = schemas::scopes)]
    scopes: Vec<Scope>,
    /// The one organization it is for.
    #[schema(value_type = Option<String>)]
    organization_id: Option<OrganizationId>,
    /// From when on it is to be refused; 90 days from now if it is left out, never if it is `null`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Nullable<Time>,
}

/// How to roll a key.
#[derive(Deserialize, ToSchema)]
#[schema(as = ApiKeyRoll)]
#[serde(deny_unknown_fields)]
struct Roll {
    /// For how many seconds the old key goes on; a day if it is left out.
    #[schema(example = 3600, default = 86400, maximum = 2_592_000)]
    overlap: Option<u32>,
}

impl Create {
    fn parse(self, key: &ApiKey<ApiKeysWrite>, now: Time) -> Result<NewApiKey> {
        covered(key, &self.scopes)?;
        if let (Some(own), Some(wanted)) = (key.organization(), &self.organization_id)
            && own != wanted
        {
            return Err(Error::invalid(
                "/organization_id",
                "not_found",
                format!("There is no organization {wanted}."),
            ));
        }
        Ok(NewApiKey {
            name: self.name,
            scopes: self.scopes,
            organization_id: self.organization_id.or_else(|| key.organization().cloned()),
            expires_at: self.expires_at.unwrap_or(Some(now.plus(api_keys::DEFAULT_LIFETIME))),
        })
    }
}

/// Refuses what would give a caller more than it has.
fn covered<N>(key: &ApiKey<N>, scopes: &[Scope]) -> Result<()> {
    let beyond: Vec<&str> = scopes
        .iter()
        .filter(|scope| !key.scopes().contains(scope))
        .map(|scope| scope.as_str())
        .collect();
    if beyond.is_empty() {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "This API key lacks {}, so it cannot make, roll or revoke a key that has it.",
        beyond.join(", ")
    )))
}

/// A key of the caller's organization, or any if the caller is bound to none.
fn visible(db: &mut Db, only: Option<&OrganizationId>, id: &ApiKeyId) -> Result<api_keys::ApiKey> {
    let found = api_keys::find(db, id)?;
    match only {
        Some(only) if found.organization_id.as_ref() != Some(only) => {
            Err(Error::not_found("API key", id.as_str()))
        }
        _ => Ok(found),
    }
}

/// The key to act on, if the caller may.
async fn find(state: &State, key: &ApiKey<ApiKeysWrite>, id: &str) -> Result<ApiKeyId> {
    let (only, id) = (key.organization().cloned(), id.parse()?);
    let found = state.store.read(move |db| visible(db, only.as_ref(), &id)).await?;
    covered(key, &found.scopes)?;
    Ok(found.id)
}

/// List API keys
#[utoipa::path(
    tag = "api_keys",
    params(PageParams),
    responses((status = 200, body = List<ApiKeyView>)),
    security(("api_key" = ["api_keys:read"])),
)]
#[get("/api_keys")]
pub(super) async fn list_api_keys(
    key: ApiKey<ApiKeysRead>,
    state: Data<State>,
    listing: Listing<NoFilter>,
) -> Answer<List<ApiKeyView>> {
    let only = key.organization().cloned();
    let page = state.store.read(move |db| {
        let page = api_keys::page(db, &listing.window, only.as_ref())?;
        let total = if listing.count { Some(api_keys::count(db, only.as_ref())?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(ApiKeyView::from)))
}

/// Create an API key
///
/// It is in this answer and nowhere else.
#[utoipa::path(
    tag = "api_keys",
    request_body = Create,
    responses((status = 201, body = NewApiKeyView)),
    security(("api_key" = ["api_keys:write"])),
)]
#[post("/api_keys")]
pub(super) async fn create_api_key(
    key: ApiKey<ApiKeysWrite>,
    state: Data<State>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let new = body.0.parse(&key, state.store.clock().now())?;
    let (row, secret) = state
        .store
        .write(WriteScope::System, key.actor(), move |tx| api_keys::create(tx, new))
        .await?;
    Ok(created(&NewApiKeyView::new(row, &secret)))
}

/// Roll an API key
///
/// Makes a new key that may do the same. The old one goes on for a while, so that nothing stops.
#[utoipa::path(
    tag = "api_keys",
    params(schemas::ApiKeyPath),
    request_body = Roll,
    responses((status = 201, body = NewApiKeyView)),
    security(("api_key" = ["api_keys:write"])),
)]
#[post("/api_keys/{api_key}/roll")]
pub(super) async fn roll_api_key(
    key: ApiKey<ApiKeysWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Roll>,
) -> Result<HttpResponse, ApiError> {
    let seconds = body.0.overlap.unwrap_or(DEFAULT_OVERLAP);
    if seconds > LONGEST_OVERLAP {
        let detail = "The old key can go on for 30 days at most.";
        return Err(ApiError::from(Error::invalid("/overlap", "out_of_range", detail)));
    }
    let overlap = TimeDelta::seconds(i64::from(seconds));
    let id = find(&state, &key, &id).await?;
    let (row, secret) = state
        .store
        .write(WriteScope::System, key.actor(), move |tx| api_keys::roll(tx, &id, overlap))
        .await?;
    Ok(created(&NewApiKeyView::new(row, &secret)))
}

/// Revoke an API key
///
/// It is refused at once.
#[utoipa::path(
    tag = "api_keys",
    params(schemas::ApiKeyPath),
    responses((status = 204, description = "It is revoked.")),
    security(("api_key" = ["api_keys:write"])),
)]
#[delete("/api_keys/{api_key}")]
pub(super) async fn delete_api_key(
    key: ApiKey<ApiKeysWrite>,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = find(&state, &key, &id).await?;
    state.store.write(WriteScope::System, key.actor(), move |tx| api_keys::revoke(tx, &id)).await?;
    Ok(no_content())
}
