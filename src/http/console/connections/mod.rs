//! Connections: what their pages have in common.

mod accept;
mod acts;
mod attributes;
mod bars;
mod certificates;
mod contact;
mod figures;
mod list;
mod new;
mod overview;
mod provisioning;
mod restore;
mod routes;
mod settings;
mod setup;
mod tokens;
mod trial;
mod turn;

pub(super) use routes::routes;

use super::listing;
use super::seat::{Links, Manage, Needs, Seat};
use super::words::{self, Badge};
use crate::error::Result;
use crate::http::server::State;
use crate::store::ConnectionId;
use crate::store::connections::{self, Connection, ConnectionState, Protocol};
use crate::store::organizations::Organization;

const LIST: &str = "/console/connections";
/// Where what stands against an act is told: beside what is known of the provider.
const PROVIDER: &str = "/provider";

/// Where the page of a connection is.
pub(super) fn href(id: &ConnectionId) -> String {
    format!("{LIST}/{id}")
}

fn protocol(state: &State, connection: &Connection) -> String {
    let key = match connection.protocol {
        Protocol::Saml => "console.connections.saml",
        Protocol::Oidc => "console.connections.oidc",
    };
    state.locale.text(key).to_owned()
}

/// A connection whose ID stands in a path, and its organization.
pub(super) async fn find(state: &State, id: &str) -> Result<(Connection, Organization)> {
    let id: ConnectionId = id.parse()?;
    state.store.read(move |db| connections::find_with_organization(db, &id)).await
}

/// What the pages of a connection have above them.
#[expect(clippy::struct_excessive_bools, reason = "each is a mark or an act of its own")]
pub(super) struct Head {
    pub(super) href: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) tile: String,
    pub(super) badge: Badge,
    pub(super) protocol: String,
    pub(super) organization: String,
    pub(super) organization_href: String,
    pub(super) is_demo: bool,
    pub(super) traces: String,
    /// Whether it is on.
    pub(super) is_active: bool,
    /// Whether it is off, and nothing stands against turning it on.
    pub(super) is_ready: bool,
    pub(super) may_manage: bool,
    /// Where a setup link to it is made, for whoever may.
    pub(super) send: Option<String>,
    /// When it was made and how, where that is shown.
    pub(super) origin: Option<String>,
}

impl Head {
    pub(super) fn of<N: Needs>(
        state: &State,
        seat: &Seat<N>,
        connection: &Connection,
        organization: &Organization,
    ) -> Self {
        let parts = [("connection", connection.id.as_str())];
        let both = [("organization", organization.id.as_str()), parts[0]];
        let send = || listing::href("/console/setup-links/new", &both);
        Self {
            href: href(&connection.id),
            id: connection.id.to_string(),
            name: connection.name.clone(),
            tile: state.guides.of(&connection.provider).tile.clone(),
            badge: words::connection(state, connection),
            protocol: protocol(state, connection),
            organization: organization.name.clone(),
            is_demo: organization.is_demo,
            organization_href: super::organization::href(&organization.id),
            traces: listing::href("/console/traces", &parts),
            is_active: connection.state == ConnectionState::Active,
            is_ready: connection.state != ConnectionState::Active && connection.tested(),
            may_manage: seat.may::<Manage>(),
            send: seat.may::<Links>().then(send),
            origin: None,
        }
    }
}
