//! Links with which a customer's IT admin gets into the portal, without an account here.
//!
//! A link is sent by the operator and good for days. A visit, as REST's `portal_sessions` makes it, is a link that must be
//! opened within minutes and then lasts as long as a working day. Either is claimed by the browser that starts it.

mod again;
mod choice;
mod claim;
mod codes;
mod hand_over;
mod help;
mod listing;
mod mailing;
mod making;
mod resume;
mod sessions;
mod steps;
#[cfg(test)]
mod tests;
mod trust;

pub use again::{ASKED_WITHIN, ask_again, asked_again, may_ask_again};
pub(in crate::store) use choice::go_on_with_openid;
pub use choice::{Choice, begun_anew, choose, is_shaped};
pub use claim::{Refusal, finish, leave_test_out, left, reopen, seat, start, start_with};
pub use codes::{CODE_LASTS, CodeFault, code_is_out, send_code};
pub use hand_over::hand_over;
pub use help::{Asked, Heard, Help, Missing, ask_for_help};
pub use listing::{count, count_open, open, page, stuck, to_turn_on};
pub use mailing::{mail, renew, renew_to_copy};
pub use making::{NewLink, create};
pub use resume::{resumable, resume};
pub use sessions::{NewSession, OPENED_WITHIN, STAYS, create_session, origins};
pub use steps::{Cover, Purpose, Step, Way, steps};
pub use trust::{Reach, must_be_trusted};

use super::db::or_not_found;
use super::schema::setup_links;
use super::types::word;
use super::{ConnectionId, Db, Json, OrganizationId, SetupLinkId, Time, Tx, events, organizations};
use crate::crypto;
use crate::error::Result;
use diesel::prelude::*;
use serde_json::json;

word!(
    /// How a link came about.
    Kind {
        /// Sent by the operator to somebody without an account.
        Link = "link",
        /// Asked for by the vendor's app, for somebody who is signed in there.
        Session = "session",
    }
);

word!(
    /// Where a link is in its life. A result of its row and the time.
    State {
        /// Nobody has started.
        Sent = "sent",
        /// Somebody has started, and finished no step.
        Opened = "opened",
        /// At least one step is finished.
        InProgress = "in_progress",
        /// Every step is finished, or every one but the test sign-in, which was left out.
        Completed = "completed",
        /// It was not completed in time.
        Expired = "expired",
        /// Somebody took it back.
        Revoked = "revoked",
    }
);

/// A link, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = setup_links, treat_none_as_null = true)]
pub struct SetupLink {
    /// Its ID.
    pub id: SetupLinkId,
    /// How it came about.
    pub kind: Kind,
    /// Whose single sign-on it sets up.
    pub organization_id: OrganizationId,
    /// The connection; none: it is drafted in the first step.
    pub connection_id: Option<ConnectionId>,
    /// What it covers.
    pub covers: Json<Vec<Cover>>,
    /// The guide that is chosen beforehand, or what is set up in place of SAML: see [`SetupLink::way`].
    pub provider: Option<String>,
    /// What the operator has to say.
    pub note: Option<String>,
    /// Where a visitor goes back to.
    pub return_url: Option<String>,
    /// Who the visitor is, in the words of the vendor's app. Personal: it goes with the row.
    pub person: Option<String>,
    /// SHA-256 of its token.
    pub hash: String,
    /// Prefix and last four characters of the token.
    pub hint: String,
    /// The steps that are finished.
    pub done: Json<Vec<Step>>,
    /// Who made it, as [`super::Actor`] writes it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Time,
    /// From when on it lets nobody in.
    pub expires_at: Time,
    /// When a browser claimed it.
    pub opened_at: Option<Time>,
    /// From which address that was.
    pub opened_from: Option<String>,
    /// SHA-256 of the value by which that browser is known.
    pub browser_hash: Option<String>,
    /// When the last step was finished, but for a test that was left out.
    pub completed_at: Option<Time>,
    /// When it was taken back.
    pub revoked_at: Option<Time>,
    /// The link that took its place.
    pub handed_over_to: Option<SetupLinkId>,
    /// The connection that was drafted by it, or by the one that was handed over to it: none but it is taken away for another.
    pub drafted: Option<ConnectionId>,
    /// What its holder did not find, until the step is finished.
    pub help: Option<Json<Help>>,
    /// For whom it is: it was mailed there. Personal: it goes with the row.
    pub email: Option<String>,
    /// Whether only who reads mail at that address starts with it.
    pub is_guarded: bool,
    /// When its holder asked for another one, because it is over; none: never, or they have been answered.
    pub asked_again_at: Option<Time>,
}

