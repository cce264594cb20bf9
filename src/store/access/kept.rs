//! What people have, as it is kept: a row for each application, one for each place, one for each conflict.

use crate::access::person::Source;
use crate::store::schema::{access, access_conflicts, placements};
use crate::store::types::word;
use crate::store::{
    ApplicationId, ConflictId, EntityId, Json, MappingId, OrganizationId, Time, UserId,
};
use diesel::prelude::*;

word!(
    /// Why a person has something that groups do not give.
    Hold {
        /// Nobody else has the highest role.
        Floor = "floor",
        /// Too many people would have lost something at once.
        Breaker = "breaker",
    }
);

/// That something is held: a role or a place that a directory took stays for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Why.
    pub hold: Hold,
    /// Until when. None: until the cause is gone or somebody says so; of what the breaker held somebody has said that
    /// people keep it.
    pub until: Option<Time>,
}

impl Mark {
    /// Whether it ends by itself: nobody has said what becomes of it.
    #[must_use]
    pub fn waits(self) -> bool {
        self.hold == Hold::Breaker && self.until.is_some()
    }
}

/// What a person has in an application, as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = access, primary_key(user_id, application_id), treat_none_as_null = true)]
pub struct Row {
    /// Who.
    pub user_id: UserId,
    /// In which application.
    pub application_id: ApplicationId,
    /// Whose person it is.
    pub organization_id: OrganizationId,
    /// The key of the role.
    pub role: Option<String>,
    /// Where the role comes from, also that which is only on record.
    pub because: Option<Json<Source>>,
    /// Why the role is there although groups do not give it.
    pub held: Option<Hold>,
    /// Until when, as [`Mark::until`].
    pub held_until: Option<Time>,
    /// When it was last changed.
    pub updated_at: Time,
    /// The key of the role that is only on record: the person is off, and was the last who had the highest one.
    pub kept_role: Option<String>,
}

impl Row {
    /// Whether the role is held, in effect or on record.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        Some(Mark { hold: self.held?, until: self.held_until })
    }

    /// Whether what the person has is held: what is only on record they do not have.
    #[must_use]
    pub fn effective_mark(&self) -> Option<Mark> {
        self.mark().filter(|_| self.kept_role.is_none())
    }
}

/// A place of a person, as it is kept.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = placements)]
pub struct Placed {
    /// Who.
    pub user_id: UserId,
    /// Where.
    pub entity_id: EntityId,
    /// In which application.
    pub application_id: ApplicationId,
    /// By which mapping; none: it is the default entity of its type.
    pub mapping_id: Option<MappingId>,
    /// Since when.
    pub since: Time,
    /// Why the person is there although groups do not place them there.
    pub held: Option<Hold>,
    /// Until when, as [`Mark::until`].
    pub held_until: Option<Time>,
}

impl Placed {
    /// Whether the place is held.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        Some(Mark { hold: self.held?, until: self.held_until })
    }
}

/// Two mappings that want a person in places that exclude each other.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = access_conflicts)]
pub struct Conflict {
    /// Its ID.
    pub id: ConflictId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// In which application.
    pub application_id: ApplicationId,
    /// Who.
    pub user_id: UserId,
    /// `exclusive` or `organization`.
    pub kind: String,
    /// The mapping with the lower ID.
    pub first_id: MappingId,
    /// The other one.
    pub second_id: MappingId,
    /// Which of them held when it was last looked at.
    pub current_id: MappingId,
    /// Which of them somebody chose.
    pub winner_id: Option<MappingId>,
    /// When.
    pub decided_at: Option<Time>,
    /// Who, as [`crate::store::Actor`] writes it.
    pub decided_by: Option<String>,
    /// Since when it is there.
    pub created_at: Time,
}

impl Conflict {
    /// The mapping that waits.
    #[must_use]
    pub fn incoming(&self) -> &MappingId {
        if self.current_id == self.first_id { &self.second_id } else { &self.first_id }
    }
}
