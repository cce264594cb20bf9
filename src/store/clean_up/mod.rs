//! Takes away what is over: what nobody can use any more, and what is kept no longer.

#[cfg(test)]
mod tests;

use super::access::{self, previews, rule_sets};
use super::db;
use super::directories::{self, Due};
use super::events::{chain, feed};
use super::idempotency::KEPT;
use super::ids::first_id;
use super::members::second_step;
use super::organizations::RESTORABLE;
use super::schema::{
    applications, connections, directory_users, grants, idempotency, logouts, member_arrivals,
    member_ceremonies, member_links, member_sessions, organizations, replays, scim_requests,
    sessions, setup_links, tokens, traces, webhook_deliveries,
};
use super::setup_links::Kind;
use super::traces::Outcome;
use super::{
    ConnectionId, DeliveryId, GrantId, LogoutId, OrganizationId, ScimRequestId, SessionId,
    SetupLinkId, TraceId, Tx, mails,
};
use crate::error::Result;
use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

/// Rows that one transaction takes at most where there can be many, so that nobody waits long for it.
pub const BATCH: usize = 1000;
const LIMIT: i64 = 1000;
/// How long ended sessions and grants stay, so that the reuse of a code or token is still told from nonsense.
const ENDED: TimeDelta = TimeDelta::days(1);
/// How long after the end of its time a sign-in counts as abandoned: 15 minutes after it began.
const GIVEN_UP: TimeDelta = TimeDelta::minutes(5);
/// How long a directory's test users and test groups stay.
const TESTED: TimeDelta = TimeDelta::hours(1);

/// How long records are kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Sign-in traces.
    pub traces: TimeDelta,
    /// Events, and sets of rules that were applied.
    pub events: TimeDelta,
    /// Requests of directories.
    pub requests: TimeDelta,
    /// People and groups that a directory removed.
    pub removed: TimeDelta,
}

/// One kind of cleaning: takes rows and tells how many; [`BATCH`] or more means that there may be others. Doing it again is harmless, also for another
/// instance at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Codes' and tokens' rows past their time.
    Tokens,
    /// Grants of which nothing can come any more.
    Grants,
    /// Sessions that are over and that no grant goes back to.
    Sessions,
    /// Sign-outs that went on at a provider, past their time.
    Logouts,
    /// Marks of assertions that are too old to be accepted anyway.
    Replays,
    /// Sign-ins that nobody came back from become abandoned.
    Abandoned,
    /// Traces past their retention.
    Traces,
    /// Events past their retention.
    Events,
    /// Deliveries of events that the stream does not keep any more.
    Deliveries,
    /// Kept answers past their time.
    Answers,
    /// Deleted applications that cannot be restored any more.
    Applications,
    /// Requests of directories past their retention.
    ScimRequests,
    /// Of members: sessions whose time is over, links that nobody used, sign-ins that stopped before the second step,
    /// questions for passkeys that nobody answered, and keys for apps of which no code came.
    Members,
    /// Mails that are kept no longer, and what is secret in those whose link or code has ended.
    Mails,
    /// Visits in the portal that are over, and setup links as long after their end as traces are kept.
    SetupLinks,
    /// Previews of rules and mappings that are older than a day.
    Previews,
    /// Sets of rules as old as events are kept, but the newest of each organization.
    RuleSets,
    /// What directories made only to test the connection.
    DirectoryTests,
    /// People and groups that a directory removed, past their retention.
    Removed,
    /// People whom a directory removed, past the days that its connection has for that.
    Ruled,
    /// People of deleted connections that cannot be restored any more: they are no directory's.
    Directories,
    /// Deleted connections that cannot be restored any more, with all that hangs on them.
    Connections,
    /// Deleted organizations that cannot be restored any more, with all that hangs on them.
    Organizations,
}

