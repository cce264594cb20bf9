use super::*;
use crate::store::events::{Filter, append, append_change, numbering, page};
use crate::store::testing::{self, TestStore, refused};
use crate::store::{Actor, Scope, Window};
use serde_json::json;

fn append_some(store: &TestStore, count: usize) {
    store.system(|tx| {
        for at in 0..count {
            append(tx, None, "api_key.created", &at.to_string(), json!({ "at": at }))?;
        }
        Ok(())
    });
    store.write_now(&Scope::Own, &Actor::System, numbering::number).unwrap();
}

fn verified(store: &TestStore) -> Verdict {
    compared(store, None).unwrap()
}

fn compared(store: &TestStore, noted: Option<&Link>) -> Result<Verdict> {
    verify(|f| store.read_now(|db| f(db)), noted)
}

fn tamper(store: &TestStore, sql: &str) {
    store.system(|tx| Ok(diesel::sql_query(sql).execute(tx.db)?));
}

fn broken(position: i64, why: Break) -> (i64, Break) {
    (position, why)
}

fn told(store: &TestStore) -> (i64, Break) {
    match verified(store) {
        Verdict::Broken { position, why, .. } => (position, why),
        whole @ Verdict::Whole { .. } => panic!("{whole:?}"),
    }
}

#[test]
fn a_chain_is_whole_from_the_first_event_to_the_last() {
    let store = testing::store();
    let count = |verdict: Verdict| match verdict {
        Verdict::Whole { count, after, head } => (count, after, head.position),
        broken @ Verdict::Broken { .. } => panic!("{broken:?}"),
    };
    assert_eq!(count(verified(&store)), (0, 0, 0));
    append_some(&store, 5);
    append_some(&store, 4);
    assert_eq!(count(verified(&store)), (9, 0, 9));
}

#[test]
fn whatever_is_changed_is_seen_with_its_place() {
    let columns = [
        "kind = 'api_key.revoked'",
        "actor = 'cli:eve'",
        "subject_id = 'other'",
        "data = '{}'",
        "organization_id = 'org_x'",
        "origin = '203.0.113.7'",
        "change = '{\"before\":{},\"after\":{}}'",
        "sequence = 99",
        "created_at = '2020-01-01 00:00:00'",
        "hash = NULL",
    ];
    for change in columns {
        let store = testing::store();
        append_some(&store, 5);
        tamper(&store, &format!("UPDATE events SET {change} WHERE position = 3"));
        assert_eq!(told(&store), broken(3, Break::Changed), "{change}");
    }
}

#[test]
fn what_is_taken_out_is_seen_wherever_it_was() {
    for position in [1, 3, 5] {
        let store = testing::store();
        append_some(&store, 5);
        tamper(&store, &format!("DELETE FROM events WHERE position = {position}"));
        assert_eq!(told(&store), broken(position, Break::Missing));
    }
    // Also with all that was after it, and where two change places.
    let store = testing::store();
    append_some(&store, 5);
    tamper(&store, "DELETE FROM events WHERE position > 2");
    assert_eq!(told(&store), broken(3, Break::Missing));
    let store = testing::store();
    append_some(&store, 5);
    tamper(&store, "UPDATE events SET position = 9 WHERE position = 2");
    tamper(&store, "UPDATE events SET position = 2 WHERE position = 3");
    tamper(&store, "UPDATE events SET position = 3 WHERE position = 9");
    assert_eq!(told(&store), broken(2, Break::Changed));
}

#[test]
fn the_chain_goes_on_from_what_retention_has_left() {
    let store = testing::store();
    append_some(&store, 5);
    // IDs tell the time by the machine's clock.
    let old = first_id(EventId::PREFIX, store.clock().now().minus(TimeDelta::days(500)));
    for at in 1..=3 {
        let id = format!("{}{at}", &old[..old.len() - 1]);
        tamper(&store, &format!("UPDATE events SET id = '{id}' WHERE position = {at}"));
    }
    // The IDs are in the chain, so it is made anew for this test.
    remake(&store);
    let kept = TimeDelta::days(400);
    assert_eq!(store.system(|tx| take_away(tx, kept)), 3);
    append_some(&store, 2);
    let verdict = verified(&store);
    assert!(matches!(verdict, Verdict::Whole { count: 5, after: 3, .. }), "{verdict:?}");
    assert_eq!(store.system(|tx| take_away(tx, kept)), 0);
    tamper(&store, "DELETE FROM events WHERE position = 4");
    assert_eq!(told(&store), broken(4, Break::Missing));
}

