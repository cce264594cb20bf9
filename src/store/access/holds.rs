//! What is held because too many people would have lost something at once, and what becomes of it.

use super::alerts::{self, AlertKind};
use super::facts::Hold;
use super::guard::Guard;
use super::{provisioning, recompute};
use crate::error::Result;
use crate::store::schema::{access, provisioning as settings, users};
use crate::store::{Db, OrganizationId, Time, Tx, UserId};
use diesel::prelude::*;

/// How many organizations and people the job takes at once.
const SOME: i64 = 500;

/// Lets happen now what is held: people lose what the directory took. Tells of how many.
pub fn apply(tx: &mut Tx, organization: &OrganizationId) -> Result<usize> {
    let people = held(tx.db, organization)?;
    release(tx, organization, &people)
}

/// Lets people keep what is held until somebody says otherwise, or the directory gives it back. Tells of how many.
pub fn restore(tx: &mut Tx, organization: &OrganizationId) -> Result<usize> {
    let theirs = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Breaker))
        .filter(access::held_until.is_not_null());
    let kept = diesel::update(theirs).set(access::held_until.eq(None::<Time>)).execute(tx.db)?;
    close_alerts(tx, organization)?;
    Ok(kept)
}

/// Organizations in which the time of something that was held is over, or everybody's access is to be computed.
pub fn due(db: &mut Db, now: Time) -> Result<Vec<OrganizationId>> {
    let mut due: Vec<OrganizationId> = access::table
        .filter(access::held_until.le(now))
        .select(access::organization_id)
        .distinct()
        .limit(SOME)
        .load(db)?;
    let stale: Vec<OrganizationId> = settings::table
        .filter(settings::recompute_at.is_not_null())
        .select(settings::organization_id)
        .limit(SOME)
        .load(db)?;
    due.extend(stale);
    due.sort_unstable();
    due.dedup();
    Ok(due)
}

/// Does what is due in an organization: doing it twice changes nothing.
pub fn catch_up(tx: &mut Tx, organization: &OrganizationId) -> Result<usize> {
    let mut changed = 0;
    if let Some(noted) = provisioning::find(tx.db, organization)?.recompute_at {
        let everybody: Vec<UserId> = users::table
            .filter(users::organization_id.eq(organization))
            .order(users::id)
            .select(users::id)
            .load(tx.db)?;
        provisioning::take_due(tx, organization, noted)?;
        changed += recompute::recompute(tx, organization, &everybody, Guard::RELEASE)?;
    }
    let over: Vec<UserId> = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held_until.le(tx.now))
        .select(access::user_id)
        .distinct()
        .load(tx.db)?;
    Ok(changed + release(tx, organization, &over)?)
}

/// Notes that everybody's access is to be computed, because applications are others now. The job does it.
pub(in crate::store) fn stale_everywhere(tx: &mut Tx) -> Result<()> {
    diesel::update(settings::table).set(settings::recompute_at.eq(Some(tx.now))).execute(tx.db)?;
    Ok(())
}

fn held(db: &mut Db, organization: &OrganizationId) -> Result<Vec<UserId>> {
    let theirs = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Breaker))
        .select(access::user_id)
        .distinct();
    Ok(theirs.load(db)?)
}

fn release(tx: &mut Tx, organization: &OrganizationId, people: &[UserId]) -> Result<usize> {
    if people.is_empty() {
        return Ok(0);
    }
    for some in people.chunks(1_000) {
        let theirs = access::table
            .filter(access::organization_id.eq(organization))
            .filter(access::held.eq(Hold::Breaker))
            .filter(access::user_id.eq_any(some));
        diesel::update(theirs)
            .set((access::held.eq(None::<Hold>), access::held_until.eq(None::<Time>)))
            .execute(tx.db)?;
    }
    close_alerts(tx, organization)?;
    recompute::recompute(tx, organization, people, Guard::RELEASE)
}

fn close_alerts(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    for application in super::applications_of(tx.db, organization)? {
        alerts::over(tx, organization, AlertKind::TooMuchAtOnce, application.id.as_str())?;
    }
    Ok(())
}
