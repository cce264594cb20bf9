//! What can be changed about an endpoint.

use super::fields::Typed;
use super::{find, href};
use crate::error::{FieldError, Result};
use crate::http::console::form::{self, Choice, FieldFault};
use crate::http::console::frame::{self, Frame, WEBHOOKS};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::webhooks::{self, Endpoint, EndpointPatch};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    typed: Typed,
    nouns: Vec<Choice>,
    faults: Vec<FieldFault>,
    href: String,
    url: String,
}

impl View {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/webhook_settings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/webhooks/{endpoint}/settings`
pub(super) async fn settings(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    let typed = Typed::of(&endpoint);
    Ok(show(&state, &seat, &endpoint, typed, Vec::new()))
}

/// `POST /console/webhooks/{endpoint}/settings`
pub(super) async fn change(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    let typed = Typed::sent(&posted);
    match form::mendable(save(&state, &posted, &endpoint, &typed).await, "/url")? {
        Ok(_) => Ok(see_other(&href(&endpoint.id))),
        Err(errors) => Ok(show(&state, &posted.seat, &endpoint, typed, errors)),
    }
}

async fn save(
    state: &State,
    posted: &Posted<Develop>,
    endpoint: &Endpoint,
    typed: &Typed,
) -> Result<Endpoint> {
    let patch = EndpointPatch {
        url: Some(typed.url.clone()),
        description: Some(typed.description()),
        events: Some(typed.kinds()?),
        enabled: None,
    };
    let (id, actor) = (endpoint.id.clone(), posted.seat.actor());
    let change = move |tx: &mut crate::store::Tx| webhooks::change(tx, &id, patch);
    state.store.write(endpoint.scope(), actor, change).await
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    endpoint: &Endpoint,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let status = form::status(&errors);
    let view = View {
        nouns: typed.choices(),
        typed,
        faults: form::faults(errors),
        href: href(&endpoint.id),
        url: endpoint.url.clone(),
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, WEBHOOKS),
        view: &view,
    };
    respond(state, status, &Csp::Page, &page)
}
