//! Previews tell what an apply does, also where it is refused.

use super::super::preview::{self, Asked, Preview};
use super::*;
use crate::error::Error;
use crate::store::testing::refused;
use std::collections::BTreeMap;

/// Places as they are compared: by type and name.
fn sorted(places: Vec<(String, String)>) -> Vec<String> {
    let mut all: Vec<String> =
        places.into_iter().map(|(kind, name)| format!("{kind} {name}")).collect();
    all.sort_unstable();
    all
}

impl World {
    pub(super) fn preview(&self, asked: &Asked) -> Result<Preview> {
        let (now, of) = (self.store.clock().now(), self.organization());
        let noted = &mut |_, _| Ok(());
        self.store.read_now(|db| preview::preview(db, of, asked.clone(), now, noted))
    }

    /// What everybody has: places of two types may have one name.
    pub(super) fn everybody(&self) -> BTreeMap<UserId, Has> {
        let all = self.store.read_now(|db| users::all_of(db, self.organization())).unwrap();
        let one = |user: &users::User| {
            let all = self.store.read_now(|db| explain::of_user(db, user)).unwrap();
            let it = all.into_iter().find(|it| it.application_id == self.application).unwrap();
            let places = it.entities.into_iter().map(|(entity, _)| (entity.kind, entity.name));
            (user.id.clone(), (it.role.map(|(role, _)| role), sorted(places.collect())))
        };
        all.iter().map(one).collect()
    }

    /// How many conflicts have been opened ever.
    fn opened(&self) -> usize {
        use crate::store::schema::events;
        use diesel::prelude::*;
        let theirs = |db: &mut _| -> Result<i64> {
            let theirs = events::table.filter(events::organization_id.eq(self.organization()));
            Ok(theirs.filter(events::kind.eq("access.conflict_opened")).count().get_result(db)?)
        };
        usize::try_from(self.store.read_now(theirs).unwrap()).unwrap()
    }

    /// Applies what is asked about, and holds what became of it against what its preview says.
    pub(super) fn apply_as_previewed(&self, asked: &Asked) -> Result<Preview> {
        let seen = self.preview(asked);
        let version = match &seen {
            Ok(seen) => seen.version.clone(),
            Err(_) => self.store.read_now(|db| rule_sets::version(db, self.organization()))?,
        };
        let (before, known) = (self.everybody(), self.opened());
        let done = self.choose(|tx, id| preview::apply(tx, id, asked.clone(), &version));
        let after = self.everybody();
        let seen = match (seen, done) {
            (Ok(seen), Ok(effect)) => {
                assert_eq!(seen.refused, None);
                assert_eq!(effect.mappings, seen.mappings);
                seen
            }
            (Ok(seen), Err(Error::Conflict { code, detail })) => {
                let refused = seen.refused.expect("the preview says that it would be refused");
                assert_eq!((refused.code, &refused.detail), (code, &detail));
                assert_eq!(before, after);
                return Err(Error::conflict(code, detail));
            }
            (Err(seen), Err(done)) => {
                assert_eq!(seen.to_string(), done.to_string());
                assert_eq!(before, after);
                return Err(done);
            }
            (seen, done) => panic!("previewed {seen:?}, done {done:?}"),
        };
        let told: BTreeMap<UserId, Has> = seen
            .people
            .iter()
            .map(|line| {
                let places = sorted(line.after.entities.clone());
                (line.user_id.clone(), (line.after.role.clone(), places))
            })
            .collect();
        let changed = after.into_iter().filter(|(user, has)| before.get(user) != Some(has));
        assert_eq!(told, changed.collect());
        assert_eq!(told.len(), seen.gain + seen.lose);
        assert_eq!(self.opened() - known, seen.conflicts, "exactly the new conflicts are told");
        Ok(seen)
    }
}

pub(super) fn approve(is_approved: bool) -> MappingPatch {
    MappingPatch { is_approved: Some(is_approved), ..MappingPatch::default() }
}

