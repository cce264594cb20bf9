//! An OpenID provider that others wrote.

use super::process::Process;
use crate::user_agent::UserAgent;
use serde_json::{Value, json};

/// A running provider, oidc-provider in JavaScript. It knows `ada` and `grace` of `umbrella.example`; anybody else is
/// refused.
#[derive(Debug)]
pub(crate) struct OpenIdProvider {
    process: Process,
    /// Its base address, which is its issuer.
    pub(crate) url: String,
}

impl OpenIdProvider {
    pub(crate) async fn start() -> Self {
        let process = Process::start("openid_provider.mjs").await;
        let url = process.text("url");
        Self { process, url }
    }

    /// Lets it serve this client, as the standard's metadata describes one, and no other.
    pub(crate) async fn serve(&self, client: &Value) {
        self.process.tell(&format!("{}/control/client", self.url), client).await;
    }

    /// Changes how it answers; `tests/peers/README.md` lists the options.
    pub(crate) async fn set(&self, options: &Value) {
        self.process.tell(&format!("{}/control/options", self.url), options).await;
    }

    /// Lets it forget clients and options.
    pub(crate) async fn forget(&self) {
        self.process.tell(&format!("{}/control/forget", self.url), &json!({})).await;
    }

    /// How clients have proved who they are since it was last forgotten.
    pub(crate) async fn proofs(&self) -> Value {
        UserAgent::new().get(format!("{}/control/proofs", self.url)).await.json()
    }
}
