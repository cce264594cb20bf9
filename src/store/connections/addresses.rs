//! The values that an administrator copies into the provider and the directory. They are final from the draft on.

use super::{Connection, Protocol, find, save};
use crate::error::Result;
use crate::store::input::Faults;
use crate::store::{ConnectionId, Tx, events};
use serde_json::{Value, json};

/// The longest entity ID (SAML core 8.3.6).
const LONGEST: usize = 1024;

impl Connection {
    /// Our entity ID: where our metadata is, or what another product was called before us.
    #[must_use]
    pub fn entity_id(&self, public_url: &str) -> String {
        self.sp_entity_id.clone().unwrap_or_else(|| self.sp_metadata_url(public_url))
    }

    /// Where our metadata is.
    #[must_use]
    pub fn sp_metadata_url(&self, public_url: &str) -> String {
        format!("{public_url}/saml/{}", self.id)
    }

    /// Where the provider sends its responses: the assertion consumer service that our requests name.
    #[must_use]
    pub fn acs(&self, public_url: &str) -> String {
        self.acs_url.clone().unwrap_or_else(|| self.own_acs(public_url))
    }

    /// The assertion consumer service of our own, which is there whatever the provider was told.
    #[must_use]
    pub fn own_acs(&self, public_url: &str) -> String {
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

/// Says by which entity ID and which assertion consumer service the provider knows us, where another product was there
/// before. What is the same makes no event.
pub fn keep_addresses(
    tx: &mut Tx,
    id: &ConnectionId,
    sp_entity_id: &str,
    acs_url: &str,
) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    connection.must_speak(Protocol::Saml)?;
    let addresses = (Some(sp_entity_id.to_owned()), Some(acs_url.to_owned()));
    if (&connection.sp_entity_id, &connection.acs_url) == (&addresses.0, &addresses.1) {
        return Ok(connection);
    }
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control)
    };
    let mut faults = Faults::default();
    for (pointer, text) in [("/sp_entity_id", sp_entity_id), ("/acs_url", acs_url)] {
        if !is_name(text) {
            let detail = format!("It has 1 to {LONGEST} characters and no line breaks.");
            faults.add(pointer, "invalid", detail);
        }
    }
    faults.finish()?;
    let before = kept(&connection);
    (connection.sp_entity_id, connection.acs_url) = addresses;
    connection.revision = connection.revision.saturating_add(1);
    save(tx, &mut connection)?;
    let (of, after) = (Some(&connection.organization_id), kept(&connection));
    let data = json!({ "changed": ["addresses"] });
    let change = (&before, &after);
    events::append_change(tx, of, "connection.updated", id.as_str(), data, change)?;
    Ok(connection)
}

fn kept(connection: &Connection) -> Value {
    json!({ "sp_entity_id": connection.sp_entity_id, "acs_url": connection.acs_url })
}