/// What somebody does who can write all of the database.
fn remake(store: &TestStore) {
    store.system(|tx| {
        let mut last = Link { position: 0, hash: String::new() };
        for row in part(tx.db, 0, i64::MAX)? {
            let position = last.position + 1;
            last.hash = row.kept.hash(&last.hash, position, row.sequence.unwrap_or_default())?;
            last.position = position;
            diesel::update(events::table.find(&row.kept.id))
                .set(events::hash.eq(&last.hash))
                .execute(tx.db)?;
        }
        put(tx, HEAD, &last)
    });
}

#[test]
fn a_front_that_is_cut_off_and_what_stands_outside_are_seen() {
    let cut = |store: &TestStore, at: i64| {
        tamper(store, &format!("DELETE FROM events WHERE position <= {at}"));
        store.system(|tx| {
            let first = part(tx.db, at, at + 1)?;
            assert_eq!(first.len(), 1);
            Ok(())
        });
    };
    let store = testing::store();
    append_some(&store, 5);
    let third = store.read_now(|db| part(db, 2, 3)).unwrap().remove(0);
    cut(&store, 3);
    let link = Link { position: 3, hash: third.hash.unwrap() };
    store.system(|tx| put(tx, ANCHOR, &link));
    assert_eq!(told(&store), broken(3, Break::Missing), "nothing in the chain tells of it");

    for change in ["position = 7", "position = 9"] {
        let store = testing::store();
        append_some(&store, 5);
        append_some(&store, 1);
        tamper(
            &store,
            "UPDATE audit_chain SET position = 5, hash = (SELECT hash FROM events WHERE position = 5) WHERE name = 'head'",
        );
        tamper(&store, &format!("UPDATE events SET {change} WHERE position = 6"));
        assert!(matches!(told(&store), (7 | 9, Break::Outside)), "{change}");
    }
}

#[test]
fn another_chain_is_seen_by_who_has_noted_the_end_of_the_first() {
    let store = testing::store();
    append_some(&store, 5);
    let noted = store.read_now(head).unwrap();
    append_some(&store, 5);
    let is_whole = |done: Result<Verdict>| matches!(done, Ok(Verdict::Whole { .. }));
    assert!(is_whole(compared(&store, Some(&noted))));
    tamper(&store, "UPDATE events SET actor = 'cli:ada' WHERE position = 2");
    remake(&store);
    assert!(is_whole(compared(&store, None)), "it looks as if nothing had happened");
    let verdict = compared(&store, Some(&noted)).unwrap();
    assert!(
        matches!(verdict, Verdict::Broken { position: 5, why: Break::Other, .. }),
        "{verdict:?}"
    );
    // What is not kept any more cannot be compared.
    store.system(|tx| put(tx, ANCHOR, &Link { position: 7, hash: String::new() }));
    assert_eq!(refused(compared(&store, Some(&noted))), "event_gone");
}

#[test]
fn an_end_that_is_cut_off_is_seen_by_who_has_noted_it() {
    let store = testing::store();
    append_some(&store, 5);
    let earlier = store.read_now(head).unwrap();
    append_some(&store, 5);
    let noted = store.read_now(head).unwrap();
    tamper(&store, "DELETE FROM events WHERE position > 5");
    store.system(|tx| put(tx, HEAD, &earlier));
    let whole = compared(&store, Some(&earlier)).unwrap();
    assert!(matches!(whole, Verdict::Whole { .. }), "it looks as if nothing had happened");
    let verdict = compared(&store, Some(&noted)).unwrap();
    assert!(
        matches!(verdict, Verdict::Broken { position: 6, why: Break::Missing, .. }),
        "{verdict:?}"
    );
}

#[test]
fn a_change_keeps_the_fields_that_differ() {
    let store = testing::store();
    let (before, after) = (json!({ "a": 1, "b": 2 }), json!({ "a": 1, "b": 3, "c": true }));
    store.system(|tx| {
        append_change(tx, None, "application.updated", "app", json!({}), (&before, &after))
    });
    let found = store.read_now(|db| page(db, &Window::default(), &Filter::default()));
    let change = found.unwrap().data.remove(0).change.unwrap().into_inner();
    assert_eq!(json!(change.before), json!({ "b": 2, "c": null }));
    assert_eq!(json!(change.after), json!({ "b": 3, "c": true }));
}
