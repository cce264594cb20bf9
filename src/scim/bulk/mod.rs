//! Several requests in one (RFC 7644, 3.7): what they are, and in which order they can be done.

use super::schema::Kind;
use super::{Error, Result, member};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// How many operations one request may have.
pub const MOST_OPERATIONS: usize = 1000;
/// How many bytes one request may have.
pub const LARGEST: usize = 16 * 1024 * 1024;
/// What stands before a bulk ID where an ID is meant.
const PREFIX: &str = "bulkId:";

/// Several requests.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// After how many faults the rest is not tried; none: everything is.
    pub fail_on_errors: Option<usize>,
    /// What is asked for.
    pub operations: Vec<Operation>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Makes a resource.
    Post,
    /// Replaces one.
    Put,
    /// Changes one.
    Patch,
    /// Removes one.
    Delete,
}

impl Method {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One request. What is wrong with it is known only when its turn comes.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The word of its method, as it came.
    pub method: String,
    /// Under what name others mean what it makes.
    pub bulk_id: Option<String>,
    /// What it does, or why that cannot be read.
    pub act: Result<Act>,
}

/// What an operation does, to what.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// How.
    pub method: Method,
    /// To what kind of resource.
    pub kind: Kind,
    /// To which one, where it is there already: an ID, or `bulkId:` and the name of another operation.
    pub id: Option<String>,
    /// The version it must have.
    pub version: Option<String>,
    /// With what.
    pub data: Value,
}

/// How much of an operation is done at a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// All of it.
    Whole,
    /// All but what refers to operations that come later: they refer to this one.
    Without,
    /// What was left out.
    Rest,
}

impl Bulk {
    /// Reads the body of a bulk request.
    pub fn parse(body: &Value) -> Result<Self> {
        let body = body
            .as_object()
            .ok_or_else(|| Error::syntax("A bulk request needs a JSON object as its body."))?;
        let Some(Value::Array(given)) = member(body, "Operations") else {
            return Err(Error::syntax("A bulk request needs a list of Operations."));
        };
        if given.len() > MOST_OPERATIONS {
            let detail = format!(
                "A bulk request can have {MOST_OPERATIONS} operations at most, but has {}.",
                given.len()
            );
            return Err(Error::new(413, "too_many", detail));
        }
        let fail_on_errors = match member(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(limit) => Some(
                limit
                    .as_u64()
                    .and_then(|limit| usize::try_from(limit).ok())
                    .filter(|limit| *limit > 0)
                    .ok_or_else(|| {
                        Error::value("failOnErrors must be an integer greater than 0.")
                    })?,
            ),
        };
        let operations: Vec<Operation> = given.iter().map(operation).collect();
        let mut names = HashSet::new();
        for name in operations.iter().filter_map(|operation| operation.bulk_id.as_deref()) {
            if !names.insert(name) {
                let detail =
                    format!("Two operations have the bulkId “{name}”; each needs its own.");
                return Err(Error::value(detail));
            }
        }
        Ok(Self { fail_on_errors, operations })
    }

    /// The turns in which the operations can be done, so that what is referred to is there before (RFC 7644, 3.7.1).
    ///
    /// Where some refer to each other in a circle, one of them is done without, and the rest of it at the end.
    #[must_use]
    pub fn turns(&self) -> Vec<(usize, Stage)> {
        let by_name: HashMap<&str, usize> = self
            .operations
            .iter()
            .enumerate()
            .filter_map(|(n, operation)| Some((operation.bulk_id.as_deref()?, n)))
            .collect();
        let needs: Vec<HashSet<usize>> = self
            .operations
            .iter()
            .enumerate()
            .map(|(n, operation)| {
                let names = operation.act.as_ref().map(Act::references).unwrap_or_default();
                let known = names.iter().filter_map(|name| by_name.get(name.as_str()));
                known.copied().filter(|other| *other != n).collect()
            })
            .collect();
        let (mut turns, mut rest) = (Vec::new(), Vec::new());
        let mut done: HashSet<usize> = HashSet::new();
        let mut waiting: Vec<usize> = (0..self.operations.len()).collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|n| {
                let is_ready = needs.get(*n).is_none_or(|needs| needs.is_subset(&done));
                if is_ready {
                    turns.push((*n, Stage::Whole));
                    done.insert(*n);
                }
                !is_ready
            });
            if waiting.len() == before {
                // A circle. What makes something can be done without; if nothing does, the first is tried and fails.
                let at = waiting.iter().position(|n| self.makes(*n)).unwrap_or(0);
                let n = waiting.remove(at);
                if self.makes(n) {
                    turns.push((n, Stage::Without));
                    rest.push((n, Stage::Rest));
                } else {
                    turns.push((n, Stage::Whole));
                }
                done.insert(n);
            }
        }
        turns.extend(rest);
        turns
    }

    fn makes(&self, n: usize) -> bool {
        let act = self.operations.get(n).and_then(|operation| operation.act.as_ref().ok());
        act.is_some_and(|act| act.method == Method::Post)
    }
}

