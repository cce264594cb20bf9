//! What a directory may do, and to whom.

mod filters;
mod letting_go;
mod plans;
mod together;

use super::people::Person;
use super::*;
use crate::clock::Time;
use crate::email::Email;
use crate::scim::query::{Given, Query};
use crate::scim::{Kind, Resource, patch};
use crate::store::connections::{self, Connection};
use crate::store::testing::{self, TestStore, refused};
use crate::store::users::{self, NewUser, Source, UserState};
use crate::store::{Scope, UserId, Window};
use crate::store::{domains, identities};
use serde_json::{Value, json};

struct World {
    store: TestStore,
    connection: Connection,
    directory: Directory,
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
impl World {
    fn new() -> Self {
        let store = testing::store();
        let connection = testing::active(&store, "JumpCloud", None);
        let directory = store.system(|tx| open(tx, &connection.id));
        Self { store, connection, directory }
    }

    fn act<T>(&self, f: impl FnOnce(&mut Tx, &Directory) -> Result<T>) -> Result<T> {
        let scope = Scope::from(&self.connection.organization_id);
        let actor = crate::store::Actor::Directory(self.connection.id.clone());
        self.store.write_now(&scope, &actor, |tx| {
            let directory = find(tx.db, &self.connection.id)?;
            f(tx, &directory)
        })
    }

    fn create(&self, body: Value) -> Result<(Person, Effect)> {
        self.act(|tx, it| people::create(tx, it, Resource::parse(Kind::User, &body)?))
    }

    fn ann(&self) -> Person {
        self.create(json!({ "userName": "ann@globex.example", "externalId": "X1" })).unwrap().0
    }

    fn patch(&self, person: &Person, operations: Value) -> Result<(Person, Effect)> {
        let body = json!({ "Operations": operations });
        let operations = patch::parse(Kind::User, &body)?;
        self.act(|tx, it| people::patch(tx, it, person.row.user_id.as_str(), &operations, None))
    }

    fn activate(&self, person: &Person, active: bool) -> Effect {
        self.patch(person, json!([{ "op": "replace", "value": { "active": active } }])).unwrap().1
    }

    fn remove(&self, person: &Person) {
        self.act(|tx, it| people::remove(tx, it, person.row.user_id.as_str(), None)).unwrap();
    }

    fn user(&self, id: &UserId) -> users::User {
        self.store.read_now(|db| users::find(db, id)).unwrap()
    }

    fn kinds(&self) -> Vec<String> {
        let kinds = self.store.kinds(Some(&self.connection.organization_id));
        let ours = |kind: &String| kind.starts_with("user.") || kind.starts_with("group.");
        kinds.into_iter().filter(ours).collect()
    }

    /// The directory of another connection of the organization.
    fn second(&self) -> Directory {
        let new = connections::NewConnection {
            name: "Okta".into(),
            provider: "okta".into(),
            settings: connections::Settings::default(),
        };
        self.store.system(|tx| {
            let made = connections::create(tx, &self.connection.organization_id, new)?;
            open(tx, &made.id)
        })
    }

    fn by_sign_in(&self, email: &str) -> users::User {
        let new = NewUser {
            organization_id: self.connection.organization_id.clone(),
            source: Source::SignIn,
            email: Email::parse(email).unwrap(),
            name: None,
            given_name: None,
            family_name: None,
        };
        self.store.system(|tx| users::create(tx, new))
    }

    fn query(kind: Kind, pairs: &[(&str, &str)]) -> Query {
        Given::of_pairs(pairs.iter().copied()).unwrap().of(kind).unwrap()
    }

    fn names(&self, pairs: &[(&str, &str)]) -> Vec<String> {
        let query = Self::query(Kind::User, pairs);
        let found = self.store.read_now(|db| people::page(db, &self.directory, &query)).unwrap();
        found.data.iter().map(|it| it.row.user_name_key.clone()).collect()
    }

    fn group(&self, name: &str, members: &[&Person]) -> groups::Crowd {
        let ids: Vec<String> = members.iter().map(|it| it.row.user_id.to_string()).collect();
        let resource = Resource::parse(Kind::Group, &json!({ "displayName": name })).unwrap();
        self.act(|tx, it| groups::create(tx, it, resource, &ids, true)).unwrap().0
    }

