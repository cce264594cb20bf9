use super::*;

#[actix_web::test]
async fn the_audit_log_tells_who_did_what_from_where_and_what_was_before() {
    let api = Api::new();
    let globex = api.organization("Globex").await;
    let path = format!("organizations/{globex}");
    api.ask("PATCH", &path, json!({ "name": "Globex Corporation", "admission": "scim" })).await;
    api.number();
    let (status, list) = api.get(&format!("audit_events?subject={globex}")).await;
    assert_eq!(status, 200, "{list}");
    let record = &list["data"][0];
    assert_eq!(record["type"], "organization.updated");
    assert_eq!(record["before"], json!({ "name": "Globex", "admission": "both" }));
    assert_eq!(record["after"], json!({ "name": "Globex Corporation", "admission": "scim" }));
    assert_eq!(record["from"], "127.0.0.1");
    assert!(record["actor"].as_str().unwrap().starts_with("api_key:key_"));
    assert_eq!(record["hash"].as_str().unwrap().len(), 64);
    let id = record["id"].as_str().unwrap();
    assert_eq!(&api.get(&format!("audit_events/{id}")).await.1, record);
    // A repeat by Idempotency-Key is done in a task of its own, and from the same address.
    let body = Some(json!({ "name": "Initech" }));
    api.answer("POST", "organizations", body, &[("idempotency-key", "k1")]).await;
    let (_, list) = api.get("audit_events?type=organization.created&limit=1").await;
    assert_eq!(list["data"][0]["from"], "127.0.0.1");
}

#[actix_web::test]
async fn the_audit_log_tells_which_roles_and_places_an_application_had() {
    let api = Api::new();
    let body = json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"] });
    let (status, made) = api.post("applications", body).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("applications/{}", made["id"].as_str().unwrap());
    let mut roles = made["roles"].clone();
    roles.as_array_mut().unwrap().push(json!({ "key": "auditor", "name": "Auditor" }));
    let (status, told) = api.ask("PATCH", &path, json!({ "roles": roles })).await;
    assert_eq!(status, 200, "{told}");
    api.number();
    let (_, list) = api.get("audit_events?type=application.updated").await;
    assert_eq!(list["data"][0]["before"], json!({ "roles": made["roles"] }));
    assert_eq!(list["data"][0]["after"], json!({ "roles": roles }));
    assert_eq!(list["data"][0]["data"], json!({ "changed": ["roles"] }));
}

#[actix_web::test]
async fn the_audit_log_is_filtered_and_exported() {
    let mut api = Api::new();
    let globex = api.organization("Globex, Inc.").await;
    api.organization("Initech").await;
    api.number();
    let count = async |api: &Api, query: &str| {
        let (status, list) = api.get(&format!("audit_events?{query}")).await;
        assert_eq!(status, 200, "{list}");
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(count(&api, "type=organization.*").await, 2);
    assert_eq!(count(&api, &format!("organization={globex}&type=organization.*")).await, 1);
    assert_eq!(count(&api, "actor=cli:ada").await, 0);
    assert_eq!(count(&api, "until=2020-01-01T00:00:00Z").await, 0);
    assert_eq!(count(&api, "type=organization.*&since=2020-01-01T00:00:00Z").await, 2);
    let told = problem(&api.get("audit_events?since=yesterday").await);
    assert_eq!(told, "422 validation_failed /since invalid");

    let export = async |api: &Api, query: &str| {
        let path = format!("audit_events/export?type=organization.*&{query}");
        let answer = api.answer("GET", &path, None, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.header("content-type").to_owned(), answer.body)
    };
    let (kind, text) = export(&api, "format=csv").await;
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!((kind.as_str(), lines.len()), ("text/csv; charset=utf-8", 4));
    assert!(lines[0].starts_with("id,timestamp,type,actor,from") && lines[3].is_empty());
    let (kind, text) = export(&api, "").await;
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (kind.as_str(), &first["type"]),
        ("application/jsonl", &json!("organization.created"))
    );
    assert_eq!(text.lines().count(), 2);

    // A key of one organization sees that one's.
    api.key = api.key_with(&[Scope::AuditRead], Some(&globex));
    assert_eq!(export(&api, "").await.1.lines().count(), 1);
    assert_eq!(count(&api, "").await, 2, "the organization, and the key that was made for it");
    let other = problem(&api.get(&format!("audit_events/{}", crate::store::EventId::new())).await);
    assert!(other.starts_with("404"), "{other}");
}
