//! What a provider may sign with: each certificate that was ever trusted, since when it is in its state, and where it
//! came from.
//!
//! Which ones are trusted stands in the connection's row, for every sign-in reads that. Here is the rest.

mod change;
mod expiry;
mod offered;
#[cfg(test)]
mod tests;

pub use change::{add, remove, signed};
pub use expiry::{ending, tell_ends};
pub use offered::{accept, offered};

use super::Connection;
use crate::error::{Error, Result};
use crate::saml::certificate::Certificate;
use crate::saml::metadata::Difference;
use crate::store::schema::{connections, provider_certificates};
use crate::store::types::word;
use crate::store::{ConnectionId, Db, Json, Time, Tx, on_backend};
use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use std::cmp::Reverse;
use std::collections::HashMap;

/// What a trusted certificate is called whose time is over.
pub const ENDED: &str = "ended";
/// How long a certificate is remembered that is trusted no more.
const REMEMBERED: TimeDelta = TimeDelta::days(90);
/// How many of them are remembered at most.
const MOST_RETIRED: i64 = 100;
/// Connections whose certificates one transaction writes down.
const BATCH: i64 = 100;

word!(
    /// Where a provider's certificate is in its life.
    CertificateState {
        /// Trusted; it has not signed yet, while another one does.
        Next = "next",
        /// Trusted, and in use.
        Active = "active",
        /// Trusted no more.
        Retired = "retired",
    }
);

word!(
    /// Where a provider's certificate came from.
    CertificateSource {
        /// The provider's metadata, or the values given in its place.
        Metadata = "metadata",
        /// A person added it beside those.
        Hand = "hand",
    }
);

/// A certificate that a provider may sign with, or might.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = provider_certificates, primary_key(connection_id, fingerprint))]
#[diesel(treat_none_as_null = true)]
pub struct ProviderCertificate {
    /// Whose provider's.
    pub connection_id: ConnectionId,
    /// SHA-256 of its DER, in hexadecimal.
    pub fingerprint: String,
    /// The certificate itself.
    pub certificate: Json<Certificate>,
    /// Where it is in its life.
    pub state: CertificateState,
    /// Where it came from.
    pub source: CertificateSource,
    /// When it became known.
    pub added_at: Time,
    /// Since when it is in its state.
    pub state_at: Time,
    /// When it ends.
    pub not_after: Time,
    /// Since when metadata does not name it any more. It goes as soon as another one has signed.
    pub unlisted_at: Option<Time>,
    /// A person removed it: no metadata brings it back, whoever gives it. Only [`add`] does.
    pub is_barred: bool,
    /// The last step before its end that was told, in days.
    pub told_days: Option<i32>,
}

/// On what occasion certificates come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Metadata of a provider that is in use: read again, or given by a person.
    Known,
    /// Nothing that was trusted stays: nobody signs in yet, or it is another provider.
    Replaced,
}

impl ProviderCertificate {
    /// Whether a response may be signed with it, as long as it has not ended.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.state != CertificateState::Retired
    }

    /// Where it is in its life, and since when, as it is shown. One that has ended signs nothing, trusted or not.
    #[must_use]
    pub fn standing(&self, now: Time) -> (&'static str, Time) {
        if self.is_trusted() && self.certificate.is_expired(now) {
            return (ENDED, self.not_after);
        }
        (self.state.as_str(), self.state_at)
    }

    fn new(connection: &ConnectionId, certificate: &Certificate, now: Time) -> Self {
        Self {
            connection_id: connection.clone(),
            fingerprint: certificate.fingerprint().to_owned(),
            not_after: certificate.not_after(),
            certificate: Json::from(certificate.clone()),
            state: CertificateState::Active,
            source: CertificateSource::Metadata,
            added_at: now,
            state_at: now,
            unlisted_at: None,
            is_barred: false,
            told_days: None,
        }
    }

    fn enter(&mut self, state: CertificateState, now: Time) {
        if self.state != state {
            self.state = state;
            self.state_at = now;
        }
    }
}

/// All certificates of a connection, the oldest first.
pub fn list(db: &mut Db, connection: &Connection) -> Result<Vec<ProviderCertificate>> {
    let mut all = of(db, std::slice::from_ref(connection))?;
    Ok(all.remove(&connection.id).unwrap_or_default())
}

