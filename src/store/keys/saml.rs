//! The service provider's own keys and their rotation, with an overlap in which providers know both.
//!
//! Nothing rotates by itself: most providers learn a certificate only from a person. A rotation announces the new
//! certificates beside the old ones; after [`ANNOUNCED`], or when told, the new keys take over. The old signing certificate
//! is published for [`SIGNS_STILL`], since other instances sign with its key until they have heard. What is encrypted for
//! an old key is opened for [`OPENED`] more, for the providers that were late.

use super::{CERTIFICATE_YEARS, Purpose, Row, insert, take_step};
use crate::clock::Time;
use crate::crypto::{Algorithm, MasterKey, PrivateKey};
use crate::error::Result;
use crate::oidc::keys::State;
use crate::saml::certificate::Certificate;
use crate::store::schema::keys;
use crate::store::{Db, KeyId, Tx, events};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// For how long a certificate is published before its key takes over.
pub const ANNOUNCED: TimeDelta = TimeDelta::days(30);
/// For how long the certificate of a signing key is published that does no more: much longer than instances take to hear
/// of it, which is what the job `keys` says.
pub const SIGNS_STILL: TimeDelta = TimeDelta::hours(1);
/// For how long a key is kept that took part and does no more.
pub const OPENED: TimeDelta = TimeDelta::days(90);

/// The purposes that a rotation is for.
pub const PURPOSES: [Purpose; 2] = [Purpose::SamlSigning, Purpose::SamlEncryption];

/// One of the installation's keys, without the key.
#[derive(Debug, Clone)]
pub struct KeyInfo {
    /// Its ID.
    pub id: KeyId,
    /// What it is for.
    pub purpose: Purpose,
    /// How it signs, as JOSE calls it.
    pub algorithm: String,
    /// Where it is in its life.
    pub state: State,
    /// Since when.
    pub state_at: Time,
    /// When it was made.
    pub created_at: Time,
    /// What providers know of it.
    pub certificate: Option<Certificate>,
}

/// All keys of the installation, those of the demo apart, the newest first.
pub fn list(db: &mut Db) -> Result<Vec<KeyInfo>> {
    let rows: Vec<Row> = keys::table
        .filter(keys::purpose.eq_any([
            Purpose::SamlSigning,
            Purpose::SamlEncryption,
            Purpose::Oidc,
        ]))
        .order(keys::id.desc())
        .load(db)?;
    rows.into_iter().map(info).collect()
}

fn info(row: Row) -> Result<KeyInfo> {
    Ok(KeyInfo {
        state: row.state.parse()?,
        certificate: row.certificate.as_deref().and_then(|pem| Certificate::parse(pem).ok()),
        id: row.id,
        purpose: row.purpose,
        algorithm: row.algorithm,
        state_at: row.state_at,
        created_at: row.created_at,
    })
}

/// Begins the rotation of the keys for `purposes`: a new one of each is announced, unless one is already. With `at_once`
/// what is announced takes over now. `name` goes into the certificates.
pub fn rotate(
    tx: &mut Tx,
    master: &MasterKey,
    name: &str,
    purposes: &[Purpose],
    at_once: bool,
) -> Result<()> {
    for &purpose in purposes {
        let rows = of(tx.db, purpose)?;
        if with(&rows, State::Next).is_none() {
            create(tx, master, name, purpose, State::Next)?;
        }
        if at_once {
            let rows = of(tx.db, purpose)?;
            take_over(tx, &rows)?;
        }
    }
    Ok(())
}

/// Makes the keys that are missing and takes the next steps. Doing it again changes nothing. Tells whether anything
/// changed.
pub(super) fn keep(tx: &mut Tx, master: &MasterKey, name: &str) -> Result<bool> {
    let mut changed = false;
    for purpose in PURPOSES {
        let rows = of(tx.db, purpose)?;
        let next = with(&rows, State::Next);
        if with(&rows, State::Active).is_none() && next.is_none() {
            create(tx, master, name, purpose, State::Active)?;
            changed = true;
        }
        if next.is_some_and(|next| tx.now.since(next.state_at) >= ANNOUNCED) {
            take_over(tx, &rows)?;
            changed = true;
        }
        for row in rows.iter().filter(|row| is_in(row, State::Retired)) {
            if tx.now.since(row.state_at) >= OPENED {
                diesel::delete(keys::table.find(&row.id)).execute(tx.db)?;
                let data = json!({ "purpose": purpose });
                events::append(tx, None, "signing_key.deleted", row.id.as_str(), data)?;
                changed = true;
            }
        }
    }
    Ok(changed)
}

/// The announced key takes over; the one that did the work retires.
fn take_over(tx: &mut Tx, rows: &[Row]) -> Result<()> {
    let Some(next) = with(rows, State::Next) else { return Ok(()) };
    for old in rows.iter().filter(|row| is_in(row, State::Active)) {
        take_step(tx, old.id.as_str(), State::Retired)?;
    }
    take_step(tx, next.id.as_str(), State::Active)
}

fn create(
    tx: &mut Tx,
    master: &MasterKey,
    name: &str,
    purpose: Purpose,
    state: State,
) -> Result<()> {
    let key = PrivateKey::generate(Algorithm::Rs256)?;
    let certificate = key.self_signed(name, CERTIFICATE_YEARS, tx.now)?;
    insert(tx, master, purpose, &key, Some(certificate), state)
}

