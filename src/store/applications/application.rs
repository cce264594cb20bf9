//! An application as it is kept, and what follows from that alone.

use crate::access::{EntityType, Model, Role};
use crate::crypto::Algorithm;
use crate::oidc::client::{Client, ClientKind};
use crate::oidc::protected::ProtectedHost;
use crate::store::api_keys;
use crate::store::schema::applications;
use crate::store::types::word;
use crate::store::{ApplicationId, Json, OrganizationId, Time};
use diesel::prelude::*;
use url::Url;

word!(
    /// What an application can keep to itself.
    ApplicationKind {
        /// Runs on a server and has a secret: a confidential client (RFC 6749, 2.1).
        Web = "web",
        /// Runs at the person's and has none: a public client, for which PKCE is required (RFC 9700, 2.1.1).
        Native = "native",
        /// Runs on a server without a person, has a secret, and calls the REST API with tokens that it gets for itself.
        Machine = "machine",
    }
);

word!(
    /// How ID tokens for an application are signed (RFC 7518, 3.1).
    IdTokenAlg {
        /// RSA with SHA-256, which every client must understand.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
    }
);

word!(
    /// What happens to a person whose domain has no connection.
    NoConnection {
        /// A page says so.
        Page = "page",
        /// The app gets `access_denied`.
        Error = "error",
        /// The browser goes to the app's own sign-in.
        Fallback = "fallback",
    }
);

/// An app of the vendor.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(treat_none_as_null = true)]
pub struct Application {
    /// Its ID, which is its `client_id`.
    pub id: ApplicationId,
    /// What people call it.
    pub name: String,
    /// What it can keep to itself.
    pub kind: ApplicationKind,
    /// Where codes may be sent, each compared as it is written here (RFC 9700, 2.1).
    pub redirect_uris: Json<Vec<String>>,
    /// Where a browser may go after sign-out.
    pub post_logout_redirect_uris: Json<Vec<String>>,
    /// Where a sign-in that the provider or a person begins is sent (`OpenID` Connect Core, 4).
    pub initiate_login_uri: Option<String>,
    /// The app's own sign-in, for [`NoConnection::Fallback`].
    pub fallback_url: Option<String>,
    /// What happens to a person whose domain has no connection.
    pub no_connection: NoConnection,
    /// How its ID tokens are signed.
    pub id_token_alg: IdTokenAlg,
    /// Whose people may sign in; none: everybody's. Of a machine application the one that it is for; none: all.
    pub organizations: Option<Json<Vec<OrganizationId>>>,
    /// Made by the demo.
    pub is_demo: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was deleted.
    pub deleted_at: Option<Time>,
    /// Where it is told of a session's end, server to server (OIDC Back-Channel Logout 1.0, 2.2).
    pub backchannel_logout_uri: Option<String>,
    /// It needs to know which session that was. It is told in any case.
    pub backchannel_logout_session_required: bool,
    /// What a browser opens in a hidden frame when its session has ended (OIDC Front-Channel Logout 1.0, 2).
    pub frontchannel_logout_uri: Option<String>,
    /// It needs to know which session that was. It is told in any case.
    pub frontchannel_logout_session_required: bool,
    /// Its roles, highest first.
    pub roles: Json<Vec<Role>>,
    /// The role of whom nothing gives one; none: such a person has none.
    pub default_role: Option<String>,
    /// Its kinds of places.
    pub entity_types: Json<Vec<EntityType>>,
    /// Hosts behind a proxy that asks us who is there, each as [`ProtectedHost`] has it.
    pub protected_hosts: Json<Vec<String>>,
    /// For how many seconds its ID tokens last; none: as is set for all.
    pub id_token_ttl: Option<i32>,
    /// For how many seconds its access tokens last; none: as is set for all.
    pub access_token_ttl: Option<i32>,
    /// For how many seconds after a sign-in it can refresh tokens; none: as is set for all.
    pub refresh_token_ttl: Option<i32>,
    /// What a machine application may do at the REST API; of any other, nothing.
    pub scopes: Json<Vec<api_keys::Scope>>,
}

impl From<ApplicationKind> for ClientKind {
    fn from(kind: ApplicationKind) -> Self {
        match kind {
            ApplicationKind::Web => Self::Web,
            ApplicationKind::Native => Self::Native,
            ApplicationKind::Machine => Self::Machine,
        }
    }
}

impl From<IdTokenAlg> for Algorithm {
    fn from(alg: IdTokenAlg) -> Self {
        match alg {
            IdTokenAlg::Rs256 => Self::Rs256,
            IdTokenAlg::Es256 => Self::Es256,
        }
    }
}

impl Application {
    /// The application as the protocol sees it.
    #[must_use]
    pub fn client(&self) -> Client {
        Client {
            id: self.id.to_string(),
            kind: self.kind.into(),
            redirect_uris: self.redirect_uris.iter().cloned().chain(self.callbacks()).collect(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.to_vec(),
            id_token_alg: self.id_token_alg.into(),
        }
    }

    /// Where codes come to for its protected hosts.
    fn callbacks(&self) -> impl Iterator<Item = String> {
        let hosts = self.protected_hosts.iter().filter_map(|host| ProtectedHost::parse(host).ok());
        hosts.map(|host| host.callback())
    }

    /// What it declares of roles and places.
    #[must_use]
    pub fn model(&self) -> Model {
        Model {
            roles: self.roles.to_vec(),
            default_role: self.default_role.clone(),
            types: self.entity_types.to_vec(),
        }
    }

    /// Whether people of this organization may sign in to it. Nobody signs in to a program.
    #[must_use]
    pub fn admits(&self, organization: &OrganizationId) -> bool {
        !self.is_machine()
            && self.organizations.as_ref().is_none_or(|list| list.contains(organization))
    }

    /// Where the application begins a sign-in by itself, for this person (OIDC Core 4). The person is signed in
    /// here already, so the authorization request that follows is answered at once.
    #[must_use]
    pub fn start(&self, issuer: &str, email: &str) -> Option<String> {
        let mut url = Url::parse(self.initiate_login_uri.as_deref()?).ok()?;
        url.query_pairs_mut().append_pair("iss", issuer).append_pair("login_hint", email);
        Some(url.into())
    }
}
