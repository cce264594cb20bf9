//! What a directory says of people.

use super::*;

#[test]
fn a_new_person_is_active_and_in_the_table_that_sign_in_uses() {
    let world = World::new();
    let body = json!({ "userName": "ann", "name": { "givenName": "Ann", "familyName": "Lee" },
        "emails": [{ "value": "Ann@Globex.example", "primary": true }] });
    let (person, effect) = world.create(body).unwrap();
    assert!(effect.is_change);
    assert_eq!(effect.words, "Ann Lee created.");
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
