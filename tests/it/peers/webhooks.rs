//! Apps that are told of events, whose messages a library verifies that others wrote.

use super::process::Process;
use crate::user_agent::UserAgent;
use serde_json::{Value, json};

/// A running app.
#[derive(Debug)]
pub(crate) struct WebhooksApp {
    process: Process,
    /// Its base address.
    pub(crate) url: String,
    /// Where it takes events.
    pub(crate) hooks: String,
}

impl WebhooksApp {
    /// standardwebhooks, in JavaScript.
    pub(crate) async fn javascript() -> Self {
        Self::of(Process::start("webhooks_app.mjs").await)
    }

    /// standardwebhooks, in Python.
    pub(crate) async fn python() -> Self {
        Self::of(Process::start("webhooks_app.py").await)
    }

    fn of(process: Process) -> Self {
        let (url, hooks) = (process.text("url"), process.text("hooks"));
        Self { process, url, hooks }
    }

    /// Gives it the endpoint's secret.
    pub(crate) async fn verify_by(&self, secret: &str) {
        let to = format!("{}/control/secret", self.url);
        self.process.tell(&to, &json!({ "secret": secret })).await;
    }

    /// Waits until it was told so often; each as its library made of it.
    pub(crate) async fn told(&self, count: usize) -> Vec<Value> {
        let url = format!("{}/told?count={count}&wait=10000", self.url);
        let told = UserAgent::new().get(url).await.json().as_array().unwrap().clone();
        assert!(told.len() >= count, "told {told:?}: {}", self.process.said());
        told
    }
}
