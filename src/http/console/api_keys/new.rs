//! A new API key, which is shown once.

use super::{LIST, covered, may_give, show as show_list};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, API_KEYS, Frame};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::api_keys::{self, NewApiKey, Scope};
use crate::store::{Scope as WriteScope, Tx};
use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use chrono::TimeDelta;

/// For how many days a key can be good; the usual first.
const DAYS: [&str; 4] = ["90", "30", "365", "never"];

/// What was chosen and typed.
struct Typed {
    name: String,
    organization: String,
    scopes: Vec<Scope>,
    networks: String,
    days: &'static str,
}

struct View {
    typed: Typed,
    scopes: Vec<Choice>,
    days: Vec<Choice>,
    faults: Faults,
    list: &'static str,
}

#[derive(Template)]
#[template(path = "console/api_key_new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/api-keys/new`
pub(in crate::http) async fn new(state: Data<State>, seat: Seat<Develop>) -> HttpResponse {
    let typed = Typed {
        name: String::new(),
        organization: String::new(),
        scopes: Vec::new(),
        networks: String::new(),
        days: DAYS[0],
    };
    show(&state, &seat, typed, Vec::new())
}

/// `POST /console/api-keys`: makes a key, which is shown this once above the list.
pub(in crate::http) async fn create(
    state: Data<State>,
    posted: Posted<Develop>,
) -> Result<HttpResponse, PageError> {
    let ticked = |scope: &&str| posted.text(&format!("scope.{scope}")) == "1";
    let chosen = DAYS.into_iter().find(|days| *days == posted.text("days"));
    let typed = Typed {
        name: posted.text("name").to_owned(),
        organization: posted.text("organization_id").to_owned(),
        scopes: Scope::WORDS
            .iter()
            .copied()
            .filter(ticked)
            .filter_map(|word| word.parse().ok())
            .collect(),
        networks: posted.text("networks").to_owned(),
        days: chosen.unwrap_or(DAYS[0]),
    };
    covered(posted.seat.member.role, &typed.scopes)?;
    let errors = match make(&state, &posted, &typed).await {
        Ok(Made::Now(secret)) => {
            return Ok(show_list(&state, &posted.seat, None, Some(secret)).await?);
        }
        Ok(Made::Before(page)) => {
            return Ok(shown_before::show(&state, &posted.seat, API_KEYS, &page));
        }
        Err(Error::Invalid(errors)) => errors,
        Err(other) => return Err(other.into()),
    };
    Ok(show(&state, &posted.seat, typed, errors))
}

async fn make(state: &State, posted: &Posted<Develop>, typed: &Typed) -> Result<Made<String>> {
    let organization_id = form::organization(state, &typed.organization).await?;
    let days = typed.days.parse().ok().map(TimeDelta::days);
    let new = NewApiKey {
        name: typed.name.clone(),
        scopes: typed.scopes.clone(),
        organization_id,
        expires_at: days.map(|days| state.store.clock().now().plus(days)),
        networks: typed.networks.split_whitespace().map(str::to_owned).collect(),
    };
    let once = posted.once();
    let create = move |tx: &mut Tx| Ok(api_keys::create(tx, new)?.1.reveal().to_owned());
    let make = move |tx: &mut Tx| once.make(tx, create, |_| LIST.to_owned());
    state.store.write(WriteScope::System, posted.seat.actor(), make).await
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let scope = |word: &&'static str| Choice {
        value: (*word).to_owned(),
        label: (*word).to_owned(),
        is_chosen: typed.scopes.iter().any(|scope| scope.as_str() == *word),
    };
    let is_giveable = |word: &&&'static str| {
        word.parse().is_ok_and(|scope: Scope| may_give(seat.member.role, scope))
    };
    let day = |days: &'static str| Choice {
        value: days.to_owned(),
        label: match days {
            "never" => state.locale.text("console.api_keys.never").to_owned(),
            some => state.locale.fill("console.setup_links.day", &[("number", some)]),
        },
        is_chosen: days == typed.days,
    };
    let view = View {
        scopes: Scope::WORDS.iter().filter(is_giveable).map(scope).collect(),
        days: DAYS.into_iter().map(day).collect(),
        faults: Faults::from(errors),
        list: LIST,
        typed,
    };
    frame::page(state, seat, API_KEYS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
