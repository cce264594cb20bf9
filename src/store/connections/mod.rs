//! Connections: one identity provider linked to one organization.

mod addresses;
mod attention;
pub mod certificates;
mod contacts;
mod entities;
mod failing;
mod known;
mod lifecycle;
mod listing;
mod metadata;
pub mod openid;
mod refresh;
mod settings;
mod signs;
#[cfg(test)]
mod tests;

pub use addresses::{keep_addresses, scim_base_url};
pub use attention::{Attention, attention};
pub(in crate::store) use contacts::suggest as suggest_contact;
pub use contacts::{contact, set_contact};
pub use entities::{adopt_entity_ids, by_entity_id};
pub use failing::{Turn, tell_turned, turned};
pub use known::{Known, known, known_page};
pub(in crate::store) use lifecycle::forget_test;
pub use lifecycle::{
    activate, delete, delete_with, disable, disable_with, gone, record_test, restore, tested_at,
    unlink,
};
pub use listing::{Filter, Order, count, page, page_in, tally};
pub use metadata::{check_metadata, import};
pub use refresh::{Refreshed, accept, has_only_gained, refresh};
pub use settings::Settings;
pub use signs::Signs;

use super::input::Faults;
use super::organizations::{self as customers, Organization};
use super::schema::{connections, domains, organizations};
use super::types::word;
use super::{
    ConnectionId, Db, Json, OrganizationId, Prepared, Time, Tx, applications, events, on_backend,
    refreshes,
};
use crate::domain::DomainName;
use crate::error::{Error, Result};
use crate::guides::GENERIC;
use crate::oidc::provider::Provider;
use crate::saml::metadata::IdentityProvider;
use diesel::prelude::*;
use refresh::revise;
use serde_json::json;

word!(
    /// Where a connection is in its life.
    ConnectionState {
        /// Being set up: the provider is not known yet.
        Draft = "draft",
        /// The provider is known, and sign-ins can be tried.
        Testing = "testing",
        /// People sign in.
        Active = "active",
        /// Turned off.
        Disabled = "disabled",
        /// Deleted, and restorable for 30 days.
        Deleted = "deleted",
    }
);

word!(
    /// What a connection speaks with its provider.
    Protocol {
        /// SAML 2.0.
        Saml = "saml",
        /// OpenID Connect.
        Oidc = "oidc",
    }
);

/// One identity provider linked to one organization.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(treat_none_as_null = true)]
pub struct Connection {
    /// Its ID.
    pub id: ConnectionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What people choose by when there are several.
    pub name: String,
    /// The guide that names things as the provider does: `jumpcloud`.
    pub provider: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it is in its life.
    pub state: ConnectionState,
    /// How it signs people in.
    pub settings: Json<Settings>,
    /// What is known of the provider.
    pub identity_provider: Option<Json<IdentityProvider>>,
    /// Where the provider's metadata is published.
    pub metadata_url: Option<String>,
    /// When the metadata was last taken over.
    pub metadata_at: Option<Time>,
    /// Counts the changes of settings and provider.
    pub revision: i64,
    /// The revision with which a sign-in last succeeded as a test.
    pub tested_revision: Option<i64>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Since when it is off.
    pub disabled_at: Option<Time>,
    /// When it was deleted.
    pub deleted_at: Option<Time>,
    /// What is known of a provider that speaks OpenID Connect.
    pub openid_provider: Option<Json<Provider>>,
    /// By which entity ID the provider knows us; none: by our own for the connection.
    pub sp_entity_id: Option<String>,
    /// To which assertion consumer service our requests ask for the answer; none: to our own.
    pub acs_url: Option<String>,
    /// What the provider calls itself, to look for.
    pub provider_entity_id: Option<String>,
}

impl Connection {
    /// Whether people sign in by it, or did: whoever changes its provider changes who gets in.
    #[must_use]
    pub fn is_used(&self) -> bool {
        matches!(self.state, ConnectionState::Active | ConnectionState::Disabled)
    }

    /// The guide that says where in the provider's console something is mended. The guides of providers speak of SAML apps.
    #[must_use]
    pub fn guide_of_fixes(&self) -> &str {
        match self.protocol {
            Protocol::Saml => &self.provider,
            Protocol::Oidc => GENERIC,
        }
    }

    /// Whether it is known who the provider is.
    #[must_use]
    pub fn knows_its_provider(&self) -> bool {
        self.identity_provider.is_some() || self.openid_provider.is_some()
    }

