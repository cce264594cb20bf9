//! Files on databases of all kinds.

use super::document::Document;
use super::export::export;
use super::run::{Metadata, Plan, run};
use crate::error::{Error, Result};
use crate::store::api_keys::Scope;
use crate::store::applications::{ApplicationKind, NewApplication};
use crate::store::connections::ConnectionState;
use crate::store::testing::{self, TestStore};
use crate::store::{Window, applications, connections, organizations, users};
use serde_json::Value;

const FILE: &str = r#"
[[applications]]
name = "Orbit"
redirect_uris = ["https://app.example/callback"]
protected_hosts = ["Reports.example.com"]

[[organizations]]
external_id = "globex"
name = "Globex"
groups = true
most_people = 50
hold_hours = 12
domains = ["globex.example"]
metadata = { plan = "gold" }

[[organizations.connections]]
name = "JumpCloud"
provider = "jumpcloud"
active = true

[[organizations.entities]]
key = "blue"
type = "team"
name = "Blue"

[[organizations.rules]]
match = "prefix"
pattern = "eng-"
role = "admin"
targets = [{ type = "team", entity = "blue" }]
"#;

fn read(text: &str) -> Document {
    toml::from_str(text).unwrap()
}

fn metadata() -> Metadata {
    Metadata::from([((0, 0), testing::provider("JumpCloud"))])
}

fn apply(store: &TestStore, text: &str) -> Plan {
    store.system(|tx| run(tx, &read(text), &metadata(), false))
}

fn exported(store: &TestStore) -> Document {
    store.read_now(export).unwrap()
}

fn values(document: &Document) -> Value {
    serde_json::to_value(document).unwrap()
}

/// What a plan says, a line for each change.
fn lines(plan: &Plan) -> Vec<String> {
    let line = |it: &super::run::Line| {
        format!("{} {} {} {}", it.act, it.what, it.name, it.fields.join(",")).trim_end().to_owned()
    };
    plan.changes.iter().map(line).collect()
}

#[test]
fn a_file_makes_what_it_says_and_applied_again_changes_nothing() {
    let store = testing::store();
    assert_eq!(
        lines(&apply(&store, FILE)),
        [
            "create organization globex",
            "create domain globex.example",
            "create application Orbit",
            "create connection Globex – JumpCloud",
            "create entity blue",
            "change rules globex 0 → 1 rules",
        ]
    );
    let row = store.read_now(|db| organizations::by_external_id(db, "globex")).unwrap().unwrap();
    let active = store.read_now(|db| connections::active_in(db, &row.id)).unwrap();
    assert_eq!((active.len(), active[0].state), (1, ConnectionState::Active));
    assert_eq!(lines(&apply(&store, &FILE.replace("Reports", "reports"))), [""; 0]);
}

#[test]
fn an_export_is_an_empty_plan_here_and_makes_the_same_elsewhere() {
    let (here, elsewhere) = (testing::store(), testing::store());
    apply(&here, FILE);
    let text = toml::to_string_pretty(&exported(&here)).unwrap();
    let again = here.system(|tx| run(tx, &read(&text), &Metadata::new(), true));
    assert_eq!(lines(&again), [""; 0], "{text}");
    elsewhere.system(|tx| run(tx, &read(&text), &Metadata::new(), false));
    assert_eq!(values(&exported(&elsewhere)), values(&exported(&here)));
}

#[test]
fn only_what_the_file_names_is_changed_and_each_change_says_what() {
    let store = testing::store();
    apply(&store, FILE);
    let file = r#"
        [[organizations]]
        external_id = "globex"
        name = "Globex Corporation"

        [[organizations.connections]]
        name = "JumpCloud"
        active = false

        [[organizations.entities]]
        key = "blue"
        type = "team"
        name = "Deep Blue"
    "#;
    let plan = store.system(|tx| run(tx, &read(file), &Metadata::new(), false));
    assert_eq!(
        lines(&plan),
        [
            "change organization globex name",
            "change connection Globex Corporation – JumpCloud active",
            "change entity blue name",
        ]
    );
    let row = store.read_now(|db| organizations::by_external_id(db, "globex")).unwrap().unwrap();
    assert_eq!(row.metadata["plan"], "gold", "what is left out stays");
}

#[test]
fn nothing_is_removed_but_by_prune() {
    let store = testing::store();
    apply(&store, FILE);
    let with = |text: &str, prune: bool| {
        let file = read(&format!("[[organizations]]\nexternal_id = \"globex\"\n{text}"));
        lines(&store.system(|tx| run(tx, &file, &Metadata::new(), prune)))
    };
    let none = "domains = []\nconnections = []\nentities = []\n";
    assert_eq!(with(none, false), [""; 0]);
    assert_eq!(with("", true), [""; 0], "what is left out stays");
    assert_eq!(with("domains = [\"Globex.EXAMPLE\"]\n", true), [""; 0], "the same domain");
    let plan = with(none, true);
    assert_eq!(
        plan,
        [
            "remove domain globex.example",
            "remove connection Globex – JumpCloud",
            "remove entity blue"
        ]
    );
}

