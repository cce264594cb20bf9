//! The server: its state, its routes, and how it starts and stops.

use super::alias;
use super::assets::Assets;
use super::brand::{self, Logos};
use super::demo;
use super::limits::Limits;
use super::rollover::Signers;
use super::tls::OwnTls;
use super::trust::Trust;
use super::{entity, health, keyring, logout, oidc, openid, request, saml, sign_in, single_logout};
use crate::acts;
use crate::acts::mail::Poster;
use crate::acts::openid::Upstream;
use crate::acts::webhooks::Sender;
use crate::config::{Config, Live, Loaded};
use crate::crypto::{MasterKey, RelyingParty, SecretBytes};
use crate::dns::Dns;
use crate::error::{Error, Result};
use crate::fetch::Fetcher;
use crate::guides::Guides;
use crate::locale::Locale;
use crate::oidc::discovery;
use crate::store::Store;
use crate::store::connections::Connection;
use crate::store::grants::Lifetimes;
use crate::store::keys::KeyRing;
use crate::telemetry::Metrics;
use actix_web::body::BoxBody;
use actix_web::dev::{ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::{self, Data, FormConfig, JsonConfig, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use anyhow::Context;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long running requests may take to finish once the server has been told to stop.
const SHUTDOWN_SECONDS: u64 = 30;
/// Longer than the idle time of common proxies, so that it is they who close.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that the system keeps waiting until they are accepted.
const BACKLOG: u32 = 2048;

/// Bytes of a form that a page of ours posts.
const FORM_LIMIT: usize = 64 * 1024;
/// Bytes of a JSON document.
const JSON_LIMIT: usize = 1024 * 1024;
/// Bytes of a form that an identity provider posts: a response of 1 MiB in base64, with slack.
pub const ACS_FORM_LIMIT: usize = 2 * 1024 * 1024;

/// What every handler may use.
pub struct State {
    /// The settings as they were at the start. What can be put since is read of [`State::live`] instead.
    pub config: Arc<Config>,
    /// The settings at every moment.
    pub(super) live: Arc<Live>,
    /// The database.
    pub store: Store,
    /// Every sentence that a person reads.
    pub locale: Locale,
    /// What each identity provider's console calls things.
    pub guides: Guides,
    /// What is counted.
    pub metrics: Metrics,
    /// Asks for DNS records.
    pub dns: Dns,
    /// Fetches metadata.
    pub fetcher: Fetcher,
    /// Talks to providers that speak OpenID Connect.
    pub upstream: Upstream,
    /// Tells endpoints of events.
    pub sender: Sender,
    /// Sends mail.
    pub poster: Poster,
    /// Stylesheet, script, font and icon.
    pub assets: Assets,
    /// Seals what the database must not tell.
    pub master: MasterKey,
    /// The certificates of connections.
    pub trust: Trust,
    /// Those that were seen to sign.
    pub signers: Signers,
    /// How often who may ask.
    pub limits: Limits,
    /// Requests of directories that are not written down yet.
    pub(super) scim: super::scim::Waiting,
    /// Directories that showed a live token a moment ago.
    pub(super) recent: super::caller::Recent,
    /// What the demo remembers while it runs.
    pub demo: demo::Memory,
    /// Turns to hash a password: each takes memory and a processor.
    pub(super) hashing: tokio::sync::Semaphore,
    /// Turns to make a preview while its caller waits: each keeps a connection of the database for seconds.
    pub(super) previewing: tokio::sync::Semaphore,
    /// Signs the cookie that remembers a choice.
    pub cookie_key: SecretBytes,
    /// Whether the server is about to stop, so that nobody is kept waiting.
    closing: watch::Sender<bool>,
    /// Makes of a state what binds its answer to us.
    pub openid_key: SecretBytes,
    /// The operator's logos.
    pub(super) logos: RwLock<Arc<Logos>>,
    /// Our own TLS, once it is served and no proxy does it.
    pub(super) tls: OnceLock<Arc<OwnTls>>,
    /// Our own keys, until the next rotation.
    keys: RwLock<Arc<KeyRing>>,
}

impl State {
    /// The state of a server with these settings, which answers from this database.
    ///
    /// Makes the installation's keys if it has none yet.
    pub fn new(loaded: Loaded, store: Store, master: MasterKey, metrics: Metrics) -> Result<Self> {
        let config = loaded.config.clone();
        let keys = keyring::open(&config, &store, &master)?;
        // Whatever could make it fail, does so here.
        RelyingParty::new(config.public_url.as_str(), &config.brand.name)?;
        let live = Arc::new(Live::new(loaded));
        let state = Self {
            locale: Locale::load(&config.locale)?,
            assets: Assets::load()?,
            guides: Guides::load(config.guides_dir.as_deref()).map_err(anyhow::Error::from)?,
            dns: acts::dns(&config)?,
            fetcher: acts::fetcher(&config)?,
            upstream: acts::upstream(&config)?,
            sender: acts::sender(&config, store.clone(), master.clone())?,
            poster: Poster::new(live.clone(), store.clone(), master.clone())?,
            trust: Trust::default(),
            signers: Signers::default(),
            limits: Limits::new(&config.limits),
            scim: super::scim::Waiting::default(),
            recent: super::caller::Recent::default(),
            demo: demo::Memory::default(),
            hashing: tokio::sync::Semaphore::new(super::console::HASHED_AT_ONCE),
            previewing: tokio::sync::Semaphore::new(super::api::PREVIEWED_AT_ONCE),
            cookie_key: master.derive("cookie")?,
            closing: watch::Sender::new(false),
            openid_key: master.derive("openid sign-in")?,
            keys: RwLock::new(Arc::new(keys)),
            logos: RwLock::default(),
            tls: OnceLock::new(),
            live,
            config,
            store,
            master,
            metrics,
        };
        state.renew_settings()?;
        Ok(state)
    }

    /// What the app sees as the issuer of its tokens: the public address.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.config.public_url.as_str()
    }

    /// Says that the server is about to stop.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Says `true` when the server is about to stop.
    #[must_use]
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Our own keys at this moment.
    #[must_use]
    pub fn keys(&self) -> Arc<KeyRing> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the next steps of key rotation and reads what other instances have done.
    pub fn renew_keys(&self) -> Result<()> {
        let keys = keyring::open(&self.config, &self.store, &self.master)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        Ok(())
    }

    /// How long codes and tokens last.
    #[must_use]
    pub fn lifetimes(&self) -> Lifetimes {
        let live = self.live();
        let oidc = &live.oidc;
        Lifetimes {
            code: oidc.code_ttl.delta(),
            access_token: oidc.access_token_ttl.delta(),
            refresh_token: oidc.refresh_token_ttl.delta(),
        }
    }

    /// How metadata that a person gives for a connection is read: of one of several providers, `choose`.
    pub(super) fn reading(
        &self,
        connection: &Connection,
        choose: Option<String>,
    ) -> acts::metadata::Reading<'_> {
        acts::metadata::Reading {
            fetcher: &self.fetcher,
            public_url: self.config.public_url.as_str(),
            choose,
            signed_by: connection.settings.metadata_keys(),
            now: self.store.clock().now(),
        }
    }
}

