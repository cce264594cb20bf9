//! An export is carried out in one transaction, by the acts by which people do the same one by one. What is there already
//! is left as it is.

use super::read::{Directory, Export, Organization, Saml};
use crate::domain::DomainName;
use crate::error::{Error, Result};
use crate::store::aliases::{self, Address};
use crate::store::connections::{
    self, Connection, ConnectionState, Filter, NewConnection, Settings,
};
use crate::store::directories::{self, tokens};
use crate::store::domains::{self, Domain};
use crate::store::organizations::{self, Admission, NewOrganization};
use crate::store::page::MAX_LIMIT;
use crate::store::{ConnectionId, OrganizationId, Tx, Window};
use serde::Serialize;
use std::collections::HashMap;

/// What an export does not say.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes {
    /// Domains are live at once.
    pub(super) vouch: bool,
    /// Providers may start sign-ins.
    pub(super) idp_started: bool,
}

/// One thing of the export.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `create`, `keep` or `skip`.
    pub(super) act: &'static str,
    pub(super) what: &'static str,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// What becomes of an export.
#[derive(Debug, Default, Serialize)]
pub(super) struct Plan {
    pub(super) lines: Vec<Line>,
    /// What is left to do by hand.
    pub(super) hints: Vec<String>,
}

/// Takes over what an export says.
pub(super) fn run(tx: &mut Tx, export: &Export, wishes: Wishes) -> Result<Plan> {
    let mut run =
        Run { tx, wishes, plan: Plan::default(), known: HashMap::new(), groups: Vec::new() };
    for one in &export.organizations {
        run.organization(one).map_err(|error| error.within(&one.place))?;
    }
    for one in &export.connections {
        run.connection(one).map_err(|error| error.within(&one.place))?;
    }
    for one in &export.directories {
        run.directory(one).map_err(|error| error.within(&one.place))?;
    }
    for (what, name, why) in &export.skipped {
        run.note("skip", what, name, Some(why.clone()));
    }
    run.plan.hints.extend(export.hints.iter().cloned());
    Ok(run.plan)
}

struct Run<'a, 'b> {
    tx: &'a mut Tx<'b>,
    wishes: Wishes,
    plan: Plan,
    /// Organizations, by the vendor's own ID.
    known: HashMap<String, OrganizationId>,
    /// Connections that a directory may go with: of which organization, of which group.
    groups: Vec<(OrganizationId, String, ConnectionId)>,
}

impl Run<'_, '_> {
    fn note(&mut self, act: &'static str, what: &'static str, name: &str, reason: Option<String>) {
        self.plan.lines.push(Line { act, what, name: name.to_owned(), reason });
    }

    fn organization(&mut self, wanted: &Organization) -> Result<()> {
        let id = &wanted.external_id;
        let row = if let Some(row) = organizations::by_external_id(self.tx.db, id)? {
            self.note("keep", "organization", id, None);
            row
        } else {
            let new = NewOrganization {
                name: wanted.name.clone(),
                external_id: Some(id.clone()),
                admission: Admission::Both,
                metadata: serde_json::Map::new(),
                is_demo: false,
                domains: Vec::new(),
                vouch: false,
            };
            self.note("create", "organization", id, None);
            organizations::create(self.tx, new)?
        };
        self.tx.lock(&row.id)?;
        for (n, name) in wanted.domains.iter().enumerate() {
            let place = format!("/domains/{n}");
            self.domain(&row.id, name).map_err(|error| error.within(&place))?;
        }
        if !domains::list(self.tx.db, &row.id)?.iter().any(Domain::is_live) {
            let hint = format!(
                "Nobody of {id} can sign in before it has a domain that is live: vestibule domain add DOMAIN --org {id}"
            );
            self.plan.hints.push(hint);
        }
        self.known.insert(id.clone(), row.id);
        Ok(())
    }

    fn domain(&mut self, organization: &OrganizationId, name: &str) -> Result<()> {
        let read = DomainName::parse(name)
            .map_err(|fault| Error::invalid("", fault.code(), fault.to_string()))?;
        let there = domains::list(self.tx.db, organization)?;
        if there.iter().any(|domain| domain.name == read.as_str()) {
            self.note("keep", "domain", name, None);
            return Ok(());
        }
        if read.is_shared_mail() {
            let why = "Anybody can have an address of it, so it belongs to no organization.";
            self.note("skip", "domain", name, Some(why.to_owned()));
            return Ok(());
        }
        if domains::owner(self.tx.db, &read)?.is_some() {
            let why = "It is live in another organization.";
            self.note("skip", "domain", name, Some(why.to_owned()));
            return Ok(());
        }
        domains::add(self.tx, organization, &read, self.wishes.vouch)?;
        let why =
            (!self.wishes.vouch).then(|| "pending: to be verified, or vouched for".to_owned());
        self.note("create", "domain", name, why);
        Ok(())
    }

    fn owner(&self, of: &str) -> Result<OrganizationId> {
        self.known.get(of).cloned().ok_or_else(|| Error::not_found("organization", of))
    }

