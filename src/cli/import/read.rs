//! What exports have in common: how their JSON is read, with the place of whatever is wrong, and what it comes down to.

use crate::crypto::TokenHash;
use crate::error::{Error, Result};
use crate::saml::metadata::IdentityProvider;
use serde_json::Value;

/// What an export says, in our words.
#[derive(Debug, Default)]
pub(super) struct Export {
    pub(super) organizations: Vec<Organization>,
    pub(super) connections: Vec<Saml>,
    pub(super) directories: Vec<Directory>,
    /// What is not taken over: what it is, its name, and why not.
    pub(super) skipped: Vec<(&'static str, String, String)>,
    /// What is left to do.
    pub(super) hints: Vec<String>,
}

/// A customer.
#[derive(Debug)]
pub(super) struct Organization {
    pub(super) place: String,
    /// By what it is recognised.
    pub(super) external_id: String,
    pub(super) name: String,
    pub(super) domains: Vec<String>,
}

/// A connection that speaks SAML.
#[derive(Debug)]
pub(super) struct Saml {
    pub(super) place: String,
    /// The external ID of its organization.
    pub(super) of: String,
    /// What it has in common with its directory, if anything.
    pub(super) group: String,
    pub(super) name: String,
    pub(super) guide: &'static str,
    pub(super) provider: IdentityProvider,
    pub(super) metadata_url: Option<String>,
    pub(super) sp_entity_id: String,
    pub(super) acs: String,
    pub(super) name_id_format: Option<String>,
    pub(super) force_authn: bool,
    pub(super) is_active: bool,
}

/// A directory.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) place: String,
    pub(super) of: String,
    pub(super) group: String,
    pub(super) name: String,
    pub(super) guide: &'static str,
    pub(super) address: String,
    /// Its token, if the export tells enough of it; and what people recognise it by.
    pub(super) token: Option<(TokenHash, String)>,
}

/// A value with its place in the file.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    pub(super) value: &'a Value,
    pub(super) place: String,
}

impl<'a> At<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, place: String::new() }
    }

    /// A field, under its name or under the same name in the style of database columns. `null` is none.
    pub(super) fn field(&self, name: &str) -> Option<At<'a>> {
        let column: String = name
            .chars()
            .flat_map(|c| {
                c.is_ascii_uppercase().then_some('_').into_iter().chain([c.to_ascii_lowercase()])
            })
            .collect();
        [name, column.as_str()].into_iter().find_map(|name| {
            let value = self.value.get(name).filter(|value| !value.is_null())?;
            Some(At { value, place: format!("{}/{name}", self.place) })
        })
    }

    /// A field with a text; an empty one is none.
    pub(super) fn maybe(&self, name: &str) -> Result<Option<&'a str>> {
        let Some(field) = self.field(name) else { return Ok(None) };
        let text = field.value.as_str().ok_or_else(|| field.wrong("a text"))?.trim();
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A field with a text that must be there.
    pub(super) fn text(&self, name: &str) -> Result<&'a str> {
        self.maybe(name)?.ok_or_else(|| self.missing(name, "a text"))
    }

    /// A field that is true or false, or the same as text; left out: false.
    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        let Some(field) = self.field(name) else { return Ok(false) };
        match field.value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if matches!(text.as_str(), "false" | "") => Ok(false),
            _ => Err(field.wrong("true or false")),
        }
    }

    /// The parts of a list, each with its place; of an answer that has it in `data` or under `name`, too.
    pub(super) fn items(&self, name: &str) -> Result<Vec<At<'a>>> {
        let inner = self.field("data").or_else(|| self.field(name));
        match (self.value, inner) {
            (Value::Array(all), _) => Ok(all
                .iter()
                .enumerate()
                .map(|(n, value)| At { value, place: format!("{}/{n}", self.place) })
                .collect()),
            (Value::Object(_), Some(inner)) => inner.items(name),
            _ => Err(self.wrong("a list")),
        }
    }

    /// A list in a field; left out: empty.
    pub(super) fn list(&self, name: &str) -> Result<Vec<At<'a>>> {
        self.field(name).map_or(Ok(Vec::new()), |field| field.items(name))
    }

    pub(super) fn missing(&self, name: &str, expected: &str) -> Error {
        let place = format!("{}/{name}", self.place);
        let detail = format!("Expected is {expected} at {place}; received was nothing.");
        Error::invalid(place, "required", detail)
    }

    pub(super) fn wrong(&self, expected: &str) -> Error {
        let received = match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        let place = if self.place.is_empty() { "the top" } else { self.place.as_str() };
        let detail = format!("Expected is {expected} at {place}; received was {received}.");
        Error::invalid(&*self.place, "unexpected", detail)
    }
}

/// The guide whose words fit a provider, as far as its entity ID tells.
pub(super) fn guide(entity_id: &str) -> &'static str {
    const KNOWN: &[(&str, &str)] = &[
        ("okta", "okta"),
        ("sts.windows.net", "entra"),
        ("accounts.google.com", "google"),
        ("onelogin", "onelogin"),
        ("jumpcloud", "jumpcloud"),
        ("pingone", "pingone"),
        ("pingidentity", "pingone"),
        ("rippling", "rippling"),
        ("duosecurity", "duo"),
        ("cyberark", "cyberark"),
        ("auth0.com", "auth0"),
        ("/adfs/", "adfs"),
        ("/realms/", "keycloak"),
    ];
    let text = entity_id.to_lowercase();
    KNOWN.iter().find(|(part, _)| text.contains(part)).map_or("generic", |(_, guide)| guide)
}

/// Whether all that is wrong with a provider is that its time is over: then nobody signs in there either.
pub(super) fn is_over(error: &Error) -> bool {
    matches!(error, Error::Invalid(faults) if !faults.is_empty()
        && faults.iter().all(|fault| fault.code == "metadata_certificate_expired"))
}
