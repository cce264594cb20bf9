//! One member: another role, another password, the second step, and out.

use super::{LIST, Shown, no_role, role, roles, split};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, MEMBERS};
use crate::http::console::seat::{Members, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::console::stale::{self, Clash, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::mails::Kind;
use crate::store::members::{self, Member, Role};
use crate::store::{Db, MemberId, Scope, Tx};
use crate::views::member::address;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct OneView {
    name: String,
    email: String,
    href: String,
    /// What the form of the role shows.
    seen: String,
    is_self: bool,
    has_step: bool,
    roles: Vec<Choice>,
    faults: Faults,
    link: Option<String>,
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
    mut posted: Posted<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    stale::settle(&mut posted, &fields(find(&state, &id).await?.role));
    let Some(role) = role(posted.text("role")) else {
        let shown = Shown::Faults(vec![no_role(&state)]);
        return Ok(show_one(&state, &posted.seat, id, shown).await?);
    };
    let filled = Filled::new(&posted, fields(role));
    let (wanted, given) = (id.clone(), filled.clone());
    let write = move |tx: &mut Tx| {
        given.must_fit(&fields(members::find(tx.db, &wanted)?.role))?;
        members::change_role(tx, &wanted, role).map(drop)
    };
    let done = state.store.write(Scope::System, posted.seat.actor(), write).await;
    if matches!(done, Err(Error::Stale(_))) {
        let clash = clash(&find(&state, &id).await?);
        let label = || state.locale.text("console.members.role").to_owned();
        let say = |_: &str, word: &str| {
            let called = self::role(word).map(|role| frame::role(&state, role));
            (label(), called.unwrap_or_default())
        };
        return Ok(stale::show(&state, &posted, &filled, clash, say).await?);
    }
    after(&state, &posted.seat, id, ("/role", Done::RoleChanged), done).await
}

/// What the form of the role shows and writes.
fn fields(role: Role) -> Fields {
    stale::fields([("role", role.as_str())])
}

/// Two versions of it.
fn clash(now: &Member) -> Clash {
    let href = format!("{LIST}/{}", now.id);
    Clash {
        area: MEMBERS,
        subject: now.id.to_string(),
        name: now.name.clone(),
        form: href.clone(),
        action: Some(format!("{href}/role")),
        href,
        kind: "member.role_changed",
        now: fields(now.role),
    }
}

async fn find(state: &State, id: &MemberId) -> Result<Member> {
    let id = id.clone();
    state.store.read(move |db| members::find(db, &id)).await
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
    let (master, url) = (state.master.clone(), state.config.public_url.clone());
    let once = posted.once();
    let reset = move |tx: &mut Tx| {
        members::reset_password(tx, &wanted)?;
        let (member, token) = (members::find(tx.db, &wanted)?, members::invite(tx, &wanted)?);
        let to = address(url.as_str(), &token);
        members::mail(tx, &master, &member, Kind::PasswordReset, &to)?;
        Ok(token)
    };
    let page = format!("{LIST}/{id}");
    let reset = move |tx: &mut Tx| once.make(tx, reset, |_| page);
    let token = match state.store.write(Scope::System, posted.seat.actor(), reset).await? {
        Made::Before(page) => {
            return Ok(shown_before::show(&state, &posted.seat, MEMBERS, &page));
        }
        Made::Now(token) => token,
    };
    let link = address(state.config.public_url.as_str(), &token);
    Ok(show_one(&state, &posted.seat, id, Shown::Link(link)).await?)
}

/// `POST /console/settings/members/{member}/remove`: their address is typed to confirm it.
pub(in crate::http) async fn remove(
    state: Data<State>,
    posted: Posted<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    let member = find(&state, &id).await?;
    if !posted.text("confirm").eq_ignore_ascii_case(&member.email) {
        let text = state.locale.text("console.members.confirm_differs");
        let shown = Shown::Faults(vec![FieldError::new("/confirm", "differs", text)]);
        return Ok(show_one(&state, &posted.seat, id, shown).await?);
    }
    let wanted = id.clone();
    let done = state
        .store
        .write(Scope::System, posted.seat.actor(), move |tx| members::remove(tx, &wanted));
    after(&state, &posted.seat, id, ("/confirm", Done::MemberRemoved), done.await).await
}

/// Back to the list; what a person can mend is told beside its field.
async fn after(
    state: &State,
    seat: &Seat<Members>,
    id: MemberId,
    (field, said): (&str, Done),
    done: Result<()>,
) -> Result<HttpResponse, PageError> {
    match form::mendable(done, field)? {
        Ok(()) => Ok(done::lead(state, said, LIST)),
        Err(errors) => Ok(show_one(state, seat, id, Shown::Faults(errors)).await?),
    }
}

async fn show_one(
    state: &State,
    seat: &Seat<Members>,
    id: MemberId,
    shown: Shown,
) -> Result<HttpResponse> {
    let read = move |db: &mut Db| {
        Ok((members::find(db, &id)?, members::second_step::since(db, &id)?.is_some()))
    };
    let (member, has_step) = state.store.read(read).await?;
    let (status, errors, link) = split(shown);
    let view = OneView {
        href: format!("{LIST}/{}", member.id),
        seen: stale::seen(&fields(member.role)),
        is_self: member.id == seat.member.id,
        has_step,
        roles: roles(state, member.role),
        name: member.name,
        email: member.email,
        faults: Faults::from(errors),
        link,
    };
    Ok(frame::page(state, seat, MEMBERS, status, |shell, frame| OnePage {
        shell,
        frame,
        view: &view,
    }))
}
