//! Sign-in traces at the console.

use super::Desk;
use crate::cause::Cause;
use crate::check::{Check, CheckName};
use crate::store::connections::Connection;
use crate::store::members::Role;
use crate::store::sign_in::{self, Beginning};
use crate::store::testing;
use crate::store::traces::{Trace, TraceKind};
use chrono::TimeDelta;

/// A sign-in of Ada's for which nothing happened yet.
fn begun(desk: &Desk, connection: &Connection) -> Trace {
    let (application, request, browser) = (None, None, Some("browser"));
    let (kind, lifetime) = (TraceKind::SignIn, TimeDelta::minutes(10));
    let (toward, email) =
        (Some((connection, Some("id".to_owned()))), Some("ada@globex.example".to_owned()));
    let store = desk.world.store();
    store.system(|tx| {
        sign_in::begin(
            tx,
            Beginning { kind, application, request, toward, email, browser, lifetime },
        )
    })
}

/// A sign-in of Ada's that failed by a slash at the end of the audience.
pub(super) fn failed(desk: &Desk, connection: &Connection) -> Trace {
    let trace = begun(desk, connection);
    let checks = vec![
        Check::of(CheckName::Issuer, true, "https://idp.example", "https://idp.example"),
        Check::of(CheckName::Audience, false, "https://sso/<x>", "https://sso/<x>/"),
    ];
    let store = desk.world.store();
    store.clock().advance(TimeDelta::milliseconds(8_640));
    store.system(|tx| sign_in::refuse(tx, &trace, Cause::AudienceMismatch, checks, None));
    trace
}

#[actix_web::test]
async fn a_list_of_traces_names_whose_they_are_and_hides_the_person() {
    let desk = Desk::signed_in(Role::Viewer).await;
    assert!(desk.get("/console/traces").await.body.contains("There is none yet"));
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    let page = desk.get("/console/traces").await.body;
    let href = format!("href=\"/console/traces/{}\"", trace.id);
    for part in [&*href, "a•••@globex.example", "Globex – JumpCloud", "8.6 s", ">Failed<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("ada@"), "the person is on the page");
}

#[actix_web::test]
async fn traces_are_found_by_person_result_organization_and_id() {
    let desk = Desk::signed_in(Role::Support).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    let of = connection.organization_id.as_str();
    for found in [
        "q=ada%40globex.example".to_owned(),
        "outcome=failed".to_owned(),
        format!("organization={of}&outcome=failed"),
        format!("connection={}", connection.id),
    ] {
        let page = desk.get(&format!("/console/traces?{found}")).await.body;
        assert!(page.contains(trace.id.as_str()), "{found}: {page}");
    }
    let none = [
        "q=eve%40globex.example",
        "q=ada",
        "outcome=succeeded",
        "outcome=x",
        "organization=org_x",
        "organization=external:x",
        "connection=x",
    ];
    for query in none {
        let page = desk.get(&format!("/console/traces?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.body.contains("No sign-in traces match"), "{query}: {}", page.body);
        assert!(page.body.contains("Clear filters"), "{query}");
    }
    let answer = desk.get(&format!("/console/traces?q={}", trace.id)).await;
    assert_eq!(answer.header("location"), format!("/console/traces/{}", trace.id));
}

#[actix_web::test]
async fn a_trace_says_why_it_failed_what_differs_and_where_to_change_it() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    let page = desk.get(&format!("/console/traces/{}", trace.id)).await.body;
    for part in [
        "<h1>The assertion is meant for a different address</h1>",
        "JumpCloud › ",
        "SP Entity ID",
        "<mark>/</mark>",
        "https://sso/&#60;x&#62;",
        "audience_mismatch",
        "a•••@globex.example",
        "+8.6 s",
        &format!("outcome=failed&#38;connection={}", connection.id),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains(&connection.entity_id(desk.world.state.config.public_url.as_str())));
    assert!(!page.contains("ada@"), "the person is on the page");
    let unknown = crate::store::TraceId::new();
    assert_eq!(desk.get(&format!("/console/traces/{unknown}")).await.status, 404);
}

#[actix_web::test]
async fn a_trace_says_what_has_not_happened() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = begun(&desk, &connection);
    let page = desk.get(&format!("/console/traces/{}", trace.id)).await.body;
    assert!(page.contains("<h1>This sign-in is still going on</h1>"), "{page}");
    assert!(page.contains("Did not happen") && page.contains("Nothing was checked"), "{page}");
}

#[actix_web::test]
async fn the_short_address_of_a_trace_leads_to_it_after_the_sign_in() {
    let mut desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let trace = failed(&desk, &connection);
    desk.cookie = None;
    let answer = desk.get(&format!("/t/{}", trace.id)).await;
    assert_eq!(answer.header("location"), format!("/console/traces/{}", trace.id));
    let login = desk.get(answer.header("location")).await;
    let next = format!("/console/login?next=%2Fconsole%2Ftraces%2F{}", trace.id);
    assert_eq!(login.header("location"), next);
    assert_eq!(desk.get("/t/..%2F..%2Fevil").await.status, 404);
}
