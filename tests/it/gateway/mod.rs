//! The gateway under test: a real server with a database of its own, and shortcuts to what it knows.

mod api;
mod customer;
mod database;
mod house;
mod idp;
mod process;
mod publisher;
mod receiver;
mod world;

pub(crate) use api::Api;
pub(crate) use customer::Customer;
pub(crate) use database::{Database, MASTER_KEY};
pub(crate) use idp::{Idp, Key, Underway, form};
pub(crate) use process::free_port;
pub(crate) use publisher::Publisher;
pub(crate) use receiver::Receiver;
pub(crate) use world::{ADA, World, is_in};

use actix_web::web::Data;
use chrono::TimeDelta;
use house::Server;
use process::Process;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use url::Url;
use vestibule::access::Model;
use vestibule::clock::{Clock, Time};
use vestibule::config::{self, Flags, Surroundings};
use vestibule::crypto::MasterKey;
use vestibule::domain::DomainName;
use vestibule::error::Result;
use vestibule::http::server::{self, State};
use vestibule::store::applications::{
    self, Application, ApplicationKind, IdTokenAlg, Logout, NewApplication, NoConnection,
    OwnLifetimes,
};
use vestibule::store::organizations::{self, Admission, NewOrganization};
use vestibule::store::traces::{self, Trace};
use vestibule::store::{Actor, Db, Scope, Store, Tx, Window};
use vestibule::telemetry::Metrics;

use crate::peers::{App, ClientOf};

/// A running gateway.
pub(crate) struct Gateway {
    /// Its public address.
    pub(crate) url: String,
    /// What it works with.
    pub(crate) state: Data<State>,
    // Dropped in this order: who answers lets go of the database first.
    runs: Runs,
    database: Arc<Database>,
}

/// Who answers.
enum Runs {
    /// This process.
    Here { _server: Server },
    /// The real binary in a process of its own.
    Apart(Process),
}

/// An application with its secret, if it has one.
pub(crate) struct Registered {
    pub(crate) application: Application,
    pub(crate) secret: Option<String>,
}

impl Registered {
    /// An authorization request of this application, with more parameters.
    pub(crate) fn authorize(&self, gateway: &Gateway, parameters: &[(&str, &str)]) -> String {
        let usual = [
            ("response_type", "code"),
            ("client_id", self.application.id.as_str()),
            ("redirect_uri", &self.application.redirect_uris[0]),
            ("scope", "openid email profile"),
            ("state", "state-of-the-app"),
        ];
        let mut url = Url::parse_with_params(&format!("{}/oauth/authorize", gateway.url), usual);
        let url = url.as_mut().unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        url.to_string()
    }
}

