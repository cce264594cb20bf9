//! What each identity provider's console calls things, from `guides/`, and how to fix a cause there.

mod files;
mod month;
mod provisioning;
pub mod snippets;

pub use month::Month;
pub use provisioning::{ScimGuide, ScimValues};

use crate::cause::Cause;
use crate::error::{Error, Result};
use crate::locale::{self, Locale, Who};
use serde::{Deserialize, Serialize};

/// The guide for a provider that has none of its own.
pub const GENERIC: &str = "generic";

/// One provider's console in its own words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// `jumpcloud`.
    pub id: String,
    /// `JumpCloud`.
    pub name: String,
    /// Two letters in place of a logo.
    pub tile: String,
    /// When somebody last compared it with the live console; none: nobody has, and its names come from published documentation.
    pub verified: Option<Month>,
    /// What a custom app there can speak.
    pub protocols: Vec<Protocol>,
    /// Who chooses the provider's entity ID.
    pub idp_entity_id: EntityIdSource,
    /// The way to a new app.
    pub create: Vec<String>,
    /// Where the values are entered afterwards.
    pub place: Vec<String>,
    /// Whether that place has not been compared with published documentation.
    #[serde(default)]
    pub place_may_differ: bool,
    /// How people get the app.
    pub assign: Vec<String>,
    /// Where the metadata is.
    pub metadata: MetadataGuide,
    /// What to enter, in the order of the console.
    pub values: Vec<Value>,
    /// What to enter for single logout, where the console has something for it and that is wanted.
    #[serde(default)]
    pub logout: Vec<Value>,
    /// Attributes to send, by the names that we read.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// What the console calls the rows of them.
    #[serde(default)]
    pub rows: Rows,
    /// What it has for provisioning; none: it tells nobody of people.
    pub scim: Option<ScimGuide>,
    #[serde(default)]
    fixes: Vec<Place>,
}

/// A protocol of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Sign-in.
    Saml,
    /// Provisioning.
    Scim,
}

/// Who chooses the provider's entity ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityIdSource {
    /// The IT admin types it: we generate one.
    Generated,
    /// The provider: it is in the metadata.
    FromMetadata,
}

/// Where a console has its metadata.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a line of the guide's file")]
pub struct MetadataGuide {
    /// Whether there is an address.
    pub url: bool,
    /// Whether there is a file.
    pub file: bool,
    /// The button or field to use.
    pub button: String,
    /// What is mistaken for it.
    pub not_this: Vec<String>,
    /// Where the button is.
    pub path: Vec<String>,
    /// Whether the console shows it before it asks for our values.
    #[serde(default)]
    pub first: bool,
    /// Whether the names have not been compared with published documentation.
    #[serde(default)]
    pub may_differ: bool,
}

/// How a value gets into the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Copied from us.
    Paste,
    /// Picked from a list.
    Choose,
    /// A box to tick or to clear.
    Tick,
    /// A row or a rule to add.
    Add,
}

/// One field of the console and what belongs into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// How it gets there.
    pub kind: Kind,
    /// The name that the console prints.
    pub label: String,
    /// What to enter.
    pub value: String,
    /// What else can be chosen and works.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// Whether the name has not been compared with published documentation.
    #[serde(default)]
    pub may_differ: bool,
}

/// What a console calls the rows of attributes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// The column of the name that we read; empty: no name is known.
    #[serde(default)]
    pub name: String,
    /// The column of what the console takes it from.
    #[serde(default)]
    pub source: String,
    /// The button that makes a row.
    #[serde(default)]
    pub add: String,
    /// Where they are; nothing: where the values are entered.
    #[serde(default)]
    pub path: Vec<String>,
    /// What else is entered in each row.
    #[serde(default)]
    pub each: Vec<Value>,
    /// What sends groups as well, for whoever wants them with each sign-in and not from the directory.
    #[serde(default)]
    pub groups: Vec<Value>,
    /// What to press once all of it is entered.
    #[serde(default)]
    pub then: Vec<String>,
}

/// One attribute to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The name that we read.
    pub name: String,
    /// What the console takes it from.
    pub source: String,
    /// Whether the name has not been compared with published documentation.
    #[serde(default)]
    pub may_differ: bool,
}

