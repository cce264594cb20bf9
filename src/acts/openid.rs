//! A provider that speaks OpenID Connect is asked: for its discovery document, its keys, tokens, and more about a person.

use super::metadata::{Reading, Source};
use crate::crypto::{MasterKey, Secret};
use crate::error::{Error, Result};
use crate::fetch::{Fault, Fetcher};
use crate::oidc::provider::claims::Claims;
use crate::oidc::provider::discovery::{self, Discovered};
use crate::oidc::provider::token::{self, Refused, TokenRequest, Tokens};
use crate::oidc::provider::{self, AuthMethod, Document, Provider, ProviderKeys};
use crate::store::connections::openid::{self, Asked, Given, KnownKeys};
use crate::store::connections::{Connection, Protocol};
use crate::store::setup_links::{self, Reach};
use crate::store::{Actor, ConnectionId, OrganizationId, Scope, Store, Tx};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long a person waits for keys that somebody else reads.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often is looked whether they are there.
const LOOK: Duration = Duration::from_millis(100);
/// More scopes than any provider has a use for.
const MOST_SCOPES: usize = 20;
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// What talks to providers.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Fetches, and cannot reach private networks.
    pub fetcher: Fetcher,
    /// Addresses without TLS are taken: in development only.
    pub allow_http: bool,
}

/// What a person says of a provider. What is left out stays as it was.
#[derive(Debug, Default)]
pub struct Change {
    /// Its issuer.
    pub issuer: Option<String>,
    /// Where its discovery document is, if not where the issuer says.
    pub discovery_url: Option<String>,
    /// Under which name it knows us.
    pub client_id: Option<String>,
    /// The secret that it gave us.
    pub client_secret: Option<Secret>,
    /// How we prove who we are; left out at first: as the provider takes it.
    pub auth_method: Option<AuthMethod>,
    /// What is asked for beside `openid email profile`.
    pub scopes: Option<Vec<String>>,
    /// That it is another provider is meant.
    pub accept_new_issuer: bool,
}

/// Reads what a provider says of itself and gives it to a connection. Faults name the fields of [`Change`].
pub async fn configure(
    (store, master, upstream): (&Store, &MasterKey, &Upstream),
    actor: Actor,
    connection: Connection,
    change: Change,
) -> Result<Connection> {
    connection.must_speak(Protocol::Oidc)?;
    let before = connection.openid_provider.as_deref();
    let (typed, discovery_url, pointer) = place(&change, before)?;
    for address in typed.iter().chain([&discovery_url]) {
        provider::check_address(address, upstream.allow_http)
            .map_err(|fault| at(pointer, fault))?;
    }
    let client_id = client_id(&change, before)?;
    let scopes = scopes(&change, before)?;
    let found =
        upstream.discover(&discovery_url, typed.as_deref()).await.map_err(|e| e.at(pointer))?;
    let (wish, has_secret) = wish(&change, before);
    let auth_method =
        found.auth_method(wish, has_secret).map_err(|fault| at("/auth_method", fault))?;
    let keys = upstream.keys(&found.document).await.map_err(|e| e.at(pointer))?;
    let Discovered { issuer, document, .. } = found;
    let provider = Provider { issuer, discovery_url, client_id, auth_method, scopes, document };
    let (secret, accept_new_issuer) = (change.client_secret, change.accept_new_issuer);
    let given = Given { provider, secret, keys, accept_new_issuer };
    let (id, master) = (connection.id, master.clone());
    let scope = connection.organization_id;
    let write = move |tx: &mut Tx| {
        // Reading took a while, in which whoever asks may have lost the right to.
        setup_links::must_be_trusted(tx, Reach::SignIn(&id))?;
        openid::connect(tx, &master, &id, given)
    };
    store.write(&scope, actor, write).await
}

