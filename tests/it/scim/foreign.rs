//! Clients and conformance suites that others wrote.

use super::Directory;
use crate::gateway::{Gateway, World};
use crate::peers::scim::{self, Looked};

/// What a client looked at, and what of it was not as it should be.
async fn looked(client: &'static str) -> (Vec<Looked>, Vec<String>) {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let looked = scim::run(client, &directory.base, &directory.token).await;
    let fine = ["SUCCESS", "COMPLIANT", "ACCEPTABLE", "PASS", "SKIP", "SKIPPED"];
    let faults = looked.iter().filter(|one| !fine.contains(&one.result.as_str()));
    let faults = faults.map(|one| format!("{} {}: {:?}", one.result, one.what, one.why)).collect();
    (looked, faults)
}

#[actix_web::test]
async fn scim2_tester_finds_no_fault() {
    let (looked, faults) = looked("tester").await;
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(looked.len() > 100, "{}", looked.len());
    let skipped: Vec<_> = looked.iter().filter(|one| one.result == "SKIPPED").collect();
    assert!(skipped.is_empty(), "{skipped:#?}");
}

#[actix_web::test]
async fn scim_sanity_finds_no_fault() {
    let (looked, faults) = looked("sanity").await;
    assert!(faults.is_empty(), "{faults:#?}");
    // Agents are no people: what is skipped is theirs.
    let skipped = looked.iter().filter(|one| one.result == "SKIP");
    assert!(
        skipped.clone().all(|one| one.what.contains("Agent")),
        "{:#?}",
        skipped.collect::<Vec<_>>()
    );
    assert!(looked.len() > 25, "{}", looked.len());
}

#[actix_web::test]
async fn scim2_client_takes_a_person_and_a_group_through_their_lives() {
    let (looked, faults) = looked("round").await;
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(looked.len(), 8, "{looked:#?}");
}
