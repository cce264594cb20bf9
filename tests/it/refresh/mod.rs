//! Metadata of identity providers is read again, and their keys change while people sign in.

mod job;
mod keys;
mod rollover;

use crate::gateway::{Gateway, Idp, Publisher, World};
use tokio::sync::watch;
use vestibule::acts;
use vestibule::jobs::refresh;
use vestibule::saml::metadata::IdentityProvider;
use vestibule::store::connections::{self, Known, Settings};

/// A gateway that may fetch from this machine.
async fn gateway() -> Gateway {
    Gateway::with(&[("metadata.allow_private", "127.0.0.1")]).await
}

/// A world whose provider publishes its metadata.
async fn world<'a>(gateway: &'a Gateway, idp: Idp, publisher: &Publisher) -> World<'a> {
    let customer = gateway.customer("globex.example");
    let draft = customer.draft("Company sign-in", Settings::default());
    let connection = customer.activate(&customer.import(&draft, &publisher.url).await);
    let app = gateway.register(|_| {});
    publisher.answers();
    World { gateway, customer, idp, connection, app }
}

/// Does what is due, as the job does.
async fn round(gateway: &Gateway) -> usize {
    let state = &gateway.state;
    let refresher = acts::refresher(&state.config, state.store.clone(), state.fetcher.clone());
    let (_go_on, stopped) = watch::channel(false);
    refresh::round(&refresher, &stopped).await.unwrap()
}

/// The connection and all that is known of its provider.
fn known(world: &World<'_>) -> Known {
    let now = world.gateway.state.store.clock().now();
    world.gateway.read(|db| {
        let connection = connections::find(db, &world.connection.id)?;
        connections::known(db, connection, now)
    })
}

fn provider(world: &World<'_>) -> IdentityProvider {
    known(world).connection.identity_provider.unwrap().into_inner()
}
