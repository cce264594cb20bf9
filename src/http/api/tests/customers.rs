use super::*;
use crate::saml::testing;

/// Single values of an identity provider whose certificate is good.
fn values() -> Value {
    json!({ "values": {
        "entity_id": "JumpCloud",
        "sign_on_url": "https://sso.jumpcloud.example/saml2/orbit",
        "binding": "post",
        "certificates": [testing::rsa().pem()],
    }})
}

async fn connection(api: &Api) -> String {
    let organization = api.organization("Globex").await;
    let path = format!("organizations/{organization}/connections");
    api.made(&path, json!({ "provider": "jumpcloud" })).await
}

#[actix_web::test]
async fn an_organization_is_made_changed_deleted_and_restored() {
    let api = Api::new();
    let body = json!({ "name": "Globex", "external_id": "g/17", "metadata": { "plan": "gold" } });
    let id = api.made("organizations", body).await;
    let (status, view) = api.get("organizations/external:g%2F17").await;
    assert_eq!((status, view["id"].as_str()), (200, Some(&*id)));
    let path = format!("organizations/{id}");
    let patch = json!({ "name": "Globex Corp", "external_id": null });
    let (_, view) = api.ask("PATCH", &path, patch).await;
    assert_eq!((&view["name"], &view["external_id"]), (&json!("Globex Corp"), &Value::Null));
    assert_eq!(view["metadata"], json!({ "plan": "gold" }));
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(problem(&api.get(&path).await), "404 not_found");
    assert_eq!(api.post(&format!("{path}/restore"), Value::Null).await.0, 200);
    assert_eq!(api.get(&path).await.0, 200);
}

#[actix_web::test]
async fn put_creates_or_changes_by_the_vendor_s_own_id() {
    let api = Api::new();
    let put = |name: &'static str| {
        api.ask("PUT", "organizations/external:globex-17", json!({ "name": name }))
    };
    let (created, first) = put("Globex").await;
    let (changed, second) = put("Globex Corp").await;
    assert_eq!((created, changed), (201, 200));
    assert_eq!((&first["id"], &second["name"]), (&second["id"], &json!("Globex Corp")));
    let wrong = format!("organizations/{}", first["id"].as_str().unwrap());
    assert_eq!(
        problem(&api.ask("PUT", &wrong, json!({ "name": "a" })).await),
        "422 validation_failed  external_id_needed"
    );
}

#[actix_web::test]
async fn put_does_not_undo_a_deletion_at_the_same_moment() {
    let api = Api::new();
    for n in 0..20 {
        let name = format!("organizations/external:customer-{n}");
        let (_, first) = api.ask("PUT", &name, json!({ "name": "Globex" })).await;
        let path = format!("organizations/{}", first["id"].as_str().unwrap());
        let (put, deleted) = futures_util::future::join(
            api.ask("PUT", &name, json!({ "name": "Globex Corp" })),
            api.ask("DELETE", &path, Value::Null),
        )
        .await;
        assert_eq!(deleted.0, 204);
        // It came before the deletion, or made another.
        assert!(matches!(put.0, 200 | 201), "{put:?}");
        assert_eq!(problem(&api.get(&path).await), "404 not_found");
        let now = api.get(&name).await;
        assert_eq!(now.0, if put.0 == 201 { 200 } else { 404 }, "{put:?}");
    }
}

