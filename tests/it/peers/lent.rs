//! Peers that tests use one after the other: starting one takes longer than most tests.

use super::{App, OpenIdProvider, Provider};
use serde_json::json;
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

/// Peers of one kind that nobody uses at the moment.
pub(crate) type Shelf<T> = Mutex<Vec<T>>;

/// A peer that goes back to its shelf when it is dropped.
pub(crate) struct Lent<T: 'static> {
    peer: Option<T>,
    shelf: &'static Shelf<T>,
}

impl<T> Lent<T> {
    fn from(shelf: &'static Shelf<T>) -> Option<Self> {
        let peer = shelf.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Self { peer: Some(peer), shelf })
    }
}

impl<T> Deref for Lent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.peer.as_ref().expect("it is taken only when this is dropped")
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).extend(self.peer.take());
    }
}

/// A pysaml2 provider with its usual options.
pub(crate) async fn pysaml2() -> Lent<Provider> {
    static SHELF: Shelf<Provider> = Mutex::new(Vec::new());
    let usual = json!({
        "sign_assertion": true, "sign_response": false, "signature": "sha256", "encrypt": null,
        "sign_with_key": 1, "keys": 1, "bindings": ["redirect", "post"],
        "want_requests_signed": false, "name_id": "email", "slo": [], "logout": "complete",
        "sign_logout": true, "audience": null,
    });
    match Lent::from(&SHELF) {
        Some(lent) => {
            lent.forget().await;
            lent.set(&usual).await;
            lent.set(&json!({ "entity_id": lent.metadata_url })).await;
            lent
        }
        None => Lent { peer: Some(Provider::pysaml2().await), shelf: &SHELF },
    }
}

/// A samlp provider with its usual options.
pub(crate) async fn samlp() -> Lent<Provider> {
    static SHELF: Shelf<Provider> = Mutex::new(Vec::new());
    let usual = json!({
        "sign_assertion": true, "sign_response": false, "signature": "sha256", "encrypt": null,
        "sign_with_key": 1, "want_requests_signed": false, "lifetime": 300, "slo": [],
        "logout": "complete",
    });
    match Lent::from(&SHELF) {
        Some(lent) => {
            lent.forget().await;
            lent.set(&usual).await;
            lent
        }
        None => Lent { peer: Some(Provider::samlp().await), shelf: &SHELF },
    }
}

/// An oidc-provider with its usual options.
pub(crate) async fn oidc_provider() -> Lent<OpenIdProvider> {
    static SHELF: Shelf<OpenIdProvider> = Mutex::new(Vec::new());
    match Lent::from(&SHELF) {
        Some(lent) => {
            lent.forget().await;
            lent
        }
        None => Lent { peer: Some(OpenIdProvider::start().await), shelf: &SHELF },
    }
}

/// An app with openid-client that nobody else uses.
pub(crate) async fn openid_client() -> Lent<App> {
    static SHELF: Shelf<App> = Mutex::new(Vec::new());
    match Lent::from(&SHELF) {
        Some(lent) => lent,
        None => Lent { peer: Some(App::openid_client().await), shelf: &SHELF },
    }
}

/// An app with Authlib that nobody else uses.
pub(crate) async fn authlib() -> Lent<App> {
    static SHELF: Shelf<App> = Mutex::new(Vec::new());
    match Lent::from(&SHELF) {
        Some(lent) => lent,
        None => Lent { peer: Some(App::authlib().await), shelf: &SHELF },
    }
}
