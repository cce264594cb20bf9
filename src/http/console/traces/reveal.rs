//! What a trace says of a person: shown to whoever asks for it, which is written down, and taken along without it.

use super::detail::{self, Revealed};
use crate::error::{Error, Result};
use crate::http::console::seat::{Posted, Read, Reveal, Seat};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::saml::inspect;
use crate::store::traces::{self, Trace};
use crate::store::{Scope, TraceId};
use crate::views::trace::TraceDetailView;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use anyhow::Context;
use serde::Deserialize;

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

fn revealed(state: &State, trace: &Trace) -> Result<Revealed> {
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
fn message(state: &State, trace: &Trace) -> Result<Option<String>> {
    let Some(message) = trace.message(&state.master)? else { return Ok(None) };
    let now = state.store.clock().now();
    let found = inspect::inspect(message.as_bytes(), now).ok().and_then(|found| found.xml);
    Ok(Some(found.unwrap_or(message)))
}

/// In which form a trace is taken along.
#[derive(Deserialize)]
pub(in crate::http) struct DownloadQuery {
    #[serde(default)]
    format: String,
}

/// `GET /console/traces/{trace}/download`: `format=json` the trace, `format=xml` the message that was refused; either without the person.
pub(in crate::http) async fn download(
    state: Data<State>,
    _: Seat<Read>,
    id: Path<String>,
    query: Query<DownloadQuery>,
) -> Result<HttpResponse, PageError> {
    let id: TraceId = id.parse()?;
    let wanted = id.clone();
    let (trace, timeline, of) = state.store.read(move |db| detail::read(db, &wanted)).await?;
    let (content_type, body) = match query.format.as_str() {
        "json" => {
            let fix = detail::fix_of(&state, &trace, of.as_ref());
            let view = TraceDetailView::new(&trace, &timeline, &state.locale, fix);
            let text = serde_json::to_string_pretty(&view).context("a trace as JSON");
            ("application/json", text.map_err(Error::Internal)?)
        }
        "xml" => {
            let hidden = message(&state, &trace)?.and_then(|xml| inspect::redacted(&xml));
            let hidden =
                hidden.ok_or_else(|| Error::not_found("message of the trace", id.as_str()));
            ("application/xml", hidden?)
        }
        other => return Err(Error::not_found("form of a trace", other).into()),
    };
    let name = format!("attachment; filename=\"{id}.{}\"", query.format);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(body))
}
