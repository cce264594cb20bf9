//! What an operator may change of a person: the names, where no directory keeps them.

use super::{acts, href};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, USERS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::stale::{self, Clash, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::Tx;
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

impl Typed {
    fn known(user: &User) -> Self {
        let said = |name: &Option<String>| name.clone().unwrap_or_default();
        Self {
            name: said(&user.name),
            given_name: said(&user.given_name),
            family_name: said(&user.family_name),
        }
    }

    fn sent(posted: &Posted<Manage>) -> Self {
        let text = |name: &str| posted.text(name).to_owned();
        Self {
            name: text("name"),
            given_name: text("given_name"),
            family_name: text("family_name"),
        }
    }

    fn fields(&self) -> Fields {
        stale::fields([
            ("name", &self.name),
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
        ])
    }

    fn patch(&self) -> UserPatch {
        let given = |text: &str| Some(form::given(text));
        UserPatch {
            name: given(&self.name),
            given_name: given(&self.given_name),
            family_name: given(&self.family_name),
        }
    }
}

struct View {
    href: String,
    label: String,
    seen: String,
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
    let typed = Typed::known(&user);
    let seen = stale::seen(&typed.fields());
    Ok(show(&state, &seat, &user, (typed, seen), Vec::new()))
}

/// `POST /console/users/{user}/edit`: a name that is empty is none.
pub(in crate::http) async fn change(
    state: Data<State>,
    mut posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = acts::find(&state, &id).await?;
    stale::settle(&mut posted, &Typed::known(&user).fields());
    let typed = Typed::sent(&posted);
    let filled = Filled::new(&posted, typed.fields());
    let (of, given, patch) = (user.id.clone(), filled.clone(), typed.patch());
    let write = move |tx: &mut Tx| {
        given.must_fit(&Typed::known(&users::find(tx.db, &of)?).fields())?;
        users::rename(tx, &of, patch)
    };
    let done = state.store.write(&user.organization_id, posted.seat.actor(), write).await;
    if matches!(done, Err(Error::Stale(_))) {
        let clash = clash(&acts::find(&state, &id).await?);
        let say = |name: &str, value: &str| {
            let label = state.locale.text(&format!("console.users.{name}")).to_owned();
            (label, value.to_owned())
        };
        return Ok(stale::show(&state, &posted, &filled, clash, say).await?);
    }
    match form::mendable(done, "/name")? {
        Ok(_) => Ok(done::lead(&state, Done::Saved, &href(&user.id))),
        Err(errors) => {
            let seen = stale::still_seen(&posted);
            Ok(show(&state, &posted.seat, &user, (typed, seen), errors))
        }
    }
}

/// Two versions of what the form shows.
fn clash(now: &User) -> Clash {
    let form = format!("{}/edit", href(&now.id));
    Clash {
        area: USERS,
        subject: now.id.to_string(),
        name: now.label().to_owned(),
        href: href(&now.id),
        action: None,
        form,
        kind: "user.updated",
        now: Typed::known(now).fields(),
    }
}

fn show(
    state: &State,
    seat: &Seat<Manage>,
    user: &User,
    (typed, seen): (Typed, String),
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = View {
        href: href(&user.id),
        label: user.label().to_owned(),
        seen,
        typed,
        faults: Faults::from(errors),
    };
    let status = view.faults.status();
    frame::page(state, seat, USERS, status, |shell, frame| Page { shell, frame, view })
}