/// Where in the console a cause is mended.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    code: Cause,
    path: Vec<String>,
    field: String,
    value: String,
    #[serde(default)]
    may_differ: bool,
}

/// What a connection gives to its provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values<'a> {
    /// The provider's entity ID: generated by us or known from its metadata.
    pub idp_entity_id: Option<&'a str>,
    /// Ours.
    pub sp_entity_id: &'a str,
    /// Where our metadata is.
    pub sp_metadata_url: &'a str,
    /// Our assertion consumer service.
    pub acs: &'a str,
    /// Our single logout service.
    pub slo: &'a str,
    /// Where people start.
    pub login_url: &'a str,
    /// What the IT admin called the app.
    pub app: Option<&'a str>,
}

/// How to mend a cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// The provider's name; absent if its console is not known.
    pub provider: Option<String>,
    /// The way through the provider's console.
    pub path: Vec<String>,
    /// The field there.
    pub field: Option<String>,
    /// What belongs into it.
    pub value: Option<String>,
    /// Whether the names have not been compared with published documentation.
    pub may_differ: bool,
    /// What to do, in a sentence.
    pub sentence: String,
    /// Who does it; the first is asked first.
    pub who: Vec<Who>,
}

impl Fix {
    /// The way in one line: `JumpCloud › SSO Applications › Orbit Labs › SSO › SP Entity ID`.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let field = self.field.as_deref()?;
        let path = self.path.iter().map(String::as_str);
        // A page and its only field may have one name, which is said once.
        let field = Some(field).filter(|field| self.path.last().is_none_or(|page| page != field));
        let steps: Vec<_> = self.provider.as_deref().into_iter().chain(path).chain(field).collect();
        Some(steps.join(" › "))
    }
}

/// Every guide.
#[derive(Debug, Clone)]
pub struct Guides {
    named: Vec<Guide>,
    generic: Guide,
}

impl Guides {
    /// Every guide in the order in which people choose among them; the generic one is last.
    pub fn all(&self) -> impl Iterator<Item = &Guide> {
        self.named.iter().chain([&self.generic])
    }

    /// The guide of this ID.
    pub fn find(&self, id: &str) -> Result<&Guide> {
        self.all().find(|guide| guide.id == id).ok_or_else(|| Error::not_found("guide", id))
    }

    /// The guide of this ID, or the generic one: for a connection kept from another version.
    #[must_use]
    pub fn of(&self, id: &str) -> &Guide {
        self.all().find(|guide| guide.id == id).unwrap_or(&self.generic)
    }

    /// How to mend `cause` at the provider whose guide is `id`.
    #[must_use]
    pub fn fix(&self, locale: &Locale, cause: Cause, id: &str, values: &Values<'_>) -> Fix {
        let guide = self.of(id);
        let is_known = guide.id != GENERIC;
        let place = self.place(guide, cause);
        let text = locale.cause(cause);
        let app = locale.text("guide.app");
        let provider = if is_known { guide.name.as_str() } else { locale.text("guide.provider") };
        let value = place.as_ref().and_then(|place| values.fill(&place.value, app));
        let field = place.as_ref().map(|place| place.field.clone());
        let sentence = locale::fill(
            &text.fix,
            &[
                ("field", field.as_deref().unwrap_or_default()),
                ("value", value.as_deref().unwrap_or_default()),
                ("provider", provider),
            ],
        );
        let steps = place.iter().flat_map(|place| &place.path);
        Fix {
            provider: is_known.then(|| provider.to_owned()),
            path: steps.filter_map(|step| values.fill(step, app)).collect(),
            field,
            value: value.filter(|value| !value.is_empty()),
            may_differ: place.is_some_and(|place| place.may_differ),
            sentence,
            who: text.who.clone(),
        }
    }

    /// Where `cause` is mended: as the guide says, else where the value in question is entered,
    /// else what such a field is called in general.
    fn place(&self, guide: &Guide, cause: Cause) -> Option<Place> {
        let explicit = guide.fixes.iter().find(|place| place.code == cause).map(|place| {
            let may_differ = guide.place_may_differ && place.path == guide.place;
            Place { may_differ: may_differ || place.may_differ, ..place.clone() }
        });
        explicit.or_else(|| guide.entered(cause)).or_else(|| {
            let general = self.generic.fixes.iter().find(|place| place.code == cause)?;
            Some(Place { path: guide.place.clone(), may_differ: true, ..general.clone() })
        })
    }
}

