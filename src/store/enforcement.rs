//! Who must use single sign-on: the setting of an organization, the owners who are exempt, and the app's question.

use super::connections;
use super::db::or_conflict;
use super::ending::{self, Of};
use super::organizations::{self, Enforcement, Organization};
use super::schema::{
    connections as connection_rows, domains as domain_rows, exempt_owners, identities,
    organizations as rows, users as people,
};
use super::users::{self, UserState};
use super::{Db, ExemptOwnerId, OrganizationId, Time, Tx, UserId, events};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::store::connections::{Connection, ConnectionState};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde_json::{Value, json};

/// How many people who would be locked out are named.
const NAMED: i64 = 20;
/// How many of them are counted where a person is asked.
const COUNTED: usize = 100;
/// How many of them are named there.
const FIRST: usize = 5;
/// How many owners may be exempt.
const MOST_OWNERS: usize = 20;

/// A person who may sign in another way although their organization requires single sign-on, and who may use its
/// break-glass codes. Known by address: such a person may never have come through the gateway.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = exempt_owners)]
pub struct ExemptOwner {
    /// Its ID.
    pub id: ExemptOwnerId,
    /// Whose owner it is.
    pub organization_id: OrganizationId,
    /// The email address in its one form. Personal.
    pub email: String,
    /// `email` folded for comparison.
    pub email_key: String,
    /// Since when.
    pub created_at: Time,
}

/// What requiring single sign-on means, to be looked at before it is done.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The connections through which people can come.
    pub active: Vec<Connection>,
    /// The owners who are exempt.
    pub owners: Vec<ExemptOwner>,
    /// How many people have never come through one of the active connections: they may have no account there.
    pub strangers: i64,
    /// The first of those.
    pub named: Vec<UserId>,
}

/// Why the app gets the answer that it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No organization has a say about this address.
    NoOrganization,
    /// The organization leaves it to the person.
    Optional,
    /// The organization requires it, and this is one of its exempt owners.
    ExemptOwner,
    /// The organization requires it.
    Required,
    /// The person is suspended in the organization.
    Suspended,
    /// The directory has removed the person.
    Deprovisioned,
}

impl Reason {
    /// The word for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoOrganization => "no_organization",
            Self::Optional => "optional",
            Self::ExemptOwner => "exempt_owner",
            Self::Required => "sso_required",
            Self::Suspended => "user_suspended",
            Self::Deprovisioned => "user_deprovisioned",
        }
    }

    /// Whether the person may sign in another way.
    #[must_use]
    pub const fn allows(self) -> bool {
        matches!(self, Self::NoOrganization | Self::Optional | Self::ExemptOwner)
    }
}

/// What is to happen to the last way in of an organization that requires single sign-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastWay {
    /// It stays: who wants it gone is told.
    Keep,
    /// It goes all the same, and the event says so.
    GiveUp,
}

impl LastWay {
    /// Given up if somebody wants that.
    #[must_use]
    pub const fn given_up(is_meant: bool) -> Self {
        if is_meant { Self::GiveUp } else { Self::Keep }
    }
}

/// Decides whether the people of an organization must use single sign-on. To require it takes a live domain and an
/// active connection of which a test sign-in passed with its present settings, or that somebody answers for with `untested`:
/// otherwise everybody would be locked out.
pub fn set(
    tx: &mut Tx,
    id: &OrganizationId,
    to: Enforcement,
    untested: bool,
) -> Result<Organization> {
    let mut organization = organizations::find(tx.db, id)?;
    if organization.enforcement == to {
        return Ok(organization);
    }
    let active = connections::active_in(tx.db, id)?;
    let is_tested = active.iter().any(Connection::tested);
    if to == Enforcement::Required {
        refuse_without_a_way(tx.db, id, &active)?;
        if !is_tested && !untested {
            return Err(Error::conflict(
                "test_required",
                "No test sign-in has passed with the present settings of an active connection. Start one with “vestibule connection test” or POST /api/v1/connections/{connection}/test, and sign in at the provider, then require single sign-on.",
            ));
        }
    }
    let from = organization.enforcement;
    organization.enforcement = to;
    organization.updated_at = tx.now;
    diesel::update(rows::table.find(id))
        .set((rows::enforcement.eq(to), rows::updated_at.eq(tx.now)))
        .execute(tx.db)?;
    let data = json!({ "from": from, "to": to, "tested": is_tested });
    let change = (&json!({ "enforcement": from }), &json!({ "enforcement": to }));
    let kind = "organization.enforcement_changed";
    events::append_change(tx, Some(id), kind, id.as_str(), data, change)?;
    Ok(organization)
}

