use super::*;
use crate::scim::{Kind, Resource};
use crate::store::connections::{self, NewConnection};
use crate::store::testing as store_testing;
use crate::store::{directories, users};

/// An organization with a live domain and an active connection that was tested; the IDs of both.
async fn globex(api: &Api) -> (String, String) {
    let id = api.organization("Globex").await;
    let domain = json!({ "domain": "globex.example", "vouched": true });
    api.made(&format!("organizations/{id}/domains"), domain).await;
    let organization: OrganizationId = id.parse().unwrap();
    let connection = api.world.store().system(|tx| {
        let new = NewConnection { ..store_testing::connection() };
        let made = connections::create(tx, &organization, new)?.id;
        let provider = store_testing::provider("https://idp.example/1");
        let made = connections::import(tx, &made, provider, None, false)?;
        connections::record_test(tx, &made.id, made.revision)?;
        connections::activate(tx, &made.id, false)
    });
    (id, connection.id.to_string())
}

/// What the app hears of an address.
async fn asked(api: &Api, query: &str) -> String {
    let (status, view) = api.get(&format!("enforcement?{query}")).await;
    assert_eq!(status, 200, "{view}");
    format!("{} {}", view["allowed"], view["reason"].as_str().unwrap())
}

#[actix_web::test]
async fn the_app_asks_who_may_sign_in_another_way() {
    let api = Api::new();
    let (id, _) = globex(&api).await;
    let path = format!("organizations/{id}/enforcement");
    let (ada, hank) = ("email=ada@globex.example", "email=Hank%40Globex.example");
    assert_eq!(asked(&api, ada).await, "true optional");
    let (status, owner) = api
        .post(
            &format!("organizations/{id}/exempt_owners"),
            json!({ "email": "hank@globex.example" }),
        )
        .await;
    assert_eq!((status, &owner["email"]), (201, &json!("hank@globex.example")));
    let (status, view) = api.ask("PUT", &path, json!({ "enforcement": "required" })).await;
    assert_eq!((status, &view["enforcement"]), (200, &json!("required")), "{view}");
    assert_eq!(view["active_connections"][0]["tested"], true);
    assert_eq!(view["exempt_owners"], json!([owner]));
    assert_eq!(asked(&api, ada).await, "false sso_required");
    assert_eq!(asked(&api, hank).await, "true exempt_owner");
    assert_eq!(asked(&api, "email=eve@elsewhere.example").await, "true no_organization");
    let guest = format!("email=eve@elsewhere.example&organization={id}");
    assert_eq!(asked(&api, &guest).await, "false sso_required");
    let one = format!("organizations/{id}/exempt_owners/{}", owner["id"].as_str().unwrap());
    assert_eq!(api.ask("DELETE", &one, Value::Null).await.0, 204);
    assert_eq!(asked(&api, hank).await, "false sso_required");
    assert_eq!(api.get(&format!("organizations/{id}")).await.1["enforcement"], "required");
    for (query, expected) in [
        ("", "422 validation_failed /email required"),
        ("email=ada", "422 validation_failed /email email_invalid"),
        ("email=a@b.example&x=1", "422 validation_failed /x unknown_field"),
        ("email=a@b.example&organization=org_none", "404 not_found"),
    ] {
        let answer = api.get(&format!("enforcement?{query}")).await;
        assert!(
            problem(&answer).starts_with(&expected[..expected.len().min(28)]),
            "{query}: {}",
            problem(&answer)
        );
    }
}

#[actix_web::test]
async fn a_key_of_one_customer_hears_of_that_one_only() {
    let mut api = Api::new();
    let (id, _) = globex(&api).await;
    api.ask(
        "PUT",
        &format!("organizations/{id}/enforcement"),
        json!({ "enforcement": "required" }),
    )
    .await;
    let initech = api.organization("Initech").await;
    let key = api.key_with(&all_scopes(), Some(&initech));
    api.with_key(&key);
    assert_eq!(asked(&api, "email=ada@globex.example").await, "true optional");
    let other = format!("enforcement?email=ada@globex.example&organization={id}");
    assert_eq!(problem(&api.get(&other).await), "404 not_found");
    for path in ["enforcement", "exempt_owners", "break_glass_codes"] {
        let hidden = api.get(&format!("organizations/{id}/{path}")).await;
        assert_eq!(problem(&hidden), "404 not_found", "{path}");
    }
}

