//! How an organization's directories may act.

use crate::http::api::answer::Answer;
use crate::http::api::input::Body;
use crate::http::api::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::server::State;
use crate::store::Scope;
use crate::store::access::provisioning::{self, ProvisioningPatch};
use crate::views::access::ProvisioningView;
use actix_web::web::{Data, Json, Path};
use actix_web::{get, patch};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is to change. Whatever is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProvisioningPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    /// Directories may push groups.
    groups: Option<bool>,
    /// What would take access from too many people at once is held.
    breaker: Option<bool>,
    /// Too many: more people than this …
    #[schema(minimum = 0, maximum = 1_000_000)]
    most_people: Option<i32>,
    /// … who are also more than this part of all, in percent, within ten minutes.
    #[schema(minimum = 0, maximum = 100)]
    most_percent: Option<i32>,
    /// For how many hours it is held.
    #[schema(minimum = 0, maximum = 720)]
    hold_hours: Option<i32>,
}

/// Get how directories may act
#[utoipa::path(
    tag = "provisioning",
    params(schemas::OrganizationPath),
    responses((status = 200, body = ProvisioningView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/provisioning")]
pub(in crate::http::api) async fn get_provisioning(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
) -> Answer<ProvisioningView> {
    let only = key.organization().cloned();
    let row = state.store.read(move |db| {
        let organization = customers::resolve(db, only.as_ref(), &name)?;
        provisioning::find(db, &organization.id)
    });
    Ok(Json(row.await?.into()))
}

/// Change how directories may act
///
/// Groups are off for a new organization: its directories are then answered 403 where they push groups, and nothing that
/// is stored is lost.
#[utoipa::path(
    tag = "provisioning",
    params(schemas::OrganizationPath),
    request_body = Patch,
    responses((status = 200, body = ProvisioningView)),
    security(("api_key" = ["organizations:write"])),
)]
#[patch("/organizations/{organization}/provisioning")]
pub(in crate::http::api) async fn patch_provisioning(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Patch>,
) -> Answer<ProvisioningView> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let patch = ProvisioningPatch {
        groups: body.0.groups,
        breaker: body.0.breaker,
        most_people: body.0.most_people,
        most_percent: body.0.most_percent,
        hold_hours: body.0.hold_hours,
    };
    let scope = Scope::from(&id);
    let write = move |tx: &mut crate::store::Tx| provisioning::change(tx, &id, &patch);
    Ok(Json(state.store.write(scope, key.actor(), write).await?.into()))
}
