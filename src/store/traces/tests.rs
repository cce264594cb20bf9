//! The steps of sign-ins that went one way or another.

use super::{
    Checks, Filter, Moment, Outcome, Purge, Step, Trace, TraceKind, announce_purge, count, page,
    timeline,
};
use crate::cause::Cause;
use crate::check::{Check, CheckName};
use crate::store::connections::Connection;
use crate::store::sign_in::{self, Beginning};
use crate::store::testing::{self, TestStore};
use crate::store::{Db, Window};
use chrono::TimeDelta;

fn begin(
    store: &TestStore,
    kind: TraceKind,
    toward: Option<(&Connection, Option<String>)>,
) -> Trace {
    let (application, request, email, browser) = (None, None, None, Some("browser"));
    let lifetime = TimeDelta::minutes(10);
    store.system(|tx| {
        sign_in::begin(
            tx,
            Beginning { kind, application, request, toward, email, browser, lifetime },
        )
    })
}

/// Each step with whether it happened.
fn steps(store: &TestStore, trace: &Trace) -> Vec<(&'static str, bool)> {
    let timeline = |db: &mut Db| {
        let trace = super::find(db, &trace.id)?;
        timeline(db, &trace)
    };
    let found = store.read_now(timeline).unwrap();
    found.iter().map(|Moment { step, at }| (step.as_str(), at.is_some())).collect()
}

#[test]
fn a_timeline_says_what_happened_and_what_did_not() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    let trace = begin(&store, TraceKind::SignIn, None);
    assert_eq!(
        steps(&store, &trace),
        [("asked", true), ("sent", false), ("answered", false), ("accepted", false)]
    );

    let trace =
        store.system(|tx| sign_in::choose(tx, &trace, &connection, "id-1", None, "browser"));
    assert_eq!(steps(&store, &trace)[1], ("sent", true));
    let failed = Check::of(CheckName::Audience, false, "a", "b");
    store.system(|tx| sign_in::refuse(tx, &trace, Cause::AudienceMismatch, vec![failed], None));
    assert_eq!(
        steps(&store, &trace),
        [("asked", true), ("sent", true), ("answered", true), ("refused", true)]
    );
}

#[test]
fn a_sign_in_that_began_at_the_provider_begins_with_its_answer() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    let trace = begin(&store, TraceKind::ProviderStarted, Some((&connection, None)));
    assert_eq!(steps(&store, &trace), [("answered", true), ("accepted", false)]);
}

#[test]
fn a_code_passes_the_provider_by() {
    let trace = |checks: Vec<Check>, sent_at| {
        let store = testing::store();
        let trace = begin(&store, TraceKind::SignIn, None);
        let now = store.clock().now();
        let (checks, finished_at) = (Checks::from(checks).into(), Some(now));
        super::timeline::beginning(&Trace {
            checks,
            finished_at,
            sent_at,
            outcome: Outcome::Succeeded,
            ..trace
        })
    };
    let code = Check::of(CheckName::BreakGlassCode, true, "a code", "a code");
    let found: Vec<Step> = trace(vec![code], None).iter().map(|moment| moment.step).collect();
    assert_eq!(found, [Step::Asked, Step::Sent]);
}

#[test]
fn sign_ins_of_a_person_are_found_in_whatever_case_the_address_is_written() {
    let store = testing::store();
    let trace = begin(&store, TraceKind::SignIn, None);
    let connection = testing::active(&store, "JumpCloud", None);
    let email = Some("Ada@Globex.example".to_owned());
    store.system(|tx| sign_in::choose(tx, &trace, &connection, "id-1", email, "browser"));
    for (email, count) in
        [("ada@globex.EXAMPLE", 1), ("Ada@Globex.example", 1), ("ad@globex.example", 0)]
    {
        let filter = Filter { email: Some(email.to_owned()), ..Filter::default() };
        let found = store.read_now(|db| page(db, &Window::default(), &filter)).unwrap().data;
        assert_eq!(found.len(), count, "{email}");
    }
}

/// What is underway is in an index of its own, so that a sign-in is written into the others once.
#[test]
fn what_has_ended_and_what_is_underway_are_each_found_in_their_index() {
    let store = testing::store();
    let connection = Some(testing::active(&store, "JumpCloud", None).id);
    let filter = |connection, outcome| Filter { connection, outcome, ..Filter::default() };
    for (filter, index) in [
        (filter(None, Some(Outcome::Failed)), "traces_outcome (outcome=? AND id<?)"),
        (
            filter(connection, Some(Outcome::Succeeded)),
            "traces_connection_outcome (connection_id=? AND outcome=? AND id<?)",
        ),
        (filter(None, Some(Outcome::InProgress)), "traces_open (id<?)"),
    ] {
        let plans = store.read_now(|db| {
            let heard = testing::Heard::begin(db);
            page(db, &Window::default(), &filter)?;
            count(db, &filter)?;
            Ok(heard.end_with_plans(db))
        });
        let Some(plans) = plans.unwrap() else { return };
        let counted = index.split(' ').next().unwrap();
        assert!(plans[0].contains(index) && !plans[0].contains("TEMP B-TREE"), "{plans:?}");
        assert!(plans[1].contains(counted), "{plans:?}");
    }
}

#[test]
fn a_purge_takes_what_has_ended_of_one_organization_and_is_written_down() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    let other = testing::active(&store, "Okta", None);
    let ended = |of: &Connection| {
        let trace = begin(&store, TraceKind::SignIn, Some((of, None)));
        store.system(|tx| sign_in::refuse(tx, &trace, Cause::AudienceMismatch, vec![], None));
        trace.id
    };
    let (mine, theirs) = (ended(&connection), ended(&other));
    let underway = begin(&store, TraceKind::SignIn, Some((&connection, None))).id;
    store.clock().advance(TimeDelta::days(2));
    let recent = ended(&connection);

    let organization = connection.organization_id.clone();
    let purge = |before| Purge { organization: organization.clone(), before };
    let take = |wanted: &Purge| {
        let count = store.system(|tx| announce_purge(tx, wanted));
        assert_eq!(store.system(|tx| super::purge(tx, wanted)), usize::try_from(count).unwrap());
        count
    };
    let is_there = |id| store.read_now(|db| super::by_id(db, id)).unwrap().is_some();
    let now = store.clock().now();
    assert_eq!(take(&purge(now.minus(TimeDelta::days(1)))), 1);
    assert!(!is_there(&mine) && is_there(&recent) && is_there(&underway) && is_there(&theirs));
    assert_eq!(take(&purge(now.plus(TimeDelta::seconds(1)))), 1);
    assert!(!is_there(&recent) && is_there(&underway) && is_there(&theirs));
    // Where nothing goes, nothing is written.
    assert_eq!(take(&purge(now)), 0);
    let kinds = store.kinds(Some(&organization));
    assert_eq!(kinds.iter().filter(|kind| *kind == "trace.purged").count(), 2);
}
