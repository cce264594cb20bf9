//! The store itself: its schema, its pools, who waits for whom, and how `SQLite` is built.

use super::db::{self, Db};
use super::testing::store;
use super::{Actor, OrganizationId, Scope, Store, Tx};
use crate::error::Result;
use crate::telemetry::Metrics;
use diesel::prelude::*;
use std::sync::mpsc;
use std::time::Duration;

/// `table`, `column` and whether it may be empty, sorted.
type Columns = Vec<(String, String, bool)>;

/// What `schema.rs` says.
fn declared() -> Columns {
    let mut columns = Columns::new();
    let mut table = String::new();
    let source = include_str!("schema.rs");
    for line in source.lines().take_while(|line| !line.starts_with("diesel::joinable!")) {
        if let Some((column, kind)) = line.trim().split_once(" -> ") {
            columns.push((table.clone(), column.to_owned(), kind.starts_with("Nullable<")));
        } else if let Some((name, _)) = line.trim().split_once(" (") {
            table = name.to_owned();
        }
    }
    columns.sort();
    columns
}

/// What the database says.
fn found(db: &mut Db) -> Columns {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        table_name: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        column_name: String,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        nullable: bool,
    }
    let query = match db {
        Db::Sqlite(_) => {
            "SELECT m.name AS table_name, c.name AS column_name, c.\"notnull\" = 0 AS nullable
             FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '__diesel%'"
        }
        Db::Postgres(_) => {
            "SELECT table_name::text, column_name::text, is_nullable = 'YES' AS nullable
             FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'"
        }
    };
    let rows: Vec<Row> = diesel::sql_query(query).load(db).unwrap();
    let mut columns: Columns =
        rows.into_iter().map(|row| (row.table_name, row.column_name, row.nullable)).collect();
    columns.sort();
    columns
}

#[test]
fn migrations_up_down_and_up_again_give_the_schema_of_schema_rs() {
    let store = store();
    assert!(store.pending_migrations().unwrap().is_empty());
    store.system(|tx| {
        assert_eq!(found(tx.db), declared());
        db::unmigrate(tx.db)?;
        assert_eq!(found(tx.db), []);
        db::migrate(tx.db)?;
        assert_eq!(found(tx.db), declared());
        Ok(())
    });
    assert!(declared().len() > 100);
}

#[test]
fn a_reader_cannot_write() {
    let store = store();
    let done = store.read_now(|db| {
        diesel::sql_query("DELETE FROM events").execute(db)?;
        Ok(())
    });
    assert!(done.is_err());
}

#[test]
fn waiting_for_a_connection_is_counted_for_readers_and_writers() {
    let (store, metrics) = (store(), Metrics::new().unwrap());
    let measured = store.clone().measured(metrics.clone());
    measured.read_now(|_| Ok(())).unwrap();
    measured.read_now(|_| Ok(())).unwrap();
    measured.write_now(&Scope::Own, &Actor::System, |_| Ok(())).unwrap();
    let text = metrics.render().unwrap();
    for line in [
        r#"store_wait_seconds_count{pool="readers"} 2"#,
        r#"store_wait_seconds_count{pool="writers"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn who_writes_among_an_organizations_rows_waits_for_whoever_changes_them() {
    let store = store();
    let globex = OrganizationId::new();
    let scopes = [Scope::Organization(globex.clone()), Scope::Among(globex)];
    for (first, second) in [(&scopes[0], &scopes[1]), (&scopes[1], &scopes[0])] {
        std::thread::scope(|threads| {
            let (done, is_done) = mpsc::channel();
            let write = |scope, act: &mut dyn FnMut()| {
                let write = |_: &mut Tx| {
                    act();
                    Ok(())
                };
                store.write_now(scope, &Actor::System, write).unwrap();
            };
            write(first, &mut || {
                let done = done.clone();
                threads.spawn(move || write(second, &mut || done.send(()).unwrap()));
                assert!(is_done.recv_timeout(Duration::from_millis(200)).is_err());
            });
            is_done.recv().unwrap();
        });
    }
}

#[tokio::test]
async fn whoever_computes_apart_holds_no_connection() {
    let store = store();
    let all = store.apart(|store| nested(store, super::READERS)).await;
    assert_eq!(all.unwrap(), super::READERS);
}

/// Reads inside a read, until that many connections are taken.
fn nested(store: &Store, more: u32) -> Result<u32> {
    match more {
        0 => Ok(0),
        _ => store.read_now(|_| nested(store, more - 1)).map(|taken| taken + 1),
    }
}

#[test]
fn sqlite_is_built_as_the_hot_paths_need_it() {
    let store = store();
    if !store.is_sqlite() {
        return;
    }
    let options: Vec<OptionRow> =
        store.read_now(|db| Ok(diesel::sql_query("PRAGMA compile_options").load(db)?)).unwrap();
    let options: Vec<&str> = options.iter().map(|row| &*row.compile_options).collect();
    assert!(options.contains(&"ENABLE_QPSG") && options.contains(&"DEFAULT_MEMSTATUS=0"));
    assert!(options.contains(&"THREADSAFE=2"));
    assert!(!options.contains(&"ENABLE_STAT4") && !options.contains(&"ENABLE_MEMORY_MANAGEMENT"));
}

#[derive(QueryableByName)]
struct OptionRow {
    #[diesel(sql_type = diesel::sql_types::Text)]
    compile_options: String,
}
