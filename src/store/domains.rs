//! Email domains of an organization: by them a person finds the connection, and a connection may speak for them.

mod checks;

pub use checks::{LOOKED_FOR, claim, overdue, put_off};

use super::db::{or_conflict, or_not_found};
use super::ending::{self, Of};
use super::schema::domains;
use super::types::word;
use super::{
    Db, DomainId, OrganizationId, Prepared, Time, Tx, enforcement, events, on_backend,
    organizations, users,
};
use crate::crypto;
use crate::domain::{DomainName, Fault};
use crate::error::{Error, Result};
use diesel::prelude::*;
use serde_json::json;

/// The code of a domain that another customer has live.
pub const TAKEN: &str = "domain_taken";

word!(
    /// Why a domain is believed to be the organization's.
    DomainState {
        /// It is not, yet.
        Pending = "pending",
        /// The operator says so.
        Vouched = "vouched",
        /// The DNS says so.
        Verified = "verified",
    }
);

/// An email domain of an organization.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(treat_none_as_null = true)]
pub struct Domain {
    /// Its ID.
    pub id: DomainId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The name in its one form.
    pub name: String,
    /// Why it is believed.
    pub state: DomainState,
    /// What the DNS record has to say.
    pub challenge: String,
    /// When it was added.
    pub created_at: Time,
    /// When the DNS was last asked.
    pub checked_at: Option<Time>,
    /// Since when people of this domain sign in here.
    pub live_at: Option<Time>,
    /// When the DNS is asked by itself next, as long as it is not: see [`Domain::checks`].
    pub next_check_at: Option<Time>,
    /// Until when it is asked by itself.
    pub checks_until: Option<Time>,
}

impl Domain {
    /// Whether people of this domain sign in here. In all organizations together that is so once per name.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live_at.is_some()
    }

    /// Name and value of the TXT record that verifies the domain.
    #[must_use]
    pub fn record(&self) -> (String, String) {
        (
            format!("_vestibule.{}", self.name),
            format!("vestibule-domain-verification={}", self.challenge),
        )
    }
}

/// The code of a domain whose record was looked for and is not there.
pub const UNVERIFIED: &str = "domain_not_verified";

/// What a look at the DNS gave.
#[derive(Debug, Clone)]
pub enum Checked {
    /// The record is there: the domain is live.
    Verified(Domain),
    /// It is not; the domain is as it was.
    Missing {
        /// The domain, with the time of the look.
        domain: Domain,
        /// Which values there were instead.
        found: Vec<String>,
    },
}

impl Checked {
    /// The verified domain, or a conflict that says what to add to the DNS. To be asked after the transaction, so that
    /// the time of the look is kept.
    pub fn into_result(self) -> Result<Domain> {
        let (domain, found) = match self {
            Self::Verified(domain) => return Ok(domain),
            Self::Missing { domain, found } => (domain, found),
        };
        let (name, value) = domain.record();
        let found = if found.is_empty() {
            "There is none yet; a new one can take an hour to be seen.".to_owned()
        } else {
            format!("Found: {}.", found.join(", "))
        };
        Err(Error::conflict(
            UNVERIFIED,
            format!("{name} needs a TXT record with the value {value}. {found}"),
        ))
    }
}

