//! Whether a filter is true of a resource.
//!
//! What the store decides by SQL it decides alike; a property test compares the two.

use super::{Filter, Literal, Op, Operand};
use crate::scim::fold;
use crate::scim::path::Target;
use crate::scim::schema::Attribute;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// Where the values of an operand come from.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a Map<String, Value>),
    Element(&'a Value),
}

/// Whether the filter is true of a resource, as it is answered: with `id`, `meta` and all.
#[must_use]
pub fn matches(filter: &Filter, resource: &Map<String, Value>) -> bool {
    decide(filter, Scope::Resource(resource))
}

/// Whether a filter in brackets is true of an element of its attribute.
#[must_use]
pub fn matches_element(filter: &Filter, element: &Value) -> bool {
    decide(filter, Scope::Element(element))
}

fn decide(filter: &Filter, scope: Scope<'_>) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| decide(part, scope)),
        Filter::Any(parts) => parts.iter().any(|part| decide(part, scope)),
        Filter::Not(inner) => !decide(inner, scope),
        Filter::Has(target, inner) => {
            let Scope::Resource(resource) = scope else { return false };
            elements(resource, target).iter().any(|element| decide(inner, Scope::Element(element)))
        }
        Filter::Present(operand) => values(*operand, scope).into_iter().any(is_value),
        Filter::Compare(operand, Op::Ne, literal) => !compares(*operand, Op::Eq, literal, scope),
        Filter::Compare(operand, op, literal) => compares(*operand, *op, literal, scope),
    }
}

fn compares(operand: Operand, op: Op, literal: &Literal, scope: Scope<'_>) -> bool {
    let found = values(operand, scope);
    if *literal == Literal::Null {
        return !found.into_iter().any(is_value);
    }
    let Some(attribute) = operand.compared() else { return false };
    found.into_iter().any(|value| {
        // Of an element with parts its value is compared.
        let value = value.get("value").filter(|_| value.is_object()).unwrap_or(value);
        is_so(attribute, value, op, literal)
    })
}

fn is_so(attribute: &Attribute, value: &Value, op: Op, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Bool(value), Literal::Bool(literal)) => op == Op::Eq && value == literal,
        (Value::String(value), Literal::Text(literal)) if attribute.case_exact => {
            text_is_so(value, op, literal)
        }
        (Value::String(value), Literal::Text(literal)) => {
            text_is_so(&fold(value), op, &super::folded(op, literal))
        }
        (Value::String(value), Literal::Time(literal)) => {
            super::moment(value).is_some_and(|value| is_in_order(value.cmp(literal), op))
        }
        _ => false,
    }
}

fn text_is_so(value: &str, op: Op, literal: &str) -> bool {
    match op {
        Op::Co => value.contains(literal),
        Op::Sw => value.starts_with(literal),
        Op::Ew => value.ends_with(literal),
        _ => is_in_order(value.cmp(literal), op),
    }
}

fn is_in_order(order: Ordering, op: Op) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Ne | Op::Co | Op::Sw | Op::Ew => false,
    }
}

/// Whether an attribute with this value has one: empty text and empty lists are none (RFC 7643, 2.5; RFC 7644, table 3).
fn is_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(is_value),
        Value::Object(parts) => parts.values().any(is_value),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn values(operand: Operand, scope: Scope<'_>) -> Vec<&Value> {
    match (operand, scope) {
        (Operand::Of(target), Scope::Resource(resource)) => {
            let found = elements(resource, &target);
            match target.sub {
                Some(sub) => {
                    found.into_iter().filter_map(|element| element.get(sub.name)).collect()
                }
                None => found,
            }
        }
        (Operand::Within(sub), Scope::Element(element)) => {
            element.get(sub.name).into_iter().collect()
        }
        (Operand::Of(_), Scope::Element(_)) | (Operand::Within(_), Scope::Resource(_)) => {
            Vec::new()
        }
    }
}

/// The values of an attribute: the elements of a list, or the one value.
fn elements<'a>(resource: &'a Map<String, Value>, target: &Target) -> Vec<&'a Value> {
    let owner = if target.is_core() {
        Some(resource)
    } else {
        resource.get(target.schema.id).and_then(Value::as_object)
    };
    match owner.and_then(|owner| owner.get(target.attribute.name)) {
        None => Vec::new(),
        Some(Value::Array(elements)) => elements.iter().collect(),
        Some(value) => vec![value],
    }
}
