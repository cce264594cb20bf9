//! Certificates that end soon are told, each once per step.

use super::{CertificateState, ProviderCertificate};
use crate::error::Result;
use crate::store::connections::{self as all, ConnectionState, tell};
use crate::store::schema::{connections, provider_certificates};
use crate::store::{ConnectionId, Db, Time, Tx, mails};
use chrono::TimeDelta;
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;

/// How many days before its end a certificate is told, the nearest first.
const STEPS: [i32; 5] = [1, 7, 14, 30, 60];
/// Certificates that one transaction tells of at most.
const BATCH: i64 = 200;

/// Tells of the certificates in use that have come to a step before their end: how many. Where several steps have gone
/// by, the nearest is told. Several instances may do it at once: the row says which step was told.
pub fn tell_ends(tx: &mut Tx) -> Result<usize> {
    let mut told = 0;
    for days in STEPS {
        let by = tx.now.plus(TimeDelta::days(i64::from(days)));
        for (id, fingerprint) in at_step(tx, days, by)? {
            let news = diesel::update(provider_certificates::table.find((&id, &fingerprint)))
                .filter(
                    provider_certificates::told_days
                        .is_null()
                        .or(provider_certificates::told_days.gt(days)),
                )
                .set(provider_certificates::told_days.eq(days))
                .execute(tx.db)?;
            if news == 1 {
                tell_one(tx, &id, &fingerprint, days)?;
                told += 1;
            }
        }
    }
    Ok(told)
}

/// How long before its end a certificate is worth looking at.
const SOON: TimeDelta = TimeDelta::days(60);
/// How long after its end it still is.
const GONE: TimeDelta = TimeDelta::days(30);

/// The certificates in use that end soon or ended lately while no other one goes on, the nearest end first and `limit` at most.
pub fn ending(db: &mut Db, now: Time, limit: usize) -> Result<Vec<(ConnectionId, Time)>> {
    let in_use = connections::table
        .filter(connections::id.eq(provider_certificates::connection_id))
        .filter(connections::state.eq_any([ConnectionState::Testing, ConnectionState::Active]));
    let mut found: Vec<(ConnectionId, Time)> = provider_certificates::table
        .filter(provider_certificates::not_after.gt(now.minus(GONE)))
        .filter(provider_certificates::not_after.le(now.plus(SOON)))
        .filter(provider_certificates::state.ne(CertificateState::Retired))
        .filter(provider_certificates::unlisted_at.is_null())
        .filter(exists(in_use))
        .order(provider_certificates::not_after)
        .select((provider_certificates::connection_id, provider_certificates::not_after))
        .limit(BATCH)
        .load(db)?;
    let ids: Vec<&ConnectionId> = found.iter().map(|(id, _)| id).collect();
    let going_on: Vec<(ConnectionId, Time)> = provider_certificates::table
        .filter(provider_certificates::connection_id.eq_any(ids))
        .filter(provider_certificates::state.ne(CertificateState::Retired))
        .select((provider_certificates::connection_id, provider_certificates::not_after))
        .load(db)?;
    let is_last = |(id, end): &(ConnectionId, Time)| {
        !going_on.iter().any(|(of, other)| of == id && other > end)
    };
    found.retain(is_last);
    found.dedup();
    found.truncate(limit);
    Ok(found)
}

fn at_step(tx: &mut Tx, days: i32, by: Time) -> Result<Vec<(ConnectionId, String)>> {
    let in_use = connections::table
        .filter(connections::id.eq(provider_certificates::connection_id))
        .filter(connections::state.eq_any([ConnectionState::Testing, ConnectionState::Active]));
    let found = provider_certificates::table
        .filter(provider_certificates::not_after.gt(tx.now))
        .filter(provider_certificates::not_after.le(by))
        .filter(provider_certificates::state.ne(CertificateState::Retired))
        .filter(provider_certificates::unlisted_at.is_null())
        .filter(
            provider_certificates::told_days
                .is_null()
                .or(provider_certificates::told_days.gt(days)),
        )
        .filter(exists(in_use))
        .select((provider_certificates::connection_id, provider_certificates::fingerprint))
        .limit(BATCH)
        .load(tx.db)?;
    Ok(found)
}

fn tell_one(tx: &mut Tx, id: &ConnectionId, fingerprint: &str, days: i32) -> Result<()> {
    let Some((connection, _)) = all::by_id_with_organization(tx.db, id)? else {
        return Ok(());
    };
    let rows = super::list(tx.db, &connection)?;
    let Some(row) = rows.iter().find(|row| row.fingerprint == fingerprint) else { return Ok(()) };
    let outlives =
        |other: &ProviderCertificate| other.is_trusted() && other.not_after > row.not_after;
    let is_last = !rows.iter().any(outlives);
    let data = json!({
        "fingerprint_sha256": fingerprint,
        "not_after": row.not_after,
        "days": days,
        "is_last": is_last,
    });
    if is_last {
        mails::certificate_ends(tx, &connection, (fingerprint, row.not_after, days))?;
    }
    tell(tx, &connection, "connection.certificate_expiring", data)
}
