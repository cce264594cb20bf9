//! The body of a PATCH, in all the forms in which clients send it.

use super::{MOST_OPERATIONS, Op, Operation, Place, known};
use crate::scim::filter;
use crate::scim::path::{self, Target};
use crate::scim::schema::{Kind, Mutability};
use crate::scim::{Error, Result, member};
use serde_json::{Map, Value};

/// Reads the operations of a body. One without a path becomes one for each attribute that its value names.
pub fn parse(kind: Kind, body: &Value) -> Result<Vec<Operation>> {
    let given = body.as_object().and_then(|body| member(body, "Operations"));
    let given = match given {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        _ => {
            return Err(Error::syntax(
                "A PATCH needs a list of Operations: {\"schemas\": \
                 [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"], \"Operations\": [{\"op\": \"replace\", \
                 \"path\": \"active\", \"value\": false}]}.",
            ));
        }
    };
    if given.len() > MOST_OPERATIONS {
        return Err(Error::syntax(format!(
            "A PATCH can have {MOST_OPERATIONS} operations at most."
        )));
    }
    let mut operations = Vec::with_capacity(given.len());
    for operation in given {
        let operation = operation.as_object().ok_or_else(|| {
            Error::syntax("Each of the Operations must be an object with op, path and value.")
        })?;
        one(kind, operation, &mut operations)?;
    }
    Ok(operations)
}

fn one(kind: Kind, given: &Map<String, Value>, into: &mut Vec<Operation>) -> Result<()> {
    let op = op(member(given, "op"))?;
    let value = member(given, "value");
    match member(given, "path") {
        None | Some(Value::Null) => pathless(kind, op, value, into),
        Some(Value::String(text)) if text.trim().is_empty() || kind.core().is(text.trim()) => {
            pathless(kind, op, value, into)
        }
        // The list of schemas follows from what the resource has.
        Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("schemas") => Ok(()),
        Some(Value::String(text)) => {
            let place = place(kind, text)?.ok_or_else(|| {
                Error::path(format!(
                    "The path “{text}” names no attribute of a {}. Known are {}, and those of its extensions with \
                     their URN before them.",
                    kind.noun(),
                    known(kind)
                ))
            })?;
            if let Some(name) = read_only(&place) {
                return Err(Error::read_only(&name));
            }
            if let Place::Attribute(Target { attribute, sub: None, .. }) = &place
                && attribute.required
                && op == Op::Remove
            {
                return Err(Error::required(kind, attribute.name));
            }
            if op != Op::Remove && value.is_none() {
                return Err(Error::value(format!("The operation on “{text}” needs a value.")));
            }
            into.push(Operation { op, place, value: value.cloned() });
            Ok(())
        }
        Some(other) => Err(Error::path(format!("The path must be a string, but is {other}."))),
    }
}

/// Entra writes operations with a capital.
fn op(given: Option<&Value>) -> Result<Op> {
    match given.and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Ok(Op::Add),
        Some("remove") => Ok(Op::Remove),
        Some("replace") => Ok(Op::Replace),
        _ => {
            let given = given.map_or_else(|| "missing".to_owned(), Value::to_string);
            Err(Error::syntax(format!("op must be add, remove or replace, but is {given}.")))
        }
    }
}

/// An operation whose value names the attributes: a plain name, `name.givenName`, a URN, even a path with a filter.
///
/// What is unknown or read only in it is left out, as in a POST: `JumpCloud` sends the ID along.
fn pathless(kind: Kind, op: Op, value: Option<&Value>, into: &mut Vec<Operation>) -> Result<()> {
    if op == Op::Remove {
        return Err(Error::no_target(
            "A remove needs a path, or it would take away the whole resource.",
        ));
    }
    let Some(Value::Object(attributes)) = value else {
        return Err(Error::value(
            "An operation without a path needs an object as its value: {\"displayName\": \"…\"}.",
        ));
    };
    for (key, value) in attributes {
        if let Some(place) = place(kind, key)?
            && read_only(&place).is_none()
        {
            into.push(Operation { op, place, value: Some(value.clone()) });
        }
    }
    Ok(())
}

/// What a path names; none: no attribute (RFC 7644, figure 7).
fn place(kind: Kind, text: &str) -> Result<Option<Place>> {
    let text = text.trim();
    if let Some(schema) = path::extension(kind, text) {
        return Ok(Some(Place::Extension(schema)));
    }
    let Some(open) = text.find('[') else {
        return Ok(Target::parse(kind, text).map(Place::Attribute));
    };
    let (name, rest) = text.split_at(open);
    let Some(close) = rest.rfind(']') else {
        return Err(Error::path(format!("The path “{text}” lacks a closing bracket.")));
    };
    let (inner, after) = rest.split_at(close);
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    let after = after.strip_prefix(']').unwrap_or(after);
    let Some(target) = Target::parse(kind, name).filter(|target| target.sub.is_none()) else {
        return Ok(None);
    };
    if !target.attribute.multi || target.attribute.sub.is_empty() {
        return Err(Error::path(format!("{target} has no elements that a filter could choose.")));
    }
    let filter = filter::parse_within(kind, target.attribute, inner)?;
    let sub = match after.strip_prefix('.') {
        None if after.is_empty() => None,
        Some(name) => match target.attribute.sub(name) {
            Some(sub) => Some(sub),
            None => return Ok(None),
        },
        None => {
            return Err(Error::path(format!("After the bracket of “{text}” a dot is expected.")));
        }
    };
    Ok(Some(Place::Elements(Target { sub, ..target }, filter)))
}

/// What of a place only we write.
fn read_only(place: &Place) -> Option<String> {
    let (Place::Attribute(target) | Place::Elements(target, _)) = place else { return None };
    let is = |mutability| mutability == Mutability::ReadOnly;
    (is(target.attribute.mutability) || target.sub.is_some_and(|sub| is(sub.mutability)))
        .then(|| target.to_string())
}
