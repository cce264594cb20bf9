//! Visits: the vendor's app sends somebody who is signed in there, and gets them back.

use super::making::{Wanted, check, row};
use super::{Cover, Kind, SetupLink, tell};
use crate::crypto::Secret;
use crate::error::Result;
use crate::store::applications::Application;
use crate::store::input::Faults;
use crate::store::schema::{applications, connections, setup_links};
use crate::store::{ConnectionId, Db, OrganizationId, Tx};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use url::Url;

/// Within which time a visit must begin.
pub const OPENED_WITHIN: TimeDelta = TimeDelta::minutes(5);
/// How long a visit lasts.
pub const STAYS: TimeDelta = TimeDelta::hours(8);
const LONGEST_PERSON: usize = 254;

/// What a visit is made of.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// What the visitor is to set up.
    pub covers: Vec<Cover>,
    /// The connection; none: the organization's only one, or it is drafted in the first step.
    pub connection_id: Option<ConnectionId>,
    /// Where the visitor goes back to: at an origin that an application of the organization has registered.
    pub return_url: Option<String>,
    /// Who the visitor is, in the words of the vendor's app.
    pub person: Option<String>,
}

/// Makes a visit, whose address is shown this once and good for five minutes.
pub fn create_session(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: NewSession,
) -> Result<(SetupLink, Secret)> {
    let NewSession { covers, connection_id, return_url, person } = new;
    let mut faults = Faults::default();
    if let Some(address) = &return_url {
        faults.web_address("/return_url", address);
        let at = Url::parse(address).map(|url| url.origin().ascii_serialization());
        let known = origins(tx.db, organization)?;
        if at.is_ok_and(|at| !known.contains(&at)) {
            let detail = "No application of this organization has a redirect address, a start of sign-ins or a fallback there. Register one, or send people back to one that is.";
            faults.add("/return_url", "origin_unknown", detail);
        }
    }
    if person.as_ref().is_some_and(|person| person.chars().count() > LONGEST_PERSON) {
        let detail = format!("An actor has at most {LONGEST_PERSON} characters.");
        faults.add("/actor", "too_long", detail);
    }
    let connection_id = match connection_id {
        Some(id) => Some(id),
        None => only_connection(tx.db, organization, &mut faults)?,
    };
    let wanted = check(tx, organization, Wanted { connection_id, covers }, faults)?;
    let expires_at = tx.now.plus(OPENED_WITHIN);
    let (row, secret) = row(tx, organization, Kind::Session, wanted, expires_at)?;
    let session = SetupLink { return_url, person, ..row };
    diesel::insert_into(setup_links::table).values(&session).execute(tx.db)?;
    let data = json!({ "covers": &*session.covers, "connection_id": session.connection_id });
    tell(tx, &session, "portal_session.created", data)?;
    Ok((session, secret))
}

/// The origins of the addresses that applications of an organization have registered.
pub fn origins(db: &mut Db, organization: &OrganizationId) -> Result<Vec<String>> {
    let all: Vec<Application> =
        applications::table.filter(applications::deleted_at.is_null()).load(db)?;
    let of = |application: &Application| {
        let more = [&application.initiate_login_uri, &application.fallback_url];
        let more = more.into_iter().flatten().cloned();
        application.redirect_uris.iter().cloned().chain(more).collect::<Vec<String>>()
    };
    let addresses = all.iter().filter(|one| one.admits(organization)).flat_map(of);
    let web = addresses.filter_map(|address| Url::parse(&address).ok());
    Ok(web
        .filter(|url| matches!(url.scheme(), "https" | "http"))
        .map(|url| url.origin().ascii_serialization())
        .collect())
}

fn only_connection(
    db: &mut Db,
    organization: &OrganizationId,
    faults: &mut Faults,
) -> Result<Option<ConnectionId>> {
    let mut all: Vec<ConnectionId> = connections::table
        .filter(connections::organization_id.eq(organization))
        .filter(connections::deleted_at.is_null())
        .select(connections::id)
        .load(db)?;
    if all.len() > 1 {
        let detail = "The organization has several connections: say which one.";
        faults.add("/connection_id", "required", detail);
    }
    Ok(all.pop())
}
