//! Who is at the console: a browser in which a member is signed in whose role may do what the route is for.

use crate::clock::Time;
use crate::crypto;
use crate::error::{Error, Result};
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::once::Once;
use crate::http::pages::is_part;
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::http::upload::{self, Sent};
use crate::store::members::{self, Lasts, Member, Role, Session};
use crate::store::{Actor, Scope};
use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use std::marker::PhantomData;

/// The field of every form that proves that a page of this session made it.
const FORM_TOKEN: &str = "form_token";

/// What a route is for: the roles that may do it. A role that is not named may not.
pub(in crate::http) trait Needs: 'static {
    /// Who may.
    const ROLES: &'static [Role];
}

/// Reading what everybody at the console may read.
pub(in crate::http) struct Read;
/// Changing customers and what is theirs.
pub(in crate::http) struct Manage;

/// Making and revoking setup links.
pub(in crate::http) struct Links;

/// Looking at what a sign-in said of a person.
pub(in crate::http) struct Reveal;

/// Changing what programs use: applications, keys, webhooks.
pub(in crate::http) struct Develop;

/// Deciding who is here, and as what.
pub(in crate::http) struct Members;

impl Needs for Members {
    const ROLES: &'static [Role] = &[Role::Owner];
}

impl Needs for Read {
    const ROLES: &'static [Role] = &Role::ALL;
}

impl Needs for Develop {
    const ROLES: &'static [Role] = &[Role::Owner, Role::Admin, Role::Developer];
}

impl Needs for Reveal {
    const ROLES: &'static [Role] = &[Role::Owner, Role::Admin, Role::Support];
}

impl Needs for Links {
    const ROLES: &'static [Role] = &[Role::Owner, Role::Admin, Role::Support];
}

impl Needs for Manage {
    const ROLES: &'static [Role] = &[Role::Owner, Role::Admin];
}

/// A member's place at the console.
pub(in crate::http) struct Seat<N: Needs> {
    pub(super) member: Member,
    pub(super) session: Session,
    /// What each form carries.
    pub(super) form_token: String,
    for_what: PhantomData<N>,
}

/// A form that a page of the console sent.
pub(in crate::http) struct Posted<N: Needs> {
    pub(super) seat: Seat<N>,
    form: Sent,
    /// Where it was sent.
    path: String,
}

impl<N: Needs> Seat<N> {
    /// Whom the audit log names.
    pub(super) fn actor(&self) -> Actor {
        Actor::Member(self.member.id.clone())
    }

    /// Refuses what the route does not ask of everybody, from whoever may not.
    pub(super) async fn must<M: Needs>(&self, state: &State) -> Result<()> {
        if self.may::<M>() {
            return Ok(());
        }
        Err(refusal(state, M::ROLES, self.member.role).await?)
    }

    /// Whether the member may do something else, too: whether a page offers it.
    pub(super) fn may<M: Needs>(&self) -> bool {
        M::ROLES.contains(&self.member.role)
    }
}

impl<N: Needs> FromRequest for Seat<N> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = request
                .app_data::<Data<State>>()
                .ok_or_else(|| PageError::from(Error::Internal(anyhow::anyhow!("no state"))))?;
            let now = state.store.clock().now();
            let Some((session, member, value)) =
                find(state, &request, now).await.map_err(PageError::from)?
            else {
                return Err(signed_out(&request));
            };
            if !N::ROLES.contains(&member.role) {
                let refused = refusal(state, N::ROLES, member.role).await;
                return Err(PageError::from(refused.unwrap_or_else(|error| error)).into());
            }
            let form_token =
                browser::form_token(state, "console", &value).map_err(PageError::from)?;
            // What a page asks by itself is no use of the session: nobody may be there.
            if session.is_stale(now) && !is_part(&request) {
                let (id, actor) = (session.id.clone(), Actor::Member(member.id.clone()));
                let touched =
                    state.store.write(Scope::Own, actor, move |tx| members::touch(tx, &id));
                touched.await.map_err(PageError::from)?;
            }
            Ok(Self { member, session, form_token, for_what: PhantomData })
        })
    }
}

/// Whether a member is signed in in this browser.
pub(super) async fn is_in(state: &State, request: &HttpRequest) -> Result<bool> {
    Ok(find(state, request, state.store.clock().now()).await?.is_some())
}

async fn find(
    state: &State,
    request: &HttpRequest,
    now: Time,
) -> Result<Option<(Session, Member, String)>> {
    let Some(value) = browser::member(state, request) else { return Ok(None) };
    let (lasts, cookie) = (lasts(state), value.clone());
    let found = state.store.read(move |db| members::live(db, &cookie, lasts, now)).await?;
    Ok(found.map(|(session, member)| (session, member, value)))
}

/// How long sessions last by the settings.
pub(in crate::http) fn lasts(state: &State) -> Lasts {
    let live = state.live();
    let settings = &live.console;
    Lasts { idle: settings.idle.delta(), most: settings.session.delta() }
}

/// Signing in comes first, and then the page that was asked for. A script that asked for a part of it cannot be led elsewhere by
/// a redirect, so it is told where the browser is to go.
fn signed_out(request: &HttpRequest) -> actix_web::Error {
    let wanted = request.uri().path_and_query().map_or("/console", |target| target.as_str());
    let wanted = if request.method().is_safe() { wanted } else { "/console" };
    let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    let login = format!("/console/login?next={next}");
    let answer = if is_part(request) {
        HttpResponse::NoContent().insert_header(("hx-redirect", login)).finish()
    } else {
        see_other(&login)
    };
    InternalError::from_response("nobody is signed in", answer).into()
}

/// Why a member may not: which role it takes, and who can give it.
async fn refusal(state: &State, needed: &[Role], has: Role) -> Result<Error> {
    let needed: Vec<&str> = needed.iter().map(|role| role.as_str()).collect();
    let owners = state.store.read(members::owners).await?;
    Ok(Error::Forbidden(format!(
        "This needs the role {}. Yours is {has}. An owner can give you another: {}.",
        needed.join(" or "),
        owners.join(", ")
    )))
}

impl<N: Needs> Posted<N> {
    /// What was filled in, without spaces around it; empty if the field was not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.form.text(name)
    }

    /// The same as it was typed, for passwords.
    pub(super) fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    /// Fills something in, in place of what was.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.form.put(name, value);
    }

    /// The number by which the form does what it does once.
    pub(super) fn once(&self) -> Once {
        Once::of(self.seat.session.id.as_str(), &self.path, &self.form)
    }

    /// All of it.
    pub(super) fn form(&self) -> &Sent {
        &self.form
    }
}

impl<N: Needs> FromRequest for Posted<N> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let seat = Seat::<N>::from_request(request, payload);
        let form = upload::form(request, payload);
        let path = request.path().to_owned();
        Box::pin(async move {
            let seat = seat.await?;
            let form = form.await?;
            if !crypto::constant_time_eq(
                form.text(FORM_TOKEN).as_bytes(),
                seat.form_token.as_bytes(),
            ) {
                let why =
                    "This form is of another session. Open the page again and send it once more.";
                return Err(PageError::from(Error::Forbidden(why.to_owned())).into());
            }
            Ok(Self { seat, form, path })
        })
    }
}
