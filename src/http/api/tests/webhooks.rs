use super::*;
use crate::http::testing::app;

#[actix_web::test]
async fn a_webhook_endpoint_has_a_life() {
    let api = Api::new();
    let body = json!({ "url": "https://app.example/hooks", "events": ["user.*"] });
    let (status, made) = api.post("webhook_endpoints", body).await;
    assert_eq!((status, &made["shown_once"], &made["enabled"]), (201, &json!(true), &json!(true)));
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let path = format!("webhook_endpoints/{}", made["id"].as_str().unwrap());
    let (_, shown) = api.get(&path).await;
    assert_eq!((&shown["events"], shown.get("secret")), (&json!(["user.*"]), None));

    let patch = json!({ "description": "CRM", "events": ["group.*"], "enabled": false });
    let (status, changed) = api.ask("PATCH", &path, patch).await;
    assert_eq!((status, &changed["disabled_because"]), (200, &json!("by_hand")));
    assert_eq!((&changed["description"], &changed["events"]), (&json!("CRM"), &json!(["group.*"])));
    let (_, changed) =
        api.ask("PATCH", &path, json!({ "enabled": true, "description": null })).await;
    assert_eq!((&changed["enabled"], &changed["description"]), (&json!(true), &Value::Null));

    let rotate = format!("{path}/secret/rotate");
    let (status, rotated) = api.post(&rotate, json!({ "overlap": 60 })).await;
    assert_eq!(status, 201);
    assert!(rotated["secret"] != secret && rotated["previous_secret_until"].is_string());

    let (_, list) = api.get("webhook_endpoints?count=true").await;
    assert_eq!((&list["total"], list["data"][0].get("secret")), (&json!(1), None));
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.get(&path).await.0, 404);
}

#[actix_web::test]
async fn what_is_wrong_with_an_endpoint_is_told_by_field() {
    let api = Api::new();
    let make = async |body: Value| problem(&api.post("webhook_endpoints", body).await);
    let url = "https://app.example/hooks";
    let told = make(json!({ "url": "http://app.example" })).await;
    assert_eq!(told, "422 validation_failed /url not_https");
    let told = make(json!({ "url": url, "events": ["user.*", "user.born"] })).await;
    assert_eq!(told, "422 validation_failed /events/1 unknown_event");
    let told = make(json!({ "url": url, "event": [] })).await;
    assert_eq!(told, "422 validation_failed /event unknown_field");
    let told = make(json!({ "url": url, "description": "x".repeat(501) })).await;
    assert_eq!(told, "422 validation_failed /description too_long");
    let id = api.made("webhook_endpoints", json!({ "url": url })).await;
    let path = format!("webhook_endpoints/{id}/secret/rotate");
    let told = problem(&api.post(&path, json!({ "overlap": 2_592_001 })).await);
    assert_eq!(told, "422 validation_failed /overlap out_of_range");
}

#[actix_web::test]
async fn a_test_event_and_a_delivery_again_say_what_came_of_them() {
    let api = Api::new();
    let url = app(&["500 No", "200 OK"]);
    let id = api.made("webhook_endpoints", json!({ "url": url })).await;
    let (status, sent) = api.post(&format!("webhook_endpoints/{id}/test"), Value::Null).await;
    assert_eq!((status, &sent["state"], &sent["type"]), (201, &json!("failed"), &json!("test")));
    assert_eq!((&sent["attempts"][0]["status"], &sent["answer"]), (&json!(500), &json!("why not")));
    let path = format!("deliveries/{}", sent["id"].as_str().unwrap());
    let (status, again) = api.post(&format!("{path}/redeliver"), Value::Null).await;
    assert_eq!((status, &again["state"]), (201, &json!("delivered")));
    assert_eq!(again["attempts"].as_array().unwrap().len(), 2);
    let (_, shown) = api.get(&path).await;
    assert_eq!((&shown["event_id"], shown.get("answer")), (&sent["event_id"], None));
    let list = async |query: &str| {
        let (status, list) = api.get(&format!("deliveries?count=true&{query}")).await;
        assert_eq!(status, 200, "{list}");
        list["total"].as_i64().unwrap()
    };
    assert_eq!(list(&format!("endpoint={id}&state=delivered&type=test")).await, 1);
    assert_eq!(list("state=failed").await, 0);
}

#[actix_web::test]
async fn a_key_of_one_organization_sees_its_own_endpoints_only() {
    let mut api = Api::new();
    let (globex, initech) = (api.organization("Globex").await, api.organization("Initech").await);
    let url = app(&["200 OK"]);
    let all = api.made("webhook_endpoints", json!({ "url": url })).await;
    let (_, sent) = api.post(&format!("webhook_endpoints/{all}/test"), Value::Null).await;
    let delivery = format!("deliveries/{}", sent["id"].as_str().unwrap());
    api.key = api.key_with(&[Scope::WebhooksRead, Scope::WebhooksWrite], Some(&globex));
    assert_eq!(api.get(&format!("webhook_endpoints/{all}")).await.0, 404);
    assert_eq!(api.get(&delivery).await.0, 404);
    assert_eq!(api.post(&format!("{delivery}/redeliver"), Value::Null).await.0, 404);
    let body = json!({ "url": "https://app.example/hooks", "organization_id": initech });
    let told = problem(&api.post("webhook_endpoints", body).await);
    assert_eq!(told, "422 validation_failed /organization_id not_found");
    let (_, own) =
        api.post("webhook_endpoints", json!({ "url": "https://app.example/hooks" })).await;
    assert_eq!(own["organization_id"], globex.as_str());
    let (_, list) = api.get("webhook_endpoints").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let (_, list) = api.get("deliveries").await;
    assert!(list["data"].as_array().unwrap().is_empty());
}
