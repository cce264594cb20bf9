//! What is held because too many people would have lost something at once.

use crate::http::api::answer::Answer;
use crate::http::api::input::{Body, Nothing};
use crate::http::api::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsWrite};
use crate::http::server::State;
use crate::store::access::holds;
use crate::store::{Scope, Tx};
use actix_web::post;
use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

/// Whom it concerned.
#[derive(Serialize, ToSchema)]
#[schema(as = HoldsEffect)]
struct EffectView {
    /// How many people.
    people: usize,
}

/// Apply what is held
///
/// People lose now what their directory took.
#[utoipa::path(
    tag = "access",
    params(schemas::OrganizationPath),
    responses((status = 200, body = EffectView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/access_holds/apply")]
pub(in crate::http::api) async fn apply_access_holds(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    _: Body<Nothing>,
) -> Answer<EffectView> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let scope = Scope::from(&id);
    let write = move |tx: &mut Tx| holds::apply(tx, &id);
    let people = state.store.write(scope, key.actor(), write).await?;
    Ok(Json(EffectView { people }))
}

/// Restore what is held
///
/// People keep what their directory took, until it gives it back or somebody applies it.
#[utoipa::path(
    tag = "access",
    params(schemas::OrganizationPath),
    responses((status = 200, body = EffectView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/access_holds/restore")]
pub(in crate::http::api) async fn restore_access_holds(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    _: Body<Nothing>,
) -> Answer<EffectView> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let scope = Scope::from(&id);
    let write = move |tx: &mut Tx| holds::restore(tx, &id);
    let people = state.store.write(scope, key.actor(), write).await?;
    Ok(Json(EffectView { people }))
}
