use super::*;
use crate::saml::certificate::TrustedKeys;
use crate::saml::issue;
use crate::saml::metadata::{self as saml_metadata, IdentityProvider};
use crate::saml::sign::Signer;
use crate::saml::testing;
use crate::store::connections::{self, Connection};
use crate::store::{TraceId, refreshes, testing as store_testing};
use chrono::TimeDelta;

const URL: &str = "https://idp.example/metadata";

/// An active connection whose metadata has an address, and its path.
fn connection(api: &Api) -> (Connection, String) {
    let made = store_testing::active(api.world.store(), "JumpCloud", Some(URL));
    let path = format!("connections/{}", made.id);
    (made, path)
}

/// What the job does when it has read this.
fn read_again(api: &Api, connection: &Connection, found: IdentityProvider) {
    api.world.store().system(|tx| {
        refreshes::adopt(tx, TimeDelta::hours(6))?;
        connections::refresh(tx, &connection.id, URL, found)
    });
}

#[actix_web::test]
async fn changed_metadata_is_shown_and_accepted_by_what_names_it() {
    let api = Api::new();
    let (made, path) = connection(&api);
    let accept = format!("{path}/metadata/accept");
    let nothing = api.post(&accept, json!({ "change": "x" })).await;
    assert_eq!(problem(&nothing), "409 nothing_to_accept");
    read_again(&api, &made, store_testing::provider("Other"));
    let (_, view) = api.get(&path).await;
    let alert = &view["alerts"][0];
    assert_eq!(alert["code"], "metadata_entity_changed");
    assert_eq!(
        alert["differences"],
        json!([{ "field": "entity_id", "was": ["JumpCloud"], "is": ["Other"] }])
    );
    assert_eq!(view["badges"], json!(["metadata_held"]));
    assert_eq!(view["identity_provider"]["entity_id"], "JumpCloud");
    let other = api.post(&accept, json!({ "change": "x" })).await;
    assert_eq!(problem(&other), "409 metadata_changed_again");
    let (status, after) = api.post(&accept, json!({ "change": alert["change"] })).await;
    assert_eq!((status, &after["identity_provider"]["entity_id"]), (200, &json!("Other")));
    assert_eq!(after["alerts"], json!([]));
}

