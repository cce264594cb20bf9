//! `vestibule serve`: runs the gateway.
//!
//! The one command that opens the other doors: it starts the server and the jobs, and waits for their end.

mod again;
mod identifiers;
mod welcome;

pub(super) use identifiers::affected;

use super::failure::{Exit, Failure, Result};
use super::shell::{Shell, actor, pending_migrations};
use crate::acts;
use crate::config::{Config, DatabaseUrl};
use crate::crypto::MasterKey;
use crate::http::server::{self, State};
use crate::jobs;
use crate::jobs::deliver::Deliverer;
use crate::jobs::notices::Teller;
use crate::store::clean_up::Retention;
use crate::store::{Actor, Scope, Store, demo, members};
use crate::telemetry::{self, Metrics, spans};
use actix_web::web::Data;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use tokio::sync::watch;

/// How to run.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The address and port to accept connections on, instead of the setting
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// The address at which browsers and providers reach the gateway, instead of the setting
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Bring a Postgres database to this version first
    #[arg(long)]
    migrate: bool,
    /// Go on although the public address has changed, and with it what providers were given
    #[arg(long)]
    accept_new_identifiers: bool,
}

pub(super) fn run(mut shell: Shell, arguments: Arguments) -> Result {
    let given = [
        ("listen", arguments.listen.map(|address| address.to_string())),
        ("public_url", arguments.public_url),
    ];
    for (name, value) in given {
        shell.flags.settings.extend(value.map(|value| (name.to_owned(), value)));
    }
    let loaded = shell.loaded()?;
    telemetry::start_logs(&loaded.config.log)?;
    let _sending = spans::start(&loaded.config.telemetry)?;
    // A guide that cannot be read is told like a setting, before anything is made or changed.
    shell.guides()?;
    // Where another program listens, nothing is made or changed.
    let runtime = actix_web::rt::System::new();
    let listen = loaded.config.listen;
    let listener = runtime.block_on(async { server::listen(listen) });
    let listener = listener.map_err(|error| not_listening(listen, &error))?;
    let store = shell.raw_store()?.clone();
    let is_new = bring_up(&shell, &store, arguments.migrate)?;
    let config = loaded.config.clone();
    let keys = config.master_keys()?;
    let previous = keys.previous.as_ref().map(crate::config::Secret::reveal);
    let master = MasterKey::from_base64(keys.current.reveal(), previous)?;
    identifiers::guard(&shell, &store, arguments.accept_new_identifiers)?;
    if config.demo_is_on() {
        set_up_demo(&store, &master, config.public_url.as_str());
    }
    let metrics = Metrics::new()?;
    let store = store.measured(metrics.clone());
    let loaded = shell.loaded()?.clone();
    let state = Data::new(State::new(loaded, store.clone(), master, metrics.clone())?);
    runtime.block_on(async {
        let ending = server::Ending::heeded()?;
        let hangup = again::heeded()?;
        let running = server::start(state.clone(), listener)?;
        let first = write(&store, members::start)?;
        welcome::print(&shell, running.address(), is_new, first.as_ref())?;
        let (stop, stopped) = watch::channel(false);
        let teller = Teller {
            store: store.clone(),
            fetcher: acts::app_fetcher(&state.config)?,
            issuer: state.issuer().to_owned(),
            keys: Box::new({
                let state = state.clone();
                move || state.keys()
            }),
        };
        let deliverer = Deliverer { sender: state.sender.clone(), metrics: metrics.clone() };
        let delivering = tokio::spawn(jobs::deliver::run(deliverer, stopped.clone()));
        let telling = tokio::spawn(jobs::notices::run(teller, stopped.clone()));
        let poster = state.poster.clone();
        let posting = tokio::spawn(jobs::mail::run(store.clone(), poster, stopped.clone()));
        let looking = jobs::domains::run(store.clone(), state.dns.clone(), stopped.clone());
        let looking = tokio::spawn(looking);
        let keys = state.clone();
        let renewing = tokio::spawn(jobs::keys::run(move || keys.renew_keys(), stopped.clone()));
        let settings = state.clone();
        let setting = jobs::settings::run(move || settings.renew_settings(), stopped.clone());
        let setting = tokio::spawn(setting);
        let rereading = again::run(hangup, state.clone(), shell.flags.clone(), stopped.clone());
        let rereading = tokio::spawn(rereading);
        let live = state.clone();
        let refresher =
            move || acts::refresher(&live.live(), live.store.clone(), live.fetcher.clone());
        let reading = tokio::spawn(jobs::refresh::run(refresher, stopped.clone()));
        let numbering = tokio::spawn(jobs::number::run(store.clone(), stopped.clone()));
        let granting = tokio::spawn(jobs::access::run(store.clone(), stopped.clone()));
        let previewing = tokio::spawn(jobs::previews::run(store.clone(), stopped.clone()));
        let retention = move || kept(&state.live());
        let cleaning = tokio::spawn(jobs::clean_up::run(store, retention, metrics, stopped));
        let ended = running.until(ending).await;
        // The job ends when the sender is gone, too: nobody has to hear this.
        let _ = stop.send(true);
        let jobs = [
            delivering, telling, posting, renewing, setting, reading, numbering, granting,
            previewing, looking, cleaning, rereading,
        ];
        for job in jobs {
            if let Err(error) = job.await {
                tracing::error!(%error, "a job did not end well");
            }
        }
        tracing::info!("stopped");
        ended.map_err(Failure::from)
    })
}