    /// Refuses what needs to know the provider where it is not known yet.
    pub fn needs_its_provider(&self) -> Result<()> {
        match self.protocol {
            _ if self.knows_its_provider() => Ok(()),
            Protocol::Saml => Err(Error::conflict(
                "metadata_required",
                "The identity provider is not known yet. Give its metadata first: a URL, a file or single values.",
            )),
            Protocol::Oidc => Err(Error::conflict(
                "openid_required",
                "The identity provider is not known yet. Give its issuer and the client ID first.",
            )),
        }
    }

    /// Refuses what only connections of the other protocol have.
    pub fn must_speak(&self, protocol: Protocol) -> Result<()> {
        if self.protocol == protocol {
            return Ok(());
        }
        let detail = match self.protocol {
            Protocol::Saml => {
                "This connection speaks SAML: it has metadata, and neither issuer nor client ID. For OpenID Connect make a new connection."
            }
            Protocol::Oidc => {
                "This connection speaks OpenID Connect: it has an issuer and a client ID, and neither metadata nor certificates. For SAML make a new connection."
            }
        };
        Err(Error::conflict("other_protocol", detail))
    }

    /// Whether a test sign-in passed with the present settings and provider.
    #[must_use]
    pub fn tested(&self) -> bool {
        self.tested_revision == Some(self.revision)
    }
}

/// What a new connection is made of.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// What people choose by when there are several.
    pub name: String,
    /// The guide that names things as the provider does.
    pub provider: String,
    /// How it signs people in.
    pub settings: Settings,
}

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ConnectionPatch {
    /// What people choose by when there are several.
    pub name: Option<String>,
    /// The guide that names things as the provider does.
    pub provider: Option<String>,
    /// How it signs people in; takes the place of all settings.
    pub settings: Option<Settings>,
}

/// Finds a connection of any organization, neither of them deleted.
pub fn find(db: &mut Db, id: &ConnectionId) -> Result<Connection> {
    find_with_organization(db, id).map(|(connection, _)| connection)
}

/// Finds a connection that belongs to `organization`.
pub fn find_in(
    db: &mut Db,
    organization: &OrganizationId,
    id: &ConnectionId,
) -> Result<Connection> {
    let found = by_id_with_organization(db, id)?.map(|(connection, _)| connection);
    found
        .filter(|connection| &connection.organization_id == organization)
        .ok_or_else(|| Error::not_found("connection", id.as_str()))
}

/// Finds a connection with its organization, neither of them deleted.
pub fn find_with_organization(
    db: &mut Db,
    id: &ConnectionId,
) -> Result<(Connection, Organization)> {
    by_id_with_organization(db, id)?.ok_or_else(|| Error::not_found("connection", id.as_str()))
}

