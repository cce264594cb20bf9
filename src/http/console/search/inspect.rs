//! A message or metadata that somebody pasted: decoded and checked as the command line does it, and kept nowhere.

use super::{Shown, render};
use crate::acts::metadata::{Reading, Source};
use crate::check::Check;
use crate::error::{Error, FieldError, Result};
use crate::http::console::seat::{Posted, Read};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::saml::inspect::{self as look, Inspection, Kind};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Characters of a document that are shown.
const SHOWN: usize = 20_000;
/// The field of the form.
const FIELD: &str = "/text";

/// What can be said of it.
pub(super) struct Looked {
    /// What it is.
    pub(super) kind: String,
    /// What it says: a stable word for each.
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) checks: Vec<Check>,
    /// The first fault: its code, and a sentence.
    pub(super) problem: Option<(String, String)>,
    /// Whether a connection could use it; none: it is no metadata of a provider.
    pub(super) is_usable: Option<bool>,
    pub(super) not_checked: Vec<&'static str>,
    pub(super) xml: Option<String>,
    /// Whether it is shown only in part.
    pub(super) is_cut: bool,
}

/// `POST /console/search`
pub(in crate::http) async fn inspect(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let text = posted.text("text").to_owned();
    let now = state.store.clock().now();
    let input = text.clone().into_bytes();
    let done = tokio::task::spawn_blocking(move || look::inspect(&input, now)).await;
    let found = match done.map_err(|error| Error::Internal(anyhow::Error::new(error)))? {
        Ok(found) => found,
        Err(why) => {
            let errors = vec![FieldError::new(FIELD, "unreadable", why)];
            let shown = Shown { text, errors, ..Shown::default() };
            return Ok(render(&state, &posted.seat, shown));
        }
    };
    let (mut looked, metadata) = told(&state, found);
    if let Some(xml) = metadata {
        let fault = check_metadata(&state, xml).await?;
        looked.is_usable = Some(fault.is_none());
        looked.problem = fault.or(looked.problem);
    }
    let shown = Shown { text, looked: Some(looked), ..Shown::default() };
    Ok(render(&state, &posted.seat, shown))
}

/// What is shown, and the document where it is a provider's metadata.
fn told(state: &State, found: Inspection) -> (Looked, Option<Vec<u8>>) {
    let word = match found.kind {
        Kind::Response => "response",
        Kind::Assertion => "assertion",
        Kind::AuthnRequest => "authn_request",
        Kind::LogoutRequest => "logout_request",
        Kind::LogoutResponse => "logout_response",
        Kind::Metadata => "metadata",
        Kind::Other => "other",
    };
    let metadata = found.xml.as_ref().filter(|_| found.kind == Kind::Metadata);
    let metadata = metadata.map(|xml| xml.clone().into_bytes());
    let cut = found.xml.as_deref().map(|xml| xml.floor_char_boundary(SHOWN));
    let is_cut = found.xml.as_ref().zip(cut).is_some_and(|(xml, cut)| cut < xml.len());
    let shown = found.xml.zip(cut).map(|(mut xml, cut)| {
        xml.truncate(cut);
        xml
    });
    let looked = Looked {
        kind: state.locale.text(&format!("console.search.document.{word}")).to_owned(),
        facts: found.facts.into_iter().map(|fact| (fact.name, fact.value)).collect(),
        checks: found.checks,
        problem: found.problem.map(|problem| (problem.code.to_owned(), problem.detail)),
        is_usable: None,
        not_checked: found.not_checked,
        xml: shown,
        is_cut,
    };
    (looked, metadata)
}

/// Why a connection could not use the metadata: a code and a sentence; none: it could.
async fn check_metadata(state: &State, xml: Vec<u8>) -> Result<Option<(String, String)>> {
    let reading = Reading {
        fetcher: &state.fetcher,
        public_url: state.config.public_url.as_str(),
        choose: None,
        signed_by: None,
        now: state.store.clock().now(),
    };
    match Source::Xml(xml).read(&reading).await {
        Ok(_) => Ok(None),
        Err(Error::Invalid(errors)) => {
            Ok(errors.into_iter().next().map(|error| (error.code, error.detail)))
        }
        Err(other) => Err(other),
    }
}
