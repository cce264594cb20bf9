//! All there is of an organization at once, for an app that makes its own data right again.

use super::{organizations, schemas};
use crate::http::caller::{ApiKey, UsersRead};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::access::whole;
use crate::store::events::numbering;
use crate::store::users;
use crate::views::organization::OrganizationView;
use crate::views::state::{Moment, StateView};
use actix_web::http::header::{ETAG, HeaderValue};
use actix_web::http::header::{EntityTag, Header, IfNoneMatch};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};

/// Get the whole state of an organization
///
/// The organization, its groups and all its people with what they have, with a hash of it all and the place in the stream of events from which to go on.
/// The hash is also the `ETag`: with it in `If-None-Match` the answer is 304 where nothing has changed.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses(
        (status = 200, body = StateView),
        (status = 304, description = "Nothing has changed."),
    ),
    security(("api_key" = ["users:read"])),
)]
#[get("/organizations/{organization}/state")]
pub(super) async fn get_organization_state(
    key: ApiKey<UsersRead>,
    state: Data<State>,
    name: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let only = key.organization().cloned();
    let (organization, users, whole, moment) = state
        .store
        .read(move |db| {
            // The place first: what happens meanwhile is told again, not left out.
            let cursor = numbering::head(db)?;
            let organization = organizations::resolve(db, only.as_ref(), &name)?;
            let sequence = numbering::last_of(db, &organization.id)?;
            let users = users::all_of(db, &organization.id)?;
            let whole = whole::of_organization(db, &organization.id, &users)?;
            Ok((organization, users, whole, Moment { cursor, sequence }))
        })
        .await?;
    let view = StateView::new(OrganizationView::from(organization), users, whole, moment)
        .map_err(|error| ApiError::from(crate::error::Error::Internal(error.into())))?;
    let tag = EntityTag::new_strong(view.hash().to_owned());
    let is_known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&tag)),
        Ok(IfNoneMatch::Any) | Err(_) => false,
    };
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    if let Ok(tag) = HeaderValue::from_str(&tag.to_string()) {
        answer.insert_header((ETAG, tag));
    }
    Ok(if is_known { answer.finish() } else { answer.json(view) })
}
