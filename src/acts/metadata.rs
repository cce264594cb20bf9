//! An identity provider's metadata comes in: by address, as XML or as single values.

use crate::clock::Time;
use crate::crypto;
use crate::error::{Error, Result};
use crate::fetch::Fetcher;
use crate::saml::Binding;
use crate::saml::certificate::TrustedKeys;
use crate::saml::metadata::{self, Fault, IdentityProvider};
use crate::store::connections::{self, Connection, ConnectionPatch, Settings};
use crate::store::setup_links::{self, Reach};
use crate::store::{Actor, Store, Tx};

/// Where metadata is.
#[derive(Debug, Clone)]
pub enum Source {
    /// At an address: the best way, since it is how new certificates are found.
    Url(String),
    /// Here.
    Xml(Vec<u8>),
    /// Nowhere: an admin copied single values.
    Values(Values),
}

/// Metadata is wanted in one way: of two, given at this field among others, one would be ignored.
#[must_use]
pub fn given_twice(field: &str) -> Error {
    let detail = "Metadata was given in two ways, and one of them is wanted.";
    Error::invalid(format!("/{field}"), "metadata_given_twice", detail)
}

/// An identity provider's values one by one.
#[derive(Debug, Clone)]
pub struct Values {
    /// Its entity ID.
    pub entity_id: String,
    /// Where people sign in.
    pub sign_on_url: String,
    /// How they get there.
    pub binding: Binding,
    /// PEM, or base64 alone.
    pub certificates: Vec<String>,
    /// Where logout messages go, and how.
    pub logout: Option<(String, Binding)>,
}

/// How metadata is read.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// Fetches it, where it is at an address.
    pub fetcher: &'a Fetcher,
    /// Our own address, so that our own metadata is recognised.
    pub public_url: &'a str,
    /// Which identity provider to take where there are several.
    pub choose: Option<String>,
    /// The keys by one of which the file must be signed; none: it need not be.
    pub signed_by: Option<TrustedKeys>,
    /// By when certificates are judged.
    pub now: Time,
}

/// What a person says with the metadata that they give.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Accept that a connection in use gets a provider with another entity ID.
    pub accept_new_entity: bool,
    /// By whom metadata must be signed from now on. It is kept with this metadata or not at all:
    /// [`Reading::signed_by`] is of this one already.
    pub pin: Pin,
    /// What a person has seen of it ([`seen`]); other metadata than that is not taken over. None: they have seen nothing.
    pub seen: Option<String>,
}

/// By what metadata is known again that a person has seen: the one form of all that is read of it.
pub fn seen(provider: &IdentityProvider) -> Result<String> {
    let whole = serde_json::to_vec(provider).map_err(|error| Error::Internal(error.into()))?;
    Ok(crypto::hex(&crypto::sha256(&whole)))
}

/// By whom metadata must be signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pin {
    /// As before.
    #[default]
    Kept,
    /// By the holder of this certificate, PEM or base64.
    By(String),
    /// By nobody.
    Nobody,
}

impl Pin {
    /// The settings with it.
    pub fn apply(self, settings: Settings) -> Result<Settings> {
        match self {
            Self::Kept => Ok(settings),
            Self::By(certificate) => settings.pinned(Some(certificate)),
            Self::Nobody => settings.pinned(None),
        }
    }
}

impl Source {
    /// Reads it. Faults name `/metadata_url`, `/metadata_xml` or what is below `/values`.
    pub async fn read(self, reading: &Reading<'_>) -> Result<IdentityProvider> {
        let (bytes, pointer) = match self {
            Self::Url(url) => {
                let fetched = reading.fetcher.get(&url).await;
                (fetched.map_err(|fault| fault.at("/metadata_url"))?.body, "/metadata_url")
            }
            Self::Xml(bytes) => (bytes, "/metadata_xml"),
            Self::Values(values) => return values.read(reading.now),
        };
        let parsed = reading.parse(bytes).await?;
        parsed.map_err(|fault| Error::Invalid(vec![fault.field_error(pointer)]))
    }
}

impl Source {
    /// The issuer whose discovery document this is, where it is one in place of metadata.
    pub async fn issuer(self, reading: &Reading<'_>) -> Result<Option<String>> {
        let bytes = match self {
            Self::Url(url) => match reading.fetcher.get(&url).await {
                Ok(fetched) => fetched.body,
                Err(_) => return Ok(None),
            },
            Self::Xml(bytes) => bytes,
            Self::Values(_) => return Ok(None),
        };
        Ok(match reading.parse(bytes).await? {
            Err(Fault::Oidc { issuer }) => Some(issuer),
            _ => None,
        })
    }
}

