//! Setup links and visits in the portal, as a program makes them.

use super::*;

#[actix_web::test]
async fn a_setup_link_is_shown_once_listed_and_revoked() {
    let api = Api::new();
    let organization = api.organization("Globex").await;
    let path = format!("organizations/{organization}/setup_links");
    let body = json!({ "provider": "jumpcloud", "note": "Call us.", "days": 1 });
    let (status, made) = api.post(&path, body).await;
    assert_eq!(status, 201, "{made}");
    let url = made["url"].as_str().unwrap();
    assert!(url.starts_with("http://localhost:8080/setup/sl_"), "{url}");
    assert_eq!(made["shown_once"], true);
    assert_eq!((&made["state"], &made["step"]), (&json!("sent"), &json!("provider")));
    assert_eq!(made["covers"], json!(["sign_in", "domains", "provisioning"]));
    assert_eq!((&made["steps_done"], &made["steps_total"]), (&json!(0), &json!(8)));

    let (_, list) = api.get(&format!("{path}?count=true")).await;
    assert_eq!((&list["total"], &list["data"][0]["id"]), (&json!(1), &made["id"]));
    assert!(!list.to_string().contains("/setup/"), "{list}");
    let one = format!("setup_links/{}", made["id"].as_str().unwrap());
    assert_eq!(api.ask("DELETE", &one, Value::Null).await.0, 204);
    let (_, view) = api.get(&one).await;
    assert_eq!(view["state"], "revoked");
    let fields = |value: &Value| value.as_object().unwrap().len();
    assert_eq!(fields(&view) + 2, fields(&made));
}

#[actix_web::test]
async fn a_setup_link_that_makes_no_sense_is_refused_with_its_field() {
    let api = Api::new();
    let organization = api.organization("Globex").await;
    let path = format!("organizations/{organization}/setup_links");
    for (body, expected) in [
        (json!({ "provider": "jumpcluod" }), "422 validation_failed /provider invalid"),
        (json!({ "days": 31 }), "422 validation_failed /days out_of_range"),
        (json!({ "covers": [] }), "422 validation_failed /covers required"),
        (json!({ "covers": ["certificate"] }), "422 validation_failed /connection_id required"),
    ] {
        assert_eq!(problem(&api.post(&path, body).await), expected);
    }
}

#[actix_web::test]
async fn a_visit_is_made_for_somebody_who_goes_back_to_an_app() {
    let api = Api::new();
    let organization = api.organization("Globex").await;
    let app = json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"] });
    api.made("applications", app).await;
    let path = format!("organizations/{organization}/portal_sessions");
    let visit = |to: &str| json!({ "intent": "sso", "return_url": to, "actor": "ines" });
    let (status, made) = api.post(&path, visit("https://app.example/settings")).await;
    assert_eq!(status, 201, "{made}");
    assert!(made["url"].as_str().unwrap().contains("/setup/sl_") && made["expires_at"].is_string());
    let (_, links) = api.get(&format!("organizations/{organization}/setup_links")).await;
    assert_eq!(links["data"], json!([]));
    let elsewhere = api.post(&path, visit("https://app.example.evil/settings")).await;
    assert_eq!(problem(&elsewhere), "422 validation_failed /return_url origin_unknown");
    let nothing = api.post(&path, json!({ "intent": "provisioning" })).await;
    assert_eq!(problem(&nothing), "422 validation_failed /connection_id required");
}

#[actix_web::test]
async fn a_key_of_one_organization_sees_no_other_s_setup_links() {
    let mut api = Api::new();
    let (own, other) = (api.organization("Globex").await, api.organization("Initech").await);
    let link = api.made(&format!("organizations/{other}/setup_links"), json!({})).await;
    let key = api.key_with(&all_scopes(), Some(&own));
    api.with_key(&key);
    assert_eq!(api.get(&format!("setup_links/{link}")).await.0, 404);
    assert_eq!(api.ask("DELETE", &format!("setup_links/{link}"), Value::Null).await.0, 404);
    assert_eq!(api.get(&format!("organizations/{other}/setup_links")).await.0, 404);
}
