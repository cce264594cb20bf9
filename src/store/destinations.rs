//! Where a person is sent to sign in.

use super::applications::Application;
use super::connections::{self, Connection};
use super::organizations::{self, Organization};
use super::{ConnectionId, Db};
use crate::domain::DomainName;
use crate::email::Email;
use crate::error::Result;

/// What is known of a person before they have said who they are.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// A connection's ID.
    pub connection: Option<String>,
    /// An organization's ID, or the vendor's own ID of it.
    pub organization: Option<String>,
    /// A domain.
    pub domain: Option<String>,
    /// An email address.
    pub email: Option<String>,
}

/// Where a person is sent to sign in.
#[derive(Debug)]
pub enum Destination {
    /// To this connection, whatever state it is in.
    Connection(Box<Connection>, Organization),
    /// To one of these, as they choose.
    Choice(Organization, Vec<Connection>),
    /// Nobody said anything: ask for the email address.
    Unasked,
    /// What was said leads nowhere.
    Nowhere,
}

impl Destination {
    /// The organization that the person belongs to.
    #[must_use]
    pub fn organization(&self) -> Option<&Organization> {
        match self {
            Self::Connection(_, organization) | Self::Choice(organization, _) => Some(organization),
            Self::Unasked | Self::Nowhere => None,
        }
    }
}

/// Finds where the hints lead. The most exact one counts; an organization that the application may not
/// serve counts as none.
///
/// The answer depends on what the hints name, never on whether a person exists.
pub fn find(db: &mut Db, hints: &Hints, application: Option<&Application>) -> Result<Destination> {
    let found = if let Some(id) = &hints.connection {
        by_connection(db, id)?
    } else if let Some(id) = &hints.organization {
        by_organization(db, id)?
    } else if let Some(text) = &hints.domain {
        by_domain(db, DomainName::parse(text).ok().as_ref())?
    } else if let Some(text) = &hints.email {
        by_domain(db, Email::parse(text).ok().as_ref().map(Email::domain))?
    } else {
        Destination::Unasked
    };
    let refused = match (found.organization(), application) {
        (Some(organization), Some(application)) => !application.admits(&organization.id),
        _ => false,
    };
    Ok(if refused { Destination::Nowhere } else { found })
}

fn by_connection(db: &mut Db, id: &str) -> Result<Destination> {
    let Ok(id) = id.parse::<ConnectionId>() else { return Ok(Destination::Nowhere) };
    let found = connections::by_id_with_organization(db, &id)?;
    Ok(found.map_or(Destination::Nowhere, |(connection, organization)| {
        Destination::Connection(Box::new(connection), organization)
    }))
}

fn by_organization(db: &mut Db, id: &str) -> Result<Destination> {
    let found = match id.parse() {
        Ok(id) => organizations::by_id(db, &id)?,
        Err(_) => organizations::by_external_id(db, id)?,
    };
    match found {
        Some(organization) => of(db, organization),
        None => Ok(Destination::Nowhere),
    }
}

/// By a domain; text that is none leads nowhere.
fn by_domain(db: &mut Db, domain: Option<&DomainName>) -> Result<Destination> {
    match domain.map(|domain| organizations::by_domain(db, domain)).transpose()?.flatten() {
        Some(organization) => of(db, organization),
        None => Ok(Destination::Nowhere),
    }
}

/// The connections of an organization that people use: the active ones, or if there is none, the one
/// that was, so that the page can say whose sign-in is unavailable and since when.
fn of(db: &mut Db, organization: Organization) -> Result<Destination> {
    let mut usable = connections::usable_in(db, &organization.id)?;
    Ok(match (usable.pop(), usable.is_empty()) {
        (None, _) => Destination::Nowhere,
        (Some(only), true) => Destination::Connection(Box::new(only), organization),
        (Some(last), false) => {
            usable.push(last);
            Destination::Choice(organization, usable)
        }
    })
}
