//! The gateway is killed at any moment of a sign-in: nothing that it said is lost, and the person succeeds.

use crate::gateway::{ADA, Gateway, Underway, World, is_in};
use crate::user_agent::{Page, UserAgent};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::form_urlencoded;
use vestibule::cause::Cause;
use vestibule::store::traces::Outcome;

/// The code that the browser carries to the app.
fn code(page: &Page) -> String {
    let location = page.location().unwrap_or_else(|| panic!("{page:?}"));
    let pair = location.query_pairs().find(|(name, _)| name == "code");
    pair.unwrap_or_else(|| panic!("{location}")).1.into_owned()
}

/// What the app does at the token endpoint.
async fn tokens(world: &World<'_>, fields: &[(&str, &str)]) -> Value {
    let answer = UserAgent::new()
        .into_client()
        .post(format!("{}/oauth/token", world.gateway.url))
        .basic_auth(world.app.application.id.as_str(), world.app.secret.as_deref())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
        .send()
        .await
        .unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

async fn redeem(world: &World<'_>, code: &str) -> Value {
    let redirect_uri = &world.app.application.redirect_uris[0];
    let fields =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
    tokens(world, &fields).await
}

/// Begins a sign-in that may be refreshed.
async fn begin(world: &World<'_>, agent: &mut UserAgent) -> Underway {
    let more = [("login_hint", ADA), ("scope", "openid email offline_access")];
    let start =
        world.app.authorize(world.gateway, &more).replacen("scope=openid+email+profile&", "", 1);
    crate::gateway::Idp::begin(agent, &start).await
}

#[actix_web::test]
async fn a_kill_between_any_two_phases_loses_nothing() {
    let gateway = Gateway::apart().await;
    let world = World::of(&gateway);
    let process = gateway.process();
    let again = async || {
        process.kill();
        process.start_again().await;
    };
    let mut agent = UserAgent::new();
    let underway = begin(&world, &mut agent).await;
    again().await;
    let page = world.come_back(&mut agent, &underway).await;
    again().await;
    let first = redeem(&world, &code(&page)).await;
    again().await;
    let refresh = first["refresh_token"].as_str().unwrap();
    let second =
        tokens(&world, &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    again().await;
    let told = UserAgent::new()
        .into_client()
        .get(format!("{}/oauth/userinfo", gateway.url))
        .bearer_auth(second["access_token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let told: Value = serde_json::from_str(&told.text().await.unwrap()).unwrap();
    assert_eq!(told["email"], ADA);

    // What was used stays used, and the session goes on.
    again().await;
    let page = world.come_back(&mut agent, &underway).await;
    assert!(page.body.contains("response_replayed"), "{}", page.body);
    is_in(&agent.get_once(world.app.authorize(&gateway, &[("prompt", "none")])).await);
}

#[actix_web::test]
async fn a_kill_in_the_middle_of_an_answer_leaves_all_of_it_or_nothing() {
    let gateway = Gateway::apart().await;
    let world = World::of(&gateway);
    for moment in [0, 2, 5, 9, 14, 20] {
        let mut agent = UserAgent::new();
        let underway = world.begin(&mut agent).await;
        let form = underway.form(&world.answer(&underway).base64().unwrap());
        let posting = actix_web::rt::spawn(async move { agent.try_submit(&form).await });
        // Not to wait for something: this is the moment of the kill.
        tokio::time::sleep(Duration::from_millis(moment)).await;
        gateway.process().kill();
        let answered = posting.await.unwrap();
        let trace = gateway.last_trace();
        match trace.outcome {
            Outcome::Succeeded => {
                let person = world.customer.find(ADA).expect("the person of the trace");
                assert_eq!(trace.user_id, Some(person.id));
            }
            outcome => {
                assert_eq!(outcome, Outcome::InProgress);
                assert!(answered.is_none(), "an answer that was not written down");
            }
        }
        gateway.process().start_again().await;
        world.works().await;
    }
}

#[actix_web::test]
async fn a_second_process_serves_the_second_half_of_a_sign_in() {
    let gateway = Gateway::apart().await;
    // SQLite serves one process.
    let Some((other, port)) = gateway.beside().await else { return };
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = begin(&world, &mut agent).await;
    let mut form = underway.form(&world.answer(&underway).base64().unwrap());
    form.action.set_port(Some(port)).unwrap();
    let page = agent.submit_once(&form).await;
    is_in(&page);
    // The first may be gone by now, and come back.
    drop(other);
    let tokens = redeem(&world, &code(&page)).await;
    assert!(tokens["id_token"].is_string(), "{tokens}");
}

#[actix_web::test]
async fn a_response_that_one_process_has_used_is_refused_by_another() {
    let gateway = Gateway::apart().await;
    // SQLite serves one process.
    let Some((_other, port)) = gateway.beside().await else { return };
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = begin(&world, &mut agent).await;
    let mut form = underway.form(&world.answer(&underway).base64().unwrap());
    is_in(&agent.submit_once(&form).await);
    form.action.set_port(Some(port)).unwrap();
    for (name, mut agent) in [("same browser", agent), ("another browser", UserAgent::new())] {
        let page = agent.submit_once(&form).await;
        assert!(page.body.contains(Cause::ResponseReplayed.code()), "{name}: {}", page.body);
        assert_eq!(page.status.as_u16(), Cause::ResponseReplayed.status(), "{name}");
    }
}

#[actix_web::test]
async fn whoever_is_told_to_stop_answers_first_what_has_begun() {
    let gateway = Gateway::apart().await;
    let process = gateway.process();
    let address = gateway.url.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let body = "grant_type=authorization_code&client_id=app_none";
    let (begun, rest) = body.split_at(10);
    let head = format!(
        "POST /oauth/token HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut continues = [0; 25];
    stream.read_exact(&mut continues).await.unwrap();
    assert_eq!(&continues, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(begun.as_bytes()).await.unwrap();
    process.terminate();
    while TcpStream::connect(&address).await.is_ok() {}
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(process.ended_well());
}
