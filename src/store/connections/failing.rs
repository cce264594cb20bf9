//! That sign-ins fail at a connection is told once, and once that it is over.
//!
//! Whether they fail is derived from traces, so nothing but time may change it: it is looked at every minute, and what was told
//! is a row. Who finds the row there, or gone, has nothing to tell: several instances may do it at once.

use super::{ConnectionState, by_id_with_organization, tell};
use crate::clock::Time;
use crate::error::Result;
use crate::store::schema::{connections, failing_connections};
use crate::store::traces::{self, Failing, Outcome};
use crate::store::{ConnectionId, Db, Tx, on_backend};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;

/// What is to be told.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// Where sign-ins fail, of which nobody was told.
    begun: Vec<Failing>,
    /// Where they were told to fail, and do so no more.
    over: Vec<ConnectionId>,
}

impl Turn {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.begun.is_empty() && self.over.is_empty()
    }
}

/// Why they fail no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Because {
    /// People come in again.
    SignIn,
    /// Nobody has tried for so long that nothing can be said.
    Quiet,
    /// It is not on any more.
    TurnedOff,
}

/// What has turned since it was last told.
pub fn turned(db: &mut Db, now: Time) -> Result<Turn> {
    let told: Vec<ConnectionId> =
        failing_connections::table.select(failing_connections::connection_id).load(db)?;
    let found = traces::failing(db, now)?;
    let still = if told.is_empty() { Vec::new() } else { in_use_and_failing(db, &told, now)? };
    let begun = found.into_iter().filter(|one| !told.contains(&one.connection_id)).collect();
    let over = told.into_iter().filter(|id| !still.contains(id)).collect();
    Ok(Turn { begun, over })
}

fn in_use_and_failing(db: &mut Db, ids: &[ConnectionId], now: Time) -> Result<Vec<ConnectionId>> {
    let in_use: Vec<ConnectionId> = connections::table
        .filter(connections::id.eq_any(ids))
        .filter(connections::state.eq(ConnectionState::Active))
        .select(connections::id)
        .load(db)?;
    let failing = traces::failing_among(db, &in_use, now)?;
    Ok(failing.into_iter().map(|one| one.connection_id).collect())
}

/// Tells what has turned, each once.
pub fn tell_turned(tx: &mut Tx, turn: &Turn) -> Result<()> {
    for one in &turn.begun {
        tell_begun(tx, one)?;
    }
    turn.over.iter().try_for_each(|id| tell_over(tx, id))
}

fn tell_begun(tx: &mut Tx, failing: &Failing) -> Result<()> {
    let Some((connection, _)) = by_id_with_organization(tx.db, &failing.connection_id)? else {
        return Ok(());
    };
    let row = (
        failing_connections::connection_id.eq(&connection.id),
        failing_connections::since.eq(tx.now),
    );
    let insert = diesel::insert_into(failing_connections::table).values(row);
    let news = on_backend!(tx.db, conn => insert.on_conflict_do_nothing().execute(conn))?;
    if news == 0 {
        return Ok(());
    }
    let (failed, of) = failing.share;
    let data = json!({ "cause": failing.cause, "failed": failed, "of": of, "last": failing.last });
    tell(tx, &connection, "connection.failing", data)
}

