//! What each provider calls email, names and groups.

#[cfg(test)]
mod tests;

use super::response::{Attribute, NameId};
use super::xml;
use crate::domain;
use crate::email::Email;
use serde::{Deserialize, Serialize};

/// The longest name of a person that is kept.
const LONGEST_NAME: usize = 256;

/// Written in a [`Mapping`], this stands for the name ID.
pub const NAME_ID: &str = "NameID";

const EMAIL: &[&str] = &[
    "email",
    "mail",
    "emailAddress",
    "email_address",
    "e-mail",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "urn:oid:1.2.840.113549.1.9.1",
    "http://schemas.xmlsoap.org/claims/EmailAddress",
    "http://axschema.org/contact/email",
    "User.email",
    "userEmail",
    "user_email",
    "workEmail",
    "work_email",
    "primaryEmail",
    "Primary email",
];

const GIVEN_NAME: &[&str] = &[
    "firstName",
    "givenName",
    "first_name",
    "given_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname",
    "urn:oid:2.5.4.42",
    "User.FirstName",
    "First name",
    "Given name",
    "fname",
    "forename",
];

const FAMILY_NAME: &[&str] = &[
    "lastName",
    "familyName",
    "surname",
    "sn",
    "last_name",
    "family_name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname",
    "urn:oid:2.5.4.4",
    "User.LastName",
    "Last name",
    "lname",
];

const NAME: &[&str] = &[
    "displayName",
    "display_name",
    "http://schemas.microsoft.com/identity/claims/displayname",
    "urn:oid:2.16.840.1.113730.3.1.241",
    "fullName",
    "full_name",
    "name",
    "cn",
    "commonName",
    "urn:oid:2.5.4.3",
    "http://schemas.xmlsoap.org/claims/CommonName",
    // Entra's user principal name, unless the admin made it something else.
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
];

const GROUPS: &[&str] = &[
    "groups",
    "group",
    "memberOf",
    "isMemberOf",
    "member_of",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
    "http://schemas.xmlsoap.org/claims/Group",
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
];

/// The attribute names of one connection, best first. An empty list means the usual names; a list that is not empty
/// takes their place altogether, so that nothing unexpected is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// The email address. [`NAME_ID`] stands for the name ID.
    pub email: Vec<String>,
    /// The first name.
    pub given_name: Vec<String>,
    /// The last name.
    pub family_name: Vec<String>,
    /// The whole name.
    pub name: Vec<String>,
    /// The groups.
    pub groups: Vec<String>,
}

/// What the gateway needs of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The email address, in its one form.
    pub email: Option<Email>,
    /// Where it was read: an attribute's name, or [`NAME_ID`].
    pub email_source: Option<String>,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub family_name: Option<String>,
    /// The whole name; put together if the provider sends only its parts.
    pub name: Option<String>,
    /// The groups, each once, exactly as they were sent.
    pub groups: Vec<String>,
    /// What is read from which attribute: the word for it, and the attribute's name or [`NAME_ID`].
    pub sources: Vec<(&'static str, String)>,
}

impl Profile {
    /// What an attribute is used for.
    #[must_use]
    pub fn used_as(&self, attribute: &str) -> Option<String> {
        let uses = self.sources.iter().filter(|(_, source)| source == attribute);
        let uses: Vec<&str> = uses.map(|(word, _)| *word).collect();
        (!uses.is_empty()).then(|| uses.join(", "))
    }
}

