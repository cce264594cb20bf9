//! Connections that speak OpenID Connect: what is known of the provider, its keys, and by what we prove who we are.

mod switch;

pub use switch::{awaited_issuer, may_switch, switch};

use super::{
    Connection, ConnectionState, NewConnection, Protocol, by_id_with_organization, find, make,
    save, tell,
};
use crate::clock::Time;
use crate::crypto::{Algorithm, MasterKey, Place, PrivateKey, Secret};
use crate::error::{Error, Result};
use crate::oidc::jwt::SigningKey;
use crate::oidc::keys::{Jwks, Key, KeySet, State};
use crate::oidc::provider::token::Credential;
use crate::oidc::provider::{Provider, ProviderKeys};
use crate::store::ending::{self, Of};
use crate::store::schema::{openid_clients, replays};
use crate::store::{ConnectionId, Db, Json, OrganizationId, Tx, identities, on_backend};
use anyhow::anyhow;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashMap;

/// How often a key that is not known may have the provider's keys read, by connection.
const ASKING: TimeDelta = TimeDelta::minutes(1);
/// After so long nobody is at it any more: longer than a fetch may take.
const GIVEN_UP: TimeDelta = TimeDelta::seconds(15);
/// How old keys may be before the provider is asked again: one that it has taken away is trusted no longer than that, as
/// far as the provider answers.
const LONGEST_KEPT: TimeDelta = TimeDelta::hours(6);

/// What is kept of us as a client, and of the provider's keys.
#[derive(Debug, Clone, Queryable)]
struct Row {
    connection_id: ConnectionId,
    key_id: String,
    private_key: String,
    secret: Option<String>,
    provider_keys: Option<Json<ProviderKeys>>,
    keys_at: Option<Time>,
    keys_asked_at: Option<Time>,
    #[expect(dead_code, reason = "it is read before there is a client, by itself")]
    issuer: Option<String>,
}

/// What a person has given, read and checked.
#[derive(Debug)]
pub struct Given {
    /// The provider, and what we are to it.
    pub provider: Provider,
    /// The secret, if it is another than before.
    pub secret: Option<Secret>,
    /// The provider's keys, as it publishes them now.
    pub keys: ProviderKeys,
    /// That it is another provider is meant.
    pub accept_new_issuer: bool,
}

/// The provider's keys, as they were read last.
#[derive(Debug, Clone, Default)]
pub struct KnownKeys {
    /// The keys.
    pub keys: ProviderKeys,
    /// When they were read; none: never.
    pub read_at: Option<Time>,
}

impl KnownKeys {
    /// Whether they are too old to be relied on without another look.
    #[must_use]
    pub fn are_old(&self, now: Time) -> bool {
        self.read_at.is_none_or(|read| now.since(read) >= LONGEST_KEPT)
    }
}

/// What there is to know of a connection's client, without what is secret.
#[derive(Debug, Clone)]
pub struct KnownClient {
    /// Whether a secret of the provider is kept.
    pub has_secret: bool,
    /// The provider's keys.
    pub keys: KnownKeys,
}

/// Whether a provider's keys may be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Yes, and the caller does it.
    Granted,
    /// Somebody is at it.
    Underway,
    /// Not now: it was done a moment ago.
    Refused,
}

/// A key by which we prove who we are. RS256, which every provider knows.
pub fn new_key() -> Result<PrivateKey> {
    PrivateKey::generate(Algorithm::Rs256)
}

/// Makes a draft with a key of its own. The addresses that the provider is given never change from here on.
pub fn create(
    tx: &mut Tx,
    master: &MasterKey,
    organization: &OrganizationId,
    new: NewConnection,
    key: &PrivateKey,
) -> Result<Connection> {
    let connection = make(tx, organization, new, Protocol::Oidc)?;
    switch::insert_client(tx, master, &connection.id, (None, key))?;
    Ok(connection)
}

/// Whether tokens are asked for by the same issuer at the same server.
fn is_asked_alike(old: &Provider, new: &Provider) -> bool {
    let server = |provider: &Provider| {
        url::Url::parse(&provider.document.token_endpoint).ok().map(|at| at.origin())
    };
    old.issuer == new.issuer && server(old).is_some() && server(old) == server(new)
}

