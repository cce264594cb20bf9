//! Groups that directories pushed, who is in them, and what directories asked for. The directory changes them, nobody else.

use super::answer::{Answer, List, no_content};
use super::input::{Flag, Listing, NoFilter, PageParams};
use super::{organizations, schemas};
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, Needs, TracesRead, UsersRead, UsersWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::directories::all_groups;
use crate::store::directories::groups::Group;
use crate::store::directories::requests::{self, Filter as Requests};
use crate::store::{ConnectionId, GroupId, ScimRequestId, Tx};
use crate::views::directory::{GroupView, MemberView, ScimRequestDetailView, ScimRequestView};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get};
use serde::Deserialize;
use std::slice;
use utoipa::IntoParams;

/// Which groups a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this organization: its ID, or `external:` and your own.
    organization: Option<String>,
    /// Only those of this connection's directory.
    #[param(value_type = Option<String>)]
    connection: Option<ConnectionId>,
    /// `true`: only those that have no mapping.
    #[param(value_type = Option<bool>)]
    unmapped: Option<Flag>,
}

/// Which requests a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RequestParams {
    /// Only those of this organization's directories: its ID, or `external:` and your own.
    organization: Option<String>,
    /// Only those of this connection's directory.
    #[param(value_type = Option<String>)]
    connection: Option<ConnectionId>,
    /// `changed`: only those that changed something; `failed`: only those that were refused.
    #[param(inline)]
    only: Option<Only>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Only {
    Changed,
    Failed,
}

/// A group that the key may see, of an organization that is there.
async fn find<N: Needs>(state: &State, key: &ApiKey<N>, id: &str) -> Result<Group> {
    let (only, id): (_, GroupId) = (key.organization().cloned(), id.parse()?);
    let read = state.store.read(move |db| {
        let group = all_groups::by_id(db, &id)?;
        let hidden = || Error::not_found("group", id.as_str());
        organizations::see(db, only.as_ref(), &group.organization_id, hidden)?;
        Ok(group)
    });
    read.await
}

/// List groups
#[utoipa::path(
    tag = "groups",
    params(PageParams, ListParams),
    responses((status = 200, body = List<GroupView>)),
    security(("api_key" = ["users:read"])),
)]
#[get("/groups")]
pub(super) async fn list_groups(
    key: ApiKey<UsersRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<GroupView>> {
    let only = key.organization().cloned();
    let ListParams { organization, connection, unmapped } = listing.filter;
    let unmapped = unmapped == Some(Flag::True);
    let now = state.store.clock().now();
    let page = state.store.read(move |db| {
        let organization = organizations::filter(db, only, organization)?;
        let filter = all_groups::Filter { organization, connection, unmapped };
        let page = all_groups::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(all_groups::count(db, &filter)?) } else { None };
        let known = all_groups::known(db, &page.data, now)?;
        Ok(List::of(page, total).map(known))
    });
    Ok(Json(page.await?.map(GroupView::from)))
}

/// Get a group
#[utoipa::path(
    tag = "groups",
    params(schemas::GroupPath),
    responses((status = 200, body = GroupView)),
    security(("api_key" = ["users:read"])),
)]
#[get("/groups/{group}")]
pub(super) async fn get_group(
    key: ApiKey<UsersRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<GroupView> {
    let group = find(&state, &key, &id).await?;
    let now = state.store.clock().now();
    let view = state.store.read(move |db| {
        let known = all_groups::known(db, slice::from_ref(&group), now)?;
        Ok(GroupView::from(known(group)))
    });
    Ok(Json(view.await?))
}

/// Remove a group
///
/// As if its directory had removed it: its members lose what it gave. A directory that pushes it again restores it. Meant for
/// a group that is `probably_unbound`.
#[utoipa::path(
    tag = "groups",
    params(schemas::GroupPath),
    responses((status = 204, description = "It is removed.")),
    security(("api_key" = ["users:write"])),
)]
#[delete("/groups/{group}")]
pub(super) async fn delete_group(
    key: ApiKey<UsersWrite>,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let group = find(&state, &key, &id).await?;
    let scope = group.organization_id.clone();
    let write = move |tx: &mut Tx| all_groups::remove(tx, &group.id);
    state.store.write(&scope, key.actor(), write).await?;
    Ok(no_content())
}

/// List a group's members
#[utoipa::path(
    tag = "groups",
    params(schemas::GroupPath, PageParams),
    responses((status = 200, body = List<MemberView>)),
    security(("api_key" = ["users:read"])),
)]
#[get("/groups/{group}/members")]
pub(super) async fn list_group_members(
    key: ApiKey<UsersRead>,
    state: Data<State>,
    id: Path<String>,
    listing: Listing<NoFilter>,
) -> Answer<List<MemberView>> {
    let group = find(&state, &key, &id).await?;
    let page = state.store.read(move |db| {
        let page = all_groups::members(db, &listing.window, &group.id)?;
        let total = if listing.count { Some(all_groups::member_count(db, &group)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(|id| MemberView { user_id: id.to_string() })))
}

/// List requests of directories
///
/// What each asked for, what it did, and why it was refused.
#[utoipa::path(
    tag = "scim_requests",
    params(PageParams, RequestParams),
    responses((status = 200, body = List<ScimRequestView>)),
    security(("api_key" = ["traces:read"])),
)]
#[get("/scim_requests")]
pub(super) async fn list_scim_requests(
    key: ApiKey<TracesRead>,
    state: Data<State>,
    listing: Listing<RequestParams>,
) -> Answer<List<ScimRequestView>> {
    let own = key.organization().cloned();
    let RequestParams { organization, connection, only } = listing.filter;
    let page = state.store.read(move |db| {
        let organization = organizations::filter(db, own, organization)?;
        let (changed, failed) = (only == Some(Only::Changed), only == Some(Only::Failed));
        let filter = Requests { organization, connection, changed, failed, ..Requests::default() };
        let page = requests::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(requests::count(db, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(ScimRequestView::from)))
}

/// Get a request of a directory
///
/// With the body that came, and what it changed: before and after. Passwords are never kept.
#[utoipa::path(
    tag = "scim_requests",
    params(schemas::ScimRequestPath),
    responses((status = 200, body = ScimRequestDetailView)),
    security(("api_key" = ["traces:read"])),
)]
#[get("/scim_requests/{scim_request}")]
pub(super) async fn get_scim_request(
    key: ApiKey<TracesRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<ScimRequestDetailView> {
    let (only, id): (_, ScimRequestId) = (key.organization().cloned(), id.parse()?);
    let entry = state.store.read(move |db| {
        let entry = requests::find(db, &id)?;
        let hidden = || Error::not_found("SCIM request", id.as_str());
        organizations::see(db, only.as_ref(), &entry.organization_id, hidden)?;
        Ok(entry)
    });
    let entry = entry.await?;
    let message = entry.opened(&state.master)?;
    Ok(Json(ScimRequestDetailView::new(entry, message)))
}
