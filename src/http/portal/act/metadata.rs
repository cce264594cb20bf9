//! The provider's metadata is given: by address, as a file, as text, or as single values.

use super::{Outcome, render};
use crate::acts;
use crate::acts::metadata::{Source, Terms, Values};
use crate::error::{Error, FieldError, Result};
use crate::http::pages::Fault;
use crate::http::portal::frame::address;
use crate::http::portal::seat::{Posted, Seat};
use crate::http::portal::upload::Upload;
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::saml::Binding;
use crate::store::connections::{Connection, Protocol};
use crate::store::setup_links::{self, Step};
use actix_web::HttpResponse;
use actix_web::web::Data;

const FIELDS: [&str; 5] =
    ["metadata_url", "metadata_xml", "entity_id", "sign_on_url", "certificate"];
/// The field of the file, of which no browser shows again what was chosen.
const FILE: &str = "metadata_file";

/// Takes metadata in, or goes on with what is known.
pub(super) async fn take(state: &Data<State>, posted: &Posted) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let connection = seat.connection()?;
    connection.must_speak(Protocol::Saml)?;
    if let Some(Upload::TooLarge) = posted.file(FILE) {
        return again(state, posted, vec![too_large()]).await;
    }
    let Some(source) = source(posted) else {
        if !posted.has("metadata_url") && !posted.has("metadata_xml") {
            connection.needs_its_provider()?;
            return super::finish(state, seat, Step::Metadata).await;
        }
        let pointer = format!("/{}", first_field(state, seat));
        let detail = state.locale.text("portal.metadata_required");
        let nothing = FieldError::new(pointer, "required", detail);
        return again(state, posted, vec![nothing]).await;
    };
    match import(state, seat, connection.clone(), source).await {
        Ok(connection) => known(state, seat, &connection).await,
        Err(Error::Invalid(faults)) => again(state, posted, faults).await,
        Err(other) => Err(other),
    }
}

/// The provider is known: the step is finished, and what was tested before has to be tested again.
pub(super) async fn known(
    state: &State,
    seat: &Seat,
    connection: &Connection,
) -> Result<HttpResponse> {
    let (id, is_tested) = (seat.link.id.clone(), connection.tested());
    state
        .store
        .write(&connection.organization_id, seat.actor(), move |tx| {
            if !is_tested {
                setup_links::reopen(tx, &id, Step::Test)?;
            }
            setup_links::finish(tx, &id, Step::Metadata)
        })
        .await?;
    Ok(see_other(&address(Step::Metadata)))
}

async fn import(
    state: &State,
    seat: &Seat,
    connection: Connection,
    source: Source,
) -> Result<Connection> {
    let reading = state.reading(&connection, None);
    let terms = Terms::default();
    acts::metadata::import(&state.store, seat.actor(), connection, source, &reading, terms).await
}

/// A file is refused for its size before anybody looks into it.
fn too_large() -> FieldError {
    let detail = "A file of metadata has at most 1 MiB.";
    FieldError::new(format!("/{FILE}"), "metadata_too_large", detail)
}

/// The first of the four ways in which something was filled in.
fn source(posted: &Posted) -> Option<Source> {
    let [url, xml, entity_id, sign_on_url, certificate] = FIELDS.map(|field| posted.text(field));
    if !url.is_empty() {
        return Some(Source::Url(url.to_owned()));
    }
    if let Some(Upload::Whole(content)) = posted.file(FILE) {
        return Some(Source::Xml(content.clone()));
    }
    if !xml.is_empty() {
        return Some(Source::Xml(xml.as_bytes().to_vec()));
    }
    let is_given = [entity_id, sign_on_url, certificate].iter().any(|value| !value.is_empty());
    is_given.then(|| {
        Source::Values(Values {
            entity_id: entity_id.to_owned(),
            sign_on_url: sign_on_url.to_owned(),
            binding: Binding::Redirect,
            certificates: vec![certificate.to_owned()],
            logout: None,
        })
    })
}

/// The field that is asked for first.
fn first_field(state: &State, seat: &Seat) -> &'static str {
    if seat.guide(state).metadata.url { "metadata_url" } else { FILE }
}

/// Shows the step again with what is wrong at each field, in the words of the provider's console.
async fn again(
    state: &Data<State>,
    posted: &Posted,
    faults: Vec<FieldError>,
) -> Result<HttpResponse> {
    let button = &posted.seat.guide(state).metadata.button;
    let fault = |fault: FieldError| {
        let given = [FILE].into_iter().chain(FIELDS).find(|field| fault.pointer.contains(field));
        // What is wrong with the text of a file is told where the file was chosen.
        let field = match given {
            Some("metadata_xml") if posted.file(FILE).is_some() => Some(FILE),
            other => other,
        };
        let title = state.locale.metadata_title(&fault.code);
        let text = if title.is_empty() {
            fault.detail
        } else {
            format!("{title}. {}", state.locale.metadata_fix(&fault.code, button))
        };
        let field = field.unwrap_or_else(|| first_field(state, &posted.seat));
        Fault { field: field.to_owned(), text }
    };
    let outcome = Outcome {
        faults: faults.into_iter().map(fault).collect(),
        typed: FIELDS.map(|field| (field, posted.text(field).to_owned())).to_vec(),
        ..Outcome::default()
    };
    render(state, &posted.seat, Step::Metadata, outcome).await
}