/// The certificates of several connections.
pub fn of(
    db: &mut Db,
    connections: &[Connection],
) -> Result<HashMap<ConnectionId, Vec<ProviderCertificate>>> {
    let ids: Vec<&ConnectionId> = connections.iter().map(|connection| &connection.id).collect();
    let rows: Vec<ProviderCertificate> = provider_certificates::table
        .filter(provider_certificates::connection_id.eq_any(ids))
        .order((provider_certificates::added_at, provider_certificates::fingerprint))
        .load(db)?;
    let mut all: HashMap<ConnectionId, Vec<ProviderCertificate>> = HashMap::new();
    for row in rows {
        all.entry(row.connection_id.clone()).or_default().push(row);
    }
    for connection in connections {
        agree(connection, all.entry(connection.id.clone()).or_default());
    }
    Ok(all)
}

/// Makes what is known of certificates agree with the connection's row, which decides what is trusted: a release before
/// this one writes only there.
fn agree(connection: &Connection, rows: &mut Vec<ProviderCertificate>) {
    let trusted = trusted(connection);
    for row in rows.iter_mut().filter(|row| !trusted.contains(&row.certificate)) {
        row.state = CertificateState::Retired;
    }
    let since = connection.metadata_at.unwrap_or(connection.created_at);
    for certificate in trusted {
        match rows.iter_mut().find(|row| row.fingerprint == certificate.fingerprint()) {
            Some(row) if !row.is_trusted() => row.enter(CertificateState::Active, since),
            Some(_) => {}
            None => rows.push(ProviderCertificate::new(&connection.id, certificate, since)),
        }
    }
}

fn trusted(connection: &Connection) -> &[Certificate] {
    connection.identity_provider.as_ref().map_or(&[], |provider| &provider.certificates)
}

/// What came of certificates that were taken over.
#[derive(Debug)]
pub(super) struct TakenOver {
    /// All that are trusted from now on.
    pub(super) trusted: Vec<Certificate>,
    /// What metadata named, and names now, where it names one no more.
    pub(super) unnamed: Option<Difference>,
}

/// Takes over the certificates of metadata.
///
/// What is new stands beside what there was. A certificate in use that is not named any more stays until another one
/// has signed ([`signed`]), so that no refresh takes away what works. One that a person removed does not come back.
pub(super) fn take_over(
    tx: &mut Tx,
    connection: &Connection,
    named: &[Certificate],
    occasion: Occasion,
) -> Result<TakenOver> {
    let known = list(tx.db, connection)?;
    let unnamed = unnamed(&known, named, occasion);
    let is_in_use = occasion != Occasion::Replaced
        && known.iter().any(|row| row.state == CertificateState::Active && row.not_after > tx.now);
    let fresh = if is_in_use { CertificateState::Next } else { CertificateState::Active };
    let mut trusted: Vec<ProviderCertificate> = Vec::new();
    for certificate in named {
        let row = known.iter().find(|row| row.fingerprint == certificate.fingerprint());
        if row.is_some_and(|row| row.is_barred) {
            continue;
        }
        let mut after = match row {
            Some(row) => row.clone(),
            None => ProviderCertificate::new(&connection.id, certificate, tx.now),
        };
        if row.is_none_or(|row| !row.is_trusted()) {
            after.enter(fresh, tx.now);
        }
        if !row.is_some_and(|row| is_apart(row, occasion)) {
            after.source = CertificateSource::Metadata;
        }
        after.unlisted_at = None;
        put(tx, &after)?;
        trusted.push(after);
    }
    for row in known.into_iter().filter(|row| row.is_trusted() && !named.contains(&row.certificate))
    {
        let is_kept_apart = is_apart(&row, occasion);
        let mut after = row;
        if !stays(&after, occasion, tx.now) {
            after.enter(CertificateState::Retired, tx.now);
        }
        if !is_kept_apart {
            after.unlisted_at = after.unlisted_at.or(Some(tx.now));
        }
        put(tx, &after)?;
        trusted.extend(Some(after).filter(ProviderCertificate::is_trusted));
    }
    forget(tx, &connection.id)?;
    if trusted.is_empty() {
        let detail = "Every certificate of the metadata was removed here by hand. Trust one again by adding it by itself: vestibule connection certificate add.";
        return Err(Error::invalid("/metadata", "metadata_no_certificate", detail));
    }
    Ok(TakenOver { trusted: in_order(&trusted, tx.now), unnamed })
}

