use super::*;
use crate::store::access::previews;
use crate::store::applications;
use crate::store::testing as store_testing;

/// So many people that nobody waits for a preview.
const CROWD: &str = "
    WITH RECURSIVE crowd(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM crowd WHERE n < 20001)
    INSERT INTO users (id, organization_id, source, email, email_key, attributes, created_at, updated_at)
    SELECT 'usr_' || n, $1, 'api', 'e' || n, 'e' || n, '{}', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM crowd";

#[actix_web::test]
async fn a_preview_of_very_many_people_runs_as_a_job_with_progress() {
    use diesel::RunQueryDsl as _;
    let api = Api::new();
    let globex = api.made("organizations", json!({ "name": "Globex" })).await;
    let other = api.organization("Initech").await;
    api.world.store().system(|tx| applications::create(tx, store_testing::orbit()));
    let (path, question) =
        (format!("organizations/{globex}/mapping_rules/preview"), json!({ "rules": [] }));
    let (status, now) = api.post(&path, question.clone()).await;
    assert_eq!((status, &now["gain"]), (200, &json!(0)), "few are answered at once: {now}");

    api.world.store().system(|tx| {
        let fill = diesel::sql_query(CROWD).bind::<diesel::sql_types::Text, _>(&globex);
        Ok(fill.execute(tx.db)?)
    });
    let (status, asked) = api.post(&path, question).await;
    assert_eq!(
        (status, &asked["state"], &asked["preview"]),
        (202, &json!("running"), &Value::Null)
    );
    let id = asked["id"].as_str().unwrap();
    let path = format!("organizations/{globex}/mapping_rules/previews/{id}");
    assert_eq!(api.get(&path).await.1["state"], "running");
    // What the job does.
    api.world.store().system(|tx| {
        let taken = previews::take(tx)?.unwrap();
        previews::note(tx, &taken.id, 10_000, 20_001)
    });
    let (_, some) = api.get(&path).await;
    assert_eq!((&some["done"], &some["total"]), (&json!(10_000), &json!(20_001)), "{some}");
    let preview = id.parse().unwrap();
    api.world.store().system(|tx| previews::finish(tx, &preview, Ok(json!({ "gain": 0 }))));
    let (_, done) = api.get(&path).await;
    assert_eq!((&done["state"], &done["preview"]["gain"]), (&json!("done"), &json!(0)), "{done}");
    let elsewhere = format!("organizations/{other}/mapping_rules/previews/{id}");
    assert_eq!(problem(&api.get(&elsewhere).await), "404 not_found");
    // Whoever asks again and again is told to wait.
    let path = format!("organizations/{globex}/mapping_rules/preview");
    for _ in 0..20 {
        assert_eq!(api.post(&path, json!({ "rules": [] })).await.0, 202);
    }
    assert_eq!(problem(&api.post(&path, json!({ "rules": [] })).await), "429 too_many_requests");
}

/// Puts what may be no JSON, at a version or not.
async fn put_raw(api: &Api, path: &str, seen: Option<&str>, body: &str) -> Told {
    let mut request = TestRequest::put()
        .uri(&format!("/api/v1/{path}"))
        .insert_header(("authorization", format!("Bearer {}", api.key)))
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_owned());
    if let Some(seen) = seen {
        request = request.insert_header(("if-match", seen));
    }
    told(&api.world.call(request).await)
}

#[actix_web::test]
async fn a_version_that_is_no_more_is_told_before_what_is_wrong_with_the_body() {
    let mut api = Api::new();
    let globex = api.made("organizations", json!({ "name": "Globex" })).await;
    api.world.store().system(|tx| applications::create(tx, store_testing::orbit()));
    let path = format!("organizations/{globex}/mapping_rules");
    let etag = api.answer("GET", &path, None, &[]).await.header("etag").to_owned();
    let king = json!({ "rules": [{ "match": "all", "role": "king" }] }).to_string();
    let field = json!({ "rulez": [] }).to_string();
    for (body, fault) in [
        ("{", "400 malformed_json"),
        (&*field, "422 validation_failed /rulez unknown_field"),
        (&*king, "422 validation_failed /rules/0/role unknown_role"),
    ] {
        let put = async |seen: Option<&str>| problem(&put_raw(&api, &path, seen, body).await);
        assert_eq!(put(Some("\"1-0123456789abcdef\"")).await, "412 version_mismatch", "{body}");
        assert_eq!(put(Some(&etag)).await, fault);
        assert_eq!(put(Some("*")).await, fault);
        assert_eq!(put(None).await, fault);
    }
    let nowhere = format!("organizations/{}/mapping_rules", crate::store::OrganizationId::new());
    let stale = Some("\"1-0123456789abcdef\"");
    assert_eq!(problem(&put_raw(&api, &nowhere, stale, "{").await), "404 not_found");
    let reads = api.key_with(&[Scope::OrganizationsRead], None);
    api.with_key(&reads);
    assert_eq!(problem(&put_raw(&api, &path, stale, "{").await), "403 forbidden");
}

#[actix_web::test]
async fn a_preview_says_what_an_apply_would_answer_and_is_kept_for_a_day() {
    let api = Api::new();
    let globex = api.made("organizations", json!({ "name": "Globex" })).await;
    api.world.store().system(|tx| applications::create(tx, store_testing::orbit()));
    let of: crate::store::OrganizationId = globex.parse().unwrap();
    let row = api.world.store().system(|tx| previews::ask(tx, &of, json!({ "rules": [] })));
    let path = format!("organizations/{globex}/mapping_rules/previews/{}", row.id);
    assert_eq!(api.get(&path).await.0, 200);
    let question = json!({ "rules": [] });
    let (_, view) =
        api.post(&format!("organizations/{globex}/mapping_rules/preview"), question).await;
    assert_eq!(view["refused"], Value::Null, "{view}");
    let clock = api.world.store().clock();
    clock.advance(chrono::TimeDelta::hours(25));
    assert_eq!(problem(&api.get(&path).await), "409 preview_expired");
    let clean = crate::store::clean_up::Task::Previews;
    let day = chrono::TimeDelta::days(1);
    let retention =
        crate::store::clean_up::Retention { traces: day, events: day, requests: day, removed: day };
    assert_eq!(api.world.store().system(|tx| clean.run(tx, retention)), 1);
    assert_eq!(problem(&api.get(&path).await), "409 preview_expired", "also once it is gone");
    let never = path.replace(row.id.as_str(), crate::store::PreviewId::new().as_str());
    assert_ne!(api.get(&never).await.0, 200);
}
