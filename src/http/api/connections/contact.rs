//! Whom the customer wants told of a connection before its certificate ends.

use crate::http::api::answer::Answer;
use crate::http::api::input::Body;
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsRead, ConnectionsWrite};
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use actix_web::web::{Data, Json, Path};
use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An address at the customer.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Contact)]
#[serde(deny_unknown_fields)]
struct Contact {
    /// Where a mail goes before the certificate ends, with a link by which another one is given and nothing else; `null`: nowhere.
    #[schema(example = "ines.duarte@globex.example", max_length = 254, required = true)]
    email: Option<String>,
}

/// Get who is told of a connection
#[utoipa::path(
    tag = "certificates",
    params(schemas::ConnectionPath),
    responses((status = 200, body = Contact)),
    security(("api_key" = ["connections:read"])),
)]
#[get("/connections/{connection}/contact")]
pub(in crate::http::api) async fn get_contact(
    key: ApiKey<ConnectionsRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<Contact> {
    let Connection { id, .. } = super::find(&state, &key, &id).await?;
    let email = state.store.read(move |db| connections::contact(db, &id)).await?;
    Ok(Json(Contact { email: email.map(|email| email.to_string()) }))
}

/// Change who is told of a connection
#[utoipa::path(
    tag = "certificates",
    params(schemas::ConnectionPath),
    request_body = Contact,
    responses((status = 200, body = Contact)),
    security(("api_key" = ["connections:write"])),
)]
#[put("/connections/{connection}/contact")]
pub(in crate::http::api) async fn set_contact(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Contact>,
) -> Answer<Contact> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let typed = body.0.email.unwrap_or_default();
    let email = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::set_contact(tx, &id, &typed))
        .await?;
    Ok(Json(Contact { email: email.map(|email| email.to_string()) }))
}
