//! `/auth/verify`: who is there, in headers, or the way to sign in.

use super::host;
use crate::clock::Time;
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::request;
use crate::http::server::State;
use crate::http::sign_in::is_left_over;
use crate::oidc::protected::{ProtectedHost, SIGN_IN, way_back};
use crate::store::Db;
use crate::store::grants::{self, Holder};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, HeaderMap, LOCATION};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Who it is, always all of them: what the person sends under these names never reaches the application.
const USER: &str = "x-auth-request-user";
const EMAIL: &str = "x-auth-request-email";
const NAME: &str = "x-auth-request-name";
const ORGANIZATION: &str = "x-auth-request-organization";
const ORGANIZATION_EXTERNAL_ID: &str = "x-auth-request-organization-external-id";
const ROLES: &str = "x-auth-request-roles";

/// What is written in percent form in a header: a percent sign, and what a header cannot have.
const UNSAFE: &AsciiSet = &CONTROLS.add(b'%');

/// Any method at `/auth/verify`: the proxy may keep that of the request.
pub(super) async fn verify(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let host = host::asked(&state, &request)?;
    let (token, asked, now) =
        (host::token(&request, &host), host.clone(), state.store.clock().now());
    let found = state
        .store
        .read(move |db| match token {
            Some(token) => holder(db, &asked, &token, now),
            None => host::owner(db, &asked).map(|_| None),
        })
        .await?;
    let known = found.filter(|holder| !is_left_over(&state, &holder.organization));
    Ok(match known {
        Some(holder) => signed_in(&holder),
        None => signed_out(&state, &request),
    })
}

/// Who has the token, if it was given for this host and the application has something for the person.
fn holder(db: &mut Db, host: &ProtectedHost, token: &str, now: Time) -> Result<Option<Holder>> {
    let owner = host::owner(db, host)?;
    let Some((_, holder)) = grants::by_access_token(db, token, now)? else { return Ok(None) };
    let is_for_it = holder.grant.application_id == owner.id
        && holder.grant.redirect_uri == host.callback()
        && owner.admits(&holder.organization.id)
        && !holder.access.is_nothing();
    Ok(is_for_it.then_some(holder))
}

fn signed_in(holder: &Holder) -> HttpResponse {
    let Holder { user, organization, access, .. } = holder;
    let external_id = organization.external_id.as_deref().unwrap_or_default();
    let roles = access.role.as_deref().unwrap_or_default();
    let text = |value: &str| utf8_percent_encode(value, UNSAFE).to_string();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((USER, user.id.as_str()))
        .insert_header((EMAIL, text(&user.email)))
        .insert_header((NAME, text(user.name.as_deref().unwrap_or_default())))
        .insert_header((ORGANIZATION, organization.id.as_str()))
        .insert_header((ORGANIZATION_EXTERNAL_ID, text(external_id)))
        .insert_header((ROLES, text(roles)))
        .finish()
}

/// The way to sign in: a redirect where the proxy hands it to a browser that shows pages, else 401.
fn signed_out(state: &State, request: &HttpRequest) -> HttpResponse {
    let to = request::told_by_proxy(state, request, "x-forwarded-uri").map_or("/", way_back);
    let method = request::told_by_proxy(state, request, "x-forwarded-method");
    let shows_pages = matches!(method, Some("GET" | "HEAD")) && wants_a_page(request.headers());
    let status = if shows_pages { StatusCode::FOUND } else { StatusCode::UNAUTHORIZED };
    let mut answer = HttpResponse::build(status);
    answer.insert_header((CACHE_CONTROL, "no-store"));
    for name in [USER, EMAIL, NAME, ORGANIZATION, ORGANIZATION_EXTERNAL_ID, ROLES] {
        answer.insert_header((name, ""));
    }
    if shows_pages {
        answer.insert_header((LOCATION, format!("{SIGN_IN}?to={to}")));
    }
    answer.finish()
}

/// Whether a browser goes to a page, or a script of one asks for something: that cannot follow to a sign-in.
fn wants_a_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-mode"), text(ACCEPT.as_str())) {
        (Some(mode), _) => mode == "navigate",
        (None, Some(accept)) => accept.contains("text/html") || accept.contains("*/*"),
        (None, None) => true,
    }
}
