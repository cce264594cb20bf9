//! What a directory must not take at once: the highest role from the last who has it, and access from very many people.

use super::alerts::{self, AlertKind};
use super::delta::Delta;
use super::held::{self, Holds};
use super::kept::{Hold, Mark};
use super::{Declared, provisioning};
use crate::error::{Error, Result};
use crate::store::db::listed;
use crate::store::schema::{access, access_losses, entities, users};
use crate::store::{
    ApplicationId, Db, EntityId, OrganizationId, Prepared, Time, Tx, UserId, on_backend,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamp};
use serde_json::json;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Within which time losses are counted together.
const WINDOW: TimeDelta = TimeDelta::minutes(10);
/// How many rows are written in one statement.
const ROWS: usize = 1_000;

/// What happens where the last of the highest role would lose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Floor {
    Hold,
    Refuse,
    Allow,
}

/// What is looked at before people's access is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard {
    floor: Floor,
    breaker: bool,
}

impl Guard {
    /// A directory does it.
    pub(super) const DIRECTORY: Self = Self { floor: Floor::Hold, breaker: true };
    /// What was held for long enough happens now.
    pub(super) const RELEASE: Self = Self { floor: Floor::Hold, breaker: false };
    /// A person chooses.
    pub(super) const CHOICE: Self = Self { floor: Floor::Refuse, breaker: false };
    /// Whatever it is, it is meant.
    pub(super) const NONE: Self = Self { floor: Floor::Allow, breaker: false };

    /// Which holds count; none where what happens is meant.
    pub(super) fn holds(self, now: Time) -> Option<Holds> {
        (self.floor != Floor::Allow).then(|| Holds::at(now))
    }
}

/// Marks what is held. Tells of the applications in which the breaker holds something from now on.
pub(super) fn hold(
    tx: &mut Tx,
    organization: &OrganizationId,
    deltas: &mut [Delta],
    guard: Guard,
) -> Result<BTreeSet<ApplicationId>> {
    let mut tripped = BTreeSet::new();
    if guard.breaker {
        tripped = breaker(tx, organization, deltas)?;
    }
    if guard.floor != Floor::Allow {
        floor(tx, organization, deltas, guard.floor)?;
    }
    Ok(tripped)
}

fn applications(deltas: &[Delta]) -> BTreeSet<ApplicationId> {
    deltas.iter().map(|delta| delta.application.id.clone()).collect()
}

/// Holds what a push takes where directories would take something from too many people within [`WINDOW`]. Who loses
/// something counts, whether it is held or not; so what follows within that time is held as well. Whoever is switched off
/// counts, too, but nothing of theirs is held.
fn breaker(
    tx: &mut Tx,
    organization: &OrganizationId,
    deltas: &mut [Delta],
) -> Result<BTreeSet<ApplicationId>> {
    let mut tripped = BTreeSet::new();
    if !deltas.iter().any(|delta| delta.had_something() && delta.is_change()) {
        return Ok(tripped);
    }
    let settings = provisioning::find(tx.db, organization)?;
    let kinds = kinds(tx.db, deltas)?;
    let kind_of = |entity: &str| kinds.get(entity).cloned();
    for application in applications(deltas) {
        let losing: HashSet<UserId> = deltas
            .iter()
            .filter(|it| it.application.id == application && held::takes(it, &kind_of))
            .map(|it| it.user.clone())
            .collect();
        if losing.is_empty() {
            continue;
        }
        let (lately, again) = lately(tx, organization, &application, &losing)?;
        let lost = lately - again + i64::try_from(losing.len()).unwrap_or(i64::MAX);
        note(tx, organization, &application, &losing)?;
        // Everybody is counted only where the answer depends on it.
        let is_too_much = settings.breaker
            && lost > i64::from(settings.most_people)
            && lost.saturating_mul(100)
                > all(tx.db, organization, &application)? * i64::from(settings.most_percent);
        if !is_too_much {
            continue;
        }
        let is_off = |it: &Delta| !it.is_active && losing.contains(&it.user);
        if deltas.iter().any(is_off) {
            switched_off(tx, organization, &application)?;
        }
        let mark = Mark { hold: Hold::Breaker, until: Some(tx.now.plus(settings.hold_time())) };
        for delta in deltas.iter_mut().filter(|it| it.application.id == application) {
            if delta.is_active && losing.contains(&delta.user) {
                held::hold(delta, mark, &kind_of);
                tripped.insert(application.clone());
            }
        }
    }
    Ok(tripped)
}

