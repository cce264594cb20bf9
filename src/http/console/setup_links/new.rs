//! A new setup link, whose address is shown once.

use super::LIST;
use crate::error::{FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, SETUP_LINKS};
use crate::http::console::listing;
use crate::http::console::seat::{Links, Manage, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::connections;
use crate::store::setup_links::{self, Cover, NewLink};
use crate::store::{ConnectionId, Tx};
use crate::views::setup_link::address;
use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeSet;

const COVERS: [Cover; 6] = [
    Cover::SignIn,
    Cover::Domains,
    Cover::Provisioning,
    Cover::Groups,
    Cover::Certificate,
    Cover::Traces,
];
/// For how many days a link can be good, beside what is usual.
const DAYS: [u32; 3] = [1, 7, 30];

/// What is known already where the page is come to from.
#[derive(Deserialize)]
pub(in crate::http) struct NewQuery {
    #[serde(default)]
    organization: String,
    #[serde(default)]
    connection: String,
}

/// What was chosen and typed.
struct Typed {
    organization: String,
    connection: String,
    covers: Vec<Cover>,
    provider: String,
    days: u32,
    note: String,
    email: String,
    is_guarded: bool,
}

struct View {
    typed: Typed,
    covers: Vec<Choice>,
    providers: Vec<Choice>,
    days: Vec<Choice>,
    faults: Faults,
    /// The address of a link that was made just now: shown this once.
    secret: Option<String>,
    /// The address that it was mailed to, if there is one.
    mailed: Option<String>,
    /// Whether mail leaves the house.
    sends: bool,
    list: &'static str,
}

#[derive(Template)]
#[template(path = "console/setup_link_new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/setup-links/new`
pub(in crate::http) async fn new(
    state: Data<State>,
    seat: Seat<Links>,
    query: Query<NewQuery>,
) -> Result<HttpResponse, PageError> {
    let NewQuery { organization, connection } = query.into_inner();
    let organization = listing::spelled(&state, organization).await?;
    Ok(show(&state, &seat, blank(&state, organization, connection), Vec::new(), None))
}

/// For how many days a link is good where nobody says.
fn usual_days(state: &State) -> u32 {
    state.live().portal.link_days.days()
}

fn blank(state: &State, organization: String, connection: String) -> Typed {
    Typed {
        organization,
        connection,
        covers: Cover::USUAL.to_vec(),
        provider: String::new(),
        days: usual_days(state),
        note: String::new(),
        email: String::new(),
        is_guarded: false,
    }
}

/// `POST /console/setup-links`: makes a link, whose address is shown this once.
pub(in crate::http) async fn create(
    state: Data<State>,
    posted: Posted<Links>,
) -> Result<HttpResponse, PageError> {
    let ticked = |cover: &Cover| posted.text(&format!("cover.{cover}")) == "1";
    let typed = Typed {
        organization: posted.text("organization").to_owned(),
        connection: posted.text("connection").to_owned(),
        covers: COVERS.into_iter().filter(ticked).collect(),
        provider: posted.text("provider").to_owned(),
        days: posted.text("days").parse().unwrap_or_else(|_| usual_days(&state)),
        note: posted.text("note").to_owned(),
        email: posted.text("email").to_owned(),
        is_guarded: posted.text("guarded") == "1",
    };
    let made = make(&state, &posted, &typed).await;
    let email = typed.email.clone();
    let (typed, errors, made) = match form::mendable(made, "/organization")? {
        Ok(Made::Before(page)) => {
            return Ok(shown_before::show(&state, &posted.seat, SETUP_LINKS, &page));
        }
        Ok(Made::Now(address)) => {
            (blank(&state, typed.organization, String::new()), Vec::new(), Some((address, email)))
        }
        Err(errors) => (typed, errors, None),
    };
    Ok(show(&state, &posted.seat, typed, errors, made))
}

async fn make(state: &State, posted: &Posted<Links>, typed: &Typed) -> Result<Made<String>> {
    let of = listing::chosen(state, &typed.organization, "/organization").await?;
    let connection_id: Option<ConnectionId> = match typed.connection.as_str() {
        "" => None,
        some => Some(some.parse()?),
    };
    must_give(state, &posted.seat, &typed.covers, connection_id.as_ref()).await?;
    let is_known = state.guides.all().any(|guide| guide.id == typed.provider);
    let new = NewLink {
        connection_id,
        covers: typed.covers.clone(),
        provider: is_known.then(|| typed.provider.clone()),
        note: Some(typed.note.clone()),
        days: typed.days,
        email: Some(typed.email.clone()),
        is_guarded: typed.is_guarded,
    };
    let (scope, actor) = (of.clone(), posted.seat.actor());
    let (master, to) = (state.master.clone(), state.config.public_url.clone());
    let once = posted.once();
    let make = move |tx: &mut Tx| {
        let (link, token) = setup_links::create(tx, &of, new)?;
        let url = address(to.as_str(), &token);
        setup_links::mail(tx, &master, &link, &url)?;
        Ok(url)
    };
    let make = move |tx: &mut Tx| once.make(tx, make, |_| LIST.to_owned());
    state.store.write(&scope, actor, make).await
}

/// Refuses to give a link to a member who may not do what comes of it.
pub(super) async fn must_give(
    state: &State,
    seat: &Seat<Links>,
    covers: &[Cover],
    connection: Option<&ConnectionId>,
) -> Result<()> {
    // By such a link people are given places in the app.
    if covers.contains(&Cover::Groups) {
        seat.must::<Manage>(state).await?;
    }
    if let Some(id) = connection.cloned() {
        let known = state.store.read(move |db| connections::by_id_with_organization(db, &id));
        // With such a link the provider of those who sign in now can be changed.
        if known.await?.is_some_and(|(connection, _)| connection.is_used()) {
            seat.must::<Manage>(state).await?;
        }
    }
    Ok(())
}

fn show(
    state: &State,
    seat: &Seat<Links>,
    typed: Typed,
    errors: Vec<FieldError>,
    made: Option<(String, String)>,
) -> HttpResponse {
    let (secret, mailed) = made.unzip();
    let cover = |cover: &Cover| Choice {
        value: cover.to_string(),
        label: state.locale.text(&format!("console.setup_links.cover.{cover}")).to_owned(),
        is_chosen: typed.covers.contains(cover),
    };
    let offered: BTreeSet<u32> = DAYS.into_iter().chain([usual_days(state)]).collect();
    let day = |days: &u32| Choice {
        value: days.to_string(),
        label: state.locale.fill("console.setup_links.day", &[("number", &days.to_string())]),
        is_chosen: *days == typed.days,
    };
    let providers = state.guides.all().map(|guide| Choice {
        value: guide.id.clone(),
        label: guide.name.clone(),
        is_chosen: guide.id == typed.provider,
    });
    let view = View {
        covers: COVERS.iter().map(cover).collect(),
        days: offered.iter().map(day).collect(),
        providers: providers.collect(),
        faults: Faults::from(errors),
        secret,
        mailed: mailed.filter(|email| !email.is_empty()),
        sends: state.poster.sends(),
        list: LIST,
        typed,
    };
    frame::page(state, seat, SETUP_LINKS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
