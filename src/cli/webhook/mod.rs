//! `vestibule webhook`: apps are told of events.

mod deliveries;
mod listen;

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::{self, Shell};
use crate::acts;
use crate::acts::webhooks::Sender;
use crate::crypto::Secret;
use crate::store::events::kinds::Kinds;
use crate::store::webhooks::{self, Endpoint, EndpointPatch, NewEndpoint, lanes};
use crate::store::{EventId, Scope, WebhookEndpointId};
use crate::views::List;
use crate::views::event::EventView;
use crate::views::webhook::{EndpointView, NewEndpointView};
use chrono::TimeDelta;
use clap::Subcommand;

/// What to do about webhooks.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List endpoints, newest first
    List {
        /// Only those of this organization alone
        #[arg(long)]
        org: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show an endpoint
    Show {
        /// Its ID
        endpoint: WebhookEndpointId,
    },
    /// Create an endpoint; its secret is shown this once
    Create(New),
    /// Change an endpoint, or switch it off and on
    Update(Changed),
    /// Delete an endpoint with what is known of its deliveries
    Delete {
        /// Its ID
        endpoint: WebhookEndpointId,
    },
    /// Make another secret, shown this once; the one before signs beside it for a while
    Rotate {
        /// The ID of the endpoint
        endpoint: WebhookEndpointId,
        /// For how many hours both sign
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=720))]
        overlap_hours: u32,
    },
    /// Send a test event now
    Test {
        /// The ID of the endpoint
        endpoint: WebhookEndpointId,
    },
    /// List what became of telling endpoints, newest first
    Deliveries(deliveries::Wanted),
    /// Deliver once more, now
    Redeliver {
        /// The ID of the delivery
        delivery: crate::store::DeliveryId,
    },
    /// Receive events on this machine and verify them, until you stop it
    Listen(listen::Arguments),
}

/// What a new endpoint is made of.
#[derive(Debug, clap::Args)]
pub(super) struct New {
    /// Its address
    #[arg(long)]
    url: String,
    /// Which events it wants, with commas between: `user.created`, or `user.*`; all if left out
    #[arg(long, value_delimiter = ',')]
    events: Vec<String>,
    /// The one organization whose events it is told
    #[arg(long)]
    org: Option<String>,
    /// What people say of it
    #[arg(long)]
    description: Option<String>,
}

/// What is to change.
#[derive(Debug, clap::Args)]
pub(super) struct Changed {
    /// The ID of the endpoint
    endpoint: WebhookEndpointId,
    /// Its address
    #[arg(long)]
    url: Option<String>,
    /// Which events it wants, with commas between, in place of those before; `*` for all
    #[arg(long, value_delimiter = ',')]
    events: Option<Vec<String>>,
    /// What people say of it
    #[arg(long)]
    description: Option<String>,
    /// Tell it nothing any more
    #[arg(long, conflicts_with = "on")]
    off: bool,
    /// Go on telling it, from where it stopped
    #[arg(long)]
    on: bool,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, paging } => list(shell, org.as_deref(), &paging),
        Command::Show { endpoint } => {
            let found = shell.read(|db| webhooks::find(db, &endpoint))?;
            shown(shell, found)
        }
        Command::Create(new) => create(shell, new),
        Command::Update(changed) => update(shell, changed),
        Command::Delete { endpoint } => delete(shell, &endpoint),
        Command::Rotate { endpoint, overlap_hours } => {
            let (overlap, master) = (TimeDelta::hours(i64::from(overlap_hours)), shell.master()?);
            let scope = scope(shell, &endpoint)?;
            let (row, secret) =
                shell.write(scope, |tx| webhooks::rotate(tx, &master, &endpoint, overlap))?;
            with_secret(shell, row, &secret)
        }
        Command::Test { endpoint } => test(shell, endpoint),
        Command::Deliveries(wanted) => deliveries::list(shell, wanted),
        Command::Redeliver { delivery } => deliveries::again(shell, delivery),
        Command::Listen(arguments) => listen::run(shell, &arguments),
    }
}

fn list(shell: &Shell, org: Option<&str>, paging: &Paging) -> Result {
    let organization = org.map(|org| shell.organization(org)).transpose()?.map(|found| found.id);
    let window = paging.window()?;
    let page = shell.read(|db| webhooks::page(db, &window, organization.as_ref()))?;
    let row = |endpoint: &Endpoint| {
        vec![
            endpoint.id.to_string(),
            endpoint.url.clone(),
            state(endpoint).to_owned(),
            words(endpoint),
            cell(endpoint.organization_id.as_ref()),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "URL", "STATE", "EVENTS", "ORGANIZATION"];
    shell.out.list(&List::of(page, None).map(EndpointView::from), &heads, &rows)
}

fn state(endpoint: &Endpoint) -> &'static str {
    match (endpoint.disabled_because, endpoint.failing_since) {
        (Some(because), _) => match because {
            webhooks::Because::ByHand => "off",
            webhooks::Because::Failing => "off, failed",
            webhooks::Because::Gone => "off, gone",
        },
        (None, Some(_)) => "failing",
        (None, None) => "on",
    }
}

