//! Which of two faults of a directory's request is told: another version comes before a body that is no good.

use crate::http::testing::{Answer, World, world};
use crate::store::directories;
use crate::store::directories::tokens::{self, NewToken};
use crate::store::testing;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

/// A directory that speaks.
struct Speaker {
    world: World,
    base: String,
    token: String,
}

impl Speaker {
    fn new() -> Self {
        let world = world(&[]);
        let connection = testing::active(world.store(), "JumpCloud", None);
        testing::groups_on(world.store(), &connection.organization_id);
        let (_, token) = world.store().system(|tx| {
            directories::open(tx, &connection.id)?;
            let new = NewToken { label: "Test".to_owned(), ..NewToken::default() };
            tokens::create(tx, &connection.id, new)
        });
        let base = format!("/scim/v2/{}", connection.id);
        Self { world, base, token: token.reveal().to_owned() }
    }

    async fn send(&self, method: Method, path: &str, seen: Option<&str>, body: &str) -> Answer {
        let mut request = TestRequest::default()
            .method(method)
            .uri(&format!("{}{path}", self.base))
            .insert_header(("authorization", format!("Bearer {}", self.token)))
            .insert_header(("content-type", "application/scim+json"))
            .set_payload(body.to_owned());
        if let Some(seen) = seen {
            request = request.insert_header(("if-match", seen));
        }
        self.world.call(request).await
    }

    async fn made(&self, path: &str, body: Value) -> String {
        let answer = self.send(Method::POST, path, None, &body.to_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let made: Value = serde_json::from_str(&answer.body).unwrap();
        format!("{path}/{}", made["id"].as_str().unwrap())
    }
}

#[actix_web::test]
async fn a_version_that_is_no_more_is_told_before_what_is_wrong_with_the_body() {
    let directory = Speaker::new();
    let ann = directory.made("/Users", json!({ "userName": "ann@globex.example" })).await;
    let eng = directory.made("/Groups", json!({ "displayName": "eng" })).await;
    for (path, wrong) in [
        (&ann, "[]".to_owned()),
        (&eng, json!({ "displayName": "eng", "members": [{}] }).to_string()),
        (&eng, "{".to_owned()),
    ] {
        let now = directory.send(Method::GET, path, None, "").await.header("etag").to_owned();
        for method in [Method::PUT, Method::PATCH] {
            let status = async |path: &str, seen: Option<&str>| {
                directory.send(method.clone(), path, seen, &wrong).await.status
            };
            assert_eq!(status(path, Some("W/\"999\"")).await, 412, "{method} {wrong}");
            for seen in [Some(now.as_str()), Some("*"), None] {
                assert_eq!(status(path, seen).await, 400, "{method} {seen:?} {wrong}");
            }
            let gone = format!("{}x", path.trim_end_matches(char::is_alphanumeric));
            assert_eq!(status(&gone, Some("W/\"1\"")).await, 404, "{method} {wrong}");
        }
    }
    let now = directory.send(Method::GET, &ann, None, "").await;
    assert!(now.body.contains("ann@globex.example"), "nothing is changed");
}
