//! A trace taken along: as an archive with the trace and the message that was refused, or one of the two. Nobody is named in
//! it, unless somebody asks for that, which is written down.

use super::detail;
use super::reveal::{hidden, revealed};
use crate::error::{Error, Result};
use crate::http::console::seat::{Posted, Read, Reveal, Seat};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::traces::{self, Trace};
use crate::store::{Scope, TraceId};
use crate::views::trace::TraceDetailView;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path, Query};
use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// In which form a trace is taken along.
#[derive(Deserialize)]
pub(in crate::http) struct DownloadQuery {
    /// Empty: as an archive.
    #[serde(default)]
    format: String,
}

/// `GET /console/traces/{trace}/download`: an archive; `format=json` the trace alone, `format=xml` the message that was refused
/// alone. Without the person.
pub(in crate::http) async fn download(
    state: Data<State>,
    _: Seat<Read>,
    id: Path<String>,
    query: Query<DownloadQuery>,
) -> Result<HttpResponse, PageError> {
    let id: TraceId = id.parse()?;
    let (trace, as_json) = read(&state, id.clone()).await?;
    let hidden = hidden(&state, &trace).await?;
    let (ending, content_type, body) = match query.format.as_str() {
        "" => ("zip", "application/zip", archive(&text(&as_json)?, hidden.as_deref())?),
        "json" => ("json", "application/json", text(&as_json)?.into_bytes()),
        "xml" => {
            let missing = || Error::not_found("message of the trace", id.as_str());
            ("xml", "application/xml", hidden.ok_or_else(missing)?.into_bytes())
        }
        other => return Err(Error::not_found("form of a trace", other).into()),
    };
    Ok(file(&format!("{id}.{ending}"), content_type, body))
}

/// `POST /console/traces/{trace}/download`: the archive with the person in it. The audit log says who took it along.
pub(in crate::http) async fn whole(
    state: Data<State>,
    posted: Posted<Reveal>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: TraceId = id.parse()?;
    let (actor, wanted) = (posted.seat.actor(), id.clone());
    state.store.write(Scope::Own, actor, move |tx| traces::reveal(tx, &wanted)).await?;
    let (trace, mut as_json) = read(&state, id.clone()).await?;
    let revealed = revealed(&state, &trace).await?;
    if let Value::Object(fields) = &mut as_json {
        let attributes: Vec<Value> = revealed
            .attributes
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let person = json!({
            "email": revealed.email, "name_id": revealed.name_id, "attributes": attributes,
        });
        fields.insert("person".to_owned(), person);
    }
    let body = archive(&text(&as_json)?, revealed.message.as_deref())?;
    Ok(file(&format!("{id}.zip"), "application/zip", body))
}

/// A trace, and what REST shows of it.
async fn read(state: &State, id: TraceId) -> Result<(Trace, Value)> {
    let (trace, timeline, of) = state.store.read(move |db| detail::read(db, &id)).await?;
    let fix = detail::fix_of(state, &trace, of.as_ref());
    let view = TraceDetailView::new(&trace, &timeline, &state.locale, fix);
    let value = serde_json::to_value(&view).context("a trace as JSON");
    Ok((trace, value.map_err(Error::Internal)?))
}

fn text(value: &Value) -> Result<String> {
    serde_json::to_string_pretty(value).context("a trace as JSON").map_err(Error::Internal)
}

/// An archive with the trace and, where there is one, its message.
fn archive(trace: &str, message: Option<&str>) -> Result<Vec<u8>> {
    let write = || -> anyhow::Result<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file("trace.json", options)?;
        archive.write_all(trace.as_bytes())?;
        if let Some(message) = message {
            archive.start_file("message.xml", options)?;
            archive.write_all(message.as_bytes())?;
        }
        Ok(archive.finish()?.into_inner())
    };
    write().context("an archive of a trace").map_err(Error::Internal)
}

fn file(name: &str, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use zip::ZipArchive;

    #[test]
    fn an_archive_has_the_trace_and_the_message_and_can_be_read() {
        let whole = archive("{\"id\": 1}", Some("<a/>")).unwrap();
        let mut read = ZipArchive::new(Cursor::new(whole)).unwrap();
        let mut content = |name: &str| {
            let mut text = String::new();
            read.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!(content("trace.json"), "{\"id\": 1}");
        assert_eq!(content("message.xml"), "<a/>");
        let alone = ZipArchive::new(Cursor::new(archive("{}", None).unwrap())).unwrap();
        assert_eq!(alone.file_names().collect::<Vec<_>>(), ["trace.json"]);
    }
}
