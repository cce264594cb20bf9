//! How an organization's directories may act: whether they may push groups, and how much they may take at once.

use crate::error::Result;
use crate::scim;
use crate::store::input::Faults;
use crate::store::schema::provisioning;
use crate::store::{Db, OrganizationId, Prepared, Time, Tx, events, on_backend};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

/// An organization's settings for its directories.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, Identifiable)]
#[diesel(table_name = provisioning, primary_key(organization_id))]
pub struct Provisioning {
    /// Whose they are.
    pub organization_id: OrganizationId,
    /// Directories may push groups.
    pub groups: bool,
    /// What would take too much at once is held.
    pub breaker: bool,
    /// From more people than this …
    pub most_people: i32,
    /// … who are also more than this part of all, in percent, within ten minutes.
    pub most_percent: i32,
    /// For how long it is held.
    pub hold_hours: i32,
    /// Which set of rules holds; 0: none has been made.
    pub rules_version: i64,
    /// Since when everybody's access is to be computed anew.
    pub recompute_at: Option<Time>,
}

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProvisioningPatch {
    /// Directories may push groups.
    pub groups: Option<bool>,
    /// What would take too much at once is held.
    pub breaker: Option<bool>,
    /// From more people than this …
    pub most_people: Option<i32>,
    /// … who are also more than this part of all.
    pub most_percent: Option<i32>,
    /// For how long it is held.
    pub hold_hours: Option<i32>,
}

impl Provisioning {
    /// How long what would take too much is held.
    #[must_use]
    pub fn hold_time(&self) -> TimeDelta {
        TimeDelta::hours(self.hold_hours.into())
    }
}

/// The settings of an organization.
pub fn find(db: &mut Db, organization: &OrganizationId) -> Result<Provisioning> {
    let query = provisioning::table.find(organization);
    let found: Option<Provisioning> =
        on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    Ok(found.unwrap_or_else(|| at_first(organization)))
}

/// Which of these organizations have groups on.
pub fn with_groups(db: &mut Db, of: Vec<OrganizationId>) -> Result<HashSet<OrganizationId>> {
    let on = provisioning::table
        .filter(provisioning::organization_id.eq_any(of))
        .filter(provisioning::groups.eq(true))
        .select(provisioning::organization_id);
    Ok(on.load(db)?.into_iter().collect())
}

/// The settings with which an organization begins: groups are off until somebody wants them.
fn at_first(organization: &OrganizationId) -> Provisioning {
    Provisioning {
        organization_id: organization.clone(),
        groups: false,
        breaker: true,
        most_people: 20,
        most_percent: 30,
        hold_hours: 24,
        rules_version: 0,
        recompute_at: None,
    }
}

/// Writes the first settings of a new organization.
pub(in crate::store) fn begin(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    diesel::insert_into(provisioning::table).values(at_first(organization)).execute(tx.db)?;
    Ok(())
}

/// Changes what the patch names. What is the same already makes no event.
pub fn change(
    tx: &mut Tx,
    organization: &OrganizationId,
    patch: &ProvisioningPatch,
) -> Result<Provisioning> {
    let before = find(tx.db, organization)?;
    let after = Provisioning {
        groups: patch.groups.unwrap_or(before.groups),
        breaker: patch.breaker.unwrap_or(before.breaker),
        most_people: patch.most_people.unwrap_or(before.most_people),
        most_percent: patch.most_percent.unwrap_or(before.most_percent),
        hold_hours: patch.hold_hours.unwrap_or(before.hold_hours),
        ..before.clone()
    };
    let mut faults = Faults::default();
    for (field, value, most) in [
        ("/most_people", after.most_people, 1_000_000),
        ("/most_percent", after.most_percent, 100),
        ("/hold_hours", after.hold_hours, 24 * 30),
    ] {
        if !(0..=most).contains(&value) {
            faults.add(field, "invalid", format!("A number from 0 to {most} is expected."));
        }
    }
    faults.finish()?;
    if after == before {
        return Ok(before);
    }
    save(tx, &after)?;
    let (was, is) = (kept(&before), kept(&after));
    let kind = "organization.provisioning_changed";
    let subject = organization.as_str();
    events::append_change(tx, Some(organization), kind, subject, is.clone(), (&was, &is))?;
    Ok(after)
}

/// All that can be changed: what the audit log keeps, before a change and after it.
fn kept(row: &Provisioning) -> Value {
    json!({
        "groups": row.groups,
        "breaker": row.breaker,
        "most_people": row.most_people,
        "most_percent": row.most_percent,
        "hold_hours": row.hold_hours,
    })
}

/// Writes the settings as they are now, but for what is due: others note that at the same time.
pub(super) fn save(tx: &mut Tx, row: &Provisioning) -> Result<()> {
    diesel::update(row)
        .set((
            provisioning::groups.eq(row.groups),
            provisioning::breaker.eq(row.breaker),
            provisioning::most_people.eq(row.most_people),
            provisioning::most_percent.eq(row.most_percent),
            provisioning::hold_hours.eq(row.hold_hours),
            provisioning::rules_version.eq(row.rules_version),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Notes that everybody's access is to be computed anew.
pub(super) fn note_due(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    diesel::update(provisioning::table.find(organization))
        .set(provisioning::recompute_at.eq(Some(tx.now)))
        .execute(tx.db)?;
    Ok(())
}

/// Takes the note back, unless it was made anew since it was read.
pub(super) fn take_due(tx: &mut Tx, organization: &OrganizationId, noted: Time) -> Result<()> {
    diesel::update(provisioning::table.find(organization))
        .filter(provisioning::recompute_at.eq(Some(noted)))
        .set(provisioning::recompute_at.eq(None::<Time>))
        .execute(tx.db)?;
    Ok(())
}

/// Refuses what a directory says of groups while the organization has them off.
pub(in crate::store) fn groups_are_on(db: &mut Db, organization: &OrganizationId) -> Result<()> {
    if find(db, organization)?.groups {
        return Ok(());
    }
    let detail = format!(
        "Group provisioning is off for this organization, so groups cannot be changed; reading works, and people are \
         provisioned as before. To turn it on: vestibule org groups {organization} on, or PATCH \
         /api/v1/organizations/{organization}/provisioning with {{\"groups\": true}}."
    );
    Err(scim::Error::new(403, "groups_off", detail).into())
}