impl Task {
    /// Every kind, in an order in which one makes room for the next.
    pub const ALL: &'static [Self] = &[
        Self::Tokens,
        Self::Grants,
        Self::Logouts,
        Self::Sessions,
        Self::Replays,
        Self::Abandoned,
        Self::Traces,
        Self::Events,
        Self::Deliveries,
        Self::Answers,
        Self::Applications,
        Self::ScimRequests,
        Self::Members,
        Self::Mails,
        Self::SetupLinks,
        Self::Previews,
        Self::RuleSets,
        Self::DirectoryTests,
        Self::Removed,
        Self::Ruled,
        Self::Directories,
        Self::Connections,
        Self::Organizations,
    ];

    /// What it is called in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Grants => "grants",
            Self::Sessions => "sessions",
            Self::Logouts => "logouts",
            Self::Replays => "replays",
            Self::Abandoned => "abandoned",
            Self::Traces => "traces",
            Self::Events => "events",
            Self::Deliveries => "deliveries",
            Self::Answers => "answers",
            Self::Applications => "applications",
            Self::ScimRequests => "scim_requests",
            Self::Members => "members",
            Self::Mails => "mails",
            Self::SetupLinks => "setup_links",
            Self::Previews => "previews",
            Self::RuleSets => "rule_sets",
            Self::DirectoryTests => "directory_tests",
            Self::Removed => "removed",
            Self::Ruled => "ruled",
            Self::Directories => "directories",
            Self::Connections => "connections",
            Self::Organizations => "organizations",
        }
    }

    /// Whether one run takes what is due at one connection alone, so that only a run which took nothing is the last.
    #[must_use]
    pub const fn is_by_connection(self) -> bool {
        matches!(
            self,
            Self::DirectoryTests
                | Self::Removed
                | Self::Ruled
                | Self::Directories
                | Self::Connections
        )
    }

    /// Does it once.
    pub fn run(self, tx: &mut Tx, retention: Retention) -> Result<usize> {
        match self {
            Self::Tokens => expired_tokens(tx),
            Self::Grants => dead_grants(tx),
            Self::Sessions => dead_sessions(tx),
            Self::Logouts => old_logouts(tx),
            Self::Replays => old_replays(tx),
            Self::Abandoned => abandon(tx),
            Self::Traces => old_traces(tx, retention.traces),
            Self::Events => chain::take_away(tx, retention.events),
            Self::Deliveries => old_deliveries(tx),
            Self::Answers => old_answers(tx),
            Self::Applications => deleted_applications(tx),
            Self::ScimRequests => old_requests(tx, retention.requests),
            Self::Members => old_of_members(tx),
            Self::Mails => mails::clean_up(tx, LIMIT),
            Self::SetupLinks => old_setup_links(tx, retention.traces),
            Self::Previews => previews::over(tx, LIMIT),
            Self::RuleSets => rule_sets::over(tx, tx.now.minus(retention.events), LIMIT),
            Self::DirectoryTests => directories::over(tx, Due::Tests(tx.now.minus(TESTED)), LIMIT),
            Self::Removed => {
                directories::over(tx, Due::Removed(tx.now.minus(retention.removed)), LIMIT)
            }
            Self::Ruled => directories::over(tx, Due::Ruled(tx.now), LIMIT),
            Self::Directories => {
                directories::over(tx, Due::Directories(tx.now.minus(RESTORABLE)), LIMIT)
            }
            Self::Connections => deleted_connection(tx),
            Self::Organizations => deleted_organizations(tx),
        }
    }
}

fn expired_tokens(tx: &mut Tx) -> Result<usize> {
    let own = super::applications::expired_tokens(tx, LIMIT)?;
    let over: Vec<String> = tokens::table
        .filter(tokens::expires_at.le(tx.now))
        .select(tokens::hash)
        .limit(LIMIT)
        .load(tx.db)?;
    Ok(own + diesel::delete(tokens::table.filter(tokens::hash.eq_any(over))).execute(tx.db)?)
}

