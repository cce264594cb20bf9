//! Email domains at the console.

use super::Desk;
use crate::domain::DomainName;
use crate::store::domains::{self, Domain, DomainState};
use crate::store::members::Role;
use crate::store::users;
use crate::store::{OrganizationId, organizations, testing};

/// A domain that waits.
pub(super) fn added(desk: &Desk, of: &OrganizationId, name: &str) -> Domain {
    let name = DomainName::parse(name).unwrap();
    desk.world.store().system(|tx| domains::add(tx, of, &name, false))
}

fn all(desk: &Desk, of: &OrganizationId) -> Vec<Domain> {
    desk.world.store().read_now(|db| domains::list(db, of)).unwrap()
}

#[actix_web::test]
async fn domains_are_shown_with_their_record_at_the_organization_and_at_its_connections() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = &connection.organization_id;
    let at_organization = format!("/console/organizations/{of}/domains");
    let at_connection = format!("/console/connections/{}/domains", connection.id);
    assert!(desk.get(&at_organization).await.body.contains("No email domain is known yet"));
    let domain = added(&desk, of, "hooli.example");
    let (name, value) = domain.record();
    for uri in [&at_organization, &at_connection] {
        let page = desk.get(uri).await.body;
        for part in ["hooli.example", "Waiting for the DNS record", &name, &value] {
            assert!(page.contains(part), "{uri} {part}: {page}");
        }
        for act in ["/check\"", "/vouch\"", "/remove", "name=\"domain\""] {
            assert!(!page.contains(act), "a viewer is offered {act}");
        }
    }
}

#[actix_web::test]
async fn a_domain_is_added_and_waits_unless_somebody_vouches_for_it() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = &connection.organization_id;
    let uri = format!("/console/organizations/{of}/domains");
    let at_connection = format!("/console/connections/{}/domains", connection.id);
    let added = desk.post(&uri, &[("domain", "Hooli.example")]).await;
    assert_eq!((added.status, added.header("location")), (303, &*uri));
    let (id, form) = (connection.id.as_str(), ("domain", "pied.example"));
    let added = desk.post(&uri, &[form, ("vouch", "1"), ("connection", id)]).await;
    assert_eq!(added.header("location"), at_connection);
    let states: Vec<_> = all(&desk, of).into_iter().map(|one| (one.name, one.state)).collect();
    let (waits, vouched) = (DomainState::Pending, DomainState::Vouched);
    assert_eq!(states, [("hooli.example".into(), waits), ("pied.example".into(), vouched)]);
    for wrong in ["", "<not a domain>", "gmail.com", "pied.example"] {
        let page = desk.post(&uri, &[("domain", wrong)]).await;
        assert!(page.status == 422 && page.body.contains("href=\"#domain\""), "{}", page.body);
    }
    let elsewhere = desk.world.store().system(|tx| organizations::create(tx, testing::globex()));
    let uri = format!("/console/organizations/{}/domains", elsewhere.id);
    let taken = desk.post(&uri, &[("domain", "pied.example"), ("vouch", "1")]).await;
    assert!(taken.body.contains("in use by another customer"), "{}", taken.body);
    assert!(!taken.body.contains(of.as_str()), "the other customer is named");
}

#[actix_web::test]
async fn a_waiting_domain_is_vouched_for_by_a_form() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = &connection.organization_id;
    let domain = added(&desk, of, "hooli.example");
    let uri = format!("/console/organizations/{of}/domains/{}/vouch", domain.id);
    assert_eq!(desk.post(&uri, &[]).await.status, 303);
    assert!(all(&desk, of)[0].is_live());
    let page = desk.get(&format!("/console/organizations/{of}/domains")).await.body;
    assert!(page.contains("Vouched for by you") && !page.contains("/vouch\""), "{page}");
    let kinds = desk.world.store().kinds(Some(of));
    assert!(kinds.contains(&"domain.vouched".to_owned()), "{kinds:?}");
}

#[actix_web::test]
async fn a_domain_is_removed_when_that_is_confirmed_with_who_loses_what() {
    let desk = Desk::signed_in(Role::Owner).await;
    let store = desk.world.store();
    let of = store.system(|tx| organizations::create(tx, testing::globex())).id;
    store.system(|tx| users::create(tx, testing::person(&of, "ada@globex.example")));
    store.system(|tx| users::create(tx, testing::person(&of, "eve@notglobex.example")));
    let domain = all(&desk, &of).remove(0);
    let uri = format!("/console/organizations/{of}/domains/{}/remove", domain.id);
    let page = desk.get(&uri).await.body;
    for part in ["Remove globex.example from Globex?", "address of this domain: 1.", "signed out"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(all(&desk, &of).len(), 1, "reading changes nothing");
    let other = testing::active(store, "Okta", None);
    let foreign =
        format!("/console/organizations/{}/domains/{}/remove", other.organization_id, domain.id);
    assert_eq!(desk.post(&foreign, &[]).await.status, 404, "a domain of another organization");
    let misled = format!("{uri}?connection={}", other.id);
    assert_eq!(desk.get(&misled).await.status, 404, "a connection of another organization");
    assert_eq!(desk.post(&uri, &[]).await.status, 303);
    assert!(all(&desk, &of).is_empty());
}

#[actix_web::test]
async fn a_look_at_the_dns_that_finds_nothing_is_told_at_the_domain() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = &connection.organization_id;
    let domain = added(&desk, of, "hooli.example");
    let uri = format!("/console/organizations/{of}/domains/{}/check", domain.id);
    let page = desk.post(&uri, &[]).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.body.contains(&format!("href=\"#{}\"", domain.id)), "{}", page.body);
    assert!(page.body.contains("DNS did not answer"), "{}", page.body);
    assert!(!all(&desk, of)[0].is_live());
}
