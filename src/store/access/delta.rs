//! What of a person in an application is not as it should be.

use super::Declared;
use super::kept::{Conflict, Mark, Row};
use super::lost::Off;
use crate::access::person::{self, Access, Source};
use crate::access::settle;
use crate::store::{EntityId, MappingId, UserId};
use std::collections::{HashMap, HashSet};

/// A place in which a person is.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub(super) entity: EntityId,
    /// By which mapping; none: it is the default entity of its type.
    pub(super) mapping: Option<MappingId>,
    /// The key of its type.
    pub(super) kind: String,
    /// It is held.
    pub(super) mark: Option<Mark>,
}

/// What of a person in an application is not as it should be.
#[derive(Debug, Clone)]
pub(super) struct Delta {
    pub(super) user: UserId,
    pub(super) application: Declared,
    pub(super) is_active: bool,
    /// By whom the person is switched off, if they are.
    pub(super) off: Option<Off>,
    /// What is kept.
    pub(super) row: Option<Row>,
    /// Where the person is, in the order of the entities' IDs.
    pub(super) spots: Vec<Spot>,
    /// The conflicts that are kept, decided or not.
    pub(super) conflicts: Vec<Conflict>,
    /// What it should be, with what is held.
    pub(super) after: Access,
    /// The role of `after` is held, or `record` is.
    pub(super) held_role: Option<Mark>,
    /// The role that should be on record and nothing more: the person is off.
    pub(super) record: Option<(String, Source)>,
    /// The places of `after` that are held, by entity.
    pub(super) held_places: HashMap<String, Mark>,
}

impl Delta {
    /// The role that the person has.
    pub(super) fn role(&self) -> Option<&str> {
        self.row.as_ref()?.role.as_deref()
    }

    /// The role that the person has, or that is on record, and where it comes from.
    pub(super) fn role_because(&self) -> Option<(&str, &Source)> {
        let row = self.row.as_ref()?;
        Some((row.role.as_deref().or(row.kept_role.as_deref())?, row.because.as_deref()?))
    }

    /// The role that is on record for who is off.
    pub(super) fn recorded(&self) -> Option<&str> {
        self.row.as_ref()?.kept_role.as_deref()
    }

    /// Whether the person has anything: what is only on record is nothing.
    pub(super) fn had_something(&self) -> bool {
        self.role().is_some() || !self.spots.is_empty()
    }

    /// Whether the person should have anything.
    pub(super) fn has_something(&self) -> bool {
        self.after.role.is_some() || !self.after.places.is_empty()
    }

    /// What is to be written of the role: the one that is in effect, or the one on record.
    pub(super) fn kept_role(&self) -> Option<&(String, Source)> {
        self.record.as_ref().or(self.after.role.as_ref())
    }

    /// Whether a role is lost that the person has or that is on record: it will be neither.
    pub(super) fn gives_up(&self, role: &str) -> bool {
        let has = |it: Option<&str>| it == Some(role);
        let kept = self.kept_role().map(|(role, _)| role.as_str());
        (has(self.role()) || has(self.recorded())) && !has(kept)
    }

    /// Whether the role that the person has is held.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.row.as_ref()?.mark()
    }

    /// The role that the person should have.
    pub(super) fn new_role(&self) -> Option<&str> {
        self.after.role.as_ref().map(|(role, _)| role.as_str())
    }

    /// Whether role or places change.
    pub(super) fn is_change(&self) -> bool {
        let now = self.after.places.iter().map(|place| place.entity.as_str());
        self.role() != self.new_role()
            || !self.spots.iter().map(|spot| spot.entity.as_str()).eq(now)
    }

    /// Whether the role that the person should have is lower.
    pub(super) fn is_lower(&self) -> bool {
        let model = &self.application.model;
        let height = |role: Option<&str>| {
            role.map_or(usize::MAX, |role| model.rank(role).unwrap_or(usize::MAX - 1))
        };
        height(self.new_role()) > height(self.role())
    }

    /// The places that the person loses without getting one of their type instead.
    pub(super) fn lost(&self, kind_of: &dyn Fn(&str) -> Option<String>) -> Vec<&Spot> {
        let count = |kind: &str| self.spots.iter().filter(|spot| spot.kind == kind).count();
        let now = |kind: &str| {
            let of_kind =
                |place: &&person::Place| kind_of(&place.entity).is_some_and(|it| it == kind);
            self.after.places.iter().filter(of_kind).count()
        };
        self.left().filter(|spot| now(&spot.kind) < count(&spot.kind)).collect()
    }

    /// The places that the person leaves.
    pub(super) fn left(&self) -> impl Iterator<Item = &Spot> {
        let stays = |spot: &&Spot| {
            self.after.places.iter().any(|place| place.entity == spot.entity.as_str())
        };
        self.spots.iter().filter(move |spot| !stays(spot))
    }

    /// Whether the person loses something: a higher role, or a place without one of its type instead.
    pub(super) fn is_loss(&self, kind_of: impl Fn(&str) -> Option<String>) -> bool {
        self.is_lower() || !self.lost(&kind_of).is_empty()
    }

    /// The conflicts that would be new: neither open nor decided already.
    pub(super) fn new_conflicts(&self) -> impl Iterator<Item = &person::Conflict> {
        let known: HashSet<(&str, &str)> =
            self.conflicts.iter().map(|it| (it.first_id.as_str(), it.second_id.as_str())).collect();
        let is_known =
            move |it: &person::Conflict| known.contains(&settle::pair(&it.current, &it.incoming));
        self.after.conflicts.iter().filter(move |it| !is_known(it))
    }

    /// Whether something has waited for its time and waits no more.
    pub(super) fn frees(&self) -> bool {
        let role = self.mark().map(|mark| (mark, self.held_role));
        let places = self.spots.iter().filter_map(|spot| {
            Some((spot.mark?, self.held_places.get(spot.entity.as_str()).copied()))
        });
        let mut marks = role.into_iter().chain(places);
        marks.any(|(mark, now)| mark.waits() && !now.is_some_and(Mark::waits))
    }

    /// Whether what is kept differs from what should be.
    pub(super) fn is_off(&self) -> bool {
        let because = self.row.as_ref().and_then(|row| row.because.as_deref());
        let kept = self.spots.iter().map(|spot| {
            (spot.entity.as_str(), spot.mapping.as_ref().map(MappingId::as_str), spot.mark)
        });
        let now = self.after.places.iter().map(|place| {
            let mark = self.held_places.get(&place.entity).copied();
            (place.entity.as_str(), place.mapping.as_deref(), mark)
        });
        let open = self.conflicts.iter().filter(|it| it.winner_id.is_none());
        let mut open: Vec<(&str, &str)> =
            open.map(|it| (it.current_id.as_str(), it.incoming().as_str())).collect();
        let waiting = self.after.conflicts.iter();
        let mut waiting: Vec<(&str, &str)> =
            waiting.map(|it| (it.current.as_str(), it.incoming.as_str())).collect();
        open.sort_unstable();
        waiting.sort_unstable();
        self.role() != self.new_role()
            || self.recorded() != self.record.as_ref().map(|(role, _)| role.as_str())
            || because != self.kept_role().map(|(_, source)| source)
            || self.mark() != self.held_role
            || !kept.eq(now)
            || open != waiting
    }
}