fn dead_grants(tx: &mut Tx) -> Result<usize> {
    let in_use = exists(tokens::table.filter(tokens::grant_id.eq(grants::id)));
    let session = sessions::table.filter(sessions::id.eq(grants::session_id));
    let told = exists(
        session.filter(sessions::ended_at.is_null()).filter(sessions::expires_at.gt(tx.now)),
    );
    // Without refresh tokens a grant ends with its code and its access token. While its session goes on it
    // tells whom to tell of the end.
    let spent = grants::offline
        .eq(false)
        .and(grants::code_expires_at.le(tx.now.minus(ENDED)))
        .and(not(in_use))
        .and(not(told));
    let ended = grants::ended_at.assume_not_null().le(tx.now.minus(ENDED));
    let over: Vec<GrantId> = grants::table
        .filter(grants::expires_at.le(tx.now).or(ended).or(spent))
        .select(grants::id)
        .limit(LIMIT)
        .load(tx.db)?;
    Ok(diesel::delete(grants::table.filter(grants::id.eq_any(over))).execute(tx.db)?)
}

fn dead_sessions(tx: &mut Tx) -> Result<usize> {
    // A grant with refresh tokens outlives its session, and would go with its row.
    let in_use = exists(grants::table.filter(grants::session_id.eq(sessions::id)));
    let ended = sessions::ended_at.assume_not_null().le(tx.now.minus(ENDED));
    let over: Vec<SessionId> = sessions::table
        .filter(sessions::expires_at.le(tx.now).or(ended))
        .filter(not(in_use))
        .select(sessions::id)
        .limit(LIMIT)
        .load(tx.db)?;
    Ok(diesel::delete(sessions::table.filter(sessions::id.eq_any(over))).execute(tx.db)?)
}

fn old_logouts(tx: &mut Tx) -> Result<usize> {
    let over: Vec<LogoutId> = logouts::table
        .filter(logouts::expires_at.le(tx.now))
        .select(logouts::id)
        .limit(LIMIT)
        .load(tx.db)?;
    Ok(diesel::delete(logouts::table.filter(logouts::id.eq_any(over))).execute(tx.db)?)
}

fn old_replays(tx: &mut Tx) -> Result<usize> {
    // Assertion IDs are a provider's choice, so two connections may have the same: the time decides alone.
    let over = replays::expires_at.le(tx.now);
    Ok(diesel::delete(replays::table.filter(over)).execute(tx.db)?)
}

fn abandon(tx: &mut Tx) -> Result<usize> {
    let over: Vec<TraceId> = traces::table
        .filter(traces::finished_at.is_null())
        .filter(traces::outcome.eq(Outcome::InProgress))
        .filter(traces::expires_at.le(tx.now.minus(GIVEN_UP)))
        .select(traces::id)
        .limit(LIMIT)
        .load(tx.db)?;
    let abandoned = diesel::update(traces::table)
        .filter(traces::id.eq_any(over))
        .filter(traces::outcome.eq(Outcome::InProgress))
        .set((traces::outcome.eq(Outcome::Abandoned), traces::finished_at.eq(Some(tx.now))))
        .execute(tx.db)?;
    Ok(abandoned)
}

/// By ID, which has the time in it and an index already.
fn old_traces(tx: &mut Tx, kept: TimeDelta) -> Result<usize> {
    let bound = first_id(TraceId::PREFIX, tx.now.minus(kept));
    let over: Vec<TraceId> =
        traces::table.filter(traces::id.lt(bound)).select(traces::id).limit(LIMIT).load(tx.db)?;
    Ok(diesel::delete(traces::table.filter(traces::id.eq_any(over))).execute(tx.db)?)
}

