//! A connection with all that is known of its provider, for those who show it.

use super::Connection;
use super::certificates::{self, ProviderCertificate};
use super::openid::{self, KnownClient};
use super::signs::{self, Signs};
use crate::clock::Time;
use crate::error::Result;
use crate::store::refreshes::{self, Refresh};
use crate::store::{Db, Page};

/// A connection, its provider's certificates, and how reading its metadata again goes.
#[derive(Debug, Clone)]
pub struct Known {
    /// The connection itself.
    pub connection: Connection,
    /// Every certificate that was ever trusted, the oldest first.
    pub certificates: Vec<ProviderCertificate>,
    /// How reading the metadata again goes, if it is read.
    pub refresh: Option<Refresh>,
    /// What is kept of us as the provider's client, where the connection speaks OpenID Connect.
    pub client: Option<KnownClient>,
    /// What happens there that somebody has to know of.
    pub signs: Signs,
}

/// What is known of one connection's provider.
pub fn known(db: &mut Db, connection: Connection, now: Time) -> Result<Known> {
    let certificates = certificates::list(db, &connection)?;
    let refresh = refreshes::by_connection(db, &connection.id)?;
    let client = openid::of(db, std::slice::from_ref(&connection))?.remove(&connection.id);
    let signs = signs::of(db, std::slice::from_ref(&connection), now)?.remove(&connection.id);
    Ok(Known { connection, certificates, refresh, client, signs: signs.unwrap_or_default() })
}

/// The same of a page of connections, in as many queries as for one.
pub fn known_page(db: &mut Db, page: Page<Connection>, now: Time) -> Result<Page<Known>> {
    let mut certificates = certificates::of(db, &page.data)?;
    let mut refreshes = refreshes::of(db, &page.data)?;
    let mut clients = openid::of(db, &page.data)?;
    let mut signs = signs::of(db, &page.data, now)?;
    let data = page.data.into_iter().map(|connection| Known {
        certificates: certificates.remove(&connection.id).unwrap_or_default(),
        refresh: refreshes.remove(&connection.id),
        client: clients.remove(&connection.id),
        signs: signs.remove(&connection.id).unwrap_or_default(),
        connection,
    });
    Ok(Page { data: data.collect(), next_cursor: page.next_cursor })
}
