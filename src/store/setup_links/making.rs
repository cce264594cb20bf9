//! A link is made: what it may cover, and which of its steps need not be taken.

use super::{Cover, Kind, SetupLink, Step, Way, again, steps, tell};
use crate::config::LinkDays;
use crate::crypto::{self, Secret};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::store::connections::{self, Protocol};
use crate::store::input::Faults;
use crate::store::schema::setup_links;
use crate::store::{
    ConnectionId, Db, Json, OrganizationId, SetupLinkId, Time, Tx, directories, domains,
    organizations,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

const LONGEST_NOTE: usize = 1000;

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
    /// The address of whom it is for.
    pub email: Option<String>,
    /// Whether only who reads mail there starts with it: a code is mailed before.
    pub is_guarded: bool,
}

impl Default for NewLink {
    /// A link as most are: for all that is usual and nobody in particular, for a week.
    fn default() -> Self {
        Self {
            connection_id: None,
            covers: Cover::USUAL.to_vec(),
            provider: None,
            note: None,
            days: 7,
            email: None,
            is_guarded: false,
        }
    }
}

/// What the operator wants set up, in a link or a visit.
pub(super) struct Wanted {
    pub(super) connection_id: Option<ConnectionId>,
    pub(super) covers: Vec<Cover>,
}

/// Makes a link, whose token is shown this once.
pub fn create(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: NewLink,
) -> Result<(SetupLink, Secret)> {
    let mut faults = Faults::default();
    let NewLink { connection_id, covers, provider, note, days, email, is_guarded } = new;
    if !LinkDays::RANGE.contains(&days) {
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
    let email = email.filter(|text| !text.trim().is_empty()).and_then(|text| {
        let read = Email::parse(&text);
        read.map_err(|fault| faults.add("/email", fault.code(), fault.to_string())).ok()
    });
    if is_guarded && email.is_none() {
        let detail = "Say at which address: a code is mailed there before anybody starts.";
        faults.add("/email", "required", detail);
    }
    let wanted = check(tx, organization, Wanted { connection_id, covers }, faults)?;
    let expires_at = tx.now.plus(TimeDelta::days(i64::from(days)));
    let (row, secret) = row(tx, organization, Kind::Link, wanted, expires_at)?;
    let email = email.map(|email| email.to_string());
    let provider = provider.or(row.provider.clone());
    let link = SetupLink { provider, note, email, is_guarded, ..row };
    diesel::insert_into(setup_links::table).values(&link).execute(tx.db)?;
    again::answer(tx, organization)?;
    let data = json!({
        "covers": &*link.covers, "connection_id": link.connection_id, "expires_at": link.expires_at,
    });
    tell(tx, &link, "setup_link.created", data)?;
    Ok((link, secret))
}

/// Refuses what cannot be set up, all faults at once.
pub(super) fn check(
    tx: &mut Tx,
    of: &OrganizationId,
    wanted: Wanted,
    mut faults: Faults,
) -> Result<Wanted> {
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
    } else if has(Cover::Certificate)
        || ((has(Cover::Provisioning) || has(Cover::Traces)) && !has(Cover::SignIn))
    {
        let detail = "Provisioning, certificates and traces belong to a connection: say which one.";
        faults.add("/connection_id", "required", detail);
    }
    faults.finish()?;
    Ok(Wanted { connection_id, covers })
}

/// A row with nothing but what every one has.
pub(super) fn row(
    tx: &mut Tx,
    organization: &OrganizationId,
    kind: Kind,
    wanted: Wanted,
    expires_at: Time,
) -> Result<(SetupLink, Secret)> {
    let (way, done) = already(tx.db, organization, wanted.connection_id.as_ref(), &wanted.covers)?;
    let secret = crypto::token(crypto::SETUP_LINK);
    let row = SetupLink {
        id: SetupLinkId::new(),
        kind,
        organization_id: organization.clone(),
        connection_id: wanted.connection_id,
        covers: Json::from(wanted.covers),
        provider: (way != Way::Saml).then(|| way.to_string()),
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
        handed_over_to: None,
        drafted: None,
        help: None,
        email: None,
        is_guarded: false,
        asked_again_at: None,
    };
    Ok((row, secret))
}

/// What a connection is, and the steps that need not be taken because what they lead to is there. The one for which a
/// link is made alone is always to be taken.
pub(super) fn already(
    db: &mut Db,
    organization: &OrganizationId,
    connection: Option<&ConnectionId>,
    covers: &[Cover],
) -> Result<(Way, Vec<Step>)> {
    let Some(connection) = connection else { return Ok((Way::Saml, Vec::new())) };
    let connection = connections::find(db, connection)?;
    let way = match connection.protocol {
        Protocol::Saml => Way::Saml,
        Protocol::Oidc => Way::OpenId,
    };
    let all = steps(covers, way, false);
    if all.len() == 1 {
        return Ok((way, Vec::new()));
    }
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
    Ok((way, done))
}
