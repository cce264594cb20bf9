use super::*;
use crate::store::testing::person;
use crate::store::users;

#[actix_web::test]
async fn a_state_has_everybody_and_the_place_in_the_stream_from_which_to_go_on() {
    let mut api = Api::new();
    let globex = api.made("organizations", json!({ "name": "Globex", "external_id": "g1" })).await;
    let other = api.organization("Initech").await;
    let (id, elsewhere): (OrganizationId, OrganizationId) =
        (globex.parse().unwrap(), other.parse().unwrap());
    let ann = api.world.store().system(|tx| {
        users::create(tx, person(&elsewhere, "eve@initech.example"))?;
        let ann = users::create(tx, person(&id, "ann@globex.example"))?;
        users::create(tx, person(&id, "bob@globex.example"))?;
        Ok(ann)
    });
    api.number();
    let path = "organizations/external:g1/state";
    let (status, first) = api.get(path).await;
    assert_eq!((status, &first["organization"]["id"]), (200, &json!(globex)), "{first}");
    let of = |body: &Value, field: &str| -> Vec<String> {
        let all = body["users"].as_array().unwrap().iter();
        all.map(|user| user[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of(&first, "email"), ["ann@globex.example", "bob@globex.example"]);
    assert_eq!(
        (of(&first, "state"), &first["sequence"]),
        (vec!["active".to_owned(); 2], &json!(3))
    );

    // What happens now follows at the cursor, and has the next number.
    let hash = first["hash"].as_str().unwrap().to_owned();
    let quoted = format!("\"{hash}\"");
    let same = api.answer("GET", path, None, &[("if-none-match", &quoted)]).await;
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", &*quoted));
    api.post(&format!("users/{}/suspend", ann.id), json!({})).await;
    api.number();
    let changed = api.answer("GET", path, None, &[("if-none-match", &quoted)]).await;
    let (status, second) = told(&changed);
    assert_eq!(
        (status, of(&second, "state")),
        (200, vec!["suspended".to_owned(), "active".to_owned()])
    );
    assert_ne!(second["hash"], first["hash"]);
    let cursor = first["cursor"].as_str().unwrap();
    let (_, events) = api.get(&format!("events?organization={globex}&cursor={cursor}")).await;
    let told = events["data"].as_array().unwrap();
    assert_eq!(
        (told.len(), &told[0]["type"], &told[0]["sequence"]),
        (1, &json!("user.suspended"), &json!(4))
    );
    assert_eq!(told[0]["data"]["subject_id"], json!(ann.id));

    // Taken back, it is the state of before.
    api.post(&format!("users/{}/restore", ann.id), json!({})).await;
    assert_eq!(api.get(path).await.1["hash"], json!(hash));
    api.key = api.key_with(&all_scopes(), Some(&other));
    assert_eq!(problem(&api.get(path).await), "404 not_found");
}
