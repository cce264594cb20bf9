//! Which product a directory is, known by what it sends.
//!
//! What is harmless is accepted from everybody, whatever the dialect. A dialect tells people whose words to use, and
//! which of its users and groups are only tests.

use super::schema::Kind;
use serde_json::Value;

/// A product that provisions by SCIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Any other.
    Generic,
    /// `JumpCloud`.
    JumpCloud,
    /// Okta.
    Okta,
    /// Microsoft Entra ID, as it is without its flag.
    Entra,
    /// Microsoft Entra ID with `aadOptscim062020`, which keeps to the standard.
    EntraFlagged,
    /// `OneLogin`.
    OneLogin,
    /// `PingOne` and `PingFederate`.
    Ping,
    /// Google Workspace.
    Google,
    /// authentik.
    Authentik,
}

/// What is known of a product.
struct Product {
    dialect: Dialect,
    word: &'static str,
    name: &'static str,
    /// Parts of the user agents that it has, in lower case.
    agents: &'static [&'static str],
}

static PRODUCTS: &[Product] = &[
    Product { dialect: Dialect::Generic, word: "generic", name: "a SCIM 2.0 client", agents: &[] },
    Product {
        dialect: Dialect::JumpCloud,
        word: "jumpcloud",
        name: "JumpCloud",
        agents: &["jumpcloud"],
    },
    Product { dialect: Dialect::Okta, word: "okta", name: "Okta", agents: &["okta"] },
    Product { dialect: Dialect::Entra, word: "entra", name: "Microsoft Entra ID", agents: &[] },
    Product {
        dialect: Dialect::EntraFlagged,
        word: "entra_flagged",
        name: "Microsoft Entra ID (aadOptscim062020)",
        agents: &[],
    },
    Product {
        dialect: Dialect::OneLogin,
        word: "onelogin",
        name: "OneLogin",
        agents: &["onelogin"],
    },
    Product {
        dialect: Dialect::Ping,
        word: "ping",
        name: "Ping Identity",
        agents: &["pingone", "pingfederate", "ping identity"],
    },
    Product {
        dialect: Dialect::Google,
        word: "google",
        name: "Google Workspace",
        agents: &["google"],
    },
    Product {
        dialect: Dialect::Authentik,
        word: "authentik",
        name: "authentik",
        agents: &["authentik"],
    },
];

impl Dialect {
    /// Every word that is understood.
    #[must_use]
    pub fn words() -> Vec<&'static str> {
        PRODUCTS.iter().map(|product| product.word).collect()
    }

    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.product().map_or("generic", |product| product.word)
    }

    /// What people call the product.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.product().map_or("a SCIM 2.0 client", |product| product.name)
    }

    fn product(self) -> Option<&'static Product> {
        PRODUCTS.iter().find(|product| product.dialect == self)
    }
}

impl std::str::FromStr for Dialect {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = PRODUCTS.iter().find(|product| product.word == word);
        found
            .map(|product| product.dialect)
            .ok_or_else(|| format!("“{word}” is none of {}.", Self::words().join(", ")))
    }
}

/// A request, as far as it may tell who sends it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The header `User-Agent`.
    pub agent: Option<&'a str>,
    /// The query, as it came.
    pub query: &'a str,
    /// The body.
    pub body: Option<&'a Value>,
}

/// Which product sends this, as far as the request tells: by its name, else by habits that only it has.
#[must_use]
pub fn recognise(seen: Seen<'_>) -> Option<Dialect> {
    let agent = seen.agent.unwrap_or_default().to_ascii_lowercase();
    let named = PRODUCTS.iter().find(|it| it.agents.iter().any(|name| agent.contains(name)));
    named.map(|product| product.dialect).or_else(|| by_habit(seen))
}

fn by_habit(seen: Seen<'_>) -> Option<Dialect> {
    let schemas = seen.body.and_then(|body| body.get("schemas")?.as_array());
    if schemas.is_some_and(|all| all.iter().filter_map(Value::as_str).any(is_of_onelogin)) {
        return Some(Dialect::OneLogin);
    }
    let operations = seen.body.and_then(|body| body.get("Operations")?.as_array());
    let mut operations = operations.into_iter().flatten();
    if operations.clone().any(is_of_entra) {
        return Some(Dialect::Entra);
    }
    operations.any(is_of_jumpcloud).then_some(Dialect::JumpCloud)
}

fn is_of_onelogin(urn: &str) -> bool {
    urn.to_ascii_lowercase().starts_with("urn:scim:schemas:core:2.0")
}

