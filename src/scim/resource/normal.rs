//! Values in the one form of their attribute's type.

use crate::scim::schema::{Attribute, Mutability, Type};
use crate::scim::{Error, Result, member};
use serde_json::{Map, Value};

/// How many characters a text may have that is looked up by an index.
const LONGEST_KEY: usize = 512;
/// How many values an attribute may have.
const MOST_ELEMENTS: usize = 1000;
/// How many characters any other text may have.
const LONGEST: usize = 64 * 1024;

/// The value of an attribute in its form, or none where nothing is assigned (RFC 7643, 2.5).
pub(in crate::scim) fn value(
    attribute: &'static Attribute,
    path: &str,
    given: &Value,
) -> Result<Option<Value>> {
    if !attribute.multi {
        return element(attribute, path, given);
    }
    let given = match given {
        Value::Array(elements) => elements.as_slice(),
        one => std::slice::from_ref(one),
    };
    few(path, given.len())?;
    let mut elements = Vec::with_capacity(given.len());
    for one in given {
        elements.extend(element(attribute, path, one)?);
    }
    once_each(&mut elements);
    one_primary(&mut elements);
    Ok((!elements.is_empty()).then_some(Value::Array(elements)))
}

/// Refuses more elements than an attribute can have: each is compared with the others.
pub(in crate::scim) fn few(path: &str, number: usize) -> Result<()> {
    if number > MOST_ELEMENTS {
        return Err(Error::value(format!("{path} has more than {MOST_ELEMENTS} values.")));
    }
    Ok(())
}

/// Leaves each element once.
pub(super) fn once_each(elements: &mut Vec<Value>) {
    let mut once: Vec<Value> = Vec::with_capacity(elements.len());
    for element in elements.drain(..) {
        if !once.contains(&element) {
            once.push(element);
        }
    }
    *elements = once;
}

/// One value, or one element of a list.
pub(in crate::scim) fn element(
    attribute: &'static Attribute,
    path: &str,
    given: &Value,
) -> Result<Option<Value>> {
    match (attribute.kind, given) {
        (_, Value::Null) => Ok(None),
        (Type::Complex, Value::Object(parts)) => complex(attribute, path, parts),
        // A bare value where an object is expected is its value: Entra sends a manager so.
        (Type::Complex, Value::String(_)) if attribute.value().is_some() => {
            let parts = Map::from_iter([("value".to_owned(), given.clone())]);
            complex(attribute, path, &parts)
        }
        // An old Entra sends the manager as a list of one.
        (Type::Complex, Value::Array(one)) if one.len() == 1 && !attribute.multi => {
            one.first().map_or(Ok(None), |one| element(attribute, path, one))
        }
        (Type::Complex, _) => Err(expected(path, "an object", given)),
        (_, Value::Object(parts)) if parts.contains_key("value") => {
            element(attribute, path, parts.get("value").unwrap_or(&Value::Null))
        }
        (Type::Boolean, _) => boolean(path, given).map(Some),
        (Type::DateTime, Value::String(text)) if crate::scim::filter::moment(text).is_some() => {
            Ok(Some(given.clone()))
        }
        (Type::DateTime, _) => Err(expected(path, "a date like 2026-01-31T09:30:00Z", given)),
        (Type::String | Type::Reference | Type::Binary, _) => text(attribute, path, given),
    }
}

fn complex(
    attribute: &'static Attribute,
    path: &str,
    given: &Map<String, Value>,
) -> Result<Option<Value>> {
    let mut parts = Map::new();
    for sub in attribute.sub.iter().filter(|sub| sub.mutability != Mutability::ReadOnly) {
        let Some(given) = member(given, sub.name) else { continue };
        if let Some(part) = value(sub, &format!("{path}.{}", sub.name), given)? {
            parts.insert(sub.name.to_owned(), part);
        }
    }
    Ok((!parts.is_empty()).then_some(Value::Object(parts)))
}

/// "True" and "False" are booleans where the schema says boolean.
fn boolean(path: &str, given: &Value) -> Result<Value> {
    match given {
        Value::Bool(_) => Ok(given.clone()),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true.into()),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false.into()),
        _ => Err(expected(path, "true or false", given)),
    }
}

fn text(attribute: &Attribute, path: &str, given: &Value) -> Result<Option<Value>> {
    let text = match given {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => return Err(expected(path, "a string", given)),
    };
    if text.contains('\0') {
        return Err(Error::value(format!("{path} contains a NUL character.")));
    }
    let is_key = attribute.unique || matches!(path, "externalId" | "displayName" | "emails.value");
    let longest = if is_key { LONGEST_KEY } else { LONGEST };
    if text.chars().nth(longest).is_some() {
        return Err(Error::value(format!("{path} is longer than {longest} characters.")));
    }
    // An empty text that a resource must not lack is told as missing; elsewhere it is no value.
    Ok((!text.is_empty()).then_some(Value::String(text)))
}

/// At most one element is the primary one (RFC 7643, 2.4): the first that says so.
fn one_primary(elements: &mut [Value]) {
    let mut found = false;
    for element in elements.iter_mut().filter_map(Value::as_object_mut) {
        if element.get("primary") == Some(&Value::Bool(true)) {
            if found {
                element.insert("primary".to_owned(), false.into());
            }
            found = true;
        }
    }
}

fn expected(path: &str, what: &str, given: &Value) -> Error {
    let given: String = given.to_string().chars().take(60).collect();
    Error::value(format!("{path} must be {what}, but is {given}."))
}
