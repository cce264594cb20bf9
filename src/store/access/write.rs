//! What people have is written down, and told in the same transaction.

use super::alerts::{self, AlertKind};
use super::facts::{Conflict, Hold, Placed, Row};
use super::recompute::Delta;
use crate::access::person::{self, Source};
use crate::access::settle::{self, Collision};
use crate::error::Result;
use crate::store::db::listed;
use crate::store::prepared::written;
use crate::store::schema::{access, access_conflicts, entities, placements};
use crate::store::{
    ApplicationId, ConflictId, Db, EntityId, Json, MappingId, OrganizationId, Prepared, Time, Tx,
    UserId, events, on_backend,
};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many rows are written in one statement.
const ROWS: usize = 1_000;

/// Writes what differs; tells for how many people something changed.
pub(super) fn write(tx: &mut Tx, organization: &OrganizationId, deltas: &[Delta]) -> Result<usize> {
    if deltas.is_empty() {
        return Ok(0);
    }
    let told = described(tx.db, deltas)?;
    rows(tx, organization, deltas)?;
    places(tx, deltas)?;
    for delta in deltas.iter().filter(|it| it.held.is_none()) {
        conflicts(tx, organization, delta)?;
        tell(tx, organization, delta, &told)?;
    }
    let changed: HashSet<&UserId> =
        deltas.iter().filter(|it| it.held.is_none() && it.is_change()).map(|it| &it.user).collect();
    Ok(changed.len())
}

/// Roles, and what is held.
fn rows(tx: &mut Tx, organization: &OrganizationId, deltas: &[Delta]) -> Result<()> {
    let mut new = Vec::new();
    for delta in deltas {
        let (user, application) = (&delta.user, &delta.application.id);
        if let Some((hold, until)) = delta.held {
            let Some(row) = &delta.row else { continue };
            if row.held != Some(hold) || row.held_until.is_none() != until.is_none() {
                let held = (access::held.eq(hold), access::held_until.eq(until));
                diesel::update(access::table.find((user, application))).set(held).execute(tx.db)?;
            }
            continue;
        }
        let kept = delta.row.as_ref().filter(|_| delta.stays_held);
        let was_floor = delta.row.as_ref().is_some_and(|row| row.held == Some(Hold::Floor));
        if was_floor && kept.is_none() {
            alerts::over(tx, organization, AlertKind::LastOfHighestRole, user.as_str())?;
        }
        let (role, because) = match &delta.after.role {
            Some((role, source)) => (Some(role.clone()), Some(Json::from(source.clone()))),
            None => (None, None),
        };
        let row = Row {
            user_id: user.clone(),
            application_id: application.clone(),
            organization_id: organization.clone(),
            role,
            because,
            held: kept.and_then(|row| row.held),
            held_until: kept.and_then(|row| row.held_until),
            updated_at: tx.now,
        };
        let is_something = row.role.is_some() || !delta.after.places.is_empty();
        match (&delta.row, is_something) {
            (None, true) => new.push(row),
            (None, false) => {}
            (Some(_), true) => {
                let saved = Saved {
                    role: &row.role,
                    because: &row.because,
                    held: &row.held,
                    until: row.held_until,
                    at: tx.now,
                    user,
                    application,
                };
                on_backend!(tx.db, conn => saved.execute(conn))?;
            }
            (Some(_), false) => {
                diesel::delete(access::table.find((user, application))).execute(tx.db)?;
            }
        }
    }
    if let [row] = &*new {
        on_backend!(tx.db, conn => NewRow(row).execute(conn))?;
        return Ok(());
    }
    for some in new.chunks(ROWS) {
        let insert = diesel::insert_into(access::table).values(some.to_vec());
        on_backend!(tx.db, conn => insert.execute(conn))?;
    }
    Ok(())
}

written! {
    insert NewRow: Row, into access {
        user_id, application_id, organization_id, role, because, held, held_until, updated_at,
    }
}

