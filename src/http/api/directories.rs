//! Directories: the address and the tokens that an administrator enters, and which product provisions.

use super::answer::{Answer, List, created, no_content};
use super::connections::find;
use super::input::{Body, Listing, NoFilter, Nullable, PageParams, nullable};
use super::schemas;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, ConnectionsRead, ConnectionsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::scim::dialect::Dialect;
use crate::store::connections::Connection;
use crate::store::directories::{
    self,
    tokens::{self, NewToken},
};
use crate::store::{ScimTokenId, Tx};
use crate::views::directory::{DirectoryView, NewScimTokenView, ScimTokenView};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::ToSchema;

/// For how long a token that is retired may go on.
const LONGEST_OVERLAP: u32 = 90 * 24 * 60 * 60;

/// What is to change about a directory.
#[derive(Deserialize, ToSchema)]
#[schema(as = DirectoryPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    /// Which product it is, whatever its requests look like; `null`: as its requests tell.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "okta")]
    dialect: Nullable<String>,
    /// People whom it removes are off at once, and come back as who they were when it sends them again. After so many days, 1 to 3650, they
    /// are erased; `null`: after the time that the installation has for that (`retention.removed`).
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 3650, example = 90)]
    removal_days: Nullable<i32>,
}

/// A new token.
#[derive(Deserialize, ToSchema)]
#[schema(as = ScimTokenRequest)]
#[serde(deny_unknown_fields)]
struct Create {
    /// What people call it.
    #[schema(example = "JumpCloud", max_length = 100)]
    label: Option<String>,
    /// From where it is accepted; everywhere if it is left out.
    #[serde(default)]
    #[schema(example = json!(["203.0.113.0/24"]))]
    networks: Vec<String>,
    /// From when on it is to be refused; never if it is left out.
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<Time>,
}

/// How a token is to end.
#[derive(Deserialize, ToSchema)]
#[schema(as = ScimTokenRetirement)]
#[serde(deny_unknown_fields)]
struct Retire {
    /// For how many seconds it goes on, so that another can take its place; a week if it is left out.
    #[schema(example = 86400, default = 604_800, maximum = 7_776_000)]
    retire_in: Option<u32>,
}

/// Get a connection's directory
///
/// With the base URL for the SCIM client. It is there before anything was provisioned.
#[utoipa::path(
    tag = "directories",
    params(schemas::ConnectionPath),
    responses((status = 200, body = DirectoryView)),
    security(("api_key" = ["connections:read"])),
)]
#[get("/connections/{connection}/scim")]
pub(super) async fn get_directory(
    key: ApiKey<ConnectionsRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<DirectoryView> {
    let id = find(&state, &key, &id).await?.id;
    let wanted = id.clone();
    let directory = state.store.read(move |db| directories::by_connection(db, &wanted)).await?;
    let public_url = state.config.public_url.as_str();
    Ok(Json(DirectoryView::new(&id, directory.as_ref(), public_url)))
}

/// Change a connection's directory
#[utoipa::path(
    tag = "directories",
    params(schemas::ConnectionPath),
    request_body = Patch,
    responses((status = 200, body = DirectoryView)),
    security(("api_key" = ["connections:write"])),
)]
#[patch("/connections/{connection}/scim")]
pub(super) async fn patch_directory(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Patch>,
) -> Answer<DirectoryView> {
    let Connection { id, organization_id, .. } = find(&state, &key, &id).await?;
    let Patch { dialect, removal_days } = body.0;
    let dialect = match dialect {
        Some(Some(word)) => {
            let read = word.parse::<Dialect>();
            Some(Some(read.map_err(|fault| Error::invalid("/dialect", "invalid", fault))?))
        }
        Some(None) => Some(None),
        None => None,
    };
    let public_url = state.config.public_url.as_str();
    if dialect.is_none() && removal_days.is_none() {
        let wanted = id.clone();
        let same = state.store.read(move |db| directories::by_connection(db, &wanted)).await?;
        return Ok(Json(DirectoryView::new(&id, same.as_ref(), public_url)));
    }
    let changed = id.clone();
    let change = move |tx: &mut Tx| {
        if let Some(dialect) = dialect {
            directories::set_dialect(tx, &changed, dialect)?;
        }
        if let Some(days) = removal_days {
            directories::set_removal(tx, &changed, days)?;
        }
        directories::find(tx.db, &changed)
    };
    let directory = state.store.write(&organization_id, key.actor(), change).await?;
    Ok(Json(DirectoryView::new(&id, Some(&directory), public_url)))
}

