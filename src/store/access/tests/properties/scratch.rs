//! Everybody's access computed from nothing but the facts.

use super::super::*;
use super::state::{Claim, State};
use super::story::Story;
use crate::access::person::Source;
use crate::error::Error;
use crate::store::access::kept::Hold;
use crate::store::access::of_everybody;
use crate::store::schema::{access, access_conflicts, entities, placements};
use crate::store::{Db, EntityId, Json};
use diesel::prelude::*;

/// A role: whose, which, why, whether it is held, and what is on record.
type Role = (UserId, Option<String>, Option<Source>, Option<Hold>, Option<String>);

/// What follows from the facts.
#[derive(Debug, PartialEq)]
pub(super) struct Derived {
    roles: Vec<Role>,
    /// Who is where, by which mapping, and whether it is held.
    places: Vec<(UserId, EntityId, Option<MappingId>, Option<Hold>)>,
    /// The conflicts that wait: whose, why, of which two mappings, and which holds.
    open: Vec<(UserId, String, MappingId, MappingId, MappingId)>,
}

impl Derived {
    fn of(db: &mut Db, of: &OrganizationId) -> Result<Self> {
        type Stored = (UserId, Option<String>, Option<Json<Source>>, Option<Hold>, Option<String>);
        let roles: Vec<Stored> = access::table
            .filter(access::organization_id.eq(of))
            .order(access::user_id)
            .select((
                access::user_id,
                access::role,
                access::because,
                access::held,
                access::kept_role,
            ))
            .load(db)?;
        let role = |(user, role, from, held, kept): Stored| {
            (user, role, from.map(Json::into_inner), held, kept)
        };
        Ok(Self {
            roles: roles.into_iter().map(role).collect(),
            places: placements::table
                .inner_join(entities::table)
                .filter(entities::organization_id.eq(of))
                .order((placements::user_id, placements::entity_id))
                .select((
                    placements::user_id,
                    placements::entity_id,
                    placements::mapping_id,
                    placements::held,
                ))
                .load(db)?,
            open: access_conflicts::table
                .filter(access_conflicts::organization_id.eq(of))
                .filter(access_conflicts::winner_id.is_null())
                .order((
                    access_conflicts::user_id,
                    access_conflicts::first_id,
                    access_conflicts::second_id,
                ))
                .select((
                    access_conflicts::user_id,
                    access_conflicts::kind,
                    access_conflicts::first_id,
                    access_conflicts::second_id,
                    access_conflicts::current_id,
                ))
                .load(db)?,
        })
    }
}

/// Where people are by what holds although what waits was claimed before it: until somebody decides they keep what they
/// have, and nothing but that they have it tells that.
fn habits(state: &State) -> Vec<(UserId, Claim)> {
    let habit = |it: &Conflict| {
        let (current, incoming) = state.sides(it);
        let current = current.filter(|current| incoming.is_some_and(|it| it.age() < current.age()));
        Some((it.user_id.clone(), current?))
    };
    state.open().filter_map(habit).collect()
}

impl Story<'_> {
    /// What there is, and what comes of the facts alone where nothing of it is there: no role, no place, no open conflict.
    pub(super) fn is_and_should_be(&self, state: &State) -> (Derived, Derived) {
        let habits = habits(state);
        let mut both = None;
        let done: Result<()> = self.world.choose(|tx, of| {
            let is = Derived::of(tx.db, of)?;
            diesel::delete(access::table.filter(access::organization_id.eq(of))).execute(tx.db)?;
            let theirs = access_conflicts::table
                .filter(access_conflicts::organization_id.eq(of))
                .filter(access_conflicts::winner_id.is_null());
            diesel::delete(theirs).execute(tx.db)?;
            for (user, entity, ..) in &is.places {
                if !habits.iter().any(|(who, claim)| who == user && claim.entity == *entity) {
                    diesel::delete(placements::table.find((user, entity))).execute(tx.db)?;
                }
            }
            of_everybody(tx, of)?;
            both = Some((is, Derived::of(tx.db, of)?));
            // Nothing of it stays.
            Err(Error::conflict("rolled_back", "This was only looked at."))
        });
        assert!(done.is_err());
        both.unwrap()
    }
}
