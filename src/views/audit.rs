//! What is shown of an event as a record of who did what.

use crate::store::Json;
use crate::store::events::Event;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The heads of the columns of [`AuditEventView::to_csv`].
pub const COLUMNS: &str =
    "id,timestamp,type,actor,from,organization_id,subject_id,data,before,after,position,hash\r\n";

/// Who did what to what, from where, and what was before and after.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditEventView {
    /// That of the event.
    #[schema(example = "evt_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    timestamp: DateTime<Utc>,
    #[serde(rename = "type")]
    #[schema(example = "connection.updated")]
    kind: String,
    /// Who: `system`, `cli:` and the user of the machine, or `api_key:`, `sign_in:`, `provider:`, `application:`,
    /// `directory:`, `portal:`, `member:` and an ID.
    #[schema(example = "api_key:key_01kampz3y7f4m8t2v6c9d0e1hj")]
    actor: String,
    /// The address from which a program asked. Where a person signed in from is in the trace.
    #[schema(example = "203.0.113.7")]
    from: Option<String>,
    organization_id: Option<String>,
    /// The thing that it happened to.
    #[schema(example = "con_01kampz3y7f4m8t2v6c9d0e1hj")]
    subject_id: String,
    /// What else is known, by type.
    data: Map<String, Value>,
    /// The fields that were changed, as they were; never of a person.
    before: Option<Map<String, Value>>,
    /// The same fields as they are since.
    after: Option<Map<String, Value>>,
    /// Its place among all events; `null` for the moment until it has one.
    #[schema(example = 4711)]
    position: Option<i64>,
    /// Its link in the chain: SHA-256 of this record and of the hash before it.
    hash: Option<String>,
}

impl From<Event> for AuditEventView {
    fn from(row: Event) -> Self {
        let data = match row.data.into_inner() {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let change = row.change.map(Json::into_inner);
        let (before, after) = change.map(|change| (change.before, change.after)).unzip();
        Self {
            id: row.id.to_string(),
            timestamp: row.created_at.to_utc(),
            kind: row.kind,
            actor: row.actor,
            from: row.origin,
            organization_id: row.organization_id.map(|id| id.to_string()),
            subject_id: row.subject_id,
            data,
            before,
            after,
            position: row.position,
            hash: row.hash,
        }
    }
}

impl AuditEventView {
    /// A line of CSV (RFC 4180), with its end.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let json = |fields: &Map<String, Value>| Value::Object(fields.clone()).to_string();
        let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            self.id.clone(),
            self.timestamp.to_rfc3339_opts(SecondsFormat::Micros, true),
            self.kind.clone(),
            self.actor.clone(),
            maybe(&self.from),
            maybe(&self.organization_id),
            self.subject_id.clone(),
            json(&self.data),
            self.before.as_ref().map(json).unwrap_or_default(),
            self.after.as_ref().map(json).unwrap_or_default(),
            self.position.map(|position| position.to_string()).unwrap_or_default(),
            maybe(&self.hash),
        ];
        cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
    }

    /// A line of JSON, with its end.
    pub fn to_json_line(&self) -> crate::error::Result<String> {
        Ok(serde_json::to_string(self).map_err(anyhow::Error::new)? + "\n")
    }
}

/// A cell that no program takes for a formula, and that nothing breaks out of.
pub(super) fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_csv_stays_a_cell_and_is_no_formula() {
        assert_eq!(quoted("evt_1"), "evt_1");
        assert_eq!(quoted(r#"{"a":"b,c"}"#), r#""{""a"":""b,c""}""#);
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("a\nb"), "\"a\nb\"");
    }
}
