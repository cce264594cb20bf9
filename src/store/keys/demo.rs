//! The keys of the demo's identity provider, sealed like every other.

use super::{CERTIFICATE_YEARS, Pair, Purpose, Row, insert, open, pair};
use crate::crypto::{Algorithm, MasterKey, PrivateKey};
use crate::error::Result;
use crate::oidc::keys::State;
use crate::saml::certificate::Certificate;
use crate::saml::sign::Signer;
use crate::store::schema::keys;
use crate::store::{Db, Tx, events};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

const NAME: &str = "Demo provider";
/// How long ago the second certificate began; it was valid for a year.
const ENDED_BEGAN: TimeDelta = TimeDelta::days(2 * 365);
const PURPOSES: [Purpose; 2] = [Purpose::DemoProvider, Purpose::DemoEnded];

/// The demo provider's keys: one that is in use, and one whose certificate has ended.
pub struct DemoKeys {
    active: Pair,
    ended: Pair,
}

impl DemoKeys {
    /// The key that signs.
    #[must_use]
    pub fn signer(&self) -> Signer<'_> {
        signer(&self.active)
    }

    /// The key that should sign no more.
    #[must_use]
    pub fn ended(&self) -> Signer<'_> {
        signer(&self.ended)
    }

    /// Both certificates, as a provider lists them that has not tidied up its metadata.
    #[must_use]
    pub fn certificates(&self) -> [&Certificate; 2] {
        [&self.active.certificate, &self.ended.certificate]
    }
}

fn signer(pair: &Pair) -> Signer<'_> {
    Signer::new(pair.key.as_openssl(), Some(&pair.certificate))
}

/// Opens the keys, if the demo has been set up.
pub fn load(db: &mut Db, master: &MasterKey) -> Result<Option<DemoKeys>> {
    let (mut active, mut ended) = (None, None);
    for row in rows(db)? {
        let opened = Some(pair(open(master, &row)?, &row)?);
        match row.purpose {
            Purpose::DemoProvider => active = opened,
            Purpose::DemoEnded => ended = opened,
            Purpose::Oidc | Purpose::SamlSigning | Purpose::SamlEncryption => {}
        }
    }
    Ok(active.zip(ended).map(|(active, ended)| DemoKeys { active, ended }))
}

/// Makes what is missing. Doing it again changes nothing.
pub(in crate::store) fn keep(tx: &mut Tx, master: &MasterKey) -> Result<()> {
    let there: Vec<Purpose> = rows(tx.db)?.into_iter().map(|row| row.purpose).collect();
    for (purpose, years, from) in [
        (Purpose::DemoProvider, CERTIFICATE_YEARS, tx.now),
        (Purpose::DemoEnded, 1, tx.now.minus(ENDED_BEGAN)),
    ] {
        if !there.contains(&purpose) {
            let key = PrivateKey::generate(Algorithm::Rs256)?;
            let certificate = key.self_signed(NAME, years, from)?;
            insert(tx, master, purpose, &key, Some(certificate), State::Active)?;
        }
    }
    Ok(())
}

/// Deletes them.
pub(in crate::store) fn delete(tx: &mut Tx) -> Result<()> {
    for row in rows(tx.db)? {
        diesel::delete(keys::table.find(&row.id)).execute(tx.db)?;
        let data = json!({ "purpose": row.purpose });
        events::append(tx, None, "signing_key.deleted", row.id.as_str(), data)?;
    }
    Ok(())
}

fn rows(db: &mut Db) -> Result<Vec<Row>> {
    Ok(keys::table.filter(keys::purpose.eq_any(PURPOSES)).order(keys::id).load(db)?)
}
