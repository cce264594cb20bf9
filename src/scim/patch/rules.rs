//! What a PATCH leaves behind, case by case, where clients and servers disagree most.

use super::*;
use crate::scim::ScimType;
use serde_json::json;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OURS: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User";

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
fn after(attributes: Value, operations: Value) -> Result<Value> {
    let mut person = Resource::parse(Kind::User, &attributes)?;
    person.set("userName", "ann".into());
    let operations = parse(Kind::User, &json!({ "Operations": operations }))?;
    apply(&mut person, &operations)?;
    Ok(Value::Object(person.into_attributes()))
}

fn word(result: Result<Value>) -> Option<ScimType> {
    result.unwrap_err().scim_type
}

#[test]
fn at_most_one_element_is_primary_whichever_way_it_became_so() {
    let emails = || {
        json!({ "emails": [
            { "value": "a@x.example", "type": "work" },
            { "value": "b@x.example", "type": "work" },
            { "value": "c@x.example", "type": "home", "primary": true },
        ]})
    };
    for (operation, expected) in [
        (
            json!({ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": true }),
            "a@x.example",
        ),
        (json!({ "op": "replace", "path": "emails.primary", "value": true }), "a@x.example"),
        (
            json!({ "op": "add", "path": "emails[type eq \"other\" and primary eq true].value", "value": "d@x.example" }),
            "d@x.example",
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [{ "value": "B@x.example", "type": "WORK", "primary": "True" }] }),
            "B@x.example",
        ),
    ] {
        let it = after(emails(), json!([operation])).unwrap();
        let all = it["emails"].as_array().unwrap();
        let primary: Vec<&Value> = all.iter().filter(|one| one["primary"] == json!(true)).collect();
        assert_eq!(primary.len(), 1, "{operation}: {it}");
        assert_eq!(primary[0]["value"], expected, "{operation}");
    }
}

#[test]
fn an_element_that_a_filter_makes_keeps_the_case_in_which_it_was_written() {
    let operation =
        json!({ "op": "add", "path": "roles[value eq \"Team Lead\"].display", "value": "Lead" });
    let it = after(json!({}), json!([operation])).unwrap();
    assert_eq!(it["roles"], json!([{ "value": "Team Lead", "display": "Lead" }]));
    let again =
        json!({ "op": "replace", "path": "roles[value eq \"team lead\"].display", "value": "L" });
    let it = after(it, json!([again])).unwrap();
    assert_eq!(it["roles"], json!([{ "value": "Team Lead", "display": "L" }]));
}

#[test]
fn a_filter_that_matches_nothing_and_would_not_match_what_it_makes_has_no_target() {
    let operation = json!({ "op": "replace", "path": "emails[value eq \"old@x.example\"].value", "value": "new@x.example" });
    assert_eq!(word(after(json!({}), json!([operation]))), Some(ScimType::NoTarget));
    let operation = json!({ "op": "replace", "path": "emails[type eq \"work\" or type eq \"home\"].value", "value": "x" });
    assert_eq!(word(after(json!({}), json!([operation]))), Some(ScimType::NoTarget));
}

#[test]
fn parts_that_are_given_as_nothing_go_and_parts_that_are_not_named_stay() {
    let name = || json!({ "name": { "givenName": "Ann", "familyName": "Lee", "middleName": "B" } });
    let value = json!({ "givenName": null, "familyName": "Ray" });
    for operation in [
        json!({ "op": "replace", "path": "name", "value": value }),
        json!({ "op": "add", "value": { "name": value } }),
    ] {
        let it = after(name(), json!([operation])).unwrap();
        assert_eq!(it["name"], json!({ "familyName": "Ray", "middleName": "B" }));
    }
    let it =
        after(name(), json!([{ "op": "replace", "path": "name", "value": { "givenName": null } }]));
    assert_eq!(it.unwrap()["name"], json!({ "familyName": "Lee", "middleName": "B" }));
    let it =
        after(json!({ "title": "Dr" }), json!([{ "op": "add", "path": "title", "value": "" }]));
    assert_eq!(it.unwrap().get("title"), None);
}

