//! The setup of a connection by the operator: the values for the provider's console, and what is known of the provider.
//!
//! It is for drafts, and for connections whose provider is to be made known anew.

mod take;

pub(in crate::http) use take::take;

use super::{Head, find, new};
use crate::error::Result;
use crate::guides::{Guide, Kind, Value};
use crate::http::console::form::Choice;
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Seat};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell, Told, TypedMetadata};
use crate::http::portal::provider::Given;
use crate::http::server::State;
use crate::store::connections::{self, Connection, ConnectionState, Protocol};
use crate::store::organizations::Organization;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// What became of a form that the page shows again.
#[derive(Default)]
struct Outcome {
    faults: Faults,
    /// What was typed into the fields for metadata; none: what is known is shown.
    typed: Option<TypedMetadata>,
    /// What was read and not taken over yet.
    read: Option<Told>,
    /// By what that is known again; empty: nothing was checked.
    seen: String,
    /// Which of several providers in a file was typed; none: it is not asked for.
    choose: Option<String>,
    /// Whether it is asked that another entity ID, or another issuer, is meant.
    is_other: bool,
    /// Issuer and client ID that were typed.
    client: Option<(String, String)>,
    /// Whether what was given as metadata speaks of OpenID Connect, with which the connection can go on.
    is_openid: bool,
}

/// What is asked of a provider that speaks SAML.
struct MetadataView {
    button: String,
    not_this: String,
    typed: TypedMetadata,
    choose: Option<String>,
    told: Option<Told>,
    /// By what it is known again that was checked and can be taken over now; empty: nothing was.
    seen: String,
}

impl MetadataView {
    fn is_checked(&self) -> bool {
        !self.seen.is_empty()
    }
}

/// What is asked of a provider that speaks OpenID Connect.
struct ClientView {
    issuer: String,
    client_id: String,
    has_secret: bool,
}

struct View {
    head: Head,
    provider: String,
    is_draft: bool,
    providers: Vec<Choice>,
    place: Vec<String>,
    values: Vec<Value>,
    /// How far the names can be relied on.
    compared: Option<String>,
    /// Where the provider's metadata is.
    source: Vec<String>,
    /// All that is copied, one under the other.
    all: String,
    file: Option<String>,
    metadata: Option<MetadataView>,
    client: Option<ClientView>,
    is_other: bool,
    is_openid: bool,
    hand_over: String,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/connection_setup.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/connections/{connection}/setup`
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    Ok(render(&state, &seat, &connection, &organization, Outcome::default()).await?)
}

async fn render(
    state: &State,
    seat: &Seat<Manage>,
    connection: &Connection,
    organization: &Organization,
    outcome: Outcome,
) -> Result<HttpResponse> {
    let awaited = awaited(state, connection, &outcome).await?;
    let outcome = Outcome { client: outcome.client.or(awaited), ..outcome };
    let view = view(state, Head::of(state, seat, connection, organization), connection, outcome);
    Ok(frame::page(state, seat, CONNECTIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

/// The issuer that waits for a client ID, as if it had been typed.
async fn awaited(
    state: &State,
    connection: &Connection,
    outcome: &Outcome,
) -> Result<Option<(String, String)>> {
    let is_known = outcome.client.is_some() || connection.knows_its_provider();
    if connection.protocol != Protocol::Oidc || is_known {
        return Ok(None);
    }
    let id = connection.id.clone();
    let issuer = state.store.read(move |db| connections::openid::awaited_issuer(db, &id)).await?;
    Ok(issuer.map(|issuer| (issuer, String::new())))
}

fn view(state: &State, head: Head, connection: &Connection, outcome: Outcome) -> View {
    let guide = state.guides.of(&connection.provider);
    let given = Given::of(state, connection);
    let values = given.fill(state, guide);
    let copied = values.iter().filter(|value| value.kind == Kind::Paste);
    let all: Vec<_> = copied.map(|value| format!("{}: {}", value.label, value.value)).collect();
    let Outcome { faults, typed, read, seen, choose, is_other, client, is_openid } = outcome;
    let parts = [
        ("organization", connection.organization_id.as_str()),
        ("connection", connection.id.as_str()),
    ];
    let is_saml = connection.protocol == Protocol::Saml;
    View {
        provider: guide.name.clone(),
        is_draft: connection.state == ConnectionState::Draft,
        providers: new::providers(state, &connection.provider),
        place: if is_saml { given.path(state, guide, &guide.place) } else { Vec::new() },
        source: given.path(state, guide, &guide.metadata.path),
        values,
        compared: guide.compared(&state.locale).filter(|_| is_saml),
        all: all.join("\n"),
        file: given.metadata_file(),
        metadata: is_saml
            .then(|| metadata(state, connection, guide, &given, (typed, read, choose), seen)),
        client: (!is_saml).then(|| of_client(connection, client)),
        is_other,
        is_openid,
        hand_over: listing::href("/console/setup-links/new", &parts),
        faults,
        head,
    }
}

fn metadata(
    state: &State,
    connection: &Connection,
    guide: &Guide,
    given: &Given,
    (typed, read, choose): (Option<TypedMetadata>, Option<Told>, Option<String>),
    seen: String,
) -> MetadataView {
    let known = connection.identity_provider.as_deref();
    let told = read.or_else(|| {
        let is_new = typed.is_none();
        known.filter(|_| is_new).map(|known| given.told(state, guide.idp_entity_id, known))
    });
    MetadataView {
        button: guide.metadata.button.clone(),
        not_this: guide.metadata.not_this.join(", "),
        // The address that is known stands on the connection's page: here it would be taken before what is pasted.
        typed: typed.unwrap_or_default(),
        choose,
        told,
        seen,
    }
}

fn of_client(connection: &Connection, typed: Option<(String, String)>) -> ClientView {
    let known = connection.openid_provider.as_deref();
    let has_secret = known.is_some_and(|known| known.auth_method.needs_secret());
    let known = known.map(|known| (known.issuer.clone(), known.client_id.clone()));
    let (issuer, client_id) = typed.or(known).unwrap_or_default();
    ClientView { issuer, client_id, has_secret }
}
