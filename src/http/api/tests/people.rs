use super::*;
use crate::email::Email;
use crate::store::identities;
use crate::store::testing as store_testing;
use crate::store::users::{self, NewUser, Source};

/// Ada, who came by this way.
fn ada(api: &Api, organization: &str, source: Source) -> String {
    let new = NewUser {
        organization_id: organization.parse().unwrap(),
        source,
        email: Email::parse("ada@globex.example").unwrap(),
        name: Some("Ada".to_owned()),
        given_name: None,
        family_name: None,
    };
    let store = &api.world.state.store;
    let made = store.write_now(&WriteScope::System, &Actor::System, |tx| users::create(tx, new));
    made.unwrap().id.to_string()
}

#[actix_web::test]
async fn a_user_is_found_suspended_restored_and_erased() {
    let api = Api::new();
    let globex = api.organization("Globex").await;
    let path = format!("users/{}", ada(&api, &globex, Source::SignIn));
    let (_, list) =
        api.get(&format!("users?organization={globex}&email=ADA@globex.example&count=true")).await;
    assert_eq!((&list["data"][0]["name"], &list["total"]), (&json!("Ada"), &json!(1)));
    assert_eq!(api.post(&format!("{path}/suspend"), Value::Null).await.1["state"], "suspended");
    assert_eq!(api.get("users?state=active").await.1["data"], json!([]));
    assert_eq!(api.post(&format!("{path}/restore"), Value::Null).await.1["state"], "active");
    assert_eq!(
        api.post(&format!("{path}/end_sessions"), Value::Null).await.1,
        json!({ "ended": 0 })
    );
    assert_eq!(api.post(&format!("{path}/unlink"), Value::Null).await.1, json!({ "unlinked": 0 }));
    assert_eq!(api.post(&format!("{path}/erase"), Value::Null).await.0, 204);
    assert_eq!(problem(&api.get(&path).await), "404 not_found");
    assert_eq!(
        problem(&api.get("users?email=ada").await).split(' ').take(3).collect::<Vec<_>>(),
        ["422", "validation_failed", "/email"]
    );
}

#[actix_web::test]
async fn names_are_changed_unless_a_directory_keeps_them() {
    let api = Api::new();
    let globex = api.organization("Globex").await;
    let path = format!("users/{}", ada(&api, &globex, Source::SignIn));
    let (_, view) = api.ask("PATCH", &path, json!({ "name": null, "given_name": "Ada" })).await;
    assert_eq!((&view["name"], &view["given_name"]), (&Value::Null, &json!("Ada")));
    let email = api.ask("PATCH", &path, json!({ "email": "eve@globex.example" })).await;
    assert_eq!(problem(&email), "422 validation_failed /email unknown_field");
    let initech = api.organization("Initech").await;
    let path = format!("users/{}", ada(&api, &initech, Source::Scim));
    let kept = api.ask("PATCH", &path, json!({ "name": "Eve" })).await;
    assert_eq!(problem(&kept), "409 kept_by_directory");
}

#[actix_web::test]
async fn a_user_of_another_organization_does_not_exist_for_a_bound_key() {
    let mut api = Api::new();
    let (globex, initech) = (api.organization("Globex").await, api.organization("Initech").await);
    let path = format!("users/{}", ada(&api, &initech, Source::SignIn));
    api.key = api.key_with(&all_scopes(), Some(&globex));
    for (method, path) in [
        ("GET", path.clone()),
        ("PATCH", path.clone()),
        ("POST", format!("{path}/suspend")),
        ("POST", format!("{path}/unlink")),
        ("POST", format!("{path}/erase")),
    ] {
        assert_eq!(problem(&api.ask(method, &path, json!({})).await), "404 not_found", "{path}");
    }
    assert_eq!(api.get("users").await.1["data"], json!([]));
}