/// Says how many of those who lost something within [`WINDOW`] are off: nothing of that is held.
fn switched_off(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &ApplicationId,
) -> Result<()> {
    let off = users::directory_suspended_at.is_not_null().or(users::deprovisioned_at.is_not_null());
    let people: i64 = access_losses::table
        .inner_join(users::table.on(users::id.eq(access_losses::user_id)))
        .filter(access_losses::organization_id.eq(organization))
        .filter(access_losses::application_id.eq(application))
        .filter(access_losses::lost_at.gt(tx.now.minus(WINDOW)))
        .filter(off)
        .count()
        .get_result(tx.db)?;
    let data = json!({ "people": people });
    alerts::raise(tx, organization, AlertKind::ManySwitchedOff, organization.as_str(), &data)
}

/// How many people lost something within [`WINDOW`], and how many of them are about to lose something again.
fn lately(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &ApplicationId,
    losing: &HashSet<UserId>,
) -> Result<(i64, i64)> {
    let since = tx.now.minus(WINDOW);
    let noted = || {
        access_losses::table
            .filter(access_losses::organization_id.eq(organization))
            .filter(access_losses::application_id.eq(application))
            .filter(access_losses::lost_at.gt(since))
    };
    let lately: i64 = noted().count().get_result(tx.db)?;
    let mut again = 0;
    if lately > 0 {
        for some in losing.iter().collect::<Vec<_>>().chunks(ROWS) {
            let them = noted().filter(access_losses::user_id.eq_any(some.iter().copied()));
            again += them.count().get_result::<i64>(tx.db)?;
        }
    }
    Ok((lately, again))
}

/// How many people have something in an application.
fn all(db: &mut Db, organization: &OrganizationId, application: &ApplicationId) -> Result<i64> {
    let has = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::application_id.eq(application))
        .filter(access::kept_role.is_null());
    Ok(has.count().get_result(db)?)
}

/// Notes who has lost something now, for what comes within [`WINDOW`].
fn note(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &ApplicationId,
    losing: &HashSet<UserId>,
) -> Result<()> {
    let over = format!(
        "DELETE FROM access_losses WHERE organization_id = $1 AND application_id = $2 \
         AND (lost_at <= $3 OR user_id IN ({}))",
        listed(tx.db, 4)
    );
    diesel::sql_query(over)
        .bind::<Text, _>(organization)
        .bind::<Text, _>(application)
        .bind::<Timestamp, _>(tx.now.minus(WINDOW))
        .bind::<Text, _>(json!(losing).to_string())
        .execute(tx.db)?;
    let rows: Vec<_> = losing
        .iter()
        .map(|user| {
            (
                access_losses::user_id.eq(user.clone()),
                access_losses::application_id.eq(application.clone()),
                access_losses::organization_id.eq(organization.clone()),
                access_losses::lost_at.eq(tx.now),
            )
        })
        .collect();
    for some in rows.chunks(ROWS) {
        let insert = diesel::insert_into(access_losses::table).values(some.to_vec());
        on_backend!(tx.db, conn => insert.execute(conn))?;
    }
    Ok(())
}

/// Somebody has said that what directories took lately is meant: it counts no more.
pub(super) fn forget(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    let theirs = access_losses::table.filter(access_losses::organization_id.eq(organization));
    diesel::delete(theirs).execute(tx.db)?;
    Ok(())
}

/// The last who have the highest role of an application, and would lose it.
pub(super) struct Last {
    /// In which application.
    pub(super) application_id: ApplicationId,
    /// The role.
    role: String,
    /// Who.
    pub(super) people: Vec<UserId>,
    /// Where that is told in what changes.
    losing: Vec<usize>,
}

impl Last {
    /// The word for programs where it is refused.
    pub(super) const CODE: &'static str = "last_of_highest_role";

    /// Why it is refused where somebody chooses it.
    pub(super) fn detail(&self) -> String {
        format!(
            "Nobody of the organization would have the role {} any more. Give it to somebody else first.",
            self.role
        )
    }
}

/// Keeps the highest role where nobody else has it; of whom is off, on record.
fn floor(
    tx: &mut Tx,
    organization: &OrganizationId,
    deltas: &mut [Delta],
    floor: Floor,
) -> Result<()> {
    // Whose role was held when they went off loses nothing that this would find: it goes on record as it was.
    for delta in deltas.iter().filter(|it| floor != Floor::Refuse && it.role().is_some()) {
        if let Some((role, _)) = &delta.record {
            tell_last(tx, organization, &delta.application.id, (role, &delta.user))?;
        }
    }
    for application in applications(deltas) {
        let Some(last) = last_in(tx.db, organization, deltas, &application)? else { continue };
        if floor == Floor::Refuse {
            return Err(Error::conflict(Last::CODE, last.detail()));
        }
        // Of several it is one who is active, and of those the one who came first.
        let active = last.losing.iter().find(|at| deltas.get(**at).is_some_and(|it| it.is_active));
        if let Some(delta) = active.or(last.losing.first()).and_then(|at| deltas.get_mut(*at)) {
            held::hold_role(delta, Mark { hold: Hold::Floor, until: None });
            tell_last(tx, organization, &application, (&last.role, &delta.user))?;
        }
    }
    Ok(())
}

