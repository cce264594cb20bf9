//! An app developer registers an app, runs a sample, and is told of access by a message that a library verifies.

use super::{How, first, walk};
use crate::gateway::Gateway;
use crate::peers::{WebhooksApp, lent};
use serde_json::json;

async fn a_developer_registers_an_app(how: How) {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let told_app = WebhooksApp::javascript().await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    let words = json!({
        "base": gateway.url,
        "first": first(&gateway),
        "organization": customer.organization.id,
        "connection": connection.id,
        "app": app.url,
        "redirect": app.redirect_uri,
        "start": app.login_url(&[("login_hint", "ada@globex.example")]),
        "hooks": told_app.url,
    });
    let told = walk(how, "developer", words).await;

    // The test event, that Ada may use the app, and then what the group gives her.
    let events = told_app.told(3).await;
    assert!(events.iter().all(|one| one["refused"].is_null()), "{events:?}");
    let kinds: Vec<_> = events.iter().map(|one| one["event"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["test", "access.granted", "access.changed"]);
    for event in &events[1..] {
        assert_eq!(event["event"]["data"]["subject_id"], told["ada"], "{event}");
    }
}

#[actix_web::test]
async fn a_developer_registers_an_app_and_is_told_of_access_without_scripts() {
    a_developer_registers_an_app(How::NoScripts).await;
}

#[actix_web::test]
async fn a_developer_registers_an_app_and_is_told_of_access_with_the_keyboard_alone() {
    a_developer_registers_an_app(How::Keyboard).await;
}
