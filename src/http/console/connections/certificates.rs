//! A provider's certificates one by one: trusted beside those of its metadata after somebody has compared fingerprints, and removed.

use super::{Head, find, href};
use crate::error::{Error, FieldError, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::form;
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::saml::certificate::Certificate;
use crate::store::TraceId;
use crate::store::connections::certificates::{self, ProviderCertificate};
use crate::store::connections::{Connection, Protocol};
use crate::store::organizations::Organization;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// The field with a certificate.
const CERTIFICATE: &str = "certificate";
/// The field with the fingerprint that the member has seen.
const SEEN: &str = "seen";

/// Where a certificate is to be taken from.
#[derive(Deserialize)]
pub(in crate::http) struct NewQuery {
    /// A sign-in that was refused because its certificate is unknown.
    #[serde(default)]
    trace: String,
}

struct View {
    head: Head,
    typed: String,
    /// The sign-in's answer names no certificate.
    is_bare: bool,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/connection_certificate.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET /console/connections/{connection}/certificates/new`: a certificate is pasted, or is the one that a refused answer names.
pub(in crate::http) async fn new(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
    query: Query<NewQuery>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    connection.must_speak(Protocol::Saml)?;
    if query.trace.is_empty() {
        let page = show(&state, &seat, (&connection, &organization), Given::default());
        return Ok(page);
    }
    let trace: TraceId = query.trace.parse()?;
    let (of, master) = (connection.clone(), state.master.clone());
    let read = move |db: &mut _| {
        let offered = certificates::offered(db, &master, &of, &trace)?;
        Ok((offered, certificates::list(db, &of)?))
    };
    let (offered, known) = state.store.read(read).await?;
    let is_trusted =
        |one: &&Certificate| known.iter().any(|row| row.is_trusted() && *row.certificate == **one);
    let is_bare = offered.is_empty();
    Ok(match offered.iter().find(|one| !is_trusted(one)).or(offered.first()) {
        Some(one) => confirm::ask(&state, &seat, &trusting(&state, &connection, one, &known)),
        None => {
            show(&state, &seat, (&connection, &organization), Given { is_bare, ..Given::default() })
        }
    })
}

/// `POST /console/connections/{connection}/certificates/new`: shows old and new fingerprint; once they were seen, it is trusted.
pub(in crate::http) async fn add(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    connection.must_speak(Protocol::Saml)?;
    let (typed, seen) = (posted.text(CERTIFICATE).to_owned(), posted.text(SEEN).to_owned());
    let of = (&connection, &organization);
    let again = Certificate::shown_again(&typed).to_owned();
    let refused = |errors| Given { typed: again.clone(), errors, is_bare: false };
    let certificate = match Certificate::parse(&typed) {
        Ok(certificate) => certificate,
        Err(fault) => {
            let error = FieldError::new("/certificate", "certificate_invalid", fault.to_string());
            return Ok(show(&state, &posted.seat, of, refused(vec![error])));
        }
    };
    if seen != certificate.fingerprint() {
        let of = connection.clone();
        let known = state.store.read(move |db| certificates::list(db, &of)).await?;
        let confirm = trusting(&state, &connection, &certificate, &known);
        return Ok(confirm::ask(&state, &posted.seat, &confirm));
    }
    let id = connection.id.clone();
    let done = state.store.write(&organization.id, posted.seat.actor(), move |tx| {
        certificates::add(tx, &id, &certificate)
    });
    match form::mendable(done.await, "/certificate")? {
        Ok(_) => Ok(done::lead(
            &state,
            Done::CertificateTrusted,
            &format!("{}#certificates", href(&connection.id)),
        )),
        Err(errors) => Ok(show(&state, &posted.seat, of, refused(errors))),
    }
}

/// What was given, and what is wrong with it.
#[derive(Default)]
struct Given {
    typed: String,
    is_bare: bool,
    errors: Vec<FieldError>,
}

fn show(
    state: &State,
    seat: &Seat<Manage>,
    (connection, organization): (&Connection, &Organization),
    given: Given,
) -> HttpResponse {
    let Given { typed, is_bare, errors } = given;
    let head = Head::of(state, seat, connection, organization);
    let view = View { head, typed, is_bare, faults: Faults::from(errors) };
    let status = view.faults.status();
    frame::page(state, seat, CONNECTIONS, status, |shell, frame| Page { shell, frame, view })
}

/// What is asked before a certificate is trusted: the new one, and those that are trusted now.
fn trusting(
    state: &State,
    of: &Connection,
    certificate: &Certificate,
    known: &[ProviderCertificate],
) -> Confirm {
    let line = |key: &str, one: &Certificate| {
        let until = listing::day(one.not_after()).short;
        let values = [
            ("subject", one.subject()),
            ("key", one.key_description()),
            ("until", &until),
            ("fingerprint", one.fingerprint()),
        ];
        state.locale.fill(&format!("console.certificate.{key}"), &values)
    };
    let say = |key: &str| state.locale.text(&format!("console.certificate.{key}")).to_owned();
    let now = state.store.clock().now();
    let trusted = known.iter().filter(|row| row.is_trusted() && row.not_after > now);
    let mut texts = vec![line("trust_new", certificate)];
    texts.extend(trusted.map(|row| line("trust_old", &row.certificate)));
    texts.extend([say("trust_stays"), say("trust_compare")]);
    let back = href(&of.id);
    Confirm {
        title: state.locale.fill("console.certificate.trust_title", &[("connection", &of.name)]),
        texts,
        carried: vec![
            (CERTIFICATE, certificate.base64()),
            (SEEN, certificate.fingerprint().to_owned()),
        ],
        action: format!("{back}/certificates/new"),
        button: say("trust"),
        above: vec![(back.clone(), of.name.clone())],
        ..Confirm::blank(CONNECTIONS, back)
    }
}

/// `GET /console/connections/{connection}/certificates/{fingerprint}/remove`
pub(in crate::http) async fn ask_remove(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (connection, row) = look(&state, &ids).await?;
    Ok(confirm::ask(&state, &seat, &removing(&state, &connection, &row)))
}

/// `POST /console/connections/{connection}/certificates/{fingerprint}/remove`: the last one that has not ended stays.
pub(in crate::http) async fn remove(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (connection, row) = look(&state, &ids).await?;
    let confirm = removing(&state, &connection, &row);
    let (id, fingerprint) = (connection.id.clone(), row.fingerprint.clone());
    let scope = &connection.organization_id;
    let done = state
        .store
        .write(scope, posted.seat.actor(), move |tx| certificates::remove(tx, &id, &fingerprint));
    let back = format!("{}#certificates", href(&connection.id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::CertificateRemoved, &back)
}

/// A certificate that is trusted.
async fn look(
    state: &State,
    ids: &Path<(String, String)>,
) -> Result<(Connection, ProviderCertificate)> {
    let (connection, _) = find(state, &ids.0).await?;
    let of = connection.clone();
    let known = state.store.read(move |db| certificates::list(db, &of)).await?;
    let found = known.into_iter().find(|row| row.fingerprint == ids.1 && row.is_trusted());
    let found = found.ok_or_else(|| Error::not_found("certificate", ids.1.as_str()))?;
    Ok((connection, found))
}

fn removing(state: &State, of: &Connection, row: &ProviderCertificate) -> Confirm {
    let back = href(&of.id);
    let until = listing::day(row.not_after).short;
    let values = [
        ("connection", of.name.as_str()),
        ("subject", row.certificate.subject()),
        ("fingerprint", row.fingerprint.as_str()),
        ("until", &until),
    ];
    let fill = |key: &str| state.locale.fill(&format!("console.certificate.{key}"), &values);
    Confirm {
        title: fill("remove_title"),
        texts: vec![fill("remove_which"), fill("remove_text")],
        action: format!("{back}/certificates/{}/remove", row.fingerprint),
        button: fill("remove"),
        above: vec![(back.clone(), of.name.clone())],
        ..Confirm::blank(CONNECTIONS, back)
    }
}
