//! The record of each sign-in attempt, check by check.

mod days;
mod hours;
mod lines;
mod listing;
mod people;
mod purge;
#[cfg(test)]
mod tests;
mod timeline;

pub use days::{DAYS, Day, by_day, lately};
pub use hours::{Failing, Hour, by_hour, failing, failing_among};
pub use lines::Checks;
pub(super) use lines::kept;
pub use listing::{Filter, Listed, checks, count, last_ended, last_received, last_test, page};
pub use people::{People, people};
pub use purge::{Purge, announce_purge, purge, purgeable};
pub use timeline::{Moment, Step, timeline};

use super::schema::traces;
use super::types::word;
use super::{
    ApplicationId, ConnectionId, Db, Json, OrganizationId, Prepared, Time, TraceId, Tx, UserId,
    events, on_backend,
};
use crate::crypto::{MasterKey, Place};
use crate::error::{Error, Result};
use crate::oidc::authorize::AuthorizationRequest;
use crate::saml::response::{Attribute, NameId};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

word!(
    /// How a sign-in came about.
    TraceKind {
        /// For an app, by email address or by login URL.
        SignIn = "sign_in",
        /// To see whether a connection works.
        Test = "test",
        /// At the identity provider.
        ProviderStarted = "idp_started",
        /// Of a member, to the console, at the operator's own provider.
        Console = "console",
    }
);

word!(
    /// How far a sign-in has come.
    Outcome {
        /// The person is at the identity provider, or on one of our pages.
        InProgress = "in_progress",
        /// The person is in.
        Succeeded = "succeeded",
        /// A check refused it.
        Failed = "failed",
        /// Nobody came back in time.
        Abandoned = "abandoned",
    }
);

/// What the identity provider said of the person, as it said it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Received {
    /// The name ID.
    pub name_id: NameId,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// How the person proved who they are, in the provider's words.
    pub authn_context: Option<String>,
}

/// One sign-in attempt.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
pub struct Trace {
    /// Its ID, which is also the relay state.
    pub id: TraceId,
    /// How it came about.
    pub kind: TraceKind,
    /// How far it has come.
    pub outcome: Outcome,
    /// The code of the cause, if it failed.
    pub cause: Option<String>,
    /// The organization, once it is known.
    pub organization_id: Option<OrganizationId>,
    /// The connection, once it is known.
    pub connection_id: Option<ConnectionId>,
    /// The application that asked.
    pub application_id: Option<ApplicationId>,
    /// The person, once they are in.
    pub user_id: Option<UserId>,
    /// The email address that was typed, or that the provider gave. Personal: views mask it.
    pub email: Option<String>,
    /// What the application asked.
    pub request: Option<Json<AuthorizationRequest>>,
    /// The ID of our last request to the provider.
    pub saml_request_id: Option<String>,
    /// SHA-256 of the value that binds the sign-in to a browser.
    pub browser_hash: Option<String>,
    /// Every check in order. The failing one is the last.
    pub checks: Json<Checks>,
    /// What the provider said. Personal: views mask it.
    pub received: Option<Json<Received>>,
    /// The message that was refused, sealed.
    pub message: Option<String>,
    /// When it began.
    pub started_at: Time,
    /// Until when an answer counts.
    pub expires_at: Time,
    /// When it ended, either way.
    pub finished_at: Option<Time>,
    /// When the person was sent to the identity provider, the last time.
    pub sent_at: Option<Time>,
    /// Whether it was begun in the portal, which only a test is.
    pub at_portal: bool,
    /// Where at the console the member wants to go, of a sign-in to it.
    pub console_path: Option<String>,
}

impl Trace {
    /// What a list shows of it.
    #[must_use]
    pub fn listed(&self) -> Listed {
        Listed {
            id: self.id.clone(),
            kind: self.kind,
            outcome: self.outcome,
            cause: self.cause.clone(),
            organization_id: self.organization_id.clone(),
            connection_id: self.connection_id.clone(),
            application_id: self.application_id.clone(),
            user_id: self.user_id.clone(),
            email: self.email.clone(),
            started_at: self.started_at,
            finished_at: self.finished_at,
        }
    }

    /// Whether it still waits for somebody.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        self.outcome == Outcome::InProgress && !self.is_left(now)
    }

    /// Whether nobody came back in time.
    #[must_use]
    pub fn is_left(&self, now: Time) -> bool {
        match self.outcome {
            Outcome::InProgress => self.expires_at <= now,
            Outcome::Abandoned => true,
            Outcome::Succeeded | Outcome::Failed => false,
        }
    }

    /// Where the message is sealed.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { table: "traces", column: "message", row: self.id.as_str() }
    }

    /// The message that was refused, as it came. Personal.
    pub fn message(&self, master: &MasterKey) -> Result<Option<String>> {
        let Some(sealed) = &self.message else { return Ok(None) };
        let opened = master.open(sealed, &self.place())?;
        Ok(Some(String::from_utf8_lossy(opened.reveal()).into_owned()))
    }
}

/// Finds a trace, of any organization.
pub fn find(db: &mut Db, id: &TraceId) -> Result<Trace> {
    by_id(db, id)?.ok_or_else(|| Error::not_found("trace", id.as_str()))
}

/// Finds a trace of one organization.
pub fn find_in(db: &mut Db, organization: &OrganizationId, id: &TraceId) -> Result<Trace> {
    let trace = find(db, id)?;
    if trace.organization_id.as_ref() == Some(organization) {
        Ok(trace)
    } else {
        Err(Error::not_found("trace", id.as_str()))
    }
}

/// Finds a trace, if there is one with this ID.
pub fn by_id(db: &mut Db, id: &TraceId) -> Result<Option<Trace>> {
    let query = traces::table.find(id);
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// Finds the sign-in whose last request to a provider had this ID.
pub fn by_saml_request(db: &mut Db, request: &str) -> Result<Option<Trace>> {
    Ok(traces::table.filter(traces::saml_request_id.eq(request)).first(db).optional()?)
}

/// Shows somebody what a trace says of a person, which the audit log keeps.
pub fn reveal(tx: &mut Tx, id: &TraceId) -> Result<Trace> {
    let trace = find(tx.db, id)?;
    events::append(tx, trace.organization_id.as_ref(), "trace.revealed", id.as_str(), json!({}))?;
    Ok(trace)
}
