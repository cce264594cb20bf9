//! A resource as it is answered: with its ID, what only we write, and what the gateway knows of it (RFC 7643, 3.1).

use super::{Kind, Resource};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// What the gateway knows of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Meta<'a> {
    /// Its ID.
    pub id: &'a str,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it was last changed.
    pub modified: DateTime<Utc>,
    /// Counts its changes.
    pub revision: i64,
}

/// The entity tag of a revision. It is weak: the same revision may be shown in parts (RFC 7644, 3.14).
#[must_use]
pub fn version(revision: i64) -> String {
    format!("W/\"{revision}\"")
}

/// The address of a resource.
#[must_use]
pub fn location(base: &str, kind: Kind, id: &str) -> String {
    format!("{base}{}/{id}", kind.endpoint())
}

/// The whole resource. `base` is the address of the directory's SCIM service.
#[must_use]
pub fn document(base: &str, resource: Resource, meta: Meta<'_>) -> Map<String, Value> {
    let (kind, schemas) = (resource.kind(), resource.schemas());
    let mut whole = resource.into_attributes();
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    whole.insert("schemas".to_owned(), schemas.into());
    whole.insert("id".to_owned(), meta.id.into());
    whole.insert(
        "meta".to_owned(),
        json!({
            "resourceType": kind.as_str(),
            "created": time(meta.created),
            "lastModified": time(meta.modified),
            "location": location(base, kind, meta.id),
            "version": version(meta.revision),
        }),
    );
    whole
}

/// The groups of a user, as its document has them: ID and name of each.
#[must_use]
pub fn groups<'a>(base: &str, groups: impl IntoIterator<Item = (&'a str, &'a str)>) -> Value {
    let one = |(id, name): (&str, &str)| json!({ "value": id, "$ref": format!("{base}/Groups/{id}"), "display": name, "type": "direct" });
    groups.into_iter().map(one).collect()
}
