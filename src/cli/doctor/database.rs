//! The database, its migrations, and the keys in it.

use super::Finding;
use crate::cli::failure::Result;
use crate::cli::serve::affected;
use crate::cli::shell::Shell;
use crate::config::{DatabaseUrl, Secret};
use crate::crypto::MasterKey;
use crate::store::{Store, keys, settings};

/// Whether the database answers and is up to date. Nothing is made or changed.
pub(super) fn look(shell: &Shell) -> Result<Vec<Finding>> {
    let url = &shell.config()?.database.url;
    if let DatabaseUrl::Sqlite(file) = url
        && !file.exists()
    {
        let detail = format!("{} is not there", file.display());
        let fix = "Run this in the folder where the gateway was started; its first start makes it";
        return Ok(vec![Finding::failed("database", detail, fix)]);
    }
    let store = shell.raw_store()?;
    let pending = match store.pending_migrations() {
        Ok(pending) => pending,
        Err(error) => {
            let detail = format!("{url}: {error}");
            let fix = "See that the database runs, and that database.url names it";
            return Ok(vec![Finding::failed("database", detail, fix)]);
        }
    };
    let mut findings = vec![Finding::ok("database", url.to_string())];
    findings.push(if pending.is_empty() {
        Finding::ok("migrations", "up to date")
    } else {
        let detail = format!("pending: {}", pending.join(", "));
        Finding::failed("migrations", detail, "vestibule migrate")
    });
    Ok(findings)
}

/// Whether the master key opens what it sealed.
pub(super) fn keys(shell: &Shell) -> Result<Finding> {
    Ok(match unopened(shell, shell.raw_store()?)? {
        None => Finding::ok("keys", "the master key opens the keys that sign and decrypt"),
        Some((detail, fix)) => Finding::failed("keys", detail, fix),
    })
}

/// Why the master key does not open what is sealed in a database, and what to do; nothing where it does. No key is made.
pub(in crate::cli) fn unopened(shell: &Shell, store: &Store) -> Result<Option<(String, String)>> {
    const FIX: &str =
        "Bring back the master key that this database was used with (secrets.master_key)";
    let config = shell.config()?;
    if let Some(file) = config.own_master_key().filter(|file| !file.exists()) {
        return Ok(Some((format!("{} is not there", file.display()), FIX.to_owned())));
    }
    let given = match config.master_keys() {
        Ok(given) => given,
        Err(problem) => return Ok(Some((problem.what, problem.fix))),
    };
    let previous = given.previous.as_ref().map(Secret::reveal);
    let opened = MasterKey::from_base64(given.current.reveal(), previous)
        .and_then(|master| store.read_now(|db| keys::load(db, &master, None, shell.now())));
    Ok(opened.err().map(|error| (error.to_string(), FIX.to_owned())))
}

/// Whether the public address is the one that providers were given.
pub(super) fn identifiers(shell: &Shell) -> Result<Finding> {
    let now = shell.public_url()?;
    let (before, affected) =
        shell.read(|db| Ok((settings::find(db, "public_url")?, affected(db)?.len())))?;
    Ok(match before {
        Some(before) if before != now && affected > 0 => Finding::failed(
            "identifiers",
            format!("public_url was {before} and is now {now}; {affected} connections"),
            "Set public_url back, or serve with --accept-new-identifiers and give providers new values",
        ),
        _ => Finding::ok("identifiers", format!("made with {now}")),
    })
}
