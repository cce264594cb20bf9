//! What can be changed about a machine application: its name, what it may do and where, and how long its tokens last.

use super::{covered, may, offered, placed, ticked};
use crate::config::Period;
use crate::error::{Error, FieldError, Result};
use crate::http::console::applications::fields::lasts;
use crate::http::console::applications::settings::clash;
use crate::http::console::applications::{Head, find, href};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::stale::{self, Fields, Filled};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::api_keys::Scope as May;
use crate::store::applications::{self, Application, ApplicationPatch, LifetimesPatch};
use crate::store::{Scope, Tx};
use actix_web::HttpResponse;
use askama::Template;

/// What was chosen and typed.
struct Typed {
    name: String,
    scopes: Vec<May>,
    organization: String,
    /// As a person writes it; empty: as is set for all.
    access_token_ttl: String,
}

struct View {
    head: Head,
    seen: String,
    typed: Typed,
    scopes: Vec<Choice>,
    usual: String,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/machine_settings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

impl Typed {
    /// What is set now.
    fn of(row: &Application) -> Self {
        Self {
            name: row.name.clone(),
            scopes: row.scopes.to_vec(),
            organization: row.bound_to().map(ToString::to_string).unwrap_or_default(),
            access_token_ttl: lasts(row.access_token_ttl),
        }
    }

    /// What a form sent.
    fn sent(posted: &Posted<Develop>) -> Self {
        Self {
            name: posted.text("name").to_owned(),
            scopes: ticked(posted),
            organization: posted.text("organization_id").to_owned(),
            access_token_ttl: posted.text("access_token_ttl").to_owned(),
        }
    }

    /// With what somebody else has set, where that was chosen.
    fn settled(self, posted: &Posted<Develop>, now: Self) -> Self {
        let is = |name| stale::keeps_theirs(posted, name);
        Self {
            name: if is("name") { now.name } else { self.name },
            scopes: if is("scopes") { now.scopes } else { self.scopes },
            organization: if is("organization_id") { now.organization } else { self.organization },
            access_token_ttl: if is("access_token_ttl") {
                now.access_token_ttl
            } else {
                self.access_token_ttl
            },
        }
    }

    /// As the fields of the form: all scopes at a time, in the order of the form.
    fn fields(&self) -> Fields {
        let is_ticked = |word: &&&str| self.scopes.iter().any(|scope| scope.as_str() == **word);
        let scopes: Vec<&str> = May::WORDS.iter().filter(is_ticked).copied().collect();
        stale::fields([
            ("name", &self.name),
            ("scopes", &scopes.join("\n")),
            ("organization_id", &self.organization),
            ("access_token_ttl", &self.access_token_ttl),
        ])
    }

    /// The whole of it as a change.
    async fn patch(&self, state: &State) -> Result<ApplicationPatch> {
        let bound = form::organization(state, &self.organization).await?;
        let access_token = match self.access_token_ttl.trim() {
            "" => None,
            text => {
                let wrong = |_| {
                    let detail = state.locale.text("console.applications.not_a_period");
                    Error::invalid("/access_token_ttl", "invalid", detail)
                };
                Some(text.parse::<Period>().map_err(wrong)?.to_row())
            }
        };
        Ok(ApplicationPatch {
            name: Some(self.name.clone()),
            scopes: Some(self.scopes.clone()),
            organizations: Some(bound.map(|id| vec![id])),
            lifetimes: LifetimesPatch {
                access_token: Some(access_token),
                ..LifetimesPatch::default()
            },
            ..ApplicationPatch::default()
        })
    }
}

/// The form as it is now.
pub(in crate::http::console::applications) fn form_of(
    state: &State,
    seat: &Seat<Develop>,
    application: &Application,
) -> Result<HttpResponse, PageError> {
    covered(seat, application)?;
    let typed = Typed::of(application);
    let seen = stale::seen(&typed.fields());
    Ok(show(state, seat, application, (typed, seen), Vec::new()))
}

/// Changes what the form says.
pub(in crate::http::console::applications) async fn change(
    state: &State,
    posted: &Posted<Develop>,
    application: &Application,
) -> Result<HttpResponse, PageError> {
    let typed = Typed::sent(posted).settled(posted, Typed::of(application));
    let filled = Filled::new(posted, typed.fields());
    let done = save(state, posted, application, &typed, filled.clone()).await;
    if matches!(done, Err(Error::Stale(_))) {
        let now = find(state, application.id.as_str()).await?;
        let clash = clash(&now, "settings", Typed::of(&now).fields());
        return Ok(stale::show(state, posted, &filled, clash, |name, value| {
            let key = match name {
                "scopes" => "api_keys.scopes".to_owned(),
                "organization_id" => "traces.organization".to_owned(),
                other => format!("applications.{other}"),
            };
            (state.locale.text(&format!("console.{key}")).to_owned(), value.to_owned())
        })
        .await?);
    }
    match form::mendable(done, "/name")? {
        Ok(_) => Ok(see_other(&href(&application.id))),
        Err(errors) => {
            let seen = stale::still_seen(posted);
            Ok(show(state, &posted.seat, application, (typed, seen), errors))
        }
    }
}

async fn save(
    state: &State,
    posted: &Posted<Develop>,
    application: &Application,
    typed: &Typed,
    filled: Filled,
) -> Result<Application> {
    let role = posted.seat.member.role;
    may(role, &typed.scopes)?;
    let (id, patch) = (application.id.clone(), typed.patch(state).await?);
    let change = move |tx: &mut Tx| {
        let now = applications::find(tx.db, &id)?;
        may(role, &now.scopes)?;
        filled.must_fit(&Typed::of(&now).fields())?;
        applications::change(tx, &id, patch)
    };
    state.store.write(Scope::System, posted.seat.actor(), change).await
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    application: &Application,
    (typed, seen): (Typed, String),
    errors: Vec<FieldError>,
) -> HttpResponse {
    let usual = state.live().oidc.access_token_ttl.to_string();
    let view = View {
        head: Head::of(state, seat, application),
        seen,
        scopes: offered(seat.member.role, &typed.scopes),
        usual: state.locale.fill("console.applications.ttl_hint", &[("usual", usual.as_str())]),
        faults: Faults::from(placed(errors)),
        typed,
    };
    frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
