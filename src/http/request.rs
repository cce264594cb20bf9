//! What is done for every request: it gets an ID, it is guarded, timed, counted and logged.

use super::error::{self, Dialect, NulInAddress, PageError};
use super::pages::theme;
use super::server::State;
use super::{browser, done, embedding, forward, guard, scim};
use crate::config::Network;
use crate::oidc::protected;
use crate::store::{RequestId, origin};
use crate::telemetry::spans::{self, Answered};
use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use opentelemetry::propagation::Extractor;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How long a request may take, the sending of its body included.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// How much of a caller's own request ID is kept.
const CALLER_ID_LIMIT: usize = 128;
/// The address of a client that has none.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// A request's ID and where it came from. Any handler may ask for it.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The ID that the answer, the log and every error carry.
    pub id: RequestId,
    /// The client's address, as far as trusted proxies tell it.
    pub address: IpAddr,
}

impl FromRequest for Origin {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl Origin {
    /// That of `request`.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self { id: RequestId::new(), address: ip(request.peer_addr()) })
    }
}

/// Wraps every request.
pub(super) async fn handle(
    state: Data<State>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let began = Instant::now();
    scim::straighten(&mut request);
    let trusted = &state.config.proxy.trusted;
    let peer = ip(request.peer_addr());
    let address = client(peer, request.headers(), trusted);
    let origin = Origin { id: RequestId::new(), address };
    let span = tracing::info_span!(
        "request",
        request_id = origin.id.as_str(),
        caller_request_id = caller_id(request.headers()),
    );
    let id = HeaderValue::from_str(origin.id.as_str()).ok();
    let chosen = theme::of(request.request());
    let left = done::left(&state, request.request());
    request.extensions_mut().insert(origin);

    let answered = async {
        let proto = trusted_proto(peer, request.headers(), trusted);
        match refuse(&state, &request, address, proto) {
            Ok(None) => in_time(&state, request, next).await,
            Ok(Some(redirect)) => Ok(request.into_response(redirect)),
            Err(refusal) => Ok(request.error_response(refusal)),
        }
    };
    let answered = origin::serving(Some(address), answered.instrument(span.clone()));
    let answered = left.serving(theme::serving(chosen, answered));
    let mut answer = answered.await?;
    let _entered = span.enter();
    if answer.status().is_client_error() || answer.status().is_server_error() {
        answer = theme::during(chosen, || error::render(&state, answer));
    }
    if left.is_over() {
        let over = browser::done_over(&state);
        answer.response_mut().add_cookie(&over)?;
    }
    set_headers(answer.headers_mut(), id, state.config.public_url.is_https());
    let path = answer.request().path().to_owned();
    embedding::open(&state.config, &path, answer.headers_mut());
    note(&state, &answer, address, began.elapsed());
    Ok(answer)
}

/// What is answered in place of the handler: a page of ours asked for without TLS although we
/// have it, a form that another site made the browser post, an address with a NUL, or one request too many.
fn refuse(
    state: &State,
    request: &ServiceRequest,
    address: IpAddr,
    proto: Option<&[u8]>,
) -> Result<Option<HttpResponse>, actix_web::Error> {
    let public_url = &state.config.public_url;
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    // What comes to a protected host, or is asked about it, has an address of its own.
    let is_elsewhere =
        request.path().starts_with(protected::PREFIX) || request.path() == forward::VERIFY;
    if is_read && !is_elsewhere && public_url.is_https() && proto == Some(b"http") {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let location = (header::LOCATION, format!("{public_url}{target}"));
        return Ok(Some(HttpResponse::PermanentRedirect().insert_header(location).finish()));
    }
    if request.path().contains("%00") || request.query_string().contains("%00") {
        return Err(NulInAddress.into());
    }
    // The path as the routes see it: they take `/%6Cogin` for `/login`.
    state.limits.admit(request.match_info().as_str(), address, state.store.clock().now())?;
    guard::same_site(request.method(), request.path(), request.headers(), public_url)
        .map_err(PageError::from)?;
    Ok(None)
}

/// Lets the handler answer, unless the body of the request does not come.
async fn in_time(
    state: &State,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    // Whoever gets the request must be its only owner, so nothing of it can be kept for later.
    let dialect = Dialect::of(request.path());
    let origin = Origin::of(request.request());
    if let Ok(answer) = tokio::time::timeout(TIME_LIMIT, next.call(request)).await {
        return answer;
    }
    tracing::info!(client = %origin.address, "the request was not complete in time");
    let mut answer = error::late(state, dialect, &origin.id);
    let id = HeaderValue::from_str(origin.id.as_str()).ok();
    set_headers(answer.headers_mut(), id, state.config.public_url.is_https());
    Err(InternalError::from_response("late", answer).into())
}

