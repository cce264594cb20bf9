//! Whom a directory means (docs/decisions/0024-who-a-directory-means.md).

use super::*;

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
