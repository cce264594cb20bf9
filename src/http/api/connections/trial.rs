//! A test sign-in: whether a connection works, before anybody depends on it.

use crate::http::api::answer::created;
use crate::http::api::input::{Body, Nothing};
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::{Scope, sign_in};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A test sign-in that has begun.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionTest)]
struct TestView {
    /// Open it in a browser.
    #[schema(
        example = "https://sso.example.com/login/con_01kampz3y7f4m8t2v6c9d0e1hj?test=trc_01kampz3y7f4m8t2v6c9d0e1hj"
    )]
    test_url: String,
    /// The trace that tells how it went.
    #[schema(example = "trc_01kampz3y7f4m8t2v6c9d0e1hj")]
    trace_id: String,
    /// Until when the identity provider's answer is waited for.
    expires_at: DateTime<Utc>,
}

/// Begin a test sign-in
///
/// Open `test_url` in a browser and sign in at the identity provider. The page that follows shows what was received; it
/// creates nothing. The trace tells how it went.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    responses((status = 201, body = TestView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/test")]
pub(in crate::http::api) async fn test_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Result<HttpResponse, ApiError> {
    let connection = super::find(&state, &key, &id).await?;
    connection.needs_its_provider()?;
    let login_url = connection.login_url(state.config.public_url.as_str());
    let lifetime = state.live().sign_in.request_ttl.delta();
    let trace = state
        .store
        .write(Scope::Own, key.actor(), move |tx| sign_in::begin_test(tx, &connection, lifetime))
        .await?;
    Ok(created(&TestView {
        test_url: format!("{login_url}?test={}", trace.id),
        trace_id: trace.id.to_string(),
        expires_at: trace.expires_at.to_utc(),
    }))
}
