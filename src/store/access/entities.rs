//! Entities: places in an application that belong to one organization.

use super::alerts::{self, AlertKind};
use super::mappings::{self, Flag, MappingState};
use super::{Declared, after_choice, recompute, renames};
use crate::error::{Error, Result};
use crate::store::db::or_not_found;
use crate::store::input::{self, Faults};
use crate::store::schema::{entities, mappings as mapping_rows, placements};
use crate::store::{
    ApplicationId, Db, EntityId, GroupId, OrganizationId, Page, Time, Tx, UserId, Window, events,
};
use diesel::prelude::*;
use serde_json::{Value, json};

/// A place in an application.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = entities, treat_none_as_null = true)]
pub struct Entity {
    /// Its ID.
    pub id: EntityId,
    /// Whose place it is.
    pub organization_id: OrganizationId,
    /// In which application.
    pub application_id: ApplicationId,
    /// The key of its type.
    pub kind: String,
    /// What the vendor calls it in addresses, once in an organization.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// `name` folded for comparison.
    pub name_key: String,
    /// The application's own ID of it.
    pub external_id: Option<String>,
    /// Everybody is in it who is in no other of its type.
    pub is_default: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

impl Entity {
    /// One that is made for a group of its name: nobody has given it a key.
    pub(super) fn new(
        organization: &OrganizationId,
        application: &ApplicationId,
        kind: &str,
        name: &str,
        now: Time,
    ) -> Self {
        let id = EntityId::new();
        Self {
            key: id.to_string(),
            id,
            organization_id: organization.clone(),
            application_id: application.clone(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            name_key: input::fold(name),
            external_id: None,
            is_default: false,
            created_at: now,
            updated_at: now,
        }
    }
}

/// What an entity is to be.
#[derive(Debug, Clone)]
pub struct NewEntity {
    /// The key of its type.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// The application's own ID of it.
    pub external_id: Option<String>,
    /// Everybody is in it who is in no other of its type.
    pub is_default: bool,
}

/// Which entities are wanted; none of the fields: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this application.
    pub application: Option<ApplicationId>,
    /// Of this type.
    pub kind: Option<String>,
}

/// Finds an entity of an organization by its ID.
pub fn find(db: &mut Db, organization: &OrganizationId, id: &EntityId) -> Result<Entity> {
    let found =
        entities::table.find(id).filter(entities::organization_id.eq(organization)).first(db);
    or_not_found(found, "entity", id)
}

/// Finds an entity of an organization by its key.
pub fn find_key(db: &mut Db, organization: &OrganizationId, key: &str) -> Result<Entity> {
    by_key(db, organization, key)?.ok_or_else(|| Error::not_found("entity", key))
}

/// Whether an entity of an organization has this key.
pub fn is_key_taken(db: &mut Db, organization: &OrganizationId, key: &str) -> Result<bool> {
    Ok(by_key(db, organization, key)?.is_some())
}

fn by_key(db: &mut Db, organization: &OrganizationId, key: &str) -> Result<Option<Entity>> {
    let found = entities::table
        .filter(entities::organization_id.eq(organization))
        .filter(entities::key.eq(key))
        .first(db);
    Ok(found.optional()?)
}

/// Whether there is such an entity of this application and type.
pub(super) fn is_there(
    db: &mut Db,
    organization: &OrganizationId,
    application: &ApplicationId,
    kind: &str,
    id: &EntityId,
) -> Result<bool> {
    let found = entities::table
        .find(id)
        .filter(entities::organization_id.eq(organization))
        .filter(entities::application_id.eq(application))
        .filter(entities::kind.eq(kind));
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(db)?)
}

/// Finds an entity of a type by its name, in any case.
pub(super) fn by_name(
    db: &mut Db,
    organization: &OrganizationId,
    application: &ApplicationId,
    kind: &str,
    name: &str,
) -> Result<Option<Entity>> {
    let found = entities::table
        .filter(entities::organization_id.eq(organization))
        .filter(entities::application_id.eq(application))
        .filter(entities::kind.eq(kind))
        .filter(entities::name_key.eq(input::fold(name)))
        .first(db);
    Ok(found.optional()?)
}

