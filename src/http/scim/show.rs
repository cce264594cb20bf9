//! What a directory is shown of a person or group, and a page of them (RFC 7643, 3.1; RFC 7644, 3.4.2; RFC 9865).

use crate::scim::document::{location, version};
use crate::scim::resource::Projection;
use crate::scim::{Kind, MEDIA_TYPE};
use crate::store::UserId;
use crate::store::directories::groups::Crowd;
use crate::store::directories::people::Person;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

/// The schema of a page.
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A resource, as it is answered.
pub(super) struct Shown {
    attributes: Map<String, Value>,
    members: Option<Members>,
    pub(super) location: String,
    pub(super) version: String,
}

/// The members of a group, made into JSON one by one: there may be a hundred thousand.
struct Members {
    ids: Vec<UserId>,
    base: String,
    has_value: bool,
    has_ref: bool,
    has_type: bool,
}

/// A person, as far as is asked for.
pub(super) fn person(base: &str, person: &Person, projection: &Projection) -> Shown {
    let row = &person.row;
    Shown::of(
        base,
        Kind::User,
        row.user_id.as_str(),
        row.revision,
        person.document(base),
        projection,
    )
}

/// A group, as far as is asked for.
pub(super) fn group(base: &str, crowd: Crowd, projection: &Projection) -> Shown {
    let Crowd { group, members } = crowd;
    let shown = Shown::of(
        base,
        Kind::Group,
        group.id.as_str(),
        group.revision,
        group.document(base),
        projection,
    );
    shown.with_members(base, members.unwrap_or_default(), projection)
}

impl Shown {
    /// What of a whole resource is asked for.
    fn of(
        base: &str,
        kind: Kind,
        id: &str,
        revision: i64,
        whole: Map<String, Value>,
        projection: &Projection,
    ) -> Self {
        Self {
            attributes: projection.apply(kind, whole),
            members: None,
            location: location(base, kind, id),
            version: version(revision),
        }
    }

    /// The same with the members of the group, as far as they are asked for.
    fn with_members(mut self, base: &str, ids: Vec<UserId>, projection: &Projection) -> Self {
        // What is left of one member is left of each.
        let one = json!([{ "value": "", "$ref": "", "type": "" }]);
        let one = projection.apply(Kind::Group, Map::from_iter([("members".to_owned(), one)]));
        let left = one.get("members").and_then(|members| members.get(0)).and_then(Value::as_object);
        if let Some(left) = left.filter(|_| !ids.is_empty()) {
            let has = |name: &str| left.contains_key(name);
            self.members = Some(Members {
                ids,
                base: format!("{base}{}/", Kind::User.endpoint()),
                has_value: has("value"),
                has_ref: has("$ref"),
                has_type: has("type"),
            });
        }
        self
    }

    /// The answer with this resource (RFC 7644, 3.1 and 3.14).
    pub(super) fn answer(&self, status: StatusCode) -> HttpResponse {
        let mut answer = document(status, self);
        let headers = answer.headers_mut();
        for (name, value) in [(header::LOCATION, &self.location), (header::ETAG, &self.version)] {
            if let Ok(value) = value.parse() {
                headers.insert(name, value);
            }
        }
        answer
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (name, value) in &self.attributes {
            map.serialize_entry(name, value)?;
        }
        if let Some(members) = &self.members {
            map.serialize_entry("members", members)?;
        }
        map.end()
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.ids.iter().map(|id| Member { id: id.as_str(), of: self }))
    }
}

/// One member. It has no `display`: a client that compares what it sent would take that for a change.
struct Member<'a> {
    id: &'a str,
    of: &'a Members,
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        if self.of.has_value {
            map.serialize_entry("value", self.id)?;
        }
        if self.of.has_ref {
            map.serialize_entry("$ref", &format_args!("{}{}", self.of.base, self.id))?;
        }
        if self.of.has_type {
            map.serialize_entry("type", Kind::User.as_str())?;
        }
        map.end()
    }
}

/// A page of resources.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<T> {
    schemas: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    total_results: Option<i64>,
    items_per_page: usize,
    /// Where the page begins, counted from 1; not of a page by cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    #[serde(rename = "Resources")]
    resources: Vec<T>,
}

impl<T: Serialize> List<T> {
    /// A page that begins at `start`.
    pub(super) fn from_index(start: usize, total: Option<i64>, resources: Vec<T>) -> Self {
        Self::new(Some(start), None, total, resources)
    }

    /// A page that ends where `next` goes on; none: it is the last.
    pub(super) fn from_cursor(next: Option<String>, total: Option<i64>, resources: Vec<T>) -> Self {
        Self::new(None, next, total, resources)
    }

    fn new(
        start_index: Option<usize>,
        next_cursor: Option<String>,
        total_results: Option<i64>,
        resources: Vec<T>,
    ) -> Self {
        // What came while the list was read is in the page, though it was not there when somebody counted.
        let before =
            if resources.is_empty() { 0 } else { start_index.unwrap_or(1).saturating_sub(1) };
        let seen = i64::try_from(before.saturating_add(resources.len())).unwrap_or(i64::MAX);
        Self {
            schemas: [LIST],
            total_results: total_results.map(|total| total.max(seen)),
            items_per_page: resources.len(),
            start_index,
            next_cursor,
            resources,
        }
    }

    /// The answer with this page.
    pub(super) fn answer(&self) -> HttpResponse {
        document(StatusCode::OK, self)
    }
}

/// An answer in SCIM's media type.
pub(super) fn document(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    match serde_json::to_string(body) {
        Ok(text) => HttpResponse::build(status).content_type(MEDIA_TYPE).body(text),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}
