//! What SQL finds is what the filter is true of in memory.

use super::*;
use crate::scim::filter::{matches, parse};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const TEXTS: &[&str] =
    &["ann", "Ann", "ann@globex.example", "BO", "b", "x_1", "100%", "é!", " ann ", "", "Ann Lee"];
const PATHS: &[&str] = &[
    "userName",
    "displayName",
    "externalId",
    "id",
    "title",
    "emails",
    "emails.value",
    "emails.type",
    "name.givenName",
    "nickName",
];
const OPS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

fn text() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(TEXTS)
}

fn comparison() -> impl Strategy<Value = String> {
    let texts = (proptest::sample::select(PATHS), proptest::sample::select(OPS), text())
        .prop_map(|(path, op, text)| format!("{path} {op} {}", json!(text)))
        .boxed();
    let words = proptest::sample::select(
        &[
            "active eq true",
            "active eq false",
            "active ne true",
            "displayName pr",
            "externalId pr",
            "meta.lastModified gt \"2001-01-01T00:00:00Z\"",
            "meta.created lt \"2001-01-01T00:00:00Z\"",
            "meta.lastModified ne \"2001-01-01T00:00:00Z\"",
            "emails[type eq \"work\" and value eq \"ann@globex.example\"]",
            "emails[value eq \"ANN@globex.example\" or type eq \"home\"]",
            "emails[not (value eq \"ann@globex.example\")]",
            "title eq null",
            "displayName ne null",
        ][..],
    )
    .prop_map(str::to_owned)
    .boxed();
    prop_oneof![3 => texts, 2 => words]
}

fn any_filter() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

fn populate(world: &World) {
    for (name, body) in [
        (
            "ann",
            json!({ "displayName": "Ann Lee", "title": "ann", "externalId": "ann",
            "emails": [{ "value": "ann@globex.example", "type": "work" },
                { "value": "a@home.example", "type": "home" }] }),
        ),
        (
            "BO",
            json!({ "displayName": "b", "externalId": "BO", "name": { "givenName": "Ann" },
            "emails": [{ "value": "Bo@globex.example", "type": "home" }] }),
        ),
        ("x_1", json!({ "displayName": " ann ", "externalId": "bo", "active": false })),
        ("xa1", json!({ "title": "", "externalId": "Ann" })),
        ("100%", json!({ "displayName": "É!", "name": { "givenName": "b" } })),
        ("1000", json!({ "nickName": "x_1", "active": "True" })),
    ] {
        let mut body = body;
        body["userName"] = name.into();
        world.create(body).unwrap();
    }
}

#[test]
fn sql_and_memory_agree_on_every_filter() {
    let world = World::new();
    populate(&world);
    let found = |pairs: &[(&str, &str)]| {
        let query = World::query(Kind::User, pairs);
        let found = world.store.read_now(|db| {
            let directory = super::find(db, &world.connection.id)?;
            people::page(db, &directory, &query)
        });
        found.unwrap()
    };
    let all = found(&[]).data;
    assert_eq!(all.len(), 6);
    let mut runner =
        TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let agree = |text: String| {
        let filter = parse(Kind::User, &text).unwrap();
        let expected: Vec<&UserId> = all
            .iter()
            .filter(|it| matches(&filter, &it.document("")))
            .map(|it| &it.row.user_id)
            .collect();
        let by_place = found(&[("filter", &text)]);
        let ids: Vec<&UserId> = by_place.data.iter().map(|it| &it.row.user_id).collect();
        prop_assert_eq!(&ids, &expected, "{}", &text);
        prop_assert_eq!(by_place.total, i64::try_from(expected.len()).ok(), "{}", &text);
        let by_cursor = found(&[("filter", &text), ("cursor", "")]);
        let ids: Vec<&UserId> = by_cursor.data.iter().map(|it| &it.row.user_id).collect();
        prop_assert_eq!(&ids, &expected, "by cursor: {}", &text);
        Ok(())
    };
    runner.run(&any_filter(), agree).unwrap();
}
