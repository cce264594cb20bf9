//! Settings in environment variables.

use super::load::{Given, Values, unknown};
use super::{Origin, Problem, Surroundings};
use std::net::SocketAddr;

/// What hosting platforms set: `DATABASE_URL` and `PORT`. They yield to our own variables.
pub(super) fn conventional(around: &Surroundings, below: &Values) -> Values {
    let mut values = Values::new();
    for (name, value) in variables(around) {
        let (path, text) = match name {
            "DATABASE_URL" => ("database.url", value.to_owned()),
            "PORT" => ("listen", with_port(around, below, value)),
            _ => continue,
        };
        if let Some(key) = super::key(path) {
            values.insert(key.path, Given::new(key, &text, Origin::Environment(name.to_owned())));
        }
    }
    values
}

/// `listen` with another port. A platform that gives a port and a public address wants to reach it.
fn with_port(around: &Surroundings, below: &Values, port: &str) -> String {
    let is_public = below.contains_key("public_url")
        || variables(around).any(|(name, _)| name.starts_with("VESTIBULE_PUBLIC_URL"));
    let listen = below.get("listen");
    let listen = listen.filter(|given| !is_public || given.origin != Origin::BuiltIn);
    let address = listen.and_then(|given| given.text().parse::<SocketAddr>().ok());
    match address {
        Some(SocketAddr::V6(address)) => format!("[{}]:{port}", address.ip()),
        Some(SocketAddr::V4(address)) => format!("{}:{port}", address.ip()),
        None => format!("0.0.0.0:{port}"),
    }
}

/// `VESTIBULE_SIGN_IN__SESSION`, or the same with `_FILE` for a file that holds the value.
pub(super) fn read(around: &Surroundings, problems: &mut Vec<Problem>) -> Values {
    let mut values = Values::new();
    for (name, value) in variables(around).filter(|(name, _)| is_ours(name)) {
        let origin = Origin::Environment(name.to_owned());
        if let Some(key) = by_variable(name) {
            values.insert(key.path, Given::new(key, value, origin));
            continue;
        }
        let Some(key) = name.strip_suffix("_FILE").and_then(by_variable) else {
            problems.push(unknown(&format!("The variable {name}"), &path_of(name)));
            continue;
        };
        if variables(around).any(|(other, _)| other == key.variable()) {
            problems.push(Problem::new(
                format!("Both {} and {name} are set.", key.variable()),
                "Only one of them can be meant.",
                format!("Unset {} or {name}.", key.variable()),
            ));
            continue;
        }
        match std::fs::read_to_string(value) {
            Ok(text) => {
                let text = text.trim_end_matches(['\n', '\r']);
                values.insert(key.path, Given::new(key, text, origin));
            }
            Err(error) => problems.push(Problem::new(
                format!("The file {value} of {name} cannot be read."),
                format!("The system says: {error}."),
                "Let the user that runs the gateway read it, or name another file.",
            )),
        }
    }
    values
}

/// Variables that are set to something: an empty one counts as not set, as in compose files.
fn variables(around: &Surroundings) -> impl Iterator<Item = (&str, &str)> {
    let all = around.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    all.filter(|(_, value)| !value.trim().is_empty())
}

/// Ours, but not what Kubernetes and Docker set for a service that is called `vestibule`.
fn is_ours(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("VESTIBULE_") else { return false };
    let of_a_service = rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_");
    rest != "CONFIG" && !of_a_service
}

fn by_variable(name: &str) -> Option<&'static super::Key> {
    super::keys().iter().find(|key| key.variable() == name)
}

fn path_of(name: &str) -> String {
    name.trim_start_matches("VESTIBULE_").replace("__", ".").to_ascii_lowercase()
}
