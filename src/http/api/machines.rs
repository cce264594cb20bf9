//! Who may make what of a machine application: it calls this API as a key does, so nobody gives it more than they may give to a key.

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::caller::ApiKey;
use crate::store::api_keys::Scope;
use crate::store::applications::{Application, ApplicationKind, ApplicationPatch};
use std::collections::HashSet;

/// What a caller may give to a key, and so to a machine application.
#[derive(Clone)]
pub(super) struct Giver {
    called: &'static str,
    scopes: Vec<Scope>,
    ends: Option<Time>,
}

impl Giver {
    /// What this caller may give.
    pub(super) fn of<N>(key: &ApiKey<N>) -> Self {
        Self { called: key.called(), scopes: key.scopes().to_vec(), ends: key.expires_at() }
    }

    /// Refuses whoever may not make keys, or none with these scopes, where the application is a program.
    pub(super) fn may(&self, kind: ApplicationKind, scopes: &[Scope]) -> Result<()> {
        if kind != ApplicationKind::Machine {
            return Ok(());
        }
        let needed = std::iter::once(&Scope::ApiKeysWrite).chain(scopes);
        let mut seen = HashSet::new();
        let beyond: Vec<&str> = needed
            .filter(|scope| !self.scopes.contains(scope))
            .map(|scope| scope.as_str())
            .filter(|word| seen.insert(*word))
            .collect();
        if beyond.is_empty() {
            return Ok(());
        }
        Err(Error::Forbidden(format!(
            "This {} lacks {}. A machine application calls this API as a key does, so whoever makes or changes one needs \
             api_keys:write and all that it may do.",
            self.called,
            beyond.join(", ")
        )))
    }

    /// The same of an application that is there.
    pub(super) fn may_touch(&self, application: &Application) -> Result<()> {
        self.may(application.kind, &application.scopes)
    }

    /// Refuses a change that gives a machine application more than the caller has, or for longer: what it has by secrets that go on
    /// does not end when the caller does.
    pub(super) fn may_change(&self, now: &Application, patch: &ApplicationPatch) -> Result<()> {
        self.may_touch(now)?;
        let wanted = patch.scopes.as_deref().unwrap_or_default();
        self.may(now.kind, wanted)?;
        let has_more = wanted.iter().any(|scope| !now.scopes.contains(scope));
        let is_elsewhere = patch.organizations.as_ref().is_some_and(|list| {
            let wanted = list.as_ref().and_then(|list| list.first());
            now.bound_to().is_some() && wanted != now.bound_to()
        });
        if has_more || is_elsewhere { self.must_last(now) } else { Ok(()) }
    }

    /// Refuses a caller that ends by itself what would outlive it.
    pub(super) fn must_last(&self, application: &Application) -> Result<()> {
        match self.ends {
            Some(end) if application.is_machine() => Err(Error::Forbidden(format!(
                "This {} ends at {end}, and what a machine application is given would outlive it. Ask with a key that lasts, or at \
                 the command line: vestibule application.",
                self.called
            ))),
            _ => Ok(()),
        }
    }

    /// When a new secret of an application ends: one of a program not after the caller itself.
    pub(super) fn until(
        &self,
        kind: ApplicationKind,
        wanted: Option<Time>,
    ) -> Result<Option<Time>> {
        let Some(own) = self.ends.filter(|_| kind == ApplicationKind::Machine) else {
            return Ok(wanted);
        };
        match wanted {
            Some(wanted) if wanted > own => {
                let detail = format!(
                    "The {} that asks for this secret ends at {own}, so the secret of a machine application cannot end later.",
                    self.called
                );
                Err(Error::invalid("/expires_at", "outlives_maker", detail))
            }
            wanted => Ok(wanted.or(Some(own))),
        }
    }
}
