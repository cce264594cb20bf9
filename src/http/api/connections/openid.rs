//! An identity provider that speaks OpenID Connect is made known: by its issuer, and by what we are to it.

use crate::acts::openid::{self, Change};
use crate::crypto::Secret;
use crate::http::api::answer::Answer;
use crate::http::api::input::Body;
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::server::State;
use crate::oidc::provider::AuthMethod;
use crate::views::connection::ConnectionView;
use actix_web::post;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who the identity provider is, and what we are to it. What is left out stays as it was.
#[derive(Deserialize, ToSchema)]
#[schema(as = ConnectionOpenId)]
#[serde(deny_unknown_fields)]
struct Configure {
    /// Its issuer. Needed at first, unless `discovery_url` is given.
    #[schema(example = "https://oauth.id.jumpcloud.com/")]
    issuer: Option<String>,
    /// Where its discovery document is, if not below the issuer.
    discovery_url: Option<String>,
    /// The client ID that it has for us. Needed at first.
    client_id: Option<String>,
    /// The client secret that it gave. It is sealed, and never shown.
    #[schema(write_only)]
    client_secret: Option<String>,
    /// How we prove who we are. Left out: with the secret, if there is one, as the provider takes it; otherwise with our
    /// key, which the provider reads at `relying_party.jwks_url`.
    #[schema(schema_with = schemas::auth_method, required = false)]
    auth_method: Option<AuthMethod>,
    /// What to ask for beside `openid email profile`.
    #[schema(example = json!(["groups"]))]
    scopes: Option<Vec<String>>,
    /// Accept that an active connection gets another issuer. Then it knows nobody by name any more, and whom the former
    /// provider signed in is signed out.
    #[serde(default)]
    accept_new_issuer: bool,
}

/// Make an OpenID Connect provider known
///
/// Its discovery document and its keys are read. A `draft` connection becomes `testing`. An empty body reads both again.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    request_body = Configure,
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/openid")]
pub(in crate::http::api) async fn configure_openid(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Configure>,
) -> Answer<ConnectionView> {
    let connection = super::find(&state, &key, &id).await?;
    let with = (&state.store, &state.master, &state.upstream);
    let configured = openid::configure(with, key.actor(), connection, body.0.into()).await?;
    Ok(Json(state.view(configured).await?))
}

impl From<Configure> for Change {
    fn from(body: Configure) -> Self {
        let Configure {
            issuer,
            discovery_url,
            client_id,
            client_secret,
            auth_method,
            scopes,
            accept_new_issuer,
        } = body;
        let client_secret = client_secret.map(Secret::from);
        Self {
            issuer,
            discovery_url,
            client_id,
            client_secret,
            auth_method,
            scopes,
            accept_new_issuer,
        }
    }
}
