//! A preview of so many people that nobody waits for it: a job makes it, and whoever asked sees how far it is.

use super::Directory;
use crate::gateway::{Api, Gateway, World};
use diesel::RunQueryDsl;
use diesel::sql_types::Text;
use reqwest::Method;
use serde_json::{Value, json};
use vestibule::error::Result;
use vestibule::jobs::previews;
use vestibule::store::Tx;

/// How many people there are: one more than for whom the answer waits.
const PEOPLE: i64 = 20_001;
/// Their numbers, each of six digits.
const NUMBERS: &str = "WITH RECURSIVE crowd(n) AS \
    (SELECT 100001 UNION ALL SELECT n + 1 FROM crowd WHERE n < 120001)";
/// The ID of each of them.
const ID: &str = "'usr_01kampz3y7f4m8t2v6c9' || n";

/// As if the directory of a group had pushed 20,001 people who are all in it.
fn crowd(tx: &mut Tx<'_>, group: &str) -> Result<()> {
    let person = "INTO users (id, organization_id, source, email, email_key, attributes, created_at, updated_at) \
         SELECT ID, organization_id, 'scim', 'e' || n, 'e' || n, '{}', created_at, created_at";
    let known = "INTO directory_users (user_id, connection_id, user_name_key, external_id, display_name_key, is_active, \
         is_test, resource, revision, created_at, updated_at, roles) \
         SELECT ID, connection_id, 'e' || n, '', '', TRUE, FALSE, '{}', 1, created_at, created_at, '[]'";
    let member = "INTO group_members (group_id, user_id, added_at) SELECT id, ID, created_at";
    for row in [person, known, member] {
        let row = row.replace("ID", ID);
        let fill = format!("{NUMBERS} INSERT {row} FROM crowd, groups WHERE id = $1");
        diesel::sql_query(fill).bind::<Text, _>(group).execute(tx.db)?;
    }
    Ok(())
}

#[actix_web::test]
async fn the_job_makes_a_preview_of_20_001_people_and_tells_how_far_it_is() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let eng = directory.group("eng", &[]).await;
    gateway.write(|tx| crowd(tx, &eng));
    let rule = json!({
        "match": "exact", "pattern": "eng", "targets": [{ "type": "team" }], "role": "guest", "auto_approve": true,
    });
    let question = json!({ "rules": [rule] });
    let (status, asked) = api.ours(Method::POST, "mapping_rules/preview", question).await;
    assert_eq!((status, &asked["state"]), (202, &json!("running")), "{asked}");
    let path = format!("mapping_rules/previews/{}", asked["id"].as_str().unwrap());
    let look = async || {
        let (status, told) = api.ours(Method::GET, &path, Value::Null).await;
        assert_eq!((status, &told["fault"]), (200, &Value::Null), "{told}");
        told
    };
    let (store, mut seen) = (gateway.state.store.clone(), Vec::new());
    let job = actix_web::rt::spawn(async move { previews::once(&store).await });
    while !job.is_finished() {
        let told = look().await;
        seen.push([&told["done"], &told["total"]].map(|it| it.as_i64().unwrap()));
    }
    assert!(job.await.unwrap().unwrap(), "there was one to be made");
    seen.dedup();
    assert!(seen.is_sorted(), "{seen:?}");
    let is_under_way = |it: &&[i64; 2]| 0 < it[0] && it[0] < PEOPLE && it[1] == PEOPLE;
    assert!(seen.iter().filter(is_under_way).count() > 1, "{seen:?}");
    let told = look().await;
    let last = ["state", "done", "total"].map(|name| &told[name]);
    assert_eq!(last, [&json!("done"), &json!(PEOPLE), &json!(PEOPLE)]);
    let preview = &told["preview"];
    let counts = ["mappings", "gain", "lose", "conflicts"].map(|name| &preview[name]);
    assert_eq!(counts, [&json!(1), &json!(PEOPLE), &json!(0), &json!(0)]);
    let first = &preview["people"][0];
    assert_eq!(
        (&first["before"]["role"], &first["after"]["role"]),
        (&Value::Null, &json!("guest"))
    );
}
