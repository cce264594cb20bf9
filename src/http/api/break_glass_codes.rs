//! Break-glass codes: the way in of an organization's exempt owners while its identity provider is broken.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter};
use super::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::{BreakGlassCodeId, break_glass};
use crate::views::enforcement::{BreakGlassCodeView, NewBreakGlassCodeView};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// What codes to make.
#[derive(Deserialize, ToSchema)]
#[schema(as = BreakGlassCodesRequest)]
#[serde(deny_unknown_fields)]
struct Create {
    /// How many: 1 to 50, 10 if it is left out.
    #[schema(minimum = 1, maximum = 50, default = 10)]
    count: Option<usize>,
    /// Revoke those that can be used now.
    #[serde(default)]
    replace: bool,
}

/// List break-glass codes
///
/// Newest first, those that were used or revoked too. The codes themselves cannot be read again.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses((status = 200, body = List<BreakGlassCodeView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/break_glass_codes")]
pub(super) async fn list_break_glass_codes(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    _: Listing<NoFilter>,
) -> Answer<List<BreakGlassCodeView>> {
    let only = key.organization().cloned();
    let all = state.store.read(move |db| {
        let organization = customers::resolve(db, only.as_ref(), &name)?;
        break_glass::list(db, &organization.id)
    });
    Ok(Json(List::all(all.await?).map(BreakGlassCodeView::from)))
}

/// Make break-glass codes
///
/// Each signs one exempt owner in once, while the identity provider is broken. They are in this answer and nowhere else.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    request_body = Create,
    responses((status = 201, body = List<NewBreakGlassCodeView>)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/break_glass_codes")]
pub(super) async fn create_break_glass_codes(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let Create { count, replace } = body.0;
    let count = count.unwrap_or(break_glass::USUAL);
    let made = state
        .store
        .write(&id.clone(), key.actor(), move |tx| break_glass::create(tx, &id, count, replace))
        .await?;
    let view = List::all(made).map(|(row, secret)| NewBreakGlassCodeView::new(row, &secret));
    Ok(created(&view))
}

/// Revoke a break-glass code
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath, schemas::BreakGlassCodePath),
    responses((status = 204, description = "It is revoked.")),
    security(("api_key" = ["organizations:write"])),
)]
#[delete("/organizations/{organization}/break_glass_codes/{code}")]
pub(super) async fn delete_break_glass_code(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (organization, code) = path.into_inner();
    let id = customers::find(&state, &key, organization).await?.id;
    let code: BreakGlassCodeId = code.parse()?;
    state
        .store
        .write(&id.clone(), key.actor(), move |tx| break_glass::revoke(tx, &id, &code))
        .await?;
    Ok(no_content())
}

/// Revoke all break-glass codes
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses((status = 204, description = "None can be used any more.")),
    security(("api_key" = ["organizations:write"])),
)]
#[delete("/organizations/{organization}/break_glass_codes")]
pub(super) async fn delete_break_glass_codes(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    state.store.write(&id.clone(), key.actor(), move |tx| break_glass::revoke_all(tx, &id)).await?;
    Ok(no_content())
}
