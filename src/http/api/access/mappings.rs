//! Mappings: members of this group belong to that entity.

use super::Previewed;
use crate::http::api::answer::{Answer, List, created};
use crate::http::api::input::{Body, Listing, PageParams};
use crate::http::api::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::access::mappings::{self, Filter, MappingState};
use crate::store::{EntityId, GroupId, MappingId, Scope, Tx};
use crate::views::mapping::{MappingChange, MappingView, NewMappingBody};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, patch, post};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which mappings a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this group.
    #[param(value_type = Option<String>)]
    group: Option<GroupId>,
    /// Only those to this entity.
    #[param(value_type = Option<String>)]
    entity: Option<EntityId>,
    /// Only those in this state.
    #[param(schema_with = schemas::mapping_state)]
    state: Option<MappingState>,
}

/// List mappings
#[utoipa::path(
    tag = "mappings",
    params(schemas::OrganizationPath, PageParams, ListParams),
    responses((status = 200, body = List<MappingView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/mappings")]
pub(in crate::http::api) async fn list_mappings(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    listing: Listing<ListParams>,
) -> Answer<List<MappingView>> {
    let only = key.organization().cloned();
    let ListParams { group, entity, state: wanted } = listing.filter;
    let filter = Filter { group, entity, state: wanted };
    let page = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        let page = mappings::page(db, &listing.window, &id, &filter)?;
        let total = if listing.count { Some(mappings::count(db, &id, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(MappingView::from)))
}

/// Create a mapping
///
/// It is approved, so members of the group have what it gives at once. An entity belongs to one group at most: 409
/// `entity_owned` names the other one. With `If-Match` it is made only on what was previewed: 412 `version_mismatch` if rules,
/// groups or mappings have changed meanwhile.
#[utoipa::path(
    tag = "mappings",
    params(schemas::OrganizationPath, schemas::PreviewedHeader),
    request_body = NewMappingBody,
    responses((status = 201, body = MappingView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/mappings")]
pub(in crate::http::api) async fn create_mapping(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    seen: Previewed,
    body: Result<Body<NewMappingBody>, actix_web::Error>,
) -> Result<HttpResponse, actix_web::Error> {
    let id = customers::find(&state, &key, name.into_inner()).await.map_err(ApiError::from)?.id;
    let scope = Scope::from(&id);
    let body = seen.before(&state, &id, body).await?;
    let write = move |tx: &mut Tx| {
        seen.refuse_stale(tx.db, &id)?;
        mappings::create(tx, &id, body.asked()?)
    };
    let mapping = state.store.write(scope, key.actor(), write).await.map_err(ApiError::from)?;
    Ok(created(&MappingView::from(mapping)))
}

/// Get a mapping
#[utoipa::path(
    tag = "mappings",
    params(schemas::OrganizationPath, schemas::MappingPath),
    responses((status = 200, body = MappingView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/mappings/{mapping}")]
pub(in crate::http::api) async fn get_mapping(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    names: Path<(String, String)>,
) -> Answer<MappingView> {
    let (name, mapping) = names.into_inner();
    let mapping: MappingId = mapping.parse()?;
    let only = key.organization().cloned();
    let read = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        mappings::find(db, &id, &mapping)
    });
    Ok(Json(read.await?.into()))
}

/// Approve, reject or move a mapping
///
/// With `If-Match` it is done only on what was previewed: 412 `version_mismatch` if rules, groups or mappings have changed
/// meanwhile.
#[utoipa::path(
    tag = "mappings",
    params(schemas::OrganizationPath, schemas::MappingPath, schemas::PreviewedHeader),
    request_body = MappingChange,
    responses((status = 200, body = MappingView)),
    security(("api_key" = ["organizations:write"])),
)]
#[patch("/organizations/{organization}/mappings/{mapping}")]
pub(in crate::http::api) async fn patch_mapping(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    names: Path<(String, String)>,
    seen: Previewed,
    body: Result<Body<MappingChange>, actix_web::Error>,
) -> Result<Json<MappingView>, actix_web::Error> {
    let (name, mapping) = names.into_inner();
    let mapping: MappingId = mapping.parse().map_err(ApiError::from)?;
    let id = customers::find(&state, &key, name).await.map_err(ApiError::from)?.id;
    let scope = Scope::from(&id);
    let body = seen.before(&state, &id, body).await?;
    let write = move |tx: &mut Tx| {
        let found = mappings::find(tx.db, &id, &mapping)?;
        seen.refuse_stale(tx.db, &id)?;
        mappings::change(tx, &id, &found.id, body.patch()?)
    };
    let changed = state.store.write(scope, key.actor(), write).await.map_err(ApiError::from)?;
    Ok(Json(changed.into()))
}
