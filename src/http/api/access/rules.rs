//! Mapping rules: the whole set, what it would do, what it did.

use super::Previewed;
use crate::error::Error;
use crate::http::api::answer::{Answer, List};
use crate::http::api::input::{Body, Listing, NoFilter, Nothing};
use crate::http::api::{organizations as customers, schemas};
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::error::ApiError;
use crate::http::previewed;
use crate::http::server::State;
use crate::store::access::previews;
use crate::store::access::rule_sets::{self, NewRule};
use crate::store::{PreviewId, Scope, Tx, access};
use crate::views::preview::{PreviewQuestion, PreviewUnderwayView, PreviewView};
use crate::views::rules::{RuleSetView, Rules};
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post, put};
use serde::Serialize;
use utoipa::ToSchema;

/// What a run of the rules did.
#[derive(Serialize, ToSchema)]
#[schema(as = RulesEffect)]
struct EffectView {
    /// How many mappings it made.
    mappings: usize,
    /// For how many people something changed.
    people: usize,
}

fn with_version(set: RuleSetView, version: &str) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"{version}\""))).json(set)
}

/// Get the mapping rules
///
/// The `ETag` is a version of rules, groups and mappings together: it changes when one of them does.
#[utoipa::path(
    tag = "mapping_rules",
    params(schemas::OrganizationPath),
    responses((status = 200, body = RuleSetView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/mapping_rules")]
pub(in crate::http::api) async fn get_mapping_rules(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let only = key.organization().cloned();
    let read = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        Ok((rule_sets::current(db, &id)?, rule_sets::version(db, &id)?))
    });
    let (set, version) = read.await?;
    Ok(with_version(set.into(), &version))
}

/// Apply mapping rules
///
/// The whole set, which then runs on all groups that have no mapping. With `If-Match` it is applied only to what it was
/// previewed on: 412 `version_mismatch` if rules, groups or mappings have changed meanwhile, which is told before anything
/// that is wrong with the body.
#[utoipa::path(
    tag = "mapping_rules",
    params(schemas::OrganizationPath, schemas::PreviewedHeader),
    request_body = Rules,
    responses((status = 200, body = RuleSetView)),
    security(("api_key" = ["organizations:write"])),
)]
#[put("/organizations/{organization}/mapping_rules")]
pub(in crate::http::api) async fn put_mapping_rules(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    seen: Previewed,
    body: Result<Body<Rules>, actix_web::Error>,
) -> Result<HttpResponse, actix_web::Error> {
    let id = customers::find(&state, &key, name.into_inner()).await.map_err(ApiError::from)?.id;
    let scope = Scope::from(&id);
    let body = seen.before(&state, &id, body).await?;
    let rules: Vec<NewRule> = body.rules.into_iter().map(NewRule::from).collect();
    let write = move |tx: &mut Tx| {
        let set = rule_sets::apply(tx, &id, rules, seen.0.as_deref())?;
        Ok((set, rule_sets::version(tx.db, &id)?))
    };
    let (set, version) =
        state.store.write(scope, key.actor(), write).await.map_err(ApiError::from)?;
    Ok(with_version(Some(set).into(), &version))
}

/// Preview rules or mappings
///
/// Who would gain, lose or change what, and why, and in `refused` what applying it would answer if it could not be. Nothing is written. In an organization of more than 20,000 people or 5,000 groups it takes longer than anybody waits:
/// then the answer is 202 with the address at which to look how far it is.
#[utoipa::path(
    tag = "mapping_rules",
    params(schemas::OrganizationPath),
    request_body = PreviewQuestion,
    responses(
        (status = 200, body = PreviewView),
        (status = 202, body = PreviewUnderwayView, description = "It is being worked on: see `Location`."),
    ),
    security(("api_key" = ["organizations:read"])),
)]
#[post("/organizations/{organization}/mapping_rules/preview")]
pub(in crate::http::api) async fn preview_mapping_rules(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    body: Body<PreviewQuestion>,
) -> Result<HttpResponse, ApiError> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let question = serde_json::to_value(&body.0).map_err(|error| Error::Internal(error.into()))?;
    let Some(view) = previewed::at_once(&state, &id, body.0).await? else {
        let scope = Scope::from(&id);
        let ask = move |tx: &mut Tx| previews::ask(tx, &id, question);
        let row = state.store.write(scope, key.actor(), ask).await?;
        let place = format!(
            "/api/v1/organizations/{}/mapping_rules/previews/{}",
            row.organization_id, row.id
        );
        return Ok(HttpResponse::Accepted()
            .insert_header((LOCATION, place))
            .json(PreviewUnderwayView::from(row)));
    };
    Ok(HttpResponse::Ok().json(view))
}

/// Get a preview that is being worked on
///
/// How far it is, and what would happen once that is known. It is kept for a day; after that the answer is 409
/// `preview_expired`.
#[utoipa::path(
    tag = "mapping_rules",
    params(schemas::OrganizationPath, schemas::PreviewPath),
    responses((status = 200, body = PreviewUnderwayView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/mapping_rules/previews/{preview}")]
pub(in crate::http::api) async fn get_mapping_rules_preview(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Answer<PreviewUnderwayView> {
    let (name, preview) = path.into_inner();
    let (only, id): (_, PreviewId) = (key.organization().cloned(), preview.parse()?);
    let now = state.store.clock().now();
    let read = state.store.read(move |db| {
        let organization = customers::resolve(db, only.as_ref(), &name)?.id;
        previews::find(db, &organization, &id, now)
    });
    Ok(Json(read.await?.into()))
}

/// Run the mapping rules now
///
/// On all groups that have no mapping.
#[utoipa::path(
    tag = "mapping_rules",
    params(schemas::OrganizationPath),
    responses((status = 200, body = EffectView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/mapping_rules/run")]
pub(in crate::http::api) async fn run_mapping_rules(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    _: Body<Nothing>,
) -> Answer<EffectView> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let scope = Scope::from(&id);
    let write = move |tx: &mut Tx| access::run_rules(tx, &id);
    let effect = state.store.write(scope, key.actor(), write).await?;
    Ok(Json(EffectView { mappings: effect.mappings, people: effect.people }))
}

/// List the sets of rules that were applied
///
/// The newest hundred, newest first. To go back to one, PUT its rules without `id` and `created_at`. Sets are kept as long as events are,
/// and the newest 200 however old they are.
#[utoipa::path(
    tag = "mapping_rules",
    params(schemas::OrganizationPath),
    responses((status = 200, body = List<RuleSetView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/mapping_rules/history")]
pub(in crate::http::api) async fn list_mapping_rules_history(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    _: Listing<NoFilter>,
) -> Answer<List<RuleSetView>> {
    let only = key.organization().cloned();
    let read = state.store.read(move |db| {
        let id = customers::resolve(db, only.as_ref(), &name)?.id;
        rule_sets::history(db, &id)
    });
    Ok(Json(List::all(read.await?).map(|set| RuleSetView::from(Some(set)))))
}
