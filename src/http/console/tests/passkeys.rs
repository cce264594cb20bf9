//! Passkeys, made and used by a software authenticator that others wrote.

use super::*;
use crate::http::testing;
use crate::store::events;
use crate::store::members::passkeys;
use serde_json::{Value, json};
use webauthn_authenticator_rs::WebauthnAuthenticator;
use webauthn_authenticator_rs::prelude::Url;
use webauthn_authenticator_rs::softpasskey::SoftPasskey;

/// An authenticator with one passkey.
struct Device {
    authenticator: WebauthnAuthenticator<SoftPasskey>,
    /// Where its browser is.
    origin: Url,
    credential: Value,
    user: Value,
}

/// What a page asks the browser: the token that goes along, and the options.
fn question(page: &str) -> (String, Value) {
    let part = |before: &str| {
        let rest = page.split_once(before).unwrap_or_else(|| panic!("no {before} in {page}")).1;
        let text = rest.split('"').next().unwrap();
        [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
            .iter()
            .fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
    };
    let options = serde_json::from_str(&part("data-options=\"")).unwrap();
    (part("name=\"ceremony\" value=\""), options)
}

impl Device {
    fn new(desk: &Desk) -> Self {
        Self {
            authenticator: WebauthnAuthenticator::new(SoftPasskey::new(true)),
            origin: Url::parse(desk.world.state.config.public_url.as_str()).unwrap(),
            credential: Value::Null,
            user: Value::Null,
        }
    }

    /// Makes a passkey. This authenticator keeps none by itself, so it is told of which it has.
    fn make(&mut self, mut options: Value) -> String {
        self.user = options["user"]["id"].clone();
        let choice = &mut options["authenticatorSelection"];
        assert_eq!(choice["residentKey"], "required");
        assert_eq!(choice["userVerification"], "required");
        choice["residentKey"] = json!("discouraged");
        choice["requireResidentKey"] = json!(false);
        let asked = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let made = self.authenticator.do_registration(self.origin.clone(), asked).unwrap();
        let made = serde_json::to_value(made).unwrap();
        self.credential = made["rawId"].clone();
        made.to_string()
    }

    fn answer(&mut self, mut options: Value) -> String {
        assert_eq!(
            options["allowCredentials"],
            json!([]),
            "the page names whose passkeys it knows"
        );
        assert_eq!(options["userVerification"], "required");
        options["allowCredentials"] = json!([{ "type": "public-key", "id": self.credential }]);
        let asked = serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let given = self.authenticator.do_authentication(self.origin.clone(), asked).unwrap();
        let mut given = serde_json::to_value(given).unwrap();
        given["response"]["userHandle"] = self.user.clone();
        given.to_string()
    }
}

/// Begins to add a passkey by the pages.
async fn begin(desk: &Desk) -> (String, Value) {
    let fields = [("name", "Laptop"), ("password", PASSWORD)];
    let page = desk.post("/console/account/passkeys/new", &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    question(&page.body)
}

async fn add(desk: &Desk) -> Device {
    let mut device = Device::new(desk);
    let (token, options) = begin(desk).await;
    let made = device.make(options);
    let added = finish(desk, &token, &made).await;
    assert_eq!((added.status, added.header("location")), (303, "/console/account"));
    device
}

async fn finish(desk: &Desk, token: &str, made: &str) -> Answer {
    desk.post("/console/account/passkeys", &[("ceremony", token), ("credential", made)]).await
}

/// A question for signing in.
async fn asked(desk: &Desk) -> (String, Value) {
    let page = desk.call("POST", "/console/login/passkey", &[("next", "/console/users")]).await;
    assert_eq!(page.status, 200);
    question(&page.body)
}

async fn give(desk: &Desk, token: &str, answer: &str) -> Answer {
    let fields = [("ceremony", token), ("credential", answer), ("next", "/console/users")];
    desk.call("POST", "/console/login/passkey/answer", &fields).await
}

fn there(desk: &Desk) -> Vec<passkeys::Passkey> {
    desk.world.store().read_now(|db| passkeys::list(db, &desk.member.id)).unwrap()
}

fn told(desk: &Desk, kind: &str) -> usize {
    let filter = events::Filter { kind: Some(kind.to_owned()), ..events::Filter::default() };
    desk.world
        .store()
        .read_now(|db| events::page(db, &Window::default(), &filter))
        .unwrap()
        .data
        .len()
}

#[actix_web::test]
async fn a_passkey_lets_in_without_password_and_second_step() {
    let mut desk = Desk::signed_in(Role::Developer).await;
    let mut device = add(&desk).await;
    account::set_up(&desk).await;
    let page = desk.get("/console/account").await.body;
    assert!(page.contains("Laptop") && page.contains("Never"), "{page}");
    desk.cookie = None;
    let (token, options) = asked(&desk).await;
    let done = give(&desk, &token, &device.answer(options)).await;
    assert_eq!((done.status, done.header("location")), (303, "/console/users"));
    desk.take_cookie(&done);
    assert!(desk.is_in().await);
    assert!(there(&desk)[0].last_used_at.is_some());
    let filter =
        events::Filter { kind: Some("member.signed_in".to_owned()), ..events::Filter::default() };
    let store = desk.world.store();
    let last = store.read_now(|db| events::page(db, &Window::default(), &filter)).unwrap().data;
    assert_eq!(last[0].data["by"], "passkey");
}

#[actix_web::test]
async fn a_question_is_answered_once_and_in_time() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let mut device = add(&desk).await;
    desk.cookie = None;
    let (token, options) = asked(&desk).await;
    let answer = device.answer(options);
    assert_eq!(give(&desk, &token, &answer).await.status, 303);
    assert_eq!(give(&desk, &token, &answer).await.status, 422, "the same answer again");
    let (other, _) = asked(&desk).await;
    assert_eq!(give(&desk, &other, &answer).await.status, 422, "the answer to another question");
    let (token, options) = asked(&desk).await;
    let answer = device.answer(options);
    assert_eq!(give(&desk, &token, "nonsense").await.status, 422);
    assert_eq!(give(&desk, &token, &answer).await.status, 422, "nonsense has used it up");
    let (token, options) = asked(&desk).await;
    let answer = device.answer(options);
    desk.world.store().clock().advance(TimeDelta::minutes(5));
    assert_eq!(give(&desk, &token, &answer).await.status, 422, "too late");
}

#[actix_web::test]
async fn an_answer_of_another_site_or_for_somebody_else_is_refused() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let mut device = add(&desk).await;
    desk.cookie = None;
    let own = std::mem::replace(&mut device.origin, Url::parse("http://localhost:1").unwrap());
    let (token, options) = asked(&desk).await;
    let answer = device.answer(options);
    assert_eq!(give(&desk, &token, &answer).await.status, 422, "another site");
    device.origin = own;
    device.user = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let (token, options) = asked(&desk).await;
    let answer = device.answer(options);
    assert_eq!(give(&desk, &token, &answer).await.status, 422, "somebody else");
    let mut stranger = Device::new(&desk);
    let mut made = question_of_nobody();
    made["rp"]["id"] = json!("localhost");
    stranger.make(made);
    let (token, options) = asked(&desk).await;
    let answer = stranger.answer(options);
    assert_eq!(give(&desk, &token, &answer).await.status, 422, "a passkey that nobody added");
}