#[actix_web::test]
async fn a_list_goes_on_where_it_stopped() {
    let api = Api::new();
    for name in ["One", "Two", "Three"] {
        api.organization(name).await;
    }
    let (_, page) = api.get("organizations?limit=2&count=true").await;
    assert_eq!((page["data"][0]["name"].as_str(), &page["total"]), (Some("Three"), &json!(3)));
    let cursor = page["next_cursor"].as_str().unwrap();
    api.organization("Four").await;
    let (_, page) = api.get(&format!("organizations?limit=2&cursor={cursor}")).await;
    assert_eq!(page, json!({ "data": [page["data"][0].clone()], "next_cursor": null }));
    assert_eq!(page["data"][0]["name"], "One");
    assert_eq!(api.get("organizations?search=thr").await.1["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        problem(&api.get("organizations?limit=0").await),
        "422 validation_failed /limit out_of_range"
    );
    assert_eq!(
        problem(&api.get("organizations?color=red").await),
        "422 validation_failed /color unknown_field"
    );
}

#[actix_web::test]
async fn a_request_that_cannot_be_understood_is_told_so() {
    let api = Api::new();
    let unknown = api.post("organizations", json!({ "name": "a", "domain": [] })).await;
    assert_eq!(problem(&unknown), "422 validation_failed /domain unknown_field");
    let missing = api.post("organizations", Value::Null).await;
    assert_eq!(problem(&missing), "422 validation_failed /name required");
    let send = |kind: &'static str, body: &'static str| {
        let bearer = format!("Bearer {}", api.key);
        let request = TestRequest::post().uri("/api/v1/organizations").set_payload(body);
        api.world.call(
            request.insert_header(("content-type", kind)).insert_header(("authorization", bearer)),
        )
    };
    assert_eq!(problem(&told(&send("application/json", "{").await)), "400 malformed_json");
    assert_eq!(problem(&told(&send("text/xml", "<a/>").await)), "415 unsupported_media_type");
    let domains = json!({ "name": "a", "domains": ["globex.example", "http://x"] });
    let told = api.post("organizations", domains).await;
    assert_eq!(problem(&told), "422 validation_failed /domains/1 domain_invalid");
}

#[actix_web::test]
async fn a_nul_is_refused_wherever_it_stands() {
    let api = Api::new();
    let id = api.organization("Globex").await;
    for (body, pointer) in [
        (json!({ "name": "a\0b" }), "/name"),
        (json!({ "name": "a", "metadata": { "b\0": 1 } }), "/metadata/b\0"),
        (json!({ "name": "a", "domains": ["a.example", "b\0.example"] }), "/domains/1"),
    ] {
        let told = api.post("organizations", body).await;
        assert_eq!(problem(&told), format!("422 validation_failed {pointer} invalid"));
    }
    let path = format!("users?organization_id={id}&email=a%00b");
    for path in ["organizations?search=a%00b", "organizations/a%00b", &path] {
        let (status, view) = api.get(path).await;
        assert_eq!((status, &view["code"]), (400, &json!("malformed_request")), "{path}");
        assert!(view["detail"].as_str().unwrap().contains("NUL"), "{view}");
    }
    // What is written as two characters, percent and 00, is no NUL.
    assert_eq!(api.get("organizations?search=a%2500").await.0, 200);
}

#[actix_web::test]
async fn a_domain_waits_for_its_record_or_is_vouched_for() {
    let api = Api::new();
    let path = format!("organizations/{}/domains", api.organization("Globex").await);
    let (_, pending) = api.post(&path, json!({ "domain": "Globex.Example" })).await;
    assert_eq!((&pending["state"], &pending["is_live"]), (&json!("pending"), &json!(false)));
    assert_eq!(pending["dns_record"]["name"], "_vestibule.globex.example");
    let vouched = json!({ "domain": "globex.test", "vouched": true });
    let (_, live) = api.post(&path, vouched.clone()).await;
    assert_eq!((&live["state"], &live["is_live"]), (&json!("vouched"), &json!(true)));
    assert_eq!(problem(&api.post(&path, vouched.clone()).await), "409 domain_exists");
    let other = format!("organizations/{}/domains", api.organization("Initech").await);
    let taken = api.post(&other, vouched).await;
    assert_eq!(problem(&taken), "409 domain_taken");
    assert!(!taken.1.to_string().contains("Globex"), "the owner is not told");
    assert_eq!(api.get(&path).await.1["data"].as_array().unwrap().len(), 2);
    assert_eq!(api.ask("DELETE", &format!("{path}/globex.test"), Value::Null).await.0, 204);
    assert_eq!(
        problem(&api.ask("DELETE", &format!("{path}/globex.test"), Value::Null).await),
        "404 not_found"
    );
}

#[actix_web::test]
async fn a_connection_goes_from_draft_to_active_and_back() {
    let api = Api::new();
    let id = connection(&api).await;
    let path = format!("connections/{id}");
    let (_, draft) = api.get(&path).await;
    let base = "http://localhost:8080";
    assert_eq!(draft["service_provider"]["entity_id"], format!("{base}/saml/{id}"));
    assert_eq!(draft["service_provider"]["acs_url"], format!("{base}/saml/{id}/acs"));
    assert_eq!(draft["service_provider"]["idp_entity_id"], format!("{base}/idp/{id}"));
    assert_eq!((&draft["name"], &draft["state"]), (&json!("JumpCloud"), &json!("draft")));
    assert_eq!(draft["badges"], json!(["setup_in_progress"]));
    let activate = format!("{path}/activate");
    assert_eq!(problem(&api.post(&activate, json!({})).await), "409 metadata_required");
    assert_eq!(
        problem(&api.post(&format!("{path}/test"), Value::Null).await),
        "409 metadata_required"
    );

    let (status, testing) = api.post(&format!("{path}/metadata"), values()).await;
    assert_eq!((status, &testing["state"]), (200, &json!("testing")), "{testing}");
    let provider = &testing["identity_provider"];
    assert_eq!(provider["entity_id"], "JumpCloud");
    assert_eq!(provider["sign_on"][0]["binding"], "post");
    assert_eq!(
        provider["certificates"][0]["fingerprint_sha256"],
        testing::rsa().certificate.fingerprint()
    );
    assert_eq!(problem(&api.post(&activate, json!({})).await), "409 test_required");
    let (status, test) = api.post(&format!("{path}/test"), Value::Null).await;
    let trace = test["trace_id"].as_str().unwrap();
    assert_eq!(
        (status, &test["test_url"]),
        (201, &json!(format!("{base}/login/{id}?test={trace}")))
    );
    assert_eq!(api.get(&format!("traces/{trace}")).await.1["kind"], "test");

    let (_, active) = api.post(&activate, json!({ "skip_test": true })).await;
    assert_eq!((&active["state"], &active["is_tested"]), (&json!("active"), &json!(false)));
    let (_, off) = api.post(&format!("{path}/disable"), Value::Null).await;
    assert_eq!(off["state"], "disabled");
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(problem(&api.get(&path).await), "404 not_found");
    let (_, back) = api.post(&format!("{path}/restore"), Value::Null).await;
    assert_eq!(back["state"], "disabled");
}

#[actix_web::test]
async fn metadata_that_cannot_be_used_is_named_by_what_it_is() {
    let api = Api::new();
    let path = format!("connections/{}/metadata", connection(&api).await);
    for (body, expected) in [
        (json!({}), "422 validation_failed  required"),
        (
            json!({ "metadata_url": "https://a.example", "metadata_xml": "<a/>" }),
            "422 validation_failed /metadata_url metadata_given_twice",
        ),
        (
            json!({ "metadata_xml": "<a/>", "values": { "entity_id": "a", "sign_on_url": "b", "certificates": [] } }),
            "422 validation_failed /metadata_xml metadata_given_twice",
        ),
        (
            json!({ "metadata_xml": "<!DOCTYPE html><html><body>Sign in</body></html>" }),
            "422 validation_failed /metadata_xml metadata_is_login_page",
        ),
        (
            json!({ "metadata_url": "http://127.0.0.1:9/metadata" }),
            "422 validation_failed /metadata_url metadata_private_address",
        ),
        (
            json!({ "values": { "entity_id": "a", "sign_on_url": "javascript:x", "certificates": [testing::rsa().pem()] } }),
            "422 validation_failed /values/sign_on_url url_invalid",
        ),
    ] {
        assert_eq!(problem(&api.post(&path, body.clone()).await), expected, "{body}");
    }
}

#[actix_web::test]
async fn a_setting_is_changed_by_name_and_an_unknown_provider_refused() {
    let api = Api::new();
    let path = format!("connections/{}", connection(&api).await);
    let (_, view) = api.ask("PATCH", &path, json!({ "settings": { "clock_skew": 90 } })).await;
    assert_eq!(
        (&view["settings"]["clock_skew"], &view["settings"]["force_authn"]),
        (&json!(90), &json!(false))
    );
    let long = api.ask("PATCH", &path, json!({ "settings": { "clock_skew": 181 } })).await;
    assert!(problem(&long).starts_with("422 validation_failed /settings/clock_skew"), "{long:?}");
    let unknown = api.ask("PATCH", &path, json!({ "provider": "jumpclod" })).await;
    assert_eq!(problem(&unknown), "422 validation_failed /provider invalid");
}

#[actix_web::test]
async fn an_application_says_where_it_is_told_of_the_end_of_sessions() {
    let api = Api::new();
    let uri = |path: &str| format!("https://app.example/{path}");
    let body = json!({
        "name": "Orbit",
        "redirect_uris": [uri("callback")],
        "backchannel_logout_uri": uri("back"),
        "frontchannel_logout_uri": uri("front"),
        "frontchannel_logout_session_required": true,
    });
    let id = api.made("applications", body).await;
    let path = format!("applications/{id}");
    let told = |view: &Value| {
        ["backchannel_logout", "frontchannel_logout"].map(|way| {
            let required = view[format!("{way}_session_required")].as_bool().unwrap();
            (view[format!("{way}_uri")].as_str().map(str::to_owned), required)
        })
    };
    let (_, view) = api.get(&path).await;
    assert_eq!(told(&view), [(Some(uri("back")), false), (Some(uri("front")), true)]);
    let patch = json!({
        "backchannel_logout_session_required": true,
        "frontchannel_logout_uri": null,
        "frontchannel_logout_session_required": false,
    });
    let (_, view) = api.ask("PATCH", &path, patch).await;
    assert_eq!(told(&view), [(Some(uri("back")), true), (None, false)]);
    assert_eq!(told(&api.get(&path).await.1), told(&view));
    let wrong = json!({ "backchannel_logout_uri": "http://app.example/back" });
    let refused = api.ask("PATCH", &path, wrong).await;
    let expected = "422 validation_failed /backchannel_logout_uri not_https";
    assert!(problem(&refused).starts_with(expected), "{refused:?}");
}

#[actix_web::test]
async fn single_values_may_name_where_logout_messages_go() {
    let api = Api::new();
    let path = format!("connections/{}/metadata", connection(&api).await);
    let mut given = values();
    given["values"]["logout_url"] = json!("https://sso.jumpcloud.example/logout");
    let (status, view) = api.post(&path, given.clone()).await;
    assert_eq!(status, 200, "{view}");
    let logout = &view["identity_provider"]["logout"];
    assert_eq!(logout[0]["binding"], "post");
    assert_eq!(logout[0]["location"], "https://sso.jumpcloud.example/logout");
    given["values"]["logout_binding"] = json!("redirect");
    let (_, view) = api.post(&path, given.clone()).await;
    assert_eq!(view["identity_provider"]["logout"][0]["binding"], "redirect");
    given["values"]["logout_url"] = json!("javascript:alert(1)");
    assert_eq!(
        problem(&api.post(&path, given).await),
        "422 validation_failed /values/logout_url url_invalid"
    );
}

#[actix_web::test]
async fn an_application_is_deleted_listed_as_such_and_restored_with_its_lifetimes() {
    let api = Api::new();
    let body = json!({
        "name": "Orbit",
        "redirect_uris": ["https://app.example/callback"],
        "access_token_ttl": 900,
    });
    let id = api.made("applications", body).await;
    let path = format!("applications/{id}");
    let (_, view) = api.ask("PATCH", &path, json!({ "id_token_ttl": 60 })).await;
    assert_eq!((&view["id_token_ttl"], &view["access_token_ttl"]), (&json!(60), &json!(900)));
    let wrong = api.ask("PATCH", &path, json!({ "refresh_token_ttl": 59 })).await;
    assert_eq!(problem(&wrong), "422 validation_failed /refresh_token_ttl out_of_range");
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(problem(&api.get(&path).await), "404 not_found");
    let listed = async |query: &str| {
        let (_, list) = api.get(&format!("applications?count=true{query}")).await;
        (list["data"].as_array().unwrap().len(), list["total"].clone())
    };
    assert_eq!(listed("").await, (0, json!(0)));
    assert_eq!(listed("&deleted=false").await, (0, json!(0)));
    assert_eq!(listed("&deleted=true").await, (1, json!(1)));
    let (_, list) = api.get("applications?deleted=true").await;
    assert!(list["data"][0]["deleted_at"].is_string(), "{list}");
    let (status, view) = api.post(&format!("{path}/restore"), Value::Null).await;
    assert_eq!((status, &view["deleted_at"]), (200, &Value::Null));
    let (_, view) = api.ask("PATCH", &path, json!({ "access_token_ttl": null })).await;
    assert_eq!((&view["id_token_ttl"], &view["access_token_ttl"]), (&json!(60), &Value::Null));
}