fn words(endpoint: &Endpoint) -> String {
    let words = endpoint.events.words();
    if words.is_empty() { "*".to_owned() } else { words.join(",") }
}

fn fields(endpoint: &Endpoint) -> Vec<(&'static str, String)> {
    vec![
        ("id", endpoint.id.to_string()),
        ("url", endpoint.url.clone()),
        ("description", cell(endpoint.description.as_ref())),
        ("state", state(endpoint).to_owned()),
        ("failing_since", cell(endpoint.failing_since)),
        ("events", words(endpoint)),
        ("organization", cell(endpoint.organization_id.as_ref())),
    ]
}

fn shown(shell: &Shell, endpoint: Endpoint) -> Result {
    let next = shell.read(|db| lanes::next_try(db, &endpoint.id))?;
    let mut fields = fields(&endpoint);
    fields.push(("next_try_at", cell(next)));
    shell.out.object(&EndpointView::alone(endpoint, next), &fields)
}

fn create(shell: &Shell, new: New) -> Result {
    let organization = new.org.as_deref().map(|org| shell.organization(org)).transpose()?;
    let organization_id = organization.map(|found| found.id);
    let (row, secret) = made(shell, new.url, &new.events, organization_id, new.description)?;
    with_secret(shell, row, &secret)
}

/// Makes an endpoint.
fn made(
    shell: &Shell,
    url: String,
    events: &[String],
    organization_id: Option<crate::store::OrganizationId>,
    description: Option<String>,
) -> Result<(Endpoint, Secret)> {
    let events = Kinds::parse(events, "/events")?;
    let scope = organization_id.as_ref().map_or(Scope::System, Scope::from);
    let new = NewEndpoint { organization_id, url, description, events };
    let (master, most) =
        (shell.master()?, shell.effective()?.config.limits.webhook_endpoints.limit());
    shell.write(scope, |tx| webhooks::create(tx, &master, new, most))
}

fn with_secret(shell: &Shell, row: Endpoint, secret: &Secret) -> Result {
    let mut fields = fields(&row);
    fields.push(("secret", secret.reveal().to_owned()));
    shell.out.object(&NewEndpointView::new(row, secret), &fields)?;
    shell.out.note("The secret is shown this once. Keep it where secrets are kept.");
    Ok(())
}

fn scope(shell: &Shell, id: &WebhookEndpointId) -> Result<Scope> {
    Ok(shell.read(|db| webhooks::find(db, id))?.scope())
}

fn update(shell: &Shell, changed: Changed) -> Result {
    let Changed { endpoint, url, events, description, off, on } = changed;
    let events = events.map(|events| Kinds::parse(&events, "/events")).transpose()?;
    let enabled = match (off, on) {
        (true, _) => Some(false),
        (_, true) => Some(true),
        _ => None,
    };
    let patch = EndpointPatch { url, description: description.map(Some), events, enabled };
    let scope = scope(shell, &endpoint)?;
    let row = shell.write(scope, |tx| webhooks::change(tx, &endpoint, patch))?;
    shown(shell, row)
}

/// Deletes an endpoint that was made without being asked for.
fn delete_quietly(shell: &Shell, id: &WebhookEndpointId) -> Result {
    let scope = scope(shell, id)?;
    shell.write(scope, |tx| webhooks::delete(tx, id))
}

fn delete(shell: &Shell, id: &WebhookEndpointId) -> Result {
    let endpoint = shell.read(|db| webhooks::find(db, id))?;
    shell.confirm(&format!("Delete the endpoint {}", endpoint.url), id.as_str())?;
    delete_quietly(shell, id)?;
    shell.out.note(format!("{} is deleted.", endpoint.url));
    Ok(())
}

fn sender(shell: &Shell) -> Result<Sender> {
    Ok(acts::sender(shell.config()?, shell.store()?.clone(), shell.master()?)?)
}

fn test(shell: &Shell, id: WebhookEndpointId) -> Result {
    let endpoint = shell.read(|db| webhooks::find(db, &id))?;
    let event = EventId::new();
    let body = EventView::test(&event, &endpoint, shell.now()).to_body()?;
    let sender = sender(shell)?;
    let sent = shell.wait(sender.test(shell::actor(), id, (event, body)))??;
    deliveries::shown(shell, sent)
}
