//! A domain that waits for its DNS record is looked for by itself: often at first, then less often, for three days.
//!
//! Instances take rows that are due, and nobody else takes those for a while. Looking twice changes nothing.

use super::{Domain, DomainState};
use crate::error::Result;
use crate::store::schema::{domains, organizations};
use crate::store::{Db, DomainId, Time, Tx};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long a domain is looked for.
pub const LOOKED_FOR: TimeDelta = TimeDelta::hours(72);
/// How long it is at least from one look to the next, and at most.
const SOON: TimeDelta = TimeDelta::minutes(1);
const LATE: TimeDelta = TimeDelta::hours(1);
/// After so long somebody asks why it is not found.
const EXPECTED: TimeDelta = TimeDelta::hours(24);
/// For how long who took a row has it: much longer than a look takes.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// Rows that an instance takes at a time.
const BATCH: i64 = 8;

impl Domain {
    /// Whether it has waited for its DNS record for longer than is usual.
    #[must_use]
    pub fn is_overdue(&self, now: Time) -> bool {
        self.state == DomainState::Pending && now.since(self.waits_since()) >= EXPECTED
    }

    /// Since when it has waited for its DNS record, if it does: from when it was added, or lost while its organization was deleted.
    #[must_use]
    pub fn waits_since(&self) -> Time {
        self.checks_until.map_or(self.created_at, |until| until.minus(LOOKED_FOR))
    }

    /// When it is looked for by itself next, and until when that goes on.
    #[must_use]
    pub fn checks(&self) -> Option<(Time, Time)> {
        let waits = self.state == DomainState::Pending;
        self.next_check_at.zip(self.checks_until).filter(|_| waits)
    }

    /// It is looked for from now on.
    pub(super) fn begin_checks(&mut self, now: Time) {
        self.next_check_at = Some(now.plus(SOON));
        self.checks_until = Some(now.plus(LOOKED_FOR));
    }

    /// It is not looked for any more.
    pub(super) fn end_checks(&mut self) {
        self.next_check_at = None;
        self.checks_until = None;
    }

    /// It was looked for and not found: the longer it is missing, the later the next look is, and the last is at the end.
    pub(super) fn checked(&mut self, now: Time) {
        let Some(until) = self.checks_until.filter(|until| now < *until) else {
            // Until when it was looked for stays: it tells since when it waits.
            self.next_check_at = None;
            return;
        };
        let missing = LOOKED_FOR - until.since(now);
        let pause = (missing / 4).clamp(SOON, LATE);
        self.next_check_at = Some(now.plus(pause).min(until));
    }
}

/// Domains that have waited for their DNS record for longer than a day, the longest first and `limit` at most. Those of deleted
/// organizations wait for nobody.
pub fn overdue(db: &mut Db, now: Time, limit: i64) -> Result<Vec<Domain>> {
    let gone = organizations::table
        .filter(organizations::deleted_at.is_not_null())
        .select(organizations::id);
    // As [`Domain::waits_since`] has it.
    let latest = now.minus(EXPECTED).plus(LOOKED_FOR);
    let began = domains::checks_until.is_null().or(domains::checks_until.le(latest));
    let waiting = domains::table
        .filter(domains::live_at.is_null())
        .filter(domains::state.eq(DomainState::Pending))
        .filter(domains::created_at.le(now.minus(EXPECTED)))
        .filter(began)
        .filter(domains::organization_id.ne_all(gone))
        .order((domains::checks_until.is_not_null(), domains::checks_until, domains::created_at))
        .limit(limit);
    Ok(waiting.load(db)?)
}

/// Takes some of the domains that are due: for five minutes they are nobody else's. Should the instance die, they are due again
/// then.
pub fn claim(tx: &mut Tx) -> Result<Vec<Domain>> {
    let gone = organizations::table
        .filter(organizations::deleted_at.is_not_null())
        .select(organizations::id);
    let due = domains::table
        .filter(domains::next_check_at.le(tx.now))
        .filter(domains::organization_id.ne_all(gone))
        .order(domains::next_check_at)
        .select(domains::id)
        .limit(BATCH);
    // SQLite has one writer, so nobody else is in between.
    let ids: Vec<DomainId> = match tx.db {
        Db::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
        Db::Sqlite(conn) => due.load(conn)?,
    };
    let taken = domains::table.filter(domains::id.eq_any(&ids));
    diesel::update(taken)
        .set(domains::next_check_at.eq(Some(tx.now.plus(LEASE))))
        .execute(tx.db)?;
    Ok(domains::table.filter(domains::id.eq_any(&ids)).load(tx.db)?)
}

/// Nothing came of a look: the name servers did not answer, or another customer has the domain. It is looked for again.
pub fn put_off(tx: &mut Tx, id: &DomainId) -> Result<()> {
    let found: Option<Domain> = domains::table.find(id).first(tx.db).optional()?;
    let Some(mut domain) = found.filter(|domain| domain.checks().is_some()) else { return Ok(()) };
    domain.checked(tx.now);
    diesel::update(domains::table.find(id))
        .set((
            domains::next_check_at.eq(domain.next_check_at),
            domains::checks_until.eq(domain.checks_until),
        ))
        .execute(tx.db)?;
    Ok(())
}
