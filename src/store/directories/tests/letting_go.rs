//! Who is erased, when, and what stays.

use super::super::requests::Entry;
use super::*;
use crate::store::clean_up::{Retention, Task};
use crate::store::{GroupId, ScimRequestId};
use chrono::TimeDelta;

const RETENTION: Retention = Retention {
    traces: TimeDelta::days(30),
    events: TimeDelta::days(400),
    requests: TimeDelta::days(30),
    removed: TimeDelta::days(60),
};

impl World {
    fn run(&self, task: Task) -> usize {
        self.store.system(|tx| task.run(tx, RETENTION))
    }

    fn later(&self, time: TimeDelta) {
        self.store.clock().advance(time);
    }

    fn counts(&self) -> (i64, i64) {
        let directory = self.store.read_now(|db| super::find(db, &self.connection.id)).unwrap();
        (directory.users, directory.groups)
    }

    fn exists(&self, id: &UserId) -> bool {
        self.store.read_now(|db| users::by_id(db, id)).unwrap().is_some()
    }

    fn revision(&self, id: &GroupId) -> i64 {
        self.store.read_now(|db| all_groups::by_id(db, id)).unwrap().revision
    }

    fn entry(&self, path: &str, about: Option<&UserId>) -> Entry {
        let entry = Entry {
            id: ScimRequestId::new(),
            organization_id: self.connection.organization_id.clone(),
            connection_id: self.connection.id.clone(),
            token_id: None,
            method: "GET".to_owned(),
            path: path.to_owned(),
            status: 200,
            code: None,
            effect: "Ann".to_owned(),
            is_change: false,
            dialect: "generic".to_owned(),
            resource_id: about.map(ToString::to_string),
            message: Some("sealed".to_owned()),
            micros: 1,
            created_at: self.store.clock().now(),
            why: None,
        };
        self.store.system(|tx| requests::record(tx, &entry));
        entry
    }
}

#[test]
fn test_users_and_test_groups_go_after_an_hour_whether_removed_or_not() {
    let world = World::new();
    let ann = world.ann();
    let staff = world.group("Staff", &[&ann]);
    let left = world.create(json!({ "userName": "scim-test-1" })).unwrap().0;
    let removed = world.create(json!({ "userName": "scim-test-2" })).unwrap().0;
    world.group("SCIM Test Group", &[&left]);
    world.group("JumpCloud Test Team", &[&ann]);
    world.group("JumpCloud Test Group", &[&ann]);
    world.remove(&removed);
    assert_eq!(world.counts(), (2, 4));
    world.later(TimeDelta::minutes(59));
    assert_eq!(world.run(Task::DirectoryTests), 0);
    world.later(TimeDelta::minutes(1));
    assert_eq!((world.run(Task::DirectoryTests), world.run(Task::DirectoryTests)), (3, 0));
    assert_eq!(world.counts(), (1, 3), "a customer's groups stay");
    assert!(world.exists(&ann.row.user_id) && world.revision(&staff.group.id) > 0);
    assert!(!world.exists(&left.row.user_id) && !world.exists(&removed.row.user_id));
    assert!(!world.kinds().contains(&"user.erased".to_owned()));
}

#[test]
fn who_was_removed_is_erased_when_the_retention_ends_and_comes_as_somebody_new() {
    let world = World::new();
    let (ann, bo) = (world.ann(), world.create(json!({ "userName": "bo" })).unwrap().0);
    let staff = world.group("Staff", &[&bo]);
    world.remove(&ann);
    world.act(|tx, it| groups::remove(tx, it, staff.group.id.as_str(), None)).unwrap();
    world.later(TimeDelta::days(59));
    assert_eq!(world.run(Task::Removed), 0);
    world.later(TimeDelta::days(1));
    assert_eq!((world.run(Task::Removed), world.run(Task::Removed)), (2, 0));
    assert!(!world.exists(&ann.row.user_id) && world.exists(&bo.row.user_id));
    assert_eq!(world.kinds().last().map(String::as_str), Some("user.erased"));
    assert_eq!(world.counts(), (1, 0));
    assert_ne!(world.ann().row.user_id, ann.row.user_id);
    assert_ne!(world.group("Staff", &[]).group.id, staff.group.id);
}

