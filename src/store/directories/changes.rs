//! What an act of a directory changed, attribute by attribute, for the request log.

use serde_json::{Map, Value, json};

/// Characters of one value that are kept.
const VALUE: usize = 2000;
/// How many of those who came, and of those who went, are named.
const NAMED: usize = 100;

/// Attributes that are something else than before: those of extensions by their URNs. What a directory may not read back,
/// like a password, is no part of a resource and so of no change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes(Map<String, Value>);

impl Changes {
    /// Between two states of a resource.
    pub(super) fn between(before: &Map<String, Value>, after: &Map<String, Value>) -> Self {
        let mut changes = Self::default();
        changes.compare("", before, after);
        changes
    }

    /// From nothing.
    pub(super) fn made(after: &Map<String, Value>) -> Self {
        Self::between(&Map::new(), after)
    }

    /// To nothing.
    pub(super) fn gone(before: &Map<String, Value>) -> Self {
        Self::between(before, &Map::new())
    }

    /// The same, and who came into a group and who went out of it.
    #[must_use]
    pub(super) fn with_members(mut self, added: &[String], removed: &[String]) -> Self {
        if !added.is_empty() || !removed.is_empty() {
            let named = |ids: &[String]| ids.iter().take(NAMED).cloned().collect::<Vec<_>>();
            let members = json!({
                "added": named(added),
                "added_count": added.len(),
                "removed": named(removed),
                "removed_count": removed.len(),
            });
            self.0.insert("members".to_owned(), members);
        }
        self
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they are kept: what each attribute was and is, `null` where it had or has no value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    fn compare(&mut self, of: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
        let added = after.keys().filter(|name| !before.contains_key(*name));
        for name in before.keys().chain(added) {
            let (old, new) = (before.get(name), after.get(name));
            if old == new {
                continue;
            }
            if name.starts_with("urn:") {
                let parts = |value: Option<&Value>| {
                    value.and_then(Value::as_object).cloned().unwrap_or_default()
                };
                self.compare(&format!("{name}:"), &parts(old), &parts(new));
            } else {
                let change = json!({ "before": bounded(old), "after": bounded(new) });
                self.0.insert(format!("{of}{name}"), change);
            }
        }
    }
}

/// The value, or how long it is where it is long.
fn bounded(value: Option<&Value>) -> Value {
    let Some(value) = value else { return Value::Null };
    let length = match value {
        Value::String(text) => text.len(),
        Value::Array(_) | Value::Object(_) => value.to_string().len(),
        _ => 0,
    };
    if length > VALUE { format!("[{length} characters]").into() } else { value.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!("{value}") };
        map
    }

    const WORK: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    #[test]
    fn only_what_differs_is_kept_with_what_it_was_and_is() {
        let before = map(json!({
            "userName": "ann", "title": "Engineer", "active": true, WORK: { "department": "R&D", "division": "A" },
        }));
        let after = map(json!({
            "userName": "ann", "nickName": "An", "active": false, WORK: { "department": "Sales", "division": "A" },
        }));
        assert_eq!(
            Changes::between(&before, &after).into_value(),
            json!({
                "title": { "before": "Engineer", "after": null },
                "nickName": { "before": null, "after": "An" },
                "active": { "before": true, "after": false },
                format!("{WORK}:department"): { "before": "R&D", "after": "Sales" },
            })
        );
        assert!(Changes::between(&before, &before).is_empty());
    }

    #[test]
    fn what_is_made_was_nothing_and_what_is_gone_is_nothing() {
        let ann = map(json!({ "userName": "ann" }));
        assert_eq!(
            Changes::made(&ann).into_value(),
            json!({ "userName": { "before": null, "after": "ann" } })
        );
        assert_eq!(
            Changes::gone(&ann).into_value(),
            json!({ "userName": { "before": "ann", "after": null } })
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let long = map(json!({ "photos": [{ "value": "x".repeat(5000) }] }));
        let kept = Changes::made(&long).into_value().to_string();
        assert!(kept.len() < 100 && kept.contains("characters]"), "{kept}");
        let many: Vec<String> = (0..100_000).map(|n| format!("usr_{n}")).collect();
        let kept = Changes::default().with_members(&many, &[]).into_value();
        assert_eq!(kept["members"]["added_count"], 100_000);
        assert_eq!(kept["members"]["added"].as_array().unwrap().len(), NAMED);
    }
}
