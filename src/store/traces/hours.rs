//! How sign-ins went lately: by the hour, and at which connections they fail now.

use super::{Outcome, TraceKind};
use crate::clock::Time;
use crate::error::Result;
use crate::store::connections::ConnectionState;
use crate::store::ids::first_id;
use crate::store::schema::{connections, traces};
use crate::store::{ConnectionId, Db, TraceId};
use chrono::TimeDelta;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// How many hours are counted.
const HOURS: i32 = 24;
/// Failures that are looked at, the newest.
const LATEST: i64 = 1000;
/// Connections that are looked at, those with the most failures.
const LOOKED_AT: usize = 20;
/// Sign-ins at each of them that are looked at, the newest.
const OF_EACH: i64 = 50;
/// So many in a row that fail with the same cause are no accident.
const IN_A_ROW: usize = 3;
/// Of so many within an hour a share is worth telling.
const ENOUGH: usize = 10;

/// How many sign-ins of an hour ended, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// When it begins.
    pub begins: Time,
    /// How many came in.
    pub succeeded: i64,
    /// How many were refused.
    pub failed: i64,
}

/// A connection at which sign-ins fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Which.
    pub connection_id: ConnectionId,
    /// Why the last one failed.
    pub cause: String,
    /// How many of the last ones failed, and of how many.
    pub share: (usize, usize),
    /// When the last one failed.
    pub last: Time,
}

/// The hours of the last day, the oldest first and the present one last, by when sign-ins began. Counted in an index.
pub fn by_hour(db: &mut Db, now: Time) -> Result<Vec<Hour>> {
    let present = Time::from_unix(now.unix().div_euclid(3600) * 3600);
    let hour = |back: i32| present.minus(TimeDelta::hours(i64::from(back)));
    (0..HOURS)
        .rev()
        .map(|back| {
            let (begins, ends) = (hour(back), hour(back - 1));
            let mut count = |outcome| ended(db, outcome, begins, ends);
            Ok(Hour {
                begins,
                succeeded: count(Outcome::Succeeded)?,
                failed: count(Outcome::Failed)?,
            })
        })
        .collect()
}

fn ended(db: &mut Db, outcome: Outcome, begins: Time, ends: Time) -> Result<i64> {
    let count = traces::table
        .filter(traces::outcome.eq(outcome))
        .filter(traces::finished_at.is_not_null())
        .filter(traces::id.ge(first_id(TraceId::PREFIX, begins)))
        .filter(traces::id.lt(first_id(TraceId::PREFIX, ends)))
        .count();
    Ok(count.get_result(db)?)
}

/// The connections in use at which sign-ins fail now: the last three with the same cause, or more than a fifth of at least ten
/// within an hour. Tests do not count. Those with the most failures of the last day come first.
pub fn failing(db: &mut Db, now: Time) -> Result<Vec<Failing>> {
    let since = first_id(TraceId::PREFIX, now.minus(TimeDelta::days(1)));
    let failures: Vec<Option<ConnectionId>> = traces::table
        .filter(traces::outcome.eq(Outcome::Failed))
        .filter(traces::finished_at.is_not_null())
        .filter(traces::id.ge(since))
        .order(traces::id.desc())
        .select(traces::connection_id)
        .limit(LATEST)
        .load(db)?;
    let mut times = BTreeMap::<ConnectionId, usize>::new();
    for id in failures.into_iter().flatten() {
        *times.entry(id).or_default() += 1;
    }
    let mut suspects: Vec<(usize, ConnectionId)> =
        times.into_iter().map(|(id, times)| (times, id)).collect();
    suspects.sort_unstable_by(|one, other| other.cmp(one));
    suspects.truncate(LOOKED_AT);
    let ids: Vec<ConnectionId> = suspects.into_iter().map(|(_, id)| id).collect();
    let in_use: Vec<ConnectionId> = connections::table
        .filter(connections::id.eq_any(&ids))
        .filter(connections::state.eq(ConnectionState::Active))
        .select(connections::id)
        .load(db)?;
    let mut found = judged(db, &in_use, now)?;
    found.sort_by_key(|one| ids.iter().position(|id| *id == one.connection_id));
    Ok(found)
}

/// Those of these connections, which are in use, at which sign-ins fail now.
pub fn failing_among(db: &mut Db, ids: &[ConnectionId], now: Time) -> Result<Vec<Failing>> {
    let since = first_id(TraceId::PREFIX, now.minus(TimeDelta::days(1)));
    let suspects: Vec<Option<ConnectionId>> = traces::table
        .filter(traces::connection_id.eq_any(ids))
        .filter(traces::outcome.eq(Outcome::Failed))
        .filter(traces::finished_at.is_not_null())
        .filter(traces::id.ge(since))
        .select(traces::connection_id)
        .distinct()
        .load(db)?;
    let suspects: Vec<ConnectionId> = suspects.into_iter().flatten().collect();
    judged(db, &suspects, now)
}

