//! A fresh database for each test: a copy of a migrated one, on `SQLite` or on the Postgres of `TEST_POSTGRES_URL`.

pub(crate) mod many;

use super::access::alerts::{Alert, AlertKind};
use super::access::provisioning::{self, ProvisioningPatch};
use super::applications::{ApplicationKind, NewApplication};
use super::connections::{self, NewConnection, Settings};
use super::db::{self, Db};
use super::directories;
use super::directories::people::{self, Person};
use super::events::{self, Filter};
use super::organizations::{self, Admission, NewOrganization};
use super::schema::{access_alerts, grants, sessions, webhook_endpoints};
use super::users::{NewUser, Source, User};
use super::{
    Actor, AlertId, ApplicationId, ConnectionId, GrantId, Json, OrganizationId, Scope, SessionId,
    Store, Tx, WebhookEndpointId, Window, on_backend,
};
use crate::clock::Clock;
use crate::domain::DomainName;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::saml::metadata::IdentityProvider;
use crate::saml::response::NameId;
use crate::saml::{self, Binding};
use crate::scim::{Kind, Resource};
use chrono::TimeDelta;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock};
use tempfile::TempDir;

/// The store of one test. The database goes when it is dropped.
pub(crate) struct TestStore {
    store: Option<Store>,
    home: Home,
}

enum Home {
    Sqlite { _folder: TempDir },
    Postgres { server: String, database: String },
}

/// A store on a database that no other test sees, with all migrations done.
pub(crate) fn store() -> TestStore {
    match std::env::var("TEST_POSTGRES_URL") {
        Ok(server) => postgres(server),
        Err(_) => sqlite(),
    }
}

impl TestStore {
    /// Changes something in a transaction that must succeed.
    pub(crate) fn system<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> T {
        self.try_system(f).unwrap()
    }

    /// Whether it is on `SQLite`.
    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.home, Home::Sqlite { .. })
    }

    /// Changes something in a transaction that may fail.
    pub(crate) fn try_system<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> Result<T> {
        self.write_now(&Scope::System, &Actor::System, f)
    }
}

impl TestStore {
    /// The kinds of an organization's events, oldest first.
    pub(crate) fn kinds(&self, organization: Option<&OrganizationId>) -> Vec<String> {
        let filter = Filter { organization: organization.cloned(), ..Filter::default() };
        let window = Window { limit: 200, before: None };
        let page = self.read_now(|db| events::page(db, &window, &filter)).unwrap();
        page.data.into_iter().rev().map(|event| event.kind).collect()
    }
}

/// An organization to make, with a domain that is live at once.
pub(crate) fn globex() -> NewOrganization {
    NewOrganization {
        name: "Globex".to_owned(),
        external_id: None,
        admission: Admission::Both,
        metadata: serde_json::Map::new(),
        is_demo: false,
        domains: vec![DomainName::parse("globex.example").unwrap()],
        vouch: true,
    }
}

/// An application to make.
pub(crate) fn orbit() -> NewApplication {
    let redirect_uris = vec!["https://app.example/callback".to_owned()];
    NewApplication { redirect_uris, ..NewApplication::usual("Orbit", ApplicationKind::Web) }
}

/// A provider with this entity ID and one certificate.
pub(crate) fn provider(entity_id: &str) -> IdentityProvider {
    IdentityProvider::from_values(
        entity_id,
        "https://idp.example/sso",
        Binding::Redirect,
        &[&saml::testing::rsa().pem()],
        saml::testing::now(),
    )
    .unwrap()
}

/// A connection to make.
pub(crate) fn connection() -> NewConnection {
    NewConnection {
        name: "Globex".to_owned(),
        provider: "okta".to_owned(),
        settings: Settings::default(),
    }
}

/// A person to make.
pub(crate) fn person(organization: &OrganizationId, email: &str) -> NewUser {
    NewUser {
        organization_id: organization.clone(),
        source: Source::SignIn,
        email: Email::parse(email).unwrap(),
        name: None,
        given_name: None,
        family_name: None,
    }
}

/// The name ID of somebody with this email address.
pub(crate) fn name_id(email: &str) -> NameId {
    NameId {
        value: email.to_owned(),
        format: Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".to_owned()),
        name_qualifier: None,
        sp_name_qualifier: None,
    }
}

