//! The journeys of operators and IT admins in a real browser, as two kinds of people take them who cannot do otherwise: without
//! scripts, and with the keyboard alone.

use crate::gateway::Gateway;
use crate::peers::{lent, run};
use serde_json::{Value, json};
use vestibule::store::connections::{self, ConnectionState};
use vestibule::store::organizations::{self, Enforcement};
use vestibule::store::setup_links::{self, NewLink, State};
use vestibule::store::traces::Outcome;
use vestibule::store::{Actor, access, demo, members, users};

/// The operator connects a customer, tries it, turns it on, lets its directory push groups, gives them places by a rule, and requires single
/// sign-on. Each line is a step:
///
/// | step | does |
/// |---|---|
/// | `go ADDRESS` | opens an address of the gateway |
/// | `fill SELECTOR TEXT`, `choose SELECTOR VALUE`, `tick SELECTOR` | fills in a field, a choice of one, a tick or one of several |
/// | `press SELECTOR` | follows a link or sends a form |
/// | `popup SELECTOR`, `close` | follows a link into another tab; leaves that tab |
/// | `reads TEXT`, `at PATH` | the page says that; its path is that |
/// | `take WORD SELECTOR`, `path WORD N` | from now on the word in braces is what stands there, or the `N`th part of the path |
/// | `serve ADDRESS` | the provider reads our metadata |
/// | `scim WORD METHOD ADDRESS BODY` | the directory asks that with the token; the word is the ID in the answer |
const OPERATOR: &[&str] = &[
    "go {first}",
    "fill #name Maya Orbit",
    "fill #email maya@orbit.example",
    "fill #password seven lamps behind the harbour",
    "press form:has(#password) button",
    "at /console/first/second-step",
    "press main a[href='/console']",
    "at /console",
    "press nav a[href='/console/organizations']",
    "press a[href='/console/organizations/new']",
    "fill #name Globex",
    "press form:has(#name) button",
    "press main table a",
    "path organization 3",
    "press main a[href^='/console/connections/new']",
    "choose #provider keycloak",
    "fill #name Sign-in",
    "press form:has(#provider) button.pri",
    "path connection 3",
    "reads {base}/saml/{connection}",
    "serve {base}/saml/{connection}",
    "fill #metadata_url {provider}/sso/redirect",
    "press button[value=check]",
    "at /console/connections/{connection}/setup",
    "fill #metadata_url {metadata}",
    "press button[value=check]",
    "press button[value=create]",
    "at /console/connections/{connection}",
    "reads Waits for a test",
    "go /console/organizations/{organization}/domains",
    "fill #domain globex.example",
    "tick input[name=vouch]",
    "press form:has(#domain) button.pri",
    "reads globex.example",
    "go /console/connections/{connection}",
    "press form[action$='/test'] button",
    "popup main a[target=_blank]",
    "fill input[name=user] ada",
    "press form:has(input[name=user]) button",
    "reads ada@globex.example",
    "close",
    "go /console/connections/{connection}",
    "reads Ready to turn on",
    "press a[href$='/turn']",
    "press form[action$='/turn'] button",
    "at /console/connections/{connection}",
    "reads Active",
    "press a[href$='/provisioning']",
    "fill #label Keycloak",
    "press form:has(#label) button.pri",
    "take token .secret code",
    "go /console/organizations/{organization}/groups/switch",
    "press form[action$='/switch'] button",
    "scim ada POST {base}/scim/v2/{connection}/Users {\"userName\":\"ada@globex.example\",\"emails\":[{\"value\":\"ada@globex.example\"}]}",
    "scim group POST {base}/scim/v2/{connection}/Groups {\"displayName\":\"Engineering\",\"members\":[{\"value\":\"{ada}\"}]}",
    "go /console/organizations/{organization}/groups/mappings",
    "press a[href$='/rules/new']",
    "choose #match prefix",
    "fill #pattern Eng",
    "tick input[name='same.team']",
    "choose #role admin",
    "tick input[name=auto_approve]",
    "press form:has(#pattern) button.pri",
    "reads Changes not applied",
    "press form[action$='/preview'] button",
    "reads Engineering",
    "press form[action$='/apply'] button",
    "reads The changes are applied.",
    "go /console/organizations/{organization}/enforcement",
    "press form[action$='/enforcement'] button",
    "at /console/organizations/{organization}",
    "reads Required",
    "press form[action='/console/logout'] button",
    "at /console/login",
];

/// The IT admin does the same alone by a link, leaves in the middle, and goes on.
const IT_ADMIN: &[&str] = &[
    "go {setup}",
    "press main form button",
    "press button[value=generic]",
    "press button[name=finish]",
    "at /portal/setup/values",
    "go {setup}",
    "at /portal/setup/values",
    "take entity .give .val:text-matches('/saml/con_[a-z0-9]+$')",
    "press button[name=finish]",
    "press button[name=finish]",
    "serve {entity}",
    "fill #metadata_url {provider}/sso/redirect",
    "press form:has(#metadata_url) button",
    "at /portal/setup/metadata",
    "fill #metadata_url {metadata}",
    "press form:has(#metadata_url) button",
    "press button[name=finish]",
    "press button[name=finish]",
    "popup button[name=begin]",
    "fill input[name=user] ada",
    "press form:has(input[name=user]) button",
    "reads ada@globex.example",
    "close",
    "go /portal/setup/test",
    "reads passed",
    "press button[name=finish]",
    "press button[name=token]",
    "take token .val:text-matches('^scim_')",
    "take directory .val:text-matches('/scim/v2/con_')",
    "scim ada POST {directory}/Users {\"userName\":\"ada@globex.example\"}",
    "go /portal/setup/provisioning",
    "press button[name=finish]",
    "at /portal/done",
    "reads The test sign-in through",
    "press a[href='/portal']",
    "at /portal",
    "reads Ready to turn on",
];

