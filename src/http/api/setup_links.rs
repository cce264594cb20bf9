//! Ways into the portal: links that are sent to an IT admin, and visits that the vendor's app asks for.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter, PageParams};
use super::{organizations, schemas};
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, ConnectionsRead, ConnectionsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::setup_links::{self, Cover, Kind, NewLink, NewSession, SetupLink};
use crate::store::{ConnectionId, SetupLinkId, Tx};
use crate::views::setup_link::{NewSetupLinkView, PortalSessionView, SetupLinkView, address};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// A new link.
#[derive(Deserialize, ToSchema)]
#[schema(as = SetupLinkRequest)]
#[serde(deny_unknown_fields)]
struct Create {
    /// What the IT admin sets up: `sign_in`, `domains` and `provisioning` if it is left out. `certificate` lets them
    /// give the provider's metadata again and nothing else, `groups` see what groups give and give them places.
    #[schema(schema_with = schemas::covers)]
    covers: Option<Vec<Cover>>,
    /// The connection to set up. If it is left out, one is drafted in the first step.
    #[schema(value_type = Option<String>)]
    connection_id: Option<ConnectionId>,
    /// The identity provider, if it is known beforehand, as the guides name it.
    #[schema(example = "jumpcloud")]
    provider: Option<String>,
    /// What the IT admin reads before they start.
    #[schema(max_length = 1000)]
    note: Option<String>,
    /// For how many days the link is good. If it is left out, as the setting `portal.link_days` says, which is 7 if nobody has changed it.
    #[schema(example = 7, minimum = 1, maximum = 30)]
    days: Option<u32>,
    /// The address of the IT admin: the link is mailed there.
    #[schema(example = "ines.duarte@globex.example", max_length = 254)]
    email: Option<String>,
    /// Only who reads mail at `email` starts with the link: a code is mailed there before.
    #[serde(default)]
    #[schema(default = false)]
    only_this_address: bool,
}

/// To whom a link is sent again.
#[derive(Deserialize, ToSchema)]
#[schema(as = SetupLinkSending)]
#[serde(deny_unknown_fields)]
struct Send {
    /// The address; that of the time before if it is left out.
    #[schema(example = "ines.duarte@globex.example", max_length = 254)]
    email: Option<String>,
}

/// What a visitor wants to do in the portal.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[schema(as = PortalIntent)]
#[serde(rename_all = "snake_case")]
enum Intent {
    /// Set single sign-on up.
    Sso,
    /// Set provisioning up.
    Provisioning,
    /// Add email domains.
    Domains,
    /// Renew the provider's certificate.
    Certificate,
    /// See what the directory's groups give, and give them places.
    Groups,
}

/// A visit of somebody who is signed in to your app.
#[derive(Deserialize, ToSchema)]
#[schema(as = PortalSessionRequest)]
#[serde(deny_unknown_fields)]
struct Visit {
    #[schema(inline)]
    intent: Intent,
    /// Where “Back to …” leads: at an origin of a redirect address, a start of sign-ins or a fallback of one of your
    /// applications.
    #[schema(example = "https://app.example.com/settings/sso")]
    return_url: Option<String>,
    /// Who it is, in the words of your app.
    #[schema(example = "ines.duarte@globex.example", max_length = 254)]
    actor: Option<String>,
    /// Which connection, where the organization has several.
    #[schema(value_type = Option<String>, example = "con_01kampz3y7f4m8t2v6c9d0e1hj")]
    connection_id: Option<ConnectionId>,
}

impl Intent {
    fn covers(self) -> Vec<Cover> {
        match self {
            Self::Sso => Cover::USUAL.to_vec(),
            Self::Provisioning => vec![Cover::Provisioning],
            Self::Domains => vec![Cover::Domains],
            Self::Certificate => vec![Cover::Certificate],
            Self::Groups => vec![Cover::Groups],
        }
    }
}

/// A link that the key may see, or a visit: neither is found as the other.
async fn find<N: crate::http::caller::Needs>(
    state: &State,
    key: &ApiKey<N>,
    kind: Kind,
    id: &str,
) -> Result<SetupLink> {
    let (only, id) = (key.organization().cloned(), id.parse::<SetupLinkId>()?);
    let noun = match kind {
        Kind::Link => "setup link",
        Kind::Session => "visit",
    };
    state
        .store
        .read(move |db| {
            let hidden = || Error::not_found(noun, id.as_str());
            let link = setup_links::find(db, &id)?;
            if link.kind != kind {
                return Err(hidden());
            }
            organizations::see(db, only.as_ref(), &link.organization_id, hidden)?;
            Ok(link)
        })
        .await
}

