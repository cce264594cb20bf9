use super::*;
use crate::scim::{Kind, Resource};
use crate::store::access::provisioning::{self, ProvisioningPatch};
use crate::store::directories::{self, groups};
use crate::store::{applications, testing as store_testing};

/// An organization with an application and two groups: its ID and theirs.
fn with_groups(api: &Api) -> (OrganizationId, [String; 2]) {
    let store = api.world.store();
    store.system(|tx| applications::create(tx, store_testing::orbit()));
    let connection = store_testing::active(store, "JumpCloud", None);
    let of = connection.organization_id.clone();
    let groups = store.system(|tx| {
        let on = ProvisioningPatch { groups: Some(true), ..ProvisioningPatch::default() };
        provisioning::change(tx, &of, &on)?;
        let directory = directories::open(tx, &connection.id)?;
        let mut push = |name: &str| {
            let body = Resource::parse(Kind::Group, &json!({ "displayName": name }))?;
            groups::create(tx, &directory, body, &[], false).map(|(crowd, _)| crowd.group.id)
        };
        Ok([push("eng")?.to_string(), push("ops")?.to_string()])
    });
    (of, groups)
}

#[actix_web::test]
async fn a_mapping_that_was_previewed_on_something_else_is_refused() {
    let api = Api::new();
    let (of, [eng, ops]) = with_groups(&api);
    let rules = format!("organizations/{of}/mapping_rules");
    let mappings = format!("organizations/{of}/mappings");
    let to = |group: &str| json!({ "group_id": group, "type": "team" });
    let question = json!({ "new_mappings": [to(&eng)] });
    let (status, preview) = api.post(&format!("{rules}/preview"), question).await;
    assert_eq!(status, 200, "{preview}");
    let seen = preview["version"].as_str().unwrap().to_owned();
    let ask = async |method: &str, path: &str, body: Value, seen: &str| {
        told(&api.answer(method, path, Some(body), &[("if-match", seen)]).await)
    };
    // Somebody else decides meanwhile.
    let (status, other) = api.post(&mappings, to(&ops)).await;
    assert_eq!(status, 201, "{other}");
    let quoted = format!("\"{seen}\"");
    assert_eq!(problem(&ask("POST", &mappings, to(&eng), &quoted).await), "412 version_mismatch");
    let path = format!("{mappings}/{}", other["id"].as_str().unwrap());
    let reject = json!({ "state": "rejected" });
    let stale = ask("PATCH", &path, reject.clone(), &quoted).await;
    assert_eq!(problem(&stale), "412 version_mismatch");
    assert_eq!(api.get(&path).await, (200, other.clone()));
    let two = json!({ "group_id": eng, "type": "team", "entity": "blue" });
    for wrong in [json!({ "group": eng }), two] {
        let stale = ask("POST", &mappings, wrong, &quoted).await;
        assert_eq!(problem(&stale), "412 version_mismatch", "before what is wrong with the body");
    }
    // What is there now may be built on.
    let now = api.answer("GET", &rules, None, &[]).await.header("etag").to_owned();
    let (status, rejected) = ask("PATCH", &path, reject, &now).await;
    assert_eq!((status, &rejected["state"]), (200, &json!("rejected")), "{rejected}");
    assert_eq!(ask("POST", &mappings, to(&eng), "*").await.0, 201);
    let never = format!("{mappings}/{}", crate::store::MappingId::new());
    assert_eq!(problem(&api.get(&never).await), "404 not_found");
    let elsewhere = api.organization("Initech").await;
    let hidden = path.replace(of.as_str(), &elsewhere);
    assert_eq!(problem(&api.get(&hidden).await), "404 not_found");
}

#[actix_web::test]
async fn a_group_without_a_mapping_is_listed_as_unmapped() {
    let api = Api::new();
    let (of, [eng, ops]) = with_groups(&api);
    let body = json!({ "group_id": eng, "type": "team" });
    let mapping = api.made(&format!("organizations/{of}/mappings"), body).await;
    let states = async |query: &str| {
        let (status, list) = api.get(&format!("groups?count=true{query}")).await;
        assert_eq!(status, 200, "{list}");
        let rows = list["data"].as_array().unwrap().iter();
        let state = |row: &Value| format!("{} {}", row["name"], row["mapping"]).replace('"', "");
        (rows.map(state).collect::<Vec<_>>(), list["total"].clone())
    };
    let both = vec!["ops unmapped".to_owned(), "eng mapped".to_owned()];
    assert_eq!(states("").await, (both.clone(), json!(2)));
    assert_eq!(states("&unmapped=true").await, (both[..1].to_vec(), json!(1)));
    assert_eq!(states("&unmapped=false").await, (both, json!(2)));
    assert_eq!(api.get(&format!("groups/{ops}")).await.1["mapping"], "unmapped");
    let path = format!("organizations/{of}/mappings/{mapping}");
    api.ask("PATCH", &path, json!({ "state": "rejected" })).await;
    assert_eq!(api.get(&format!("groups/{eng}")).await.1["mapping"], "rejected");
}

#[actix_web::test]
async fn the_audit_log_tells_what_a_mapping_a_place_and_the_rules_were() {
    let api = Api::new();
    let (of, [eng, _]) = with_groups(&api);
    let path = format!("organizations/{of}");
    let body = json!({ "type": "team", "name": "Blue" });
    let (status, blue) = api.ask("PUT", &format!("{path}/entities/blue"), body).await;
    assert_eq!(status, 200, "{blue}");
    let body = json!({ "type": "team", "name": "Navy" });
    api.ask("PUT", &format!("{path}/entities/blue"), body).await;
    let body = json!({ "group_id": eng, "entity": "blue" });
    let mapping = api.made(&format!("{path}/mappings"), body).await;
    let change = json!({ "role": "admin", "state": "rejected" });
    api.ask("PATCH", &format!("{path}/mappings/{mapping}"), change).await;
    let rule = json!({ "rules": [{ "kind": "prefix", "pattern": "eng", "role": "admin" }] });
    let (status, set) = api.ask("PUT", &format!("{path}/mapping_rules"), rule).await;
    assert_eq!(status, 200, "{set}");
    assert_eq!(set["rules"][0]["match"], "prefix", "`kind` is understood, too");
    api.number();
    let change = async |kind: &str| {
        let (_, list) = api.get(&format!("audit_events?type={kind}&limit=1")).await;
        [list["data"][0]["before"].clone(), list["data"][0]["after"].clone()]
    };
    let [was, is] = [json!({ "name": "Blue" }), json!({ "name": "Navy" })];
    assert_eq!(change("entity.updated").await, [was, is]);
    let [was, is] = change("mapping.changed").await;
    assert_eq!((&was["state"], &is["state"]), (&json!("approved"), &json!("rejected")));
    assert_eq!((&was["role"], &is["role"]), (&Value::Null, &json!("admin")));
    let [was, is] = change("mapping_rules.applied").await;
    let id = set["rules"][0]["id"].as_str().unwrap();
    assert_eq!((&was[id], &is[id]["pattern"]), (&Value::Null, &json!("eng")));
    let (_, state) = api.get(&format!("{path}/state")).await;
    assert_eq!(state["entities"][0]["key"], "blue", "also places in which nobody is");
}