/// Has a connection that was begun with SAML speak OpenID Connect with an issuer, by its discovery document where that was
/// given as metadata: the document itself, or where it is.
pub async fn switch(
    (store, master, upstream): (&Store, &MasterKey, &Upstream),
    actor: Actor,
    connection: &Connection,
    found: (Source, &Reading<'_>),
) -> Result<Connection> {
    let (source, reading) = found;
    let issuer = source.issuer(reading).await?.ok_or_else(|| {
        let detail = "There is no OpenID Connect discovery document at this moment where one was found before. Give the metadata again.";
        Error::conflict("discovery_missing", detail)
    })?;
    provider::check_address(&issuer, upstream.allow_http).map_err(|fault| at("/issuer", fault))?;
    // Made before the transaction, which others wait for.
    let key = store.apart(|_| openid::new_key()).await?;
    let (id, master) = (connection.id.clone(), master.clone());
    let write = move |tx: &mut Tx| openid::switch(tx, &master, &id, (&issuer, &key));
    store.write(&connection.organization_id, actor, write).await
}

/// Which issuer was typed, where its document is, and the field that says so.
fn place(
    change: &Change,
    before: Option<&Provider>,
) -> Result<(Option<String>, String, &'static str)> {
    let trimmed = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_owned);
    let issuer = trimmed(&change.issuer);
    // Consoles show the document's address more often than the issuer. It is below the issuer, which is held against the
    // document as if it had been typed: nobody's document can speak for another issuer.
    let misplaced = issuer.clone().filter(|address| address.ends_with(WELL_KNOWN));
    let issuer = issuer
        .map(|address| address.strip_suffix(WELL_KNOWN).map(str::to_owned).unwrap_or(address));
    let at_issuer = misplaced.is_some() || issuer.is_some();
    let pointer = if at_issuer { "/issuer" } else { "/discovery_url" };
    Ok(match (issuer, trimmed(&change.discovery_url).or(misplaced), before) {
        (issuer, Some(url), _) => (issuer, url, pointer),
        (Some(issuer), None, _) => {
            let url = discovery::address(&issuer);
            (Some(issuer), url, pointer)
        }
        (None, None, Some(known)) => {
            (Some(known.issuer.clone()), known.discovery_url.clone(), pointer)
        }
        (None, None, None) => {
            let detail = "Give the provider's issuer, or the address of its discovery document.";
            return Err(Error::invalid("/issuer", "required", detail));
        }
    })
}

fn client_id(change: &Change, before: Option<&Provider>) -> Result<String> {
    let given = change.client_id.as_deref().map(str::trim);
    let Some(id) = given.or(before.map(|known| known.client_id.as_str())) else {
        let detail = "Give the client ID that the provider has for us.";
        return Err(Error::invalid("/client_id", "required", detail));
    };
    if id.is_empty() || id.len() > 255 || id.chars().any(char::is_control) {
        let detail = "A client ID has 1 to 255 characters and no line breaks.";
        return Err(Error::invalid("/client_id", "invalid", detail));
    }
    Ok(id.to_owned())
}

fn scopes(change: &Change, before: Option<&Provider>) -> Result<Vec<String>> {
    let Some(scopes) = &change.scopes else {
        return Ok(before.map(|known| known.scopes.clone()).unwrap_or_default());
    };
    // RFC 6749 section 3.3.
    let is_token = |scope: &String| {
        let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        !scope.is_empty() && scope.len() <= 200 && scope.bytes().all(fits)
    };
    if scopes.len() > MOST_SCOPES || !scopes.iter().all(is_token) {
        let detail = format!("There can be {MOST_SCOPES} scopes, each a word without spaces.");
        return Err(Error::invalid("/scopes", "invalid", detail));
    }
    Ok(scopes.clone())
}

/// How we are to prove who we are, and whether there is a secret for it. A secret that is given where a key was used
/// before means another way.
fn wish(change: &Change, before: Option<&Provider>) -> (Option<AuthMethod>, bool) {
    let known = before.map(|known| known.auth_method);
    let fits = |method: &AuthMethod| method.needs_secret() || change.client_secret.is_none();
    let wish = change.auth_method.or_else(|| known.filter(fits));
    let has_secret = change.client_secret.is_some() || known.is_some_and(AuthMethod::needs_secret);
    (wish, has_secret)
}

/// Why a document of a provider cannot be had.
#[derive(Debug)]
pub enum Unread {
    /// It does not answer.
    Away(Fault),
    /// It is not what it should be.
    Wrong(provider::Fault),
}

impl Unread {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Away(Fault::Url(_)) => "address_invalid",
            Self::Away(Fault::PrivateAddress { .. }) => "discovery_private_address",
            Self::Away(_) => "discovery_unreachable",
            Self::Wrong(fault) => fault.code,
        }
    }

    /// As an error of the input field that the address came from.
    fn at(self, pointer: &str) -> Error {
        Error::invalid(pointer, self.code(), self.to_string())
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Away(Fault::PrivateAddress { host }) => write!(
                f,
                "{host} is in a private network, which is not asked. Allow the host in the configuration (`metadata.allow_private`)."
            ),
            Self::Away(fault) => fault.fmt(f),
            Self::Wrong(fault) => fault.fmt(f),
        }
    }
}

fn at(pointer: &str, fault: provider::Fault) -> Error {
    Unread::Wrong(fault).at(pointer)
}

