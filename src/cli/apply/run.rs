//! A file is carried out in one transaction, by the acts by which people do the same one by one. What differs is found by
//! comparing the file with what an export would say now.

use super::document::{self, Document, differing};
use super::export;
use crate::access::Model;
use crate::domain::DomainName;
use crate::error::{Error, Result};
use crate::saml::metadata::IdentityProvider;
use crate::store::access::provisioning::{self, ProvisioningPatch};
use crate::store::access::{holds, whole};
use crate::store::applications::{
    self, Application, ApplicationKind, ApplicationPatch, IdTokenAlg, LifetimesPatch, Logout,
    LogoutPatch, NewApplication, NoConnection, OwnLifetimes,
};
use crate::store::organizations::{
    self, Admission, NewOrganization, Organization, OrganizationPatch,
};
use crate::store::{ApplicationId, OrganizationId, Tx, UserId, domains, users};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

/// One thing that the file changes.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `create`, `change` or `remove`.
    pub(super) act: &'static str,
    pub(super) what: &'static str,
    pub(super) name: String,
    /// What of it is different.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<String>,
}

/// What a file changes.
#[derive(Debug, Default, Serialize)]
pub(super) struct Plan {
    pub(super) changes: Vec<Line>,
    /// How many people have a lower role or a place less after it.
    pub(super) lose: usize,
}

/// What metadata says that has been read before, by the places in the file of organization and connection.
pub(super) type Metadata = HashMap<(usize, usize), IdentityProvider>;

/// A person in an application.
type Whose = (UserId, ApplicationId);
/// A role, and places.
type Has = (Option<String>, HashSet<String>);
/// What people have.
type Having = HashMap<Whose, Has>;

/// Makes everything as the file says.
pub(super) fn run(tx: &mut Tx, file: &Document, metadata: &Metadata, prune: bool) -> Result<Plan> {
    let mut run = Run { tx, prune, plan: Plan::default() };
    let mut before = Having::new();
    for wanted in &file.organizations {
        if let Some(row) = organizations::by_external_id(run.tx.db, &wanted.external_id)? {
            run.tx.lock(&row.id)?;
            before.extend(having(run.tx, &row.id)?);
        }
    }
    // Organizations first, since applications name them; then what in them names applications.
    for (at, wanted) in file.organizations.iter().enumerate() {
        run.organization(wanted).map_err(|error| error.within(&format!("/organizations/{at}")))?;
    }
    for (at, wanted) in file.applications.iter().enumerate() {
        run.application(wanted).map_err(|error| error.within(&format!("/applications/{at}")))?;
    }
    for (at, wanted) in file.organizations.iter().enumerate() {
        let place = format!("/organizations/{at}");
        run.inside(at, wanted, metadata).map_err(|error| error.within(&place))?;
    }
    let mut after = Having::new();
    for wanted in &file.organizations {
        if let Some(row) = organizations::by_external_id(run.tx.db, &wanted.external_id)? {
            // What an application gives otherwise than before is computed by a job; here it is to be known now.
            holds::catch_up(run.tx, &row.id)?;
            after.extend(having(run.tx, &row.id)?);
        }
    }
    let ranks = ranks(run.tx)?;
    run.plan.lose = losers(&before, &after, &ranks);
    Ok(run.plan)
}

fn having(tx: &mut Tx, organization: &OrganizationId) -> Result<Having> {
    let people = users::all_of(tx.db, organization)?;
    let whole = whole::of_organization(tx.db, organization, &people)?;
    let mut all = Having::new();
    for (user, theirs) in whole.access {
        for has in theirs {
            let places = has.entities.iter().map(|it| it.id.to_string()).collect();
            all.insert((user.clone(), has.application_id), (has.role, places));
        }
    }
    Ok(all)
}

fn ranks(tx: &mut Tx) -> Result<HashMap<ApplicationId, Model>> {
    Ok(export::apps(tx.db)?.into_iter().map(|app| (app.id.clone(), app.model())).collect())
}

/// How many people have less than before.
fn losers(before: &Having, after: &Having, models: &HashMap<ApplicationId, Model>) -> usize {
    let nothing = (None, HashSet::new());
    let loses = |(whose, has): (&Whose, &Has)| {
        let ((user, app), (role, places)) = (whose, has);
        let (now, there) = after.get(&(user.clone(), app.clone())).unwrap_or(&nothing);
        let height = |role: &Option<String>| {
            let rank = |role| models.get(app).and_then(|model| model.rank(role));
            role.as_deref().map_or(usize::MAX, |role| rank(role).unwrap_or(usize::MAX - 1))
        };
        (height(now) > height(role) || !places.is_subset(there)).then(|| user.clone())
    };
    before.iter().filter_map(loses).collect::<HashSet<UserId>>().len()
}

