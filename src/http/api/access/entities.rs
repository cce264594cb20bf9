//! Entities: places in an application that belong to one organization.

use crate::http::api::answer::{Answer, List, no_content};
use crate::http::api::input::{Body, Listing, PageParams};
use crate::http::api::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::access::entities::{self, Filter, NewEntity};
use crate::store::{ApplicationId, Scope, Tx, access};
use crate::views::mapping::EntityView;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, put};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which entities a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this application.
    #[param(value_type = Option<String>)]
    application: Option<ApplicationId>,
    /// Only those of this type.
    #[serde(rename = "type")]
    #[param(example = "team")]
    kind: Option<String>,
}

/// What an entity is to be.
#[derive(Deserialize, ToSchema)]
#[schema(as = EntityUpsert)]
#[serde(deny_unknown_fields)]
struct Upsert {
    /// The application; it may be left out where people of the organization use only one. It stays.
    #[schema(value_type = Option<String>)]
    application_id: Option<ApplicationId>,
    /// The key of its type. It stays.
    #[serde(rename = "type")]
    #[schema(example = "team")]
    kind: String,
    #[schema(example = "Payments", max_length = 100)]
    name: String,
    /// Your own ID of it.
    #[schema(example = "42", max_length = 128)]
    external_id: Option<String>,
    /// Everybody is in it who is in no other of its type. There is one such at most.
    #[serde(default)]
    is_default: bool,
}

/// List entities
#[utoipa::path(
    tag = "entities",
    params(schemas::OrganizationPath, PageParams, ListParams),
    responses((status = 200, body = List<EntityView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/entities")]
pub(in crate::http::api) async fn list_entities(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    listing: Listing<ListParams>,
) -> Answer<List<EntityView>> {
    let only = key.organization().cloned();
    let ListParams { application, kind } = listing.filter;
    let filter = Filter { application, kind };
    let page = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        let page = entities::page(db, &listing.window, &id, &filter)?;
        let total = if listing.count { Some(entities::count(db, &id, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(EntityView::from)))
}

/// Get an entity
#[utoipa::path(
    tag = "entities",
    params(schemas::OrganizationPath, schemas::EntityPath),
    responses((status = 200, body = EntityView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/entities/{entity}")]
pub(in crate::http::api) async fn get_entity(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Answer<EntityView> {
    let only = key.organization().cloned();
    let (name, entity) = path.into_inner();
    let row = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        entities::find_key(db, &id, &entity)
    });
    Ok(Json(row.await?.into()))
}

/// Create or change an entity
#[utoipa::path(
    tag = "entities",
    params(schemas::OrganizationPath, schemas::EntityPath),
    request_body = Upsert,
    responses((status = 200, body = EntityView)),
    security(("api_key" = ["organizations:write"])),
)]
#[put("/organizations/{organization}/entities/{entity}")]
pub(in crate::http::api) async fn put_entity(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<Upsert>,
) -> Answer<EntityView> {
    let (name, entity) = path.into_inner();
    let id = customers::find(&state, &key, name).await?.id;
    let scope = Scope::from(&id);
    let Upsert { application_id, kind, name, external_id, is_default } = body.0;
    let new = NewEntity { kind, name, external_id, is_default };
    let write = move |tx: &mut Tx| {
        let application = access::meant(tx.db, &id, application_id.as_ref())?;
        entities::put(tx, &id, &application, &entity, new)
    };
    Ok(Json(state.store.write(scope, key.actor(), write).await?.into()))
}

/// Delete an entity
///
/// Whoever was in it is not any more. Mappings to it wait for a person to pick another place, and rules make none for
/// their groups until then.
#[utoipa::path(
    tag = "entities",
    params(schemas::OrganizationPath, schemas::EntityPath),
    responses((status = 204, description = "It is deleted.")),
    security(("api_key" = ["organizations:write"])),
)]
#[delete("/organizations/{organization}/entities/{entity}")]
pub(in crate::http::api) async fn delete_entity(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (name, entity) = path.into_inner();
    let id = customers::find(&state, &key, name).await?.id;
    let scope = Scope::from(&id);
    let write = move |tx: &mut Tx| entities::delete(tx, &id, &entity);
    state.store.write(scope, key.actor(), write).await?;
    Ok(no_content())
}