/// Headers that every answer has; those that the handler set stay.
fn set_headers(headers: &mut HeaderMap, id: Option<HeaderValue>, https: bool) {
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if https {
        let two_years = HeaderValue::from_static("max-age=63072000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
}

/// Counts the answer, writes the one line that every request has in the log, and sends its span. They name the
/// route, not the path: a path may hold a secret.
fn note(state: &State, answer: &ServiceResponse<BoxBody>, address: IpAddr, took: Duration) {
    let request = answer.request();
    let route = request.match_pattern();
    let (method, status) = (request.method().as_str(), answer.status().as_u16());
    state.metrics.request(method, route.as_deref(), status, took);
    let latency_ms = took.as_secs_f64() * 1000.0;
    let pattern = route.as_deref().unwrap_or("unmatched");
    if matches!(pattern, "/healthz" | "/readyz" | "/metrics" | "/assets/{name}") && status < 400 {
        tracing::debug!(method, route = pattern, status, latency_ms, client = %address, "answered");
        return;
    }
    tracing::info!(method, route = pattern, status, latency_ms, client = %address, "answered");
    let request_id = Origin::of(request).id;
    let answered =
        Answered { method, route: route.as_deref(), status, took, request_id: request_id.as_str() };
    spans::request(answered, &Carried(request.headers()));
}

/// What the caller's headers say of the trace that the request is a part of.
struct Carried<'a>(&'a HeaderMap);

impl Extractor for Carried<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

fn ip(peer: Option<SocketAddr>) -> IpAddr {
    peer.map_or(NOWHERE, |peer| peer.ip().to_canonical())
}

/// The client's address: the last one in `X-Forwarded-For` that no trusted proxy has.
///
/// Whatever stands left of it was written by somebody whom nobody trusts.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    // A client may write octets that are no text before the proxy's own part, which still counts.
    let lines: Vec<_> = headers
        .get_all(FORWARDED_FOR)
        .map(|line| String::from_utf8_lossy(line.as_bytes()))
        .collect();
    for hop in lines.iter().flat_map(|line| line.split(',')).collect::<Vec<_>>().into_iter().rev() {
        let Some(address) = forwarded(hop.trim()) else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// An address in `X-Forwarded-For`: some proxies add the port.
fn forwarded(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok();
    let address = address.or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

/// What a trusted proxy says the client spoke: `http` or `https`.
fn trusted_proto<'a>(
    peer: IpAddr,
    headers: &'a HeaderMap,
    trusted: &[Network],
) -> Option<&'a [u8]> {
    let is_trusted = trusted.iter().any(|network| network.contains(peer));
    let last = headers.get_all(FORWARDED_PROTO).last().filter(|_| is_trusted)?;
    last.as_bytes().rsplit(|byte| *byte == b',').next().map(<[u8]>::trim_ascii)
}

/// What a trusted proxy says of the request that it got.
pub(super) fn told_by_proxy<'a>(
    state: &State,
    request: &'a HttpRequest,
    name: &str,
) -> Option<&'a str> {
    let peer = ip(request.peer_addr());
    if !state.config.proxy.trusted.iter().any(|network| network.contains(peer)) {
        return None;
    }
    let mut values = request.headers().get_all(name);
    // Several are a proxy's that adds its own to what a stranger sent.
    let (only, None) = (values.next()?, values.next()) else { return None };
    only.to_str().ok().map(str::trim)
}

/// The ID that the caller gave the request, if it is fit for a log.
fn caller_id(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(REQUEST_ID).or_else(|| headers.get("x-request-id"))?;
    let given = given.to_str().ok()?;
    (given.len() <= CALLER_ID_LIMIT && given.bytes().all(|byte| byte.is_ascii_graphic()))
        .then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_say_who_the_client_is() {
        for (peer, lines, expected) in [
            ("192.0.2.1", &["203.0.113.9"][..], "192.0.2.1"),
            ("10.0.0.2", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.2", &["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.2", &["203.0.113.9, 10.1.1.1"], "203.0.113.9"),
            ("10.0.0.2", &["203.0.113.9", "10.1.1.1"], "203.0.113.9"),
            ("10.0.0.2", &["203.0.113.9:4711"], "203.0.113.9"),
            ("10.0.0.2", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.2", &["203.0.113.9, nonsense"], "10.0.0.2"),
            ("10.0.0.2", &["10.3.3.3, 10.1.1.1"], "10.3.3.3"),
            ("10.0.0.2", &[], "10.0.0.2"),
            ("::1", &["::ffff:203.0.113.9"], "203.0.113.9"),
        ] {
            assert_eq!(address(peer, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_a_client_writes_before_a_proxy_s_part_hides_no_client() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        for before in [&b"\xff"[..], b"1.2.3.4, \xe9t\xe9", b"\xff, 10.0.0.9", b"\t"] {
            let line = [before, b", 203.0.113.9"].concat();
            let mut headers = HeaderMap::new();
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(&line).unwrap());
            let found = client("10.0.0.2".parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), "203.0.113.9", "{before:?}");
        }
    }

    #[test]
    fn a_caller_s_own_id_is_kept_only_if_it_fits_a_log() {
        for (given, kept) in
            [("abc-123", true), ("two words", false), (&"x".repeat(200), false), ("", true)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
            assert_eq!(caller_id(&headers).is_some(), kept, "{given}");
        }
    }
}
