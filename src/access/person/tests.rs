use super::*;
use proptest::prelude::*;

fn none(_: &str, _: &str) -> Option<String> {
    None
}

fn keys(list: &[&str]) -> Vec<String> {
    list.iter().map(|key| (*key).to_owned()).collect()
}

fn role(facts: &Facts) -> Option<(String, Source)> {
    access(&Model::default(), facts, none).role
}

fn belongs<'a>(group: &'a str, roles: &'a [String]) -> Belongs<'a> {
    Belongs { group, roles, since: Time::from_unix(0) }
}

#[test]
fn the_highest_role_over_all_groups_counts_else_the_persons_own_else_the_default() {
    let (guest, admin) = (keys(&["guest"]), keys(&["user", "admin"]));
    let own = Own { roles: guest.clone(), primary: None };
    let mut facts = Facts {
        groups: vec![belongs("g1", &guest), belongs("g2", &admin)],
        own: Some(&own),
        ..Facts::default()
    };
    assert_eq!(role(&facts), Some(("admin".to_owned(), Source::Group("g2".to_owned()))));
    facts.groups.pop();
    assert_eq!(role(&facts), Some(("guest".to_owned(), Source::Group("g1".to_owned()))));
    facts.groups.pop();
    assert_eq!(role(&facts), Some(("guest".to_owned(), Source::Person)));
    facts.own = None;
    assert_eq!(role(&facts), Some(("user".to_owned(), Source::Default)));
    let model = Model { default_role: None, ..Model::default() };
    assert_eq!(access(&model, &facts, none).role, None);
}

#[test]
fn a_role_that_the_application_does_not_know_counts_for_nothing() {
    let strange = keys(&["boss"]);
    let own = Own { roles: strange.clone(), primary: Some("boss".to_owned()) };
    let facts =
        Facts { groups: vec![belongs("g1", &strange)], own: Some(&own), ..Facts::default() };
    assert_eq!(role(&facts), Some(("user".to_owned(), Source::Default)));
}

#[test]
fn of_a_persons_own_roles_the_primary_one_counts_if_the_application_knows_it_else_the_highest() {
    let own = |primary: Option<&str>| {
        let roles = keys(&["guest", "boss", "admin"]);
        let own = Own { roles, primary: primary.map(str::to_owned) };
        role(&Facts { own: Some(&own), ..Facts::default() }).unwrap().0
    };
    assert_eq!(own(Some("guest")), "guest");
    assert_eq!((own(Some("boss")), own(None)), ("admin".to_owned(), "admin".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn removing_the_last_group_that_gives_a_role_lowers_it(
        given in proptest::collection::vec(proptest::collection::vec(0..4_usize, 0..3), 1..6),
        own in 0..4_usize,
    ) {
        let names = ["admin", "user", "guest", "strange"];
        let roles: Vec<Vec<String>> = given
            .iter()
            .map(|some| some.iter().map(|at| names[*at].to_owned()).collect())
            .collect();
        let own = Own { roles: keys(&[names[own]]), primary: None };
        // One group after the other goes, and with the last of a role the role.
        for left in (0..=roles.len()).rev() {
            let groups = roles[..left].iter().map(|roles| belongs("g", roles)).collect();
            let facts = Facts { groups, own: Some(&own), ..Facts::default() };
            let highest = given[..left].iter().flatten().filter(|at| **at < 3).min();
            let else_own = Some(own.roles[0].as_str()).filter(|role| *role != "strange");
            let should = highest.map(|at| names[*at]).or(else_own).unwrap_or("user");
            prop_assert_eq!(role(&facts).unwrap().0, should);
        }
    }
}

fn mapping<'a>(
    id: &'a str,
    group: &'a str,
    entity: Option<(&'a str, &'a str)>,
    role: Option<&'a str>,
) -> Mapping<'a> {
    Mapping { id, group, entity, role, since: Time::from_unix(0) }
}

#[test]
fn the_role_of_a_mapping_counts_where_the_person_is_placed_by_it() {
    let facts = Facts {
        groups: vec![belongs("g1", &[]), belongs("g2", &[])],
        mappings: vec![
            mapping("m1", "g1", Some(("e1", "concurrency_group")), Some("guest")),
            mapping("m2", "g2", Some(("e2", "concurrency_group")), Some("admin")),
        ],
        ..Facts::default()
    };
    let waits = access(&Model::default(), &facts, none);
    assert_eq!(waits.role, Some(("guest".to_owned(), Source::Mapping("m1".to_owned()))));
    assert_eq!(waits.conflicts.len(), 1);
    let chosen = access(&Model::default(), &facts, |_, _| Some("m2".to_owned()));
    assert_eq!(chosen.role, Some(("admin".to_owned(), Source::Mapping("m2".to_owned()))));
}

#[test]
fn a_mapping_without_a_place_gives_its_role_alone() {
    let facts = Facts {
        groups: vec![belongs("g1", &[])],
        mappings: vec![
            mapping("m1", "g1", None, Some("admin")),
            mapping("m2", "g9", None, Some("admin")),
        ],
        ..Facts::default()
    };
    let found = access(&Model::default(), &facts, none);
    assert_eq!(found.role, Some(("admin".to_owned(), Source::Mapping("m1".to_owned()))));
    assert_eq!(found.places, []);
}

#[test]
fn who_is_in_no_other_entity_of_a_type_is_in_its_default() {
    let fallbacks = [Fallback { entity: "e9", kind: "concurrency_group" }];
    let mut facts = Facts {
        groups: vec![belongs("g1", &[])],
        mappings: vec![mapping("m1", "g1", Some(("e1", "concurrency_group")), None)],
        fallbacks: &fallbacks,
        ..Facts::default()
    };
    let placed = |facts: &Facts| access(&Model::default(), facts, none).places;
    let by_mapping = Place { entity: "e1".to_owned(), mapping: Some("m1".to_owned()) };
    assert_eq!(placed(&facts), [by_mapping]);
    facts.groups.clear();
    assert_eq!(placed(&facts), [Place { entity: "e9".to_owned(), mapping: None }]);
    facts.groups = vec![belongs("g1", &[])];
    facts.mappings = vec![mapping("m2", "g1", Some(("e2", "sub_organization")), None)];
    let in_sub = Place { entity: "e2".to_owned(), mapping: Some("m2".to_owned()) };
    assert_eq!(placed(&facts), [in_sub]);
}
