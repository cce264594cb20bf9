//! What is shown of an organization as a whole: by it an app makes its own data right again.

use super::organization::OrganizationView;
use super::words;
use crate::crypto;
use crate::store::users::{Source, User, UserState};
use serde::Serialize;
use utoipa::ToSchema;

/// All there is of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = OrganizationState)]
pub struct StateView {
    organization: OrganizationView,
    /// All its people, in the order in which they came.
    users: Vec<PersonView>,
    /// The same as long as `organization` and `users` are.
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
}

/// Which moment of the stream a state is of.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The place in the stream.
    pub cursor: i64,
    /// The number of the organization's last event.
    pub sequence: i64,
}

impl From<User> for PersonView {
    fn from(row: User) -> Self {
        Self {
            state: row.state(),
            id: row.id.to_string(),
            source: row.source,
            email: Some(row.email).filter(|email| !email.is_empty()),
            name: row.name,
            given_name: row.given_name,
            family_name: row.family_name,
        }
    }
}

impl StateView {
    /// A state with its hash.
    pub fn new(
        organization: OrganizationView,
        users: Vec<User>,
        moment: Moment,
    ) -> serde_json::Result<Self> {
        let users: Vec<PersonView> = users.into_iter().map(PersonView::from).collect();
        let hash = crypto::hex(&crypto::sha256(&serde_json::to_vec(&(&organization, &users))?));
        let Moment { cursor, sequence } = moment;
        Ok(Self { organization, users, hash, cursor: cursor.to_string(), sequence })
    }

    /// The same as long as organization and people are.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}
