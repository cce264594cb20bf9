//! A slash too many in SP Entity ID: end user's page, reference, trace, copied fix, and it works.

use super::{How, first, walk};
use crate::gateway::Gateway;
use crate::peers::lent;
use serde_json::json;

#[actix_web::test]
async fn a_slash_too_many_is_found_and_mended_with_the_keyboard_alone() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let connection = gateway.customer("globex.example").connect(&provider).await;
    gateway.adopt(&app).await;
    // The IT admin has typed SP Entity ID by hand.
    let typed = format!("{}/", connection.entity_id(&gateway.url));
    provider.set(&json!({ "audience": typed })).await;
    let words = json!({
        "base": gateway.url,
        "first": first(&gateway),
        "start": app.login_url(&[("login_hint", "ada@globex.example")]),
        "provider": provider.url,
    });
    let told = walk(How::Keyboard, "slash", words).await;
    assert_eq!(told["value"], connection.entity_id(&gateway.url), "what was copied");
}
