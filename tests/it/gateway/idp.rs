//! An identity provider in this process, for responses that no honest one sends.

use super::Gateway;
use crate::user_agent::{Form, Page, UserAgent};
use std::sync::LazyLock;
use url::Url;
use vestibule::clock::Clock;
use vestibule::crypto::{Algorithm, PrivateKey};
use vestibule::saml::certificate::Certificate;
use vestibule::saml::issue::{self, Asked, Issue};
use vestibule::saml::sign::Signer;
use vestibule::store::connections::Connection;

/// A key with its certificate.
pub(crate) struct Key {
    key: PrivateKey,
    certificate: Certificate,
}

impl Key {
    /// The key of the providers in this process.
    pub(crate) fn known() -> &'static Self {
        static KEY: LazyLock<Key> = LazyLock::new(Key::new);
        &KEY
    }

    /// A key that nobody has told the gateway about.
    pub(crate) fn unknown() -> &'static Self {
        static KEY: LazyLock<Key> = LazyLock::new(Key::new);
        &KEY
    }

    /// A key that is in nobody's metadata.
    pub(crate) fn stranger() -> &'static Self {
        static KEY: LazyLock<Key> = LazyLock::new(Key::new);
        &KEY
    }

    fn new() -> Self {
        let key = PrivateKey::generate(Algorithm::Rs256).unwrap();
        let pem = key.self_signed("provider", 1, Clock::default().now()).unwrap();
        Self { key, certificate: Certificate::parse(&pem).unwrap() }
    }

    /// Its certificate.
    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// What signs with it.
    pub(crate) fn signer(&self) -> Signer<'_> {
        Signer::new(self.key.as_openssl(), Some(&self.certificate))
    }
}

/// The provider. It listens nowhere: a test reads what it is asked and answers for it.
pub(crate) struct Idp {
    pub(crate) entity_id: String,
}

/// A sign-in on its way: the person is at the provider.
#[derive(Debug, Clone)]
pub(crate) struct Underway {
    pub(crate) asked: Asked,
    pub(crate) relay_state: String,
}

impl Idp {
    pub(crate) fn new(entity_id: &str) -> Self {
        Self { entity_id: entity_id.to_owned() }
    }

    /// Its metadata.
    pub(crate) fn metadata(&self) -> String {
        self.metadata_with(&[Key::known()])
    }

    /// Its metadata with the certificates of these keys.
    pub(crate) fn metadata_with(&self, keys: &[&Key]) -> String {
        self.metadata_by(keys, None)
    }

    /// The same, signed.
    pub(crate) fn metadata_by(&self, keys: &[&Key], signer: Option<&Signer<'_>>) -> String {
        let certificates: Vec<&Certificate> = keys.iter().map(|key| &key.certificate).collect();
        issue::metadata(&self.entity_id, "http://127.0.0.1:9/sso", &certificates, signer).unwrap()
    }

    /// Opens an address of the gateway and stops where the browser leaves for the provider.
    pub(crate) async fn begin(agent: &mut UserAgent, start: &str) -> Underway {
        Self::read(&agent.get_once(start).await)
    }

    /// What a redirect to the provider asks.
    pub(crate) fn read(page: &Page) -> Underway {
        let location = page.location().unwrap_or_else(|| panic!("{page:?}"));
        assert_eq!(location.path(), "/sso", "{location}");
        let value = |name: &str| {
            let pair = location.query_pairs().find(|(key, _)| key == name);
            pair.unwrap_or_else(|| panic!("{name} in {location}")).1.into_owned()
        };
        Underway {
            asked: Asked::read(&value("SAMLRequest")).unwrap(),
            relay_state: value("RelayState"),
        }
    }

    /// A right answer to what was asked.
    pub(crate) fn answer(&self, gateway: &Gateway, to: &Underway, email: &str) -> Issue<'static> {
        let Asked { id, issuer, acs, .. } = &to.asked;
        let mut issue = self.issue(gateway, acs, issuer, email);
        issue.in_response_to = Some(id.clone());
        issue
    }

    /// A response that nobody asked for.
    pub(crate) fn start(
        &self,
        gateway: &Gateway,
        connection: &Connection,
        email: &str,
    ) -> Issue<'static> {
        let (acs, audience) = (connection.acs(&gateway.url), connection.entity_id(&gateway.url));
        self.issue(gateway, &acs, &audience, email)
    }

    fn issue(&self, gateway: &Gateway, acs: &str, audience: &str, email: &str) -> Issue<'static> {
        let signer = Key::known().signer();
        Issue::new(&self.entity_id, acs, audience, email, gateway.now(), signer).unwrap()
    }
}

impl Underway {
    /// The form with which the browser brings an answer back.
    pub(crate) fn form(&self, response: &str) -> Form {
        form(&self.asked.acs, &[("SAMLResponse", response), ("RelayState", &self.relay_state)])
    }
}

/// A form that posts these fields.
pub(crate) fn form(action: &str, fields: &[(&str, &str)]) -> Form {
    Form {
        action: Url::parse(action).unwrap(),
        method: "post".to_owned(),
        fields: fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        asks: false,
    }
}
