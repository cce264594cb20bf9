use super::receiver::Receiver;
mod many;

use super::*;
use crate::crypto::{MasterKey, WebhookKey};
use crate::error::Error;
use crate::fetch::{AllowList, Fetcher, Limits};
use crate::jobs::number;
use crate::store::events::{self, kinds::Kinds};
use crate::store::testing::{self, TestStore, refused};
use crate::store::webhooks::deliveries::{self, Delivery, Filter, State};
use crate::store::webhooks::{Because, EndpointPatch, NewEndpoint};
use crate::store::{EventId, OrganizationId, Window};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Mutex;

/// A gateway's jobs, on a database of their own.
struct Post {
    store: TestStore,
    deliverer: Arc<Deliverer>,
    stop: watch::Sender<bool>,
}

impl Post {
    fn new() -> Self {
        Self::allowing(&["localhost"])
    }

    fn allowing(allowed: &[&str]) -> Self {
        let store = testing::store();
        let master = MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap();
        let limits = Limits { time: Duration::from_secs(1), size: 512, redirects: 0 };
        let fetcher = Fetcher::new(AllowList::parse(allowed).unwrap(), limits).unwrap();
        let sender = Sender { store: store.clone(), fetcher, master };
        let deliverer = Arc::new(Deliverer { sender, metrics: Metrics::new().unwrap() });
        Self { store, deliverer, stop: watch::Sender::new(false) }
    }

    fn endpoint(&self, url: &str, events: &[&str]) -> (Endpoint, String) {
        let events: Vec<String> = events.iter().map(|word| (*word).to_owned()).collect();
        let new = NewEndpoint {
            organization_id: None,
            url: url.to_owned(),
            description: None,
            events: Kinds::parse(&events, "/events").unwrap(),
        };
        let master = &self.deliverer.sender.master;
        let (endpoint, secret) = self.store.system(|tx| webhooks::create(tx, master, new, None));
        (endpoint, secret.reveal().to_owned())
    }

    fn append(&self, organization: &OrganizationId, kind: &'static str, subject: &str) {
        self.store.system(|tx| events::append(tx, Some(organization), kind, subject, json!({})));
    }

    /// Numbers what there is and tells what is due, until nothing is.
    async fn deliver(&self) {
        number::round(&self.store).await.unwrap();
        self.tell_all().await;
    }

    async fn tell_all(&self) {
        let (mut under_way, stop) = (UnderWay::default(), self.stop.subscribe());
        begin(&self.deliverer, &mut under_way, &stop).await.unwrap();
        while let Some(ended) = under_way.tasks.join_next().await {
            under_way.note(ended);
            begin(&self.deliverer, &mut under_way, &stop).await.unwrap();
        }
    }

    fn advance(&self, delta: TimeDelta) {
        self.store.clock().advance(delta);
    }

    /// Moves the clock to when something is told next; false: nothing waits.
    fn wait(&self, endpoint: &WebhookEndpointId) -> bool {
        let next = self.store.read_now(|db| lanes::next_try(db, endpoint)).unwrap();
        let now = self.store.clock().now();
        self.advance(next.map_or(TimeDelta::zero(), |next| next.since(now)));
        next.is_some()
    }

    fn deliveries(&self) -> Vec<Delivery> {
        let window = Window { limit: 200, before: None };
        self.store.read_now(|db| deliveries::page(db, &window, &Filter::default())).unwrap().data
    }

    fn found(&self, endpoint: &Endpoint) -> Endpoint {
        self.store.read_now(|db| webhooks::find(db, &endpoint.id)).unwrap()
    }