/// A connection of a new organization that people sign in through, with this provider.
pub(crate) fn active(
    store: &TestStore,
    entity_id: &str,
    url: Option<&str>,
) -> connections::Connection {
    let new = NewOrganization { domains: vec![], ..globex() };
    let made = NewConnection {
        name: "Globex – JumpCloud".to_owned(),
        provider: "jumpcloud".to_owned(),
        settings: Settings::default(),
    };
    store.system(|tx| {
        let organization = organizations::create(tx, new)?;
        let id = connections::create(tx, &organization.id, made)?.id;
        connections::import(tx, &id, provider(entity_id), url.map(str::to_owned), false)?;
        connections::activate(tx, &id, true)
    })
}

/// Lets the directories of an organization push groups.
pub(crate) fn groups_on(store: &TestStore, organization: &OrganizationId) {
    let on = ProvisioningPatch { groups: Some(true), ..ProvisioningPatch::default() };
    store.system(|tx| provisioning::change(tx, organization, &on));
}

/// Somebody whom the directory of a connection has told of.
pub(crate) fn provisioned(tx: &mut Tx, connection: &ConnectionId, email: &str) -> Result<Person> {
    let directory = directories::open(tx, connection)?;
    let body = serde_json::json!({ "userName": email });
    Ok(people::create(tx, &directory, Resource::parse(Kind::User, &body)?)?.0)
}

/// Why something was refused: the code, or the field with its code.
pub(crate) fn refused<T: std::fmt::Debug>(done: Result<T>) -> String {
    match done.unwrap_err() {
        Error::Conflict { code, .. } => code.to_owned(),
        Error::Invalid(faults) => faults[0].pointer.clone() + " " + &faults[0].code,
        Error::NotFound { what, .. } => format!("no {what}"),
        other => panic!("{other:?}"),
    }
}

/// Signs a person in, as far as the rows of session and grant say so.
pub(crate) fn sign_in(
    tx: &mut Tx,
    user: &User,
    connection: &ConnectionId,
    application: &ApplicationId,
) -> Result<()> {
    let (session, grant, later) =
        (SessionId::new(), GrantId::new(), tx.now.plus(TimeDelta::hours(8)));
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(&session),
            sessions::hash.eq(session.as_str()),
            sessions::organization_id.eq(&user.organization_id),
            sessions::connection_id.eq(connection),
            sessions::user_id.eq(&user.id),
            sessions::name_id.eq(Json::from(name_id(&user.email))),
            sessions::name.eq(&user.email),
            sessions::session_index.eq("_session"),
            sessions::signed_in_at.eq(tx.now),
            sessions::expires_at.eq(later),
        ))
        .execute(tx.db)?;
    diesel::insert_into(grants::table)
        .values((
            grants::id.eq(&grant),
            grants::code_hash.eq(grant.as_str()),
            grants::application_id.eq(application),
            grants::session_id.eq(&session),
            grants::organization_id.eq(&user.organization_id),
            grants::connection_id.eq(connection),
            grants::user_id.eq(&user.id),
            grants::redirect_uri.eq("https://app.example/callback"),
            grants::scope.eq("openid"),
            grants::offline.eq(true),
            grants::signed_in_at.eq(tx.now),
            grants::created_at.eq(tx.now),
            grants::code_expires_at.eq(later),
            grants::expires_at.eq(later),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Lets an endpoint have failed lately.
pub(crate) fn endpoint_fails(tx: &mut Tx, id: &WebhookEndpointId) -> Result<()> {
    let row = diesel::update(webhook_endpoints::table.find(id));
    row.set(webhook_endpoints::failing_since.eq(Some(tx.now))).execute(tx.db)?;
    Ok(())
}

/// An alert that is open.
pub(crate) fn alert(tx: &mut Tx, organization: &OrganizationId, kind: AlertKind) -> Result<()> {
    let alert = Alert {
        id: AlertId::new(),
        organization_id: organization.clone(),
        kind,
        subject_id: "grp_1".to_owned(),
        data: Json::from(serde_json::json!({})),
        created_at: tx.now,
        closed_at: None,
    };
    diesel::insert_into(access_alerts::table).values(&alert).execute(tx.db)?;
    Ok(())
}

/// The statements that a connection runs while it is listened to.
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    /// Listens to a connection.
    pub(crate) fn begin(db: &mut Db) -> Self {
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let notes = heard.clone();
        let note = move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                notes.lock().unwrap().push(query.to_string());
            }
        };
        on_backend!(db, conn => conn.set_instrumentation(note));
        Self(heard)
    }

    /// Listens no more; each statement as diesel tells it.
    pub(crate) fn end(self, db: &mut Db) -> Vec<String> {
        on_backend!(db, conn => conn.set_instrumentation(None::<Box<dyn Instrumentation>>));
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// Listens no more; how SQLite goes about each statement, in its words. Postgres decides by what is there.
    pub(crate) fn end_with_plans(self, db: &mut Db) -> Option<Vec<String>> {
        #[derive(diesel::QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            detail: String,
        }
        let run = self.end(db);
        let Db::Sqlite(conn) = db else { return None };
        let plan = |query: String| {
            let (text, _) = query.split_once("-- binds").unwrap();
            let plan = diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}"));
            let lines: Vec<Line> = plan.load(conn).unwrap();
            lines.into_iter().map(|line| line.detail).collect::<Vec<_>>().join("; ")
        };
        Some(run.into_iter().map(plan).collect())
    }
}

