//! Organizations: the customers.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, Nothing, Nullable, PageParams, nullable};
use super::schemas;
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, Needs, OrganizationsRead, OrganizationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::organizations::{
    self, Admission, Filter, NewOrganization, Organization, OrganizationPatch,
};
use crate::store::{Db, OrganizationId, Scope, Tx};
use crate::views::organization::OrganizationView;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, patch, post, put};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// A new customer. Only the name is needed.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewOrganization)]
#[serde(deny_unknown_fields)]
struct Create {
    #[schema(example = "Globex", max_length = 100)]
    name: String,
    /// Your own ID of this customer: 1 to 128 visible ASCII characters.
    #[schema(example = "globex-17", max_length = 128)]
    external_id: Option<String>,
    /// How new people arrive; `both` if it is left out.
    #[schema(schema_with = schemas::admission)]
    admission: Option<Admission>,
    /// Whatever you keep with it, at most 16 KiB.
    #[serde(default)]
    metadata: Map<String, Value>,
    /// Its email domains, which then wait to be verified.
    #[serde(default)]
    #[schema(example = json!(["globex.example"]))]
    domains: Vec<String>,
}

impl Create {
    fn parse(self) -> Result<NewOrganization> {
        Ok(NewOrganization {
            name: self.name,
            external_id: self.external_id,
            admission: self.admission.unwrap_or(Admission::Both),
            metadata: self.metadata,
            is_demo: false,
            vouch: false,
            domains: super::domains::parse_names(&self.domains)?,
        })
    }
}

/// How often a PUT is tried while others make and delete the same organization.
const ATTEMPTS: usize = 5;

/// What an organization is to be, under your own ID.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(as = OrganizationUpsert)]
#[serde(deny_unknown_fields)]
struct Upsert {
    #[schema(example = "Globex", max_length = 100)]
    name: String,
    /// How new people arrive. Left out, it stays as it is, or is `both` for a new organization.
    #[schema(schema_with = schemas::admission)]
    admission: Option<Admission>,
    /// Whatever you keep with it. Left out, it stays as it is.
    metadata: Option<Map<String, Value>>,
}

/// What is to change. Whatever is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = OrganizationPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[schema(example = "Globex Corporation", max_length = 100)]
    name: Option<String>,
    /// Your own ID of this customer; `null` takes it away.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 128)]
    external_id: Nullable<String>,
    /// How new people arrive.
    #[schema(schema_with = schemas::admission)]
    admission: Option<Admission>,
    /// Takes the place of all that was kept before.
    metadata: Option<Map<String, Value>>,
    /// How many seconds its people stay signed in, 60 to 31536000; `null`: as long as everybody (`sign_in.session`). It counts from
    /// their next sign-in on.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>, minimum = 60, maximum = 31_536_000, example = 28800)]
    session_seconds: Nullable<i32>,
}

/// Which organizations a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those with this in their name, external ID or a domain.
    search: Option<String>,
    /// Only the one with this email domain.
    domain: Option<String>,
}

/// The organization that a path names by its ID or by `external:` and the vendor's own, if the key may see it.
pub(super) fn resolve(
    db: &mut Db,
    only: Option<&OrganizationId>,
    name: &str,
) -> Result<Organization> {
    let organization = organizations::resolve(db, name)?;
    match only {
        Some(only) if *only != organization.id => Err(Error::not_found("organization", name)),
        _ => Ok(organization),
    }
}

/// Fails with `hidden` unless the organization is there and the key may see it.
pub(super) fn see(
    db: &mut Db,
    only: Option<&OrganizationId>,
    id: &OrganizationId,
    hidden: impl Fn() -> Error,
) -> Result<()> {
    if only.is_some_and(|only| only != id) {
        return Err(hidden());
    }
    match organizations::find(db, id) {
        Err(Error::NotFound { .. }) => Err(hidden()),
        found => found.map(drop),
    }
}

/// The organization by which a list is filtered: the wanted one, which a bound key must be for, or the key's own.
pub(super) fn filter(
    db: &mut Db,
    only: Option<OrganizationId>,
    wanted: Option<String>,
) -> Result<Option<OrganizationId>> {
    match wanted {
        Some(name) => Ok(Some(resolve(db, only.as_ref(), &name)?.id)),
        None => Ok(only),
    }
}

/// The same, read ahead of a write that needs to know which organization's turn it takes.
pub(super) async fn find<N: Needs>(
    state: &State,
    key: &ApiKey<N>,
    name: String,
) -> Result<Organization> {
    let only = key.organization().cloned();
    state.store.read(move |db| resolve(db, only.as_ref(), &name)).await
}

