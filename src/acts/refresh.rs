//! A provider's metadata is read again, by nobody's wish or because a certificate is unknown.

use super::metadata::Reading;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::fetch::{Fetched, Fetcher, Validators};
use crate::saml::metadata::IdentityProvider;
use crate::store::connections::{self, Refreshed};
use crate::store::refreshes::{self, Copy, Due};
use crate::store::{Actor, Store, Tx};
use chrono::TimeDelta;

/// What reading metadata again needs.
#[derive(Clone)]
pub struct Refresher {
    /// Where it is written down.
    pub store: Store,
    /// Fetches it.
    pub fetcher: Fetcher,
    /// Our own address, so that our own metadata is recognised.
    pub public_url: String,
    /// How often metadata is read where its file wants nothing else.
    pub interval: TimeDelta,
}

/// Why metadata could not be had.
struct Failed {
    code: String,
    detail: String,
}

impl Refresher {
    /// Reads the metadata of a connection that this instance has taken, and writes down what came of it. `None`: it could
    /// not be had, and will be tried again.
    pub async fn refresh(&self, due: Due) -> Result<Option<Refreshed>> {
        let id = due.connection.id.clone();
        match self.read(&due).await {
            Ok(Some((provider, validators))) => {
                match self.take_over(&due, provider, validators).await {
                    // The file can be read, but not be taken over: that is a fault of the file.
                    Err(Error::Invalid(faults)) => {
                        let first = faults.into_iter().next();
                        let (code, detail) = first.map(|first| (first.code, first.detail)).unzip();
                        let failed = Failed {
                            code: code.unwrap_or_default(),
                            detail: detail.unwrap_or_default(),
                        };
                        self.fail(due, failed).await.map(|()| None)
                    }
                    Ok(came) => {
                        tracing::debug!(connection.id = %id, ?came, "metadata was read again");
                        Ok(Some(came))
                    }
                    Err(error) => Err(error),
                }
            }
            Ok(None) => {
                let interval = self.interval;
                self.write(due, move |tx, due| {
                    refreshes::unmodified(tx, &due.connection, interval)?;
                    Ok(Some(Refreshed::Unchanged))
                })
                .await
            }
            Err(failed) => self.fail(due, failed).await.map(|()| None),
        }
    }

    /// The provider as its metadata has it; `None` where that is what it was. Whether it is decides the server alone, and
    /// only where it was asked: here nothing is compared.
    async fn read(&self, due: &Due) -> Result<Option<(IdentityProvider, Validators)>, Failed> {
        let fetched = self.fetcher.get_if_changed(&due.url, &due.known).await;
        let fetched = fetched
            .map_err(|fault| Failed { code: fault.code().to_owned(), detail: fault.to_string() })?;
        let Some(Fetched { validators, body, .. }) = fetched else { return Ok(None) };
        let now = self.store.clock().now();
        let parsed = self.reading(due, now).parse(body).await.map_err(|error| Failed {
            code: "metadata_invalid".to_owned(),
            detail: error.to_string(),
        })?;
        let provider = parsed
            .map_err(|fault| Failed { code: fault.code().to_owned(), detail: fault.to_string() })?;
        Ok(Some((provider, validators)))
    }

    fn reading(&self, due: &Due, now: Time) -> Reading<'_> {
        let known = due.connection.identity_provider.as_ref();
        Reading {
            fetcher: &self.fetcher,
            public_url: &self.public_url,
            choose: known.map(|provider| provider.entity_id.clone()),
            signed_by: due.connection.settings.metadata_keys(),
            now,
        }
    }

    async fn take_over(
        &self,
        due: &Due,
        provider: IdentityProvider,
        validators: Validators,
    ) -> Result<Refreshed> {
        let copy = Copy {
            validators,
            cache_seconds: provider.cache_duration,
            valid_until: provider.valid_until,
        };
        let interval = self.interval;
        self.write(due.clone(), move |tx, due| {
            let id = &due.connection.id;
            let came = connections::refresh(tx, id, &due.url, provider)?;
            if came != Refreshed::Superseded {
                refreshes::fetched(tx, &due.connection, &copy, interval)?;
            }
            Ok(came)
        })
        .await
    }

    async fn fail(&self, due: Due, failed: Failed) -> Result<()> {
        let (interval, Failed { code, detail }) = (self.interval, failed);
        tracing::warn!(
            connection.id = %due.connection.id, code, detail, "metadata could not be read again"
        );
        self.write(due, move |tx, due| {
            refreshes::failed(tx, &due.connection, &code, &detail, interval)
        })
        .await
    }

    async fn write<T: Send + 'static>(
        &self,
        due: Due,
        f: impl FnOnce(&mut Tx, &Due) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let scope = due.connection.organization_id.clone();
        self.store.write(&scope, Actor::System, move |tx| f(tx, &due)).await
    }
}
