//! What people have is written down, and told in the same transaction.

use super::alerts::{self, AlertKind};
use super::because::{Because, Sources};
use super::delta::{Delta, Spot};
use super::explain::Reason;
use super::kept::{Conflict, Hold, Mark, Placed, Row};
use super::lost::{self, Losses};
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
use diesel::sql_types::{Nullable, Text, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many rows are written in one statement.
const ROWS: usize = 1_000;

/// Writes what differs; tells for how many people something changed.
pub(super) fn write(tx: &mut Tx, organization: &OrganizationId, deltas: &[Delta]) -> Result<usize> {
    if deltas.is_empty() {
        return Ok(0);
    }
    let told = Tellable::of(tx.db, organization, deltas)?;
    rows(tx, organization, deltas)?;
    relieve(tx, organization, deltas)?;
    places(tx, deltas)?;
    conflicts(tx, organization, deltas)?;
    let changes = deltas.iter().filter(|it| it.is_change());
    let people: HashSet<&UserId> = changes.clone().map(|it| &it.user).collect();
    let losses = Losses::of(tx.db, &told.because, changes.clone())?;
    let changes: Vec<_> = changes.map(|it| change(it, &told, &losses)).collect::<Result<_>>()?;
    events::append_all(tx, Some(organization), changes)?;
    Ok(people.len())
}

/// What a row says of somebody's role in an application: whose it may be of many people at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kept<'a> {
    application: &'a ApplicationId,
    role: Option<&'a (String, Source)>,
    /// It is only on record.
    is_record: bool,
    mark: Option<Mark>,
}

/// The columns `role` and `kept_role`.
fn columns(role: Option<String>, is_record: bool) -> (Option<String>, Option<String>) {
    if is_record { (None, role) } else { (role, None) }
}

