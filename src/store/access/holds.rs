//! What is held because too many people would have lost something at once, and what becomes of it.

use super::alerts::{self, AlertKind};
use super::facts::Hold;
use super::guard::Guard;
use super::{provisioning, recompute};
use crate::error::Result;
use crate::store::schema::{access, provisioning as settings, users};
use crate::store::{ApplicationId, Db, OrganizationId, Time, Tx, UserId, events};
use diesel::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// How many organizations and people the job takes at once.
const SOME: i64 = 500;

/// Lets happen now what is held: people lose what the directory took. Tells of how many.
pub fn apply(tx: &mut Tx, organization: &OrganizationId) -> Result<usize> {
    let changed = release(tx, organization, None)?;
    // Choices may have left nothing that is held.
    close_alerts(tx, organization)?;
    Ok(changed)
}

/// Lets people keep what is held until somebody says otherwise, or the directory gives it back. Tells of how many.
pub fn restore(tx: &mut Tx, organization: &OrganizationId) -> Result<usize> {
    let theirs = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Breaker))
        .filter(access::held_until.is_not_null());
    let kept = diesel::update(theirs).set(access::held_until.eq(None::<Time>)).execute(tx.db)?;
    close_alerts(tx, organization)?;
    if kept > 0 {
        let data = json!({ "people": kept });
        events::append(tx, Some(organization), "access.kept", organization.as_str(), data)?;
    }
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
    Ok(changed + release(tx, organization, Some(tx.now))?)
}

/// Notes that everybody's access is to be computed, because applications are others now. The job does it.
pub(in crate::store) fn stale_everywhere(tx: &mut Tx) -> Result<()> {
    diesel::update(settings::table).set(settings::recompute_at.eq(Some(tx.now))).execute(tx.db)?;
    Ok(())
}

/// Lets happen what the breaker holds: all of it, or that whose time is over. Holds of the same people in other
/// applications whose time is not over stay.
fn release(tx: &mut Tx, organization: &OrganizationId, over: Option<Time>) -> Result<usize> {
    let mut held = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Breaker))
        .select((access::user_id, access::application_id))
        .into_boxed();
    if let Some(now) = over {
        held = held.filter(access::held_until.le(now));
    }
    let held: Vec<(UserId, ApplicationId)> = held.load(tx.db)?;
    if held.is_empty() {
        return Ok(0);
    }
    let mut by_application: BTreeMap<&ApplicationId, Vec<&UserId>> = BTreeMap::new();
    for (user, application) in &held {
        by_application.entry(application).or_default().push(user);
    }
    for (application, people) in by_application {
        for some in people.chunks(1_000) {
            let theirs = access::table
                .filter(access::application_id.eq(application))
                .filter(access::user_id.eq_any(some.iter().copied()));
            diesel::update(theirs)
                .set((access::held.eq(None::<Hold>), access::held_until.eq(None::<Time>)))
                .execute(tx.db)?;
        }
        if !is_any_held(tx.db, organization, application)? {
            alerts::over(tx, organization, AlertKind::TooMuchAtOnce, application.as_str())?;
        }
    }
    let people: BTreeSet<UserId> = held.into_iter().map(|(user, _)| user).collect();
    let people: Vec<UserId> = people.into_iter().collect();
    recompute::recompute(tx, organization, &people, Guard::RELEASE)
}

fn is_any_held(
    db: &mut Db,
    organization: &OrganizationId,
    application: &ApplicationId,
) -> Result<bool> {
    let held = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::application_id.eq(application))
        .filter(access::held.eq(Hold::Breaker));
    Ok(held.select(access::user_id).first::<UserId>(db).optional()?.is_some())
}

fn close_alerts(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    for application in super::applications_of(tx.db, organization)? {
        alerts::over(tx, organization, AlertKind::TooMuchAtOnce, application.id.as_str())?;
    }
    Ok(())
}
