//! Connections to SQLite and Postgres: the one place that knows which is which.

use super::{OrganizationId, Scope};
use crate::error::{Error, Result};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::MigrationSource;
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Bool, Text};
use diesel::{
    Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::time::Duration;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// How long a request waits for a free connection before it is told to come back.
pub(super) const POOL_PATIENCE: Duration = Duration::from_secs(10);

/// KiB of the file that the one writer of SQLite remembers: it alone changes it, so what it has read stays true.
const WRITE_CACHE: u32 = 32 * 1024;
/// The same for each reader, who forgets it all with the next change: the more room there is, the longer that takes. It
/// is as much as each connection takes in one piece (`.cargo/config.toml`).
const READ_CACHE: u32 = 800;

/// An open connection to either database.
#[derive(diesel::MultiConnection)]
pub enum Db {
    /// Postgres, for one instance or several.
    Postgres(PgConnection),
    /// SQLite, for one instance.
    Sqlite(SqliteConnection),
}

/// Runs one expression with the connection of whichever database it is.
///
/// For the queries that diesel types per database: `ON CONFLICT`, inserts of many rows. And for those of the hot
/// paths: on a connection of one kind diesel knows a statement by its type, and does not write its SQL to find it.
macro_rules! on_backend {
    ($db:expr, $conn:ident => $query:expr) => {
        match $db {
            $crate::store::Db::Postgres($conn) => $query,
            $crate::store::Db::Sqlite($conn) => $query,
        }
    };
}
pub(crate) use on_backend;

/// Where the data is: `sqlite://path` or `postgres://…`.
#[derive(Clone)]
pub(super) enum Location {
    Sqlite(String),
    Postgres(String),
}

impl Location {
    pub(super) fn parse(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.to_owned())),
            _ => Err(Error::invalid(
                "/database/url",
                "invalid",
                "The database address must begin with sqlite:// or postgres://.",
            )),
        }
    }
}

/// Opens connections for one of the two pools.
pub(super) struct Manager {
    location: Location,
    read_only: bool,
}

/// A pool of connections.
pub(super) type DbPool = Pool<Manager>;
/// A connection of a pool.
pub(super) type Pooled = diesel::r2d2::PooledConnection<Manager>;

/// Takes a connection out of a pool.
pub(super) fn get(pool: &DbPool) -> Result<Pooled> {
    pool.get().map_err(|error| Error::Busy(format!("The database cannot be reached: {error}")))
}

/// Builds a pool of at most `size` connections; none is opened before it is needed.
pub(super) fn pool(location: &Location, read_only: bool, size: u32) -> Result<DbPool> {
    let pool = Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .connection_timeout(POOL_PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .build(Manager { location: location.clone(), read_only })
        .map_err(|error| Error::Busy(format!("The database cannot be reached: {error}")))?;
    Ok(pool)
}

impl ManageConnection for Manager {
    type Connection = Db;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Db, Self::Error> {
        let mut db = match &self.location {
            Location::Sqlite(path) => Db::Sqlite(
                SqliteConnection::establish(path).map_err(diesel::r2d2::Error::ConnectionError)?,
            ),
            Location::Postgres(url) => Db::Postgres(
                PgConnection::establish(url).map_err(diesel::r2d2::Error::ConnectionError)?,
            ),
        };
        let settings = match (&db, self.read_only) {
            (Db::Sqlite(_), read_only) => format!(
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
                 PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; \
                 PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY; \
                 PRAGMA query_only = {}; PRAGMA cache_size = -{};",
                if read_only { "ON" } else { "OFF" },
                if read_only { READ_CACHE } else { WRITE_CACHE },
            ),
            (Db::Postgres(_), read_only) => format!(
                "SET TIME ZONE 'UTC'; SET default_transaction_read_only = {};",
                if read_only { "on" } else { "off" }
            ),
        };
        db.batch_execute(&settings).map_err(diesel::r2d2::Error::QueryError)?;
        Ok(db)
    }

    fn is_valid(&self, db: &mut Db) -> Result<(), Self::Error> {
        db.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, db: &mut Db) -> bool {
        std::thread::panicking() || db.is_broken()
    }
}

/// Begins a transaction that may write, when no other of `scope` runs. On SQLite it takes the one writer's place; Postgres
/// is asked for both at once, since each question to it costs.
pub(super) fn begin(db: &mut Db, scope: &Scope) -> Result<()> {
    let conn = match db {
        Db::Sqlite(conn) => {
            AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
            return Ok(());
        }
        Db::Postgres(conn) => conn,
    };
    let (function, name) = match scope {
        Scope::Own => return Ok(AnsiTransactionManager::begin_transaction(conn)?),
        Scope::System => ("pg_advisory_xact_lock", "system"),
        Scope::Organization(id) => ("pg_advisory_xact_lock", id.as_str()),
        Scope::Among(id) => ("pg_advisory_xact_lock_shared", id.as_str()),
    };
    // An ID has letters, digits and an underscore: whatever has anything else is none, and is not written into SQL.
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(Error::not_found("organization", name));
    }
    let both = format!("BEGIN; SELECT {function}(hashtextextended('{name}', 0))");
    let begun = AnsiTransactionManager::begin_transaction_sql(conn, &both);
    if begun.is_err() {
        // diesel takes it for not begun, so nobody else would end it.
        let _ = conn.batch_execute("ROLLBACK");
    }
    Ok(begun?)
}

