//! Our own SAML keys: which there are, and their rotation in two acts, so that providers can learn the new certificates before
//! they are used. They are of all connections alike.

use super::confirm::{self, Confirm};
use super::frame::{self, CONNECTIONS, Frame};
use super::listing::{self, Moment};
use super::seat::{Manage, Posted, Seat};
use super::words::Badge;
use crate::error::{Error, Result};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::oidc::keys::State as Standing;
use crate::saml::certificate::Certificate;
use crate::store::Scope;
use crate::store::keys::saml::{self as keys, ANNOUNCED, KeyInfo, OPENED, PURPOSES};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, ServiceConfig};
use askama::Template;

const PAGE: &str = "/console/signing-keys";

/// A step of the rotation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    /// New certificates are published beside the present ones.
    Announce,
    /// What is announced takes over now.
    TakeOver,
}

struct Line {
    purpose: String,
    badge: Badge,
    since: Moment,
    ends: Option<Moment>,
    fingerprint: String,
}

struct View {
    lines: Vec<Line>,
    /// The keys come from files, so that nothing is rotated here.
    is_from_file: bool,
    /// Whether new keys are announced, so that they can take over.
    is_announced: bool,
}

#[derive(Template)]
#[template(path = "console/signing_keys.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/signing-keys").get(list))
        .service(web::resource("/console/signing-keys/{act}").get(ask).post(rotate));
}

/// `GET /console/signing-keys`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Manage>,
) -> Result<HttpResponse, PageError> {
    let all = state.store.read(keys::list).await?;
    let all: Vec<KeyInfo> = all.into_iter().filter(|key| PURPOSES.contains(&key.purpose)).collect();
    let view = View {
        is_from_file: state.config.saml.cert.is_some(),
        is_announced: all.iter().any(|key| key.state == Standing::Next),
        lines: all.iter().map(|key| line(&state, key)).collect(),
    };
    Ok(frame::page(&state, &seat, CONNECTIONS, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

fn line(state: &State, key: &KeyInfo) -> Line {
    let say = |key: String| state.locale.text(&key).to_owned();
    let class = match key.state {
        Standing::Active => " ok",
        Standing::Next => " acc",
        Standing::Retired => "",
    };
    let label = say(format!("console.signing_keys.state.{}", key.state.as_str()));
    let certificate = key.certificate.as_ref();
    Line {
        purpose: say(format!("console.signing_keys.purpose.{}", key.purpose)),
        badge: Badge { class, label },
        since: listing::second(key.state_at),
        ends: certificate.map(|certificate| listing::day(certificate.not_after())),
        fingerprint: certificate.map(Certificate::fingerprint).unwrap_or_default().to_owned(),
    }
}

impl Act {
    fn find(word: &str) -> Result<Self> {
        match word {
            "announce" => Ok(Self::Announce),
            "take-over" => Ok(Self::TakeOver),
            other => Err(Error::not_found("page", other)),
        }
    }

    const fn said(self) -> Done {
        match self {
            Self::Announce => Done::KeyAnnounced,
            Self::TakeOver => Done::KeyTakenOver,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::TakeOver => "take_over",
        }
    }
}

/// `GET /console/signing-keys/{act}`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    act: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(confirm::ask(&state, &seat, &rotating(&state, Act::find(&act)?, &act)))
}

/// `POST /console/signing-keys/{act}`
pub(in crate::http) async fn rotate(
    state: Data<State>,
    posted: Posted<Manage>,
    act: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (wanted, confirm) = (Act::find(&act)?, rotating(&state, Act::find(&act)?, &act));
    let done = done(&state, &posted, wanted).await;
    confirm::after(&state, &posted.seat, &confirm, done, wanted.said(), PAGE)
}

async fn done(state: &Data<State>, posted: &Posted<Manage>, act: Act) -> Result<()> {
    if state.config.saml.cert.is_some() {
        let detail = state.locale.text("console.signing_keys.from_file");
        return Err(Error::conflict("key_from_file", detail));
    }
    let (master, name) = (state.master.clone(), state.config.public_url.host().to_owned());
    let nothing = state.locale.text("console.signing_keys.nothing").to_owned();
    let write = state.store.write(Scope::System, posted.seat.actor(), move |tx| {
        let is_announced = keys::list(tx.db)?.iter().any(|key| key.state == Standing::Next);
        // Nobody is to be surprised by a key that was never announced.
        if act == Act::TakeOver && !is_announced {
            return Err(Error::conflict("nothing_announced", nothing));
        }
        keys::rotate(tx, &master, &name, &PURPOSES, act == Act::TakeOver)
    });
    write.await?;
    let own = state.clone();
    state.store.apart(move |_| own.renew_keys()).await
}

fn rotating(state: &State, act: Act, path: &str) -> Confirm {
    let days = [
        ("announced", &*ANNOUNCED.num_days().to_string()),
        ("opened", &*OPENED.num_days().to_string()),
    ];
    let fill = |what: &str| {
        state.locale.fill(&format!("console.signing_keys.{}.{what}", act.word()), &days)
    };
    let title = state.locale.text("console.signing_keys.title").to_owned();
    Confirm {
        above: vec![(PAGE.to_owned(), title)],
        title: fill("title"),
        texts: vec![fill("text"), fill("providers")],
        action: format!("{PAGE}/{path}"),
        button: fill("button"),
        ..Confirm::blank(CONNECTIONS, PAGE.to_owned())
    }
}