/// How long records are kept, by the settings.
fn kept(config: &Config) -> Retention {
    Retention {
        traces: config.retention.traces.delta(),
        events: config.retention.audit.delta(),
        requests: config.retention.requests.delta(),
        removed: config.retention.removed.delta(),
    }
}

/// Why the address cannot be listened on, as far as the system tells.
fn not_listening(listen: SocketAddr, error: &crate::error::Error) -> Failure {
    let other = SocketAddr::new(listen.ip(), listen.port().checked_add(1).unwrap_or(8080));
    let start = format!("vestibule serve --listen {other}");
    let (why, fix) = match TcpListener::bind(listen).map_err(|error| error.kind()) {
        Err(ErrorKind::AddrInUse) => {
            ("Another program listens there.", format!("Stop it, or: {start}"))
        }
        Err(ErrorKind::PermissionDenied) => {
            ("This user may not listen on that port.", "Choose a port from 1024 on.".to_owned())
        }
        _ => {
            ("This machine may not have that address.", "Set listen to one that it has.".to_owned())
        }
    };
    Failure::new(Exit::Unreachable, "not_listening", error.to_string(), why, fix)
}

/// Sets the demo up. The gateway is as good without, so a fault of it is told and no more.
fn set_up_demo(store: &Store, master: &MasterKey, public_url: &str) {
    if let Err(error) = demo::up(store, master, public_url, &Actor::System) {
        tracing::warn!(%error, "the demo could not be set up");
    }
}

/// Brings the database to this version where that may be done unasked, and tells whether it was empty.
fn bring_up(shell: &Shell, store: &Store, migrate: bool) -> Result<bool> {
    let pending = store.pending_migrations()?;
    if pending.is_empty() {
        return Ok(false);
    }
    let is_postgres = matches!(shell.config()?.database.url, DatabaseUrl::Postgres(_));
    if is_postgres && !migrate {
        return Err(pending_migrations(&pending));
    }
    store.migrate()?;
    tracing::info!(migrations = pending.len(), "the database was brought to this version");
    // The first migration makes the tables.
    Ok(pending.iter().any(|name| name.contains("first")))
}

/// Writes what belongs to the installation as such.
fn write<T>(
    store: &Store,
    f: impl FnOnce(&mut crate::store::Tx) -> crate::error::Result<T>,
) -> Result<T> {
    Ok(store.write_now(&Scope::System, &actor(), f)?)
}
