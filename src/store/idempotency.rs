//! Requests that are done once, however often they come (`Idempotency-Key`).

use super::schema::idempotency;
use super::{Time, Tx, on_backend};
use crate::error::Result;
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);
/// How often a key is tried for that others give back at the same moment.
const ATTEMPTS: usize = 5;

/// What became of a request that comes with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the first: do it, then [`finish`] or [`forget`].
    New,
    /// It has been done: this was the answer.
    Done {
        /// The HTTP status.
        status: i32,
        /// The body, without secrets.
        body: String,
    },
    /// It has not been answered yet.
    Running,
    /// The key came with another request.
    Other,
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

/// Claims a key for a request. `id` stands for the key, who sent it and where to; `fingerprint` for the body.
///
/// Commit this before the work begins: then a second request sees it.
pub fn begin(tx: &mut Tx, id: &str, fingerprint: &str) -> Result<Begun> {
    for _ in 0..ATTEMPTS {
        if claim(tx, id, fingerprint)? {
            return Ok(Begun::New);
        }
        let earlier: Option<Row> = idempotency::table.find(id).first(tx.db).optional()?;
        // Whoever had it may have given it back since we tried: then it is free.
        let Some(earlier) = earlier else { continue };
        return Ok(match (earlier.status, earlier.body) {
            _ if earlier.fingerprint != fingerprint => Begun::Other,
            (Some(status), Some(body)) => Begun::Done { status, body },
            _ => Begun::Running,
        });
    }
    Ok(Begun::Running)
}

/// Writes that the key is taken, unless somebody has it.
fn claim(tx: &mut Tx, id: &str, fingerprint: &str) -> Result<bool> {
    let row = Row {
        id: id.to_owned(),
        fingerprint: fingerprint.to_owned(),
        status: None,
        body: None,
        created_at: tx.now,
    };
    let over = idempotency::created_at.le(tx.now.minus(KEPT));
    diesel::delete(idempotency::table.find(id)).filter(over).execute(tx.db)?;
    let claimed = on_backend!(tx.db, conn => diesel::insert_into(idempotency::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(claimed == 1)
}

/// Keeps the answer for whoever sends the same again.
pub fn finish(tx: &mut Tx, id: &str, status: i32, body: &str) -> Result<()> {
    diesel::update(idempotency::table.find(id))
        .set((idempotency::status.eq(Some(status)), idempotency::body.eq(Some(body))))
        .execute(tx.db)?;
    Ok(())
}

/// Gives a key back whose request did nothing.
pub fn forget(tx: &mut Tx, id: &str) -> Result<()> {
    diesel::delete(idempotency::table.find(id)).execute(tx.db)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{self, TestStore};
    use crate::store::{Actor, Scope};

    fn begun(store: &TestStore, id: &str, body: &str) -> Begun {
        store.write_now(&Scope::Own, &Actor::System, |tx| begin(tx, id, body)).unwrap()
    }

    #[test]
    fn a_request_is_done_once_and_its_answer_told_again_for_24_hours() {
        let store = testing::store();
        assert_eq!(begun(&store, "k", "body"), Begun::New);
        assert_eq!(begun(&store, "k", "body"), Begun::Running);
        assert_eq!(begun(&store, "other", "body"), Begun::New);
        store.system(|tx| finish(tx, "k", 201, "{}"));
        let done = Begun::Done { status: 201, body: "{}".to_owned() };
        assert_eq!(begun(&store, "k", "body"), done);
        store.clock().advance(TimeDelta::hours(23));
        assert_eq!(begun(&store, "k", "body"), done);
        store.clock().advance(TimeDelta::hours(1));
        assert_eq!(begun(&store, "k", "body"), Begun::New);
    }

    #[test]
    fn a_key_with_another_body_is_another_request() {
        let store = testing::store();
        begun(&store, "k", "body");
        assert_eq!(begun(&store, "k", "changed"), Begun::Other);
        store.system(|tx| finish(tx, "k", 200, "{}"));
        assert_eq!(begun(&store, "k", "changed"), Begun::Other);
    }

    #[test]
    fn a_key_that_is_given_back_at_the_same_moment_is_free_or_in_use_but_never_missing() {
        let store = testing::store();
        let come = || {
            let mut mine = 0;
            for _ in 0..100 {
                match begun(&store, "k", "body") {
                    Begun::New => mine += 1,
                    Begun::Running => continue,
                    other => panic!("{other:?}"),
                }
                store.write_now(&Scope::Own, &Actor::System, |tx| forget(tx, "k")).unwrap();
            }
            mine
        };
        let mine: Vec<i32> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(come)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(mine.iter().sum::<i32>() > 0);
    }

    #[test]
    fn a_request_that_did_nothing_gives_its_key_back() {
        let store = testing::store();
        begun(&store, "k", "body");
        store.system(|tx| forget(tx, "k"));
        assert_eq!(begun(&store, "k", "changed"), Begun::New);
    }
}
