//! A connection that was begun with SAML goes on with OpenID Connect: what was given as metadata was a discovery document.

use super::place;
use crate::crypto::{MasterKey, PrivateKey};
use crate::error::{Error, Result};
use crate::store::connections::{Connection, ConnectionState, Protocol, Settings, find, save};
use crate::store::schema::{identities, metadata_refreshes, openid_clients, provider_certificates};
use crate::store::{ConnectionId, Db, Json, KeyId, Tx, aliases, events, setup_links};
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;

/// Has a connection speak OpenID Connect, which has begun with SAML and by which nobody has signed in. Its ID stays, and with it
/// its directory and the links to it; what it knew of SAML goes. The issuer waits for the client ID.
pub fn switch(
    tx: &mut Tx,
    master: &MasterKey,
    id: &ConnectionId,
    (issuer, key): (&str, &PrivateKey),
) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    setup_links::must_be_trusted(tx, setup_links::Reach::SignIn(id))?;
    if connection.protocol == Protocol::Oidc {
        return Ok(connection);
    }
    if !may_switch(tx.db, &connection)? {
        let detail = "People have signed in by this connection, or it has addresses of another product. For OpenID Connect make a new connection.";
        return Err(Error::conflict("connection_in_use", detail));
    }
    connection.protocol = Protocol::Oidc;
    connection.state = ConnectionState::Draft;
    connection.settings = Json::from(Settings::default());
    connection.identity_provider = None;
    connection.metadata_url = None;
    connection.metadata_at = None;
    connection.tested_revision = None;
    connection.revision = connection.revision.saturating_add(1);
    diesel::delete(
        provider_certificates::table.filter(provider_certificates::connection_id.eq(id)),
    )
    .execute(tx.db)?;
    diesel::delete(metadata_refreshes::table.find(id)).execute(tx.db)?;
    save(tx, &mut connection)?;
    insert_client(tx, master, id, (Some(issuer), key))?;
    setup_links::go_on_with_openid(tx, id)?;
    let data = json!({ "changed": ["protocol"] });
    let change = (&json!({ "protocol": Protocol::Saml }), &json!({ "protocol": Protocol::Oidc }));
    let of = Some(&connection.organization_id);
    events::append_change(tx, of, "connection.updated", id.as_str(), data, change)?;
    Ok(connection)
}

/// Whether a connection can go on with the other protocol: nobody has signed in by it, and no other product's addresses lead
/// to it.
pub fn may_switch(db: &mut Db, connection: &Connection) -> Result<bool> {
    let is_begun = matches!(connection.state, ConnectionState::Draft | ConnectionState::Testing);
    let has_others_address = connection.sp_entity_id.is_some() || connection.acs_url.is_some();
    if connection.protocol != Protocol::Saml || !is_begun || has_others_address {
        return Ok(false);
    }
    let known = identities::table.filter(identities::connection_id.eq(&connection.id));
    let is_used: bool = diesel::select(exists(known)).get_result(db)?;
    Ok(!is_used && aliases::of(db, &connection.id)?.is_empty())
}

/// The issuer that waits for a client ID.
pub fn awaited_issuer(db: &mut Db, id: &ConnectionId) -> Result<Option<String>> {
    let found = openid_clients::table.find(id).select(openid_clients::issuer);
    Ok(found.first::<Option<String>>(db).optional()?.flatten())
}

/// Keeps the key by which the new client can prove who it is, sealed.
pub(super) fn insert_client(
    tx: &mut Tx,
    master: &MasterKey,
    id: &ConnectionId,
    (issuer, key): (Option<&str>, &PrivateKey),
) -> Result<()> {
    let private_key = master.seal(key.to_pem()?.reveal().as_bytes(), &place("private_key", id))?;
    diesel::insert_into(openid_clients::table)
        .values((
            openid_clients::connection_id.eq(id),
            openid_clients::key_id.eq(KeyId::new().as_str()),
            openid_clients::private_key.eq(private_key),
            openid_clients::issuer.eq(issuer),
        ))
        .execute(tx.db)?;
    Ok(())
}
