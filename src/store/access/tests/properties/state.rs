//! What there is in an organization, as it is stored, and what the facts among it ask for.

use super::super::*;
use super::story::Story;
use crate::access::person::Source;
use crate::access::rules::Rule;
use crate::store::schema::{self as table, entities as places, placements};
use crate::store::{Db, EntityId, Json, Time};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Where somebody is: the entity, its type, and by which mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) entity: EntityId,
    pub(super) kind: String,
    pub(super) mapping: Option<MappingId>,
}

/// A place that a mapping claims for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) mapping: MappingId,
    pub(super) group: GroupId,
    pub(super) entity: EntityId,
    pub(super) kind: String,
    pub(super) since: Time,
}

impl Claim {
    /// Whether a person cannot have both.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        let is_whole = |it: &Self| it.kind == "sub_organization";
        let is_apart = match (is_whole(self), is_whole(other)) {
            (true, true) => true,
            (false, false) => self.kind == other.kind && self.kind == "concurrency_group",
            _ => self.group != other.group,
        };
        is_apart && self.entity != other.entity
    }

    /// The first claim in time comes first; at the same instant the lower mapping ID.
    pub(super) fn age(&self) -> (Time, &MappingId) {
        (self.since, &self.mapping)
    }
}

/// What there is.
#[derive(Debug)]
pub(super) struct State {
    /// Who is in which group that is there, since when.
    pub(super) members: BTreeMap<(UserId, GroupId), Time>,
    /// The groups that are there.
    pub(super) groups: BTreeMap<GroupId, groups::Group>,
    /// Who is on.
    pub(super) on: BTreeSet<UserId>,
    pub(super) mappings: BTreeMap<MappingId, Mapping>,
    /// The entities, each with its type and name.
    pub(super) entities: BTreeMap<EntityId, (String, String)>,
    pub(super) rules: Vec<Rule>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) places: BTreeMap<UserId, Vec<Spot>>,
    pub(super) roles: BTreeMap<UserId, (Option<String>, Option<Source>)>,
}

impl State {
    pub(super) fn of(db: &mut Db, of: &OrganizationId) -> Result<Self> {
        let spots: Vec<(UserId, EntityId, String, Option<MappingId>)> = placements::table
            .inner_join(places::table)
            .filter(places::organization_id.eq(of))
            .order((placements::user_id, placements::entity_id))
            .select((placements::user_id, places::id, places::kind, placements::mapping_id))
            .load(db)?;
        let mut where_they_are: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (user, entity, kind, mapping) in spots {
            where_they_are.entry(user).or_default().push(Spot { entity, kind, mapping });
        }
        let live = table::groups::table
            .filter(table::groups::organization_id.eq(of))
            .filter(table::groups::deleted_at.is_null());
        let groups: Vec<groups::Group> = live.load(db)?;
        let members: Vec<(UserId, GroupId, Time)> = table::group_members::table
            .filter(table::group_members::group_id.eq_any(groups.iter().map(|it| &it.id)))
            .select((
                table::group_members::user_id,
                table::group_members::group_id,
                table::group_members::added_at,
            ))
            .load(db)?;
        let on = table::users::table
            .filter(table::users::organization_id.eq(of))
            .filter(table::users::directory_suspended_at.is_null());
        let mappings: Vec<Mapping> =
            table::mappings::table.filter(table::mappings::organization_id.eq(of)).load(db)?;
        let entities: Vec<Entity> =
            places::table.filter(places::organization_id.eq(of)).load(db)?;
        let rules = rule_sets::current(db, of)?;
        let kept: Vec<(UserId, Option<String>, Option<Json<Source>>)> = table::access::table
            .filter(table::access::organization_id.eq(of))
            .select((table::access::user_id, table::access::role, table::access::because))
            .load(db)?;
        Ok(Self {
            members: members.into_iter().map(|(user, group, at)| ((user, group), at)).collect(),
            groups: groups.into_iter().map(|it| (it.id.clone(), it)).collect(),
            on: on.select(table::users::id).load(db)?.into_iter().collect(),
            mappings: mappings.into_iter().map(|it| (it.id.clone(), it)).collect(),
            entities: entities.into_iter().map(|it| (it.id, (it.kind, it.name))).collect(),
            rules: rules.map(|set| set.rules.into_inner()).unwrap_or_default(),
            conflicts: table::access_conflicts::table
                .filter(table::access_conflicts::organization_id.eq(of))
                .order(table::access_conflicts::id)
                .load(db)?,
            places: where_they_are,
            roles: kept
                .into_iter()
                .map(|(user, role, from)| (user, (role, from.map(Json::into_inner))))
                .collect(),
        })
    }