impl Reading<'_> {
    /// Reads a file; of one that has to be signed only what the signature covers.
    pub(super) async fn parse(&self, bytes: Vec<u8>) -> Result<Result<IdentityProvider, Fault>> {
        let ours = format!("{}/saml/", self.public_url);
        let (choose, signed_by, now) = (self.choose.clone(), self.signed_by.clone(), self.now);
        // A federation's file has megabytes, which would keep others waiting.
        let parsed = tokio::task::spawn_blocking(move || {
            let bytes = match signed_by {
                Some(keys) => metadata::verify(&bytes, &keys, now)?.into_bytes(),
                None => bytes,
            };
            metadata::parse(&bytes, choose.as_deref(), &ours, now)
        });
        parsed.await.map_err(|error| Error::Internal(anyhow::Error::new(error)))
    }
}

impl Values {
    fn read(&self, now: Time) -> Result<IdentityProvider> {
        let certificates: Vec<&str> = self.certificates.iter().map(String::as_str).collect();
        let read = IdentityProvider::from_values(
            &self.entity_id,
            &self.sign_on_url,
            self.binding,
            &certificates,
            now,
        );
        let read = match &self.logout {
            Some((url, binding)) => read.and_then(|read| read.with_logout(url, *binding)),
            None => read,
        };
        read.map_err(|error| match error {
            Error::Invalid(mut errors) => {
                for error in &mut errors {
                    error.pointer.insert_str(0, "/values");
                }
                Error::Invalid(errors)
            }
            other => other,
        })
    }
}