fn refuse_without_a_way(db: &mut Db, id: &OrganizationId, active: &[Connection]) -> Result<()> {
    if active.is_empty() {
        return Err(Error::conflict(
            "active_connection_required",
            "No connection of this organization is turned on: everybody would be locked out. Turn one on first.",
        ));
    }
    if live_domains(db, id)? == 0 {
        return Err(Error::conflict(
            "live_domain_required",
            "No domain of this organization is live, so nobody would be let in. Verify one first, or vouch for it.",
        ));
    }
    Ok(())
}

fn live_domains(db: &mut Db, id: &OrganizationId) -> Result<i64> {
    let live = domain_rows::table
        .filter(domain_rows::organization_id.eq(id))
        .filter(domain_rows::live_at.is_not_null());
    Ok(live.count().get_result(db)?)
}

/// What requiring single sign-on means for the people of an organization.
pub fn preview(db: &mut Db, id: &OrganizationId) -> Result<Preview> {
    let active = connections::active_in(db, id)?;
    let named =
        strangers(id).select(people::id).order(people::id).limit(NAMED).load::<UserId>(db)?;
    let strangers = strangers(id).count().get_result(db)?;
    Ok(Preview { active, owners: owners(db, id)?, strangers, named })
}

/// Who would be locked out if single sign-on were required, up to a hundred of them.
#[derive(Debug, Clone, Default)]
pub struct LockedOut {
    /// How many were counted.
    pub count: usize,
    /// There are more of them: nobody went on counting.
    pub is_more: bool,
    /// The email addresses of the first. Personal.
    pub first: Vec<String>,
}

/// People who have never come through an active connection, and so may have no account at its provider: counted up to a hundred.
pub fn locked_out(db: &mut Db, id: &OrganizationId) -> Result<LockedOut> {
    let most = i64::try_from(COUNTED).unwrap_or(i64::MAX);
    let found: Vec<String> = strangers(id)
        .select(people::email)
        .order(people::id)
        .limit(most.saturating_add(1))
        .load(db)?;
    Ok(LockedOut {
        count: found.len().min(COUNTED),
        is_more: found.len() > COUNTED,
        first: found.into_iter().filter(|email| !email.is_empty()).take(FIRST).collect(),
    })
}

/// People of an organization who may sign in, are not exempt and have never come through one of its active connections.
fn strangers(id: &OrganizationId) -> people::BoxedQuery<'_, <Db as diesel::Connection>::Backend> {
    let open = connection_rows::table
        .filter(connection_rows::organization_id.eq(id))
        .filter(connection_rows::state.eq(ConnectionState::Active))
        .select(connection_rows::id);
    let known = identities::table
        .filter(identities::user_id.eq(people::id))
        .filter(identities::connection_id.eq_any(open));
    let exempt = exempt_owners::table
        .filter(exempt_owners::organization_id.eq(people::organization_id))
        .filter(exempt_owners::email_key.eq(people::email_key));
    people::table
        .filter(people::organization_id.eq(id))
        .filter(people::suspended_at.is_null())
        .filter(people::directory_suspended_at.is_null())
        .filter(people::deprovisioned_at.is_null())
        .filter(not(exists(known)))
        .filter(not(exists(exempt)))
        .into_boxed()
}

/// Refuses to take the last active connection of an organization that requires single sign-on, unless that is what
/// somebody wants; tells whether it is that.
pub(super) fn last_way(tx: &mut Tx, connection: &Connection, last: LastWay) -> Result<bool> {
    let id = &connection.organization_id;
    let required = organizations::find(tx.db, id)?.enforcement == Enforcement::Required;
    if !required || connection.state != ConnectionState::Active {
        return Ok(false);
    }
    let others = connections::active_in(tx.db, id)?.iter().any(|other| other.id != connection.id);
    match (others, last) {
        (true, _) => Ok(false),
        (false, LastWay::GiveUp) => Ok(true),
        (false, LastWay::Keep) => Err(Error::conflict(
            "last_active_connection",
            "This organization requires single sign-on, and this is its last active connection: its people would be locked out. Make single sign-on optional first, or say that this is meant (--lock-out, \"lock_out\": true).",
        )),
    }
}

/// Refuses to take the last live domain of an organization that requires single sign-on.
pub(super) fn keep_last_domain(tx: &mut Tx, id: &OrganizationId, is_live: bool) -> Result<()> {
    let required = organizations::find(tx.db, id)?.enforcement == Enforcement::Required;
    if required && is_live && live_domains(tx.db, id)? == 1 {
        return Err(Error::conflict(
            "last_live_domain",
            "This organization requires single sign-on, and this is its last live domain: its people would be locked out. Make single sign-on optional first.",
        ));
    }
    Ok(())
}

/// The exempt owners of an organization, in the order in which they were named.
pub fn owners(db: &mut Db, id: &OrganizationId) -> Result<Vec<ExemptOwner>> {
    let found = exempt_owners::table
        .filter(exempt_owners::organization_id.eq(id))
        .order(exempt_owners::id)
        .load(db)?;
    Ok(found)
}

