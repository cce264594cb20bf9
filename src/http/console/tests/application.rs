//! One application at the console: its secrets, its end, code to copy, and trying it.

use super::Desk;
use super::applications::{at, made, shown};
use crate::store::members::Role;
use crate::store::{applications, demo};
use chrono::TimeDelta;

#[actix_web::test]
async fn a_second_secret_is_made_and_the_first_revoked_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Developer).await;
    let (application, first) = made(&desk);
    let uri = at(&application, "/secrets");
    let second = desk.post(&uri, &[("days", "90")]).await;
    assert!(shown(&second.body).starts_with("cs_"), "{}", second.body);
    let third = desk.post(&uri, &[("days", "never")]).await;
    assert!(third.status == 422 && third.body.contains("Two secrets are live"), "{}", third.body);
    let of = application.id.clone();
    let secrets = desk.world.store().read_now(|db| applications::secrets(db, &of)).unwrap();
    let lasts = secrets[0].expires_at.unwrap().since(secrets[0].created_at);
    assert_eq!((lasts + TimeDelta::minutes(1)).num_days(), 90);
    let revoke = at(&application, &format!("/secrets/{}/revoke", first.id));
    let page = desk.get(&revoke).await.body;
    assert!(page.contains(&first.hint) && page.contains("It was never used"), "{page}");
    assert_eq!(desk.post(&revoke, &[]).await.status, 303);
    assert_eq!(desk.get(&revoke).await.status, 404);
    let (other, _) = made(&desk);
    let elsewhere = at(&other, &format!("/secrets/{}/revoke", secrets[0].id));
    assert_eq!(desk.post(&elsewhere, &[]).await.status, 404, "another application's secret");
}

#[actix_web::test]
async fn an_application_is_deleted_with_its_name_typed() {
    let desk = Desk::signed_in(Role::Owner).await;
    let (application, _) = made(&desk);
    let uri = at(&application, "/delete");
    let page = desk.get(&uri).await.body;
    let (cancel, delete) = (page.find(">Cancel<"), page.find("<button class=\"btn dan\">"));
    assert!(cancel.is_some() && cancel < delete, "the safe choice comes first");
    assert_eq!(desk.post(&uri, &[("confirm", "orbit")]).await.status, 422);
    assert_eq!(desk.post(&uri, &[("confirm", "Orbit")]).await.status, 303);
    assert_eq!(desk.get(&at(&application, "")).await.status, 410);
}

#[actix_web::test]
async fn code_for_six_stacks_has_the_applications_own_values() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let (application, _) = made(&desk);
    for (stack, library) in [
        ("node", "openid-client"),
        ("python", "Authlib"),
        ("java", "Spring Security"),
        ("dotnet", "OpenIdConnect"),
        ("ruby", "omniauth_openid_connect"),
        ("go", "coreos/go-oidc"),
    ] {
        let page = desk.get(&at(&application, &format!("/code?stack={stack}"))).await.body;
        for part in [library, application.id.as_str(), desk.world.state.config.public_url.as_str()]
        {
            assert!(page.contains(part), "{part} for {stack}: {page}");
        }
    }
    assert_eq!(desk.get(&at(&application, "/code?stack=x")).await.status, 200);
    let page = desk.get(&at(&application, "")).await.body;
    assert!(
        !page.contains("/settings\"") && !page.contains("/secrets\""),
        "a viewer is offered acts"
    );
}

#[actix_web::test]
async fn a_sign_in_is_tried_where_the_demo_is_and_the_application_begins_one() {
    let desk = Desk::signed_in(Role::Developer).await;
    let (state, store) = (desk.world.state.clone(), desk.world.store());
    let (application, _) = made(&desk);
    assert!(!desk.get(&at(&application, "")).await.body.contains(">Try it<"));
    let url = state.config.public_url.as_str();
    let demo = demo::up(store, &state.master, url, &crate::store::Actor::System).unwrap();
    let page = desk.get(&at(&demo.application, "")).await.body;
    assert!(page.contains(">Try it<") && page.contains("login_hint=ada%40demo.example"), "{page}");
    assert!(
        !desk.get(&at(&application, "")).await.body.contains(">Try it<"),
        "it cannot begin one"
    );
}
