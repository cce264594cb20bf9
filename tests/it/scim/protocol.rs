//! The protocol itself: media types, versions, errors, what is asked for.

use super::{Directory, USER};
use crate::gateway::{Gateway, World};
use reqwest::Method;
use serde_json::json;

async fn started() -> (Gateway, impl FnOnce(&Gateway) -> Directory) {
    (Gateway::start().await, |gateway: &Gateway| Directory::of(&World::of(gateway)))
}

#[actix_web::test]
async fn a_body_is_scim_json_or_json_and_the_answer_is_scim_json() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    let body = |n: usize| {
        json!({ "schemas": [USER], "userName": format!("p{n}@globex.example") }).to_string()
    };
    for (n, media_type) in
        ["application/scim+json", "application/json; charset=utf-8", "Application/JSON"]
            .iter()
            .enumerate()
    {
        let headers = [("content-type", *media_type)];
        let made = directory.send(Method::POST, "/Users", &headers, Some(body(n))).await.is(201);
        assert!(made.header("content-type").starts_with("application/scim+json"));
    }
    for media_type in
        ["application/xml", "text/plain", "application/x-www-form-urlencoded", "nonsense"]
    {
        let headers = [("content-type", media_type)];
        let told = directory.send(Method::POST, "/Users", &headers, Some(body(9))).await;
        told.refuses(415, "", "unsupported_media_type");
    }
}

#[actix_web::test]
async fn a_body_that_is_no_json_is_refused_and_so_is_one_that_is_too_large() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    for body in ["", "{", "[]", "\"text\"", "{\"userName\": \"a\" \"b\"}", "\u{0}"] {
        let told = directory.send(Method::POST, "/Users", &[], Some(body.to_owned())).await;
        told.refuses(400, "invalidSyntax", "invalid_syntax");
    }
    let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
    let told = directory.send(Method::POST, "/Users", &[], Some(deep)).await;
    told.refuses(400, "invalidSyntax", "invalid_syntax");
    let large = json!({ "schemas": [USER], "userName": "a", "title": "x".repeat(1024 * 1024) });
    directory.post("/Users", large.clone()).await.refuses(413, "", "body_too_large");
    // A group may have more: its members.
    let large = json!({ "displayName": "Large", "x": "y".repeat(2 * 1024 * 1024) });
    directory.post("/Groups", large).await.is(201);
}

#[actix_web::test]
async fn a_resource_says_its_version_and_is_changed_only_if_it_is_the_one_that_was_seen() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("Sales", &[]).await;
    for (path, patch, put) in [
        (
            format!("/Users/{ann}"),
            json!([{ "op": "replace", "path": "title", "value": "Dr" }]),
            json!({ "userName": "ann@globex.example" }),
        ),
        (
            format!("/Groups/{group}"),
            json!([{ "op": "replace", "path": "externalId", "value": "x" }]),
            json!({ "displayName": "Sales" }),
        ),
    ] {
        let read = directory.get(&path).await.is(200);
        let seen = read.header("etag").to_owned();
        assert!(seen.starts_with("W/\""), "{seen}");
        assert_eq!(read.body["meta"]["version"], seen);
        let same =
            directory.send(Method::GET, &path, &[("if-none-match", &seen)], None).await.is(304);
        assert_eq!((same.header("etag"), &same.body), (seen.as_str(), &json!(null)));
        let patch = json!({ "Operations": patch }).to_string();
        let headers = [("if-match", seen.as_str())];
        let changed =
            directory.send(Method::PATCH, &path, &headers, Some(patch.clone())).await.is(200);
        assert_ne!(changed.header("etag"), seen);
        for (method, body) in [
            (Method::PATCH, Some(patch)),
            (Method::PUT, Some(put.to_string())),
            (Method::DELETE, None),
        ] {
            let stale = directory.send(method, &path, &headers, body).await;
            stale.refuses(412, "", "version_mismatch");
        }
        directory.send(Method::GET, &path, &[("if-none-match", &seen)], None).await.is(200);
        directory.send(Method::DELETE, &path, &[("if-match", "*")], None).await.is(204);
    }
}

#[actix_web::test]
async fn only_what_is_asked_for_is_answered_and_the_id_always() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    let ann = directory.user("ann@globex.example").await;
    let read = |query: &str| {
        let (directory, path) = (directory.clone(), format!("/Users/{ann}?{query}"));
        async move { directory.get(&path).await.is(200).body }
    };
    let some = read("attributes=userName,name.givenName").await;
    assert_eq!(
        some,
        json!({
            "schemas": [USER], "id": ann, "userName": "ann@globex.example", "name": { "givenName": "Ann" },
        })
    );
    let others = read("excludedAttributes=name,emails,id").await;
    assert!(others.get("name").is_none() && others.get("emails").is_none() && others["id"] == ann);
    // So do answers to changes (RFC 7644, 3.9).
    let body = json!({ "Operations": [{ "op": "replace", "path": "title", "value": "Dr" }] });
    let path = format!("/Users/{ann}?attributes=title");
    let told = directory.send(Method::PATCH, &path, &[], Some(body.to_string())).await.is(200);
    assert_eq!(told.body, json!({ "schemas": [USER], "id": ann, "title": "Dr" }));
}