impl SetupLink {
    /// Whether it lets anybody in.
    #[must_use]
    pub fn is_live(&self, now: Time) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self, now: Time) -> State {
        match self {
            _ if self.revoked_at.is_some() => State::Revoked,
            _ if self.completed_at.is_some() => State::Completed,
            _ if !self.is_live(now) => State::Expired,
            _ if self.opened_at.is_none() => State::Sent,
            _ if self.done.is_empty() => State::Opened,
            _ => State::InProgress,
        }
    }

    /// Its steps in their usual order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        steps(&self.covers, self.way(), false)
    }

    /// What it is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        Purpose::of(&self.steps())
    }

    /// What is set up.
    #[must_use]
    pub fn way(&self) -> Way {
        self.provider.as_deref().and_then(|word| word.parse().ok()).unwrap_or(Way::Saml)
    }

    /// Whether it covers this.
    #[must_use]
    pub fn has(&self, cover: Cover) -> bool {
        self.covers.contains(&cover)
    }

    /// Whether a colleague handed it over.
    #[must_use]
    pub fn is_handed_over(&self) -> bool {
        self.created_by.starts_with("portal:")
    }

    /// Whether a step of it is finished.
    #[must_use]
    pub fn has_done(&self, step: Step) -> bool {
        self.done.contains(&step)
    }

    /// How many of its steps are finished, and how many there are. A test that was left out is none of those.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let steps = self.steps();
        (steps.iter().filter(|step| self.has_done(**step)).count(), steps.len())
    }

    /// Whether nothing is left to do; with `untested`, nothing but the test sign-in.
    fn is_finished(&self, untested: bool) -> bool {
        let is_over = |step: &Step| self.has_done(*step) || untested && *step == Step::Test;
        self.steps().iter().all(is_over)
    }
}

/// Finds a link or a visit.
pub fn find(db: &mut Db, id: &SetupLinkId) -> Result<SetupLink> {
    or_not_found(setup_links::table.find(id).first(db), "setup link", id)
}

/// The link of this token, whatever became of it; none also if its organization is gone.
pub fn by_token(db: &mut Db, token: &str) -> Result<Option<SetupLink>> {
    if !crypto::well_formed(crypto::SETUP_LINK, token) {
        return Ok(None);
    }
    let hash = crypto::hash(token).into_string();
    let found: Option<SetupLink> =
        setup_links::table.filter(setup_links::hash.eq(hash)).first(db).optional()?;
    match found {
        Some(link) if organizations::by_id(db, &link.organization_id)?.is_some() => Ok(Some(link)),
        _ => Ok(None),
    }
}

/// Takes a link or a visit back, and whoever came by it out of the portal.
pub fn revoke(tx: &mut Tx, id: &SetupLinkId) -> Result<SetupLink> {
    let mut link = find(tx.db, id)?;
    // Whoever has it now is meant, too.
    if let Some(next) = link.handed_over_to.clone() {
        revoke(tx, &next)?;
    }
    if link.revoked_at.is_some() {
        return Ok(link);
    }
    link.revoked_at = Some(tx.now);
    diesel::update(&link).set(&link).execute(tx.db)?;
    let kind = match link.kind {
        Kind::Link => "setup_link.revoked",
        Kind::Session => "portal_session.revoked",
    };
    tell(tx, &link, kind, json!({ "state": link.state(tx.now) }))?;
    Ok(link)
}

/// Takes all links and visits of a connection back, and whoever came by one out of the portal: how many those were.
pub(super) fn revoke_all_of_connection(tx: &mut Tx, id: &ConnectionId) -> Result<usize> {
    let rows = setup_links::table.filter(setup_links::connection_id.eq(id));
    let rows = rows.filter(setup_links::revoked_at.is_null());
    let rows = rows.filter(setup_links::expires_at.gt(tx.now));
    Ok(diesel::update(rows).set(setup_links::revoked_at.eq(Some(tx.now))).execute(tx.db)?)
}

/// The same of an organization.
pub(super) fn revoke_all(tx: &mut Tx, of: &OrganizationId) -> Result<usize> {
    let rows = setup_links::table.filter(setup_links::organization_id.eq(of));
    let rows = rows.filter(setup_links::revoked_at.is_null());
    let rows = rows.filter(setup_links::expires_at.gt(tx.now));
    Ok(diesel::update(rows).set(setup_links::revoked_at.eq(Some(tx.now))).execute(tx.db)?)
}

fn tell(tx: &mut Tx, link: &SetupLink, kind: &'static str, data: serde_json::Value) -> Result<()> {
    events::append(tx, Some(&link.organization_id), kind, link.id.as_str(), data)
}
