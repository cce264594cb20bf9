//! Which attributes an answer has (RFC 7644, 3.9; RFC 7643, `returned`).

use crate::scim::path::Named;
use crate::scim::schema::{Attribute, Kind, Returned};
use serde_json::{Map, Value};

/// What was asked for by `attributes` and `excludedAttributes`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Projection {
    /// Only these, and what is always returned; none: everything.
    pub only: Option<Vec<Named>>,
    /// All but these.
    pub without: Vec<Named>,
}

impl Projection {
    /// Whether a core attribute will be in the answer, so that it need not be read otherwise.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        let is = |named: &Named| matches!(named, Named::Target(target) if target.is_core() && target.attribute.name == name);
        let is_whole = |named: &Named| {
            is(named) && matches!(named, Named::Target(target) if target.sub.is_none())
        };
        match &self.only {
            Some(only) => only.iter().any(is),
            None => !self.without.iter().any(is_whole),
        }
    }

    /// Leaves of a whole resource what was asked for.
    #[must_use]
    pub fn apply(&self, kind: Kind, resource: Map<String, Value>) -> Map<String, Value> {
        if self.only.is_none() && self.without.is_empty() {
            return resource;
        }
        let mut left = Map::new();
        for (key, value) in resource {
            let kept = match kind.extensions().iter().find(|schema| schema.id == key) {
                Some(schema) => self.extension(schema.id, value),
                None => match kind.attribute(&key) {
                    Some(attribute) => self.attribute(None, attribute, value),
                    // The list of schemas says what the rest means.
                    None => Some(value),
                },
            };
            if let Some(kept) = kept {
                left.insert(key, kept);
            }
        }
        left
    }

    fn extension(&self, urn: &'static str, value: Value) -> Option<Value> {
        let whole = Named::Extension(urn);
        if self.without.contains(&whole) {
            return None;
        }
        if self.only.as_ref().is_some_and(|only| only.contains(&whole)) {
            return Some(value);
        }
        let Value::Object(parts) = value else { return None };
        let schema = crate::scim::schema::by_id(urn)?;
        let mut left = Map::new();
        for (key, value) in parts {
            let attribute = schema.attribute(&key)?;
            if let Some(kept) = self.attribute(Some(urn), attribute, value) {
                left.insert(key, kept);
            }
        }
        (!left.is_empty()).then_some(Value::Object(left))
    }

    /// What of an attribute is left.
    fn attribute(
        &self,
        urn: Option<&str>,
        attribute: &'static Attribute,
        value: Value,
    ) -> Option<Value> {
        if attribute.returned == Returned::Always {
            return Some(value);
        }
        if attribute.returned == Returned::Never {
            return None;
        }
        // None: the whole attribute is named; else the sub-attributes that are.
        let named = |list: &[Named]| -> Option<Vec<Option<&'static str>>> {
            let subs: Vec<Option<&'static str>> = list
                .iter()
                .filter_map(|named| match named {
                    Named::Target(target)
                        if std::ptr::eq(target.attribute, attribute)
                            && urn.is_none_or(|urn| urn == target.schema.id) =>
                    {
                        Some(target.sub.map(|sub| sub.name))
                    }
                    _ => None,
                })
                .collect();
            (!subs.is_empty()).then_some(subs)
        };
        if let Some(only) = &self.only {
            let subs = named(only)?;
            if subs.contains(&None) {
                return Some(value);
            }
            return parts(value, |key| subs.contains(&Some(key)));
        }
        match named(&self.without) {
            None => Some(value),
            Some(subs) if subs.contains(&None) => None,
            Some(subs) => parts(value, |key| !subs.contains(&Some(key))),
        }
    }
}

/// The parts of a value, or of each element, that are kept.
fn parts(value: Value, is_kept: impl Fn(&str) -> bool + Copy) -> Option<Value> {
    match value {
        Value::Array(elements) => {
            let left: Vec<Value> =
                elements.into_iter().filter_map(|element| parts(element, is_kept)).collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        Value::Object(parts) => {
            let left: Map<String, Value> =
                parts.into_iter().filter(|(key, _)| is_kept(key)).collect();
            (!left.is_empty()).then_some(Value::Object(left))
        }
        other => Some(other),
    }
}
