//! What counts for people's access, read in a few statements for many people at once.

use super::kept::{Conflict, Placed, Row};
use super::lost::Off;
use super::mappings::{Mapping, MappingState};
use super::rule_sets;
use super::{Declared, held};
use crate::access::person::{self, Access, Belongs, Fallback, Own, Source};
use crate::access::rules::Rule;
use crate::access::settle;
use crate::error::Result;
use crate::store::schema::{
    access, access_conflicts, directory_users, entities, group_members, groups, mappings,
    placements, users,
};
use crate::store::{
    ApplicationId, Db, EntityId, GroupId, Json, MappingId, OrganizationId, Prepared, Time, UserId,
    on_backend,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// How many groups are named in one statement: SQLite takes 32,766 values.
const GROUPS: usize = 10_000;

/// The rows of a query that are of these people. For one person, as most acts are for, the statement is kept prepared.
macro_rules! of_people {
    ($db:expr, $people:expr, $column:expr, $query:expr) => {{
        let query = $query;
        match $people {
            [one] => {
                let theirs = query.filter($column.eq(one));
                on_backend!($db, conn => Prepared(theirs).load(conn))?
            }
            many => query.filter($column.eq_any(many)).load($db)?,
        }
    }};
}

/// A mapping that places members.
#[derive(Debug, Clone)]
pub(super) struct Placing {
    pub(super) id: MappingId,
    pub(super) application_id: ApplicationId,
    pub(super) group_id: GroupId,
    pub(super) entity: Option<(EntityId, String)>,
    pub(super) role: Option<String>,
    pub(super) since: Time,
}

/// A person, as far as it counts here.
#[derive(Debug, Clone)]
pub(super) struct Someone {
    pub(super) id: UserId,
    /// By whom the person is switched off, if they are.
    pub(super) off: Option<Off>,
    /// The person only tests the connection.
    pub(super) is_test: bool,
    pub(super) own: Own,
}

impl Someone {
    /// Whether nobody has switched the person off.
    pub(super) fn is_active(&self) -> bool {
        self.off.is_none()
    }
}

/// What counts, of whom it was asked for.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) people: Vec<Someone>,
    pub(super) member_of: HashMap<UserId, Vec<(GroupId, Time)>>,
    pub(super) roles: HashMap<GroupId, Vec<String>>,
    pub(super) mappings: HashMap<GroupId, Vec<Placing>>,
    pub(super) fallbacks: Vec<(ApplicationId, EntityId, String)>,
    pub(super) rows: HashMap<(UserId, ApplicationId), Row>,
    pub(super) placed: HashMap<(UserId, ApplicationId), Vec<(Placed, String)>>,
    pub(super) conflicts: HashMap<UserId, Vec<Conflict>>,
    /// The mappings by which something is held, as far as they stand.
    pub(super) standing: HashMap<MappingId, Placing>,
}

/// Mappings as they would be, in the place of those that are.
#[derive(Debug, Default)]
pub(super) struct Supposed {
    /// Those that place members, by group.
    pub(super) mappings: HashMap<GroupId, Vec<Placing>>,
    /// Those by which something can be held: they place members, or would if a directory had not taken their group.
    pub(super) standing: HashMap<MappingId, Placing>,
}

impl Facts {
    /// Reads what counts for these people of an organization.
    pub(super) fn of(
        db: &mut Db,
        organization: &OrganizationId,
        people: &[UserId],
        supposed: Option<&Supposed>,
    ) -> Result<Self> {
        let mut facts = Self { people: someone(db, organization, people)?, ..Self::default() };
        facts.read_groups(db, people)?;
        facts.read_state(db, people)?;
        let groups: Vec<GroupId> = facts.roles.keys().cloned().collect();
        match supposed {
            Some(supposed) => {
                let theirs =
                    groups.iter().filter_map(|group| supposed.mappings.get_key_value(group));
                facts.mappings =
                    theirs.map(|(group, list)| (group.clone(), list.clone())).collect();
            }
            None if groups.is_empty() => {}
            None => {
                for some in groups.chunks(GROUPS) {
                    for placing in placing(db, organization, some)? {
                        facts.mappings.entry(placing.group_id.clone()).or_default().push(placing);
                    }
                }
            }
        }
        facts.fallbacks = fallbacks(db, organization)?;
        facts.read_standing(db, organization, supposed)?;
        Ok(facts)
    }

