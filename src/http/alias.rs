//! Responses that come by an address of another product: to which connection, and what they must then have been sent to.

use super::browser;
use super::error::{Failure, PageError};
use super::posted::{self, Posted};
use super::request::Origin;
use super::saml;
use super::server::State;
use crate::cause::Cause;
use crate::clock::Time;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::saml::response::{self, Form};
use crate::store::aliases::{self, Alias, Kind};
use crate::store::connections::Connection;
use crate::store::{Db, Store, domains};
use actix_web::http::header::{HOST, LOCATION};
use actix_web::http::uri::Authority;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// How many connections with one provider a response is held against to find out whose it is.
const MOST: usize = 8;

/// `POST` to an assertion consumer service of another product: as to our own, for the connection that the address leads
/// to.
pub(super) async fn acs(
    state: Data<State>,
    body: Result<Bytes, actix_web::Error>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let path = request.path().to_owned();
    let (wanted, host) = (path.clone(), foreign_host(&state, &request));
    let there = state.store.read(move |db| {
        let Some(alias) = aliases::saml_at(db, &wanted)? else { return Ok(None) };
        let is_elsewhere = match host {
            Some(host) => aliases::is_at(db, &wanted, &host)?,
            None => false,
        };
        Ok(Some((alias, is_elsewhere)))
    });
    let Some((alias, is_elsewhere)) = there.await? else {
        return Err(Error::not_found("address", &path).into());
    };
    if is_elsewhere {
        return Ok(onward(&state, &path));
    }
    let form = Arc::new(posted::read(body));
    let (chooser, asked, now) = (state.clone(), form.clone(), state.store.clock().now());
    let choose = move |store: &Store| chosen(store, &chooser, alias, &asked, now);
    let alias = match state.store.apart(choose).await? {
        Ok(alias) => alias,
        Err(cause) => {
            tracing::info!(cause = cause.code(), "a response fits no connection of its address");
            return Err(Failure::new(cause).into());
        }
    };
    state.limits.admit_alias(&alias.connection_id, Origin::of(&request).address, now)?;
    let posted = Posted {
        alias: Some(alias.url()),
        connection: alias.connection_id,
        form: Arc::unwrap_or_clone(form),
        browser: browser::bound(&state, &request),
    };
    saml::answer(state, posted, &request).await
}

/// The host that a request was sent to, where it is not our own.
fn foreign_host(state: &State, request: &HttpRequest) -> Option<String> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str))?;
    let public_url = state.config.public_url.as_str();
    let is_ours =
        public_url.split_once("://").is_some_and(|(_, ours)| ours.eq_ignore_ascii_case(host));
    (!is_ours).then(|| host.to_owned())
}

/// The same request again at our public address, where the browser has the cookie that binds the sign-in to it. Only
/// from a host that is written down, and never from our own: it cannot go round in circles.
fn onward(state: &State, path: &str) -> HttpResponse {
    let public_url = state.config.public_url.as_str();
    HttpResponse::TemporaryRedirect()
        .insert_header((LOCATION, format!("{public_url}{path}")))
        .finish()
}

/// To which connection a response belongs. What is read of it for that is not verified, so it only narrows down against
/// which one it is verified.
fn chosen(
    store: &Store,
    state: &State,
    alias: Alias,
    form: &Form,
    now: Time,
) -> Result<Result<Alias, Cause>> {
    if alias.kind == Kind::Acs {
        // No other is at such an address.
        return Ok(Ok(alias));
    }
    let field = match &form.response {
        Ok(field) => field,
        Err(cause) => return Ok(Err(*cause)),
    };
    if let Some(trace) = saml::answered(store, form)? {
        // It answers a sign-in with one connection, so it is that one's or nobody's.
        let of_trace = |db: &mut Db| match &trace.connection_id {
            Some(connection) => aliases::leading_to(db, &alias.path, connection),
            None => Ok(None),
        };
        return Ok(store.read_now(of_trace)?.ok_or(Cause::RequestUnknown));
    }
    if response::in_response_to(field).is_some() {
        return Ok(Err(Cause::RequestUnknown));
    }
    let issuer = response::issuer(field);
    let mut leads = store.read_now(|db| aliases::all_at(db, &alias.path))?;
    leads.retain(|(_, connection)| {
        let known = connection.identity_provider.as_ref().map(|known| &known.entity_id);
        known.is_some() && known == issuer.as_ref()
    });
    if leads.len() > 1 && leads.len() <= MOST {
        let held = |(alias, connection): (Alias, Connection)| {
            let held = saml::held(state, &connection, &alias.url(), field, now);
            held.is_signed.then_some((alias, connection, held.email))
        };
        let signed: Vec<_> = leads.into_iter().filter_map(held).collect();
        if signed.is_empty() {
            return Ok(Err(Cause::CertificateUnknown));
        }
        leads = if signed.len() > 1 {
            of_their_domain(store, signed)?
        } else {
            signed.into_iter().map(|(alias, connection, _)| (alias, connection)).collect()
        };
    }
    // Of two that it fits, nobody can say which one is meant.
    let mut left = leads.into_iter();
    Ok(match (left.next(), left.next()) {
        (Some((alias, _)), None) => Ok(alias),
        _ => Err(Cause::IssuerMismatch),
    })
}

/// Of several connections with the same provider those in whose organization the domain of the person's address is live: there
/// is one at most. A customer who gives a connection the metadata of another's provider takes no sign-in away from them.
fn of_their_domain(
    store: &Store,
    signed: Vec<(Alias, Connection, Option<Email>)>,
) -> Result<Vec<(Alias, Connection)>> {
    let mut theirs = Vec::new();
    for (alias, connection, email) in signed {
        let Some(email) = email else { continue };
        let owner = store.read_now(|db| domains::owner(db, email.domain()))?;
        if owner.as_ref() == Some(&connection.organization_id) {
            theirs.push((alias, connection));
        }
    }
    Ok(theirs)
}