impl Value {
    /// What else can be chosen, in a sentence; none: there is nothing.
    #[must_use]
    pub fn also(&self, locale: &Locale) -> Option<String> {
        let key = match self.alternatives.len() {
            0 => return None,
            1 => "guide.also_one",
            _ => "guide.also",
        };
        let all = self.alternatives.join(locale.text("guide.or"));
        Some(locale.fill(key, &[("all", &all)]))
    }
}

impl Guide {
    /// How far its names can be relied on, in a sentence; none: it describes no console.
    #[must_use]
    pub fn compared(&self, locale: &Locale) -> Option<String> {
        let key = match self.verified {
            _ if self.id == GENERIC => return None,
            Some(_) => "guide.verified",
            None => "guide.unverified",
        };
        let month = self.verified.map(|month| month.to_string()).unwrap_or_default();
        Some(locale.fill(key, &[("provider", &self.name), ("month", &month)]))
    }

    /// What to enter, filled in, in the order of the console. What is not known yet is left out.
    #[must_use]
    pub fn fill(&self, locale: &Locale, values: &Values<'_>) -> Vec<Value> {
        let app = locale.text("guide.app");
        let filled =
            |entry: &Value| Some(Value { value: values.fill(&entry.value, app)?, ..entry.clone() });
        self.values.iter().filter_map(filled).collect()
    }

    /// The same for single logout.
    #[must_use]
    pub fn fill_logout(&self, locale: &Locale, values: &Values<'_>) -> Vec<Value> {
        let app = locale.text("guide.app");
        let filled =
            |entry: &Value| Some(Value { value: values.fill(&entry.value, app)?, ..entry.clone() });
        self.logout.iter().filter_map(filled).collect()
    }

    /// Where the rows of attributes are.
    #[must_use]
    pub fn rows_path(&self) -> &[String] {
        if self.rows.path.is_empty() { &self.place } else { &self.rows.path }
    }

    /// A path of this guide with the name of the app in it.
    #[must_use]
    pub fn path(&self, locale: &Locale, path: &[String], values: &Values<'_>) -> Vec<String> {
        let app = locale.text("guide.app");
        path.iter().filter_map(|step| values.fill(step, app)).collect()
    }

    /// The field in which the value that `cause` is about was entered.
    fn entered(&self, code: Cause) -> Option<Place> {
        let value = match code {
            Cause::AudienceMismatch => "{sp_entity_id}",
            Cause::DestinationMismatch | Cause::RecipientMismatch | Cause::XmlInvalid => "{acs}",
            Cause::CertificateUnknown | Cause::CertificateExpired => {
                return Some(Place {
                    code,
                    path: self.metadata.path.clone(),
                    field: self.metadata.button.clone(),
                    value: String::new(),
                    may_differ: self.metadata.may_differ,
                });
            }
            _ => return None,
        };
        let entries = self.values.iter().filter(|entry| entry.value == value);
        let entry = entries.min_by_key(|entry| entry.may_differ)?;
        Some(Place {
            code,
            path: self.place.clone(),
            field: entry.label.clone(),
            value: entry.value.clone(),
            may_differ: entry.may_differ || self.place_may_differ,
        })
    }
}

impl Values<'_> {
    /// `text` with every value filled in; nothing if one of them is not known yet.
    fn fill(&self, text: &str, app: &str) -> Option<String> {
        if text.contains("{idp_entity_id}") && self.idp_entity_id.is_none() {
            return None;
        }
        let pattern =
            if text.contains("{acs_pattern}") { pattern(self.acs) } else { String::new() };
        Some(locale::fill(
            text,
            &[
                ("idp_entity_id", self.idp_entity_id.unwrap_or_default()),
                ("sp_entity_id", self.sp_entity_id),
                ("sp_metadata_url", self.sp_metadata_url),
                ("acs", self.acs),
                ("acs_pattern", &pattern),
                ("slo", self.slo),
                ("login_url", self.login_url),
                ("app", self.app.unwrap_or(app)),
            ],
        ))
    }
}

/// A regular expression that matches `text` and nothing else.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("^");
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | ':' | '%') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('$');
    pattern
}

#[cfg(test)]
mod tests;
