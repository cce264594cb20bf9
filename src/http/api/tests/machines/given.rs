//! What a machine is given by whoever makes it, what it gives itself, and when that ends.

use super::*;

#[actix_web::test]
async fn nobody_makes_a_machine_that_may_more_than_a_key_of_theirs() {
    let mut api = Api::new();
    let mighty = api.key.clone();
    let made = api.machine(json!({ "scopes": ["users:read", "traces:read"] })).await;
    let path = format!("applications/{}", made.id);
    let body = |scopes: Value| json!({ "name": "Mine", "kind": "machine", "scopes": scopes });
    // Without api_keys:write it makes none, and touches none.
    api.key = api.key_with(&[Scope::ApplicationsWrite, Scope::UsersRead], None);
    assert_eq!(
        problem(&api.post("applications", body(json!(["users:read"]))).await),
        "403 forbidden"
    );
    // With it, none with a scope that it lacks.
    let own = [Scope::ApplicationsWrite, Scope::ApiKeysWrite, Scope::UsersRead];
    api.key = api.key_with(&own, None);
    let told = api.post("applications", body(json!(["users:read", "traces:read"]))).await;
    assert_eq!(problem(&told), "403 forbidden");
    assert!(told.1["detail"].as_str().unwrap().contains("traces:read"), "{told:?}");
    let secrets = format!("{path}/secrets");
    for (method, path, body) in [
        ("POST", secrets.clone(), json!({})),
        ("PATCH", path.clone(), json!({ "name": "Mine" })),
        ("DELETE", path.clone(), Value::Null),
    ] {
        assert_eq!(
            problem(&api.ask(method, &path, body).await),
            "403 forbidden",
            "{method} {path}"
        );
    }
    let mine = api.made("applications", body(json!(["users:read"]))).await;
    let wider = json!({ "scopes": ["users:read", "traces:read"] });
    let told = api.ask("PATCH", &format!("applications/{mine}"), wider).await;
    assert_eq!(problem(&told), "403 forbidden");
    // A key of one organization makes none at all.
    api.with_key(&mighty);
    let globex = api.organization("Globex").await;
    api.key = api.key_with(&own, Some(&globex));
    assert_eq!(
        problem(&api.post("applications", body(json!(["users:read"]))).await),
        "403 forbidden"
    );
}

#[actix_web::test]
async fn what_a_key_that_ends_gives_to_a_machine_ends_with_it() {
    let mut api = Api::new();
    let lasting = api.machine(json!({ "scopes": ["users:read"] })).await;
    let globex = api.organization("Globex").await;
    let bound = json!({ "scopes": ["users:read"], "organizations": [globex] });
    let bound = api.machine(bound).await;
    let scopes = ["applications:write", "api_keys:write", "users:read", "traces:read"];
    let (_, key) = api.post("api_keys", json!({ "name": "Short", "scopes": scopes })).await;
    api.with_key(key["secret"].as_str().unwrap());
    let body = json!({ "name": "Mine", "kind": "machine", "scopes": ["users:read"] });
    let (_, made) = api.post("applications", body).await;
    assert_eq!(made["secret"]["expires_at"], key["expires_at"], "{made}");
    let secrets = format!("applications/{}/secrets", lasting.id);
    let late = json!({ "expires_at": "2999-01-01T00:00:00Z" });
    let told = api.post(&secrets, late).await;
    assert_eq!(problem(&told), "422 validation_failed /expires_at outlives_maker");
    let (_, secret) = api.post(&secrets, json!({})).await;
    assert_eq!(secret["expires_at"], key["expires_at"], "{secret}");
    // What goes on by secrets that do not end is not made more.
    let path = format!("applications/{}", lasting.id);
    let wider = json!({ "scopes": ["users:read", "traces:read"] });
    assert_eq!(problem(&api.ask("PATCH", &path, wider).await), "403 forbidden");
    let all = json!({ "organizations": null });
    let told = api.ask("PATCH", &format!("applications/{}", bound.id), all).await;
    assert_eq!(problem(&told), "403 forbidden");
    assert_eq!(api.ask("PATCH", &path, json!({ "name": "Other" })).await.0, 200);
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    let told = api.post(&format!("{path}/restore"), Value::Null).await;
    assert_eq!(problem(&told), "403 forbidden");
}

#[actix_web::test]
async fn what_a_machine_makes_ends_with_its_token() {
    let mut api = Api::new();
    let made = api.machine(json!({ "scopes": ["api_keys:write", "users:read"] })).await;
    let (_, given) = api.asked(&made, &[]).await;
    api.with_key(given["access_token"].as_str().unwrap());
    let body = |scopes: Value| json!({ "name": "Mine", "scopes": scopes });
    let (status, key) = api.post("api_keys", body(json!(["users:read"]))).await;
    assert_eq!(status, 201, "{key}");
    let time =
        |value: &Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert!(time(&key["expires_at"]) - time(&key["created_at"]) <= TimeDelta::hours(1), "{key}");
    assert_eq!(problem(&api.post("api_keys", body(json!(["traces:read"]))).await), "403 forbidden");
    let late =
        json!({ "name": "Mine", "scopes": ["users:read"], "expires_at": "2999-01-01T00:00:00Z" });
    let told = api.post("api_keys", late).await;
    assert_eq!(problem(&told), "422 validation_failed /expires_at outlives_maker");
    let detail = told.1["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("The application's token that asks"), "{detail}");
}
