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

#[actix_web::test]
async fn a_visit_is_ended_by_who_may_and_lets_nobody_in_any_more() {
    let mut api = Api::new();
    let (own, other) = (api.organization("Globex").await, api.organization("Initech").await);
    let path = |of: &str| format!("organizations/{of}/portal_sessions");
    let visit = json!({ "intent": "sso" });
    let (_, made) = api.post(&path(&own), visit.clone()).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let theirs = api.made(&path(&other), visit).await;
    let link = api.made(&format!("organizations/{own}/setup_links"), json!({})).await;
    let key = api.key_with(&all_scopes(), Some(&own));
    api.with_key(&key);
    // Neither another organization's, nor a link as a visit, nor a visit as a link.
    for wrong in [format!("portal_sessions/{theirs}"), format!("portal_sessions/{link}")] {
        assert_eq!(problem(&api.ask("DELETE", &wrong, Value::Null).await), "404 not_found");
    }
    let wrong = format!("setup_links/{id}");
    assert_eq!(problem(&api.ask("DELETE", &wrong, Value::Null).await), "404 not_found");
    let now = api.world.store().clock().now();
    let is_live = || {
        let read = |db: &mut _| crate::store::setup_links::by_token(db, &token);
        api.world.store().read_now(read).unwrap().unwrap().is_live(now)
    };
    assert!(is_live());
    for _ in 0..2 {
        assert_eq!(api.ask("DELETE", &format!("portal_sessions/{id}"), Value::Null).await.0, 204);
    }
    assert!(!is_live());
    let kinds = api.world.store().kinds(Some(&own.parse().unwrap()));
    let ends = kinds.iter().filter(|kind| *kind == "portal_session.revoked");
    assert_eq!(ends.count(), 1);
}

#[actix_web::test]
async fn a_link_is_good_for_as_many_days_as_the_setting_says_where_the_request_does_not() {
    let api = Api::new();
    let organization = api.organization("Globex").await;
    let path = format!("organizations/{organization}/setup_links");
    let days = async |body: Value| {
        let (_, made) = api.post(&path, body).await;
        let time = |name: &str| {
            chrono::DateTime::parse_from_rfc3339(made[name].as_str().unwrap()).unwrap()
        };
        (time("expires_at") - time("created_at")).num_days()
    };
    assert_eq!(days(json!({})).await, 7);
    let body = json!({ "settings": { "portal.link_days": "14" } });
    let (status, told) = api.ask("PATCH", "settings", body).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!((days(json!({})).await, days(json!({ "days": 2 })).await), (14, 2));
    let body = json!({ "settings": { "portal.link_days": "31" } });
    let told = api.ask("PATCH", "settings", body).await;
    let expected = "422 validation_failed /settings/portal.link_days setting_not_accepted";
    assert_eq!(problem(&told), expected);
}
