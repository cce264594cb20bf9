//! What can be changed about an endpoint.

use super::fields::Typed;
use super::{find, href};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, WEBHOOKS};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::stale::{self, Clash, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::webhooks::{self, Endpoint, EndpointPatch};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    seen: String,
    typed: Typed,
    nouns: Vec<Choice>,
    faults: Faults,
    href: String,
    url: String,
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
    let seen = stale::seen(&typed.fields());
    Ok(show(&state, &seat, &endpoint, (typed, seen), Vec::new()))
}

/// `POST /console/webhooks/{endpoint}/settings`
pub(super) async fn change(
    state: Data<State>,
    mut posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    stale::settle(&mut posted, &Typed::of(&endpoint).fields());
    let typed = Typed::sent(&posted);
    let filled = Filled::new(&posted, typed.fields());
    let done = save(&state, &posted, &endpoint, &typed, filled.clone()).await;
    if matches!(done, Err(Error::Stale(_))) {
        let now = find(&state, &id).await?;
        let form = format!("{}/settings", href(&now.id));
        let clash = Clash {
            area: WEBHOOKS,
            subject: now.id.to_string(),
            name: now.url.clone(),
            href: href(&now.id),
            action: None,
            form,
            kind: "webhook_endpoint.updated",
            now: Typed::of(&now).fields(),
        };
        let say = |name: &str, value: &str| named(&state, name, value);
        return Ok(stale::show(&state, &posted, &filled, clash, say).await?);
    }
    match form::mendable(done, "/url")? {
        Ok(_) => Ok(done::lead(&state, Done::Saved, &href(&endpoint.id))),
        Err(errors) => {
            let seen = stale::still_seen(&posted);
            Ok(show(&state, &posted.seat, &endpoint, (typed, seen), errors))
        }
    }
}

/// What a field is called, and a value of it as the form shows it.
fn named(state: &State, field: &str, value: &str) -> (String, String) {
    let say = |key: &str| state.locale.text(key).to_owned();
    if let Some(noun) = field.strip_prefix("noun.") {
        let word = if value == "1" { "console.on" } else { "console.off" };
        return (format!("{}: {noun}.*", say("console.webhooks.events")), say(word));
    }
    let key = if field == "events" { "others" } else { field };
    (say(&format!("console.webhooks.{key}")), value.to_owned())
}

async fn save(
    state: &State,
    posted: &Posted<Develop>,
    endpoint: &Endpoint,
    typed: &Typed,
    filled: Filled,
) -> Result<Endpoint> {
    let patch = EndpointPatch {
        url: Some(typed.url.clone()),
        description: Some(typed.description()),
        events: Some(typed.kinds()?),
        enabled: None,
    };
    let (id, actor) = (endpoint.id.clone(), posted.seat.actor());
    let change = move |tx: &mut crate::store::Tx| {
        filled.must_fit(&Typed::of(&webhooks::find(tx.db, &id)?).fields())?;
        webhooks::change(tx, &id, patch)
    };
    state.store.write(endpoint.scope(), actor, change).await
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    endpoint: &Endpoint,
    (typed, seen): (Typed, String),
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = View {
        seen,
        nouns: typed.choices(),
        typed,
        faults: Faults::from(errors),
        href: href(&endpoint.id),
        url: endpoint.url.clone(),
    };
    frame::page(state, seat, WEBHOOKS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
