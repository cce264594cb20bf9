//! Links with which a customer's IT admin gets into the portal, without an account here (UX 7.7 and 8).
//!
//! A link is sent by the operator and good for days. A visit, as REST's `portal_sessions` makes it, is a link that must be
//! opened within minutes and then lasts as long as a working day. Either is claimed by the browser that starts it.

mod claim;
mod sessions;
mod steps;
#[cfg(test)]
mod tests;

pub use claim::{Refusal, choose, finish, reopen, seat, start};
pub use sessions::{NewSession, OPENED_WITHIN, STAYS, create_session, origins};
pub use steps::{Cover, Step, steps};

use super::db::or_not_found;
use super::input::Faults;
use super::schema::setup_links;
use super::types::word;
use super::{
    ConnectionId, Db, Json, OrganizationId, Page, SetupLinkId, Time, Tx, Window, connections,
    directories, domains, events, organizations,
};
use crate::crypto::{self, Secret};
use crate::error::{Error, Result};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

const LONGEST_NOTE: usize = 1000;

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
    /// Where a link is in its life (UX 6). A result of its row and the time.
    State {
        /// Nobody has started.
        Sent = "sent",
        /// Somebody has started, and finished no step.
        Opened = "opened",
        /// At least one step is finished.
        InProgress = "in_progress",
        /// Every step is finished.
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
    /// The guide that is chosen beforehand.
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
    /// When the last step was finished.
    pub completed_at: Option<Time>,
    /// When it was taken back.
    pub revoked_at: Option<Time>,
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
        steps(&self.covers, false)
    }

    /// Whether a step of it is finished.
    #[must_use]
    pub fn has_done(&self, step: Step) -> bool {
        self.done.contains(&step)
    }
}

/// What a new link is made of.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// The connection; none: it is drafted in the first step.
    pub connection_id: Option<ConnectionId>,
    /// What it covers.
    pub covers: Vec<Cover>,
    /// The guide that is chosen beforehand.
    pub provider: Option<String>,
    /// What the operator has to say to the IT admin.
    pub note: Option<String>,
    /// How long it is good: 1 to 30 days.
    pub days: u32,
}

/// What the operator wants set up, in a link or a visit.
struct Wanted {
    connection_id: Option<ConnectionId>,
    covers: Vec<Cover>,
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

/// A page of an organization's links, newest first, without visits.
pub fn page(db: &mut Db, window: &Window, of: &OrganizationId) -> Result<Page<SetupLink>> {
    let mut query = setup_links::table
        .filter(setup_links::organization_id.eq(of))
        .filter(setup_links::kind.eq(Kind::Link))
        .order(setup_links::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(setup_links::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |link: &SetupLink| link.id.to_string()))
}

/// How many links an organization has, without visits.
pub fn count(db: &mut Db, of: &OrganizationId) -> Result<i64> {
    let query = setup_links::table
        .filter(setup_links::organization_id.eq(of))
        .filter(setup_links::kind.eq(Kind::Link));
    Ok(query.count().get_result(db)?)
}

/// Makes a link, whose token is shown this once.
pub fn create(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: NewLink,
) -> Result<(SetupLink, Secret)> {
    let mut faults = Faults::default();
    let NewLink { connection_id, covers, provider, note, days } = new;
    if !(1..=30).contains(&days) {
        faults.add("/days", "out_of_range", "A setup link is good for 1 to 30 days.");
    }
    let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    if note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        let detail = format!("A note has at most {LONGEST_NOTE} characters.");
        faults.add("/note", "too_long", detail);
    }
    if provider.is_some() && connection_id.is_some() {
        let detail = "The connection has its provider already: leave one of them out.";
        faults.add("/provider", "invalid", detail);
    }
    let wanted = check(tx, organization, Wanted { connection_id, covers }, faults)?;
    let expires_at = tx.now.plus(TimeDelta::days(i64::from(days)));
    let (row, secret) = row(tx, organization, Kind::Link, wanted, expires_at)?;
    let link = SetupLink { provider, note, ..row };
    diesel::insert_into(setup_links::table).values(&link).execute(tx.db)?;
    let data = json!({
        "covers": &*link.covers, "connection_id": link.connection_id, "expires_at": link.expires_at,
    });
    tell(tx, &link, "setup_link.created", data)?;
    Ok((link, secret))
}