/// Takes over who the provider is and what we are to it. A draft can then be tested; an active connection goes on with it.
///
/// On a connection that people use, another issuer is another provider: it is taken over only with `accept_new_issuer`,
/// and then knows nobody by the names of the old one. Whom the old one signed in is signed out.
pub fn connect(
    tx: &mut Tx,
    master: &MasterKey,
    id: &ConnectionId,
    given: Given,
) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    connection.must_speak(Protocol::Oidc)?;
    let Given { provider, secret, keys, accept_new_issuer } = given;
    let row = row(tx.db, id)?;
    let before = connection.openid_provider.clone().map(Json::into_inner);
    let is_used = connection.is_used();
    if let Some(old) = before.as_ref().filter(|old| old.issuer != provider.issuer) {
        if is_used && !accept_new_issuer {
            let detail = format!(
                "This is another provider: its issuer is {}, and this connection is with {}. Accept the new issuer, or make a new connection.",
                provider.issuer, old.issuer
            );
            return Err(Error::conflict("openid_issuer_changed", detail));
        }
        identities::unlink_all(tx, id)?;
        ending::sessions(tx, Of::Connection(id))?;
    }
    // A secret is told to nobody but whom it was given for.
    let kept =
        row.secret.filter(|_| before.as_ref().is_none_or(|old| is_asked_alike(old, &provider)));
    let needs_secret = provider.auth_method.needs_secret();
    if needs_secret && secret.is_none() && kept.is_none() {
        let detail = format!("With {} the provider gives a client secret.", provider.auth_method);
        return Err(Error::invalid("/client_secret", "required", detail));
    }
    let is_new_secret = secret.is_some();
    let sealed = match secret {
        Some(secret) => Some(master.seal(secret.reveal().as_bytes(), &place("secret", id))?),
        None => kept,
    };
    diesel::update(openid_clients::table.find(id))
        .set((
            // What is not needed is not kept.
            openid_clients::secret.eq(sealed.filter(|_| needs_secret)),
            openid_clients::provider_keys.eq(Some(Json::from(keys))),
            openid_clients::keys_at.eq(Some(tx.now)),
            openid_clients::issuer.eq(None::<String>),
        ))
        .execute(tx.db)?;
    let is_same = before.as_ref() == Some(&provider) && !is_new_secret;
    let data = json!({
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "auth_method": provider.auth_method,
        "new_secret": is_new_secret,
    });
    connection.openid_provider = Some(Json::from(provider));
    if is_same {
        return Ok(connection);
    }
    connection.revision = connection.revision.saturating_add(1);
    if connection.state == ConnectionState::Draft {
        connection.state = ConnectionState::Testing;
    }
    save(tx, &mut connection)?;
    tell(tx, &connection, "connection.openid_changed", data)?;
    Ok(connection)
}

/// What proves to the provider that we are its client.
pub fn credential(
    db: &mut Db,
    master: &MasterKey,
    connection: &Connection,
    provider: &Provider,
) -> Result<Credential> {
    let row = row(db, &connection.id)?;
    if !provider.auth_method.needs_secret() {
        return Ok(Credential::Key(signing_key(master, &row)?));
    }
    let sealed =
        row.secret.ok_or_else(|| Error::Internal(anyhow!("a client without its secret")))?;
    let secret = master.open(&sealed, &place("secret", &connection.id))?.to_text();
    secret.map(Credential::Secret).ok_or_else(|| Error::Internal(anyhow!("a secret is no text")))
}

/// The key by which we prove who we are, as the provider reads it.
pub fn jwks(db: &mut Db, master: &MasterKey, id: &ConnectionId) -> Result<Jwks> {
    let absent = || Error::not_found("connection", id.as_str());
    let (connection, _) = by_id_with_organization(db, id)?.ok_or_else(absent)?;
    if connection.protocol != Protocol::Oidc {
        return Err(absent());
    }
    let row = row(db, id)?;
    let key = signing_key(master, &row)?;
    let set = KeySet::new(vec![Key { key, state: State::Active, since: connection.created_at }]);
    Ok(set.jwks().clone())
}

