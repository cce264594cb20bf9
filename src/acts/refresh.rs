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
    /// Reads the metadata of a connection that this instance has taken, and writes down what came of it, unless somebody
    /// has decided about it meanwhile. `None`: it could not be had, and will be tried again.
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
                        self.fail(due, failed).await
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
                let unmodified = move |tx: &mut Tx, due: &Due| {
                    refreshes::unmodified(tx, &due.connection, interval)?;
                    Ok(Refreshed::Unchanged)
                };
                Ok(Some(self.write(due, unmodified).await?.unwrap_or(Refreshed::Superseded)))
            }
            Err(failed) => self.fail(due, failed).await,
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
        let write = move |tx: &mut Tx, due: &Due| {
            let id = &due.connection.id;
            let came = connections::refresh(tx, id, &due.url, provider)?;
            if came != Refreshed::Superseded {
                refreshes::fetched(tx, &due.connection, &copy, interval)?;
            }
            Ok(came)
        };
        Ok(self.write(due.clone(), write).await?.unwrap_or(Refreshed::Superseded))
    }

    async fn fail(&self, due: Due, failed: Failed) -> Result<Option<Refreshed>> {
        let (interval, Failed { code, detail }) = (self.interval, failed);
        tracing::warn!(
            connection.id = %due.connection.id, code, detail, "metadata could not be read again"
        );
        let write = move |tx: &mut Tx, due: &Due| {
            refreshes::failed(tx, &due.connection, &code, &detail, interval)
        };
        Ok(self.write(due, write).await?.is_none().then_some(Refreshed::Superseded))
    }

    /// Writes down what came of it, unless that is out of date by now.
    async fn write<T: Send + 'static>(
        &self,
        due: Due,
        f: impl FnOnce(&mut Tx, &Due) -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let scope = due.connection.organization_id.clone();
        let write = move |tx: &mut Tx| {
            if refreshes::is_current(tx.db, &due)? { f(tx, &due).map(Some) } else { Ok(None) }
        };
        self.store.write(&scope, Actor::System, write).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{AllowList, Limits};
    use crate::saml::testing as saml_testing;
    use crate::store::connections::{ConnectionPatch, Settings};
    use crate::store::testing::{self, TestStore};

    const URL: &str = "https://idp.example/metadata";
    const INTERVAL: TimeDelta = TimeDelta::hours(6);

    fn refresher(store: &TestStore) -> Refresher {
        Refresher {
            store: (**store).clone(),
            fetcher: Fetcher::new(AllowList::parse::<&str>(&[]).unwrap(), Limits::default())
                .unwrap(),
            public_url: "https://sso.example.com".to_owned(),
            interval: INTERVAL,
        }
    }

    /// Metadata that is being read: its connection has been taken, and its server takes its time.
    fn underway(store: &TestStore) -> Due {
        testing::active(store, "JumpCloud", Some(URL));
        store.system(|tx| refreshes::adopt(tx, INTERVAL));
        store.clock().advance(INTERVAL);
        store.system(refreshes::claim).remove(0)
    }

    /// What the server had when it was asked.
    fn late() -> IdentityProvider {
        let certificates = vec![saml_testing::other_rsa().certificate.clone()];
        IdentityProvider { certificates, ..testing::provider("JumpCloud") }
    }

    #[tokio::test]
    async fn what_was_read_before_a_person_decided_changes_nothing_and_fails_nothing() {
        type Decides = fn(&mut Tx, &Due) -> Result<()>;
        let decisions: [(&str, Decides); 4] = [
            ("other metadata", |tx, due| {
                let certificates = vec![saml_testing::ec().certificate.clone()];
                let newer = IdentityProvider { certificates, ..testing::provider("JumpCloud") };
                let url = Some(URL.to_owned());
                connections::import(tx, &due.connection.id, newer, url, false).map(drop)
            }),
            ("by whom it must be signed", |tx, due| {
                let pinned = Some(saml_testing::rsa().pem());
                let settings = Settings { metadata_certificate: pinned, ..Settings::default() };
                let patch =
                    ConnectionPatch { settings: Some(settings), ..ConnectionPatch::default() };
                connections::change(tx, &due.connection.id, patch).map(drop)
            }),
            ("another try has ended", |tx, due| {
                refreshes::fetched(tx, &due.connection, &Copy::default(), INTERVAL)
            }),
            ("deleted", |tx, due| connections::delete(tx, &due.connection.id)),
        ];
        for (name, decides) in decisions {
            let store = testing::store();
            let (refresher, due) = (refresher(&store), underway(&store));
            store.system(|tx| decides(tx, &due));
            let all = || store.kinds(Some(&due.connection.organization_id));
            let told = all();
            let came = refresher.take_over(&due, late(), Validators::default()).await.unwrap();
            assert_eq!(came, Refreshed::Superseded, "{name}");
            let failed = Failed { code: "metadata_unreachable".to_owned(), detail: String::new() };
            let came = refresher.fail(due.clone(), failed).await.unwrap();
            assert_eq!(came, Some(Refreshed::Superseded), "{name}");
            let row = store.read_now(|db| refreshes::by_connection(db, &due.connection.id));
            let row = row.unwrap().unwrap();
            assert_eq!((row.failures, row.failing_since), (0, None), "{name}");
            assert_eq!(all(), told, "{name}");
        }
    }

    #[tokio::test]
    async fn what_nobody_decided_about_is_written_down() {
        let store = testing::store();
        let (refresher, due) = (refresher(&store), underway(&store));
        let failed = Failed { code: "metadata_unreachable".to_owned(), detail: String::new() };
        assert_eq!(refresher.fail(due.clone(), failed).await.unwrap(), None);
        store.clock().advance(INTERVAL);
        let due = store.system(refreshes::claim).remove(0);
        // A sign-in that notes what signed meanwhile decides nothing.
        let signer = saml_testing::rsa().certificate.fingerprint();
        store.system(|tx| connections::certificates::signed(tx, &due.connection.id, signer));
        let came = refresher.take_over(&due, late(), Validators::default()).await.unwrap();
        assert_eq!(came, Refreshed::Changed);
    }
}
