//! Machine applications: programs that call the REST API. Whoever may give a key what one may do looks after it.

pub(super) mod new;
pub(super) mod settings;

use super::Head;
use super::overview::{Value, days, named};
use super::rows::{self, SecretLine};
use crate::error::{Error, FieldError, Result};
use crate::http::console::api_keys::may_give;
use crate::http::console::form::Choice;
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::organization;
use crate::http::console::seat::{Needs, Posted, Seat};
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::oidc::discovery;
use crate::store::api_keys::Scope;
use crate::store::applications::{self, Application};
use crate::store::members::Role;
use crate::store::{ApplicationId, Db, names};
use actix_web::HttpResponse;
use askama::Template;

/// What can be read with a scope, for the example of a call.
const READ: [(Scope, &str); 8] = [
    (Scope::OrganizationsRead, "organizations"),
    (Scope::UsersRead, "users"),
    (Scope::ApplicationsRead, "applications"),
    (Scope::TracesRead, "traces"),
    (Scope::EventsRead, "events"),
    (Scope::AuditRead, "audit_events"),
    (Scope::WebhooksRead, "webhook_endpoints"),
    (Scope::ApiKeysRead, "api_keys"),
];

struct View {
    head: Head,
    has_secrets: bool,
    values: Vec<Value>,
    scopes: Vec<String>,
    /// The one organization that it is for: where its page is, and what it is called.
    organization: Option<(String, String)>,
    /// How long its tokens last.
    lasts: String,
    snippet: String,
    secrets: Vec<SecretLine>,
    days: Vec<Choice>,
    /// A secret that was made just now: shown this once.
    secret: Option<String>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/machine.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// Refuses a member whose role may not give a key what this application may do. Of one that is no program anybody is taken.
pub(super) fn covered<N: Needs>(seat: &Seat<N>, application: &Application) -> Result<()> {
    held_to(seat.member.role, application)
}

/// The same in the transaction of an act: somebody may have given the application more since its page was read.
pub(super) fn covered_now(db: &mut Db, role: Role, id: &ApplicationId) -> Result<()> {
    held_to(role, &applications::find(db, id)?)
}

/// The same of an application that was read just now.
pub(super) fn held_to(role: Role, application: &Application) -> Result<()> {
    if application.is_machine() { may(role, &application.scopes) } else { Ok(()) }
}

fn may(role: Role, scopes: &[Scope]) -> Result<()> {
    let beyond = scopes.iter().filter(|scope| !may_give(role, **scope));
    let beyond: Vec<&str> = beyond.map(|scope| scope.as_str()).collect();
    if beyond.is_empty() {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "A machine application that may do {} is made, changed and deleted by an owner or admin. Your role is {role}.",
        beyond.join(", ")
    )))
}

/// The page of a machine application, with a secret that was made just now, or with what stands against one.
pub(super) async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    of: &Application,
    secret: Option<String>,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let row = of.clone();
    let found = state.store.read(move |db: &mut Db| {
        let bound = row.bound_to().cloned().into_iter().collect();
        Ok((applications::secrets(db, &row.id)?, names::of(db, bound, Vec::new())?))
    });
    let (secrets, names) = found.await?;
    let now = state.store.clock().now();
    let mut head = Head::of(state, seat, of);
    head.may_develop = head.may_develop && covered(seat, of).is_ok();
    let bound = of.bound_to().map(|id| {
        let name = names.organization(id).map_or_else(|| id.to_string(), str::to_owned);
        (organization::href(id), name)
    });
    let view = View {
        head,
        has_secrets: true,
        values: values(state, of),
        scopes: of.scopes.iter().map(ToString::to_string).collect(),
        organization: bound,
        lasts: lasts(state, of),
        snippet: snippet(state.config.public_url.as_str(), of),
        secrets: secrets.iter().map(|row| rows::secret(state, row, now)).collect(),
        days: days(state),
        secret,
        faults: Faults::from(errors),
    };
    Ok(frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

/// What is put into the program's settings.
fn values(state: &State, of: &Application) -> Vec<Value> {
    let issuer = state.config.public_url.as_str();
    let all = [
        ("client_id", of.id.to_string()),
        ("token", format!("{issuer}{}", discovery::TOKEN)),
        ("api", format!("{issuer}/api/v1")),
    ];
    all.into_iter().map(|(key, value)| named(state, key, value)).collect()
}

fn lasts(state: &State, of: &Application) -> String {
    let usual = state.live().oidc.access_token_ttl.to_string();
    match of.access_token_ttl {
        None => usual,
        own => {
            let own = super::fields::lasts(own);
            state.locale.fill("console.applications.own", &[("period", own.as_str())])
        }
    }
}

/// How a token is got, and used for something that the application may read.
fn snippet(issuer: &str, of: &Application) -> String {
    let token = format!(
        "TOKEN=$(curl --silent --fail --user \"{}:$CLIENT_SECRET\" \\\n  --data grant_type=client_credentials {issuer}{} \\\n  | jq --raw-output .access_token)\n",
        of.id,
        discovery::TOKEN
    );
    let may = READ.iter().find(|(scope, path)| {
        // What belongs to the whole installation is not for a program of one organization.
        let is_whole = matches!(*path, "applications" | "webhook_endpoints" | "audit_events");
        of.scopes.contains(scope) && !(is_whole && of.bound_to().is_some())
    });
    match may {
        Some((_, path)) => format!(
            "{token}curl --fail --header \"Authorization: Bearer $TOKEN\" {issuer}/api/v1/{path}\n"
        ),
        None => token,
    }
}

/// What of the scopes is ticked.
fn ticked<N: Needs>(posted: &Posted<N>) -> Vec<Scope> {
    let all = Scope::WORDS.iter().copied();
    let chosen = all.filter(|word| posted.text(&format!("scope.{word}")) == "1");
    chosen.filter_map(|word| word.parse().ok()).collect()
}

/// The scopes that a member's role may give, with those that are chosen.
fn offered(role: Role, chosen: &[Scope]) -> Vec<Choice> {
    let known = Scope::WORDS.iter().filter_map(|word| word.parse::<Scope>().ok());
    let choice = |scope: Scope| Choice {
        value: scope.to_string(),
        label: scope.to_string(),
        is_chosen: chosen.contains(&scope),
    };
    known.filter(|scope| may_give(role, *scope)).map(choice).collect()
}

/// The store names the list of organizations where the form has a field for one.
fn placed(errors: Vec<FieldError>) -> Vec<FieldError> {
    let one = |error: FieldError| {
        let is_of_list = error.pointer.starts_with("/organizations");
        let pointer = if is_of_list { "/organization_id".to_owned() } else { error.pointer };
        FieldError { pointer, ..error }
    };
    errors.into_iter().map(one).collect()
}
