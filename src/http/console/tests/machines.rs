//! Machine applications at the console.

use super::Desk;
use super::applications::{at, shown};
use crate::store::api_keys::Scope;
use crate::store::applications::{
    self, Application, ApplicationKind, ApplicationPatch, NewApplication,
};
use crate::store::members::Role;
use crate::store::{Actor, Scope as WriteScope, Tx, Window, organizations, testing};
use futures_util::future::poll_immediate;
use std::pin::pin;
use std::sync::mpsc;
use std::thread;

const LIST: &str = "/console/applications";

fn all(desk: &Desk) -> Vec<Application> {
    let page = |db: &mut crate::store::Db| applications::page(db, &Window::default());
    desk.world.store().read_now(page).unwrap().data
}

/// A machine application that may do this.
fn made(desk: &Desk, scopes: &[Scope]) -> Application {
    let new = NewApplication {
        kind: ApplicationKind::Machine,
        redirect_uris: Vec::new(),
        model: applications::usual_model(ApplicationKind::Machine),
        scopes: scopes.to_vec(),
        ..testing::orbit()
    };
    desk.world.store().system(|tx| applications::create(tx, new)).0
}

#[actix_web::test]
async fn a_machine_is_registered_with_what_it_may_do_and_its_secret_shown_once() {
    let desk = Desk::signed_in(Role::Developer).await;
    let of = desk.world.store().system(|tx| organizations::create(tx, testing::globex())).id;
    let form = desk.get(&format!("{LIST}/new?type=machine")).await.body;
    assert!(form.contains("scope.users:read") && !form.contains("scope.users:write"), "{form}");
    assert!(!form.contains("redirect_uris"), "{form}");
    let form = [
        ("kind", "machine"),
        ("name", "<Billing>"),
        ("scope.users:read", "1"),
        ("scope.organizations:read", "1"),
        ("organization_id", of.as_str()),
    ];
    let page = desk.post(LIST, &form).await;
    let secret = shown(&page.body);
    assert!(page.status == 200 && secret.starts_with("cs_"), "{}", page.body);
    let application = all(&desk).remove(0);
    assert_eq!(application.scopes.as_slice(), [Scope::OrganizationsRead, Scope::UsersRead]);
    assert_eq!(application.bound_to(), Some(&of));
    let page = desk.get(&at(&application, "")).await.body;
    for part in [
        "&#60;Billing&#62;",
        application.id.as_str(),
        ">Globex<",
        "client_credentials",
        "/api/v1/organizations",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for part in [secret.as_str(), "Redirect addresses", "/code\"", "/access\"", "authorize"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
    for gone in ["/code", "/access"] {
        assert_eq!(desk.get(&at(&application, gone)).await.status, 303);
    }
    let another = desk.post(&at(&application, "/secrets"), &[("days", "90")]).await;
    assert!(shown(&another.body).starts_with("cs_"), "{}", another.body);
    let list = desk.get(LIST).await.body;
    assert!(list.contains("Machine, calls the REST API"), "{list}");
}

#[actix_web::test]
async fn a_machine_that_cannot_be_registered_is_told_beside_its_fields() {
    let desk = Desk::signed_in(Role::Admin).await;
    let form = [("kind", "machine"), ("name", ""), ("organization_id", "nobody")];
    let refused = desk.post(LIST, &form).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#organization_id\""));
    let refused = desk.post(LIST, &[("kind", "machine"), ("name", "")]).await;
    for part in ["href=\"#name\"", "href=\"#scopes\""] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    assert!(all(&desk).is_empty());
}

#[actix_web::test]
async fn what_a_machine_may_do_is_changed_and_nothing_of_somebody_else_is_written_over() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = desk.world.store().system(|tx| organizations::create(tx, testing::globex())).id;
    let application = made(&desk, &[Scope::UsersRead]);
    let uri = at(&application, "/settings");
    let page = desk.get(&uri).await.body;
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [
        ("seen", seen),
        ("name", "Billing"),
        ("scope.traces:read", "1"),
        ("organization_id", "Globex"),
        ("access_token_ttl", "15m"),
    ];
    let saved = desk.post(&uri, &form).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let now = all(&desk).remove(0);
    assert_eq!((now.name.as_str(), now.scopes.as_slice()), ("Billing", &[Scope::TracesRead][..]));
    assert_eq!((now.bound_to(), now.access_token_ttl), (Some(&of), Some(900)));
    // What was seen before is not what there is now.
    let late = [("seen", seen), ("name", "Billing"), ("scope.users:read", "1")];
    let clash = desk.post(&uri, &late).await;
    assert_eq!(clash.status, 409, "{}", clash.body);
    assert!(clash.body.contains("traces:read"), "{}", clash.body);
    let wrong = [("name", "Billing"), ("scope.traces:read", "1"), ("access_token_ttl", "soon")];
    assert_eq!(desk.post(&uri, &wrong).await.status, 422);
}

#[actix_web::test]
async fn a_developer_looks_after_no_machine_that_may_more_than_the_role() {
    let desk = Desk::signed_in(Role::Developer).await;
    let form = [("kind", "machine"), ("name", "Mine"), ("scope.users:write", "1")];
    assert_eq!(desk.post(LIST, &form).await.status, 403);
    let mighty = made(&desk, &[Scope::UsersWrite]);
    let page = desk.get(&at(&mighty, "")).await;
    assert!(page.status == 200 && !page.body.contains("/settings\""), "{}", page.body);
    for page in ["/settings", "/delete"] {
        assert_eq!(desk.get(&at(&mighty, page)).await.status, 403, "{page}");
    }
    let form = [("name", "Mine"), ("scope.users:read", "1"), ("confirm", "Orbit"), ("days", "90")];
    for page in ["/settings", "/delete", "/secrets"] {
        assert_eq!(desk.post(&at(&mighty, page), &form).await.status, 403, "{page}");
    }
    let secret = desk.world.store().read_now(|db| applications::secrets(db, &mighty.id)).unwrap();
    let revoke = at(&mighty, &format!("/secrets/{}/revoke", secret[0].id));
    assert_eq!(desk.post(&revoke, &[]).await.status, 403);
    desk.world.store().system(|tx| applications::delete(tx, &mighty.id));
    assert_eq!(desk.post(&at(&mighty, "/restore"), &[]).await.status, 403);
    assert!(all(&desk).is_empty());
    let own = made(&desk, &[Scope::UsersRead]);
    let asked = desk.get(&at(&own, "/delete")).await.body;
    assert!(asked.contains("A key that the program has made goes on until"), "{asked}");
    assert_eq!(desk.post(&at(&own, "/delete"), &[("confirm", "Orbit")]).await.status, 303);
}

/// Sends a form while somebody else's transaction gives the application more: what the form's handler reads before its own
/// transaction is as it was.
async fn posted_meanwhile(desk: &Desk, of: &Application, uri: &str) -> u16 {
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (store, id) = (desk.world.state.store.clone(), of.id.clone());
    let patch = ApplicationPatch {
        scopes: Some(vec![Scope::UsersRead, Scope::UsersWrite]),
        ..ApplicationPatch::default()
    };
    let other = thread::spawn(move || {
        let widen = |tx: &mut Tx| {
            applications::change(tx, &id, patch)?;
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok(())
        };
        store.write_now(&WriteScope::System, &Actor::System, widen).unwrap();
    });
    has_begun.recv().unwrap();
    let form = [("confirm", "Orbit"), ("days", "90")];
    let mut answer = pin!(desk.post(uri, &form));
    // It reads what it reads, and waits for its turn to write.
    for _ in 0..100 {
        assert!(poll_immediate(&mut answer).await.is_none());
        desk.world.store().read(|_| Ok(())).await.unwrap();
    }
    go_on.send(()).unwrap();
    let answer = answer.await;
    other.join().unwrap();
    answer.status
}

#[actix_web::test]
async fn what_a_role_may_do_to_a_machine_is_asked_in_the_transaction_that_does_it() {
    let desk = Desk::signed_in(Role::Developer).await;
    let store = desk.world.store();
    for act in ["/secrets", "/secrets/{secret}/revoke", "/delete"] {
        let of = made(&desk, &[Scope::UsersRead]);
        let secret = store.read_now(|db| applications::secrets(db, &of.id)).unwrap().remove(0);
        let uri = at(&of, &act.replace("{secret}", secret.id.as_str()));
        assert_eq!(posted_meanwhile(&desk, &of, &uri).await, 403, "{act}");
        let left = store.read_now(|db| applications::secrets(db, &of.id)).unwrap();
        assert_eq!(left.len(), 1, "{act}");
        assert!(store.read_now(|db| applications::by_id(db, &of.id)).unwrap().is_some(), "{act}");
    }
}