#[actix_web::test]
async fn methods_and_addresses_that_are_none_are_told_in_scim() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    for (method, path, status, code) in [
        (Method::DELETE, "/Users", 405, "method_not_allowed"),
        (Method::PUT, "/Groups", 405, "method_not_allowed"),
        (Method::POST, "/Users/usr_1", 405, "method_not_allowed"),
        (Method::POST, "/Schemas", 405, "method_not_allowed"),
        (Method::PATCH, "/ServiceProviderConfig", 405, "method_not_allowed"),
        (Method::GET, "/Bulk", 405, "method_not_allowed"),
        (Method::GET, "/Shoes", 404, "not_found"),
        (Method::GET, "/Users/usr_1/emails", 404, "not_found"),
        (Method::GET, "/Users/usr_01kampz3y7f4m8t2v6c9d0e1hj", 404, "not_found"),
        (Method::DELETE, "/Groups/x", 404, "not_found"),
        (Method::GET, "/Me", 501, "not_implemented"),
        (Method::PATCH, "/Me", 501, "not_implemented"),
        (Method::GET, "/Schemas?filter=id%20pr", 403, "filter_unsupported"),
    ] {
        let body = (method == Method::POST || method == Method::PUT).then(|| "{}".to_owned());
        directory.send(method, path, &[], body).await.refuses(status, "", code);
    }
}

#[actix_web::test]
async fn what_a_patch_cannot_mean_is_refused_and_never_a_silent_success() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("Sales", &[&ann]).await;
    let (user, group) = (format!("/Users/{ann}"), format!("/Groups/{group}"));
    let nobody = "usr_01kampz3y7f4m8t2v6c9d0e1hj";
    for (path, operations, scim_type, code) in [
        (
            &user,
            json!([{ "op": "move", "path": "title", "value": "x" }]),
            "invalidSyntax",
            "invalid_syntax",
        ),
        (&user, json!([{ "op": "remove" }]), "noTarget", "patch_no_target"),
        (
            &user,
            json!([{ "op": "replace", "path": "emails[type eq ", "value": "x" }]),
            "invalidPath",
            "patch_no_target",
        ),
        (&user, json!([{ "op": "remove", "path": "userName" }]), "mutability", "required"),
        (
            &user,
            json!([{ "op": "replace", "path": "id", "value": "x" }]),
            "mutability",
            "read_only",
        ),
        (
            &user,
            json!([{ "op": "replace", "path": "active", "value": 7 }]),
            "invalidValue",
            "invalid_value",
        ),
        (
            &group,
            json!([{ "op": "remove", "path": "members", "value": [] }]),
            "invalidValue",
            "patch_no_members",
        ),
        (&group, json!([{ "op": "add", "path": "members" }]), "invalidValue", "invalid_value"),
        (
            &group,
            json!([{ "op": "add", "path": "members", "value": [{ "value": nobody }] }]),
            "invalidValue",
            "unknown_member",
        ),
        (&group, json!([{ "op": "remove", "path": "displayName" }]), "mutability", "required"),
    ] {
        let before = directory.get(path).await.body;
        directory.patch(path, operations.clone()).await.refuses(400, scim_type, code);
        assert_eq!(directory.get(path).await.body, before, "{operations}");
    }
    let body = json!({ "Operations": "none" }).to_string();
    directory.send(Method::PATCH, &user, &[], Some(body)).await.refuses(
        400,
        "invalidSyntax",
        "invalid_syntax",
    );
}

#[actix_web::test]
async fn a_filter_that_is_none_is_shown_with_what_would_be_one() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    for filter in [
        "userName",
        "userName eq",
        "userName is \"a\"",
        "(userName pr",
        "shoe eq \"x\"",
        "active gt true",
        "emails[type eq \"work\"",
    ] {
        let told = directory.filter("/Users", filter).await.refuses(
            400,
            "invalidFilter",
            "filter_unsupported",
        );
        assert!(told.detail().len() > 30, "{}", told.body);
    }
}

#[actix_web::test]
async fn a_user_name_that_another_has_is_refused_however_it_comes() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    let ann = directory.user("ann@globex.example").await;
    let bob = directory.user("bob@globex.example").await;
    let path = format!("/Users/{bob}");
    let patch = json!([{ "op": "replace", "path": "userName", "value": "ANN@globex.example" }]);
    let put = json!({ "schemas": [USER], "userName": "ann@globex.example" });
    for told in [directory.patch(&path, patch).await, directory.put(&path, put).await] {
        assert!(told.refuses(409, "uniqueness", "unique_conflict").detail().contains(&ann));
    }
    let sales = directory.group("Sales", &[]).await;
    let other = directory.group("Other", &[]).await;
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "SALES" }]);
    let told = directory.patch(&format!("/Groups/{other}"), rename).await;
    assert!(told.refuses(409, "uniqueness", "unique_conflict").detail().contains(&sales));
}

#[actix_web::test]
async fn repeats_change_nothing() {
    let (gateway, of) = started().await;
    let directory = of(&gateway);
    let ann = directory.user("ann@globex.example").await;
    let path = format!("/Users/{ann}");
    let before = directory.get(&path).await.body;
    directory.put(&path, before.clone()).await.is(200);
    let operations = json!([
        { "op": "replace", "path": "active", "value": true },
        { "op": "add", "path": "emails", "value": [{ "value": "ann@globex.example", "type": "work", "primary": true }] },
        { "op": "remove", "path": "title" },
    ]);
    directory.patch(&path, operations).await.is(200);
    assert_eq!(directory.get(&path).await.body, before, "no new version, no new date");
}
