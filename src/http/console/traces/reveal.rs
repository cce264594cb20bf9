//! What a trace says of a person: shown to whoever asks for it, which is written down.

use super::detail::{self, Revealed};
use crate::error::{Error, Result};
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
    let revealed = revealed(&state, &trace).await?;
    Ok(detail::render(&state, &posted.seat, id, Some(revealed)).await?)
}

pub(super) async fn revealed(state: &State, trace: &Trace) -> Result<Revealed> {
    let received = trace.received.as_deref();
    let attributes = received.iter().flat_map(|received| &received.attributes);
    Ok(Revealed {
        email: trace.email.clone(),
        name_id: received.map(|received| received.name_id.value.clone()),
        attributes: attributes
            .map(|attribute| (attribute.name.clone(), attribute.values.join(" | ")))
            .collect(),
        message: message(state, trace).await?,
    })
}

/// The message that was refused, one element a line; as it came if it cannot be read.
async fn message(state: &State, trace: &Trace) -> Result<Option<String>> {
    opened(state, trace, Some).await
}

/// The same without what could be personal; none if nothing in it can be told apart.
pub(super) async fn hidden(state: &State, trace: &Trace) -> Result<Option<String>> {
    opened(state, trace, |message| inspect::redacted(&message)).await
}

/// Opens the message and reads it, which may take long enough to keep others waiting. One that cannot be opened is none: the rest of
/// the trace is there to be read.
async fn opened(
    state: &State,
    trace: &Trace,
    shown: fn(String) -> Option<String>,
) -> Result<Option<String>> {
    if trace.message.is_none() {
        return Ok(None);
    }
    let (master, trace) = (state.master.clone(), trace.clone());
    let now = state.store.clock().now();
    let read = tokio::task::spawn_blocking(move || {
        let message = match trace.message(&master) {
            Ok(message) => message?,
            Err(error) => {
                tracing::warn!(trace = %trace.id, %error, "the message of a trace cannot be opened");
                return None;
            }
        };
        let found = inspect::inspect(message.as_bytes(), now).ok().and_then(|found| found.xml);
        shown(found.unwrap_or(message))
    });
    read.await.map_err(|error| Error::Internal(anyhow::Error::new(error)))
}
