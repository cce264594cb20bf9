//! A new connection: whose it is, and which provider. It is a draft until the provider is known.

use super::href;
use crate::domain::DomainName;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice, FieldFault};
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::connections::{self, Connection, NewConnection, Protocol, Settings};
use crate::store::domains;
use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

/// What is known already where the page is come to from.
#[derive(Deserialize)]
pub(in crate::http) struct NewQuery {
    #[serde(default)]
    organization: String,
}

/// What was chosen and typed.
#[derive(Default)]
struct Typed {
    organization: String,
    name: String,
    provider: String,
    protocol: Option<Protocol>,
    domain: String,
}

struct View {
    typed: Typed,
    providers: Vec<Choice>,
    protocols: Vec<Choice>,
    faults: Vec<FieldFault>,
}

impl View {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/connection_new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/connections/new`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    query: Query<NewQuery>,
) -> HttpResponse {
    let organization = query.into_inner().organization;
    show(&state, &seat, Typed { organization, ..Typed::default() }, Vec::new())
}

/// `POST /console/connections/new`: makes a draft, whose values for the provider are final, and leads to its setup.
pub(in crate::http) async fn create(
    state: Data<State>,
    posted: Posted<Manage>,
) -> Result<HttpResponse, PageError> {
    let protocol = posted.text("protocol");
    let typed = Typed {
        organization: posted.text("organization").to_owned(),
        name: posted.text("name").to_owned(),
        provider: posted.text("provider").to_owned(),
        protocol: PROTOCOLS.into_iter().find(|one| one.as_str() == protocol),
        domain: posted.text("domain").to_owned(),
    };
    // Whatever stands against it is about the domain: two drafts may be of one provider.
    match form::mendable(make(&state, &posted, &typed).await, "/domain")? {
        Ok(made) => Ok(see_other(&format!("{}/setup", href(&made.id)))),
        Err(errors) => Ok(show(&state, &posted.seat, typed, errors)),
    }
}

const PROTOCOLS: [Protocol; 2] = [Protocol::Saml, Protocol::Oidc];

async fn make(state: &State, posted: &Posted<Manage>, typed: &Typed) -> Result<Connection> {
    let named = typed.organization.clone();
    let of = state.store.read(move |db| listing::owner(db, &named)).await?.ok_or_else(|| {
        let detail = state.locale.text("console.setup_links.no_organization");
        Error::invalid("/organization", "not_found", detail)
    })?;
    let guide = state.guides.find(&typed.provider).map_err(|_| {
        let detail = state.locale.text("console.connection_new.provider_required");
        Error::invalid("/provider", "required", detail)
    })?;
    let domain = match typed.domain.as_str() {
        "" => None,
        some => Some(
            DomainName::parse_owned(some)
                .map_err(|fault| Error::invalid("/domain", fault.code(), fault.to_string()))?,
        ),
    };
    let name = if typed.name.is_empty() { guide.name.clone() } else { typed.name.clone() };
    let new = NewConnection { name, provider: guide.id.clone(), settings: Settings::default() };
    // Made before the transaction, which others wait for.
    let own_key = match typed.protocol {
        Some(Protocol::Oidc) => Some(state.store.apart(|_| connections::openid::new_key()).await?),
        Some(Protocol::Saml) | None => None,
    };
    let (scope, actor, master) = (of.clone(), posted.seat.actor(), state.master.clone());
    let write = state.store.write(&scope, actor, move |tx| {
        let made = match own_key {
            Some(own_key) => connections::openid::create(tx, &master, &of, new, &own_key),
            None => connections::create(tx, &of, new),
        }?;
        if let Some(domain) = domain {
            let is_there = domains::list(tx.db, &of)?.iter().any(|one| one.name == domain.as_str());
            if !is_there {
                domains::add(tx, &of, &domain, false)?;
            }
        }
        Ok(made)
    });
    write.await
}

fn show(state: &State, seat: &Seat<Manage>, typed: Typed, errors: Vec<FieldError>) -> HttpResponse {
    let status = form::status(&errors);
    let protocol = |one: Protocol| Choice {
        value: one.to_string(),
        label: state.locale.text(&format!("console.connections.{one}")).to_owned(),
        is_chosen: one == typed.protocol.unwrap_or(Protocol::Saml),
    };
    let view = View {
        providers: providers(state, &typed.provider),
        protocols: PROTOCOLS.into_iter().map(protocol).collect(),
        faults: form::faults(errors),
        typed,
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, CONNECTIONS),
        view: &view,
    };
    respond(state, status, &Csp::Page, &page)
}

/// The providers, in the order of the guides.
pub(super) fn providers(state: &State, chosen: &str) -> Vec<Choice> {
    let choice = |guide: &crate::guides::Guide| Choice {
        value: guide.id.clone(),
        label: guide.name.clone(),
        is_chosen: guide.id == chosen,
    };
    state.guides.all().map(choice).collect()
}