    /// What is claimed for somebody: nothing for who is off.
    pub(super) fn claims(&self, user: &UserId) -> Vec<Claim> {
        if !self.on.contains(user) {
            return vec![];
        }
        let claim = |it: &Mapping| {
            let entity = it.entity_id.clone().filter(|_| it.is_placing())?;
            let joined = *self.members.get(&(user.clone(), it.group_id.clone()))?;
            Some(Claim {
                kind: self.entities.get(&entity)?.0.clone(),
                entity,
                mapping: it.id.clone(),
                group: it.group_id.clone(),
                since: joined.max(it.since.unwrap_or(it.created_at)),
            })
        };
        self.mappings.values().filter_map(claim).collect()
    }

    /// Which of these claims somebody has.
    pub(super) fn has(&self, user: &UserId, claim: &Claim) -> bool {
        let mut theirs = self.places.get(user).into_iter().flatten();
        theirs.any(|it| it.entity == claim.entity && it.mapping.as_ref() == Some(&claim.mapping))
    }

    /// Conflicts that nobody has decided.
    pub(super) fn open(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter().filter(|it| it.winner_id.is_none())
    }

    /// Conflicts that somebody has decided.
    pub(super) fn decided(&self) -> impl Iterator<Item = &Conflict> {
        self.conflicts.iter().filter(|it| it.winner_id.is_some())
    }

    /// The same conflict, whether it is decided by now or not.
    pub(super) fn same<'a>(&'a self, it: &'a Conflict) -> impl Iterator<Item = &'a Conflict> {
        let key = |it: &Conflict| (it.user_id.clone(), it.first_id.clone(), it.second_id.clone());
        self.conflicts.iter().filter(move |now| key(now) == key(it))
    }

    /// Both sides of a conflict, as far as they stand: what holds and what waits.
    pub(super) fn sides(&self, it: &Conflict) -> (Option<Claim>, Option<Claim>) {
        let claims = self.claims(&it.user_id);
        let of = |id: &MappingId| claims.iter().find(|claim| claim.mapping == *id).cloned();
        (of(&it.current_id), of(it.incoming()))
    }

    /// Whether what somebody decided of a person plays a part in where they are.
    pub(super) fn is_chosen(&self, user: &UserId) -> bool {
        let mut theirs = self.decided().filter(|it| it.user_id == *user);
        theirs.any(|it| matches!(self.sides(it), (Some(_), Some(_))))
    }

    /// Places of somebody that they cannot have at once: two of an exclusive type, or one that takes the whole person
    /// beside one that another group gives.
    pub(super) fn too_much(&self) -> Option<&Vec<Spot>> {
        let group = |it: &Spot| Some(self.mappings.get(it.mapping.as_ref()?)?.group_id.clone());
        let is_whole = |spot: &Spot| spot.kind == "sub_organization";
        let is_too_much = |places: &&Vec<Spot>| {
            let many = places.iter().filter(|spot| spot.kind == "concurrency_group").count();
            let beside = |whole: &Spot| {
                let mut others = places.iter().filter(|spot| spot.entity != whole.entity);
                others.any(|spot| is_whole(spot) || group(spot) != group(whole))
            };
            many > 1 || places.iter().filter(|spot| is_whole(spot)).any(beside)
        };
        self.places.values().find(is_too_much)
    }

    /// The roles that groups and the mappings by which they are somewhere give to somebody.
    pub(super) fn given(&self, user: &UserId) -> Vec<String> {
        let theirs = self.members.keys().filter(|(who, _)| who == user);
        let by_groups = theirs.filter_map(|(_, group)| self.groups.get(group));
        let of_mapping = |spot: &Spot| {
            let mapping = self.mappings.get(spot.mapping.as_ref()?)?;
            let id = mapping.rule_id.as_ref().map(ToString::to_string);
            let rule = self.rules.iter().find(|it| id.as_ref() == Some(&it.id));
            mapping.role.clone().or_else(|| rule?.role.clone())
        };
        let by_places = self.places.get(user).into_iter().flatten().filter_map(of_mapping);
        by_groups.flat_map(|it| it.roles.iter().cloned()).chain(by_places).collect()
    }

    /// The role that somebody who is on should have: the highest that their groups or places give.
    pub(super) fn role(&self, user: &UserId) -> &'static str {
        let given = self.given(user);
        let mut all = ["admin", "user", "guest"].into_iter();
        all.find(|role| given.iter().any(|it| it == role)).unwrap_or("user")
    }
}

impl Story<'_> {
    pub(super) fn state(&self) -> State {
        self.world.store.read_now(|db| State::of(db, self.world.organization())).unwrap()
    }
}
