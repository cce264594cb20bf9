//! What was deleted and can still be restored: by whom, since when, until when.

use super::audit;
use super::frame::{self, Area, Frame};
use super::listing::{self, Moment};
use super::seat::{Develop, Manage, Needs, Seat};
use crate::clock::Time;
use crate::error::{FieldError, Result};
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::Window;
use crate::store::events::{self, Filter};
use crate::store::organizations::RESTORABLE;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// Where what stands against the restoration is told.
pub(super) const POINTER: &str = "/restore";

/// Something that is gone.
pub(super) struct Gone {
    /// Where in the console it was.
    pub(super) area: Area,
    /// What it is: `connection`.
    pub(super) what: &'static str,
    pub(super) by: RestoredBy,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) deleted_at: Time,
    /// Where its page was.
    pub(super) href: String,
}

/// Who restores it.
#[derive(Debug, Clone, Copy)]
pub(super) enum RestoredBy {
    /// Whoever manages customers.
    Managers,
    /// Whoever manages applications.
    Developers,
}

impl RestoredBy {
    /// Whether a member does, and the key of what is said to one who does not.
    fn of<N: Needs>(self, seat: &Seat<N>) -> (bool, &'static str) {
        match self {
            Self::Managers => (seat.may::<Manage>(), "console.gone.who_may"),
            Self::Developers => (seat.may::<Develop>(), "console.gone.who_may_develop"),
        }
    }
}

struct View<'a> {
    gone: &'a Gone,
    text: String,
    until: Moment,
    may_restore: bool,
    who_may: &'static str,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/gone.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View<'a>,
}

/// The page in place of the thing's own, with what stood against its restoration.
pub(super) async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    gone: Gone,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let filter = Filter {
        kind: Some(format!("{}.deleted", gone.what)),
        subject: Some(gone.id.clone()),
        ..Filter::default()
    };
    let who = state.store.read(move |db| {
        let window = Window { limit: 1, before: None };
        match events::page(db, &window, &filter)?.data.pop() {
            Some(event) => audit::who(db, event.actor).map(Some),
            None => Ok(None),
        }
    });
    let (who, deleted) = (who.await?, listing::second(gone.deleted_at));
    let values = [("time", deleted.short.as_str()), ("who", who.as_deref().unwrap_or("–"))];
    let (may_restore, who_may) = gone.by.of(seat);
    let view = View {
        text: state.locale.fill(&format!("console.gone.{}", gone.what), &values),
        until: listing::day(gone.deleted_at.plus(RESTORABLE)),
        may_restore,
        who_may,
        faults: Faults::from(errors),
        gone: &gone,
    };
    let status = if view.faults.is_empty() { StatusCode::GONE } else { view.faults.status() };
    Ok(frame::page(state, seat, gone.area, status, |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}
