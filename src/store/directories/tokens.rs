//! Tokens of directories: several live ones for a connection, so that one can be changed without a failed request.

use super::{Directory, open};
use crate::crypto::{self, Secret, TokenHash};
use crate::error::{Error, Result};
use crate::store::db::or_not_found;
use crate::store::input::Faults;
use crate::store::prepared::written;
use crate::store::schema::{connections as places, directories, scim_tokens};
use crate::store::{
    ConnectionId, Db, Json, OrganizationId, Page, ScimTokenId, Time, Tx, Window, events, networks,
    on_backend, used,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashMap;
use std::net::IpAddr;

/// How many tokens of a connection are live at once.
const MOST_LIVE: usize = 10;
/// How long a token that is retired goes on when nobody says.
pub const DEFAULT_OVERLAP: TimeDelta = TimeDelta::days(7);

/// A token, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = scim_tokens)]
pub struct Token {
    /// Its ID.
    pub id: ScimTokenId,
    /// The connection whose directory has it.
    pub connection_id: ConnectionId,
    /// What people call it.
    pub label: String,
    /// Its SHA-256.
    pub hash: String,
    /// Prefix and last four characters.
    pub hint: String,
    /// From where it may come; none: from everywhere.
    pub networks: Json<Vec<String>>,
    /// When it was made.
    pub created_at: Time,
    /// From when on it is refused.
    pub expires_at: Option<Time>,
    /// From when on it is refused, because another took its place.
    pub retires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Time>,
    /// From where it was last used.
    pub last_used_from: Option<String>,
}

impl Token {
    /// From when on it is refused, if that comes by itself.
    #[must_use]
    pub fn ends_at(&self) -> Option<Time> {
        [self.expires_at, self.retires_at].into_iter().flatten().min()
    }

    /// Whether it is accepted.
    #[must_use]
    pub fn is_live(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.ends_at().is_none_or(|end| now < end)
    }

    /// Its state: `live`, `retiring`, `retired`, `revoked`.
    #[must_use]
    pub fn state(&self, now: Time) -> &'static str {
        match (self.revoked_at, self.retires_at) {
            (Some(_), _) => "revoked",
            _ if !self.is_live(now) => "retired",
            (None, Some(_)) => "retiring",
            (None, None) => "live",
        }
    }

    /// Whether it may come from there.
    #[must_use]
    pub fn admits(&self, from: IpAddr) -> bool {
        networks::admit(&self.networks, from)
    }

    /// Whether this use is worth a [`touch`].
    #[must_use]
    pub fn is_touch_due(&self, now: Time) -> bool {
        used::is_due(self.last_used_at, now)
    }
}

/// What a new token is made of.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    /// What people call it.
    pub label: String,
    /// From where it may come; none: from everywhere.
    pub networks: Vec<String>,
    /// From when on it is refused; none: never.
    pub expires_at: Option<Time>,
}