written! {
    Saved {
        "UPDATE access SET role = " role: &'a Option<String> as access::role,
        ", because = " because: &'a Option<Json<Source>> as access::because,
        ", held = " held: &'a Option<Hold> as access::held,
        ", held_until = " until: Option<Time> as access::held_until,
        ", updated_at = " at: Time as access::updated_at,
        " WHERE user_id = " user: &'a UserId as access::user_id,
        " AND application_id = " application: &'a ApplicationId as access::application_id,
    }
}

/// Places: those that are gone and those that are new.
fn places(tx: &mut Tx, deltas: &[Delta]) -> Result<()> {
    let mut gone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut new = Vec::new();
    for delta in deltas.iter().filter(|it| it.held.is_none()) {
        let now: HashMap<&str, &person::Place> =
            delta.after.places.iter().map(|place| (place.entity.as_str(), place)).collect();
        let is_same = |mapping: Option<&MappingId>, place: &person::Place| {
            mapping.map(MappingId::as_str) == place.mapping.as_deref()
        };
        let kept: HashSet<&str> = delta
            .spots
            .iter()
            .filter(|(entity, mapping, _)| {
                now.get(entity.as_str()).is_some_and(|place| is_same(mapping.as_ref(), place))
            })
            .map(|(entity, ..)| entity.as_str())
            .collect();
        for (entity, ..) in
            delta.spots.iter().filter(|(entity, ..)| !kept.contains(entity.as_str()))
        {
            gone.entry(entity.as_str()).or_default().push(delta.user.as_str());
        }
        for place in delta.after.places.iter().filter(|it| !kept.contains(it.entity.as_str())) {
            new.push(Placed {
                user_id: delta.user.clone(),
                entity_id: place.entity.parse()?,
                application_id: delta.application.id.clone(),
                mapping_id: place.mapping.as_deref().map(str::parse).transpose()?,
                since: tx.now,
            });
        }
    }
    let delete = format!(
        "DELETE FROM placements WHERE entity_id = $1 AND user_id IN ({})",
        listed(tx.db, 2)
    );
    for (entity, people) in gone {
        diesel::sql_query(&delete)
            .bind::<Text, _>(entity)
            .bind::<Text, _>(json!(people).to_string())
            .execute(tx.db)?;
    }
    if let [place] = &*new {
        on_backend!(tx.db, conn => NewPlace(place).execute(conn))?;
        return Ok(());
    }
    for some in new.chunks(ROWS) {
        let insert = diesel::insert_into(placements::table).values(some.to_vec());
        on_backend!(tx.db, conn => insert.execute(conn))?;
    }
    Ok(())
}

written! {
    insert NewPlace: Placed, into placements { user_id, entity_id, application_id, mapping_id, since, }
}

/// Conflicts: those that are over and those that are new. What somebody decided stays.
fn conflicts(tx: &mut Tx, organization: &OrganizationId, delta: &Delta) -> Result<()> {
    let pair = |a: &str, b: &str| {
        let (first, second) = settle::pair(a, b);
        (first.to_owned(), second.to_owned())
    };
    let waiting: HashMap<(String, String), &person::Conflict> =
        delta.after.conflicts.iter().map(|it| (pair(&it.current, &it.incoming), it)).collect();
    let mut known = HashSet::new();
    for conflict in &delta.conflicts {
        let key = (conflict.first_id.to_string(), conflict.second_id.to_string());
        match waiting.get(&key) {
            Some(it) if it.current == conflict.current_id.as_str() => {}
            Some(it) => {
                let current: MappingId = it.current.parse()?;
                let row = diesel::update(access_conflicts::table.find(&conflict.id));
                row.set(access_conflicts::current_id.eq(current)).execute(tx.db)?;
            }
            None if conflict.winner_id.is_some() => {}
            None => {
                diesel::delete(access_conflicts::table.find(&conflict.id)).execute(tx.db)?;
                tell_conflict(tx, conflict, "access.conflict_closed")?;
            }
        }
        known.insert(key);
    }
    for ((first, second), it) in waiting.into_iter().filter(|(key, _)| !known.contains(key)) {
        let kind = match it.collision {
            Collision::Exclusive => "exclusive",
            Collision::Organization => "organization",
        };
        let conflict = Conflict {
            id: ConflictId::new(),
            organization_id: organization.clone(),
            application_id: delta.application.id.clone(),
            user_id: delta.user.clone(),
            kind: kind.to_owned(),
            first_id: first.parse()?,
            second_id: second.parse()?,
            current_id: it.current.parse()?,
            winner_id: None,
            decided_at: None,
            decided_by: None,
            created_at: tx.now,
        };
        diesel::insert_into(access_conflicts::table).values(&conflict).execute(tx.db)?;
        tell_conflict(tx, &conflict, "access.conflict_opened")?;
    }
    Ok(())
}

