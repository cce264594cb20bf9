//! The journeys of operators, IT admins, people and developers in a real browser, as two kinds of people take them who cannot do otherwise:
//! without scripts, and with the keyboard alone.
//!
//! Each is a file in `console/walks` with a step in each line; one with `#` is a remark:
//!
//! | step | does |
//! |---|---|
//! | `go ADDRESS` | opens an address of the gateway |
//! | `fill SELECTOR TEXT`, `choose SELECTOR VALUE`, `tick SELECTOR`, `untick SELECTOR` | fills in a field, a choice of one, a tick or one of several |
//! | `enter SELECTOR TEXT` | fills in a field and sends its form by the Enter key |
//! | `paste SELECTOR ADDRESS` | fills in what is at an address |
//! | `copy WORD SELECTOR` | presses a button that copies; from now on the word in braces is what was copied |
//! | `press SELECTOR` | follows a link or sends a form |
//! | `unfold SELECTOR` | opens what is folded |
//! | `key KEYS`, `act SELECTOR`, `has SELECTOR`, `stands SELECTOR` | where scripts run: presses keys; presses what leads nowhere else; waits for that; the keyboard stands there |
//! | `fails PATH`, `mends` | from now on what a script asks of that path fails; does so no more |
//! | `popup SELECTOR`, `close` | follows a link into another tab; leaves that tab |
//! | `reopen` | closes the tab and opens a new one |
//! | `browser NAME` | from now on the steps are those of whoever has that browser; the first is 1 |
//! | `reads TEXT`, `at PATH`, `lacks SELECTOR` | the page says that; its path is that; that is not on it |
//! | `take WORD SELECTOR`, `path WORD N` | from now on the word in braces is what stands there, or the `N`th part of the path |
//! | `serve ADDRESS` | the provider reads our metadata |
//! | `tell ADDRESS BODY` | a peer is told that by its door for it |
//! | `scim WORD METHOD ADDRESS BODY` | the directory asks that with the token; the word is the ID in the answer |
//! | `asks WORD ADDRESS STATUS` | a program asks that with the secret of the word, and gets the status |

mod developer;
mod groups;
mod renewal;
mod rotation;
mod slash;

use crate::gateway::Gateway;
use crate::pages::walks;
use crate::peers::{lent, run};
use serde_json::{Value, json};
use vestibule::store::connections::{self, ConnectionState};
use vestibule::store::organizations::{self, Enforcement};
use vestibule::store::setup_links::{self, NewLink, State};
use vestibule::store::traces::Outcome;
use vestibule::store::{Actor, access, demo, members, users};

/// How somebody goes through pages.
#[derive(Clone, Copy)]
enum How {
    NoScripts,
    Keyboard,
}

/// Takes the steps of a file; what was taken from pages on the way.
async fn walk(how: How, file: &str, words: Value) -> Value {
    let walks = walks::in_file(&format!("tests/it/console/walks/{file}.txt"));
    let steps = walks.concat();
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
        let is_act = |step: &&String| {
            ["fill ", "press ", "tick ", "choose "].iter().any(|verb| step.starts_with(verb))
        };
        let acts = steps.iter().filter(is_act).count();
        assert!(told["stops"].as_u64() > acts.try_into().ok(), "the keyboard was not used: {told}");
    }
    told["told"].clone()
}

/// Where the first member of the console begins.
fn first(gateway: &Gateway) -> String {
    let first = gateway.write(members::start).unwrap();
    format!("/console/first?t={}", first.reveal())
}

/// The operator connects a customer with `JumpCloud` by the new-connection page, tries it, turns it on, lets its directory push
/// groups, gives them places by a rule, and requires single sign-on.
async fn an_operator_connects_a_customer(how: How) {
    let provider = lent::pysaml2().await;
    let gateway = Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await;
    let app = gateway.register(|_| {}).application;
    let words = json!({
        "base": gateway.url,
        "first": first(&gateway),
        "provider": provider.url,
        "metadata": provider.metadata_url,
    });
    let told = walk(how, "operator", words).await;

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

/// The IT admin does the same alone by a link, stops at step 4, goes on, and hands over to a colleague, who finishes.
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
    walk(how, "it-admin", words).await;

    let link = gateway.read(|db| setup_links::find(db, &link.id));
    let handed = link.handed_over_to.clone().expect("it was handed over");
    assert!(!link.is_live(gateway.now()));
    let handed = gateway.read(|db| setup_links::find(db, &handed));
    assert_eq!(handed.state(gateway.now()), State::Completed);
    let connection = gateway.read(|db| connections::find(db, &handed.connection_id.unwrap()));
    assert_eq!((connection.provider.as_str(), connection.tested()), ("jumpcloud", true));
}

#[actix_web::test]
async fn an_it_admin_sets_single_sign_on_up_without_scripts() {
    an_it_admin_sets_single_sign_on_up(How::NoScripts).await;
}

#[actix_web::test]
async fn an_it_admin_sets_single_sign_on_up_with_the_keyboard_alone() {
    an_it_admin_sets_single_sign_on_up(How::Keyboard).await;
}

/// Whoever has a link tries it with the demo's provider as if it were `JumpCloud`: all that it takes is on the pages.
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
    walk(How::NoScripts, "demo", words).await;
    let link = gateway.read(|db| setup_links::find(db, &link.id));
    assert_eq!(link.state(gateway.now()), State::Completed);
}
