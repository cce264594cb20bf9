//! Every code of SCIM: what the directory is told, and what the console says of the request.

use super::said;
use crate::gateway::{Gateway, World};
use crate::journeys::Operator;
use crate::scim::{Directory, Reply, written};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use vestibule::store::directories::requests::Entry;
use vestibule::store::directories::tokens::{self, NewToken};

/// A refusal: its status, SCIM's word and ours, what the directory reads, and what the console says to do.
struct Told {
    reply: Reply,
    status: u16,
    scim_type: &'static str,
    code: &'static str,
    detail: &'static str,
    fix: &'static str,
}

async fn tells(operator: &mut Operator, told: Told, all: &[Entry]) {
    let Told { reply, status, scim_type, code, detail, fix } = told;
    let reply = reply.refuses(status, scim_type, code);
    assert!(reply.detail().contains(detail), "{code}: {}", reply.detail());
    let words = reply.detail().rsplit_once(" [").unwrap().0;
    let entry = all.iter().find(|entry| entry.code.as_deref() == Some(code)).unwrap();
    let page = operator.open(&format!("/console/scim-requests/{}", entry.id)).await;
    let page = said(&page);
    for part in [words, code, fix] {
        assert!(page.contains(part), "{code}: {part}: {page}");
    }
}

#[actix_web::test]
async fn every_code_of_a_directorys_request_is_told_with_its_text_and_its_fix() {
    let gateway = Gateway::start().await;
    let mut operator = Operator::of(&gateway).await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("Staff", &[&ann]).await;
    let (user, group) = (format!("/Users/{ann}"), format!("/Groups/{group}"));
    let members = |op: &str, value: Value| json!([{ "op": op, "path": "members", "value": value }]);
    let again = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ann@globex.example",
    });
    let off = json!({ "Operations": [{ "op": "replace", "value": { "active": false } }] });
    let stale = [("if-match", "W/\"99\"")];
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": vec![json!({ "method": "DELETE", "path": "/Users/x" }); 1001],
    });
    let all_told = [
        Told {
            reply: directory.filter("/Users", "shoe eq \"x\"").await,
            status: 400,
            scim_type: "invalidFilter",
            code: "filter_unsupported",
            detail: "shoe",
            fix: "Choose as what people are matched in the provider",
        },
        Told {
            reply: directory.patch(&user, json!([{ "op": "remove" }])).await,
            status: 400,
            scim_type: "noTarget",
            code: "patch_no_target",
            detail: "",
            fix: "Take the attribute out of the attribute mapping in the provider",
        },
        Told {
            reply: directory.patch(&group, members("remove", json!([]))).await,
            status: 400,
            scim_type: "invalidValue",
            code: "patch_no_members",
            detail: "",
            fix: "Nothing was removed. Start the provisioning of the group again",
        },
        Told {
            reply: directory.post("/Users", again).await,
            status: 409,
            scim_type: "uniqueness",
            code: "unique_conflict",
            detail: "usr_",
            fix: "Find out which of the two is right",
        },
        Told {
            reply: directory.post("/Bulk", bulk).await,
            status: 413,
            scim_type: "",
            code: "too_many",
            detail: "1000",
            fix: "Let the directory ask for less at a time",
        },
        Told {
            reply: directory.send(Method::PATCH, &user, &stale, Some(off.to_string())).await,
            status: 412,
            scim_type: "",
            code: "version_mismatch",
            detail: "",
            fix: "Nothing has to be done where the directory tries again",
        },
        Told {
            reply: directory
                .patch(
                    &group,
                    members("add", json!([{ "value": "usr_01hzzzzzzzzzzzzzzzzzzzzzzz" }])),
                )
                .await,
            status: 400,
            scim_type: "invalidValue",
            code: "unknown_member",
            detail: "usr_01hzzzzzzzzzzzzzzzzzzzzzzz",
            fix: "Assign the people in the provider, and not only their groups",
        },
    ];
    // Two were to make what the others are about.
    let all = written(&gateway, 2 + all_told.len()).await;
    for told in all_told {
        tells(&mut operator, told, &all).await;
    }
}

#[actix_web::test]
async fn every_code_of_a_token_says_what_is_wrong_with_it_and_what_to_do() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let fixes = "Authorization: Bearer";
    let missing = directory.with_token("").get("/Users").await.refuses(401, "", "token_missing");
    assert!(missing.detail().contains(fixes), "{}", missing.detail());

    let wrong = directory.with_token("scim_nonsense").get("/Users").await;
    let wrong = wrong.refuses(401, "", "token_invalid");
    assert!(wrong.detail().contains("token"), "{}", wrong.detail());

    let new = NewToken { label: "Old".to_owned(), ..NewToken::default() };
    let (row, secret) = gateway.write(|tx| tokens::create(tx, &world.connection.id, new));
    let now = gateway.now();
    gateway.write(|tx| tokens::retire(tx, &world.connection.id, &row.id, TimeDelta::hours(1)));
    gateway.advance(TimeDelta::hours(2));
    let retired = directory.with_token(secret.reveal()).get("/Users").await;
    let retired = retired.refuses(401, "", "token_retired");
    let since = now.plus(TimeDelta::hours(1)).to_utc().format("%Y-%m-%d %H:%M UTC").to_string();
    assert!(retired.detail().contains(&since), "{}", retired.detail());
}
