//! What is written down of what happens.

use super::*;
use crate::store::testing;
use serde_json::json;

#[test]
fn events_are_listed_newest_first_and_page_by_page() {
    let store = testing::store();
    let (one, two) = (OrganizationId::new(), OrganizationId::new());
    store.system(|tx| {
        for number in 0..5 {
            append(tx, Some(&one), "user.created", &number.to_string(), json!({}))?;
            append(tx, Some(&two), "user.updated", "x", json!({ "number": number }))?;
        }
        append(tx, None, "signing_key.created", "kid", json!({}))
    });
    let filter = Filter { organization: Some(one), ..Filter::default() };
    let mut window = Window { limit: 2, before: None };
    let mut seen = Vec::new();
    loop {
        let page = store.read_now(|db| page(db, &window, &filter)).unwrap();
        assert!(page.data.len() <= 2);
        seen.extend(page.data.into_iter().map(|event| event.subject_id));
        window.before = page.next_cursor;
        if window.before.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["4", "3", "2", "1", "0"]);
    let count = |filter: Filter| {
        store.read_now(|db| page(db, &Window::default(), &filter)).unwrap().data.len()
    };
    assert_eq!(count(Filter::default()), 11);
    assert_eq!(count(Filter { kind: Some("user.updated".into()), ..Filter::default() }), 5);
    assert_eq!(count(Filter { subject: Some("kid".into()), ..Filter::default() }), 1);
}

#[test]
fn an_event_of_a_transaction_that_fails_did_not_happen() {
    let store = testing::store();
    let done: Result<()> = store.try_system(|tx| {
        append(tx, None, "organization.created", "org", json!({}))?;
        Err(crate::error::Error::conflict("no", "No."))
    });
    assert!(done.is_err());
    let page = store.read_now(|db| page(db, &Window::default(), &Filter::default())).unwrap();
    assert!(page.data.is_empty());
}

#[test]
fn every_kind_is_in_the_documents() {
    let documents = include_str!("../../../docs/events.md");
    for kind in KINDS {
        assert!(documents.contains(&format!("`{kind}`")), "docs/events.md lacks {kind}");
    }
}

#[test]
fn kinds_are_sorted_and_told_once() {
    assert!(KINDS.is_sorted_by(|a, b| a < b));
}
