//! What happened: the table that the audit log shows and that catches apps up.

pub mod chain;
pub mod feed;
pub mod kinds;
pub mod numbering;

use self::kinds::Kinds;
use super::db::or_not_found;
use super::ids::first_id;
use super::prepared::written;
use super::schema::events;
use super::{Db, EventId, Json, OrganizationId, Page, Time, Tx, Window, on_backend, origin};
use crate::error::Result;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Every kind of event, as `noun.past_participle`. Stored as text, so that an older release can read a newer one's.
pub const KINDS: &[&str] = &[
    "access.alert",
    "access.alert_closed",
    "access.changed",
    "access.conflict_closed",
    "access.conflict_decided",
    "access.conflict_opened",
    "access.granted",
    "access.kept",
    "access.revoked",
    "api_key.created",
    "api_key.revoked",
    "api_key.rolled",
    "application.created",
    "application.deleted",
    "application.restored",
    "application.secret_created",
    "application.secret_revoked",
    "application.updated",
    "audit_log.trimmed",
    "break_glass_code.created",
    "break_glass_code.revoked",
    "break_glass_code.used",
    "connection.activated",
    "connection.alias_added",
    "connection.alias_removed",
    "connection.certificate_changed",
    "connection.certificate_expiring",
    "connection.created",
    "connection.deleted",
    "connection.disabled",
    "connection.failing",
    "connection.metadata_changed",
    "connection.metadata_held",
    "connection.metadata_recovered",
    "connection.metadata_unreachable",
    "connection.openid_changed",
    "connection.recovered",
    "connection.restored",
    "connection.tested",
    "connection.unlinked",
    "connection.updated",
    "console.provider_chosen",
    "console.provider_given_up",
    "database.restored",
    "directory.dialect_changed",
    "directory.removal_changed",
    "domain.added",
    "domain.lost",
    "domain.removed",
    "domain.restored",
    "domain.verified",
    "domain.vouched",
    "entity.created",
    "entity.deleted",
    "entity.updated",
    "exempt_owner.added",
    "exempt_owner.removed",
    "group.created",
    "group.member.added",
    "group.member.removed",
    "group.removed",
    "group.renamed",
    "group.restored",
    "group.updated",
    "logout.refused",
    "logout_notice.abandoned",
    "mail.failed",
    "mail.revealed",
    "mail.sent_again",
    "mail.test_sent",
    "mapping.changed",
    "mapping.created",
    "mapping_rules.applied",
    "member.created",
    "member.link.created",
    "member.passkey.added",
    "member.passkey.copied",
    "member.passkey.removed",
    "member.password_reset",
    "member.password_set",
    "member.recovery_code.used",
    "member.recovery_codes.renewed",
    "member.removed",
    "member.role_changed",
    "member.second_step.acknowledged",
    "member.second_step.added",
    "member.second_step.refused",
    "member.second_step.removed",
    "member.signed_in",
    "member.signed_out",
    "organization.created",
    "organization.deleted",
    "organization.enforcement_changed",
    "organization.provisioning_changed",
    "organization.restored",
    "organization.updated",
    "portal_session.created",
    "portal_session.opened",
    "portal_session.revoked",
    "scim.token.created",
    "scim.token.retired",
    "scim.token.revoked",
    "session.ended",
    "settings.changed",
    "setup_link.another_wanted",
    "setup_link.code_refused",
    "setup_link.code_sent",
    "setup_link.completed",
    "setup_link.created",
    "setup_link.help_wanted",
    "setup_link.opened",
    "setup_link.renewed",
    "setup_link.resumed",
    "setup_link.revoked",
    "sign_in.failed",
    "sign_in.succeeded",
    "signing_key.changed",
    "signing_key.created",
    "signing_key.deleted",
    "trace.purged",
    "trace.revealed",
    "user.created",
    "user.deprovisioned",
    "user.erased",
    "user.linked",
    "user.restored",
    "user.suspended",
    "user.unlinked",
    "user.updated",
    "webhook_delivery.abandoned",
    "webhook_endpoint.created",
    "webhook_endpoint.deleted",
    "webhook_endpoint.disabled",
    "webhook_endpoint.enabled",
    "webhook_endpoint.secret_rotated",
    "webhook_endpoint.updated",
];

/// How many rows are written in one statement.
const ROWS: usize = 1_000;

/// Something that happened. Nothing in it tells who a person is: an erased person's events may stay.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
pub struct Event {
    /// Its ID, by which events are in the order of time.
    pub id: EventId,
    /// Whom it concerns; none: the installation as a whole.
    pub organization_id: Option<OrganizationId>,
    /// One of [`KINDS`].
    pub kind: String,
    /// Who did it, as [`super::Actor`] writes it.
    pub actor: String,
    /// ID of the thing it happened to.
    pub subject_id: String,
    /// What else is worth knowing, by kind.
    pub data: Json<Value>,
    /// When.
    pub created_at: Time,
    /// Its place among all events; none yet: see [`numbering`].
    pub position: Option<i64>,
    /// Its number among its organization's events, from 1 and without gaps.
    pub sequence: Option<i64>,
    /// From which address it was asked for, where a program asked.
    pub origin: Option<String>,
    /// What was changed.
    pub change: Option<Json<Change>>,
    /// Its link in the [`chain`]; none: it has no place yet, or is older than the chain.
    pub hash: Option<String>,
}

/// The fields that a change made different, with their values. Never of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What they were.
    pub before: Map<String, Value>,
    /// What they are.
    pub after: Map<String, Value>,
}

