//! How much a directory may take at once: from how many people, and for how long what goes beyond is held.

use super::{Base, Head, href, look};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::stale::{self, Clash, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::Tx;
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

    fn fields(&self) -> Fields {
        stale::fields([
            ("breaker", stale::tick(self.breaker)),
            ("most_people", &self.most_people),
            ("most_percent", &self.most_percent),
            ("hold_hours", &self.hold_hours),
        ])
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
    seen: String,
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
    mut posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &posted.seat, &id, |_, _| Ok(())).await?;
    stale::settle(&mut posted, &Typed::of(&base.provisioning).fields());
    let (typed, of) = (Typed::sent(&posted), base.organization.id);
    let filled = Filled::new(&posted, typed.fields());
    let done = match typed.patch(&state) {
        Ok(patch) => {
            let (given, of) = (filled.clone(), of.clone());
            let scope = of.clone();
            let write = move |tx: &mut Tx| {
                given.must_fit(&Typed::of(&provisioning::find(tx.db, &of)?).fields())?;
                provisioning::change(tx, &of, &patch)
            };
            state.store.write(&scope, posted.seat.actor(), write).await
        }
        Err(error) => Err(error),
    };
    if matches!(done, Err(Error::Stale(_))) {
        let (now, ()) = look(&state, &posted.seat, &id, |_, _| Ok(())).await?;
        let say = |name: &str, value: &str| named(&state, name, value);
        return Ok(stale::show(&state, &posted, &filled, clash(&state, &now), say).await?);
    }
    match form::mendable(done, "/most_people")? {
        Ok(_) => Ok(done::lead(&state, Done::Saved, &href(&of))),
        Err(errors) => {
            let typed = (typed, stale::still_seen(&posted));
            Ok(show(&state, &posted.seat, &id, Some(typed), errors).await?)
        }
    }
}

/// Two versions of what the form shows.
fn clash(state: &State, base: &Base) -> Clash {
    let href = href(&base.organization.id);
    let form = format!("{href}/limits");
    Clash {
        area: GROUPS,
        subject: base.organization.id.to_string(),
        name: state.locale.text("console.groups.limits_title").to_owned(),
        href,
        action: None,
        form,
        kind: "organization.provisioning_changed",
        now: Typed::of(&base.provisioning).fields(),
    }
}

/// What a field is called, and a value of it as the form shows it.
fn named(state: &State, field: &str, value: &str) -> (String, String) {
    let label = state.locale.text(&format!("console.groups.{field}")).to_owned();
    let shown = match (field, value) {
        ("breaker", "1") => state.locale.text("console.on"),
        ("breaker", _) => state.locale.text("console.off"),
        (_, number) => number,
    };
    (label, shown.to_owned())
}

async fn show(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    typed: Option<(Typed, String)>,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let (base, ()) = look(state, seat, id, |_, _| Ok(())).await?;
    let (typed, seen) = typed.unwrap_or_else(|| {
        let known = Typed::of(&base.provisioning);
        let seen = stale::seen(&known.fields());
        (known, seen)
    });
    let view = View { head: Head::of(seat, &base), seen, typed, faults: Faults::from(errors) };
    Ok(frame::page(state, seat, GROUPS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}