    fn connection(&mut self, wanted: &Saml) -> Result<()> {
        let organization = self.owner(&wanted.of)?;
        let named = format!("{} – {}", wanted.of, wanted.name);
        let address = Address::parse(&wanted.acs)?;
        let rows = self.rows(&organization)?;
        let with = |row: &&Connection| {
            let known = row.identity_provider.as_ref();
            known.is_some_and(|known| known.entity_id == wanted.provider.entity_id)
        };
        if let Some(row) = rows.iter().find(with) {
            let is_same = row.acs_url.as_ref() == Some(&wanted.acs)
                && row.sp_entity_id.as_ref() == Some(&wanted.sp_entity_id);
            if is_same {
                self.groups.push((organization, wanted.group.clone(), row.id.clone()));
                self.note("keep", "connection", &named, None);
            } else {
                let why = format!("{} is with this provider by other addresses.", row.id);
                self.note("skip", "connection", &named, Some(why));
            }
            return Ok(());
        }
        if let Some(other) = aliases::owner(self.tx.db, &address)? {
            let why = format!("Its address leads to {other}, which may be deleted.");
            self.note("skip", "connection", &named, Some(why));
            return Ok(());
        }
        let settings = Settings {
            idp_started: self.wishes.idp_started,
            force_authn: wanted.force_authn,
            name_id_format: wanted.name_id_format.clone(),
            ..Settings::default()
        };
        let id = self.create(&organization, &wanted.name, wanted.guide, settings)?;
        let (provider, url) = (wanted.provider.clone(), wanted.metadata_url.clone());
        connections::import(self.tx, &id, provider, url, false)?;
        connections::keep_addresses(self.tx, &id, &wanted.sp_entity_id, &address.url())?;
        aliases::add(self.tx, &id, &address)?;
        let mut why = None;
        if wanted.is_active {
            // Whoever takes it over answers for it: people signed in with it until now.
            connections::activate(self.tx, &id, true)?;
        } else {
            why = Some("off, as it is there".to_owned());
        }
        self.groups.push((organization, wanted.group.clone(), id));
        self.note("create", "connection", &named, why);
        Ok(())
    }

    fn directory(&mut self, wanted: &Directory) -> Result<()> {
        let organization = self.owner(&wanted.of)?;
        let named = format!("{} – {}", wanted.of, wanted.name);
        let at = |error: Error| error.within("/address");
        let address = Address::parse(&wanted.address).map_err(at)?;
        let id = if let Some(id) = aliases::owner(self.tx.db, &address)? {
            let there = connections::by_id_with_organization(self.tx.db, &id)?;
            if there.is_none_or(|(row, _)| row.organization_id != organization) {
                let why = format!("Its address leads to {id}, which is deleted or another's.");
                self.note("skip", "directory", &named, Some(why));
                return Ok(());
            }
            self.note("keep", "directory", &named, None);
            id
        } else {
            let id = self.home(&organization, wanted)?;
            directories::open(self.tx, &id)?;
            aliases::add(self.tx, &id, &address)?;
            self.note("create", "directory", &named, Some(format!("at {id}")));
            id
        };
        if let Some((hash, hint)) = &wanted.token {
            let label = "Taken over";
            let made = tokens::adopt(self.tx, &id, label, hash.clone(), hint.clone())?;
            let act = if made.is_some() { "create" } else { "keep" };
            self.note(act, "SCIM token", &named, None);
        } else {
            let why = format!(
                "The export does not have its hash. Make a new one and enter it in the directory: vestibule scim token create {id}"
            );
            self.note("skip", "SCIM token", &named, Some(why));
        }
        Ok(())
    }

    /// The connection that a directory goes with: the first of its group without a directory, else one of its own.
    fn home(&mut self, organization: &OrganizationId, wanted: &Directory) -> Result<ConnectionId> {
        for (of, group, id) in &self.groups {
            if of == organization
                && *group == wanted.group
                && directories::by_connection(self.tx.db, id)?.is_none()
            {
                return Ok(id.clone());
            }
        }
        let id = self.create(organization, &wanted.name, wanted.guide, Settings::default())?;
        let named = format!("{} – {}", wanted.of, wanted.name);
        let why = "a draft: for the directory alone, since no connection is without one";
        self.note("create", "connection", &named, Some(why.to_owned()));
        Ok(id)
    }

    fn create(
        &mut self,
        organization: &OrganizationId,
        name: &str,
        guide: &str,
        settings: Settings,
    ) -> Result<ConnectionId> {
        let new = NewConnection { name: name.to_owned(), provider: guide.to_owned(), settings };
        Ok(connections::create(self.tx, organization, new)?.id)
    }

    fn rows(&mut self, organization: &OrganizationId) -> Result<Vec<Connection>> {
        let filter = Filter { organization: Some(organization.clone()), ..Filter::default() };
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let window = Window::parse(Some(MAX_LIMIT), before)?;
            let page = connections::page(self.tx.db, &window, &filter)?;
            all.extend(page.data);
            before = page.next_cursor;
            if before.is_none() {
                break;
            }
        }
        all.retain(|row| row.state != ConnectionState::Deleted);
        Ok(all)
    }
}
