//! What foreign OIDC libraries do with the gateway as their provider.

use super::claims;
use crate::gateway::Gateway;
use crate::peers::{self, App, ClientOf, Provider, lent};
use crate::user_agent::UserAgent;
use serde_json::{Value, json};
use vestibule::store::applications::{ApplicationKind, IdTokenAlg, NewApplication};

const START: [(&str, &str); 1] = [("login_hint", "ada@globex.example")];

/// Signs Ada in to an app that is registered in this way; the answer is what the app got.
async fn sign_in(
    gateway: &Gateway,
    app: &App,
    change: impl FnOnce(&mut NewApplication),
    tell: impl FnOnce(&mut ClientOf),
) -> (UserAgent, Value) {
    gateway.adopt_with(app, change, tell).await;
    let mut agent = UserAgent::new();
    let page = peers::sign_in(&mut agent, &app.login_url(&START), "ada").await;
    assert_eq!(claims(&page)["email"], "ada@globex.example");
    (agent, page.json())
}

async fn every_kind_of_client(provider: &Provider, app: &App) {
    let gateway = Gateway::start().await;
    gateway.customer("globex.example").connect(provider).await;
    let es256 = |new: &mut NewApplication| new.id_token_alg = IdTokenAlg::Es256;
    let post = |client: &mut ClientOf| client.auth_method = "client_secret_post".to_owned();
    let native = |new: &mut NewApplication| new.kind = ApplicationKind::Native;
    sign_in(&gateway, app, es256, |_| {}).await;
    sign_in(&gateway, app, |_| {}, post).await;
    sign_in(&gateway, app, native, |_| {}).await;
}

#[actix_web::test]
async fn openid_client_signs_in_as_every_kind_of_client() {
    every_kind_of_client(&*lent::pysaml2().await, &*lent::openid_client().await).await;
}

#[actix_web::test]
async fn authlib_signs_in_as_every_kind_of_client() {
    every_kind_of_client(&*lent::pysaml2().await, &*lent::authlib().await).await;
}

fn token<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer["tokens"][name].as_str().unwrap_or_else(|| panic!("{name} in {answer}"))
}

#[track_caller]
fn denied(answer: Result<Value, Value>, code: &str) {
    let refusal = answer.expect_err("it is refused");
    assert!(refusal.to_string().contains(code), "{code} in {refusal}");
}

async fn tokens_live_and_end(provider: &Provider, app: &App) {
    let gateway = Gateway::start().await;
    gateway.customer("globex.example").connect(provider).await;
    let (_, first) = sign_in(&gateway, app, |_| {}, |_| {}).await;
    let (access, refresh) = (token(&first, "access_token"), token(&first, "refresh_token"));
    let told = app.introspect(access).await.unwrap();
    assert_eq!(told["active"], true, "{told}");
    assert_eq!(told["sub"], first["claims"]["sub"]);

    let second = app.refresh(refresh).await.unwrap();
    let (newer, next) = (token(&second, "access_token"), token(&second, "refresh_token"));
    assert!(newer != access && next != refresh);
    assert_eq!(app.userinfo(newer).await.unwrap()["email"], "ada@globex.example");

    // A refresh token that comes again ends all that came of the sign-in.
    denied(app.refresh(refresh).await, "invalid_grant");
    denied(app.refresh(next).await, "invalid_grant");
    denied(app.userinfo(newer).await, "401");
    assert_eq!(app.introspect(newer).await.unwrap(), json!({"active": false}));

    let (_, third) = sign_in(&gateway, app, |_| {}, |_| {}).await;
    let (access, refresh) = (token(&third, "access_token"), token(&third, "refresh_token"));
    app.revoke(access).await.unwrap();
    denied(app.userinfo(access).await, "401");
    assert_eq!(app.introspect(refresh).await.unwrap()["active"], true);
    app.revoke(refresh).await.unwrap();
    denied(app.refresh(refresh).await, "invalid_grant");
}

#[actix_web::test]
async fn openid_client_refreshes_introspects_and_revokes() {
    tokens_live_and_end(&*lent::pysaml2().await, &*lent::openid_client().await).await;
}

#[actix_web::test]
async fn authlib_refreshes_introspects_and_revokes() {
    tokens_live_and_end(&*lent::pysaml2().await, &*lent::authlib().await).await;
}

async fn a_person_signs_out(provider: &Provider, app: &App) {
    let gateway = Gateway::start().await;
    gateway.customer("globex.example").connect(provider).await;
    let (mut agent, answer) = sign_in(&gateway, app, |_| {}, |_| {}).await;
    let silent = app.login_url(&[("prompt", "none")]);
    assert_eq!(claims(&agent.get(&silent).await)["sub"], answer["claims"]["sub"]);

    let parameters = json!({
        "id_token_hint": token(&answer, "id_token"),
        "post_logout_redirect_uri": app.post_logout_redirect_uri,
        "state": "after",
    });
    let page = agent.get(app.logout_url(&parameters).await).await;
    // The second sign-in has the same session, so the token of the first names it.
    assert_eq!(page.url.as_str(), format!("{}?state=after", app.post_logout_redirect_uri));
    let page = agent.get(&silent).await;
    assert!(page.body.contains("login_required"), "{}", page.body);
}

#[actix_web::test]
async fn a_person_signs_out_of_openid_client() {
    a_person_signs_out(&*lent::pysaml2().await, &*lent::openid_client().await).await;
}

#[actix_web::test]
async fn a_person_signs_out_of_authlib() {
    a_person_signs_out(&*lent::pysaml2().await, &*lent::authlib().await).await;
}
