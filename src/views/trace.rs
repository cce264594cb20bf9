//! What is shown of a sign-in.

use super::words;
use crate::cause::Cause;
use crate::check::{Check, Difference, DifferenceKind, Piece};
use crate::clock::Time;
use crate::guides::{self, Fix, Guides};
use crate::locale::Locale;
use crate::store::connections::Connection;
use crate::store::traces::{Listed, Moment, Outcome, Step, Trace, TraceKind};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// One attempt to sign in.
#[derive(Serialize, ToSchema)]
#[schema(as = Trace)]
pub struct TraceView {
    #[schema(example = "trc_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(schema_with = words::trace_kind)]
    kind: TraceKind,
    #[schema(schema_with = words::outcome)]
    outcome: Outcome,
    /// Why it failed, as a stable word.
    #[schema(example = "audience_mismatch")]
    cause: Option<String>,
    /// Why it failed, in words.
    #[schema(example = "The assertion is meant for a different address")]
    title: Option<String>,
    organization_id: Option<String>,
    connection_id: Option<String>,
    application_id: Option<String>,
    user_id: Option<String>,
    /// Whose sign-in it was, with most of the name hidden.
    #[schema(example = "a•••@globex.example")]
    email: Option<String>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    /// How long it took.
    duration_ms: Option<i64>,
}

/// One attempt to sign in, with every check.
#[derive(Serialize, ToSchema)]
#[schema(as = TraceDetail)]
pub struct TraceDetailView {
    #[serde(flatten)]
    trace: TraceView,
    /// What happened when, in order, then what has not happened.
    timeline: Vec<MomentView>,
    /// What was checked in the identity provider's answer, in order. The one that failed is the last.
    checks: Vec<CheckView>,
    /// What to change; `null` if nothing failed.
    fix: Option<FixView>,
}

/// One check.
#[derive(Serialize, ToSchema)]
#[schema(as = Check)]
pub struct CheckView {
    #[schema(example = "audience")]
    name: &'static str,
    #[schema(example = "Audience")]
    title: &'static str,
    passed: bool,
    /// What had to be there.
    expected: Option<String>,
    /// What was there.
    received: Option<String>,
    /// Where the two differ, if they are alike; `null` in a check that passed.
    difference: Option<DifferenceView>,
}

/// Where two texts differ that ought to be the same.
#[derive(Serialize, ToSchema)]
#[schema(as = Difference)]
struct DifferenceView {
    #[schema(schema_with = words::difference)]
    kind: DifferenceKind,
    /// What differs, in words.
    #[schema(example = "A slash at the end")]
    title: String,
    /// What had to be there, in parts.
    expected: Vec<PieceView>,
    /// What was there, in parts.
    received: Vec<PieceView>,
}

/// A part of a text.
#[derive(Serialize, ToSchema)]
#[schema(as = Piece)]
struct PieceView {
    text: String,
    /// Whether the other text does not have these characters here.
    differs: bool,
}

/// A step of a sign-in.
#[derive(Serialize, ToSchema)]
#[schema(as = Moment)]
struct MomentView {
    #[schema(schema_with = words::step)]
    step: Step,
    #[schema(example = "Sent to the identity provider")]
    title: String,
    /// When it happened; `null` if it has not.
    at: Option<DateTime<Utc>>,
    /// Milliseconds since the beginning.
    after_ms: Option<i64>,
}

/// What to change, and where.
#[derive(Serialize, ToSchema)]
#[schema(as = Fix)]
pub struct FixView {
    /// What to do.
    sentence: String,
    /// The way to the field in the identity provider's console, in its own words.
    #[schema(example = "JumpCloud › SSO Applications › Orbit › SSO › SP Entity ID")]
    place: Option<String>,
    /// What belongs there.
    value: Option<String>,
    /// Who can do it; the first is asked first.
    #[schema(value_type = Vec<String>, example = json!(["it_admin"]))]
    who: Vec<crate::locale::Who>,
}

impl CheckView {
    /// A check, with what differs in the words of `locale`.
    fn new(check: &Check, locale: &Locale) -> Self {
        Self {
            difference: check.difference().map(|found| DifferenceView::new(found, locale)),
            name: check.name.key(),
            title: check.title(),
            passed: check.passed,
            expected: check.expected.clone(),
            received: check.received.clone(),
        }
    }
}

impl DifferenceView {
    fn new(found: Difference, locale: &Locale) -> Self {
        let view = |piece: Piece| PieceView { text: piece.text, differs: piece.differs };
        Self {
            kind: found.kind,
            title: differs(found.kind, locale).to_owned(),
            expected: found.expected.into_iter().map(view).collect(),
            received: found.received.into_iter().map(view).collect(),
        }
    }
}