#[test]
fn another_manager_does_not_keep_the_address_of_the_former_one() {
    let there =
        || json!({ ENTERPRISE: { "manager": { "value": "usr_2", "$ref": "../Users/usr_2" } } });
    for value in [json!("usr_3"), json!({ "value": "usr_3" })] {
        let operation =
            json!({ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": value });
        let it = after(there(), json!([operation])).unwrap();
        assert_eq!(it[ENTERPRISE]["manager"], json!({ "value": "usr_3" }));
    }
}

#[test]
fn what_is_required_cannot_be_removed() {
    let operation = json!([{ "op": "remove", "path": "userName" }]);
    assert_eq!(word(after(json!({}), operation)), Some(ScimType::Mutability));
    let operations = json!({ "Operations": [{ "op": "Remove", "path": "DISPLAYNAME" }] });
    assert_eq!(parse(Kind::Group, &operations).unwrap_err().scim_type, Some(ScimType::Mutability));
}

#[test]
fn a_remove_with_null_is_one_without_a_value() {
    let there = json!({ "emails": [{ "value": "a@x.example" }] });
    let it = after(there, json!([{ "op": "remove", "path": "emails", "value": null }])).unwrap();
    assert_eq!(it.get("emails"), None);
}

#[test]
fn elements_to_be_removed_are_found_whatever_the_case_of_their_value() {
    let there = json!({ "emails": [{ "value": "Ann@X.example", "type": "work" }] });
    let operation = json!({ "op": "remove", "path": "emails", "value": [{ "value": "ann@x.example", "type": "Work" }] });
    assert_eq!(after(there, json!([operation])).unwrap().get("emails"), None);
}

#[test]
fn the_core_schema_may_stand_before_a_path_or_be_the_path() {
    let core = "urn:ietf:params:scim:schemas:core:2.0:User";
    for operation in [
        json!({ "op": "replace", "path": core, "value": { "title": "Dr" } }),
        json!({ "op": "replace", "path": format!("{core}:title"), "value": "Dr" }),
        json!({ "op": "replace", "value": { format!("{core}:title"): "Dr" } }),
    ] {
        assert_eq!(after(json!({}), json!([operation])).unwrap()["title"], "Dr", "{operation}");
    }
    let path = format!("{core}:emails[type eq \"work\"].value");
    let it =
        after(json!({}), json!([{ "op": "add", "path": path, "value": "a@x.example" }])).unwrap();
    assert_eq!(it["emails"], json!([{ "type": "work", "value": "a@x.example" }]));
}

#[test]
fn the_list_of_schemas_may_be_sent_along_and_changes_nothing() {
    let operations = json!([
        { "op": "add", "path": "schemas", "value": [ENTERPRISE] },
        { "op": "replace", "value": { "schemas": [ENTERPRISE], "title": "Dr" } },
    ]);
    assert_eq!(after(json!({}), operations).unwrap(), json!({ "userName": "ann", "title": "Dr" }));
}

#[test]
fn a_key_that_is_no_path_is_an_error_and_never_a_silent_success() {
    for (key, expected) in [
        ("emails[type eq \"work\"", ScimType::InvalidPath),
        ("emails[type is work].value", ScimType::InvalidFilter),
    ] {
        let operation = json!([{ "op": "replace", "value": { key: "x" } }]);
        assert_eq!(word(after(json!({}), operation)), Some(expected), "{key}");
    }
}

#[test]
fn an_extension_is_changed_and_removed_as_a_whole() {
    let there = || json!({ ENTERPRISE: { "department": "R", "division": "D", "manager": { "value": "m" } } });
    let value = json!({ "department": null, "manager.value": "n", "unknown": 1 });
    let it =
        after(there(), json!([{ "op": "replace", "path": ENTERPRISE, "value": value }])).unwrap();
    assert_eq!(it[ENTERPRISE], json!({ "division": "D", "manager": { "value": "n" } }));
    for operation in [
        json!({ "op": "remove", "path": ENTERPRISE }),
        json!({ "op": "replace", "path": ENTERPRISE, "value": null }),
    ] {
        assert_eq!(after(there(), json!([operation])).unwrap().get(ENTERPRISE), None);
    }
    assert_eq!(
        word(after(json!({}), json!([{ "op": "add", "path": ENTERPRISE, "value": "x" }]))),
        Some(ScimType::InvalidValue)
    );
}

#[test]
fn roles_may_be_objects_with_a_value() {
    let value = json!([{ "value": "admin" }, "user", { "value": "admin" }]);
    let it =
        after(json!({}), json!([{ "op": "add", "path": format!("{OURS}:roles"), "value": value }]))
            .unwrap();
    assert_eq!(it[OURS], json!({ "roles": ["admin", "user"] }));
}

#[test]
fn an_attribute_has_at_most_a_thousand_values() {
    let emails = |from: usize, number: usize| -> Value {
        (from..from + number).map(|n| json!({ "value": format!("{n}@x.example") })).collect()
    };
    let add = |value: Value| json!({ "op": "add", "path": "emails", "value": value });
    assert!(after(json!({}), json!([add(emails(0, 600)), add(emails(600, 400))])).is_ok());
    for operations in
        [json!([add(emails(0, 1001))]), json!([add(emails(0, 600)), add(emails(600, 401))])]
    {
        assert_eq!(word(after(json!({}), operations)), Some(ScimType::InvalidValue));
    }
}
