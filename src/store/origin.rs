//! From where a change is asked for: known at the door, wanted where the event is written.
//!
//! It goes with the task that serves the request, so that no function in between has to carry it.

use super::Actor;
use std::future::Future;
use std::net::IpAddr;

tokio::task_local! {
    static ADDRESS: Option<IpAddr>;
}

/// The address of whom this task serves; none: nobody's, or not known.
#[must_use]
pub fn address() -> Option<IpAddr> {
    ADDRESS.try_with(|address| *address).unwrap_or_default()
}

/// Lets whatever a future changes be from this address.
pub async fn serving<F: Future>(address: Option<IpAddr>, future: F) -> F::Output {
    ADDRESS.scope(address, future).await
}

/// The same on a thread for blocking work.
pub(super) fn within<T>(address: Option<IpAddr>, f: impl FnOnce() -> T) -> T {
    ADDRESS.sync_scope(address, f)
}

/// What is written down of it: where programs are. Where people are is in the trace of their sign-in and goes with it,
/// since events outlive a person who is forgotten.
pub(super) fn of(actor: &Actor) -> Option<String> {
    match actor {
        Actor::ApiKey(_) | Actor::Machine(_) | Actor::Directory(_) => {
            address().map(|address| address.to_string())
        }
        Actor::System
        | Actor::Cli(_)
        | Actor::SignIn(_)
        | Actor::Provider(_)
        | Actor::Application(_)
        | Actor::Portal(_)
        | Actor::Member(_) => None,
    }
}