/// Those of `rows` that are trusted, in the order in which a signature is held against them. No more than eight are
/// tried where a message does not say whose it is, so what is in use comes first, the latest before the rest; then what a
/// person added, what was announced, and what has ended.
fn in_order(rows: &[ProviderCertificate], now: Time) -> Vec<Certificate> {
    let mut trusted: Vec<&ProviderCertificate> =
        rows.iter().filter(|row| row.is_trusted()).collect();
    let rank = |row: &ProviderCertificate| match (row.state, row.source) {
        _ if row.not_after < now => 3,
        (CertificateState::Active, _) => 0,
        (_, CertificateSource::Hand) => 1,
        (_, CertificateSource::Metadata) => 2,
    };
    trusted.sort_by_key(|row| (rank(row), Reverse(row.state_at)));
    trusted.into_iter().map(|row| (*row.certificate).clone()).collect()
}

/// Whether a certificate has nothing to do with what metadata names: a person trusts it until a person removes it.
fn is_apart(row: &ProviderCertificate, occasion: Occasion) -> bool {
    occasion != Occasion::Replaced && row.is_trusted() && row.source == CertificateSource::Hand
}

/// What was named and is, where something trusted is named no more.
fn unnamed(
    known: &[ProviderCertificate],
    named: &[Certificate],
    occasion: Occasion,
) -> Option<Difference> {
    let was = known
        .iter()
        .filter(|row| row.is_trusted() && row.unlisted_at.is_none() && !is_apart(row, occasion));
    let was: Vec<&ProviderCertificate> = was.collect();
    let is_less = was.iter().any(|row| !named.contains(&row.certificate));
    is_less.then(|| Difference {
        field: "named_certificates".to_owned(),
        was: was.into_iter().map(|row| row.fingerprint.clone()).collect(),
        is: named.iter().map(|certificate| certificate.fingerprint().to_owned()).collect(),
    })
}

/// Whether a trusted certificate that is not named stays trusted.
fn stays(row: &ProviderCertificate, occasion: Occasion, now: Time) -> bool {
    match occasion {
        Occasion::Replaced => false,
        Occasion::Known => {
            let is_in_use = row.state == CertificateState::Active && row.not_after > now;
            is_apart(row, occasion) || is_in_use
        }
    }
}

/// The connections whose provider may sign with the certificate of this fingerprint, or once might, `limit` at most.
pub fn by_fingerprint(db: &mut Db, fingerprint: &str, limit: i64) -> Result<Vec<ConnectionId>> {
    let found = provider_certificates::table
        .filter(provider_certificates::fingerprint.eq(fingerprint))
        .order(provider_certificates::connection_id.desc())
        .select(provider_certificates::connection_id)
        .limit(limit);
    Ok(found.load(db)?)
}

/// Writes down the certificates of connections that an older release made, some at a time: how many connections.
pub fn adopt(tx: &mut Tx) -> Result<usize> {
    let rows = provider_certificates::table
        .filter(provider_certificates::connection_id.eq(connections::id));
    let found: Vec<Connection> = connections::table
        .filter(connections::identity_provider.is_not_null())
        .filter(not(exists(rows)))
        .limit(BATCH)
        .load(tx.db)?;
    for connection in &found {
        for row in list(tx.db, connection)? {
            on_backend!(tx.db, conn => diesel::insert_into(provider_certificates::table)
                .values(&row)
                .on_conflict_do_nothing()
                .execute(conn))?;
        }
    }
    Ok(found.len())
}

fn put(tx: &mut Tx, row: &ProviderCertificate) -> Result<()> {
    on_backend!(tx.db, conn => diesel::insert_into(provider_certificates::table)
        .values(row)
        .on_conflict((provider_certificates::connection_id, provider_certificates::fingerprint))
        .do_update()
        .set(row)
        .execute(conn))?;
    Ok(())
}

/// Forgets what is trusted no more for long, and what is too much. What a person removed is remembered: it must not come
/// back.
fn forget(tx: &mut Tx, connection: &ConnectionId) -> Result<()> {
    let retired = || {
        provider_certificates::table
            .filter(provider_certificates::connection_id.eq(connection))
            .filter(provider_certificates::state.eq(CertificateState::Retired))
            .filter(provider_certificates::is_barred.eq(false))
    };
    let old = retired().filter(provider_certificates::state_at.lt(tx.now.minus(REMEMBERED)));
    diesel::delete(old).execute(tx.db)?;
    let rest: Vec<String> = retired()
        .order((provider_certificates::state_at.desc(), provider_certificates::fingerprint))
        .select(provider_certificates::fingerprint)
        .offset(MOST_RETIRED)
        .limit(BATCH)
        .load(tx.db)?;
    diesel::delete(retired().filter(provider_certificates::fingerprint.eq_any(rest)))
        .execute(tx.db)?;
    Ok(())
}
