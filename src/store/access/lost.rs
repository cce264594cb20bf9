//! Why somebody has something no more.

use super::because::{Because, Sources};
use super::delta::{Delta, Spot};
use super::mappings::{Flag, MappingState};
use crate::access::person::Source;
use crate::error::Result;
use crate::store::schema::group_members;
use crate::store::{Db, EntityId, GroupId, MappingId, Prepared, UserId, on_backend};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashSet;

/// How many people or groups are named in one statement.
const NAMED: usize = 1_000;

/// Who has switched a person off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Off {
    /// The operator.
    Here,
    /// The directory.
    There,
    /// The directory has removed them.
    Gone,
}

/// What took something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Cause {
    Suspended,
    Deactivated,
    Removed,
    LeftGroup,
    GroupDeleted,
    GroupRolesChanged,
    OwnRolesChanged,
    MappingRejected,
    MappingChanged,
    MappingDeleted,
    EntityDeleted,
    ConflictDecided,
    Excluded,
    DefaultChanged,
}

/// What took something, and of which group and mapping it was.
struct Lost {
    cause: Cause,
    group: Option<GroupId>,
    mapping: Option<MappingId>,
}

impl Lost {
    fn by(cause: Cause) -> Self {
        Self { cause, group: None, mapping: None }
    }
}

/// What is known of that which people lose, read once for many people.
pub(super) struct Losses<'a> {
    because: &'a Because,
    members: HashSet<(UserId, GroupId)>,
}

/// Which mappings and groups gave what is lost.
pub(super) fn sources(sources: &mut Sources, delta: &Delta) {
    if let Some((_, source)) = lost_role(delta) {
        sources.role(source);
    }
    for spot in delta.left() {
        sources.place(spot.mapping.as_ref().map(MappingId::as_str));
    }
}

/// The role that is lost, and where it came from.
fn lost_role(delta: &Delta) -> Option<(&str, &Source)> {
    delta.role()?;
    delta.role_because().filter(|_| delta.is_lower())
}

/// The groups that gave what somebody loses who is not off.
fn groups_of(because: &Because, delta: &Delta) -> Vec<GroupId> {
    let of_mapping = |id: &MappingId| because.mapping(id).map(|it| it.group_id.clone());
    let of_role = lost_role(delta).and_then(|(_, source)| match source {
        Source::Group(id) => id.parse().ok(),
        Source::Mapping(id) => id.parse().ok().and_then(|id| of_mapping(&id)),
        Source::Person | Source::Default => None,
    });
    let of_places = delta.left().filter_map(|spot| of_mapping(spot.mapping.as_ref()?));
    of_places.chain(of_role).collect()
}

