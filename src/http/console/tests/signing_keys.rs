//! Our own SAML keys at the console.

use super::Desk;
use crate::oidc::keys::State;
use crate::store::keys::saml::{self as keys, PURPOSES};
use crate::store::members::Role;

const PAGE: &str = "/console/signing-keys";

#[actix_web::test]
async fn new_certificates_are_announced_first_and_take_over_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let states = || {
        let all = desk.world.store().read_now(keys::list).unwrap();
        let of = |state| {
            let is = |key: &&keys::KeyInfo| PURPOSES.contains(&key.purpose) && key.state == state;
            all.iter().filter(is).count()
        };
        [State::Next, State::Active, State::Retired].map(of)
    };
    let page = desk.get(PAGE).await.body;
    assert!(page.contains("/signing-keys/announce") && !page.contains("/take-over"), "{page}");
    assert_eq!(states(), [0, 2, 0]);
    // What was never announced does not take over.
    let early = desk.post(&format!("{PAGE}/take-over"), &[]).await;
    assert!(
        early.status == 422 && early.body.contains("Announce new ones first"),
        "{}",
        early.body
    );
    let asked = desk.get(&format!("{PAGE}/announce")).await.body;
    assert!(asked.contains("all connections") && asked.contains("30 days"), "{asked}");
    assert_eq!(states(), [0, 2, 0], "looking changes nothing");
    let before = desk.world.state.keys().signing_certificates().len();
    assert_eq!(desk.post(&format!("{PAGE}/announce"), &[]).await.header("location"), PAGE);
    assert_eq!(states(), [2, 2, 0]);
    // This process publishes them at once.
    assert_eq!(desk.world.state.keys().signing_certificates().len(), before + 1);
    assert!(desk.get(PAGE).await.body.contains("/signing-keys/take-over"));
    assert_eq!(desk.post(&format!("{PAGE}/take-over"), &[]).await.header("location"), PAGE);
    assert_eq!(states(), [0, 2, 2]);
    assert_eq!(desk.get(&format!("{PAGE}/nonsense")).await.status, 404);
}
