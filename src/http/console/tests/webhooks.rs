//! Webhooks at the console.

use super::Desk;
use crate::http::testing::app;
use crate::store::events::kinds::Kinds;
use crate::store::members::Role;
use crate::store::webhooks::deliveries::{self, Attempt, Delivery, Sent, State};
use crate::store::webhooks::{self, Endpoint, NewEndpoint};
use crate::store::{EventId, WebhookEndpointId, Window, organizations, testing};
use chrono::TimeDelta;

const LIST: &str = "/console/webhooks";

/// An endpoint of all events at this address.
fn made(desk: &Desk, url: &str) -> Endpoint {
    let (events, url) = (Kinds::default(), url.to_owned());
    let new = NewEndpoint { organization_id: None, url, description: None, events };
    let master = &desk.world.state.master;
    desk.world.store().system(|tx| webhooks::create(tx, master, new, None)).0
}

/// A delivery that was answered with this status.
fn answered(desk: &Desk, to: &Endpoint, status: u16) -> Delivery {
    let at = desk.world.store().clock().now();
    let attempt = Attempt { at, status: Some(status), error: None, millis: 42 };
    let sent = Sent { attempt, answer: (status >= 300).then(|| "<b>Not now</b>".to_owned()) };
    let message = (EventId::new(), r#"{"type":"test"}"#.to_owned());
    let master = &desk.world.state.master;
    desk.world.store().system(|tx| deliveries::tested(tx, master, &to.id, message, &sent))
}

/// An endpoint where nobody listens, and what came of telling it.
pub(super) fn told(desk: &Desk) -> (Endpoint, Delivery) {
    let endpoint = made(desk, "http://localhost:1/hooks");
    let delivery = answered(desk, &endpoint, 503);
    (endpoint, delivery)
}

fn all(desk: &Desk) -> Vec<Endpoint> {
    let page = |db: &mut crate::store::Db| webhooks::page(db, &Window::default(), None);
    desk.world.store().read_now(page).unwrap().data
}

fn now(desk: &Desk, id: &WebhookEndpointId) -> Endpoint {
    desk.world.store().read_now(|db| webhooks::find(db, id)).unwrap()
}

fn at(endpoint: &Endpoint, page: &str) -> String {
    format!("{LIST}/{}{page}", endpoint.id)
}

/// A secret that is shown once, as a page shows it.
fn shown(page: &str) -> String {
    page.split("<code>").nth(1).unwrap_or_default().split('<').next().unwrap().to_owned()
}

#[actix_web::test]
async fn an_endpoint_is_made_for_some_events_and_its_secret_shown_once() {
    let desk = Desk::signed_in(Role::Developer).await;
    assert!(desk.get(LIST).await.body.contains("There is none yet"));
    let of = desk.world.store().system(|tx| organizations::create(tx, testing::globex())).id;
    let form = [
        ("url", "https://app.example/hooks?a=1&b=2"),
        ("description", "CRM"),
        ("noun.user", "1"),
        ("events", "sign_in.failed, group.renamed"),
        ("organization_id", of.as_str()),
    ];
    let made = desk.post(LIST, &form).await;
    let secret = shown(&made.body);
    assert!(secret.starts_with("whsec_"), "{}", made.body);
    let endpoint = all(&desk).remove(0);
    assert_eq!(endpoint.events.words(), ["user.*", "sign_in.failed", "group.renamed"]);
    assert_eq!(endpoint.organization_id, Some(of));
    assert!(!desk.get(&at(&endpoint, "")).await.body.contains(&secret), "it is shown again");
    let page = desk.get(LIST).await.body;
    for part in ["a=1&#38;b=2", ">CRM<", "user.*, sign_in.failed", ">Globex<", ">On<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let events = desk.world.store().kinds(endpoint.organization_id.as_ref());
    assert!(events.contains(&"webhook_endpoint.created".to_owned()), "{events:?}");
}

#[actix_web::test]
async fn an_endpoint_that_cannot_be_is_told_beside_its_field_and_what_was_typed_stays() {
    let desk = Desk::signed_in(Role::Admin).await;
    let form = [("url", "http://app.example"), ("noun.group", "1")];
    let refused = desk.post(LIST, &form).await;
    assert_eq!(refused.status, 422);
    for part in
        ["href=\"#url\"", "value=\"http://app.example\"", "name=\"noun.group\" value=\"1\" checked"]
    {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let form = [("url", "https://app.example"), ("events", "user.created user.fell")];
    let refused = desk.post(LIST, &form).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#events\""));
    assert!(refused.body.contains("There is no event user.fell"), "{}", refused.body);
    let form = [("url", "https://app.example"), ("organization_id", "org_x")];
    let refused = desk.post(LIST, &form).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#organization_id\""));
    assert!(all(&desk).is_empty());
}

#[actix_web::test]
async fn there_are_not_more_endpoints_than_the_settings_say() {
    let mut desk = Desk::new(&[("limits.webhook_endpoints", "1")], Role::Owner);
    desk.sign_in(super::PASSWORD).await;
    let form = [("url", "https://app.example/hooks")];
    assert_eq!(desk.post(LIST, &form).await.status, 200);
    let refused = desk.post(LIST, &form).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("There are 1 webhook endpoints"), "{}", refused.body);
    assert_eq!(all(&desk).len(), 1);
}

#[actix_web::test]
async fn the_settings_of_an_endpoint_are_changed() {
    let desk = Desk::signed_in(Role::Developer).await;
    let endpoint = made(&desk, "https://app.example/hooks");
    let uri = at(&endpoint, "/settings");
    let form =
        [("url", "https://app.example/new"), ("noun.user", "1"), ("events", "mapping.created")];
    assert_eq!(desk.post(&uri, &form).await.status, 303);
    let changed = now(&desk, &endpoint.id);
    assert_eq!(changed.url, "https://app.example/new");
    assert_eq!(changed.events.words(), ["user.*", "mapping.created"]);
    let page = desk.get(&uri).await.body;
    for part in ["name=\"noun.user\" value=\"1\" checked", "value=\"mapping.created\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let refused = desk.post(&uri, &[("url", "")]).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#url\""));
}

#[actix_web::test]
async fn an_endpoint_gets_another_secret_and_the_one_before_signs_for_a_day_or_not_at_all() {
    let desk = Desk::signed_in(Role::Developer).await;
    let endpoint = made(&desk, "https://app.example/hooks");
    let uri = at(&endpoint, "/rotate");
    let page = desk.get(&uri).await.body;
    assert!(page.contains("For 24 hours") && page.contains("name=\"at_once\""), "{page}");
    assert_eq!(now(&desk, &endpoint.id).secret, endpoint.secret, "reading changes nothing");
    let rotated = desk.post(&uri, &[]).await.body;
    assert!(shown(&rotated).starts_with("whsec_"), "{rotated}");
    assert!(rotated.contains("The secret before signs until"), "{rotated}");
    let later = now(&desk, &endpoint.id);
    let lasts = later.previous_until.unwrap().since(desk.world.store().clock().now());
    assert_eq!((lasts + TimeDelta::minutes(1)).num_hours(), 24);
    let rotated = desk.post(&uri, &[("at_once", "1")]).await.body;
    assert!(!rotated.contains("The secret before signs until"), "{rotated}");
    assert!(now(&desk, &endpoint.id).previous_secret.is_none());
}

#[actix_web::test]
async fn an_endpoint_is_turned_off_and_on_and_deleted_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Developer).await;
    let endpoint = made(&desk, "https://app.example/hooks");
    let turn = at(&endpoint, "/turn");
    assert!(desk.get(&turn).await.body.contains("Turn this endpoint off?"));
    assert_eq!(desk.post(&turn, &[("to", "off")]).await.status, 303);
    assert!(now(&desk, &endpoint.id).disabled_at.is_some());
    assert!(desk.get(&at(&endpoint, "")).await.body.contains("Somebody turned it off"));
    assert_eq!(desk.post(&turn, &[("to", "on")]).await.status, 303);
    assert!(now(&desk, &endpoint.id).disabled_at.is_none());
    let uri = at(&endpoint, "/delete");
    let page = desk.get(&uri).await.body;
    let (cancel, delete) = (page.find(">Cancel<"), page.find("<button class=\"btn dan\">"));
    assert!(cancel.is_some() && cancel < delete, "the safe choice comes first");
    assert_eq!(desk.post(&uri, &[]).await.status, 303);
    assert_eq!(desk.get(&uri).await.status, 404);
}

