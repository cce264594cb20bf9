//! A provider signs with another key than before: what its sign-ins do about that.
//!
//! A certificate that is not known has the provider's metadata read again, and the person waits for it a few seconds. One
//! that was announced is in use as soon as it has signed.

use super::server::State;
use super::verdict::{Decided, Looked, Verdict};
use crate::acts;
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::Result;
use crate::store::connections::{self, certificates};
use crate::store::refreshes::{self, Asked};
use crate::store::{Actor, ConnectionId, OrganizationId, Scope};
use actix_web::web::Data;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long a person waits for metadata. What is not there by then is there for the next try.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often is looked whether another request, or another instance, has it.
const LOOK: Duration = Duration::from_millis(200);
/// Connections whose signers are kept. Beyond that all are dropped and noted again.
const MOST: usize = 10_000;

/// The certificates that were seen to sign, by connection, each with the revision at which they did.
#[derive(Default)]
pub struct Signers(RwLock<HashMap<ConnectionId, (i64, Vec<String>)>>);

impl Signers {
    fn has(&self, signer: &Signer) -> bool {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of = seen.get(&signer.connection).filter(|(revision, _)| *revision == signer.revision);
        of.is_some_and(|(_, prints)| prints.contains(&signer.fingerprint))
    }

    fn add(&self, signer: Signer) {
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.clear();
        }
        let (revision, prints) = seen.entry(signer.connection).or_default();
        if *revision != signer.revision {
            (*revision, *prints) = (signer.revision, Vec::new());
        }
        prints.push(signer.fingerprint);
    }
}

/// What made the signature of a response that was accepted.
pub(super) struct Signer {
    connection: ConnectionId,
    organization: OrganizationId,
    revision: i64,
    fingerprint: String,
}

/// Whether the connection has changed for a response that was refused because of its certificate, so that the response
/// is worth another look. Has the metadata read, or waits for who does.
pub(super) async fn has_news(state: &Data<State>, verdict: &Verdict) -> Result<bool> {
    if !may_ask(verdict, state.store.clock().now()) {
        return Ok(false);
    }
    let id = verdict.connection.id.clone();
    let asked =
        state.store.write(Scope::Own, Actor::System, move |tx| refreshes::ask(tx, &id)).await?;
    match asked {
        Asked::Granted(due) => {
            let refresher =
                acts::refresher(&state.live(), state.store.clone(), state.fetcher.clone());
            // Nobody who goes away takes it with them.
            let reading = tokio::spawn(async move { refresher.refresh(*due).await });
            match timeout(PATIENCE, reading).await {
                Ok(Ok(Ok(_))) | Err(_) => {}
                Ok(Ok(Err(error))) => tracing::error!(error = ?error, "reading metadata failed"),
                Ok(Err(error)) => tracing::error!(%error, "reading metadata did not end well"),
            }
        }
        Asked::Underway(_) => {
            // If the time is up, it is looked at what there is.
            let read = timeout(PATIENCE, until_read(state, &verdict.connection.id)).await;
            read.unwrap_or(Ok(()))?;
        }
        Asked::Refused => {}
    }
    let id = verdict.connection.id.clone();
    let now = state.store.read(move |db| connections::find(db, &id)).await?;
    Ok(now.revision != verdict.connection.revision)
}

/// Whether a stranger could not have had this done: the message is whole, comes from the connection's provider as far as
/// it says itself, and answers an open sign-in of this browser. It is refused only because of its certificate: that is not
/// known, is not named and of no known key, or has ended, for it may have been renewed with the same key.
fn may_ask(verdict: &Verdict, now: Time) -> bool {
    let Verdict { connection, trace, decided, facts, .. } = verdict;
    let is_about_certificate = match decided {
        Decided::Refused(Cause::CertificateUnknown | Cause::CertificateExpired) => true,
        Decided::Refused(Cause::SignatureInvalid) => facts.is_unnamed,
        Decided::Refused(_) | Decided::Accepted(_) => false,
    };
    let is_open = trace.as_ref().is_some_and(|trace| {
        trace.finished_at.is_none()
            && now < trace.expires_at
            && trace.saml_request_id.is_some()
            && trace.saml_request_id == facts.in_response_to
    });
    let provider = connection.identity_provider.as_ref();
    let is_theirs = provider.is_some_and(|known| facts.issuer.as_ref() == Some(&known.entity_id));
    is_about_certificate && is_open && is_theirs && connection.metadata_url.is_some()
}

async fn until_read(state: &Data<State>, id: &ConnectionId) -> Result<()> {
    loop {
        let (id, now) = (id.clone(), state.store.clock().now());
        let row = state.store.read(move |db| refreshes::by_connection(db, &id)).await?;
        if !row.is_some_and(|row| refreshes::is_underway(&row, now)) {
            return Ok(());
        }
        sleep(LOOK).await;
    }
}

/// What signed a response that is believed, where that is worth a note: a connection with one certificate has nothing to settle.
pub(super) fn signer(state: &State, looked: &Looked) -> Option<Signer> {
    let connection = &looked.connection;
    let several = connection.identity_provider.as_ref().is_some_and(|p| p.certificates.len() > 1);
    if !several || looked.decided.is_err() {
        return None;
    }
    let signer = Signer {
        connection: connection.id.clone(),
        organization: connection.organization_id.clone(),
        revision: connection.revision,
        fingerprint: looked.facts.certificate.clone()?,
    };
    (!state.signers.has(&signer)).then_some(signer)
}

/// Notes what signed. The person is in already, so a failure is logged and noted with the next sign-in.
pub(super) async fn settle(state: &State, signer: Option<Signer>) {
    let Some(signer) = signer else { return };
    let (id, fingerprint) = (signer.connection.clone(), signer.fingerprint.clone());
    let noted = state
        .store
        .write(&signer.organization, Actor::System, move |tx| {
            certificates::signed(tx, &id, &fingerprint)
        })
        .await;
    match noted {
        Ok(()) => state.signers.add(signer),
        Err(error) => tracing::error!(error = ?error, "a signer could not be noted"),
    }
}