/// Finds a connection with its organization, if there is one and neither of them is deleted.
pub fn by_id_with_organization(
    db: &mut Db,
    id: &ConnectionId,
) -> Result<Option<(Connection, Organization)>> {
    let query = connections::table
        .inner_join(organizations::table)
        .filter(connections::id.eq(id))
        .filter(connections::deleted_at.is_null())
        .filter(organizations::deleted_at.is_null());
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// State and revision of a connection, neither it nor its organization deleted: enough to see whether it is what it
/// was.
pub fn standing(db: &mut Db, id: &ConnectionId) -> Result<Option<(ConnectionState, i64)>> {
    let query = connections::table
        .inner_join(organizations::table)
        .filter(connections::id.eq(id))
        .filter(connections::deleted_at.is_null())
        .filter(organizations::deleted_at.is_null())
        .select((connections::state, connections::revision));
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// The active connections of the organization in which the domain is live.
pub fn for_domain(db: &mut Db, domain: &DomainName) -> Result<Vec<Connection>> {
    let owner = domains::table
        .filter(domains::name.eq(domain.as_str()))
        .filter(domains::live_at.is_not_null())
        .select(domains::organization_id);
    let found = connections::table
        .inner_join(organizations::table)
        .filter(organizations::deleted_at.is_null())
        .filter(connections::organization_id.eq_any(owner))
        .filter(connections::state.eq(ConnectionState::Active))
        .select(connections::all_columns)
        .order(connections::id)
        .load(db)?;
    Ok(found)
}

/// The active connections of an organization, in the order they were made.
pub fn active_in(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Connection>> {
    let query = connections::table
        .filter(connections::organization_id.eq(organization))
        .filter(connections::state.eq(ConnectionState::Active))
        .order(connections::id);
    Ok(on_backend!(db, conn => Prepared(query).load(conn))?)
}

/// The active connections of an organization or, if there is none, the one that was turned off last: so that the
/// person can be told whose sign-in is unavailable, and since when.
pub fn usable_in(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Connection>> {
    let active = active_in(db, organization)?;
    if !active.is_empty() {
        return Ok(active);
    }
    let off: Vec<Connection> = connections::table
        .filter(connections::organization_id.eq(organization))
        .filter(connections::state.eq(ConnectionState::Disabled))
        .load(db)?;
    Ok(off.into_iter().max_by_key(|connection| connection.disabled_at).into_iter().collect())
}

/// Makes a draft. Its addresses and entity IDs never change from here on.
pub fn create(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: NewConnection,
) -> Result<Connection> {
    make(tx, organization, new, Protocol::Saml)
}

fn make(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: NewConnection,
    protocol: Protocol,
) -> Result<Connection> {
    customers::find(tx.db, organization)?;
    let connection = Connection {
        id: ConnectionId::new(),
        organization_id: organization.clone(),
        name: new.name.trim().to_owned(),
        provider: new.provider,
        protocol,
        state: ConnectionState::Draft,
        settings: Json::from(new.settings),
        identity_provider: None,
        metadata_url: None,
        metadata_at: None,
        revision: 1,
        tested_revision: None,
        created_at: tx.now,
        updated_at: tx.now,
        disabled_at: None,
        deleted_at: None,
        openid_provider: None,
        sp_entity_id: None,
        acs_url: None,
        provider_entity_id: None,
    };
    check(tx.db, &connection)?;
    diesel::insert_into(connections::table).values(&connection).execute(tx.db)?;
    let data = json!({ "name": connection.name, "provider": connection.provider });
    tell(tx, &connection, "connection.created", data)?;
    Ok(connection)
}

/// Changes what the patch names. Other settings than before have to be tested again; what is the same makes no event.
pub fn change(tx: &mut Tx, id: &ConnectionId, patch: ConnectionPatch) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    let (before, mut changed) = (settings::kept(&connection), Vec::new());
    if let Some(name) = patch.name.as_deref().map(str::trim)
        && name != connection.name
    {
        changed.push("name");
        name.clone_into(&mut connection.name);
    }
    if let Some(provider) = patch.provider
        && provider != connection.provider
    {
        changed.push("provider");
        connection.provider = provider;
    }
    if let Some(settings) = patch.settings
        && settings != *connection.settings
    {
        changed.push("settings");
        if settings.metadata_certificate != connection.settings.metadata_certificate {
            refreshes::unknown(tx, id)?;
        }
        connection.settings = Json::from(settings);
        connection.revision = connection.revision.saturating_add(1);
    }
    if changed.is_empty() {
        return Ok(connection);
    }
    check(tx.db, &connection)?;
    save(tx, &mut connection)?;
    let data = json!({ "changed": changed });
    let (of, change) = (&connection.organization_id, (&before, &settings::kept(&connection)));
    events::append_change(tx, Some(of), "connection.updated", id.as_str(), data, change)?;
    Ok(connection)
}

fn check(db: &mut Db, connection: &Connection) -> Result<()> {
    let mut faults = Faults::default();
    faults.name("/name", &connection.name);
    let provider = &connection.provider;
    let is_guide = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if provider.is_empty() || provider.len() > 40 || !provider.bytes().all(is_guide) {
        let detail = "A provider is the ID of a guide, such as jumpcloud, okta or generic.";
        faults.add("/provider", "invalid", detail);
    }
    connection.settings.check(&mut faults);
    if connection.protocol == Protocol::Oidc {
        connection.settings.check_openid(&mut faults);
    }
    if let Some(application) = &connection.settings.default_application {
        let admits = applications::by_id(db, application)?
            .is_some_and(|application| application.admits(&connection.organization_id));
        if !admits {
            let detail = format!("There is no application {application} for this organization.");
            faults.add("/settings/default_application", "not_found", detail);
        }
    }
    faults.finish()
}

fn save(tx: &mut Tx, connection: &mut Connection) -> Result<()> {
    connection.updated_at = tx.now;
    connection.provider_entity_id = entities::of(connection);
    diesel::update(&*connection).set(&*connection).execute(tx.db)?;
    Ok(())
}

pub(super) fn tell(
    tx: &mut Tx,
    connection: &Connection,
    kind: &'static str,
    data: serde_json::Value,
) -> Result<()> {
    let organization = Some(&connection.organization_id);
    events::append(tx, organization, kind, connection.id.as_str(), data)
}