/// Whose tokens are meant.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Of<'a> {
    /// Those of a connection's directory.
    Connection(&'a ConnectionId),
    /// Those of all directories of an organization.
    Organization(&'a OrganizationId),
}

/// Finds a token of a connection.
pub fn find(db: &mut Db, connection: &ConnectionId, id: &ScimTokenId) -> Result<Token> {
    let found =
        scim_tokens::table.find(id).filter(scim_tokens::connection_id.eq(connection)).first(db);
    or_not_found(found, "SCIM token", id)
}

/// The connection that a token is of.
pub fn connection_of(db: &mut Db, id: &ScimTokenId) -> Result<ConnectionId> {
    let found = scim_tokens::table.find(id).select(scim_tokens::connection_id).first(db);
    or_not_found(found, "SCIM token", id)
}

/// When the directories of these connections last asked; those that have no token are not there.
pub fn last_uses(
    db: &mut Db,
    connections: &[ConnectionId],
) -> Result<HashMap<ConnectionId, Option<Time>>> {
    let rows: Vec<(ConnectionId, Option<Time>)> = scim_tokens::table
        .filter(scim_tokens::connection_id.eq_any(connections))
        .filter(scim_tokens::revoked_at.is_null())
        .group_by(scim_tokens::connection_id)
        .select((scim_tokens::connection_id, diesel::dsl::max(scim_tokens::last_used_at)))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// The tokens of a connection that are accepted now, the newest first. There are never many.
pub fn live(db: &mut Db, connection: &ConnectionId, now: Time) -> Result<Vec<Token>> {
    let mut found = present(db, connection)?;
    found.retain(|token| token.is_live(now));
    Ok(found)
}

/// A page of a connection's tokens, newest first.
pub fn page(db: &mut Db, window: &Window, connection: &ConnectionId) -> Result<Page<Token>> {
    let mut query = scim_tokens::table
        .filter(scim_tokens::connection_id.eq(connection))
        .order(scim_tokens::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(scim_tokens::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |token: &Token| token.id.to_string()))
}

/// How many tokens a connection has or had.
pub fn count(db: &mut Db, connection: &ConnectionId) -> Result<i64> {
    let query = scim_tokens::table.filter(scim_tokens::connection_id.eq(connection));
    Ok(query.count().get_result(db)?)
}

/// Makes a token, shown this once. The first one opens the connection's directory.
pub fn create(tx: &mut Tx, connection: &ConnectionId, new: NewToken) -> Result<(Token, Secret)> {
    let secret = crypto::token(crypto::SCIM_TOKEN);
    let hint = format!("{}…{}", crypto::SCIM_TOKEN, secret.last_four());
    let token = add(tx, connection, new, crypto::hash(secret.reveal()), hint)?;
    Ok((token, secret))
}

/// Takes over a token that another product made, of which the hash is known. `None`: it is there already, live or not: one
/// that was revoked stays so.
pub fn adopt(
    tx: &mut Tx,
    connection: &ConnectionId,
    label: &str,
    hash: TokenHash,
    hint: String,
) -> Result<Option<Token>> {
    let there: Option<Token> =
        scim_tokens::table.filter(scim_tokens::hash.eq(hash.as_str())).first(tx.db).optional()?;
    if let Some(there) = there {
        if there.connection_id == *connection {
            return Ok(None);
        }
        let detail = "Another connection has this token already.";
        return Err(Error::conflict("token_in_use", detail));
    }
    let new = NewToken { label: label.to_owned(), ..NewToken::default() };
    add(tx, connection, new, hash, hint).map(Some)
}

fn add(
    tx: &mut Tx,
    connection: &ConnectionId,
    new: NewToken,
    hash: TokenHash,
    hint: String,
) -> Result<Token> {
    let directory = open(tx, connection)?;
    let mut faults = Faults::default();
    let label = faults.name("/label", &new.label);
    networks::check(&mut faults, &new.networks);
    if new.expires_at.is_some_and(|end| end <= tx.now) {
        faults.add("/expires_at", "in_the_past", "The end must be in the future.");
    }
    faults.finish()?;
    refuse_many(tx, connection)?;
    let token = Token {
        id: ScimTokenId::new(),
        connection_id: connection.clone(),
        label,
        hash: hash.into_string(),
        hint,
        networks: Json::from(new.networks),
        created_at: tx.now,
        expires_at: new.expires_at,
        retires_at: None,
        revoked_at: None,
        last_used_at: None,
        last_used_from: None,
    };
    diesel::insert_into(scim_tokens::table).values(&token).execute(tx.db)?;
    tell(tx, &directory, &token, "scim.token.created")?;
    Ok(token)
}

/// Makes another token beside those that there are, bound as the newest of them is: to its networks, and to its end.
pub fn another(tx: &mut Tx, connection: &ConnectionId, label: String) -> Result<(Token, Secret)> {
    let (present, now) = (present(tx.db, connection)?, tx.now);
    // One that goes on says more than one that does not.
    let newest = present.iter().find(|token| token.is_live(now)).or(present.first());
    let bound = newest.map(|token| (token.networks.to_vec(), token.expires_at));
    let (networks, expires_at) = bound.unwrap_or_default();
    if expires_at.is_some_and(|end| end <= now) {
        let detail = "The token before it was made to end, and has ended. Whoever set that end makes the next one.";
        return Err(Error::conflict("token_ended", detail));
    }
    create(tx, connection, NewToken { label, networks, expires_at })
}

/// Makes a token in the place of those that there are: bound as the newest of them, which all go on for a while.
pub fn rotate(
    tx: &mut Tx,
    connection: &ConnectionId,
    label: String,
    overlap: TimeDelta,
) -> Result<(Token, Secret)> {
    let before = present(tx.db, connection)?;
    let made = another(tx, connection, label)?;
    for token in before {
        retire(tx, connection, &token.id, overlap)?;
    }
    Ok(made)
}

/// A connection's tokens that nobody revoked, newest first.
pub fn present(db: &mut Db, connection: &ConnectionId) -> Result<Vec<Token>> {
    Ok(scim_tokens::table
        .filter(scim_tokens::connection_id.eq(connection))
        .filter(scim_tokens::revoked_at.is_null())
        .order(scim_tokens::id.desc())
        .load(db)?)
}

/// Lets a token end after a while, in which another takes its place. Its end only comes nearer.
pub fn retire(
    tx: &mut Tx,
    connection: &ConnectionId,
    id: &ScimTokenId,
    overlap: TimeDelta,
) -> Result<Token> {
    let directory = super::find(tx.db, connection)?;
    let mut token = find(tx.db, connection, id)?;
    let end = tx.now.plus(overlap);
    if !token.is_live(tx.now) || token.ends_at().is_some_and(|present| present <= end) {
        return Ok(token);
    }
    token.retires_at = Some(end);
    diesel::update(scim_tokens::table.find(id))
        .set(scim_tokens::retires_at.eq(token.retires_at))
        .execute(tx.db)?;
    tell(tx, &directory, &token, "scim.token.retired")?;
    Ok(token)
}

/// Makes a token useless at once.
pub fn revoke(tx: &mut Tx, connection: &ConnectionId, id: &ScimTokenId) -> Result<()> {
    let directory = super::find(tx.db, connection)?;
    let token = find(tx.db, connection, id)?;
    if token.revoked_at.is_some() {
        return Ok(());
    }
    diesel::update(scim_tokens::table.find(id))
        .set(scim_tokens::revoked_at.eq(Some(tx.now)))
        .execute(tx.db)?;
    tell(tx, &directory, &token, "scim.token.revoked")
}

/// Makes all tokens of a connection, or of all connections of an organization, useless at once: how many that were. They stay
/// so, whatever becomes of what they are of.
pub(in crate::store) fn revoke_all(tx: &mut Tx, of: Of<'_>) -> Result<usize> {
    let open = scim_tokens::table.filter(scim_tokens::revoked_at.is_null());
    let revoked = scim_tokens::revoked_at.eq(Some(tx.now));
    Ok(match of {
        Of::Connection(id) => diesel::update(open.filter(scim_tokens::connection_id.eq(id)))
            .set(revoked)
            .execute(tx.db)?,
        Of::Organization(id) => {
            let theirs = places::table.filter(places::organization_id.eq(id)).select(places::id);
            diesel::update(open.filter(scim_tokens::connection_id.eq_any(theirs)))
                .set(revoked)
                .execute(tx.db)?
        }
    })
}

/// Notes that a token was used, and from where. Within a minute of the last time it changes nothing.
pub fn touch(tx: &mut Tx, id: &ScimTokenId, from: &str) -> Result<()> {
    let due = scim_tokens::last_used_at
        .is_null()
        .or(scim_tokens::last_used_at.le(Some(used::due_before(tx.now))));
    diesel::update(scim_tokens::table.find(id))
        .filter(due.assume_not_null())
        .set((
            scim_tokens::last_used_at.eq(Some(tx.now)),
            scim_tokens::last_used_from.eq(Some(from)),
        ))
        .execute(tx.db)?;
    Ok(())
}

fn refuse_many(tx: &mut Tx, connection: &ConnectionId) -> Result<()> {
    let tokens = present(tx.db, connection)?;
    if tokens.iter().filter(|token| token.is_live(tx.now)).count() >= MOST_LIVE {
        let detail = format!(
            "A connection has at most {MOST_LIVE} live tokens. Revoke one that is not used."
        );
        return Err(Error::conflict("too_many_tokens", detail));
    }
    Ok(())
}

fn tell(tx: &mut Tx, directory: &Directory, token: &Token, kind: &'static str) -> Result<()> {
    let data =
        json!({ "connection_id": token.connection_id, "label": token.label, "hint": token.hint });
    events::append(tx, Some(&directory.organization_id), kind, token.id.as_str(), data)
}

/// Counts people and groups of a directory up or down.
pub(super) fn count_more(
    tx: &mut Tx,
    connection: &ConnectionId,
    users: i64,
    groups: i64,
) -> Result<()> {
    let more = More { users, groups, connection };
    on_backend!(tx.db, conn => more.execute(conn))?;
    Ok(())
}

written! {
    More {
        "UPDATE directories SET users = users + " users: i64 as directories::users,
        ", groups = groups + " groups: i64 as directories::groups,
        " WHERE connection_id = " connection: &'a ConnectionId as directories::connection_id,
    }
}
