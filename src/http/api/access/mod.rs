//! What groups give to people: places, mappings, rules, conflicts, what is held, and what each person has.

pub(super) mod conflicts;
pub(super) mod entities;
pub(super) mod holds;
pub(super) mod mappings;
pub(super) mod provisioning;
pub(super) mod rules;
pub(super) mod users;
