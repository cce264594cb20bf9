//! Exempt owners: who may sign in another way although their organization requires single sign-on.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, NoFilter};
use super::users::email_param;
use super::{organizations as customers, schemas};
use crate::email::Email;
use crate::error::Error;
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::{Scope, UserId, enforcement, users};
use crate::views::enforcement::ExemptOwnerView;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who is to be exempt: an address, or a user whose address it then is.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewExemptOwner)]
#[serde(deny_unknown_fields)]
struct Create {
    #[schema(example = "hank@globex.example")]
    email: Option<String>,
    #[schema(value_type = Option<String>)]
    user_id: Option<UserId>,
}

/// Who is meant.
enum Owner {
    Address(Email),
    User(UserId),
}

/// List exempt owners
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses((status = 200, body = List<ExemptOwnerView>)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/exempt_owners")]
pub(super) async fn list_exempt_owners(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
    _: Listing<NoFilter>,
) -> Answer<List<ExemptOwnerView>> {
    let only = key.organization().cloned();
    let all = state.store.read(move |db| {
        let organization = customers::resolve(db, only.as_ref(), &name)?;
        enforcement::owners(db, &organization.id)
    });
    Ok(Json(List::all(all.await?).map(ExemptOwnerView::from)))
}

/// Exempt an owner
///
/// They may sign in another way while the organization requires single sign-on, and use its break-glass codes if their
/// address is of one of its domains.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    request_body = Create,
    responses((status = 201, body = ExemptOwnerView)),
    security(("api_key" = ["organizations:write"])),
)]
#[post("/organizations/{organization}/exempt_owners")]
pub(super) async fn create_exempt_owner(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let owner = match (body.0.email, body.0.user_id) {
        (Some(email), None) => Owner::Address(email_param(&email)?),
        (None, Some(user)) => Owner::User(user),
        _ => {
            let detail = "Give either an email address or a user's ID.";
            return Err(Error::invalid("/email", "one_of_two", detail).into());
        }
    };
    let scope = Scope::from(&id);
    let owner = state.store.write(scope, key.actor(), move |tx| {
        let email = match owner {
            Owner::Address(email) => email,
            Owner::User(user) => users::find_in(tx.db, &id, &user)?.email()?,
        };
        enforcement::exempt(tx, &id, &email)
    });
    Ok(created(&ExemptOwnerView::from(owner.await?)))
}

/// Take an exemption away
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath, schemas::ExemptOwnerPath),
    responses((status = 204, description = "It is taken away.")),
    security(("api_key" = ["organizations:write"])),
)]
#[delete("/organizations/{organization}/exempt_owners/{exempt_owner}")]
pub(super) async fn delete_exempt_owner(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (organization, owner) = path.into_inner();
    let id = customers::find(&state, &key, organization).await?.id;
    state
        .store
        .write(&id.clone(), key.actor(), move |tx| enforcement::unexempt(tx, &id, &owner))
        .await?;
    Ok(no_content())
}
