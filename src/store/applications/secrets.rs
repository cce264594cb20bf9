//! Secrets of an application: two at a time, so that one can be replaced while the other works.

use super::{ApplicationKind, find};
use crate::crypto::{self, Secret};
use crate::error::{Error, Result};
use crate::store::schema::application_secrets as rows;
use crate::store::{ApplicationId, Db, Prepared, SecretId, Time, Tx, events, on_backend, used};
use diesel::prelude::*;
use serde_json::json;

const MOST: usize = 2;

/// A secret of an application, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = rows)]
pub struct ApplicationSecret {
    /// Its ID.
    pub id: SecretId,
    /// Whose it is.
    pub application_id: ApplicationId,
    /// Its SHA-256.
    pub hash: String,
    /// Prefix and last four characters.
    pub hint: String,
    /// When it was made.
    pub created_at: Time,
    /// From when on it is refused.
    pub expires_at: Option<Time>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Time>,
}

impl ApplicationSecret {
    /// Whether it is accepted.
    #[must_use]
    pub fn is_live(&self, now: Time) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether this use is worth a [`touch_secret`].
    #[must_use]
    pub fn is_touch_due(&self, now: Time) -> bool {
        used::is_due(self.last_used_at, now)
    }
}

/// All secrets of an application, newest first.
pub fn secrets(db: &mut Db, application: &ApplicationId) -> Result<Vec<ApplicationSecret>> {
    let query = rows::table.filter(rows::application_id.eq(application)).order(rows::id.desc());
    Ok(on_backend!(db, conn => Prepared(query).load(conn))?)
}

/// Finds the live secret that `secret` is. All are compared, in constant time.
pub fn authenticate(
    db: &mut Db,
    application: &ApplicationId,
    secret: &str,
    now: Time,
) -> Result<Option<ApplicationSecret>> {
    if !crypto::well_formed(crypto::CLIENT_SECRET, secret) {
        return Ok(None);
    }
    let hash = crypto::hash(secret);
    let found = secrets(db, application)?.into_iter().fold(None, |found, row| {
        let is_it = crypto::constant_time_eq(row.hash.as_bytes(), hash.as_str().as_bytes());
        if is_it && row.is_live(now) { Some(row) } else { found }
    });
    Ok(found)
}

/// Makes another secret, shown this once. Two may be live at a time.
pub fn add_secret(
    tx: &mut Tx,
    application: &ApplicationId,
    expires_at: Option<Time>,
) -> Result<(ApplicationSecret, Secret)> {
    if find(tx.db, application)?.kind == ApplicationKind::Native {
        return Err(Error::conflict(
            "application_is_public",
            "A native application cannot keep a secret. It proves itself by PKCE.",
        ));
    }
    if expires_at.is_some_and(|end| end <= tx.now) {
        return Err(Error::invalid("/expires_at", "in_the_past", "The end must be in the future."));
    }
    let live = secrets(tx.db, application)?.iter().filter(|row| row.is_live(tx.now)).count();
    if live >= MOST {
        return Err(Error::conflict(
            "too_many_secrets",
            "Two secrets are live. Revoke the one that is no longer used, then make another.",
        ));
    }
    let secret = crypto::token(crypto::CLIENT_SECRET);
    let row = ApplicationSecret {
        id: SecretId::new(),
        application_id: application.clone(),
        hash: crypto::hash(secret.reveal()).into_string(),
        hint: format!("{}…{}", crypto::CLIENT_SECRET, secret.last_four()),
        created_at: tx.now,
        expires_at,
        last_used_at: None,
    };
    diesel::insert_into(rows::table).values(&row).execute(tx.db)?;
    tell(tx, &row, "application.secret_created")?;
    Ok((row, secret))
}

/// Notes that a secret was used. Within a minute of the last time it changes nothing.
pub fn touch_secret(tx: &mut Tx, secret: &SecretId) -> Result<()> {
    let due = rows::last_used_at
        .is_null()
        .or(rows::last_used_at.assume_not_null().le(used::due_before(tx.now)));
    diesel::update(rows::table.find(secret))
        .filter(due)
        .set(rows::last_used_at.eq(Some(tx.now)))
        .execute(tx.db)?;
    Ok(())
}

/// Makes a secret useless at once.
pub fn revoke_secret(tx: &mut Tx, application: &ApplicationId, secret: &SecretId) -> Result<()> {
    find(tx.db, application)?;
    let row = secrets(tx.db, application)?
        .into_iter()
        .find(|row| &row.id == secret)
        .ok_or_else(|| Error::not_found("secret", secret.as_str()))?;
    diesel::delete(&row).execute(tx.db)?;
    tell(tx, &row, "application.secret_revoked")
}

fn tell(tx: &mut Tx, row: &ApplicationSecret, kind: &'static str) -> Result<()> {
    let data = json!({ "secret_id": row.id, "hint": row.hint });
    events::append(tx, None, kind, row.application_id.as_str(), data)
}
