//! Logs, metrics and spans. None ever names a person.

pub mod spans;

use crate::cause::Cause;
use crate::clock::Clock;
use crate::config::{Log, LogFormat};
use crate::error::Result;
use anyhow::Context;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TEXT_FORMAT, TextEncoder,
};
use std::fmt;
use std::io::{self, IsTerminal};
use std::time::Duration;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// The `Content-Type` of [`Metrics::render`].
pub const METRICS_TYPE: &str = TEXT_FORMAT;

/// Starts writing log lines to standard error. A second call changes nothing: one process has one log.
pub fn start_logs(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.level).context("the log level")?;
    let text = match log.format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter);
    let started = if text {
        lines.with_timer(Seconds).try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    };
    if started.is_err() {
        tracing::debug!("the log was already started");
    }
    Ok(())
}

/// UTC with seconds, for people.
struct Seconds;

impl FormatTime for Seconds {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{}", Clock::default().now())
    }
}

/// How one sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInOutcome {
    /// The person is in the app.
    Succeeded,
    /// A check refused it.
    Failed(Cause),
    /// Nobody came back from the provider in time.
    Abandoned,
}

/// How telling an endpoint of an event went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The endpoint took it.
    Accepted,
    /// It answered something else.
    Refused,
    /// It did not answer.
    Unreachable,
    /// It was the last attempt, and in vain.
    GivenUp,
}

/// Which connections to the database were waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Those that read.
    Readers,
    /// Those that write.
    Writers,
}

/// What is counted, for `/metrics`. Clones count into the same registry.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    sign_ins: IntCounterVec,
    webhooks: IntCounterVec,
    store_wait_seconds: HistogramVec,
}

const REQUEST_BUCKETS: [f64; 11] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];
const WAIT_BUCKETS: [f64; 8] = [0.0001, 0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0];

impl Metrics {
    /// Counters at zero.
    pub fn new() -> Result<Self> {
        Self::registered().context("metrics").map_err(Into::into)
    }

    fn registered() -> prometheus::Result<Self> {
        let counter =
            |name, help, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let histogram = |name, help, buckets: &[f64], labels: &[&str]| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)
        };
        let metrics = Self {
            registry: Registry::new(),
            requests: counter(
                "http_requests_total",
                "Requests answered.",
                &["method", "route", "status"],
            )?,
            request_seconds: histogram(
                "http_request_duration_seconds",
                "Time from request to answer.",
                &REQUEST_BUCKETS,
                &["route"],
            )?,
            sign_ins: counter(
                "sign_ins_total",
                "Sign-ins ended, with the cause of those that failed.",
                &["outcome", "cause"],
            )?,
            webhooks: counter(
                "webhooks_total",
                "Attempts to tell an endpoint of an event, and events that were given up.",
                &["outcome"],
            )?,
            store_wait_seconds: histogram(
                "store_wait_seconds",
                "Time waited for a connection to the database.",
                &WAIT_BUCKETS,
                &["pool"],
            )?,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.request_seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.sign_ins.clone()))?;
        metrics.registry.register(Box::new(metrics.webhooks.clone()))?;
        metrics.registry.register(Box::new(metrics.store_wait_seconds.clone()))?;
        Ok(metrics)
    }

    /// Counts an answered request. `route` is the pattern (`/saml/{connection}/acs`); absent if
    /// none matched, so that invented paths and methods make no new series.
    pub fn request(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        let method = known_method(method).unwrap_or("other");
        let route = route.unwrap_or("unmatched");
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.request_seconds.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// Counts a sign-in that ended.
    pub fn sign_in(&self, outcome: SignInOutcome) {
        let labels = match outcome {
            SignInOutcome::Succeeded => ["succeeded", ""],
            SignInOutcome::Failed(cause) => ["failed", cause.code()],
            SignInOutcome::Abandoned => ["abandoned", ""],
        };
        self.sign_ins.with_label_values(&labels).inc();
    }

    /// Counts an attempt to tell an endpoint of an event.
    pub fn webhook(&self, told: Told) {
        let outcome = match told {
            Told::Accepted => "accepted",
            Told::Refused => "refused",
            Told::Unreachable => "unreachable",
            Told::GivenUp => "given_up",
        };
        self.webhooks.with_label_values(&[outcome]).inc();
    }

    /// Notes how long a request waited for a connection to the database.
    pub fn store_waited(&self, pool: Pool, took: Duration) {
        let pool = match pool {
            Pool::Readers => "readers",
            Pool::Writers => "writers",
        };
        self.store_wait_seconds.with_label_values(&[pool]).observe(took.as_secs_f64());
    }

    /// Everything counted, in the text format of Prometheus.
    pub fn render(&self) -> Result<String> {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather());
        Ok(text.context("metrics")?)
    }
}

/// A method that there is: callers can invent others without end.
fn known_method(method: &str) -> Option<&str> {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.contains(&method).then_some(method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_rendered() {
        let metrics = Metrics::new().unwrap();
        metrics.request("GET", Some("/saml/{connection}"), 200, Duration::from_millis(2));
        metrics.clone().sign_in(SignInOutcome::Failed(Cause::AudienceMismatch));
        metrics.store_waited(Pool::Writers, Duration::from_micros(50));
        metrics.webhook(Told::Refused);
        let text = metrics.render().unwrap();
        for line in [
            r#"http_requests_total{method="GET",route="/saml/{connection}",status="200"} 1"#,
            r#"http_request_duration_seconds_count{route="/saml/{connection}"} 1"#,
            r#"sign_ins_total{cause="audience_mismatch",outcome="failed"} 1"#,
            r#"store_wait_seconds_count{pool="writers"} 1"#,
            r#"webhooks_total{outcome="refused"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn an_invented_path_or_method_makes_no_new_series() {
        let metrics = Metrics::new().unwrap();
        metrics.request("BREW", None, 404, Duration::ZERO);
        metrics.request("STEEP", None, 404, Duration::ZERO);
        let text = metrics.render().unwrap();
        let line = r#"http_requests_total{method="other",route="unmatched",status="404"} 2"#;
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn starting_the_log_twice_changes_nothing() {
        let log = Log { format: LogFormat::Json, level: "error".to_owned() };
        start_logs(&log).unwrap();
        start_logs(&log).unwrap();
    }
}
