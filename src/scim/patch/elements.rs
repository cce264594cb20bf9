//! Operations on elements of an attribute that has several values.

use super::Op;
use super::apply::{Parts, put, set_parts};
use crate::scim::filter::{self, Filter, Literal, Operand};
use crate::scim::path::Target;
use crate::scim::resource::{few, normal, normal_element};
use crate::scim::schema::{Attribute, Type};
use crate::scim::{Error, Result, fold};
use serde_json::Value;

/// Does something with the elements that a filter is true of.
pub(super) fn act(
    parts: &mut Parts,
    op: Op,
    target: &Target,
    filter: &Filter,
    value: Option<&Value>,
) -> Result<()> {
    let name = target.attribute.name;
    let mut there = match parts.remove(name) {
        Some(Value::Array(there)) => there,
        _ => Vec::new(),
    };
    match op {
        Op::Remove => take_away(&mut there, target.sub, filter),
        Op::Add | Op::Replace => put_into(&mut there, op, target, filter, value)?,
    }
    if !there.is_empty() {
        parts.insert(name.to_owned(), Value::Array(there));
    }
    Ok(())
}

/// Takes away what matches. That nothing does is no fault: it is away already.
fn take_away(there: &mut Vec<Value>, sub: Option<&'static Attribute>, filter: &Filter) {
    let Some(sub) = sub else {
        there.retain(|element| !filter::matches_element(filter, element));
        return;
    };
    for element in there.iter_mut().filter(|one| filter::matches_element(filter, one)) {
        if let Some(element) = element.as_object_mut() {
            element.remove(sub.name);
        }
    }
    there.retain(|element| element.as_object().is_none_or(|parts| !parts.is_empty()));
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
    let is_meant = |element: &Value| filter::matches_element(filter, element);
    let Some(first) = there.iter().position(is_meant) else {
        there.push(made(target, filter, new)?);
        let last = there.len() - 1;
        only_primary(there, last);
        return few(&path, there.len());
    };
    for element in there.iter_mut().filter(|element| is_meant(element)) {
        let Some(element) = element.as_object_mut() else { continue };
        match (target.sub, value) {
            (Some(sub), _) => put(element, sub, new.get(sub.name).cloned()),
            (None, Value::Object(given)) if op == Op::Add => {
                set_parts(attribute, element, given, new.clone());
            }
            _ => {
                element.clear();
                describe(filter, element);
                element.extend(new.clone());
            }
        }
    }
    only_primary(there, first);
    Ok(())
}

/// A new element that the filter is true of.
fn made(target: &Target, filter: &Filter, new: Parts) -> Result<Value> {
    let mut made = Parts::new();
    let is_described = describe(filter, &mut made);
    made.extend(new);
    let made = Value::Object(made);
    if is_described && filter::matches_element(filter, &made) {
        return Ok(made);
    }
    Err(Error::no_target(format!(
        "No element of {} matches {filter}, and none can be made of that.",
        target.attribute.name
    )))
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

/// Adds elements to those that are there: one that is there already changes nothing, one of the same value and type is
/// the same with more said of it (RFC 7644, 3.5.2.1).
pub(super) fn merge_all(
    attribute: &'static Attribute,
    path: &str,
    there: &mut Vec<Value>,
    more: Vec<Value>,
) -> Result<()> {
    for new in more {
        if there.iter().any(|element| is_same(attribute, element, &new)) {
            continue;
        }
        let is_known = |element: &Value| {
            new.get("value").is_some()
                && ["value", "type"].iter().all(|key| is_alike(element.get(key), new.get(key)))
        };
        let at = match there.iter().position(is_known) {
            Some(at) => at,
            None => there.len(),
        };
        match (there.get_mut(at).and_then(Value::as_object_mut), new) {
            (Some(known), Value::Object(new)) => known.extend(new),
            (_, new) => there.push(new),
        }
        only_primary(there, at);
    }
    few(path, there.len())
}

/// Whether both are the same element: what the second says is true of the first.
pub(super) fn is_same(attribute: &Attribute, element: &Value, given: &Value) -> bool {
    match (element, given) {
        (Value::Object(element), Value::Object(given)) => given.iter().all(|(key, value)| {
            let has_case = !matches!(key.as_str(), "value" | "type")
                || attribute.sub(key).is_some_and(|sub| sub.case_exact);
            let there = element.get(key);
            there == Some(value) || !has_case && is_alike(there, Some(value))
        }),
        _ => element == given || !attribute.case_exact && is_alike(Some(element), Some(given)),
    }
}

/// Whether two values are the same but for case.
fn is_alike(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::String(one)), Some(Value::String(other))) => fold(one) == fold(other),
        _ => one == other,
    }
}

/// If the element at `chosen` is the primary one, no other is; else at most the first of those that say so (RFC 7643, 2.4).
pub(super) fn only_primary(elements: &mut [Value], chosen: usize) {
    let is_primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
    let kept = if elements.get(chosen).is_some_and(is_primary) {
        Some(chosen)
    } else {
        elements.iter().position(is_primary)
    };
    for (at, element) in elements.iter_mut().enumerate() {
        if Some(at) != kept
            && is_primary(element)
            && let Some(element) = element.as_object_mut()
        {
            element.insert("primary".to_owned(), false.into());
        }
    }
}
