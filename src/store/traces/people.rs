//! How many people signed in at a connection lately.

use super::{Outcome, TraceKind};
use crate::clock::Time;
use crate::error::Result;
use crate::store::ids::first_id;
use crate::store::schema::traces;
use crate::store::{ConnectionId, Db, TraceId, UserId};
use chrono::TimeDelta;
use diesel::prelude::*;
use std::collections::HashSet;

/// How long ago is still lately.
const LATELY: TimeDelta = TimeDelta::days(7);
/// So many people are counted.
const COUNTED: usize = 100;
/// Sign-ins that are looked at, the newest.
const LOOKED_AT: i64 = 2000;

/// How many people signed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct People {
    /// How many were counted.
    pub count: usize,
    /// There may be more of them: nobody went on counting.
    pub is_more: bool,
}

/// How many people signed in at a connection in the last seven days: up to a hundred, among the newest two thousand sign-ins. Tests do
/// not count. However many there are, no more than that is read.
pub fn people(db: &mut Db, connection: &ConnectionId, now: Time) -> Result<People> {
    let since = first_id(TraceId::PREFIX, now.minus(LATELY));
    let rows: Vec<Option<UserId>> = traces::table
        .filter(traces::connection_id.eq(connection))
        .filter(traces::outcome.eq(Outcome::Succeeded))
        .filter(traces::id.ge(since))
        .filter(traces::kind.ne(TraceKind::Test))
        .order(traces::id.desc())
        .limit(LOOKED_AT)
        .select(traces::user_id)
        .load(db)?;
    let has_all = i64::try_from(rows.len()).unwrap_or(i64::MAX) < LOOKED_AT;
    let found = rows.into_iter().flatten().collect::<HashSet<_>>().len();
    Ok(People { count: found.min(COUNTED), is_more: !has_all || found > COUNTED })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sign_in::{self, Beginning};
    use crate::store::testing::{self, TestStore};

    /// A sign-in of somebody that succeeded, so many days ago.
    fn signed_in(store: &TestStore, at: &ConnectionId, who: &UserId, kind: TraceKind, days: i64) {
        store.system(|tx| {
            let connection = crate::store::connections::find(tx.db, at)?;
            let beginning = Beginning {
                kind,
                application: None,
                request: None,
                toward: Some((&connection, None)),
                email: None,
                browser: None,
                lifetime: TimeDelta::minutes(10),
            };
            let trace = sign_in::begin(tx, beginning)?;
            let then = first_id(TraceId::PREFIX, tx.now.minus(TimeDelta::days(days)));
            // An ID says when it was made.
            let id = format!("{}{}", &then[..14], &trace.id.as_str()[14..]);
            diesel::update(traces::table.find(&trace.id))
                .set((
                    traces::id.eq(id),
                    traces::outcome.eq(Outcome::Succeeded),
                    traces::user_id.eq(who),
                ))
                .execute(tx.db)?;
            Ok(())
        });
    }

    #[test]
    fn people_who_signed_in_within_seven_days_are_counted_once_and_tests_are_not() {
        let store = testing::store();
        let (one, other) =
            (testing::active(&store, "one", None), testing::active(&store, "other", None));
        let made: Vec<UserId> = ["ada", "grace", "kurt", "ines"]
            .into_iter()
            .map(|name| {
                let email = format!("{name}@globex.example");
                let of = &one.organization_id;
                let new = testing::person(of, &email);
                store.system(|tx| crate::store::users::create(tx, new)).id
            })
            .collect();
        for (who, kind, days) in [
            (0, TraceKind::SignIn, 0),
            (0, TraceKind::SignIn, 1),
            (1, TraceKind::ProviderStarted, 6),
            (2, TraceKind::SignIn, 8),
            (3, TraceKind::Test, 0),
        ] {
            signed_in(&store, &one.id, &made[who], kind, days);
        }
        let now = store.clock().now();
        let counted = |id: &ConnectionId| store.read_now(|db| people(db, id, now)).unwrap();
        assert_eq!(counted(&one.id), People { count: 2, is_more: false });
        assert_eq!(counted(&other.id), People::default());
    }
}
