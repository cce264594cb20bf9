//! Customers whose identity provider speaks OpenID Connect: with software nobody here wrote, and with a hostile one.

mod administration;
mod hostile;
mod journeys;
mod pretender;

pub(crate) use hostile::Stage;

use crate::gateway::Customer;
use crate::peers::OpenIdProvider;
use serde_json::json;
use vestibule::acts::openid::{self as acts, Change};
use vestibule::crypto::Secret;
use vestibule::oidc::provider::AuthMethod;
use vestibule::store::Actor;
use vestibule::store::connections::{Connection, NewConnection, Settings, openid};

/// What a provider knows us by.
const CLIENT: &str = "vestibule & co";
const SECRET: &str = "a secret: 100% of it";

impl Customer<'_> {
    /// A new connection that speaks OpenID Connect, with nothing but its addresses and its key.
    fn draft_openid(&self) -> Connection {
        let new = NewConnection {
            name: "Company sign-in".to_owned(),
            provider: "generic".to_owned(),
            settings: Settings::default(),
        };
        let (master, key) = (&self.gateway.state.master, openid::new_key().unwrap());
        self.gateway.write(|tx| openid::create(tx, master, &self.organization.id, new, &key))
    }

    /// Tells a connection who its provider is, so that it can be tested.
    async fn configure(&self, draft: Connection, issuer: &str, method: AuthMethod) -> Connection {
        let change = Change {
            issuer: Some(issuer.to_owned()),
            client_id: Some(CLIENT.to_owned()),
            client_secret: method.needs_secret().then(|| Secret::from(SECRET.to_owned())),
            auth_method: Some(method),
            ..Change::default()
        };
        let state = &self.gateway.state;
        let with = (&state.store, &state.master, &state.upstream);
        acts::configure(with, Actor::System, draft, change).await.unwrap()
    }

    /// A connection to oidc-provider that can be tested. `algorithm` signs the ID tokens.
    async fn meet(
        &self,
        provider: &OpenIdProvider,
        method: AuthMethod,
        algorithm: &str,
    ) -> Connection {
        let draft = self.draft_openid();
        let mut client = json!({
            "client_id": CLIENT,
            "token_endpoint_auth_method": method,
            "redirect_uris": [draft.redirect_uri(&self.gateway.url)],
            "id_token_signed_response_alg": algorithm,
        });
        if method.needs_secret() {
            client["client_secret"] = SECRET.into();
        } else {
            client["jwks_uri"] = draft.jwks_url(&self.gateway.url).into();
        }
        provider.serve(&client).await;
        self.configure(draft, &provider.url, method).await
    }
}
