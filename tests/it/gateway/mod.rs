//! The gateway under test: a real server with a database of its own, and shortcuts to what it knows.

mod customer;
mod database;
mod house;
mod idp;
mod world;

pub(crate) use customer::Customer;
pub(crate) use database::{Database, MASTER_KEY};
pub(crate) use idp::{Idp, Key, Underway, form};
pub(crate) use world::{ADA, World, is_in};

use actix_web::web::Data;
use chrono::TimeDelta;
use house::Server;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use url::Url;
use vestibule::clock::{Clock, Time};
use vestibule::config::{self, Flags, Surroundings};
use vestibule::crypto::MasterKey;
use vestibule::domain::DomainName;
use vestibule::error::Result;
use vestibule::http::server::{self, State};
use vestibule::store::applications::{
    self, Application, ApplicationKind, IdTokenAlg, NewApplication, NoConnection,
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
    // Dropped in this order: the server lets go of the database first.
    server: Option<Server>,
    database: Arc<Database>,
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
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(Arc::new(Database::new()), "http://localhost", settings)
    }

    /// On a database that exists. An address without port gets that of the listener.
    fn on(database: Arc<Database>, address: &str, settings: &[(&str, &str)]) -> Self {
        let listener = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let listen = listener.local_addr().unwrap();
        let mut url = Url::parse(address).unwrap();
        if url.port().is_none() {
            url.set_port(Some(listen.port())).unwrap();
        }
        let url = url.as_str().trim_end_matches('/').to_owned();
        let own = [
            ("mode", "development".to_owned()),
            ("listen", listen.to_string()),
            ("public_url", url.clone()),
            ("database.url", database.url.clone()),
        ];
        let given = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let own = own.into_iter().map(|(key, value)| (key.to_owned(), value));
        let flags = Flags { config: None, settings: own.chain(given).collect() };
        let config = config::load_from(&flags, &Surroundings::default()).unwrap().config;
        let store = Store::open(&database.url, Clock::default()).unwrap();
        let master = MasterKey::from_base64(database::MASTER_KEY, None).unwrap();
        let state = State::new(config, store, master, Metrics::new().unwrap()).unwrap();
        let state = Data::new(state);
        let server = Some(Server::start(state.clone(), listener));
        Self { url, state, server, database }
    }

    /// Another process on the same database, which answers at an address of its own but is the same gateway.
    pub(crate) fn beside(&self) -> Self {
        assert!(self.database.is_shared(), "SQLite serves one process");
        Self::on(self.database.clone(), &self.url, &[])
    }

    /// Where it listens, for a gateway that has the public address of another.
    pub(crate) fn listens(&self) -> String {
        format!("http://{}", self.state.config.listen)
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
        self.read(|db| traces::page(db, &window, &traces::Filter::default())).data
    }

    /// The newest trace.
    pub(crate) fn last_trace(&self) -> Trace {
        self.traces().into_iter().next().expect("a trace")
    }
}