/// Only Entra writes an operation with a capital.
fn is_of_entra(operation: &Value) -> bool {
    let op = operation.get("op").and_then(Value::as_str).unwrap_or_default();
    matches!(op, "Add" | "Replace" | "Remove")
}

/// Only `JumpCloud` removes members by a list of them.
fn is_of_jumpcloud(operation: &Value) -> bool {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
    text("op") == "remove" && text("path") == "members" && operation.get("value").is_some()
}

/// What the groups are called that are made only to test the connection, by `JumpCloud`'s Test Connection and others'.
static TEST_GROUPS: [&str; 3] =
    ["jumpcloud scim test group", "jumpcloud test group", "scim test group"];

/// How the names begin that scim-sanity gives to its group: at first and at last, and in between, where our ID follows.
static SANITY: [&str; 2] = ["scim-sanity-test-", "updated-grp_"];

/// Whether a resource has the name of one that a directory makes only to test the connection: `JumpCloud`'s Test
/// Connection, and others', make an invented user under the address that the guide proposes, and a group that is called
/// so and nothing else, but for a number. A customer's group of a like name (“`JumpCloud` Test Team”) is a group.
#[must_use]
pub fn is_test(kind: Kind, name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    match kind {
        Kind::User => name.starts_with("scim-test") || name.starts_with("scim_test"),
        Kind::Group => {
            let rest = TEST_GROUPS.iter().find_map(|it| name.strip_prefix(it));
            rest.is_some_and(is_number) || SANITY.iter().any(|it| name.starts_with(it))
        }
    }
}

/// Whether this is nothing, or a number that tells one of a name from another, apart from the name.
fn is_number(rest: &str) -> bool {
    let number = rest.trim_start_matches([' ', '-', '_']);
    rest.is_empty()
        || number.len() < rest.len()
            && number.contains(|sign: char| sign.is_ascii_digit())
            && number.chars().all(|sign| sign.is_ascii_hexdigit() || sign == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
    fn of(agent: Option<&str>, body: Value) -> Option<Dialect> {
        recognise(Seen { agent, query: "", body: Some(&body) })
    }

    #[test]
    fn a_product_is_recognised_by_its_name() {
        assert_eq!(of(Some("Okta SCIM Client 1.0.0"), json!({})), Some(Dialect::Okta));
        assert_eq!(of(Some("goauthentik.io/2026.1"), json!({})), Some(Dialect::Authentik));
        assert_eq!(of(Some("curl/8"), json!({})), None);
    }

    #[test]
    fn a_product_is_recognised_by_its_habits() {
        let patch = |operation: Value| json!({ "Operations": [operation] });
        assert_eq!(
            of(None, patch(json!({ "op": "Replace", "path": "active" }))),
            Some(Dialect::Entra)
        );
        let removed = json!({ "op": "remove", "path": "members", "value": [{ "value": "x" }] });
        assert_eq!(of(None, patch(removed)), Some(Dialect::JumpCloud));
        let old = json!({ "schemas": ["urn:scim:schemas:core:2.0:User"] });
        assert_eq!(of(None, old), Some(Dialect::OneLogin));
        assert_eq!(of(None, patch(json!({ "op": "replace", "path": "active" }))), None);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for word in Dialect::words() {
            assert_eq!(word.parse::<Dialect>().unwrap().as_str(), word);
        }
        assert!("Okta".parse::<Dialect>().unwrap_err().contains("okta"));
    }

    #[test]
    fn the_test_user_that_the_guide_proposes_is_recognised() {
        assert!(is_test(Kind::User, "scim-test-7f3a@globex.example"));
        assert!(!is_test(Kind::User, "ann@globex.example"));
    }

    #[test]
    fn a_group_is_a_test_only_as_a_test_connection_names_it() {
        let made = ["JumpCloud SCIM Test Group", "JumpCloud SCIM Test Group 2", "scim test group"];
        for name in made.into_iter().chain([
            "SCIM Test Group 7f3a-01",
            "scim-sanity-test-1a2b",
            "Updated-grp_01ka",
        ]) {
            assert!(is_test(Kind::Group, name), "{name}");
        }
        let real = ["JumpCloud Test Team", "SCIM Test Groupies", "Test SCIMv2", "scim tests"];
        let more = ["Testers", "SCIM Test Group Fee", "My SCIM Test Group", "SCIM Test Group2x"];
        for name in real.into_iter().chain(more) {
            assert!(!is_test(Kind::Group, name), "{name}");
        }
    }
}
