//! What a trace says of a person: shown to whoever asks for it, which is written down.

use super::detail::{self, Revealed};
use crate::error::Result;
use crate::http::console::seat::{Posted, Reveal};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::saml::inspect;
use crate::store::traces::{self, Trace};
use crate::store::{Scope, TraceId};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `POST /console/traces/{trace}/reveal`: the page with the person on it. The audit log says who looked.
pub(in crate::http) async fn reveal(
    state: Data<State>,
    posted: Posted<Reveal>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: TraceId = id.parse()?;
    let actor = posted.seat.actor();
    let wanted = id.clone();
    let trace = state.store.write(Scope::Own, actor, move |tx| traces::reveal(tx, &wanted)).await?;
    let revealed = revealed(&state, &trace)?;
    Ok(detail::render(&state, &posted.seat, id, Some(revealed)).await?)
}

pub(super) fn revealed(state: &State, trace: &Trace) -> Result<Revealed> {
    let received = trace.received.as_deref();
    let attributes = received.iter().flat_map(|received| &received.attributes);
    Ok(Revealed {
        email: trace.email.clone(),
        name_id: received.map(|received| received.name_id.value.clone()),
        attributes: attributes
            .map(|attribute| (attribute.name.clone(), attribute.values.join(" | ")))
            .collect(),
        message: message(state, trace)?,
    })
}

/// The message that was refused, one element a line; as it came if it cannot be read.
pub(super) fn message(state: &State, trace: &Trace) -> Result<Option<String>> {
    let Some(message) = trace.message(&state.master)? else { return Ok(None) };
    let now = state.store.clock().now();
    let found = inspect::inspect(message.as_bytes(), now).ok().and_then(|found| found.xml);
    Ok(Some(found.unwrap_or(message)))
}
