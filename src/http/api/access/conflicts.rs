//! Conflicts about people, and alerts.

use crate::http::api::answer::{Answer, List};
use crate::http::api::input::{Body, Flag, Listing, Nothing, PageParams};
use crate::http::api::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::server::State;
use crate::store::access::alerts;
use crate::store::access::conflicts::{self, Choice, Filter};
use crate::store::{AlertId, ConflictId, Scope, Tx, UserId};
use crate::views::access::{AlertView, ConflictView};
use actix_web::web::{Data, Json, Path};
use actix_web::{get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which conflicts a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this person.
    #[param(value_type = Option<String>)]
    user: Option<UserId>,
    /// Only those that nobody has decided.
    #[param(value_type = Option<bool>)]
    open: Option<Flag>,
}

/// Which alerts a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AlertParams {
    /// Only those that are not over.
    #[param(value_type = Option<bool>)]
    open: Option<Flag>,
}

/// Which of the two places a person gets.
#[derive(Deserialize, ToSchema)]
#[schema(as = ConflictDecision)]
#[serde(deny_unknown_fields)]
struct Decision {
    #[serde(rename = "use")]
    #[schema(inline)]
    choice: Side,
}

/// `current`: what the person has; `incoming`: what waits.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Side {
    Current,
    Incoming,
}

/// List conflicts
#[utoipa::path(
    tag = "access",
    params(schemas::OrganizationPath, PageParams, ListParams),
    responses((status = 200, body = List<ConflictView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/access_conflicts")]
pub(in crate::http::api) async fn list_access_conflicts(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    listing: Listing<ListParams>,
) -> Answer<List<ConflictView>> {
    let only = key.organization().cloned();
    let ListParams { user, open } = listing.filter;
    let filter = Filter { user, open: open == Some(Flag::True) };
    let page = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        let page = conflicts::page(db, &listing.window, &id, &filter)?;
        let total = if listing.count { Some(conflicts::count(db, &id, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(ConflictView::from)))
}

/// Decide a conflict
///
/// It is remembered for this person and these two mappings: pushed again, they raise nothing.
#[utoipa::path(
    tag = "access",
    params(schemas::OrganizationPath, schemas::ConflictPath),
    request_body = Decision,
    responses((status = 200, body = ConflictView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/access_conflicts/{conflict}/decide")]
pub(in crate::http::api) async fn decide_access_conflict(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    body: Body<Decision>,
) -> Answer<ConflictView> {
    let (name, conflict) = path.into_inner();
    let conflict: ConflictId = conflict.parse()?;
    let id = customers::find(&state, &key, name).await?.id;
    let scope = Scope::from(&id);
    let choice = match body.0.choice {
        Side::Current => Choice::Current,
        Side::Incoming => Choice::Incoming,
    };
    let write = move |tx: &mut Tx| conflicts::decide(tx, &id, &conflict, choice);
    Ok(Json(state.store.write(scope, key.actor(), write).await?.into()))
}

/// List alerts
///
/// What somebody should look at: effects that are held, names that are taken, places that are gone.
#[utoipa::path(
    tag = "access",
    params(schemas::OrganizationPath, PageParams, AlertParams),
    responses((status = 200, body = List<AlertView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/access_alerts")]
pub(in crate::http::api) async fn list_access_alerts(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    listing: Listing<AlertParams>,
) -> Answer<List<AlertView>> {
    let only = key.organization().cloned();
    let open = listing.filter.open == Some(Flag::True);
    let page = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        Ok(List::of(alerts::page(db, &listing.window, &id, open)?, None))
    });
    Ok(Json(page.await?.map(AlertView::from)))
}

/// Close an alert
///
/// Somebody has seen it. Its cause may raise it again.
#[utoipa::path(
    tag = "access",
    params(schemas::OrganizationPath, schemas::AlertPath),
    responses((status = 200, body = AlertView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/access_alerts/{alert}/close")]
pub(in crate::http::api) async fn close_access_alert(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
    _: Body<Nothing>,
) -> Answer<AlertView> {
    let (name, alert) = path.into_inner();
    let alert: AlertId = alert.parse()?;
    let id = customers::find(&state, &key, name).await?.id;
    let scope = Scope::from(&id);
    let write = move |tx: &mut Tx| alerts::close(tx, &id, &alert);
    Ok(Json(state.store.write(scope, key.actor(), write).await?.into()))
}
