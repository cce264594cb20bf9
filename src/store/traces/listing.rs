//! Lists of traces: of each only what a line shows. The checks, what the provider said and the sealed message are many times
//! as long, and no list reads them.

use super::{Checks, Outcome, Received, Trace, TraceKind, find};
use crate::check::Check;
use crate::error::Result;
use crate::store::db::MultiBackend;
use crate::store::schema::traces;
use crate::store::{
    ApplicationId, ConnectionId, Db, Json, OrganizationId, Page, Time, TraceId, UserId, Window,
};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::collections::HashMap;

/// How many of the last sign-ins are looked through for one of a kind.
const LOOKED_THROUGH: i64 = 50;

/// A trace as a list shows it: the columns that [`page`] selects.
#[derive(Debug, Clone, Queryable)]
pub struct Listed {
    /// Its ID.
    pub id: TraceId,
    /// How it came about.
    pub kind: TraceKind,
    /// How far it has come.
    pub outcome: Outcome,
    /// The code of the cause, if it failed.
    pub cause: Option<String>,
    /// The organization, once it is known.
    pub organization_id: Option<OrganizationId>,
    /// The connection, once it is known.
    pub connection_id: Option<ConnectionId>,
    /// The application that asked.
    pub application_id: Option<ApplicationId>,
    /// The person, once they are in.
    pub user_id: Option<UserId>,
    /// The email address that was typed, or that the provider gave. Personal: views mask it.
    pub email: Option<String>,
    /// When it began.
    pub started_at: Time,
    /// When it ended, either way.
    pub finished_at: Option<Time>,
}

/// Which traces are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Of this connection.
    pub connection: Option<ConnectionId>,
    /// That have come this far.
    pub outcome: Option<Outcome>,
    /// Of this email address, in whatever case it is written.
    pub email: Option<String>,
    /// That failed for this cause.
    pub cause: Option<String>,
}

/// A page of traces, newest first.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Listed>> {
    let rows = selected(filter)
        .filter(traces::id.lt(window.bound()))
        .order(traces::id.desc())
        .limit(window.limit.saturating_add(1))
        .select((
            traces::id,
            traces::kind,
            traces::outcome,
            traces::cause,
            traces::organization_id,
            traces::connection_id,
            traces::application_id,
            traces::user_id,
            traces::email,
            traces::started_at,
            traces::finished_at,
        ))
        .load::<Listed>(db)?;
    Ok(Page::of(rows, window, |trace| trace.id.to_string()))
}

/// What was looked at in these sign-ins.
pub fn checks(db: &mut Db, ids: &[TraceId]) -> Result<HashMap<TraceId, Vec<Check>>> {
    let rows: Vec<(TraceId, Json<Checks>)> = traces::table
        .filter(traces::id.eq_any(ids))
        .select((traces::id, traces::checks))
        .load(db)?;
    Ok(rows.into_iter().map(|(id, checks)| (id, checks.into_inner().into())).collect())
}

/// How many there are.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(selected(filter).count().get_result(db)?)
}

/// The newest test among the last sign-ins of a connection, whole.
pub fn last_test(db: &mut Db, connection: &ConnectionId) -> Result<Option<Trace>> {
    let last = lately(db, connection)?;
    let test = last.into_iter().find(|trace| trace.kind == TraceKind::Test);
    test.map(|test| find(db, &test.id)).transpose()
}

/// The newest among the last sign-ins of a connection that brought something of a person: which, when, and what.
pub fn last_received(
    db: &mut Db,
    connection: &ConnectionId,
) -> Result<Option<(TraceId, Time, Received)>> {
    let last: Vec<TraceId> = lately(db, connection)?.into_iter().map(|trace| trace.id).collect();
    let found: Option<(TraceId, Time, Option<Json<Received>>)> = traces::table
        .filter(traces::id.eq_any(last))
        .filter(traces::received.is_not_null())
        .order(traces::id.desc())
        .select((traces::id, traces::started_at, traces::received))
        .first(db)
        .optional()?;
    Ok(found.and_then(|(id, at, received)| Some((id, at, received?.into_inner()))))
}

/// The newest among the last sign-ins of a connection that has ended, either way, and was no test.
pub fn last_ended(db: &mut Db, connection: &ConnectionId) -> Result<Option<Listed>> {
    let has_ended = |one: &Listed| {
        matches!(one.outcome, Outcome::Succeeded | Outcome::Failed) && one.kind != TraceKind::Test
    };
    Ok(lately(db, connection)?.into_iter().find(has_ended))
}