/// How many sessions and grants go on.
pub(crate) fn open_ones(db: &mut Db) -> Result<(i64, i64)> {
    let sessions = sessions::table.filter(sessions::ended_at.is_null()).count().get_result(db)?;
    let grants = grants::table.filter(grants::ended_at.is_null()).count().get_result(db)?;
    Ok((sessions, grants))
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store.as_ref().unwrap()
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        self.store = None;
        if let Home::Postgres { server, database } = &self.home {
            run(server, &format!("DROP DATABASE {database} WITH (FORCE)"));
        }
    }
}

fn sqlite() -> TestStore {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let path = path.to_str().unwrap();
    let template = TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.db");
        let mut db = Db::Sqlite(SqliteConnection::establish(path.to_str().unwrap()).unwrap());
        db::migrate(&mut db).unwrap();
        drop(db);
        std::fs::read(path).unwrap()
    });
    std::fs::write(path, template).unwrap();
    open(&format!("sqlite://{path}"), Home::Sqlite { _folder: folder })
}

fn postgres(server: String) -> TestStore {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| template(&server));
    let database = super::ids::new_id("vestibule_test");
    run(&server, &format!("CREATE DATABASE {database} TEMPLATE {template}"));
    let url = at(&server, &database);
    open(&url, Home::Postgres { server, database })
}

/// The SQL of all migrations, in their order.
fn migrations() -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let folders = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = folders.map(|folder| folder.join("up.sql")).collect();
    files.sort();
    files.into_iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
}

/// The name of a migrated database, made unless an earlier run with the same migrations left it.
fn template(server: &str) -> String {
    #[derive(diesel::QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    let digest = crate::crypto::hex(&crate::crypto::sha256(&migrations()));
    let name = format!("vestibule_template_{}", &digest[..16]);
    let mut conn = PgConnection::establish(server).unwrap();
    // Other test processes make the same template: one at a time. The lock ends with the connection.
    run_on(&mut conn, "SELECT pg_advisory_lock(7305)");
    let found: Found = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = '{name}') AS found"
    ))
    .get_result(&mut conn)
    .unwrap();
    if !found.found {
        // Renamed when it is complete: a run that was stopped leaves no half of a template.
        let draft = super::ids::new_id("vestibule_draft");
        run_on(&mut conn, &format!("CREATE DATABASE {draft}"));
        let mut db = Db::Postgres(PgConnection::establish(&at(server, &draft)).unwrap());
        db::migrate(&mut db).unwrap();
        drop(db);
        run_on(&mut conn, &format!("ALTER DATABASE {draft} RENAME TO {name}"));
    }
    name
}

/// The address of another database on the same server.
fn at(server: &str, database: &str) -> String {
    let mut url = url::Url::parse(server).unwrap();
    url.set_path(database);
    url.to_string()
}

fn run(server: &str, sql: &str) {
    run_on(&mut PgConnection::establish(server).unwrap(), sql);
}

fn run_on(conn: &mut PgConnection, sql: &str) {
    diesel::sql_query(sql).execute(conn).unwrap();
}

fn open(url: &str, home: Home) -> TestStore {
    TestStore { store: Some(Store::open(url, Clock::default()).unwrap()), home }
}
