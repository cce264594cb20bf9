//! What a directory is given to push people and groups: the address and the tokens, each shown once.

use super::{Head, find, href};
use crate::clock::Time;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, FieldFault};
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing::{self, Moment};
use crate::http::console::scim_requests;
use crate::http::console::seat::{Manage, Needs, Posted, Read, Seat};
use crate::http::console::shown_before;
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::once::Made;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::connections::{self, Connection};
use crate::store::directories;
use crate::store::directories::tokens::{self, NewToken, Token};
use crate::store::organizations::Organization;
use crate::store::{Db, Tx, Window};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// How many tokens are shown, the newest.
const SHOWN: i64 = 100;

struct Line {
    /// Where it is retired and revoked; none if it is over.
    href: Option<String>,
    label: String,
    hint: String,
    badge: Badge,
    is_retiring: bool,
    created: Moment,
    used: Option<Moment>,
    from: Option<String>,
    ends: Option<Moment>,
}

struct View {
    head: Head,
    base_url: String,
    /// What was asked for at it.
    requests: String,
    tokens: Vec<Line>,
    typed: String,
    /// After how many days removed people are erased; empty: as everywhere.
    days: String,
    /// How long that is everywhere.
    usual: String,
    /// A token that was made just now: shown this once.
    secret: Option<String>,
    faults: Vec<FieldFault>,
}

impl View {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/connection_provisioning.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// What the page has to tell beside what there is.
#[derive(Default)]
struct Shown {
    typed: String,
    /// What was typed for the days, where that was refused.
    days: Option<String>,
    errors: Vec<FieldError>,
    secret: Option<String>,
}

/// `GET /console/connections/{connection}/provisioning`
pub(in crate::http) async fn provisioning(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    Ok(show(&state, &seat, &connection, &organization, Shown::default()).await?)
}

/// `POST /console/connections/{connection}/provisioning`: makes a token, which is shown this once.
pub(in crate::http) async fn create_token(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let typed = posted.text("label").to_owned();
    let (id, new) =
        (connection.id.clone(), NewToken { label: typed.clone(), ..Default::default() });
    let (once, page) = (posted.once(), format!("{}/provisioning#tokens", href(&connection.id)));
    let make = move |tx: &mut Tx| once.make(tx, |tx| tokens::create(tx, &id, new), |_| page);
    let done = state.store.write(&organization.id, posted.seat.actor(), make).await;
    let shown = match form::mendable(done, "/label")? {
        Ok(Made::Before(page)) => {
            return Ok(shown_before::show(&state, &posted.seat, CONNECTIONS, &page));
        }
        Ok(Made::Now((_, secret))) => {
            Shown { secret: Some(secret.reveal().to_owned()), ..Shown::default() }
        }
        Err(errors) => Shown { typed, errors, ..Shown::default() },
    };
    Ok(show(&state, &posted.seat, &connection, &organization, shown).await?)
}

/// `POST /console/connections/{connection}/provisioning/removal`: after how many days removed people are erased.
pub(in crate::http) async fn change_removal(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let typed = posted.text("removal_days").trim().to_owned();
    let days = Some(typed.as_str()).filter(|typed| !typed.is_empty()).map(str::parse::<i32>);
    let done = if let Ok(days) = days.transpose() {
        let (id, actor) = (connection.id.clone(), posted.seat.actor());
        let set = move |tx: &mut Tx| directories::set_removal(tx, &id, days);
        state.store.write(&organization.id, actor, set).await
    } else {
        let detail = state.locale.text("console.token.removal_invalid");
        Err(Error::invalid("/removal_days", "invalid", detail))
    };
    match form::mendable(done, "/removal_days")? {
        Ok(_) => Ok(see_other(&format!("{}/provisioning#removal", href(&connection.id)))),
        Err(errors) => {
            let shown = Shown { days: Some(typed), errors, ..Shown::default() };
            Ok(show(&state, &posted.seat, &connection, &organization, shown).await?)
        }
    }
}

async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    connection: &Connection,
    organization: &Organization,
    shown: Shown,
) -> Result<HttpResponse> {
    let (id, now) = (connection.id.clone(), state.store.clock().now());
    let window = Window { limit: SHOWN, before: None };
    let read = move |db: &mut Db| {
        Ok((tokens::page(db, &window, &id)?, directories::by_connection(db, &id)?))
    };
    let (page, directory) = state.store.read(read).await?;
    let days = directory.and_then(|directory| directory.removal_days);
    let days = shown.days.unwrap_or_else(|| days.map_or_else(String::new, |it| it.to_string()));
    let status = form::status(&shown.errors);
    let head = Head::of(state, seat, connection, organization);
    let base = &head.href;
    let view = View {
        requests: scim_requests::at_connection(&connection.id),
        base_url: connections::scim_base_url(state.config.public_url.as_str(), &connection.id),
        tokens: page.data.into_iter().map(|token| line(state, base, token, now)).collect(),
        typed: shown.typed,
        usual: state.live().retention.removed.to_string(),
        days,
        secret: shown.secret,
        faults: form::faults(shown.errors),
        head,
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, CONNECTIONS),
        view: &view,
    };
    Ok(respond(state, status, &Csp::Page, &page))
}

fn line(state: &State, base: &str, token: Token, now: Time) -> Line {
    let word = token.state(now);
    let class = match word {
        "live" => " ok",
        "retiring" => " warn",
        _ => "",
    };
    let label = state.locale.text(&format!("console.token.{word}")).to_owned();
    Line {
        href: token.is_live(now).then(|| format!("{base}/provisioning/{}", token.id)),
        badge: Badge { class, label },
        is_retiring: word == "retiring",
        created: listing::day(token.created_at),
        used: token.last_used_at.map(listing::second),
        ends: token.ends_at().map(listing::second),
        label: token.label,
        hint: token.hint,
        from: token.last_used_from,
    }
}
