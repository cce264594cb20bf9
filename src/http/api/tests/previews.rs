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
