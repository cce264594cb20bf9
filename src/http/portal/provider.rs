//! What a connection is to its provider's console: values to enter, and how what went wrong is mended there.

use super::frame::day;
use crate::cause::Cause;
use crate::guides::{EntityIdSource, Fix, Guide, Kind, Value, Values};
use crate::http::pages::Told;
use crate::http::server::State;
use crate::oidc::provider::SCOPES;
use crate::saml::by_address;
use crate::saml::metadata::IdentityProvider;
use crate::store::connections::{Connection, Protocol};

/// The values of a connection, as the guides take them.
pub(in crate::http) struct Given {
    idp_entity_id: String,
    entity_id: String,
    acs: String,
    slo: String,
    login_url: String,
    metadata_url: String,
    redirect_uri: String,
    is_openid: bool,
    operator: String,
}

impl Given {
    pub(in crate::http) fn of(state: &State, connection: &Connection) -> Self {
        let public_url = state.config.public_url.as_str();
        Self {
            idp_entity_id: connection.idp_entity_id(public_url),
            entity_id: connection.entity_id(public_url),
            acs: connection.acs(public_url),
            slo: connection.slo(public_url),
            login_url: connection.login_url(public_url),
            metadata_url: connection.sp_metadata_url(public_url),
            redirect_uri: connection.redirect_uri(public_url),
            is_openid: connection.protocol == Protocol::Oidc,
            operator: state.operator(),
        }
    }

    fn values(&self) -> Values<'_> {
        Values {
            idp_entity_id: Some(&self.idp_entity_id),
            sp_entity_id: &self.entity_id,
            sp_metadata_url: &self.metadata_url,
            acs: &self.acs,
            slo: &self.slo,
            login_url: &self.login_url,
            app: Some(&self.operator),
        }
    }

    /// What to enter, in the order of the console.
    pub(in crate::http) fn fill(&self, state: &State, guide: &Guide) -> Vec<Value> {
        if self.is_openid {
            return self.of_client(state);
        }
        guide.fill(&state.locale, &self.values())
    }

    /// A way through the console.
    pub(in crate::http) fn path(
        &self,
        state: &State,
        guide: &Guide,
        path: &[String],
    ) -> Vec<String> {
        guide.path(&state.locale, path, &self.values())
    }

    /// How a cause is mended.
    pub(in crate::http) fn fix(&self, state: &State, cause: Cause, guide: &str) -> Fix {
        state.guides.fix(&state.locale, cause, guide, &self.values())
    }

    /// What a client is at a provider that speaks OpenID Connect, in the words of the standard.
    fn of_client(&self, state: &State) -> Vec<Value> {
        let value = |kind, key: &str, value: &str| Value {
            kind,
            label: state.locale.text(key).to_owned(),
            value: value.to_owned(),
            alternatives: Vec::new(),
            may_differ: false,
        };
        let chosen = |key: &str| state.locale.text(key).to_owned();
        vec![
            value(Kind::Paste, "portal.openid.redirect_uri", &self.redirect_uri),
            value(Kind::Paste, "portal.openid.login_url", &self.login_url),
            value(Kind::Choose, "portal.openid.grant", &chosen("portal.openid.grant_value")),
            value(Kind::Choose, "portal.openid.client", &chosen("portal.openid.client_value")),
            value(Kind::Tick, "portal.openid.scopes", &SCOPES.join(" ")),
        ]
    }

    /// What a provider told of itself, held against what it was given and against the time.
    pub(in crate::http) fn told(
        &self,
        state: &State,
        source: EntityIdSource,
        known: &IdentityProvider,
    ) -> Told {
        let now = state.store.clock().now();
        let (entity, is_fine) = match source {
            EntityIdSource::FromMetadata => ("portal.told_entity", true),
            EntityIdSource::Generated if known.entity_id == self.idp_entity_id => {
                ("portal.told_ours", true)
            }
            EntityIdSource::Generated => ("portal.told_other", false),
        };
        Told {
            entity,
            is_fine,
            entity_id: known.entity_id.clone(),
            sign_on: by_address(known.sign_on.iter().map(|at| (at.location.as_str(), at.binding))),
            certificates: known
                .certificates
                .iter()
                .map(|one| {
                    let ends = one.not_after();
                    (one.fingerprint().to_owned(), day(ends), ends <= now)
                })
                .collect(),
        }
    }

    /// Where our metadata is, as a file; OpenID Connect has none.
    pub(in crate::http) fn metadata_file(&self) -> Option<String> {
        (!self.is_openid).then(|| format!("{}?download", self.metadata_url))
    }
}