/// Reads metadata and gives it to a connection. What was read under other rules than those that count when it is written
/// down is not taken over.
pub async fn import(
    store: &Store,
    actor: Actor,
    connection: Connection,
    source: Source,
    reading: &Reading<'_>,
    terms: Terms,
) -> Result<Connection> {
    let metadata_url = match &source {
        Source::Url(url) => Some(url.clone()),
        Source::Xml(_) | Source::Values(_) => None,
    };
    let provider = source.read(reading).await?;
    if terms.seen.as_ref().is_some_and(|known| seen(&provider).ok().as_ref() != Some(known)) {
        let detail =
            "This is not the metadata that was checked: it is different now. Check it again.";
        return Err(Error::conflict("metadata_changed_again", detail));
    }
    let Connection { id, organization_id, settings, .. } = connection;
    let Terms { accept_new_entity, pin, .. } = terms;
    let write = move |tx: &mut Tx| {
        // Reading took a while, in which whoever asks may have lost the right to.
        setup_links::must_be_trusted(tx, Reach::SignIn(&id))?;
        let now = connections::find(tx.db, &id)?.settings.into_inner();
        if now.metadata_certificate != settings.metadata_certificate {
            let why = "By whom the metadata must be signed was changed at this moment.";
            return Err(Error::Busy(why.to_owned()));
        }
        if pin != Pin::Kept {
            let settings = Some(pin.apply(now)?);
            let patch = ConnectionPatch { settings, ..ConnectionPatch::default() };
            connections::change(tx, &id, patch)?;
        }
        connections::import(tx, &id, provider, metadata_url, accept_new_entity)
    };
    store.write(&organization_id, actor, write).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::{AllowList, Limits};
    use crate::saml::issue;
    use crate::saml::sign::Signer;
    use crate::saml::testing as saml_testing;
    use crate::store::connections::certificates::{self, CertificateState};
    use crate::store::testing;

    #[tokio::test]
    async fn metadata_that_a_person_gives_does_not_take_away_what_a_person_added() {
        let store = testing::store();
        let fetcher =
            Fetcher::new(AllowList::parse::<&str>(&[]).unwrap(), Limits::default()).unwrap();
        let connection = testing::active(&store, "JumpCloud", None);
        let (named, next, added) =
            (saml_testing::rsa(), saml_testing::other_rsa(), saml_testing::ec());
        store.system(|tx| certificates::add(tx, &connection.id, &added.certificate));
        let known = connection.identity_provider.as_ref().unwrap();
        let sign_on_url = known.sign_on.first().unwrap().location.clone();
        let xml = issue::metadata("JumpCloud", &sign_on_url, &[&named.certificate], None);
        let values = Values {
            entity_id: "JumpCloud".to_owned(),
            sign_on_url,
            binding: Binding::Redirect,
            certificates: vec![next.pem()],
            logout: None,
        };
        for source in [Source::Xml(xml.unwrap().into_bytes()), Source::Values(values)] {
            let reading = Reading {
                fetcher: &fetcher,
                public_url: "https://sso.example.com",
                choose: None,
                signed_by: None,
                now: store.clock().now(),
            };
            let given = connection.clone();
            let terms = Terms::default();
            import(&store, Actor::System, given, source, &reading, terms).await.unwrap();
        }
        // The values' certificate takes over; the one that was added has no part in that.
        let signer = next.certificate.fingerprint();
        store.system(|tx| certificates::signed(tx, &connection.id, signer));
        let rows = store.read_now(|db| {
            connections::find(db, &connection.id).and_then(|row| certificates::list(db, &row))
        });
        let rows = rows.unwrap();
        let state = |pair: &saml_testing::Pair| {
            let print = pair.certificate.fingerprint();
            rows.iter().find(|row| row.fingerprint == print).unwrap().state
        };
        let states = [named, next, added].map(state);
        let expected =
            [CertificateState::Retired, CertificateState::Active, CertificateState::Next];
        assert_eq!(states, expected);
    }

    #[tokio::test]
    async fn what_was_checked_is_taken_over_or_nothing() {
        let store = testing::store();
        let fetcher =
            Fetcher::new(AllowList::parse::<&str>(&[]).unwrap(), Limits::default()).unwrap();
        let connection = testing::active(&store, "JumpCloud", None);
        let pair = saml_testing::rsa();
        let xml = |sign_on: &str| {
            let xml = issue::metadata("JumpCloud", sign_on, &[&pair.certificate], None);
            Source::Xml(xml.unwrap().into_bytes())
        };
        let reading = Reading {
            fetcher: &fetcher,
            public_url: "https://sso.example.com",
            choose: None,
            signed_by: None,
            now: store.clock().now(),
        };
        let checked = xml("https://idp.example/sso").read(&reading).await.unwrap();
        let terms = || Terms { seen: Some(seen(&checked).unwrap()), ..Terms::default() };
        let give = async |sign_on: &str| {
            let given = connection.clone();
            import(&store, Actor::System, given, xml(sign_on), &reading, terms()).await
        };
        // Somebody who can write at the address may show one thing to whoever checks, and another later.
        let other = give("https://evil.example/sso").await;
        assert_eq!(testing::refused(other), "metadata_changed_again");
        let taken = give("https://idp.example/sso").await.unwrap();
        let known = taken.identity_provider.unwrap();
        assert_eq!(known.sign_on.first().unwrap().location, "https://idp.example/sso");
    }

    #[tokio::test]
    async fn a_pinned_certificate_is_kept_with_the_metadata_or_not_at_all() {
        let store = testing::store();
        let fetcher =
            Fetcher::new(AllowList::parse::<&str>(&[]).unwrap(), Limits::default()).unwrap();
        let connection = testing::active(&store, "JumpCloud", None);
        let pair = saml_testing::rsa();
        let give = async |entity_id: &str, given: Connection, pin: Pin| {
            let certificates = [&pair.certificate];
            let signer = Signer::new(&pair.key, Some(&pair.certificate));
            let sign_on = "https://idp.example/sso";
            let xml = issue::metadata(entity_id, sign_on, &certificates, Some(&signer)).unwrap();
            let reading = Reading {
                fetcher: &fetcher,
                public_url: "https://sso.example.com",
                choose: None,
                signed_by: None,
                now: store.clock().now(),
            };
            let (source, terms) =
                (Source::Xml(xml.into_bytes()), Terms { pin, ..Terms::default() });
            import(&store, Actor::System, given, source, &reading, terms).await
        };
        let now = || store.read_now(|db| connections::find(db, &connection.id)).unwrap();
        let pin = || Pin::By(pair.pem());
        // Another provider's metadata is refused, and with it what was to be pinned.
        let refused = give("Other", now(), pin()).await;
        assert_eq!(testing::refused(refused), "metadata_entity_changed");
        assert_eq!(now().settings.metadata_certificate, None);
        let before = now();
        give("JumpCloud", now(), pin()).await.unwrap();
        assert_eq!(now().settings.metadata_certificate, Some(pair.pem()));
        // What was read while nothing was pinned is not taken over any more.
        assert!(matches!(give("JumpCloud", before, Pin::Kept).await, Err(Error::Busy(_))));
        give("JumpCloud", now(), Pin::Nobody).await.unwrap();
        assert_eq!(now().settings.metadata_certificate, None);
    }
}
