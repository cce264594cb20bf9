//! What is known of the provider is checked, and then taken over: what REST and the command line do.

use super::{Outcome, render};
use crate::acts;
use crate::acts::metadata::{Source, Terms};
use crate::acts::openid::{Change, configure};
use crate::crypto::Secret;
use crate::error::{Error, FieldError, Result};
use crate::http::console::connections::{find, href};
use crate::http::console::form;
use crate::http::console::seat::{Manage, Posted};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::metadata_form::{self, CHOOSE};
use crate::http::pages::{Fault, TypedMetadata};
use crate::http::portal::provider::Given;
use crate::http::server::State;
use crate::saml::metadata::IdentityProvider;
use crate::store::Db;
use crate::store::connections::{self, Connection, ConnectionPatch, ConnectionState, Protocol};
use crate::store::organizations::Organization;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The tick by which another entity ID or issuer is accepted.
const OTHER: &str = "accept_other";
/// The field that says what metadata was checked.
const SEEN: &str = "seen";

/// `POST /console/connections/{connection}/setup`: names things by another guide, checks what was given, or takes it over.
pub(in crate::http) async fn take(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    Ok(match (posted.text("act"), connection.protocol) {
        ("guide", _) => relabel(&state, &posted, &connection).await?,
        // Nothing is taken over that nobody has looked at.
        ("check", Protocol::Saml) => check(&state, &posted, &connection, &organization).await?,
        ("openid", _) => switch(&state, &posted, &connection, &organization).await?,
        (_, Protocol::Saml) if posted.text(SEEN).is_empty() => {
            check(&state, &posted, &connection, &organization).await?
        }
        (_, Protocol::Saml) => import(&state, &posted, &connection, &organization).await?,
        (_, Protocol::Oidc) => connect(&state, &posted, &connection, &organization).await?,
    })
}

/// Another guide changes what things are called, and nothing else.
async fn relabel(
    state: &State,
    posted: &Posted<Manage>,
    connection: &Connection,
) -> Result<HttpResponse> {
    let guide = state.guides.find(posted.text("provider"))?.id.clone();
    let patch = ConnectionPatch { provider: Some(guide), ..ConnectionPatch::default() };
    let (id, actor) = (connection.id.clone(), posted.seat.actor());
    let scope = &connection.organization_id;
    state.store.write(scope, actor, move |tx| connections::change(tx, &id, patch)).await?;
    Ok(done::lead(state, Done::ProviderNamed, &format!("{}/setup", href(&connection.id))))
}

/// Where metadata was given, and which provider in it was chosen.
fn given(
    state: &State,
    posted: &Posted<Manage>,
    connection: &Connection,
) -> Result<(Source, Option<String>)> {
    let form = posted.form();
    let source = metadata_form::source(form, None)?.ok_or_else(|| {
        let field = metadata_form::first_field(state.guides.of(&connection.provider));
        Error::invalid(
            format!("/{field}"),
            "required",
            state.locale.text("portal.metadata_required"),
        )
    })?;
    Ok((source, metadata_form::chosen(form)))
}

/// Reads metadata and shows what is in it. Nothing is taken over.
async fn check(
    state: &State,
    posted: &Posted<Manage>,
    connection: &Connection,
    organization: &Organization,
) -> Result<HttpResponse> {
    let read = match given(state, posted, connection) {
        Ok((source, choose)) => source.read(&state.reading(connection, choose)).await,
        Err(error) => Err(error),
    };
    let checked = match read {
        Ok(provider) => possible(state, connection, provider).await,
        Err(error) => Err(error),
    };
    let outcome = match form::mendable(checked, "/metadata")? {
        Ok(provider) => {
            let source = state.guides.of(&connection.provider).idp_entity_id;
            let told = Given::of(state, connection).told(state, source, &provider);
            let seen = acts::metadata::seen(&provider)?;
            // Said before anything is taken over: another entity ID is another provider.
            let known = connection.identity_provider.as_ref();
            let is_other = connection.is_used()
                && known.is_some_and(|known| known.entity_id != provider.entity_id);
            let before = typed(posted);
            Outcome { read: Some(told), seen, is_other: is_other || before.is_other, ..before }
        }
        Err(errors) => refused(state, posted, connection, errors),
    };
    render(state, &posted.seat, connection, organization, outcome).await
}

/// What was read, where it can be taken over.
async fn possible(
    state: &State,
    connection: &Connection,
    provider: IdentityProvider,
) -> Result<IdentityProvider> {
    let (of, now) = (connection.clone(), state.store.clock().now());
    let check =
        move |db: &mut Db| connections::check_metadata(db, &of, &provider, now).map(|()| provider);
    state.store.read(check).await
}

/// Takes metadata over, which makes a draft one that can be tested.
async fn import(
    state: &State,
    posted: &Posted<Manage>,
    connection: &Connection,
    organization: &Organization,
) -> Result<HttpResponse> {
    let terms = Terms {
        accept_new_entity: posted.form().has(OTHER),
        seen: Some(posted.text(SEEN).to_owned()),
        ..Terms::default()
    };
    let done = match given(state, posted, connection) {
        Ok((source, choose)) => {
            let (reading, of) = (state.reading(connection, choose), connection.clone());
            let actor = posted.seat.actor();
            acts::metadata::import(&state.store, actor, of, source, &reading, terms).await
        }
        Err(error) => Err(error),
    };
    let outcome = match form::mendable(done, "/metadata")? {
        Ok(_) => return Ok(taken_over(state, connection)),
        Err(errors) => refused(state, posted, connection, errors),
    };
    render(state, &posted.seat, connection, organization, outcome).await
}