#[actix_web::test]
async fn nothing_that_locks_out_is_done_without_a_word() {
    let api = Api::new();
    let id = api.organization("Initech").await;
    let required = json!({ "enforcement": "required" });
    let early = api.ask("PUT", &format!("organizations/{id}/enforcement"), required.clone()).await;
    assert_eq!(problem(&early), "409 active_connection_required");
    let (id, connection) = globex(&api).await;
    assert_eq!(api.ask("PUT", &format!("organizations/{id}/enforcement"), required).await.0, 200);
    let path = format!("connections/{connection}");
    let disable = format!("{path}/disable");
    assert_eq!(problem(&api.post(&disable, Value::Null).await), "409 last_active_connection");
    assert_eq!(problem(&api.ask("DELETE", &path, Value::Null).await), "409 last_active_connection");
    let wrong = api.ask("DELETE", &format!("{path}?lock_out=yes"), Value::Null).await;
    assert!(problem(&wrong).starts_with("422 validation_failed /lock_out"), "{wrong:?}");
    let domain = format!("organizations/{id}/domains/globex.example");
    assert_eq!(problem(&api.ask("DELETE", &domain, Value::Null).await), "409 last_live_domain");
    assert_eq!(api.post(&disable, json!({ "lock_out": true })).await.1["state"], "disabled");
    let deleted = api.ask("DELETE", &format!("{path}?lock_out=true"), Value::Null).await;
    assert_eq!(deleted.0, 204);
    assert_eq!(asked(&api, "email=ada@globex.example").await, "false sso_required");
}

#[actix_web::test]
async fn break_glass_codes_are_shown_once_and_revoked() {
    let api = Api::new();
    let (id, _) = globex(&api).await;
    let path = format!("organizations/{id}/break_glass_codes");
    let once = [("idempotency-key", "codes")];
    let first = told(&api.answer("POST", &path, Some(json!({ "count": 2 })), &once).await);
    assert_eq!(first.0, 201, "{first:?}");
    let code = first.1["data"][0]["secret"].as_str().unwrap();
    assert!(code.starts_with("bg_"), "{code}");
    let again = told(&api.answer("POST", &path, Some(json!({ "count": 2 })), &once).await);
    assert_eq!(
        (&again.1["data"][0]["secret"], &again.1["data"][0]["id"]),
        (&Value::Null, &first.1["data"][0]["id"])
    );
    let (_, list) = api.get(&path).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains(code));
    let one = format!("{path}/{}", first.1["data"][0]["id"].as_str().unwrap());
    assert_eq!(api.ask("DELETE", &one, Value::Null).await.0, 204);
    assert_eq!(problem(&api.ask("DELETE", &one, Value::Null).await), "409 code_ended");
    let left = async || {
        api.get(&format!("organizations/{id}/enforcement")).await.1["break_glass_codes_left"]
            .clone()
    };
    assert_eq!(left().await, 1);
    assert_eq!(api.post(&path, json!({ "replace": true })).await.0, 201);
    assert_eq!(left().await, 10);
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(left().await, 0);
    assert_eq!(
        problem(&api.post(&path, json!({ "count": 51 })).await),
        "422 validation_failed /count out_of_range"
    );
}

#[actix_web::test]
async fn an_owner_is_exempt_by_address_or_as_a_user() {
    let api = Api::new();
    let (id, connection) = globex(&api).await;
    let path = format!("organizations/{id}/exempt_owners");
    let organization: OrganizationId = id.parse().unwrap();
    let person = store_testing::person(&organization, "hank@globex.example");
    let hank = api.world.store().system(|tx| users::create(tx, person)).id;
    let (status, owner) = api.post(&path, json!({ "user_id": hank.as_str() })).await;
    assert_eq!((status, &owner["email"]), (201, &json!("hank@globex.example")));
    let again = api.post(&path, json!({ "email": "HANK@globex.example" })).await;
    assert_eq!(problem(&again), "409 exempt_owner_exists");
    for body in [json!({}), json!({ "email": "a@b.example", "user_id": hank.as_str() })] {
        assert_eq!(
            problem(&api.post(&path, body).await),
            "422 validation_failed /email one_of_two"
        );
    }
    let nameless = api.world.store().system(|tx| {
        let directory = directories::open(tx, &connection.parse()?)?;
        let resource = Resource::parse(Kind::User, &json!({ "userName": "nobody" }))?;
        directories::people::create(tx, &directory, resource)
    });
    let user = nameless.0.row.user_id;
    let refused = api.post(&path, json!({ "user_id": user.as_str() })).await;
    assert_eq!(problem(&refused), "409 no_email");
    assert_eq!(api.get(&path).await.1["data"], json!([owner]));
    assert_eq!(api.ask("DELETE", &format!("{path}/hank@globex.example"), Value::Null).await.0, 204);
}