fn old_deliveries(tx: &mut Tx) -> Result<usize> {
    let bound = first_id(DeliveryId::PREFIX, tx.now.minus(feed::KEPT));
    let over: Vec<DeliveryId> = webhook_deliveries::table
        .filter(webhook_deliveries::id.lt(bound))
        .select(webhook_deliveries::id)
        .limit(LIMIT)
        .load(tx.db)?;
    Ok(diesel::delete(webhook_deliveries::table.filter(webhook_deliveries::id.eq_any(over)))
        .execute(tx.db)?)
}

fn old_requests(tx: &mut Tx, kept: TimeDelta) -> Result<usize> {
    let bound = first_id(ScimRequestId::PREFIX, tx.now.minus(kept));
    let over: Vec<ScimRequestId> = scim_requests::table
        .filter(scim_requests::id.lt(bound))
        .select(scim_requests::id)
        .limit(LIMIT)
        .load(tx.db)?;
    Ok(diesel::delete(scim_requests::table.filter(scim_requests::id.eq_any(over)))
        .execute(tx.db)?)
}

fn old_setup_links(tx: &mut Tx, kept: TimeDelta) -> Result<usize> {
    let visit =
        setup_links::kind.eq(Kind::Session).and(setup_links::expires_at.le(tx.now.minus(ENDED)));
    let link = setup_links::expires_at.le(tx.now.minus(kept));
    let over: Vec<SetupLinkId> = setup_links::table
        .filter(visit.or(link))
        .select(setup_links::id)
        .limit(LIMIT)
        .load(tx.db)?;
    Ok(diesel::delete(setup_links::table.filter(setup_links::id.eq_any(over))).execute(tx.db)?)
}

fn old_of_members(tx: &mut Tx) -> Result<usize> {
    let over = member_sessions::expires_at.le(tx.now);
    let sessions = diesel::delete(member_sessions::table.filter(over)).execute(tx.db)?;
    let over = member_links::expires_at.le(tx.now);
    let links = diesel::delete(member_links::table.filter(over)).execute(tx.db)?;
    let over = member_arrivals::expires_at.le(tx.now);
    let arrivals = diesel::delete(member_arrivals::table.filter(over)).execute(tx.db)?;
    let over = member_ceremonies::expires_at.le(tx.now);
    let asked = diesel::delete(member_ceremonies::table.filter(over)).execute(tx.db)?;
    let proposed = second_step::forget_proposals(tx)?;
    Ok(sessions + links + arrivals + asked + proposed)
}

fn old_answers(tx: &mut Tx) -> Result<usize> {
    let over = idempotency::created_at.le(tx.now.minus(KEPT));
    Ok(diesel::delete(idempotency::table.filter(over)).execute(tx.db)?)
}

fn deleted_applications(tx: &mut Tx) -> Result<usize> {
    let over = applications::deleted_at.le(tx.now.minus(RESTORABLE));
    Ok(diesel::delete(applications::table.filter(over)).execute(tx.db)?)
}

fn deleted_connection(tx: &mut Tx) -> Result<usize> {
    let until = tx.now.minus(RESTORABLE);
    // Whom its directory keeps goes first, in short transactions.
    let kept =
        exists(directory_users::table.filter(directory_users::connection_id.eq(connections::id)));
    let over = || connections::table.filter(connections::deleted_at.le(until));
    let due: Option<(ConnectionId, OrganizationId)> = over()
        .filter(not(kept))
        .select((connections::id, connections::organization_id))
        .first(tx.db)
        .optional()?;
    let Some((connection, organization)) = due else { return Ok(0) };
    // What is decided about its groups at the same time comes before or after.
    db::lock(tx.db, &organization)?;
    access::directory_forgotten(tx, &organization, &connection)?;
    Ok(diesel::delete(over().filter(connections::id.eq(&connection))).execute(tx.db)?)
}

fn deleted_organizations(tx: &mut Tx) -> Result<usize> {
    let over = organizations::deleted_at.le(tx.now.minus(RESTORABLE));
    Ok(diesel::delete(organizations::table.filter(over)).execute(tx.db)?)
}
