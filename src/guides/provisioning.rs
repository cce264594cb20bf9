//! What a console has for provisioning: where it is, and what its fields are called.

use super::{Guide, Value};
use crate::locale::{self, Locale};
use serde::Deserialize;

/// The token's place in a value.
const TOKEN: &str = "{scim_token}";

/// Where a console's directory is told of us.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScimGuide {
    /// What is ticked where the app is made, so that it can be told of people.
    pub choose: Option<String>,
    /// The way to a new app that can be told of people, where that is of another kind; nothing: it is the one that signs people in.
    #[serde(default)]
    pub create: Vec<String>,
    /// What has to be said before there are settings; nothing: they are there.
    #[serde(default)]
    pub first: Vec<String>,
    /// The way to its settings.
    pub path: Vec<String>,
    /// What to enter, in the order of the console.
    pub values: Vec<Value>,
    /// What else to enter where the directory may tell of groups.
    #[serde(default)]
    pub group_values: Vec<Value>,
    /// What to press once they are entered, one after the other.
    #[serde(default)]
    pub then: Vec<String>,
    /// Where it is said which people and groups are told of.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Whether the names have not been compared with published documentation.
    #[serde(default)]
    pub may_differ: bool,
}

/// What a connection gives to its directory.
#[derive(Debug, Clone, Copy)]
pub struct ScimValues<'a> {
    /// Where requests go.
    pub base_url: &'a str,
    /// The token, where it has just been made.
    pub token: Option<&'a str>,
    /// An address that nobody has, for a test.
    pub test_user: &'a str,
    /// Whether the directory may tell of groups.
    pub groups: bool,
}

impl Guide {
    /// What to enter for provisioning, filled in. A value that needs the token is absent until there is one.
    #[must_use]
    pub fn fill_scim(&self, values: &ScimValues<'_>) -> Vec<(Value, bool)> {
        let fill = |entry: &Value| {
            let is_known = !entry.value.contains(TOKEN) || values.token.is_some();
            let filled = locale::fill(
                &entry.value,
                &[
                    ("scim_base_url", values.base_url),
                    ("scim_token", values.token.unwrap_or_default()),
                    ("test_user", values.test_user),
                ],
            );
            (Value { value: filled, ..entry.clone() }, is_known)
        };
        let of = |scim: &ScimGuide| {
            let groups = scim.group_values.iter().filter(|_| values.groups);
            scim.values.iter().chain(groups).map(fill).collect::<Vec<_>>()
        };
        self.scim.as_ref().map(of).unwrap_or_default()
    }

    /// The ways to what comes first, to the settings and to the groups, with the name of the app in them.
    #[must_use]
    pub fn scim_paths(&self, locale: &Locale, app: Option<&str>) -> [Vec<String>; 3] {
        let app = app.unwrap_or_else(|| locale.text("guide.app"));
        let with = |steps: &[String]| {
            steps.iter().map(|step| locale::fill(step, &[("app", app)])).collect::<Vec<_>>()
        };
        let of = |scim: &ScimGuide| [with(&scim.first), with(&scim.path), with(&scim.groups)];
        self.scim.as_ref().map(of).unwrap_or_default()
    }
}
