//! Certificates one by one: added and removed by a person, and settled by what providers sign with.

use super::{CertificateSource, CertificateState, ProviderCertificate, in_order, list, put};
use crate::error::{Error, Result};
use crate::saml::certificate::Certificate;
use crate::saml::metadata::IdentityProvider;
use crate::store::connections::{Connection, Protocol, find, revise, tell};
use crate::store::{ConnectionId, Json, Tx};
use serde_json::json;

/// Trusts a certificate beside those of the metadata: for a provider whose metadata does not name it, or not yet.
pub fn add(tx: &mut Tx, id: &ConnectionId, certificate: &Certificate) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    let mut provider = known(&connection)?;
    certificate.check_key().map_err(|fault| {
        Error::invalid("/certificate", "certificate_invalid", fault.to_string())
    })?;
    if certificate.is_expired(tx.now) {
        let detail = format!("The certificate has ended on {}.", certificate.not_after());
        return Err(Error::invalid("/certificate", "certificate_expired", detail));
    }
    let mut rows = list(tx.db, &connection)?;
    let before = rows.iter().find(|row| row.fingerprint == certificate.fingerprint()).cloned();
    if let Some(trusted) = before.as_ref().filter(|row| row.is_trusted()) {
        let mut row = trusted.clone();
        (row.source, row.unlisted_at) = (CertificateSource::Hand, None);
        put(tx, &row)?;
        return Ok(connection);
    }
    let was = before.as_ref().map(|row| row.state);
    let mut row =
        before.unwrap_or_else(|| ProviderCertificate::new(&connection.id, certificate, tx.now));
    row.enter(CertificateState::Next, tx.now);
    (row.source, row.unlisted_at, row.is_barred) = (CertificateSource::Hand, None, false);
    put(tx, &row)?;
    rows.retain(|known| known.fingerprint != row.fingerprint);
    rows.push(row.clone());
    provider.certificates = in_order(&rows, tx.now);
    revise(tx, &mut connection, provider)?;
    told(tx, &connection, &row, was)?;
    Ok(connection)
}

/// Trusts a certificate no more, at once. The last one that has not ended stays: a connection is turned off instead.
pub fn remove(tx: &mut Tx, id: &ConnectionId, fingerprint: &str) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    let mut provider = known(&connection)?;
    let wanted = fingerprint.to_ascii_lowercase().replace(':', "");
    let rows = list(tx.db, &connection)?;
    let mut row = rows
        .into_iter()
        .find(|row| row.fingerprint == wanted && row.is_trusted())
        .ok_or_else(|| Error::not_found("certificate", fingerprint))?;
    provider.certificates.retain(|other| other.fingerprint() != wanted);
    if provider.certificates.iter().all(|other| other.is_expired(tx.now)) {
        return Err(Error::conflict(
            "certificate_last",
            "It is the last certificate that has not ended: nobody could sign in without it. Add the new one first, or turn the connection off.",
        ));
    }
    let was = row.state;
    row.enter(CertificateState::Retired, tx.now);
    row.is_barred = true;
    put(tx, &row)?;
    revise(tx, &mut connection, provider)?;
    told(tx, &connection, &row, Some(was))?;
    Ok(connection)
}

/// Notes that a provider signs with a certificate. One that was announced is in use from now on; those that metadata
/// does not name any more are trusted no more, now that another one is known to work.
pub fn signed(tx: &mut Tx, id: &ConnectionId, fingerprint: &str) -> Result<()> {
    let mut connection = find(tx.db, id)?;
    let mut provider = known(&connection)?;
    let mut rows = list(tx.db, &connection)?;
    let is_signer = |row: &ProviderCertificate| row.fingerprint == fingerprint;
    let signer = rows.iter().find(|row| is_signer(row) && row.is_trusted());
    let Some(is_named) = signer.map(|signer| signer.unlisted_at.is_none()) else { return Ok(()) };
    let mut news = Vec::new();
    for row in rows.iter_mut().filter(|row| row.is_trusted()) {
        let (was, is_over) = (row.state, is_named && row.unlisted_at.is_some());
        if is_over {
            row.enter(CertificateState::Retired, tx.now);
        } else if is_signer(row) {
            row.enter(CertificateState::Active, tx.now);
        }
        if row.state != was {
            put(tx, row)?;
            news.push((row.clone(), was));
        }
    }
    let trusted = in_order(&rows, tx.now);
    if trusted != provider.certificates {
        provider.certificates = trusted;
        revise(tx, &mut connection, provider)?;
    }
    for (row, was) in news {
        told(tx, &connection, &row, Some(was))?;
    }
    Ok(())
}

fn known(connection: &Connection) -> Result<IdentityProvider> {
    connection.must_speak(Protocol::Saml)?;
    connection.identity_provider.clone().map(Json::into_inner).ok_or_else(|| {
        let detail = "The identity provider is not known yet. Give its metadata first.";
        Error::conflict("metadata_required", detail)
    })
}

fn told(
    tx: &mut Tx,
    connection: &Connection,
    row: &ProviderCertificate,
    was: Option<CertificateState>,
) -> Result<()> {
    let data = json!({
        "fingerprint_sha256": row.fingerprint,
        "not_after": row.not_after,
        "source": row.source,
        "was": was,
        "is": row.state,
    });
    tell(tx, connection, "connection.certificate_changed", data)
}