/// A page of an organization's entities, newest first.
pub fn page(
    db: &mut Db,
    window: &Window,
    organization: &OrganizationId,
    filter: &Filter,
) -> Result<Page<Entity>> {
    let mut query = filtered(organization, filter)
        .order(entities::id.desc())
        .limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(entities::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |entity: &Entity| entity.id.to_string()))
}

/// How many entities a filter lets through.
pub fn count(db: &mut Db, organization: &OrganizationId, filter: &Filter) -> Result<i64> {
    Ok(filtered(organization, filter).count().get_result(db)?)
}

/// How many people are in an entity.
pub fn people(db: &mut Db, id: &EntityId) -> Result<i64> {
    let theirs = placements::table.filter(placements::entity_id.eq(id));
    Ok(theirs.count().get_result(db)?)
}

/// Every entity of an organization.
pub(super) fn all_of(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Entity>> {
    let theirs = entities::table.filter(entities::organization_id.eq(organization));
    Ok(theirs.order(entities::id).load(db)?)
}

/// Makes the entity with this key, or changes it. Its application and type stay.
pub fn put(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &Declared,
    key: &str,
    new: NewEntity,
) -> Result<Entity> {
    let mut faults = Faults::default();
    let name = faults.name("/name", &new.name);
    if key.is_empty() || key.len() > 128 || !key.bytes().all(|sign| sign.is_ascii_graphic()) {
        faults.add("/key", "invalid", "A key has 1 to 128 ASCII letters, digits and signs.");
    }
    if let Some(external_id) = &new.external_id {
        faults.external_id(external_id);
    }
    if application.model.kind(&new.kind).is_none() {
        let known: Vec<&str> = application.model.types.iter().map(|it| it.key.as_str()).collect();
        let detail = format!("{} has the entity types {}.", application.name, known.join(", "));
        faults.add("/type", "unknown_type", detail);
    }
    faults.finish()?;
    let before = by_key(tx.db, organization, key)?;
    if let Some(before) = &before
        && (before.application_id != application.id || before.kind != new.kind)
    {
        return Err(Error::conflict(
            "entity_fixed",
            format!(
                "The entity {key} is a {} of {}. That cannot be changed.",
                before.kind, before.application_id
            ),
        ));
    }
    let named = by_name(tx.db, organization, &application.id, &new.kind, &name)?;
    if let Some(other) = named.filter(|it| it.key != key) {
        let detail = format!("The entity {} has this name already.", other.key);
        return Err(Error::conflict("name_taken", detail));
    }
    let entity = Entity {
        id: before.as_ref().map_or_else(EntityId::new, |before| before.id.clone()),
        organization_id: organization.clone(),
        application_id: application.id.clone(),
        kind: new.kind,
        key: key.to_owned(),
        name_key: input::fold(&name),
        name,
        external_id: new.external_id,
        is_default: new.is_default,
        created_at: before.as_ref().map_or(tx.now, |before| before.created_at),
        updated_at: before.as_ref().map_or(tx.now, |before| before.updated_at),
    };
    if before.as_ref() == Some(&entity) {
        return Ok(entity);
    }
    let entity = save(tx, entity, before.as_ref())?;
    renames::names_settled(tx, organization)?;
    Ok(entity)
}

/// Makes an entity for a group of its name.
pub(super) fn for_group(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &ApplicationId,
    kind: &str,
    name: &str,
) -> Result<Entity> {
    let entity = Entity::new(organization, application, kind, name, tx.now);
    save(tx, entity, None)
}

/// Gives an entity the name of its group.
pub(super) fn rename(tx: &mut Tx, mut entity: Entity, name: &str) -> Result<Entity> {
    let before = entity.clone();
    name.clone_into(&mut entity.name);
    entity.name_key = input::fold(name);
    save(tx, entity, Some(&before))
}

fn save(tx: &mut Tx, mut entity: Entity, before: Option<&Entity>) -> Result<Entity> {
    entity.updated_at = tx.now;
    let is_default_new = entity.is_default != before.is_some_and(|before| before.is_default);
    if is_default_new && entity.is_default {
        let former = entities::table
            .filter(entities::organization_id.eq(&entity.organization_id))
            .filter(entities::application_id.eq(&entity.application_id))
            .filter(entities::kind.eq(&entity.kind));
        diesel::update(former).set(entities::is_default.eq(false)).execute(tx.db)?;
    }
    let kind = if before.is_some() {
        diesel::update(&entity).set(&entity).execute(tx.db)?;
        "entity.updated"
    } else {
        diesel::insert_into(entities::table).values(&entity).execute(tx.db)?;
        "entity.created"
    };
    let (of, id, is) = (Some(&entity.organization_id), entity.id.as_str(), told(&entity));
    let former = before.map(|before| &before.name).filter(|name| **name != entity.name);
    let mut data = is.clone();
    if let Some(fields) = data.as_object_mut() {
        fields.insert("former".to_owned(), json!(former));
    }
    match before {
        Some(before) => events::append_change(tx, of, kind, id, data, (&told(before), &is))?,
        None => events::append(tx, of, kind, id, data)?,
    }
    if is_default_new {
        super::of_everybody(tx, &entity.organization_id)?;
    }
    Ok(entity)
}

fn told(entity: &Entity) -> Value {
    json!({
        "application_id": entity.application_id,
        "type": entity.kind,
        "key": entity.key,
        "name": entity.name,
        "external_id": entity.external_id,
        "is_default": entity.is_default,
    })
}

/// Deletes an entity. Mappings to it go back to `pending` and wait for a person to pick another place.
pub fn delete(tx: &mut Tx, organization: &OrganizationId, key: &str) -> Result<()> {
    let entity = find_key(tx.db, organization, key)?;
    let theirs: Vec<mappings::Mapping> = mapping_rows::table
        .filter(mapping_rows::entity_id.eq(&entity.id))
        .filter(mapping_rows::state.ne(MappingState::Rejected))
        .load(tx.db)?;
    // Whose claim to it waits, and of whom a role is held that one of its mappings gave, are not in it.
    let groups: Vec<GroupId> = theirs.iter().map(|it| it.group_id.clone()).collect();
    let mut people: Vec<UserId> = recompute::concerned(tx.db, organization, &groups)?;
    people.extend(recompute::who_is_in(tx.db, &entity.id)?);
    people.sort_unstable();
    people.dedup();
    // Nobody is put here any more, so all who are here are told that they leave.
    diesel::update(entities::table.find(&entity.id))
        .set(entities::is_default.eq(false))
        .execute(tx.db)?;
    // Nor is anything held here by a mapping that went with its group; and when that is back, no rule makes the place again.
    let gone = mapping_rows::table.filter(mapping_rows::entity_id.eq(&entity.id));
    let went = gone.filter(mapping_rows::flag.eq(Flag::GroupDeleted));
    diesel::update(went).set(mapping_rows::flag.eq(Flag::TargetDeleted)).execute(tx.db)?;
    diesel::update(gone.filter(mapping_rows::state.eq(MappingState::Rejected)))
        .set(mapping_rows::entity_id.eq(None::<EntityId>))
        .execute(tx.db)?;
    for mut mapping in theirs {
        mapping.state = MappingState::Pending;
        mapping.flag = Some(Flag::TargetDeleted);
        mapping.since = None;
        mapping.entity_id = None;
        mapping.proposed = None;
        mappings::save(tx, &mut mapping)?;
        let data = json!({ "group_id": mapping.group_id, "entity": entity.name });
        alerts::raise(tx, organization, AlertKind::TargetDeleted, mapping.id.as_str(), &data)?;
    }
    after_choice(tx, organization, &people)?;
    diesel::delete(entities::table.find(&entity.id)).execute(tx.db)?;
    renames::names_settled(tx, organization)?;
    let data = json!({ "application_id": entity.application_id, "type": entity.kind, "key": key, "name": entity.name });
    events::append(tx, Some(organization), "entity.deleted", entity.id.as_str(), data)
}

fn filtered(
    organization: &OrganizationId,
    filter: &Filter,
) -> entities::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    let mut query =
        entities::table.filter(entities::organization_id.eq(organization.clone())).into_boxed();
    if let Some(application) = &filter.application {
        query = query.filter(entities::application_id.eq(application.clone()));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(entities::kind.eq(kind.clone()));
    }
    query
}
