//! What is done with a domain: what REST does, in the name of the member.

use super::{Of, show};
use crate::acts;
use crate::domain::DomainName;
use crate::error::{Error, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::ORGANIZATIONS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::{connections, form, organization};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::domains::{self, Domain};
use crate::store::{ConnectionId, Db, users};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;

type Ids = Path<(String, String)>;

/// Where a confirmation goes back to.
#[derive(Deserialize)]
pub(in crate::http) struct Back {
    #[serde(default)]
    connection: String,
}

/// The organization, and the connection at which the act was asked for if it is one of that organization.
async fn of(state: &State, organization: &str, connection: &str) -> Result<Of> {
    let organization = organization::find(state, organization).await?;
    let owner = organization.id.clone();
    let connection = match connection.parse::<ConnectionId>() {
        Ok(id) => {
            let found =
                state.store.read(move |db| crate::store::connections::find_in(db, &owner, &id));
            Some(found.await?)
        }
        Err(_) => None,
    };
    Ok(Of { organization, connection })
}

/// The same, with a domain of that organization.
async fn look(state: &State, ids: &Ids, connection: &str) -> Result<(Of, Domain)> {
    let of = of(state, &ids.0, connection).await?;
    let (owner, reference) = (of.organization.id.clone(), ids.1.clone());
    let domain = state.store.read(move |db| domains::find_in(db, &owner, &reference)).await?;
    Ok((of, domain))
}

/// `POST /console/organizations/{organization}/domains`: adds one, which waits for its DNS record unless somebody vouches.
pub(in crate::http) async fn add(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let of = of(&state, &id, posted.text("connection")).await?;
    let (typed, vouch) = (posted.text("domain").to_owned(), posted.form().has("vouch"));
    let added = match DomainName::parse_owned(&typed) {
        Ok(name) => {
            let (owner, actor) = (of.organization.id.clone(), posted.seat.actor());
            let scope = owner.clone();
            let write =
                state.store.write(&scope, actor, move |tx| domains::add(tx, &owner, &name, vouch));
            write.await
        }
        Err(fault) => Err(Error::invalid("/domain", fault.code(), fault.to_string())),
    };
    match form::mendable(added, "/domain")? {
        Ok(_) => Ok(done::lead(&state, Done::DomainAdded, &of.href())),
        Err(errors) => Ok(show(&state, &posted.seat, of, typed, errors).await?),
    }
}

/// `POST …/domains/{domain}/check`: looks for the DNS record now.
pub(in crate::http) async fn check(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (of, domain) = look(&state, &ids, posted.text("connection")).await?;
    let pointer = format!("/{}", domain.id);
    let found = acts::domains::verify(&state.store, &state.dns, posted.seat.actor(), domain).await;
    // A name server that does not answer is told as what stands against the act, too.
    let found = match found {
        Err(Error::Busy(detail)) => Err(Error::conflict("dns_unreachable", detail)),
        other => other,
    };
    match form::mendable(found, &pointer)? {
        Ok(_) => Ok(done::lead(&state, Done::DomainLive, &of.href())),
        Err(errors) => Ok(show(&state, &posted.seat, of, String::new(), errors).await?),
    }
}

/// `POST …/domains/{domain}/vouch`: it is live on the operator's word.
pub(in crate::http) async fn vouch(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (of, domain) = look(&state, &ids, posted.text("connection")).await?;
    let pointer = format!("/{}", domain.id);
    let (scope, actor) = (&of.organization.id, posted.seat.actor());
    let done = state.store.write(scope, actor, move |tx| domains::vouch(tx, &domain)).await;
    match form::mendable(done, &pointer)? {
        Ok(_) => Ok(done::lead(&state, Done::DomainLive, &of.href())),
        Err(errors) => Ok(show(&state, &posted.seat, of, String::new(), errors).await?),
    }
}

/// `GET …/domains/{domain}/remove`
pub(in crate::http) async fn ask_remove(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Ids,
    back: Query<Back>,
) -> Result<HttpResponse, PageError> {
    let (of, domain) = look(&state, &ids, &back.connection).await?;
    Ok(confirm::ask(&state, &seat, &removing(&state, &of, &domain).await?))
}

/// `POST …/domains/{domain}/remove`
pub(in crate::http) async fn remove(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Ids,
    back: Query<Back>,
) -> Result<HttpResponse, PageError> {
    let (of, domain) = look(&state, &ids, &back.connection).await?;
    let confirm = removing(&state, &of, &domain).await?;
    let owner = of.organization.id.clone();
    let done = state.store.write(&of.organization.id, posted.seat.actor(), move |tx| {
        domains::remove(tx, &owner, domain.id.as_str())
    });
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::DomainRemoved, &of.href())
}

async fn removing(state: &State, of: &Of, domain: &Domain) -> Result<Confirm> {
    let (owner, name) = (of.organization.id.clone(), domain.name.clone());
    let count = move |db: &mut Db| users::count_of_domain(db, &owner, &name);
    let people = state.store.read(count).await?.to_string();
    let values = [
        ("domain", domain.name.as_str()),
        ("organization", of.organization.name.as_str()),
        ("people", &people),
    ];
    let fill = |key: &str| state.locale.fill(&format!("console.domains.{key}"), &values);
    let query = match &of.connection {
        Some(connection) => format!("?connection={}", connection.id),
        None => String::new(),
    };
    let above = match &of.connection {
        Some(one) => (connections::href(&one.id), one.name.clone()),
        None => (organization::href(&of.organization.id), of.organization.name.clone()),
    };
    let base = organization::href(&of.organization.id);
    Ok(Confirm {
        above: vec![above],
        title: fill("remove_title"),
        texts: vec![
            fill("remove_people"),
            fill(if domain.is_live() { "remove_live" } else { "remove_pending" }),
        ],
        action: format!("{base}/domains/{}/remove{query}", domain.id),
        button: fill("remove"),
        ..Confirm::blank(ORGANIZATIONS, of.href())
    })
}
