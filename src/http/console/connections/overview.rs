//! One connection: what the provider is given, what is known of the provider, and its certificates.

use super::{Head, find, restore};
use crate::clock::Time;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, FieldFault};
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Needs, Read, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::metadata_form;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::connections::certificates::{ENDED, ProviderCertificate};
use crate::store::connections::{self, Connection, Known, Protocol};
use crate::store::organizations::Organization;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// What the page is told by whoever leads to it.
#[derive(Deserialize)]
pub(in crate::http) struct OneQuery {
    /// Anything: the connection was made just now.
    #[serde(default)]
    made: String,
}

/// A value with its name.
struct ValueLine {
    name: String,
    value: String,
}

struct CertificateLine {
    subject: String,
    key: String,
    fingerprint: String,
    until: Moment,
    badge: Badge,
}

struct View {
    head: Head,
    is_tested: bool,
    /// What is entered at the provider.
    given: Vec<ValueLine>,
    /// What is known of the provider.
    known: Vec<ValueLine>,
    read_at: Option<Moment>,
    due_at: Option<Moment>,
    /// Whether the metadata has an address at which it can be read again.
    may_refresh: bool,
    alerts: Vec<String>,
    certificates: Vec<CertificateLine>,
    /// Where its directory sends people and groups.
    base_url: String,
    /// The address of the metadata, where a provider speaks OpenID Connect there by now, with which the connection can go on.
    switch: Option<String>,
    faults: Vec<FieldFault>,
}

#[derive(Template)]
#[template(path = "console/connection.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET /console/connections/{connection}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<OneQuery>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = match find(&state, &id).await {
        Err(Error::NotFound { .. }) => return restore::gone(&state, &seat, &id).await,
        other => other?,
    };
    let now = state.store.clock().now();
    let known = state.store.read(move |db| connections::known(db, connection, now)).await?;
    let is_made = !query.made.is_empty();
    let head = Head { is_made, ..Head::of(&state, &seat, &known.connection, &organization) };
    Ok(render(&state, &seat, known, head, Vec::new()))
}

/// The page, with what stood against an act that was tried on it.
pub(super) async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    connection: Connection,
    organization: &Organization,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let now = state.store.clock().now();
    let known = state.store.read(move |db| connections::known(db, connection, now)).await?;
    let head = Head::of(state, seat, &known.connection, organization);
    Ok(render(state, seat, known, head, errors))
}

fn render<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    known: Known,
    head: Head,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let now = state.store.clock().now();
    let status = form::status(&errors);
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, CONNECTIONS),
        view: view(state, known, head, errors, now),
    };
    respond(state, status, &Csp::Page, &page)
}

fn view(state: &State, known: Known, head: Head, errors: Vec<FieldError>, now: Time) -> View {
    let Known { connection, certificates, refresh, .. } = known;
    let is_openid = metadata_form::is_openid(&errors) && !connection.is_used();
    let alerts = refresh.iter().flat_map(|refresh| refresh.alerts(&connection, now));
    View {
        head,
        is_tested: connection.tested(),
        given: given(state, &connection),
        known: of_provider(state, &connection),
        read_at: connection.metadata_at.map(listing::second),
        due_at: refresh.as_ref().map(|refresh| listing::second(refresh.next_try_at)),
        may_refresh: connection.metadata_url.is_some(),
        alerts: alerts.map(|alert| alert.detail).chain(weaker(state, &connection)).collect(),
        certificates: certificates.iter().map(|one| certificate(state, one, now)).collect(),
        base_url: connections::scim_base_url(state.config.public_url.as_str(), &connection.id),
        switch: connection.metadata_url.clone().filter(|_| is_openid),
        faults: form::faults(errors),
    }
}

/// What less is asked of the provider than should be: it is told as long as it is so.
fn weaker(state: &State, connection: &Connection) -> Vec<String> {
    let settings = &connection.settings;
    let reason = settings.sha1_reason.as_deref().unwrap_or_default();
    let sha1 = || state.locale.fill("console.connections.sha1", &[("reason", reason)]);
    let cbc = || state.locale.text("console.connections.cbc").to_owned();
    settings.allow_sha1.then(sha1).into_iter().chain(settings.allow_cbc.then(cbc)).collect()
}

/// A value with the name that `key` gives it.
fn named(state: &State, key: &str, value: impl Into<String>) -> ValueLine {
    let name = state.locale.text(&format!("console.connections.value.{key}")).to_owned();
    ValueLine { name, value: value.into() }
}

fn given(state: &State, connection: &Connection) -> Vec<ValueLine> {
    let public_url = state.config.public_url.as_str();
    let login = named(state, "login_url", connection.login_url(public_url));
    match connection.protocol {
        Protocol::Saml => vec![
            named(state, "idp_entity_id", connection.idp_entity_id(public_url)),
            named(state, "sp_entity_id", connection.entity_id(public_url)),
            named(state, "acs_url", connection.acs(public_url)),
            named(state, "slo_url", connection.slo(public_url)),
            login,
        ],
        Protocol::Oidc => vec![
            named(state, "redirect_uri", connection.redirect_uri(public_url)),
            named(state, "jwks_url", connection.jwks_url(public_url)),
            login,
        ],
    }
}

fn of_provider(state: &State, connection: &Connection) -> Vec<ValueLine> {
    let mut lines = Vec::new();
    if let Some(url) = &connection.metadata_url {
        lines.push(named(state, "metadata_url", url));
    }
    if let Some(known) = &connection.identity_provider {
        lines.push(named(state, "entity_id", &known.entity_id));
        let (sign_on, logout) = (known.sign_on.iter(), known.logout.iter());
        lines.extend(sign_on.map(|one| named(state, "sign_on", &one.location)));
        lines.extend(logout.map(|one| named(state, "logout", &one.location)));
    }
    if let Some(known) = &connection.openid_provider {
        lines.push(named(state, "issuer", &known.issuer));
        lines.push(named(state, "client_id", &known.client_id));
    }
    lines
}

fn certificate(state: &State, known: &ProviderCertificate, now: Time) -> CertificateLine {
    let (word, _) = known.standing(now);
    let class = match word {
        ENDED => " bad",
        "active" => " ok",
        _ => "",
    };
    let label = state.locale.text(&format!("console.certificate.{word}")).to_owned();
    CertificateLine {
        subject: known.certificate.subject().to_owned(),
        key: known.certificate.key_description().to_owned(),
        fingerprint: known.fingerprint.clone(),
        until: listing::day(known.not_after),
        badge: Badge { class, label },
    }
}