#[test]
fn who_came_back_in_time_is_not_erased() {
    let world = World::new();
    let ann = world.ann();
    world.remove(&ann);
    world.later(TimeDelta::days(59));
    world.ann();
    world.later(TimeDelta::days(300));
    assert_eq!(world.run(Task::Removed), 0);
    assert!(world.exists(&ann.row.user_id));
}

#[test]
fn an_erased_person_is_no_member_and_counts_no_more_and_no_request_tells_of_them() {
    let world = World::new();
    let ann = world.ann();
    let id = ann.row.user_id.clone();
    let staff = world.group("Staff", &[&ann]);
    let about = world.entry(&format!("/Users/{id}"), Some(&id));
    let search = world.entry("/Users?filter=userName%20eq%20%22ann%40globex.example%22", None);
    let other = world.entry("/Users?filter=userName%20eq%20%22bo%40globex.example%22", None);
    world.store.system(|tx| users::erase(tx, &id));
    assert_eq!(world.counts(), (0, 1));
    assert_eq!(world.revision(&staff.group.id), staff.group.revision + 1);
    let found = |entry: &Entry| world.store.read_now(|db| requests::find(db, &entry.id)).unwrap();
    assert_eq!((found(&about).effect.as_str(), found(&about).message), ("", None));
    assert_eq!((found(&search).path.as_str(), found(&search).message), ("/Users", None));
    assert!(found(&other).message.is_some() && found(&other).path.contains("bo"));
    let gone = world.store.read_now(|db| people::find(db, &world.directory, id.as_str(), true));
    assert_eq!(code(gone).0, 404);
    assert_ne!(world.ann().row.user_id, id);
}

#[test]
fn whom_a_directory_removed_is_erased_after_its_own_days_or_those_of_the_installation() {
    let world = World::new();
    let days = |days| {
        let id = world.connection.id.clone();
        world.store.system(move |tx| crate::store::directories::set_removal(tx, &id, days))
    };
    let ann = world.ann();
    world.remove(&ann);
    // Longer than the installation would keep them.
    assert_eq!(days(Some(90)).removal_days, Some(90));
    world.later(TimeDelta::days(61));
    assert_eq!((world.run(Task::Removed), world.run(Task::Ruled)), (0, 0));
    world.later(TimeDelta::days(29));
    assert_eq!((world.run(Task::Ruled), world.run(Task::Ruled)), (1, 0));
    assert!(!world.exists(&ann.row.user_id));
    // And shorter.
    let bo = world.create(json!({ "userName": "bo" })).unwrap().0;
    world.remove(&bo);
    days(Some(2));
    world.later(TimeDelta::days(1));
    assert_eq!(world.run(Task::Ruled), 0);
    world.later(TimeDelta::days(1));
    assert_eq!(world.run(Task::Ruled), 1);
    assert!(!world.exists(&bo.row.user_id));
    // Without a rule the installation's counts again.
    let cy = world.create(json!({ "userName": "cy" })).unwrap().0;
    world.remove(&cy);
    days(None);
    world.later(TimeDelta::days(59));
    assert_eq!((world.run(Task::Removed), world.run(Task::Ruled)), (0, 0));
    world.later(TimeDelta::days(1));
    assert_eq!((world.run(Task::Removed), world.run(Task::Ruled)), (1, 0));
    for wrong in [0, -1, 3651] {
        let id = &world.connection.id;
        let refused = world
            .store
            .try_system(|tx| crate::store::directories::set_removal(tx, id, Some(wrong)).map(drop));
        assert!(refused.is_err(), "{wrong}");
    }
}

