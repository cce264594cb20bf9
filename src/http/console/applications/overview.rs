//! One application: what its program needs, what is registered of it, and its secrets.

use super::asked::{Asked, asked};
use super::fields::lasts;
use super::rows::{self, RoleLine, SecretLine, TypeLine};
use super::secrets::DAYS;
use super::{Head, find, machine, restore};
use crate::config::Period;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::Choice;
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::organization;
use crate::http::console::seat::{Needs, Read, Seat};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::oidc::discovery;
use crate::oidc::slips::slips;
use crate::store::applications::{self, Application, ApplicationKind, ApplicationSecret};
use crate::store::names::{self, Names};
use crate::store::{Db, OrganizationId, demo};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// How many organizations the page names.
const SHOWN: usize = 50;

/// An address that somebody wants to know about.
#[derive(Default, Deserialize)]
pub(super) struct OneQuery {
    #[serde(default)]
    redirect: String,
}

pub(super) struct Value {
    pub(super) name: String,
    pub(super) value: String,
}

struct AddressLine {
    address: String,
    slips: Vec<String>,
}

struct View {
    head: Head,
    has_secrets: bool,
    values: Vec<Value>,
    addresses: Vec<AddressLine>,
    asked: Option<Asked>,
    post_logout: Vec<String>,
    /// Whose people may sign in, and how many more organizations there are than are named; none: everybody's.
    admitted: Option<(Vec<(String, String)>, usize)>,
    facts: Vec<Value>,
    lifetimes: Vec<Value>,
    hosts: Vec<String>,
    roles: Vec<RoleLine>,
    types: Vec<TypeLine>,
    secrets: Vec<SecretLine>,
    days: Vec<Choice>,
    /// Where a real sign-in to it begins, by the demo's provider.
    try_it: Option<String>,
    /// A secret that was made just now: shown this once.
    secret: Option<String>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/application.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

struct Known {
    secrets: Vec<ApplicationSecret>,
    names: Names,
    /// The demo's customer, where there is one.
    demo: Option<OrganizationId>,
}

/// `GET /console/applications/{application}`
pub(super) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<OneQuery>,
) -> Result<HttpResponse, PageError> {
    let application = match find(&state, &id).await {
        Err(Error::NotFound { .. }) => return restore::gone(&state, &seat, &id).await,
        other => other?,
    };
    if application.is_machine() {
        return Ok(machine::show(&state, &seat, &application, None, Vec::new()).await?);
    }
    let asked = asked(&application, query.redirect.trim());
    let view = read(&state, &seat, &application).await?;
    Ok(page(&state, &seat, &View { asked, ..view }))
}

/// The page with a secret that was made just now, or with what stands against one.
pub(super) async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    application: Application,
    secret: Option<String>,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    if application.is_machine() {
        return machine::show(state, seat, &application, secret, errors).await;
    }
    let view = read(state, seat, &application).await?;
    let faults = Faults::from(errors);
    Ok(page(state, seat, &View { secret, faults, ..view }))
}

fn page<N: Needs>(state: &State, seat: &Seat<N>, view: &View) -> HttpResponse {
    let status = view.faults.status();
    frame::page(state, seat, APPLICATIONS, status, |shell, frame| Page { shell, frame, view })
}

async fn read<N: Needs>(state: &State, seat: &Seat<N>, of: &Application) -> Result<View> {
    let (row, has_demo) = (of.clone(), state.config.demo_is_on());
    let known = state.store.read(move |db| known(db, &row, has_demo)).await?;
    let now = state.store.clock().now();
    Ok(View {
        head: Head::of(state, seat, of),
        has_secrets: of.kind == ApplicationKind::Web,
        values: values(state, of),
        addresses: of.redirect_uris.iter().map(|uri| address(state, uri)).collect(),
        asked: None,
        post_logout: of.post_logout_redirect_uris.to_vec(),
        admitted: of.organizations.as_ref().map(|list| admitted(list, &known.names)),
        facts: facts(state, of),
        lifetimes: lifetimes(state, of),
        hosts: of.protected_hosts.to_vec(),
        roles: rows::roles(of),
        types: of.entity_types.iter().map(|kind| rows::place(state, kind)).collect(),
        secrets: known.secrets.iter().map(|row| rows::secret(state, row, now)).collect(),
        days: days(state),
        try_it: known.demo.and_then(|demo| try_it(state, of, &demo)),
        secret: None,
        faults: Faults::default(),
    })
}

