//! The settings at every moment: those of the start, and what has been put since.

use super::brand::Logos;
use super::server::State;
use crate::config::{self, Config, Flags, Problem};
use crate::crypto::RelyingParty;
use crate::error::Result;
use crate::store::configuration::{self, Wish};
use crate::store::{Actor, Scope, Store, Tx, logos};
use actix_web::web::Data;
use std::sync::{Arc, PoisonError};

impl State {
    /// The settings at this moment.
    #[must_use]
    pub fn live(&self) -> Arc<Config> {
        self.live.config()
    }

    /// Who the pages say they speak for.
    #[must_use]
    pub fn operator(&self) -> String {
        self.live().brand.name.clone()
    }

    /// The operator's logos at this moment.
    pub(super) fn logos(&self) -> Arc<Logos> {
        self.logos.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts into effect what has been put last, by whichever process.
    pub fn renew_settings(&self) -> Result<()> {
        let known = self.live.revision();
        if self.store.read_now(configuration::revision)? == known {
            return Ok(());
        }
        // The revision first: what is put while the rest is read is read again next time.
        let (revision, put, all) = self.store.read_now(|db| {
            let revision = configuration::revision(db)?;
            Ok((revision, configuration::put(db, &self.master)?, logos::all(db)?))
        })?;
        *self.logos.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Logos::of(all));
        for problem in self.live.take(revision, &put) {
            tracing::warn!(%problem, "a setting that was put is left out");
        }
        Ok(())
    }

    /// Reads flags, environment and file again, and the certificate of our own TLS. What can change live changes; of the rest
    /// the log has the names. What cannot be used changes nothing.
    pub fn reread(&self, flags: &Flags) {
        if let Err(error) = self.renew_tls() {
            tracing::error!(%error, "the certificate of our own TLS stays the one before");
        }
        let said = |problem: &Problem| format!("{} {} {}", problem.what, problem.why, problem.fix);
        match config::load(flags).and_then(|again| self.live.reread(&again)) {
            Ok(told) => {
                tracing::info!(changed = told.changed.join(", "), "the settings were read again");
                if !told.waiting.is_empty() {
                    let settings = told.waiting.join(", ");
                    tracing::warn!(settings, "settings were changed that need a restart");
                }
                for problem in &told.left_out {
                    let problem = said(problem);
                    tracing::warn!(problem, "a setting that was put is left out");
                }
            }
            Err(problems) => {
                for problem in &problems.0 {
                    let problem = said(problem);
                    tracing::error!(problem, "the settings cannot be used, and stay as they were");
                }
            }
        }
    }

    /// Changes settings, for this process at once.
    pub async fn change_settings(state: &Data<Self>, actor: Actor, wish: Wish) -> Result<()> {
        let shared = state.clone();
        let change = move |store: &Store| {
            let (start, master) = (shared.live.start(), &shared.master);
            let write = |tx: &mut Tx| configuration::change(tx, &start, master, &wish);
            store.write_now(&Scope::System, &actor, write)?;
            shared.renew_settings()
        };
        state.store.apart(change).await
    }

    /// Whom passkeys of members are for; none where browsers make none.
    pub(super) fn passkeys(&self) -> Option<RelyingParty> {
        let made = RelyingParty::new(self.config.public_url.as_str(), &self.operator());
        made.unwrap_or_else(|error| {
            tracing::error!(error = ?error, "passkeys cannot be asked for");
            None
        })
    }
}
