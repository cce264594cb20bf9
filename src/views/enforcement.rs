//! What is shown of who must use single sign-on, who need not, and of break-glass codes.

use super::words;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::email::Email;
use crate::store::break_glass::BreakGlassCode;
use crate::store::enforcement::{ExemptOwner, Preview, Reason};
use crate::store::organizations::{Enforcement, Organization};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether an organization requires single sign-on, and what that means for its people.
#[derive(Serialize, ToSchema)]
#[schema(as = Enforcement)]
pub struct EnforcementView {
    organization_id: String,
    #[schema(schema_with = words::enforcement)]
    enforcement: Enforcement,
    /// The connections through which people can come. Without one that is tested nothing can be required.
    active_connections: Vec<WayIn>,
    exempt_owners: Vec<ExemptOwnerView>,
    /// How many break-glass codes can still be used.
    break_glass_codes_left: i32,
    never_signed_in: NeverSignedIn,
}

/// An active connection.
#[derive(Serialize, ToSchema)]
pub struct WayIn {
    id: String,
    name: String,
    /// Whether a test sign-in passed with its present settings.
    tested: bool,
}

/// People who have never come through one of the active connections and are not exempt: where single sign-on is
/// required and they have no account at the provider, they are locked out.
#[derive(Serialize, ToSchema)]
pub struct NeverSignedIn {
    count: i64,
    /// The IDs of the first 20.
    users: Vec<String>,
}

impl EnforcementView {
    /// An organization and what requiring single sign-on means there.
    #[must_use]
    pub fn new(organization: &Organization, preview: Preview) -> Self {
        let way = |connection: &crate::store::connections::Connection| WayIn {
            id: connection.id.to_string(),
            name: connection.name.clone(),
            tested: connection.tested(),
        };
        Self {
            organization_id: organization.id.to_string(),
            enforcement: organization.enforcement,
            active_connections: preview.active.iter().map(way).collect(),
            exempt_owners: preview.owners.into_iter().map(ExemptOwnerView::from).collect(),
            break_glass_codes_left: organization.codes_left,
            never_signed_in: NeverSignedIn {
                count: preview.strangers,
                users: preview.named.iter().map(ToString::to_string).collect(),
            },
        }
    }
}

/// A person who may sign in another way, and use break-glass codes.
#[derive(Serialize, ToSchema)]
#[schema(as = ExemptOwner)]
pub struct ExemptOwnerView {
    #[schema(example = "own_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    organization_id: String,
    #[schema(example = "hank@globex.example")]
    email: String,
    created_at: DateTime<Utc>,
}

impl From<ExemptOwner> for ExemptOwnerView {
    fn from(row: ExemptOwner) -> Self {
        Self {
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            email: row.email,
            created_at: row.created_at.to_utc(),
        }
    }
}

/// Whether a person may sign in to your app in another way than by single sign-on.
#[derive(Serialize, ToSchema)]
#[schema(as = OtherWay)]
pub struct OtherWayView {
    #[schema(example = "ada@globex.example")]
    email: String,
    /// The answer.
    allowed: bool,
    /// Why: `no_organization`, `optional` or `exempt_owner` where it is allowed; `sso_required`, `user_suspended` or
    /// `user_deprovisioned` where it is not.
    #[schema(example = "sso_required")]
    reason: &'static str,
    /// Whose answer it is.
    organization_id: Option<String>,
}

impl OtherWayView {
    /// The answer about an address.
    #[must_use]
    pub fn new(email: &Email, organization: Option<&Organization>, reason: Reason) -> Self {
        Self {
            email: email.to_string(),
            allowed: reason.allows(),
            reason: reason.as_str(),
            organization_id: organization.map(|organization| organization.id.to_string()),
        }
    }
}

/// A break-glass code, as far as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = BreakGlassCode)]
pub struct BreakGlassCodeView {
    #[schema(example = "bgc_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    organization_id: String,
    /// How it begins and ends.
    #[schema(example = "bg_…2f6r")]
    hint: String,
    /// Whether it can be used: it was neither used nor revoked.
    is_live: bool,
    created_at: DateTime<Utc>,
    used_at: Option<DateTime<Utc>>,
    /// The user who used it.
    used_by: Option<String>,
    revoked_at: Option<DateTime<Utc>>,
}

/// A break-glass code with itself, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewBreakGlassCode)]
pub struct NewBreakGlassCodeView {
    #[serde(flatten)]
    row: BreakGlassCodeView,
    /// The code itself; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "bg_7hq2-vk9d-3m4x-0p1n-c8tz-2f6r", required = true)]
    secret: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

impl From<BreakGlassCode> for BreakGlassCodeView {
    fn from(row: BreakGlassCode) -> Self {
        Self {
            is_live: row.is_live(),
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            hint: row.hint,
            created_at: row.created_at.to_utc(),
            used_at: row.used_at.map(Time::to_utc),
            used_by: row.used_by.map(|user| user.to_string()),
            revoked_at: row.revoked_at.map(Time::to_utc),
        }
    }
}

impl NewBreakGlassCodeView {
    /// The one answer that has the code.
    #[must_use]
    pub fn new(row: BreakGlassCode, secret: &Secret) -> Self {
        Self {
            row: row.into(),
            secret: Some(secret.reveal().to_owned()),
            shown_once: true,
            secret_withheld: None,
        }
    }
}
