//! How a connection signs people in: every setting that REST has, but the attributes, which are a page of their own.

use super::{Head, find, href, new};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::stale::{self, Clash, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::saml::Binding;
use crate::saml::certificate::Certificate;
use crate::store::applications::{self, Application};
use crate::store::connections::{self, Connection, ConnectionPatch, Protocol, Settings};
use crate::store::organizations::Organization;
use crate::store::{ApplicationId, Tx, Window};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// How many applications can be chosen among, the newest.
const SHOWN: i64 = 100;

/// A switch of the page.
struct Switch {
    name: &'static str,
    label: String,
    hint: String,
    is_on: bool,
}

/// What was chosen and typed.
#[derive(Clone)]
struct Typed {
    name: String,
    provider: String,
    on: Vec<&'static str>,
    request_binding: String,
    name_id_format: String,
    clock_skew: String,
    sha1_reason: String,
    metadata_certificate: String,
    default_application: String,
}

struct View {
    head: Head,
    seen: String,
    typed: Typed,
    is_saml: bool,
    providers: Vec<Choice>,
    bindings: Vec<Choice>,
    applications: Vec<Choice>,
    /// Those of the sign-in, and those of the messages.
    sign_in: Vec<Switch>,
    messages: Vec<Switch>,
    /// The switches by which less is asked of a provider.
    weaker: Vec<Switch>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/connection_settings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// Every switch, by the setting's name.
const SWITCHES: [&str; 5] =
    ["idp_started", "force_authn", "sign_requests", "allow_sha1", "allow_cbc"];

impl Typed {
    fn known(connection: &Connection) -> Self {
        let settings = &*connection.settings;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let is_on = |name: &&str| match *name {
            "idp_started" => settings.idp_started,
            "force_authn" => settings.force_authn,
            "sign_requests" => settings.sign_requests,
            "allow_sha1" => settings.allow_sha1,
            _ => settings.allow_cbc,
        };
        let application = settings.default_application.as_ref().map(ToString::to_string);
        Self {
            name: connection.name.clone(),
            provider: connection.provider.clone(),
            on: SWITCHES.into_iter().filter(is_on).collect(),
            request_binding: settings.request_binding.map(word).unwrap_or_default().to_owned(),
            name_id_format: text(&settings.name_id_format),
            clock_skew: settings.clock_skew.map(|it| it.to_string()).unwrap_or_default(),
            sha1_reason: text(&settings.sha1_reason),
            metadata_certificate: text(&settings.metadata_certificate),
            default_application: application.unwrap_or_default(),
        }
    }

    fn posted(posted: &Posted<Manage>) -> Self {
        let text = |field: &str| posted.text(field).to_owned();
        Self {
            name: text("name"),
            provider: text("provider"),
            on: SWITCHES.into_iter().filter(|name| posted.text(name) == "1").collect(),
            request_binding: text("request_binding"),
            name_id_format: text("name_id_format"),
            clock_skew: text("clock_skew"),
            sha1_reason: text("sha1_reason"),
            metadata_certificate: text("metadata_certificate"),
            default_application: text("default_application"),
        }
    }

    fn fields(&self) -> Fields {
        let mut fields = stale::fields([
            ("name", &self.name),
            ("provider", &self.provider),
            ("request_binding", &self.request_binding),
            ("name_id_format", &self.name_id_format),
            ("clock_skew", &self.clock_skew),
            ("sha1_reason", &self.sha1_reason),
            ("metadata_certificate", &self.metadata_certificate),
            ("default_application", &self.default_application),
        ]);
        let switch = |name: &str| (name.to_owned(), stale::tick(self.is_on(name)).to_owned());
        fields.extend(SWITCHES.map(switch));
        fields
    }

    /// The pinned certificate. One that nobody touched stays to the letter: browsers send other line ends than were kept.
    fn certificate(&self, before: &Settings) -> Option<String> {
        let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        let typed = lines(self.metadata_certificate.trim());
        let kept = before.metadata_certificate.as_ref();
        match kept.filter(|kept| lines(kept.trim()) == typed) {
            Some(kept) => Some(kept.clone()),
            None => (!typed.is_empty()).then_some(typed),
        }
    }

    fn is_on(&self, name: &str) -> bool {
        self.on.contains(&name)
    }

    /// The settings with what was typed. What the page does not show stays.
    fn settings(&self, before: &Settings) -> Result<Settings> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let clock_skew = match self.clock_skew.as_str() {
            "" => None,
            some => Some(some.parse().map_err(|_| {
                let detail = "Give the seconds as a number, 0 to 180.";
                Error::invalid("/clock_skew", "invalid", detail)
            })?),
        };
        let default_application = match self.default_application.as_str() {
            "" => None,
            some => Some(some.parse::<ApplicationId>()?),
        };
        Ok(Settings {
            sign_requests: self.is_on("sign_requests"),
            request_binding: BINDINGS.into_iter().find(|one| word(*one) == self.request_binding),
            name_id_format: given(&self.name_id_format),
            force_authn: self.is_on("force_authn"),
            clock_skew,
            allow_sha1: self.is_on("allow_sha1"),
            sha1_reason: given(&self.sha1_reason),
            allow_cbc: self.is_on("allow_cbc"),
            idp_started: self.is_on("idp_started"),
            metadata_certificate: self.certificate(before),
            default_application,
            attributes: before.attributes.clone(),
        })
    }
}

const BINDINGS: [Binding; 2] = [Binding::Redirect, Binding::Post];

fn word(binding: Binding) -> &'static str {
    match binding {
        Binding::Redirect => "redirect",
        Binding::Post => "post",
    }
}

/// `GET /console/connections/{connection}/settings`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let typed = Typed::known(&connection);
    let seen = stale::seen(&typed.fields());
    Ok(show(&state, &seat, (&connection, &organization), (typed, seen), Vec::new()).await?)
}