/// Roles, and which are held.
fn rows(tx: &mut Tx, organization: &OrganizationId, deltas: &[Delta]) -> Result<()> {
    let (mut new, mut gone) = (Vec::new(), BTreeMap::<&ApplicationId, Vec<&UserId>>::new());
    let mut others = HashMap::<Kept, Vec<&UserId>>::new();
    for delta in deltas {
        let (user, application) = (&delta.user, &delta.application.id);
        let (role, mark, is_record) = (delta.kept_role(), delta.held_role, delta.record.is_some());
        match (&delta.row, is_record || delta.has_something()) {
            (None, true) => {
                let (role, because) = role.cloned().unzip();
                let (role, kept_role) = columns(role, is_record);
                new.push(Row {
                    user_id: user.clone(),
                    application_id: application.clone(),
                    organization_id: organization.clone(),
                    role,
                    because: because.map(Json::from),
                    held: mark.map(|mark| mark.hold),
                    held_until: mark.and_then(|mark| mark.until),
                    updated_at: tx.now,
                    kept_role,
                });
            }
            (None, false) => {}
            (Some(_), true) => {
                let is = Kept { application, role, is_record, mark };
                others.entry(is).or_default().push(user);
            }
            (Some(_), false) => gone.entry(application).or_default().push(user),
        }
    }
    for (application, people) in gone {
        for some in people.chunks(ROWS) {
            let theirs = access::table
                .filter(access::application_id.eq(application))
                .filter(access::user_id.eq_any(some.iter().copied()));
            diesel::delete(theirs).execute(tx.db)?;
        }
    }
    for (role, people) in others {
        save(tx, role, &people)?;
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

/// Writes one role into the rows of these people.
fn save(tx: &mut Tx, is: Kept, people: &[&UserId]) -> Result<()> {
    let Kept { application, role, is_record, mark } = is;
    let (role, because) = role.cloned().unzip();
    let (role, kept) = columns(role, is_record);
    let because = because.map(Json::from);
    let (held, until) = (mark.map(|mark| mark.hold), mark.and_then(|mark| mark.until));
    let at = tx.now;
    if let [user] = people {
        let (role, because, held, kept) = (&role, &because, &held, &kept);
        let saved = Saved { role, because, held, until, at, kept, user, application };
        on_backend!(tx.db, conn => saved.execute(conn))?;
        return Ok(());
    }
    for some in people.chunks(ROWS) {
        let theirs = access::table
            .filter(access::application_id.eq(application))
            .filter(access::user_id.eq_any(some.iter().copied()));
        diesel::update(theirs)
            .set((
                access::role.eq(&role),
                access::because.eq(&because),
                access::held.eq(held),
                access::held_until.eq(until),
                access::updated_at.eq(at),
                access::kept_role.eq(&kept),
            ))
            .execute(tx.db)?;
    }
    Ok(())
}

/// The alerts of those are over who are kept in the highest role of no application any more.
fn relieve(tx: &mut Tx, organization: &OrganizationId, deltas: &[Delta]) -> Result<()> {
    let is_floor = |mark: Option<Mark>| mark.is_some_and(|mark| mark.hold == Hold::Floor);
    let relieved = deltas.iter().filter(|it| is_floor(it.mark()) && !is_floor(it.held_role));
    let mut relieved: Vec<&str> = relieved.map(|it| it.user.as_str()).collect();
    if relieved.is_empty() {
        return Ok(());
    }
    let still = access::table
        .filter(access::organization_id.eq(organization))
        .filter(access::held.eq(Hold::Floor))
        .select(access::user_id);
    let still: Vec<UserId> = still.load(tx.db)?;
    relieved.retain(|user| !still.iter().any(|it| it.as_str() == *user));
    alerts::over(tx, organization, AlertKind::LastOfHighestRole, &relieved)
}

written! {
    insert NewRow: Row, into access {
        user_id, application_id, organization_id, role, because, held, held_until, updated_at, kept_role,
    }
}

written! {
    Saved {
        "UPDATE access SET role = " role: &'a Option<String> as access::role,
        ", because = " because: &'a Option<Json<Source>> as access::because,
        ", held = " held: &'a Option<Hold> as access::held,
        ", held_until = " until: Option<Time> as access::held_until,
        ", updated_at = " at: Time as access::updated_at,
        ", kept_role = " kept: &'a Option<String> as access::kept_role,
        " WHERE user_id = " user: &'a UserId as access::user_id,
        " AND application_id = " application: &'a ApplicationId as access::application_id,
    }
}

/// Places: those that are gone, those that are new, and those that are held now or are held no more.
fn places(tx: &mut Tx, deltas: &[Delta]) -> Result<()> {
    let mut gone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut marked: HashMap<(&str, Option<Mark>), Vec<&str>> = HashMap::new();
    let mut new = Vec::new();
    for delta in deltas {
        let now: HashMap<&str, &person::Place> =
            delta.after.places.iter().map(|place| (place.entity.as_str(), place)).collect();
        let is_kept = |spot: &&Spot| {
            let mapping = spot.mapping.as_ref().map(MappingId::as_str);
            let there = now.get(spot.entity.as_str());
            there.is_some_and(|place| mapping == place.mapping.as_deref())
        };
        let (kept, lost): (Vec<&Spot>, Vec<&Spot>) = delta.spots.iter().partition(is_kept);
        for spot in lost {
            gone.entry(spot.entity.as_str()).or_default().push(delta.user.as_str());
        }
        let mark = |entity: &str| delta.held_places.get(entity).copied();
        for spot in &kept {
            let mark = mark(spot.entity.as_str());
            if mark != spot.mark {
                let them = marked.entry((spot.entity.as_str(), mark)).or_default();
                them.push(delta.user.as_str());
            }
        }
        let kept: HashSet<&str> = kept.iter().map(|spot| spot.entity.as_str()).collect();
        for place in delta.after.places.iter().filter(|it| !kept.contains(it.entity.as_str())) {
            let mark = mark(&place.entity);
            new.push(Placed {
                user_id: delta.user.clone(),
                entity_id: place.entity.parse()?,
                application_id: delta.application.id.clone(),
                mapping_id: place.mapping.as_deref().map(str::parse).transpose()?,
                since: tx.now,
                held: mark.map(|mark| mark.hold),
                held_until: mark.and_then(|mark| mark.until),
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
    let mark = format!(
        "UPDATE placements SET held = $1, held_until = $2 WHERE entity_id = $3 AND user_id IN ({})",
        listed(tx.db, 4)
    );
    for ((entity, to), people) in marked {
        diesel::sql_query(&mark)
            .bind::<Nullable<Text>, _>(to.map(|mark| mark.hold))
            .bind::<Nullable<Timestamp>, _>(to.and_then(|mark| mark.until))
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
    insert NewPlace: Placed, into placements {
        user_id, entity_id, application_id, mapping_id, since, held, held_until,
    }
}

/// Conflicts: those that are over, those that have turned round, and those that are new. What somebody decided stays.
fn conflicts(tx: &mut Tx, organization: &OrganizationId, deltas: &[Delta]) -> Result<()> {
    let (mut over, mut turned, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for delta in deltas {
        let mut waiting: BTreeMap<(&str, &str), &person::Conflict> = BTreeMap::new();
        for it in &delta.after.conflicts {
            waiting.insert(settle::pair(&it.current, &it.incoming), it);
        }
        for conflict in &delta.conflicts {
            match waiting.remove(&(conflict.first_id.as_str(), conflict.second_id.as_str())) {
                Some(it) if it.current == conflict.current_id.as_str() => {}
                Some(_) => turned.push(&conflict.id),
                None if conflict.winner_id.is_some() => {}
                None => over.push(conflict),
            }
        }
        for ((first, second), it) in waiting {
            new.push(opened(tx.now, organization, delta, (first, second), it)?);
        }
    }
    for some in over.chunks(ROWS) {
        let ids = some.iter().map(|it| &it.id);
        diesel::delete(access_conflicts::table.filter(access_conflicts::id.eq_any(ids)))
            .execute(tx.db)?;
    }
    if !turned.is_empty() {
        // One of the two holds, so now it is the other one.
        let turn = format!(
            "UPDATE access_conflicts SET current_id = CASE WHEN current_id = first_id THEN second_id ELSE first_id END \
             WHERE id IN ({})",
            listed(tx.db, 1)
        );
        diesel::sql_query(turn).bind::<Text, _>(json!(turned).to_string()).execute(tx.db)?;
    }
    for some in new.chunks(ROWS) {
        let insert = diesel::insert_into(access_conflicts::table).values(some.to_vec());
        on_backend!(tx.db, conn => insert.execute(conn))?;
    }
    let over = over.into_iter().map(|it| of_conflict(it, "access.conflict_closed"));
    let new = new.iter().map(|it| of_conflict(it, "access.conflict_opened"));
    events::append_all(tx, Some(organization), over.chain(new).collect())
}

fn opened(
    now: Time,
    organization: &OrganizationId,
    delta: &Delta,
    (first, second): (&str, &str),
    it: &person::Conflict,
) -> Result<Conflict> {
    let kind = match it.collision {
        Collision::Exclusive => "exclusive",
        Collision::Organization => "organization",
    };
    Ok(Conflict {
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
        created_at: now,
    })
}

/// What an event tells: its kind, of what, and the data.
type Told = (&'static str, String, Value);

/// Tells of a conflict.
pub(super) fn tell_conflict(tx: &mut Tx, conflict: &Conflict, kind: &'static str) -> Result<()> {
    let told = vec![of_conflict(conflict, kind)];
    events::append_all(tx, Some(&conflict.organization_id), told)
}

fn of_conflict(conflict: &Conflict, kind: &'static str) -> Told {
    let data = json!({
        "application_id": conflict.application_id,
        "user_id": conflict.user_id,
        "kind": conflict.kind,
        "current": conflict.current_id,
        "incoming": conflict.incoming(),
        "winner": conflict.winner_id,
    });
    (kind, conflict.id.to_string(), data)
}

/// What events of access tell of places and reasons, read once for many people.
struct Tellable {
    entities: HashMap<EntityId, Value>,
    because: Because,
}

impl Tellable {
    fn of(db: &mut Db, organization: &OrganizationId, deltas: &[Delta]) -> Result<Self> {
        let mut sources = Sources::default();
        for delta in deltas.iter().filter(|it| it.is_change()) {
            if let Some((_, source)) = &delta.after.role {
                sources.role(source);
            }
            delta.after.places.iter().for_each(|it| sources.place(it.mapping.as_deref()));
            lost::sources(&mut sources, delta);
        }
        let because = Because::of(db, organization, sources)?;
        Ok(Self { entities: described(db, deltas)?, because })
    }
}

fn reason(it: &Reason) -> Value {
    json!({
        "text": it.words,
        "group_id": it.group_id,
        "mapping_id": it.mapping_id,
        "rule_id": it.rule_id,
    })
}

/// Says who may do what now, and because of what; what is lost, and what took it.
fn change(delta: &Delta, told: &Tellable, losses: &Losses) -> Result<Told> {
    let kind = match (delta.had_something(), delta.has_something()) {
        (false, _) => "access.granted",
        (true, true) => "access.changed",
        (true, false) => "access.revoked",
    };
    let entity =
        |id: &EntityId| told.entities.get(id).cloned().unwrap_or_else(|| json!({ "id": id }));
    let mut entities = Vec::new();
    for place in &delta.after.places {
        let mut entity = entity(&place.entity.parse()?);
        if let Some(entity) = entity.as_object_mut() {
            let mark = delta.held_places.get(&place.entity).copied();
            let because = told.because.of_place(place.mapping.as_deref(), mark);
            entity.insert("mapping_id".to_owned(), json!(place.mapping));
            entity.insert("because".to_owned(), reason(&because));
        }
        entities.push(entity);
    }
    let before: Vec<Value> = delta.spots.iter().map(|spot| entity(&spot.entity)).collect();
    let role = delta.after.role.as_ref().map(|(_, source)| source);
    let role_because = role.map(|source| told.because.of_role(Some(source), delta.held_role));
    let because = match role {
        Some(source) => Some(json!(source)),
        None => losses.cause(delta),
    };
    let data = json!({
        "application_id": delta.application.id,
        "role": delta.new_role(),
        "entities": entities,
        "because": because,
        "role_because": role_because.as_ref().map(reason),
        "lost": losses.lines(delta),
        "before": { "role": delta.role(), "entities": before },
    });
    Ok((kind, delta.user.to_string(), data))
}

/// All entities that somebody comes to or leaves, as events tell them.
fn described(db: &mut Db, deltas: &[Delta]) -> Result<HashMap<EntityId, Value>> {
    let mut ids: HashSet<EntityId> = HashSet::new();
    for delta in deltas.iter().filter(|it| it.is_change()) {
        ids.extend(delta.spots.iter().map(|spot| spot.entity.clone()));
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