/// Reads a person from what the provider signed.
#[must_use]
pub fn profile(attributes: &[Attribute], name_id: &NameId, mapping: &Mapping) -> Profile {
    let (email, email_source) = email(attributes, name_id, &mapping.email).unzip();
    let given = first_name(attributes, &mapping.given_name, GIVEN_NAME);
    let family = first_name(attributes, &mapping.family_name, FAMILY_NAME);
    let whole = first_name(attributes, &mapping.name, NAME)
        // A login name is no name of a person.
        .filter(|(name, _)| Email::parse(name).is_err() || !mapping.name.is_empty());
    let (groups, groups_source) = groups(attributes, &mapping.groups);
    let (given_name, given_source) = given.unzip();
    let (family_name, family_source) = family.unzip();
    let (name, name_source) = whole.unzip();
    let name = name.or_else(|| match (&given_name, &family_name) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (one, other) => one.clone().or_else(|| other.clone()),
    });
    let sources = [
        ("email", email_source.as_deref()),
        ("given_name", given_source),
        ("family_name", family_source),
        ("name", name_source),
        ("groups", groups_source),
    ];
    let sources = sources.into_iter().filter_map(|(word, from)| Some((word, from?.to_owned())));
    let sources = sources.collect();
    Profile { email, email_source, given_name, family_name, name, groups, sources }
}

/// The first attribute that holds an email address; else the name ID, if that is one.
fn email(attributes: &[Attribute], name_id: &NameId, chosen: &[String]) -> Option<(Email, String)> {
    let from_name_id = || {
        // A transient name is made up for one session, whatever it looks like.
        let is_transient =
            name_id.format.as_deref().is_some_and(|format| format.ends_with(":transient"));
        let email = Email::parse(&name_id.value).ok().filter(|_| !is_transient)?;
        Some((email, NAME_ID.to_owned()))
    };
    for name in names(chosen, EMAIL) {
        if !chosen.is_empty() && name.eq_ignore_ascii_case(NAME_ID) {
            if let Some(found) = from_name_id() {
                return Some(found);
            }
            continue;
        }
        let Some(attribute) = find(attributes, name) else { continue };
        if let Some(email) = attribute.values.iter().find_map(|value| Email::parse(value).ok()) {
            return Some((email, attribute.name.clone()));
        }
    }
    if chosen.is_empty() { from_name_id() } else { None }
}

/// A name, and the attribute that holds it.
fn first_name<'a>(
    attributes: &'a [Attribute],
    chosen: &[String],
    usual: &'static [&str],
) -> Option<(String, &'a str)> {
    names(chosen, usual)
        .filter_map(|name| find(attributes, name))
        .flat_map(|attribute| attribute.values.iter().map(|value| (value, &*attribute.name)))
        .map(|(value, source)| (person_name(value), source))
        .find(|(value, _)| !value.is_empty())
}

fn groups<'a>(attributes: &'a [Attribute], chosen: &[String]) -> (Vec<String>, Option<&'a str>) {
    let found = names(chosen, GROUPS).find_map(|name| find(attributes, name));
    let mut groups: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for value in found.map(|attribute| attribute.values.as_slice()).unwrap_or_default() {
        let value = xml::trim(value);
        if !value.is_empty() && seen.insert(value) {
            groups.push(value.to_owned());
        }
    }
    (groups, found.map(|attribute| &*attribute.name))
}

fn names<'a>(chosen: &'a [String], usual: &'static [&str]) -> impl Iterator<Item = &'a str> {
    let usual = if chosen.is_empty() { usual } else { &[] };
    chosen.iter().map(|name| name.trim()).chain(usual.iter().copied())
}

/// The attribute of that name, or else with that name for people. Case does not matter: consoles change it.
fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    let is = |text: &str| xml::trim(text).eq_ignore_ascii_case(name);
    attributes.iter().find(|attribute| is(&attribute.name)).or_else(|| {
        attributes.iter().find(|attribute| attribute.friendly_name.as_deref().is_some_and(is))
    })
}

/// A name as it may be shown: one line, nothing invisible, not endless.
fn person_name(text: &str) -> String {
    // Persian, Hindi and others join letters with these two.
    let is_joiner = |c| matches!(c, '\u{200c}' | '\u{200d}');
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| *c == ' ' || is_joiner(*c) || !domain::is_unseen(*c))
        .collect();
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(LONGEST_NAME).collect()
}