/// `POST /console/connections/{connection}/settings`
pub(in crate::http) async fn change(
    state: Data<State>,
    mut posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    stale::settle(&mut posted, &Typed::known(&connection).fields());
    let typed = Typed::posted(&posted);
    let filled = Filled::new(&posted, typed.fields());
    // Unlike a name left out by a program, an empty provider on the page is a mistake.
    let guide = state.guides.find(&typed.provider).map(|guide| guide.id.clone()).map_err(|_| {
        let detail = state.locale.text("console.connection_new.provider_required");
        Error::invalid("/provider", "required", detail)
    });
    let done = match guide {
        Ok(guide) => {
            let (id, given, actor) = (connection.id.clone(), typed.clone(), posted.seat.actor());
            let filled = filled.clone();
            let write = move |tx: &mut Tx| {
                let now = connections::find(tx.db, &id)?;
                filled.must_fit(&Typed::known(&now).fields())?;
                let settings = Some(given.settings(&now.settings)?);
                let patch =
                    ConnectionPatch { name: Some(given.name), provider: Some(guide), settings };
                connections::change(tx, &id, patch)
            };
            state.store.write(&organization.id, actor, write).await
        }
        Err(error) => Err(error),
    };
    if matches!(done, Err(Error::Stale(_))) {
        let (now, _) = find(&state, &id).await?;
        let clash = clash(&now, "settings", Typed::known(&now).fields());
        let say = |name: &str, value: &str| named(&state, name, value);
        return Ok(stale::show(&state, &posted, &filled, clash, say).await?);
    }
    match form::mendable(done, "/name")? {
        Ok(_) => Ok(done::lead(&state, Done::Saved, &href(&connection.id))),
        Err(errors) => {
            let again = Certificate::shown_again(&typed.metadata_certificate).to_owned();
            let typed = Typed { metadata_certificate: again, ..typed };
            let (seat, of) = (&posted.seat, (&connection, &organization));
            let (seen, errors) =
                (stale::still_seen(&posted), errors.into_iter().map(below).collect());
            Ok(show(&state, seat, of, (typed, seen), errors).await?)
        }
    }
}

/// Two versions of what one of a connection's pages shows.
pub(super) fn clash(connection: &Connection, page: &str, now: Fields) -> Clash {
    let href = href(&connection.id);
    let form = format!("{href}/{page}");
    Clash {
        area: CONNECTIONS,
        subject: connection.id.to_string(),
        name: connection.name.clone(),
        action: None,
        form,
        href,
        kind: "connection.updated",
        now,
    }
}

/// What a field is called, and a value of it as the form shows it.
fn named(state: &State, field: &str, value: &str) -> (String, String) {
    let say =
        |key: &str| state.locale.text(&format!("console.connection_settings.{key}")).to_owned();
    let label = match field {
        "name" => state.locale.text("console.connection_new.name").to_owned(),
        "provider" => state.locale.text("console.organization.provider").to_owned(),
        other => say(other),
    };
    let shown = match (field, value) {
        (_, "") if !SWITCHES.contains(&field) => String::new(),
        ("request_binding", word) => say(word),
        ("provider", guide) => state.guides.of(guide).name.clone(),
        (field, value) if SWITCHES.contains(&field) => {
            state.locale.text(if value == "1" { "console.on" } else { "console.off" }).to_owned()
        }
        (_, other) => other.to_owned(),
    };
    (label, shown)
}

/// The store's pointers begin with `/settings`; the page's fields do not.
pub(super) fn below(mut error: FieldError) -> FieldError {
    for above in ["/settings", "/attributes"] {
        if let Some(rest) = error.pointer.strip_prefix(above).filter(|rest| !rest.is_empty()) {
            error.pointer = rest.to_owned();
        }
    }
    error
}

async fn show(
    state: &State,
    seat: &Seat<Manage>,
    (connection, organization): (&Connection, &Organization),
    (typed, seen): (Typed, String),
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let window = Window { limit: SHOWN, before: None };
    let mut all = state.store.read(move |db| applications::page(db, &window)).await?.data;
    all.retain(|application| !application.is_machine());
    let say =
        |key: &str| state.locale.text(&format!("console.connection_settings.{key}")).to_owned();
    let switch = |name: &&'static str| Switch {
        name,
        label: say(name),
        hint: say(&format!("{name}_hint")),
        is_on: typed.is_on(name),
    };
    let is_saml = connection.protocol == Protocol::Saml;
    let [idp_started, force_authn, sign_requests, allow_sha1, allow_cbc] =
        SWITCHES.each_ref().map(switch);
    let only_saml = |switches: Vec<Switch>| if is_saml { switches } else { Vec::new() };
    let sign_in = if is_saml { vec![idp_started, force_authn] } else { vec![force_authn] };
    let binding = |one: Binding| Choice {
        value: word(one).to_owned(),
        label: say(word(one)),
        is_chosen: word(one) == typed.request_binding,
    };
    let application = |one: &Application| Choice {
        value: one.id.to_string(),
        label: one.name.clone(),
        is_chosen: one.id.as_str() == typed.default_application,
    };
    let admits = |one: &&Application| one.admits(&organization.id);
    let view = View {
        head: Head::of(state, seat, connection, organization),
        seen,
        is_saml,
        providers: new::providers(state, &typed.provider),
        bindings: BINDINGS.into_iter().map(binding).collect(),
        applications: all.iter().filter(admits).map(application).collect(),
        sign_in,
        messages: only_saml(vec![sign_requests]),
        weaker: only_saml(vec![allow_sha1, allow_cbc]),
        faults: Faults::from(errors),
        typed,
    };
    Ok(frame::page(state, seat, CONNECTIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}