impl<'a> Losses<'a> {
    /// Reads in which of the groups that gave something people still are.
    pub(super) fn of<'d>(
        db: &mut Db,
        because: &'a Because,
        deltas: impl Iterator<Item = &'d Delta>,
    ) -> Result<Self> {
        let (mut people, mut groups) = (HashSet::new(), HashSet::new());
        for delta in deltas.filter(|it| it.is_active) {
            let theirs = groups_of(because, delta).into_iter();
            let theirs: Vec<GroupId> = theirs.filter(|it| !because.is_deleted(it)).collect();
            if !theirs.is_empty() {
                people.insert(&delta.user);
                groups.extend(theirs);
            }
        }
        let people: Vec<&UserId> = people.into_iter().collect();
        let groups: Vec<GroupId> = groups.into_iter().collect();
        let mut members = HashSet::new();
        for some in groups.chunks(NAMED) {
            for theirs in people.chunks(NAMED) {
                members.extend(memberships(db, theirs, some)?);
            }
        }
        Ok(Self { because, members })
    }

    /// What somebody loses, line by line, each with what took it.
    pub(super) fn lines(&self, delta: &Delta) -> Vec<Value> {
        let role = lost_role(delta)
            .map(|(role, source)| self.line("role", role, &self.role(delta, source)));
        let places = delta
            .left()
            .map(|spot| self.line("entity_id", spot.entity.as_str(), &self.place(delta, spot)));
        role.into_iter().chain(places).collect()
    }

    /// What took what somebody had, in a word: that of the first line.
    pub(super) fn cause(&self, delta: &Delta) -> Option<Value> {
        let role = lost_role(delta).map(|(_, source)| self.role(delta, source));
        let lost = role.or_else(|| Some(self.place(delta, delta.left().next()?)))?;
        let of_group =
            matches!(lost.cause, Cause::LeftGroup | Cause::GroupDeleted | Cause::GroupRolesChanged);
        let id = if of_group {
            lost.group.map(|id| id.to_string())
        } else {
            lost.mapping.map(|id| id.to_string())
        };
        Some(match id {
            Some(id) => json!({ "by": lost.cause, "id": id }),
            None => json!({ "by": lost.cause }),
        })
    }

    fn line(&self, what: &str, which: &str, lost: &Lost) -> Value {
        json!({
            what: which,
            "by": lost.cause,
            "text": self.words(lost),
            "group_id": lost.group,
            "mapping_id": lost.mapping,
        })
    }

    fn role(&self, delta: &Delta, source: &Source) -> Lost {
        if let Some(off) = off(delta) {
            return off;
        }
        match source {
            Source::Group(id) => {
                let group: Option<GroupId> = id.parse().ok();
                let cause = match &group {
                    Some(group) if self.because.is_deleted(group) => Cause::GroupDeleted,
                    Some(group) if !self.is_member(delta, group) => Cause::LeftGroup,
                    _ => Cause::GroupRolesChanged,
                };
                Lost { group, ..Lost::by(cause) }
            }
            Source::Mapping(id) => match id.parse() {
                Ok(id) => self.mapping(delta, &id, None),
                Err(_) => Lost::by(Cause::MappingDeleted),
            },
            Source::Person => match &delta.after.role {
                Some((_, Source::Group(_) | Source::Mapping(_))) => Lost::by(Cause::Excluded),
                _ => Lost::by(Cause::OwnRolesChanged),
            },
            Source::Default => match &delta.after.role {
                Some((_, Source::Default)) | None => Lost::by(Cause::DefaultChanged),
                Some(_) => Lost::by(Cause::Excluded),
            },
        }
    }

    fn place(&self, delta: &Delta, spot: &Spot) -> Lost {
        if let Some(off) = off(delta) {
            return off;
        }
        match &spot.mapping {
            Some(id) => self.mapping(delta, id, Some(&spot.entity)),
            None if delta.after.places.iter().any(|it| it.mapping.is_some()) => {
                Lost::by(Cause::Excluded)
            }
            None => Lost::by(Cause::DefaultChanged),
        }
    }

    /// Why a mapping gives a place no more, or (`entity` is none) a role.
    fn mapping(&self, delta: &Delta, id: &MappingId, entity: Option<&EntityId>) -> Lost {
        let Some(mapping) = self.because.mapping(id) else {
            return Lost { mapping: Some(id.clone()), ..Lost::by(Cause::MappingDeleted) };
        };
        let group = &mapping.group_id;
        let is_there =
            delta.after.places.iter().any(|it| it.mapping.as_deref() == Some(id.as_str()));
        let leads_elsewhere = entity.is_some() && mapping.entity_id.as_ref() != entity;
        let cause = if mapping.flag == Some(Flag::GroupDeleted) || self.because.is_deleted(group) {
            Cause::GroupDeleted
        } else if mapping.state == MappingState::Rejected {
            Cause::MappingRejected
        } else if mapping.is_blocked() {
            Cause::EntityDeleted
        } else if !mapping.is_placing() || leads_elsewhere {
            Cause::MappingChanged
        } else if !self.is_member(delta, group) {
            Cause::LeftGroup
        } else if entity.is_none() && (mapping.entity_id.is_none() || is_there) {
            Cause::MappingChanged
        } else if is_decided_against(delta, id) {
            Cause::ConflictDecided
        } else {
            Cause::Excluded
        };
        Lost { cause, group: Some(group.clone()), mapping: Some(id.clone()) }
    }

    fn is_member(&self, delta: &Delta, group: &GroupId) -> bool {
        self.members.contains(&(delta.user.clone(), group.clone()))
    }

    fn words(&self, lost: &Lost) -> String {
        let group = || self.because.group(lost.group.as_ref().map_or("", |id| id.as_str()));
        match lost.cause {
            Cause::Suspended => "the person was switched off here".to_owned(),
            Cause::Deactivated => "the directory has switched the person off".to_owned(),
            Cause::Removed => "the directory has removed the person".to_owned(),
            Cause::LeftGroup => format!("not in {} any more", group()),
            Cause::GroupDeleted => format!("{} was deleted", group()),
            Cause::GroupRolesChanged => format!("{} does not give it any more", group()),
            Cause::OwnRolesChanged => "the directory gives the person another role".to_owned(),
            Cause::MappingRejected => format!("the mapping of {} was rejected", group()),
            Cause::MappingChanged => format!("the mapping of {} gives something else", group()),
            Cause::MappingDeleted => "its mapping is gone".to_owned(),
            Cause::EntityDeleted => "the place was deleted".to_owned(),
            Cause::ConflictDecided => "somebody has chosen another place".to_owned(),
            Cause::Excluded => "something else takes its place".to_owned(),
            Cause::DefaultChanged => "the default is another one".to_owned(),
        }
    }
}

fn memberships(
    db: &mut Db,
    people: &[&UserId],
    groups: &[GroupId],
) -> Result<Vec<(UserId, GroupId)>> {
    let columns = (group_members::user_id, group_members::group_id);
    if let ([user], [group]) = (people, groups) {
        let query = group_members::table
            .filter(group_members::user_id.eq(*user))
            .filter(group_members::group_id.eq(group))
            .select(columns);
        return Ok(on_backend!(db, conn => Prepared(query).load(conn))?);
    }
    let rows = group_members::table
        .filter(group_members::user_id.eq_any(people.iter().copied()))
        .filter(group_members::group_id.eq_any(groups))
        .select(columns);
    Ok(rows.load(db)?)
}

/// Whether somebody chose another mapping than this one.
fn is_decided_against(delta: &Delta, id: &MappingId) -> bool {
    let mut theirs = delta.conflicts.iter().filter(|it| it.first_id == *id || it.second_id == *id);
    theirs.any(|it| it.winner_id.as_ref().is_some_and(|winner| winner != id))
}

/// Who is off has nothing, whatever groups give.
fn off(delta: &Delta) -> Option<Lost> {
    if delta.is_active {
        return None;
    }
    Some(Lost::by(match delta.off {
        Some(Off::Here) => Cause::Suspended,
        Some(Off::There) => Cause::Deactivated,
        // Who only tests the connection has nothing, either.
        Some(Off::Gone) | None => Cause::Removed,
    }))
}