fn decided(mappings: &[(&Mapping, MappingPatch)]) -> Asked {
    let mappings = mappings.iter().map(|(it, patch)| (it.id.clone(), patch.clone())).collect();
    Asked { mappings, ..Asked::default() }
}

pub(super) fn by_hand(group: &GroupId, place: Place, role: Option<&str>) -> NewMapping {
    let role = role.map(str::to_owned);
    NewMapping { group: group.clone(), application: None, place, role }
}

#[test]
fn a_preview_says_who_would_be_the_last_with_the_highest_role_and_what_an_apply_would_answer() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let (eng, ops) = (world.group("eng", &[&ann]), world.group("ops", &[&bob]));
    world.entity("team", "Owners");
    let owners = world.try_map(&eng, "Owners", Some("admin")).unwrap();
    let asked = decided(&[(&owners, approve(false))]);
    let told = world.preview(&asked).unwrap().refused.unwrap();
    assert_eq!((told.code, told.people.as_slice()), ("last_of_highest_role", &[ann.clone()][..]));
    assert_eq!(told.application_id, world.application);
    assert_eq!(refused(world.apply_as_previewed(&asked)), "last_of_highest_role");
    assert_eq!(world.has(&ann), has("admin", &["Owners"]));
    // Somebody else has it by the same act.
    let new_mappings = vec![by_hand(&ops, Place::Nowhere, Some("admin"))];
    world.apply_as_previewed(&Asked { new_mappings, ..asked }).unwrap();
    assert_eq!((world.has(&ann), world.has(&bob)), (has("user", &[]), has("admin", &[])));
}

#[test]
fn who_is_kept_in_the_highest_role_is_told_to_lose_it_where_somebody_else_gets_it() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";
    let body = json!({ "displayName": "admins", urn: { "roles": ["admin"] } });
    let (admins, ops) = (world.group_with(body, &[&ann]), world.group("ops", &[&bob]));
    world.remove(&admins, &ann);
    assert_eq!(world.has(&ann), has("admin", &[]), "held: nobody else has it");
    let new_mappings = vec![by_hand(&ops, Place::Nowhere, Some("admin"))];
    let seen = world.apply_as_previewed(&Asked { new_mappings, ..Asked::default() }).unwrap();
    assert_eq!((seen.gain, seen.lose, world.has(&ann)), (1, 1, has("user", &[])));
}

#[test]
fn what_the_same_act_gives_back_is_never_lost_between() {
    let world = World::new();
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    world.entity("team", "Owners");
    let owners = world.try_map(&eng, "Owners", Some("admin")).unwrap();
    let told = world.told().len();
    let place = Place::Key("Owners".to_owned());
    let asked = Asked {
        new_mappings: vec![by_hand(&eng, place, Some("admin"))],
        ..decided(&[(&owners, approve(false))])
    };
    world.apply_as_previewed(&asked).unwrap();
    assert_eq!(world.has(&ann), has("admin", &["Owners"]));
    assert_eq!(world.told().len(), told, "nobody lost or got anything");
}

#[test]
fn a_mapping_whose_place_was_deleted_waits_for_another_place_in_a_draft_too() {
    let world = World::new();
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    world.entity("team", "Payments");
    let mapping = world.map(&eng, "Payments");
    world.choose(|tx, id| entities::delete(tx, id, "Payments")).unwrap();
    let asked = decided(&[(&mapping, approve(true))]);
    assert_eq!(refused(world.apply_as_previewed(&asked)), "target_deleted");
    world.entity("team", "Billing");
    let place = Some(Place::Key("Billing".to_owned()));
    let moved = MappingPatch { place, ..MappingPatch::default() };
    world.apply_as_previewed(&decided(&[(&mapping, moved)])).unwrap();
    assert_eq!(world.has(&ann), has("user", &["Billing"]));
    assert_eq!(world.alerts(), []);
}

