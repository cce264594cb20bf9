//! Addresses of another product that lead to an organization's connections.

use super::document;
use super::export;
use super::run::Run;
use crate::error::{Error, Result};
use crate::store::aliases::{self, Address};
use crate::store::connections::{self, Connection, Protocol};
use crate::store::organizations::Organization;
use std::collections::HashSet;

impl Run<'_, '_> {
    /// As what the provider of a connection knows us, if the file says so.
    pub(super) fn known_as(
        &mut self,
        row: &Connection,
        wanted: &document::Connection,
    ) -> Result<()> {
        let (entity, acs) = (wanted.sp_entity_id.as_ref(), wanted.acs_url.as_ref());
        if entity.is_none() && acs.is_none() {
            return Ok(());
        }
        let needed = |field: &str| {
            let detail =
                "A provider that knows us from another product has both, sp_entity_id and acs_url.";
            Error::invalid(field, "required", detail)
        };
        let entity = entity.or(row.sp_entity_id.as_ref()).ok_or_else(|| needed("/sp_entity_id"))?;
        let acs = acs.or(row.acs_url.as_ref()).ok_or_else(|| needed("/acs_url"))?;
        connections::keep_addresses(self.tx, &row.id, entity, acs)?;
        Ok(())
    }

    /// Those that go first, so that one may lead to another connection from now on.
    pub(super) fn aliases(
        &mut self,
        of: &Organization,
        wanted: &document::Organization,
    ) -> Result<()> {
        let rows = export::connection_rows(self.tx.db, of)?;
        let speaks = |row: &&Connection| row.protocol == Protocol::Saml;
        let mut named = Vec::new();
        for (n, connection) in wanted.connections.iter().flatten().enumerate() {
            let Some(given) = &connection.aliases else { continue };
            let row = rows.iter().filter(speaks).find(|row| row.name == connection.name);
            let row = row.ok_or_else(|| Error::not_found("connection", &*connection.name))?;
            for (m, text) in given.iter().enumerate() {
                let place = format!("/connections/{n}/aliases/{m}");
                let address = Address::parse(text).map_err(|error| error.within(&place))?;
                named.push((row, address, place));
            }
        }
        if self.prune {
            self.prune_aliases(of, wanted, &rows, &named)?;
        }
        for (row, address, place) in named {
            // Of another organization it is refused by who keeps it, and nothing of the file happens.
            let added = aliases::add(self.tx, &row.id, &address);
            if added.map_err(|error| error.within(&place))?.is_some() {
                self.note("create", "alias", &address.url(), Vec::new());
            }
        }
        Ok(())
    }

    fn prune_aliases(
        &mut self,
        of: &Organization,
        wanted: &document::Organization,
        rows: &[Connection],
        named: &[(&Connection, Address, String)],
    ) -> Result<()> {
        let spoken: HashSet<&str> = wanted
            .connections
            .iter()
            .flatten()
            .filter(|it| it.aliases.is_some())
            .map(|it| it.name.as_str())
            .collect();
        for alias in aliases::of_organization(self.tx.db, &of.id)? {
            let Some(row) = rows.iter().find(|row| row.id == alias.connection_id) else { continue };
            let stays = |(to, address, _): &(&Connection, Address, String)| {
                to.id == row.id && address.url() == alias.url()
            };
            if spoken.contains(row.name.as_str()) && !named.iter().any(stays) {
                aliases::remove(self.tx, &row.id, &alias.id)?;
                self.note("remove", "alias", &alias.url(), Vec::new());
            }
        }
        Ok(())
    }
}
