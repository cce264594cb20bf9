//! Applications: your apps, as `OpenID` Connect clients.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Flag, Listing, Nothing, Nullable, PageParams, nullable};
use super::machines::Giver;
use super::model::{EntityTypeBody, RoleBody};
use super::schemas;
use crate::access::{EntityType, Model, Role};
use crate::clock::Time;
use crate::http::caller::{ApiKey, ApplicationsRead, ApplicationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::api_keys;
use crate::store::applications::{
    self, ApplicationKind, ApplicationPatch, IdTokenAlg, LifetimesPatch, Logout, LogoutPatch,
    NewApplication, NoConnection, OwnLifetimes,
};
use crate::store::{ApplicationId, OrganizationId, Scope, Tx};
use crate::views::application::{ApplicationView, NewApplicationView};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, patch, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// A new app.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewApplication)]
#[serde(deny_unknown_fields)]
struct Create {
    #[schema(example = "Orbit", max_length = 100)]
    name: String,
    /// Whether people sign in to it, and it can keep a secret (`web`) or not (`native`), or it is a program that calls this API with
    /// tokens of its own (`machine`, RFC 6749, 4.4). It stays. `web` if it is left out.
    #[schema(schema_with = schemas::application_kind)]
    kind: Option<ApplicationKind>,
    /// Where codes may be sent: https, http on this machine or, for `native`, a scheme like `com.example.app`.
    /// May be left out where there are protected hosts.
    #[serde(default)]
    #[schema(example = json!(["https://app.example.com/callback"]))]
    redirect_uris: Vec<String>,
    /// Where browsers may go after sign-out.
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    /// Where the app begins a sign-in, for those that start elsewhere.
    initiate_login_uri: Option<String>,
    /// What happens to a person whose domain has no connection; `page` if it is left out.
    #[schema(schema_with = schemas::no_connection)]
    no_connection: Option<NoConnection>,
    /// The app's own sign-in, for `no_connection` `fallback`.
    fallback_url: Option<String>,
    /// How ID tokens for it are signed; `RS256` if it is left out.
    #[schema(schema_with = schemas::id_token_alg)]
    id_token_alg: Option<IdTokenAlg>,
    /// Whose people may sign in to it; everybody's if it is left out. For `machine`, the one organization that it is for; all, and
    /// what belongs to none, if it is left out.
    #[schema(value_type = Option<Vec<String>>)]
    organizations: Option<Vec<OrganizationId>>,
    /// Where the app is told of a session's end, server to server (OIDC Back-Channel Logout 1.0).
    #[schema(example = "https://app.example.com/backchannel-logout")]
    backchannel_logout_uri: Option<String>,
    /// The app needs `sid` in logout tokens. It is there in any case.
    #[serde(default)]
    backchannel_logout_session_required: bool,
    /// What a browser opens in a hidden frame when its session has ended (OIDC Front-Channel Logout 1.0).
    #[schema(example = "https://app.example.com/frontchannel-logout")]
    frontchannel_logout_uri: Option<String>,
    /// The app needs `iss` and `sid` there. They are there in any case.
    #[serde(default)]
    frontchannel_logout_session_required: bool,
    /// For `machine`, what it may do at this API: nothing that the key which asks for it may not. That key needs `api_keys:write`, too.
    #[serde(default)]
    #[schema(schema_with = schemas::scopes, example = json!(["organizations:read", "users:read"]))]
    scopes: Vec<api_keys::Scope>,
    /// Its roles, highest first. `admin`, `user` and `guest` if they are left out.
    roles: Option<Vec<RoleBody>>,
    /// The role of whom neither a group nor the directory gives one; `null`: none. `user` if it is left out.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    default_role: Nullable<String>,
    /// Its kinds of places. `team`, `concurrency_group` and `sub_organization` if they are left out.
    entity_types: Option<Vec<EntityTypeBody>>,
    /// Hosts behind a proxy that asks at `/auth/verify` who is there. A host is one application's.
    #[serde(default)]
    #[schema(example = json!(["reports.example.com"]))]
    protected_hosts: Vec<String>,
    /// For how many seconds ID tokens for it last, 60 to 86400; as `oidc.id_token_ttl` says if it is left out.
    #[schema(minimum = 60, maximum = 86400)]
    id_token_ttl: Option<i32>,
    /// For how many seconds its access tokens last, 60 to 86400; as `oidc.access_token_ttl` says if it is left out.
    #[schema(minimum = 60, maximum = 86400)]
    access_token_ttl: Option<i32>,
    /// For how many seconds after a sign-in it can refresh tokens, 60 to 31536000; as `oidc.refresh_token_ttl` says if it is left out.
    #[schema(minimum = 60, maximum = 31_536_000)]
    refresh_token_ttl: Option<i32>,
}

impl From<Create> for NewApplication {
    fn from(body: Create) -> Self {
        let kind = body.kind.unwrap_or(ApplicationKind::Web);
        let usual = applications::usual_model(kind);
        let model = Model {
            roles: body
                .roles
                .map_or(usual.roles, |list| list.into_iter().map(Role::from).collect()),
            default_role: body.default_role.unwrap_or(usual.default_role),
            types: body
                .entity_types
                .map_or(usual.types, |list| list.into_iter().map(EntityType::from).collect()),
        };
        Self {
            name: body.name,
            kind,
            redirect_uris: body.redirect_uris,
            post_logout_redirect_uris: body.post_logout_redirect_uris,
            initiate_login_uri: body.initiate_login_uri,
            fallback_url: body.fallback_url,
            no_connection: body.no_connection.unwrap_or(NoConnection::Page),
            id_token_alg: body.id_token_alg.unwrap_or(IdTokenAlg::Rs256),
            organizations: body.organizations,
            is_demo: false,
            logout: Logout {
                backchannel_uri: body.backchannel_logout_uri,
                backchannel_session_required: body.backchannel_logout_session_required,
                frontchannel_uri: body.frontchannel_logout_uri,
                frontchannel_session_required: body.frontchannel_logout_session_required,
            },
            model,
            protected_hosts: body.protected_hosts,
            lifetimes: OwnLifetimes {
                id_token: body.id_token_ttl,
                access_token: body.access_token_ttl,
                refresh_token: body.refresh_token_ttl,
            },
            scopes: body.scopes,
        }
    }
}

/// What is to change. Whatever is left out stays as it is; `null` takes away.
#[derive(Deserialize, ToSchema)]
#[schema(as = ApplicationPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[schema(max_length = 100)]
    name: Option<String>,
    /// Takes the place of the whole list.
    redirect_uris: Option<Vec<String>>,
    /// Takes the place of the whole list.
    post_logout_redirect_uris: Option<Vec<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    initiate_login_uri: Nullable<String>,
    #[schema(schema_with = schemas::no_connection)]
    no_connection: Option<NoConnection>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    fallback_url: Nullable<String>,
    #[schema(schema_with = schemas::id_token_alg)]
    id_token_alg: Option<IdTokenAlg>,
    /// Takes the place of the whole list; `null` admits everybody. Tokens for people of organizations that are no
    /// longer in it stop working, and so do all tokens of a machine application that is for another organization now.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Vec<String>>)]
    organizations: Nullable<Vec<OrganizationId>>,
    /// Takes the place of the whole list. What is no longer in it, tokens that are out may not do any more.
    #[schema(schema_with = schemas::scopes)]
    scopes: Option<Vec<api_keys::Scope>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    backchannel_logout_uri: Nullable<String>,
    backchannel_logout_session_required: Option<bool>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    frontchannel_logout_uri: Nullable<String>,
    frontchannel_logout_session_required: Option<bool>,
    /// Takes the place of the whole list.
    roles: Option<Vec<RoleBody>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    default_role: Nullable<String>,
    /// Takes the place of the whole list. One of which there are entities cannot be left out.
    entity_types: Option<Vec<EntityTypeBody>>,
    /// Takes the place of the whole list. Whoever is signed in at a host that is no longer in it is so no more.
    protected_hosts: Option<Vec<String>>,
    /// `null`: as is set for all. For tokens that are given from now on.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>)]
    id_token_ttl: Nullable<i32>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>)]
    access_token_ttl: Nullable<i32>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<i32>)]
    refresh_token_ttl: Nullable<i32>,
}