/// Whether this address is that of an exempt owner.
pub fn is_exempt(db: &mut Db, id: &OrganizationId, email: &Email) -> Result<bool> {
    let found = exempt_owners::table
        .filter(exempt_owners::organization_id.eq(id))
        .filter(exempt_owners::email_key.eq(email.key()));
    Ok(diesel::select(exists(found)).get_result(db)?)
}

/// Names an exempt owner.
pub fn exempt(tx: &mut Tx, id: &OrganizationId, email: &Email) -> Result<ExemptOwner> {
    organizations::find(tx.db, id)?;
    if owners(tx.db, id)?.len() >= MOST_OWNERS {
        return Err(Error::conflict(
            "too_many_exempt_owners",
            format!("At most {MOST_OWNERS} owners are exempt. Take one away first."),
        ));
    }
    let owner = ExemptOwner {
        id: ExemptOwnerId::new(),
        organization_id: id.clone(),
        email: email.to_string(),
        email_key: email.key(),
        created_at: tx.now,
    };
    let there = "exempt_owner_exists";
    let detail = format!("{email} is an exempt owner already.");
    if is_exempt(tx.db, id, email)? {
        return Err(Error::conflict(there, detail));
    }
    let done = diesel::insert_into(exempt_owners::table).values(&owner).execute(tx.db);
    or_conflict(done, there, detail)?;
    tell(tx, &owner, "exempt_owner.added", json!({}))?;
    Ok(owner)
}

/// Takes an exemption away: by its ID, or by the address. Whoever is in by a break-glass code that it let them use is out.
pub fn unexempt(tx: &mut Tx, id: &OrganizationId, reference: &str) -> Result<()> {
    let key = Email::parse(reference).map_or_else(|_| String::new(), |email| email.key());
    let found = owners(tx.db, id)?
        .into_iter()
        .find(|owner| owner.id.as_str() == reference || owner.email_key == key);
    let Some(owner) = found else { return Err(Error::not_found("exempt owner", reference)) };
    diesel::delete(&owner).execute(tx.db)?;
    let user = match Email::parse(&owner.email) {
        Ok(email) => users::by_email(tx.db, id, &email)?,
        Err(_) => None,
    };
    let ended = match user {
        Some(user) => ending::sessions(tx, Of::Rescued(&user.id))?,
        None => 0,
    };
    tell(tx, &owner, "exempt_owner.removed", json!({ "sessions_ended": ended }))
}

/// Forgets the exemption of a person who is erased.
pub(super) fn forget(tx: &mut Tx, id: &OrganizationId, email_keys: &[&str]) -> Result<()> {
    let owners = owners(tx.db, id)?;
    let theirs = owners.iter().filter(|owner| email_keys.contains(&owner.email_key.as_str()));
    theirs.into_iter().try_for_each(|owner| unexempt(tx, id, owner.id.as_str()))
}

/// May whoever has this address sign in to the app in another way than by single sign-on? Asked of `organization` where the
/// app knows it, and of the one in which the address's domain is live: each may refuse. Tells whose answer it is.
///
/// A person whom the operator or the directory keeps out may not, whatever the setting.
pub fn other_way(
    db: &mut Db,
    email: &Email,
    organization: Option<Organization>,
    owner: Option<Organization>,
) -> Result<(Option<Organization>, Reason)> {
    let owner = owner.filter(|owner| organization.as_ref().is_none_or(|one| one.id != owner.id));
    let mut answer = (None, Reason::NoOrganization);
    for one in organization.into_iter().chain(owner) {
        let reason = of_one(db, email, &one)?;
        let is_first = answer.0.is_none();
        if !reason.allows() {
            return Ok((Some(one), reason));
        }
        if is_first {
            answer = (Some(one), reason);
        }
    }
    Ok(answer)
}

fn of_one(db: &mut Db, email: &Email, organization: &Organization) -> Result<Reason> {
    let user = users::by_email(db, &organization.id, email)?;
    Ok(match user.map(|user| user.state()) {
        Some(UserState::Suspended) => Reason::Suspended,
        Some(UserState::Deprovisioned) => Reason::Deprovisioned,
        Some(UserState::Active) | None => match organization.enforcement {
            Enforcement::Optional => Reason::Optional,
            Enforcement::Required if is_exempt(db, &organization.id, email)? => Reason::ExemptOwner,
            Enforcement::Required => Reason::Required,
        },
    })
}

/// Without the address: an erased person's events stay.
fn tell(tx: &mut Tx, owner: &ExemptOwner, kind: &'static str, data: Value) -> Result<()> {
    events::append(tx, Some(&owner.organization_id), kind, owner.id.as_str(), data)
}

#[cfg(test)]
mod tests;