impl Act {
    /// The names of the operations that this one refers to.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(name) = self.id.as_deref().and_then(|id| id.strip_prefix(PREFIX)) {
            names.push(name.to_owned());
        }
        collect(&self.data, &mut names);
        names
    }

    /// The same with IDs in the place of names. `id` tells the ID that an operation made.
    ///
    /// With [`Stage::Without`] what has no ID yet is left out.
    pub fn resolved(&self, stage: Stage, id: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let lookup = |text: &str| match text.strip_prefix(PREFIX) {
            None => Ok(Some(text.to_owned())),
            Some(name) => match id(name) {
                Some(id) => Ok(Some(id)),
                None if stage == Stage::Without => Ok(None),
                None => Err(Error {
                    status: 409,
                    scim_type: Some(super::ScimType::InvalidValue),
                    code: "unknown_bulk_id",
                    detail: format!(
                        "The operation with the bulkId “{name}” is missing or was not done."
                    ),
                }),
            },
        };
        let id = match &self.id {
            Some(id) => lookup(id)?,
            None => None,
        };
        let data = replaced(&self.data, &lookup)?.unwrap_or(Value::Null);
        Ok(Self { id, data, ..self.clone() })
    }
}

fn operation(given: &Value) -> Operation {
    let empty = Map::new();
    let given = given.as_object().unwrap_or(&empty);
    let text = |name: &str| member(given, name).and_then(Value::as_str).map(str::to_owned);
    Operation {
        method: text("method").unwrap_or_default(),
        bulk_id: text("bulkId").filter(|name| !name.is_empty()),
        act: act(given),
    }
}

fn act(given: &Map<String, Value>) -> Result<Act> {
    let text = |name: &str| member(given, name).and_then(Value::as_str);
    let method = match text("method").map(str::to_ascii_uppercase).as_deref() {
        Some("POST") => Method::Post,
        Some("PUT") => Method::Put,
        Some("PATCH") => Method::Patch,
        Some("DELETE") => Method::Delete,
        _ => return Err(Error::syntax("method must be POST, PUT, PATCH or DELETE.")),
    };
    let path = text("path").unwrap_or_default();
    let (kind, id) = target(path).ok_or_else(|| {
        Error::syntax(format!("path must be like /Users or /Groups/<ID>, but is “{path}”."))
    })?;
    match (method, &id) {
        (Method::Post, Some(_)) => return Err(Error::syntax("The path of a POST has no ID.")),
        (Method::Post, None) if text("bulkId").is_none_or(str::is_empty) => {
            return Err(Error::syntax("A POST in a bulk request needs a bulkId."));
        }
        (Method::Put | Method::Patch | Method::Delete, None) => {
            return Err(Error::syntax(format!("The path of a {} needs an ID.", method.as_str())));
        }
        _ => {}
    }
    let data = member(given, "data").cloned().unwrap_or(Value::Null);
    if method != Method::Delete && !data.is_object() {
        return Err(Error::syntax(format!("A {} needs data: a JSON object.", method.as_str())));
    }
    Ok(Act { method, kind, id, version: text("version").map(str::to_owned), data })
}

fn target(path: &str) -> Option<(Kind, Option<String>)> {
    let path = path.trim().trim_matches('/');
    let (endpoint, id) = match path.split_once('/') {
        Some((endpoint, id)) => (endpoint, Some(id)),
        None => (path, None),
    };
    let is = |kind: &Kind| kind.endpoint().trim_start_matches('/').eq_ignore_ascii_case(endpoint);
    let kind = Kind::ALL.into_iter().find(is)?;
    if id.is_some_and(|id| id.contains('/')) {
        return None;
    }
    Some((kind, id.map(str::to_owned)))
}

fn collect(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => names.extend(text.strip_prefix(PREFIX).map(str::to_owned)),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, names)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, names)),
        _ => {}
    }
}

/// The value with IDs in the place of names; none where a name is left out, and with it what it stands in.
fn replaced(
    value: &Value,
    lookup: &impl Fn(&str) -> Result<Option<String>>,
) -> Result<Option<Value>> {
    match value {
        Value::String(text) => Ok(lookup(text)?.map(Value::String)),
        Value::Array(elements) => {
            let mut left = Vec::with_capacity(elements.len());
            for element in elements {
                left.extend(replaced(element, lookup)?);
            }
            Ok(Some(Value::Array(left)))
        }
        Value::Object(parts) => {
            let mut left = Map::new();
            for (key, part) in parts {
                match replaced(part, lookup)? {
                    Some(part) => {
                        left.insert(key.clone(), part);
                    }
                    // A reference without its value means nothing.
                    None if key == "value" => return Ok(None),
                    None => {}
                }
            }
            Ok(Some(Value::Object(left)))
        }
        other => Ok(Some(other.clone())),
    }
}

#[cfg(test)]
mod tests;