impl Upstream {
    /// Reads a discovery document and holds it against the typed issuer.
    pub async fn discover(&self, url: &str, typed: Option<&str>) -> Result<Discovered, Unread> {
        let fetched = self.fetcher.get(url).await.map_err(Unread::Away)?;
        discovery::read(&fetched.body, typed, self.allow_http).map_err(Unread::Wrong)
    }

    /// Reads a provider's keys.
    pub async fn keys(&self, document: &Document) -> Result<ProviderKeys, Unread> {
        let fetched = self.fetcher.get(&document.jwks_uri).await.map_err(Unread::Away)?;
        ProviderKeys::read(&fetched.body).map_err(Unread::Wrong)
    }

    /// Exchanges a code for tokens.
    pub async fn redeem(&self, at: &Document, request: &TokenRequest) -> Result<Tokens, Refused> {
        let fields = request.fields.iter().map(|(name, value)| (*name, value.reveal()));
        let fields: Vec<(&str, &str)> = fields.collect();
        let authorization = request.authorization.as_ref().map(Secret::reveal);
        let reply = self.fetcher.exchange(&at.token_endpoint, &fields, authorization).await;
        let reply = reply.map_err(|fault| Refused::Away(Unread::Away(fault).to_string()))?;
        token::answer(reply.status, &reply.body)
    }

    /// Asks for what the ID token leaves out.
    pub async fn userinfo(&self, at: &str, access_token: &Secret) -> Result<Claims, Refused> {
        let bearer = Secret::from(format!("Bearer {}", access_token.reveal()));
        let reply = self.fetcher.ask(at, bearer.reveal()).await;
        let reply = reply.map_err(|fault| Refused::Away(Unread::Away(fault).to_string()))?;
        if reply.status != 200 {
            return Err(token::refusal(reply.status, &reply.body));
        }
        serde_json::from_slice(&reply.body)
            .map_err(|_| Refused::Denied("an answer that is not JSON".to_owned()))
    }

    /// The provider's keys after another look, if one is due: whoever is first reads them, everybody else waits for that
    /// one, and nobody asks twice in a minute.
    pub async fn fresher_keys(
        &self,
        store: &Store,
        connection: &Connection,
        document: &Document,
    ) -> Result<KnownKeys> {
        let id = &connection.id;
        let of = id.clone();
        let asked =
            store.write(Scope::Own, Actor::System, move |tx| openid::ask_keys(tx, &of)).await?;
        match asked {
            Asked::Granted => {
                let (own, store, document) = (self.clone(), store.clone(), document.clone());
                let (of, scope) = (id.clone(), connection.organization_id.clone());
                // Nobody who goes away takes it with them.
                let reading =
                    tokio::spawn(async move { own.read_keys(&store, &scope, of, document).await });
                match timeout(PATIENCE, reading).await {
                    Ok(Ok(Ok(()))) | Err(_) => {}
                    Ok(Ok(Err(error))) => tracing::error!(error = ?error, "keys could not be kept"),
                    Ok(Err(error)) => tracing::error!(%error, "reading keys did not end well"),
                }
            }
            Asked::Underway => {
                timeout(PATIENCE, until_read(store, id)).await.unwrap_or(Ok(()))?;
            }
            Asked::Refused => {}
        }
        let of = id.clone();
        store.read(move |db| openid::known_keys(db, &of)).await
    }

    /// With the lock of the organization: whoever gives the connection another provider meanwhile gives its keys, too.
    async fn read_keys(
        &self,
        store: &Store,
        scope: &OrganizationId,
        id: ConnectionId,
        document: Document,
    ) -> Result<()> {
        match self.keys(&document).await {
            Ok(keys) => {
                let keep = move |tx: &mut Tx| openid::keep_keys(tx, &id, &document.jwks_uri, keys);
                store.write(scope, Actor::System, keep).await
            }
            Err(unread) => {
                tracing::warn!(connection.id = %id, code = unread.code(), detail = %unread, "a provider's keys could not be read");
                Ok(())
            }
        }
    }
}

async fn until_read(store: &Store, id: &ConnectionId) -> Result<()> {
    loop {
        let (of, now) = (id.clone(), store.clock().now());
        if !store.read(move |db| openid::is_underway(db, &of, now)).await? {
            return Ok(());
        }
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_document_names_the_issuer_above_it() {
        let typed = |issuer: &str| {
            let change = Change { issuer: Some(issuer.to_owned()), ..Change::default() };
            let (typed, url, pointer) = place(&change, None).unwrap();
            (typed.unwrap(), url, pointer)
        };
        let at = "https://idp.example/.well-known/openid-configuration";
        let expected = ("https://idp.example".to_owned(), at.to_owned(), "/issuer");
        assert_eq!(typed(at), expected);
        assert_eq!(typed("https://idp.example"), expected);
    }
}
