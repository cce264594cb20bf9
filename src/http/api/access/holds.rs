//! What is held because too many people would have lost something at once.

use crate::http::api::answer::Answer;
use crate::http::api::input::{Body, Nothing};
use crate::http::api::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsWrite};
use crate::http::server::State;
use crate::store::access::holds::{self, Which};
use crate::store::{Scope, Tx};
use actix_web::post;
use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whom it concerned.
#[derive(Serialize, ToSchema)]
#[schema(as = HoldsEffect)]
struct EffectView {
    /// How many people.
    people: usize,
}

/// What is to happen.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = HoldsApplied)]
#[serde(default, deny_unknown_fields)]
pub(in crate::http::api) struct AskedFor {
    /// What people were let keep before, in place of what waits.
    kept: bool,
}

/// Apply what is held
///
/// People lose now what their directory took: what waits for that, or what they were let keep before.
#[utoipa::path(
    tag = "access",
    params(schemas::OrganizationPath),
    request_body = Option<AskedFor>,
    responses((status = 200, body = EffectView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/access_holds/apply")]
pub(in crate::http::api) async fn apply_access_holds(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    asked: Body<Option<AskedFor>>,
) -> Answer<EffectView> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let scope = Scope::from(&id);
    let which = if asked.0.unwrap_or_default().kept { Which::Kept } else { Which::Waiting };
    let write = move |tx: &mut Tx| holds::apply(tx, &id, which);
    let people = state.store.write(scope, key.actor(), write).await?;
    Ok(Json(EffectView { people }))
}

/// Restore what is held
///
/// People keep what waits of that which their directory took: exactly that, until the directory gives it back, somebody
/// takes it or applies what is kept, something that excludes it comes in its place, or they are off.
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
