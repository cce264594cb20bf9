//! `vestibule saml`: messages are looked at and verified without a gateway.

use super::failure::{Failure, Result};
use super::output::Tone;
use super::shell::{self, Shell};
use super::trace;
use crate::clock::Time;
use crate::crypto::PrivateKey;
use crate::guides::{self, Values};
use crate::saml::certificate::TrustedKeys;
use crate::saml::encryption::DecryptionKey;
use crate::saml::inspect::{self, Inspection};
use crate::saml::metadata;
use crate::saml::response::{self, Expected, Identity};
use crate::views::trace::{self as views, CheckView, FixView};
use chrono::{DateTime, TimeDelta};
use clap::Subcommand;
use serde::Serialize;

/// What to do with messages.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Decode a message or metadata, print it, and run every check that needs no server
    Inspect {
        /// XML, base64, or an address or form with such a parameter; - is standard input
        file: String,
    },
    /// Verify a response as a sign-in would; exit code 8 if it is refused
    Verify(Verify),
}

/// What a response is verified against.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The response: XML, base64, or a form with it; - is standard input
    file: String,
    /// The file with the identity provider's metadata
    #[arg(long, value_name = "FILE")]
    metadata: String,
    /// The address that the response has to be sent to
    #[arg(long, value_name = "URL")]
    acs: String,
    /// The audience that the assertion has to name
    #[arg(long, value_name = "ID")]
    entity_id: String,
    /// Which identity provider to take, where the metadata describes several
    #[arg(long, value_name = "ID")]
    idp_entity_id: Option<String>,
    /// The ID of the request that the response has to answer; left out, that it names is taken
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// The time by which it is judged, as in 2026-01-31T09:30:00Z; now if left out
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<chrono::Utc>>,
    /// By how many seconds clocks may differ
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(i64).range(0..=180))]
    clock_skew: i64,
    /// Accept signatures with SHA-1, which can be forged
    #[arg(long)]
    allow_sha1: bool,
    /// A file with a private key, PEM, that opens what is encrypted; may be given several times
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<String>,
    /// Accept encryption with AES-CBC
    #[arg(long)]
    allow_cbc: bool,
    /// Which provider it is, as the guides name it, so that it is told in its words what to change
    #[arg(long, value_name = "NAME", default_value = guides::GENERIC)]
    provider: String,
}

/// What a verification gave, as JSON.
#[derive(Serialize)]
struct Verified<'a> {
    #[serde(rename = "verified")]
    is_accepted: bool,
    cause: Option<&'static str>,
    detail: Option<&'a str>,
    checks: Vec<CheckView>,
    fix: Option<FixView>,
    identity: Option<&'a Identity>,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::Inspect { file } => inspect(shell, &file),
        Command::Verify(arguments) => verify(shell, arguments),
    }
}

fn inspect(shell: &Shell, file: &str) -> Result {
    let found = look(shell, file)?;
    if shell.out.is_json() {
        shell.out.json(&found)?;
    } else {
        written(shell, &found)?;
    }
    if found.problem.is_none() { Ok(()) } else { Err(Failure::check()) }
}

fn look(shell: &Shell, file: &str) -> Result<Inspection> {
    let bytes = shell::read_file(file)?;
    inspect::inspect(&bytes, shell.now())
        .map_err(|why| crate::error::Error::invalid("", "unreadable", why).into())
}

fn written(shell: &Shell, found: &Inspection) -> Result {
    if let Some(xml) = &found.xml {
        shell.out.line(xml.trim_end())?;
        shell.out.line("")?;
    }
    let facts: Vec<(&str, String)> =
        found.facts.iter().map(|fact| (fact.name, fact.value.clone())).collect();
    shell.out.fields(&facts)?;
    trace::write_checks(&shell.out, &found.checks, &shell.locale()?)?;
    for sentence in &found.not_checked {
        shell.out.line(format!("  not checked  {sentence}"))?;
    }
    if let Some(problem) = &found.problem {
        let word = shell.out.tone(Tone::Bad, problem.code);
        shell.out.line(format!("{word}  {}", problem.detail))?;
    }
    Ok(())
}

