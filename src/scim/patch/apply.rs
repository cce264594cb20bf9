//! One operation on a resource.

use super::{Op, Operation, Place};
use crate::scim::filter::{self, Filter, Literal, Operand};
use crate::scim::path::Target;
use crate::scim::resource::{self, Resource, normal, normal_element};
use crate::scim::schema::{Attribute, Mutability, Schema, Type};
use crate::scim::{Error, Result};
use serde_json::{Map, Value};

type Parts = Map<String, Value>;

pub(super) fn one(resource: &mut Resource, operation: &Operation) -> Result<()> {
    let Operation { op, place, value } = operation;
    let value = value.as_ref();
    match place {
        Place::Extension(schema) => extension(resource, *op, schema, value),
        Place::Attribute(target) => {
            within(resource, target, |parts| attribute(parts, *op, target, value))
        }
        Place::Elements(target, filter) => {
            within(resource, target, |parts| elements(parts, *op, target, filter, value))
        }
    }
}

/// Does something with the attributes of the target's schema; an extension without any is no more.
fn within(
    resource: &mut Resource,
    target: &Target,
    act: impl FnOnce(&mut Parts) -> Result<()>,
) -> Result<()> {
    if target.attribute.mutability == Mutability::WriteOnly {
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

fn extension(
    resource: &mut Resource,
    op: Op,
    schema: &'static Schema,
    value: Option<&Value>,
) -> Result<()> {
    let attributes = resource.attributes_mut();
    let Some(value) = value.filter(|value| op != Op::Remove && !value.is_null()) else {
        attributes.remove(schema.id);
        return Ok(());
    };
    let mut parts = take_object(attributes, schema.id);
    // A value that is nothing takes away, as for a single attribute.
    for (key, given) in value.as_object().into_iter().flatten() {
        if let Some(attribute) = schema.attribute(key)
            && (given.is_null() || given.as_array().is_some_and(Vec::is_empty))
        {
            parts.remove(attribute.name);
        }
    }
    for (key, value) in resource::extension(schema, value)? {
        let many = schema.attribute(&key).filter(|one| one.multi && op == Op::Add);
        match (many, parts.get_mut(&key)) {
            (Some(_), Some(Value::Array(there))) => {
                if let Value::Array(more) = value {
                    merge_all(there, more);
                }
            }
            _ => {
                parts.insert(key, value);
            }
        }
    }
    put_object(attributes, schema.id, parts);
    Ok(())
}

fn attribute(parts: &mut Parts, op: Op, target: &Target, value: Option<&Value>) -> Result<()> {
    let attribute = target.attribute;
    let name = attribute.name;
    let path = target.to_string();
    match (op, target.sub) {
        (Op::Remove, None) => remove(parts, attribute, value),
        (Op::Remove, Some(sub)) => {
            each(parts, name, |element| {
                element.remove(sub.name);
            });
            Ok(())
        }
        (_, Some(sub)) => {
            let value = normal(sub, &path, value.unwrap_or(&Value::Null))?;
            set_sub(parts, attribute, sub, value.as_ref());
            Ok(())
        }
        (Op::Add, None) => add(parts, attribute, &path, value),
        (Op::Replace, None) => replace(parts, attribute, &path, value),
    }
}

fn remove(parts: &mut Parts, attribute: &'static Attribute, value: Option<&Value>) -> Result<()> {
    let name = attribute.name;
    let (Some(value), Some(Value::Array(there))) =
        (value.filter(|_| attribute.multi), parts.get_mut(name))
    else {
        parts.remove(name);
        return Ok(());
    };
    // Not of the standard, but many send which elements they mean.
    if let Some(Value::Array(unwanted)) = normal(attribute, name, value)? {
        there.retain(|element| !unwanted.iter().any(|one| is_same(element, one)));
    }
    if there.is_empty() {
        parts.remove(name);
    }
    Ok(())
}

/// Whether both are the same element: what the second says is true of the first.
fn is_same(element: &Value, given: &Value) -> bool {
    match (element, given) {
        (Value::Object(element), Value::Object(given)) => {
            given.iter().all(|(key, value)| element.get(key) == Some(value))
        }
        _ => element == given,
    }
}

fn add(
    parts: &mut Parts,
    attribute: &'static Attribute,
    path: &str,
    value: Option<&Value>,
) -> Result<()> {
    let Some(new) = normal(attribute, path, value.unwrap_or(&Value::Null))? else { return Ok(()) };
    match (parts.get_mut(attribute.name), new) {
        (Some(Value::Array(there)), Value::Array(more)) if attribute.multi => {
            merge_all(there, more);
        }
        (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
        (_, new) => {
            parts.insert(attribute.name.to_owned(), new);
        }
    }
    Ok(())
}

fn replace(
    parts: &mut Parts,
    attribute: &'static Attribute,
    path: &str,
    value: Option<&Value>,
) -> Result<()> {
    match normal(attribute, path, value.unwrap_or(&Value::Null))? {
        None => {
            parts.remove(attribute.name);
        }
        // Sub-attributes that are not named stay (RFC 7644, 3.5.2.3).
        Some(Value::Object(new)) => {
            let mut there = take_object(parts, attribute.name);
            there.extend(new);
            put_object(parts, attribute.name, there);
        }
        Some(new) => {
            parts.insert(attribute.name.to_owned(), new);
        }
    }
    Ok(())
}

/// Adds elements to those that are there: one that is there already changes nothing, one of the same value and type is
/// the same with more said of it.
fn merge_all(there: &mut Vec<Value>, more: Vec<Value>) {
    for new in more {
        if there.iter().any(|element| is_same(element, &new)) {
            continue;
        }
        if new.get("primary") == Some(&Value::Bool(true)) {
            not_primary(there);
        }
        let identity =
            |element: &Value| (element.get("value").cloned(), element.get("type").cloned());
        let known = there
            .iter_mut()
            .find(|element| new.get("value").is_some() && identity(element) == identity(&new));
        match (known.and_then(Value::as_object_mut), new) {
            (Some(known), Value::Object(new)) => known.extend(new),
            (_, new) => there.push(new),
        }
    }
}

fn not_primary(elements: &mut [Value]) {
    for element in elements.iter_mut().filter_map(Value::as_object_mut) {
        if element.get("primary") == Some(&Value::Bool(true)) {
            element.insert("primary".to_owned(), false.into());
        }
    }
}

/// Sets a sub-attribute: of the one value, or of every element.
fn set_sub(
    parts: &mut Parts,
    attribute: &'static Attribute,
    sub: &'static Attribute,
    value: Option<&Value>,
) {
    let name = attribute.name;
    if parts.get(name).is_none() && value.is_some() {
        let empty = Value::Object(Parts::new());
        let empty = if attribute.multi { Value::Array(vec![empty]) } else { empty };
        parts.insert(name.to_owned(), empty);
    }
    each(parts, name, |element| put(element, sub, value.cloned()));
}

fn put(element: &mut Parts, sub: &Attribute, value: Option<Value>) {
    match value {
        Some(value) => element.insert(sub.name.to_owned(), value),
        None => element.remove(sub.name),
    };
}

/// Does something with the value, or with each element, and drops what is empty then.
fn each(parts: &mut Parts, name: &str, mut act: impl FnMut(&mut Parts)) {
    let is_empty = match parts.get_mut(name) {
        Some(Value::Object(element)) => {
            act(element);
            element.is_empty()
        }
        Some(Value::Array(elements)) => {
            elements.iter_mut().filter_map(Value::as_object_mut).for_each(act);
            elements.retain(|element| element.as_object().is_none_or(|parts| !parts.is_empty()));
            elements.is_empty()
        }
        _ => false,
    };
    if is_empty {
        parts.remove(name);
    }
}

fn elements(
    parts: &mut Parts,
    op: Op,
    target: &Target,
    filter: &Filter,
    value: Option<&Value>,
) -> Result<()> {
    let attribute = target.attribute;
    let mut there = match parts.remove(attribute.name) {
        Some(Value::Array(there)) => there,
        _ => Vec::new(),
    };
    let done = match op {
        Op::Remove => {
            take_away(&mut there, target.sub, filter);
            Ok(())
        }
        Op::Add | Op::Replace => put_into(&mut there, op, target, filter, value),
    };
    if !there.is_empty() {
        parts.insert(attribute.name.to_owned(), Value::Array(there));
    }
    done
}

fn take_away(there: &mut Vec<Value>, sub: Option<&'static Attribute>, filter: &Filter) {
    match sub {
        None => there.retain(|element| !filter::matches_element(filter, element)),
        Some(sub) => {
            for element in there.iter_mut().filter(|one| filter::matches_element(filter, one)) {
                if let Some(element) = element.as_object_mut() {
                    element.remove(sub.name);
                }
            }
            there.retain(|element| element.as_object().is_none_or(|parts| !parts.is_empty()));
        }
    }
}

/// Sets what is to be set in the elements that match. Where none does, one is made of what the filter says: Entra sets
/// `emails[type eq "work"].value` of a person who has no such address.
fn put_into(
    there: &mut Vec<Value>,
    op: Op,
    target: &Target,
    filter: &Filter,
    value: Option<&Value>,
) -> Result<()> {
    let (attribute, path) = (target.attribute, target.to_string());
    let value = value.unwrap_or(&Value::Null);
    let new = match target.sub {
        Some(sub) => {
            let value = normal(sub, &path, value)?;
            Parts::from_iter(value.map(|value| (sub.name.to_owned(), value)))
        }
        None => match normal_element(attribute, &path, value)? {
            Some(Value::Object(new)) => new,
            _ => Parts::new(),
        },
    };
    if new.is_empty() {
        // Nothing in the place of something is its removal.
        if op == Op::Replace {
            take_away(there, target.sub, filter);
        }
        return Ok(());
    }
    let mut matched: Vec<usize> = Vec::new();
    for (n, element) in there.iter().enumerate() {
        if filter::matches_element(filter, element) {
            matched.push(n);
        }
    }
    if matched.is_empty() {
        let mut made = Parts::new();
        if !describe(filter, &mut made) {
            return Err(Error::no_target(format!(
                "No element of {} matches {filter}, and none can be made of that.",
                attribute.name
            )));
        }
        matched.push(there.len());
        there.push(Value::Object(made));
    }
    if new.get("primary") == Some(&Value::Bool(true)) {
        not_primary(there);
    }
    let is_whole = op == Op::Replace && target.sub.is_none();
    for n in matched {
        if let Some(element) = there.get_mut(n).and_then(Value::as_object_mut) {
            if is_whole {
                element.clear();
                describe(filter, element);
            }
            element.extend(new.clone());
        }
    }
    Ok(())
}

/// Makes an element of which the filter is true; false where the filter does not say enough.
fn describe(filter: &Filter, element: &mut Parts) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| describe(part, element)),
        Filter::Compare(Operand::Within(sub), filter::Op::Eq, literal) => {
            let value = match literal {
                Literal::Text(text) if sub.kind != Type::Complex => Value::from(text.as_str()),
                Literal::Bool(value) => Value::Bool(*value),
                _ => return false,
            };
            element.insert(sub.name.to_owned(), value);
            true
        }
        _ => false,
    }
}