#[test]
fn a_place_that_is_another_groups_by_now_is_refused_with_its_name_in_a_draft_too() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let (eng, ops) = (world.group("eng", &[&ann]), world.group("ops", &[&bob]));
    world.entity("team", "Payments");
    let mapping = world.map(&eng, "Payments");
    world.approve(&mapping.id, false);
    let theirs = world.map(&ops, "Payments");
    let asked = decided(&[(&mapping, approve(true))]);
    let done = world.apply_as_previewed(&asked).unwrap_err();
    assert_eq!(done.to_string(), format!("Payments belongs to the group ops ({ops}) already."));
    let asked = decided(&[(&theirs, approve(false)), (&mapping, approve(true))]);
    world.apply_as_previewed(&asked).unwrap();
    assert_eq!((world.has(&ann).1, world.has(&bob).1), (vec!["Payments".to_owned()], vec![]));
}

#[test]
fn what_is_rejected_forgets_what_a_rule_proposed_in_a_draft_too() {
    let world = World::new();
    world.apply(vec![NewRule { auto_approve: false, ..rule(Match::All, "", "team") }]);
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    let mapping = world.mapping(&eng);
    let asked = decided(&[(&mapping, approve(false)), (&mapping, approve(true))]);
    let seen = world.apply_as_previewed(&asked).unwrap();
    assert_eq!((seen.gain, world.has(&ann)), (0, has("user", &[])));
    let now = world.mapping(&eng);
    assert_eq!((now.state, now.entity_id), (MappingState::Approved, None));
}

#[test]
fn nothing_is_decided_of_a_mapping_whose_group_is_gone_before_it_is_back() {
    let world = World::new();
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    world.entity("team", "Payments");
    let mapping = world.map(&eng, "Payments");
    world.delete(&eng);
    let place = Some(Place::Key("Payments".to_owned()));
    let moved = MappingPatch { place, ..MappingPatch::default() };
    let role = MappingPatch { role: Some(Some("guest".to_owned())), ..MappingPatch::default() };
    for patch in [approve(true), approve(false), moved, role] {
        let asked = decided(&[(&mapping, patch.clone())]);
        assert_eq!(refused(world.apply_as_previewed(&asked)), "group_deleted");
        assert_eq!(refused(world.decide_mapping(&mapping.id, patch)), "group_deleted");
    }
    assert_eq!(world.mapping(&eng).flag, Some(mappings::Flag::GroupDeleted));
    assert_eq!(world.group("eng", &[&ann]), eng);
    world.apply_as_previewed(&decided(&[(&mapping, approve(true))])).unwrap();
    assert_eq!(world.has(&ann), has("user", &["Payments"]));
}

#[test]
fn a_preview_reaches_who_is_held_by_a_mapping_that_went_with_its_group() {
    let world = World::new();
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    world.entity("team", "Payments");
    let place = Place::Key("Payments".to_owned());
    let mapping = world
        .choose(|tx, id| mappings::create(tx, id, by_hand(&eng, place, Some("admin"))))
        .unwrap();
    // The last with the highest role is kept in it, though the directory has taken the group.
    world.delete(&eng);
    assert_eq!(world.has(&ann).0.as_deref(), Some("admin"));
    world.group("eng", &[]);
    let role = MappingPatch { role: Some(Some("guest".to_owned())), ..MappingPatch::default() };
    let asked = decided(&[(&mapping, role)]);
    assert_eq!(refused(world.apply_as_previewed(&asked)), "last_of_highest_role");
    world.person_with("boss", &["admin"]);
    world.apply_as_previewed(&asked).unwrap();
}

#[test]
fn a_rule_takes_up_what_went_with_a_group_and_its_preview_remembers_what_was_decided() {
    let world = World::new();
    let ann = world.person("ann");
    let (red, blue) = (world.group("red", &[&ann]), world.group("blue", &[&ann]));
    world.entity("concurrency_group", "red");
    world.entity("concurrency_group", "blue");
    world.map(&red, "red");
    let blue_mapping = world.map(&blue, "blue");
    world.decide(&world.conflicts()[0], Choice::Incoming);
    assert_eq!(world.has(&ann), has("user", &["blue"]));
    world.delete(&blue);
    assert_eq!(world.has(&ann), has("user", &["red"]));
    world.group("blue", &[&ann]);
    let rules = Some(vec![rule(Match::Exact, "blue", "concurrency_group")]);
    let seen = world.apply_as_previewed(&Asked { rules, ..Asked::default() }).unwrap();
    assert_eq!((seen.conflicts, world.has(&ann)), (0, has("user", &["blue"])));
    assert_eq!(world.mapping(&blue).id, blue_mapping.id);
}