/// A file while it is carried out.
pub(super) struct Run<'a, 'b> {
    pub(super) tx: &'a mut Tx<'b>,
    pub(super) prune: bool,
    plan: Plan,
}

impl Run<'_, '_> {
    pub(super) fn note(
        &mut self,
        act: &'static str,
        what: &'static str,
        name: &str,
        fields: Vec<String>,
    ) {
        if act != "change" || !fields.is_empty() {
            self.plan.changes.push(Line { act, what, name: name.to_owned(), fields });
        }
    }

    /// An organization itself, with its domains.
    fn organization(&mut self, wanted: &document::Organization) -> Result<()> {
        if wanted.external_id.is_empty() {
            let detail =
                "An organization in a file has your own ID of it, by which it is recognised.";
            return Err(Error::invalid("/external_id", "required", detail));
        }
        let id = &wanted.external_id;
        let apps = export::apps(self.tx.db)?;
        let Some(row) = organizations::by_external_id(self.tx.db, id)? else {
            let new = NewOrganization {
                name: wanted.name.clone().unwrap_or_else(|| id.clone()),
                external_id: Some(id.clone()),
                admission: wanted.admission.unwrap_or(Admission::Both),
                metadata: wanted.metadata.clone().unwrap_or_default(),
                is_demo: false,
                domains: Vec::new(),
                vouch: false,
            };
            let row = organizations::create(self.tx, new)?;
            self.tx.lock(&row.id)?;
            organizations::change(self.tx, &row.id, session(wanted))?;
            self.note("create", "organization", id, Vec::new());
            self.domains(&row, wanted)?;
            return self.groups(&row.id, wanted);
        };
        let there = export::organization(self.tx.db, &row, &apps)?;
        let own = document::Organization {
            name: wanted.name.clone(),
            admission: wanted.admission,
            metadata: wanted.metadata.clone(),
            groups: wanted.groups,
            breaker: wanted.breaker,
            most_people: wanted.most_people,
            most_percent: wanted.most_percent,
            hold_hours: wanted.hold_hours,
            session_seconds: wanted.session_seconds,
            ..document::Organization::default()
        };
        let fields = differing(&own, &there).into_iter().filter(|it| it != "external_id").collect();
        self.note("change", "organization", id, fields);
        let patch = OrganizationPatch {
            name: wanted.name.clone(),
            admission: wanted.admission,
            metadata: wanted.metadata.clone(),
            ..session(wanted)
        };
        organizations::change(self.tx, &row.id, patch)?;
        self.domains(&row, wanted)?;
        self.groups(&row.id, wanted)
    }

    fn groups(&mut self, id: &OrganizationId, wanted: &document::Organization) -> Result<()> {
        let patch = ProvisioningPatch {
            groups: wanted.groups,
            breaker: wanted.breaker,
            most_people: wanted.most_people,
            most_percent: wanted.most_percent,
            hold_hours: wanted.hold_hours,
        };
        if patch != ProvisioningPatch::default() {
            provisioning::change(self.tx, id, &patch)?;
        }
        Ok(())
    }

    fn domains(&mut self, row: &Organization, wanted: &document::Organization) -> Result<()> {
        let Some(names) = &wanted.domains else { return Ok(()) };
        let there = domains::list(self.tx.db, &row.id)?;
        let mut wished = HashSet::new();
        for (at, name) in names.iter().enumerate() {
            let pointer = format!("/domains/{at}");
            let read = DomainName::parse(name)
                .map_err(|fault| Error::invalid(&pointer, fault.code(), fault.to_string()))?;
            wished.insert(read.as_str().to_owned());
            match there.iter().find(|domain| domain.name == read.as_str()) {
                Some(domain) if domain.is_live() => {}
                Some(domain) => {
                    domains::vouch(self.tx, domain)?;
                    self.note("change", "domain", name, vec!["state".to_owned()]);
                }
                None => {
                    domains::add(self.tx, &row.id, &read, true)
                        .map_err(|error| error.within(&pointer))?;
                    self.note("create", "domain", name, Vec::new());
                }
            }
        }
        if self.prune {
            // One that waits for its DNS record is no part of a file.
            let over =
                |domain: &&domains::Domain| domain.is_live() && !wished.contains(&domain.name);
            for domain in there.iter().filter(over) {
                domains::remove(self.tx, &row.id, domain.id.as_str())?;
                self.note("remove", "domain", &domain.name, Vec::new());
            }
        }
        Ok(())
    }