impl Gateway {
    /// With a database of its own.
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With a database of its own and these settings.
    #[expect(clippy::unused_async, reason = "needs a runtime, as all that starts a gateway")]
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let database = Arc::new(Database::new());
        let listener = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let listen = listener.local_addr().unwrap();
        let url = format!("http://localhost:{}", listen.port());
        let state = state(&database, &url, settings);
        let server = Server::start(state.clone(), listener);
        Self { url, state, runs: Runs::Here { _server: server }, database }
    }

    /// The real binary, with a database of its own.
    pub(crate) async fn apart() -> Self {
        Self::apart_with(&[]).await
    }

    /// The same with these variables in its environment.
    pub(crate) async fn apart_with(more: &[(&str, String)]) -> Self {
        let (database, port) = (Arc::new(Database::new()), process::free_port());
        let url = format!("http://localhost:{port}");
        Self::run(database, url, port, more).await
    }

    /// Another process of the same gateway on the same database, or none where one process has it alone.
    /// It listens at a port of its own.
    pub(crate) async fn beside(&self) -> Option<(Self, u16)> {
        self.beside_with(&[]).await
    }

    /// The same with these variables in its environment.
    pub(crate) async fn beside_with(&self, more: &[(&str, String)]) -> Option<(Self, u16)> {
        if !self.database.is_shared() {
            return None;
        }
        let port = process::free_port();
        Some((Self::run(self.database.clone(), self.url.clone(), port, more).await, port))
    }

    async fn run(database: Arc<Database>, url: String, port: u16, more: &[(&str, String)]) -> Self {
        let state = state(&database, &url, &[]);
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let process = Process::start(&database.url, &url, port, more.collect()).await;
        Self { url, state, runs: Runs::Apart(process), database }
    }

    /// Where its data is, for settings.
    pub(crate) fn database_url(&self) -> &str {
        &self.database.url
    }

    /// The process of a gateway that runs apart.
    pub(crate) fn process(&self) -> &Process {
        match &self.runs {
            Runs::Apart(process) => process,
            Runs::Here { .. } => panic!("it runs in the process of the tests"),
        }
    }

    /// Moves its clock.
    pub(crate) fn advance(&self, delta: TimeDelta) {
        self.state.store.clock().advance(delta);
    }

    /// What its clock says.
    pub(crate) fn now(&self) -> Time {
        self.state.store.clock().now()
    }

    /// Reads from its database.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&mut Db) -> Result<T>) -> T {
        self.state.store.read_now(f).unwrap()
    }

    /// Changes its database as an operator does.
    pub(crate) fn write<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> T {
        self.state.store.write_now(&Scope::System, &Actor::System, f).unwrap()
    }

    /// Changes its database as another process on the machine does.
    pub(crate) fn write_elsewhere<T>(&self, f: impl FnOnce(&mut Tx) -> Result<T>) -> T {
        let store = Store::open(&self.database.url, Clock::default()).unwrap();
        store.write_now(&Scope::System, &Actor::Cli("operator".to_owned()), f).unwrap()
    }

    /// A new customer, for whose domain the operator vouches.
    pub(crate) fn customer(&self, domain: &str) -> Customer<'_> {
        let new = NewOrganization {
            name: domain.split('.').next().unwrap().to_owned(),
            external_id: Some(format!("customer-{domain}")),
            admission: Admission::Both,
            metadata: serde_json::Map::new(),
            is_demo: false,
            domains: vec![DomainName::parse(domain).unwrap()],
            vouch: true,
        };
        let organization = self.write(|tx| organizations::create(tx, new));
        Customer { gateway: self, organization }
    }

    /// Registers an application with these changes to what is usual.
    pub(crate) fn register(&self, change: impl FnOnce(&mut NewApplication)) -> Registered {
        let mut new = NewApplication {
            name: "Orbit".to_owned(),
            kind: ApplicationKind::Web,
            redirect_uris: vec!["http://127.0.0.1:9/callback".to_owned()],
            post_logout_redirect_uris: vec![],
            initiate_login_uri: None,
            fallback_url: None,
            no_connection: NoConnection::Page,
            id_token_alg: IdTokenAlg::Rs256,
            organizations: None,
            is_demo: false,
            logout: Logout::default(),
            model: Model::default(),
            protected_hosts: Vec::new(),
            lifetimes: OwnLifetimes::default(),
            scopes: Vec::new(),
        };
        change(&mut new);
        let (application, secret) = self.write(|tx| applications::create(tx, new));
        let secret = secret.map(|secret| secret.reveal().to_owned());
        Registered { application, secret }
    }

    /// Registers an app that runs, and lets it discover this gateway.
    pub(crate) async fn adopt(&self, app: &App) -> Registered {
        self.adopt_with(app, |_| {}, |_| {}).await
    }

    /// The same with changes to its registration and to what it is told of it.
    pub(crate) async fn adopt_with(
        &self,
        app: &App,
        change: impl FnOnce(&mut NewApplication),
        tell: impl FnOnce(&mut ClientOf),
    ) -> Registered {
        let registered = self.register(|new| {
            new.redirect_uris = vec![app.redirect_uri.clone()];
            new.post_logout_redirect_uris = vec![app.post_logout_redirect_uri.clone()];
            new.initiate_login_uri = Some(app.login_url(&[]));
            change(new);
        });
        let id = registered.application.id.as_str();
        let mut client = ClientOf::new(&self.url, id, registered.secret.as_deref());
        client.id_token_alg = registered.application.id_token_alg.as_str().to_owned();
        tell(&mut client);
        app.become_client(&client).await;
        registered
    }

    /// All traces, newest first.
    pub(crate) fn traces(&self) -> Vec<Trace> {
        let window = Window { limit: 200, before: None };
        let listed = self.read(|db| traces::page(db, &window, &traces::Filter::default())).data;
        listed.iter().map(|trace| self.read(|db| traces::find(db, &trace.id))).collect()
    }

    /// The newest trace.
    pub(crate) fn last_trace(&self) -> Trace {
        self.traces().into_iter().next().expect("a trace")
    }
}

/// The state of a gateway on a database.
fn state(database: &Database, url: &str, settings: &[(&str, &str)]) -> Data<State> {
    // The demo's app reaches the gateway there.
    let listen = url.replace("http://localhost", "127.0.0.1");
    let own = [
        ("mode", "development"),
        ("public_url", url),
        ("listen", &listen),
        ("database.url", database.url.as_str()),
    ];
    let all = own.iter().chain(settings);
    let settings = all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let flags = Flags { config: None, settings };
    let loaded = config::load_from(&flags, &Surroundings::default()).unwrap();
    let store = Store::open(&database.url, Clock::default()).unwrap();
    let master = MasterKey::from_base64(database::MASTER_KEY, None).unwrap();
    Data::new(State::new(loaded, store, master, Metrics::new().unwrap()).unwrap())
}