#[actix_web::test]
async fn a_test_event_is_sent_and_its_page_shows_request_answer_and_attempts() {
    let desk = Desk::signed_in(Role::Developer).await;
    let endpoint = made(&desk, &app(&["503 Service Unavailable", "200 OK"]));
    let sent = desk.post(&at(&endpoint, "/test"), &[]).await;
    assert_eq!(sent.status, 303);
    let uri = sent.header("location").to_owned();
    let page = desk.get(&uri).await.body;
    for part in [">Failed<", ">503<", "why not", "&#34;type&#34;:&#34;test&#34;", "webhook-id"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(desk.post(&format!("{uri}/again"), &[]).await.status, 303);
    let page = desk.get(&uri).await.body;
    for part in [">Delivered<", ">503<", ">200<", ">Taken<", ">Not taken<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn deliveries_are_found_by_how_far_they_are_and_only_with_their_endpoint() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let endpoint = made(&desk, "https://app.example/hooks");
    assert!(desk.get(&at(&endpoint, "")).await.body.contains("It was not told of anything yet"));
    let (failed, taken) = (answered(&desk, &endpoint, 503), answered(&desk, &endpoint, 204));
    assert_eq!((failed.state, taken.state), (State::Failed, State::Delivered));
    let page = desk.get(&at(&endpoint, "?state=failed")).await.body;
    assert!(page.contains(failed.id.as_str()) && !page.contains(taken.id.as_str()), "{page}");
    for none in ["?state=retrying", "?state=x"] {
        let page = desk.get(&at(&endpoint, none)).await;
        assert!(page.status == 200 && page.body.contains("No delivery is like this"), "{none}");
    }
    let page = desk.get(&at(&endpoint, &format!("/deliveries/{}", failed.id))).await.body;
    assert!(page.contains("&#60;b&#62;Not now&#60;/b&#62;"), "{page}");
    assert!(!page.contains("/again\""), "a viewer is offered what they may not do");
    let (other, _) = told(&desk);
    let elsewhere = at(&other, &format!("/deliveries/{}", failed.id));
    assert_eq!(desk.get(&elsewhere).await.status, 404);
    let page = desk.get(LIST).await.body;
    assert!(page.contains(">Delivered<") && page.contains(">Failed<"), "{page}");
}