#[test]
fn a_preview_counts_the_new_conflicts_whatever_was_decided_before() {
    let world = World::new();
    let ann = world.person("ann");
    let groups = ["red", "blue", "green"].map(|name| world.group(name, &[&ann]));
    let maps = ["red", "blue", "green"].map(|name| {
        let group = &groups[["red", "blue", "green"].iter().position(|it| *it == name).unwrap()];
        world.entity("concurrency_group", name);
        (group.clone(), Place::Key(name.to_owned()))
    });
    let [red, blue, green] = maps;
    let one = |(group, place): (GroupId, Place)| Asked {
        new_mappings: vec![by_hand(&group, place, None)],
        ..Asked::default()
    };
    assert_eq!(world.apply_as_previewed(&one(red)).unwrap().conflicts, 0);
    assert_eq!(world.apply_as_previewed(&one(blue)).unwrap().conflicts, 1);
    world.decide(&world.conflicts()[0], Choice::Incoming);
    assert_eq!(world.has(&ann), has("user", &["blue"]));
    assert_eq!(world.apply_as_previewed(&one(green)).unwrap().conflicts, 1, "beside a decided one");
    assert_eq!(world.conflicts().len(), 1);
}

#[test]
fn more_mappings_than_are_decided_at_once_are_refused() {
    let world = World::new();
    let mapping = world.map_alone();
    let many =
        |n| Asked { mappings: vec![(mapping.id.clone(), approve(true)); n], ..Asked::default() };
    assert_eq!(refused(world.apply_as_previewed(&many(1_001))), "/mappings too_many");
    world.apply_as_previewed(&many(2)).unwrap();
}

impl World {
    /// A mapping of a group without members.
    fn map_alone(&self) -> Mapping {
        let group = self.group("alone", &[]);
        self.entity("team", "Alone");
        self.map(&group, "Alone")
    }
}

#[test]
fn a_preview_tells_who_gains_and_loses_and_writes_nothing() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let eng = world.group("eng", &[&ann, &bob]);
    let asked = Asked { rules: Some(vec![rule(Match::All, "", "team")]), ..Asked::default() };
    let now = world.store.clock().now();
    let told = |asked: Asked| {
        world
            .store
            .read_now(|db| {
                preview::preview(db, world.organization(), asked, now, &mut |_, _| Ok(()))
            })
            .unwrap()
    };
    let seen = told(asked);
    assert_eq!((seen.mappings, seen.gain, seen.lose, seen.same), (1, 2, 0, 0));
    assert_eq!(seen.people[0].after.entities, [("team".to_owned(), "eng".to_owned())]);
    assert_eq!(seen.people[0].because[1], "team eng: group eng, rule 1");
    assert_eq!(world.mappings(&eng).len(), 0);
    let rules = vec![rule(Match::All, "", "team")];
    let version = seen.version;
    world.choose(|tx, id| rule_sets::apply(tx, id, rules, Some(&version))).unwrap();
    assert_eq!(world.has(&ann), has("user", &["eng"]));
    let mapping = world.mapping(&eng).id;
    let one = |patch: MappingPatch| Asked {
        mappings: vec![(mapping.clone(), patch)],
        ..Asked::default()
    };
    let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
    let lost = told(one(reject));
    assert_eq!((lost.gain, lost.lose, lost.people[0].is_loss), (0, 2, true));
    // What would be if it led elsewhere, and gave more.
    let place = Some(Place::Named { kind: "team".to_owned(), name: Some("Payments".to_owned()) });
    let role = Some(Some("admin".to_owned()));
    let moved = told(one(MappingPatch { place, role, ..MappingPatch::default() }));
    assert_eq!((moved.gain, moved.lose, moved.role), (2, 0, 2));
    assert_eq!(moved.people[0].after.entities, [("team".to_owned(), "Payments".to_owned())]);
    assert_eq!(moved.people[0].after.role.as_deref(), Some("admin"));
    let refuse = |patch: MappingPatch| {
        refused(world.store.read_now(|db| {
            preview::preview(db, world.organization(), one(patch), now, &mut |_, _| Ok(()))
        }))
    };
    let to = |key: &str| MappingPatch {
        place: Some(Place::Key(key.to_owned())),
        ..MappingPatch::default()
    };
    assert_eq!(refuse(to("nowhere")), "no entity");
    let ops = world.group("ops", &[]);
    let theirs = world.mapping(&ops).entity_id.unwrap();
    assert_eq!(refuse(to(theirs.as_str())), "entity_owned");
    assert_eq!(world.has(&ann), has("user", &["eng"]), "nothing is written");
}

