//! Email domains of an organization: an address with a live one leads to its connections.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter, Nothing};
use super::{organizations, schemas};
use crate::acts;
use crate::domain::DomainName;
use crate::error::{Error, FieldError, Result};
use crate::http::caller::{ApiKey, DomainsRead, DomainsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::domains;
use crate::views::domain::DomainView;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new domain.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewDomain)]
#[serde(deny_unknown_fields)]
struct Create {
    #[schema(example = "globex.example")]
    domain: String,
    /// You know that it is theirs, so it needs no DNS record. Not for a key that is bound to one organization.
    #[serde(default)]
    vouched: bool,
}

/// Reads the names of a list of domains, each fault with its place in `/domains`.
pub(super) fn parse_names(names: &[String]) -> Result<Vec<DomainName>> {
    let (mut parsed, mut faults) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        match DomainName::parse_owned(name) {
            Ok(name) => parsed.push(name),
            Err(fault) => {
                let pointer = format!("/domains/{at}");
                faults.push(FieldError::new(pointer, fault.code(), fault.to_string()));
            }
        }
    }
    if faults.is_empty() { Ok(parsed) } else { Err(Error::Invalid(faults)) }
}

/// List an organization's domains
#[utoipa::path(
    tag = "domains",
    params(schemas::OrganizationPath),
    responses((status = 200, body = List<DomainView>)),
    security(("api_key" = ["domains:read"])),
)]
#[get("/organizations/{organization}/domains")]
pub(super) async fn list_domains(
    key: ApiKey<DomainsRead>,
    state: Data<State>,
    name: Path<String>,
    _: Listing<NoFilter>,
) -> Answer<List<DomainView>> {
    let only = key.organization().cloned();
    let all = state.store.read(move |db| {
        let organization = organizations::resolve(db, only.as_ref(), &name)?;
        domains::list(db, &organization.id)
    });
    Ok(Json(List::all(all.await?).map(DomainView::from)))
}

/// Add a domain
///
/// It is `pending` until its DNS record is found, or `vouched` and live at once.
#[utoipa::path(
    tag = "domains",
    params(schemas::OrganizationPath),
    request_body = Create,
    responses((status = 201, body = DomainView)),
    security(("api_key" = ["domains:write"])),
)]
#[post("/organizations/{organization}/domains")]
pub(super) async fn create_domain(
    key: ApiKey<DomainsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let Create { domain, vouched } = body.0;
    if vouched {
        key.whole_installation()?;
    }
    let domain = DomainName::parse_owned(&domain)
        .map_err(|fault| Error::invalid("/domain", fault.code(), fault.to_string()))?;
    let id = organizations::find(&state, &key, name.into_inner()).await?.id;
    let domain = state
        .store
        .write(&id.clone(), key.actor(), move |tx| domains::add(tx, &id, &domain, vouched))
        .await?;
    Ok(created(&DomainView::from(domain)))
}

/// Look for a domain's DNS record
///
/// Answers with the verified domain, or with 409 `domain_not_verified`, which says what is there and what should be.
#[utoipa::path(
    tag = "domains",
    params(schemas::OrganizationPath, schemas::DomainPath),
    responses((status = 200, body = DomainView)),
    security(("api_key" = ["domains:write"])),
)]
#[post("/organizations/{organization}/domains/{domain}/verify")]
pub(super) async fn verify_domain(
    key: ApiKey<DomainsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    _: Body<Nothing>,
) -> Answer<DomainView> {
    let (organization, reference) = path.into_inner();
    let only = key.organization().cloned();
    let domain = state.store.read(move |db| {
        let organization = organizations::resolve(db, only.as_ref(), &organization)?;
        domains::find_in(db, &organization.id, &reference)
    });
    let domain = domain.await?;
    let verified = acts::domains::verify(&state.store, &state.dns, key.actor(), domain).await?;
    Ok(Json(DomainView::from(verified)))
}

/// Remove a domain
///
/// People with it in their address can no longer sign in, and those who are signed in are signed out.
#[utoipa::path(
    tag = "domains",
    params(schemas::OrganizationPath, schemas::DomainPath),
    responses((status = 204, description = "It is removed.")),
    security(("api_key" = ["domains:write"])),
)]
#[delete("/organizations/{organization}/domains/{domain}")]
pub(super) async fn delete_domain(
    key: ApiKey<DomainsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (organization, reference) = path.into_inner();
    let id = organizations::find(&state, &key, organization).await?.id;
    state
        .store
        .write(&id.clone(), key.actor(), move |tx| domains::remove(tx, &id, &reference))
        .await?;
    Ok(no_content())
}
