//! Who signs in here: invitations, roles, new passwords, removal.

mod one;
mod provider;
mod second_step;

use super::form::{self, Choice};
use super::frame::{self, Frame, MEMBERS};
use super::seat::{Members, Posted, Seat};
use super::shown_before;
use crate::error::{FieldError, Result};
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::mails::Kind;
use crate::store::members::{self, Member, NewMember, Role};
use crate::store::{MemberId, Scope, Tx};
use crate::views::member::address;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;

const LIST: &str = "/console/settings/members";

struct Line {
    href: String,
    name: String,
    email: String,
    role: String,
    has_password: bool,
    has_step: bool,
}

/// What was typed into the invitation.
#[derive(Default)]
struct Typed {
    name: String,
    email: String,
}

struct ListView {
    lines: Vec<Line>,
    typed: Typed,
    roles: Vec<Choice>,
    provider: provider::Card,
    faults: Faults,
    /// A link that was made just now: shown this once.
    link: Option<String>,
}

#[derive(Template)]
#[template(path = "console/members.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a ListView,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/settings/members").get(list).post(invite))
        .service(
            web::resource("/console/settings/members/provider")
                .get(provider::list)
                .post(provider::give_up),
        )
        .service(
            web::resource("/console/settings/members/provider/{connection}")
                .get(provider::ask)
                .post(provider::choose),
        )
        .service(web::resource("/console/settings/members/{member}").get(one::one))
        .service(web::resource("/console/settings/members/{member}/role").post(one::change_role))
        .service(
            web::resource("/console/settings/members/{member}/second-step")
                .get(second_step::ask_reset_step)
                .post(second_step::reset_step),
        )
        .service(web::resource("/console/settings/members/{member}/link").post(one::link))
        .service(web::resource("/console/settings/members/{member}/remove").post(one::remove));
}

/// `GET /console/settings/members`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Members>,
) -> Result<HttpResponse, PageError> {
    Ok(show(&state, &seat, Typed::default(), Role::Viewer, Shown::Nothing).await?)
}

/// What a page has to tell beside what there is.
enum Shown {
    Nothing,
    Faults(Vec<FieldError>),
    Link(String),
}

/// `POST /console/settings/members`: makes a member, and a link that is shown this once.
pub(in crate::http) async fn invite(
    state: Data<State>,
    posted: Posted<Members>,
) -> Result<HttpResponse, PageError> {
    let typed =
        Typed { name: posted.text("name").to_owned(), email: posted.text("email").to_owned() };
    let Some(role) = role(posted.text("role")) else {
        let shown = Shown::Faults(vec![no_role(&state)]);
        return Ok(show(&state, &posted.seat, typed, Role::Viewer, shown).await?);
    };
    let new = NewMember { email: typed.email.clone(), name: typed.name.clone(), role };
    let (master, url) = (state.master.clone(), state.config.public_url.clone());
    let once = posted.once();
    let invite = move |tx: &mut Tx| {
        let member = members::create(tx, &new)?;
        let token = members::invite(tx, &member.id)?;
        let to = address(url.as_str(), &token);
        members::mail(tx, &master, &member, Kind::Invitation, &to)?;
        Ok((member, token))
    };
    let invite =
        move |tx: &mut Tx| once.make(tx, invite, |(made, _)| format!("{LIST}/{}", made.id));
    let made = state.store.write(Scope::System, posted.seat.actor(), invite).await;
    let (typed, role, shown) = match form::mendable(made, "/email")? {
        Ok(Made::Before(page)) => {
            return Ok(shown_before::show(&state, &posted.seat, MEMBERS, &page));
        }
        Ok(Made::Now((_, token))) => {
            let link = address(state.config.public_url.as_str(), &token);
            (Typed::default(), Role::Viewer, Shown::Link(link))
        }
        Err(errors) => (typed, role, Shown::Faults(errors)),
    };
    Ok(show(&state, &posted.seat, typed, role, shown).await?)
}

async fn show(
    state: &State,
    seat: &Seat<Members>,
    typed: Typed,
    chosen: Role,
    shown: Shown,
) -> Result<HttpResponse> {
    let (all, steps) =
        state.store.read(|db| Ok((members::list(db)?, members::second_step::members(db)?))).await?;
    let (status, errors, link) = split(shown);
    let view = ListView {
        lines: all.into_iter().map(|member| line(state, member, &steps)).collect(),
        typed,
        roles: roles(state, chosen),
        provider: provider::card(state).await?,
        faults: Faults::from(errors),
        link,
    };
    Ok(frame::page(state, seat, MEMBERS, status, |shell, frame| ListPage {
        shell,
        frame,
        view: &view,
    }))
}

fn split(shown: Shown) -> (StatusCode, Vec<FieldError>, Option<String>) {
    match shown {
        Shown::Nothing => (StatusCode::OK, Vec::new(), None),
        Shown::Link(link) => (StatusCode::OK, Vec::new(), Some(link)),
        Shown::Faults(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors, None),
    }
}

fn line(state: &State, member: Member, steps: &[MemberId]) -> Line {
    Line {
        href: format!("{LIST}/{}", member.id),
        role: frame::role(state, member.role),
        has_step: steps.contains(&member.id),
        name: member.name,
        email: member.email,
        has_password: member.password.is_some(),
    }
}

fn roles(state: &State, chosen: Role) -> Vec<Choice> {
    let one = |role: Role| Choice {
        value: role.to_string(),
        label: frame::role(state, role),
        is_chosen: role == chosen,
    };
    Role::ALL.into_iter().map(one).collect()
}

fn role(word: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == word)
}

fn no_role(state: &State) -> FieldError {
    FieldError::new("/role", "required", state.locale.text("console.members.role_required"))
}