fn of(db: &mut Db, purpose: Purpose) -> Result<Vec<Row>> {
    Ok(keys::table.filter(keys::purpose.eq(purpose)).order(keys::id.desc()).load(db)?)
}

fn with(rows: &[Row], state: State) -> Option<&Row> {
    rows.iter().find(|row| is_in(row, state))
}

fn is_in(row: &Row, state: State) -> bool {
    row.state == state.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::keys::{self, KeyRing, OwnPair};
    use crate::store::testing::{self, TestStore};

    fn master() -> MasterKey {
        MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap()
    }

    fn kept(store: &TestStore, master: &MasterKey) -> KeyRing {
        store.system(|tx| keys::keep(tx, master, "sso.example"));
        store.read_now(|db| keys::load(db, master, None, store.clock().now())).unwrap()
    }

    fn prints(certificates: &[Certificate]) -> Vec<String> {
        certificates.iter().map(|one| one.fingerprint().to_owned()).collect()
    }

    fn signs(ring: &KeyRing) -> String {
        ring.signer().certificate.unwrap().fingerprint().to_owned()
    }

    #[test]
    fn a_new_certificate_is_published_beside_the_old_one_before_it_takes_over() {
        let (store, master) = (testing::store(), master());
        let before = kept(&store, &master);
        let old = signs(&before);
        store.system(|tx| rotate(tx, &master, "sso.example", &PURPOSES, false));
        // Asked again, it goes on with the rotation that has begun.
        store.system(|tx| rotate(tx, &master, "sso.example", &PURPOSES, false));
        let during = kept(&store, &master);
        assert_eq!(signs(&during), old);
        let signing = prints(during.signing_certificates());
        assert_eq!((signing.len(), &signing[0]), (2, &old));
        assert_eq!(during.encryption_certificates().len(), 2);
        assert_eq!(during.decryption().len(), 2);
        store.clock().advance(ANNOUNCED - TimeDelta::hours(1));
        assert_eq!(signs(&kept(&store, &master)), old);
        store.clock().advance(TimeDelta::hours(1));
        let after = kept(&store, &master);
        assert_eq!(signs(&after), signing[1]);
        // Instances that have not heard yet sign with the old one.
        assert_eq!(prints(after.signing_certificates()), [&*signing[1], &*old]);
        store.clock().advance(SIGNS_STILL);
        assert_eq!(prints(kept(&store, &master).signing_certificates()), signing[1..]);
        assert_eq!(after.encryption_certificates(), &during.encryption_certificates()[1..]);
    }

    #[test]
    fn an_old_encryption_key_still_opens_until_its_time_is_over() {
        let (store, master) = (testing::store(), master());
        kept(&store, &master);
        store.system(|tx| rotate(tx, &master, "sso.example", &PURPOSES, true));
        assert_eq!(kept(&store, &master).decryption().len(), 2);
        store.clock().advance(OPENED - TimeDelta::hours(1));
        assert_eq!(kept(&store, &master).decryption().len(), 2);
        store.clock().advance(TimeDelta::hours(1));
        let ring = kept(&store, &master);
        assert_eq!((ring.decryption().len(), ring.encryption_certificates().len()), (1, 1));
        let all = store.read_now(list).unwrap();
        let states = all.iter().filter(|key| PURPOSES.contains(&key.purpose)).map(|key| key.state);
        assert_eq!(states.collect::<Vec<_>>(), [State::Active, State::Active]);
    }

    #[test]
    fn a_pair_from_files_alone_signs_and_is_published_and_stored_keys_still_open() {
        let (store, master) = (testing::store(), master());
        kept(&store, &master);
        let now = store.clock().now();
        let pair = |key: &PrivateKey, of: &PrivateKey| OwnPair {
            key: key.to_pem().unwrap().reveal().to_owned(),
            certificate: of.self_signed("ours", 1, now).unwrap(),
        };
        let load = |own: &OwnPair| store.read_now(|db| keys::load(db, &master, Some(own), now));
        let [key, other] = [(); 2].map(|()| PrivateKey::generate(Algorithm::Rs256).unwrap());
        let own = pair(&key, &key);
        let ring = load(&own).unwrap();
        let print = Certificate::parse(&own.certificate).unwrap().fingerprint().to_owned();
        assert_eq!(signs(&ring), print);
        assert_eq!(prints(ring.signing_certificates()), [&*print]);
        assert_eq!(prints(ring.encryption_certificates()), [&*print]);
        assert_eq!(ring.decryption().len(), 2);
        assert!(load(&pair(&key, &other)).is_err(), "a certificate of another key");
    }

    #[test]
    fn a_key_takes_over_at_once_when_told() {
        let (store, master) = (testing::store(), master());
        let old = signs(&kept(&store, &master));
        let only = [Purpose::SamlSigning];
        store.system(|tx| rotate(tx, &master, "sso.example", &only, false));
        let next = prints(kept(&store, &master).signing_certificates())[1].clone();
        store.system(|tx| rotate(tx, &master, "sso.example", &only, true));
        let after = kept(&store, &master);
        assert_eq!(signs(&after), next);
        assert_eq!(prints(after.signing_certificates()), [&*next, &*old]);
        assert_ne!(old, next);
        assert_eq!(after.encryption_certificates().len(), 1);
    }
}
