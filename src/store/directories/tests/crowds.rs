//! Groups and who is in them.

use super::*;
use crate::store::GroupId;

#[test]
fn a_group_of_the_same_name_is_a_conflict_and_a_removed_one_is_restored() {
    let world = World::new();
    let (ann, bo) = (world.ann(), world.create(json!({ "userName": "bo" })).unwrap().0);
    let staff = world.group("Staff", &[&ann]);
    let again = Resource::parse(Kind::Group, &json!({ "displayName": "STAFF" })).unwrap();
    let (status, _, detail) = code(world.act(|tx, it| groups::create(tx, it, again, &[], true)));
    assert_eq!(status, 409);
    assert!(detail.contains(staff.group.id.as_str()));
    world.act(|tx, it| groups::remove(tx, it, staff.group.id.as_str(), None)).unwrap();
    let back = world.group("staff", &[&bo]);
    assert_eq!(back.group.id, staff.group.id);
    assert_eq!(back.members.unwrap(), [bo.row.user_id], "members must come again");
}

#[test]
fn adding_twice_and_removing_who_is_not_there_is_a_success_and_no_event() {
    let world = World::new();
    let ann = world.ann();
    let staff = world.group("Staff", &[&ann]);
    let (kinds, id) = (world.kinds(), staff.group.id.as_str());
    let member = json!([{ "value": ann.row.user_id }]);
    let add =
        || world.patch_group(id, json!([{ "op": "add", "path": "members", "value": member }]));
    let remove =
        || world.patch_group(id, json!([{ "op": "remove", "path": "members", "value": member }]));
    assert_eq!(add().unwrap().1, Effect::none());
    assert_eq!(world.kinds(), kinds);
    assert!(remove().unwrap().1.is_change);
    assert_eq!(remove().unwrap().1, Effect::none());
    assert!(add().unwrap().1.is_change);
    let events = world.kinds();
    assert_eq!(&events[events.len() - 2..], ["group.member.removed", "group.member.added"]);
}

#[test]
fn an_unknown_member_is_named_and_nothing_is_done() {
    let world = World::new();
    let ann = world.ann();
    let staff = world.group("Staff", &[]);
    let operations = json!([
        { "op": "replace", "path": "displayName", "value": "Crew" },
        { "op": "add", "path": "members", "value": [{ "value": ann.row.user_id }, { "value": "nobody" }] },
    ]);
    let (status, code, detail) = code(world.patch_group(staff.group.id.as_str(), operations));
    assert_eq!((status, code), (400, "unknown_member"));
    assert!(detail.contains("nobody") && !detail.contains(ann.row.user_id.as_str()));
    let same = world
        .store
        .read_now(|db| groups::find(db, &world.directory, staff.group.id.as_str(), true))
        .unwrap();
    assert_eq!((same.group.display_name.as_str(), same.members.unwrap().len()), ("Staff", 0));
}

#[test]
fn replacing_members_leaves_exactly_those() {
    let world = World::new();
    let people: Vec<Person> =
        (0..4).map(|n| world.create(json!({ "userName": format!("u{n}") })).unwrap().0).collect();
    let staff = world.group("Staff", &[&people[0], &people[1]]);
    let wanted = json!([{ "value": people[1].row.user_id }, { "value": people[2].row.user_id }]);
    let operations = json!([{ "op": "replace", "path": "members", "value": wanted }]);
    let (crowd, effect) = world.patch_group(staff.group.id.as_str(), operations).unwrap();
    assert_eq!(effect.words, "Group Staff, 1 person added, 1 person taken out.");
    assert_eq!(
        crowd.members.unwrap(),
        [people[1].row.user_id.clone(), people[2].row.user_id.clone()]
    );
    let person = world
        .store
        .read_now(|db| people::find(db, &world.directory, people[1].row.user_id.as_str(), true));
    assert_eq!(person.unwrap().document("b")["groups"][0]["display"], json!("Staff"));
    world.remove(&people[1]);
    let left = world
        .store
        .read_now(|db| groups::find(db, &world.directory, staff.group.id.as_str(), true))
        .unwrap();
    assert_eq!(left.members.unwrap(), [people[2].row.user_id.clone()]);
}

#[test]
fn a_test_user_and_a_test_group_are_told_to_nobody() {
    let world = World::new();
    let person = world.create(json!({ "userName": "scim-test-1@globex.example" })).unwrap().0;
    world.activate(&person, false);
    world.remove(&person);
    let group = world.group("SCIM test group", &[]);
    let fake =
        json!([{ "op": "add", "path": "members", "value": [{ "value": "fake-member-id" }] }]);
    world.patch_group(group.group.id.as_str(), fake).unwrap();
    assert!(world.kinds().is_empty(), "{:?}", world.kinds());
}