    fn application(&mut self, wanted: &document::Application) -> Result<()> {
        let apps = export::apps(self.tx.db)?;
        let organizations = self.admitted(wanted)?;
        let named: Vec<&Application> =
            apps.iter().filter(|app| !app.is_demo && app.name == wanted.name).collect();
        let row = match named.as_slice() {
            [] => return self.new_application(wanted, organizations),
            [row] => *row,
            _ => {
                let detail =
                    "Several applications have this name, so it does not say which one is meant.";
                return Err(Error::invalid("/name", "ambiguous", detail));
            }
        };
        let there = export::application(self.tx.db, row)?;
        if wanted.kind.is_some_and(|kind| kind != row.kind) {
            let detail = format!("An application stays what it is: {} is {}.", row.id, row.kind);
            return Err(Error::invalid("/kind", "fixed", detail));
        }
        self.note("change", "application", &wanted.name, differing(wanted, &there));
        let text =
            |text: &Option<String>| text.clone().map(|it| Some(it).filter(|it| !it.is_empty()));
        let patch = ApplicationPatch {
            name: None,
            redirect_uris: wanted.redirect_uris.clone(),
            post_logout_redirect_uris: wanted.post_logout_redirect_uris.clone(),
            initiate_login_uri: text(&wanted.initiate_login_uri),
            fallback_url: text(&wanted.fallback_url),
            no_connection: wanted.no_connection,
            id_token_alg: wanted.id_token_alg,
            organizations: organizations.map(Some),
            logout: LogoutPatch {
                backchannel_uri: text(&wanted.backchannel_logout_uri),
                frontchannel_uri: text(&wanted.frontchannel_logout_uri),
                ..LogoutPatch::default()
            },
            roles: wanted.roles.clone(),
            default_role: text(&wanted.default_role),
            entity_types: wanted.entity_types.clone(),
            protected_hosts: wanted.protected_hosts.clone(),
            lifetimes: LifetimesPatch {
                id_token: wanted.id_token_ttl.map(own),
                access_token: wanted.access_token_ttl.map(own),
                refresh_token: wanted.refresh_token_ttl.map(own),
            },
            scopes: wanted.scopes.clone(),
        };
        let id = row.id.clone();
        applications::change(self.tx, &id, patch)?;
        Ok(())
    }

    fn new_application(
        &mut self,
        wanted: &document::Application,
        organizations: Option<Vec<OrganizationId>>,
    ) -> Result<()> {
        let kind = wanted.kind.unwrap_or(ApplicationKind::Web);
        let usual = applications::usual_model(kind);
        let empty = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let new = NewApplication {
            name: wanted.name.clone(),
            kind,
            redirect_uris: wanted.redirect_uris.clone().unwrap_or_default(),
            post_logout_redirect_uris: wanted.post_logout_redirect_uris.clone().unwrap_or_default(),
            initiate_login_uri: empty(&wanted.initiate_login_uri),
            fallback_url: empty(&wanted.fallback_url),
            no_connection: wanted.no_connection.unwrap_or(NoConnection::Page),
            id_token_alg: wanted.id_token_alg.unwrap_or(IdTokenAlg::Rs256),
            organizations,
            is_demo: false,
            logout: Logout {
                backchannel_uri: empty(&wanted.backchannel_logout_uri),
                frontchannel_uri: empty(&wanted.frontchannel_logout_uri),
                ..Logout::default()
            },
            model: Model {
                roles: wanted.roles.clone().unwrap_or(usual.roles),
                default_role: match &wanted.default_role {
                    Some(_) => empty(&wanted.default_role),
                    None => usual.default_role,
                },
                types: wanted.entity_types.clone().unwrap_or(usual.types),
            },
            protected_hosts: wanted.protected_hosts.clone().unwrap_or_default(),
            lifetimes: OwnLifetimes {
                id_token: wanted.id_token_ttl.and_then(own),
                access_token: wanted.access_token_ttl.and_then(own),
                refresh_token: wanted.refresh_token_ttl.and_then(own),
            },
            scopes: wanted.scopes.clone().unwrap_or_default(),
        };
        // Its first secret is shown to nobody: another one is made when the app is set up.
        applications::create(self.tx, new)?;
        self.note("create", "application", &wanted.name, Vec::new());
        Ok(())
    }

    fn admitted(&mut self, wanted: &document::Application) -> Result<Option<Vec<OrganizationId>>> {
        let Some(names) = &wanted.organizations else { return Ok(None) };
        let mut ids = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let found = organizations::by_external_id(self.tx.db, name)?;
            let missing = || {
                let detail = format!("There is no organization with the external ID {name}.");
                Error::invalid(format!("/organizations/{at}"), "not_found", detail)
            };
            ids.push(found.ok_or_else(missing)?.id);
        }
        Ok(Some(ids))
    }
}

/// A lifetime in seconds; 0 is none of its own.
fn own(seconds: i32) -> Option<i32> {
    Some(seconds).filter(|seconds| *seconds != 0)
}

/// How long people of an organization stay signed in, as a file says it.
fn session(wanted: &document::Organization) -> OrganizationPatch {
    let session_seconds = wanted.session_seconds.map(|seconds| (seconds != 0).then_some(seconds));
    OrganizationPatch { session_seconds, ..OrganizationPatch::default() }
}
