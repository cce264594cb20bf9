//! What belongs to an organization: its connections, entities and rules, which may name applications.

use super::document::{self, Entity, Rule, differing};
use super::export;
use super::run::{Metadata, Run};
use crate::access::rules::Target;
use crate::error::{Error, Result};
use crate::saml::metadata::IdentityProvider;
use crate::store::access;
use crate::store::access::entities::{self, NewEntity};
use crate::store::access::rule_sets::{self, NewRule};
use crate::store::applications::Application;
use crate::store::connections::{
    self, Connection, ConnectionPatch, ConnectionState, NewConnection, Protocol, Settings,
};
use crate::store::organizations::{self, Organization};
use crate::store::{ApplicationId, enforcement};

impl Run<'_, '_> {
    /// What belongs to an organization and may name applications.
    pub(super) fn inside(
        &mut self,
        at: usize,
        wanted: &document::Organization,
        read: &Metadata,
    ) -> Result<()> {
        let found = organizations::by_external_id(self.tx.db, &wanted.external_id)?;
        let row = found.ok_or_else(|| Error::not_found("organization", &*wanted.external_id))?;
        for (n, connection) in wanted.connections.iter().flatten().enumerate() {
            let place = format!("/connections/{n}");
            self.connection(&row, connection, read.get(&(at, n)))
                .map_err(|error| error.within(&place))?;
        }
        if self.prune {
            self.prune_connections(&row, wanted)?;
        }
        self.aliases(&row, wanted)?;
        if let Some(to) = wanted.enforcement.filter(|to| *to != row.enforcement) {
            enforcement::set(self.tx, &row.id, to, true)?;
            self.note(
                "change",
                "organization",
                &wanted.external_id,
                vec!["enforcement".to_owned()],
            );
        }
        self.entities(&row, wanted)?;
        if let Some(rules) = &wanted.rules {
            self.rules(&row, rules)?;
        }
        Ok(())
    }

