//! A collector of spans that reads them by the messages which OpenTelemetry publishes.

use super::process::Process;
use crate::user_agent::UserAgent;
use serde_json::Value;

/// A running collector.
#[derive(Debug)]
pub(crate) struct Collector {
    process: Process,
    /// Its base address.
    pub(crate) url: String,
}

impl Collector {
    /// Starts it.
    pub(crate) async fn start() -> Self {
        let process = Process::start("otlp_collector.py").await;
        Self { url: process.text("url"), process }
    }

    /// Waits until it was sent so many spans.
    pub(crate) async fn spans(&self, count: usize) -> Vec<Value> {
        let url = format!("{}/spans?count={count}&wait=10000", self.url);
        let spans = UserAgent::new().get(url).await.json().as_array().unwrap().clone();
        assert!(spans.len() >= count, "sent {spans:?}: {}", self.process.said());
        spans
    }
}
