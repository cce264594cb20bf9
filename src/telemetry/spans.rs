//! A span of each request, sent to the operator's collector by OTLP over HTTP. Like the log it is of the process, and
//! names nobody.

use crate::config::Telemetry;
use crate::error::Result;
use anyhow::Context as _;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{
    Span, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, TraceFlags, TraceState,
    TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// How long the end of the process waits for a collector to take what it was not sent yet.
const LAST_WAIT: Duration = Duration::from_secs(3);

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Spans are sent, in groups and from a thread of their own. When it is dropped, what was not sent yet is.
#[derive(Debug)]
#[must_use]
pub struct Sending(SdkTracerProvider);

impl Drop for Sending {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST_WAIT) {
            tracing::warn!(%error, "the last spans were not sent");
        }
    }
}

/// Begins to send spans, where there is a collector to send them to.
pub fn start(settings: &Telemetry) -> Result<Option<Sending>> {
    let Some(collector) = &settings.otlp_endpoint else { return Ok(None) };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(collector.traces())
        .build()
        .context("telemetry.otlp_endpoint")?;
    let name = env!("CARGO_PKG_NAME");
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name(name).with_attribute(version).build();
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    if TRACER.set(provider.tracer(name)).is_err() {
        tracing::debug!("spans were already sent");
    }
    Ok(Some(Sending(provider)))
}

/// A request that was answered, as a span tells it.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// GET, POST…
    pub method: &'a str,
    /// The pattern that matched, never the path: a path may hold a secret.
    pub route: Option<&'a str>,
    /// Of HTTP.
    pub status: u16,
    /// From request to answer.
    pub took: Duration,
    /// The ID that the answer, the log and every error carry.
    pub request_id: &'a str,
}

/// Sends the span of a request, if spans are sent. `headers` may say of which trace it is a part (W3C Trace Context), and nothing
/// else: neither that it is not sent nor what is written into it.
pub fn request(answered: Answered<'_>, headers: &dyn Extractor) {
    let Some(tracer) = TRACER.get() else { return };
    let ended = SystemTime::now();
    let began = ended.checked_sub(answered.took).unwrap_or(ended);
    let mut span =
        builder(answered).with_start_time(began).start_with_context(tracer, &caller(headers));
    // What the caller did wrong is no fault of the server.
    if answered.status >= 500 {
        span.set_status(Status::error(""));
    }
    span.end_with_timestamp(ended);
}

/// The caller's span, as its parent.
fn caller(headers: &dyn Extractor) -> Context {
    let none = Context::new();
    let told = TraceContextPropagator::new().extract_with_context(&none, headers);
    let told = told.span().span_context().clone();
    if !told.is_valid() {
        return none;
    }
    let (trace, span) = (told.trace_id(), told.span_id());
    let parent = SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE);
    none.with_remote_span_context(parent)
}

/// Its name and its attributes, by the conventions of OpenTelemetry for servers of HTTP.
fn builder(answered: Answered<'_>) -> SpanBuilder {
    let method = super::known_method(answered.method).unwrap_or("_OTHER");
    let name = match answered.route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    };
    let mut attributes = vec![
        KeyValue::new("http.request.method", method.to_owned()),
        KeyValue::new("http.response.status_code", i64::from(answered.status)),
        KeyValue::new("vestibule.request_id", answered.request_id.to_owned()),
    ];
    if let Some(route) = answered.route {
        attributes.push(KeyValue::new("http.route", route.to_owned()));
    }
    if answered.status >= 500 {
        attributes.push(KeyValue::new("error.type", answered.status.to_string()));
    }
    SpanBuilder::from_name(name).with_kind(SpanKind::Server).with_attributes(attributes)
}