/// Which events are wanted; none of the fields: all of them.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of these kinds.
    pub kinds: Kinds,
    /// Done by this one, as [`super::Actor`] writes it.
    pub actor: Option<String>,
    /// From this time on.
    pub since: Option<Time>,
    /// Before this time.
    pub until: Option<Time>,
    /// About the thing with this ID.
    pub subject: Option<String>,
}

/// Finds an event.
pub fn find(db: &mut Db, id: &EventId) -> Result<Event> {
    or_not_found(events::table.find(id).first(db), "event", id)
}

/// By whom things were made of which an event of this kind tells: their IDs, and who it was.
pub fn makers(db: &mut Db, kind: &str, subjects: &[String]) -> Result<HashMap<String, String>> {
    let rows: Vec<(String, String)> = events::table
        .filter(events::subject_id.eq_any(subjects))
        .filter(events::kind.concat("").eq(kind))
        .select((events::subject_id, events::actor))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// A page of events, newest first. Of several kinds each is looked for by itself, in the index that has it in the order of time.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Event>> {
    let mut found = Vec::new();
    match filter.kinds.chosen() {
        Some(kinds) => {
            for kind in kinds {
                found.extend(newest(db, window, filter, Some(kind))?);
            }
            found.sort_unstable_by(|one, other| other.id.cmp(&one.id));
        }
        None => found = newest(db, window, filter, None)?,
    }
    Ok(Page::of(found, window, |event: &Event| event.id.to_string()))
}

/// The newest events of a kind, or of all kinds: one more than a page has.
fn newest(db: &mut Db, window: &Window, filter: &Filter, kind: Option<&str>) -> Result<Vec<Event>> {
    let mut query =
        events::table.order(events::id.desc()).limit(window.limit.saturating_add(1)).into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(events::id.lt(before));
    }
    if let Some(organization) = &filter.organization {
        query = query.filter(events::organization_id.eq(organization));
    }
    // A kind is of very many, what somebody did or what happened to one thing is not: they are looked for, and their kinds asked.
    let is_narrow = filter.actor.is_some() || filter.subject.is_some();
    for kind in kind.into_iter().chain(filter.kind.as_deref()) {
        query = if is_narrow {
            query.filter(events::kind.concat("").eq(kind))
        } else {
            query.filter(events::kind.eq(kind))
        };
    }
    if let Some(subject) = &filter.subject {
        query = query.filter(events::subject_id.eq(subject));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(events::actor.eq(actor));
    }
    if let Some(since) = filter.since {
        query = query.filter(events::id.ge(first_id(EventId::PREFIX, since)));
    }
    if let Some(until) = filter.until {
        query = query.filter(events::id.lt(first_id(EventId::PREFIX, until)));
    }
    Ok(query.load(db)?)
}

written! {
    insert Appended: Event, into events {
        id, organization_id, kind, actor, subject_id, data, created_at, position, sequence, origin, change, hash,
    }
}

/// Writes down what the transaction does, so that it is known if and only if it is done.
pub fn append(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    kind: &'static str,
    subject_id: &str,
    data: Value,
) -> Result<()> {
    write(tx, organization, kind, subject_id, data, None)
}

/// The same for a change of what is no person, with what was before and what is after it: each an object of fields, of
/// which those that differ are kept for the audit log.
pub fn append_change(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    kind: &'static str,
    subject_id: &str,
    data: Value,
    (before, after): (&Value, &Value),
) -> Result<()> {
    let change = chain::change(before, after);
    write(tx, organization, kind, subject_id, data, Some(change))
}

/// The same for many things at once, each with its kind and its data, in the order in which they are given.
pub(super) fn append_all(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    all: Vec<(&'static str, String, Value)>,
) -> Result<()> {
    let mut events = Vec::with_capacity(all.len());
    for (kind, subject_id, data) in all {
        events.push(event(tx, organization, kind, &subject_id, data, None));
    }
    tx.tells |= !events.is_empty();
    if let [event] = &*events {
        on_backend!(tx.db, conn => Appended(event).execute(conn))?;
        return Ok(());
    }
    for some in events.chunks(ROWS) {
        let insert = diesel::insert_into(events::table).values(some.to_vec());
        on_backend!(tx.db, conn => insert.execute(conn))?;
    }
    Ok(())
}

fn write(
    tx: &mut Tx,
    organization: Option<&OrganizationId>,
    kind: &'static str,
    subject_id: &str,
    data: Value,
    change: Option<Change>,
) -> Result<()> {
    let event = event(tx, organization, kind, subject_id, data, change);
    on_backend!(tx.db, conn => Appended(&event).execute(conn))?;
    tx.tells = true;
    Ok(())
}

fn event(
    tx: &Tx,
    organization: Option<&OrganizationId>,
    kind: &'static str,
    subject_id: &str,
    data: Value,
    change: Option<Change>,
) -> Event {
    debug_assert!(KINDS.contains(&kind), "{kind} is missing in KINDS");
    Event {
        id: EventId::new(),
        organization_id: organization.cloned(),
        kind: kind.to_owned(),
        actor: tx.actor.to_string(),
        subject_id: subject_id.to_owned(),
        data: Json::from(data),
        created_at: tx.now,
        position: None,
        sequence: None,
        origin: origin::of(tx.actor),
        change: change.map(Json::from),
        hash: None,
    }
}

#[cfg(test)]
mod tests;
