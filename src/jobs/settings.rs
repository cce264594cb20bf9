//! Looks for settings that another process has put.
//!
//! What this process puts itself is in effect at once; a revision that is known is not read again.

use super::goes_on;
use crate::error::Result;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked: so long another process may go on with the settings before.
const EVERY: Duration = Duration::from_secs(3);

/// Calls `renew` on a blocking thread again and again until `stop` says `true` or is dropped. A failure is logged; the
/// settings at hand stay in effect.
pub async fn run(
    renew: impl Fn() -> Result<()> + Send + Sync + 'static,
    mut stop: watch::Receiver<bool>,
) {
    let renew = Arc::new(renew);
    while goes_on(EVERY, &mut stop).await {
        let renew = renew.clone();
        match tokio::task::spawn_blocking(move || renew()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = ?error, "the settings could not be renewed"),
            Err(error) => tracing::error!(%error, "renewing the settings did not end well"),
        }
    }
}
