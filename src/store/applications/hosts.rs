//! Hosts behind a proxy that asks us who is there: each is one application's.

use super::Application;
use crate::error::Result;
use crate::oidc::protected::ProtectedHost;
use crate::store::input::Faults;
use crate::store::schema::applications;
use crate::store::{Db, Prepared, on_backend};
use diesel::prelude::*;

/// How many hosts an application has at most.
const MOST: usize = 50;

/// The application that a host is protected for.
pub fn by_host(db: &mut Db, host: &str) -> Result<Option<Application>> {
    Ok(protecting(db)?.into_iter().find(|it| has(it, host)))
}

/// The applications that have protected hosts. They are few: applications are the vendor's own.
fn protecting(db: &mut Db) -> Result<Vec<Application>> {
    let all = applications::table
        .filter(applications::deleted_at.is_null())
        .filter(applications::protected_hosts.ne("[]"))
        .select(applications::all_columns);
    Ok(on_backend!(db, conn => Prepared(all).load(conn))?)
}

fn has(application: &Application, host: &str) -> bool {
    application.protected_hosts.iter().any(|one| one == host)
}

/// Hosts in the form in which they are compared, without empty ones. What is no host stays as it is, and is refused.
pub(super) fn folded(hosts: Vec<String>) -> Vec<String> {
    let fold = |text: String| match ProtectedHost::parse(text.trim()) {
        Ok(host) => host.as_str().to_owned(),
        Err(_) => text,
    };
    hosts.into_iter().filter(|host| !host.trim().is_empty()).map(fold).collect()
}

/// Checks the hosts of an application.
pub(super) fn check(db: &mut Db, faults: &mut Faults, application: &Application) -> Result<()> {
    let hosts = &application.protected_hosts;
    if hosts.len() > MOST {
        let detail = format!("There can be at most {MOST} hosts.");
        faults.add("/protected_hosts", "too_many", detail);
        return Ok(());
    }
    let mut others = protecting(db)?;
    others.retain(|it| it.id != application.id);
    for (at, host) in hosts.iter().enumerate() {
        let pointer = format!("/protected_hosts/{at}");
        if let Err(detail) = ProtectedHost::parse(host) {
            faults.add(&pointer, "host_invalid", detail);
        } else if hosts.iter().take(at).any(|earlier| earlier == host) {
            faults.add(&pointer, "repeated", format!("{host} is in the list already."));
        } else if let Some(owner) = others.iter().find(|it| has(it, host)) {
            let detail = format!("{host} is protected for {} ({}) already.", owner.name, owner.id);
            faults.add(&pointer, "host_taken", detail);
        }
    }
    Ok(())
}
