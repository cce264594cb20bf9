//! Signing out, at the app's wish (OIDC RP-Initiated Logout 1.0).

use super::browser;
use super::error::PageError;
use super::pages;
use super::server::State;
use super::sign_in;
use crate::error::Result;
use crate::oidc::logout::{Hint, Logout, LogoutRequest};
use crate::store::{Actor, ApplicationId, Scope, applications, organizations, sessions};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

/// `GET /oauth/logout`: asks whether to sign out, unless the app proves by its ID token that it knows
/// the person. Reading a page signs nobody out.
pub(super) async fn ask(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let text = request.query_string().to_owned();
    let (asked, logout) = check(&state, &text).await?;
    if asked.id_token_hint.is_some() {
        return end(&state, &request, logout).await;
    }
    let fields: Vec<(String, String)> =
        url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    Ok(pages::sign_out(&state, &fields, logout.return_to.as_deref()))
}
