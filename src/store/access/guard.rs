//! What a directory must not take at once: the highest role from the last who has it, and access from very many people.

use super::alerts::{self, AlertKind};
use super::facts::Hold;
use super::held::Holds;
use super::recompute::Delta;
use super::{Declared, provisioning};
use crate::error::{Error, Result};
use crate::store::schema::{access, access_losses, entities, users};
use crate::store::{
    ApplicationId, Db, EntityId, OrganizationId, Prepared, Time, Tx, UserId, on_backend,
};
use chrono::TimeDelta;
use diesel::prelude::*;
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

/// Marks what is held, and raises the alerts.
pub(super) fn hold(
    tx: &mut Tx,
    organization: &OrganizationId,
    deltas: &mut [Delta],
    guard: Guard,
) -> Result<()> {
    if guard.breaker {
        breaker(tx, organization, deltas)?;
    }
    if guard.floor != Floor::Allow {
        floor(tx, organization, deltas, guard.floor)?;
    }
    Ok(())
}

fn applications(deltas: &[Delta]) -> BTreeSet<ApplicationId> {
    deltas.iter().map(|delta| delta.application.id.clone()).collect()
}

/// Holds a push that would take something from too many people within [`WINDOW`].
fn breaker(tx: &mut Tx, organization: &OrganizationId, deltas: &mut [Delta]) -> Result<()> {
    let had_something = |delta: &Delta| delta.row.is_some();
    if !deltas.iter().any(|delta| had_something(delta) && delta.is_change()) {
        return Ok(());
    }
    let settings = provisioning::find(tx.db, organization)?;
    let kinds = kinds(tx.db, deltas)?;
    let kind_of = |entity: &str| kinds.get(entity).cloned();
    for application in applications(deltas) {
        let losing: HashSet<UserId> = deltas
            .iter()
            .filter(|it| it.application.id == application && it.is_loss(kind_of))
            .map(|it| it.user.clone())
            .collect();
        if losing.is_empty() {
            continue;
        }
        let (lately, again) = lately(tx, organization, &application, &losing)?;
        let lost = lately - again + i64::try_from(losing.len()).unwrap_or(i64::MAX);
        // Everybody is counted only where the answer depends on it.
        let is_too_much = settings.breaker
            && lost > i64::from(settings.most_people)
            && lost.saturating_mul(100)
                > all(tx.db, organization, &application)? * i64::from(settings.most_percent);
        if is_too_much {
            let until = Some(tx.now.plus(settings.hold_time()));
            for delta in deltas.iter_mut().filter(|it| it.application.id == application) {
                if losing.contains(&delta.user) {
                    delta.held = Some((Hold::Breaker, until));
                }
            }
            let data = json!({ "people": losing.len(), "lately": lately, "until": until });
            alerts::raise(tx, organization, AlertKind::TooMuchAtOnce, application.as_str(), &data)?;
        } else {
            note(tx, organization, &application, &losing)?;
        }
    }
    Ok(())
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
        .filter(access::application_id.eq(application));
    Ok(has.count().get_result(db)?)
}

/// Notes who has lost something, for what comes within [`WINDOW`].
fn note(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &ApplicationId,
    losing: &HashSet<UserId>,
) -> Result<()> {
    let over = access_losses::table
        .filter(access_losses::organization_id.eq(organization))
        .filter(access_losses::application_id.eq(application))
        .filter(access_losses::lost_at.le(tx.now.minus(WINDOW)));
    diesel::delete(over).execute(tx.db)?;
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
        on_backend!(tx.db, conn => insert.on_conflict_do_nothing().execute(conn))?;
    }
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

/// Keeps the highest role where nobody else has it.
fn floor(
    tx: &mut Tx,
    organization: &OrganizationId,
    deltas: &mut [Delta],
    floor: Floor,
) -> Result<()> {
    for application in applications(deltas) {
        let Some(last) = last_in(tx.db, organization, deltas, &application)? else { continue };
        if floor == Floor::Refuse {
            return Err(Error::conflict(Last::CODE, last.detail()));
        }
        // Of several it is one who is active, and of those the one who came first.
        let active = last.losing.iter().find(|at| deltas.get(**at).is_some_and(|it| it.is_active));
        if let Some(delta) = active.or(last.losing.first()).and_then(|at| deltas.get_mut(*at)) {
            delta.held = Some((Hold::Floor, None));
            let data = json!({ "application_id": application, "role": last.role });
            let user = delta.user.to_string();
            alerts::raise(tx, organization, AlertKind::LastOfHighestRole, &user, &data)?;
        }
    }
    Ok(())
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
    let of = |it: &Delta| it.application.id == *application && it.held.is_none();
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
        .filter(|(_, it)| of(it) && has(it.role()) && !has(it.new_role()))
        .map(|(at, _)| at)
        .collect();
    let is_gained = deltas.iter().any(|it| of(it) && has(it.new_role()));
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
    applications: &[Declared],
    deltas: &[Delta],
) -> Result<(Vec<UserId>, Vec<Declared>)> {
    let gained = |it: &&Delta| {
        let top = it.application.model.top();
        it.held.is_none() && it.new_role() == top && it.role() != top
    };
    let gained: HashSet<&ApplicationId> =
        deltas.iter().filter(gained).map(|it| &it.application.id).collect();
    let mut relieved = Vec::new();
    for application in &gained {
        let held = access::table
            .filter(access::organization_id.eq(organization))
            .filter(access::application_id.eq(*application))
            .filter(access::held.eq(Hold::Floor))
            .select(access::user_id);
        let kept: Vec<UserId> = on_backend!(db, conn => Prepared(held).load(conn))?;
        relieved.extend(kept);
    }
    let of = applications.iter().filter(|it| gained.contains(&it.id)).cloned().collect();
    Ok((relieved, of))
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
