//! Who is in the portal: a browser that has claimed a link which is still good.

use super::frame::moment;
use crate::clock::Time;
use crate::crypto::{self, Secret};
use crate::error::{Error, Result};
use crate::guides::Guide;
use crate::http::browser;
use crate::http::embedding;
use crate::http::error::PageError;
use crate::http::once::Once;
use crate::http::server::State;
use crate::http::upload::{self, Sent};
use crate::store::Actor;
use crate::store::connections::{Connection, ConnectionState};
use crate::store::organizations::Organization;
use crate::store::setup_links::{self, SetupLink, Step};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

/// Where the cookie goes.
const PATH: &str = "/portal";
/// The field of every form that proves that a page of this browser's visit made it.
pub(super) const FORM_TOKEN: &str = "form_token";
/// Who has no seat reads this.
const NO_SEAT: &str = "This page opens in the browser in which you started the setup. Open the link that you were sent, or ask for a new one if it has ended.";

/// Who had a seat reads this: why they have it no more, and who helps.
fn has_left(state: &State, link: &SetupLink) -> String {
    let operator = state.operator();
    match link.revoked_at {
        Some(at) if link.handed_over_to.is_some() => format!(
            "You handed this setup over on {} UTC. It goes on with the link that was made then for your colleague, which was shown once. If that link is lost, ask {operator} for a new one.",
            moment(at)
        ),
        Some(at) => {
            format!("Your link was taken back on {} UTC. Ask {operator} for a new one.", moment(at))
        }
        None => format!(
            "Your link ended on {} UTC. Ask {operator} for a new one.",
            moment(link.expires_at)
        ),
    }
}

/// Who has chosen no provider has nothing to go on with.
pub(super) fn provider_is_required() -> Error {
    Error::conflict("provider_required", "Choose your identity provider first.")
}

/// A browser's place in the portal.
pub(in crate::http) struct Seat {
    pub(super) link: SetupLink,
    pub(super) organization: Organization,
    pub(super) connection: Option<Connection>,
    /// What each of its forms carries.
    pub(super) form_token: String,
    /// Whether the page stands in a frame of the vendor's, whose cookie no new window has.
    pub(super) is_framed: bool,
}

/// A form that a page of the portal sent.
pub(in crate::http) struct Posted {
    pub(super) seat: Seat,
    form: Sent,
    /// Where it was sent.
    path: String,
}

impl Seat {
    /// What whoever starts with a link would see.
    pub(super) fn before(
        link: SetupLink,
        organization: Organization,
        connection: Option<Connection>,
    ) -> Self {
        Self { link, organization, connection, form_token: String::new(), is_framed: false }
    }

    /// Whom the audit log names.
    pub(super) fn actor(&self) -> Actor {
        Actor::Portal(self.link.id.clone())
    }

    /// The connection, in steps that come after the one that drafts it.
    pub(super) fn connection(&self) -> Result<&Connection> {
        self.connection.as_ref().ok_or_else(provider_is_required)
    }

    /// The steps of a link that is different by now: what it sets up, and where.
    pub(super) fn steps_of(&self, state: &State, link: &SetupLink) -> Vec<Step> {
        setup_links::steps(&link.covers, link.way(), self.guide(state).metadata.first)
    }

    /// Whether a step is finished. The test is so as long as one has passed with the present settings, or the connection is on.
    pub(super) fn has_done(&self, step: Step) -> bool {
        let is_shown = |of: &Connection| of.tested() || of.state == ConnectionState::Active;
        let holds = step != Step::Test || self.connection.as_ref().is_some_and(is_shown);
        self.link.has_done(step) && holds
    }

    /// The first step that is not finished.
    pub(super) fn open_step(&self, state: &State) -> Option<Step> {
        self.steps(state).into_iter().find(|step| !self.has_done(*step))
    }

    /// The guide to the provider's console.
    pub(super) fn guide<'a>(&self, state: &'a State) -> &'a Guide {
        let chosen = self.connection.as_ref().map(|connection| connection.provider.as_str());
        state.guides.of(chosen.or(self.link.provider.as_deref()).unwrap_or_default())
    }

    /// The link's steps in the order of the provider's console.
    pub(super) fn steps(&self, state: &State) -> Vec<Step> {
        self.steps_of(state, &self.link)
    }
}

impl FromRequest for Seat {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let state = request
                .app_data::<Data<State>>()
                .ok_or_else(|| Error::Internal(anyhow::anyhow!("the app has no state")))?;
            let none = || Error::Unauthenticated(NO_SEAT.to_owned());
            let value = request.cookie(name(state)).ok_or_else(none)?.value().to_owned();
            let form_token = browser::form_token(state, "portal", &value)?;
            let now = state.store.clock().now();
            let found = state.store.read(move |db| match setup_links::seat(db, &value, now)? {
                Some(seat) => Ok(Ok(seat)),
                None => Ok(Err(setup_links::left(db, &value, now)?)),
            });
            let (link, organization, connection) = match found.await? {
                Ok(seat) => seat,
                Err(Some(link)) => {
                    return Err(Error::Unauthenticated(has_left(state, &link)).into());
                }
                Err(None) => return Err(none().into()),
            };
            let is_framed = embedding::is_framed(&state.config, &request);
            Ok(Self { link, organization, connection, form_token, is_framed })
        })
    }
}

impl Posted {
    /// What was filled in, without spaces around it; empty if the field was not there.
    pub(super) fn text(&self, name: &str) -> &str {
        self.form.text(name)
    }

    /// Whether a box was ticked or a button pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.form.has(name)
    }

    /// The number by which the form does what it does once.
    pub(super) fn once(&self) -> Once {
        Once::of(&format!("{} {}", self.seat.link.id, self.seat.form_token), &self.path, &self.form)
    }

    /// All of it.
    pub(super) fn form(&self) -> &Sent {
        &self.form
    }
}

impl FromRequest for Posted {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let seat = Seat::from_request(request, payload);
        let form = upload::form(request, payload);
        let path = request.path().to_owned();
        Box::pin(async move {
            let seat = seat.await?;
            let form = form.await?;
            if !crypto::constant_time_eq(
                form.text(FORM_TOKEN).as_bytes(),
                seat.form_token.as_bytes(),
            ) {
                let why = "This form does not come from your visit here. Open the page again and send it once more.";
                return Err(PageError::from(Error::Forbidden(why.to_owned())).into());
            }
            Ok(Self { seat, form, path })
        })
    }
}

/// Over https the prefix keeps pages without TLS from setting it. One of `__Host-` would have to go to every path.
fn name(state: &State) -> &'static str {
    if state.config.public_url.is_https() {
        "__Secure-vestibule-portal"
    } else {
        "vestibule-portal"
    }
}

/// The cookie by which the browser is known from now on.
pub(super) fn cookie(state: &State, value: &Secret, until: Time, now: Time) -> Cookie<'static> {
    let mut cookie = Cookie::new(name(state), value.reveal().to_owned());
    cookie.set_path(PATH);
    cookie.set_http_only(true);
    cookie.set_secure(state.config.public_url.is_https());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_max_age(Duration::seconds(until.since(now).num_seconds()));
    cookie
}
