//! The installation's own keys: for ID tokens, for requests to identity providers, and to open what they
//! encrypt. Sealed in the database, so that every instance has the same.

pub mod demo;
pub mod saml;

use super::schema::keys;
use super::types::word;
use super::{Db, KeyId, Time, Tx, events};
use crate::crypto::{Algorithm, MasterKey, Place, PrivateKey};
use crate::error::{Error, Result};
use crate::oidc::jwt::SigningKey;
use crate::oidc::keys::{Key, KeySet, Rotation, State, Step};
use crate::saml::certificate::Certificate;
use crate::saml::encryption::DecryptionKey;
use crate::saml::sign::Signer;
use anyhow::anyhow;
use diesel::prelude::*;
use serde_json::json;

/// How long the service provider's own certificate is valid. Providers compare it, few look at its dates.
const CERTIFICATE_YEARS: u16 = 10;

word!(
    /// What a key is for.
    Purpose {
        /// Signs ID tokens.
        Oidc = "oidc",
        /// Signs our requests to identity providers.
        SamlSigning = "saml_signing",
        /// Opens what identity providers encrypt for us.
        SamlEncryption = "saml_encryption",
        /// Signs for the demo's identity provider.
        DemoProvider = "demo_provider",
        /// Signed for it once: its certificate has ended.
        DemoEnded = "demo_ended",
    }
);

/// A key as it is stored.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = keys)]
struct Row {
    id: KeyId,
    purpose: Purpose,
    algorithm: String,
    private_key: String,
    certificate: Option<String>,
    state: String,
    created_at: Time,
    state_at: Time,
}

/// The service provider's key and certificate.
struct Pair {
    key: PrivateKey,
    certificate: Certificate,
}

/// Every key, opened and parsed once.
pub struct KeyRing {
    oidc: KeySet,
    signing: Pair,
    signing_certificates: Vec<Certificate>,
    encryption_certificates: Vec<Certificate>,
    decryption: Vec<DecryptionKey>,
}

impl KeyRing {
    /// The keys of ID tokens.
    #[must_use]
    pub fn oidc(&self) -> &KeySet {
        &self.oidc
    }

    /// The key that signs ID tokens with this algorithm.
    pub fn signer_of(&self, algorithm: Algorithm) -> Result<&SigningKey> {
        self.oidc
            .signer(algorithm)
            .ok_or_else(|| Error::Internal(anyhow!("there is no active key for {algorithm:?}")))
    }

    /// The key that signs our requests to identity providers.
    #[must_use]
    pub fn signer(&self) -> Signer<'_> {
        Signer::new(self.signing.key.as_openssl(), Some(&self.signing.certificate))
    }

    /// The certificates that our requests are signed with, now and next, and those that were until a moment ago.
    #[must_use]
    pub fn signing_certificates(&self) -> &[Certificate] {
        &self.signing_certificates
    }

    /// The certificates that identity providers encrypt for, now and next.
    #[must_use]
    pub fn encryption_certificates(&self) -> &[Certificate] {
        &self.encryption_certificates
    }

    /// The keys that open what identity providers encrypt.
    #[must_use]
    pub fn decryption(&self) -> &[DecryptionKey] {
        &self.decryption
    }
}

/// The service provider's key and certificate from files, where the operator brings their own.
pub struct OwnPair {
    /// The private key, PEM.
    pub key: String,
    /// The certificate, PEM.
    pub certificate: String,
}

/// Opens every key. With a pair of the operator's own, that one alone signs and is published; the stored ones still open.
pub fn load(db: &mut Db, master: &MasterKey, own: Option<&OwnPair>, now: Time) -> Result<KeyRing> {
    let rows: Vec<Row> = keys::table.order(keys::id.desc()).load(db)?;
    let mut oidc = Vec::new();
    let (mut signing, mut encryption) = (Stored::default(), Stored::default());
    for row in rows {
        let (key, state) = (open(master, &row)?, row.state.parse()?);
        match row.purpose {
            Purpose::Oidc => oidc.push(Key {
                state,
                since: row.state_at,
                key: SigningKey::new(row.id.as_str(), key)?,
            }),
            Purpose::SamlSigning => signing.add(state, row.state_at, pair(key, &row)?),
            Purpose::SamlEncryption => encryption.add(state, row.state_at, pair(key, &row)?),
            Purpose::DemoProvider | Purpose::DemoEnded => {}
        }
    }
    let (own_signing, own_encryption) = match own {
        Some(own) => (Some(parse_own(own)?), Some(parse_own(own)?)),
        None => (None, None),
    };
    let decryption = own_encryption.iter().chain(encryption.all()).filter_map(decryption_key);
    let decryption = decryption.collect();
    let published = |own: &Option<Pair>, stored: &Stored| match own {
        Some(own) => vec![own.certificate.clone()],
        None => stored.published(),
    };
    let encryption_certificates = published(&own_encryption, &encryption);
    let mut signing_certificates = published(&own_signing, &signing);
    if own_signing.is_none() {
        signing_certificates.extend(signing.retired_since(now.minus(saml::SIGNS_STILL)));
    }
    let signing = own_signing
        .or_else(|| signing.active.into_iter().next())
        .ok_or_else(|| Error::Internal(anyhow!("there is no key for SAML requests")))?;
    Ok(KeyRing {
        oidc: KeySet::new(oidc),
        signing,
        signing_certificates,
        encryption_certificates,
        decryption,
    })
}

