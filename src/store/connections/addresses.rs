//! The values that an administrator copies into the provider and the directory. They are final from the draft on.

use super::Connection;
use crate::store::ConnectionId;

impl Connection {
    /// Our entity ID, where our metadata is.
    #[must_use]
    pub fn entity_id(&self, public_url: &str) -> String {
        format!("{public_url}/saml/{}", self.id)
    }

    /// Where the provider sends its responses: the assertion consumer service.
    #[must_use]
    pub fn acs(&self, public_url: &str) -> String {
        format!("{public_url}/saml/{}/acs", self.id)
    }

    /// Where the provider sends its logout messages: the single logout service.
    #[must_use]
    pub fn slo(&self, public_url: &str) -> String {
        format!("{public_url}/saml/{}/slo", self.id)
    }

    /// Where a provider that speaks OpenID Connect sends its answers.
    #[must_use]
    pub fn redirect_uri(&self, public_url: &str) -> String {
        format!("{public_url}/oidc/{}/callback", self.id)
    }

    /// Where such a provider reads the key by which we prove who we are.
    #[must_use]
    pub fn jwks_url(&self, public_url: &str) -> String {
        format!("{public_url}/oidc/{}/jwks", self.id)
    }

    /// Where a sign-in through this connection starts.
    #[must_use]
    pub fn login_url(&self, public_url: &str) -> String {
        format!("{public_url}/login/{}", self.id)
    }

    /// An entity ID for the provider, for consoles that let the administrator type one. The one that counts is in
    /// `identity_provider`.
    #[must_use]
    pub fn idp_entity_id(&self, public_url: &str) -> String {
        format!("{public_url}/idp/{}", self.id)
    }
}

/// Where a connection's directory sends its requests: the base URL of SCIM.
#[must_use]
pub fn scim_base_url(public_url: &str, connection: &ConnectionId) -> String {
    format!("{public_url}/scim/v2/{connection}")
}
