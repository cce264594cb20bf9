//! What is shown of an organization as a whole: by it an app makes its own data right again.

use super::organization::OrganizationView;
use super::words;
use crate::crypto;
use crate::store::GroupId;
use crate::store::access::entities::Entity;
use crate::store::access::whole::{Has, Whole};
use crate::store::directories::groups::Group;
use crate::store::users::{Source, User, UserState};
use serde::Serialize;
use utoipa::ToSchema;

/// All there is of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = OrganizationState)]
pub struct StateView {
    organization: OrganizationView,
    /// The groups that its directories have pushed, in the order in which they came.
    groups: Vec<GroupStateView>,
    /// The places in applications, also those in which nobody is, in the order in which they were made.
    entities: Vec<PlaceStateView>,
    /// All its people, in the order in which they came.
    users: Vec<PersonView>,
    /// The same as long as `organization`, `groups`, `entities` and `users` are.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    hash: String,
    /// From here on read the events that follow: give it as `cursor` to `GET events`. Some of what they tell may be in
    /// this state already.
    #[schema(example = "4711")]
    cursor: String,
    /// The number of the organization's last event before `cursor`; 0 if there is none.
    #[schema(example = 17)]
    sequence: i64,
}

/// A person, as far as apps keep them.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonState)]
pub struct PersonView {
    /// Also the `sub` of ID tokens.
    #[schema(example = "usr_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(schema_with = words::user_state)]
    state: UserState,
    /// Which way they came.
    #[schema(schema_with = words::user_source)]
    source: Source,
    /// `null` where the directory knows none.
    #[schema(example = "ada@globex.example")]
    email: Option<String>,
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    /// The IDs of the groups in which they are.
    groups: Vec<String>,
    /// What they have in each application, as its tokens tell. Somebody who is not active has nothing.
    access: Vec<AccessStateView>,
}

/// A group, as far as apps keep them.
#[derive(Serialize, ToSchema)]
#[schema(as = GroupState)]
pub struct GroupStateView {
    #[schema(example = "grp_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(example = "Engineering")]
    name: String,
    connection_id: String,
    /// The directory's own ID of it; `null` where it has none.
    external_id: Option<String>,
}

/// What a person has in an application.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessState)]
pub struct AccessStateView {
    application_id: String,
    /// `null`: none.
    #[schema(example = "admin")]
    role: Option<String>,
    entities: Vec<EntityStateView>,
}

/// A place, and whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = PlaceState)]
pub struct PlaceStateView {
    application_id: String,
    #[serde(flatten)]
    entity: EntityStateView,
    /// Where those belong who are in no other of its type.
    is_default: bool,
}

/// A place in an application.
#[derive(Serialize, ToSchema)]
#[schema(as = EntityState)]
pub struct EntityStateView {
    id: String,
    #[schema(example = "team")]
    r#type: String,
    #[schema(example = "blue")]
    key: String,
    name: String,
    external_id: Option<String>,
}

/// Which moment of the stream a state is of.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The place in the stream.
    pub cursor: i64,
    /// The number of the organization's last event.
    pub sequence: i64,
}

impl From<Group> for GroupStateView {
    fn from(row: Group) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.display_name,
            connection_id: row.connection_id.to_string(),
            external_id: Some(row.external_id).filter(|id| !id.is_empty()),
        }
    }
}

impl From<Entity> for EntityStateView {
    fn from(row: Entity) -> Self {
        Self {
            id: row.id.to_string(),
            r#type: row.kind,
            key: row.key,
            name: row.name,
            external_id: row.external_id,
        }
    }
}

impl From<Entity> for PlaceStateView {
    fn from(row: Entity) -> Self {
        Self {
            application_id: row.application_id.to_string(),
            is_default: row.is_default,
            entity: row.into(),
        }
    }
}

impl From<Has> for AccessStateView {
    fn from(has: Has) -> Self {
        Self {
            application_id: has.application_id.to_string(),
            role: has.role,
            entities: has.entities.into_iter().map(EntityStateView::from).collect(),
        }
    }
}

impl PersonView {
    fn new(row: User, groups: &[GroupId], access: Vec<Has>) -> Self {
        Self {
            state: row.state(),
            id: row.id.to_string(),
            source: row.source,
            email: Some(row.email).filter(|email| !email.is_empty()),
            name: row.name,
            given_name: row.given_name,
            family_name: row.family_name,
            groups: groups.iter().map(ToString::to_string).collect(),
            access: access.into_iter().map(AccessStateView::from).collect(),
        }
    }
}

impl StateView {
    /// A state with its hash.
    pub fn new(
        organization: OrganizationView,
        users: Vec<User>,
        mut whole: Whole,
        moment: Moment,
    ) -> serde_json::Result<Self> {
        let groups: Vec<_> = whole.groups.into_iter().map(GroupStateView::from).collect();
        let entities: Vec<_> = whole.entities.into_iter().map(PlaceStateView::from).collect();
        let person = |row: User| {
            let groups = whole.member_of.remove(&row.id).unwrap_or_default();
            let access = whole.access.remove(&row.id).unwrap_or_default();
            PersonView::new(row, &groups, access)
        };
        let users: Vec<PersonView> = users.into_iter().map(person).collect();
        let hashed = serde_json::to_vec(&(&organization, &groups, &entities, &users))?;
        let hash = crypto::hex(&crypto::sha256(&hashed));
        let Moment { cursor, sequence } = moment;
        let cursor = cursor.to_string();
        Ok(Self { organization, groups, entities, users, hash, cursor, sequence })
    }

    /// The same as long as organization, groups, places and people are.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}
