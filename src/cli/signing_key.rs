//! `vestibule signing-key`: the installation's own keys.

use super::failure::{Exit, Failure, Result};
use super::output::cell;
use super::shell::Shell;
use crate::saml::certificate::Certificate;
use crate::store::Scope;
use crate::store::keys::Purpose;
use crate::store::keys::saml::{self as keys, ANNOUNCED, KeyInfo, OPENED};
use crate::views::List;
use crate::views::signing_key::SigningKeyView;
use clap::{Subcommand, ValueEnum};

/// What to do with the installation's own keys.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys that sign and decrypt, newest first
    List,
    /// Announce new SAML keys beside the present ones; later, or with --now, they take over
    Rotate {
        /// Only this one of the two
        #[arg(long = "for", value_name = "USE")]
        only: Option<Use>,
        /// The announced keys take over at once, whether or not providers know them
        #[arg(long)]
        now: bool,
    },
}

/// What a SAML key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Use {
    /// Requests to identity providers.
    Signing,
    /// Assertions that identity providers encrypt.
    Encryption,
}

pub(super) fn run(shell: &Shell, command: &Command) -> Result {
    match command {
        Command::List => list(shell),
        Command::Rotate { only, now } => rotate(shell, *only, *now),
    }
}

fn list(shell: &Shell) -> Result {
    let all = shell.read(keys::list)?;
    let row = |key: &KeyInfo| {
        let certificate = key.certificate.as_ref();
        vec![
            key.id.to_string(),
            key.purpose.to_string(),
            key.algorithm.clone(),
            key.state.as_str().to_owned(),
            key.state_at.to_string(),
            cell(certificate.map(Certificate::not_after)),
            cell(certificate.map(Certificate::fingerprint)),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let heads = ["ID", "PURPOSE", "ALGORITHM", "STATE", "SINCE", "CERTIFICATE ENDS", "SHA-256"];
    let views = all.into_iter().map(SigningKeyView::from).collect();
    shell.out.list(&List::all(views), &heads, &rows)
}

fn rotate(shell: &Shell, only: Option<Use>, now: bool) -> Result {
    let config = shell.config()?;
    if let Some(file) = &config.saml.cert {
        return Err(Failure::new(
            Exit::Conflict,
            "key_from_file",
            "The SAML key comes from a file.",
            format!("The setting saml.cert names {}, so that nothing else signs.", file.display()),
            "Put another certificate and key into the files, tell the providers, and restart.",
        ));
    }
    let purposes: &[Purpose] = match only {
        None => &keys::PURPOSES,
        Some(Use::Signing) => &[Purpose::SamlSigning],
        Some(Use::Encryption) => &[Purpose::SamlEncryption],
    };
    if now {
        let act = "Let the new keys take over at once: providers that do not know the new certificates refuse our requests, or encrypt for the old one";
        shell.confirm(act, "now")?;
    }
    shell.existing_file()?;
    let master = shell.master()?;
    let name = config.public_url.host();
    shell.write(Scope::System, |tx| keys::rotate(tx, &master, name, purposes, now))?;
    list(shell)?;
    shell.out.note(if now {
        format!(
            "Every instance uses the new keys within ten minutes. What is encrypted for the old one is opened for {} more days.",
            OPENED.num_days()
        )
    } else {
        format!(
            "Both certificates are in our metadata within ten minutes. Give it to providers that do not read it themselves. The new keys take over in {} days, or with --now.",
            ANNOUNCED.num_days()
        )
    });
    Ok(())
}