    fn connection(
        &mut self,
        organization: &Organization,
        wanted: &document::Connection,
        read: Option<&IdentityProvider>,
    ) -> Result<()> {
        let rows = export::connection_rows(self.tx.db, organization)?;
        let named = format!("{} – {}", organization.name, wanted.name);
        let mut named_so = rows.into_iter().filter(|row| row.name == wanted.name);
        let row: Connection = match (named_so.next(), named_so.next()) {
            (Some(row), None) => {
                let there = export::connection(&row, &[]);
                let mut fields = differing(wanted, &there);
                // The first is known by what it says, the others are things of their own.
                fields.retain(|field| field != "metadata_xml" && field != "aliases");
                if read.is_some_and(|read| row.identity_provider.as_deref() != Some(read))
                    && !fields.iter().any(|field| field == "identity_provider")
                {
                    fields.push("identity_provider".to_owned());
                }
                self.note("change", "connection", &named, fields);
                let patch = ConnectionPatch {
                    name: None,
                    provider: wanted.provider.clone(),
                    settings: wanted.settings.clone().map(|settings| Settings {
                        // It is named by an ID of this installation, so a file does not speak of it.
                        default_application: row.settings.default_application.clone(),
                        ..settings
                    }),
                };
                connections::change(self.tx, &row.id, patch)?
            }
            (Some(_), Some(_)) => {
                let detail = "Several connections of the organization have this name.";
                return Err(Error::invalid("/name", "ambiguous", detail));
            }
            (None, _) => {
                self.note("create", "connection", &named, Vec::new());
                let new = NewConnection {
                    name: wanted.name.clone(),
                    provider: wanted.provider.clone().unwrap_or_else(|| "generic".to_owned()),
                    settings: wanted.settings.clone().unwrap_or_default(),
                };
                connections::create(self.tx, &organization.id, new)?
            }
        };
        let row = match read.or(wanted.identity_provider.as_ref()) {
            Some(provider)
                if row.identity_provider.as_deref() != Some(provider)
                    || wanted.metadata_url.is_some() && row.metadata_url != wanted.metadata_url =>
            {
                let url = wanted.metadata_url.clone();
                connections::import(self.tx, &row.id, provider.clone(), url, false)?
            }
            _ => row,
        };
        self.known_as(&row, wanted)?;
        match wanted.active {
            Some(true) if row.state != ConnectionState::Active => {
                connections::activate(self.tx, &row.id, true)?;
            }
            Some(false) if row.state == ConnectionState::Active => {
                connections::disable(self.tx, &row.id)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn prune_connections(
        &mut self,
        row: &Organization,
        wanted: &document::Organization,
    ) -> Result<()> {
        let Some(named) = &wanted.connections else { return Ok(()) };
        for connection in export::connection_rows(self.tx.db, row)? {
            // A file does not speak of the other kind.
            if connection.protocol == Protocol::Saml
                && !named.iter().any(|it| it.name == connection.name)
            {
                connections::delete(self.tx, &connection.id)?;
                let name = format!("{} – {}", row.name, connection.name);
                self.note("remove", "connection", &name, Vec::new());
            }
        }
        Ok(())
    }

    fn entities(&mut self, row: &Organization, wanted: &document::Organization) -> Result<()> {
        let apps = export::apps(self.tx.db)?;
        for (at, entity) in wanted.entities.iter().flatten().enumerate() {
            let place = format!("/entities/{at}");
            self.entity(row, entity, &apps).map_err(|error| error.within(&place))?;
        }
        if let Some(named) = wanted.entities.as_ref().filter(|_| self.prune) {
            for there in export::entity_rows(self.tx.db, row)? {
                if !named.iter().any(|it| it.key == there.key) {
                    entities::delete(self.tx, &row.id, &there.key)?;
                    self.note("remove", "entity", &there.key, Vec::new());
                }
            }
        }
        Ok(())
    }

    fn entity(&mut self, row: &Organization, wanted: &Entity, apps: &[Application]) -> Result<()> {
        let named = wanted.application.as_deref();
        let app = named.map(|name| app_id(apps, name)).transpose()?;
        let app = access::meant(self.tx.db, &row.id, app.as_ref())?;
        let rows = export::entity_rows(self.tx.db, row)?;
        let there = rows.iter().find(|it| it.key == wanted.key);
        match there {
            Some(there) => {
                let fields = differing(wanted, &export::entity(there, apps));
                let is_off = there.is_default && !wanted.is_default;
                let more = is_off.then(|| "is_default".to_owned());
                self.note(
                    "change",
                    "entity",
                    &wanted.key,
                    fields.into_iter().chain(more).collect(),
                );
            }
            None => self.note("create", "entity", &wanted.key, Vec::new()),
        }
        let new = NewEntity {
            kind: wanted.kind.clone(),
            name: wanted.name.clone(),
            external_id: match &wanted.external_id {
                Some(id) => Some(id.clone()).filter(|id| !id.is_empty()),
                None => there.and_then(|there| there.external_id.clone()),
            },
            is_default: wanted.is_default,
        };
        entities::put(self.tx, &row.id, &app, &wanted.key, new)?;
        Ok(())
    }

    fn rules(&mut self, row: &Organization, wanted: &[Rule]) -> Result<()> {
        let apps = export::apps(self.tx.db)?;
        let there = export::rules(self.tx.db, row, &apps)?.unwrap_or_default();
        let with_app = |rule: &Rule, given: &Rule| {
            // One that names no application means the only one there is.
            let application = rule.application.clone().or_else(|| given.application.clone());
            Rule { application, ..rule.clone() } == *given
        };
        let same = wanted.len() == there.len()
            && wanted.iter().zip(&there).all(|(rule, given)| with_app(rule, given));
        if same {
            return Ok(());
        }
        let kept = rule_sets::current(self.tx.db, &row.id)?;
        let kept = kept.map(|set| set.rules.into_inner()).unwrap_or_default();
        let places = export::entity_rows(self.tx.db, row)?;
        let mut new = Vec::new();
        for (at, rule) in wanted.iter().enumerate() {
            let known = there.iter().position(|given| with_app(rule, given));
            let id = known.and_then(|at| kept.get(at)).and_then(|rule| rule.id.parse().ok());
            let target = |it: &document::Target| {
                let entity = it.entity.as_ref().map(|key| {
                    let found = places.iter().find(|place| place.key == *key);
                    let place = format!("/rules/{at}/targets");
                    let detail = format!("There is no entity with the key {key}.");
                    found.map(|place| place.id.to_string()).ok_or(Error::invalid(
                        &place,
                        "not_found",
                        detail,
                    ))
                });
                Ok(Target { kind: it.kind.clone(), entity: entity.transpose()? })
            };
            let app = rule.application.as_deref().map(|name| app_id(&apps, name)).transpose();
            new.push(NewRule {
                id,
                application_id: app.map_err(|error| error.within(&format!("/rules/{at}")))?,
                compare: rule.compare,
                pattern: rule.pattern.clone(),
                targets: rule.targets.iter().map(target).collect::<Result<_>>()?,
                role: rule.role.clone(),
                auto_approve: rule.auto_approve,
                priority: rule.priority,
            });
        }
        rule_sets::apply(self.tx, &row.id, new, None)?;
        let fields = vec![format!("{} → {} rules", there.len(), wanted.len())];
        self.note("change", "rules", &row.external_id.clone().unwrap_or_default(), fields);
        Ok(())
    }
}

fn app_id(apps: &[Application], name: &str) -> Result<ApplicationId> {
    let found = apps.iter().find(|app| !app.is_demo && app.name == name).map(|app| app.id.clone());
    let detail = || format!("There is no application with the name {name}.");
    found.ok_or_else(|| Error::invalid("/application", "not_found", detail()))
}
