use super::*;
use crate::store::events::numbering::{self, Done};
use crate::store::{EventId, events as store_events};
use chrono::TimeDelta;

impl Api {
    /// Does what the job of numbering does.
    pub(super) fn number(&self) {
        let store = &self.world.state.store;
        let number = |tx: &mut crate::store::Tx| {
            assert!(matches!(numbering::number(tx)?, Done::Events(_)));
            numbering::head(tx.db)
        };
        let head = store.write_now(&WriteScope::Own, &Actor::System, number).unwrap();
        store.announce(head);
    }
}

fn subjects(body: &Value) -> Vec<(&str, i64)> {
    let events = body["data"].as_array().unwrap().iter();
    events.map(|e| (e["type"].as_str().unwrap(), e["sequence"].as_i64().unwrap())).collect()
}

#[actix_web::test]
async fn events_are_read_oldest_first_from_a_cursor() {
    let api = Api::new();
    let globex = api.organization("Globex").await;
    api.organization("Initech").await;
    api.number();
    let (_, first) = api.get("events?limit=1&type=organization.*").await;
    assert_eq!(subjects(&first), [("organization.created", 1)]);
    let event = &first["data"][0];
    assert!(event["id"].as_str().unwrap().starts_with("evt_") && event["timestamp"].is_string());
    assert_eq!(
        (&event["data"]["organization_id"], &event["data"]["subject_id"]),
        (&json!(globex), &json!(globex))
    );
    let next = first["next_cursor"].as_str().unwrap();
    let (_, second) = api.get(&format!("events?cursor={next}")).await;
    assert_eq!(subjects(&second), [("organization.created", 1)]);

    // Nothing more, and the cursor goes on all the same.
    let next = second["next_cursor"].as_str().unwrap().to_owned();
    api.ask("PATCH", &format!("organizations/{globex}"), json!({ "name": "G" })).await;
    let (_, none) = api.get(&format!("events?cursor={next}")).await;
    assert_eq!((none["data"].as_array().unwrap().len(), &none["next_cursor"]), (0, &json!(next)));
    api.number();
    let (_, third) = api.get(&format!("events?cursor={next}")).await;
    assert_eq!(subjects(&third), [("organization.updated", 2)]);
}

#[actix_web::test]
async fn the_stream_is_filtered_by_organization_and_type() {
    let mut api = Api::new();
    let globex = api.organization("Globex").await;
    let initech = api.organization("Initech").await;
    let name = |id: &str| format!("organizations/{id}");
    api.ask("PATCH", &name(&globex), json!({ "name": "G" })).await;
    api.ask("PATCH", &name(&initech), json!({ "name": "I" })).await;
    api.number();
    let (_, of_one) = api.get(&format!("events?organization={globex}")).await;
    assert_eq!(subjects(&of_one), [("organization.created", 1), ("organization.updated", 2)]);
    let (_, some) = api.get("events?type=organization.updated,api_key.*").await;
    assert_eq!(subjects(&some).len(), 3);
    // What is filtered out is passed by for good.
    assert_eq!(some["next_cursor"], of_one["next_cursor"]);

    api.key = api.key_with(&[Scope::EventsRead], Some(&initech));
    let (_, own) = api.get("events").await;
    assert_eq!(subjects(&own), [("organization.created", 1), ("organization.updated", 2)]);
    let foreign = api.get(&format!("events?organization={globex}")).await;
    assert_eq!(problem(&foreign), "404 not_found");
}

#[actix_web::test]
async fn what_cannot_be_asked_of_the_stream_is_named() {
    let api = Api::new();
    for (query, told) in [
        ("type=user.exploded", "422 validation_failed /type unknown_event"),
        ("type=user.*,nothing", "422 validation_failed /type/1 unknown_event"),
        ("cursor=evt_1", "422 validation_failed /cursor invalid"),
        ("cursor=-1", "422 validation_failed /cursor invalid"),
        ("cursor=99", "422 validation_failed /cursor invalid"),
        ("wait=31", "422 validation_failed /wait out_of_range"),
        ("wait=x", "422 validation_failed /wait out_of_range"),
        ("count=true", "422 validation_failed /count unknown_field"),
        ("limit=201", "422 validation_failed /limit out_of_range"),
    ] {
        assert_eq!(problem(&api.get(&format!("events?{query}")).await), told, "{query}");
    }
}

#[actix_web::test]
async fn whoever_waits_is_answered_when_something_happens() {
    let api = Api::new();
    api.number();
    let next = api.get("events").await.1["next_cursor"].as_str().unwrap().to_owned();
    let wait = format!("events?wait=30&cursor={next}");
    let began = std::time::Instant::now();
    let (waited, ()) = tokio::join!(api.get(&wait), async {
        api.organization("Globex").await;
        api.number();
    });
    assert_eq!(subjects(&waited.1), [("organization.created", 1)]);
    // Or when the server stops.
    let next = waited.1["next_cursor"].as_str().unwrap();
    let wait = format!("events?wait=30&cursor={next}");
    let close = async { api.world.state.close() };
    let waited = tokio::join!(api.get(&wait), close).0;
    assert_eq!(
        (waited.0, &waited.1["data"], &waited.1["next_cursor"]),
        (200, &json!([]), &json!(next))
    );
    assert!(began.elapsed() < std::time::Duration::from_secs(20));
}

#[actix_web::test]
async fn a_cursor_after_which_events_are_gone_is_refused() {
    let api = Api::new();
    api.organization("Globex").await;
    api.number();
    let (_, first) = api.get("events?limit=1").await;
    let next = first["next_cursor"].as_str().unwrap();
    // Events are as old as their IDs say.
    let store = &api.world.state.store;
    store.clock().advance(TimeDelta::days(31));
    api.organization("Initech").await;
    api.number();
    let told = api.get(&format!("events?cursor={next}")).await;
    assert_eq!(problem(&told), "422 validation_failed /cursor cursor_expired");
    assert!(told.1["detail"].as_str().unwrap().contains("state"), "{told:?}");
    // Without one the stream begins where it is kept; here all IDs are of today.
    let (status, body) = api.get("events").await;
    assert_eq!((status, &body["data"]), (200, &json!([])));
    let last: EventId = first["data"][0]["id"].as_str().unwrap().parse().unwrap();
    let kept = store.read_now(|db| {
        let filter = store_events::Filter::default();
        store_events::page(db, &crate::store::Window::default(), &filter)
    });
    assert!(kept.unwrap().data.iter().any(|event| event.id == last));
}
