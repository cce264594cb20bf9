//! No message of the corpus costs more than it may, or ends the process.

use super::{KEPT, large};
use crate::saml::testing::cost::{Costs, apart};

#[test]
fn no_message_costs_more_than_it_may_or_ends_the_process() {
    apart("saml::response::tests::corpus::cost::what_each_message_costs");
}

#[test]
#[ignore = "run by the test before it, in a process of its own"]
fn what_each_message_costs() {
    let large = large::messages();
    // What is made once is made.
    let first = &KEPT[0];
    let _ = first.world().verify_field(&first.field().unwrap());
    let mut costs = Costs::default();
    for message in KEPT.iter().chain(&large) {
        let (world, field) = (message.world(), message.field());
        costs.of(message.file(), || field.map(|field| world.verify_field(&field)));
    }
    costs.check();
}
