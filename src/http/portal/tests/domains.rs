//! Email domains in the portal: one that was mistyped is taken back, and one that another customer has is explained.

use super::*;
use crate::domain::DomainName;
use crate::store::domains::{self, Domain};
use crate::store::organizations::NewOrganization;
use crate::store::{Actor, Window, events};

fn all(portal: &Portal) -> Vec<Domain> {
    portal.world.store().read_now(|db| domains::list(db, &portal.organization)).unwrap()
}

/// Another customer.
fn initech(portal: &Portal) -> OrganizationId {
    let new = NewOrganization { name: "Initech".into(), domains: Vec::new(), ..testing::globex() };
    portal.world.store().system(|tx| organizations::create(tx, new)).id
}

#[actix_web::test]
async fn a_domain_that_is_not_verified_is_taken_back_once_that_is_confirmed() {
    let portal = Portal::started().await;
    let own = portal.organization.clone();
    portal.world.store().system(|tx| domains::remove(tx, &own, "globex.example"));
    portal.post("domain", &[("domain", "globx.test")]).await;
    let step = "/portal/setup/domain";
    let ask = format!("{step}?withdraw={}", all(&portal)[0].id);
    assert!(portal.get(step).await.body.contains(&format!("href=\"{ask}\"")));
    let asked = portal.get(&ask).await.body;
    for part in ["Remove globx.test?", "nothing changes for anybody", "Keep it"] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    assert_eq!(all(&portal).len(), 1, "reading takes nothing away");
    portal.post("domain", &[]).await;
    let id = all(&portal)[0].id.to_string();
    let done = portal.post("domain", &[("withdraw", &id)]).await;
    assert_eq!((done.status, done.header("location")), (303, step));
    assert!(all(&portal).is_empty());
    let twice = portal.post("domain", &[("withdraw", &id)]).await;
    assert_eq!((twice.status, twice.header("location")), (303, step), "{}", twice.body);
    let link = portal.world.store().read_now(|db| setup_links::find(db, &portal.link.id)).unwrap();
    assert!(!link.has_done(setup_links::Step::Domain), "the step is finished without a domain");
    let told = portal.world.store().read_now(|db| {
        let filter =
            events::Filter { kind: Some("domain.removed".to_owned()), ..events::Filter::default() };
        events::page(db, &Window::default(), &filter)
    });
    let told = told.unwrap().data.remove(0);
    assert_eq!(told.actor, Actor::Portal(portal.link.id.clone()).to_string());
}

#[actix_web::test]
async fn a_domain_that_is_live_and_one_of_another_customer_are_not_taken_back() {
    let portal = Portal::started().await;
    let store = portal.world.store();
    let name = |text: &str| DomainName::parse(text).unwrap();
    let live = all(&portal).remove(0);
    let other = initech(&portal);
    let theirs = store.system(|tx| domains::add(tx, &other, &name("initech.test"), false));
    let page = portal.get(&format!("/portal/setup/domain?withdraw={}", live.id)).await.body;
    assert!(!page.contains("Remove globex.example?"), "{page}");
    let refused = portal.post("domain", &[("withdraw", live.id.as_str())]).await;
    assert!(refused.body.contains("globex.example is live"), "{}", refused.body);
    // For this customer there is none, as if it had been taken back before.
    let unknown = portal.post("domain", &[("withdraw", theirs.id.as_str())]).await;
    assert_eq!((unknown.status, unknown.header("location")), (303, "/portal/setup/domain"));
    assert_eq!(all(&portal).len(), 1);
    assert_eq!(store.read_now(|db| domains::list(db, &other)).unwrap().len(), 1);
}

#[actix_web::test]
async fn a_domain_that_another_customer_has_says_who_can_free_it_and_names_nobody() {
    let portal = Portal::started().await;
    let other = initech(&portal);
    let name = DomainName::parse("initech.test").unwrap();
    portal.world.store().system(|tx| domains::add(tx, &other, &name, true));
    let page = portal.post("domain", &[("domain", "initech.test")]).await.body;
    for part in [
        "Another customer has this domain",
        "spelled as in your email addresses",
        "they can see who has it",
        "value=\"initech.test\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Initech"), "{page}");
}

#[actix_web::test]
async fn of_an_email_address_that_is_typed_the_domain_is_added() {
    let portal = Portal::started().await;
    portal.post("domain", &[("domain", "Ines@Globex.test")]).await;
    assert!(all(&portal).iter().any(|domain| domain.name == "globex.test"));
    for wrong in ["ines@gmail.com", "@globex", "ines@"] {
        assert_eq!(portal.post("domain", &[("domain", wrong)]).await.status, 422, "{wrong}");
    }
    assert_eq!(all(&portal).len(), 2);
}

#[actix_web::test]
async fn an_invented_address_is_of_the_domain_that_is_live_and_not_of_one_that_waits() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    // Before the live one by its name.
    portal.post("domain", &[("domain", "a-globex.test")]).await;
    let page = portal.get("/portal/setup/provisioning").await.body;
    assert!(page.contains("@globex.example</span>") && !page.contains("@a-globex.test"), "{page}");
    let waiting = all(&portal).into_iter().find(|one| !one.is_live()).unwrap();
    let all = [waiting];
    assert_eq!(domains::for_example(&all).map(|one| &*one.name), Some("a-globex.test"));
    assert!(domains::for_example(&[]).is_none());
}

#[actix_web::test]
async fn without_a_domain_the_step_says_why_it_does_not_go_on() {
    let portal = Portal::started().await;
    let own = portal.organization.clone();
    portal.world.store().system(|tx| domains::remove(tx, &own, "globex.example"));
    let page = portal.get("/portal/setup/domain").await.body;
    assert!(page.contains("name=\"finish\"") && page.contains("Add a domain before"), "{page}");
    let refused = portal.post("domain", &[("finish", "on")]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("id=\"domain-error\""), "{}", refused.body);
}

#[actix_web::test]
async fn of_a_record_is_spoken_only_where_a_domain_needs_one() {
    let portal = Portal::new(&[], &Cover::USUAL);
    let said = "a DNS record is needed";
    let (own, store) = (portal.organization.clone(), portal.world.store());
    assert!(!portal.get(&portal.address()).await.body.contains(said), "it is vouched for");
    store.system(|tx| domains::remove(tx, &own, "globex.example"));
    assert!(portal.get(&portal.address()).await.body.contains(said));
    let mut portal = Portal::new(&[], &[Cover::SignIn]);
    let own = portal.organization.clone();
    portal.world.store().system(|tx| domains::remove(tx, &own, "globex.example"));
    assert!(!portal.get(&portal.address()).await.body.contains(said), "domains are not covered");
    portal = Portal::started().await;
    let step = portal.get("/portal/setup/domain").await.body;
    assert!(step.contains("nothing more is needed") && !step.contains("DNS record"), "{step}");
    portal.post("domain", &[("domain", "globex.test")]).await;
    assert!(portal.get("/portal/setup/domain").await.body.contains("A DNS record shows"));
}
