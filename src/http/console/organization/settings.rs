//! What can be changed about a customer: its name, the operator's own ID of it, how new people arrive.

use super::{Head, find, href};
use crate::config::Period;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, ORGANIZATIONS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::stale::{self, Clash, Fields, Filled};
use crate::http::console::words;
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::Tx;
use crate::store::organizations::{self, Admission, Enforcement, Organization, OrganizationPatch};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use serde_json::{Map, Value};

const ADMISSIONS: [Admission; 3] = [Admission::Both, Admission::SignIn, Admission::Directory];

struct Typed {
    name: String,
    external_id: String,
    admission: Admission,
    /// How long its people stay signed in; empty: as long as everybody.
    session: String,
    /// What the operator's programs keep with it, as JSON.
    metadata: String,
}

impl Typed {
    fn known(organization: &Organization) -> Result<Self> {
        Ok(Self {
            name: organization.name.clone(),
            external_id: organization.external_id.clone().unwrap_or_default(),
            admission: organization.admission,
            session: organization.session_seconds.map(period).unwrap_or_default(),
            metadata: as_text(organization)?,
        })
    }

    fn fields(&self) -> Fields {
        stale::fields([
            ("name", &self.name),
            ("external_id", &self.external_id),
            ("admission", self.admission.as_str()),
            ("session", &self.session),
            ("metadata", &self.metadata),
        ])
    }
}

struct View {
    head: Head,
    seen: String,
    typed: Typed,
    admissions: Vec<Choice>,
    /// How long everybody stays signed in.
    usual: String,
    enforcement: String,
    is_required: bool,
    ages: Vec<Choice>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/organization_settings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/organizations/{organization}/settings`
pub(in crate::http) async fn settings(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let typed = Typed::known(&organization)?;
    let seen = stale::seen(&typed.fields());
    Ok(show(&state, &seat, &organization, (typed, seen), Vec::new()))
}

/// `POST /console/organizations/{organization}/settings`
pub(in crate::http) async fn change(
    state: Data<State>,
    mut posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    stale::settle(&mut posted, &Typed::known(&organization)?.fields());
    let chosen = ADMISSIONS.into_iter().find(|one| one.as_str() == posted.text("admission"));
    let typed = Typed {
        name: posted.text("name").to_owned(),
        external_id: posted.text("external_id").to_owned(),
        admission: chosen.unwrap_or(organization.admission),
        session: if posted.form().has("session") {
            posted.text("session").trim().to_owned()
        } else {
            organization.session_seconds.map(period).unwrap_or_default()
        },
        metadata: if posted.form().has("metadata") {
            posted.text("metadata").to_owned()
        } else {
            as_text(&organization)?
        },
    };
    let seen = stale::still_seen(&posted);
    let metadata = match read(&typed.metadata) {
        Ok(metadata) => metadata,
        Err(detail) => {
            let error = FieldError::new("/metadata", "invalid", detail);
            return Ok(show(&state, &posted.seat, &organization, (typed, seen), vec![error]));
        }
    };
    let session = Some(typed.session.as_str()).filter(|typed| !typed.is_empty());
    let Ok(session) = session.map(str::parse::<Period>).transpose() else {
        let detail = state.locale.text("console.organization.session_invalid");
        let error = FieldError::new("/session", "invalid", detail);
        return Ok(show(&state, &posted.seat, &organization, (typed, seen), vec![error]));
    };
    let session = session.map(Period::to_row);
    let external_id = (!typed.external_id.is_empty()).then(|| typed.external_id.clone());
    let patch = OrganizationPatch {
        name: Some(typed.name.clone()),
        external_id: Some(external_id),
        admission: Some(typed.admission),
        metadata: Some(metadata),
        session_seconds: Some(session),
    };
    let (of, actor) = (organization.id.clone(), posted.seat.actor());
    let filled = Filled::new(&posted, typed.fields());
    let given = filled.clone();
    let write = move |tx: &mut Tx| {
        given.must_fit(&Typed::known(&organizations::find(tx.db, &of)?)?.fields())?;
        organizations::change(tx, &of, patch)
    };
    let done = state.store.write(&organization.id, actor, write).await;
    if matches!(done, Err(Error::Stale(_))) {
        let now = find(&state, &id).await?;
        let form = format!("{}/settings", href(&now.id));
        let clash = Clash {
            area: ORGANIZATIONS,
            subject: now.id.to_string(),
            name: now.name.clone(),
            href: href(&now.id),
            action: None,
            form,
            kind: "organization.updated",
            now: Typed::known(&now)?.fields(),
        };
        let say = |name: &str, value: &str| named(&state, name, value);
        return Ok(stale::show(&state, &posted, &filled, clash, say).await?);
    }
    match form::mendable(done, "/external_id")? {
        Ok(_) => Ok(done::lead(&state, Done::Saved, &href(&organization.id))),
        Err(errors) => {
            let errors = errors.into_iter().map(below).collect();
            Ok(show(&state, &posted.seat, &organization, (typed, seen), errors))
        }
    }
}

/// The store's pointer names the seconds; the page's field does not.
fn below(mut error: FieldError) -> FieldError {
    if error.pointer == "/session_seconds" {
        "/session".clone_into(&mut error.pointer);
    }
    error
}

/// Seconds as they are typed: `8h`.
fn period(seconds: i32) -> String {
    Period::from_row(seconds).to_string()
}

/// What a field is called, and a value of it as the form shows it.
fn named(state: &State, field: &str, value: &str) -> (String, String) {
    let key = match field {
        "name" => "console.organizations.name",
        "external_id" => "console.organizations.external_id",
        "admission" => "console.organization.admission",
        "session" => "console.organization.session",
        _ => "console.organization.metadata",
    };
    let shown = match value.parse::<Admission>() {
        Ok(admission) if field == "admission" => words::admission(state, admission),
        _ => value.to_owned(),
    };
    (state.locale.text(key).to_owned(), shown)
}

/// The metadata as it is typed; empty if there is none.
fn as_text(organization: &Organization) -> Result<String> {
    if organization.metadata.is_empty() {
        return Ok(String::new());
    }
    let text = serde_json::to_string_pretty(&*organization.metadata);
    text.map_err(|error| Error::Internal(error.into()))
}

/// The metadata that was typed, or why it is none.
fn read(text: &str) -> std::result::Result<Map<String, Value>, String> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text)
        .map_err(|error| format!("This is no JSON object such as {{\"plan\": \"gold\"}}: {error}."))
}

fn show(
    state: &State,
    seat: &Seat<Manage>,
    organization: &Organization,
    (typed, seen): (Typed, String),
    errors: Vec<FieldError>,
) -> HttpResponse {
    let choice = |admission: Admission| Choice {
        value: admission.to_string(),
        label: words::admission(state, admission),
        is_chosen: admission == typed.admission,
    };
    let view = View {
        head: Head::of(organization, true),
        seen,
        admissions: ADMISSIONS.into_iter().map(choice).collect(),
        usual: state.live().sign_in.session.to_string(),
        enforcement: words::enforcement(state, organization.enforcement),
        is_required: organization.enforcement == Enforcement::Required,
        ages: super::purge::ages(state),
        typed,
        faults: Faults::from(errors),
    };
    frame::page(state, seat, ORGANIZATIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
