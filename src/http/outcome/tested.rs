//! What is shown after a test sign-in: why it failed, or what the provider said of the person and what would come of it.

use super::Arrived;
use crate::cause::Cause;
use crate::error::Result;
use crate::guides::Values;
use crate::http::embedding;
use crate::http::pages::{self, AttributeLine, TestPerson, TestResult};
use crate::http::server::State;
use crate::http::verdict::Accepted;
use crate::http::waiting;
use crate::saml::attributes::{self, Profile};
use crate::saml::check::Check;
use crate::saml::response::Attribute;
use crate::store::access::explain::{self, Explained};
use crate::store::connections::{Connection, ConnectionState, Protocol};
use crate::store::organizations::Organization;
use crate::store::setup_links;
use crate::store::sign_in::Arrival;
use crate::store::traces::{Outcome, Trace, TraceKind};
use actix_web::HttpResponse;

/// An attribute that was received, and what it is used for.
pub(in crate::http) struct Received {
    attribute: Attribute,
    used_as: Option<String>,
}

/// What a verified message says of the person, to be shown after a test.
pub(in crate::http) fn lines(attributes: &[Attribute], profile: &Profile) -> Vec<Received> {
    let line = |attribute: &Attribute| Received {
        attribute: attribute.clone(),
        used_as: profile.used_as(&attribute.name),
    };
    attributes.iter().map(line).collect()
}

/// A test that failed.
pub(super) fn failed(
    state: &State,
    cause: Cause,
    trace: &Trace,
    of: (&Connection, &Organization),
    checks: &[Check],
    received: &[Received],
) -> HttpResponse {
    result(state, Some(cause), trace, of, (checks, received), false)
}

/// Whether this is a test that has its answer, which can be told.
pub(super) fn is_over(trace: &Trace) -> bool {
    let is_told = match trace.outcome {
        Outcome::Succeeded => true,
        Outcome::Failed => cause(trace).is_some(),
        Outcome::InProgress | Outcome::Abandoned => false,
    };
    trace.kind == TraceKind::Test && is_told
}

fn cause(trace: &Trace) -> Option<Cause> {
    trace.cause.as_deref().and_then(Cause::from_code)
}

/// What came of a test before, for the browser that took it: its page was loaded again, or another answer came. That counts for
/// nothing.
pub(super) fn again(
    state: &State,
    trace: &Trace,
    (connection, organization): (&Connection, &Organization),
) -> HttpResponse {
    let received = trace.received.as_ref().map_or_else(Vec::new, |received| {
        // What is no name ID of SAML is never taken for an address.
        let mut name_id = received.name_id.clone();
        if connection.protocol == Protocol::Oidc {
            name_id.value.clear();
        }
        let mapping = &connection.settings.attributes;
        let profile = attributes::profile(&received.attributes, &name_id, mapping);
        lines(&received.attributes, &profile)
    });
    let cause = cause(trace);
    let checks: Vec<Check> = trace.checks.clone().into_inner().into();
    result(state, cause, trace, (connection, organization), (&checks, &received), true)
}

/// The page of a test without what a sign-in would do.
fn result(
    state: &State,
    cause: Option<Cause>,
    trace: &Trace,
    (connection, organization): (&Connection, &Organization),
    (checks, received): (&[Check], &[Received]),
    is_again: bool,
) -> HttpResponse {
    let waits = cause.and_then(|_| waiting::of(&state.locale, checks));
    let told = cause.map(|cause| match waits {
        Some(words) => (words.title, words.fix),
        None => (state.locale.cause(cause).title.clone(), fix(state, cause, connection)),
    });
    let failed = cause.zip(told.as_ref());
    let view = TestResult {
        organization: &organization.name,
        trace: trace.id.as_str(),
        at_portal: trace.at_portal,
        is_of_frame: embedding::is_on(&state.config),
        is_again,
        failed: failed.map(|(cause, (title, _))| (cause.code(), title.as_str())),
        fix: told.as_ref().map(|(_, fix)| fix.as_str()),
        attributes: &shown(received),
        would: None,
        checks,
    };
    pages::test_result(state, &view)
}

/// How to mend it, in the words of the provider's console.
fn fix(state: &State, cause: Cause, connection: &Connection) -> String {
    let public_url = state.config.public_url.as_str();
    let operator = state.operator();
    let values = Values {
        idp_entity_id: Some(&connection.idp_entity_id(public_url)),
        sp_entity_id: &connection.entity_id(public_url),
        sp_metadata_url: &connection.sp_metadata_url(public_url),
        acs: &connection.acs(public_url),
        slo: &connection.slo(public_url),
        login_url: &connection.login_url(public_url),
        app: Some(&operator),
    };
    state.guides.fix(&state.locale, cause, connection.guide_of_fixes(), &values).sentence
}

/// A test that passed.
pub(super) async fn passed(
    state: &State,
    trace: &Trace,
    arrived: &Arrived,
) -> Result<HttpResponse> {
    let Accepted { identity, profile, .. } = &*arrived.accepted;
    let received = lines(&identity.attributes, profile);
    let attributes = shown(&received);
    let view = TestResult {
        organization: &arrived.organization.name,
        trace: trace.id.as_str(),
        at_portal: trace.at_portal,
        is_of_frame: embedding::is_on(&state.config),
        is_again: false,
        failed: None,
        fix: None,
        attributes: &attributes,
        would: would(state, arrived).await?,
        checks: &arrived.checks,
    };
    Ok(pages::test_result(state, &view))
}

/// What a sign-in that is no test would do: who it is here, and what they would have. None: whoever looks may have said by a
/// setup link which provider answers, as whom they like, and is not to learn what people have.
async fn would(state: &State, arrived: &Arrived) -> Result<Option<TestPerson>> {
    let Accepted { arrival, profile, email, .. } = &*arrived.accepted;
    let (user, of) = (arrival.user().cloned(), arrived.organization.id.clone());
    let connection = arrived.connection.clone();
    let has = state.store.read(move |db| {
        if connection.state != ConnectionState::Active
            && setup_links::is_shaped(db, &connection.id)?
        {
            return Ok(None);
        }
        let has = match &user {
            Some(user) => explain::of_user(db, user),
            None => explain::of_newcomer(db, &of),
        };
        Ok(Some(has?))
    });
    let Some(has) = has.await? else { return Ok(None) };
    let word = match arrival {
        Arrival::New => "make",
        Arrival::Known(_) => "know",
        Arrival::Changed(_) => "change",
        Arrival::Linked(_) => "link",
    };
    let person = match &profile.name {
        Some(name) => format!("{name} ({email})"),
        None => email.to_string(),
    };
    let person = state.locale.fill(&format!("page.test.would_{word}"), &[("person", &person)]);
    let line = |one: Explained| {
        let application = one.application;
        let role = one.role.into_iter();
        let places = one.entities.into_iter();
        let places = places.map(|(it, because)| (format!("{} {}", it.kind, it.name), because));
        let all = role.chain(places).map(|(what, because)| (what, because.words));
        all.map(|(what, because)| (application.clone(), what, because)).collect::<Vec<_>>()
    };
    Ok(Some(TestPerson { person, access: has.into_iter().flat_map(line).collect() }))
}

fn shown(received: &[Received]) -> Vec<AttributeLine<'_>> {
    received
        .iter()
        .map(|Received { attribute, used_as }| AttributeLine {
            name: &attribute.name,
            values: &attribute.values,
            used_as: used_as.as_deref(),
        })
        .collect()
}
