//! The provider's metadata is given: by address, as a file, as text, or as single values.

use super::{Outcome, render, step};
use crate::acts;
use crate::acts::metadata::{Source, Terms};
use crate::error::{Error, FieldError, Result};
use crate::http::metadata_form;
use crate::http::pages::Fault;
use crate::http::portal::frame::address;
use crate::http::portal::seat::{Posted, Seat};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::connections::{Connection, Protocol};
use crate::store::setup_links::{self, Step};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// The button that goes on with the other protocol.
const SWITCH: &str = "openid";

/// Takes metadata in, or goes on with what is known.
pub(super) async fn take(state: &Data<State>, posted: &Posted) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let connection = seat.connection()?;
    connection.must_speak(Protocol::Saml)?;
    if posted.has(SWITCH) {
        return switch(state, posted, connection).await;
    }
    // The address that is known stands in the field by itself.
    let stands = connection.metadata_url.as_deref();
    let source = match metadata_form::source(posted.form(), stands) {
        Err(Error::Invalid(faults)) => return again(state, posted, faults).await,
        other => other?,
    };
    let Some(source) = source else {
        if !posted.has("metadata_url") && !posted.has("metadata_xml") {
            connection.needs_its_provider()?;
            return super::finish(state, seat, Step::Metadata).await;
        }
        let pointer = format!("/{}", metadata_form::first_field(seat.guide(state)));
        let detail = state.locale.text("portal.metadata_required");
        let nothing = FieldError::new(pointer, "required", detail);
        return again(state, posted, vec![nothing]).await;
    };
    let choose = metadata_form::chosen(posted.form());
    match import(state, seat, connection.clone(), (source, choose)).await {
        Ok(connection) => known(state, seat, &connection).await,
        Err(Error::Invalid(faults)) => again(state, posted, faults).await,
        // What stands in the way is told as what is wrong is, where there are words for it.
        Err(Error::Conflict { code, detail }) if !state.locale.metadata_title(code).is_empty() => {
            again(state, posted, vec![FieldError::new("/metadata", code, detail)]).await
        }
        Err(other) => Err(other),
    }
}

/// Goes on with OpenID Connect, which is what the provider's address turned out to speak.
async fn switch(
    state: &Data<State>,
    posted: &Posted,
    connection: &Connection,
) -> Result<HttpResponse> {
    let stands = connection.metadata_url.as_deref();
    let source = match metadata_form::source(posted.form(), stands) {
        Ok(Some(source)) => source,
        Ok(None) => return Ok(see_other(&address(Step::Metadata))),
        Err(Error::Invalid(faults)) => return again(state, posted, faults).await,
        Err(other) => return Err(other),
    };
    let (with, reading) =
        ((&state.store, &state.master, &state.upstream), state.reading(connection, None));
    let actor = posted.seat.actor();
    match acts::openid::switch(with, actor, connection, (source, &reading)).await {
        // The steps of the new way are taken from the app on: what was made for SAML is of no use.
        Ok(_) => Ok(see_other("/portal/setup")),
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
    // What was read is below the form: that is where whoever gave it is led.
    Ok(see_other(&format!("{}#told", address(Step::Metadata))))
}

async fn import(
    state: &State,
    seat: &Seat,
    connection: Connection,
    (source, choose): (Source, Option<String>),
) -> Result<Connection> {
    let reading = state.reading(&connection, choose);
    let terms = Terms::default();
    acts::metadata::import(&state.store, seat.actor(), connection, source, &reading, terms).await
}

/// The setup that was begun with another link and has the provider already, so that this one can go on with it.
async fn begun(state: &Data<State>, seat: &Seat, faults: &[FieldError]) -> Result<Vec<Connection>> {
    let Some(in_use) = faults.iter().find(|fault| fault.code == "metadata_entity_in_use") else {
        return Ok(Vec::new());
    };
    let mut begun = step::resumable(state, seat).await?;
    // The detail says by its ID which connection it is.
    begun.retain(|one| in_use.detail.contains(one.id.as_str()));
    Ok(begun)
}

/// Shows the step again with what is wrong at each field, in the words of the provider's console.
async fn again(
    state: &Data<State>,
    posted: &Posted,
    faults: Vec<FieldError>,
) -> Result<HttpResponse> {
    let (guide, form) = (posted.seat.guide(state), posted.form());
    let is_openid = metadata_form::is_openid(&faults);
    let several = metadata_form::several(form, &faults);
    let mut typed = metadata_form::typed(form).to_vec();
    if (is_openid || several.is_some())
        && let Some(text) = metadata_form::text_of_file(form)
    {
        // Browsers forget which file was chosen: what was in it goes on as text.
        typed.retain(|(field, _)| !matches!(*field, "metadata_url" | "metadata_xml"));
        typed.push(("metadata_xml", text));
    }
    let begun = begun(state, &posted.seat, &faults).await?;
    let reader: &[&str] = if begun.is_empty() { &["portal"] } else { &["begun", "portal"] };
    let faults = metadata_form::in_words(&state.locale, (guide, reader), form, faults);
    let fault = |(field, text): (&str, String)| Fault { field: field.to_owned(), text };
    let outcome = Outcome {
        faults: faults.into_iter().map(fault).collect(),
        typed,
        is_openid,
        several,
        begun,
        ..Outcome::default()
    };
    render(state, &posted.seat, Step::Metadata, outcome).await
}