/// Says who was the last with the highest role of an application.
fn tell_last(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &ApplicationId,
    (role, user): (&str, &UserId),
) -> Result<()> {
    let data = json!({ "application_id": application, "role": role });
    alerts::raise(tx, organization, AlertKind::LastOfHighestRole, user.as_str(), &data)
}

/// The last who have the highest role of an application and would lose it, if that is so anywhere.
pub(super) fn last(
    db: &mut Db,
    organization: &OrganizationId,
    deltas: &[Delta],
) -> Result<Option<Last>> {
    for application in applications(deltas) {
        if let Some(last) = last_in(db, organization, deltas, &application)? {
            return Ok(Some(last));
        }
    }
    Ok(None)
}

fn last_in(
    db: &mut Db,
    organization: &OrganizationId,
    deltas: &[Delta],
    application: &ApplicationId,
) -> Result<Option<Last>> {
    let of = |it: &Delta| it.application.id == *application;
    let Some(top) = deltas
        .iter()
        .find(|it| of(it))
        .and_then(|it| it.application.model.top().map(str::to_owned))
    else {
        return Ok(None);
    };
    let has = |role: Option<&str>| role == Some(top.as_str());
    let losing: Vec<usize> = deltas
        .iter()
        .enumerate()
        .filter(|(_, it)| of(it) && it.gives_up(&top))
        .map(|(at, _)| at)
        .collect();
    let is_gained = deltas.iter().any(|it| of(it) && it.is_active && has(it.new_role()));
    if losing.is_empty() || is_gained {
        return Ok(None);
    }
    let people: Vec<UserId> =
        losing.iter().filter_map(|at| deltas.get(*at)).map(|it| it.user.clone()).collect();
    if others(db, organization, application, &top, &people.iter().collect())? {
        return Ok(None);
    }
    Ok(Some(Last { application_id: application.clone(), role: top, people, losing }))
}

/// Whether an active person but these has the role.
fn others(
    db: &mut Db,
    organization: &OrganizationId,
    application: &ApplicationId,
    role: &str,
    but: &HashSet<&UserId>,
) -> Result<bool> {
    let holders: Vec<UserId> = access::table
        .inner_join(users::table)
        .filter(access::organization_id.eq(organization))
        .filter(access::application_id.eq(application))
        .filter(access::role.eq(role))
        .filter(users::suspended_at.is_null())
        .filter(users::directory_suspended_at.is_null())
        .filter(users::deprovisioned_at.is_null())
        .select(access::user_id)
        .limit(i64::try_from(but.len() + 1).unwrap_or(i64::MAX))
        .load(db)?;
    Ok(holders.iter().any(|user| !but.contains(user)))
}

/// Who was kept in the highest role of applications in which somebody has got it now, and those applications.
pub(super) fn relieved(
    db: &mut Db,
    organization: &OrganizationId,
    deltas: &[Delta],
) -> Result<(Vec<UserId>, Vec<Declared>)> {
    // Who only comes back to what is held of them takes it from nobody.
    let is_gained = |it: &&Delta| {
        let top = it.application.model.top();
        let is_kept = it.held_role.is_some_and(|mark| mark.hold == Hold::Floor);
        it.is_active && !is_kept && it.new_role() == top && it.role() != top
    };
    let mut gained: Vec<&Declared> =
        deltas.iter().filter(is_gained).map(|it| &it.application).collect();
    gained.sort_unstable_by_key(|it| &it.id);
    gained.dedup_by_key(|it| &it.id);
    let mut relieved = Vec::new();
    for application in &gained {
        let held = access::table
            .filter(access::organization_id.eq(organization))
            .filter(access::application_id.eq(&application.id))
            .filter(access::held.eq(Hold::Floor))
            .select(access::user_id);
        let kept: Vec<UserId> = on_backend!(db, conn => Prepared(held).load(conn))?;
        relieved.extend(kept);
    }
    Ok((relieved, gained.into_iter().cloned().collect()))
}

/// The types of all entities that are new to somebody.
pub(super) fn kinds(db: &mut Db, deltas: &[Delta]) -> Result<HashMap<String, String>> {
    let ids: HashSet<&str> =
        deltas.iter().flat_map(|it| &it.after.places).map(|place| place.entity.as_str()).collect();
    let mut kinds = HashMap::new();
    for some in ids.into_iter().collect::<Vec<_>>().chunks(ROWS) {
        let rows: Vec<(EntityId, String)> = entities::table
            .filter(entities::id.eq_any(some.to_vec()))
            .select((entities::id, entities::kind))
            .load(db)?;
        kinds.extend(rows.into_iter().map(|(id, kind)| (id.to_string(), kind)));
    }
    Ok(kinds)
}
