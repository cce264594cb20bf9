//! What is taken away while somebody is on the way.

use super::{redeem, told};
use crate::gateway::{ADA, Gateway, World, is_in};
use crate::user_agent::UserAgent;
use vestibule::cause::Cause;
use vestibule::store::applications::{self, ApplicationPatch};
use vestibule::store::domains;

#[actix_web::test]
async fn an_app_that_no_longer_admits_the_customer_gets_no_tokens() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let id = &world.app.application.id;
    let admit = |list| {
        let patch = ApplicationPatch { organizations: Some(list), ..Default::default() };
        gateway.write(|tx| applications::change(tx, id, patch));
    };
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = world.come_back(&mut agent, &underway).await;
    admit(Some(vec![]));
    let answer = redeem(&world, &page).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &"invalid_grant".into()));

    // Nor for a sign-in that began while it did.
    admit(None);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    admit(Some(vec![]));
    let page = world.come_back(&mut agent, &underway).await;
    assert_eq!(redeem(&world, &page).await.json()["error"], "invalid_grant");

    admit(Some(vec![world.customer.organization.id.clone()]));
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = world.come_back(&mut agent, &underway).await;
    assert_eq!(redeem(&world, &page).await.status, 200);
}

#[actix_web::test]
async fn a_person_of_a_removed_domain_is_signed_out_and_stays_out() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (mut inside, mut away) = (UserAgent::new(), UserAgent::new());
    world.sign_in(&mut inside).await;
    let underway = world.begin(&mut away).await;
    let silent = world.app.authorize(&gateway, &[("prompt", "none")]);
    is_in(&inside.get_once(&silent).await);

    let id = &world.customer.organization.id;
    gateway.write(|tx| domains::remove(tx, id, "globex.example"));
    assert_eq!(told(&inside.get_once(&silent).await, "error"), "login_required");
    let page = world.come_back(&mut away, &underway).await;
    world.refused(ADA, Cause::EmailDomainNotAllowed, &page);
}
