use super::*;
use crate::error::Error;
use crate::store::events::feed::{self, Wanted};
use crate::store::events::{Event, append};
use crate::store::testing::{self, TestStore};
use crate::store::{Actor, Scope};
use serde_json::json;
use std::sync::Barrier;
use std::thread;

fn tell(store: &TestStore, organization: Option<&OrganizationId>, subject: &str) {
    store.system(|tx| append(tx, organization, "user.created", subject, json!({})));
}

/// Numbers all there is, as the job does.
fn number_all(store: &TestStore) -> usize {
    let mut count = 0;
    loop {
        match store.write_now(&Scope::Own, &Actor::System, number).unwrap() {
            Done::Events(0) => return count,
            Done::Events(more) => count += more,
            Done::Elsewhere => thread::yield_now(),
        }
    }
}

fn read(store: &TestStore, organization: Option<&OrganizationId>) -> Vec<Event> {
    let wanted = Wanted { organization: organization.cloned(), limit: 10_000, ..Wanted::default() };
    let now = store.clock().now();
    store.read_now(|db| feed::read(db, &wanted, now)).unwrap().events
}

fn sequences(events: &[Event]) -> Vec<i64> {
    events.iter().map(|event| event.sequence.unwrap()).collect()
}

#[test]
fn each_organization_has_its_own_numbers_without_gaps() {
    let store = testing::store();
    let (one, two) = (OrganizationId::new(), OrganizationId::new());
    for round in 0..3 {
        for at in 0..4 {
            tell(&store, Some(&one), &format!("{round}.{at}"));
            tell(&store, if at == 0 { None } else { Some(&two) }, "x");
        }
        assert_eq!(number_all(&store), 8);
    }
    assert_eq!(sequences(&read(&store, Some(&one))), (1..=12).collect::<Vec<_>>());
    assert_eq!(sequences(&read(&store, Some(&two))), (1..=9).collect::<Vec<_>>());
    let all = read(&store, None);
    let places: Vec<i64> = all.iter().map(|event| event.position.unwrap()).collect();
    assert_eq!(places, (1..=24).collect::<Vec<_>>());
    let system: Vec<_> = all.into_iter().filter(|event| event.organization_id.is_none()).collect();
    assert_eq!(sequences(&system), [1, 2, 3]);
    assert_eq!(number_all(&store), 0);
}

#[test]
fn numbers_go_on_when_the_events_before_are_gone() {
    let store = testing::store();
    let one = OrganizationId::new();
    tell(&store, Some(&one), "1");
    number_all(&store);
    store.system(|tx| Ok(diesel::delete(events::table).execute(tx.db)?));
    tell(&store, Some(&one), "2");
    number_all(&store);
    let events = read(&store, Some(&one));
    assert_eq!((events[0].position, events[0].sequence), (Some(2), Some(2)));
}

#[test]
fn an_event_of_a_transaction_that_failed_leaves_no_gap() {
    let store = testing::store();
    let one = OrganizationId::new();
    tell(&store, Some(&one), "1");
    let failed: Result<()> = store.try_system(|tx| {
        append(tx, Some(&one), "user.created", "2", json!({}))?;
        Err(Error::conflict("no", "No."))
    });
    assert!(failed.is_err());
    tell(&store, Some(&one), "3");
    number_all(&store);
    assert_eq!(sequences(&read(&store, Some(&one))), [1, 2]);
}

#[test]
fn what_a_writer_has_not_committed_is_numbered_after_what_others_have() {
    let store = testing::store();
    if store.is_sqlite() {
        // One writer: the second waits for the first.
        return;
    }
    let one = OrganizationId::new();
    let (among, own) = (Scope::Among(one.clone()), Scope::Own);
    store
        .write_now(&among, &Actor::System, |tx| {
            append(tx, Some(&one), "sign_in.succeeded", "first", json!({}))?;
            store.write_now(&among, &Actor::System, |tx| {
                append(tx, Some(&one), "sign_in.succeeded", "second", json!({}))
            })?;
            let done = store.write_now(&own, &Actor::System, number)?;
            assert_eq!(done, Done::Events(1));
            Ok(())
        })
        .unwrap();
    number_all(&store);
    let subjects: Vec<String> =
        read(&store, Some(&one)).into_iter().map(|event| event.subject_id).collect();
    assert_eq!(subjects, ["second", "first"]);
}

