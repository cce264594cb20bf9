//! The demo: a customer, an identity provider and an app that are there without anybody setting them up.
//!
//! It uses the product as anybody else does: what it makes could be made by hand.

use super::applications::{self, Application, ApplicationKind, ApplicationPatch, NewApplication};
use super::connections::{self, Connection, ConnectionPatch, NewConnection, Settings};
use super::keys::demo::{self as keys, DemoKeys};
use super::organizations::{self, Admission, NewOrganization, Organization};
use super::schema::{
    applications as application_rows, connections as connection_rows,
    organizations as organization_rows, replays, traces,
};
use super::{Actor, Db, OrganizationId, Scope, Store, Tx, domains};
use crate::crypto::MasterKey;
use crate::domain::DomainName;
use crate::error::{Error, Result};
use crate::saml::issue;
use crate::saml::metadata::{self, IdentityProvider};
use anyhow::anyhow;
use diesel::prelude::*;

/// The email domain of the demo's people: nobody's, by RFC 2606.
pub const DOMAIN: &str = "demo.example";

/// Where the demo's identity provider is, below the public address; also the end of its entity ID.
const PROVIDER: &str = "/demo/idp";
/// Where the demo's app is.
const APP: &str = "/demo/app";

/// A person whom the demo's identity provider knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The word for the person in addresses and on the command line, and the local part of the email address.
    pub word: &'static str,
    /// The given name.
    pub given_name: &'static str,
    /// The family name.
    pub family_name: &'static str,
    /// Whether the provider lets the person use the app.
    pub is_assigned: bool,
}

/// Everybody whom the demo's identity provider knows.
pub const PEOPLE: [Person; 4] = [
    Person { word: "ada", given_name: "Ada", family_name: "Lovelace", is_assigned: true },
    Person { word: "grace", given_name: "Grace", family_name: "Hopper", is_assigned: true },
    Person { word: "alan", given_name: "Alan", family_name: "Turing", is_assigned: true },
    Person { word: "eve", given_name: "Eve", family_name: "Moneypenny", is_assigned: false },
];

impl Person {
    /// Finds a person by the word for them.
    #[must_use]
    pub fn by_word(word: &str) -> Option<&'static Self> {
        PEOPLE.iter().find(|person| person.word == word)
    }

    /// The email address.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}@{DOMAIN}", self.word)
    }

    /// The full name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

/// The demo as it is set up.
#[derive(Debug, Clone)]
pub struct Demo {
    /// The customer.
    pub organization: Organization,
    /// Its identity provider.
    pub connection: Connection,
    /// The app that people sign in to.
    pub application: Application,
}

/// How much there was to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// Customers, with all that belongs to them.
    pub organizations: usize,
    /// Apps.
    pub applications: usize,
}

/// The entity ID of the demo's identity provider.
#[must_use]
pub fn entity_id(public_url: &str) -> String {
    format!("{public_url}{PROVIDER}")
}

/// Where the demo's identity provider takes requests.
#[must_use]
pub fn sign_on_url(public_url: &str) -> String {
    format!("{public_url}{PROVIDER}/sso")
}

/// Where the demo's app is.
#[must_use]
pub fn app_url(public_url: &str) -> String {
    format!("{public_url}{APP}")
}

/// Where the demo's app takes its codes.
#[must_use]
pub fn callback_url(public_url: &str) -> String {
    format!("{public_url}{APP}/callback")
}

/// The metadata that the demo's identity provider publishes.
pub fn metadata(public_url: &str, keys: &DemoKeys) -> Result<String> {
    let signer = Some(keys.signer());
    let (entity_id, sign_on) = (entity_id(public_url), sign_on_url(public_url));
    issue::metadata(&entity_id, &sign_on, &keys.certificates(), signer.as_ref())
}

/// Finds the demo, if all of it is there.
pub fn find(db: &mut Db) -> Result<Option<Demo>> {
    let (Some(organization), Some(application)) = (organization(db)?, application(db)?) else {
        return Ok(None);
    };
    let connection = connection(db, &organization.id)?;
    Ok(connection.map(|connection| Demo { organization, connection, application }))
}

/// Sets the demo up, or mends what somebody changed of it. Doing it again changes nothing.
pub fn up(store: &Store, master: &MasterKey, public_url: &str, actor: &Actor) -> Result<Demo> {
    let (organization, application) = store.write_now(&Scope::System, actor, |tx| {
        keys::keep(tx, master)?;
        let organization = match organization(tx.db)? {
            Some(organization) => organization,
            None => organizations::create(tx, new_organization()?)?,
        };
        Ok((organization, keep_application(tx, public_url)?))
    })?;
    let connection = store.write_now(&Scope::from(&organization.id), actor, |tx| {
        keep_domain(tx, &organization.id)?;
        keep_connection(tx, master, public_url, &organization, &application)
    })?;
    Ok(Demo { organization, connection, application })
}

/// Removes every part of the demo, and what happened in it. The audit log keeps that it was there.
pub fn down(store: &Store, actor: &Actor) -> Result<Removed> {
    store.write_now(&Scope::System, actor, |tx| {
        let ours: Vec<OrganizationId> = organization_rows::table
            .filter(organization_rows::is_demo.eq(true))
            .select(organization_rows::id)
            .load(tx.db)?;
        for id in &ours {
            if organizations::by_id(tx.db, id)?.is_some() {
                organizations::delete(tx, id)?;
            }
        }
        while let Some(application) = application(tx.db)? {
            applications::delete(tx, &application.id)?;
        }
        keys::delete(tx)?;
        purge(tx, &ours)
    })
}