/// List organizations
#[utoipa::path(
    tag = "organizations",
    params(PageParams, ListParams),
    responses((status = 200, body = List<OrganizationView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations")]
pub(super) async fn list_organizations(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<OrganizationView>> {
    let only = key.organization().cloned();
    let (text, domain) = (listing.filter.search, listing.filter.domain);
    let filter = Filter { only, text, domain, ..Filter::default() };
    let page = state.store.read(move |db| {
        let page = organizations::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(organizations::count(db, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(OrganizationView::from)))
}

/// Create an organization
#[utoipa::path(
    tag = "organizations",
    request_body = Create,
    responses((status = 201, body = OrganizationView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations")]
pub(super) async fn create_organization(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    key.whole_installation()?;
    let new = body.0.parse()?;
    let organization = state
        .store
        .write(Scope::System, key.actor(), move |tx| organizations::create(tx, new))
        .await?;
    Ok(created(&OrganizationView::from(organization)))
}

/// Get an organization
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses((status = 200, body = OrganizationView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}")]
pub(super) async fn get_organization(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
) -> Answer<OrganizationView> {
    Ok(Json(OrganizationView::from(find(&state, &key, name.into_inner()).await?)))
}

/// Create or change an organization by your own ID
///
/// The path is `external:` and your ID. Sent twice, it does the same once.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    request_body = Upsert,
    responses(
        (status = 200, description = "It was there and is now like this.", body = OrganizationView),
        (status = 201, description = "It is new.", body = OrganizationView),
    ),
    security(("api_key" = ["organizations:write"])),
)]
#[put("/organizations/{organization}")]
pub(super) async fn put_organization(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Upsert>,
) -> Result<HttpResponse, ApiError> {
    let Some(external_id) = name.strip_prefix("external:").map(ToOwned::to_owned) else {
        return Err(ApiError::from(Error::invalid(
            "",
            "external_id_needed",
            "PUT takes your own ID: external:<your ID>. To change an organization by its org_ ID use PATCH.",
        )));
    };
    for _ in 0..ATTEMPTS {
        if let Some((is_new, organization)) = put(&state, &key, &external_id, &body.0).await? {
            let view = OrganizationView::from(organization);
            return Ok(if is_new { created(&view) } else { HttpResponse::Ok().json(view) });
        }
    }
    Err(ApiError::from(Error::Busy("The organization is changed by others at this moment.".into())))
}

/// Changes the organization in its own turn, as everybody else does, or makes it in the system's; tells whether it is
/// new. None: it was made or deleted in between.
async fn put(
    state: &State,
    key: &ApiKey<OrganizationsWrite>,
    external_id: &str,
    body: &Upsert,
) -> Result<Option<(bool, Organization)>> {
    let name = external_id.to_owned();
    let found = state.store.read(move |db| organizations::by_external_id(db, &name)).await?;
    let found = found.map(|found| found.id);
    if key.organization().is_some_and(|only| found.as_ref() != Some(only)) {
        return Err(Error::not_found("organization", format!("external:{external_id}")));
    }
    let (scope, name, body) =
        (found.as_ref().map_or(Scope::System, Scope::from), external_id.to_owned(), body.clone());
    let write = move |tx: &mut Tx| {
        let now = organizations::by_external_id(tx.db, &name)?.map(|now| now.id);
        Ok(match found {
            found if found != now => None,
            Some(id) => Some((false, organizations::change(tx, &id, body.change())?)),
            None => Some((true, organizations::create(tx, body.create(name))?)),
        })
    };
    state.store.write(scope, key.actor(), write).await
}

impl Upsert {
    fn create(self, external_id: String) -> NewOrganization {
        NewOrganization {
            name: self.name,
            external_id: Some(external_id),
            admission: self.admission.unwrap_or(Admission::Both),
            metadata: self.metadata.unwrap_or_default(),
            is_demo: false,
            vouch: false,
            domains: Vec::new(),
        }
    }

    fn change(self) -> OrganizationPatch {
        OrganizationPatch {
            name: Some(self.name),
            external_id: None,
            admission: self.admission,
            metadata: self.metadata,
            session_seconds: None,
        }
    }
}

/// Change an organization
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    request_body = Patch,
    responses((status = 200, body = OrganizationView)),
    security(("api_key" = ["organizations:write"])),
)]
#[patch("/organizations/{organization}")]
pub(super) async fn patch_organization(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Patch>,
) -> Answer<OrganizationView> {
    let id = find(&state, &key, name.into_inner()).await?.id;
    let Patch { name, external_id, admission, metadata, session_seconds } = body.0;
    if external_id.is_some() || session_seconds.is_some() {
        // Apps know their customers by the one: a customer's own key must not become another customer. And how long people stay
        // signed in is the operator's to say.
        key.whole_installation()?;
    }
    let patch = OrganizationPatch { name, external_id, admission, metadata, session_seconds };
    let organization = state
        .store
        .write(&id.clone(), key.actor(), move |tx| organizations::change(tx, &id, patch))
        .await?;
    Ok(Json(OrganizationView::from(organization)))
}

/// Delete an organization
///
/// Its people can no longer sign in, and their sessions end; setup links and tokens of directories end for good. It can be restored for 30 days.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses((status = 204, description = "It is deleted.")),
    security(("api_key" = ["organizations:write"])),
)]
#[delete("/organizations/{organization}")]
pub(super) async fn delete_organization(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
) -> Result<HttpResponse, ApiError> {
    key.whole_installation()?;
    let id = find(&state, &key, name.into_inner()).await?.id;
    state.store.write(&id.clone(), key.actor(), move |tx| organizations::delete(tx, &id)).await?;
    Ok(no_content())
}

/// Restore a deleted organization
///
/// Within 30 days of its deletion, by its `org_` ID.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses((status = 200, body = OrganizationView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/restore")]
pub(super) async fn restore_organization(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    _: Body<Nothing>,
) -> Answer<OrganizationView> {
    key.whole_installation()?;
    let id: OrganizationId = name.parse()?;
    let organization = state
        .store
        .write(&id.clone(), key.actor(), move |tx| organizations::restore(tx, &id))
        .await?;
    Ok(Json(OrganizationView::from(organization)))
}
