//! A resource as the directory gave it, in one form: names as the schemas write them, values in their types, nothing that
//! only we write and nothing unknown.

mod normal;
mod projection;

pub(super) use normal::{element as normal_element, few, value as normal};
pub use projection::Projection;

use super::schema::{Attribute, Kind, Mutability, Schema};
use super::{Error, Result, member};
use serde_json::{Map, Value};

/// What a directory says of a user or group. Members of a group are no part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    kind: Kind,
    attributes: Map<String, Value>,
}

impl Resource {
    /// One that says nothing yet.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        Self { kind, attributes: Map::new() }
    }

    /// What was stored.
    #[must_use]
    pub fn stored(kind: Kind, attributes: Map<String, Value>) -> Self {
        Self { kind, attributes }
    }

    /// Reads the body of a POST or PUT (RFC 7644, 3.3 and 3.5.1). What is unknown or read only is left out.
    pub fn parse(kind: Kind, body: &Value) -> Result<Self> {
        let body = body.as_object().ok_or_else(|| {
            Error::syntax(format!("The body must be a JSON object: a {}.", kind.noun()))
        })?;
        let mut resource = Self::empty(kind);
        for (key, value) in body {
            if let Some(extension) = super::path::extension(kind, key) {
                resource.take_extension(extension, value)?;
            } else if let Some(attribute) = attribute(kind, key) {
                resource.take(kind.core(), attribute, value)?;
            }
        }
        Ok(resource)
    }

    /// Checks that the resource has what it must have (RFC 7643, 2.2).
    pub fn complete(&self) -> Result<()> {
        for attribute in self.kind.core().attributes.iter().filter(|one| one.required) {
            if self.text(attribute.name).is_none_or(|text| text.trim().is_empty()) {
                let detail = format!(
                    "A {} must have the attribute {}, which is missing or empty.",
                    self.kind.noun(),
                    attribute.name
                );
                return Err(Error::value(detail));
            }
        }
        Ok(())
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The attributes, extensions under their URNs.
    #[must_use]
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// The same, to be kept.
    #[must_use]
    pub fn into_attributes(self) -> Map<String, Value> {
        self.attributes
    }

    /// The text of a core attribute that has one value.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }

    /// A part of the name.
    #[must_use]
    pub fn name(&self, part: &str) -> Option<&str> {
        self.attributes.get("name")?.get(part)?.as_str()
    }

    /// Whether the person is to be active, if the directory says.
    #[must_use]
    pub fn active(&self) -> Option<bool> {
        self.attributes.get("active").and_then(Value::as_bool)
    }

    /// The email address that counts: the primary one, else the one for work, else the first, else the user name if it
    /// looks like one.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        let emails = self.attributes.get("emails").and_then(Value::as_array);
        let value = |email: &'_ &Value| email.get("value").and_then(Value::as_str).is_some();
        let emails: Vec<&Value> = emails.into_iter().flatten().filter(value).collect();
        let is_primary = |email: &&&Value| email.get("primary") == Some(&Value::Bool(true));
        let is_work = |email: &&&Value| {
            email
                .get("type")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
        };
        let chosen = emails.iter().find(is_primary).or_else(|| emails.iter().find(is_work));
        let chosen =
            chosen.or_else(|| emails.first()).and_then(|email| email.get("value")?.as_str());
        chosen.or_else(|| self.text("userName").filter(|name| name.contains('@')))
    }

    /// The name to be shown: as the directory shows it, else the whole name, else its parts.
    #[must_use]
    pub fn display_name(&self) -> Option<String> {
        let whole = self.text("displayName").or_else(|| self.name("formatted"));
        if let Some(whole) = whole.filter(|whole| !whole.trim().is_empty()) {
            return Some(whole.to_owned());
        }
        let parts = [self.name("givenName"), self.name("familyName")];
        let parts: Vec<&str> =
            parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// Keys of the application's roles, from our extension; a person who has none there has those that the core names
    /// (RFC 7643, 4.1.2).
    #[must_use]
    pub fn roles(&self) -> Vec<&str> {
        match self.extended_roles() {
            Some(roles) => roles.iter().filter_map(Value::as_str).collect(),
            None => self.core_roles().filter_map(|role| role.get("value")?.as_str()).collect(),
        }
    }

    /// Which of [`Self::roles`] is the primary one; the extension knows no such thing.
    #[must_use]
    pub fn primary_role(&self) -> Option<&str> {
        if self.extended_roles().is_some() {
            return None;
        }
        let is_primary = |role: &&Value| role.get("primary") == Some(&Value::Bool(true));
        self.core_roles().find(is_primary)?.get("value")?.as_str()
    }

    fn extended_roles(&self) -> Option<&Vec<Value>> {
        let mut extensions = self.kind.extensions().iter();
        let ours = extensions.find(|schema| schema.id.contains(":vestibule:"))?;
        let roles = self.attributes.get(ours.id)?.get("roles")?.as_array()?;
        Some(roles).filter(|roles| !roles.is_empty())
    }

    fn core_roles(&self) -> impl Iterator<Item = &Value> {
        let roles = self.attributes.get("roles").filter(|_| self.kind == Kind::User);
        roles.and_then(Value::as_array).into_iter().flatten()
    }

    /// Sets a core attribute, in its form.
    pub fn set(&mut self, name: &str, value: Value) {
        self.attributes.insert(name.to_owned(), value);
    }

    /// The URNs of its schemas: the core, and each extension that it has something of.
    #[must_use]
    pub fn schemas(&self) -> Vec<&'static str> {
        let extensions = self.kind.extensions().iter().map(|schema| schema.id);
        let used = extensions.filter(|id| self.attributes.contains_key(*id));
        std::iter::once(self.kind.core().id).chain(used).collect()
    }

    /// Leaves each element of an attribute once.
    pub(super) fn once_each(&mut self) {
        let (own, extended): (Vec<_>, Vec<_>) =
            self.attributes.values_mut().partition(|value| value.is_array());
        let extended = extended.into_iter().filter_map(Value::as_object_mut);
        let lists = own.into_iter().chain(extended.flat_map(Map::values_mut));
        for elements in lists.filter_map(Value::as_array_mut) {
            normal::once_each(elements);
        }
    }

    pub(super) fn attributes_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.attributes
    }

    fn take(
        &mut self,
        schema: &Schema,
        attribute: &'static Attribute,
        value: &Value,
    ) -> Result<()> {
        if !is_kept(attribute) {
            return Ok(());
        }
        if let Some(value) = normal::value(attribute, attribute.name, value)? {
            debug_assert!(std::ptr::eq(schema, self.kind.core()));
            self.attributes.insert(attribute.name.to_owned(), value);
        }
        Ok(())
    }

    fn take_extension(&mut self, schema: &'static Schema, value: &Value) -> Result<()> {
        let parts = extension(schema, value)?;
        if !parts.is_empty() {
            self.attributes.insert(schema.id.to_owned(), Value::Object(parts));
        }
        Ok(())
    }
}

