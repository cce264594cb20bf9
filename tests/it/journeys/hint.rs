//! Whom the app means: by the ID token that it shows, nobody else answers its request.

use super::redeem;
use crate::gateway::{ADA, Gateway, Idp, World, is_in};
use crate::user_agent::UserAgent;
use serde_json::Value;
use vestibule::cause::Cause;
use vestibule::store::traces::Outcome;

const BOB: &str = "bob@globex.example";

#[actix_web::test]
async fn another_person_than_the_app_s_id_token_names_gets_no_code() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let tokens = redeem(&world, &world.come_back(&mut agent, &underway).await).await.json();
    let id_token = tokens["id_token"].as_str().unwrap();

    for wish in [("prompt", "login"), ("max_age", "0")] {
        let hint = [("id_token_hint", id_token), ("login_hint", ADA), wish];
        let start = world.app.authorize(&gateway, &hint);
        let underway = Idp::begin(&mut agent, &start).await;
        let answer = world.idp.answer(&gateway, &underway, BOB).base64().unwrap();
        let page = agent.submit_once(&underway.form(&answer)).await;
        world.refused("Bob", Cause::PersonMismatch, &page);
        // Whoever goes back to the app brings the code of OIDC Core for it.
        assert!(page.body.contains("error=login_required"), "{}", page.body);
        assert!(page.headers.get("set-cookie").is_none());
        assert!(world.customer.find(BOB).is_none(), "nobody is made for it");

        let underway = Idp::begin(&mut agent, &start).await;
        is_in(&world.come_back(&mut agent, &underway).await);
    }
    assert_eq!(gateway.last_trace().outcome, Outcome::Succeeded);

    // Without the ID token Bob is welcome: an email address is no more than a hint.
    let start = world.app.authorize(&gateway, &[("login_hint", ADA), ("prompt", "login")]);
    let underway = Idp::begin(&mut agent, &start).await;
    let answer = world.idp.answer(&gateway, &underway, BOB).base64().unwrap();
    let tokens = redeem(&world, &agent.submit_once(&underway.form(&answer)).await).await.json();
    assert!(tokens["id_token"] != Value::Null && world.customer.find(BOB).is_some());
}