/// The provider's keys, as they were read last.
pub fn known_keys(db: &mut Db, id: &ConnectionId) -> Result<KnownKeys> {
    Ok(row(db, id)?.known().keys)
}

/// What there is to know of the clients of several connections. Those of SAML have none.
pub fn of(db: &mut Db, connections: &[Connection]) -> Result<HashMap<ConnectionId, KnownClient>> {
    let speaks = |row: &&Connection| row.protocol == Protocol::Oidc;
    let ids: Vec<&ConnectionId> = connections.iter().filter(speaks).map(|row| &row.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> =
        openid_clients::table.filter(openid_clients::connection_id.eq_any(ids)).load(db)?;
    Ok(rows.into_iter().map(|row| (row.connection_id.clone(), row.known())).collect())
}

/// Asks whether the provider's keys may be read now. Whichever instance is told so does it; all others wait for it, and
/// there is no other try for a minute, whoever sends tokens.
pub fn ask_keys(tx: &mut Tx, id: &ConnectionId) -> Result<Asked> {
    let free = openid_clients::keys_asked_at
        .is_null()
        .or(openid_clients::keys_asked_at.le(tx.now.minus(ASKING)));
    let taken = diesel::update(openid_clients::table.find(id))
        .filter(free)
        .set(openid_clients::keys_asked_at.eq(Some(tx.now)))
        .execute(tx.db)?;
    if taken == 1 {
        return Ok(Asked::Granted);
    }
    let is_underway = is_underway(tx.db, id, tx.now)?;
    Ok(if is_underway { Asked::Underway } else { Asked::Refused })
}

/// Whether somebody is reading the provider's keys.
pub fn is_underway(db: &mut Db, id: &ConnectionId, now: Time) -> Result<bool> {
    let row = row(db, id)?;
    Ok(row.keys_asked_at.is_some_and(|asked| {
        row.keys_at.is_none_or(|read| read < asked) && now.since(asked) < GIVEN_UP
    }))
}

/// Keeps the provider's keys as they were just read there. What is not among them is trusted no more. Where the connection
/// has been given another provider meanwhile, they are the keys of nobody. Needs the organization's lock.
pub fn keep_keys(tx: &mut Tx, id: &ConnectionId, jwks_uri: &str, keys: ProviderKeys) -> Result<()> {
    let known = find(tx.db, id)?.openid_provider;
    if known.is_none_or(|known| known.document.jwks_uri != jwks_uri) {
        return Ok(());
    }
    diesel::update(openid_clients::table.find(id))
        .set((
            openid_clients::provider_keys.eq(Some(Json::from(keys))),
            openid_clients::keys_at.eq(Some(tx.now)),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Takes a state, so that its code is redeemed once, whoever brings it how often and to which instance. False: it was taken.
pub fn take_state(tx: &mut Tx, id: &ConnectionId, state: &str, until: Time) -> Result<bool> {
    let row = (
        replays::connection_id.eq(id),
        replays::assertion_id.eq(format!("state {state}")),
        replays::expires_at.eq(until),
    );
    let taken = on_backend!(tx.db, conn => diesel::insert_into(replays::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(taken == 1)
}

impl Row {
    fn known(self) -> KnownClient {
        let keys = self.provider_keys.map(Json::into_inner).unwrap_or_default();
        let keys = KnownKeys { keys, read_at: self.keys_at };
        KnownClient { has_secret: self.secret.is_some(), keys }
    }
}

fn row(db: &mut Db, id: &ConnectionId) -> Result<Row> {
    let found = openid_clients::table.find(id).first::<Row>(db).optional()?;
    found.ok_or_else(|| Error::Internal(anyhow!("the connection {id} has no client")))
}

fn signing_key(master: &MasterKey, row: &Row) -> Result<SigningKey> {
    let pem = master.open(&row.private_key, &place("private_key", &row.connection_id))?;
    let pem = pem.to_text().ok_or_else(|| Error::Internal(anyhow!("a stored key is no text")))?;
    SigningKey::new(row.key_id.as_str(), PrivateKey::from_pem(pem.reveal())?)
}

fn place<'a>(column: &'static str, id: &'a ConnectionId) -> Place<'a> {
    Place { table: "openid_clients", column, row: id.as_str() }
}

#[cfg(test)]
mod tests;
