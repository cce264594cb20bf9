//! API keys at the console.

use super::Desk;
use crate::store::api_keys::{self, ApiKey, NewApiKey, Scope};
use crate::store::members::Role;
use crate::store::{Window, organizations, testing};
use chrono::TimeDelta;

const LIST: &str = "/console/api-keys";

/// A key that lasts.
pub(super) fn made(desk: &Desk) -> ApiKey {
    let new = NewApiKey {
        name: "Billing".into(),
        scopes: vec![Scope::UsersRead],
        organization_id: None,
        expires_at: None,
        networks: Vec::new(),
    };
    desk.world.store().system(|tx| api_keys::create(tx, new)).0
}

fn all(desk: &Desk) -> Vec<ApiKey> {
    let page = |db: &mut crate::store::Db| api_keys::page(db, &Window::default(), None);
    desk.world.store().read_now(page).unwrap().data
}

/// A secret that is shown once, as a page shows it.
fn shown(page: &str) -> String {
    page.split("<code>").nth(1).unwrap_or_default().split('<').next().unwrap().to_owned()
}

#[actix_web::test]
async fn an_api_key_is_made_with_what_it_may_do_and_shown_once() {
    let desk = Desk::signed_in(Role::Developer).await;
    assert!(desk.get(LIST).await.body.contains("None was made yet"));
    let of = desk.world.store().system(|tx| organizations::create(tx, testing::globex())).id;
    let form = [
        ("name", "<Billing>"),
        ("scope.users:read", "1"),
        ("scope.traces:read", "1"),
        ("organization_id", of.as_str()),
        ("days", "30"),
    ];
    let made = desk.post(LIST, &form).await;
    let secret = shown(&made.body);
    assert!(secret.starts_with("vst_"), "{}", made.body);
    let page = desk.get(LIST).await.body;
    assert!(!page.contains(&secret), "it is shown again");
    for part in ["&#60;Billing&#62;", "users:read, traces:read", ">Globex<", ">Live<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let key = all(&desk).remove(0);
    assert_eq!(key.organization_id, Some(of));
    let lifetime = key.expires_at.unwrap().since(key.created_at);
    assert_eq!((lifetime + TimeDelta::minutes(1)).num_days(), 30);
}

#[actix_web::test]
async fn a_developer_gives_no_key_what_the_role_may_not_do() {
    let desk = Desk::signed_in(Role::Developer).await;
    let page = desk.get(&format!("{LIST}/new")).await.body;
    assert!(page.contains("applications:write") && !page.contains("connections:write"));
    let form = [("name", "Mine"), ("scope.connections:write", "1"), ("days", "30")];
    let refused = desk.post(LIST, &form).await;
    assert!(refused.status == 403 && refused.body.contains("connections:write"));
    let new = NewApiKey {
        name: "Strong".into(),
        scopes: vec![Scope::DomainsWrite],
        organization_id: None,
        expires_at: None,
        networks: Vec::new(),
    };
    let strong = desk.world.store().system(|tx| api_keys::create(tx, new)).0;
    for act in ["roll", "revoke"] {
        assert_eq!(desk.post(&format!("{LIST}/{}/{act}", strong.id), &[]).await.status, 403);
    }
    assert_eq!(all(&desk).len(), 1);
}

#[actix_web::test]
async fn an_api_key_that_cannot_be_is_told_beside_its_field() {
    let desk = Desk::signed_in(Role::Admin).await;
    let refused = desk.post(LIST, &[("name", "")]).await;
    assert_eq!(refused.status, 422);
    for field in ["href=\"#name\"", "href=\"#scopes\""] {
        assert!(refused.body.contains(field), "{field}: {}", refused.body);
    }
    let form = [("name", "Billing"), ("scope.users:read", "1"), ("organization_id", "x")];
    let refused = desk.post(LIST, &form).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#organization_id\""));
    assert!(all(&desk).is_empty());
}

#[actix_web::test]
async fn an_api_key_is_rolled_and_revoked_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Owner).await;
    let key = made(&desk);
    let at = |act: &str| format!("{LIST}/{}/{act}", key.id);
    assert!(desk.get(&at("roll")).await.body.contains("goes on for 24 hours"));
    assert!(desk.get(&at("revoke")).await.body.contains("never used"));
    assert_eq!(all(&desk).len(), 1, "reading changes nothing");
    let rolled = desk.post(&at("roll"), &[]).await;
    assert!(shown(&rolled.body).starts_with("vst_"), "{}", rolled.body);
    assert!(rolled.body.contains(">Rolled<") && rolled.body.contains(">Live<"));
    let again = desk.post(&at("roll"), &[]).await;
    assert!(again.status == 422 && again.body.contains("rolled already"), "{}", again.body);
    assert_eq!(desk.post(&at("revoke"), &[]).await.status, 303);
    assert!(desk.get(LIST).await.body.contains(">Revoked<"));
}

#[actix_web::test]
async fn a_key_that_nobody_uses_is_marked() {
    let mut desk = Desk::signed_in(Role::Viewer).await;
    made(&desk);
    desk.world.store().clock().advance(TimeDelta::days(90));
    desk.sign_in(super::PASSWORD).await;
    let page = desk.get(LIST).await.body;
    assert!(page.contains("Unused for 90 days"), "{page}");
    assert!(!page.contains("/roll\""), "a viewer is offered what they may not do");
}