/// Waits until no other transaction of an organization runs, in a transaction that has begun. On SQLite the one writer's
/// place is enough.
pub(super) fn lock(db: &mut Db, organization: &OrganizationId) -> Result<()> {
    let Db::Postgres(conn) = db else { return Ok(()) };
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<Text, _>(organization.as_str())
        .execute(conn)?;
    Ok(())
}

/// Takes a turn of which there is one at a time, until the transaction ends; false where another one has it. On SQLite
/// the one writer's place is enough.
pub(super) fn try_turn(db: &mut Db, name: &str) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        taken: bool,
    }
    let Db::Postgres(conn) = db else { return Ok(true) };
    let row: Row =
        diesel::sql_query("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS taken")
            .bind::<Text, _>(name)
            .get_result(conn)?;
    Ok(row.taken)
}

/// Makes the transaction's changes last.
pub(super) fn commit(db: &mut Db) -> Result<()> {
    on_backend!(db, conn => AnsiTransactionManager::commit_transaction(conn))?;
    Ok(())
}

/// Begins a part of the open transaction that can be undone alone. It ends by [`commit`] or [`undo`].
pub(super) fn mark(db: &mut Db) -> Result<()> {
    on_backend!(db, conn => AnsiTransactionManager::begin_transaction(conn))?;
    Ok(())
}

/// Undoes what was done since [`mark`].
pub(super) fn undo(db: &mut Db) -> Result<()> {
    on_backend!(db, conn => AnsiTransactionManager::rollback_transaction(conn))?;
    Ok(())
}

/// Undoes the transaction. A failure to undo is logged: the pool throws the connection away.
pub(super) fn rollback(db: &mut Db) {
    let undone = on_backend!(db, conn => AnsiTransactionManager::rollback_transaction(conn));
    if let Err(error) = undone {
        tracing::warn!(%error, "a transaction could not be rolled back");
    }
}

/// Names of the migrations that the database has not had, oldest first.
pub(super) fn pending(db: &mut Db) -> Result<Vec<String>> {
    let list = on_backend!(db, conn => conn
        .pending_migrations(MIGRATIONS)
        .map(|list| list.iter().map(|migration| migration.name().to_string()).collect()));
    list.map_err(|error| migration_failed(&*error))
}

/// The numbers of the migrations that this version has.
pub(super) fn known() -> Result<Vec<String>> {
    let all = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&MIGRATIONS);
    let all = all.map_err(|error| migration_failed(&*error))?;
    Ok(all.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// Brings the database to this version's schema.
pub(super) fn migrate(db: &mut Db) -> Result<()> {
    let done = on_backend!(db, conn => conn.run_pending_migrations(MIGRATIONS).map(drop));
    done.map_err(|error| migration_failed(&*error))
}

/// Takes every migration back. Only tests do that.
#[cfg(test)]
pub(super) fn unmigrate(db: &mut Db) -> Result<()> {
    let done = on_backend!(db, conn => conn.revert_all_migrations(MIGRATIONS).map(drop));
    done.map_err(|error| migration_failed(&*error))
}

fn migration_failed(error: &dyn std::error::Error) -> Error {
    Error::Internal(anyhow::anyhow!("migrating the database: {error}"))
}

/// Says which thing is not there.
pub(super) fn or_not_found<T>(
    done: QueryResult<T>,
    what: &'static str,
    id: impl std::fmt::Display,
) -> Result<T> {
    done.map_err(|error| match error {
        DieselError::NotFound => Error::not_found(what, id.to_string()),
        other => other.into(),
    })
}

/// Says what is in the way, where the database only says that something is.
pub(super) fn or_conflict<T>(
    done: QueryResult<T>,
    code: &'static str,
    detail: impl Into<String>,
) -> Result<T> {
    done.map_err(|error| match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
            Error::conflict(code, detail)
        }
        other => other.into(),
    })
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Self::not_found("row", ""),
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::conflict("already_exists", "Something with this name or ID already exists.")
            }
            DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ClosedConnection,
                _,
            ) => Self::Busy("The database does not answer now.".to_owned()),
            // What a row belongs to was there when it was looked at.
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
                Self::Busy("What this belongs to was taken away at this moment.".to_owned())
            }
            // Postgres alone refuses it. What comes as JSON or in an address was looked at before.
            DieselError::DatabaseError(_, info) if info.message().contains(": 0x00") => {
                Self::invalid(
                    "",
                    "invalid",
                    "A value contains a NUL character, which no text may contain.",
                )
            }
            DieselError::DatabaseError(_, info)
                if info.message().contains("database is locked") =>
            {
                Self::Busy("The database is busy.".to_owned())
            }
            _ => Self::Internal(anyhow::Error::new(error).context("database")),
        }
    }
}

/// A subquery with what is in a JSON array of events that have got their places, which is bound as `$1`.
pub(super) fn listed_events(db: &Db) -> &'static str {
    match db {
        Db::Postgres(_) => {
            "SELECT * FROM json_to_recordset($1::json)
                 AS t (id text, position bigint, sequence bigint, hash text)"
        }
        Db::Sqlite(_) => {
            "SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.position') AS position,
                 json_extract(value, '$.sequence') AS sequence, json_extract(value, '$.hash') AS hash
             FROM json_each($1)"
        }
    }
}

/// A subquery with the texts of a JSON array that is bound as `$number`: as many as there are, in one value.
pub(super) fn listed(db: &Db, number: usize) -> String {
    match db {
        Db::Postgres(_) => {
            format!("SELECT value FROM json_array_elements_text(${number}::json) AS t (value)")
        }
        Db::Sqlite(_) => format!("SELECT value FROM json_each(${number})"),
    }
}
