//! `vestibule connection create`.

use super::openid::{self, OpenIdArguments};
use super::refresh::{self, MetadataArguments};
use super::show;
use crate::cli::domain;
use crate::cli::failure::{Exit, Failure, Result};
use crate::cli::shell::Shell;
use crate::error::Error;
use crate::guides::Guides;
use crate::store::connections::{self, Connection, NewConnection, Settings};
use crate::store::domains;

/// What a new connection is made of.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Arguments {
    /// Whose identity provider it is: ID, your own ID, or name
    #[arg(long)]
    org: String,
    /// Which one it is, as the guides name it: jumpcloud, okta, entra, …, generic
    #[arg(long, default_value = crate::guides::GENERIC)]
    idp: String,
    /// What people call it; the provider's name if left out
    #[arg(long)]
    name: Option<String>,
    /// An email domain to add to the organization; may be given several times
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// You know that the domains are theirs: they are live at once
    #[arg(long, requires = "domains")]
    vouch: bool,
    /// Sign the requests that are sent to the provider
    #[arg(long)]
    sign_requests: bool,
    /// Accept sign-ins that start at the provider
    #[arg(long)]
    idp_started: bool,
    /// The provider speaks OpenID Connect, not SAML
    #[arg(long)]
    oidc: bool,
    #[command(flatten)]
    openid: OpenIdArguments,
    #[command(flatten)]
    metadata: MetadataArguments,
}

pub(super) fn run(shell: &Shell, arguments: Arguments) -> Result {
    let organization = shell.organization(&arguments.org)?;
    let guides = shell.guides()?;
    let guide = guides.find(&arguments.idp).map_err(|_| unknown_guide(&guides, &arguments.idp))?;
    let names = domain::parse_names(&arguments.domains)?;
    let is_openid = arguments.oidc || arguments.openid.is_given();
    let source = arguments.metadata.source()?;
    if is_openid && source.is_some() {
        return Err(two_protocols());
    }
    let own_key = if is_openid { Some(connections::openid::new_key()?) } else { None };
    shell.store()?;
    let master = shell.master()?;
    let new = NewConnection {
        name: arguments.name.unwrap_or_else(|| guide.name.clone()),
        provider: guide.id.clone(),
        settings: Settings {
            sign_requests: arguments.sign_requests,
            idp_started: arguments.idp_started,
            ..Settings::default()
        },
    };
    let (id, vouch) = (organization.id.clone(), arguments.vouch);
    let (connection, pending) = shell.write(&organization.id, |tx| {
        let present = domains::list(tx.db, &id)?;
        let mut pending = Vec::new();
        for name in &names {
            let known = present.iter().find(|domain| domain.name == name.as_str());
            let domain = match known {
                Some(domain) if vouch => domains::vouch(tx, domain)?,
                Some(domain) => domain.clone(),
                None => domains::add(tx, &id, name, vouch)?,
            };
            if !domain.is_live() {
                pending.push(domain);
            }
        }
        let made = match &own_key {
            Some(own_key) => connections::openid::create(tx, &master, &id, new, own_key)?,
            None => connections::create(tx, &id, new)?,
        };
        Ok((made, pending))
    })?;
    let connection = match source {
        Some(source) => refresh::import(shell, connection, source, &arguments.metadata)?,
        None if arguments.openid.is_given() => {
            openid::configure(shell, connection, arguments.openid)?
        }
        None => connection,
    };
    told(shell, connection)?;
    for domain in pending {
        let (name, value) = domain.record();
        shell.out.note(format!("{} is not verified yet. TXT record {name} = {value}", domain.name));
    }
    Ok(())
}

/// A connection speaks one protocol.
pub(super) fn two_protocols() -> Failure {
    Failure::new(
        Exit::Usage,
        "other_protocol",
        "A connection speaks SAML or OpenID Connect.",
        "Metadata is SAML's; issuer and client ID are OpenID Connect's.",
        "Give the flags of one of them.",
    )
}

fn unknown_guide(guides: &Guides, id: &str) -> Error {
    let known: Vec<&str> = guides.all().map(|guide| guide.id.as_str()).collect();
    Error::invalid("/idp", "invalid", format!("“{id}” is none of {}.", known.join(", ")))
}

fn told(shell: &Shell, connection: Connection) -> Result {
    if shell.out.is_json() {
        return show::connection(shell, connection);
    }
    shell.out.note(format!("Created {} ({}).", connection.id, connection.state));
    if shell.out.format == crate::cli::output::Format::Tabs {
        shell.out.fields(&[("id", connection.id.to_string())])?;
    }
    show::values(shell, &connection)?;
    if !connection.knows_its_provider() {
        shell.out.note(format!("Next: {}", show::give_provider(&connection)));
    }
    Ok(())
}