/// List an organization's setup links
#[utoipa::path(
    tag = "portal",
    params(schemas::OrganizationPath, PageParams),
    responses((status = 200, body = List<SetupLinkView>)),
    security(("api_key" = ["connections:read"])),
)]
#[get("/organizations/{organization}/setup_links")]
pub(super) async fn list_setup_links(
    key: ApiKey<ConnectionsRead>,
    state: Data<State>,
    name: Path<String>,
    listing: Listing<NoFilter>,
) -> Answer<List<SetupLinkView>> {
    let only = key.organization().cloned();
    let now = state.store.clock().now();
    let page = state.store.read(move |db| {
        let of = organizations::resolve(db, only.as_ref(), &name)?.id;
        let page = setup_links::page(db, &listing.window, Some(&of), None)?;
        let total = if listing.count { Some(setup_links::count(db, &of)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(|link| SetupLinkView::new(link, now))))
}

/// Create a setup link
///
/// Send it to the customer's IT admin. Opening it changes nothing; the first browser that starts with it has it from then on.
#[utoipa::path(
    tag = "portal",
    params(schemas::OrganizationPath),
    request_body = Create,
    responses((status = 201, body = NewSetupLinkView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/organizations/{organization}/setup_links")]
pub(super) async fn create_setup_link(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let Create { covers, connection_id, provider, note, days, email, only_this_address } = body.0;
    if let Some(provider) = &provider {
        state.guide(provider)?;
    }
    let new = NewLink {
        connection_id,
        covers: covers.unwrap_or_else(|| Cover::USUAL.to_vec()),
        provider,
        note,
        days: days.unwrap_or_else(|| state.live().portal.link_days.days()),
        email,
        is_guarded: only_this_address,
    };
    let only = key.organization().cloned();
    let of = state.store.read(move |db| organizations::resolve(db, only.as_ref(), &name)).await?.id;
    let scope = of.clone();
    let (master, to) = (state.master.clone(), state.config.public_url.clone());
    let make = move |tx: &mut Tx| {
        let (link, token) = setup_links::create(tx, &of, new)?;
        setup_links::mail(tx, &master, &link, &address(to.as_str(), &token))?;
        Ok((link, token))
    };
    let (link, token) = state.store.write(&scope, key.actor(), make).await?;
    let (now, public_url) = (state.store.clock().now(), state.config.public_url.as_str());
    Ok(created(&NewSetupLinkView::new(link, &token, public_url, now)))
}

/// Send a setup link again
///
/// It is mailed with another address, which is shown this once. The one before opens nothing any more, and whoever came by it
/// is out of the portal. What they have set up stays.
#[utoipa::path(
    tag = "portal",
    params(schemas::SetupLinkPath),
    request_body = Send,
    responses((status = 201, body = NewSetupLinkView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/setup_links/{setup_link}/send")]
pub(super) async fn send_setup_link(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Send>,
) -> Result<HttpResponse, ApiError> {
    let present = find(&state, &key, Kind::Link, &id).await?;
    let email = body.0.email.or(present.email).unwrap_or_default();
    let (master, to) = (state.master.clone(), state.config.public_url.clone());
    let renew = move |tx: &mut Tx| {
        let (link, token) = setup_links::renew(tx, &present.id, &email)?;
        setup_links::mail(tx, &master, &link, &address(to.as_str(), &token))?;
        Ok((link, token))
    };
    let (link, token) = state.store.write(&present.organization_id, key.actor(), renew).await?;
    let (now, public_url) = (state.store.clock().now(), state.config.public_url.as_str());
    Ok(created(&NewSetupLinkView::new(link, &token, public_url, now)))
}

/// Get a setup link
#[utoipa::path(
    tag = "portal",
    params(schemas::SetupLinkPath),
    responses((status = 200, body = SetupLinkView)),
    security(("api_key" = ["connections:read"])),
)]
#[get("/setup_links/{setup_link}")]
pub(super) async fn get_setup_link(
    key: ApiKey<ConnectionsRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<SetupLinkView> {
    let link = find(&state, &key, Kind::Link, &id).await?;
    Ok(Json(SetupLinkView::new(link, state.store.clock().now())))
}

/// Revoke a setup link
///
/// Whoever came by it is out of the portal at once.
#[utoipa::path(
    tag = "portal",
    params(schemas::SetupLinkPath),
    responses((status = 204, description = "It is revoked.")),
    security(("api_key" = ["connections:write"])),
)]
#[delete("/setup_links/{setup_link}")]
pub(super) async fn revoke_setup_link(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    revoke(&state, &key, Kind::Link, &id).await
}

/// Takes a link or a visit back.
async fn revoke(
    state: &State,
    key: &ApiKey<ConnectionsWrite>,
    kind: Kind,
    id: &str,
) -> Result<HttpResponse, ApiError> {
    let SetupLink { id, organization_id, .. } = find(state, key, kind, id).await?;
    let write =
        state.store.write(&organization_id, key.actor(), move |tx| setup_links::revoke(tx, &id));
    write.await?;
    Ok(no_content())
}

/// Begin a visit in the portal
///
/// For somebody who is signed in to your app: send their browser to `url` within five minutes. It works once, and they are
/// in the portal for eight hours.
#[utoipa::path(
    tag = "portal",
    params(schemas::OrganizationPath),
    request_body = Visit,
    responses((status = 201, body = PortalSessionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/organizations/{organization}/portal_sessions")]
pub(super) async fn create_portal_session(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Visit>,
) -> Result<HttpResponse, ApiError> {
    let Visit { intent, return_url, actor, connection_id } = body.0;
    let new = NewSession { covers: intent.covers(), connection_id, return_url, person: actor };
    let only = key.organization().cloned();
    let of = state.store.read(move |db| organizations::resolve(db, only.as_ref(), &name)).await?.id;
    let scope = of.clone();
    let (session, token) = state
        .store
        .write(&scope, key.actor(), move |tx| setup_links::create_session(tx, &of, new))
        .await?;
    Ok(created(&PortalSessionView::new(&session, &token, state.config.public_url.as_str())))
}

/// End a visit in the portal
///
/// Whoever came by it is out of the portal at once, and nobody comes by it any more.
#[utoipa::path(
    tag = "portal",
    params(schemas::PortalSessionPath),
    responses((status = 204, description = "It is over.")),
    security(("api_key" = ["connections:write"])),
)]
#[delete("/portal_sessions/{portal_session}")]
pub(super) async fn end_portal_session(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    revoke(&state, &key, Kind::Session, &id).await
}