    /// Nothing is held as a rule, so nothing is read.
    fn read_standing(
        &mut self,
        db: &mut Db,
        organization: &OrganizationId,
        supposed: Option<&Supposed>,
    ) -> Result<()> {
        let mut by = HashSet::new();
        for row in self.rows.values().filter(|row| row.held.is_some()) {
            if let Some(Source::Mapping(id)) = row.because.as_deref() {
                by.insert(id.parse::<MappingId>()?);
            }
        }
        let places = self.placed.values().flatten().filter(|(place, _)| place.held.is_some());
        by.extend(places.filter_map(|(place, _)| place.mapping_id.clone()));
        if by.is_empty() {
            return Ok(());
        }
        let by: Vec<MappingId> = by.into_iter().collect();
        self.standing = held::standing(db, organization, &by, supposed)?;
        Ok(())
    }

    /// What counts for somebody whom nobody has put anywhere yet.
    pub(super) fn of_newcomer(
        db: &mut Db,
        organization: &OrganizationId,
        newcomer: Someone,
    ) -> Result<Self> {
        let fallbacks = fallbacks(db, organization)?;
        Ok(Self { people: vec![newcomer], fallbacks, ..Self::default() })
    }

    /// The type of an entity that somebody may come to.
    pub(super) fn kind_of(&self, entity: &str) -> Option<String> {
        let mut mapped = self.mappings.values().flatten().filter_map(|it| it.entity.as_ref());
        let found = mapped.find(|(id, _)| id.as_str() == entity).map(|(_, kind)| kind.clone());
        let default = || self.fallbacks.iter().find(|(_, id, _)| id.as_str() == entity);
        found.or_else(|| default().map(|(.., kind)| kind.clone()))
    }

    fn read_groups(&mut self, db: &mut Db, people: &[UserId]) -> Result<()> {
        let member_of = group_members::table
            .inner_join(groups::table)
            .filter(groups::deleted_at.is_null())
            .filter(groups::is_test.eq(false))
            .order((group_members::user_id, group_members::group_id))
            .select((group_members::user_id, groups::id, group_members::added_at, groups::roles));
        let rows: Vec<(UserId, GroupId, Time, Json<Vec<String>>)> =
            of_people!(db, people, group_members::user_id, member_of);
        for (user, group, since, roles) in rows {
            self.roles.entry(group.clone()).or_insert_with(|| roles.into_inner());
            self.member_of.entry(user).or_default().push((group, since));
        }
        Ok(())
    }

    fn read_state(&mut self, db: &mut Db, people: &[UserId]) -> Result<()> {
        let kept = access::table.select(access::all_columns);
        let rows: Vec<Row> = of_people!(db, people, access::user_id, kept);
        self.rows = rows
            .into_iter()
            .map(|row| ((row.user_id.clone(), row.application_id.clone()), row))
            .collect();
        let spots = placements::table
            .inner_join(entities::table)
            .order((placements::user_id, placements::entity_id))
            .select((placements::all_columns, entities::kind));
        let placed: Vec<(Placed, String)> = of_people!(db, people, placements::user_id, spots);
        for (place, kind) in placed {
            let key = (place.user_id.clone(), place.application_id.clone());
            self.placed.entry(key).or_default().push((place, kind));
        }
        let known = access_conflicts::table.select(access_conflicts::all_columns);
        let conflicts: Vec<Conflict> = of_people!(db, people, access_conflicts::user_id, known);
        for conflict in conflicts {
            self.conflicts.entry(conflict.user_id.clone()).or_default().push(conflict);
        }
        Ok(())
    }

    /// What a person should have in an application by groups alone.
    pub(super) fn access(&self, who: &Someone, application: &Declared) -> Access {
        if !who.is_active() || who.is_test {
            return Access::default();
        }
        let empty = Vec::new();
        let member_of = self.member_of.get(&who.id).unwrap_or(&empty);
        let groups = member_of.iter().filter_map(|(group, since)| {
            let roles = self.roles.get(group)?;
            Some(Belongs { group: group.as_str(), roles, since: *since })
        });
        let mappings = member_of
            .iter()
            .filter_map(|(group, _)| self.mappings.get(group))
            .flatten()
            .filter(|mapping| mapping.application_id == application.id)
            .map(|mapping| person::Mapping {
                id: mapping.id.as_str(),
                group: mapping.group_id.as_str(),
                entity: mapping.entity.as_ref().map(|(id, kind)| (id.as_str(), kind.as_str())),
                role: mapping.role.as_deref(),
                since: mapping.since,
            });
        let fallbacks: Vec<Fallback> = self
            .fallbacks
            .iter()
            .filter(|(of, ..)| *of == application.id)
            .map(|(_, entity, kind)| Fallback { entity: entity.as_str(), kind })
            .collect();
        let placed = self.placed.get(&(who.id.clone(), application.id.clone()));
        let facts = person::Facts {
            groups: groups.collect(),
            own: Some(&who.own),
            mappings: mappings.collect(),
            fallbacks: &fallbacks,
            placed: placed
                .into_iter()
                .flatten()
                .filter(|(place, _)| place.mapping_id.is_some())
                .map(|(place, _)| place.entity_id.as_str())
                .collect(),
        };
        let mut decided = HashMap::new();
        for conflict in self.conflicts.get(&who.id).into_iter().flatten() {
            if let Some(winner) = &conflict.winner_id {
                decided.insert((conflict.first_id.as_str(), conflict.second_id.as_str()), winner);
            }
        }
        person::access(&application.model, &facts, |a, b| {
            decided.get(&settle::pair(a, b)).map(ToString::to_string)
        })
    }
}

