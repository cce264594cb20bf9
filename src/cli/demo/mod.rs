//! `vestibule demo`: sees a sign-in work, and fail, within a minute.

mod browser;
mod fail;
mod journey;
mod scim;

use self::browser::Browser;
use self::journey::{Journey, Outcome};
use super::failure::{Exit, Failure, Result};
use super::output::Format;
use super::shell::{Shell, actor};
use super::trace;
use crate::acts::demo::Part;
use crate::saml::issue::Wrong;
use crate::store::demo::{self, Demo, PEOPLE, Person};
use crate::store::traces::{self, Trace};
use crate::views::trace::TraceDetailView;
use clap::Subcommand;
use serde_json::{Value, json};

/// What to do with the demo.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Set up the demo's customer, identity provider and app; doing it again changes nothing
    Up,
    /// Sign in to the demo app without a browser, and print every check
    Login {
        /// Who: ada, grace, alan or eve, whom the provider refuses
        #[arg(long = "as", value_name = "NAME", default_value = "ada", value_parser = person)]
        person: &'static Person,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Make sign-ins fail on purpose, all ways or one; exit code 8 if one is not refused for its own reason
    Fail {
        /// Which way: audience, expired, wrapped…
        #[arg(value_name = "NAME")]
        wrong: Option<Wrong>,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Push a user and a group by SCIM as a directory does, and print each request with its effect
    Scim {
        /// Whose part is played: jumpcloud, okta or entra
        #[arg(long = "as", value_name = "DIRECTORY", default_value = "jumpcloud")]
        part: Part,
        #[command(flatten)]
        gateway: Gateway,
    },
    /// Remove the demo with all that happened in it
    Down,
}

/// Which gateway is asked.
#[derive(Debug, clap::Args)]
pub(super) struct Gateway {
    /// The address of the running gateway, instead of the setting `public_url`
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Gateway {
    fn address(&self, shell: &Shell) -> Result<String> {
        match &self.url {
            Some(url) => Ok(url.trim_end_matches('/').to_owned()),
            None => Ok(shell.public_url()?.to_owned()),
        }
    }
}

fn person(word: &str) -> Result<&'static Person, String> {
    Person::by_word(word).ok_or_else(|| {
        let words: Vec<&str> = PEOPLE.iter().map(|person| person.word).collect();
        format!("there are {}", words.join(", "))
    })
}

pub(super) fn run(shell: &Shell, command: &Command) -> Result {
    // What is there can always be removed.
    if !matches!(command, Command::Down) && !shell.config()?.demo_is_on() {
        return Err(off(shell.config()?.is_development()));
    }
    match command {
        Command::Up => up(shell),
        Command::Login { person, gateway } => login(shell, person, &gateway.address(shell)?),
        Command::Fail { wrong: Some(wrong), gateway } => {
            fail::one(shell, *wrong, &gateway.address(shell)?)
        }
        Command::Fail { wrong: None, gateway } => fail::all(shell, &gateway.address(shell)?),
        Command::Scim { part, gateway } => scim::play(shell, *part, &gateway.address(shell)?),
        Command::Down => down(shell),
    }
}

/// The demo lets anybody in, so it is refused where somebody else could come.
fn off(is_development: bool) -> Failure {
    let (why, fix) = if is_development {
        (
            "It is off: the gateway listens on more than this machine, or the setting demo says so.",
            "Listen on 127.0.0.1, or set demo = \"on\" if nobody else reaches the gateway.",
        )
    } else {
        (
            "This is production mode, and the demo lets anybody sign in as one of its people.",
            "Try it in an empty folder without settings: vestibule serve",
        )
    };
    Failure::new(Exit::NotAllowed, "demo_off", "There is no demo here.", why, fix)
}

fn up(shell: &Shell) -> Result {
    let store = shell.store()?;
    let master = shell.master()?;
    let public_url = shell.public_url()?;
    let demo = demo::up(store, &master, public_url, &actor())?;
    let (app, provider) = (demo::app_url(public_url), demo::entity_id(public_url));
    let fields = [
        ("organization", demo.organization.id.to_string()),
        ("connection", demo.connection.id.to_string()),
        ("application", demo.application.id.to_string()),
        ("domain", demo::DOMAIN.to_owned()),
        ("demo app", app.clone()),
        ("provider", provider.clone()),
    ];
    let view = json!({
        "organization_id": demo.organization.id,
        "connection_id": demo.connection.id,
        "application_id": demo.application.id,
        "domain": demo::DOMAIN,
        "app_url": app,
        "provider_metadata_url": provider,
    });
    shell.out.object(&view, &fields)?;
    shell.out.note("Next, while the gateway runs: vestibule demo login --as ada");
    Ok(())
}

fn down(shell: &Shell) -> Result {
    let removed = demo::down(shell.store()?, &actor())?;
    let (organizations, applications) = (removed.organizations, removed.applications);
    if shell.out.is_json() {
        let view = json!({ "organizations": organizations, "applications": applications });
        return shell.out.json(&view);
    }
    shell.out.note(match (organizations, applications) {
        (0, 0) => "There was no demo.".to_owned(),
        _ => "The demo is removed. It comes back with: vestibule demo up".to_owned(),
    });
    Ok(())
}

fn login(shell: &Shell, person: &Person, address: &str) -> Result {
    let mut browser = Browser::new()?;
    let journey = shell.wait(journey::run(&mut browser, address, person, None))??;
    for hop in &browser.visited {
        shell.out.note(hop);
    }
    let trace = found(shell, &journey)?;
    let Outcome::SignedIn(claims) = &journey.outcome else {
        trace::shown(shell, &trace)?;
        return Err(Failure::check());
    };
    if shell.out.is_json() {
        let timeline = shell.read(|db| traces::timeline(db, &trace))?;
        let trace = TraceDetailView::new(&trace, &timeline, &shell.locale()?, None);
        return shell.out.json(&json!({
            "trace": trace,
            "user_info": claims.get("user_info"),
            "id_token": claims.get("id_token"),
        }));
    }
    trace::shown(shell, &trace)?;
    for (name, title) in [("user_info", "userinfo"), ("id_token", "ID token")] {
        let Some(Value::Object(claims)) = claims.get(name) else { continue };
        if shell.out.format == Format::Table {
            shell.out.line(format!("\nWhat the app learns from {title}"))?;
        }
        let fields: Vec<(&str, String)> =
            claims.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
        shell.out.fields(&fields)?;
    }
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The record of a sign-in that was just made.
fn found(shell: &Shell, journey: &Journey) -> Result<Trace> {
    let id = journey.trace.clone();
    let found = shell.read(|db| match &id {
        Some(id) => traces::by_id(db, id),
        None => Ok(None),
    })?;
    found.ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            "trace_elsewhere",
            "The sign-in left no trace in this database.",
            "The gateway that was asked keeps its records elsewhere.",
            "Run the command where the gateway runs, with the same settings.",
        )
    })
}

/// The demo as this database has it.
fn set_up(shell: &Shell) -> Result<Demo> {
    shell.read(demo::find)?.ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            "demo_absent",
            "The demo is not set up.",
            "It was removed, or the gateway has never run with these settings.",
            "Run: vestibule demo up",
        )
    })
}
