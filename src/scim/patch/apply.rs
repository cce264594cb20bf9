//! One operation on a resource.

use super::elements::{self, is_same, merge_all, only_primary};
use super::{Op, Operation, Place};
use crate::scim::path::Target;
use crate::scim::resource::{Resource, is_kept, normal};
use crate::scim::schema::{Attribute, Schema, Type};
use crate::scim::{Error, Result, member};
use serde_json::{Map, Value};

pub(super) type Parts = Map<String, Value>;

pub(super) fn one(resource: &mut Resource, operation: &Operation) -> Result<()> {
    let Operation { op, place, value } = operation;
    let value = value.as_ref();
    match place {
        Place::Extension(schema) => extension(resource, *op, schema, value),
        Place::Attribute(target) => {
            within(resource, target, |parts| attribute(parts, *op, target, value))
        }
        Place::Elements(target, filter) => {
            within(resource, target, |parts| elements::act(parts, *op, target, filter, value))
        }
    }
}

/// Does something with the attributes of the target's schema; an extension without any is no more.
fn within(
    resource: &mut Resource,
    target: &Target,
    act: impl FnOnce(&mut Parts) -> Result<()>,
) -> Result<()> {
    if !is_kept(target.attribute) {
        return Ok(());
    }
    let attributes = resource.attributes_mut();
    if target.is_core() {
        return act(attributes);
    }
    let mut parts = take_object(attributes, target.schema.id);
    act(&mut parts)?;
    put_object(attributes, target.schema.id, parts);
    Ok(())
}

fn take_object(attributes: &mut Parts, key: &str) -> Parts {
    match attributes.remove(key) {
        Some(Value::Object(parts)) => parts,
        _ => Parts::new(),
    }
}

fn put_object(attributes: &mut Parts, key: &str, parts: Parts) {
    if !parts.is_empty() {
        attributes.insert(key.to_owned(), Value::Object(parts));
    }
}

/// Does something with an extension as a whole: with each attribute that the value names.
fn extension(
    resource: &mut Resource,
    op: Op,
    schema: &'static Schema,
    value: Option<&Value>,
) -> Result<()> {
    let Some(value) = value.filter(|value| op != Op::Remove && !value.is_null()) else {
        if op != Op::Add {
            resource.attributes_mut().remove(schema.id);
        }
        return Ok(());
    };
    let Value::Object(given) = value else {
        return Err(Error::value(format!("{} must be a JSON object.", schema.id)));
    };
    for (key, value) in given {
        let target = Target::parse(resource.kind(), &format!("{}:{key}", schema.id));
        if let Some(target) = target.filter(|target| is_kept(target.leaf())) {
            within(resource, &target, |parts| attribute(parts, op, &target, Some(value)))?;
        }
    }
    Ok(())
}

fn attribute(parts: &mut Parts, op: Op, target: &Target, value: Option<&Value>) -> Result<()> {
    let attribute = target.attribute;
    let path = target.to_string();
    match (op, target.sub) {
        (Op::Remove, None) => remove(parts, attribute, &path, value),
        (Op::Remove, Some(sub)) => {
            set_sub(parts, attribute, sub, None);
            Ok(())
        }
        (_, Some(sub)) => {
            let value = normal(sub, &path, value.unwrap_or(&Value::Null))?;
            set_sub(parts, attribute, sub, value);
            Ok(())
        }
        (Op::Add | Op::Replace, None) => set(parts, op, attribute, &path, value),
    }
}

fn remove(
    parts: &mut Parts,
    attribute: &'static Attribute,
    path: &str,
    value: Option<&Value>,
) -> Result<()> {
    let name = attribute.name;
    let value = value.filter(|value| attribute.multi && !value.is_null());
    let (Some(value), Some(Value::Array(there))) = (value, parts.get_mut(name)) else {
        parts.remove(name);
        return Ok(());
    };
    // Not of the standard, but many send which elements they mean.
    if let Some(Value::Array(unwanted)) = normal(attribute, path, value)? {
        there.retain(|element| !unwanted.iter().any(|one| is_same(attribute, element, one)));
    }
    if there.is_empty() {
        parts.remove(name);
    }
    Ok(())
}

/// Adds a value, or puts it in the place of what is there (RFC 7644, 3.5.2.1 and 3.5.2.3).
fn set(
    parts: &mut Parts,
    op: Op,
    attribute: &'static Attribute,
    path: &str,
    value: Option<&Value>,
) -> Result<()> {
    let given = value.unwrap_or(&Value::Null);
    let name = attribute.name;
    let new = normal(attribute, path, given)?;
    if let Value::Object(given) = given
        && attribute.kind == Type::Complex
        && !attribute.multi
        && !given.is_empty()
    {
        let new = new.and_then(|new| new.as_object().cloned()).unwrap_or_default();
        let mut there = take_object(parts, name);
        set_parts(attribute, &mut there, given, new);
        put_object(parts, name, there);
        return Ok(());
    }
    match (parts.get_mut(name), new) {
        (Some(Value::Array(there)), Some(Value::Array(more))) if op == Op::Add => {
            return merge_all(attribute, path, there, more);
        }
        (_, Some(new)) => {
            parts.insert(name.to_owned(), new);
        }
        // Nothing in the place of something is its removal; nothing beside something is nothing.
        (_, None) if op == Op::Replace || !attribute.multi && attribute.kind != Type::Complex => {
            parts.remove(name);
        }
        (_, None) => {}
    }
    Ok(())
}

/// Sets the parts of a complex value that are given. Parts that are not named stay, those that are given as nothing go.
pub(super) fn set_parts(attribute: &Attribute, there: &mut Parts, given: &Parts, new: Parts) {
    for sub in attribute.sub.iter().filter(|sub| member(given, sub.name).is_some()) {
        if !new.contains_key(sub.name) && is_kept(sub) {
            there.remove(sub.name);
        }
    }
    // The address of another is not the address of this one.
    if new.contains_key("value") && new.get("value") != there.get("value") {
        there.remove("$ref");
    }
    there.extend(new);
}

/// Sets a sub-attribute, of the one value or of every element, or takes it away.
fn set_sub(
    parts: &mut Parts,
    attribute: &'static Attribute,
    sub: &'static Attribute,
    value: Option<Value>,
) {
    let name = attribute.name;
    if parts.get(name).is_none() && value.is_some() {
        let empty = Value::Object(Parts::new());
        let empty = if attribute.multi { Value::Array(vec![empty]) } else { empty };
        parts.insert(name.to_owned(), empty);
    }
    let is_empty = match parts.get_mut(name) {
        Some(Value::Object(element)) => {
            put(element, sub, value);
            element.is_empty()
        }
        Some(Value::Array(elements)) => {
            for element in elements.iter_mut().filter_map(Value::as_object_mut) {
                put(element, sub, value.clone());
            }
            elements.retain(|element| element.as_object().is_none_or(|parts| !parts.is_empty()));
            only_primary(elements, 0);
            elements.is_empty()
        }
        _ => false,
    };
    if is_empty {
        parts.remove(name);
    }
}

pub(super) fn put(element: &mut Parts, sub: &Attribute, value: Option<Value>) {
    match value {
        Some(value) => element.insert(sub.name.to_owned(), value),
        None => element.remove(sub.name),
    };
}
