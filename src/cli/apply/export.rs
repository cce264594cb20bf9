//! What there is, as a file has it. Secrets are no part of it, nor are people.

use super::document::{Application, Connection, Document, Entity, Organization, Rule, Target};
use crate::error::Result;
use crate::store::access::entities::{self, Filter as EntityFilter};
use crate::store::access::{provisioning, rule_sets};
use crate::store::aliases::{self, Alias};
use crate::store::applications::{self, Application as AppRow};
use crate::store::connections::{
    self, Connection as ConnectionRow, ConnectionState, Filter, Protocol, Settings,
};
use crate::store::organizations::{self, Organization as OrganizationRow};
use crate::store::{Db, Page, Window, domains};

/// Everything but the demo.
pub(super) fn export(db: &mut Db) -> Result<Document> {
    let apps = apps(db)?;
    let mut document = Document::default();
    for app in apps.iter().filter(|app| !app.is_demo) {
        let written = application(db, app)?;
        // For a program of an organization that a file cannot name there is nothing that it could say.
        if !app.is_machine() || written.organizations.as_ref().is_none_or(|all| !all.is_empty()) {
            document.applications.push(written);
        }
    }
    for row in
        all(db, |db, window| organizations::page(db, window, &organizations::Filter::default()))?
    {
        // Without the vendor's own ID a file cannot say which one it is.
        if !row.is_demo && row.external_id.is_some() {
            document.organizations.push(organization(db, &row, &apps)?);
        }
    }
    Ok(document)
}

/// All rows of a list, the oldest first.
fn all<T>(db: &mut Db, page: impl Fn(&mut Db, &Window) -> Result<Page<T>>) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    let mut window = Window { limit: 200, before: None };
    loop {
        let found = page(db, &window)?;
        rows.extend(found.data);
        if found.next_cursor.is_none() {
            break;
        }
        window.before = found.next_cursor;
    }
    rows.reverse();
    Ok(rows)
}

/// All applications, the oldest first.
pub(super) fn apps(db: &mut Db) -> Result<Vec<AppRow>> {
    all(db, applications::page)
}

/// An application, as a file has it.
pub(super) fn application(db: &mut Db, row: &AppRow) -> Result<Application> {
    let admitted = match row.organizations.as_deref() {
        None => None,
        Some(ids) => {
            let mut names = Vec::new();
            for id in ids {
                names.extend(organizations::by_id(db, id)?.and_then(|it| it.external_id));
            }
            Some(names)
        }
    };
    Ok(Application {
        name: row.name.clone(),
        kind: Some(row.kind),
        redirect_uris: Some(row.redirect_uris.to_vec()),
        post_logout_redirect_uris: Some(row.post_logout_redirect_uris.to_vec()),
        initiate_login_uri: row.initiate_login_uri.clone(),
        no_connection: Some(row.no_connection),
        fallback_url: row.fallback_url.clone(),
        id_token_alg: Some(row.id_token_alg),
        organizations: admitted,
        scopes: row.is_machine().then(|| row.scopes.to_vec()),
        backchannel_logout_uri: row.backchannel_logout_uri.clone(),
        frontchannel_logout_uri: row.frontchannel_logout_uri.clone(),
        protected_hosts: Some(row.protected_hosts.to_vec()),
        id_token_ttl: row.id_token_ttl,
        access_token_ttl: row.access_token_ttl,
        refresh_token_ttl: row.refresh_token_ttl,
        default_role: Some(row.default_role.clone().unwrap_or_default()),
        roles: Some(row.roles.to_vec()),
        entity_types: Some(row.entity_types.to_vec()),
    })
}

