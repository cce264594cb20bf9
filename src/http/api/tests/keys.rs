use super::*;
use chrono::TimeDelta;

#[actix_web::test]
async fn without_a_live_key_nothing_is_answered() {
    let mut api = Api::new();
    let answer = api.world.call(TestRequest::get().uri("/api/v1/organizations")).await;
    assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.header("request-id").starts_with("req_"));
    api.with_key("vst_live_wrong");
    let answer = api.get("organizations").await;
    assert_eq!(problem(&answer), "401 unauthenticated");
    assert!(answer.1.to_string().contains("vestibule key create"), "{answer:?}");
}

#[actix_web::test]
async fn each_answer_says_what_the_key_may_ask_and_what_is_left() {
    let mut api = Api::with(&[("limits.per_key", "3")]);
    let left = |answer: &Answer| {
        (answer.header("ratelimit-policy").to_owned(), answer.header("ratelimit").to_owned())
    };
    let (good, bad) = ("organizations", "organizations/org_none");
    for (path, status, told) in [
        (good, 200, "\"key\";r=2;t=20"),
        (bad, 404, "\"key\";r=1;t=40"),
        (good, 200, "\"key\";r=0;t=60"),
    ] {
        let answer = api.answer("GET", path, None, &[]).await;
        assert_eq!(answer.status, status);
        assert_eq!(left(&answer), ("\"key\";q=3;w=60".to_owned(), told.to_owned()));
    }
    let answer = api.answer("GET", good, None, &[]).await;
    assert_eq!(answer.status, 429);
    assert_eq!(left(&answer).1, "\"key\";r=0;t=60");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert!(answer.body.contains("too_many_requests"), "{}", answer.body);
    // Another key has its own.
    api.key = api.key_with(&all_scopes(), None);
    assert_eq!(api.get(good).await.0, 200);
}

#[actix_web::test]
async fn who_tries_keys_in_vain_is_slowed_down_and_keeps_nobody_out() {
    let mut api = Api::with(&[("limits.per_key", "3")]);
    let live = api.key.clone();
    api.with_key("vst_live_wrong");
    for _ in 0..3 {
        assert_eq!(problem(&api.get("organizations").await), "401 unauthenticated");
    }
    assert_eq!(problem(&api.get("organizations").await), "429 too_many_requests");
    api.key = live;
    assert_eq!(api.get("organizations").await.0, 200);
}