impl MomentView {
    fn new(moment: &Moment, began: Time, locale: &Locale) -> Self {
        Self {
            step: moment.step,
            title: step(moment.step, locale).to_owned(),
            at: moment.at.map(Time::to_utc),
            after_ms: moment.at.map(|at| at.since(began).num_milliseconds()),
        }
    }
}

/// Checks as they are shown, in the words of `locale`.
#[must_use]
pub fn checks(checks: &[Check], locale: &Locale) -> Vec<CheckView> {
    checks.iter().map(|check| CheckView::new(check, locale)).collect()
}

/// What differs, in words.
#[must_use]
pub fn differs(kind: DifferenceKind, locale: &Locale) -> &str {
    locale.text(match kind {
        DifferenceKind::Slash => "trace.differs.slash",
        DifferenceKind::Case => "trace.differs.case",
        DifferenceKind::Space => "trace.differs.space",
        DifferenceKind::Characters => "trace.differs.characters",
    })
}

/// A step of a sign-in, in words.
#[must_use]
pub fn step(step: Step, locale: &Locale) -> &str {
    locale.text(match step {
        Step::Asked => "trace.step.asked",
        Step::TestBegan => "trace.step.test_began",
        Step::Sent => "trace.step.sent",
        Step::Answered => "trace.step.answered",
        Step::Accepted => "trace.step.accepted",
        Step::Refused => "trace.step.refused",
        Step::Abandoned => "trace.step.abandoned",
        Step::Redeemed => "trace.step.redeemed",
    })
}

impl From<Fix> for FixView {
    fn from(fix: Fix) -> Self {
        Self { place: fix.line(), sentence: fix.sentence, value: fix.value, who: fix.who }
    }
}

impl TraceView {
    /// What a list shows, with the cause in the words of `locale`.
    #[must_use]
    pub fn new(trace: &Listed, locale: &Locale) -> Self {
        let cause = trace.cause.as_deref().and_then(Cause::from_code);
        let text = |id: &dyn std::fmt::Display| id.to_string();
        Self {
            id: text(&trace.id),
            kind: trace.kind,
            outcome: trace.outcome,
            title: cause.map(|cause| locale.cause(cause).title.clone()),
            cause: trace.cause.clone(),
            organization_id: trace.organization_id.as_ref().map(|id| text(id)),
            connection_id: trace.connection_id.as_ref().map(|id| text(id)),
            application_id: trace.application_id.as_ref().map(|id| text(id)),
            user_id: trace.user_id.as_ref().map(|id| text(id)),
            email: trace.email.as_deref().map(masked),
            started_at: trace.started_at.to_utc(),
            finished_at: trace.finished_at.map(Time::to_utc),
            duration_ms: trace
                .finished_at
                .map(|end| end.since(trace.started_at).num_milliseconds()),
        }
    }
}

impl TraceDetailView {
    /// A trace with its timeline, its checks and what to change.
    #[must_use]
    pub fn new(trace: &Trace, timeline: &[Moment], locale: &Locale, fix: Option<Fix>) -> Self {
        let began = trace.started_at;
        Self {
            trace: TraceView::new(&trace.listed(), locale),
            timeline: timeline.iter().map(|one| MomentView::new(one, began, locale)).collect(),
            checks: checks(&trace.checks, locale),
            fix: fix.map(FixView::from),
        }
    }
}

/// What to change so that `cause` does not happen again, in the words of the connection's provider.
#[must_use]
pub fn fix(
    (guides, locale): (&Guides, &Locale),
    public_url: &str,
    cause: Cause,
    connection: Option<&Connection>,
) -> Fix {
    let of = |value: fn(&Connection, &str) -> String| {
        connection.map(|connection| value(connection, public_url)).unwrap_or_default()
    };
    let (entity_id, acs, login_url) =
        (of(Connection::entity_id), of(Connection::acs), of(Connection::login_url));
    let (slo, metadata_url) = (of(Connection::slo), of(Connection::sp_metadata_url));
    let known = connection.and_then(|connection| connection.identity_provider.as_ref());
    let values = guides::Values {
        idp_entity_id: known.map(|provider| provider.entity_id.as_str()),
        sp_entity_id: &entity_id,
        sp_metadata_url: &metadata_url,
        acs: &acs,
        slo: &slo,
        login_url: &login_url,
        app: None,
    };
    let provider = connection.map_or(guides::GENERIC, Connection::guide_of_fixes);
    guides.fix(locale, cause, provider, &values)
}

/// An address by which those who know it recognise it: `a•••@globex.example`.
#[must_use]
pub fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}•••@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked() {
        assert_eq!(masked("ada@globex.example"), "a•••@globex.example");
        assert_eq!(masked("é@globex.example"), "é•••@globex.example");
        assert_eq!(masked("nothing"), "n•••@");
    }
}