/// An attribute that a body may have at its top: `members` is read by itself.
fn attribute(kind: Kind, key: &str) -> Option<&'static Attribute> {
    let own =
        super::path::of_schema(kind, key).filter(|(schema, _)| std::ptr::eq(*schema, kind.core()));
    let attribute = kind.attribute(own?.1)?;
    (attribute.name != "members").then_some(attribute)
}

/// Whether what the directory says of an attribute is kept.
pub(super) fn is_kept(attribute: &Attribute) -> bool {
    !matches!(attribute.mutability, Mutability::ReadOnly | Mutability::WriteOnly)
}

/// The attributes of an extension, in their forms.
pub(super) fn extension(schema: &'static Schema, value: &Value) -> Result<Map<String, Value>> {
    if value.is_null() {
        return Ok(Map::new());
    }
    let given = value
        .as_object()
        .ok_or_else(|| Error::value(format!("{} must be a JSON object.", schema.id)))?;
    let mut parts = Map::new();
    for attribute in schema.attributes.iter().filter(|one| is_kept(one)) {
        let Some(given) = member(given, attribute.name) else { continue };
        let name = format!("{}:{}", schema.id, attribute.name);
        if let Some(value) = normal::value(attribute, &name, given)? {
            parts.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(parts)
}

/// The IDs of the members in the body of a POST or PUT of a group; none: the body says nothing of members.
pub fn members(body: &Value) -> Result<Option<Vec<String>>> {
    let given = body.as_object().and_then(|body| {
        let core = Kind::Group.core();
        body.iter().find_map(|(key, value)| {
            let name = core.strip(key).and_then(|rest| rest.strip_prefix(':')).unwrap_or(key);
            name.eq_ignore_ascii_case("members").then_some(value)
        })
    });
    given.map(member_ids).transpose()
}

/// The IDs that a list of members, one member, or a bare ID names.
pub(super) fn member_ids(value: &Value) -> Result<Vec<String>> {
    let id = |member: &Value| {
        let text = match member {
            Value::String(id) => Some(id.as_str()),
            Value::Object(parts) => super::member(parts, "value").and_then(Value::as_str),
            _ => None,
        };
        let text = text.map(str::trim).filter(|id| !id.is_empty() && !id.contains('\0'));
        text.map(str::to_owned).ok_or_else(|| {
            Error::value("Each member must have a value: {\"value\": \"<ID of the user>\"}.")
        })
    };
    let mut ids = match value {
        Value::Null => Vec::new(),
        Value::Array(members) => members.iter().map(id).collect::<Result<Vec<_>>>()?,
        one => vec![id(one)?],
    };
    let mut seen = std::collections::HashSet::with_capacity(ids.len());
    ids.retain(|id| seen.insert(id.clone()));
    Ok(ids)
}

#[cfg(test)]
mod tests;
