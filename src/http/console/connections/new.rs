//! A new connection: whose it is, and which provider. It is a draft until the provider is known.

use super::href;
use crate::domain::DomainName;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::connections::{self, Connection, NewConnection, Protocol, Settings};
use crate::store::{ConnectionId, Db, OrganizationId, applications, domains};
use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

/// What is known already where the page is come to from.
#[derive(Deserialize)]
pub(in crate::http) struct NewQuery {
    #[serde(default)]
    organization: String,
    /// The connection of which another is to be made.
    #[serde(default)]
    like: String,
}

/// What was chosen and typed.
#[derive(Default)]
struct Typed {
    organization: String,
    name: String,
    provider: String,
    protocol: Option<Protocol>,
    domain: String,
    /// The connection whose settings the new one gets; empty: the usual ones.
    like: String,
}

struct View {
    typed: Typed,
    /// What that one is called.
    like: Option<String>,
    providers: Vec<Choice>,
    protocols: Vec<Choice>,
    faults: Faults,
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
) -> Result<HttpResponse, PageError> {
    let NewQuery { organization, like } = query.into_inner();
    let organization = listing::spelled(&state, organization).await?;
    let model = model(&state, &like).await?;
    let typed = match &model {
        Some(model) => Typed {
            organization,
            name: model.name.clone(),
            provider: model.provider.clone(),
            protocol: Some(model.protocol),
            domain: String::new(),
            like: model.id.to_string(),
        },
        None => Typed { organization, ..Typed::default() },
    };
    Ok(show(&state, &seat, typed, model.as_ref(), Vec::new()))
}

/// The connection of which another is to be made; none: nothing was named.
async fn model(state: &State, like: &str) -> Result<Option<Connection>> {
    if like.is_empty() {
        return Ok(None);
    }
    let id: ConnectionId = like.parse()?;
    state.store.read(move |db| connections::find(db, &id)).await.map(Some)
}

/// The settings of a connection, as another customer can have them: by whom its provider's metadata is signed is that
/// provider's, and an application may not be for everybody.
fn settings_like(
    db: &mut Db,
    model: &Connection,
    protocol: Protocol,
    of: &OrganizationId,
) -> Result<Settings> {
    if model.protocol != protocol {
        return Ok(Settings::default());
    }
    let settings = Settings { metadata_certificate: None, ..(*model.settings).clone() };
    let default_application = match settings.default_application.clone() {
        Some(id) => applications::by_id(db, &id)?.filter(|one| one.admits(of)).map(|_| id),
        None => None,
    };
    Ok(Settings { default_application, ..settings })
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
        like: posted.text("like").to_owned(),
    };
    let model = model(&state, &typed.like).await?;
    // Whatever stands against it is about the domain: two drafts may be of one provider.
    match form::mendable(make(&state, &posted, &typed, model.clone()).await, "/domain")? {
        Ok(made) => {
            Ok(done::lead(&state, Done::ConnectionDrafted, &format!("{}/setup", href(&made.id))))
        }
        Err(errors) => Ok(show(&state, &posted.seat, typed, model.as_ref(), errors)),
    }
}

const PROTOCOLS: [Protocol; 2] = [Protocol::Saml, Protocol::Oidc];

async fn make(
    state: &State,
    posted: &Posted<Manage>,
    typed: &Typed,
    model: Option<Connection>,
) -> Result<Connection> {
    let of = listing::chosen(state, &typed.organization, "/organization").await?;
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
    let (provider, protocol) = (guide.id.clone(), typed.protocol.unwrap_or(Protocol::Saml));
    // Made before the transaction, which others wait for.
    let own_key = match typed.protocol {
        Some(Protocol::Oidc) => Some(state.store.apart(|_| connections::openid::new_key()).await?),
        Some(Protocol::Saml) | None => None,
    };
    let (scope, actor, master) = (of.clone(), posted.seat.actor(), state.master.clone());
    let write = state.store.write(&scope, actor, move |tx| {
        let settings = match &model {
            Some(model) => settings_like(tx.db, model, protocol, &of)?,
            None => Settings::default(),
        };
        let new = NewConnection { name, provider, settings };
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

fn show(
    state: &State,
    seat: &Seat<Manage>,
    typed: Typed,
    model: Option<&Connection>,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let protocol = |one: Protocol| Choice {
        value: one.to_string(),
        label: state.locale.text(&format!("console.connections.{one}")).to_owned(),
        is_chosen: one == typed.protocol.unwrap_or(Protocol::Saml),
    };
    let view = View {
        providers: providers(state, &typed.provider),
        protocols: PROTOCOLS.into_iter().map(protocol).collect(),
        faults: Faults::from(errors),
        like: model.map(|model| model.name.clone()),
        typed,
    };
    frame::page(state, seat, CONNECTIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
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
