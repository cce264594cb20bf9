use super::*;
use crate::access::Model;
use proptest::prelude::*;
use std::collections::HashMap;

/// A claim as the tests write it: number of the mapping, group, entity, type, age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct It {
    mapping: usize,
    group: usize,
    kind: usize,
    entity: usize,
    since: i64,
    is_placed: bool,
}

const NAMES: [&str; 8] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];
const GROUPS: [&str; 4] = ["g0", "g1", "g2", "g3"];
const ENTITIES: [&str; 8] = ["e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7"];

fn claims<'a>(model: &'a Model, all: &[It]) -> Vec<Claim<'a>> {
    all.iter()
        .map(|it| Claim {
            mapping: NAMES[it.mapping],
            group: GROUPS[it.group],
            entity: ENTITIES[it.entity],
            kind: &model.types[it.kind],
            since: Time::from_unix(it.since),
            is_placed: it.is_placed,
        })
        .collect()
}

fn held(model: &Model, all: &[It], chosen: &HashMap<(usize, usize), usize>) -> Vec<usize> {
    let number = |name: &str| NAMES.iter().position(|it| *it == name).unwrap();
    let winner = |a: &str, b: &str| {
        let (a, b) = (number(a), number(b));
        chosen.get(&(a.min(b), a.max(b))).map(|it| NAMES[*it].to_owned())
    };
    let settled = settle(&claims(model, all), winner);
    let mut held: Vec<usize> = settled.held.iter().map(|at| all[*at].mapping).collect();
    held.sort_unstable();
    held
}

const TEAM: usize = 0;
const CONCURRENCY: usize = 1;
const SUB: usize = 2;

fn it(mapping: usize, group: usize, kind: usize, since: i64) -> It {
    It { mapping, group, kind, entity: mapping, since, is_placed: false }
}

#[test]
fn additive_against_additive_never_conflicts() {
    let model = Model::default();
    let all = [it(0, 0, TEAM, 1), it(1, 1, TEAM, 2), it(2, 1, TEAM, 3)];
    let settled = settle(&claims(&model, &all), |_, _| None);
    assert_eq!(settled, Settled { held: vec![0, 1, 2], open: vec![] });
}

#[test]
fn the_first_claim_in_time_is_current_and_at_the_same_instant_the_lower_mapping() {
    let model = Model::default();
    let later = [it(0, 0, CONCURRENCY, 9), it(1, 1, CONCURRENCY, 3)];
    let settled = settle(&claims(&model, &later), |_, _| None);
    assert_eq!(settled, Settled { held: vec![1], open: vec![(1, 0, Collision::Exclusive)] });
    let equal = [it(0, 0, CONCURRENCY, 3), it(1, 1, CONCURRENCY, 3)];
    assert_eq!(held(&model, &equal, &HashMap::new()), [0]);
}

#[test]
fn a_sub_organization_collides_with_any_entity_of_another_group() {
    let model = Model::default();
    let all = [it(0, 0, TEAM, 1), it(1, 0, SUB, 1), it(2, 1, TEAM, 2), it(3, 2, SUB, 3)];
    let settled = settle(&claims(&model, &all), |_, _| None);
    // The same group may give both.
    assert_eq!(settled.held, [0, 1]);
    let open = vec![
        (0, 3, Collision::Organization),
        (1, 2, Collision::Organization),
        (1, 3, Collision::Organization),
    ];
    assert_eq!(settled.open, open);
}

#[test]
fn the_person_keeps_what_they_have() {
    let model = Model::default();
    let placed = It { is_placed: true, ..it(1, 1, CONCURRENCY, 9) };
    let settled = settle(&claims(&model, &[it(0, 0, CONCURRENCY, 1), placed]), |_, _| None);
    assert_eq!(settled.held, [1]);
    assert_eq!(settled.open, [(1, 0, Collision::Exclusive)]);
}

#[test]
fn a_choice_for_one_of_three_places_the_person_there() {
    let model = Model::default();
    let all = [
        It { is_placed: true, ..it(0, 0, CONCURRENCY, 1) },
        it(1, 1, CONCURRENCY, 2),
        it(2, 2, CONCURRENCY, 3),
    ];
    assert_eq!(held(&model, &all, &HashMap::from([((0, 2), 2)])), [2]);
}

#[test]
fn choices_that_contradict_each_other_end_the_same() {
    let model = Model::default();
    let all = [it(0, 0, CONCURRENCY, 1), it(1, 1, CONCURRENCY, 2), it(2, 2, CONCURRENCY, 3)];
    let circle = HashMap::from([((0, 1), 0), ((1, 2), 1), ((0, 2), 2)]);
    let ends = held(&model, &all, &circle);
    for placed in 0..3 {
        let mut some = all;
        some[placed].is_placed = true;
        assert_eq!(held(&model, &some, &circle), ends);
    }
}

#[test]
fn a_choice_against_habits_is_settled_to_its_end() {
    let model = Model::default();
    let all = [
        It { is_placed: true, ..it(0, 0, SUB, 1) },
        it(1, 0, TEAM, 0),
        it(2, 1, SUB, 0),
        it(3, 1, CONCURRENCY, 0),
        it(4, 0, CONCURRENCY, 0),
    ];
    let mut chosen = all_chosen(&[false; 28]);
    chosen.insert((3, 4), 3);
    chosen.retain(|(a, b), _| (a * 7 + b * 3) % 28 < 7);
    let first = held(&model, &all, &chosen);
    let placed = all.map(|it| It { is_placed: first.contains(&it.mapping), ..it });
    assert_eq!(held(&model, &placed, &chosen), first);
}