/// The stored pairs for one purpose, by where they are in their life, the newest first.
#[derive(Default)]
struct Stored {
    active: Vec<Pair>,
    next: Vec<Pair>,
    retired: Vec<(Time, Pair)>,
}

impl Stored {
    fn add(&mut self, state: State, since: Time, pair: Pair) {
        match state {
            State::Active => self.active.push(pair),
            State::Next => self.next.push(pair),
            State::Retired => self.retired.push((since, pair)),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Pair> {
        let retired = self.retired.iter().map(|(_, pair)| pair);
        self.active.iter().chain(&self.next).chain(retired)
    }

    /// The certificates whose keys retired after `moment`.
    fn retired_since(&self, moment: Time) -> impl Iterator<Item = Certificate> {
        let retired = self.retired.iter().filter(move |(since, _)| *since > moment);
        retired.map(|(_, pair)| pair.certificate.clone())
    }

    /// What providers are told: the one in use first, then the one that will be.
    fn published(&self) -> Vec<Certificate> {
        let pairs = self.active.iter().take(1).chain(&self.next);
        pairs.map(|pair| pair.certificate.clone()).collect()
    }
}

/// Makes the keys that are missing and takes the next steps of rotation. Doing it again changes nothing.
///
/// Returns whether anything changed. `name` goes into the certificates.
pub fn keep(tx: &mut Tx, master: &MasterKey, name: &str) -> Result<bool> {
    let mut changed = saml::keep(tx, master, name)?;
    let rows: Vec<Row> = keys::table.filter(keys::purpose.eq(Purpose::Oidc)).load(tx.db)?;
    let mut oidc = Vec::new();
    for row in &rows {
        oidc.push(Key {
            state: row.state.parse()?,
            since: row.state_at,
            key: SigningKey::new(row.id.as_str(), open(master, row)?)?,
        });
    }
    for step in KeySet::new(oidc).plan(&Rotation::default(), tx.now) {
        take(tx, master, step)?;
        changed = true;
    }
    Ok(changed)
}

fn take(tx: &mut Tx, master: &MasterKey, step: Step) -> Result<()> {
    let (id, state) = match step {
        Step::Create(algorithm, state) => {
            let key = PrivateKey::generate(algorithm)?;
            return insert(tx, master, Purpose::Oidc, &key, None, state);
        }
        Step::Delete(id) => {
            diesel::delete(keys::table.filter(keys::id.eq(&id))).execute(tx.db)?;
            return events::append(tx, None, "signing_key.deleted", &id, json!({}));
        }
        Step::Activate(id) => (id, State::Active),
        Step::Retire(id) => (id, State::Retired),
    };
    take_step(tx, &id, state)
}

/// A key enters its next state.
fn take_step(tx: &mut Tx, id: &str, state: State) -> Result<()> {
    diesel::update(keys::table.filter(keys::id.eq(id)))
        .set((keys::state.eq(state.as_str()), keys::state_at.eq(tx.now)))
        .execute(tx.db)?;
    events::append(tx, None, "signing_key.changed", id, json!({ "state": state.as_str() }))
}

fn insert(
    tx: &mut Tx,
    master: &MasterKey,
    purpose: Purpose,
    key: &PrivateKey,
    certificate: Option<String>,
    state: State,
) -> Result<()> {
    let id = KeyId::new();
    let row = Row {
        purpose,
        algorithm: key.algorithm().name().to_owned(),
        private_key: master.seal(key.to_pem()?.reveal().as_bytes(), &place(&id))?,
        certificate,
        state: state.as_str().to_owned(),
        created_at: tx.now,
        state_at: tx.now,
        id: id.clone(),
    };
    diesel::insert_into(keys::table).values(row).execute(tx.db)?;
    let data = json!({ "purpose": purpose, "algorithm": key.algorithm().name() });
    events::append(tx, None, "signing_key.created", id.as_str(), data)
}

fn place(id: &KeyId) -> Place<'_> {
    Place { table: "keys", column: "private_key", row: id.as_str() }
}

fn open(master: &MasterKey, row: &Row) -> Result<PrivateKey> {
    let pem = master.open(&row.private_key, &place(&row.id))?;
    let pem = pem.to_text().ok_or_else(|| Error::Internal(anyhow!("a stored key is no text")))?;
    PrivateKey::from_pem(pem.reveal())
}

fn pair(key: PrivateKey, row: &Row) -> Result<Pair> {
    let certificate = Certificate::parse(row.certificate.as_deref().unwrap_or_default())
        .map_err(|fault| Error::Internal(anyhow!("a stored certificate: {fault}")))?;
    Ok(Pair { key, certificate })
}

fn parse_own(own: &OwnPair) -> Result<Pair> {
    let certificate = Certificate::parse(&own.certificate)
        .map_err(|fault| Error::invalid("/saml/cert", "invalid", fault.to_string()))?;
    let key = PrivateKey::from_pem(&own.key)?;
    let public = certificate.public_key();
    if !public.is_some_and(|public| public.public_eq(key.as_openssl())) {
        let why = "The certificate does not belong to the private key.";
        return Err(Error::invalid("/saml/cert", "mismatch", why));
    }
    Ok(Pair { key, certificate })
}

fn decryption_key(pair: &Pair) -> Option<DecryptionKey> {
    DecryptionKey::new(pair.key.as_openssl().to_owned())
}
