//! What a backup asks of the database, and what a restored one has to be.

use super::db::{self, Db, pending};
use super::{Pool, Store, Tx, events, on_backend};
use crate::error::{Error, Result};
use anyhow::anyhow;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::json;
use std::path::Path;

/// The table in which a database says which migrations it has had: none but ours has ours.
pub const MIGRATIONS: &str = "__diesel_schema_migrations";

/// Writes all that is in a `SQLite` database into an empty file, as it is at one moment. Others read and write meanwhile.
pub fn copy(store: &Store, file: &Path) -> Result<()> {
    let name = file.to_str().ok_or_else(|| anyhow!("the name of the file is no text"))?;
    match &mut *store.get(Pool::Writers)? {
        Db::Sqlite(conn) => {
            diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(conn)?;
            Ok(())
        }
        Db::Postgres(_) => Err(Error::Internal(anyhow!("Postgres has a program to copy it"))),
    }
}

/// What is wrong with the pages of a `SQLite` file; nothing if all is well.
#[must_use]
pub fn damage(file: &Path) -> Option<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text, column_name = "quick_check")]
        said: String,
    }
    let looked = open(file).and_then(|mut conn| {
        let said: Vec<Row> = diesel::sql_query("PRAGMA quick_check(1)").load(&mut conn)?;
        Ok(said)
    });
    match looked {
        Ok(rows) => rows.into_iter().map(|row| row.said).find(|said| said != "ok"),
        Err(error) => Some(error.to_string()),
    }
}

/// Whether no process has a `SQLite` file open; then all of it is in this one file. What is no database, nobody has open.
#[must_use]
pub fn is_unused(file: &Path) -> bool {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        journal_mode: String,
    }
    let asked = open(file).and_then(|mut conn| {
        diesel::sql_query("PRAGMA busy_timeout = 1000").execute(&mut conn)?;
        // To write no journal beside the file, one has to be alone.
        let row: Row = diesel::sql_query("PRAGMA journal_mode = DELETE").get_result(&mut conn)?;
        Ok(row.journal_mode == "delete")
    });
    match asked {
        Ok(alone) => alone,
        // Whatever else keeps it from being opened may be somebody who has it open.
        Err(error) => error.to_string().contains("not a database"),
    }
}

fn open(file: &Path) -> anyhow::Result<SqliteConnection> {
    let name = file.to_str().ok_or_else(|| anyhow!("the name of the file is no text"))?;
    Ok(SqliteConnection::establish(name)?)
}

/// The tables of a database, each as SQL names it.
pub fn tables(store: &Store) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let mut db = store.get(Pool::Writers)?;
    let sql = match &*db {
        Db::Postgres(_) => {
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
             WHERE schemaname = current_schema() ORDER BY tablename"
        }
        Db::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
    };
    let rows: Vec<Row> = on_backend!(&mut *db, conn => diesel::sql_query(sql).load(conn))?;
    Ok(rows.into_iter().map(|row| row.name).collect())
}

/// How many other connections of the same account a Postgres database has; of `SQLite`, ask [`is_unused`].
pub fn others(store: &Store) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        others: i64,
    }
    let mut db = store.get(Pool::Writers)?;
    let Db::Postgres(conn) = &mut *db else { return Ok(0) };
    let row: Row = diesel::sql_query(
        "SELECT count(*) AS others FROM pg_stat_activity
         WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
             AND backend_type = 'client backend'",
    )
    .get_result(conn)?;
    Ok(row.others)
}

/// The migrations that a database has had, by their numbers.
pub fn versions(store: &Store) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let mut db = store.get(Pool::Writers)?;
    let sql = format!("SELECT version FROM {MIGRATIONS} ORDER BY version");
    let rows: Vec<Row> = on_backend!(&mut *db, conn => diesel::sql_query(&sql).load(conn))?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Of these migrations, those that this version does not know: a later one made them.
pub fn unknown(versions: &[String]) -> Result<Vec<String>> {
    let known = db::known()?;
    Ok(versions.iter().filter(|version| !known.contains(version)).cloned().collect())
}

/// Brings a restored database to this version, and tells how many migrations that took.
pub fn bring_up(store: &Store) -> Result<usize> {
    let pending = pending(&mut *store.get(Pool::Writers)?)?;
    store.migrate()?;
    Ok(pending.len())
}

/// Writes down that the database is a backup's.
pub fn restored(tx: &mut Tx) -> Result<()> {
    events::append(tx, None, "database.restored", "database", json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;

    #[test]
    fn a_database_has_only_migrations_that_its_version_knows() {
        let store = testing::store();
        let versions = versions(&store).unwrap();
        assert!(versions.len() > 30);
        assert!(unknown(&versions).unwrap().is_empty());
        let later = ["99999999999999".to_owned()];
        assert_eq!(unknown(&later).unwrap(), later);
        assert!(tables(&store).unwrap().iter().any(|name| name.ends_with(MIGRATIONS)));
    }

    #[test]
    fn a_copy_of_a_file_is_whole_and_somebody_elses_is_seen() {
        let store = testing::store();
        if !store.is_sqlite() {
            return assert!(copy(&store, Path::new("/nowhere")).is_err());
        }
        store.system(restored);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("copy");
        copy(&store, &file).unwrap();
        assert_eq!(damage(&file), None);
        assert!(is_unused(&file));
        let copied =
            Store::open(&format!("sqlite://{}", file.display()), store.clock().clone()).unwrap();
        assert_eq!(versions(&copied).unwrap(), versions(&store).unwrap());
        assert!(!is_unused(&file));
        std::fs::write(folder.path().join("text"), "no database, but long enough to be read")
            .unwrap();
        assert!(damage(&folder.path().join("text")).is_some());
        assert!(is_unused(&folder.path().join("text")));
    }
}
