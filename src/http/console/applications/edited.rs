//! What is set of an application as a form, which is written where nobody else has changed that meanwhile.

use super::{find, href, machine};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::APPLICATIONS;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::stale::{self, Clash, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::applications::{self, Application, ApplicationPatch};
use crate::store::{Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// What is typed into a form of an application.
pub(super) trait Edited: Sized {
    /// The end of the form's address.
    const PAGE: &'static str;
    /// Where a conflict stands.
    const POINTER: &'static str;

    /// What is set now.
    fn of(row: &Application) -> Self;

    /// As the fields of the form.
    fn fields(&self, state: &State) -> Fields;

    /// The whole of it as a change.
    async fn patch(&self, state: &State) -> Result<ApplicationPatch>;

    /// What a field is called, and a value of it as the form shows it.
    fn named(state: &State, field: &str, value: &str) -> (String, String);

    /// The form, which carries `seen`, with what is wrong with it.
    fn show(
        self,
        state: &State,
        seat: &Seat<Develop>,
        of: &Application,
        seen: String,
        errors: Vec<FieldError>,
    ) -> HttpResponse;
}

/// The form as it is now.
pub(super) fn form_of<T: Edited>(
    state: &State,
    seat: &Seat<Develop>,
    of: &Application,
) -> HttpResponse {
    let typed = T::of(of);
    let seen = stale::seen(&typed.fields(state));
    typed.show(state, seat, of, seen, Vec::new())
}

/// Changes what the form says.
pub(super) async fn change<T: Edited>(
    state: &Data<State>,
    posted: &Posted<Develop>,
    of: &Application,
    typed: T,
) -> Result<HttpResponse, PageError> {
    let filled = Filled::new(posted, typed.fields(state));
    let done = save(state, posted, of, &typed, filled.clone()).await;
    if matches!(done, Err(Error::Stale(_))) {
        let now = find(state, of.id.as_str()).await?;
        let clash = clash::<T>(state, now);
        let say = |name: &str, value: &str| T::named(state, name, value);
        return Ok(stale::show(state, posted, &filled, clash, say).await?);
    }
    match form::mendable(done, T::POINTER)? {
        Ok(_) => Ok(done::lead(state, Done::Saved, &href(&of.id))),
        Err(errors) => Ok(typed.show(state, &posted.seat, of, stale::still_seen(posted), errors)),
    }
}

async fn save<T: Edited>(
    state: &Data<State>,
    posted: &Posted<Develop>,
    of: &Application,
    typed: &T,
    filled: Filled,
) -> Result<Application> {
    let (id, patch) = (of.id.clone(), typed.patch(state).await?);
    let (role, own) = (posted.seat.member.role, state.clone());
    let change = move |tx: &mut Tx| {
        let now = applications::find(tx.db, &id)?;
        machine::held_to(role, &now)?;
        filled.must_fit(&T::of(&now).fields(&own))?;
        applications::change(tx, &id, patch)
    };
    state.store.write(Scope::System, posted.seat.actor(), change).await
}

/// Two versions of what the form shows.
fn clash<T: Edited>(state: &State, now: Application) -> Clash {
    let href = href(&now.id);
    let form = format!("{href}/{}", T::PAGE);
    Clash {
        area: APPLICATIONS,
        subject: now.id.to_string(),
        action: None,
        form,
        href,
        kind: "application.updated",
        now: T::of(&now).fields(state),
        name: now.name,
    }
}
