//! By which names a provider knows people, and what another name with the same address means.

use crate::gateway::{ADA, Gateway, Idp, World, is_in};
use crate::user_agent::{Page, UserAgent};
use vestibule::cause::Cause;
use vestibule::domain::DomainName;
use vestibule::store::{connections, domains, identities, users};

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

/// The provider says that this is Ada's address, and calls whoever came by this name.
async fn comes_as(world: &World<'_>, name: &str, format: &str) -> Page {
    comes(world, name, format, ADA).await
}

/// The provider calls whoever came by a lasting name, and says that this is their address.
async fn comes_with(world: &World<'_>, name: &str, email: &str) -> Page {
    comes(world, name, PERSISTENT, email).await
}

async fn comes(world: &World<'_>, name: &str, format: &str, email: &str) -> Page {
    let mut agent = UserAgent::new();
    let start = world.app.authorize(world.gateway, &[("connection", world.connection.id.as_str())]);
    let underway = Idp::begin(&mut agent, &start).await;
    let mut issue = world.answer(&underway).attribute("email", &[email]);
    name.clone_into(&mut issue.name_id);
    issue.name_id_format = Some(format.to_owned());
    agent.submit_once(&underway.form(&issue.base64().unwrap())).await
}

/// Who the last sign-in let in.
fn who(world: &World<'_>) -> String {
    world.gateway.last_trace().user_id.unwrap().to_string()
}

#[actix_web::test]
async fn an_address_that_was_given_to_somebody_else_does_not_hand_over_the_former_persons_data() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    is_in(&comes_as(&world, "0001", PERSISTENT).await);
    let former = who(&world);
    let page = comes_as(&world, "0002", PERSISTENT).await;
    world.refused("another name", Cause::IdentityConflict, &page);
    assert!(page.headers.get("set-cookie").is_none());
    // The format may say anything: what is no email address lasts.
    let page = comes_as(&world, "lovelace", UNSPECIFIED).await;
    world.refused("another name", Cause::IdentityConflict, &page);
    is_in(&comes_as(&world, "0001", PERSISTENT).await);

    // The operator decides that it is somebody else.
    gateway.write(|tx| users::erase(tx, &former.parse()?));
    is_in(&comes_as(&world, "0002", PERSISTENT).await);
    assert_ne!(who(&world), former);
}

#[actix_web::test]
async fn the_operator_forgets_a_name_and_the_same_person_comes_under_another() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    is_in(&comes_as(&world, "0001", PERSISTENT).await);
    let ada = who(&world);
    let id = world.customer.find(ADA).unwrap().id;
    assert_eq!(gateway.write(|tx| identities::unlink(tx, &id)), 1);
    is_in(&comes_as(&world, "0002", PERSISTENT).await);
    assert_eq!(who(&world), ada);
    let page = comes_as(&world, "0001", PERSISTENT).await;
    world.refused("the former name", Cause::IdentityConflict, &page);

    // For everybody at once, when the provider names everybody anew.
    assert_eq!(gateway.write(|tx| connections::unlink(tx, &world.connection.id)), 1);
    is_in(&comes_as(&world, "ada", UNSPECIFIED).await);
    assert_eq!(who(&world), ada);
}

#[actix_web::test]
async fn a_name_that_is_an_email_address_or_made_up_each_time_contradicts_nothing() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let names = [
        ("0001", PERSISTENT),
        (ADA, UNSPECIFIED),
        ("a.lovelace@globex.example", PERSISTENT),
        ("_5f2d", TRANSIENT),
        ("_77aa", TRANSIENT),
        ("0001", PERSISTENT),
    ];
    let mut ids = Vec::new();
    for (name, format) in names {
        is_in(&comes_as(&world, name, format).await);
        ids.push(who(&world));
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);

    // A person who had an address for a name may get a lasting one, once.
    let second = Gateway::start().await;
    let world = World::of(&second);
    is_in(&comes_as(&world, ADA, UNSPECIFIED).await);
    is_in(&comes_as(&world, "0001", PERSISTENT).await);
    let page = comes_as(&world, "0002", PERSISTENT).await;
    world.refused("another name", Cause::IdentityConflict, &page);
}

#[actix_web::test]
async fn nobody_keeps_an_address_whose_domain_is_gone_by_coming_with_somebody_elses() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    is_in(&comes_as(&world, "0001", PERSISTENT).await);
    let owner = &world.customer.organization.id;
    let new = DomainName::parse("new.example").unwrap();
    gateway.write(|tx| domains::add(tx, owner, &new, true));
    world.customer.person("bob@new.example");
    gateway.write(|tx| domains::remove(tx, owner, "globex.example"));
    let page = comes_with(&world, "0001", "bob@new.example").await;
    world.refused("somebody else's address", Cause::IdentityConflict, &page);
    // An address of their own in the new domain they may have.
    is_in(&comes_with(&world, "0001", "ada@new.example").await);
    assert!(world.customer.find("ada@new.example").is_some());
}