#[test]
fn a_test_group_is_a_group_from_then_on_that_it_has_another_name_or_a_real_person_is_in_it() {
    let world = World::new();
    let ann = world.ann();
    let told = || {
        let kinds = world.kinds().into_iter();
        kinds.filter(|kind| kind.starts_with("group.")).collect::<Vec<_>>()
    };
    let real = |id: &GroupId| {
        let page =
            |db: &mut Db| all_groups::page(db, &Window::default(), &all_groups::Filter::default());
        world.store.read_now(page).unwrap().data.iter().any(|group| group.id == *id)
    };
    let join = json!([{ "op": "add", "path": "members", "value": [{ "value": ann.row.user_id }] }]);
    let one = world.group("SCIM Test Group", &[]).group.id;
    assert!(told().is_empty() && !real(&one));
    world.patch_group(one.as_str(), join).unwrap();
    assert_eq!(told(), ["group.created", "group.member.added"]);
    assert!(real(&one));
    let two = world.group("JumpCloud Test Group", &[]).group.id;
    let name = |name: &str| json!([{ "op": "replace", "value": { "displayName": name } }]);
    world.patch_group(two.as_str(), name("JumpCloud Test Group 2")).unwrap();
    assert!(!real(&two));
    world.patch_group(two.as_str(), name("Engineering")).unwrap();
    assert_eq!(told()[2..], ["group.created"]);
    assert!(real(&two));
    // From the beginning, or when it comes back.
    let three = world.group("SCIM Test Group 3", &[&ann]).group.id;
    assert_eq!(told()[3..], ["group.created", "group.member.added"]);
    assert!(real(&three));
    let four = world.group("SCIM Test Group 4", &[]).group.id;
    world.act(|tx, it| groups::remove(tx, it, four.as_str(), None)).unwrap();
    assert_eq!(world.group("SCIM Test Group 4", &[&ann]).group.id, four);
    assert_eq!(told()[5..], ["group.created", "group.member.added"]);
    assert!(real(&four));
}

#[test]
fn people_are_listed_by_their_group_and_by_the_way_they_came() {
    let world = World::new();
    let ann = world.ann();
    let eve = world.by_sign_in("eve@globex.example");
    let group = world.group("Sales", &[&ann]).group;
    let ids = |filter: users::Filter| -> Vec<UserId> {
        let page = |db: &mut Db| users::page(db, &Window::default(), &filter);
        let found = world.store.read_now(page).unwrap().data;
        found.into_iter().map(|user| user.id).collect()
    };
    let of = |group| users::Filter { group: Some(group), ..users::Filter::default() };
    let by = |source| users::Filter { source: Some(source), ..users::Filter::default() };
    assert_eq!(ids(of(group.id.clone())), std::slice::from_ref(&ann.row.user_id));
    assert_eq!(ids(of(GroupId::new())), []);
    assert_eq!(ids(by(Source::Scim)), std::slice::from_ref(&ann.row.user_id));
    assert_eq!(ids(by(Source::SignIn)), [eve.id]);
    world.act(|tx, it| groups::remove(tx, it, group.id.as_str(), None)).unwrap();
    assert_eq!(ids(of(group.id)), [], "the directory has removed the group");
}

#[test]
fn whoever_is_off_is_found_among_those_of_a_group_and_of_a_way() {
    let world = World::new();
    let (ann, bob) = (world.ann(), world.create(json!({ "userName": "bob@globex.example" })));
    let (second, eve) = (bob.unwrap().0, world.by_sign_in("eve@globex.example"));
    let group = world.group("Sales", &[&ann, &second]).group;
    world.activate(&ann, false);
    world.store.system(|tx| users::suspend(tx, &eve.id));
    let ids = |group: Option<GroupId>, source, state| -> Vec<UserId> {
        let filter =
            users::Filter { group, source, state: Some(state), ..users::Filter::default() };
        let page = |db: &mut Db| users::page(db, &Window::default(), &filter);
        let found = world.store.read_now(page).unwrap().data;
        found.into_iter().map(|user| user.id).collect()
    };
    let (ann, bob) = (ann.row.user_id, second.row.user_id.clone());
    let (off, there) = (UserState::Suspended, Some(group.id.clone()));
    assert_eq!(ids(None, None, off), [eve.id.clone(), ann.clone()]);
    assert_eq!(ids(there.clone(), None, off), [ann]);
    assert_eq!(ids(there.clone(), None, UserState::Active), std::slice::from_ref(&bob));
    assert_eq!(ids(None, Some(Source::SignIn), off), [eve.id]);
    assert_eq!(ids(there.clone(), Some(Source::SignIn), off), []);
    world.remove(&second);
    assert_eq!(ids(None, Some(Source::Scim), UserState::Deprovisioned), std::slice::from_ref(&bob));
    assert_eq!(ids(there, None, UserState::Deprovisioned), [bob]);
    assert_eq!(ids(Some(GroupId::new()), None, off), []);
}

#[test]
fn a_group_counts_whom_its_directory_has_and_nobody_whom_it_removed() {
    let world = World::new();
    let ann = world.ann();
    let bob = world.create(json!({ "userName": "bob@globex.example" })).unwrap().0;
    let both = world.group("Both", &[&ann, &bob]).group;
    let one = world.group("One", &[&bob]).group;
    let none = world.group("None", &[]).group;
    let sizes = || {
        let of = [both.clone(), one.clone(), none.clone()];
        let sizes = world.store.read_now(|db| all_groups::sizes(db, &of)).unwrap();
        of.map(|group| sizes.get(&group.id).copied().unwrap_or_default())
    };
    assert_eq!(sizes(), [2, 1, 0]);
    world.remove(&bob);
    assert_eq!(sizes(), [1, 0, 0]);
    assert_eq!(world.store.read_now(|db| all_groups::member_count(db, &both)).unwrap(), 1);
}
