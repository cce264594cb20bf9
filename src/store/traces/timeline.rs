//! A sign-in step by step: what happened when, and what did not happen.

use super::{Outcome, Trace, TraceKind};
use crate::check::CheckName;
use crate::clock::Time;
use crate::error::Result;
use crate::store::Db;
use crate::store::schema::grants;
use crate::store::types::word;
use diesel::prelude::*;

word!(
    /// A step of a sign-in.
    Step {
        /// An app or a person asked to sign in.
        Asked = "asked",
        /// Somebody began a test.
        TestBegan = "test_began",
        /// The person was sent to the identity provider.
        Sent = "sent",
        /// The identity provider's answer came.
        Answered = "answered",
        /// Every check passed, and the person is in, or a test passed.
        Accepted = "accepted",
        /// A check did not pass.
        Refused = "refused",
        /// Nobody came back in time.
        Abandoned = "abandoned",
        /// The app exchanged the code for tokens.
        Redeemed = "redeemed",
    }
);

/// A step, and when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What it is.
    pub step: Step,
    /// When; none if it has not happened.
    pub at: Option<Time>,
}

/// What happened in a sign-in, in order, then what has not happened (yet).
pub fn timeline(db: &mut Db, trace: &Trace) -> Result<Vec<Moment>> {
    let mut moments = beginning(trace);
    moments.push(end(trace));
    if trace.application_id.is_some() {
        moments.push(Moment { step: Step::Redeemed, at: redeemed_at(db, trace)? });
    }
    Ok(moments)
}

/// The steps up to the provider's answer.
pub(super) fn beginning(trace: &Trace) -> Vec<Moment> {
    let moment = |step, at| Moment { step, at };
    // A provider-started sign-in begins with the answer. A break-glass code passes the provider by.
    let began = match trace.kind {
        TraceKind::SignIn | TraceKind::Console => moment(Step::Asked, Some(trace.started_at)),
        TraceKind::Test => moment(Step::TestBegan, Some(trace.started_at)),
        TraceKind::ProviderStarted => {
            return vec![moment(Step::Answered, Some(trace.started_at))];
        }
    };
    let is_by_code = trace.checks.iter().any(|check| check.name == CheckName::BreakGlassCode);
    // The answer is judged as it comes, so the sign-in ends with it.
    let answered_at = trace
        .finished_at
        .filter(|_| trace.sent_at.is_some() && trace.outcome != Outcome::Abandoned && !is_by_code);
    let mut moments = vec![began, moment(Step::Sent, trace.sent_at)];
    if !is_by_code {
        moments.push(moment(Step::Answered, answered_at));
    }
    moments
}

fn end(trace: &Trace) -> Moment {
    let step = match trace.outcome {
        Outcome::InProgress | Outcome::Succeeded => Step::Accepted,
        Outcome::Failed => Step::Refused,
        Outcome::Abandoned => Step::Abandoned,
    };
    Moment { step, at: trace.finished_at }
}

/// When the app took the code of this sign-in. The grant is written in the transaction that closes the trace, with its time.
fn redeemed_at(db: &mut Db, trace: &Trace) -> Result<Option<Time>> {
    let (Some(user), Some(application), Some(at)) =
        (&trace.user_id, &trace.application_id, trace.finished_at)
    else {
        return Ok(None);
    };
    let redeemed: Option<Option<Time>> = grants::table
        .filter(grants::user_id.eq(user))
        .filter(grants::application_id.eq(application))
        .filter(grants::created_at.eq(at))
        .select(grants::redeemed_at)
        .first(db)
        .optional()?;
    Ok(redeemed.flatten())
}
