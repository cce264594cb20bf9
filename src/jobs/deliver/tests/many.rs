//! Many events, several instances, and an app that does not always take them.

use super::*;
use crate::crypto;
use std::collections::{BTreeMap, HashMap, HashSet};

#[tokio::test(flavor = "multi_thread")]
async fn several_instances_deliver_each_event_once_and_in_order() {
    const EACH: usize = 40;
    let (post, app) = (Post::new(), Receiver::willing());
    post.endpoint(&app.url, &["user.*"]);
    let organizations: Vec<_> = (0..12).map(|_| OrganizationId::new()).collect();
    let (stop, stopped) = watch::channel(false);
    let jobs: Vec<_> = (0..3)
        .map(|_| {
            let deliverer = Deliverer {
                sender: post.deliverer.sender.clone(),
                metrics: post.deliverer.metrics.clone(),
            };
            tokio::spawn(run(deliverer, stopped.clone()))
        })
        .chain([tokio::spawn(number::run((*post.store).clone(), stopped.clone()))])
        .collect();
    for _ in 0..EACH {
        for organization in &organizations {
            post.append(organization, "user.created", "usr_1");
        }
    }
    let mut told: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for _ in 0..EACH * organizations.len() {
        let body = app.next().json();
        let organization = body["data"]["organization_id"].as_str().unwrap().to_owned();
        told.entry(organization).or_default().push(body["sequence"].as_i64().unwrap());
    }
    stop.send(true).unwrap();
    for job in jobs {
        job.await.unwrap();
    }
    assert!(app.rest().is_empty(), "an event is told twice");
    let all: Vec<i64> = (1..=i64::try_from(EACH).unwrap()).collect();
    assert!(told.len() == organizations.len() && told.values().all(|one| one == &all));
}

/// Tells so many events of so many organizations to an app that refuses half of what it is told, by two instances.
async fn half(organizations: usize, each: usize) {
    let post = Post::new();
    let seen: Arc<Mutex<HashMap<String, Vec<i64>>>> = Arc::default();
    let vain: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let (keep, ids) = (seen.clone(), Arc::new(Mutex::new(HashSet::new())));
    let app = Receiver::new(move |message| {
        let [chance] = crypto::random::<1>();
        let id = message.id().to_owned();
        // Never ten times for one event: then it would be given up, as it should.
        let mut vain = vain.lock().unwrap();
        let failures = vain.entry(id.clone()).or_default();
        let is_refused = chance & 1 == 1 && *failures < 7;
        *failures += usize::from(is_refused);
        // Of those refused half were taken all the same.
        if (!is_refused || chance & 2 == 2) && ids.lock().unwrap().insert(id) {
            let body = message.json();
            let organization = body["data"]["organization_id"].as_str().unwrap().to_owned();
            let sequence = body["sequence"].as_i64().unwrap();
            keep.lock().unwrap().entry(organization).or_default().push(sequence);
        }
        if is_refused { "500 No".to_owned() } else { "200 OK".to_owned() }
    });
    let (endpoint, _) = post.endpoint(&app.url, &["user.*"]);
    let all: Vec<_> = (0..organizations).map(|_| OrganizationId::new()).collect();
    post.store.system(|tx| {
        for _ in 0..each {
            for organization in &all {
                events::append(tx, Some(organization), "user.created", "usr_1", json!({}))?;
            }
        }
        Ok(())
    });
    let began = Instant::now();
    number::round(&post.store).await.unwrap();
    loop {
        tokio::join!(post.tell_all(), post.tell_all());
        if !post.wait(&endpoint.id) {
            break;
        }
    }
    let attempts = app.rest().len();
    eprintln!("{} events in {attempts} attempts: {:?}", organizations * each, began.elapsed());
    let seen = seen.lock().unwrap();
    let right: Vec<i64> = (1..=i64::try_from(each).unwrap()).collect();
    assert!(seen.len() == organizations && seen.values().all(|one| one == &right));
    assert_eq!(post.count("webhook_delivery.abandoned"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_an_app_that_fails_half_the_time_each_and_in_order() {
    half(250, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo test --lib fifty_thousand_events -- --ignored --nocapture"]
async fn fifty_thousand_events_reach_an_app_that_fails_half_the_time_each_and_in_order() {
    half(500, 100).await;
}