#[test]
fn a_preview_is_applied_only_to_what_it_was_made_on() {
    let world = World::new();
    let (ann, eng) = (world.person("ann"), world.group("eng", &[]));
    let version =
        || world.store.read_now(|db| rule_sets::version(db, world.organization())).unwrap();
    let seen = version();
    world.store.clock().advance(chrono::TimeDelta::seconds(1));
    world.add(&eng, &ann);
    assert_ne!(version(), seen);
    let rules = vec![rule(Match::All, "", "team")];
    let stale = world.choose(|tx, id| rule_sets::apply(tx, id, rules, Some(&seen)));
    assert!(matches!(stale, Err(crate::error::Error::Stale(_))));
}

#[test]
fn what_was_previewed_is_done_in_its_order_or_not_at_all() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let (eng, ops) = (world.group("eng", &[&ann]), world.group("ops", &[&bob]));
    world.entity("team", "Payments");
    let owned = world.map(&ops, "Payments").id;
    let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
    let new = NewMapping {
        group: eng,
        application: None,
        place: Place::Key("Payments".to_owned()),
        role: Some("admin".to_owned()),
    };
    let asked = Asked {
        rules: Some(vec![rule(Match::Exact, "sales", "team")]),
        mappings: vec![(owned, reject)],
        new_mappings: vec![new],
    };
    let now = world.store.clock().now();
    let ask = |asked: Asked| {
        let of = world.organization();
        world.store.read_now(|db| preview::preview(db, of, asked, now, &mut |_, _| Ok(())))
    };
    // The place is free only once the other group has lost it.
    let alone = Asked { new_mappings: asked.new_mappings.clone(), ..Asked::default() };
    assert_eq!(refused(ask(alone)), "entity_owned");
    let seen = ask(asked.clone()).unwrap();
    assert_eq!((seen.gain, seen.lose, seen.role), (1, 1, 1));
    assert_eq!(seen.people[1].because[1], "team Payments: group eng, by hand");
    let apply = |asked: Asked| world.choose(|tx, id| preview::apply(tx, id, asked, &seen.version));
    apply(asked.clone()).unwrap();
    assert_eq!((world.has(&ann), world.has(&bob)), (has("admin", &["Payments"]), has("user", &[])));
    assert!(matches!(apply(asked), Err(crate::error::Error::Stale(_))));
}

#[test]
fn more_than_ten_people_or_a_tenth_of_all_have_to_be_meant() {
    let world = World::new();
    let much = |lose| {
        let of = world.organization();
        world.store.read_now(|db| preview::takes_much(db, of, lose)).unwrap()
    };
    let join = |n: usize| world.person(&format!("p{n}"));
    (0..9).map(join).for_each(drop);
    assert_eq!((much(0), much(1)), (false, true), "one of nine is more than a tenth");
    join(9);
    assert_eq!((much(1), much(2)), (false, true));
    (10..120).map(join).for_each(drop);
    assert_eq!((much(10), much(11)), (false, true));
}
