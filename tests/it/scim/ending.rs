//! A person whom the directory switches off is out at once.

use super::Directory;
use crate::gateway::{ADA, Gateway, World, form, is_in};
use crate::journeys::{claims, redeem, told};
use crate::peers::{self, lent};
use crate::user_agent::{Page, UserAgent};
use serde_json::{Value, json};
use vestibule::cause::Cause;

/// What a person has open: a browser that is signed in, tokens, and a code that the app has not redeemed yet.
struct Open {
    browser: UserAgent,
    code: Page,
    access: String,
    refresh: String,
}

impl Open {
    async fn of(world: &World<'_>) -> Self {
        let mut browser = UserAgent::new();
        let start = world.app.authorize(world.gateway, &[("login_hint", ADA)]);
        let start = start.replace("scope=openid", "scope=openid+offline_access");
        let page = browser.get_once(&start).await;
        let underway = crate::gateway::Idp::read(&page);
        let page = world.come_back(&mut browser, &underway).await;
        let tokens = redeem(world, &page).await.json();
        let token =
            |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned();
        let (access, refresh) = (token("access_token"), token("refresh_token"));
        let code = browser.get_once(&silent(world)).await;
        is_in(&code);
        Self { browser, code, access, refresh }
    }

    async fn userinfo(&self, world: &World<'_>) -> u16 {
        let client = UserAgent::new().into_client();
        let request =
            client.get(format!("{}/oauth/userinfo", world.gateway.url)).bearer_auth(&self.access);
        request.send().await.unwrap().status().as_u16()
    }

    async fn is_active(&self, world: &World<'_>, token: &str) -> Value {
        post(world, "introspect", &[("token", token)]).await.json()["active"].clone()
    }

    async fn refreshed(&self, world: &World<'_>) -> Page {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
        post(world, "token", &fields).await
    }

    /// Nothing of it is good for anything.
    async fn has_ended(mut self, world: &World<'_>) {
        assert_eq!(told(&self.browser.get_once(&silent(world)).await, "error"), "login_required");
        assert_eq!(redeem(world, &self.code).await.json()["error"], "invalid_grant");
        assert_eq!(self.userinfo(world).await, 401);
        assert_eq!(self.is_active(world, &self.access).await, false);
        assert_eq!(self.is_active(world, &self.refresh).await, false);
        assert_eq!(self.refreshed(world).await.json()["error"], "invalid_grant");
    }
}

/// A request of the app that shows no page.
fn silent(world: &World<'_>) -> String {
    world.app.authorize(world.gateway, &[("prompt", "none")])
}

async fn post(world: &World<'_>, what: &str, fields: &[(&str, &str)]) -> Page {
    let client = [
        ("client_id", world.app.application.id.as_str()),
        ("client_secret", world.app.secret.as_deref().unwrap()),
    ];
    let to = format!("{}/oauth/{what}", world.gateway.url);
    UserAgent::new().submit_once(&form(&to, &[fields, &client].concat())).await
}

/// Ada comes back from the identity provider, and is not let in.
async fn is_kept_out(world: &World<'_>, cause: Cause) {
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = world.come_back(&mut agent, &underway).await;
    world.refused("a sign-in", cause, &page);
}

#[actix_web::test]
async fn a_person_whom_the_directory_switches_off_is_out_at_once() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let ada = directory.user(ADA).await;
    let path = format!("/Users/{ada}");
    let group = directory.group("Engineering", &[&ada]).await;

    let open = Open::of(&world).await;
    assert_eq!(open.userinfo(&world).await, 200);
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    directory.patch(&path, off).await.is(200);
    open.has_ended(&world).await;
    is_kept_out(&world, Cause::UserDeprovisioned).await;

    // On again, she signs in as the same person, with her groups.
    let on = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
    directory.patch(&path, on).await.is(200);
    let open = Open::of(&world).await;
    assert_eq!(world.customer.find(ADA).unwrap().id.as_str(), ada);
    assert_eq!(directory.members(&group).await, [ada.as_str()]);

    directory.put(&path, json!({ "userName": ADA, "active": false })).await.is(200);
    open.has_ended(&world).await;
    is_kept_out(&world, Cause::UserDeprovisioned).await;
}

#[actix_web::test]
async fn switched_off_is_out_at_once_with_a_foreign_provider_and_a_foreign_app() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    gateway.adopt(&app).await;
    let directory = Directory::at(&gateway, &connection.id);
    let ada = directory.user(ADA).await;
    let start = app.login_url(&[("login_hint", ADA)]);
    let mut browser = UserAgent::new();
    assert_eq!(claims(&peers::sign_in(&mut browser, &start, "ada").await)["sub"], ada);

    let path = format!("/Users/{ada}");
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    directory.patch(&path, off).await.is(200);
    for browser in [&mut browser, &mut UserAgent::new()] {
        let page = peers::sign_in(browser, &start, "ada").await;
        assert!(page.body.contains("user_deprovisioned"), "{} {}", page.status, page.body);
        assert_eq!(gateway.last_trace().cause.as_deref(), Some("user_deprovisioned"));
    }
    let on = json!([{ "op": "replace", "value": { "active": true } }]);
    directory.patch(&path, on).await.is(200);
    let page = peers::sign_in(&mut UserAgent::new(), &start, "ada").await;
    assert_eq!(claims(&page)["sub"], ada);
}

#[actix_web::test]
async fn a_person_whom_the_directory_removes_is_out_at_once_and_comes_back_as_the_same() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let ada = directory.user(ADA).await;
    let open = Open::of(&world).await;
    directory.delete(&format!("/Users/{ada}")).await.is(204);
    open.has_ended(&world).await;
    is_kept_out(&world, Cause::UserDeprovisioned).await;
    assert_eq!(directory.user(ADA).await, ada);
    world.works().await;
}

#[actix_web::test]
async fn who_came_by_a_sign_in_first_is_the_same_person_for_the_directory() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    world.works().await;
    let before = world.customer.find(ADA).unwrap().id;
    assert_eq!(directory.user(ADA).await, before.as_str());
    let open = Open::of(&world).await;
    directory
        .patch(
            &format!("/Users/{before}"),
            json!([{ "op": "Replace", "path": "active", "value": "False" }]),
        )
        .await
        .is(200);
    open.has_ended(&world).await;
}

#[actix_web::test]
async fn the_directory_s_word_does_not_undo_the_operator_s() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let ada = directory.user(ADA).await;
    let id = ada.parse().unwrap();
    gateway.write(|tx| vestibule::store::users::suspend(tx, &id));
    let on = json!([{ "op": "replace", "path": "active", "value": true }]);
    directory.patch(&format!("/Users/{ada}"), on).await.is(200);
    is_kept_out(&world, Cause::UserSuspended).await;
}
