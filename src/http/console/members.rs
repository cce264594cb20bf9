//! Who signs in here: invitations, roles, new passwords, removal (UX 7.13).

use super::form::{self, Choice, FieldFault};
use super::frame::{self, Frame, MEMBERS};
use super::seat::{Members, Posted, Seat};
use crate::error::{Error, FieldError, Result};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::members::{self, Member, NewMember, Role};
use crate::store::{MemberId, Scope};
use crate::views::member::address;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

const LIST: &str = "/console/settings/members";

struct Line {
    href: String,
    name: String,
    email: String,
    role: String,
    has_password: bool,
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
    faults: Vec<FieldFault>,
    /// A link that was made just now: shown this once.
    link: Option<String>,
}

impl ListView {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/members.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a ListView,
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
    let made = state.store.write(Scope::System, posted.seat.actor(), move |tx| {
        let member = members::create(tx, &new)?;
        members::invite(tx, &member.id)
    });
    let (typed, role, shown) = match form::mendable(made.await, "/email")? {
        Ok(token) => {
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
    let all = state.store.read(members::list).await?;
    let (status, errors, link) = split(shown);
    let view = ListView {
        lines: all.into_iter().map(|member| line(state, member)).collect(),
        typed,
        roles: roles(state, chosen),
        faults: form::faults(errors),
        link,
    };
    let page = ListPage {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, MEMBERS),
        view: &view,
    };
    Ok(respond(state, status, &Csp::Page, &page))
}

fn split(shown: Shown) -> (StatusCode, Vec<FieldError>, Option<String>) {
    match shown {
        Shown::Nothing => (StatusCode::OK, Vec::new(), None),
        Shown::Link(link) => (StatusCode::OK, Vec::new(), Some(link)),
        Shown::Faults(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors, None),
    }
}

fn line(state: &State, member: Member) -> Line {
    Line {
        href: format!("{LIST}/{}", member.id),
        role: frame::role(state, member.role),
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

struct OneView {
    name: String,
    email: String,
    href: String,
    is_self: bool,
    roles: Vec<Choice>,
    faults: Vec<FieldFault>,
    link: Option<String>,
}

impl OneView {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/member.html")]
struct OnePage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a OneView,
}

/// `GET /console/settings/members/{member}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    Ok(show_one(&state, &seat, id.into_inner(), Shown::Nothing).await?)
}

/// `POST /console/settings/members/{member}/role`
pub(in crate::http) async fn change_role(
    state: Data<State>,
    posted: Posted<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let Some(role) = role(posted.text("role")) else {
        let shown = Shown::Faults(vec![no_role(&state)]);
        return Ok(show_one(&state, &posted.seat, id, shown).await?);
    };
    let wanted = id.clone();
    let done = state.store.write(Scope::System, posted.seat.actor(), move |tx| {
        members::change_role(tx, &wanted, role).map(drop)
    });
    after(&state, &posted.seat, id, "/role", done.await).await
}

/// `POST /console/settings/members/{member}/link`: takes the password away, and shows the link by which another is
/// chosen, this once.
pub(in crate::http) async fn link(
    state: Data<State>,
    posted: Posted<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    if id == posted.seat.member.id {
        let why = "A member does not take their own password away. Ask another owner.";
        return Err(Error::Forbidden(why.to_owned()).into());
    }
    let wanted = id.clone();
    let made = state.store.write(Scope::System, posted.seat.actor(), move |tx| {
        members::reset_password(tx, &wanted)?;
        members::invite(tx, &wanted)
    });
    let link = address(state.config.public_url.as_str(), &made.await?);
    Ok(show_one(&state, &posted.seat, id, Shown::Link(link)).await?)
}

/// `POST /console/settings/members/{member}/remove`: their address is typed to confirm it.
pub(in crate::http) async fn remove(
    state: Data<State>,
    posted: Posted<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let wanted = id.clone();
    let member = state.store.read(move |db| members::find(db, &wanted)).await?;
    if !posted.text("confirm").eq_ignore_ascii_case(&member.email) {
        let text = state.locale.text("console.members.confirm_differs");
        let shown = Shown::Faults(vec![FieldError::new("/confirm", "differs", text)]);
        return Ok(show_one(&state, &posted.seat, id, shown).await?);
    }
    let wanted = id.clone();
    let done = state
        .store
        .write(Scope::System, posted.seat.actor(), move |tx| members::remove(tx, &wanted));
    after(&state, &posted.seat, id, "/confirm", done.await).await
}

/// Back to the list; what a person can mend is told beside its field.
async fn after(
    state: &State,
    seat: &Seat<Members>,
    id: MemberId,
    field: &str,
    done: Result<()>,
) -> Result<HttpResponse, PageError> {
    match form::mendable(done, field)? {
        Ok(()) => Ok(see_other(LIST)),
        Err(errors) => Ok(show_one(state, seat, id, Shown::Faults(errors)).await?),
    }
}

async fn show_one(
    state: &State,
    seat: &Seat<Members>,
    id: MemberId,
    shown: Shown,
) -> Result<HttpResponse> {
    let member = state.store.read(move |db| members::find(db, &id)).await?;
    let (status, errors, link) = split(shown);
    let view = OneView {
        href: format!("{LIST}/{}", member.id),
        is_self: member.id == seat.member.id,
        roles: roles(state, member.role),
        name: member.name,
        email: member.email,
        faults: form::faults(errors),
        link,
    };
    let page = OnePage {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, MEMBERS),
        view: &view,
    };
    Ok(respond(state, status, &Csp::Page, &page))
}
