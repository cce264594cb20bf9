//! How much a directory may take at once: from how many people, and for how long what goes beyond is held.

use super::{Head, href, look};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::access::provisioning::{self, Provisioning, ProvisioningPatch};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// What was typed and ticked.
struct Typed {
    breaker: bool,
    most_people: String,
    most_percent: String,
    hold_hours: String,
}

impl Typed {
    fn of(now: &Provisioning) -> Self {
        Self {
            breaker: now.breaker,
            most_people: now.most_people.to_string(),
            most_percent: now.most_percent.to_string(),
            hold_hours: now.hold_hours.to_string(),
        }
    }

    fn sent(posted: &Posted<Manage>) -> Self {
        let text = |name: &str| posted.text(name).to_owned();
        Self {
            breaker: posted.text("breaker") == "1",
            most_people: text("most_people"),
            most_percent: text("most_percent"),
            hold_hours: text("hold_hours"),
        }
    }

    /// What is to change; what is no number is told of each field.
    fn patch(&self, state: &State) -> Result<ProvisioningPatch> {
        let mut errors = Vec::new();
        let mut number = |field: &str, text: &str| -> Option<i32> {
            let number = text.parse().ok();
            if number.is_none() {
                let detail = state.locale.text("console.groups.no_number");
                errors.push(FieldError::new(format!("/{field}"), "invalid", detail));
            }
            number
        };
        let patch = ProvisioningPatch {
            groups: None,
            breaker: Some(self.breaker),
            most_people: number("most_people", &self.most_people),
            most_percent: number("most_percent", &self.most_percent),
            hold_hours: number("hold_hours", &self.hold_hours),
        };
        if errors.is_empty() { Ok(patch) } else { Err(Error::Invalid(errors)) }
    }
}

struct View {
    head: Head,
    typed: Typed,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/groups_limits.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET …/groups/limits`
pub(super) async fn edit(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(show(&state, &seat, &id, None, Vec::new()).await?)
}

/// `POST …/groups/limits`
pub(super) async fn change(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &posted.seat, &id, |_, _| Ok(())).await?;
    let (typed, of) = (Typed::sent(&posted), base.organization.id);
    let done = match typed.patch(&state) {
        Ok(patch) => {
            let (scope, actor, id) = (&of, posted.seat.actor(), of.clone());
            state.store.write(scope, actor, move |tx| provisioning::change(tx, &id, &patch)).await
        }
        Err(error) => Err(error),
    };
    match form::mendable(done, "/most_people")? {
        Ok(_) => Ok(see_other(&href(&of))),
        Err(errors) => Ok(show(&state, &posted.seat, &id, Some(typed), errors).await?),
    }
}

async fn show(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    typed: Option<Typed>,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let (base, ()) = look(state, seat, id, |_, _| Ok(())).await?;
    let view = View {
        head: Head::of(seat, &base),
        typed: typed.unwrap_or_else(|| Typed::of(&base.provisioning)),
        faults: Faults::from(errors),
    };
    Ok(frame::page(state, seat, GROUPS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}
