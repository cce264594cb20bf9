//! Users: the people of an organization, whichever way they came.

use super::answer::{Answer, List, no_content};
use super::input::{Body, Listing, Nothing, Nullable, PageParams, nullable};
use super::{organizations, schemas};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, Needs, UsersRead, UsersWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::users::{self, Filter, User, UserPatch, UserState};
use crate::store::{Tx, UserId, identities};
use crate::views::user::UserView;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, patch, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What is to change. Whatever is left out stays as it is; `null` takes away.
#[derive(Deserialize, ToSchema)]
#[schema(as = UserPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    name: Nullable<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    given_name: Nullable<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    family_name: Nullable<String>,
}

impl From<Patch> for UserPatch {
    fn from(body: Patch) -> Self {
        Self { name: body.name, given_name: body.given_name, family_name: body.family_name }
    }
}

/// Which users a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this organization: its ID, or `external:` and your own.
    organization: Option<String>,
    /// Only those with this address, in any case.
    email: Option<String>,
    /// Only those in this state.
    #[param(schema_with = schemas::user_state)]
    state: Option<UserState>,
    /// `true`: only those whom a directory made to test its connection. They are nobody, are gone after an hour, and are in
    /// no other list.
    #[serde(default)]
    test: bool,
}

/// An email address in the query of a list.
pub(super) fn email_param(text: &str) -> Result<Email> {
    Email::parse(text).map_err(|fault| Error::invalid("/email", fault.code(), fault.to_string()))
}

/// What ending sessions did.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedSessions)]
struct EndedView {
    /// How many sessions have ended.
    ended: usize,
}

/// What forgetting names did.
#[derive(Serialize, ToSchema)]
#[schema(as = UnlinkedNames)]
pub(super) struct UnlinkedView {
    /// How many names are forgotten.
    pub(super) unlinked: usize,
}

/// A user that the key may see, of an organization that is there.
pub(super) async fn find<N: Needs>(state: &State, key: &ApiKey<N>, id: &str) -> Result<User> {
    let (only, id): (_, UserId) = (key.organization().cloned(), id.parse()?);
    let read = state.store.read(move |db| {
        let user = users::find(db, &id)?;
        let hidden = || Error::not_found("user", id.as_str());
        organizations::see(db, only.as_ref(), &user.organization_id, hidden)?;
        Ok(user)
    });
    read.await
}

/// Changes a user that the key may see.
async fn act<T: Send + 'static>(
    state: &State,
    key: &ApiKey<UsersWrite>,
    id: &str,
    change: impl FnOnce(&mut Tx, &UserId) -> Result<T> + Send + 'static,
) -> Result<T> {
    let user = find(state, key, id).await?;
    let id = user.id;
    state.store.write(&user.organization_id, key.actor(), move |tx| change(tx, &id)).await
}

/// List users
#[utoipa::path(
    tag = "users",
    params(PageParams, ListParams),
    responses((status = 200, body = List<UserView>)),
    security(("api_key" = ["users:read"])),
)]
#[get("/users")]
pub(super) async fn list_users(
    key: ApiKey<UsersRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<UserView>> {
    let only = key.organization().cloned();
    let ListParams { organization, email, state: in_state, test } = listing.filter;
    let email = email.map(|email| email_param(&email)).transpose()?;
    let page = state.store.read(move |db| {
        let organization = organizations::filter(db, only, organization)?;
        let filter =
            Filter { organization, email, state: in_state, tests: test, ..Filter::default() };
        let page = users::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(users::count(db, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(UserView::from)))
}

/// Get a user
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    responses((status = 200, body = UserView)),
    security(("api_key" = ["users:read"])),
)]
#[get("/users/{user}")]
pub(super) async fn get_user(
    key: ApiKey<UsersRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<UserView> {
    Ok(Json(UserView::from(find(&state, &key, &id).await?)))
}

/// Change a user's names
///
/// Not of a user whom a directory keeps (409 `kept_by_directory`). The next sign-in brings the identity provider's
/// names back, where it sends them.
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    request_body = Patch,
    responses((status = 200, body = UserView)),
    security(("api_key" = ["users:write"])),
)]
#[patch("/users/{user}")]
pub(super) async fn patch_user(
    key: ApiKey<UsersWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Patch>,
) -> Answer<UserView> {
    let patch = UserPatch::from(body.0);
    let change = move |tx: &mut Tx, id: &UserId| users::rename(tx, id, patch);
    Ok(Json(UserView::from(act(&state, &key, &id, change).await?)))
}

/// Suspend a user
///
/// Their sessions end and they cannot sign in, until they are restored. Independent of what their directory says.
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    responses((status = 200, body = UserView)),
    security(("api_key" = ["users:write"])),
)]
#[post("/users/{user}/suspend")]
pub(super) async fn suspend_user(
    key: ApiKey<UsersWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<UserView> {
    Ok(Json(UserView::from(act(&state, &key, &id, users::suspend).await?)))
}

/// Restore a suspended user
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    responses((status = 200, body = UserView)),
    security(("api_key" = ["users:write"])),
)]
#[post("/users/{user}/restore")]
pub(super) async fn restore_user(
    key: ApiKey<UsersWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<UserView> {
    Ok(Json(UserView::from(act(&state, &key, &id, users::restore).await?)))
}

/// End a user's sessions
///
/// Their tokens are refused at once. They may sign in again.
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    responses((status = 200, body = EndedView)),
    security(("api_key" = ["users:write"])),
)]
#[post("/users/{user}/end_sessions")]
pub(super) async fn end_user_sessions(
    key: ApiKey<UsersWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<EndedView> {
    let ended = act(&state, &key, &id, users::end_sessions).await?;
    Ok(Json(EndedView { ended }))
}

/// Forget a user's names
///
/// Identity providers know people by names that last. One that names this user anew is refused
/// (`identity_conflict`), for it may be somebody else with the same address. If you know that it is the same person,
/// this lets the next sign-in with their address count. Their sessions go on.
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    responses((status = 200, body = UnlinkedView)),
    security(("api_key" = ["users:write"])),
)]
#[post("/users/{user}/unlink")]
pub(super) async fn unlink_user(
    key: ApiKey<UsersWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<UnlinkedView> {
    let unlinked = act(&state, &key, &id, identities::unlink).await?;
    Ok(Json(UnlinkedView { unlinked }))
}

/// Erase a user
///
/// Everything that is kept about this person goes, and cannot be brought back. Signing in again makes a new user.
#[utoipa::path(
    tag = "users",
    params(schemas::UserPath),
    responses((status = 204, description = "Nothing is kept about this person.")),
    security(("api_key" = ["users:write"])),
)]
#[post("/users/{user}/erase")]
pub(super) async fn erase_user(
    key: ApiKey<UsersWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Result<HttpResponse, ApiError> {
    act(&state, &key, &id, users::erase).await?;
    Ok(no_content())
}