fn verify(shell: &Shell, arguments: Verify) -> Result {
    let now = arguments.at.map_or_else(|| shell.now(), Time::from);
    let metadata = shell::read_file(&arguments.metadata)?;
    let provider = metadata::parse(&metadata, arguments.idp_entity_id.as_deref(), "", now)
        .map_err(|fault| crate::error::Error::Invalid(vec![fault.field_error("/metadata")]))?;
    let field = inspect::field(&shell::read_file(&arguments.file)?)
        .map_err(|why| crate::error::Error::invalid("/file", "unreadable", why))?;
    let asked = arguments.request.or_else(|| response::in_response_to(&field));
    let keys = TrustedKeys::new(&provider.certificates);
    let decryption_keys =
        arguments.keys.iter().map(|file| decryption_key(file)).collect::<Result<Vec<_>>>()?;
    let expected = Expected {
        acs: &arguments.acs,
        entity_id: &arguments.entity_id,
        idp_entity_id: &provider.entity_id,
        keys: &keys,
        decryption_keys: &decryption_keys,
        in_response_to: asked.as_deref(),
        allow_sha1: arguments.allow_sha1,
        allow_cbc: arguments.allow_cbc,
        is_cbc_spent: false,
        skew: TimeDelta::seconds(arguments.clock_skew),
    };
    let outcome = response::verify(&field, &expected, now);
    told(shell, &outcome, &arguments.provider, &expected)?;
    if outcome.result.is_ok() { Ok(()) } else { Err(Failure::check()) }
}

fn decryption_key(file: &str) -> Result<DecryptionKey> {
    let pem = String::from_utf8_lossy(&shell::read_file(file)?).into_owned();
    let key = PrivateKey::from_pem(&pem)?;
    DecryptionKey::new(key.as_openssl().to_owned()).ok_or_else(|| {
        let detail = format!("The key in {file} is not an RSA key, and no other opens anything.");
        crate::error::Error::invalid("/key", "invalid", detail).into()
    })
}

fn told(
    shell: &Shell,
    outcome: &response::Outcome,
    guide: &str,
    expected: &Expected<'_>,
) -> Result {
    let rejection = outcome.result.as_ref().err();
    let locale = shell.locale()?;
    let values = Values {
        idp_entity_id: Some(expected.idp_entity_id),
        sp_entity_id: expected.entity_id,
        sp_metadata_url: "",
        acs: expected.acs,
        slo: "",
        login_url: "",
        app: None,
    };
    let fix = match rejection {
        Some(rejection) => Some(shell.guides()?.fix(&locale, rejection.cause, guide, &values)),
        None => None,
    };
    let identity = outcome.result.as_ref().ok();
    if shell.out.is_json() {
        return shell.out.json(&Verified {
            is_accepted: rejection.is_none(),
            cause: rejection.map(|rejection| rejection.cause.code()),
            detail: rejection.map(|rejection| rejection.detail.as_str()),
            checks: views::checks(&outcome.checks, &locale),
            fix: fix.map(FixView::from),
            identity,
        });
    }
    trace::write_checks(&shell.out, &outcome.checks, &locale)?;
    if let Some(rejection) = rejection {
        let code = shell.out.tone(Tone::Bad, rejection.cause.code());
        shell.out.line(format!("{code}  {}", rejection.detail))?;
        return fix.map_or(Ok(()), |fix| trace::write_fix(&shell.out, &fix));
    }
    let Some(identity) = identity else { return Ok(()) };
    let mut fields = vec![("name_id", identity.name_id.value.clone())];
    for attribute in &identity.attributes {
        fields.push((attribute.name.as_str(), attribute.values.join(" | ")));
    }
    shell.out.fields(&fields)
}
