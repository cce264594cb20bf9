//! What is held because too many people would have lost something at once, and what becomes of it.

use super::alerts::{self, AlertKind};
use super::delta::Delta;
use super::guard::{self, Guard};
use super::held::Holds;
use super::kept::{Hold, Mark};
use super::{provisioning, recompute};
use crate::access::person::Source;
use crate::error::Result;
use crate::store::schema::{
    access, entities, mappings, placements, provisioning as settings, users,
};
use crate::store::{
    ApplicationId, Db, GroupId, Json, MappingId, OrganizationId, Time, Tx, UserId, events,
    on_backend,
};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use serde_json::json;
use std::collections::{BTreeSet, HashSet};

/// How many organizations and people the job takes at once.
const SOME: i64 = 500;
/// How many groups or mappings are named in one statement.
const NAMED: usize = 1_000;

/// What is meant of that which the breaker holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What waits for its time, or for somebody to say what becomes of it.
    Waiting,
    /// What somebody has said that people keep.
    Kept,
    /// What has waited until this time.
    Over(Time),
}

impl Which {
    /// Whether something with this mark is meant.
    pub(super) fn means(self, mark: Mark) -> bool {
        mark.hold == Hold::Breaker
            && match self {
                Self::Waiting => mark.until.is_some(),
                Self::Kept => mark.until.is_none(),
                Self::Over(now) => mark.until.is_some_and(|until| until <= now),
            }
    }
}

/// Lets happen now what is held: people lose what the directory took. Tells of how many.
pub fn apply(tx: &mut Tx, organization: &OrganizationId, which: Which) -> Result<usize> {
    if which == Which::Waiting {
        guard::forget(tx, organization)?;
        alerts::all_over(tx, organization, AlertKind::TooMuchAtOnce)?;
    }
    release(tx, organization, which)
}

/// Lets people keep what is held. Tells of how many.
///
/// They keep exactly that, and nothing else, until the directory gives it back (then it is simply given), until somebody
/// takes it (a mapping, a place, the person; [`apply`] with [`Which::Kept`]), until something takes its place that
/// excludes it, or until they are off.
pub fn restore(tx: &mut Tx, organization: &OrganizationId) -> Result<usize> {
    let people = held(tx.db, organization, Which::Waiting)?;
    let theirs = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Breaker))
        .filter(access::held_until.is_not_null());
    diesel::update(theirs).set(access::held_until.eq(None::<Time>)).execute(tx.db)?;
    let there = entities::table.filter(entities::organization_id.eq(organization));
    let theirs = placements::table
        .filter(placements::entity_id.eq_any(there.select(entities::id)))
        .filter(placements::held.eq(Hold::Breaker))
        .filter(placements::held_until.is_not_null());
    diesel::update(theirs).set(placements::held_until.eq(None::<Time>)).execute(tx.db)?;
    alerts::all_over(tx, organization, AlertKind::TooMuchAtOnce)?;
    if !people.is_empty() {
        let data = json!({ "people": people.len() });
        events::append(tx, Some(organization), "access.kept", organization.as_str(), data)?;
    }
    Ok(people.len())
}

/// Of how many people something is held that waits.
pub fn count(db: &mut Db, organization: &OrganizationId) -> Result<usize> {
    Ok(held(db, organization, Which::Waiting)?.len())
}

/// Organizations in which the time of something that was held is over, or everybody's access is to be computed.
pub fn due(db: &mut Db, now: Time) -> Result<Vec<OrganizationId>> {
    let mut due: Vec<OrganizationId> = access::table
        .filter(access::held_until.le(now))
        .select(access::organization_id)
        .distinct()
        .limit(SOME)
        .load(db)?;
    let places: Vec<OrganizationId> = placements::table
        .inner_join(entities::table)
        .filter(placements::held_until.le(now))
        .select(entities::organization_id)
        .distinct()
        .limit(SOME)
        .load(db)?;
    due.extend(places);
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
    let over = Which::Over(tx.now);
    Ok(changed + release(tx, organization, over)?)
}

/// Notes that everybody's access is to be computed, because applications are others now. The job does it.
pub(in crate::store) fn stale_everywhere(tx: &mut Tx) -> Result<()> {
    diesel::update(settings::table).set(settings::recompute_at.eq(Some(tx.now))).execute(tx.db)?;
    Ok(())
}

