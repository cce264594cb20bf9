//! What can be changed about a machine application: its name, what it may do and where, and how long its tokens last.

use super::{covered, may, offered, placed, ticked};
use crate::error::{Error, FieldError, Result};
use crate::http::console::applications::Head;
use crate::http::console::applications::edited::{self, Edited};
use crate::http::console::applications::fields::{lasts, period};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::stale::{self, Fields};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::api_keys::Scope as May;
use crate::store::applications::{Application, ApplicationPatch, LifetimesPatch};
use actix_web::HttpResponse;
use actix_web::web::Data;
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
}

impl Edited for Typed {
    const PAGE: &'static str = "settings";
    const POINTER: &'static str = "/name";

    fn of(row: &Application) -> Self {
        Self {
            name: row.name.clone(),
            scopes: row.scopes.to_vec(),
            organization: row.bound_to().map(ToString::to_string).unwrap_or_default(),
            access_token_ttl: lasts(row.access_token_ttl),
        }
    }

    /// All scopes at a time, in the order of the form.
    fn fields(&self, _: &State) -> Fields {
        let is_ticked = |word: &&&str| self.scopes.iter().any(|scope| scope.as_str() == **word);
        let scopes: Vec<&str> = May::WORDS.iter().filter(is_ticked).copied().collect();
        stale::fields([
            ("name", &self.name),
            ("scopes", &scopes.join("\n")),
            ("organization_id", &self.organization),
            ("access_token_ttl", &self.access_token_ttl),
        ])
    }

    async fn patch(&self, state: &State) -> Result<ApplicationPatch> {
        let bound = form::organization(state, &self.organization).await?;
        let lasts = period(state, "access_token_ttl", &self.access_token_ttl);
        let access_token = lasts.map_err(|wrong| Error::Invalid(vec![wrong]))?;
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

    fn named(state: &State, field: &str, value: &str) -> (String, String) {
        let key = match field {
            "scopes" => "api_keys.scopes".to_owned(),
            "organization_id" => "traces.organization".to_owned(),
            other => format!("applications.{other}"),
        };
        (state.locale.text(&format!("console.{key}")).to_owned(), value.to_owned())
    }

    fn show(
        self,
        state: &State,
        seat: &Seat<Develop>,
        of: &Application,
        seen: String,
        errors: Vec<FieldError>,
    ) -> HttpResponse {
        let usual = state.live().oidc.access_token_ttl.to_string();
        let view = View {
            head: Head::of(state, seat, of),
            seen,
            scopes: offered(seat.member.role, &self.scopes),
            usual: state.locale.fill("console.applications.ttl_hint", &[("usual", usual.as_str())]),
            faults: Faults::from(placed(errors)),
            typed: self,
        };
        frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
            shell,
            frame,
            view: &view,
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
    Ok(edited::form_of::<Typed>(state, seat, application))
}

/// Changes what the form says.
pub(in crate::http::console::applications) async fn change(
    state: &Data<State>,
    posted: &Posted<Develop>,
    application: &Application,
) -> Result<HttpResponse, PageError> {
    let typed = Typed::sent(posted).settled(posted, Typed::of(application));
    may(posted.seat.member.role, &typed.scopes)?;
    edited::change(state, posted, application, typed).await
}
