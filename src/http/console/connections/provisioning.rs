//! What a directory is given to push people and groups: the address and the tokens, each shown once.

use super::{Head, find, href};
use crate::clock::Time;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Manage, Needs, Posted, Read, Seat};
use crate::http::console::shown_before;
use crate::http::console::words::Badge;
use crate::http::console::{audit, overview, scim_requests};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::once::Made;
use crate::http::pages::{Arrivals, Faults, Shell, is_part, respond};
use crate::http::portal::arrivals;
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use crate::store::directories;
use crate::store::directories::tokens::{self, NewToken, Token};
use crate::store::events;
use crate::store::organizations::Organization;
use crate::store::{Db, Tx, Window};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
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
    /// Who made it, as far as the audit log goes back.
    by: Option<String>,
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
    /// What the directory has asked for lately.
    arrivals: Arrivals,
    /// Where that is read again.
    here: String,
    /// Whose part the demo can play here.
    parts: Vec<Choice>,
    typed: String,
    /// After how many days removed people are erased; empty: as everywhere.
    days: String,
    /// How long that is everywhere.
    usual: String,
    /// A token that was made just now: shown this once.
    secret: Option<String>,
    faults: Faults,
}

/// What was asked for lately, which is read again while somebody looks.
#[derive(Template)]
#[template(path = "console/_arrivals.html")]
struct Part<'a> {
    shell: Shell<'a>,
    arrivals: &'a Arrivals,
    here: String,
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
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    if is_part(&request) {
        let id = connection.id.clone();
        let arrivals = state.store.read(move |db| arrivals(db, &id)).await?;
        let here = format!("{}/provisioning", href(&connection.id));
        let part = Part { shell: frame::shell(&state), arrivals: &arrivals, here };
        return Ok(respond(&state, StatusCode::OK, &Csp::Page, &part));
    }
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
    let (once, page) = (posted.once(), format!("{}/provisioning", href(&connection.id)));
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
        Ok(_) => Ok(done::lead(
            &state,
            Done::Saved,
            &format!("{}/provisioning#removal", href(&connection.id)),
        )),
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
        let page = tokens::page(db, &window, &id)?;
        let ids: Vec<String> = page.data.iter().map(|token| token.id.to_string()).collect();
        let mut makers = events::makers(db, "scim.token.created", &ids)?;
        let called = audit::called(db)?;
        for maker in makers.values_mut() {
            if let Some(name) = called.get(maker.as_str()) {
                maker.clone_from(name);
            }
        }
        Ok((page, directories::by_connection(db, &id)?, makers, arrivals(db, &id)?))
    };
    let (page, directory, mut makers, arrivals) = state.store.read(read).await?;
    let days = directory.and_then(|directory| directory.removal_days);
    let days = shown.days.unwrap_or_else(|| days.map_or_else(String::new, |it| it.to_string()));
    let head = Head::of(state, seat, connection, organization);
    let plays = head.is_demo && head.may_manage && state.config.demo_is_on();
    let base = &head.href;
    let view = View {
        requests: scim_requests::at_connection(&connection.id),
        base_url: connections::scim_base_url(state.config.public_url.as_str(), &connection.id),
        tokens: page
            .data
            .into_iter()
            .map(|token| {
                let by = makers.remove(token.id.as_str());
                line(state, base, token, by, now)
            })
            .collect(),
        arrivals,
        here: format!("{base}/provisioning"),
        parts: if plays { overview::demo_parts() } else { Vec::new() },
        typed: shown.typed,
        usual: state.live().retention.removed.to_string(),
        days,
        secret: shown.secret,
        faults: Faults::from(shown.errors),
        head,
    };
    Ok(frame::page(state, seat, CONNECTIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

fn line(state: &State, base: &str, token: Token, by: Option<String>, now: Time) -> Line {
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
        by,
        used: token.last_used_at.map(listing::second),
        ends: token.ends_at().map(listing::second),
        label: token.label,
        hint: token.hint,
        from: token.last_used_from,
    }
}