#[test]
fn a_group_is_another_version_when_a_member_is_removed_or_comes_back() {
    let world = World::new();
    let ann = world.ann();
    let staff = world.group("Staff", &[&ann]);
    world.remove(&ann);
    assert_eq!(world.revision(&staff.group.id), staff.group.revision + 1);
    world.ann();
    assert_eq!(world.revision(&staff.group.id), staff.group.revision + 2);
}

#[test]
fn a_deleted_connections_people_become_the_vendors_when_it_cannot_be_restored() {
    let world = World::new();
    let (ann, bo) = (world.ann(), world.create(json!({ "userName": "bo" })).unwrap().0);
    let cy = world.create(json!({ "userName": "cy" })).unwrap().0;
    world.group("Staff", &[&ann, &bo]);
    world.activate(&bo, false);
    world.remove(&cy);
    world.store.system(|tx| connections::delete(tx, &world.connection.id));
    world.later(TimeDelta::days(29));
    assert_eq!((world.run(Task::Directories), world.run(Task::Connections)), (0, 0));
    world.later(TimeDelta::days(1));
    assert_eq!(world.run(Task::Connections), 0, "its people go first");
    assert_eq!((world.run(Task::Directories), world.run(Task::Directories)), (3, 0));
    assert_eq!(world.run(Task::Connections), 1);
    let (ann, bo) = (world.user(&ann.row.user_id), world.user(&bo.row.user_id));
    assert_eq!((ann.source, ann.state()), (Source::SignIn, UserState::Active));
    assert_eq!((bo.source, bo.state()), (Source::SignIn, UserState::Suspended));
    let restored = world.store.system(|tx| users::restore(tx, &bo.id));
    assert_eq!(restored.state(), UserState::Active, "the operator may let them in");
    assert!(!world.exists(&cy.row.user_id));
}

#[test]
fn a_restored_connections_directory_goes_on_where_it_was() {
    let world = World::new();
    let ann = world.ann();
    world.store.system(|tx| connections::delete(tx, &world.connection.id));
    world.later(TimeDelta::days(29));
    world.store.system(|tx| connections::restore(tx, &world.connection.id));
    world.later(TimeDelta::days(29));
    assert_eq!(world.run(Task::Directories), 0);
    assert!(find_in(&world, &ann).is_ok());
}

#[test]
fn who_is_taken_over_is_in_no_group_of_the_former_directory() {
    let world = World::new();
    let ann = world.ann();
    let staff = world.group("Staff", &[&ann]);
    let second = world.second();
    world.store.system(|tx| connections::disable(tx, &world.connection.id));
    let moved = world.store.system(|tx| {
        let body = json!({ "userName": "ann@globex.example" });
        people::create(tx, &second, Resource::parse(Kind::User, &body)?)
    });
    assert_eq!(moved.0.row.user_id, ann.row.user_id);
    assert_eq!(moved.0.groups, Some(Vec::new()));
    assert_eq!(world.counts(), (0, 1));
    assert_eq!(world.revision(&staff.group.id), staff.group.revision + 1);
}

#[test]
fn whom_the_connections_provider_has_named_is_linked_by_user_name_or_external_id() {
    let world = World::new();
    for (subject, body) in [
        ("ann", json!({ "userName": "ann" })),
        ("B7", json!({ "userName": "bo", "externalId": "B7" })),
    ] {
        let here = world.by_sign_in(&format!("{subject}@globex.example"));
        world
            .store
            .system(|tx| crate::store::identities::link(tx, &world.connection.id, subject, &here));
        assert_eq!(world.create(body).unwrap().0.row.user_id, here.id);
    }
}

#[test]
fn requests_go_when_their_retention_ends() {
    let world = World::new();
    world.entry("/Users", None);
    world.later(TimeDelta::days(29));
    assert_eq!(world.run(Task::ScimRequests), 0);
    world.later(TimeDelta::days(1) + TimeDelta::minutes(1));
    assert_eq!(world.run(Task::ScimRequests), 1);
}