    /// How often an event of this kind happened.
    fn count(&self, kind: &str) -> usize {
        let kinds = self.store.kinds(None);
        kinds.iter().filter(|found| *found == kind).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_arrives_signed_with_its_id_as_the_stream_has_it() {
    let (post, app) = (Post::new(), Receiver::willing());
    let (_, secret) = post.endpoint(&app.url, &["user.*"]);
    let globex = OrganizationId::new();
    post.append(&globex, "user.created", "usr_1");
    post.append(&globex, "group.created", "grp_1");
    post.append(&globex, "user.updated", "usr_1");
    post.deliver().await;
    let told = app.rest();
    assert_eq!(told.len(), 2, "{told:?}");
    let first = &told[0];
    let body = first.json();
    assert_eq!((&body["type"], &body["sequence"]), (&json!("user.created"), &json!(1)));
    assert_eq!(body["id"], first.id());
    assert_eq!(body["data"]["organization_id"], globex.as_str());
    assert_eq!(told[1].json()["sequence"], 3);
    let (path, kind) = (first.path.as_str(), first.headers["content-type"].as_str());
    assert_eq!((path, kind), ("/hooks", "application/json"));
    let time = first.headers["webhook-timestamp"].parse().unwrap();
    let key = WebhookKey::parse(&secret).unwrap();
    let header = &first.headers["webhook-signature"];
    assert!(key.verify(first.id(), time, &first.body, header).unwrap());
    let deliveries = post.deliveries();
    assert!(deliveries.iter().all(|row| row.state == State::Delivered));
    assert_eq!(deliveries[0].attempts[0].status, Some(200));
    // Nothing is told twice.
    post.advance(TimeDelta::days(2));
    post.deliver().await;
    assert!(app.rest().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_secret_is_rotated_both_sign_and_then_only_the_new_one() {
    let (post, app) = (Post::new(), Receiver::willing());
    let (endpoint, old) = post.endpoint(&app.url, &[]);
    let master = post.deliverer.sender.master.clone();
    let overlap = TimeDelta::hours(1);
    let (_, new) = post.store.system(|tx| webhooks::rotate(tx, &master, &endpoint.id, overlap));
    let signed = |post: &Post| {
        post.append(&OrganizationId::new(), "user.created", "usr_1");
        app.rest();
    };
    let by = |message: &super::receiver::Message, secret: &str| {
        let time = message.headers["webhook-timestamp"].parse().unwrap();
        let key = WebhookKey::parse(secret).unwrap();
        let header = &message.headers["webhook-signature"];
        key.verify(message.id(), time, &message.body, header).unwrap()
    };
    signed(&post);
    post.deliver().await;
    let both = app.next();
    assert!(by(&both, &old) && by(&both, new.reveal()));
    assert_eq!(both.headers["webhook-signature"].split(' ').count(), 2);
    post.advance(overlap);
    signed(&post);
    post.deliver().await;
    let one = app.next();
    assert!(!by(&one, &old) && by(&one, new.reveal()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_holds_its_organization_and_nobody_else() {
    let post = Post::new();
    let app = Receiver::new(|message| {
        let is_bad = message.json()["data"]["subject_id"] == "bad";
        if is_bad { "503 Busy".to_owned() } else { "204 No Content".to_owned() }
    });
    let (endpoint, _) = post.endpoint(&app.url, &["user.*"]);
    let (one, two) = (OrganizationId::new(), OrganizationId::new());
    for subject in ["good", "bad", "behind"] {
        post.append(&one, "user.created", subject);
    }
    post.append(&two, "user.created", "elsewhere");
    post.deliver().await;
    let subjects = |messages: Vec<super::receiver::Message>| {
        let subject =
            |message: super::receiver::Message| message.json()["data"]["subject_id"].clone();
        let mut all: Vec<_> = messages.into_iter().map(subject).collect();
        all.sort_by_key(ToString::to_string);
        all
    };
    assert_eq!(subjects(app.rest()), ["bad", "elsewhere", "good"]);
    // Ten attempts in all, then it goes on.
    let mut attempts = 1;
    while post.wait(&endpoint.id) {
        post.deliver().await;
        let told = subjects(app.rest());
        attempts += told.iter().filter(|subject| *subject == "bad").count();
        if attempts == 10 {
            assert_eq!(told, ["bad", "behind"]);
            break;
        }
        assert_eq!(told, ["bad"]);
        assert!(post.found(&endpoint).failing_since.is_some());
    }
    assert_eq!(attempts, 10);
    assert!(!post.wait(&endpoint.id), "something waits");
    let failed: Vec<_> =
        post.deliveries().into_iter().filter(|row| row.state == State::Failed).collect();
    assert_eq!((failed.len(), failed[0].attempts.len()), (1, 10));
    let answer = failed[0].answer(&post.deliverer.sender.master).unwrap();
    assert_eq!(answer.as_deref(), Some("no"));
    assert_eq!(post.count("webhook_delivery.abandoned"), 1);
    assert!(post.found(&endpoint).failing_since.is_none(), "it took something since");
    let told = post.deliverer.metrics.render().unwrap();
    assert!(told.contains(r#"webhooks_total{outcome="given_up"} 1"#), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_five_days_is_switched_off_with_an_event() {
    let post = Post::new();
    let works = Arc::new(Mutex::new(false));
    let app = Receiver::new({
        let works = works.clone();
        move |_| if *works.lock().unwrap() { "200 OK" } else { "500 No" }.to_owned()
    });
    let (endpoint, _) = post.endpoint(&app.url, &[]);
    let watcher = Receiver::willing();
    post.endpoint(&watcher.url, &["webhook_endpoint.disabled"]);
    let globex = OrganizationId::new();
    post.append(&globex, "user.created", "usr_1");
    post.append(&globex, "user.created", "usr_2");
    let began = post.store.clock().now();
    post.deliver().await;
    while post.found(&endpoint).disabled_at.is_none() {
        assert!(post.wait(&endpoint.id));
        post.deliver().await;
    }
    assert!(post.store.clock().now().since(began) >= TimeDelta::days(5));
    assert_eq!(post.found(&endpoint).disabled_because, Some(Because::Failing));
    assert_eq!(post.count("webhook_endpoint.disabled"), 1);
    post.deliver().await;
    assert_eq!(watcher.next().kind(), "webhook_endpoint.disabled");
    // Off it is told nothing; on again it goes on where it stopped, without what was given up.
    app.rest();
    post.append(&globex, "user.created", "usr_3");
    post.advance(TimeDelta::days(1));
    post.deliver().await;
    assert!(app.rest().is_empty());
    *works.lock().unwrap() = true;
    let on = EndpointPatch { enabled: Some(true), ..EndpointPatch::default() };
    post.store.system(|tx| webhooks::change(tx, &endpoint.id, on));
    post.deliver().await;
    let users = app.rest().into_iter().filter(|message| message.kind() == "user.created");
    let subjects: Vec<_> =
        users.map(|message| message.json()["data"]["subject_id"].clone()).collect();
    assert_eq!(subjects, ["usr_2", "usr_3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_says_it_is_gone_is_switched_off_at_once() {
    let (post, app) = (Post::new(), Receiver::new(|_| "410 Gone".to_owned()));
    let (endpoint, _) = post.endpoint(&app.url, &["user.*"]);
    post.append(&OrganizationId::new(), "user.created", "usr_1");
    post.deliver().await;
    assert_eq!(post.found(&endpoint).disabled_because, Some(Because::Gone));
    post.advance(TimeDelta::days(1));
    post.deliver().await;
    assert_eq!(app.rest().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_redirect_is_followed() {
    let (post, other) = (Post::new(), Receiver::willing());
    let to = other.url.clone();
    let app = Receiver::new(move |_| format!("307 Elsewhere\r\nLocation: {to}"));
    post.endpoint(&app.url, &["user.*"]);
    post.append(&OrganizationId::new(), "user.created", "usr_1");
    post.deliver().await;
    assert_eq!(app.rest().len(), 1);
    assert!(other.rest().is_empty());
    let delivery = post.deliveries().remove(0);
    assert_eq!((delivery.state, delivery.attempts[0].status), (State::Retrying, Some(307)));
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_refused_after_dns() {
    let (post, app) = (Post::allowing(&[]), Receiver::willing());
    for url in [app.url.clone(), app.url.replace("localhost", "127.0.0.1")] {
        let (endpoint, _) = post.endpoint(&url, &["user.*"]);
        post.append(&OrganizationId::new(), "user.created", "usr_1");
        post.deliver().await;
        let mut theirs = post.deliveries().into_iter().filter(|it| it.endpoint_id == endpoint.id);
        let delivery = theirs.next().unwrap();
        assert_eq!(delivery.state, State::Retrying);
        let why = delivery.attempts[0].error.clone().unwrap();
        assert!(why.contains("private network"), "{why}");
    }
    assert!(app.rest().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_answer_in_time_is_told_again() {
    let post = Post::new();
    let slow = Arc::new(Mutex::new(true));
    let app = Receiver::new({
        let slow = slow.clone();
        move |_| {
            if std::mem::take(&mut *slow.lock().unwrap()) {
                std::thread::sleep(Duration::from_millis(1500));
            }
            "200 OK".to_owned()
        }
    });
    let (endpoint, _) = post.endpoint(&app.url, &["user.*"]);
    post.append(&OrganizationId::new(), "user.created", "usr_1");
    post.deliver().await;
    let delivery = post.deliveries().remove(0);
    assert_eq!(delivery.state, State::Retrying);
    assert_eq!(delivery.attempts[0].error.as_deref(), Some("it did not answer in time"));
    assert!(post.wait(&endpoint.id));
    post.deliver().await;
    let (first, second) = (app.next(), app.next());
    assert_eq!((first.id(), first.body.as_str()), (second.id(), second.body.as_str()));
    assert!(first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]);
    assert_eq!(post.deliveries().remove(0).state, State::Delivered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_event_is_sent_at_once_and_any_delivery_can_be_sent_again() {
    let post = Post::new();
    let works = Arc::new(Mutex::new(false));
    let app = Receiver::new({
        let works = works.clone();
        move |_| if *works.lock().unwrap() { "200 OK" } else { "500 No" }.to_owned()
    });
    let (endpoint, _) = post.endpoint(&app.url, &["user.*"]);
    let sender = &post.deliverer.sender;
    let event = EventId::new();
    let body = EventView::test(&event, &endpoint, post.store.clock().now()).to_body().unwrap();
    let id = endpoint.id.clone();
    let message = (event.clone(), body.clone());
    let failed = sender.test(Actor::System, id, message).await.unwrap();
    assert_eq!((failed.state, failed.kind.as_str()), (State::Failed, "test"));
    let first = app.next();
    assert_eq!((first.id(), first.kind().as_str()), (event.as_str(), "test"));
    assert_eq!(first.json()["sequence"], serde_json::Value::Null);
    *works.lock().unwrap() = true;
    let again = sender.again(Actor::System, failed.id.clone(), body).await.unwrap();
    assert_eq!((again.state, again.attempts.len()), (State::Delivered, 2));
    assert_eq!(app.next().id(), first.id());
    // An event that is gone cannot be told again.
    let gone = post.store.read_now(|db| deliveries::event(db, &again).map(drop));
    assert_eq!(refused(gone), "event_gone");
    let nobody = sender.again(Actor::System, crate::store::DeliveryId::new(), String::new()).await;
    assert!(matches!(nobody, Err(Error::NotFound { .. })));
}