/// A trace as it is looked at: through what, how it came, how it ended, why, and when.
type Looked = (Option<ConnectionId>, Outcome, TraceKind, Option<String>, Time);

/// A sign-in that ended: how, why, and when it began.
type Ended = (Outcome, Option<String>, Time);

/// At which of these connections sign-ins fail now, by the newest of each.
fn judged(db: &mut Db, ids: &[ConnectionId], now: Time) -> Result<Vec<Failing>> {
    let oldest_looked_at = traces::table
        .filter(traces::connection_id.eq(connections::id.nullable()))
        .filter(traces::outcome.eq_any([Outcome::Succeeded, Outcome::Failed]))
        .filter(traces::finished_at.is_not_null())
        .filter(traces::kind.ne(TraceKind::Test))
        .order(traces::id.desc())
        .select(traces::id)
        .offset(OF_EACH - 1)
        .single_value();
    let from: Vec<(ConnectionId, Option<TraceId>)> = connections::table
        .filter(connections::id.eq_any(ids))
        .select((connections::id, oldest_looked_at))
        .load(db)?;
    let mut query = traces::table.into_boxed();
    for (id, oldest) in &from {
        let oldest = oldest.as_ref().map_or("", TraceId::as_str);
        query = query.or_filter(traces::connection_id.eq(id).and(traces::id.ge(oldest)));
    }
    if from.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Looked> = query
        .order(traces::id.desc())
        .select((
            traces::connection_id,
            traces::outcome,
            traces::kind,
            traces::cause,
            traces::started_at,
        ))
        .load(db)?;
    let mut last = BTreeMap::<ConnectionId, Vec<Ended>>::new();
    for (id, outcome, kind, cause, at) in rows {
        let has_ended = matches!(outcome, Outcome::Succeeded | Outcome::Failed);
        if let Some(id) = id.filter(|_| has_ended && kind != TraceKind::Test) {
            last.entry(id).or_default().push((outcome, cause, at));
        }
    }
    let failing = |(connection_id, last): (ConnectionId, Vec<Ended>)| {
        let (cause, share, last) = verdict(&last, now)?;
        Some(Failing { connection_id, cause, share, last })
    };
    Ok(last.into_iter().filter_map(failing).collect())
}

/// What these sign-ins, the newest first, say: why the last failed, how many did and of how many, and when the last began.
fn verdict(last: &[Ended], now: Time) -> Option<(String, (usize, usize), Time)> {
    let has_failed = |one: &Ended| one.0 == Outcome::Failed;
    let (_, cause, at) = last.iter().find(|one| has_failed(one))?;
    let row = last.iter().take(IN_A_ROW).filter(|one| has_failed(one) && one.1 == *cause).count();
    let since = now.minus(TimeDelta::hours(1));
    let lately: Vec<&Ended> = last.iter().filter(|(_, _, at)| *at >= since).collect();
    let failed = lately.iter().filter(|one| has_failed(one)).count();
    let share = if row == IN_A_ROW {
        (row, row)
    } else if lately.len() >= ENOUGH && failed * 5 > lately.len() {
        (failed, lately.len())
    } else {
        return None;
    };
    Some((cause.clone().unwrap_or_default(), share, *at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    /// Sign-ins a minute apart, the newest first: a letter is the cause of a failure, a dot is a success.
    fn told(signs: &str, apart: i64) -> Option<(String, (usize, usize))> {
        let now = Clock::default().now();
        let one = |(at, sign): (i64, char)| {
            let began = now.minus(TimeDelta::minutes(at * apart));
            match sign {
                '.' => (Outcome::Succeeded, None, began),
                cause => (Outcome::Failed, Some(cause.to_string()), began),
            }
        };
        let last: Vec<Ended> = (0..).zip(signs.chars()).map(one).collect();
        verdict(&last, now).map(|(cause, share, _)| (cause, share))
    }

    #[test]
    fn three_in_a_row_with_one_cause_or_a_fifth_of_ten_within_an_hour_are_failing() {
        for (signs, apart, expected) in [
            ("aaa", 1, Some(("a", (3, 3)))),
            ("aaa...", 500, Some(("a", (3, 3)))),
            ("aab", 1, None),
            ("aa.", 1, None),
            (".aaa", 1, None),
            ("", 1, None),
            ("..........", 1, None),
            ("a.b.......", 1, None),
            ("a.b.c.....", 1, Some(("a", (3, 10)))),
            ("a.b.c.....", 10, None),
            ("a.b.c....", 1, None),
        ] {
            let expected = expected.map(|(cause, share)| (cause.to_owned(), share));
            assert_eq!(told(signs, apart), expected, "{signs}");
        }
    }
}
