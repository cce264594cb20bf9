//! The page to come back to: what there is, and what can be changed without a setup.

use super::changes;
use super::frame::{self, address, day};
use super::provider::Given;
use super::seat::{Posted, Seat};
use super::standing::{self, Standing};
use super::step::body::{arrivals, domain_line};
use crate::clock::Time;
use crate::crypto::Secret;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{
    self, Arrivals, DirectoryCard, Fact, Live, Notice, PortalHome, Sign, TokenLine,
};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::connections::{self, Connection, ConnectionState, Protocol};
use crate::store::directories::tokens::{self, Token};
use crate::store::events::Event;
use crate::store::organizations::Organization;
use crate::store::setup_links::{self, Cover, Reach, SetupLink, Step, Way};
use crate::store::{Db, Scope, Tx};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

/// How many events are shown.
const SHOWN: i64 = 10;

/// What the page reads.
struct Known {
    standing: Standing,
    arrivals: Arrivals,
    activity: Vec<Event>,
}

/// `GET /portal`
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    if pages::is_part(&request) {
        let id = seat.connection()?.id.clone();
        let arrivals = state.store.read(move |db| arrivals(db, &id)).await?;
        return Ok(pages::portal_live(&state, &Live::Arrivals(&arrivals, "/portal")));
    }
    Ok(render(&state, &seat, None).await?)
}

/// `GET` of an address that only takes forms, as a page is loaded again by its address: the home has what the forms are on.
pub(in crate::http) async fn lead() -> HttpResponse {
    see_other("/portal")
}

/// `POST /portal/token`: another token takes the place of those before, which go on for a day.
pub(in crate::http) async fn rotate(
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    let connection = seat.connection()?;
    if !seat.link.has(Cover::Provisioning) {
        return Err(Error::not_found("step", Step::Provisioning.as_str()).into());
    }
    let (id, label) = (connection.id.clone(), connection.name.clone());
    let once = posted.once();
    let rotate = move |tx: &mut Tx| {
        setup_links::must_be_trusted(tx, Reach::Directory(&id))?;
        Ok(tokens::rotate(tx, &id, label, frame::OVERLAP)?.1)
    };
    let made = state
        .store
        .write(Scope::from(&connection.organization_id), seat.actor(), move |tx| {
            once.make(tx, rotate, |_| "/portal".to_owned())
        })
        .await?;
    Ok(render(&state, seat, Some(&made)).await?)
}

async fn render(
    state: &Data<State>,
    seat: &Seat,
    made: Option<&Made<Secret>>,
) -> Result<HttpResponse> {
    let new_token = match made {
        Some(Made::Now(token)) => Some(token),
        Some(Made::Before(_)) | None => None,
    };
    let (of, connection, now) =
        (seat.organization.clone(), seat.connection.clone(), state.store.clock().now());
    let link = seat.link.clone();
    let read = move |db: &mut Db| read(db, &link, &of, connection.as_ref(), now);
    let known = state.store.read(read).await?;
    let covers = |cover| seat.link.has(cover);
    let guide = seat.guide(state);
    let connection = seat.connection.as_ref();
    let is_signing_in = seat.link.way() != Way::Directory;
    let signing_in = connection.filter(|_| is_signing_in);
    let steps = seat.steps(state);
    let first = steps.first().copied().map(address).unwrap_or_default();
    let test = steps.contains(&Step::Test).then(|| address(Step::Test));
    let open = seat.open_step(state);
    let Known { standing: known, arrivals, activity } = known;
    let missing = standing::missing(state, seat, &known);
    let is_complete = !first.is_empty() && open.is_none() && missing.is_empty();
    let complete = || Notice {
        sign: Sign::Good,
        title: state.locale.text("portal.complete.title").to_owned(),
        text: state.locale.fill("portal.complete.text", &[("operator", &state.operator())]),
    };
    let notice = match made {
        Some(Made::Before(_)) => Some(frame::shown_before(state)),
        _ => is_complete.then(complete),
    };
    let values = signing_in.filter(|_| covers(Cover::SignIn));
    let view = PortalHome {
        frame: frame::frame(seat, notice),
        provider: frame::provider(state, seat),
        tile: guide.tile.clone(),
        subtitle: signing_in.map(|of| subtitle(state, of, &known)).unwrap_or_default(),
        state: signing_in.map(|connection| state_of(state, seat, connection)),
        test: test.filter(|_| signing_in.is_some_and(Connection::knows_its_provider)),
        missing,
        unfinished: open.map(address),
        first,
        has_groups: covers(Cover::Groups),
        has_traces: covers(Cover::Traces) && connection.is_some(),
        facts: signing_in
            .map(|connection| facts(state, seat, connection, &known))
            .unwrap_or_default(),
        values: values.map(|of| Given::of(state, of).fill(state, guide)).unwrap_or_default(),
        signs: standing::signs(state, seat, &known),
        directory: connection
            .filter(|_| covers(Cover::Provisioning))
            .map(|connection| card(state, connection, &known, arrivals, new_token)),
        domains: known.domains.into_iter().map(|domain| domain_line(state, domain)).collect(),
        activity: activity.iter().filter_map(|event| changes::told(state, seat, event)).collect(),
    };
    Ok(pages::portal_home(state, &view))
}

