//! What is shown of a domain.

use super::words;
use crate::clock::Time;
use crate::store::domains::{Domain, DomainState};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// An email domain of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = Domain)]
pub struct DomainView {
    #[schema(example = "dom_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    organization_id: String,
    /// In lower case and ASCII (IDNA).
    #[schema(example = "globex.example")]
    name: String,
    #[schema(schema_with = words::domain_state)]
    state: DomainState,
    /// Whether people with this domain in their address may sign in. A domain is live in one organization only.
    is_live: bool,
    dns_record: DnsRecord,
    created_at: DateTime<Utc>,
    /// When the DNS was last asked.
    checked_at: Option<DateTime<Utc>>,
    live_at: Option<DateTime<Utc>>,
}

/// What the customer adds to the DNS to show that the domain is theirs.
#[derive(Serialize, ToSchema)]
pub struct DnsRecord {
    #[schema(example = "TXT")]
    r#type: &'static str,
    #[schema(example = "_vestibule.globex.example")]
    name: String,
    #[schema(example = "vestibule-domain-verification=0f3c1a52b7e94d0c8a6f12d45b7c9e31")]
    value: String,
}

impl From<Domain> for DomainView {
    fn from(row: Domain) -> Self {
        let (name, value) = row.record();
        Self {
            is_live: row.is_live(),
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            name: row.name,
            state: row.state,
            dns_record: DnsRecord { r#type: "TXT", name, value },
            created_at: row.created_at.to_utc(),
            checked_at: row.checked_at.map(Time::to_utc),
            live_at: row.live_at.map(Time::to_utc),
        }
    }
}