fn tell_over(tx: &mut Tx, id: &ConnectionId) -> Result<()> {
    let row = failing_connections::table.find(id);
    let Some(since) = row.select(failing_connections::since).first::<Time>(tx.db).optional()?
    else {
        return Ok(());
    };
    if diesel::delete(row).execute(tx.db)? == 0 {
        return Ok(());
    }
    let Some((connection, _)) = by_id_with_organization(tx.db, id)? else { return Ok(()) };
    let last = traces::last_ended(tx.db, id)?;
    let has_come = last.is_some_and(|last| last.outcome == Outcome::Succeeded);
    let because = match connection.state {
        ConnectionState::Active if has_come => Because::SignIn,
        ConnectionState::Active => Because::Quiet,
        _ => Because::TurnedOff,
    };
    tell(tx, &connection, "connection.recovered", json!({ "since": since, "because": because }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use crate::store::Window;
    use crate::store::connections::{self as all, Connection};
    use crate::store::events::{self, Filter};
    use crate::store::schema::traces as rows;
    use crate::store::sign_in::{self, Beginning};
    use crate::store::testing::{self, TestStore};
    use crate::store::traces::TraceKind;
    use chrono::TimeDelta;
    use serde_json::Value;

    /// Sign-ins that end so: with a cause, or well.
    fn ended(store: &TestStore, at: &Connection, how: &[Option<Cause>]) {
        for cause in how {
            store.system(|tx| {
                let beginning = Beginning {
                    kind: TraceKind::SignIn,
                    application: None,
                    request: None,
                    toward: Some((at, None)),
                    email: None,
                    browser: None,
                    lifetime: TimeDelta::minutes(10),
                };
                let trace = sign_in::begin(tx, beginning)?;
                match cause {
                    Some(cause) => sign_in::refuse(tx, &trace, *cause, Vec::new(), None)?,
                    None => {
                        diesel::update(rows::table.find(&trace.id))
                            .set(rows::outcome.eq(Outcome::Succeeded))
                            .execute(tx.db)?;
                    }
                }
                Ok(())
            });
        }
    }

    fn look(store: &TestStore) {
        let now = store.clock().now();
        let turn = store.read_now(|db| turned(db, now)).unwrap();
        store.system(|tx| tell_turned(tx, &turn));
    }

    /// What was told of a kind, the newest first.
    fn told(store: &TestStore, kind: &str) -> Vec<Value> {
        let filter = Filter { kind: Some(kind.to_owned()), ..Filter::default() };
        let page = store.read_now(|db| events::page(db, &Window::default(), &filter)).unwrap();
        page.data.into_iter().map(|event| event.data.into_inner()).collect()
    }

    #[test]
    fn that_sign_ins_fail_is_told_once_and_once_that_people_come_in_again() {
        let store = testing::store();
        let (failing, fine) =
            (testing::active(&store, "one", None), testing::active(&store, "two", None));
        ended(&store, &failing, &[Some(Cause::AudienceMismatch); 2]);
        ended(&store, &fine, &[None]);
        look(&store);
        assert_eq!(told(&store, "connection.failing"), Vec::<Value>::new());
        ended(&store, &failing, &[Some(Cause::AudienceMismatch)]);
        look(&store);
        look(&store);
        let begun = told(&store, "connection.failing");
        assert_eq!(begun.len(), 1, "{begun:?}");
        assert_eq!(
            (&begun[0]["cause"], &begun[0]["failed"], &begun[0]["of"]),
            (&json!("audience_mismatch"), &json!(3), &json!(3))
        );
        assert_eq!(told(&store, "connection.recovered"), Vec::<Value>::new());
        ended(&store, &failing, &[None]);
        look(&store);
        look(&store);
        let over = told(&store, "connection.recovered");
        assert_eq!(over.len(), 1, "{over:?}");
        assert_eq!(over[0]["because"], "sign_in");
        // It may fail again, and that is news.
        ended(&store, &failing, &[Some(Cause::SignatureInvalid); 3]);
        look(&store);
        assert_eq!(told(&store, "connection.failing").len(), 2);
    }

    #[test]
    fn what_was_told_to_fail_is_over_when_it_is_off_or_nobody_has_tried_for_a_day() {
        let store = testing::store();
        let (off, quiet) =
            (testing::active(&store, "one", None), testing::active(&store, "two", None));
        for one in [&off, &quiet] {
            ended(&store, one, &[Some(Cause::AudienceMismatch); 3]);
        }
        look(&store);
        assert_eq!(told(&store, "connection.failing").len(), 2);
        store.system(|tx| all::disable(tx, &off.id));
        look(&store);
        let over = told(&store, "connection.recovered");
        assert_eq!((over.len(), &over[0]["because"]), (1, &json!("turned_off")));
        store.clock().advance(TimeDelta::hours(25));
        look(&store);
        let over = told(&store, "connection.recovered");
        assert_eq!((over.len(), &over[0]["because"]), (2, &json!("quiet")));
    }

    #[test]
    fn two_that_look_at_once_tell_it_once() {
        let store = testing::store();
        let failing = testing::active(&store, "one", None);
        ended(&store, &failing, &[Some(Cause::AudienceMismatch); 3]);
        let now = store.clock().now();
        let turn = store.read_now(|db| turned(db, now)).unwrap();
        for _ in 0..2 {
            store.system(|tx| tell_turned(tx, &turn));
        }
        assert_eq!(told(&store, "connection.failing").len(), 1);
        ended(&store, &failing, &[None]);
        let turn = store.read_now(|db| turned(db, now)).unwrap();
        for _ in 0..2 {
            store.system(|tx| tell_turned(tx, &turn));
        }
        assert_eq!(told(&store, "connection.recovered").len(), 1);
    }
}