#[test]
fn who_would_lose_something_is_counted() {
    let store = testing::store();
    apply(&store, FILE);
    let row = store.read_now(|db| organizations::by_external_id(db, "globex")).unwrap().unwrap();
    store.system(|tx| users::create(tx, testing::person(&row.id, "ada@globex.example")));
    let change = |role: &str| {
        let text = format!(
            "[[applications]]\nname = \"Orbit\"\ndefault_role = \"{role}\"\n[[organizations]]\nexternal_id = \"globex\"\n"
        );
        store.system(|tx| run(tx, &read(&text), &Metadata::new(), false))
    };
    assert_eq!(change("").lose, 1, "the default role is taken away");
    assert_eq!(change("user").lose, 0, "it is given");
    assert_eq!(change("guest").lose, 1, "a lower one is given");
}

#[test]
fn a_rule_that_stays_keeps_its_identity() {
    let store = testing::store();
    apply(&store, FILE);
    let row = store.read_now(|db| organizations::by_external_id(db, "globex")).unwrap().unwrap();
    let ids = || {
        let set = store.read_now(|db| crate::store::access::rule_sets::current(db, &row.id));
        let rules = set.unwrap().unwrap().rules.into_inner();
        rules.into_iter().map(|rule| rule.id).collect::<Vec<_>>()
    };
    let before = ids();
    apply(&store, &format!("{FILE}\n[[organizations.rules]]\nmatch = \"all\"\nrole = \"guest\"\n"));
    assert_eq!((ids().len(), &ids()[0]), (2, &before[0]));
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_nothing_is_half_applied() {
    let store = testing::store();
    let refused = |text: &str| {
        let done: Result<Plan> = store.try_system(|tx| run(tx, &read(text), &metadata(), false));
        match done.unwrap_err() {
            Error::Invalid(faults) => format!("{} {}", faults[0].pointer, faults[0].code),
            other => panic!("{other:?}"),
        }
    };
    for (from, to, expected) in [
        (
            "type = \"team\"\nname",
            "type = \"ward\"\nname",
            "/organizations/0/entities/0/type unknown_type",
        ),
        ("entity = \"blue\"", "entity = \"red\"", "/organizations/0/rules/0/targets not_found"),
        (
            "https://app.example/callback",
            "app.example",
            "/applications/0/redirect_uris/0 address_invalid",
        ),
        ("external_id = \"globex\"", "", "/organizations/0/external_id required"),
        ("\"globex.example\"", "\"gmail.com\"", "/organizations/0/domains/0/domain shared_mail"),
        ("role = \"admin\"", "role = \"king\"", "/organizations/0/rules/0/role unknown_role"),
    ] {
        let told = refused(&FILE.replace(from, to));
        assert!(told.starts_with(expected.split(' ').next().unwrap()), "{told} for {expected}");
        let all = Window::default();
        let there =
            store.read_now(|db| organizations::page(db, &all, &organizations::Filter::default()));
        assert_eq!(there.unwrap().data.len(), 0, "{to}");
        assert_eq!(store.read_now(applications::count).unwrap(), 0, "{to}");
    }
}

const SHARED: &str = "https://old.example/api/oauth/saml";
const ACS: &str = "https://old.example/v1/saml/saml_conn_1/acs";
const SCIM: &str = "https://old.example/v1/scim/scim_directory_1";

/// The file, as an export would write it.
fn plain() -> String {
    FILE.replace("Reports", "reports")
}

/// The file, with these addresses of another product.
fn with_aliases(aliases: &[&str]) -> String {
    let known = format!("sp_entity_id = \"https://saml.boxyhq.com\"\nacs_url = {ACS:?}");
    plain().replace("active = true", &format!("active = true\n{known}\naliases = {aliases:?}"))
}

#[test]
fn addresses_of_another_product_are_exported_planned_and_made() {
    let (here, elsewhere) = (testing::store(), testing::store());
    apply(&here, &plain());
    let all = with_aliases(&[ACS, SCIM, SHARED]);
    let plan = lines(&apply(&here, &all));
    let known = "change connection Globex – JumpCloud acs_url,sp_entity_id".to_owned();
    let made = [ACS, SCIM, SHARED].map(|url| format!("create alias {url}"));
    assert_eq!(plan, [vec![known], made.to_vec()].concat());
    assert_eq!(lines(&apply(&here, &all)), [""; 0], "applied again it changes nothing");
    assert_eq!(lines(&apply(&here, &with_aliases(&[]))), [""; 0], "nothing is removed");
    let text = toml::to_string_pretty(&exported(&here)).unwrap();
    elsewhere.system(|tx| run(tx, &read(&text), &Metadata::new(), false));
    assert_eq!(values(&exported(&elsewhere)), values(&exported(&here)));
    let led = exported(&elsewhere).organizations[0].connections.clone().unwrap()[0].aliases.clone();
    assert_eq!(led.unwrap(), [ACS, SCIM, SHARED]);
}

#[test]
fn addresses_that_a_file_does_not_name_are_removed_by_prune_and_may_lead_to_another_connection() {
    let store = testing::store();
    apply(&store, &with_aliases(&[ACS, SCIM]));
    let prune = |text: &str| lines(&store.system(|tx| run(tx, &read(text), &metadata(), true)));
    assert_eq!(prune(&plain()), [""; 0], "what is left out stays");
    let other = "[[organizations.connections]]\nname = \"Other\"\naliases = [";
    let text = with_aliases(&[ACS]).replace(
        "[[organizations.entities]]",
        &format!("{other}\"{SCIM}\"]\n\n[[organizations.entities]]"),
    );
    assert_eq!(
        prune(&text),
        [
            "create connection Globex – Other".to_owned(),
            format!("remove alias {SCIM}"),
            format!("create alias {SCIM}")
        ]
    );
}

#[test]
fn an_address_that_leads_to_another_organizations_connection_is_refused_with_its_place() {
    let store = testing::store();
    apply(&store, &with_aliases(&[ACS]));
    let initech = FILE.replace("globex", "initech").replace("Globex", "Initech");
    let initech = &initech[initech.find("[[organizations]]").unwrap()..];
    let to = |aliases: &[&str]| {
        initech.replace("active = true", &format!("active = false\naliases = {aliases:?}"))
    };
    let refused = |aliases: &[&str]| {
        let done = store.try_system(|tx| run(tx, &read(&to(aliases)), &Metadata::new(), true));
        match done.unwrap_err() {
            Error::Invalid(faults) => format!("{} {}", faults[0].pointer, faults[0].code),
            other => panic!("{other:?}"),
        }
    };
    let half = store.try_system(|tx| {
        let text = to(&[]).replace("aliases", "acs_url = \"https://x.example/\"\naliases");
        run(tx, &read(&text), &Metadata::new(), true)
    });
    assert_eq!(testing::refused(half), "/organizations/0/connections/0/sp_entity_id required");
    let at = "/organizations/0/connections/0/aliases";
    assert_eq!(refused(&[SCIM, ACS]), format!("{at}/1 alias_taken"));
    assert_eq!(refused(&["https://old.example/login"]), format!("{at}/0 address_unknown"));
    let there = store.read_now(|db| organizations::by_external_id(db, "initech")).unwrap();
    assert!(there.is_none(), "nothing is half applied");
    let owner = store.read_now(|db| crate::store::aliases::saml_at(db, "/v1/saml/saml_conn_1/acs"));
    let globex = store.read_now(|db| organizations::by_external_id(db, "globex")).unwrap().unwrap();
    assert_eq!(owner.unwrap().unwrap().organization_id, globex.id);
}

#[test]
fn a_machine_is_exported_and_made_elsewhere_with_what_it_may_do() {
    const MACHINE: &str = "[[organizations]]\nexternal_id = \"globex\"\nname = \"Globex\"\n[[applications]]\nname = \"Billing\"\nkind = \"machine\"\nscopes = [\"users:read\"]\norganizations = [\"globex\"]\n";
    let (here, elsewhere) = (testing::store(), testing::store());
    let made = |store: &TestStore, text: &str| {
        store.system(|tx| run(tx, &read(text), &Metadata::new(), false))
    };
    made(&here, MACHINE);
    let text = toml::to_string_pretty(&exported(&here)).unwrap();
    assert!(text.contains("scopes = [\"users:read\"]"), "{text}");
    assert_eq!(made(&here, &text).changes, []);
    made(&elsewhere, &text);
    assert_eq!(values(&exported(&elsewhere)), values(&exported(&here)));
    let more =
        made(&here, &MACHINE.replace("[\"users:read\"]", "[\"users:read\", \"traces:read\"]"));
    assert_eq!(more.changes.len(), 1);
    assert_eq!(more.changes[0].fields, ["scopes"]);
}

#[test]
fn a_machine_of_an_organization_that_a_file_cannot_name_is_not_in_it() {
    let store = testing::store();
    let unnamed = store.system(|tx| organizations::create(tx, testing::globex()));
    let machine = NewApplication {
        kind: ApplicationKind::Machine,
        redirect_uris: Vec::new(),
        model: applications::usual_model(ApplicationKind::Machine),
        organizations: Some(vec![unnamed.id]),
        scopes: vec![Scope::UsersRead],
        ..testing::orbit()
    };
    store.system(|tx| applications::create(tx, machine));
    let text = toml::to_string_pretty(&exported(&store)).unwrap();
    assert!(!text.contains("machine"), "{text}");
}