#[actix_web::test]
async fn a_key_bound_to_networks_is_refused_from_elsewhere() {
    let mut api = Api::with(&[("proxy.trusted", "127.0.0.1")]);
    let body = |networks: Value| json!({ "name": "Office", "scopes": ["organizations:read"], "networks": networks });
    let told = api.post("api_keys", body(json!(["203.0.113.0/33"]))).await;
    assert_eq!(told.1["errors"][0]["pointer"], "/networks/0", "{told:?}");
    let (status, made) = api.post("api_keys", body(json!(["203.0.113.0/24", "2001:db8::7"]))).await;
    assert_eq!((status, &made["networks"]), (201, &json!(["203.0.113.0/24", "2001:db8::7"])));
    let (_, rolled) =
        api.post(&format!("api_keys/{}/roll", made["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(rolled["networks"], made["networks"]);
    for secret in [&made["secret"], &rolled["secret"]] {
        api.key = secret.as_str().unwrap().to_owned();
        for (from, status) in
            [("203.0.113.9", 200), ("2001:db8::7", 200), ("203.0.114.1", 403), ("2001:db8::8", 403)]
        {
            let answer =
                api.answer("GET", "organizations", None, &[("x-forwarded-for", from)]).await;
            assert_eq!(answer.status, status, "{from}: {}", answer.body);
            assert_eq!(answer.body.contains("203.0.113.0/24"), status == 403, "{}", answer.body);
        }
    }
}

#[actix_web::test]
async fn a_missing_scope_is_named() {
    let mut api = Api::new();
    api.key = api.key_with(&[Scope::UsersRead], None);
    let (status, body) = api.get("organizations").await;
    assert_eq!(status, 403);
    assert!(body["detail"].as_str().unwrap().contains("organizations:read"), "{body}");
    assert_eq!(api.get("users").await.0, 200);
}

#[actix_web::test]
async fn a_key_of_one_organization_sees_that_organization_only() {
    let mut api = Api::new();
    let (globex, initech) = (api.organization("Globex").await, api.organization("Initech").await);
    let path = format!("organizations/{initech}/connections");
    let foreign = api.made(&path, json!({ "provider": "okta" })).await;
    api.key = api.key_with(&all_scopes(), Some(&globex));

    let (_, list) = api.get("organizations?count=true").await;
    assert_eq!((list["data"][0]["id"].as_str(), &list["total"]), (Some(&*globex), &json!(1)));
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    assert_eq!(api.get(&format!("organizations/{globex}")).await.0, 200);
    for path in [
        format!("organizations/{initech}"),
        format!("organizations/{initech}/domains"),
        format!("organizations/{initech}/connections"),
        format!("connections/{foreign}"),
        format!("users?organization={initech}"),
        format!("traces?organization={initech}"),
    ] {
        assert_eq!(problem(&api.get(&path).await), "404 not_found", "{path}");
    }
    for (method, path) in [
        ("PATCH", format!("organizations/{initech}")),
        ("PATCH", format!("connections/{foreign}")),
        ("DELETE", format!("connections/{foreign}")),
        ("POST", format!("connections/{foreign}/disable")),
    ] {
        assert_eq!(problem(&api.ask(method, &path, json!({})).await), "404 not_found", "{path}");
    }
    assert_eq!(problem(&api.get("applications").await), "403 forbidden");
    let told = api.post("organizations", json!({ "name": "Umbrella" })).await;
    assert_eq!(problem(&told), "403 forbidden");
    let path = format!("organizations/{globex}/domains");
    let told = api.post(&path, json!({ "domain": "initech.example", "vouched": true })).await;
    assert_eq!(problem(&told), "403 forbidden");
}

#[actix_web::test]
async fn a_key_makes_only_keys_that_may_do_no_more_than_itself() {
    let mut api = Api::new();
    let globex = api.organization("Globex").await;
    let (_, all) = api.get("api_keys").await;
    let mighty = all["data"][0]["id"].as_str().unwrap().to_owned();
    api.key =
        api.key_with(&[Scope::ApiKeysWrite, Scope::ApiKeysRead, Scope::UsersRead], Some(&globex));

    let body = json!({ "name": "More", "scopes": ["users:read", "users:write"] });
    assert_eq!(problem(&api.post("api_keys", body).await), "403 forbidden");
    let roll = api.post(&format!("api_keys/{mighty}/roll"), json!({})).await;
    assert_eq!(problem(&roll), "404 not_found");
    let (status, key) =
        api.post("api_keys", json!({ "name": "Less", "scopes": ["users:read"] })).await;
    assert_eq!((status, &key["organization_id"]), (201, &json!(globex)));

    api.key = api.key_with(&[Scope::ApiKeysWrite], None);
    let roll = api.post(&format!("api_keys/{mighty}/roll"), json!({})).await;
    assert_eq!(problem(&roll), "403 forbidden");
    let revoke = api.ask("DELETE", &format!("api_keys/{mighty}"), Value::Null).await;
    assert_eq!(problem(&revoke), "403 forbidden");
}

#[actix_web::test]
async fn a_key_that_ends_makes_no_key_that_outlives_it() {
    let mut api = Api::new();
    let body = json!({ "name": "Lasting", "scopes": ["users:read"], "expires_at": null });
    let lasting = api.made("api_keys", body).await;
    let scopes = json!(["api_keys:write", "users:read"]);
    let end = api.world.state.store.clock().now().plus(TimeDelta::days(7)).to_string();
    let body = json!({ "name": "Ends", "scopes": scopes, "expires_at": end });
    let (status, key) = api.post("api_keys", body).await;
    assert_eq!(status, 201, "{key}");
    let end = key["expires_at"].clone();
    api.with_key(key["secret"].as_str().unwrap());

    let ask = |expires_at: Value| {
        let body = json!({ "name": "More", "scopes": ["users:read"], "expires_at": expires_at });
        api.post("api_keys", body)
    };
    let later = api.world.state.store.clock().now().plus(TimeDelta::days(8)).to_string();
    for expires_at in [Value::Null, json!(later)] {
        let told = ask(expires_at).await;
        assert_eq!(problem(&told), "422 validation_failed /expires_at outlives_maker");
        let detail = told.1["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("vestibule key create"), "{detail}");
    }
    assert_eq!(ask(end.clone()).await.0, 201);
    // Whoever does not say gets as much as there is.
    let body = json!({ "name": "Less", "scopes": ["users:read"] });
    assert_eq!(api.post("api_keys", body).await.1["expires_at"], end);
    // Nor is there more by rolling, be it the key itself or one that lasts.
    for id in [&lasting, key["id"].as_str().unwrap()] {
        let (status, new) = api.post(&format!("api_keys/{id}/roll"), json!({})).await;
        assert_eq!((status, &new["expires_at"]), (201, &end));
    }
}

#[actix_web::test]
async fn a_key_is_shown_once_and_lives_ninety_days() {
    let api = Api::new();
    let (status, key) =
        api.post("api_keys", json!({ "name": "Billing", "scopes": ["users:read"] })).await;
    assert_eq!((status, &key["shown_once"]), (201, &json!(true)));
    let secret = key["secret"].as_str().unwrap().to_owned();
    let (from, to) = (&key["created_at"], &key["expires_at"]);
    let time =
        |value: &Value| value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let lifetime = time(to) - time(from) + TimeDelta::minutes(1);
    assert_eq!(lifetime.num_days(), 90);
    let (_, list) = api.get("api_keys").await;
    assert!(!list.to_string().contains(&secret));
    assert!(!list.to_string().contains("hash"));
}

#[actix_web::test]
async fn a_rolled_key_goes_on_for_its_overlap_and_a_revoked_one_ends_at_once() {
    let mut api = Api::new();
    let mighty = api.key.clone();
    let scopes = json!({ "name": "Billing", "scopes": ["users:read"] });
    let (_, old) = api.post("api_keys", scopes).await;
    let path = format!("api_keys/{}/roll", old["id"].as_str().unwrap());
    let (status, new) = api.post(&path, json!({ "overlap": 60 })).await;
    assert_eq!(status, 201, "{new}");
    assert_eq!(
        problem(&api.post(&path, json!({ "overlap": 2_592_001 })).await),
        "422 validation_failed /overlap out_of_range"
    );

    let again = api.post(&path, json!({ "overlap": 60 })).await;
    assert_eq!(problem(&again), "409 api_key_rolled");

    for (key, status) in [(&old, 200), (&new, 200)] {
        api.with_key(key["secret"].as_str().unwrap());
        assert_eq!(api.get("users").await.0, status);
    }
    api.world.state.store.clock().advance(TimeDelta::minutes(2));
    api.with_key(old["secret"].as_str().unwrap());
    assert_eq!(api.get("users").await.0, 401);
    api.with_key(&mighty);
    let path = format!("api_keys/{}", new["id"].as_str().unwrap());
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    api.with_key(new["secret"].as_str().unwrap());
    assert_eq!(api.get("users").await.0, 401);
}

#[actix_web::test]
async fn the_last_use_of_a_key_is_noted_with_its_address() {
    let api = Api::new();
    api.get("users").await;
    let (_, list) = api.get("api_keys").await;
    assert_eq!(list["data"][0]["last_used_from"], "127.0.0.1");
    assert!(list["data"][0]["last_used_at"].is_string());
}
