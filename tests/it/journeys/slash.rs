//! The commonest fault: an IT admin has typed a slash too many. From what the person sees to a sign-in that works.

use super::claims;
use super::operator::Operator;
use crate::gateway::Gateway;
use crate::peers::{self, lent};
use crate::user_agent::UserAgent;
use serde_json::json;

/// What a button of this name copies.
fn copied(body: &str, label: &str) -> String {
    let button = body.split("data-copy=\"").find(|part| part.contains(label));
    let button = button.unwrap_or_else(|| panic!("nothing copies {label}: {body}"));
    button.split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn a_slash_too_many_is_found_by_the_reference_and_mended_by_the_copied_fix() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    gateway.adopt(&app).await;
    let entity_id = connection.entity_id(&gateway.url);
    // The IT admin has typed SP Entity ID by hand.
    provider.set(&json!({ "audience": format!("{entity_id}/") })).await;

    // The person: no technical word, and a reference to pass on.
    let start = app.login_url(&[("login_hint", "ada@globex.example")]);
    let page = peers::sign_in(&mut UserAgent::new(), &start, "ada").await;
    assert!(page.status.is_client_error(), "{}", page.body);
    assert!(page.body.contains("one setting there doesn"), "{}", page.body);
    assert!(!page.body.contains(&entity_id), "what was expected is nobody's to read here");
    let reference = copied(&page.body, "Copy reference");
    assert_eq!(reference, gateway.last_trace().id.to_string());

    // The operator: the reference leads to the trace, which shows the slash and says what to change.
    let mut operator = Operator::of(&gateway).await;
    let trace = operator.open(&format!("/t/{reference}")).await;
    assert_eq!(trace.url.path(), format!("/console/traces/{reference}"));
    assert!(
        trace.body.contains("The assertion is meant for a different address"),
        "{}",
        trace.body
    );
    assert!(trace.body.contains(&format!("{entity_id}<mark>/</mark>")), "{}", trace.body);
    let fix = copied(&trace.body, "Copy for the IT admin");
    assert!(fix.contains("SP Entity ID"), "{fix}");

    // The IT admin: does what was copied, and people sign in.
    let value = fix.lines().last().unwrap();
    provider.set(&json!({ "audience": value })).await;
    let page = peers::sign_in(&mut UserAgent::new(), &start, "ada").await;
    assert_eq!(claims(&page)["email"], "ada@globex.example");
}