/// Tells of a conflict.
pub(super) fn tell_conflict(tx: &mut Tx, conflict: &Conflict, kind: &'static str) -> Result<()> {
    let data = json!({
        "application_id": conflict.application_id,
        "user_id": conflict.user_id,
        "kind": conflict.kind,
        "current": conflict.current_id,
        "incoming": conflict.incoming(),
        "winner": conflict.winner_id,
    });
    events::append(tx, Some(&conflict.organization_id), kind, conflict.id.as_str(), data)
}

/// Says who may do what now, and because of what.
fn tell(
    tx: &mut Tx,
    organization: &OrganizationId,
    delta: &Delta,
    told: &HashMap<EntityId, Value>,
) -> Result<()> {
    if !delta.is_change() {
        return Ok(());
    }
    let is_something = delta.after.role.is_some() || !delta.after.places.is_empty();
    let kind = match (delta.row.is_some(), is_something) {
        (false, _) => "access.granted",
        (true, true) => "access.changed",
        (true, false) => "access.revoked",
    };
    let entity = |id: &EntityId| told.get(id).cloned().unwrap_or_else(|| json!({ "id": id }));
    let mut entities = Vec::new();
    for place in &delta.after.places {
        let mut entity = entity(&place.entity.parse()?);
        if let Some(entity) = entity.as_object_mut() {
            entity.insert("mapping_id".to_owned(), json!(place.mapping));
        }
        entities.push(entity);
    }
    let before: Vec<Value> = delta.spots.iter().map(|(id, ..)| entity(id)).collect();
    let data = json!({
        "application_id": delta.application.id,
        "role": delta.new_role(),
        "entities": entities,
        "because": delta.after.role.as_ref().map(|(_, source)| source),
        "before": { "role": delta.role(), "entities": before },
    });
    events::append(tx, Some(organization), kind, delta.user.as_str(), data)
}

/// All entities that somebody comes to or leaves, as events tell them.
fn described(db: &mut Db, deltas: &[Delta]) -> Result<HashMap<EntityId, Value>> {
    let mut ids: HashSet<EntityId> = HashSet::new();
    for delta in deltas.iter().filter(|it| it.is_change()) {
        ids.extend(delta.spots.iter().map(|(entity, ..)| entity.clone()));
        for place in &delta.after.places {
            ids.insert(place.entity.parse()?);
        }
    }
    let mut told = HashMap::new();
    for some in ids.into_iter().collect::<Vec<_>>().chunks(ROWS) {
        let rows: Vec<super::entities::Entity> = match some {
            [one] => {
                let query = entities::table.find(one).select(entities::all_columns);
                on_backend!(db, conn => Prepared(query).load(conn))?
            }
            many => entities::table.filter(entities::id.eq_any(many.to_vec())).load(db)?,
        };
        for row in rows {
            let value = json!({
                "id": row.id,
                "type": row.kind,
                "key": row.key,
                "name": row.name,
                "external_id": row.external_id,
            });
            told.insert(row.id, value);
        }
    }
    Ok(told)
}