/// Whoever has a link tries it with the demo's provider as if it were `JumpCloud`: all that it takes is on the pages.
const WITH_THE_DEMO: &[&str] = &[
    "go {setup}",
    "press main form button",
    "press button[value=jumpcloud]",
    "reads Custom Application",
    "press button[name=finish]",
    "at /portal/setup/values",
    "reads SP Entity ID",
    "press button[name=finish]",
    "press button[name=finish]",
    "at /portal/setup/metadata",
    "reads Copy Metadata URL",
    "popup main a[href='/demo/idp/console']",
    "reads Export Metadata",
    "take metadata .val",
    "close",
    "fill #metadata_url {metadata}",
    "press form:has(#metadata_url) button",
    "press button[name=finish]",
    "at /portal/setup/domain",
    "press button[name=finish]",
    "popup button[name=begin]",
    "fill #email ines@globex.example",
    "press form:has(#email) button",
    "reads ines@globex.example",
    "close",
    "go /portal/setup/test",
    "reads passed",
    "press button[name=finish]",
    "press button[name=token]",
    "reads Token Key",
    "reads Test Connection",
    "take token .val:text-matches('^scim_')",
    "take directory .val:text-matches('/scim/v2/con_')",
    "scim ada POST {directory}/Users {\"userName\":\"ada@globex.example\"}",
    "go /portal/setup/provisioning",
    "press button[name=finish]",
    "at /portal/done",
];

/// How somebody goes through pages.
#[derive(Clone, Copy)]
enum How {
    NoScripts,
    Keyboard,
}

/// Takes the steps; what was taken from pages on the way.
async fn walk(how: How, steps: &[&str], words: Value) -> Value {
    let how = match how {
        How::NoScripts => "no scripts",
        How::Keyboard => "keyboard",
    };
    let work = json!({ "base": words["base"], "how": how, "steps": steps, "words": words });
    let told: Value = run("journey_check.mjs", &work).await;
    let faults: Vec<&str> =
        told["faults"].as_array().unwrap().iter().map(|fault| fault.as_str().unwrap()).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    if how == "keyboard" {
        assert!(told["stops"].as_u64().unwrap() > 100, "the keyboard was not used: {told}");
    }
    told["told"].clone()
}

async fn an_operator_connects_a_customer(how: How) {
    let provider = lent::pysaml2().await;
    let gateway = Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await;
    let app = gateway.register(|_| {}).application;
    let first = gateway.write(members::start).unwrap();
    let words = json!({
        "base": gateway.url,
        "first": format!("/console/first?t={}", first.reveal()),
        "provider": provider.url,
        "metadata": provider.metadata_url,
    });
    let told = walk(how, OPERATOR, words).await;

    let id = |word: &str| told[word].as_str().unwrap();
    let connection = gateway.read(|db| connections::find(db, &id("connection").parse()?));
    assert_eq!(connection.state, ConnectionState::Active);
    let organization = gateway.read(|db| organizations::find(db, &id("organization").parse()?));
    assert_eq!(organization.enforcement, Enforcement::Required);
    assert_eq!(gateway.last_trace().outcome, Outcome::Succeeded);
    let ada = gateway.read(|db| users::find(db, &id("ada").parse()?));
    let has = gateway.read(|db| access::explain::told(db, &ada.id, &app.id));
    assert_eq!(has.role.as_deref(), Some("admin"));
    let places: Vec<_> = has.entities.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(places, ["Engineering"]);
}

#[actix_web::test]
async fn an_operator_connects_a_customer_without_scripts() {
    an_operator_connects_a_customer(How::NoScripts).await;
}

#[actix_web::test]
async fn an_operator_connects_a_customer_with_the_keyboard_alone() {
    an_operator_connects_a_customer(How::Keyboard).await;
}

async fn an_it_admin_sets_single_sign_on_up(how: How) {
    let provider = lent::pysaml2().await;
    let gateway = Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await;
    let globex = gateway.customer("globex.example").organization;
    let new = NewLink::default();
    let (link, token) = gateway.write(|tx| setup_links::create(tx, &globex.id, new));
    let words = json!({
        "base": gateway.url,
        "setup": format!("/setup/{}", token.reveal()),
        "provider": provider.url,
        "metadata": provider.metadata_url,
    });
    walk(how, IT_ADMIN, words).await;

    let link = gateway.read(|db| setup_links::find(db, &link.id));
    assert_eq!(link.state(gateway.now()), State::Completed);
}

#[actix_web::test]
async fn an_it_admin_sets_single_sign_on_up_without_scripts() {
    an_it_admin_sets_single_sign_on_up(How::NoScripts).await;
}

#[actix_web::test]
async fn an_it_admin_sets_single_sign_on_up_with_the_keyboard_alone() {
    an_it_admin_sets_single_sign_on_up(How::Keyboard).await;
}

#[actix_web::test]
async fn whoever_has_a_link_connects_the_demo_provider_as_jumpcloud_by_what_pages_say() {
    let gateway = Gateway::start().await;
    let state = &gateway.state;
    demo::up(&state.store, &state.master, &gateway.url, &Actor::System).unwrap();
    let globex = gateway.customer("globex.example").organization;
    let new = NewLink::default();
    let (link, token) = gateway.write(|tx| setup_links::create(tx, &globex.id, new));
    let setup = format!("/setup/{}", token.reveal());
    let words = json!({ "base": gateway.url, "setup": setup });
    walk(How::NoScripts, WITH_THE_DEMO, words).await;
    let link = gateway.read(|db| setup_links::find(db, &link.id));
    assert_eq!(link.state(gateway.now()), State::Completed);
}
