//! API keys. A key makes, rolls and revokes only keys that may do no more than itself, and makes none that outlives it.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter, Nullable, PageParams, nullable};
use super::schemas;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, ApiKeysRead, ApiKeysWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::api_keys::{self, NewApiKey, Scope};
use crate::store::{ApiKeyId, Db, OrganizationId, Scope as WriteScope};
use crate::views::api_key::{ApiKeyView, NewApiKeyView};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::ToSchema;

/// How long a rolled key goes on when nobody says.
const DEFAULT_OVERLAP: u32 = 24 * 60 * 60;
/// How long a rolled key may go on.
const LONGEST_OVERLAP: u32 = 30 * 24 * 60 * 60;

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
    /// From where it may come: addresses and blocks of addresses; from everywhere if it is left out.
    #[serde(default)]
    #[schema(example = json!(["203.0.113.0/24"]), max_items = 100)]
    networks: Vec<String>,
    /// From when on it is to be refused; never if it is `null`. If it is left out: 90 days from now, or when the key
    /// ends that asks for it. It cannot be later than that.
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
        let usual = until(key, Some(now.plus(api_keys::DEFAULT_LIFETIME)));
        let expires_at = self.expires_at.unwrap_or(usual);
        if until(key, expires_at) != expires_at {
            let end = key.expires_at().map(|end| end.to_string()).unwrap_or_default();
            let detail = format!(
                "The {} that asks for this one ends at {end}, so this one cannot end later. Ask with a key that \
                 lasts, or at the command line: vestibule key create.",
                key.called()
            );
            return Err(Error::invalid("/expires_at", "outlives_maker", detail));
        }
        Ok(NewApiKey {
            name: self.name,
            scopes: self.scopes,
            organization_id: self.organization_id.or_else(|| key.organization().cloned()),
            expires_at,
            networks: self.networks,
        })
    }
}

/// `wanted`, or the caller's own end if that comes first: none is never.
fn until<N>(key: &ApiKey<N>, wanted: Option<Time>) -> Option<Time> {
    match (key.expires_at(), wanted) {
        (Some(own), Some(wanted)) => Some(wanted.min(own)),
        (own, wanted) => own.or(wanted),
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
        "This {} lacks {}, so it cannot make, roll or revoke a key that has it.",
        key.called(),
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
/// Makes a new key that may do the same. The old one goes on for a while, so that nothing stops. The new one lasts as
/// long as the old one was made for, but not longer than the key that asks: a key that rolls itself gets another secret
/// and no more time.
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
    let limit = key.expires_at();
    let (row, secret) = state
        .store
        .write(WriteScope::System, key.actor(), move |tx| api_keys::roll(tx, &id, overlap, limit))
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