/// It goes on at the connection. Only a draft is made by it: any other had a provider before.
fn taken_over(state: &State, before: &Connection) -> HttpResponse {
    let is_made = before.state == ConnectionState::Draft;
    let said = if is_made { Done::ConnectionMade } else { Done::ProviderSaved };
    done::lead(state, said, &href(&before.id))
}

/// What was typed, to be shown again. A file alone goes on as text, if it is that: browsers forget which was chosen. Beside what
/// was typed it does not, since it would take its place.
fn typed(posted: &Posted<Manage>) -> Outcome {
    let form = posted.form();
    let [url, xml, entity_id, sign_on_url, certificate] =
        metadata_form::typed(form).map(|(_, text)| text);
    let is_alone = metadata_form::FIELDS.iter().all(|field| form.text(field).is_empty());
    let file = metadata_form::text_of_file(form).filter(|_| is_alone);
    let xml = file.unwrap_or(xml);
    let typed = TypedMetadata { url, xml, entity_id, sign_on_url, certificate };
    let choose = metadata_form::chosen(form);
    Outcome { typed: Some(typed), choose, is_other: form.has(OTHER), ..Outcome::default() }
}

/// What is wrong, in the words of the provider's console, and what is asked because of it.
fn refused(
    state: &State,
    posted: &Posted<Manage>,
    connection: &Connection,
    mut errors: Vec<FieldError>,
) -> Outcome {
    let before = typed(posted);
    let is_other =
        before.is_other || errors.iter().any(|error| error.code == "metadata_entity_changed");
    let is_openid = !connection.is_used() && metadata_form::is_openid(&errors);
    // What was checked goes on, unless that is what is wrong.
    let is_checked = errors.iter().all(|error| error.code == "metadata_entity_changed");
    let seen = if is_checked { posted.text(SEEN).to_owned() } else { String::new() };
    let several = errors.iter().position(|error| error.code == "metadata_multiple");
    // Which providers there are is in its detail.
    let several =
        several.map(|at| Fault { field: CHOOSE.to_owned(), text: errors.remove(at).detail });
    let choose = before.choose.or_else(|| several.is_some().then(String::new));
    let guide = state.guides.of(&connection.provider);
    let rest = metadata_form::in_words(&state.locale, (guide, &[]), posted.form(), errors);
    let rest = rest.into_iter().map(|(field, text)| Fault { field: field.to_owned(), text });
    let faults = several.into_iter().chain(rest).collect();
    Outcome { faults, seen, choose, is_other, is_openid, ..before }
}

/// Goes on with OpenID Connect, which is what the provider's address turned out to speak.
async fn switch(
    state: &State,
    posted: &Posted<Manage>,
    connection: &Connection,
    organization: &Organization,
) -> Result<HttpResponse> {
    let with = (&state.store, &state.master, &state.upstream);
    let done = match given(state, posted, connection) {
        Ok((source, choose)) => {
            let reading = state.reading(connection, choose);
            let actor = posted.seat.actor();
            acts::openid::switch(with, actor, connection, (source, &reading)).await
        }
        Err(error) => Err(error),
    };
    match form::mendable(done, "/metadata")? {
        Ok(_) => {
            Ok(done::lead(state, Done::OpenIdChosen, &format!("{}/setup", href(&connection.id))))
        }
        Err(errors) => {
            let outcome = refused(state, posted, connection, errors);
            render(state, &posted.seat, connection, organization, outcome).await
        }
    }
}

/// Reads what a provider of OpenID Connect says of itself, and takes it over.
async fn connect(
    state: &State,
    posted: &Posted<Manage>,
    connection: &Connection,
    organization: &Organization,
) -> Result<HttpResponse> {
    let given = |field| Some(posted.text(field).to_owned()).filter(|text| !text.is_empty());
    let change = Change {
        issuer: given("issuer"),
        client_id: given("client_id"),
        // Left empty: the one that there is goes on.
        client_secret: given("client_secret").map(Secret::from),
        accept_new_issuer: posted.form().has(OTHER),
        ..Change::default()
    };
    let with = (&state.store, &state.master, &state.upstream);
    let done = configure(with, posted.seat.actor(), connection.clone(), change).await;
    let Err(errors) = form::mendable(done, "/issuer")? else {
        return Ok(taken_over(state, connection));
    };
    let is_other = posted.form().has(OTHER)
        || errors.iter().any(|error| error.code == "openid_issuer_changed");
    let fault = |error: FieldError| {
        let field = match &*error.pointer {
            "/client_id" => "client_id",
            "/client_secret" | "/auth_method" => "client_secret",
            _ => "issuer",
        };
        Fault { field: field.to_owned(), text: error.detail }
    };
    let outcome = Outcome {
        faults: errors.into_iter().map(fault).collect(),
        client: Some((posted.text("issuer").to_owned(), posted.text("client_id").to_owned())),
        is_other,
        ..Outcome::default()
    };
    render(state, &posted.seat, connection, organization, outcome).await
}
