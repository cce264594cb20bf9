use super::*;
use chrono::TimeDelta;

const KEY: (&str, &str) = ("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324");

#[actix_web::test]
async fn a_post_that_is_sent_twice_is_done_once() {
    let api = Api::new();
    let body = json!({ "name": "Globex" });
    let first = api.answer("POST", "organizations", Some(body.clone()), &[KEY]).await;
    let second = api.answer("POST", "organizations", Some(body.clone()), &[KEY]).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, ""));
    assert_eq!((second.status, second.header("idempotency-replayed")), (201, "true"));
    assert_eq!(told(&first), told(&second));
    assert_eq!(second.header("content-type"), "application/json");
    assert_eq!(api.get("organizations?count=true").await.1["total"], 1);

    let other = Some(json!({ "name": "Initech" }));
    let reused = api.answer("POST", "organizations", other, &[KEY]).await;
    assert_eq!(problem(&told(&reused)), "422 idempotency_key_reused");

    api.world.state.store.clock().advance(TimeDelta::hours(25));
    let late = api.answer("POST", "organizations", Some(body), &[KEY]).await;
    assert_eq!((late.status, late.header("idempotency-replayed")), (201, ""));
}

#[actix_web::test]
async fn an_idempotency_key_counts_for_one_path_and_one_api_key() {
    let mut api = Api::new();
    let body = Some(json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"] }));
    let app = api.answer("POST", "applications", body, &[KEY]).await;
    assert_eq!(app.status, 201, "{}", app.body);
    let one = api.answer("POST", "organizations", Some(json!({ "name": "Globex" })), &[KEY]).await;
    api.key = api.key_with(&all_scopes(), None);
    let two = api.answer("POST", "organizations", Some(json!({ "name": "Globex" })), &[KEY]).await;
    assert_eq!((one.status, two.status, two.header("idempotency-replayed")), (201, 201, ""));
}

#[actix_web::test]
async fn a_request_that_did_nothing_does_not_use_its_key_up() {
    let api = Api::new();
    let wrong = api.answer("POST", "organizations", Some(json!({ "name": "" })), &[KEY]).await;
    assert_eq!(wrong.status, 422);
    let right =
        api.answer("POST", "organizations", Some(json!({ "name": "Globex" })), &[KEY]).await;
    assert_eq!((right.status, right.header("idempotency-replayed")), (201, ""));
}

#[actix_web::test]
async fn a_secret_is_not_replayed_and_the_answer_says_so() {
    let api = Api::new();
    let body = json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"] });
    let first = told(&api.answer("POST", "applications", Some(body.clone()), &[KEY]).await).1;
    let answer = api.answer("POST", "applications", Some(body), &[KEY]).await;
    let secret = first["secret"]["secret"].as_str().unwrap();
    assert!(secret.starts_with("cs_"));
    assert!(!answer.body.contains(secret));
    let second = told(&answer).1;
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["secret"]["secret"], Value::Null);
    assert_eq!(second["secret"]["secret_withheld"], true);
}

#[actix_web::test]
async fn a_repeat_while_the_first_is_running_is_refused() {
    let api = Api::new();
    let request = || api.answer("POST", "organizations", Some(json!({ "name": "Globex" })), &[KEY]);
    let (one, two) = futures_util::future::join(request(), request()).await;
    let mut told = [one.status, two.status];
    told.sort_unstable();
    let replayed =
        [&one, &two].iter().any(|answer| answer.header("idempotency-replayed") == "true");
    assert!(told == [201, 409] || (told == [201, 201] && replayed), "{told:?}");
    assert_eq!(api.get("organizations?count=true").await.1["total"], 1);
}

#[actix_web::test]
async fn without_a_key_of_its_own_nobody_reads_a_kept_answer() {
    let mut api = Api::new();
    let body = Some(json!({ "name": "Globex" }));
    api.answer("POST", "organizations", body.clone(), &[KEY]).await;
    api.with_key("");
    let answer = api.answer("POST", "organizations", body, &[KEY]).await;
    assert_eq!(problem(&told(&answer)), "401 unauthenticated");
}
