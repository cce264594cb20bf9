//! Attributes and their characteristics (RFC 7643, 2 and 7), as data: what is read, checked, projected and described
//! follows from it.

mod attribute;
pub mod documents;
mod group;
mod user;

pub use attribute::{Attribute, Mutability, Returned, Type};

use attribute::text;

/// A kind of resource (RFC 7643, 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A person.
    User,
    /// A set of people.
    Group,
}

/// A schema: a URN and its attributes (RFC 7643, 7).
#[derive(Debug)]
pub struct Schema {
    /// Its URN.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What it describes.
    pub attributes: &'static [Attribute],
    /// Other URNs under which old clients mean it.
    aliases: &'static [&'static str],
}

/// Attributes that every resource has beside those of its schemas (RFC 7643, 3.1).
static COMMON: &[Attribute] = &[
    text("schemas", "The URNs of its schemas, which follow from what it has.")
        .many()
        .read_only()
        .always(),
    text("id", "The gateway's ID of the resource.").exact().read_only().always(),
    text("externalId", "The directory's ID of the resource.").exact(),
    Attribute::complex("meta", "What the gateway knows of the resource.", META).read_only(),
];

static META: &[Attribute] = &[
    text("resourceType", "The kind of the resource.").exact().read_only(),
    Attribute::new("created", Type::DateTime, "When it was made.").read_only(),
    Attribute::new("lastModified", Type::DateTime, "When it was last changed.").read_only(),
    text("location", "Its address.").exact().read_only(),
    text("version", "Its version, an entity tag.").exact().read_only(),
];

impl Kind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// The name of the resource type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Its endpoint under the base URL.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// How a sentence calls one.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// Its core schema.
    #[must_use]
    pub fn core(self) -> &'static Schema {
        match self {
            Self::User => &user::CORE,
            Self::Group => &group::CORE,
        }
    }

    /// The schemas that extend it.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static Schema] {
        match self {
            Self::User => user::EXTENSIONS,
            Self::Group => group::EXTENSIONS,
        }
    }

    /// The core schema, then the extensions.
    pub fn schemas(self) -> impl Iterator<Item = &'static Schema> {
        std::iter::once(self.core()).chain(self.extensions().iter().copied())
    }

    /// An attribute of the core schema, or one that every resource has.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        self.core().attribute(name).or_else(|| named(COMMON, name))
    }
}

/// A schema is the same as itself: each is there once.
impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Schema {
    /// An attribute by its name, whatever its case (RFC 7643, 2.1).
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        named(self.attributes, name)
    }

    /// What of `text` follows this schema's URN: nothing, or a colon and an attribute.
    #[must_use]
    pub fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        std::iter::once(&self.id).chain(self.aliases).find_map(|urn| {
            let (head, rest) = text.split_at_checked(urn.len())?;
            (head.eq_ignore_ascii_case(urn) && (rest.is_empty() || rest.starts_with(':')))
                .then_some(rest)
        })
    }

    /// Whether `urn` is this schema's.
    #[must_use]
    pub fn is(&self, urn: &str) -> bool {
        self.strip(urn).is_some_and(str::is_empty)
    }
}

/// Finds an attribute by its name, whatever its case.
pub(super) fn named(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

/// The schema with this URN, of any kind.
#[must_use]
pub fn by_id(urn: &str) -> Option<&'static Schema> {
    Kind::ALL.into_iter().flat_map(Kind::schemas).find(|schema| schema.is(urn))
}

/// The attributes that a list can be sorted by: those that have an index.
pub fn sortable(kind: Kind) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match kind {
        Kind::User => &["userName", "displayName", "emails.value"],
        Kind::Group => &["displayName"],
    };
    own.iter().copied().chain(["id", "externalId", "meta.created", "meta.lastModified"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_urns_are_not_case_sensitive() {
        assert_eq!(Kind::User.attribute("USERNAME").unwrap().name, "userName");
        assert_eq!(Kind::User.attribute("EXTERNALID").unwrap().name, "externalId");
        assert!(by_id("URN:ietf:params:scim:schemas:core:2.0:user").is_some());
        assert!(by_id("urn:ietf:params:scim:schemas:core:2.0:Use").is_none());
    }

    #[test]
    fn an_old_urn_of_onelogin_means_the_core_schema() {
        assert_eq!(by_id("urn:scim:schemas:core:2.0:User").unwrap().id, user::CORE.id);
        assert_eq!(user::CORE.strip("urn:scim:schemas:core:2.0:User:userName"), Some(":userName"));
        assert_eq!(user::CORE.strip("urn:scim:schemas:core:2.0"), Some(""));
    }

    #[test]
    fn no_attribute_is_listed_twice() {
        fn check(attributes: &[Attribute]) {
            for (n, one) in attributes.iter().enumerate() {
                let again = attributes[n + 1..].iter().any(|other| other.name == one.name);
                assert!(!again, "{}", one.name);
                check(one.sub);
            }
        }
        Kind::ALL.into_iter().flat_map(Kind::schemas).for_each(|schema| check(schema.attributes));
    }
}
