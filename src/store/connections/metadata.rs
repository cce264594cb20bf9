//! What a connection learns from its provider's metadata.

use super::certificates::{self, Occasion, TakenOver};
use super::refresh::changed;
use super::{Connection, ConnectionState, Protocol, find, save, tell};
use crate::error::{Error, Result};
use crate::saml::metadata::{IdentityProvider, difference};
use crate::store::ending::{self, Of};
use crate::store::schema::connections;
use crate::store::{ConnectionId, Db, Json, Time, Tx, identities, refreshes};
use diesel::prelude::*;

/// Takes over what the provider says of itself. A draft can then be tested; an active connection goes on with it.
///
/// On a connection that people use, another entity ID is another provider: it is taken over only with
/// `accept_new_entity`, and then knows nobody by the name IDs of the old one. Whom the old one signed in is signed out.
/// With the same entity ID a certificate in use stays trusted until another one has signed.
pub fn import(
    tx: &mut Tx,
    id: &ConnectionId,
    provider: IdentityProvider,
    metadata_url: Option<String>,
    accept_new_entity: bool,
) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    connection.must_speak(Protocol::Saml)?;
    check_metadata(tx.db, &connection, &provider, tx.now)?;
    let before = connection.identity_provider.clone().map(Json::into_inner);
    let is_used = connection.is_used();
    let old = before.as_ref().map(|before| before.entity_id.as_str());
    let is_other_entity = old.is_some_and(|old| old != provider.entity_id);
    if is_other_entity {
        if is_used && !accept_new_entity {
            let (old, new) = (old.unwrap_or_default(), &provider.entity_id);
            let detail = format!(
                "This is the metadata of another provider: its entity ID is {new}, and this connection is with {old}. Accept the new entity ID, or make a new connection."
            );
            return Err(Error::conflict("metadata_entity_changed", detail));
        }
        identities::unlink_all(tx, id)?;
        ending::sessions(tx, Of::Connection(id))?;
    }
    let occasion = if is_used && !is_other_entity { Occasion::Known } else { Occasion::Replaced };
    let TakenOver { trusted, unnamed } =
        certificates::take_over(tx, &connection, &provider.certificates, occasion)?;
    let provider = IdentityProvider { certificates: trusted, ..provider };
    let mut differences =
        before.as_ref().map(|before| difference(before, &provider)).unwrap_or_default();
    differences.extend(unnamed);
    let is_same = before.is_some() && differences.is_empty();
    let data = changed(&provider, &differences, "import");
    connection.metadata_url = metadata_url;
    connection.metadata_at = Some(tx.now);
    connection.identity_provider = Some(Json::from(provider));
    if is_same {
        save(tx, &mut connection)?;
    } else {
        connection.revision = connection.revision.saturating_add(1);
        if connection.state == ConnectionState::Draft {
            connection.state = ConnectionState::Testing;
        }
        save(tx, &mut connection)?;
        tell(tx, &connection, "connection.metadata_changed", data)?;
    }
    refreshes::settled(tx, &connection)?;
    Ok(connection)
}

/// Refuses metadata that this connection cannot take over, whatever is accepted of it.
pub fn check_metadata(
    db: &mut Db,
    connection: &Connection,
    provider: &IdentityProvider,
    now: Time,
) -> Result<()> {
    check_certificates(provider, now)?;
    refuse_in_use(db, connection, &provider.entity_id)
}

/// At least one certificate must be one that a response could be signed with now.
fn check_certificates(provider: &IdentityProvider, now: Time) -> Result<()> {
    let mut strong = provider.certificates.iter().filter(|one| one.check_key().is_ok()).peekable();
    if strong.peek().is_none() {
        return Err(Error::invalid(
            "/metadata",
            "metadata_no_certificate",
            "The metadata has no signing certificate with a key that is strong enough.",
        ));
    }
    if strong.all(|one| one.is_expired(now)) {
        return Err(Error::invalid(
            "/metadata",
            "metadata_certificate_expired",
            "Every signing certificate in the metadata has ended. Renew it at the provider first.",
        ));
    }
    Ok(())
}

/// Two connections of one organization with one provider could not be told apart. Two organizations may have typed
/// the same entity ID.
pub(super) fn refuse_in_use(db: &mut Db, connection: &Connection, entity_id: &str) -> Result<()> {
    let others: Vec<Connection> = connections::table
        .filter(connections::organization_id.eq(&connection.organization_id))
        .filter(connections::id.ne(&connection.id))
        .filter(connections::deleted_at.is_null())
        .load(db)?;
    let same = others.into_iter().find(|other| {
        other.identity_provider.as_ref().is_some_and(|provider| provider.entity_id == entity_id)
    });
    match same {
        Some(other) => Err(Error::conflict(
            "metadata_entity_in_use",
            format!("{} ({}) is with {entity_id} already.", other.name, other.id),
        )),
        None => Ok(()),
    }
}
