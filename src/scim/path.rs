//! Which attribute is meant (RFC 7644, 3.10): `userName`, `name.familyName`, `urn:…:User:department`.

use super::schema::{self, Attribute, Kind, Schema, Type};
use super::{Error, Result};

/// An attribute, or a sub-attribute of it, of a kind of resource.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The schema it is of; the core schema for what every resource has.
    pub schema: &'static Schema,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The sub-attribute, if one is meant.
    pub sub: Option<&'static Attribute>,
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.schema, other.schema)
            && std::ptr::eq(self.attribute, other.attribute)
            && match (self.sub, other.sub) {
                (None, None) => true,
                (Some(one), Some(other)) => std::ptr::eq(one, other),
                _ => false,
            }
    }
}

impl Target {
    /// Finds what `text` names in a resource of this kind.
    #[must_use]
    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        let (schema, name) = of_schema(kind, text.trim())?;
        let (name, sub) = match name.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (name, None),
        };
        let core = std::ptr::eq(schema, kind.core());
        let attribute = if core { kind.attribute(name) } else { schema.attribute(name) }?;
        let sub = match sub {
            Some(sub) => Some(attribute.sub(sub)?),
            None => None,
        };
        Some(Self { schema, attribute, sub })
    }

    /// The attribute whose values are meant: the sub-attribute if there is one.
    #[must_use]
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The attribute that a comparison looks at: of a complex attribute that is its `value` (RFC 7643, 2.4).
    #[must_use]
    pub fn compared(&self) -> Option<&'static Attribute> {
        let leaf = self.leaf();
        if leaf.kind == Type::Complex { leaf.value() } else { Some(leaf) }
    }

    /// Whether the attribute is of the core schema of its kind, or one that every resource has.
    #[must_use]
    pub fn is_core(&self) -> bool {
        Kind::ALL.iter().any(|kind| std::ptr::eq(kind.core(), self.schema))
    }

    /// Whether this is the core attribute of this name: `is("emails.value")`.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let (name, sub) = match name.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (name, None),
        };
        self.is_core() && self.attribute.name == name && self.sub.map(|sub| sub.name) == sub
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.is_core() {
            write!(f, "{}:", self.schema.id)?;
        }
        f.write_str(self.attribute.name)?;
        match self.sub {
            Some(sub) => write!(f, ".{}", sub.name),
            None => Ok(()),
        }
    }
}

/// The schema that a path is of, and what of the path is left: a URN may stand before the attribute, with a colon.
pub(super) fn of_schema(kind: Kind, text: &str) -> Option<(&'static Schema, &str)> {
    for schema in kind.schemas() {
        if let Some(rest) = schema.strip(text) {
            return rest.strip_prefix(':').map(|rest| (schema, rest));
        }
    }
    let is_urn = text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("urn:"));
    (!is_urn).then(|| (kind.core(), text))
}

/// An extension that is named as a whole.
pub(super) fn extension(kind: Kind, text: &str) -> Option<&'static Schema> {
    kind.extensions().iter().copied().find(|schema| schema.is(text.trim()))
}

/// What a list of attributes names: an attribute, or a whole extension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Named {
    /// One attribute.
    Target(Target),
    /// All of an extension's.
    Extension(&'static str),
}

/// Reads `attributes` or `excludedAttributes` (RFC 7644, 3.9). Names that are unknown are left out.
pub fn list<'a>(kinds: &[Kind], names: impl IntoIterator<Item = &'a str>) -> Vec<Named> {
    let names = names.into_iter().map(str::trim).filter(|name| !name.is_empty());
    let of = |name: &str| {
        kinds.iter().find_map(|kind| {
            let whole = extension(*kind, name).map(|schema| Named::Extension(schema.id));
            whole.or_else(|| Target::parse(*kind, name).map(Named::Target))
        })
    };
    names.filter_map(of).collect()
}

/// The attribute that a query names to sort by.
pub fn sort(kind: Kind, name: &str) -> Result<Target> {
    Target::parse(kind, name).ok_or_else(|| {
        let known: Vec<&str> = schema::sortable(kind).collect();
        Error::value(format!(
            "sortBy names no attribute of a {}: “{name}”. Sort by {}.",
            kind.noun(),
            known.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Option<String> {
        Target::parse(Kind::User, text).map(|target| target.to_string())
    }

    #[test]
    fn attribute_names_and_schema_urns_are_case_insensitive() {
        assert_eq!(user("USERNAME").unwrap(), "userName");
        assert_eq!(user("Name.FAMILYname").unwrap(), "name.familyName");
        assert_eq!(
            user("urn:ietf:params:scim:schemas:CORE:2.0:user:userName").unwrap(),
            "userName"
        );
    }

    #[test]
    fn an_extension_path_of_entra_is_understood() {
        let path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
        assert_eq!(user(path).unwrap(), path);
        assert_eq!(
            user(&path.replace("department", "manager.value")).unwrap().len(),
            path.len() + 3
        );
    }

    #[test]
    fn what_is_no_attribute_is_none() {
        for text in ["", "usrName", "name.nickname", "department", "urn:x:y:userName", "a.b.c", "."]
        {
            assert_eq!(user(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_of_attributes_leaves_out_what_is_unknown() {
        let found = list(&[Kind::User], ["userName", "", "nobody", "name.givenName"]);
        assert_eq!(found.len(), 2);
    }
}