impl From<Patch> for ApplicationPatch {
    fn from(body: Patch) -> Self {
        Self {
            name: body.name,
            redirect_uris: body.redirect_uris,
            post_logout_redirect_uris: body.post_logout_redirect_uris,
            initiate_login_uri: body.initiate_login_uri,
            fallback_url: body.fallback_url,
            no_connection: body.no_connection,
            id_token_alg: body.id_token_alg,
            organizations: body.organizations,
            logout: LogoutPatch {
                backchannel_uri: body.backchannel_logout_uri,
                backchannel_session_required: body.backchannel_logout_session_required,
                frontchannel_uri: body.frontchannel_logout_uri,
                frontchannel_session_required: body.frontchannel_logout_session_required,
            },
            roles: body.roles.map(|list| list.into_iter().map(Role::from).collect()),
            default_role: body.default_role,
            entity_types: body
                .entity_types
                .map(|list| list.into_iter().map(EntityType::from).collect()),
            protected_hosts: body.protected_hosts,
            lifetimes: LifetimesPatch {
                id_token: body.id_token_ttl,
                access_token: body.access_token_ttl,
                refresh_token: body.refresh_token_ttl,
            },
            scopes: body.scopes,
        }
    }
}

/// Which applications a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Those that were deleted and can be restored, in place of the others.
    #[param(value_type = Option<bool>, default = false)]
    deleted: Option<Flag>,
}

