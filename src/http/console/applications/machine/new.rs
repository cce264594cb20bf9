//! A new machine application, whose first secret is shown once.

use super::{may, offered, placed, ticked};
use crate::error::{FieldError, Result};
use crate::http::console::applications::new::ways;
use crate::http::console::applications::{LIST, href};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::listing;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::api_keys::Scope as May;
use crate::store::applications::{
    self, Application, ApplicationKind, IdTokenAlg, Logout, NewApplication, NoConnection,
    OwnLifetimes,
};
use crate::store::{Scope, Tx};
use actix_web::HttpResponse;
use askama::Template;

/// What was chosen and typed.
struct Typed {
    name: String,
    scopes: Vec<May>,
    organization: String,
}

struct View {
    typed: Typed,
    ways: Vec<listing::Choice>,
    scopes: Vec<Choice>,
    faults: Faults,
    list: &'static str,
}

#[derive(Template)]
#[template(path = "console/machine_new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// The empty form.
pub(in crate::http::console::applications) fn blank(
    state: &State,
    seat: &Seat<Develop>,
) -> HttpResponse {
    let typed = Typed { name: String::new(), scopes: Vec::new(), organization: String::new() };
    show(state, seat, typed, Vec::new())
}

/// Makes an application. Its page follows, this once with the secret.
pub(in crate::http::console::applications) async fn create(
    state: &State,
    posted: &Posted<Develop>,
) -> Result<HttpResponse, PageError> {
    let typed = Typed {
        name: posted.text("name").to_owned(),
        scopes: ticked(posted),
        organization: posted.text("organization_id").to_owned(),
    };
    may(posted.seat.member.role, &typed.scopes)?;
    match form::mendable(make(state, posted, &typed).await, "/name")? {
        Ok(Made::Before(page)) => Ok(shown_before::show(state, &posted.seat, APPLICATIONS, &page)),
        Ok(Made::Now((application, secret))) => {
            Ok(super::show(state, &posted.seat, &application, secret, Vec::new()).await?)
        }
        Err(errors) => Ok(show(state, &posted.seat, typed, errors)),
    }
}

async fn make(
    state: &State,
    posted: &Posted<Develop>,
    typed: &Typed,
) -> Result<Made<(Application, Option<String>)>> {
    let bound = form::organization(state, &typed.organization).await?;
    let new = NewApplication {
        name: typed.name.clone(),
        kind: ApplicationKind::Machine,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        initiate_login_uri: None,
        fallback_url: None,
        no_connection: NoConnection::Page,
        id_token_alg: IdTokenAlg::Rs256,
        organizations: bound.map(|id| vec![id]),
        is_demo: false,
        logout: Logout::default(),
        model: applications::usual_model(ApplicationKind::Machine),
        protected_hosts: Vec::new(),
        lifetimes: OwnLifetimes::default(),
        scopes: typed.scopes.clone(),
    };
    let once = posted.once();
    let make = move |tx: &mut Tx| {
        let (application, secret) = applications::create(tx, new)?;
        Ok((application, secret.map(|secret| secret.reveal().to_owned())))
    };
    let create = move |tx: &mut Tx| once.make(tx, make, |(made, _)| href(&made.id));
    state.store.write(Scope::System, posted.seat.actor(), create).await
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = View {
        ways: ways(state, true),
        scopes: offered(seat.member.role, &typed.scopes),
        faults: Faults::from(placed(errors)),
        list: LIST,
        typed,
    };
    frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
