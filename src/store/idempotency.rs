//! Answers to requests that a caller may repeat: each is done once, and a repeat gets the first answer.

use super::db::on_backend;
use super::schema::idempotency;
use super::{Time, Tx};
use crate::error::Result;
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long an answer is kept (UX 15).
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// What became of a key when a request came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is new: the request is to be done.
    New,
    /// The first request is still being done, or was cut off.
    Running,
    /// The first request was another one.
    Other,
    /// The first request was answered like this.
    Done {
        /// The status of the answer.
        status: i32,
        /// Its body, without secrets.
        body: String,
    },
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = idempotency)]
struct Row {
    id: String,
    fingerprint: String,
    status: Option<i32>,
    body: Option<String>,
    created_at: Time,
}

/// Takes a key for a request with this fingerprint, or tells what became of it. To be committed before the request is
/// done, so that a repeat finds it.
pub fn begin(tx: &mut Tx, id: &str, fingerprint: &str) -> Result<Begun> {
    let too_old = idempotency::created_at.le(tx.now.minus(KEPT));
    diesel::delete(idempotency::table.find(id)).filter(too_old).execute(tx.db)?;
    let row = Row {
        id: id.to_owned(),
        fingerprint: fingerprint.to_owned(),
        status: None,
        body: None,
        created_at: tx.now,
    };
    let added = on_backend!(tx.db, conn => diesel::insert_into(idempotency::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if added == 1 {
        return Ok(Begun::New);
    }
    let first: Row = idempotency::table.find(id).first(tx.db)?;
    Ok(match (first.status, first.body) {
        _ if first.fingerprint != fingerprint => Begun::Other,
        (Some(status), Some(body)) => Begun::Done { status, body },
        _ => Begun::Running,
    })
}

/// Keeps the answer to the request that took the key.
pub fn finish(tx: &mut Tx, id: &str, status: i32, body: &str) -> Result<()> {
    diesel::update(idempotency::table.find(id))
        .set((idempotency::status.eq(Some(status)), idempotency::body.eq(Some(body))))
        .execute(tx.db)?;
    Ok(())
}

/// Gives the key back: the request did nothing.
pub fn forget(tx: &mut Tx, id: &str) -> Result<()> {
    diesel::delete(idempotency::table.find(id)).execute(tx.db)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::store;
    use crate::store::{Actor, Scope, Store};

    fn write<T>(store: &Store, f: impl FnOnce(&mut Tx) -> Result<T>) -> T {
        store.write_now(&Scope::Own, &Actor::System, f).unwrap()
    }

    #[test]
    fn a_repeat_gets_the_first_answer() {
        let store = store();
        let begin = |fingerprint: &str| write(&store, |tx| begin(tx, "a", fingerprint));
        assert_eq!(begin("1"), Begun::New);
        assert_eq!(begin("1"), Begun::Running);
        assert_eq!(begin("2"), Begun::Other);
        write(&store, |tx| finish(tx, "a", 201, "{}"));
        assert_eq!(begin("1"), Begun::Done { status: 201, body: "{}".to_owned() });
        assert_eq!(begin("2"), Begun::Other);
    }

    #[test]
    fn a_key_is_free_again_when_nothing_was_done_or_after_a_day() {
        let store = store();
        let begin = |fingerprint: &str| write(&store, |tx| begin(tx, "a", fingerprint));
        assert_eq!(begin("1"), Begun::New);
        write(&store, |tx| forget(tx, "a"));
        assert_eq!(begin("2"), Begun::New);
        write(&store, |tx| finish(tx, "a", 200, ""));
        store.clock().advance(KEPT - TimeDelta::minutes(1));
        assert_eq!(begin("1"), Begun::Other);
        store.clock().advance(TimeDelta::minutes(2));
        assert_eq!(begin("1"), Begun::New);
    }
}
