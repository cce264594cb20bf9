//! Responses that come by an address of another product: to which connection, and what they must then have been sent to.

use super::browser;
use super::error::{Failure, PageError};
use super::posted::{self, Posted};
use super::request::Origin;
use super::saml;
use super::server::State;
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::saml::response::{self, Form};
use crate::store::Store;
use crate::store::aliases::{self, Alias, Kind};
use crate::store::connections::Connection;
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
    let wanted = path.clone();
    let there = state.store.read(move |db| aliases::saml_at(db, &wanted)).await?;
    if there.is_empty() {
        return Err(Error::not_found("address", &path).into());
    }
    if let Some(onward) = onward(&state, &request, &path, &there) {
        return Ok(onward);
    }
    let form = Arc::new(posted::read(body));
    let (chooser, asked, now) = (state.clone(), form.clone(), state.store.clock().now());
    let choose = move |store: &Store| chosen(store, &chooser, there, &asked, now);
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

/// An alias with the connection that it leads to.
type Lead = (Alias, Connection);

/// The same request again at our public address, where the browser has the cookie that binds the sign-in to it. Only
/// from a host that is written down, and never from our own: it cannot go round in circles.
fn onward(
    state: &State,
    request: &HttpRequest,
    path: &str,
    leads: &[Lead],
) -> Option<HttpResponse> {
    let public_url = state.config.public_url.as_str();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str))?;
    let is_at = |origin: &str| {
        origin.split_once("://").is_some_and(|(_, at)| at.eq_ignore_ascii_case(host))
    };
    let is_elsewhere = !is_at(public_url) && leads.iter().any(|(alias, _)| is_at(&alias.origin));
    is_elsewhere.then(|| {
        HttpResponse::TemporaryRedirect()
            .insert_header((LOCATION, format!("{public_url}{path}")))
            .finish()
    })
}

/// To which connection a response belongs. What is read of it for that is not verified, so it only narrows down against
/// which one it is verified.
fn chosen(
    store: &Store,
    state: &State,
    mut leads: Vec<Lead>,
    form: &Form,
    now: Time,
) -> Result<Result<Alias, Cause>> {
    if let [(alias, _)] = &*leads
        && alias.kind == Kind::Acs
    {
        // No other is at such an address.
        return Ok(Ok(alias.clone()));
    }
    let field = match &form.response {
        Ok(field) => field,
        Err(cause) => return Ok(Err(*cause)),
    };
    if let Some(trace) = saml::answered(store, form)? {
        // It answers a sign-in with one connection, so it is that one's or nobody's.
        let of_trace =
            |(alias, _): &Lead| Some(&alias.connection_id) == trace.connection_id.as_ref();
        let found = leads.into_iter().find(of_trace);
        return Ok(found.map(|(alias, _)| alias).ok_or(Cause::RequestUnknown));
    }
    if response::in_response_to(field).is_some() {
        return Ok(Err(Cause::RequestUnknown));
    }
    let issuer = response::issuer(field);
    leads.retain(|(_, connection)| {
        let known = connection.identity_provider.as_ref().map(|known| &known.entity_id);
        known.is_some() && known == issuer.as_ref()
    });
    if leads.len() > 1 && leads.len() <= MOST {
        leads.retain(|(alias, connection)| {
            saml::is_signed_for(state, connection, &alias.url(), field, now)
        });
        if leads.is_empty() {
            return Ok(Err(Cause::CertificateUnknown));
        }
    }
    // Of two that it fits, nobody can say which one is meant.
    let mut left = leads.into_iter();
    Ok(match (left.next(), left.next()) {
        (Some((alias, _)), None) => Ok(alias),
        _ => Err(Cause::IssuerMismatch),
    })
}
