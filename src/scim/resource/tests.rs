use super::*;
use crate::scim::path;
use serde_json::json;

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
fn user(body: Value) -> Resource {
    Resource::parse(Kind::User, &body).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
fn fault(body: Value) -> String {
    Resource::parse(Kind::User, &body).and_then(|it| it.complete()).unwrap_err().to_string()
}

fn projected(only: &str, without: &str) -> Value {
    let list = |text: &str| path::list(&[Kind::User], text.split(','));
    let projection =
        Projection { only: (!only.is_empty()).then(|| list(only)), without: list(without) };
    let whole = json!({
        "schemas": ["s"], "id": "usr_1", "userName": "ann", "active": true,
        "name": { "givenName": "Ann", "familyName": "Lee" },
        "emails": [{ "value": "a@b.example", "type": "work" }, { "value": "c@d.example" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "R", "division": "D" },
        "meta": { "version": "W/\"1\"", "location": "l" },
    });
    Value::Object(projection.apply(Kind::User, whole.as_object().unwrap().clone()))
}

#[test]
fn attribute_names_are_case_insensitive_and_unknown_attributes_are_ignored() {
    let resource =
        user(json!({ "USERNAME": "ann", "Name": { "GIVENNAME": "Ann", "x": 1 }, "shoe": 39 }));
    assert_eq!(
        Value::Object(resource.into_attributes()),
        json!({ "userName": "ann", "name": { "givenName": "Ann" } })
    );
}

#[test]
fn what_only_we_write_and_passwords_are_left_out() {
    let resource = user(json!({
        "id": "x", "meta": {}, "groups": [{ "value": "g" }], "password": "secret", "userName": "ann",
    }));
    assert_eq!(Value::Object(resource.into_attributes()), json!({ "userName": "ann" }));
}

#[test]
fn true_and_false_strings_are_booleans_where_the_schema_says_boolean() {
    let resource = user(
        json!({ "userName": "ann", "active": "False", "emails": [{ "value": "a", "primary": "True" }] }),
    );
    assert_eq!(resource.active(), Some(false));
    assert_eq!(resource.attributes()["emails"][0]["primary"], json!(true));
    assert!(
        fault(json!({ "userName": "a", "active": "maybe" }))
            .contains("active must be true or false")
    );
}

#[test]
fn a_manager_is_a_string_or_an_object() {
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let expected = json!({ "manager": { "value": "usr_2" } });
    for manager in [json!("usr_2"), json!({ "value": "usr_2", "displayName": "Bo" })] {
        let resource = user(json!({ "userName": "ann", urn: { "manager": manager } }));
        assert_eq!(resource.attributes()[urn], expected);
        assert_eq!(resource.schemas(), ["urn:ietf:params:scim:schemas:core:2.0:User", urn]);
    }
}

#[test]
fn nothing_null_and_empty_lists_are_no_value() {
    let resource =
        user(json!({ "userName": "ann", "title": null, "nickName": "", "emails": [], "name": {} }));
    assert_eq!(resource.attributes().len(), 1);
}

#[test]
fn the_same_element_twice_is_one_and_only_one_is_primary() {
    let resource = user(json!({ "userName": "ann", "emails": [
        { "value": "a", "primary": true }, { "value": "a", "primary": true }, { "value": "b", "primary": true },
    ]}));
    assert_eq!(
        resource.attributes()["emails"],
        json!([{ "value": "a", "primary": true }, { "value": "b", "primary": false }])
    );
}

#[test]
fn a_wrong_type_is_told_with_what_was_expected_and_what_came() {
    assert!(
        fault(json!({ "userName": ["a"] })).contains("userName must be a string, but is [\"a\"]")
    );
    assert!(
        fault(json!({ "userName": "a", "name": 1 })).contains("name must be an object, but is 1")
    );
    assert!(fault(json!({})).contains("must have the attribute userName"));
    assert!(fault(json!({ "userName": "  " })).contains("must have the attribute userName"));
    assert!(fault(json!([])).contains("must be a JSON object"));
    assert!(fault(json!({ "userName": "a\u{0}" })).contains("NUL"));
    assert!(fault(json!({ "userName": "a".repeat(513) })).contains("longer than 512"));
}

#[test]
fn the_email_address_is_the_primary_one_else_for_work_else_the_first_else_the_user_name() {
    let email = |body: Value| user(body).email().map(str::to_owned);
    let work = json!({ "value": "w@x.example", "type": "Work" });
    let home = json!({ "value": "h@x.example", "type": "home" });
    let first = json!({ "value": "p@x.example", "primary": true });
    assert_eq!(email(json!({ "emails": [home, work, first] })).unwrap(), "p@x.example");
    assert_eq!(email(json!({ "emails": [home, work] })).unwrap(), "w@x.example");
    assert_eq!(email(json!({ "emails": [home] })).unwrap(), "h@x.example");
    assert_eq!(email(json!({ "userName": "u@x.example" })).unwrap(), "u@x.example");
    assert_eq!(email(json!({ "userName": "u" })), None);
}

#[test]
fn the_name_to_be_shown_is_made_of_what_there_is() {
    let shown = |body: Value| user(body).display_name();
    assert_eq!(
        shown(json!({ "displayName": "Annie", "name": { "formatted": "Ann Lee" } })).unwrap(),
        "Annie"
    );
    assert_eq!(shown(json!({ "name": { "formatted": "Ann Lee" } })).unwrap(), "Ann Lee");
    assert_eq!(
        shown(json!({ "name": { "givenName": "Ann", "familyName": "Lee" } })).unwrap(),
        "Ann Lee"
    );
    assert_eq!(shown(json!({ "userName": "a" })), None);
}

#[test]
fn members_are_objects_or_bare_ids_and_each_counts_once() {
    let ids = |body: Value| members(&body).unwrap();
    assert_eq!(ids(json!({ "displayName": "g" })), None);
    assert_eq!(ids(json!({ "members": [] })), Some(vec![]));
    assert_eq!(
        ids(json!({ "Members": [{ "value": "a" }, "b", { "VALUE": "a" }] })).unwrap(),
        ["a", "b"]
    );
    assert!(members(&json!({ "members": [{ "display": "x" }] })).is_err());
}

#[test]
fn roles_come_from_our_extension() {
    let resource = user(json!({
        "userName": "ann",
        "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User": { "roles": ["admin", "user"] },
    }));
    assert_eq!(resource.roles(), ["admin", "user"]);
}

#[test]
fn roles_come_from_the_core_where_our_extension_has_none() {
    let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User";
    let core = json!([{ "value": "user" }, { "value": "admin", "primary": "True" }]);
    let resource = user(json!({ "userName": "ann", "roles": core }));
    assert_eq!((resource.roles(), resource.primary_role()), (vec!["user", "admin"], Some("admin")));
    for none in [json!({}), json!({ "roles": [] })] {
        let resource = user(json!({ "userName": "ann", "roles": core, urn: none }));
        assert_eq!(resource.primary_role(), Some("admin"));
    }
    let both = json!({ "userName": "ann", "roles": core, urn: { "roles": ["guest"] } });
    let resource = user(both);
    assert_eq!((resource.roles(), resource.primary_role()), (vec!["guest"], None));
}

#[test]
fn an_answer_has_what_was_asked_for_and_what_is_always_returned() {
    assert_eq!(
        projected("userName,name.givenName", ""),
        json!({ "schemas": ["s"], "id": "usr_1", "userName": "ann", "name": { "givenName": "Ann" } })
    );
    assert_eq!(
        projected("emails.value,nobody", ""),
        json!({ "schemas": ["s"], "id": "usr_1", "emails": [{ "value": "a@b.example" }, { "value": "c@d.example" }] })
    );
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert_eq!(
        projected(&format!("{urn}:department"), ""),
        json!({ "schemas": ["s"], "id": "usr_1", urn: { "department": "R" } })
    );
    assert_eq!(projected(urn, "")[urn], json!({ "department": "R", "division": "D" }));
    assert_eq!(
        projected("urn:ietf:params:scim:schemas:core:2.0:User:active", "")["active"],
        json!(true)
    );
}

#[test]
fn what_is_excluded_is_not_in_an_answer_but_the_id_always_is() {
    let left = projected("", "id,emails.type,name,meta.location");
    assert_eq!(left["id"], json!("usr_1"));
    assert!(left.get("name").is_none());
    assert_eq!(left["emails"], json!([{ "value": "a@b.example" }, { "value": "c@d.example" }]));
    assert_eq!(left["meta"], json!({ "version": "W/\"1\"" }));
    assert_eq!(projected("", ""), projected("", "nobody"));
}
