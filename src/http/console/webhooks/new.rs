//! A new endpoint, whose secret is shown once.

use super::fields::Typed;
use super::{LIST, href, one};
use crate::crypto::Secret;
use crate::error::{FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, WEBHOOKS};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::webhooks::{self, Endpoint, NewEndpoint};
use crate::store::{Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

struct View {
    typed: Typed,
    nouns: Vec<Choice>,
    faults: Faults,
    list: &'static str,
}

#[derive(Template)]
#[template(path = "console/webhook_new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/webhooks/new`
pub(super) async fn new(state: Data<State>, seat: Seat<Develop>) -> HttpResponse {
    show(&state, &seat, Typed::default(), Vec::new())
}

/// `POST /console/webhooks`: makes an endpoint. Its page follows, this once with the secret.
pub(super) async fn create(
    state: Data<State>,
    posted: Posted<Develop>,
) -> Result<HttpResponse, PageError> {
    let typed = Typed::sent(&posted);
    match form::mendable(make(&state, &posted, &typed).await, "/url")? {
        Ok(Made::Before(page)) => Ok(shown_before::show(&state, &posted.seat, WEBHOOKS, &page)),
        Ok(Made::Now((endpoint, secret))) => {
            Ok(one::with_secret(&state, &posted.seat, endpoint, &secret).await?)
        }
        Err(errors) => Ok(show(&state, &posted.seat, typed, errors)),
    }
}

async fn make(
    state: &State,
    posted: &Posted<Develop>,
    typed: &Typed,
) -> Result<Made<(Endpoint, Secret)>> {
    let organization_id = form::organization(state, &typed.organization).await?;
    let scope = organization_id.as_ref().map_or(Scope::System, Scope::from);
    let new = NewEndpoint {
        organization_id,
        url: typed.url.clone(),
        description: typed.description(),
        events: typed.kinds()?,
    };
    let (master, most) = (state.master.clone(), state.live().limits.webhook_endpoints.limit());
    let once = posted.once();
    let create = move |tx: &mut Tx| webhooks::create(tx, &master, new, most);
    let create = move |tx: &mut Tx| once.make(tx, create, |(made, _)| href(&made.id));
    state.store.write(scope, posted.seat.actor(), create).await
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let (nouns, faults) = (typed.choices(), Faults::from(errors));
    let view = View { typed, nouns, faults, list: LIST };
    frame::page(state, seat, WEBHOOKS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