/// Lists every route there is.
///
/// The ones here are for the public: nobody has to say who they are. What needs a caller asks for
/// one by its arguments.
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(FormConfig::default().limit(FORM_LIMIT))
        .app_data(JsonConfig::default().limit(JSON_LIMIT))
        .app_data(PayloadConfig::new(JSON_LIMIT));
    // Each request is held against the routes one by one, in this order: what is asked for most often comes first.
    apps(config);
    people(config);
    config
        .configure(super::scim::configure)
        .service(web::resource("/assets/{name}").get(super::assets::asset))
        .service(web::resource("/assets/brand/{name}").get(brand::asset))
        .service(web::resource("/healthz").get(health::alive).route(web::head().to(health::alive)))
        .service(web::resource("/readyz").get(health::ready).route(web::head().to(health::ready)))
        .service(web::resource("/version").get(health::version))
        .service(web::resource("/metrics").get(health::metrics));
    super::portal::routes(config);
    super::console::routes(config);
    super::reference::routes(config);
    super::forward::routes(config);
    config.configure(super::api::configure);
}

/// What people and their identity providers meet.
fn people(config: &mut ServiceConfig) {
    config
        .service(web::resource("/login").get(sign_in::ask).post(sign_in::choose))
        .service(
            web::resource("/login/break-glass").get(sign_in::ask_code).post(sign_in::enter_code),
        )
        .service(web::resource("/login/{connection}").get(sign_in::from_link))
        .service(web::resource("/saml/{connection}").get(entity::show))
        .service(
            web::resource("/saml/{connection}/acs")
                .app_data(PayloadConfig::new(ACS_FORM_LIMIT))
                .post(saml::acs),
        )
        .service(
            web::resource("/v1/saml/{alias}/acs")
                .app_data(PayloadConfig::new(ACS_FORM_LIMIT))
                .post(alias::acs),
        )
        .service(
            web::resource("/api/oauth/saml")
                .app_data(PayloadConfig::new(ACS_FORM_LIMIT))
                .post(alias::acs),
        )
        .service(
            web::resource("/saml/{connection}/slo")
                .get(single_logout::by_redirect)
                .post(single_logout::by_form),
        )
        .service(web::resource("/oidc/{connection}/callback").get(openid::callback))
        .service(web::resource("/oidc/{connection}/jwks").get(openid::jwks))
        .service(web::resource("/logout").post(single_logout::ask));
}

