//! What runs without anybody asking.

pub mod access;
pub mod clean_up;
pub mod deliver;
pub mod domains;
pub mod keys;
pub mod mail;
pub mod notices;
pub mod number;
pub mod previews;
pub mod refresh;
pub mod settings;

use std::time::Duration;
use tokio::sync::watch;

/// Waits for the next round of a job. Tells whether there is one: `stop` has neither said `true` nor been dropped.
async fn goes_on(pause: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        changed = stop.changed() => changed.is_ok() && !*stop.borrow(),
    }
}
