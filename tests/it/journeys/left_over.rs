//! What the demo gave is worth nothing where there is no demo: a database may have come from development.

use super::redeem;
use crate::gateway::{ADA, Gateway, Idp, World, form};
use crate::user_agent::{Page, UserAgent};
use diesel::RunQueryDsl;
use serde_json::Value;

/// From here on the customer is the demo's, in a gateway without one.
fn becomes_the_demo(gateway: &Gateway) {
    gateway.write(|tx| {
        diesel::sql_query("UPDATE organizations SET is_demo = TRUE").execute(tx.db)?;
        Ok(())
    });
}

/// What the app asks with its secret.
async fn ask(world: &World<'_>, path: &str, fields: &[(&str, &str)]) -> Page {
    let own = [
        ("client_id", world.app.application.id.as_str()),
        ("client_secret", world.app.secret.as_deref().unwrap()),
    ];
    let fields = [&own, fields].concat();
    UserAgent::new().submit_once(&form(&format!("{}{path}", world.gateway.url), &fields)).await
}

#[actix_web::test]
async fn a_session_of_the_demo_is_no_answer_where_there_is_no_demo() {
    let gateway = Gateway::with(&[("demo", "off")]).await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    world.sign_in(&mut agent).await;
    let silent = world.app.authorize(&gateway, &[("prompt", "none")]);
    let page = agent.get_once(&silent).await;
    assert!(page.location().unwrap().query().unwrap().contains("code="), "{page:?}");

    becomes_the_demo(&gateway);
    let page = agent.get_once(&silent).await;
    assert!(page.location().unwrap().query().unwrap().contains("login_required"), "{page:?}");
}

#[actix_web::test]
async fn codes_and_tokens_of_the_demo_are_refused_where_there_is_no_demo() {
    let gateway = Gateway::with(&[("demo", "off")]).await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let start = world.app.authorize(&gateway, &[("login_hint", ADA)]);
    let start = start.replace("openid+email+profile", "openid+offline_access");
    let underway = Idp::begin(&mut agent, &start).await;
    let page = world.come_back(&mut agent, &underway).await;
    let tokens = redeem(&world, &page).await.json();
    let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let page = agent.get_once(&start).await;

    becomes_the_demo(&gateway);
    let refused = redeem(&world, &page).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (400, &"invalid_grant".into()));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*token("refresh_token"))];
    let refused = ask(&world, "/oauth/token", &refresh).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["error"]), (400, &"invalid_grant".into()));
    let about = ask(&world, "/oauth/introspect", &[("token", &*token("access_token"))]).await;
    assert_eq!(about.json()["active"], Value::Bool(false), "{}", about.body);
    let client = UserAgent::new().into_client();
    let userinfo = client.get(format!("{}/oauth/userinfo", gateway.url));
    let answer = userinfo.bearer_auth(token("access_token")).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}
