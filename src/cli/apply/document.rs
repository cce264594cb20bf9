//! The file: what it may say. Whatever it leaves out stays as it is.

use crate::access::rules::Match;
use crate::access::{EntityType, Role};
use crate::saml::metadata::IdentityProvider;
use crate::store::api_keys;
use crate::store::applications::{ApplicationKind, IdTokenAlg, NoConnection};
use crate::store::connections::Settings;
use crate::store::organizations::{Admission, Enforcement};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Applications and organizations, each recognised by a name that the vendor gives.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) applications: Vec<Application>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) organizations: Vec<Organization>,
}

/// An application, by its name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Application {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<ApplicationKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) redirect_uris: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) post_logout_redirect_uris: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) initiate_login_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) no_connection: Option<NoConnection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fallback_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token_alg: Option<IdTokenAlg>,
    /// The external IDs of those whose people may sign in; left out: everybody's, or as before. Of a machine the one that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organizations: Option<Vec<String>>,
    /// What a machine may do at the REST API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scopes: Option<Vec<api_keys::Scope>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) backchannel_logout_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frontchannel_logout_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) protected_hosts: Option<Vec<String>>,
    /// For how many seconds ID tokens last; 0: as is set for all. The same for the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id_token_ttl: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_token_ttl: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token_ttl: Option<i32>,
    /// The key of a role; empty: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default_role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roles: Option<Vec<Role>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity_types: Option<Vec<EntityType>>,
}

/// An organization, by its external ID.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Organization {
    pub(super) external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) admission: Option<Admission>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) enforcement: Option<Enforcement>,
    /// Whether its directories may push groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<bool>,
    /// Whether a push that would take access from too many is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) breaker: Option<bool>,
    /// Too many are more people than this …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) most_people: Option<i32>,
    /// … who are also more than this part of all, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) most_percent: Option<i32>,
    /// For how many hours it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hold_hours: Option<i32>,
    /// How many seconds its people stay signed in; 0: as long as everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_seconds: Option<i32>,
    /// Email domains for which whoever applies the file vouches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) domains: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<Map<String, Value>>,
    /// Those that speak SAML. The others have a secret, so a file does not make them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connections: Option<Vec<Connection>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entities: Option<Vec<Entity>>,
    /// The whole set; left out: as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rules: Option<Vec<Rule>>,
}

/// A connection, by its name in the organization.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Connection {
    pub(super) name: String,
    /// As the guides name it: `jumpcloud`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provider: Option<String>,
    /// Whether people sign in with it. Whoever applies the file answers for it: no test sign-in is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata_url: Option<String>,
    /// The provider's metadata as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metadata_xml: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settings: Option<Settings>,
    /// What is known of the provider, where its metadata has no address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identity_provider: Option<IdentityProvider>,
    /// The entity ID by which its provider knows us from another product that was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sp_entity_id: Option<String>,
    /// The address to which its provider sends responses from that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) acs_url: Option<String>,
    /// Addresses of another product that lead to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aliases: Option<Vec<String>>,
}

/// A place, by its key in the organization.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entity {
    pub(super) key: String,
    /// The name of the application; it may be left out where there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) application: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) external_id: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_default: bool,
}

/// A rule that makes mappings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) application: Option<String>,
    #[serde(rename = "match")]
    pub(super) compare: Match,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) pattern: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) auto_approve: bool,
    #[serde(default)]
    pub(super) priority: i32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) targets: Vec<Target>,
}

/// A place that a rule gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The key of an entity; left out: the one with the group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) entity: Option<String>,
}

/// The fields that one side names and that are something else on the other.
pub(super) fn differing(wanted: &impl Serialize, there: &impl Serialize) -> Vec<String> {
    let fields = |it: Option<Value>| it.and_then(|it| it.as_object().cloned()).unwrap_or_default();
    let (wanted, there) =
        (fields(serde_json::to_value(wanted).ok()), fields(serde_json::to_value(there).ok()));
    let differs = |(name, value): &(String, Value)| {
        let is_nothing = value.is_null() || value.as_str() == Some("");
        match there.get(name) {
            Some(known) => known != value,
            None => !is_nothing,
        }
    };
    wanted.into_iter().filter(differs).map(|(name, _)| name).collect()
}