#[test]
fn many_who_write_and_number_side_by_side_leave_no_gap_and_no_double() {
    const WRITERS: usize = 4;
    const EACH: usize = 60;
    const ALL_EVENTS: i64 = 240;
    assert_eq!(usize::try_from(ALL_EVENTS), Ok(WRITERS * EACH));
    let store = testing::store();
    let one = OrganizationId::new();
    let barrier = Barrier::new(WRITERS + 2);
    thread::scope(|threads| {
        for writer in 0..WRITERS {
            let (store, one, barrier) = (&store, &one, &barrier);
            threads.spawn(move || {
                barrier.wait();
                for at in 0..EACH {
                    let subject = format!("{writer}.{at:03}");
                    let write = |tx: &mut Tx| {
                        append(tx, Some(one), "sign_in.succeeded", &subject, json!({}))
                    };
                    store.write_now(&Scope::Among(one.clone()), &Actor::System, write).unwrap();
                }
            });
        }
        for _ in 0..2 {
            threads.spawn(|| {
                barrier.wait();
                let all = || store.read_now(head).unwrap() == ALL_EVENTS;
                while !all() {
                    number_all(&store);
                }
            });
        }
    });
    let events = read(&store, Some(&one));
    assert_eq!(sequences(&events), (1..=ALL_EVENTS).collect::<Vec<_>>());
    for writer in 0..WRITERS {
        let own = format!("{writer}.");
        let theirs = events.iter().filter(|event| event.subject_id.starts_with(&own));
        assert!(theirs.clone().count() == EACH && theirs.is_sorted_by_key(|e| &e.subject_id));
    }
}

#[test]
fn what_waits_for_an_organizations_turn_is_numbered_in_the_order_of_the_turns() {
    let store = testing::store();
    let one = OrganizationId::new();
    // Whatever the clocks of instances make of the IDs.
    for subject in ["first", "second", "third"] {
        let id = format!("evt_{}", "z".repeat(26));
        store.system(|tx| {
            append(tx, Some(&one), "user.updated", subject, json!({}))?;
            if subject == "first" {
                let only = events::table.filter(events::subject_id.eq(subject));
                diesel::update(only).set(events::id.eq(id)).execute(tx.db)?;
            }
            Ok(())
        });
    }
    number_all(&store);
    let subjects: Vec<String> =
        read(&store, Some(&one)).into_iter().map(|event| event.subject_id).collect();
    assert_eq!(subjects, ["first", "second", "third"]);
}

#[test]
fn events_without_a_place_are_due() {
    let store = testing::store();
    let is_due = || store.read_now(is_due).unwrap();
    assert!(!is_due());
    tell(&store, None, "x");
    assert!(is_due());
    number_all(&store);
    assert!(!is_due());
}

#[test]
#[ignore = "a measurement: cargo test --lib what_numbering_costs -- --ignored --nocapture"]
fn what_numbering_costs() {
    const COUNT: u32 = 10_000;
    let store = testing::store();
    let one = OrganizationId::new();
    let began = std::time::Instant::now();
    for at in 0..COUNT {
        let subject = at.to_string();
        let write = |tx: &mut Tx| append(tx, Some(&one), "sign_in.succeeded", &subject, json!({}));
        store.write_now(&Scope::Among(one.clone()), &Actor::System, write).unwrap();
    }
    let written = began.elapsed() / COUNT;
    let began = std::time::Instant::now();
    assert_eq!(number_all(&store), 10_000);
    let numbered = began.elapsed() / COUNT;
    eprintln!("a transaction that appends an event: {written:?}; its number: {numbered:?}");
}

#[test]
fn numbering_reads_no_event_that_has_its_number() {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let store = testing::store();
    let steps = store.read_now(|db| {
        let queries = [unnumbered(db), counting(db, 1_000_000)];
        // Postgres plans by what the tables hold, and here they hold nothing.
        let Db::Sqlite(conn) = db else { return Ok(Vec::new()) };
        let mut steps = Vec::new();
        for query in queries {
            let plan = diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}"));
            steps.extend(plan.load::<Step>(conn)?.into_iter().map(|step| step.detail));
        }
        Ok(steps)
    });
    for step in steps.unwrap().iter().filter(|step| step.starts_with("SCAN events")) {
        assert!(step.contains("events_unnumbered"), "{step}");
    }
}
