//! What is shown of a connection's directory: its address, its tokens, its groups, what it asked for.

use super::words;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::scim::dialect::Dialect;
use crate::store::ConnectionId;
use crate::store::access::mappings::GroupMapping;
use crate::store::connections::scim_base_url;
use crate::store::directories::Directory;
use crate::store::directories::all_groups::Known;
use crate::store::directories::requests::{Entry, Message};
use crate::store::directories::tokens::Token;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The directory of a connection.
#[derive(Serialize, ToSchema)]
#[schema(as = Directory)]
pub struct DirectoryView {
    #[schema(example = "con_01kampz3y7f4m8t2v6c9d0e1hj")]
    connection_id: String,
    /// What the directory's administrator enters: Base URL, Tenant URL, Endpoint.
    #[schema(example = "https://sso.example.com/scim/v2/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    base_url: String,
    /// Which product it is, as far as is known.
    #[schema(example = "jumpcloud")]
    dialect: &'static str,
    /// Somebody said which dialect it is, so requests do not change it.
    is_dialect_set: bool,
    /// How many people it has.
    users: i64,
    /// How many groups it has.
    groups: i64,
    /// After how many days people whom it removed are erased; `null`: as long after as the installation has it (`retention.removed`).
    #[schema(example = 90)]
    removal_days: Option<i32>,
}

impl DirectoryView {
    /// `public_url` is the address that the base URL begins with. A connection without a token has no directory yet.
    #[must_use]
    pub fn new(connection: &ConnectionId, directory: Option<&Directory>, public_url: &str) -> Self {
        Self {
            connection_id: connection.to_string(),
            base_url: scim_base_url(public_url, connection),
            dialect: directory.map_or(Dialect::Generic, Directory::dialect).as_str(),
            is_dialect_set: directory.is_some_and(|it| it.is_dialect_set),
            users: directory.map_or(0, |it| it.users),
            groups: directory.map_or(0, |it| it.groups),
            removal_days: directory.and_then(|it| it.removal_days),
        }
    }
}

/// A token of a directory, as far as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ScimToken)]
pub struct ScimTokenView {
    #[schema(example = "sct_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(example = "con_01kampz3y7f4m8t2v6c9d0e1hj")]
    connection_id: String,
    #[schema(example = "JumpCloud")]
    label: String,
    /// How it begins and ends.
    #[schema(example = "scim_…x7Qd")]
    hint: String,
    /// `live`, `retiring` until `ends_at`, `retired`, or `revoked`.
    #[schema(example = "live")]
    state: &'static str,
    /// From where it is accepted; empty: from everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    networks: Vec<String>,
    created_at: DateTime<Utc>,
    /// From when on it is refused; `null`: never.
    ends_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
    /// The address from which it was last used.
    #[schema(example = "203.0.113.7")]
    last_used_from: Option<String>,
}

impl ScimTokenView {
    /// As it is at this moment.
    #[must_use]
    pub fn new(row: Token, now: Time) -> Self {
        Self {
            state: row.state(now),
            ends_at: row.ends_at().map(Time::to_utc),
            id: row.id.to_string(),
            connection_id: row.connection_id.to_string(),
            label: row.label,
            hint: row.hint,
            networks: row.networks.into_inner(),
            created_at: row.created_at.to_utc(),
            revoked_at: row.revoked_at.map(Time::to_utc),
            last_used_at: row.last_used_at.map(Time::to_utc),
            last_used_from: row.last_used_from,
        }
    }
}

