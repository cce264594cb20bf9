//! What a connection is to its provider's console: values to enter, and how what went wrong is mended there.

use crate::cause::Cause;
use crate::guides::{Fix, Guide, Value, Values};
use crate::http::server::State;
use crate::store::connections::Connection;

/// The values of a connection, as the guides take them.
pub(super) struct Given {
    idp_entity_id: String,
    entity_id: String,
    acs: String,
    slo: String,
    login_url: String,
    metadata_url: String,
}

impl Given {
    pub(super) fn of(state: &State, connection: &Connection) -> Self {
        let public_url = state.config.public_url.as_str();
        Self {
            idp_entity_id: connection.idp_entity_id(public_url),
            entity_id: connection.entity_id(public_url),
            acs: connection.acs(public_url),
            slo: connection.slo(public_url),
            login_url: connection.login_url(public_url),
            metadata_url: connection.sp_metadata_url(public_url),
        }
    }

    fn values<'a>(&'a self, state: &'a State) -> Values<'a> {
        Values {
            idp_entity_id: Some(&self.idp_entity_id),
            sp_entity_id: &self.entity_id,
            acs: &self.acs,
            slo: &self.slo,
            login_url: &self.login_url,
            app: Some(&state.config.brand.name),
        }
    }

    /// What to enter, in the order of the console.
    pub(super) fn fill(&self, state: &State, guide: &Guide) -> Vec<Value> {
        guide.fill(&state.locale, &self.values(state))
    }

    /// A way through the console.
    pub(super) fn path(&self, state: &State, guide: &Guide, path: &[String]) -> Vec<String> {
        guide.path(&state.locale, path, &self.values(state))
    }

    /// How a cause is mended.
    pub(super) fn fix(&self, state: &State, cause: Cause, guide: &str) -> Fix {
        state.guides.fix(&state.locale, cause, guide, &self.values(state))
    }

    /// Where our metadata is, as a file.
    pub(super) fn metadata_file(&self) -> String {
        format!("{}?download", self.metadata_url)
    }
}