fn read(
    db: &mut Db,
    link: &SetupLink,
    of: &Organization,
    connection: Option<&Connection>,
    now: Time,
) -> Result<Known> {
    let standing = standing::read(db, of, connection, now)?;
    let Some(connection) = connection else {
        let arrivals = Arrivals { requests: Vec::new(), counts: String::new() };
        return Ok(Known { standing, arrivals, activity: Vec::new() });
    };
    let activity = changes::read(db, link, connection, SHOWN)?;
    Ok(Known { standing, arrivals: arrivals(db, &connection.id)?, activity })
}

/// What the directory's part of the page shows.
fn card(
    state: &State,
    connection: &Connection,
    known: &Standing,
    arrivals: Arrivals,
    new_token: Option<&Secret>,
) -> DirectoryCard {
    let now = state.store.clock().now();
    let (text, badge, groups) = standing::directory(state, known);
    let live = known.tokens.iter().filter(|token| token.is_live(now)).count();
    DirectoryCard {
        base_url: connections::scim_base_url(state.config.public_url.as_str(), &connection.id),
        line: text,
        state: badge,
        groups,
        tokens: known.tokens.iter().map(|token| line(state, token, now)).collect(),
        of_tokens: frame::of_tokens(state, live),
        has_token: live > 0,
        new_token: new_token.map(|token| token.reveal().to_owned()),
        arrivals,
    }
}

/// What is spoken there, and for which domains.
fn subtitle(state: &State, connection: &Connection, known: &Standing) -> String {
    let key = match connection.protocol {
        Protocol::Saml => "portal.home.saml",
        Protocol::Oidc => "portal.openid.name",
    };
    let domains = known.live_domains();
    let spoken = state.locale.text(key);
    if domains.is_empty() {
        spoken.to_owned()
    } else {
        format!("{spoken} · {}", domains.join(", "))
    }
}

/// The state of a connection in a word, and whether it is good.
fn state_of(state: &State, seat: &Seat, connection: &Connection) -> (String, bool) {
    let is_open = |step: Step| step.is_in_console() && !seat.has_done(step);
    let is_set_up = !seat.steps(state).into_iter().any(is_open);
    let (key, is_good) = match connection.state {
        ConnectionState::Active => ("portal.state.active", true),
        ConnectionState::Testing if connection.tested() && is_set_up => {
            ("portal.state.ready", true)
        }
        ConnectionState::Draft | ConnectionState::Testing => ("portal.state.setup", false),
        ConnectionState::Disabled | ConnectionState::Deleted => ("portal.state.off", false),
    };
    (state.locale.text(key).to_owned(), is_good)
}

fn facts(state: &State, seat: &Seat, connection: &Connection, known: &Standing) -> Vec<Fact> {
    // What was known before the provider was changed is not yet what the step will bring.
    let is_before = connection.state != ConnectionState::Active
        && standing::unfinished(state, seat, known).contains(&Step::Metadata);
    let before = is_before.then(|| {
        let step = frame::say(state, seat, Step::Metadata, "name");
        state.locale.fill("portal.fact.before", &[("step", &step)])
    });
    let fact = |key, value: &str| Fact {
        name: state.locale.text(key).to_owned(),
        value: value.to_owned(),
        more: before.clone(),
    };
    let mut facts = vec![standing::enforced(state, &seat.organization, known)];
    facts.extend(
        standing::certificate(state, connection, known)
            .map(|fact| Fact { more: before.clone().or(fact.more), ..fact }),
    );
    if let Some(known) = &connection.openid_provider {
        facts.push(fact("portal.openid.issuer", &known.issuer));
        facts.push(fact("portal.openid.client_id", &known.client_id));
    }
    if let Some(known) = &connection.identity_provider {
        facts.push(fact("portal.fact.entity_id", &known.entity_id));
    }
    if let Some(url) = &connection.metadata_url {
        facts.push(fact("portal.fact.renewal", url));
    }
    facts
}

fn line(state: &State, token: &Token, now: Time) -> TokenLine {
    let used = match (token.last_used_at, &token.last_used_from) {
        (Some(at), Some(from)) => format!("{}, {from}", day(at)),
        _ => state.locale.text("portal.never").to_owned(),
    };
    let until = token.retires_at.map(frame::moment).unwrap_or_default();
    let key = format!("portal.token_state.{}", token.state(now));
    TokenLine {
        state: state.locale.fill(&key, &[("until", &until)]),
        hint: token.hint.clone(),
        used,
    }
}