/// List a directory's tokens
#[utoipa::path(
    tag = "directories",
    params(schemas::ConnectionPath, PageParams),
    responses((status = 200, body = List<ScimTokenView>)),
    security(("api_key" = ["connections:read"])),
)]
#[get("/connections/{connection}/scim/tokens")]
pub(super) async fn list_scim_tokens(
    key: ApiKey<ConnectionsRead>,
    state: Data<State>,
    id: Path<String>,
    listing: Listing<NoFilter>,
) -> Answer<List<ScimTokenView>> {
    let id = find(&state, &key, &id).await?.id;
    let now = state.store.clock().now();
    let page = state.store.read(move |db| {
        let page = tokens::page(db, &listing.window, &id)?;
        let total = if listing.count { Some(tokens::count(db, &id)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(|token| ScimTokenView::new(token, now))))
}

/// Create a token for a directory
///
/// It is in this answer and nowhere else. Several can be live, so that one takes another's place without a failed request.
#[utoipa::path(
    tag = "directories",
    params(schemas::ConnectionPath),
    request_body = Create,
    responses((status = 201, body = NewScimTokenView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/scim/tokens")]
pub(super) async fn create_scim_token(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let Connection { id, organization_id, name, .. } = find(&state, &key, &id).await?;
    let Create { label, networks, expires_at } = body.0;
    let new = NewToken { label: label.unwrap_or(name), networks, expires_at };
    let (token, secret) = state
        .store
        .write(&organization_id, key.actor(), move |tx| tokens::create(tx, &id, new))
        .await?;
    let (now, public_url) = (state.store.clock().now(), state.config.public_url.as_str());
    Ok(created(&NewScimTokenView::new(token, &secret, public_url, now)))
}

/// Retire a directory's token
///
/// It goes on for a while, until another has taken its place at the directory. Its end only comes nearer.
#[utoipa::path(
    tag = "directories",
    params(schemas::ConnectionPath, schemas::ScimTokenPath),
    request_body = Retire,
    responses((status = 200, body = ScimTokenView)),
    security(("api_key" = ["connections:write"])),
)]
#[patch("/connections/{connection}/scim/tokens/{scim_token}")]
pub(super) async fn retire_scim_token(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<Retire>,
) -> Answer<ScimTokenView> {
    let (connection, token) = path.into_inner();
    let overlap = match body.0.retire_in {
        None => tokens::DEFAULT_OVERLAP,
        Some(seconds) if seconds <= LONGEST_OVERLAP => TimeDelta::seconds(i64::from(seconds)),
        Some(_) => {
            let detail = "A token that is retired can go on for 90 days at most.";
            return Err(ApiError::from(Error::invalid("/retire_in", "out_of_range", detail)));
        }
    };
    let token: ScimTokenId = token.parse()?;
    let Connection { id, organization_id, .. } = find(&state, &key, &connection).await?;
    let retired = state
        .store
        .write(&organization_id, key.actor(), move |tx| tokens::retire(tx, &id, &token, overlap))
        .await?;
    Ok(Json(ScimTokenView::new(retired, state.store.clock().now())))
}

/// Revoke a directory's token
///
/// It is refused at once.
#[utoipa::path(
    tag = "directories",
    params(schemas::ConnectionPath, schemas::ScimTokenPath),
    responses((status = 204, description = "It is revoked.")),
    security(("api_key" = ["connections:write"])),
)]
#[delete("/connections/{connection}/scim/tokens/{scim_token}")]
pub(super) async fn revoke_scim_token(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (connection, token) = path.into_inner();
    let token: ScimTokenId = token.parse()?;
    let Connection { id, organization_id, .. } = find(&state, &key, &connection).await?;
    state
        .store
        .write(&organization_id, key.actor(), move |tx| tokens::revoke(tx, &id, &token))
        .await?;
    Ok(no_content())
}