/// Whom the mappings of these groups concern because something is held that a group or a mapping gave: they may be in the
/// group no more.
pub(super) fn held_by(
    db: &mut Db,
    organization: &OrganizationId,
    groups: &[GroupId],
) -> Result<BTreeSet<UserId>> {
    let mut people = BTreeSet::new();
    for some in groups.chunks(NAMED) {
        let theirs = mappings::table.filter(mappings::group_id.eq_any(some));
        let places = placements::table
            .filter(placements::held.is_not_null())
            .filter(placements::mapping_id.eq_any(theirs.select(mappings::id.nullable())));
        people.extend(places.select(placements::user_id).load::<UserId>(db)?);
    }
    let roles: Vec<(UserId, Option<Json<Source>>)> = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.is_not_null())
        .select((access::user_id, access::because))
        .load(db)?;
    if roles.is_empty() {
        return Ok(people);
    }
    let mut sources: HashSet<String> = groups.iter().map(ToString::to_string).collect();
    for some in groups.chunks(NAMED) {
        let theirs = mappings::table.filter(mappings::group_id.eq_any(some));
        let theirs: Vec<MappingId> = theirs.select(mappings::id).load(db)?;
        sources.extend(theirs.iter().map(ToString::to_string));
    }
    let is_theirs = |because: Option<Json<Source>>| match because.as_deref() {
        Some(Source::Group(id) | Source::Mapping(id)) => sources.contains(id),
        Some(Source::Person | Source::Default) | None => false,
    };
    people
        .extend(roles.into_iter().filter_map(|(user, because)| is_theirs(because).then_some(user)));
    Ok(people)
}

/// Somebody has removed a group: the breaker holds nothing any more that it or its mappings gave. Tells whom that concerns.
pub(super) fn let_go(
    tx: &mut Tx,
    organization: &OrganizationId,
    group: &GroupId,
) -> Result<BTreeSet<UserId>> {
    let people = held_by(tx.db, organization, std::slice::from_ref(group))?;
    if people.is_empty() {
        return Ok(people);
    }
    let theirs = mappings::table.filter(mappings::group_id.eq(group));
    let theirs: Vec<MappingId> = theirs.select(mappings::id).load(tx.db)?;
    let mut sources = vec![Json::from(Source::Group(group.to_string()))];
    sources.extend(theirs.iter().map(|id| Json::from(Source::Mapping(id.to_string()))));
    let roles = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Breaker))
        .filter(access::because.eq_any(sources));
    let nothing = (access::held.eq(None::<Hold>), access::held_until.eq(None::<Time>));
    diesel::update(roles).set(nothing).execute(tx.db)?;
    let places = placements::table
        .filter(placements::held.eq(Hold::Breaker))
        .filter(placements::mapping_id.eq_any(theirs));
    let nothing = (placements::held.eq(None::<Hold>), placements::held_until.eq(None::<Time>));
    diesel::update(places).set(nothing).execute(tx.db)?;
    for application in super::applications_of(tx.db, organization)? {
        close_or_raise(tx, organization, &application.id, false)?;
    }
    Ok(people)
}

/// Raises the alerts of the applications in which the breaker holds something since now, with all that waits; those of
/// which nothing waits any more are over.
pub(super) fn tell(
    tx: &mut Tx,
    organization: &OrganizationId,
    tripped: &BTreeSet<ApplicationId>,
    deltas: &[Delta],
) -> Result<()> {
    let freed = deltas.iter().filter(|it| it.frees()).map(|it| &it.application.id);
    let concerned: BTreeSet<&ApplicationId> = tripped.iter().chain(freed).collect();
    for application in concerned {
        close_or_raise(tx, organization, application, tripped.contains(application))?;
    }
    Ok(())
}

fn close_or_raise(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &ApplicationId,
    is_new: bool,
) -> Result<()> {
    let subject = application.as_str();
    if is_new {
        let (people, until) = waiting(tx.db, organization, application)?;
        let data = json!({ "people": people, "until": until });
        return alerts::raise(tx, organization, AlertKind::TooMuchAtOnce, subject, &data);
    }
    if is_any_waiting(tx.db, organization, application)? {
        return Ok(());
    }
    alerts::over(tx, organization, AlertKind::TooMuchAtOnce, &[subject])
}

