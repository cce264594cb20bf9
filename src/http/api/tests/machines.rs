//! Programs that call with tokens of their own.

mod given;

use super::*;
use crate::crypto;
use crate::store::applications::{self, NewApplication};
use crate::store::testing as store_testing;
use chrono::TimeDelta;

/// A machine application, as it was made: its ID and its secret.
struct Made {
    id: String,
    secret: String,
}

impl Api {
    async fn machine(&self, more: Value) -> Made {
        let mut body = json!({ "name": "Billing", "kind": "machine" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, made) = self.post("applications", body).await;
        assert_eq!(status, 201, "{made}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Made { id: text(&made["id"]), secret: text(&made["secret"]["secret"]) }
    }

    async fn oauth(&self, endpoint: &str, form: &[(&str, &str)]) -> (Answer, Value) {
        let request = TestRequest::post().uri(&format!("/oauth/{endpoint}")).set_form(form);
        let answer = self.world.call(request).await;
        let body = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
        (answer, body)
    }

    /// What the token endpoint says to an application that asks for itself.
    async fn asked(&self, made: &Made, more: &[(&str, &str)]) -> (Answer, Value) {
        let own = [
            ("grant_type", "client_credentials"),
            ("client_id", &*made.id),
            ("client_secret", &*made.secret),
        ];
        self.oauth("token", &[&own, more].concat()).await
    }

    async fn token(&self, made: &Made) -> String {
        let (answer, body) = self.asked(made, &[]).await;
        assert_eq!(answer.status, 200, "{body}");
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// The status of a list with this key or token, and what is said of the token.
    async fn calls(&self, token: &str, path: &str) -> (u16, String) {
        let bearer = ("authorization", format!("Bearer {token}"));
        let request = TestRequest::get().uri(&format!("/api/v1/{path}")).insert_header(bearer);
        let answer = self.world.call(request).await;
        (answer.status, answer.header("www-authenticate").to_owned())
    }
}

fn ended() -> (u16, String) {
    (401, r#"Bearer error="invalid_token""#.to_owned())
}

fn live() -> (u16, String) {
    (200, String::new())
}

#[actix_web::test]
async fn a_machine_gets_a_token_for_itself_and_calls_with_it() {
    let api = Api::new();
    let made = api.machine(json!({ "scopes": ["organizations:read", "users:read"] })).await;
    let (answer, body) = api.asked(&made, &[]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{body}");
    let token = body["access_token"].as_str().unwrap();
    assert!(token.starts_with("mt_"), "{token}");
    let rest = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": "organizations:read users:read",
    });
    assert_eq!(body, rest);
    assert_eq!(api.calls(token, "organizations").await, live());
    assert_eq!(api.calls(token, "traces").await.0, 403);
    // By HTTP Basic, and for a part.
    let basic = actix_web::http::header::HeaderValue::from_str(&format!("Basic {}", {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", made.id, made.secret))
    }));
    let request = TestRequest::post()
        .uri("/oauth/token")
        .insert_header(("authorization", basic.unwrap()))
        .set_form([("grant_type", "client_credentials"), ("scope", "users:read")]);
    let answer = api.world.call(request).await;
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, &body["scope"]), (200, &json!("users:read")));
    let narrow = body["access_token"].as_str().unwrap();
    assert_eq!(api.calls(narrow, "users").await, live());
    assert_eq!(api.calls(narrow, "organizations").await.0, 403);
    api.world.state.store.clock().advance(TimeDelta::hours(1));
    assert_eq!(api.calls(token, "organizations").await, ended());
}

#[actix_web::test]
async fn what_a_machine_does_not_have_it_gets_no_token_for() {
    let api = Api::new();
    let made = api.machine(json!({ "scopes": ["users:read"] })).await;
    for scope in
        ["organizations:read", "users:read organizations:read", "openid", "users:wish", " "]
    {
        let (answer, body) = api.asked(&made, &[("scope", scope)]).await;
        assert_eq!((answer.status, &body["error"]), (400, &json!("invalid_scope")), "{scope}");
    }
    let wrong = Made { secret: crypto::token(crypto::CLIENT_SECRET).reveal().to_owned(), ..made };
    let (answer, body) = api.asked(&wrong, &[]).await;
    assert_eq!((answer.status, &body["error"]), (401, &json!("invalid_client")));
    let alone = [("grant_type", "client_credentials"), ("client_id", &*wrong.id)];
    assert_eq!(api.oauth("token", &alone).await.1["error"], "invalid_client");
}

#[actix_web::test]
async fn each_type_of_application_has_its_own_way_to_tokens() {
    let api = Api::new();
    let body = json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"] });
    let (_, web) = api.post("applications", body.clone()).await;
    let web = Made {
        id: web["id"].as_str().unwrap().to_owned(),
        secret: web["secret"]["secret"].as_str().unwrap().to_owned(),
    };
    assert_eq!(api.asked(&web, &[]).await.1["error"], "unauthorized_client");
    let mut native = body;
    native["kind"] = json!("native");
    let native = api.made("applications", native).await;
    let form = [("grant_type", "client_credentials"), ("client_id", &*native)];
    assert_eq!(api.oauth("token", &form).await.1["error"], "unauthorized_client");

    let machine = api.machine(json!({ "scopes": ["users:read"] })).await;
    let own = [("client_id", &*machine.id), ("client_secret", &*machine.secret)];
    for more in [
        [
            ("grant_type", "authorization_code"),
            ("code", "ac_1"),
            ("redirect_uri", "https://app.example/"),
        ],
        [("grant_type", "refresh_token"), ("refresh_token", "rt_1"), ("scope", "openid")],
    ] {
        let (answer, body) = api.oauth("token", &[&own[..], &more[..]].concat()).await;
        assert_eq!((answer.status, &body["error"]), (400, &json!("unauthorized_client")));
    }
    let uri = format!(
        "/oauth/authorize?client_id={}&response_type=code&scope=openid&redirect_uri=https://app.example/callback",
        machine.id
    );
    let page = api.world.call(TestRequest::get().uri(&uri)).await;
    assert_eq!((page.status, page.header("location")), (400, ""));
    assert!(page.body.contains("client_credentials"), "{}", page.body);
}

#[actix_web::test]
async fn a_token_may_do_what_its_application_may_now() {
    let api = Api::new();
    let made = api.machine(json!({ "scopes": ["organizations:read", "users:read"] })).await;
    let path = format!("applications/{}", made.id);
    let token = api.token(&made).await;
    let told = api.ask("PATCH", &path, json!({ "scopes": ["users:read"] })).await;
    assert_eq!(told.0, 200, "{told:?}");
    assert_eq!(api.calls(&token, "organizations").await.0, 403);
    assert_eq!(api.calls(&token, "users").await, live());
    // A secret that is revoked gives no more tokens, and does not end those that it gave.
    let (_, secrets) = api.get(&format!("{path}/secrets")).await;
    let secret = format!("{path}/secrets/{}", secrets["data"][0]["id"].as_str().unwrap());
    assert_eq!(api.ask("DELETE", &secret, Value::Null).await.0, 204);
    assert_eq!(api.asked(&made, &[]).await.0.status, 401);
    assert_eq!(api.calls(&token, "users").await, live());
    // The end of the application is the end of its tokens, also when that is taken back.
    assert_eq!(api.ask("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.calls(&token, "users").await, ended());
    assert_eq!(api.post(&format!("{path}/restore"), Value::Null).await.0, 200);
    assert_eq!(api.calls(&token, "users").await, ended());
}

#[actix_web::test]
async fn a_machine_of_one_organization_sees_that_organization_only() {
    let api = Api::new();
    let (globex, initech) = (api.organization("Globex").await, api.organization("Initech").await);
    let bound = json!({ "scopes": ["organizations:read"], "organizations": [globex] });
    let made = api.machine(bound).await;
    let token = api.token(&made).await;
    assert_eq!(api.calls(&token, &format!("organizations/{globex}")).await, live());
    assert_eq!(api.calls(&token, &format!("organizations/{initech}")).await.0, 404);
    let path = format!("applications/{}", made.id);
    // What it got for an organization has ended, also when it comes back to it.
    let mut before = Vec::new();
    for list in [json!([initech]), json!([globex]), json!(null), json!([globex])] {
        let token = api.token(&made).await;
        assert_eq!(api.calls(&token, "organizations").await, live());
        before.push(token);
        let told = api.ask("PATCH", &path, json!({ "organizations": list })).await;
        assert_eq!(told.0, 200, "{told:?}");
        for token in &before {
            assert_eq!(api.calls(token, "organizations").await, ended(), "{list}");
        }
    }
    let token = api.token(&made).await;
    let organization = format!("organizations/{globex}");
    assert_eq!(api.ask("DELETE", &organization, Value::Null).await.0, 204);
    assert_eq!(api.calls(&token, "organizations").await, ended());
    assert_eq!(api.asked(&made, &[]).await.1["error"], "unauthorized_client");
    assert_eq!(api.post(&format!("{organization}/restore"), Value::Null).await.0, 200);
    assert_eq!(api.calls(&token, "organizations").await, ended());
}

#[actix_web::test]
async fn tokens_of_machines_and_of_people_are_of_no_use_in_each_others_places() {
    let api = Api::new();
    let made = api.machine(json!({ "scopes": ["users:read"] })).await;
    let token = api.token(&made).await;
    let request = TestRequest::get()
        .uri("/oauth/userinfo")
        .insert_header(("authorization", format!("Bearer {token}")));
    let answer = api.world.call(request).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").contains("invalid_token"));
    let of_person = crypto::token(crypto::ACCESS_TOKEN);
    assert_eq!(api.calls(of_person.reveal(), "users").await, ended());
    for unknown in [crypto::token(crypto::MACHINE_TOKEN).reveal(), "mt_x", "vst_live_x", "x"] {
        assert_eq!(api.calls(unknown, "users").await, ended());
    }
    assert_eq!(api.calls("", "users").await, (401, "Bearer".to_owned()));
}

#[actix_web::test]
async fn a_machine_asks_about_its_own_tokens_and_takes_them_back() {
    let api = Api::new();
    let made = api.machine(json!({ "scopes": ["users:read", "traces:read"] })).await;
    let other = api.machine(json!({ "scopes": ["users:read"] })).await;
    let token = api.token(&made).await;
    let ask = async |who: &Made, endpoint: &str| {
        let form =
            [("client_id", &*who.id), ("client_secret", &*who.secret), ("token", token.as_str())];
        api.oauth(endpoint, &form).await
    };
    let (_, told) = ask(&made, "introspect").await;
    let known = [
        ("active", json!(true)),
        ("scope", json!("users:read traces:read")),
        ("client_id", json!(made.id)),
        ("sub", json!(made.id)),
        ("token_type", json!("Bearer")),
    ];
    for (name, value) in known {
        assert_eq!(told[name], value, "{told}");
    }
    assert_eq!(ask(&other, "introspect").await.1, json!({ "active": false }));
    assert_eq!(ask(&other, "revoke").await.0.status, 200);
    assert_eq!(api.calls(&token, "users").await, live());
    assert_eq!(ask(&made, "revoke").await.0.status, 200);
    assert_eq!(api.calls(&token, "users").await, ended());
    assert_eq!(ask(&made, "introspect").await.1, json!({ "active": false }));
}

#[actix_web::test]
async fn a_machine_is_one_caller_whatever_token_it_shows() {
    let mut api = Api::with(&[("limits.per_key", "4")]);
    let may = json!({ "scopes": ["organizations:write", "audit:read"] });
    let made = api.machine(may).await;
    let (one, two) = (api.token(&made).await, api.token(&made).await);
    let once = ("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324");
    let body = Some(json!({ "name": "Globex" }));
    api.with_key(&one);
    let first = api.answer("POST", "organizations", body.clone(), &[once]).await;
    api.with_key(&two);
    let second = api.answer("POST", "organizations", body, &[once]).await;
    assert_eq!((first.status, second.header("idempotency-replayed")), (201, "true"));
    assert_eq!(told(&first), told(&second));
    api.number();
    let (_, list) = api.get("audit_events?type=organization.created").await;
    assert_eq!(list["data"][0]["actor"], format!("application:{}", made.id));
    assert_eq!(list["data"][0]["from"], "127.0.0.1");
    api.with_key(&one);
    assert_eq!(api.get("audit_events").await.0, 200);
    assert_eq!(api.get("audit_events").await.0, 429);
}

#[actix_web::test]
async fn a_kept_answer_is_told_to_no_token_that_may_do_less() {
    let mut api = Api::new();
    let mighty = api.key.clone();
    let made = api.machine(json!({ "scopes": ["users:read", "organizations:write"] })).await;
    let wide = api.token(&made).await;
    let (_, body) = api.asked(&made, &[("scope", "users:read")]).await;
    let narrow = body["access_token"].as_str().unwrap().to_owned();
    let (_, body) = api.asked(&made, &[("scope", "organizations:write users:read")]).await;
    let same = body["access_token"].as_str().unwrap().to_owned();
    let once = ("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324");
    let make = async |api: &Api| {
        let body = Some(json!({ "name": "Globex", "domains": [] }));
        let answer = api.answer("POST", "organizations", body, &[once]).await;
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        (answer.status, answer.header("idempotency-replayed").to_owned(), body["id"].clone())
    };
    api.with_key(&wide);
    let first = make(&api).await;
    assert_eq!(first.0, 201);
    api.with_key(&narrow);
    let refused = make(&api).await;
    assert_eq!((refused.0, &*refused.1), (403, ""));
    // In whatever order it asked for them.
    api.with_key(&same);
    let again = make(&api).await;
    assert_eq!((again.0, &*again.1, &again.2), (201, "true", &first.2));
    // The application may do less now, or it elsewhere: so may the token by which the first came.
    api.with_key(&mighty);
    let path = format!("applications/{}", made.id);
    let fewer = json!({ "scopes": ["users:read"] });
    assert_eq!(api.ask("PATCH", &path, fewer).await.0, 200);
    api.with_key(&wide);
    assert_eq!(make(&api).await.0, 403);
    api.with_key(&mighty);
    let bound = json!({
        "scopes": ["users:read", "organizations:write"], "organizations": [first.2],
    });
    assert_eq!(api.ask("PATCH", &path, bound).await.0, 200);
    let bound = api.token(&made).await;
    api.with_key(&bound);
    assert_eq!(make(&api).await.0, 403);
}

#[actix_web::test]
async fn a_machine_has_nothing_that_is_of_people_and_an_app_no_scopes() {
    let api = Api::new();
    let body = json!({
        "name": "Mine", "kind": "machine", "redirect_uris": ["https://app.example/callback"],
        "post_logout_redirect_uris": ["https://app.example/"], "protected_hosts": ["app.example"],
        "initiate_login_uri": "https://app.example/login", "roles": [{ "key": "admin", "name": "Admin" }],
        "id_token_ttl": 300, "refresh_token_ttl": 3600, "organizations": [],
    });
    let (status, told) = api.post("applications", body).await;
    let wrong: Vec<String> = told["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
        })
        .collect();
    assert_eq!(status, 422);
    let nothing = |pointer: &str| format!("{pointer} not_for_machine");
    for expected in [
        "/scopes required".to_owned(),
        "/organizations not_one".to_owned(),
        nothing("/redirect_uris"),
        nothing("/post_logout_redirect_uris"),
        nothing("/initiate_login_uri"),
        nothing("/protected_hosts"),
        nothing("/roles"),
        nothing("/id_token_ttl"),
        nothing("/refresh_token_ttl"),
    ] {
        assert!(wrong.contains(&expected), "{expected}: {wrong:?}");
    }
    let body = json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"], "scopes": ["users:read"] });
    let told = api.post("applications", body).await;
    assert_eq!(problem(&told), "422 validation_failed /scopes machine_only");
    let made = api.machine(json!({ "scopes": ["users:read", "users:read"] })).await;
    let (_, shown) = api.get(&format!("applications/{}", made.id)).await;
    assert_eq!(
        (&shown["kind"], &shown["scopes"], &shown["roles"], &shown["organizations"]),
        (&json!("machine"), &json!(["users:read"]), &json!([]), &Value::Null)
    );
    // The only application that people use is meant where none is named: a program is none.
    let globex: OrganizationId = api.organization("Globex").await.parse().unwrap();
    let store = api.world.store();
    let orbit = store.system(|tx| {
        applications::create(tx, NewApplication { name: "Orbit".into(), ..store_testing::orbit() })
    });
    let meant = store.read_now(|db| crate::store::access::meant(db, &globex, None)).unwrap();
    assert_eq!(meant.id, orbit.0.id);
}