/// Takes a link back, and whoever came by it out of the portal.
pub fn revoke(tx: &mut Tx, id: &SetupLinkId) -> Result<SetupLink> {
    let mut link = find(tx.db, id)?;
    if link.revoked_at.is_some() {
        return Ok(link);
    }
    link.revoked_at = Some(tx.now);
    diesel::update(&link).set(&link).execute(tx.db)?;
    tell(tx, &link, "setup_link.revoked", json!({ "state": link.state(tx.now) }))?;
    Ok(link)
}

/// Refuses what cannot be set up, all faults at once.
fn check(tx: &mut Tx, of: &OrganizationId, wanted: Wanted, mut faults: Faults) -> Result<Wanted> {
    organizations::find(tx.db, of)?;
    let Wanted { connection_id, covers } = wanted;
    if covers.is_empty() {
        faults.add("/covers", "required", "Say what the link covers: sign_in, for example.");
    }
    let has = |cover| covers.contains(&cover);
    if let Some(id) = &connection_id {
        match connections::find_in(tx.db, of, id) {
            Ok(_) => {}
            Err(Error::NotFound { .. }) => {
                let detail = format!("There is no connection {id} in this organization.");
                faults.add("/connection_id", "not_found", detail);
            }
            Err(other) => return Err(other),
        }
    } else if has(Cover::Certificate) || (has(Cover::Provisioning) && !has(Cover::SignIn)) {
        let detail = "Provisioning and certificates belong to a connection: say which one.";
        faults.add("/connection_id", "required", detail);
    }
    faults.finish()?;
    Ok(Wanted { connection_id, covers })
}

/// A row with nothing but what every one has.
fn row(
    tx: &mut Tx,
    organization: &OrganizationId,
    kind: Kind,
    wanted: Wanted,
    expires_at: Time,
) -> Result<(SetupLink, Secret)> {
    let done = already(tx.db, organization, wanted.connection_id.as_ref(), &wanted.covers)?;
    let secret = crypto::token(crypto::SETUP_LINK);
    let row = SetupLink {
        id: SetupLinkId::new(),
        kind,
        organization_id: organization.clone(),
        connection_id: wanted.connection_id,
        covers: Json::from(wanted.covers),
        provider: None,
        note: None,
        return_url: None,
        person: None,
        hash: crypto::hash(secret.reveal()).into_string(),
        hint: format!("{}…{}", crypto::SETUP_LINK, secret.last_four()),
        done: Json::from(done),
        created_by: tx.actor.to_string(),
        created_at: tx.now,
        expires_at,
        opened_at: None,
        opened_from: None,
        browser_hash: None,
        completed_at: None,
        revoked_at: None,
    };
    Ok((row, secret))
}

/// The steps that need not be taken, because what they lead to is there. The one for which a link is made alone is
/// always to be taken.
fn already(
    db: &mut Db,
    organization: &OrganizationId,
    connection: Option<&ConnectionId>,
    covers: &[Cover],
) -> Result<Vec<Step>> {
    let all = steps(covers, false);
    let Some(connection) = connection.filter(|_| all.len() > 1) else { return Ok(Vec::new()) };
    let connection = connections::find(db, connection)?;
    let mut done = Vec::new();
    if connection.knows_its_provider() {
        done.extend([Step::Provider, Step::Create, Step::Values, Step::Attributes, Step::Metadata]);
    }
    if !domains::list(db, organization)?.is_empty() {
        done.push(Step::Domain);
    }
    if connection.tested() {
        done.push(Step::Test);
    }
    if directories::by_connection(db, &connection.id)?.is_some() {
        done.push(Step::Provisioning);
    }
    done.retain(|step| all.contains(step));
    Ok(done)
}

fn tell(tx: &mut Tx, link: &SetupLink, kind: &'static str, data: serde_json::Value) -> Result<()> {
    events::append(tx, Some(&link.organization_id), kind, link.id.as_str(), data)
}
