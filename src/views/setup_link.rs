//! What is shown of a setup link, and of the address of a visit in the portal.

use super::words;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::store::setup_links::{Cover, SetupLink, State, Step};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The address at which a link or a visit begins.
#[must_use]
pub fn address(public_url: &str, token: &Secret) -> String {
    format!("{public_url}/setup/{}", token.reveal())
}

/// A link, as far as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = SetupLink)]
pub struct SetupLinkView {
    #[schema(example = "lnk_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(example = "org_01kampz3y7f4m8t2v6c9d0e1hj")]
    organization_id: String,
    /// The connection; `null` until it is drafted in the first step.
    #[schema(example = "con_01kampz3y7f4m8t2v6c9d0e1hj")]
    connection_id: Option<String>,
    #[schema(schema_with = words::covers)]
    covers: Vec<Cover>,
    /// The guide that was chosen; `openid` or `scim` where no SAML is set up.
    #[schema(example = "jumpcloud")]
    provider: Option<String>,
    note: Option<String>,
    /// How its token begins and ends.
    #[schema(example = "sl_…x7Qd")]
    hint: String,
    #[schema(schema_with = words::setup_link_state)]
    state: State,
    /// The first step that is not finished.
    #[schema(schema_with = words::step_or_none)]
    step: Option<Step>,
    /// How many steps are finished.
    steps_done: usize,
    /// How many there are.
    steps_total: usize,
    /// Who made it, as the audit log names them.
    #[schema(example = "api_key:key_01kampz3y7f4m8t2v6c9d0e1hj")]
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// When a browser claimed it.
    opened_at: Option<DateTime<Utc>>,
    /// From which address that was.
    #[schema(example = "203.0.113.7")]
    opened_from: Option<String>,
    completed_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// Whom it was mailed to.
    #[schema(example = "ines.duarte@globex.example")]
    email: Option<String>,
    /// Whether only who reads mail at that address starts with it.
    only_this_address: bool,
    /// When its holder asked for another one, because it is over; `null` once there is one.
    another_wanted_at: Option<DateTime<Utc>>,
}

/// A new link with its address, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewSetupLink)]
pub struct NewSetupLinkView {
    #[serde(flatten)]
    row: SetupLinkView,
    /// What to send to the IT admin; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "https://sso.example.com/setup/sl_wZ0tq5Jp…x7Qd", required = true)]
    url: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the address. If you have lost it, make another.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

/// The address of a visit in the portal.
#[derive(Serialize, ToSchema)]
#[schema(as = PortalSession)]
pub struct PortalSessionView {
    /// By which it can be ended.
    #[schema(example = "lnk_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    /// Send the browser there; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "https://sso.example.com/setup/sl_wZ0tq5Jp…x7Qd", required = true)]
    url: Option<String>,
    /// By when the visit must have begun.
    expires_at: DateTime<Utc>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the address. Ask for another.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

impl SetupLinkView {
    /// As it is at this moment.
    #[must_use]
    pub fn new(row: SetupLink, now: Time) -> Self {
        let (steps_done, steps_total) = row.progress();
        Self {
            state: row.state(now),
            step: row.steps().into_iter().find(|step| !row.has_done(*step)),
            steps_done,
            steps_total,
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            connection_id: row.connection_id.map(|id| id.to_string()),
            covers: row.covers.into_inner(),
            provider: row.provider,
            note: row.note,
            hint: row.hint,
            created_by: row.created_by,
            created_at: row.created_at.to_utc(),
            expires_at: row.expires_at.to_utc(),
            opened_at: row.opened_at.map(Time::to_utc),
            opened_from: row.opened_from,
            completed_at: row.completed_at.map(Time::to_utc),
            revoked_at: row.revoked_at.map(Time::to_utc),
            email: row.email,
            only_this_address: row.is_guarded,
            another_wanted_at: row.asked_again_at.map(Time::to_utc),
        }
    }

    /// `step 5 of 8`, or why there is no next step.
    #[must_use]
    pub fn progress(&self) -> String {
        match self.state {
            State::InProgress => {
                format!("step {} of {}", self.steps_done.saturating_add(1), self.steps_total)
            }
            other => other.as_str().to_owned(),
        }
    }
}

impl NewSetupLinkView {
    /// The one answer that has the address.
    #[must_use]
    pub fn new(row: SetupLink, token: &Secret, public_url: &str, now: Time) -> Self {
        Self {
            row: SetupLinkView::new(row, now),
            url: Some(address(public_url, token)),
            shown_once: true,
            secret_withheld: None,
        }
    }
}

impl PortalSessionView {
    /// The one answer that has the address.
    #[must_use]
    pub fn new(row: &SetupLink, token: &Secret, public_url: &str) -> Self {
        Self {
            id: row.id.to_string(),
            url: Some(address(public_url, token)),
            expires_at: row.expires_at.to_utc(),
            shown_once: true,
            secret_withheld: None,
        }
    }
}