fn lately(db: &mut Db, connection: &ConnectionId) -> Result<Vec<Listed>> {
    let filter = Filter { connection: Some(connection.clone()), ..Filter::default() };
    Ok(page(db, &Window { limit: LOOKED_THROUGH, before: None }, &filter)?.data)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The text in lower case.
    fn lower(text: Text) -> Text;
}

fn selected(filter: &Filter) -> traces::BoxedQuery<'_, MultiBackend> {
    let mut query = traces::table.into_boxed();
    if let Some(organization) = &filter.organization {
        query = query.filter(traces::organization_id.eq(organization));
    }
    if let Some(connection) = &filter.connection {
        query = query.filter(traces::connection_id.eq(connection));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(traces::outcome.eq(outcome));
        // Which index has them: the one of those that are underway, or one of those that have ended.
        query = match outcome {
            Outcome::InProgress => query.filter(traces::finished_at.is_null()),
            _ => query.filter(traces::finished_at.is_not_null()),
        };
    }
    if let Some(email) = &filter.email {
        // As the index has it. Both sides are folded by the database, so that they are folded alike.
        let key = lower(email.into_sql::<Text>());
        let email = traces::email;
        query = query.filter(email.is_not_null()).filter(lower(email.assume_not_null()).eq(key));
    }
    if let Some(cause) = &filter.cause {
        query = query.filter(traces::cause.eq(cause));
    }
    query
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;
    use diesel::sql_query;
    use std::time::{Duration, Instant};

    #[test]
    fn a_line_is_what_its_trace_is() {
        let store = testing::store();
        let connection = testing::active(&store, "JumpCloud", None);
        let minutes = chrono::TimeDelta::minutes(10);
        let begun =
            |_| store.system(|tx| crate::store::sign_in::begin_test(tx, &connection, minutes));
        let made: Vec<Trace> = (0..3).map(begun).collect();
        let filter = Filter { connection: Some(connection.id.clone()), ..Filter::default() };
        let window = Window { limit: 2, before: None };
        let found = store.read_now(|db| page(db, &window, &filter)).unwrap();
        assert_eq!(found.data.len(), 2);
        assert_eq!(found.data[0].id, made[2].id);
        assert_eq!(found.next_cursor.as_deref(), Some(made[1].id.as_str()));
        assert_eq!(format!("{:?}", found.data[1]), format!("{:?}", made[1].listed()));
        let last = store.read_now(|db| last_test(db, &connection.id)).unwrap().unwrap();
        assert_eq!(last.id, made[2].id);
        assert!(store.read_now(|db| last_received(db, &connection.id)).unwrap().is_none());
    }

    /// 300,000 traces, of which each tenth has a message of 8 kB.
    #[test]
    #[ignore = "measures: cargo test --lib a_page_of_300_000_traces -- --ignored --nocapture"]
    fn a_page_of_300_000_traces_reads_no_message() {
        let store = testing::store();
        if !store.is_sqlite() {
            return;
        }
        store.system(|tx| {
            sql_query(
                "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299999) \
                 INSERT INTO traces (id, kind, outcome, checks, message, started_at, expires_at, finished_at) \
                 SELECT 'trc_' || printf('%026d', i), 'sign_in', CASE WHEN i % 10 THEN 'succeeded' ELSE 'failed' END, '[]', \
                 CASE WHEN i % 10 THEN NULL ELSE hex(randomblob(4096)) END, '2026-01-01 00:00:00', '2026-01-01 00:10:00', '2026-01-01 00:01:00' FROM n",
            )
            .execute(tx.db)?;
            Ok(())
        });
        let failed = Filter { outcome: Some(Outcome::Failed), ..Filter::default() };
        let deep = Window { limit: 200, before: Some(format!("trc_{:026}", 150_000)) };
        let timed = |read: &dyn Fn(&mut Db) -> usize| {
            let once = || {
                let began = Instant::now();
                let count = store.read_now(|db| Ok(read(db))).unwrap();
                assert_eq!(count, 200);
                began.elapsed()
            };
            (0..20).map(|_| once()).min().unwrap_or_default()
        };
        let lines = timed(&|db| page(db, &deep, &failed).unwrap().data.len());
        let whole = timed(&|db| {
            let rows = selected(&failed).filter(traces::id.lt(deep.bound()));
            rows.order(traces::id.desc()).limit(200).load::<Trace>(db).unwrap().len()
        });
        eprintln!("200 of 300,000: {lines:?} as lines, {whole:?} whole");
        assert!(lines < whole && lines < Duration::from_millis(50), "{lines:?} {whole:?}");
    }
}