#[actix_web::test]
async fn each_certificate_has_a_state_a_time_and_a_source() {
    let api = Api::new();
    let (_, path) = connection(&api);
    let certificates = format!("{path}/certificates");
    let (status, view) =
        api.post(&certificates, json!({ "certificate": testing::ec().pem() })).await;
    assert_eq!(status, 200, "{view}");
    let words = |of: &Value| {
        let all = of.as_array().unwrap().iter();
        all.map(|one| format!("{} {}", one["state"], one["source"])).collect::<Vec<_>>()
    };
    let known = &view["identity_provider"]["certificates"];
    assert_eq!(words(known), [r#""active" "metadata""#, r#""next" "hand""#]);
    assert!(known[1]["state_at"].is_string());
    let one = format!("{certificates}/{}", testing::ec().certificate.fingerprint());
    let (status, view) = api.ask("DELETE", &one, Value::Null).await;
    let provider = &view["identity_provider"];
    assert_eq!((status, words(&provider["certificates"]).len()), (200, 1));
    assert_eq!(words(&provider["retired_certificates"]), [r#""retired" "hand""#]);
    let (_, listed) = api
        .get(&format!("organizations/{}/connections", view["organization_id"].as_str().unwrap()))
        .await;
    assert_eq!(listed["data"][0]["identity_provider"], *provider);
    assert_eq!(problem(&api.ask("DELETE", &one, Value::Null).await), "404 not_found");
    let last = format!("{certificates}/{}", testing::rsa().certificate.fingerprint());
    assert_eq!(problem(&api.ask("DELETE", &last, Value::Null).await), "409 certificate_last");
    for lacking in [json!({}), json!({ "trace": TraceId::new().to_string() })] {
        let refused = api.post(&certificates, lacking).await;
        assert_eq!(problem(&refused), "422 validation_failed  required");
    }
    let (trace, print) = (TraceId::new().to_string(), "00");
    let unknown = json!({ "trace": trace, "fingerprint_sha256": print });
    assert_eq!(problem(&api.post(&certificates, unknown).await), "404 not_found");
    let rubbish = api.post(&certificates, json!({ "certificate": "x" })).await;
    assert_eq!(problem(&rubbish), "422 validation_failed /certificate certificate_invalid");
}

#[actix_web::test]
async fn a_certificate_that_has_ended_is_not_told_as_in_use() {
    let api = Api::new();
    let (_, path) = connection(&api);
    let end = testing::rsa().certificate.not_after();
    let clock = api.world.state.store.clock();
    clock.advance(end.since(clock.now()) + TimeDelta::seconds(2));
    let (_, view) = api.get(&path).await;
    let known = &view["identity_provider"]["certificates"][0];
    assert_eq!((&known["state"], &known["state_at"]), (&json!("ended"), &known["not_after"]));
}

#[actix_web::test]
async fn a_pinned_certificate_lets_no_other_metadata_in() {
    let api = Api::new();
    let (_, path) = connection(&api);
    let rubbish = json!({ "settings": { "metadata_certificate": "x" } });
    assert_eq!(
        problem(&api.ask("PATCH", &path, rubbish).await),
        "422 validation_failed /settings/metadata_certificate certificate_invalid"
    );
    let pin = json!({ "settings": { "metadata_certificate": testing::ec().pem() } });
    assert_eq!(api.ask("PATCH", &path, pin).await.0, 200);
    let file = |signer: Option<&testing::Pair>| {
        let signer = signer.map(|pair| Signer::new(&pair.key, Some(&pair.certificate)));
        let (sign_on, known) = ("https://idp.example/sso", [&testing::rsa().certificate]);
        let text = issue::metadata("JumpCloud", sign_on, &known, signer.as_ref()).unwrap();
        json!({ "metadata_xml": text })
    };
    let import = format!("{path}/metadata");
    for wrong in [None, Some(testing::other_rsa())] {
        assert_eq!(
            problem(&api.post(&import, file(wrong)).await),
            "422 validation_failed /metadata_xml metadata_signature_invalid"
        );
    }
    assert_eq!(api.post(&import, file(Some(testing::ec()))).await.0, 200);
}

#[actix_web::test]
async fn our_metadata_is_signed_on_request_and_valid_for_a_while_then() {
    let api = Api::new();
    let (made, _) = connection(&api);
    let get = async |query: &str| {
        let uri = format!("/saml/{}{query}", made.id);
        let request = TestRequest::get().uri(&uri).insert_header(("accept", "text/html"));
        api.world.call(request).await.body
    };
    let plain = get("?download").await;
    assert!(plain.contains("cacheDuration=\"PT86400S\""), "{plain}");
    assert!(!plain.contains("validUntil") && !plain.contains("Signature"), "{plain}");
    let signed = get("?signed").await;
    let ours = api.world.state.keys().signing_certificates().to_vec();
    let now = api.world.state.store.clock().now();
    let octets = saml_metadata::verify(signed.as_bytes(), &TrustedKeys::new(&ours), now).unwrap();
    let until = now.plus(TimeDelta::days(14));
    assert!(octets.contains(&format!("validUntil=\"{}", &until.to_string()[..13])), "{octets}");
}

#[actix_web::test]
async fn a_directory_has_its_own_days_for_whom_it_removed_or_the_usual_ones() {
    let api = Api::new();
    let (_, path) = connection(&api);
    let uri = format!("{path}/scim");
    assert_eq!(api.get(&uri).await.1["removal_days"], Value::Null);
    let set = async |days: Value| api.ask("PATCH", &uri, json!({ "removal_days": days })).await;
    let (status, view) = set(json!(90)).await;
    assert_eq!((status, &view["removal_days"]), (200, &json!(90)), "{view}");
    let wrong = set(json!(0)).await;
    assert_eq!(problem(&wrong), "422 validation_failed /removal_days invalid");
    let both = json!({ "dialect": "okta", "removal_days": null });
    let (_, view) = api.ask("PATCH", &uri, both).await;
    assert_eq!((&view["removal_days"], &view["dialect"]), (&Value::Null, &json!("okta")));
    let of =
        format!("organizations/{}", api.get(&path).await.1["organization_id"].as_str().unwrap());
    let (_, view) = api.ask("PATCH", &of, json!({ "session_seconds": 1800 })).await;
    assert_eq!(view["session_seconds"], 1800);
    let wrong = api.ask("PATCH", &of, json!({ "session_seconds": 5 })).await;
    assert_eq!(problem(&wrong), "422 validation_failed /session_seconds invalid");
    let (_, view) = api.ask("PATCH", &of, json!({ "session_seconds": null })).await;
    assert_eq!(view["session_seconds"], Value::Null);
}