/// Deletes for good: nobody will want to restore a demo.
fn purge(tx: &mut Tx, ours: &[OrganizationId]) -> Result<Removed> {
    let connections = connection_rows::table
        .filter(connection_rows::organization_id.eq_any(ours))
        .select(connection_rows::id);
    diesel::delete(replays::table.filter(replays::connection_id.eq_any(connections)))
        .execute(tx.db)?;
    diesel::delete(traces::table.filter(traces::organization_id.eq_any(ours))).execute(tx.db)?;
    let organizations = diesel::delete(organization_rows::table)
        .filter(organization_rows::is_demo.eq(true))
        .execute(tx.db)?;
    let applications = diesel::delete(application_rows::table)
        .filter(application_rows::is_demo.eq(true))
        .execute(tx.db)?;
    Ok(Removed { organizations, applications })
}

fn organization(db: &mut Db) -> Result<Option<Organization>> {
    let found = organization_rows::table
        .filter(organization_rows::is_demo.eq(true))
        .filter(organization_rows::deleted_at.is_null())
        .order(organization_rows::id)
        .first(db);
    Ok(found.optional()?)
}

fn application(db: &mut Db) -> Result<Option<Application>> {
    let found = application_rows::table
        .filter(application_rows::is_demo.eq(true))
        .filter(application_rows::deleted_at.is_null())
        .order(application_rows::id)
        .first(db);
    Ok(found.optional()?)
}

/// The connection with the demo's own provider: a developer may have added others to try them.
fn connection(db: &mut Db, organization: &OrganizationId) -> Result<Option<Connection>> {
    let all: Vec<Connection> = connection_rows::table
        .filter(connection_rows::organization_id.eq(organization))
        .filter(connection_rows::deleted_at.is_null())
        .order(connection_rows::id)
        .load(db)?;
    let is_ours = |provider: &IdentityProvider| provider.entity_id.ends_with(PROVIDER);
    Ok(all.into_iter().find(|connection| {
        connection.identity_provider.as_ref().is_some_and(|provider| is_ours(provider))
    }))
}

fn new_organization() -> Result<NewOrganization> {
    Ok(NewOrganization {
        name: "Demo Company".to_owned(),
        external_id: None,
        admission: Admission::Both,
        metadata: serde_json::Map::new(),
        is_demo: true,
        domains: vec![domain()?],
        vouch: true,
    })
}

fn domain() -> Result<DomainName> {
    DomainName::parse(DOMAIN)
        .map_err(|fault| Error::Internal(anyhow!("the demo's domain: {fault}")))
}

fn keep_domain(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    let there = domains::list(tx.db, organization)?;
    match there.into_iter().find(|domain| domain.name == DOMAIN) {
        Some(domain) => domains::vouch(tx, &domain)?,
        None => domains::add(tx, organization, &domain()?, true)?,
    };
    Ok(())
}

/// The app is a public client, so it has no secret and PKCE is its proof. It takes everybody's people: a developer
/// sees with it what another connection sends.
fn keep_application(tx: &mut Tx, public_url: &str) -> Result<Application> {
    let redirect_uris = vec![callback_url(public_url)];
    let post_logout_redirect_uris = vec![app_url(public_url)];
    let start = Some(format!("{}/sign-in", app_url(public_url)));
    if let Some(application) = application(tx.db)? {
        let patch = ApplicationPatch {
            redirect_uris: Some(redirect_uris),
            post_logout_redirect_uris: Some(post_logout_redirect_uris),
            initiate_login_uri: Some(start),
            ..ApplicationPatch::default()
        };
        return applications::change(tx, &application.id, patch);
    }
    let new = NewApplication {
        redirect_uris,
        post_logout_redirect_uris,
        initiate_login_uri: start,
        is_demo: true,
        ..NewApplication::usual("Demo app", ApplicationKind::Native)
    };
    Ok(applications::create(tx, new)?.0)
}

/// The connection knows its provider by the metadata that the provider publishes, read as everybody's is.
fn keep_connection(
    tx: &mut Tx,
    master: &MasterKey,
    public_url: &str,
    organization: &Organization,
    application: &Application,
) -> Result<Connection> {
    let settings =
        Settings { default_application: Some(application.id.clone()), ..Settings::default() };
    let connection = if let Some(connection) = connection(tx.db, &organization.id)? {
        let patch = ConnectionPatch { settings: Some(settings), ..ConnectionPatch::default() };
        connections::change(tx, &connection.id, patch)?
    } else {
        let new = NewConnection {
            name: "Demo provider".to_owned(),
            provider: "generic".to_owned(),
            settings,
        };
        connections::create(tx, &organization.id, new)?
    };
    let keys = keys::load(tx.db, master)?
        .ok_or_else(|| Error::Internal(anyhow!("the demo provider's keys are missing")))?;
    let ours = format!("{public_url}/saml/");
    let text = metadata(public_url, &keys)?;
    let provider = metadata::parse(text.as_bytes(), None, &ours, tx.now)
        .map_err(|fault| Error::Invalid(vec![fault.field_error("/metadata")]))?;
    let is_known = connection.identity_provider.as_ref().is_some_and(|known| **known == provider);
    if !is_known {
        connections::import(tx, &connection.id, provider, None, true)?;
    }
    connections::activate(tx, &connection.id, true)
}

#[cfg(test)]
mod tests;
