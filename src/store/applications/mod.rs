//! Applications: the vendor's apps, as OAuth clients.

mod access_model;
mod addresses;
mod application;
mod changes;
mod gone;
mod hosts;
mod lifetimes;
mod logout;
mod machine;
mod secrets;
#[cfg(test)]
mod tests;

pub use application::{Application, ApplicationKind, IdTokenAlg, NoConnection};
pub use gone::{count_deleted, delete, deleted, gone, restore};
pub use hosts::by_host;
pub(super) use lifetimes::refreshing;
pub use lifetimes::{LifetimesPatch, OwnLifetimes};
pub use logout::{Logout, LogoutPatch};
pub use machine::{Machine, MachineToken, by_token, issue, revoke_token, usual_model};
pub(super) use machine::{end_of as end_machine_tokens_of, over as expired_tokens};
pub use secrets::{
    ApplicationSecret, add_secret, authenticate, revoke_secret, secrets, touch_secret,
};

use super::access::holds;
use super::api_keys;
use super::ending::{self, Of};
use super::grants::Lifetimes;
use super::input::Faults;
use super::schema::{applications, organizations};
use super::{
    ApplicationId, Db, Json, OrganizationId, Page, Prepared, Time, Tx, Window, events, on_backend,
};
use crate::access::{EntityType, Model, Role};
use crate::crypto::Secret;
use crate::error::{Error, Result};
use diesel::prelude::*;
use serde_json::json;

/// What a new application is made of.
#[derive(Debug, Clone)]
pub struct NewApplication {
    /// What people call it.
    pub name: String,
    /// What it can keep to itself. It stays.
    pub kind: ApplicationKind,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// Where a browser may go after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where a sign-in that begins elsewhere is sent.
    pub initiate_login_uri: Option<String>,
    /// The app's own sign-in.
    pub fallback_url: Option<String>,
    /// What happens to a person whose domain has no connection.
    pub no_connection: NoConnection,
    /// How its ID tokens are signed.
    pub id_token_alg: IdTokenAlg,
    /// Whose people may sign in; none: everybody's.
    pub organizations: Option<Vec<OrganizationId>>,
    /// Made by the demo.
    pub is_demo: bool,
    /// How it is told of a session's end.
    pub logout: Logout,
    /// Its roles and kinds of places.
    pub model: Model,
    /// Hosts behind a proxy that asks us who is there.
    pub protected_hosts: Vec<String>,
    /// How long its tokens last.
    pub lifetimes: OwnLifetimes,
    /// What a machine application may do at the REST API.
    pub scopes: Vec<api_keys::Scope>,
}

impl NewApplication {
    /// One of which nothing else is said.
    #[must_use]
    pub fn usual(name: &str, kind: ApplicationKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            initiate_login_uri: None,
            fallback_url: None,
            no_connection: NoConnection::Page,
            id_token_alg: IdTokenAlg::Rs256,
            organizations: None,
            is_demo: false,
            logout: Logout::default(),
            model: usual_model(kind),
            protected_hosts: Vec::new(),
            lifetimes: OwnLifetimes::default(),
            scopes: Vec::new(),
        }
    }
}

/// What is to change; `None` stays as it is, `Some(None)` takes away.
#[derive(Debug, Clone, Default)]
pub struct ApplicationPatch {
    /// What people call it.
    pub name: Option<String>,
    /// Where codes may be sent.
    pub redirect_uris: Option<Vec<String>>,
    /// Where a browser may go after sign-out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// Where a sign-in that begins elsewhere is sent.
    pub initiate_login_uri: Option<Option<String>>,
    /// The app's own sign-in.
    pub fallback_url: Option<Option<String>>,
    /// What happens to a person whose domain has no connection.
    pub no_connection: Option<NoConnection>,
    /// How its ID tokens are signed.
    pub id_token_alg: Option<IdTokenAlg>,
    /// Whose people may sign in.
    pub organizations: Option<Option<Vec<OrganizationId>>>,
    /// How it is told of a session's end.
    pub logout: LogoutPatch,
    /// Its roles, highest first.
    pub roles: Option<Vec<Role>>,
    /// The role of whom nothing gives one.
    pub default_role: Option<Option<String>>,
    /// Its kinds of places.
    pub entity_types: Option<Vec<EntityType>>,
    /// Hosts behind a proxy that asks us who is there.
    pub protected_hosts: Option<Vec<String>>,
    /// How long its tokens last.
    pub lifetimes: LifetimesPatch,
    /// What a machine application may do at the REST API.
    pub scopes: Option<Vec<api_keys::Scope>>,
}

