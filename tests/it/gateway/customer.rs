//! A customer of the vendor with connections, as an operator would set them up.

use super::{Gateway, Idp};
use crate::peers::Provider;
use crate::user_agent::UserAgent;
use vestibule::email::Email;
use vestibule::fetch::{AllowList, Fetcher, Limits};
use vestibule::saml::metadata;
use vestibule::store::connections::{self, Connection, ConnectionPatch, NewConnection, Settings};
use vestibule::store::organizations::{self, Admission, Organization, OrganizationPatch};
use vestibule::store::users::{self, NewUser, Source, User};

/// An organization of a gateway.
pub(crate) struct Customer<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) organization: Organization,
}

impl Customer<'_> {
    /// A new connection with nothing but its addresses.
    pub(crate) fn draft(&self, name: &str, settings: Settings) -> Connection {
        let new = NewConnection { name: name.to_owned(), provider: "generic".to_owned(), settings };
        self.gateway.write(|tx| connections::create(tx, &self.organization.id, new))
    }

    /// A connection to a provider whose metadata is imported by URL, turned on.
    pub(crate) async fn connect(&self, provider: &Provider) -> Connection {
        self.connect_with(provider, Settings::default()).await
    }

    /// The same with these settings.
    pub(crate) async fn connect_with(&self, provider: &Provider, with: Settings) -> Connection {
        let draft = self.draft("Company sign-in", with);
        let tested = self.import(&draft, &provider.metadata_url).await;
        provider.serve(&tested.entity_id(&self.gateway.url)).await;
        self.activate(&tested)
    }

    /// A connection to a provider whose metadata came as a file, turned on: there is no address to read it from again.
    pub(crate) async fn connect_by_file(&self, provider: &Provider) -> Connection {
        let draft = self.draft("Company sign-in", Settings::default());
        let metadata = UserAgent::new().get(&provider.metadata_url).await.body;
        let tested = self.import_xml(&draft, metadata.as_bytes(), None);
        provider.serve(&tested.entity_id(&self.gateway.url)).await;
        self.activate(&tested)
    }

    /// A connection to a provider in this process, turned on.
    pub(crate) fn connect_to(&self, idp: &Idp) -> Connection {
        self.connect_to_with(idp, Settings::default())
    }

    /// The same with these settings.
    pub(crate) fn connect_to_with(&self, idp: &Idp, with: Settings) -> Connection {
        self.activate(&self.test(idp, with))
    }

    /// A connection to a provider in this process that can be tested.
    pub(crate) fn test(&self, idp: &Idp, with: Settings) -> Connection {
        let draft = self.draft("Company sign-in", with);
        self.import_xml(&draft, idp.metadata().as_bytes(), None)
    }

    /// Fetches a provider's metadata and takes it over.
    pub(crate) async fn import(&self, connection: &Connection, url: &str) -> Connection {
        let allow = AllowList::parse(&["127.0.0.1"]).unwrap();
        let fetched = Fetcher::new(allow, Limits::default()).unwrap().get(url).await.unwrap();
        self.import_xml(connection, &fetched.body, Some(url.to_owned()))
    }

    fn import_xml(&self, to: &Connection, xml: &[u8], url: Option<String>) -> Connection {
        let ours = format!("{}/saml/", self.gateway.url);
        let provider = metadata::parse(xml, None, &ours, self.gateway.now()).unwrap();
        self.gateway.write(|tx| connections::import(tx, &to.id, provider, url, false))
    }

    /// Turns a connection on without a test sign-in.
    pub(crate) fn activate(&self, connection: &Connection) -> Connection {
        self.gateway.write(|tx| connections::activate(tx, &connection.id, true))
    }

    /// Changes the settings of a connection.
    pub(crate) fn set(&self, connection: &Connection, settings: Settings) -> Connection {
        let patch = ConnectionPatch { settings: Some(settings), ..ConnectionPatch::default() };
        self.gateway.write(|tx| connections::change(tx, &connection.id, patch))
    }

    /// Decides how new people arrive.
    pub(crate) fn admit(&self, admission: Admission) {
        let patch =
            OrganizationPatch { admission: Some(admission), ..OrganizationPatch::default() };
        self.gateway.write(|tx| organizations::change(tx, &self.organization.id, patch));
    }

    /// A person that a directory has brought.
    pub(crate) fn person(&self, email: &str) -> User {
        let new = NewUser {
            organization_id: self.organization.id.clone(),
            source: Source::Scim,
            email: Email::parse(email).unwrap(),
            name: None,
            given_name: None,
            family_name: None,
        };
        self.gateway.write(|tx| users::create(tx, new))
    }

    /// The person with this address, if there is one.
    pub(crate) fn find(&self, email: &str) -> Option<User> {
        let email = Email::parse(email).unwrap();
        self.gateway.read(|db| users::by_email(db, &self.organization.id, &email))
    }
}