fn known(db: &mut Db, of: &Application, has_demo: bool) -> Result<Known> {
    let admitted = of.organizations.as_deref().map(Vec::as_slice).unwrap_or_default();
    let demo = if has_demo { demo::find(db)? } else { None };
    Ok(Known {
        secrets: applications::secrets(db, &of.id)?,
        names: names::of(db, admitted.iter().take(SHOWN).cloned().collect(), Vec::new())?,
        demo: demo.map(|demo| demo.organization.id),
    })
}

/// What is pasted into the app's settings.
fn values(state: &State, of: &Application) -> Vec<Value> {
    let issuer = state.config.public_url.as_str();
    let at = |path: &str| format!("{issuer}{path}");
    let all = [
        ("client_id", of.id.to_string()),
        ("issuer", issuer.to_owned()),
        ("discovery", at(discovery::PATH)),
        ("authorize", at(discovery::AUTHORIZE)),
        ("token", at(discovery::TOKEN)),
        ("userinfo", at(discovery::USERINFO)),
        ("jwks", at(discovery::JWKS)),
        ("logout", at(discovery::LOGOUT)),
    ];
    all.into_iter().map(|(key, value)| named(state, key, value)).collect()
}

pub(super) fn named(state: &State, key: &str, value: String) -> Value {
    let name = state.locale.text(&format!("console.applications.value.{key}")).to_owned();
    Value { name, value }
}

fn address(state: &State, uri: &str) -> AddressLine {
    let issuer = state.config.public_url.as_str();
    let found = slips(uri, issuer, !state.config.is_development());
    let told = |slip: &crate::oidc::slips::Slip| {
        state.locale.text(&format!("console.applications.slip.{}", slip.key())).to_owned()
    };
    AddressLine { address: uri.to_owned(), slips: found.iter().map(told).collect() }
}

fn admitted(list: &[OrganizationId], names: &Names) -> (Vec<(String, String)>, usize) {
    let one = |id: &OrganizationId| {
        let name = names.organization(id).map_or_else(|| id.to_string(), str::to_owned);
        (organization::href(id), name)
    };
    (list.iter().take(SHOWN).map(one).collect(), list.len().saturating_sub(SHOWN))
}

fn facts(state: &State, of: &Application) -> Vec<Value> {
    let unset = || state.locale.text("console.applications.unset").to_owned();
    let or_unset = |value: &Option<String>| value.clone().unwrap_or_else(unset);
    let key = format!("console.applications.no_connection.{}", of.no_connection);
    let no_connection = state.locale.text(&key).to_owned();
    let no_connection = match &of.fallback_url {
        Some(url) => format!("{no_connection}: {url}"),
        None => no_connection,
    };
    let all = [
        ("initiate", or_unset(&of.initiate_login_uri)),
        ("no_connection", no_connection),
        ("algorithm", of.id_token_alg.to_string()),
        ("backchannel", or_unset(&of.backchannel_logout_uri)),
        ("frontchannel", or_unset(&of.frontchannel_logout_uri)),
    ];
    all.into_iter().map(|(key, value)| named(state, key, value)).collect()
}

/// How long codes and tokens last: as is set for all, or for this one.
fn lifetimes(state: &State, of: &Application) -> Vec<Value> {
    let live = state.live();
    let set = &live.oidc;
    let all = [
        ("code_ttl", None, set.code_ttl),
        ("id_token_ttl", of.id_token_ttl, set.id_token_ttl),
        ("access_token_ttl", of.access_token_ttl, set.access_token_ttl),
        ("refresh_token_ttl", of.refresh_token_ttl, set.refresh_token_ttl),
    ];
    let shown = |(key, own, usual): (&str, Option<i32>, Period)| {
        let usual = usual.to_string();
        let own = own.map(|_| [("period", lasts(own))]);
        let own = own.map(|values| {
            let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
            state.locale.fill("console.applications.own", &values)
        });
        named(state, key, own.unwrap_or(usual))
    };
    all.into_iter().map(shown).collect()
}

pub(super) fn days(state: &State) -> Vec<Choice> {
    let day = |days: &'static str| Choice {
        value: days.to_owned(),
        label: match days {
            "never" => state.locale.text("console.api_keys.never").to_owned(),
            some => state.locale.fill("console.setup_links.day", &[("number", some)]),
        },
        is_chosen: days == DAYS[0],
    };
    DAYS.into_iter().map(day).collect()
}

/// Where a real sign-in to an application begins: where it begins one by itself, for a person of the demo. Nothing where the
/// demo is not, where its people are not admitted, or where the application cannot begin.
fn try_it(state: &State, of: &Application, demo: &OrganizationId) -> Option<String> {
    if !of.admits(demo) {
        return None;
    }
    let person = demo::PEOPLE.first()?;
    of.start(state.config.public_url.as_str(), &person.email())
}