#[actix_web::test]
async fn an_application_has_two_secrets_at_most_each_shown_once() {
    let api = Api::new();
    let body = json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"] });
    let (_, app) = api.post("applications", body).await;
    assert_eq!(app["secret"]["shown_once"], true);
    let path = format!("applications/{}", app["id"].as_str().unwrap());
    let secrets = format!("{path}/secrets");
    let (status, second) = api.post(&secrets, json!({})).await;
    assert_eq!((status, second["secret"].as_str().unwrap().starts_with("cs_")), (201, true));
    assert_eq!(problem(&api.post(&secrets, json!({})).await), "409 too_many_secrets");
    let (_, list) = api.get(&secrets).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains(second["secret"].as_str().unwrap()));
    let first = format!("{secrets}/{}", app["secret"]["id"].as_str().unwrap());
    assert_eq!(api.ask("DELETE", &first, Value::Null).await.0, 204);
    let (_, view) =
        api.ask("PATCH", &path, json!({ "fallback_url": "https://app.example/login" })).await;
    assert_eq!(view["fallback_url"], "https://app.example/login");
    let wrong =
        api.ask("PATCH", &path, json!({ "redirect_uris": ["https://*.app.example/"] })).await;
    assert!(problem(&wrong).starts_with("422 validation_failed /redirect_uris/0 "), "{wrong:?}");
    assert_eq!(api.get("applications?count=true").await.1["total"], 1);
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(problem(&api.get(&path).await), "404 not_found");
}

#[actix_web::test]
async fn a_connection_forgets_all_names_unless_the_key_is_another_organization_s() {
    let mut api = Api::new();
    let connection = store_testing::active(api.world.store(), "Globex", None);
    let globex = connection.organization_id.to_string();
    let user = ada(&api, &globex, Source::SignIn).parse().unwrap();
    api.world.store().system(|tx| {
        let user = users::find(tx.db, &user)?;
        identities::link(tx, &connection.id, "ada", &user)
    });
    let path = format!("connections/{}/unlink", connection.id);
    let mighty = api.key.clone();
    let initech = api.organization("Initech").await;
    for (scopes, organization, expected) in [
        (all_scopes(), Some(&initech), "404 not_found"),
        (vec![Scope::ConnectionsRead], Some(&globex), "403 forbidden"),
    ] {
        let key = api.key_with(&scopes, organization.map(String::as_str));
        api.with_key(&key);
        let told = problem(&api.post(&path, Value::Null).await);
        assert_eq!(told, expected);
    }

    // The name is still there, and goes now.
    let own = api.key_with(&[Scope::ConnectionsWrite], Some(&globex));
    api.with_key(&own);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!({ "unlinked": 1 })));
    api.with_key(&mighty);
    assert_eq!(api.post(&path, Value::Null).await, (200, json!({ "unlinked": 0 })));
}

#[actix_web::test]
async fn traces_are_purged_by_a_key_of_the_whole_installation_alone() {
    let mut api = Api::new();
    let organization = api.organization("Globex").await;
    let path = format!("organizations/{organization}/traces/purge");
    assert_eq!(api.post(&path, Value::Null).await, (200, json!({ "purged": 0 })));
    let before = json!({ "before": "2026-01-01T00:00:00Z" });
    assert_eq!(api.post(&path, before).await, (200, json!({ "purged": 0 })));
    let wrong = api.post(&path, json!({ "until": "2026-01-01T00:00:00Z" })).await;
    assert_eq!(problem(&wrong), "422 validation_failed /until unknown_field");
    let elsewhere = api.post("organizations/external:nobody/traces/purge", Value::Null).await;
    assert_eq!(problem(&elsewhere), "404 not_found");
    let reads = api.key_with(&[Scope::TracesRead], None);
    let theirs = api.key_with(&all_scopes(), Some(&organization));
    for key in [reads, theirs] {
        api.with_key(&key);
        assert_eq!(problem(&api.post(&path, Value::Null).await), "403 forbidden");
    }
}
