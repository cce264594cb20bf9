//! What the gateway takes over by itself when it reads a provider's metadata again, and what waits for a person.

use super::certificates::{self, Occasion, TakenOver};
use super::metadata::import;
use super::{Connection, Protocol, find, save, tell};
use crate::error::{Error, Result};
use crate::saml::certificate::Certificate;
use crate::saml::metadata::{Difference, IdentityProvider, difference};
use crate::store::{ConnectionId, Json, Tx, refreshes};
use serde_json::json;

/// What only a person takes over: with another entity ID it is another provider, and another address is where people
/// type their passwords.
const FOR_A_PERSON: [&str; 2] = ["entity_id", "sign_on"];

/// What came of metadata that was read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// Nothing is different.
    Unchanged,
    /// What is different was taken over.
    Changed,
    /// Nothing was taken over: it waits for a person.
    Held,
    /// Meanwhile somebody gave the connection other metadata, or decided by whom it must be signed.
    Superseded,
}

/// Takes over metadata that the gateway has read again at `url`.
///
/// New certificates stand beside the old ones; those in use stay until another one has signed. Another entity ID or
/// sign-on address is kept aside, with all that came with it, until a person accepts it ([`accept`]). What is taken
/// over needs no new test: the connection goes on as it was tested.
pub fn refresh(
    tx: &mut Tx,
    id: &ConnectionId,
    url: &str,
    found: IdentityProvider,
) -> Result<Refreshed> {
    let mut connection = find(tx.db, id)?;
    let before = connection.identity_provider.clone().map(Json::into_inner);
    let (Some(before), true) = (before, connection.metadata_url.as_deref() == Some(url)) else {
        return Ok(Refreshed::Superseded);
    };
    let for_a_person: Vec<Difference> = difference(&before, &found)
        .into_iter()
        .filter(|part| FOR_A_PERSON.contains(&part.field.as_str()))
        .collect();
    if !for_a_person.is_empty() {
        if refreshes::hold(tx, id, found)? {
            let data = json!({ "differences": for_a_person });
            tell(tx, &connection, "connection.metadata_held", data)?;
        }
        return Ok(Refreshed::Held);
    }
    if refreshes::release(tx, id)? {
        tell(tx, &connection, "connection.metadata_recovered", json!({ "from": "held" }))?;
    }
    let TakenOver { trusted, unnamed } =
        certificates::take_over(tx, &connection, &found.certificates, Occasion::Known)?;
    let after = IdentityProvider { certificates: trusted, ..found };
    let mut differences = difference(&before, &after);
    differences.extend(unnamed);
    if differences.is_empty() {
        return Ok(Refreshed::Unchanged);
    }
    connection.metadata_at = Some(tx.now);
    let data = changed(&after, &differences, "refresh");
    revise(tx, &mut connection, after)?;
    tell(tx, &connection, "connection.metadata_changed", data)?;
    Ok(Refreshed::Changed)
}

/// Takes over what waits for a person. `change` names what the person has seen: what came since is not accepted unseen.
pub fn accept(tx: &mut Tx, id: &ConnectionId, change: &str) -> Result<Connection> {
    let connection = find(tx.db, id)?;
    connection.must_speak(Protocol::Saml)?;
    let held = refreshes::by_connection(tx.db, id)?;
    let Some((refresh, provider)) =
        held.and_then(|refresh| refresh.proposed.clone().map(|held| (refresh, held.into_inner())))
    else {
        return Err(Error::conflict(
            "nothing_to_accept",
            "No change of the provider's metadata waits for this connection.",
        ));
    };
    if refresh.change().as_deref() != Some(change) {
        return Err(Error::conflict(
            "metadata_changed_again",
            "The metadata has changed again since. Look at the change that waits now.",
        ));
    }
    import(tx, id, provider, connection.metadata_url, true)
}

/// Whether a connection is still what an answer was checked against, apart from certificates that have been added.
#[must_use]
pub fn has_only_gained(then: &Connection, now: &Connection) -> bool {
    let (Some(before), Some(after)) = (&then.identity_provider, &now.identity_provider) else {
        return false;
    };
    let keeps = before.certificates.iter().all(|known| after.certificates.contains(known));
    let is_same =
        difference(before, after).iter().all(|part| part.field == "certificates") && keeps;
    is_same && *then.settings == *now.settings
}

/// Replaces what is known of the provider. What was tested counts as tested.
pub(super) fn revise(
    tx: &mut Tx,
    connection: &mut Connection,
    provider: IdentityProvider,
) -> Result<()> {
    let is_tested = connection.tested();
    connection.identity_provider = Some(Json::from(provider));
    connection.revision = connection.revision.saturating_add(1);
    if is_tested {
        connection.tested_revision = Some(connection.revision);
    }
    save(tx, connection)
}

/// What the event of changed metadata tells.
pub(super) fn changed(
    after: &IdentityProvider,
    differences: &[Difference],
    by: &str,
) -> serde_json::Value {
    let fingerprints: Vec<&str> = after.certificates.iter().map(Certificate::fingerprint).collect();
    json!({
        "entity_id": after.entity_id,
        "certificates": fingerprints,
        "by": by,
        "differences": differences,
    })
}