/// List applications
#[utoipa::path(
    tag = "applications",
    params(PageParams, ListParams),
    responses((status = 200, body = List<ApplicationView>)),
    security(("api_key" = ["applications:read"])),
)]
#[get("/applications")]
pub(super) async fn list_applications(
    key: ApiKey<ApplicationsRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<ApplicationView>> {
    key.whole_installation()?;
    let now = state.store.clock().now();
    let page = state.store.read(move |db| {
        if listing.filter.deleted == Some(Flag::True) {
            let page = applications::deleted(db, &listing.window, now)?;
            let count = || applications::count_deleted(db, now);
            let total = listing.count.then(count).transpose()?;
            return Ok(List::of(page, total));
        }
        let page = applications::page(db, &listing.window)?;
        let total = if listing.count { Some(applications::count(db)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(ApplicationView::from)))
}

/// Create an application
///
/// The secret of a `web` or `machine` application is in this answer and nowhere else.
#[utoipa::path(
    tag = "applications",
    request_body = Create,
    responses((status = 201, body = NewApplicationView)),
    security(("api_key" = ["applications:write"])),
)]
#[post("/applications")]
pub(super) async fn create_application(
    key: ApiKey<ApplicationsWrite>,
    state: Data<State>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    key.whole_installation()?;
    let new = NewApplication::from(body.0);
    let giver = Giver::of(&key);
    giver.may(new.kind, &new.scopes)?;
    let until: Option<Time> = giver.until(new.kind, None)?;
    let write = move |tx: &mut Tx| {
        let (application, secret) = applications::create_until(tx, new, until)?;
        let row = applications::secrets(tx.db, &application.id)?.into_iter().next();
        Ok((application, row.zip(secret)))
    };
    let (application, secret) = state.store.write(Scope::System, key.actor(), write).await?;
    Ok(created(&NewApplicationView::new(application, secret)))
}

/// Get an application
#[utoipa::path(
    tag = "applications",
    params(schemas::ApplicationPath),
    responses((status = 200, body = ApplicationView)),
    security(("api_key" = ["applications:read"])),
)]
#[get("/applications/{application}")]
pub(super) async fn get_application(
    key: ApiKey<ApplicationsRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<ApplicationView> {
    key.whole_installation()?;
    let id: ApplicationId = id.parse()?;
    let application = state.store.read(move |db| applications::find(db, &id)).await?;
    Ok(Json(ApplicationView::from(application)))
}

/// Change an application
#[utoipa::path(
    tag = "applications",
    params(schemas::ApplicationPath),
    request_body = Patch,
    responses((status = 200, body = ApplicationView)),
    security(("api_key" = ["applications:write"])),
)]
#[patch("/applications/{application}")]
pub(super) async fn patch_application(
    key: ApiKey<ApplicationsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Patch>,
) -> Answer<ApplicationView> {
    key.whole_installation()?;
    let (id, patch): (ApplicationId, _) = (id.parse()?, ApplicationPatch::from(body.0));
    let giver = Giver::of(&key);
    let change = move |tx: &mut Tx| {
        giver.may_change(&applications::find(tx.db, &id)?, &patch)?;
        applications::change(tx, &id, patch)
    };
    let application = state.store.write(Scope::System, key.actor(), change).await?;
    Ok(Json(ApplicationView::from(application)))
}

/// Delete an application
///
/// Nobody can sign in to it any more, and its tokens end. It can be restored for 30 days.
#[utoipa::path(
    tag = "applications",
    params(schemas::ApplicationPath),
    responses((status = 204, description = "It is deleted.")),
    security(("api_key" = ["applications:write"])),
)]
#[delete("/applications/{application}")]
pub(super) async fn delete_application(
    key: ApiKey<ApplicationsWrite>,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    key.whole_installation()?;
    let id: ApplicationId = id.parse()?;
    let giver = Giver::of(&key);
    let delete = move |tx: &mut Tx| {
        giver.may_touch(&applications::find(tx.db, &id)?)?;
        applications::delete(tx, &id)
    };
    state.store.write(Scope::System, key.actor(), delete).await?;
    Ok(no_content())
}

/// Restore a deleted application
///
/// Within 30 days of its deletion. It has its client ID and its secrets again; the tokens that people had stay ended.
#[utoipa::path(
    tag = "applications",
    params(schemas::ApplicationPath),
    responses((status = 200, body = ApplicationView)),
    security(("api_key" = ["applications:write"])),
)]
#[post("/applications/{application}/restore")]
pub(super) async fn restore_application(
    key: ApiKey<ApplicationsWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<ApplicationView> {
    key.whole_installation()?;
    let id: ApplicationId = id.parse()?;
    let giver = Giver::of(&key);
    let restore = move |tx: &mut Tx| {
        let restored = applications::restore(tx, &id)?;
        giver.may_touch(&restored)?;
        giver.must_last(&restored)?;
        Ok(restored)
    };
    let application = state.store.write(Scope::System, key.actor(), restore).await?;
    Ok(Json(ApplicationView::from(application)))
}
