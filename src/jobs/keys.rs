//! Takes the next steps of key rotation, and reads what other instances have done.
//!
//! Several instances may do it at once: the steps are taken under one lock, and taking them again changes
//! nothing. A key is published for days before and after it signs, so instances need not agree on the minute.

use super::goes_on;
use crate::error::Result;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is done: much more often than keys change.
const EVERY: Duration = Duration::from_mins(10);

/// Calls `renew` on a blocking thread again and again until `stop` says `true` or is dropped. A failure is
/// logged; the keys at hand go on being used.
pub async fn run(
    renew: impl Fn() -> Result<()> + Send + Sync + 'static,
    mut stop: watch::Receiver<bool>,
) {
    let renew = Arc::new(renew);
    loop {
        if !goes_on(EVERY, &mut stop).await {
            return;
        }
        let renew = renew.clone();
        match tokio::task::spawn_blocking(move || renew()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = ?error, "the keys could not be renewed"),
            Err(error) => tracing::error!(%error, "renewing the keys did not end well"),
        }
    }
}
