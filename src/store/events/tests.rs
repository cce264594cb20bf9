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

/// What apps are promised to be told of by webhooks. A type may be added; one of these may not go.
const PROMISED: &[&str] = &[
    "access.changed",
    "access.granted",
    "access.revoked",
    "connection.activated",
    "connection.certificate_expiring",
    "connection.created",
    "connection.disabled",
    "connection.failing",
    "connection.recovered",
    "group.created",
    "group.member.added",
    "group.member.removed",
    "group.removed",
    "group.renamed",
    "group.updated",
    "organization.created",
    "organization.deleted",
    "organization.restored",
    "organization.updated",
    "scim.token.created",
    "scim.token.retired",
    "setup_link.completed",
    "setup_link.opened",
    "sign_in.failed",
    "sign_in.succeeded",
    "user.created",
    "user.deprovisioned",
    "user.restored",
    "user.suspended",
    "user.updated",
];

#[test]
fn an_endpoint_may_want_each_type_that_is_promised_and_the_one_that_is_no_event() {
    for kind in PROMISED {
        assert!(KINDS.contains(kind), "{kind} is promised");
    }
    let all: Vec<String> =
        PROMISED.iter().copied().chain([kinds::TEST]).map(str::to_owned).collect();
    let wanted = Kinds::parse(&all, "/events").unwrap();
    assert_eq!(wanted.chosen().unwrap(), PROMISED);
    assert!(Kinds::parse(&["group.rename".to_owned()], "/events").is_err());
}

#[test]
fn the_documents_name_no_type_that_no_event_has() {
    let documents = include_str!("../../../docs/events.md");
    let heads = documents.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let told: Vec<&str> =
        heads.flat_map(|head| head.split('`').filter(|word| word.contains('.'))).collect();
    for kind in &told {
        assert!(KINDS.contains(kind), "docs/events.md has {kind}");
    }
    for kind in KINDS {
        let count = told.iter().filter(|it| *it == kind).count();
        assert_eq!(count, 1, "docs/events.md tells of {kind} in {count} lines");
    }
}