/// Finds an application that is not deleted.
pub fn find(db: &mut Db, id: &ApplicationId) -> Result<Application> {
    by_id(db, id)?.ok_or_else(|| Error::not_found("application", id.as_str()))
}

/// Finds an application that is not deleted, if there is one.
pub fn by_id(db: &mut Db, id: &ApplicationId) -> Result<Option<Application>> {
    let query = applications::table.find(id).filter(applications::deleted_at.is_null());
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// The application that people of an organization go to when none asked for them: the wished one, or the only
/// one that can begin a sign-in by itself. The demo's is for the demo's people alone.
pub fn home_of(
    db: &mut Db,
    organization: &OrganizationId,
    wished: Option<&ApplicationId>,
) -> Result<Option<Application>> {
    let mut query = applications::table
        .filter(applications::deleted_at.is_null())
        .filter(applications::initiate_login_uri.is_not_null())
        .into_boxed();
    if let Some(wished) = wished {
        query = query.filter(applications::id.eq(wished));
    }
    let mut able: Vec<Application> = query.load(db)?;
    let customer = organizations::table.find(organization).select(organizations::is_demo);
    let in_demo: bool = customer.first(db).optional()?.unwrap_or_default();
    let is_for_them = |application: &Application| in_demo || !application.is_demo;
    able.retain(|application| {
        application.admits(organization) && (wished.is_some() || is_for_them(application))
    });
    Ok(if able.len() == 1 { able.pop() } else { None })
}

/// A page of applications, newest first.
pub fn page(db: &mut Db, window: &Window) -> Result<Page<Application>> {
    let mut query = applications::table
        .filter(applications::deleted_at.is_null())
        .order(applications::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(applications::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |application: &Application| application.id.to_string()))
}

/// How many applications there are.
pub fn count(db: &mut Db) -> Result<i64> {
    Ok(applications::table.filter(applications::deleted_at.is_null()).count().get_result(db)?)
}

/// Makes an application. One that can keep a secret gets its first, shown this once.
pub fn create(tx: &mut Tx, new: NewApplication) -> Result<(Application, Option<Secret>)> {
    create_until(tx, new, None)
}

/// The same, with a first secret that ends then.
pub fn create_until(
    tx: &mut Tx,
    new: NewApplication,
    until: Option<Time>,
) -> Result<(Application, Option<Secret>)> {
    let application = Application {
        id: ApplicationId::new(),
        name: new.name.trim().to_owned(),
        kind: new.kind,
        redirect_uris: Json::from(new.redirect_uris),
        post_logout_redirect_uris: Json::from(new.post_logout_redirect_uris),
        initiate_login_uri: new.initiate_login_uri,
        fallback_url: new.fallback_url,
        no_connection: new.no_connection,
        id_token_alg: new.id_token_alg,
        organizations: new.organizations.map(Json::from),
        is_demo: new.is_demo,
        created_at: tx.now,
        updated_at: tx.now,
        deleted_at: None,
        backchannel_logout_uri: new.logout.backchannel_uri,
        backchannel_logout_session_required: new.logout.backchannel_session_required,
        frontchannel_logout_uri: new.logout.frontchannel_uri,
        frontchannel_logout_session_required: new.logout.frontchannel_session_required,
        roles: Json::from(new.model.roles),
        default_role: new.model.default_role,
        entity_types: Json::from(new.model.types),
        protected_hosts: Json::from(hosts::folded(new.protected_hosts)),
        id_token_ttl: new.lifetimes.id_token,
        access_token_ttl: new.lifetimes.access_token,
        refresh_token_ttl: new.lifetimes.refresh_token,
        scopes: Json::from(machine::distinct(new.scopes)),
    };
    check(tx.db, &application)?;
    diesel::insert_into(applications::table).values(&application).execute(tx.db)?;
    let id = &application.id;
    let (name, kind) = (&application.name, application.kind);
    let data = if application.is_machine() {
        let (scopes, bound) = (&*application.scopes, application.bound_to());
        json!({ "name": name, "kind": kind, "scopes": scopes, "organization_id": bound })
    } else {
        json!({ "name": name, "kind": kind })
    };
    events::append(tx, None, "application.created", id.as_str(), data)?;
    if !application.is_machine() {
        holds::stale_everywhere(tx)?;
    }
    let secret = match application.kind {
        ApplicationKind::Web | ApplicationKind::Machine => Some(add_secret(tx, id, until)?.1),
        ApplicationKind::Native => None,
    };
    Ok((application, secret))
}

/// Changes what the patch names. What is the same already makes no event. What it was granted of people whose
/// organization it no longer admits ends, and what a machine got for another organization.
pub fn change(tx: &mut Tx, id: &ApplicationId, patch: ApplicationPatch) -> Result<Application> {
    let before = find(tx.db, id)?;
    let mut after = before.clone();
    if let Some(name) = patch.name {
        name.trim().clone_into(&mut after.name);
    }
    if let Some(uris) = patch.redirect_uris {
        after.redirect_uris = Json::from(uris);
    }
    if let Some(uris) = patch.post_logout_redirect_uris {
        after.post_logout_redirect_uris = Json::from(uris);
    }
    if let Some(list) = patch.organizations {
        after.organizations = list.map(Json::from);
    }
    after.initiate_login_uri = patch.initiate_login_uri.unwrap_or(after.initiate_login_uri);
    after.fallback_url = patch.fallback_url.unwrap_or(after.fallback_url);
    after.no_connection = patch.no_connection.unwrap_or(after.no_connection);
    after.id_token_alg = patch.id_token_alg.unwrap_or(after.id_token_alg);
    if let Some(roles) = patch.roles {
        after.roles = Json::from(roles);
    }
    after.default_role = patch.default_role.unwrap_or(after.default_role);
    if let Some(types) = patch.entity_types {
        after.entity_types = Json::from(types);
    }
    if let Some(hosts) = patch.protected_hosts {
        after.protected_hosts = Json::from(hosts::folded(hosts));
    }
    if let Some(scopes) = patch.scopes {
        after.scopes = Json::from(machine::distinct(scopes));
    }
    patch.logout.apply(&mut after);
    patch.lifetimes.apply(&mut after);
    let (old, new) = (changes::kept(&before), changes::kept(&after));
    let changed = changes::differences(&old, &new);
    if changed.is_empty() {
        return Ok(before);
    }
    check(tx.db, &after)?;
    access_model::keep(tx.db, &before, &after)?;
    after.updated_at = tx.now;
    diesel::update(&after).set(&after).execute(tx.db)?;
    let gives = ["roles", "default_role", "entity_types", "organizations"];
    if !after.is_machine() && gives.iter().any(|it| changed.contains(it)) {
        holds::stale_everywhere(tx)?;
    }
    if after.is_machine() && after.bound_to() != before.bound_to() {
        machine::end(tx, id)?;
    }
    if let Some(admitted) = &after.organizations {
        ending::sessions(tx, Of::Others(id, admitted))?;
    }
    let data = json!({ "changed": changed });
    events::append_change(tx, None, "application.updated", id.as_str(), data, (&old, &new))?;
    Ok(after)
}

fn check(db: &mut Db, application: &Application) -> Result<()> {
    let mut faults = Faults::default();
    faults.name("/name", &application.name);
    addresses::check(&mut faults, application);
    machine::check(&mut faults, application);
    access_model::check(&mut faults, &application.model());
    hosts::check(db, &mut faults, application)?;
    lifetimes::check(&mut faults, application);
    if let Some(list) = &application.organizations {
        let known: Vec<OrganizationId> = organizations::table
            .filter(organizations::id.eq_any(list.iter()))
            .filter(organizations::deleted_at.is_null())
            .select(organizations::id)
            .load(db)?;
        for (at, id) in list.iter().enumerate().filter(|(_, id)| !known.contains(id)) {
            let detail = format!("There is no organization {id}.");
            faults.add(&format!("/organizations/{at}"), "not_found", detail);
        }
    }
    faults.finish()
}
