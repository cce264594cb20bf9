//! What acts cost in an organization with very many people. They take minutes, so nobody waits for them unasked.

use super::super::preview::{Asked, preview};
use super::*;
use std::time::{Duration, Instant};

/// How many people are added while it is measured.
const ADDED: usize = 100;

/// So many people of the directory.
pub(super) fn crowd(world: &World, count: usize) -> Vec<UserId> {
    let mut all = Vec::with_capacity(count);
    for from in (0..count).step_by(1000) {
        let made = world.push(|tx, it| {
            let person = |at: usize| {
                let body = json!({ "userName": format!("p{at}@globex.example") });
                let made = people::create(tx, it, Resource::parse(Kind::User, &body)?)?;
                Ok(made.0.row.user_id)
            };
            (from..count.min(from + 1000)).map(person).collect::<Result<Vec<_>>>()
        });
        all.extend(made.unwrap());
    }
    all
}

/// A group of these people with three mappings.
pub(super) fn mapped(world: &World, name: &str, members: &[UserId]) -> GroupId {
    let group = world.group(name, &members.iter().collect::<Vec<_>>());
    for place in ["a", "b", "c"] {
        let name = format!("{name}-{place}");
        world.entity("team", &name);
        world.map(&group, &name);
    }
    group
}

fn took(act: impl FnOnce()) -> Duration {
    let began = Instant::now();
    act();
    began.elapsed()
}

#[test]
#[ignore = "measures for minutes"]
fn adding_one_member_to_a_group_of_100000_with_three_mappings_costs_within_one_and_a_half_of_a_group_of_10()
 {
    let world = World::new();
    let people = crowd(&world, 100_000 + 2 * ADDED + 10);
    let (large, rest) = people.split_at(100_000);
    let (few, rest) = rest.split_at(10);
    let (for_small, for_large) = rest.split_at(ADDED);
    let (small, large) = (mapped(&world, "small", few), mapped(&world, "large", large));
    // In turns, so that whatever else the machine does concerns both.
    let (mut in_small, mut in_large) = (Duration::ZERO, Duration::ZERO);
    for (one, other) in for_small.iter().zip(for_large) {
        in_small += took(|| world.add(&small, one));
        in_large += took(|| world.add(&large, other));
    }
    let ratio = in_large.as_secs_f64() / in_small.as_secs_f64();
    eprintln!("a member of 10: {in_small:?} for {ADDED}; of 100,000: {in_large:?}; {ratio:.2}×");
    assert_eq!(world.has(&for_large[0]).1, ["large-a", "large-b", "large-c"]);
    assert!(ratio <= 1.5, "{ratio}");
}

#[test]
#[ignore = "measures for minutes"]
fn a_preview_of_a_rule_over_20000_people_answers_within_2_seconds() {
    let world = World::new();
    let people = crowd(&world, 20_000);
    world.group("everybody", &people.iter().collect::<Vec<_>>());
    let asked = Asked {
        rules: Some(vec![NewRule {
            role: Some("admin".to_owned()),
            ..rule(Match::Prefix, "every", "team")
        }]),
        ..Asked::default()
    };
    let now = world.store.clock().now();
    let began = Instant::now();
    let seen = world
        .store
        .read_now(|db| preview(db, world.organization(), asked, now, &mut |_, _| Ok(())))
        .unwrap();
    let took = began.elapsed();
    eprintln!("a preview of 20,000 people: {took:?}, {} gain", seen.gain);
    assert_eq!(seen.gain, 20_000);
    // A build without optimisation takes three times as long.
    assert!(cfg!(debug_assertions) || took < Duration::from_secs(2), "{took:?}");
}
