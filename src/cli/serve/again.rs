//! SIGHUP: the settings are read again while the gateway runs.

use crate::config::Flags;
use crate::http::server::State;
use actix_web::web::Data;
use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Heeds the signal from when this is made, so that one that comes right after the start does not end the process.
pub(super) fn heeded() -> crate::error::Result<Signal> {
    Ok(signal(SignalKind::hangup()).context("SIGHUP")?)
}

/// Reads the settings again each time the signal comes, until `stop` says `true` or is dropped.
pub(super) async fn run(
    mut hangup: Signal,
    state: Data<State>,
    flags: Flags,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => return,
            came = hangup.recv() => if came.is_none() { return },
        }
        let (state, flags) = (state.clone(), flags.clone());
        if let Err(error) = tokio::task::spawn_blocking(move || state.reread(&flags)).await {
            tracing::error!(%error, "reading the settings again did not end well");
        }
    }
}
