//! What is true of every PATCH, whatever somebody sends.

use super::*;
use proptest::prelude::*;
use serde_json::{Map, json};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OURS: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User";

fn paths() -> Vec<String> {
    let plain = [
        "",
        "userName",
        "NAME",
        "name.givenName",
        "active",
        "title",
        "externalId",
        "emails",
        "emails.value",
        "emails.primary",
        "roles",
        "groups",
        "id",
        "meta.created",
        "password",
        "schemas",
        "members",
        "displayName",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[primary eq true].value",
        "emails[type eq \"home\" and primary eq true]",
        "emails[value eq \"a\"].type",
        "emails[not (type pr)]",
        "members[value eq \"a\"]",
        "emails[type",
        "shoe",
    ];
    let mut paths: Vec<String> = plain.map(str::to_owned).to_vec();
    for path in ["", ":department", ":manager", ":manager.value"] {
        paths.push(format!("{ENTERPRISE}{path}"));
    }
    paths.push(format!("{OURS}:roles"));
    paths
}

fn key() -> impl Strategy<Value = String> {
    let mut keys = paths();
    keys.extend(
        ["value", "type", "primary", "display", "familyName", "manager", "$ref"].map(str::to_owned),
    );
    prop::sample::select(keys)
}

/// Any JSON, with names that are known.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        4 => prop::sample::select(vec!["", "a", "A", "b", "work", "home", "True", "false"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key(), inner, 0..4)
                .prop_map(|parts| Value::Object(parts.into_iter().collect())),
        ]
    })
}

fn email() -> impl Strategy<Value = Value> {
    let text = |texts: &[&'static str]| prop::option::of(prop::sample::select(texts.to_vec()));
    (text(&["a", "A", "b", "c"]), text(&["work", "Work", "home"]), prop::option::of(any::<bool>()))
        .prop_map(|(value, kind, primary)| {
            let mut parts = Map::new();
            parts.extend(value.map(|value| ("value".to_owned(), value.into())));
            parts.extend(kind.map(|kind| ("type".to_owned(), kind.into())));
            parts.extend(primary.map(|primary| ("primary".to_owned(), primary.into())));
            Value::Object(parts)
        })
}

fn operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "Add", "replace", "Remove", "remove", "move"]);
    let value = prop_oneof![
        anything(),
        email(),
        prop::collection::vec(email(), 0..4).prop_map(Value::from),
    ];
    (op, prop::option::of(prop::sample::select(paths())), prop::option::of(value)).prop_map(
        |(op, path, value)| {
            let mut operation = json!({ "op": op });
            let parts = operation.as_object_mut().unwrap();
            parts.extend(path.map(|path| ("path".to_owned(), path.into())));
            parts.extend(value.map(|value| ("value".to_owned(), value)));
            operation
        },
    )
}

fn body() -> impl Strategy<Value = Value> {
    prop::collection::vec(operation(), 1..5).prop_map(|all| json!({ "Operations": all }))
}

fn person(emails: &[Value]) -> Resource {
    let body = json!({
        "userName": "ann", "name": { "givenName": "Ann" }, "active": true, "emails": emails,
        ENTERPRISE: { "department": "R", "manager": { "value": "m" } },
    });
    Resource::parse(Kind::User, &body).unwrap()
}

/// What holds of every resource.
fn is_sound(resource: &Resource) {
    let attributes = Value::Object(resource.attributes().clone());
    let read = Resource::parse(resource.kind(), &attributes).unwrap();
    assert_eq!(&read, resource, "in its form");
    assert!(resource.complete().is_ok());
    for elements in resource.attributes().values().filter_map(Value::as_array) {
        let primary = elements.iter().filter(|one| one.get("primary") == Some(&json!(true)));
        assert!(primary.count() <= 1, "{elements:?}");
    }
    for name in ["id", "meta", "groups", "password", "schemas", "members"] {
        assert!(attributes.get(name).is_none(), "{name}");
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_for_leaves_a_sound_resource_or_the_one_that_was_there(
        body in body(), emails in prop::collection::vec(email(), 0..3)
    ) {
        let before = person(&emails);
        let mut after = before.clone();
        let result = parse(Kind::User, &body).and_then(|operations| apply(&mut after, &operations));
        is_sound(&after);
        match result {
            Ok(is_changed) => prop_assert_eq!(is_changed, before != after),
            Err(error) => {
                prop_assert_eq!(error.status, 400);
                prop_assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn an_operation_that_is_repeated_changes_nothing(
        operation in operation(), emails in prop::collection::vec(email(), 0..3)
    ) {
        let mut resource = person(&emails);
        let operations = parse(Kind::User, &json!({ "Operations": [operation] }));
        if let Ok(operations) = operations && operations.len() == 1 && apply(&mut resource, &operations).is_ok() {
            let once = resource.clone();
            // What a filter chose may be something else now; then there is no target, and nothing changes either.
            if let Ok(is_changed) = apply(&mut resource, &operations) {
                prop_assert!(!is_changed, "{:?} then {:?}", once, resource);
            }
            prop_assert_eq!(once, resource);
        }
    }

    #[test]
    fn members_of_a_group_are_told_and_never_kept(body in body()) {
        let mut group = Resource::parse(Kind::Group, &json!({ "displayName": "Staff" })).unwrap();
        if let Ok(operations) = parse(Kind::Group, &body) {
            let _ = apply_to_group(&mut group, &operations);
        }
        is_sound(&group);
    }

    #[test]
    fn any_json_is_refused_or_read_without_harm(body in anything()) {
        for kind in Kind::ALL {
            let _ = parse(kind, &body);
            if let Ok(resource) = Resource::parse(kind, &body) && resource.complete().is_ok() {
                is_sound(&resource);
            }
        }
        let _ = super::super::resource::members(&body);
        let _ = super::super::bulk::Bulk::parse(&body).map(|bulk| bulk.turns());
        let _ = super::super::query::Given::of_body(&body).and_then(|given| given.of(Kind::User));
    }
}