/// The mappings that place members, of these groups or of all.
pub(super) fn placing(
    db: &mut Db,
    organization: &OrganizationId,
    of: &[GroupId],
) -> Result<Vec<Placing>> {
    let all = mappings::table
        .left_join(entities::table)
        .filter(mappings::organization_id.eq(organization))
        .filter(mappings::state.ne(MappingState::Rejected))
        .order(mappings::id)
        .select((mappings::all_columns, entities::kind.nullable()));
    let rows: Vec<(Mapping, Option<String>)> = match of {
        [one] => {
            let theirs = all.filter(mappings::group_id.eq(one));
            on_backend!(db, conn => Prepared(theirs).load(conn))?
        }
        many => all.filter(mappings::group_id.eq_any(many)).load(db)?,
    };
    let by_rule = |(row, _): &(Mapping, _)| row.rule_id.is_some() && row.role.is_none();
    let rules =
        if rows.iter().any(by_rule) { rule_sets::rules(db, organization)? } else { Vec::new() };
    Ok(placing_by(rows, &rules))
}

/// What of mappings places members, each with the type of its entity. A role that the mapping does not name is that of
/// its rule.
pub(super) fn placing_by(rows: Vec<(Mapping, Option<String>)>, rules: &[Rule]) -> Vec<Placing> {
    let role_of = |row: &Mapping| {
        let rule =
            rules.iter().find(|it| row.rule_id.as_ref().is_some_and(|id| it.id == id.as_str()));
        row.role.clone().or_else(|| rule?.role.clone())
    };
    let placing = rows.into_iter().filter(|(row, _)| row.is_placing()).map(|(row, kind)| Placing {
        role: role_of(&row),
        since: row.since.unwrap_or(row.created_at),
        id: row.id,
        application_id: row.application_id,
        group_id: row.group_id,
        entity: row.entity_id.zip(kind),
    });
    placing.collect()
}

/// The default entities of an organization.
fn fallbacks(
    db: &mut Db,
    organization: &OrganizationId,
) -> Result<Vec<(ApplicationId, EntityId, String)>> {
    let defaults = entities::table
        .filter(entities::organization_id.eq(organization))
        .filter(entities::is_default.eq(true))
        .select((entities::application_id, entities::id, entities::kind));
    Ok(on_backend!(db, conn => Prepared(defaults).load(conn))?)
}

fn someone(db: &mut Db, organization: &OrganizationId, people: &[UserId]) -> Result<Vec<Someone>> {
    type Roles = (Option<Json<Vec<String>>>, Option<String>);
    type Columns = (UserId, Option<Time>, Option<Time>, Option<Time>, Roles, Option<bool>);
    let theirs = users::table
        .left_join(directory_users::table)
        .filter(users::organization_id.eq(organization))
        .order(users::id)
        .select((
            users::id,
            users::suspended_at,
            users::directory_suspended_at,
            users::deprovisioned_at,
            (directory_users::roles.nullable(), directory_users::primary_role.nullable()),
            directory_users::is_test.nullable(),
        ));
    let rows: Vec<Columns> = of_people!(db, people, users::id, theirs);
    let someone = |(id, here, there, gone, (roles, primary), is_test): Columns| Someone {
        id,
        off: gone.map(|_| Off::Gone).or(there.map(|_| Off::There)).or(here.map(|_| Off::Here)),
        is_test: is_test.unwrap_or_default(),
        own: Own { roles: roles.map(Json::into_inner).unwrap_or_default(), primary },
    };
    Ok(rows.into_iter().map(someone).collect())
}