/// Options of no page, for an authenticator that nobody knows.
fn question_of_nobody() -> Value {
    json!({
        "rp": { "id": "localhost", "name": "x" },
        "user": { "id": "AAAA", "name": "x", "displayName": "x" },
        "challenge": "AAAAAAAAAAAAAAAAAAAAAA",
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required"
        },
    })
}

#[actix_web::test]
async fn a_passkey_whose_counter_does_not_go_on_is_refused_and_told() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let mut device = add(&desk).await;
    desk.cookie = None;
    let ((first, one), (second, two)) = (asked(&desk).await, asked(&desk).await);
    let (earlier, later) = (device.answer(one), device.answer(two));
    assert_eq!(give(&desk, &second, &later).await.status, 303);
    assert_eq!(give(&desk, &first, &earlier).await.status, 422);
    assert_eq!(told(&desk, "member.passkey.copied"), 1);
}

#[actix_web::test]
async fn a_passkey_is_added_by_whom_it_was_asked_of_once() {
    let desk = Desk::signed_in(Role::Owner).await;
    for fields in [&[("name", "Laptop")][..], &[("name", "Laptop"), ("password", "wrong one")]] {
        let refused = desk.post("/console/account/passkeys/new", fields).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.body.contains("value=\"Laptop\"") && !refused.body.contains("data-options")
        );
    }
    let nameless = desk.post("/console/account/passkeys/new", &[("password", PASSWORD)]).await;
    assert!(nameless.status == 422 && nameless.body.contains("href=\"#name\""));
    let (token, options) = begin(&desk).await;
    let made = Device::new(&desk).make(options);
    assert_eq!(finish(&desk, &token, "{}").await.status, 422);
    assert_eq!(finish(&desk, &token, &made).await.status, 422, "the question was used up");
    // Somebody else's question.
    let other = desk.other(Role::Owner);
    let party = desk.world.state.passkeys().unwrap();
    let store = desk.world.store();
    let theirs = store.system(|tx| passkeys::propose(tx, &party, &other.id, "Key"));
    let made = Device::new(&desk).make(serde_json::from_str(&theirs.options).unwrap());
    assert_eq!(finish(&desk, theirs.token.reveal(), &made).await.status, 422);
    assert!(there(&desk).is_empty());
    let (token, options) = begin(&desk).await;
    assert_eq!(options["excludeCredentials"], json!([]));
    let made = Device::new(&desk).make(options);
    assert_eq!(finish(&desk, &token, &made).await.status, 303);
    assert_eq!(finish(&desk, &token, &made).await.status, 422);
    assert_eq!((there(&desk).len(), told(&desk, "member.passkey.added")), (1, 1));
    assert_eq!(begin(&desk).await.1["excludeCredentials"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn removal_asks_for_the_password_and_a_reset_takes_passkeys_away() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let mut device = add(&desk).await;
    let path = format!("/console/account/passkeys/{}/remove", there(&desk)[0].id);
    assert_eq!(desk.get(&path).await.status, 200);
    assert_eq!(desk.post(&path, &[("password", "wrong one")]).await.status, 422);
    assert_eq!(desk.post(&path, &[("password", PASSWORD)]).await.status, 303);
    assert!(there(&desk).is_empty());
    let other = desk.other(Role::Owner);
    let store = desk.world.store();
    let theirs = store.system(|tx| passkeys::planted(tx, &other.id));
    let path = format!("/console/account/passkeys/{}/remove", theirs.id);
    assert_eq!(desk.post(&path, &[("password", PASSWORD)]).await.status, 404);
    store.system(|tx| members::reset_password(tx, &other.id));
    assert!(store.read_now(|db| passkeys::list(db, &other.id)).unwrap().is_empty());
    desk.cookie = None;
    let (token, options) = asked(&desk).await;
    let answer = device.answer(options);
    assert_eq!(give(&desk, &token, &answer).await.status, 422, "it was removed");
}

#[actix_web::test]
async fn where_the_host_is_a_number_passkeys_are_not_offered() {
    let world = testing::world(&[("mode", "development"), ("public_url", "http://127.0.0.1:8080")]);
    let desk = Desk { world, ..Desk::new(&[], Role::Owner) };
    assert!(!desk.get("/console/login").await.body.contains("passkey"));
    let answer = desk.call("POST", "/console/login/passkey", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/login"));
    let desk = Desk::new(&[], Role::Owner);
    assert!(desk.get("/console/login").await.body.contains("/console/login/passkey"));
}
