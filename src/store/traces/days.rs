//! How sign-ins went in the last days, at each of several connections and altogether. Counted in an index.

use super::Outcome;
use crate::clock::Time;
use crate::error::Result;
use crate::store::ids::first_id;
use crate::store::schema::traces;
use crate::store::{ConnectionId, Db, TraceId};
use chrono::TimeDelta;
use diesel::dsl::count_star;
use diesel::prelude::*;
use std::collections::HashMap;

/// How many days are counted.
pub const DAYS: usize = 7;

/// How many sign-ins of a day ended, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// How many came in.
    pub succeeded: i64,
    /// How many were refused.
    pub failed: i64,
}

/// The last days in UTC at each of these connections, the oldest first and the present one last, by when sign-ins began.
/// Where there was none there is no entry.
pub fn by_day(
    db: &mut Db,
    ids: &[ConnectionId],
    now: Time,
) -> Result<HashMap<ConnectionId, [Day; DAYS]>> {
    let present = Time::from_unix(now.unix().div_euclid(86_400) * 86_400);
    let mut found = HashMap::<ConnectionId, [Day; DAYS]>::new();
    for (place, back) in (0..DAYS).zip((0..7_i64).rev()) {
        let day = |back| first_id(TraceId::PREFIX, present.minus(TimeDelta::days(back)));
        let rows: Vec<(Option<ConnectionId>, Outcome, i64)> = traces::table
            .filter(traces::connection_id.eq_any(ids))
            .filter(traces::outcome.eq_any([Outcome::Succeeded, Outcome::Failed]))
            .filter(traces::finished_at.is_not_null())
            .filter(traces::id.ge(day(back)))
            .filter(traces::id.lt(day(back - 1)))
            .group_by((traces::connection_id, traces::outcome))
            .select((traces::connection_id, traces::outcome, count_star()))
            .load(db)?;
        for (id, outcome, count) in rows {
            let Some(id) = id else { continue };
            if let Some(day) = found.entry(id).or_default().get_mut(place) {
                match outcome {
                    Outcome::Failed => day.failed = count,
                    _ => day.succeeded = count,
                }
            }
        }
    }
    Ok(found)
}

/// How the sign-ins of the last 24 hours ended.
pub fn lately(db: &mut Db, now: Time) -> Result<Day> {
    let since = first_id(TraceId::PREFIX, now.minus(TimeDelta::days(1)));
    let mut count = |outcome: Outcome| {
        let those = traces::table
            .filter(traces::outcome.eq(outcome))
            .filter(traces::finished_at.is_not_null())
            .filter(traces::id.ge(since.clone()))
            .count();
        those.get_result::<i64>(db)
    };
    Ok(Day { succeeded: count(Outcome::Succeeded)?, failed: count(Outcome::Failed)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use crate::store::sign_in::{self, Beginning};
    use crate::store::testing;
    use crate::store::traces::TraceKind;

    #[test]
    fn days_are_counted_for_each_connection_and_the_present_one_is_last() {
        let store = testing::store();
        let made = |name: &str| testing::active(&store, name, None);
        let (one, other) = (made("one"), made("other"));
        for _ in 0..2 {
            store.system(|tx| {
                let beginning = Beginning {
                    kind: TraceKind::SignIn,
                    application: None,
                    request: None,
                    toward: Some((&one, None)),
                    email: None,
                    browser: None,
                    lifetime: TimeDelta::minutes(10),
                };
                let trace = sign_in::begin(tx, beginning)?;
                sign_in::refuse(tx, &trace, Cause::AudienceMismatch, Vec::new(), None)
            });
        }
        let now = store.clock().now();
        let ids = [one.id.clone(), other.id.clone()];
        let found = store.read_now(|db| by_day(db, &ids, now)).unwrap();
        assert_eq!(found[&one.id][DAYS - 1], Day { succeeded: 0, failed: 2 });
        assert_eq!(found[&one.id][..DAYS - 1], [Day::default(); DAYS - 1]);
        assert!(!found.contains_key(&other.id));
        let lately = store.read_now(|db| lately(db, now)).unwrap();
        assert_eq!(lately, Day { succeeded: 0, failed: 2 });
        let later = now.plus(TimeDelta::days(2));
        let found = store.read_now(|db| by_day(db, &ids, later)).unwrap();
        assert_eq!(found[&one.id][DAYS - 3].failed, 2);
    }
}