fn some_claims() -> impl Strategy<Value = Vec<It>> {
    let one = (0..4_usize, 0..3_usize, 0..3_i64, any::<bool>());
    proptest::collection::vec(one, 0..7).prop_map(|list| {
        let claim = |(at, (group, kind, since, is_placed))| It {
            mapping: at,
            group,
            kind,
            entity: at,
            since,
            is_placed,
        };
        list.into_iter().enumerate().map(claim).collect()
    })
}

fn choices() -> impl Strategy<Value = Vec<bool>> {
    proptest::collection::vec(any::<bool>(), 28)
}

/// Somebody chose for every pair.
fn all_chosen(choices: &[bool]) -> HashMap<(usize, usize), usize> {
    let pairs = (0..8).flat_map(|a| (a + 1..8).map(move |b| (a, b)));
    pairs.zip(choices).map(|((a, b), first)| ((a, b), if *first { a } else { b })).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_holds_excludes_nothing_that_holds_and_what_waits_is_excluded(all in some_claims()) {
        let model = Model::default();
        let list = claims(&model, &all);
        let settled = settle(&list, |_, _| None);
        for (at, claim) in list.iter().enumerate() {
            let against = settled.held.iter().filter(|it| collide(&list[**it], claim).is_some());
            prop_assert_eq!(settled.held.contains(&at), against.count() == 0);
        }
    }

    #[test]
    fn an_open_conflict_changes_nothing(all in some_claims(), last in 0..7_usize) {
        let model = Model::default();
        let none = HashMap::new();
        if let Some(at) = (!all.is_empty()).then(|| last % all.len()) {
            let mut before = all.clone();
            let comes = before.remove(at);
            let held_before = held(&model, &before, &none);
            let mut now: Vec<It> = before
                .iter()
                .map(|it| It { is_placed: held_before.contains(&it.mapping), ..*it })
                .collect();
            now.push(It { is_placed: false, since: 9, ..comes });
            let held_now = held(&model, &now, &none);
            prop_assert!(held_before.iter().all(|it| held_now.contains(it)));
        }
    }

    #[test]
    fn the_order_of_claims_does_not_matter(all in some_claims(), by in 0..7_usize) {
        let model = Model::default();
        let mut turned = all.clone();
        if !turned.is_empty() {
            let by = by % turned.len();
            turned.rotate_left(by);
        }
        let none = HashMap::new();
        prop_assert_eq!(held(&model, &all, &none), held(&model, &turned, &none));
    }

    #[test]
    fn once_everything_is_chosen_neither_ages_nor_habits_matter(
        all in some_claims(),
        choices in choices(),
        ages in proptest::collection::vec((0..5_i64, any::<bool>()), 7),
    ) {
        let model = Model::default();
        let chosen = all_chosen(&choices);
        let mut other = all.clone();
        for (it, (since, is_placed)) in other.iter_mut().zip(ages) {
            (it.since, it.is_placed) = (since, is_placed);
        }
        prop_assert_eq!(held(&model, &all, &chosen), held(&model, &other, &chosen));
    }

    #[test]
    fn settling_again_changes_nothing(all in some_claims(), choices in choices(), some in 0..28_usize) {
        let model = Model::default();
        let mut chosen = all_chosen(&choices);
        chosen.retain(|(a, b), _| (a * 7 + b * 3) % 28 < some);
        let first = held(&model, &all, &chosen);
        let placed: Vec<It> =
            all.iter().map(|it| It { is_placed: first.contains(&it.mapping), ..*it }).collect();
        prop_assert_eq!(held(&model, &placed, &chosen), first);
    }

    #[test]
    fn deleting_either_side_closes_the_conflict(all in some_claims(), gone in 0..7_usize) {
        let model = Model::default();
        let left: Vec<It> = all.iter().filter(|it| it.mapping != gone).copied().collect();
        let settled = settle(&claims(&model, &left), |_, _| None);
        for (current, incoming, _) in settled.open {
            prop_assert!(left[current].mapping != gone && left[incoming].mapping != gone);
        }
    }

    #[test]
    fn a_decision_silences_repeats(all in some_claims(), choices in choices()) {
        let model = Model::default();
        let chosen = all_chosen(&choices);
        let number = |name: &str| NAMES.iter().position(|it| *it == name).unwrap();
        let settled = settle(&claims(&model, &all), |a, b| {
            let (a, b) = (number(a), number(b));
            chosen.get(&(a.min(b), a.max(b))).map(|it| NAMES[*it].to_owned())
        });
        prop_assert_eq!(settled.open, vec![]);
    }
}

#[test]
fn a_person_in_hundreds_of_groups_that_exclude_each_other_is_settled_in_a_moment() {
    let model = Model::default();
    let names: Vec<String> = (0..500).map(|n| format!("m{n:03}")).collect();
    let all: Vec<Claim> = names
        .iter()
        .enumerate()
        .map(|(n, name)| Claim {
            mapping: name,
            group: name,
            entity: name,
            kind: &model.types[CONCURRENCY],
            since: Time::from_unix(i64::try_from(500 - n).unwrap()),
            is_placed: false,
        })
        .collect();
    let settled = settle(&all, |_, _| None);
    assert_eq!(settled.held, [499]);
    assert_eq!(settled.open.len(), 499);
}
