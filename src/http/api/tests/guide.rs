//! Every command of `docs/api.md` is run, in order.

use super::*;
use crate::saml::testing;

/// One `ask` of the guide.
struct Command {
    method: String,
    path: String,
    key: Option<String>,
    body: Option<Value>,
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

fn command(line: &str) -> Option<Command> {
    let line = line.strip_prefix("ask $API/")?;
    let body = between(line, "--data '", "'").map(|text| serde_json::from_str(text).unwrap());
    let method = line.split_once("--request ").map(|(_, rest)| rest.split(' ').next().unwrap());
    let usual = if body.is_some() { "POST" } else { "GET" };
    Some(Command {
        method: method.unwrap_or(usual).to_owned(),
        path: line.split(' ').next().unwrap().to_owned(),
        key: between(line, "Idempotency-Key: ", "\"").map(str::to_owned),
        body,
    })
}

#[actix_web::test]
async fn every_command_of_the_guide_works() {
    let api = Api::new();
    let guide = include_str!("../../../../docs/api.md");
    let (mut connection, mut ran) = (String::new(), 0);
    for line in guide.lines() {
        let Some(mut command) = command(line) else { continue };
        if line.contains("$METADATA_URL") {
            // No address of a test may be fetched; the single values take its place.
            command.method = "POST".to_owned();
            command.body = Some(json!({ "values": {
                "entity_id": "JumpCloud",
                "sign_on_url": "https://sso.jumpcloud.example/saml2/orbit",
                "certificates": [testing::rsa().pem()],
            }}));
        }
        let path = command.path.replace("$CONNECTION", &connection);
        let key =
            command.key.iter().map(|key| ("idempotency-key", key.as_str())).collect::<Vec<_>>();
        let answer = api.answer(&command.method, &path, command.body, &key).await;
        assert!(answer.status < 300, "{line}\n{}", answer.body);
        if path.ends_with("/connections") {
            connection = told(&answer).1["id"].as_str().unwrap().to_owned();
        }
        ran += 1;
    }
    assert_eq!(ran, guide.matches("\nask $API").count());
}
