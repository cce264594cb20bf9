//! Tokens, and who is known by them.

use super::*;
use crate::crypto;

#[test]
fn a_token_is_known_at_its_connection_only_while_it_is_live() {
    let world = World::new();
    let other = testing::active(&world.store, "Okta", None);
    let new = |networks: &[&str]| tokens::NewToken {
        label: "JumpCloud".to_owned(),
        networks: networks.iter().map(|one| (*one).to_owned()).collect(),
        expires_at: None,
    };
    let id = &world.connection.id;
    let (token, secret) = world.store.system(|tx| tokens::create(tx, id, new(&["192.0.2.0/24"])));
    world.store.system(|tx| tokens::create(tx, &other.id, new(&[])));
    let known = |connection, secret: &str, from: &str, now: Time| {
        let found = world.store.read_now(|db| {
            authenticate(db, connection, &crypto::hash(secret), from.parse().unwrap(), now)
        });
        match found.unwrap() {
            Known::Live(directory, _) => directory.connection_id.to_string(),
            Known::Retired(_) => "retired".to_owned(),
            Known::Revoked(_) => "revoked".to_owned(),
            Known::Elsewhere => "elsewhere".to_owned(),
            Known::Off => "off".to_owned(),
            Known::Unknown => "unknown".to_owned(),
        }
    };
    let now = world.store.clock().now();
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", now), id.to_string());
    assert_eq!(known(id, secret.reveal(), "198.51.100.7", now), "elsewhere");
    assert_eq!(known(&other.id, secret.reveal(), "192.0.2.7", now), "unknown");
    assert_eq!(known(id, crypto::token(crypto::SCIM_TOKEN).reveal(), "192.0.2.7", now), "unknown");
    world.store.system(|tx| tokens::retire(tx, id, &token.id, chrono::TimeDelta::hours(1)));
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", now), id.to_string(), "overlap");
    let later = now.plus(chrono::TimeDelta::hours(2));
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", later), "retired");
    // Whatever else is wrong with it: nothing comes in where the connection is off.
    world.store.system(|tx| connections::disable(tx, id));
    for (from, now) in [("192.0.2.7", now), ("198.51.100.7", now), ("192.0.2.7", later)] {
        assert_eq!(known(id, secret.reveal(), from, now), "off");
    }
    assert_eq!(known(id, crypto::token(crypto::SCIM_TOKEN).reveal(), "192.0.2.7", now), "unknown");
    world.store.system(|tx| connections::activate(tx, id, true));
    world.store.system(|tx| tokens::revoke(tx, id, &token.id));
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", now), "revoked");
    let listed = world.store.read_now(|db| tokens::page(db, &Window::default(), id)).unwrap();
    assert_eq!(listed.data[0].state(now), "revoked");
    assert!(
        refused(world.store.try_system(|tx| tokens::create(tx, id, new(&["nonsense"]))))
            .starts_with("/networks/0")
    );
}
