//! The steps of sign-ins that went one way or another.

use super::{Moment, Outcome, Step, Trace, TraceKind, timeline};
use crate::cause::Cause;
use crate::check::{Check, CheckName};
use crate::store::Db;
use crate::store::connections::Connection;
use crate::store::sign_in::{self, Beginning};
use crate::store::testing::{self, TestStore};
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
        let (checks, finished_at) = (checks.into(), Some(now));
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