/// What the breaker holds in an organization (`$1`), each with whose it is: roles and places. Few places are held, so they
/// are looked at before those of the organization are.
const HELD: &str = "SELECT user_id, held_until, application_id FROM access \
     WHERE organization_id = $1 AND held = 'breaker' \
     UNION ALL SELECT placements.user_id, placements.held_until, placements.application_id \
     FROM placements CROSS JOIN entities \
     WHERE entities.id = placements.entity_id AND entities.organization_id = $1 AND placements.held = 'breaker'";

/// For how many people the breaker holds something in an application that waits, and until when the first of it does.
fn waiting(
    db: &mut Db,
    organization: &OrganizationId,
    application: &ApplicationId,
) -> Result<(i64, Option<Time>)> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = BigInt)]
        people: i64,
        #[diesel(sql_type = Nullable<Timestamp>)]
        until: Option<Time>,
    }
    let query = diesel::sql_query(format!(
        "SELECT COUNT(DISTINCT user_id) AS people, MIN(held_until) AS until FROM ({HELD}) AS held \
         WHERE application_id = $2 AND held_until IS NOT NULL"
    ));
    let query = query.bind::<Text, _>(organization).bind::<Text, _>(application);
    let found: Waiting = on_backend!(db, conn => query.get_result(conn))?;
    Ok((found.people, found.until))
}

#[derive(QueryableByName)]
struct Whose {
    #[diesel(sql_type = Text)]
    user_id: UserId,
    #[diesel(sql_type = Nullable<Timestamp>)]
    held_until: Option<Time>,
}

/// Whether the breaker holds anything in an application that waits.
fn is_any_waiting(
    db: &mut Db,
    organization: &OrganizationId,
    application: &ApplicationId,
) -> Result<bool> {
    let query = diesel::sql_query(format!(
        "SELECT user_id, held_until FROM ({HELD}) AS held \
         WHERE application_id = $2 AND held_until IS NOT NULL LIMIT 1"
    ));
    let query = query.bind::<Text, _>(organization).bind::<Text, _>(application);
    let found: Vec<Whose> = on_backend!(db, conn => query.load(conn))?;
    Ok(!found.is_empty())
}

/// Of whom the breaker holds something that is meant.
fn held(db: &mut Db, organization: &OrganizationId, which: Which) -> Result<BTreeSet<UserId>> {
    let query = diesel::sql_query(format!("SELECT user_id, held_until FROM ({HELD}) AS held"));
    let query = query.bind::<Text, _>(organization);
    let found: Vec<Whose> = on_backend!(db, conn => query.load(conn))?;
    let is_meant = |it: &Whose| which.means(Mark { hold: Hold::Breaker, until: it.held_until });
    Ok(found.into_iter().filter(is_meant).map(|it| it.user_id).collect())
}

/// Lets happen what the breaker holds. What else is held of the same people stays.
fn release(tx: &mut Tx, organization: &OrganizationId, which: Which) -> Result<usize> {
    let people: Vec<UserId> = held(tx.db, organization, which)?.into_iter().collect();
    if people.is_empty() {
        return Ok(0);
    }
    let holds = Some(Holds::at(tx.now).but(which));
    let changed = recompute::recompute_by(tx, organization, &people, Guard::RELEASE, holds)?;
    // Nobody computes what was held in applications that people may not use any more.
    if !held(tx.db, organization, which)?.is_empty() {
        unmark(tx, organization, which)?;
    }
    Ok(changed)
}

fn unmark(tx: &mut Tx, organization: &OrganizationId, which: Which) -> Result<()> {
    let there = entities::table.filter(entities::organization_id.eq(organization));
    let roles = diesel::update(access::table)
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Breaker))
        .set((access::held.eq(None::<Hold>), access::held_until.eq(None::<Time>)))
        .into_boxed();
    let places = diesel::update(placements::table)
        .filter(placements::entity_id.eq_any(there.select(entities::id)))
        .filter(placements::held.eq(Hold::Breaker))
        .set((placements::held.eq(None::<Hold>), placements::held_until.eq(None::<Time>)))
        .into_boxed();
    let (roles, places) = match which {
        Which::Waiting => (
            roles.filter(access::held_until.is_not_null()),
            places.filter(placements::held_until.is_not_null()),
        ),
        Which::Kept => (
            roles.filter(access::held_until.is_null()),
            places.filter(placements::held_until.is_null()),
        ),
        Which::Over(now) => (
            roles.filter(access::held_until.le(now)),
            places.filter(placements::held_until.le(now)),
        ),
    };
    roles.execute(tx.db)?;
    places.execute(tx.db)?;
    Ok(())
}