/// All domains of an organization, by name.
pub fn list(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Domain>> {
    let all = domains::table
        .filter(domains::organization_id.eq(organization))
        .order(domains::name)
        .load(db)?;
    Ok(all)
}

/// The one of them by which an address is made up: the one that has been live for longest or, while none is, the oldest.
#[must_use]
pub fn for_example(all: &[Domain]) -> Option<&Domain> {
    all.iter().min_by_key(|one| (!one.is_live(), one.live_at, one.created_at, one.id.clone()))
}

/// Finds a domain of an organization by `dom_…` or by its name.
pub fn find_in(db: &mut Db, organization: &OrganizationId, reference: &str) -> Result<Domain> {
    let query = domains::table.filter(domains::organization_id.eq(organization));
    let found = match (reference.parse::<DomainId>(), DomainName::parse(reference)) {
        (Ok(id), _) => query.filter(domains::id.eq(id)).first(db),
        (_, Ok(name)) => query.filter(domains::name.eq(name.as_str())).first(db),
        _ => Err(diesel::result::Error::NotFound),
    };
    or_not_found(found, "domain", reference)
}

/// The domains of this name in all organizations, the oldest first and `limit` at most.
pub fn named(db: &mut Db, name: &DomainName, limit: i64) -> Result<Vec<Domain>> {
    let found = domains::table.filter(domains::name.eq(name.as_str()));
    Ok(found.order(domains::id).limit(limit).load(db)?)
}

/// The organization in which the domain of this name is live.
pub fn owner(db: &mut Db, name: &DomainName) -> Result<Option<OrganizationId>> {
    let query = domains::table
        .filter(domains::name.eq(name.as_str()))
        .filter(domains::live_at.is_not_null())
        .select(domains::organization_id);
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// Adds a domain to an organization: pending, or live at once if the operator vouches for it.
pub fn add(
    tx: &mut Tx,
    organization: &OrganizationId,
    name: &DomainName,
    vouch: bool,
) -> Result<Domain> {
    organizations::find(tx.db, organization)?;
    if name.is_shared_mail() {
        let fault = Fault::Shared(name.to_string());
        return Err(Error::invalid("/domain", fault.code(), fault.to_string()));
    }
    let mut domain = Domain {
        id: DomainId::new(),
        organization_id: organization.clone(),
        name: name.to_string(),
        state: if vouch { DomainState::Vouched } else { DomainState::Pending },
        challenge: crypto::hex(&crypto::random::<16>()),
        created_at: tx.now,
        checked_at: None,
        live_at: vouch.then_some(tx.now),
        next_check_at: None,
        checks_until: None,
    };
    if !vouch {
        domain.begin_checks(tx.now);
    }
    let same = domains::table
        .filter(domains::organization_id.eq(organization))
        .filter(domains::name.eq(name.as_str()));
    if diesel::select(diesel::dsl::exists(same)).get_result(tx.db)? {
        let detail = format!("{name} has been added to this organization already.");
        return Err(Error::conflict("domain_exists", detail));
    }
    refuse_taken(tx.db, &domain)?;
    let done = diesel::insert_into(domains::table).values(&domain).execute(tx.db);
    or_conflict(done, TAKEN, taken(&domain.name))?;
    let data = json!({ "domain": domain.name });
    events::append(tx, Some(organization), "domain.added", domain.id.as_str(), data)?;
    if vouch {
        tell(tx, &domain, "domain.vouched")?;
    }
    Ok(domain)
}

/// Makes a domain live on the operator's word.
pub fn vouch(tx: &mut Tx, domain: &Domain) -> Result<Domain> {
    let domain = find_in(tx.db, &domain.organization_id, domain.id.as_str())?;
    if domain.is_live() {
        return Ok(domain);
    }
    let mut domain = Domain { state: DomainState::Vouched, live_at: Some(tx.now), ..domain };
    domain.end_checks();
    go_live(tx, &domain)?;
    tell(tx, &domain, "domain.vouched")?;
    Ok(domain)
}

/// Compares what the DNS answered for [`Domain::record`] with what it should. A missing record takes nothing away.
pub fn verify(tx: &mut Tx, domain: &Domain, txt: &[String]) -> Result<Checked> {
    let mut domain = find_in(tx.db, &domain.organization_id, domain.id.as_str())?;
    domain.checked_at = Some(tx.now);
    let (_, value) = domain.record();
    if !txt.iter().any(|found| found.trim() == value) {
        domain.checked(tx.now);
        diesel::update(&domain).set(&domain).execute(tx.db)?;
        return Ok(Checked::Missing { domain, found: txt.to_vec() });
    }
    let is_news = domain.state != DomainState::Verified || !domain.is_live();
    domain.state = DomainState::Verified;
    domain.live_at = domain.live_at.or(Some(tx.now));
    domain.end_checks();
    go_live(tx, &domain)?;
    if is_news {
        tell(tx, &domain, "domain.verified")?;
    }
    Ok(Checked::Verified(domain))
}

/// Takes a domain from an organization. Where it was live, its people no longer find the connection, nor may it speak for
/// them: who is signed in with an address of the domain is signed out.
pub fn remove(tx: &mut Tx, organization: &OrganizationId, reference: &str) -> Result<()> {
    let domain = find_in(tx.db, organization, reference)?;
    enforcement::keep_last_domain(tx, organization, domain.is_live())?;
    diesel::delete(&domain).execute(tx.db)?;
    let mut ended = 0;
    if domain.is_live() {
        users::unsettle(tx, organization, &domain.name)?;
        ended = ending::sessions(tx, Of::Domain(organization, &domain.name))?;
    }
    let data = json!({ "domain": domain.name, "sessions_ended": ended });
    events::append(tx, Some(organization), "domain.removed", domain.id.as_str(), data)
}

/// Takes back a domain that is not live, as its customer may by themselves: a name that was mistyped.
pub fn withdraw(tx: &mut Tx, organization: &OrganizationId, reference: &str) -> Result<()> {
    let domain = find_in(tx.db, organization, reference)?;
    if domain.is_live() {
        let detail =
            format!("{} is live: people sign in by it. It is not taken away here.", domain.name);
        return Err(Error::conflict("domain_live", detail));
    }
    remove(tx, organization, domain.id.as_str())
}

/// Frees the domains of a deleted organization for others.
pub(super) fn release(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    diesel::update(domains::table)
        .filter(domains::organization_id.eq(organization))
        .set(domains::live_at.eq(None::<Time>))
        .execute(tx.db)?;
    Ok(())
}

/// Makes the domains of a restored organization live again, but for those that others have now.
pub(super) fn reclaim(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    let all = list(tx.db, organization)?;
    for domain in all.into_iter().filter(|domain| domain.state != DomainState::Pending) {
        let (domain, kind) = if owner_elsewhere(tx.db, &domain)? {
            let mut domain = Domain { state: DomainState::Pending, live_at: None, ..domain };
            domain.begin_checks(tx.now);
            (domain, "domain.lost")
        } else {
            (Domain { live_at: Some(tx.now), ..domain }, "domain.restored")
        };
        let done = diesel::update(&domain).set(&domain).execute(tx.db);
        or_conflict(done, TAKEN, taken(&domain.name))?;
        tell(tx, &domain, kind)?;
    }
    Ok(())
}

fn go_live(tx: &mut Tx, domain: &Domain) -> Result<()> {
    refuse_taken(tx.db, domain)?;
    // Two organizations may get here at once: the unique index lets one through.
    let done = diesel::update(domain).set(domain).execute(tx.db);
    or_conflict(done, TAKEN, taken(&domain.name))?;
    Ok(())
}

fn refuse_taken(db: &mut Db, domain: &Domain) -> Result<()> {
    if owner_elsewhere(db, domain)? {
        return Err(Error::conflict(TAKEN, taken(&domain.name)));
    }
    Ok(())
}

fn owner_elsewhere(db: &mut Db, domain: &Domain) -> Result<bool> {
    let other = domains::table
        .filter(domains::name.eq(&domain.name))
        .filter(domains::live_at.is_not_null())
        .filter(domains::organization_id.ne(&domain.organization_id));
    Ok(diesel::select(diesel::dsl::exists(other)).get_result(db)?)
}

fn taken(name: &str) -> String {
    format!(
        "{name} is already in use by another customer, and is live at one only. It is removed there first, or this customer \
         has mistyped it."
    )
}

fn tell(tx: &mut Tx, domain: &Domain, kind: &'static str) -> Result<()> {
    let data = json!({ "domain": domain.name });
    events::append(tx, Some(&domain.organization_id), kind, domain.id.as_str(), data)
}

#[cfg(test)]
mod tests;
