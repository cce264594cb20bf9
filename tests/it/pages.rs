//! Every page in a real browser: in light and dark, wide and narrow, by the rules of accessibility, with its policy and its size.

mod gallery;
mod more;
mod scene;
mod templates;
pub(crate) mod walks;

pub(crate) use scene::Scene;

use crate::gateway::Gateway;
use crate::peers::{lent, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use vestibule::store::members;
use walks::Walk;

/// The areas that have a file of walks in [`WALKS`], and what they are called. The members of the console are made in the first,
/// so nothing else begins before it is walked.
const AREAS: &[(&str, &str)] = &[
    ("members", "First run and members of the console"),
    ("account", "A member's account"),
    ("sign-in", "People signing in, and the demo"),
    ("portal", "The IT admin's portal"),
    ("openid", "The portal with OpenID Connect"),
    ("connections", "Connections"),
    ("customers", "Organizations, domains and setup links"),
    ("people", "Users, traces, requests, audit log and search"),
    ("groups", "Groups and access"),
    ("developers", "Applications, API keys, webhooks and the API reference"),
    ("settings", "Settings"),
];
/// Where they are.
const WALKS: &str = "tests/it/pages/walks";

/// Looks at every page, and keeps a picture of each where `SCREENSHOTS` names a folder.
#[actix_web::test]
async fn every_page_is_accessible_and_fits_in_both_themes_and_at_every_width() {
    let (provider, openid) = (lent::pysaml2().await, lent::oidc_provider().await);
    let scene = Scene::whole(&provider, &openid).await;
    let screenshots = std::env::var("SCREENSHOTS").ok().map(|folder| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    });
    let walks = walks::for_browsers(walks::of(WALKS, AREAS), true);
    let work = json!({
        "base": scene.gateway.url,
        "walks": scene.walks(&walks),
        "widths": [1440, 390, 320],
        "screenshots": screenshots,
    });
    let told: Value = run("page_check.mjs", &work).await;
    without_faults(&walks, &told);
    let sources = told["sources"].as_object().unwrap();
    let unseen = templates::unseen(sources, &scene.gateway.state.locale);
    assert!(unseen.is_empty(), "no walk sees a page of these templates: {unseen:?}");
}

/// Where there is no demo, pages say how one is had, and are as sound.
#[actix_web::test]
async fn an_instance_without_a_demo_begins_with_pages_that_are_accessible_and_fit() {
    let gateway = Gateway::with(&[("demo", "off")]).await;
    let first = gateway.write(members::start).unwrap();
    let words = vec![("{first}", format!("{}/console/first?t={}", gateway.url, first.reveal()))];
    let scene = Scene { gateway, words };
    let walks = walks::in_file("tests/it/pages/without-demo.txt");
    let work = json!({
        "base": scene.gateway.url,
        "walks": scene.walks(&walks),
        "widths": [1440, 390, 320],
    });
    let told: Value = run("page_check.mjs", &work).await;
    without_faults(&walks, &told);
    for (page, source) in told["sources"].as_object().unwrap() {
        let source = source.as_str().unwrap();
        assert!(!source.contains("href=\"/demo"), "{page} leads to a demo that is not there");
    }
}

/// The same walks in a browser without scripts: nothing on a page is dead, and each form that is met is sent.
#[actix_web::test]
async fn every_form_works_without_scripts() {
    let (provider, openid) = (lent::pysaml2().await, lent::oidc_provider().await);
    let scene = Scene::whole(&provider, &openid).await;
    let walks = walks::for_browsers(walks::of(WALKS, AREAS), false);
    let work = json!({
        "base": scene.gateway.url,
        "walks": scene.walks(&walks),
        "scripts": false,
    });
    let told: Value = run("page_check.mjs", &work).await;
    without_faults(&walks, &told);
}

/// Every page of these walks was seen, and nothing is wrong with any.
pub(crate) fn without_faults(walks: &[Walk], told: &Value) {
    let faults: Vec<&str> =
        told["faults"].as_array().unwrap().iter().map(|fault| fault.as_str().unwrap()).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let pages = walks::seen(walks).count();
    assert_eq!(told["seen"].as_array().unwrap().len(), pages, "{told}");
}
