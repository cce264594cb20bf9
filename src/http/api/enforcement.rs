//! Who must use single sign-on: the setting of an organization, and the question that the app asks.

use super::answer::Answer;
use super::input::{Body, Params};
use super::{organizations as customers, schemas};
use crate::email::Email;
use crate::error::Error;
use crate::http::caller::{ApiKey, OrganizationsRead, OrganizationsWrite};
use crate::http::server::State;
use crate::store::organizations::{self, Enforcement};
use crate::store::{Scope, enforcement};
use crate::views::enforcement::{EnforcementView, OtherWayView};
use actix_web::web::{Data, Json, Path};
use actix_web::{get, put};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Whether single sign-on is to be required.
#[derive(Deserialize, ToSchema)]
#[schema(as = EnforcementChange)]
#[serde(deny_unknown_fields)]
struct Change {
    #[schema(schema_with = schemas::enforcement)]
    enforcement: Enforcement,
    /// Require it although no test sign-in passed with the present settings of an active connection.
    #[serde(default)]
    skip_test: bool,
}

/// Whom the question is about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The email address of the person.
    #[param(example = "ada@globex.example")]
    email: String,
    /// The organization whose data the person wants to reach, where your app knows it: its ID, or `external:` and
    /// your own ID. A key that is bound to one organization asks of that.
    organization: Option<String>,
}

/// Who must use single sign-on
///
/// With what it means, or would mean, to require it: the connections through which people can come, who is exempt,
/// and how many people have never come through one of those connections.
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    responses((status = 200, body = EnforcementView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/organizations/{organization}/enforcement")]
pub(super) async fn get_enforcement(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    name: Path<String>,
) -> Answer<EnforcementView> {
    let only = key.organization().cloned();
    let view = state.store.read(move |db| {
        let organization = customers::resolve(db, only.as_ref(), &name)?;
        let preview = enforcement::preview(db, &organization.id)?;
        Ok(EnforcementView::new(&organization, preview))
    });
    Ok(Json(view.await?))
}

/// Require single sign-on, or leave it to people
///
/// To require it takes an active connection (409 `active_connection_required`) of which a test sign-in passed with what is
/// set now (409 `test_required`), and a live domain (409 `live_domain_required`). While it is required, the last active connection is
/// not turned off or deleted unasked (409 `last_active_connection`), nor the last live domain removed (409 `last_live_domain`).
#[utoipa::path(
    tag = "organizations",
    params(schemas::OrganizationPath),
    request_body = Change,
    responses((status = 200, body = EnforcementView)),
    security(("api_key" = ["organizations:write"])),
)]
#[put("/organizations/{organization}/enforcement")]
pub(super) async fn put_enforcement(
    key: ApiKey<OrganizationsWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<Change>,
) -> Answer<EnforcementView> {
    let id = customers::find(&state, &key, name.into_inner()).await?.id;
    let Change { enforcement, skip_test } = body.0;
    let scope = Scope::from(&id);
    let view = state.store.write(scope, key.actor(), move |tx| {
        let organization = enforcement::set(tx, &id, enforcement, skip_test)?;
        let preview = enforcement::preview(tx.db, &id)?;
        Ok(EnforcementView::new(&organization, preview))
    });
    Ok(Json(view.await?))
}

/// May this person sign in another way?
///
/// Ask before your app lets anybody in by a password, a mailed link or another provider. Asked are the organization that you name
/// and the one to which the address's domain belongs; if either requires single sign-on, only its exempt owners are
/// allowed. Whoever is suspended or removed by their directory is not. Let nobody in if you get no answer.
#[utoipa::path(
    tag = "organizations",
    params(Question),
    responses((status = 200, body = OtherWayView)),
    security(("api_key" = ["organizations:read"])),
)]
#[get("/enforcement")]
pub(super) async fn check_enforcement(
    key: ApiKey<OrganizationsRead>,
    state: Data<State>,
    asked: Params<Question>,
) -> Answer<OtherWayView> {
    let Question { email, organization } = asked.0;
    let email = Email::parse(&email)
        .map_err(|fault| Error::invalid("/email", fault.code(), fault.to_string()))?;
    let only = key.organization().cloned();
    let view = state.store.read(move |db| {
        let named = match (organization, &only) {
            (Some(name), only) => Some(customers::resolve(db, only.as_ref(), &name)?),
            (None, Some(own)) => Some(organizations::find(db, own)?),
            (None, None) => None,
        };
        let owner = organizations::by_domain(db, email.domain())?;
        // What another customer wants is none of a bound key's business.
        let owner = owner.filter(|owner| only.as_ref().is_none_or(|only| *only == owner.id));
        let (of, reason) = enforcement::other_way(db, &email, named, owner)?;
        Ok(OtherWayView::new(&email, of.as_ref(), reason))
    });
    Ok(Json(view.await?))
}