/// A token of a directory with itself, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewScimToken)]
pub struct NewScimTokenView {
    #[serde(flatten)]
    row: ScimTokenView,
    /// What the directory's administrator enters beside it.
    #[schema(example = "https://sso.example.com/scim/v2/con_01kampz3y7f4m8t2v6c9d0e1hj")]
    base_url: String,
    /// The token itself; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "scim_wZ0tq5Jp…x7Qd", required = true)]
    secret: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the token. If you have lost it, revoke it and create another.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

impl NewScimTokenView {
    /// The one answer that has the secret.
    #[must_use]
    pub fn new(row: Token, secret: &Secret, public_url: &str, now: Time) -> Self {
        Self {
            base_url: scim_base_url(public_url, &row.connection_id),
            row: ScimTokenView::new(row, now),
            secret: Some(secret.reveal().to_owned()),
            shown_once: true,
            secret_withheld: None,
        }
    }
}

/// A group that a directory pushed.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupView {
    #[schema(example = "grp_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(example = "org_01kampz3y7f4m8t2v6c9d0e1hj")]
    organization_id: String,
    #[schema(example = "con_01kampz3y7f4m8t2v6c9d0e1hj")]
    connection_id: String,
    #[schema(example = "Engineering")]
    name: String,
    /// The directory's own ID of it.
    external_id: Option<String>,
    /// Keys of the roles that its members have.
    roles: Vec<String>,
    /// Everybody in it is off, and has been for a day: it is probably unbound in the directory, which tells nothing else.
    probably_unbound: bool,
    /// What its mappings come to.
    #[schema(schema_with = words::group_mapping)]
    mapping: GroupMapping,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Known> for GroupView {
    fn from(Known { group: row, is_unbound, mapping }: Known) -> Self {
        Self {
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            connection_id: row.connection_id.to_string(),
            name: row.display_name,
            external_id: Some(row.external_id).filter(|id| !id.is_empty()),
            roles: row.roles.into_inner(),
            probably_unbound: is_unbound,
            mapping,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

/// Somebody in a group.
#[derive(Serialize, ToSchema)]
#[schema(as = GroupMember)]
pub struct MemberView {
    #[schema(example = "usr_01kampz3y7f4m8t2v6c9d0e1hj")]
    /// Who.
    pub user_id: String,
}

/// A request of a directory, and what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = ScimRequest)]
pub struct ScimRequestView {
    #[schema(example = "scr_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    organization_id: String,
    connection_id: String,
    /// The token it came with.
    token_id: Option<String>,
    #[schema(example = "PATCH")]
    method: String,
    /// Path and query below the base URL.
    #[schema(example = "/Users/usr_01kampz3y7f4m8t2v6c9d0e1hj")]
    path: String,
    #[schema(example = 200)]
    status: i32,
    /// Why it was refused, if it was.
    #[schema(example = "unique_conflict")]
    code: Option<String>,
    /// What it did, in words.
    #[schema(example = "Milton B. deactivated. 2 sessions ended.")]
    effect: String,
    /// Whether anything is different since.
    is_change: bool,
    #[schema(example = "jumpcloud")]
    dialect: String,
    /// The resource it was about.
    resource_id: Option<String>,
    /// How long it took.
    duration_micros: i64,
    created_at: DateTime<Utc>,
}

/// A request of a directory with what came and what it changed.
#[derive(Serialize, ToSchema)]
#[schema(as = ScimRequestDetail)]
pub struct ScimRequestDetailView {
    #[serde(flatten)]
    row: ScimRequestView,
    /// The body that came, without passwords; `null` where there was none or it was longer than 64 KiB.
    #[schema(value_type = Option<Object>)]
    request: Option<Value>,
    /// What each attribute that is different was before and is after; who came into a group and who went, up to a hundred
    /// of each. `null` where nothing was changed.
    #[schema(
        value_type = Option<Object>,
        example = json!({ "active": { "before": true, "after": false } })
    )]
    changes: Option<Value>,
}

impl ScimRequestDetailView {
    /// The whole of it.
    #[must_use]
    pub fn new(row: Entry, message: Message) -> Self {
        let has_some = |value: &Value| value.as_object().is_some_and(|parts| !parts.is_empty());
        let changes = message.changes.filter(has_some);
        Self { row: row.into(), request: message.request, changes }
    }
}

impl From<Entry> for ScimRequestView {
    fn from(row: Entry) -> Self {
        Self {
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            connection_id: row.connection_id.to_string(),
            token_id: row.token_id.map(|id| id.to_string()),
            method: row.method,
            path: row.path,
            status: row.status,
            code: row.code,
            effect: row.effect,
            is_change: row.is_change,
            dialect: row.dialect,
            resource_id: row.resource_id,
            duration_micros: row.micros,
            created_at: row.created_at.to_utc(),
        }
    }
}
