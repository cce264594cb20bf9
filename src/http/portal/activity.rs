//! What happened at the connection, without anybody's name; and one sign-in check by check, where the operator lets the
//! link's holder read that.

use super::changes;
use super::frame::{self, clock, day};
use super::provider::Given;
use super::seat::Seat;
use super::step::body::arrivals;
use crate::cause::Cause;
use crate::check::{Check, CheckName};
use crate::error::{Error, Result};
use crate::guides::Fix;
use crate::http::error::PageError;
use crate::http::pages::{self, PortalActivity, PortalTrace, SignInLine};
use crate::http::server::State;
use crate::http::waiting;
use crate::store::setup_links::Cover;
use crate::store::traces::{self, Listed, Outcome};
use crate::store::{TraceId, Window};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// How many sign-ins, and how many changes, are shown.
const SHOWN: i64 = 50;

/// The checks whose values are settings of the two sides, and nobody's. A provider's own words beside its status may name
/// somebody.
const IMPERSONAL: [CheckName; 9] = [
    CheckName::Version,
    CheckName::Destination,
    CheckName::Issuer,
    CheckName::IssueInstant,
    CheckName::Recipient,
    CheckName::Confirmation,
    CheckName::Conditions,
    CheckName::Audience,
    CheckName::TokenTime,
];

/// `GET /portal/activity`
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat,
) -> Result<HttpResponse, PageError> {
    let is_open = seat.link.has(Cover::Traces);
    let covers_directory = seat.link.has(Cover::Provisioning);
    let covers_sign_in = is_open || seat.link.has(Cover::SignIn);
    let (link, connection) = (seat.link.clone(), seat.connection()?.clone());
    let id = connection.id.clone();
    let read = state.store.read(move |db| {
        let window = Window { limit: SHOWN, before: None };
        let theirs = traces::Filter { connection: Some(id.clone()), ..traces::Filter::default() };
        let arrivals = if covers_directory { Some(arrivals(db, &id)?) } else { None };
        let sign_ins =
            if covers_sign_in { traces::page(db, &window, &theirs)?.data } else { Vec::new() };
        // Whether a domain that was refused waits, or was never added, is in the checks alone.
        let refused = |one: &&Listed| cause(one) == Some(Cause::EmailDomainNotAllowed);
        let refused: Vec<TraceId> =
            sign_ins.iter().filter(refused).map(|one| one.id.clone()).collect();
        let checks = traces::checks(db, &refused)?;
        Ok((sign_ins, checks, arrivals, changes::read(db, &link, &connection, SHOWN)?))
    });
    let (sign_ins, checks, arrivals, events) = read.await?;
    let waits = |trace: &Listed| waiting::of(&state.locale, checks.get(&trace.id)?);
    let told = |trace: &Listed| {
        let plain = line(&state, trace, is_open);
        match waits(trace) {
            Some(words) => SignInLine { why: Some(words.title), ..plain },
            None => plain,
        }
    };
    let view = PortalActivity {
        frame: frame::frame(&seat, None),
        sign_ins: sign_ins.iter().map(told).collect(),
        are_open: is_open,
        arrivals,
        events: events.iter().filter_map(|event| changes::told(&state, &seat, event)).collect(),
    };
    Ok(pages::portal_activity(&state, &view))
}

/// `GET /portal/traces/{trace}`: one of this connection's, if the link covers that.
pub(in crate::http) async fn trace(
    state: Data<State>,
    seat: Seat,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let unknown = || Error::not_found("trace", id.as_str());
    if !seat.link.has(Cover::Traces) {
        return Err(unknown().into());
    }
    let connection = seat.connection()?;
    let (of, trace): (_, TraceId) = (seat.organization.id.clone(), id.parse()?);
    let found = state.store.read(move |db| traces::find_in(db, &of, &trace)).await?;
    if found.connection_id.as_ref() != Some(&connection.id) {
        return Err(unknown().into());
    }
    let listed = found.listed();
    let cause = cause(&listed);
    let given = Given::of(&state, connection);
    let mut fix = cause.map(|cause| given.fix(&state, cause, connection.guide_of_fixes()));
    let mut line = line(&state, &listed, false);
    if let Some(words) = waiting::of(&state.locale, &found.checks) {
        line.why = Some(words.title);
        fix = fix.map(|fix| Fix { sentence: words.fix, ..fix });
    }
    let ended = format!("console.traces.title.{}", found.outcome);
    let view = PortalTrace {
        frame: frame::frame(&seat, None),
        id: found.id.to_string(),
        title: line.why.clone().unwrap_or_else(|| state.locale.text(&ended).to_owned()),
        line,
        code: cause.map(|cause| cause.code().to_owned()),
        path: fix.as_ref().and_then(Fix::line),
        fix: fix.map(|fix| fix.sentence),
        checks: found.checks.iter().cloned().map(without_person).collect(),
    };
    Ok(pages::portal_trace(&state, &view))
}

fn cause(trace: &Listed) -> Option<Cause> {
    trace.cause.as_deref().and_then(Cause::from_code)
}

fn line(state: &State, trace: &Listed, is_open: bool) -> SignInLine {
    let say = |key: String| state.locale.text(&key).to_owned();
    let class = match trace.outcome {
        Outcome::Succeeded => " ok",
        Outcome::Failed => " bad",
        Outcome::InProgress | Outcome::Abandoned => "",
    };
    SignInLine {
        time: format!("{} {}", day(trace.started_at), clock(trace.started_at)),
        kind: say(format!("console.traces.kinds.{}", trace.kind)),
        result: say(format!("console.traces.outcome.{}", trace.outcome)),
        class,
        why: cause(trace).map(|cause| state.locale.cause(cause).title.clone()),
        href: is_open.then(|| format!("/portal/traces/{}", trace.id)),
    }
}

/// A check as it is shown to somebody who may not know who signed in.
fn without_person(check: Check) -> Check {
    if IMPERSONAL.contains(&check.name) {
        return check;
    }
    Check { expected: None, received: None, ..check }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_check_tells_of_a_person_is_left_out() {
        let shown = |name| {
            let check = Check {
                name,
                passed: false,
                expected: Some("a".to_owned()),
                received: Some("ada@globex.example".to_owned()),
            };
            without_person(check).received.is_some()
        };
        assert!(shown(CheckName::Audience));
        for name in [CheckName::Subject, CheckName::SecondReader, CheckName::UserInfo] {
            assert!(!shown(name), "{name:?}");
        }
    }
}
