//! What all people of an organization have at once, for an app that makes its own data right again.

use super::applications_of;
use super::entities::{Entity, all_of};
use crate::error::Result;
use crate::store::directories::groups::Group;
use crate::store::schema::{access, entities, group_members, groups, placements};
use crate::store::users::{User, UserState};
use crate::store::{ApplicationId, Db, GroupId, OrganizationId, UserId};
use diesel::prelude::*;
use std::collections::HashMap;

/// Groups, who is in them, places, and what people have.
#[derive(Debug, Default)]
pub struct Whole {
    /// The groups that directories have pushed, in the order in which they came, without those that only test.
    pub groups: Vec<Group>,
    /// In which of them a person is.
    pub member_of: HashMap<UserId, Vec<GroupId>>,
    /// All places, also those in which nobody is, in the order in which they were made.
    pub entities: Vec<Entity>,
    /// What a person has in each application in which they have anything.
    pub access: HashMap<UserId, Vec<Has>>,
}

/// What a person has in an application.
#[derive(Debug)]
pub struct Has {
    /// The application.
    pub application_id: ApplicationId,
    /// The role.
    pub role: Option<String>,
    /// The places.
    pub entities: Vec<Entity>,
}

/// What all people of an organization have, in six statements however many they are.
pub fn of_organization(
    db: &mut Db,
    organization: &OrganizationId,
    users: &[User],
) -> Result<Whole> {
    let live = groups::table
        .filter(groups::organization_id.eq(organization))
        .filter(groups::deleted_at.is_null())
        .filter(groups::is_test.eq(false));
    let mut whole = Whole {
        groups: live.order(groups::id).load(db)?,
        entities: all_of(db, organization)?,
        ..Whole::default()
    };
    let members: Vec<(UserId, GroupId)> = group_members::table
        .inner_join(groups::table)
        .filter(groups::organization_id.eq(organization))
        .filter(groups::deleted_at.is_null())
        .filter(groups::is_test.eq(false))
        .order((group_members::user_id, group_members::group_id))
        .select((group_members::user_id, group_members::group_id))
        .load(db)?;
    for (user, group) in members {
        whole.member_of.entry(user).or_default().push(group);
    }
    let rows: Vec<(UserId, ApplicationId, Option<String>)> = access::table
        .filter(access::organization_id.eq(organization))
        .select((access::user_id, access::application_id, access::role))
        .load(db)?;
    let mut roles: HashMap<(UserId, ApplicationId), Option<String>> =
        rows.into_iter().map(|(user, app, role)| ((user, app), role)).collect();
    let places: Vec<(UserId, Entity)> = placements::table
        .inner_join(entities::table)
        .filter(entities::organization_id.eq(organization))
        .order((placements::user_id, placements::entity_id))
        .select((placements::user_id, entities::all_columns))
        .load(db)?;
    let mut by_person: HashMap<(UserId, ApplicationId), Vec<Entity>> = HashMap::new();
    for (user, entity) in places {
        by_person.entry((user, entity.application_id.clone())).or_default().push(entity);
    }
    for application in applications_of(db, organization)? {
        for user in users.iter().filter(|user| user.state() == UserState::Active) {
            let key = (user.id.clone(), application.id.clone());
            // As tokens have it: who has no row yet has the default role.
            let role = roles.remove(&key).unwrap_or_else(|| application.model.default_role.clone());
            let entities = by_person.remove(&key).unwrap_or_default();
            if role.is_some() || !entities.is_empty() {
                let has = Has { application_id: application.id.clone(), role, entities };
                whole.access.entry(user.id.clone()).or_default().push(has);
            }
        }
    }
    Ok(whole)
}
