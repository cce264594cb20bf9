//! A database for one test: a copy of a migrated one that has the installation's keys already.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use std::sync::OnceLock;
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;
use vestibule::clock::Clock;
use vestibule::config::{self, Flags, Surroundings};
use vestibule::crypto::MasterKey;
use vestibule::http::server::State;
use vestibule::store::Store;
use vestibule::telemetry::Metrics;

/// Seals the keys of every test's installation, so that they can be copied with the template.
pub(crate) const MASTER_KEY: &str = "dGVzdHMgb2YgdmVzdGlidWxlLCAzMiBieXRlcyBsb24=";

/// A database that no other test sees. It goes when it is dropped.
pub(crate) struct Database {
    /// Its address, for settings.
    pub(crate) url: String,
    home: Home,
}

enum Home {
    Sqlite { _folder: TempDir },
    Postgres { server: String, name: String },
}

impl Database {
    /// On `SQLite`, or on the Postgres of `TEST_POSTGRES_URL`.
    pub(crate) fn new() -> Self {
        match std::env::var("TEST_POSTGRES_URL") {
            Ok(server) => Self::postgres(server),
            Err(_) => Self::sqlite(),
        }
    }

    /// One that is there and empty; on `SQLite` there is no file yet.
    pub(crate) fn empty() -> Self {
        let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("data/gateway.db").display());
            return Self { url, home: Home::Sqlite { _folder: folder } };
        };
        let name = format!("vestibule_it_{}", Uuid::now_v7().simple());
        run(&server, &format!("CREATE DATABASE {name}"));
        let url = at(&server, &name);
        Self { url, home: Home::Postgres { server, name } }
    }

    /// Whether several processes may share it.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.home, Home::Postgres { .. })
    }

    fn sqlite() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("template.db");
            furnish(&format!("sqlite://{}", path.display()));
            std::fs::read(path).unwrap()
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.db");
        std::fs::write(&path, template).unwrap();
        let url = format!("sqlite://{}", path.display());
        Self { url, home: Home::Sqlite { _folder: folder } }
    }

    fn postgres(server: String) -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| template(&server));
        let name = format!("vestibule_it_{}", Uuid::now_v7().simple());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let url = at(&server, &name);
        Self { url, home: Home::Postgres { server, name } }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Home::Postgres { server, name } = &self.home {
            run(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// The name of the template of this test run. Runs do not share one, since their keys grow old.
fn template(server: &str) -> String {
    let name = format!("vestibule_it_template_{}", std::process::id());
    run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    run(server, &format!("CREATE DATABASE {name}"));
    furnish(&at(server, &name));
    name
}

/// Migrates an empty database and makes the installation's keys.
fn furnish(url: &str) {
    let flags = Flags {
        config: None,
        settings: vec![
            ("mode".to_owned(), "development".to_owned()),
            ("public_url".to_owned(), "http://localhost:7300".to_owned()),
            ("database.url".to_owned(), url.to_owned()),
        ],
    };
    let loaded = config::load_from(&flags, &Surroundings::default()).unwrap();
    let store = Store::open(url, Clock::default()).unwrap();
    store.migrate().unwrap();
    let master = MasterKey::from_base64(MASTER_KEY, None).unwrap();
    State::new(loaded, store, master, Metrics::new().unwrap()).unwrap();
}

/// The address of another database on the same server.
fn at(server: &str, database: &str) -> String {
    let mut url = Url::parse(server).unwrap();
    url.set_path(database);
    url.to_string()
}

fn run(server: &str, sql: &str) {
    let mut connection = PgConnection::establish(server).unwrap();
    diesel::sql_query(sql).execute(&mut connection).unwrap();
}
