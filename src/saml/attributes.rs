//! What each provider calls email, names and groups.

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
}

/// Reads a person from what the provider signed.
#[must_use]
pub fn profile(attributes: &[Attribute], name_id: &NameId, mapping: &Mapping) -> Profile {
    let (email, email_source) = email(attributes, name_id, &mapping.email).unzip();
    let given_name = first_name(attributes, &mapping.given_name, GIVEN_NAME);
    let family_name = first_name(attributes, &mapping.family_name, FAMILY_NAME);
    let name = first_name(attributes, &mapping.name, NAME)
        // A login name is no name of a person.
        .filter(|name| Email::parse(name).is_err() || !mapping.name.is_empty())
        .or_else(|| match (&given_name, &family_name) {
            (Some(given), Some(family)) => Some(format!("{given} {family}")),
            (one, other) => one.clone().or_else(|| other.clone()),
        });
    let groups = groups(attributes, &mapping.groups);
    Profile { email, email_source, given_name, family_name, name, groups }
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

fn first_name(
    attributes: &[Attribute],
    chosen: &[String],
    usual: &'static [&str],
) -> Option<String> {
    names(chosen, usual)
        .filter_map(|name| find(attributes, name))
        .flat_map(|attribute| &attribute.values)
        .map(|value| person_name(value))
        .find(|value| !value.is_empty())
}

fn groups(attributes: &[Attribute], chosen: &[String]) -> Vec<String> {
    let found = names(chosen, GROUPS).find_map(|name| find(attributes, name));
    let mut groups: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for value in found.map(|attribute| attribute.values.as_slice()).unwrap_or_default() {
        let value = xml::trim(value);
        if !value.is_empty() && seen.insert(value) {
            groups.push(value.to_owned());
        }
    }
    groups
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

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &[&str])]) -> Vec<Attribute> {
        pairs
            .iter()
            .map(|(name, values)| Attribute {
                name: (*name).to_owned(),
                friendly_name: None,
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            })
            .collect()
    }

    fn name_id(value: &str, format: &str) -> NameId {
        NameId {
            value: value.to_owned(),
            format: Some(format!("urn:oasis:names:tc:SAML:{format}")),
            name_qualifier: None,
            sp_name_qualifier: None,
        }
    }

    fn opaque() -> NameId {
        name_id("x7f3", "2.0:nameid-format:persistent")
    }

    fn read(pairs: &[(&str, &[&str])]) -> Profile {
        profile(&attributes(pairs), &opaque(), &Mapping::default())
    }

    #[test]
    fn each_provider_s_usual_names_are_understood() {
        let claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
        let claim = |name: &str| format!("{claims}/{name}");
        let (mail, given, surname, name) =
            (claim("emailaddress"), claim("givenname"), claim("surname"), claim("name"));
        let tables: &[(&str, [&str; 4])] = &[
            ("JumpCloud", ["email", "firstname", "lastname", "memberOf"]),
            ("Okta", ["email", "firstName", "lastName", "groups"]),
            (
                "Entra",
                [
                    &mail,
                    &given,
                    &surname,
                    "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
                ],
            ),
            ("AD FS", [&mail, &given, &surname, "http://schemas.xmlsoap.org/claims/Group"]),
            (
                "Shibboleth",
                [
                    "urn:oid:0.9.2342.19200300.100.1.3",
                    "urn:oid:2.5.4.42",
                    "urn:oid:2.5.4.4",
                    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
                ],
            ),
            ("Keycloak", ["email", "given_name", "family_name", "group"]),
            ("OneLogin", ["User.email", "User.FirstName", "User.LastName", "memberOf"]),
            ("PingOne", ["workEmail", "givenName", "familyName", "groups"]),
            ("LDAP", ["MAIL", "givenname", "SN", "memberof"]),
        ];
        for (provider, [email, given, family, groups]) in tables {
            let person = read(&[
                (&name, &["ann.upn@globex.example"]),
                (groups, &["Staff", "Billing"]),
                (family, &["Lee"]),
                (given, &["Ann"]),
                (email, &["Ann@Globex.example"]),
            ]);
            assert_eq!(person.email.unwrap().to_string(), "Ann@globex.example", "{provider}");
            assert_eq!(person.email_source.as_deref(), Some(*email));
            assert_eq!(person.given_name.as_deref(), Some("Ann"), "{provider}");
            assert_eq!(person.family_name.as_deref(), Some("Lee"), "{provider}");
            assert_eq!(person.name.as_deref(), Some("Ann Lee"), "{provider}");
            assert_eq!(person.groups, ["Staff", "Billing"], "{provider}");
        }
    }

    #[test]
    fn a_friendly_name_helps_where_the_name_does_not() {
        let mut list = attributes(&[("urn:x:1", &["ann@globex.example"]), ("urn:x:2", &["Ann"])]);
        list[0].friendly_name = Some("eMail".to_owned());
        list[1].friendly_name = Some("givenName".to_owned());
        let person = profile(&list, &opaque(), &Mapping::default());
        assert_eq!(person.email_source.as_deref(), Some("urn:x:1"));
        assert_eq!(person.given_name.as_deref(), Some("Ann"));
    }

    #[test]
    fn the_name_id_is_the_email_only_if_it_is_one() {
        for (value, format, email) in [
            ("ann@globex.example", "1.1:nameid-format:emailAddress", true),
            ("ann@globex.example", "1.0:nameid-format:unspecified", true),
            ("ann@globex.example", "2.0:nameid-format:persistent", true),
            ("ann@globex.example", "2.0:nameid-format:transient", false),
            ("GLOBEX\\ann", "1.1:nameid-format:emailAddress", false),
            ("x7f3", "2.0:nameid-format:persistent", false),
        ] {
            let person = profile(&[], &name_id(value, format), &Mapping::default());
            assert_eq!(person.email.is_some(), email, "{value} {format}");
            assert_eq!(person.email_source.as_deref(), email.then_some(NAME_ID));
        }
    }

    #[test]
    fn an_attribute_comes_before_the_name_id() {
        let list = attributes(&[("mail", &["ann@globex.example"])]);
        let id = name_id("ann.upn@globex.example", "1.1:nameid-format:emailAddress");
        let person = profile(&list, &id, &Mapping::default());
        assert_eq!(person.email.unwrap().to_string(), "ann@globex.example");
        // One that holds no address does not hide the next.
        let list = attributes(&[("email", &["", "n/a"]), ("mail", &["x", "ann@globex.example"])]);
        assert_eq!(profile(&list, &id, &Mapping::default()).email_source.as_deref(), Some("mail"));
    }

    #[test]
    fn a_chosen_name_takes_the_place_of_the_usual_ones() {
        let list = attributes(&[
            ("email", &["wrong@globex.example"]),
            ("corpMail", &["ann@globex.example"]),
            ("teams", &["A"]),
            ("groups", &["B"]),
            ("name", &["Wrong"]),
            ("login", &["ann@corp.example"]),
        ]);
        let id = name_id("other@globex.example", "1.1:nameid-format:emailAddress");
        let chosen = |email: &[&str]| Mapping {
            email: email.iter().map(|name| (*name).to_owned()).collect(),
            groups: vec!["Teams".to_owned()],
            name: vec!["login".to_owned()],
            ..Mapping::default()
        };
        let person = profile(&list, &id, &chosen(&["corpmail"]));
        assert_eq!(person.email.unwrap().to_string(), "ann@globex.example");
        assert_eq!(person.groups, ["A"]);
        assert_eq!(person.name.as_deref(), Some("ann@corp.example"));
        assert_eq!(profile(&list, &id, &chosen(&["missing"])).email, None);
        let person = profile(&list, &id, &chosen(&["missing", "nameid"]));
        assert_eq!(person.email_source.as_deref(), Some(NAME_ID));
    }

    #[test]
    fn a_name_is_shown_on_one_line_with_nothing_hidden() {
        let person = read(&[
            ("firstName", &[" ", "\u{202e}Ann\u{0} \r\n  Marie "]),
            ("lastName", &["نام\u{200c}خانوادگی"]),
        ]);
        assert_eq!(person.given_name.as_deref(), Some("Ann Marie"));
        assert_eq!(person.family_name.as_deref(), Some("نام\u{200c}خانوادگی"));
        let long = "a".repeat(1000);
        assert_eq!(read(&[("firstName", &[&long])]).given_name.unwrap().len(), LONGEST_NAME);
    }

    #[test]
    fn a_group_is_listed_once_and_as_it_was_sent() {
        let person = read(&[("groups", &["Staff ", "staff", "Staff", "", "CN=A,DC=b"])]);
        assert_eq!(person.groups, ["Staff", "staff", "CN=A,DC=b"]);
    }

    #[test]
    fn a_hidden_character_does_not_make_one_address_of_two() {
        for value in [
            "admin@globex.example\u{a0}",
            "admin@globex.example\u{200b}",
            "admin\u{0}@globex.example",
        ] {
            assert_eq!(read(&[("email", &[value])]).email, None);
        }
    }
}
