//! Filters, pages and their order.

use super::*;

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
