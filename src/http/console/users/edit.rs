//! What an operator may change of a person: the names, where no directory keeps them.

use super::{acts, href};
use crate::error::{FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, USERS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::users::{self, User, UserPatch};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// What was typed.
struct Typed {
    name: String,
    given_name: String,
    family_name: String,
}

struct View {
    href: String,
    label: String,
    typed: Typed,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/user_edit.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET /console/users/{user}/edit`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = acts::find(&state, &id).await?;
    let said = |name: &Option<String>| name.clone().unwrap_or_default();
    let typed = Typed {
        name: said(&user.name),
        given_name: said(&user.given_name),
        family_name: said(&user.family_name),
    };
    Ok(show(&state, &seat, &user, typed, Vec::new()))
}

/// `POST /console/users/{user}/edit`: a name that is empty is none.
pub(in crate::http) async fn change(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = acts::find(&state, &id).await?;
    let typed = Typed {
        name: posted.text("name").to_owned(),
        given_name: posted.text("given_name").to_owned(),
        family_name: posted.text("family_name").to_owned(),
    };
    let given = |text: &String| Some((!text.is_empty()).then(|| text.clone()));
    let patch = UserPatch {
        name: given(&typed.name),
        given_name: given(&typed.given_name),
        family_name: given(&typed.family_name),
    };
    let of = user.id.clone();
    let done = state
        .store
        .write(&user.organization_id, posted.seat.actor(), move |tx| users::rename(tx, &of, patch));
    match form::mendable(done.await, "/name")? {
        Ok(_) => Ok(see_other(&href(&user.id))),
        Err(errors) => Ok(show(&state, &posted.seat, &user, typed, errors)),
    }
}

fn show(
    state: &State,
    seat: &Seat<Manage>,
    user: &User,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = View {
        href: href(&user.id),
        label: user.label().to_owned(),
        typed,
        faults: Faults::from(errors),
    };
    let status = view.faults.status();
    frame::page(state, seat, USERS, status, |shell, frame| Page { shell, frame, view })
}
