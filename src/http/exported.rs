//! The audit log as a file: written as it is read, so however long it is, a part of it is in memory.

use crate::error::{Error, Result};
use crate::store::events::{self, Event, Filter};
use crate::store::{Store, Window};
use crate::views::audit::{AuditEventView, COLUMNS};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream;
use serde::Deserialize;

/// Events that are read at a time.
const PART: i64 = 1000;

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Jsonl,
    Csv,
}

impl Format {
    /// Of what kind the file is.
    fn content_type(self) -> &'static str {
        match self {
            Self::Jsonl => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// What browsers call the file.
    pub(super) fn disposition(self) -> (header::HeaderName, &'static str) {
        let name = match self {
            Self::Jsonl => "attachment; filename=\"audit.jsonl\"",
            Self::Csv => "attachment; filename=\"audit.csv\"",
        };
        (header::CONTENT_DISPOSITION, name)
    }
}

/// All events that a filter lets through, newest first. None: there can be none.
pub(super) fn events(store: Store, filter: Option<Filter>, format: Format) -> HttpResponse {
    let first = (format == Format::Csv).then(|| Bytes::from_static(COLUMNS.as_bytes()));
    let begun = filter.is_some().then_some(Window { limit: PART, before: None });
    let filter = filter.unwrap_or_default();
    let parts = stream::try_unfold((begun, first), move |(window, first)| {
        let (store, filter) = (store.clone(), filter.clone());
        async move {
            if let Some(first) = first {
                return Ok(Some((first, (window, None))));
            }
            let Some(window) = window else { return Ok(None) };
            let page = store.read(move |db| events::page(db, &window, &filter)).await?;
            let next = page.next_cursor.map(|before| Window { limit: PART, before: Some(before) });
            let part = written(page.data, format)?;
            Ok::<_, Error>(Some((part, (next, None))))
        }
    });
    HttpResponse::Ok().content_type(format.content_type()).streaming(parts)
}

fn written(rows: Vec<Event>, format: Format) -> Result<Bytes> {
    let mut text = String::new();
    for view in rows.into_iter().map(AuditEventView::from) {
        text.push_str(&match format {
            Format::Jsonl => view.to_json_line()?,
            Format::Csv => view.to_csv(),
        });
    }
    Ok(Bytes::from(text))
}