/// What the app and its libraries call.
fn apps(config: &mut ServiceConfig) {
    let form = |path: &str| web::resource(path).app_data(PayloadConfig::new(FORM_LIMIT));
    config
        .service(web::resource(discovery::PATH).get(oidc::discovery))
        .service(web::resource(discovery::JWKS).get(oidc::jwks))
        .service(form(discovery::AUTHORIZE).get(oidc::authorize).post(oidc::authorize))
        .service(form(discovery::TOKEN).post(oidc::token))
        .service(form(discovery::USERINFO).get(oidc::userinfo).post(oidc::userinfo))
        .service(form(discovery::REVOKE).post(oidc::revoke))
        .service(form(discovery::INTROSPECT).post(oidc::introspect))
        .service(form(discovery::LOGOUT).get(logout::ask).post(logout::confirm));
}

/// The application as it is served, and as tests call it.
#[must_use]
pub fn app(
    state: Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let wrapped = state.clone();
    let has_demo = state.config.demo_is_on();
    let routes = move |config: &mut ServiceConfig| {
        configure(config);
        if has_demo {
            demo::routes(config);
        }
    };
    App::new().app_data(state).configure(routes).wrap(actix_web::middleware::from_fn(
        move |request, next| request::handle(wrapped.clone(), request, next),
    ))
}

/// A server that accepts connections.
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    state: Data<State>,
    task: JoinHandle<std::io::Result<()>>,
}

/// Opens the address to accept connections on. Port 0 takes a free one.
///
/// Needs a Tokio runtime, since it is the runtime's socket that has a long queue.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let open = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    open().map_err(|error| {
        Error::Busy(format!("The address {address} cannot be listened on: {error}."))
    })
}

/// Starts to answer at `listener`, with TLS if the settings name a certificate.
pub fn start(state: Data<State>, listener: TcpListener) -> Result<Running> {
    let address = listener.local_addr().context("the listening address")?;
    let tls = OwnTls::open(&state.config.tls)?;
    let tls = tls.map(|own| state.tls.get_or_init(|| own).acceptor()).transpose()?;
    let shared = state.clone();
    let server = HttpServer::new(move || app(shared.clone()))
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIMEOUT)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals();
    let server = match tls {
        Some(tls) => server.listen_openssl(listener, tls),
        None => server.listen(listener),
    };
    let server = server.context("listening")?.run();
    let handle = server.handle();
    Ok(Running { address, handle, state, task: tokio::spawn(server) })
}

/// The signals that end the process, SIGTERM and SIGINT: heeded from when this is made, so that one that comes right
/// after the start ends it as gently as any other.
pub struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    /// Heeds the signals from now on.
    pub fn heeded() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT")?,
        })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more connections and returns when running requests are answered.
    pub async fn stop(self) -> Result<()> {
        self.state.close();
        self.handle.stop(true).await;
        finished(self.task.await)
    }

    /// Returns after the process was told to stop and running requests are answered. Told a second time, it drops
    /// them.
    pub async fn until(mut self, mut ending: Ending) -> Result<()> {
        tokio::select! {
            ended = &mut self.task => return finished(ended),
            () = ending.told() => {}
        }
        self.state.close();
        tracing::info!("stopping: running requests are finished first");
        tokio::select! {
            () = self.handle.stop(true) => {}
            () = ending.told() => self.handle.stop(false).await,
        }
        finished(self.task.await)
    }
}

fn finished(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<()> {
    ended.context("the server's task")?.context("the server")?;
    Ok(())
}
