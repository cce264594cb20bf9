use super::*;
use crate::scim::ScimType;
use serde_json::json;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn ann() -> Resource {
    let body = json!({
        "userName": "ann",
        "name": { "givenName": "Ann", "familyName": "Lee" },
        "active": true,
        "title": "Dr",
        "emails": [
            { "value": "ann@work.example", "type": "work", "primary": true },
            { "value": "ann@home.example", "type": "home" },
        ],
        ENTERPRISE: { "department": "Research" },
    });
    Resource::parse(Kind::User, &body).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
fn body(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

fn patched(operations: Value) -> Value {
    let (mut resource, operations) = (ann(), parse(Kind::User, &body(operations)).unwrap());
    apply(&mut resource, &operations).unwrap();
    let once = resource.clone();
    assert!(!apply(&mut resource, &operations).unwrap(), "the second time it changes nothing");
    assert_eq!(resource, once);
    Value::Object(resource.into_attributes())
}

fn fault(operations: Value) -> Error {
    let mut resource = ann();
    let error = parse(Kind::User, &body(operations))
        .and_then(|operations| apply(&mut resource, &operations))
        .unwrap_err();
    assert_eq!(resource, ann(), "all or nothing");
    error
}

fn members(operations: Value) -> Result<Vec<MemberChange>> {
    let group = json!({ "displayName": "Staff" });
    let mut group = Resource::parse(Kind::Group, &group).unwrap();
    let operations = parse(Kind::Group, &body(operations))?;
    Ok(apply_to_group(&mut group, &operations)?.1)
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn an_attribute_is_added_replaced_and_removed_by_its_path() {
    let it = patched(json!([
        { "op": "add", "path": "nickName", "value": "Annie" },
        { "op": "replace", "path": "name.familyName", "value": "Ray" },
        { "op": "remove", "path": "title" },
    ]));
    assert_eq!(it["nickName"], "Annie");
    assert_eq!(it["name"], json!({ "givenName": "Ann", "familyName": "Ray" }));
    assert!(it.get("title").is_none());
}

#[test]
fn okta_suspends_without_a_path() {
    let it = patched(json!([{ "op": "replace", "value": { "active": false } }]));
    assert_eq!(it["active"], json!(false));
}

#[test]
fn entra_writes_operations_with_a_capital_and_booleans_as_strings() {
    let it = patched(json!([{ "op": "Replace", "path": "active", "value": "False" }]));
    assert_eq!(it["active"], json!(false));
}

#[test]
fn entra_sets_a_work_address_where_there_is_none() {
    let it = patched(json!([
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "123" },
        { "op": "Add", "path": "emails[type eq \"other\"].value", "value": "ann@other.example" },
    ]));
    assert_eq!(it["phoneNumbers"], json!([{ "type": "mobile", "value": "123" }]));
    assert_eq!(it["emails"][2], json!({ "type": "other", "value": "ann@other.example" }));
}

#[test]
fn entra_names_extension_attributes_by_path_and_as_keys() {
    for operation in [
        json!({ "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "Sales" }),
        json!({ "op": "Replace", "value": { format!("{ENTERPRISE}:department"): "Sales" } }),
        json!({ "op": "Replace", "value": { ENTERPRISE: { "department": "Sales" } } }),
        json!({ "op": "Replace", "path": ENTERPRISE, "value": { "department": "Sales" } }),
    ] {
        assert_eq!(
            patched(json!([operation]))[ENTERPRISE],
            json!({ "department": "Sales" }),
            "{operation}"
        );
    }
}

#[test]
fn entra_sends_a_manager_as_a_string_as_an_object_or_in_a_list_of_one() {
    for manager in [json!("usr_2"), json!({ "value": "usr_2" }), json!([{ "value": "usr_2" }])] {
        let path = format!("{ENTERPRISE}:manager");
        let operation = json!([{ "op": "Add", "path": path, "value": manager }]);
        assert_eq!(patched(operation)[ENTERPRISE]["manager"], json!({ "value": "usr_2" }));
    }
    let two = json!([{ "value": "usr_2" }, { "value": "usr_3" }]);
    let error =
        fault(json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": two }]));
    assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
    let removed = patched(json!([{ "op": "Remove", "path": format!("{ENTERPRISE}:department") }]));
    assert!(removed.get(ENTERPRISE).is_none());
}

#[test]
fn a_value_without_a_path_may_have_dotted_keys_and_filters() {
    let it = patched(json!([{ "op": "replace", "value": {
        "name.givenName": "Anna", "emails[type eq \"work\"].value": "anna@work.example", "shoe": 39, "id": "x",
    }}]));
    assert_eq!(it["name"], json!({ "givenName": "Anna", "familyName": "Lee" }));
    assert_eq!(it["emails"][0]["value"], "anna@work.example");
}

#[test]
fn adding_what_is_there_changes_nothing() {
    let mut resource = ann();
    for operation in [
        json!({ "op": "add", "path": "emails", "value": [{ "value": "ann@work.example", "type": "work" }] }),
        json!({ "op": "add", "path": "title", "value": "Dr" }),
        json!({ "op": "add", "value": { "name": { "givenName": "Ann" } } }),
        json!({ "op": "remove", "path": "nickName" }),
        json!({ "op": "remove", "path": "emails[type eq \"other\"]" }),
    ] {
        let operations = parse(Kind::User, &body(json!([operation]))).unwrap();
        assert!(!apply(&mut resource, &operations).unwrap(), "{operation}");
    }
}

#[test]
fn a_complex_attribute_is_merged_and_a_list_is_replaced() {
    let it = patched(json!([
        { "op": "replace", "path": "name", "value": { "givenName": "Anna" } },
        { "op": "replace", "path": "emails", "value": [{ "value": "new@work.example" }] },
    ]));
    assert_eq!(it["name"], json!({ "givenName": "Anna", "familyName": "Lee" }));
    assert_eq!(it["emails"], json!([{ "value": "new@work.example" }]));
}

#[test]
fn a_new_primary_element_takes_the_place_of_the_old_one() {
    for operation in [
        json!({ "op": "add", "path": "emails", "value": { "value": "p@x.example", "primary": true } }),
        json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true }),
    ] {
        let it = patched(json!([operation]));
        let primary: Vec<&Value> = it["emails"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["primary"] == json!(true))
            .collect();
        assert_eq!(primary.len(), 1);
        assert_ne!(primary[0]["value"], "ann@work.example");
    }
    let it = patched(json!([
        { "op": "replace", "path": "emails[primary eq true]", "value": { "value": "n@x.example", "primary": true } },
    ]));
    assert_eq!(it["emails"][0], json!({ "value": "n@x.example", "primary": true }));
}

#[test]
fn elements_are_removed_by_filter_by_value_and_all_at_once() {
    let home = json!([{ "value": "ann@home.example", "type": "home" }]);
    for operation in [
        json!({ "op": "remove", "path": "emails[type eq \"work\"]" }),
        json!({ "op": "remove", "path": "emails", "value": [{ "value": "ann@work.example" }] }),
        json!({ "op": "remove", "path": "emails[value ew \"@work.example\"]" }),
    ] {
        assert_eq!(patched(json!([operation]))["emails"], home);
    }
    for operation in [
        json!({ "op": "remove", "path": "emails" }),
        json!({ "op": "remove", "path": "emails[value pr]" }),
        json!({ "op": "replace", "path": "emails", "value": [] }),
        json!({ "op": "replace", "path": "emails", "value": null }),
    ] {
        assert!(patched(json!([operation])).get("emails").is_none());
    }
    let typeless = patched(json!([{ "op": "remove", "path": "emails[type eq \"home\"].type" }]));
    assert_eq!(typeless["emails"][1], json!({ "value": "ann@home.example" }));
}

#[test]
fn roles_of_our_extension_are_added_to_those_that_are_there() {
    let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User";
    let it = patched(json!([
        { "op": "add", "path": format!("{urn}:roles"), "value": ["admin"] },
        { "op": "add", "path": format!("{urn}:roles"), "value": "user" },
        { "op": "add", "path": urn, "value": { "roles": ["user"] } },
    ]));
    assert_eq!(it[urn], json!({ "roles": ["admin", "user"] }));
}

#[test]
fn a_path_that_names_nothing_is_an_error_and_never_a_silent_success() {
    for (operation, scim_type) in [
        (json!({ "op": "replace", "path": "shoe", "value": 39 }), ScimType::InvalidPath),
        (json!({ "op": "replace", "path": "emails[type eq", "value": 39 }), ScimType::InvalidPath),
        (
            json!({ "op": "replace", "path": "title[value eq \"x\"]", "value": "x" }),
            ScimType::InvalidPath,
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"work\"]value", "value": "x" }),
            ScimType::InvalidPath,
        ),
        (
            json!({ "op": "replace", "path": "emails[shoe eq \"x\"].value", "value": "x" }),
            ScimType::InvalidFilter,
        ),
        (
            json!({ "op": "replace", "path": "emails[type sw \"x\"].value", "value": "x" }),
            ScimType::NoTarget,
        ),
        (json!({ "op": "replace", "path": 1, "value": "x" }), ScimType::InvalidPath),
        (json!({ "op": "remove" }), ScimType::NoTarget),
        (json!({ "op": "merge", "path": "title", "value": "x" }), ScimType::InvalidSyntax),
        (json!({ "path": "title", "value": "x" }), ScimType::InvalidSyntax),
        (json!({ "op": "replace", "path": "title" }), ScimType::InvalidValue),
        (json!({ "op": "replace", "value": "x" }), ScimType::InvalidValue),
        (json!({ "op": "replace", "path": "active", "value": "maybe" }), ScimType::InvalidValue),
        (json!({ "op": "replace", "path": "id", "value": "x" }), ScimType::Mutability),
        (json!({ "op": "replace", "path": "meta.created", "value": "x" }), ScimType::Mutability),
        (
            json!({ "op": "add", "path": "groups", "value": [{ "value": "x" }] }),
            ScimType::Mutability,
        ),
        (json!({ "op": "remove", "path": "userName" }), ScimType::Mutability),
        (json!({ "op": "replace", "path": "userName", "value": null }), ScimType::InvalidValue),
    ] {
        let title = json!({ "op": "replace", "path": "title", "value": "changed" });
        let error = fault(json!([title, operation]));
        assert_eq!((error.status, error.scim_type), (400, Some(scim_type)), "{operation}: {error}");
    }
    for operations in [json!([]), json!(null), json!([1])] {
        assert_eq!(fault(operations).scim_type, Some(ScimType::InvalidSyntax));
    }
}

#[test]
fn jumpcloud_renames_a_group_without_a_path_and_sometimes_with_the_id_inside() {
    let mut group = Resource::parse(Kind::Group, &json!({ "displayName": "Staff" })).unwrap();
    let operations =
        json!([{ "op": "replace", "value": { "id": "grp_1", "displayName": "Crew" } }]);
    let operations = parse(Kind::Group, &body(operations)).unwrap();
    assert_eq!(apply_to_group(&mut group, &operations).unwrap(), (true, vec![]));
    assert_eq!(group.text("displayName"), Some("Crew"));
    assert_eq!(apply_to_group(&mut group, &operations).unwrap(), (false, vec![]));
}

#[test]
fn members_are_added_and_removed_one_by_one_as_jumpcloud_does() {
    let value = json!([{ "value": "usr_1" }]);
    let change =
        |op: &str| members(json!([{ "op": op, "path": "members", "value": value }])).unwrap();
    assert_eq!(change("add"), [MemberChange::Add(ids(&["usr_1"]))]);
    assert_eq!(change("remove"), [MemberChange::Remove(ids(&["usr_1"]))]);
    assert_eq!(change("Replace"), [MemberChange::Replace(ids(&["usr_1"]))]);
}

#[test]
fn members_are_removed_by_a_filter_as_okta_and_entra_do() {
    let removed = |path: &str| members(json!([{ "op": "remove", "path": path }]));
    assert_eq!(
        removed("members[value eq \"usr_1\"]").unwrap(),
        [MemberChange::Remove(ids(&["usr_1"]))]
    );
    assert_eq!(
        removed("members[value eq \"usr_1\" or value eq \"usr_2\"]").unwrap(),
        [MemberChange::Remove(ids(&["usr_1", "usr_2"]))]
    );
    assert_eq!(
        removed("members[display co \"x\"]").unwrap_err().scim_type,
        Some(ScimType::InvalidFilter)
    );
    assert_eq!(removed("members").unwrap(), [MemberChange::RemoveAll]);
}

#[test]
fn okta_pushes_an_empty_group_by_replacing_its_members_with_none() {
    let empty = members(json!([{ "op": "replace", "path": "members", "value": [] }])).unwrap();
    assert_eq!(empty, [MemberChange::Replace(vec![])]);
}

#[test]
fn a_patch_that_names_no_members_is_an_error() {
    for operation in [
        json!({ "op": "remove", "path": "members", "value": [] }),
        json!({ "op": "remove", "path": "members", "value": [{ "display": "Ann" }] }),
        json!({ "op": "add", "path": "members", "value": [{}] }),
        json!({ "op": "add", "path": "members" }),
        json!({ "op": "replace", "path": "members[value eq \"usr_1\"].value", "value": "usr_2" }),
        json!({ "op": "replace", "path": "members.display", "value": "x" }),
    ] {
        assert_eq!(members(json!([operation])).unwrap_err().status, 400, "{operation}");
    }
    let none = members(json!([{ "op": "remove", "path": "members", "value": [] }])).unwrap_err();
    assert_eq!(none.code, "patch_no_members");
}

#[test]
fn members_keep_the_order_of_the_operations() {
    let changes = members(json!([
        { "op": "add", "path": "members", "value": "usr_1" },
        { "op": "replace", "path": "displayName", "value": "Crew" },
        { "op": "remove", "path": "members[value eq \"usr_1\"]" },
        { "op": "add", "value": { "members": [{ "value": "usr_2" }] } },
    ]));
    assert_eq!(
        changes.unwrap(),
        [
            MemberChange::Add(ids(&["usr_1"])),
            MemberChange::Remove(ids(&["usr_1"])),
            MemberChange::Add(ids(&["usr_2"])),
        ]
    );
}