/// An organization, as a file has it.
pub(super) fn organization(
    db: &mut Db,
    row: &OrganizationRow,
    apps: &[AppRow],
) -> Result<Organization> {
    let live = domains::list(db, &row.id)?.into_iter().filter(domains::Domain::is_live);
    let aliases = aliases::of_organization(db, &row.id)?;
    let groups = provisioning::find(db, &row.id)?;
    Ok(Organization {
        external_id: row.external_id.clone().unwrap_or_default(),
        name: Some(row.name.clone()),
        admission: Some(row.admission),
        enforcement: Some(row.enforcement),
        groups: Some(groups.groups),
        breaker: Some(groups.breaker),
        most_people: Some(groups.most_people),
        most_percent: Some(groups.most_percent),
        hold_hours: Some(groups.hold_hours),
        session_seconds: Some(row.session_seconds.unwrap_or_default()),
        domains: Some(live.map(|domain| domain.name).collect()),
        metadata: Some((*row.metadata).clone()),
        connections: Some(
            connection_rows(db, row)?
                .iter()
                .filter(|row| row.protocol == Protocol::Saml)
                .map(|row| connection(row, &aliases))
                .collect(),
        ),
        entities: Some(entity_rows(db, row)?.iter().map(|it| entity(it, apps)).collect()),
        rules: rules(db, row, apps)?,
    })
}

/// The connections of an organization that are not deleted.
pub(super) fn connection_rows(db: &mut Db, of: &OrganizationRow) -> Result<Vec<ConnectionRow>> {
    let filter = Filter { organization: Some(of.id.clone()), ..Filter::default() };
    let rows = all(db, |db, window| connections::page(db, window, &filter))?;
    Ok(rows.into_iter().filter(|row| row.state != ConnectionState::Deleted).collect())
}

/// A connection, as a file has it. What its provider was told by a secret is no part of it.
pub(super) fn connection(row: &ConnectionRow, aliases: &[Alias]) -> Connection {
    let known = row.identity_provider.as_ref().filter(|_| row.metadata_url.is_none());
    let theirs = aliases.iter().filter(|alias| alias.connection_id == row.id);
    Connection {
        name: row.name.clone(),
        provider: Some(row.provider.clone()),
        active: Some(row.state == ConnectionState::Active),
        metadata_url: row.metadata_url.clone(),
        metadata_xml: None,
        settings: Some(Settings { default_application: None, ..(*row.settings).clone() }),
        identity_provider: known.map(|known| (**known).clone()),
        sp_entity_id: row.sp_entity_id.clone(),
        acs_url: row.acs_url.clone(),
        aliases: Some(theirs.map(Alias::url).collect()),
    }
}

/// The entities of an organization.
pub(super) fn entity_rows(db: &mut Db, of: &OrganizationRow) -> Result<Vec<entities::Entity>> {
    all(db, |db, window| entities::page(db, window, &of.id, &EntityFilter::default()))
}

/// An entity, as a file has it.
pub(super) fn entity(row: &entities::Entity, apps: &[AppRow]) -> Entity {
    let app = apps.iter().find(|app| app.id == row.application_id);
    Entity {
        key: row.key.clone(),
        application: app.map(|app| app.name.clone()),
        kind: row.kind.clone(),
        name: row.name.clone(),
        external_id: row.external_id.clone(),
        is_default: row.is_default,
    }
}

/// The rules of an organization, as a file has them; none if there never were any.
pub(super) fn rules(
    db: &mut Db,
    of: &OrganizationRow,
    apps: &[AppRow],
) -> Result<Option<Vec<Rule>>> {
    let Some(set) = rule_sets::current(db, &of.id)? else { return Ok(None) };
    let entities = entity_rows(db, of)?;
    let target = |it: &crate::access::rules::Target| Target {
        kind: it.kind.clone(),
        entity: it.entity.as_ref().map(|id| {
            let found = entities.iter().find(|entity| entity.id.as_str() == id);
            found.map_or_else(|| id.clone(), |entity| entity.key.clone())
        }),
    };
    let rule = |it: &crate::access::rules::Rule| Rule {
        application: apps
            .iter()
            .find(|app| app.id.as_str() == it.application_id)
            .map(|app| app.name.clone()),
        compare: it.compare,
        pattern: it.pattern.clone(),
        role: it.role.clone(),
        auto_approve: it.auto_approve,
        priority: it.priority,
        targets: it.targets.iter().map(target).collect(),
    };
    Ok(Some(set.rules.iter().map(rule).collect()))
}
