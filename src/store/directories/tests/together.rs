//! Many requests at once, and groups of any size.

use super::*;

#[test]
fn two_hundred_changes_of_one_group_at_once_lose_nothing() {
    let world = World::new();
    let people: Vec<Person> =
        (0..200).map(|n| world.create(json!({ "userName": format!("u{n}") })).unwrap().0).collect();
    let (stay, come) = people.split_at(100);
    let staff = world.group("Staff", &stay.iter().collect::<Vec<_>>());
    let id = staff.group.id.as_str();
    let operation = |op: &str, person: &Person| {
        let value = json!([{ "value": person.row.user_id }]);
        json!([{ "op": op, "path": "members", "value": value }])
    };
    std::thread::scope(|scope| {
        for (leaves, comes) in stay.iter().zip(come) {
            scope.spawn(|| world.patch_group(id, operation("remove", leaves)).unwrap());
            scope.spawn(|| world.patch_group(id, operation("add", comes)).unwrap());
        }
    });
    let after = world.store.read_now(|db| groups::find(db, &world.directory, id, true)).unwrap();
    let mut expected: Vec<UserId> = come.iter().map(|it| it.row.user_id.clone()).collect();
    expected.sort();
    let mut members = after.members.unwrap();
    members.sort();
    assert_eq!(members, expected);
    assert_eq!(after.group.revision, staff.group.revision + 200, "each change is a version");
}
