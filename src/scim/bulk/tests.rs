use super::*;
use serde_json::json;

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
fn bulk(operations: Value) -> Bulk {
    Bulk::parse(&json!({ "failOnErrors": 1, "Operations": operations })).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
fn post(path: &str, name: &str, data: Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": name, "data": data })
}

#[test]
fn a_group_is_made_after_the_people_in_it() {
    let it = bulk(json!([
        post("/Groups", "g", json!({ "members": [{ "value": "bulkId:u" }] })),
        post("/Users", "u", json!({ "userName": "ann" })),
    ]));
    assert_eq!(it.turns(), [(1, Stage::Whole), (0, Stage::Whole)]);
    let act = it.operations[0].act.as_ref().unwrap();
    assert_eq!(act.references(), ["u"]);
    let done =
        act.resolved(Stage::Whole, |name| (name == "u").then(|| "usr_1".to_owned())).unwrap();
    assert_eq!(done.data, json!({ "members": [{ "value": "usr_1" }] }));
    assert_eq!(act.resolved(Stage::Whole, |_| None).unwrap_err().status, 409);
}

#[test]
fn people_who_refer_to_each_other_are_made_first_and_linked_then() {
    let manager = |name: &str| json!({ "userName": name, "x": { "manager": { "value": name } } });
    let it = bulk(json!([
        post("/Users", "a", manager("bulkId:b")),
        post("/Users", "b", manager("bulkId:a")),
    ]));
    assert_eq!(it.turns(), [(0, Stage::Without), (1, Stage::Whole), (0, Stage::Rest)]);
    let act = it.operations[0].act.as_ref().unwrap();
    let without = act.resolved(Stage::Without, |_| None).unwrap();
    assert_eq!(without.data["x"], json!({}));
}

#[test]
fn an_operation_may_be_on_what_another_makes() {
    let it = bulk(json!([
        { "method": "patch", "path": "/Users/bulkId:a", "data": {} },
        post("Users", "a", json!({})),
        { "method": "DELETE", "path": "/Groups/grp_1" },
    ]));
    assert_eq!(it.turns(), [(1, Stage::Whole), (2, Stage::Whole), (0, Stage::Whole)]);
    let act = it.operations[0].act.as_ref().unwrap();
    assert_eq!(act.resolved(Stage::Whole, |_| Some("usr_1".into())).unwrap().id.unwrap(), "usr_1");
}

#[test]
fn what_an_operation_lacks_is_told_at_its_turn() {
    for (operation, told) in [
        (json!({ "method": "GET", "path": "/Users" }), "method must be"),
        (json!({ "method": "POST", "path": "/Users", "data": {} }), "needs a bulkId"),
        (json!({ "method": "POST", "path": "/Users/1", "bulkId": "a", "data": {} }), "has no ID"),
        (json!({ "method": "PUT", "path": "/Users", "data": {} }), "needs an ID"),
        (json!({ "method": "PUT", "path": "/Users/1" }), "needs data"),
        (json!({ "method": "PUT", "path": "/Things/1", "data": {} }), "path must be"),
        (json!({ "method": "PUT", "path": "/Users/1/2", "data": {} }), "path must be"),
        (json!(1), "method must be"),
    ] {
        let it = bulk(json!([operation]));
        let error = it.operations[0].act.clone().unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn limits_and_names_are_checked_before_anything_is_done() {
    let many = vec![json!({}); MOST_OPERATIONS + 1];
    assert_eq!(Bulk::parse(&json!({ "Operations": many })).unwrap_err().status, 413);
    let twice =
        json!({ "Operations": [post("/Users", "a", json!({})), post("/Users", "a", json!({}))] });
    assert!(Bulk::parse(&twice).is_err());
    for body in [json!([]), json!({}), json!({ "Operations": [], "failOnErrors": 0 })] {
        assert_eq!(Bulk::parse(&body).unwrap_err().status, 400);
    }
}
