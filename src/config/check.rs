//! Rules between settings, and what production needs.

use super::load::{Values, unacceptable};
use super::{Config, Demo, Kind, Origin, Period, Problem, Problems, Secret};
use crate::locale;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tracing_subscriber::EnvFilter;

/// Every rule; all that is broken is told at once.
pub(super) fn all(config: &Config, values: &Values) -> Result<(), Problems> {
    let mut problems = Vec::new();
    periods(config, values, &mut problems);
    pairs(config, &mut problems);
    secrets(config, values, &mut problems);
    if EnvFilter::try_new(&config.log.level).is_err() {
        problems.push(unacceptable("log.level", values, "it is not a level, nor levels by module"));
    }
    if !locale::names().any(|name| name == config.locale) {
        let names: Vec<_> = locale::names().collect();
        let why = format!("there is no such language, but {}", names.join(", "));
        problems.push(unacceptable("locale", values, &why));
    }
    if config.email.smtp_url.is_some() && config.email.from.is_none() {
        problems.push(Problem::new(
            "email.from is not set, and email.smtp_url is.",
            "A mail server takes no mail that is from nobody.",
            "Set email.from to an address that the server sends for.",
        ));
    }
    let name = config.brand.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        let why = format!("it is not a name of 1 to {LONGEST_NAME} characters");
        problems.push(unacceptable("brand.name", values, &why));
    }
    if !config.is_development() {
        let mut needs = Vec::new();
        production(config, values, &mut needs);
        problems.extend(needs.into_iter().map(|problem| explained(problem, values)));
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

const LONGEST_NAME: usize = 100;
const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// Each period with the least and the most seconds it may have.
fn periods(config: &Config, values: &Values, problems: &mut Vec<Problem>) {
    let limits = [
        ("sign_in.session", config.sign_in.session, MINUTE, 365 * DAY),
        ("sign_in.request_ttl", config.sign_in.request_ttl, MINUTE, HOUR),
        ("sign_in.clock_skew", config.sign_in.clock_skew, 0, 180),
        ("oidc.code_ttl", config.oidc.code_ttl, 5, 10 * MINUTE),
        ("oidc.id_token_ttl", config.oidc.id_token_ttl, MINUTE, DAY),
        ("oidc.access_token_ttl", config.oidc.access_token_ttl, MINUTE, DAY),
        ("oidc.refresh_token_ttl", config.oidc.refresh_token_ttl, MINUTE, 365 * DAY),
        ("metadata.refresh", config.metadata.refresh, 5 * MINUTE, 30 * DAY),
        ("retention.traces", config.retention.traces, HOUR, 3650 * DAY),
        ("retention.requests", config.retention.requests, HOUR, 3650 * DAY),
        ("retention.removed", config.retention.removed, DAY, 3650 * DAY),
        ("retention.audit", config.retention.audit, 30 * DAY, 3650 * DAY),
    ];
    for (path, period, least, most) in limits {
        if period.seconds() < least || period.seconds() > most {
            let (least, most) = (Period::from_seconds(least), Period::from_seconds(most));
            let why = format!("it is not from {least} to {most}");
            problems.push(unacceptable(path, values, &why));
        }
    }
}

/// A certificate without its key is of no use, nor the other way round.
fn pairs(config: &Config, problems: &mut Vec<Problem>) {
    let pairs =
        [("tls", &config.tls.cert, &config.tls.key), ("saml", &config.saml.cert, &config.saml.key)];
    for (group, cert, key) in pairs {
        let missing = match (cert, key) {
            (Some(_), None) => "key",
            (None, Some(_)) => "cert",
            _ => continue,
        };
        problems.push(
            Problem::new(
                format!("{group}.{missing} is not set."),
                "A certificate and its private key are used together.",
                format!("Set {group}.cert and {group}.key, or neither."),
            )
            .about(format!("{group}.{missing}")),
        );
    }
}

/// A master key is 32 bytes.
fn secrets(config: &Config, values: &Values, problems: &mut Vec<Problem>) {
    let keys = [
        ("secrets.master_key", &config.secrets.master_key),
        ("secrets.master_key_previous", &config.secrets.master_key_previous),
    ];
    for (path, key) in keys {
        if key.as_ref().is_some_and(|key| !is_master_key(key)) {
            problems.push(unacceptable(path, values, "it is not 32 bytes in base64"));
        }
    }
}

/// Whether `key` is 32 bytes in base64.
pub(super) fn is_master_key(key: &Secret) -> bool {
    STANDARD.decode(key.reveal().trim()).is_ok_and(|bytes| bytes.len() == 32)
}

fn production(config: &Config, values: &Values, problems: &mut Vec<Problem>) {
    let is_set = |path: &str| {
        let origin = values.get(path).map(|given| &given.origin);
        !matches!(origin, None | Some(Origin::BuiltIn | Origin::Derived))
    };
    if !is_set("public_url") {
        let why = "It is part of every address given to customers, and cannot be guessed.";
        problems.push(needed("public_url", why));
    } else if !config.public_url.is_https() {
        let why = "it is not https, and people's sign-ins would be readable on the way";
        problems.push(unacceptable("public_url", values, why));
    }
    if !is_set("database.url") {
        problems.push(needed("database.url", "It holds everything, so its place must be chosen."));
    }
    if config.secrets.master_key.is_none() {
        let why =
            "It seals the private keys and secrets in the database: 32 random bytes in base64.";
        problems.push(needed("secrets.master_key", why));
    }
    if config.portal.frame_ancestors.iter().any(|origin| !origin.is_https()) {
        let why = "it is not https, and what stands round the portal could be changed on the way";
        problems.push(unacceptable("portal.frame_ancestors", values, why));
    }
    if config.demo == Demo::On {
        problems.push(Problem::new(
            "demo is on in production.",
            "The demo lets anybody sign in as one of its people.",
            "Unset it, or set mode = \"development\" on a machine that nobody else reaches.",
        ));
    }
}

/// A problem of production with the reason for that mode, where nobody chose it.
fn explained(problem: Problem, values: &Values) -> Problem {
    if values.get("mode").is_none_or(|given| given.origin != Origin::Derived) {
        return problem;
    }
    let origin = values.get("public_url").map(|given| &given.origin);
    let cause = match origin {
        None | Some(Origin::Derived) => "listen is not a loopback address",
        Some(_) => "public_url is set",
    };
    let Problem { what, why, fix, about } = problem;
    let why = format!("{why} This is production mode, because {cause}.");
    Problem {
        what,
        why,
        fix: format!("For development: --set mode=development. For production: {fix}"),
        about,
    }
}

fn needed(path: &str, why: &str) -> Problem {
    let (sample, variable) =
        super::key(path).map_or_else(Default::default, |key| (key.sample(), key.variable()));
    let is_secret = super::key(path).is_some_and(|key| key.kind == Kind::Secret);
    let file = if is_secret { format!(" or {variable}_FILE=/path/to/file") } else { String::new() };
    Problem::new(
        format!("{path} is not set, and production needs it."),
        why,
        format!("Set {variable}{file}, or in the file: {sample}"),
    )
}
