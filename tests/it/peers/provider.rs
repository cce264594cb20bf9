//! SAML identity providers that others wrote.

use super::process::Process;
use serde_json::{Value, json};
use url::Url;

/// A running identity provider. It knows `ada`, `grace` and `zoë`; anybody else is refused.
#[derive(Debug)]
pub(crate) struct Provider {
    process: Process,
    /// Its base address.
    pub(crate) url: String,
    /// Where its metadata is.
    pub(crate) metadata_url: String,
}

impl Provider {
    /// pysaml2, in Python: its people are of `globex.example`.
    pub(crate) async fn pysaml2() -> Self {
        Self::of(Process::start("pysaml2_provider.py").await)
    }

    /// samlp, in JavaScript: its people are of `initech.example`.
    pub(crate) async fn samlp() -> Self {
        Self::of(Process::start("samlp_provider.mjs").await)
    }

    fn of(process: Process) -> Self {
        let (url, metadata_url) = (process.text("url"), process.text("metadata"));
        Self { process, url, metadata_url }
    }

    /// Lets it fetch a service provider's metadata and answer that one from now on.
    pub(crate) async fn serve(&self, sp_metadata_url: &str) {
        let body = json!({"url": sp_metadata_url});
        self.process.tell(&format!("{}/control/sp", self.url), &body).await;
    }

    /// Lets it forget every service provider.
    pub(crate) async fn forget(&self) {
        self.process.tell(&format!("{}/control/forget", self.url), &json!({})).await;
    }

    /// Changes how it answers; `tests/peers/README.md` lists the options.
    pub(crate) async fn set(&self, options: &Value) {
        self.process.tell(&format!("{}/control/options", self.url), options).await;
    }

    /// Where a person starts at the provider instead of at the app.
    pub(crate) fn start_url(&self, sp_entity_id: &str, person: &str) -> String {
        let query = [("sp", sp_entity_id), ("user", person)];
        Url::parse_with_params(&format!("{}/start", self.url), query).unwrap().into()
    }

    /// Where a person starts to sign out at the provider. pysaml2 needs to be told from where and how.
    pub(crate) fn logout_url(&self, query: &[(&str, &str)]) -> String {
        Url::parse_with_params(&format!("{}/logout", self.url), query).unwrap().into()
    }
}
