//! Verifying leaves nothing behind in memory, however often it is done.

use super::{World, issue};
use crate::cause::Cause;
use crate::saml::testing::cost::{apart, resident};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What the process may have grown by: a leak of 32 octets in each of 200,000 verifications would be more.
const MOST_GROWTH: u64 = 4 << 20;

#[test]
fn a_few_thousand_verifications_leave_nothing_in_memory() {
    apart("saml::response::tests::memory::a_few_thousand");
}

#[test]
#[ignore = "run by the test before it, in a process of its own"]
fn a_few_thousand() {
    stays_flat(if cfg!(debug_assertions) { 2_000 } else { 20_000 });
}

/// `cargo test --release --lib two_hundred_thousand -- --ignored`
#[test]
#[ignore = "takes a minute in an optimised build"]
fn two_hundred_thousand_verifications_leave_nothing_in_memory() {
    stays_flat(200_000);
}

/// Right responses and refused ones by turns; what is kept for good is kept after a tenth of them.
fn stays_flat(rounds: u32) {
    let world = World::new();
    let right = issue().base64().unwrap();
    let torn = STANDARD.encode(&STANDARD.decode(&right).unwrap()[..2_000]);
    let forged = STANDARD.encode(
        String::from_utf8(STANDARD.decode(&right).unwrap()).unwrap().replace("ann@", "eve@"),
    );
    let mut before = 0;
    for round in 0..rounds {
        if round == rounds / 10 {
            before = resident();
        }
        match round % 4 {
            0 => assert_eq!(world.verify_field(&torn).result.unwrap_err().cause, Cause::XmlInvalid),
            1 => assert!(world.verify_field(&forged).result.is_err()),
            _ => assert!(world.verify_field(&right).result.is_ok()),
        }
    }
    let growth = resident().saturating_sub(before);
    eprintln!("{rounds} verifications: {} KiB more", growth / 1024);
    assert!(growth < MOST_GROWTH, "grown by {growth} octets");
}
