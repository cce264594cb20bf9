//! What is printed when the gateway has started: where everything is, and what to do first.

use crate::cli::failure::Result;
use crate::cli::output::pad;
use crate::cli::shell::Shell;
use crate::config::Origin;
use crate::crypto::Secret;
use crate::views::member::address;
use serde_json::json;
use std::net::SocketAddr;

const WIDTH: usize = 22;

/// `first` is the token of the link that makes the first account, while there is none.
pub(super) fn print(
    shell: &Shell,
    listening: SocketAddr,
    is_new: bool,
    first: Option<&Secret>,
) -> Result {
    let loaded = shell.loaded()?;
    let config = &loaded.config;
    let public_url = config.public_url.as_str();
    let discovery = format!("{public_url}/.well-known/openid-configuration");
    if shell.out.is_json() {
        return shell.out.json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "mode": if config.is_development() { "development" } else { "production" },
            "public_url": public_url,
            "listen": listening.to_string(),
            "discovery": discovery,
            "create_account": first.map(|token| address(public_url, token)),
            "demo": config.demo_is_on(),
        }));
    }
    let why = match (config.is_development(), &loaded.file) {
        (false, _) => format!("production mode: listening on {listening}"),
        (true, None) if loaded.origin("listen") == Origin::BuiltIn => {
            "development mode: no configuration found, listening on this machine only".to_owned()
        }
        (true, _) => format!("development mode: listening on {listening}"),
    };
    shell.out.line(format!("Vestibule {}   {why}\n", env!("CARGO_PKG_VERSION")))?;
    let program = program();
    let new = if is_new { " (new)" } else { "" };
    let database = config.database.url.to_string();
    let database = match database.strip_prefix("sqlite://") {
        Some(file) => format!("SQLite {file}{new}"),
        None => format!("Postgres {database}{new}"),
    };
    let account = match first {
        Some(token) => (
            "Create your account",
            format!("{}   works once, 60 minutes", address(public_url, token)),
        ),
        None => ("Console", format!("{public_url}/console")),
    };
    let mut lines = vec![
        account,
        ("Address", public_url.to_owned()),
        ("Database", database),
        ("OIDC discovery", discovery),
        ("REST API", format!("{public_url}/api/openapi.json")),
        ("Make an API key", format!("{program} key create --name NAME --scopes all")),
    ];
    if config.demo_is_on() {
        lines.push(("Demo provider", "on, for this machine only".to_owned()));
    }
    for (name, value) in lines {
        shell.out.line(format!("  {}{value}", pad(name, WIDTH)))?;
    }
    if config.demo_is_on() {
        shell.out.line(format!("\nSee a sign-in work now:   {program} demo login --as ada"))?;
    }
    Ok(())
}

/// The name that the program was started by, if it is a path: the shell may not know it by another.
fn program() -> String {
    let name = std::env::args().next().filter(|name| name.contains('/'));
    name.unwrap_or_else(|| "vestibule".to_owned())
}