    fn patch_group(&self, id: &str, operations: Value) -> Result<(groups::Crowd, Effect)> {
        let operations = patch::parse(Kind::Group, &json!({ "Operations": operations }))?;
        self.act(|tx, it| groups::patch(tx, it, id, &operations, None, true))
    }
}

fn code<T: std::fmt::Debug>(done: Result<T>) -> (u16, &'static str, String) {
    match done.unwrap_err() {
        Error::Scim { status, code, detail, .. } => (status, code, detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_person_is_active_and_in_the_table_that_sign_in_uses() {
    let world = World::new();
    let body = json!({ "userName": "ann", "name": { "givenName": "Ann", "familyName": "Lee" },
        "emails": [{ "value": "Ann@Globex.example", "primary": true }] });
    let (person, effect) = world.create(body).unwrap();
    assert_eq!(effect, Effect::change("Ann Lee created."));
    let user = world.user(&person.row.user_id);
    assert_eq!((user.email_key.as_str(), user.source), ("ann@globex.example", Source::Scim));
    assert_eq!(user.name.as_deref(), Some("Ann Lee"));
    assert_eq!(user.state(), UserState::Active);
    assert_eq!(world.kinds(), ["user.created"]);
    let whole = person.document("https://x.example");
    assert_eq!(whole["active"], json!(true));
    assert_eq!(whole["meta"]["version"], json!("W/\"1\""));
    assert_eq!(whole["meta"]["location"], json!(format!("https://x.example/Users/{}", user.id)));
}

#[test]
fn a_person_without_an_address_has_none() {
    let world = World::new();
    let person = world.create(json!({ "userName": "ann" })).unwrap().0;
    let again = world.create(json!({ "userName": "bo" })).unwrap().0;
    assert_eq!(world.user(&person.row.user_id).email, "");
    assert_ne!(person.row.user_id, again.row.user_id);
    assert!(world.user(&person.row.user_id).email().is_err());
}

#[test]
fn a_duplicate_is_a_409_that_names_the_existing_id() {
    let world = World::new();
    let ann = world.ann();
    let (status, code, detail) = code(world.create(json!({ "userName": "ANN@globex.example" })));
    assert_eq!((status, code), (409, "unique_conflict"));
    assert!(detail.contains(ann.row.user_id.as_str()), "{detail}");
    let other = json!({ "userName": "other", "emails": [{ "value": "ann@globex.example" }] });
    assert!(super::tests::code(world.create(other)).2.contains(ann.row.user_id.as_str()));
}

#[test]
fn recreating_a_removed_user_restores_it_with_its_id_however_often() {
    let world = World::new();
    let ann = world.ann();
    for _ in 0..3 {
        world.remove(&ann);
        assert_eq!(world.user(&ann.row.user_id).state(), UserState::Deprovisioned);
        let found = world
            .store
            .read_now(|db| people::find(db, &world.directory, ann.row.user_id.as_str(), true));
        assert_eq!(code(found).0, 404);
        let back = world.create(json!({ "userName": "ann@globex.example" })).unwrap().0;
        assert_eq!(back.row.user_id, ann.row.user_id);
        assert_eq!(world.user(&ann.row.user_id).state(), UserState::Active);
    }
    assert_eq!(world.store.read_now(|db| find(db, &world.connection.id)).unwrap().users, 1);
}

#[test]
fn a_removed_user_is_found_by_external_id_under_a_new_name() {
    let world = World::new();
    let ann = world.ann();
    world.remove(&ann);
    let back = world
        .create(json!({ "userName": "ann.ray@globex.example", "externalId": "X1" }))
        .unwrap()
        .0;
    assert_eq!(back.row.user_id, ann.row.user_id);
    assert_eq!(world.user(&ann.row.user_id).email, "ann.ray@globex.example");
}

#[test]
fn an_address_that_a_removed_person_had_is_free_for_somebody_new() {
    let world = World::new();
    let ann = world.ann();
    world.remove(&ann);
    let new = json!({ "userName": "ann2", "externalId": "X2", "emails": [{ "value": "ann@globex.example" }] });
    let other = world.create(new).unwrap().0;
    assert_ne!(other.row.user_id, ann.row.user_id);
    assert_eq!(world.user(&ann.row.user_id).email, "");
    assert_eq!(world.user(&other.row.user_id).email, "ann@globex.example");
}

#[test]
fn a_person_who_came_by_sign_in_is_linked_if_the_domain_is_live() {
    let world = World::new();
    let here = world.by_sign_in("ann@globex.example");
    let (status, _, detail) = code(world.create(json!({ "userName": "ann@globex.example" })));
    assert_eq!(status, 409);
    assert!(detail.contains("not verified") && detail.contains(here.id.as_str()), "{detail}");
    world.store.system(|tx| {
        let name = crate::domain::DomainName::parse("globex.example").unwrap();
        domains::add(tx, &world.connection.organization_id, &name, true)
    });
    let linked = world.create(json!({ "userName": "ann@globex.example" })).unwrap().0;
    assert_eq!(linked.row.user_id, here.id);
    assert_eq!(world.user(&here.id).source, Source::Scim);
    assert!(world.kinds().contains(&"user.linked".to_owned()));
}

#[test]
fn the_same_address_in_another_organization_is_somebody_else() {
    let world = World::new();
    let other = testing::active(&world.store, "Okta", None);
    let ann = world.ann();
    let theirs = world.store.system(|tx| {
        let directory = open(tx, &other.id)?;
        people::create(
            tx,
            &directory,
            Resource::parse(Kind::User, &json!({ "userName": "ann@globex.example" }))?,
        )
    });
    assert_ne!(theirs.0.row.user_id, ann.row.user_id);
    let foreign = find_in(&world, &theirs.0);
    assert_eq!(code(foreign).0, 404);
}

fn find_in(world: &World, person: &Person) -> Result<Person> {
    world
        .store
        .read_now(|db| people::find(db, &world.directory, person.row.user_id.as_str(), false))
}

#[test]
fn another_connections_directory_keeps_its_people_until_that_connection_is_off() {
    let world = World::new();
    let ann = world.ann();
    let second = world.second();
    let create = || {
        let resource =
            Resource::parse(Kind::User, &json!({ "userName": "ann@globex.example" })).unwrap();
        world.store.try_system(|tx| people::create(tx, &second, resource))
    };
    assert!(code(create()).2.contains("directory of another connection"));
    world.store.system(|tx| connections::disable(tx, &world.connection.id));
    let moved = create().unwrap().0;
    assert_eq!(moved.row.user_id, ann.row.user_id);
    assert_eq!(moved.row.connection_id, second.connection_id);
}

#[test]
fn deactivating_and_activating_keeps_memberships_and_the_operators_word() {
    let world = World::new();
    let ann = world.ann();
    let group = world.group("Staff", &[&ann]);
    assert!(world.activate(&ann, false).words.contains("deactivated"));
    assert_eq!(world.user(&ann.row.user_id).state(), UserState::Suspended);
    assert!(!world.activate(&ann, false).is_change);
    world.store.system(|tx| users::suspend(tx, &ann.row.user_id));
    world.activate(&ann, true);
    assert_eq!(
        world.user(&ann.row.user_id).state(),
        UserState::Suspended,
        "the operator's suspension stays"
    );
    let found = world
        .store
        .read_now(|db| groups::find(db, &world.directory, group.group.id.as_str(), true));
    assert_eq!(found.unwrap().members.unwrap(), [ann.row.user_id]);
}

#[test]
fn a_put_without_active_lets_nobody_in_again() {
    let world = World::new();
    let ann = world.ann();
    world.activate(&ann, false);
    let resource = Resource::parse(Kind::User, &json!({ "title": "Dr" })).unwrap();
    let id = ann.row.user_id.as_str();
    let put = world.act(|tx, it| people::replace(tx, it, id, resource, None)).unwrap().0;
    assert_eq!(put.document("b")["active"], json!(false));
    assert_eq!(put.document("b")["userName"], json!("ann@globex.example"));
}

#[test]
fn taking_active_away_from_somebody_who_is_off_lets_nobody_in() {
    let world = World::new();
    let ann = world.ann();
    world.activate(&ann, false);
    for operation in [
        json!({ "op": "remove", "path": "active" }),
        json!({ "op": "replace", "path": "title", "value": "Dr" }),
    ] {
        let (person, effect) = world.patch(&ann, json!([operation])).unwrap();
        assert!(effect.is_change && !person.row.is_active, "{operation}");
        assert_eq!(world.user(&ann.row.user_id).state(), UserState::Suspended, "{operation}");
    }
    world.activate(&ann, true);
    assert_eq!(world.user(&ann.row.user_id).state(), UserState::Active);
}

#[test]
fn who_is_taken_over_does_not_get_an_address_that_somebody_else_has() {
    let world = World::new();
    let ann = world.ann();
    let bo = world.by_sign_in("bo@globex.example");
    let second = world.second();
    let user = world.user(&ann.row.user_id);
    world.store.system(|tx| {
        identities::link(tx, &second.connection_id, "ann", &user)?;
        connections::disable(tx, &world.connection.id)
    });
    let body = json!({ "userName": "ann", "emails": [{ "value": "bo@globex.example" }] });
    let resource = Resource::parse(Kind::User, &body).unwrap();
    let refused = world.store.try_system(|tx| people::create(tx, &second, resource));
    let (status, code, detail) = code(refused);
    assert_eq!((status, code), (409, "unique_conflict"));
    assert!(detail.contains(bo.id.as_str()), "{detail}");
}

#[test]
fn a_repeat_changes_nothing_and_tells_nobody() {
    let world = World::new();
    let ann = world.ann();
    let operations = json!([{ "op": "replace", "path": "title", "value": "Dr" }]);
    let once = world.patch(&ann, operations.clone()).unwrap().0;
    let (kinds, (twice, effect)) = (world.kinds(), world.patch(&ann, operations).unwrap());
    assert_eq!(effect, Effect::none());
    assert_eq!(
        (twice.row.revision, twice.row.updated_at),
        (once.row.revision, once.row.updated_at)
    );
    assert_eq!(world.kinds(), kinds);
}

#[test]
fn what_was_asked_of_another_version_is_refused() {
    let world = World::new();
    let ann = world.ann();
    let id = ann.row.user_id.as_str();
    assert_eq!(
        code(world.act(|tx, it| people::remove(tx, it, id, Some(&[7])))).1,
        "version_mismatch"
    );
    world.act(|tx, it| people::remove(tx, it, id, Some(&[7, 1]))).unwrap();
}

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
fn filters_find_people_by_sql_and_in_memory() {
    let world = World::new();
    for (name, title) in [("ann", "Dr"), ("bo", "Prof"), ("cy", "Dr")] {
        let email = format!("{name}@globex.example");
        let body = json!({ "userName": name, "externalId": name.to_uppercase(), "title": title,
            "displayName": format!("{name} Lee"),
            "emails": [{ "value": email, "type": "work" }, { "value": format!("{name}@home.example"), "type": "home" }] });
        world.create(body).unwrap();
    }
    let find = |filter: &str| world.names(&[("filter", filter)]);
    assert_eq!(find("userName eq \"ANN\""), ["ann"]);
    assert_eq!(find("externalId eq \"BO\""), ["bo"]);
    assert!(find("externalId eq \"bo\"").is_empty());
    assert_eq!(find("emails.value eq \"cy@home.example\""), ["cy"]);
    assert_eq!(find("emails[type eq \"work\" and value eq \"ann@globex.example\"]"), ["ann"]);
    assert!(find("emails[type eq \"home\" and value eq \"ann@globex.example\"]").is_empty());
    assert_eq!(find("displayName sw \"bo l\""), ["bo"]);
    assert_eq!(find("title eq \"dr\""), ["ann", "cy"]);
    assert_eq!(find("title eq \"dr\" and userName ne \"ann\""), ["cy"]);
    assert_eq!(find("not (userName eq \"ann\" or title eq \"Prof\")"), ["cy"]);
    assert_eq!(find("active eq true and meta.created gt \"2001-01-01T00:00:00Z\"").len(), 3);
    assert!(find("active eq false").is_empty());
    assert_eq!(find("name pr or nickName pr").len(), 0);
}

#[test]
fn members_and_groups_are_found_by_each_other() {
    let world = World::new();
    let (ann, bo) = (world.ann(), world.create(json!({ "userName": "bo" })).unwrap().0);
    let staff = world.group("Staff", &[&ann]);
    world.group("Crew", &[&bo]);
    let filter = format!("groups.value eq \"{}\"", staff.group.id);
    assert_eq!(world.names(&[("filter", &filter)]), ["ann@globex.example"]);
    for filter in [
        format!("members eq \"{}\"", ann.row.user_id),
        format!("members[value eq \"{}\"]", ann.row.user_id),
        format!("id eq \"{}\" and members eq \"{}\"", staff.group.id, ann.row.user_id),
        "displayName eq \"staff\"".to_owned(),
    ] {
        let query = World::query(Kind::Group, &[("filter", &filter)]);
        let found = world.store.read_now(|db| groups::page(db, &world.directory, &query)).unwrap();
        assert_eq!((found.total, found.data.len()), (Some(1), 1), "{filter}");
        assert_eq!(found.data[0].group.id, staff.group.id);
    }
}

#[test]
fn lists_go_by_place_by_cursor_and_in_order() {
    let world = World::new();
    for n in 0..7 {
        world.create(json!({ "userName": format!("u{n}"), "title": if n % 2 == 0 { "even" } else { "odd" } })).unwrap();
    }
    world.remove(
        &world
            .store
            .read_now(|db| {
                let query = World::query(Kind::User, &[("filter", "userName eq \"u6\"")]);
                Ok(people::page(db, &world.directory, &query)?.data.remove(0))
            })
            .unwrap(),
    );
    let directory = world.store.read_now(|db| super::find(db, &world.connection.id)).unwrap();
    let page = |pairs: &[(&str, &str)]| {
        let query = World::query(Kind::User, pairs);
        world.store.read_now(|db| people::page(db, &directory, &query)).unwrap()
    };
    let names = |found: &Found<Person>| -> Vec<String> {
        found.data.iter().map(|it| it.row.user_name_key.clone()).collect()
    };
    let second = page(&[("startIndex", "3"), ("count", "2")]);
    assert_eq!((names(&second), second.total), (vec!["u2".into(), "u3".into()], Some(6)));
    assert_eq!(page(&[("count", "0")]).total, Some(6));
    assert_eq!(
        names(&page(&[("sortBy", "userName"), ("sortOrder", "descending"), ("count", "2")])),
        ["u5", "u4"]
    );
    for filter in ["title eq \"even\"", "userName sw \"u\""] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let found = page(&[("cursor", &cursor), ("count", "2"), ("filter", filter)]);
            seen.extend(names(&found));
            match found.next {
                Some(next) => cursor = next,
                None => break,
            }
        }
        let whole = page(&[("filter", filter)]);
        assert_eq!(seen, names(&whole), "{filter}");
    }
    let query = World::query(Kind::User, &[("cursor", "nonsense")]);
    assert_eq!(
        code(world.store.read_now(|db| people::page(db, &directory, &query))).1,
        "invalid_cursor"
    );
}

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
        let found = world
            .store
            .read_now(|db| authenticate(db, connection, secret, from.parse().unwrap(), now));
        match found.unwrap() {
            Known::Live(directory, _) => directory.connection_id.to_string(),
            Known::Retired(_) => "retired".to_owned(),
            Known::Unknown => "unknown".to_owned(),
        }
    };
    let now = world.store.clock().now();
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", now), id.to_string());
    assert_eq!(known(id, secret.reveal(), "198.51.100.7", now), "unknown");
    assert_eq!(known(&other.id, secret.reveal(), "192.0.2.7", now), "unknown");
    assert_eq!(known(id, crypto::token(crypto::SCIM_TOKEN).reveal(), "192.0.2.7", now), "unknown");
    world.store.system(|tx| tokens::retire(tx, id, &token.id, chrono::TimeDelta::hours(1)));
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", now), id.to_string(), "overlap");
    let later = now.plus(chrono::TimeDelta::hours(2));
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", later), "retired");
    world.store.system(|tx| tokens::revoke(tx, id, &token.id));
    assert_eq!(known(id, secret.reveal(), "192.0.2.7", now), "unknown");
    let listed = world.store.read_now(|db| tokens::page(db, &Window::default(), id)).unwrap();
    assert_eq!(listed.data[0].state(now), "revoked");
    assert!(
        refused(world.store.try_system(|tx| tokens::create(tx, id, new(&["nonsense"]))))
            .starts_with("/networks/0")
    );
}
