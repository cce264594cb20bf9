//! `vestibule apply` and `vestibule export`: what there is to set up, as a file.

mod aliases;
mod document;
mod export;
mod inside;
mod run;
#[cfg(test)]
mod tests;

use super::failure::{Exit, Failure, Result};
use super::shell::{self, Shell};
use crate::acts;
use crate::acts::metadata::{Reading, Source};
use crate::error::Error;
use crate::store::connections::Settings;
use crate::store::{Scope, organizations};
use document::Document;
use run::{Metadata, Plan};

/// Which file, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file: TOML or JSON; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: String,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove connections, aliases, entities and domains of the file's organizations that it does not name
    #[arg(long)]
    prune: bool,
    /// It is meant that people lose something
    #[arg(long)]
    allow_removals: bool,
}

/// Writes everything that there is.
pub(super) fn export(shell: &Shell) -> Result {
    let document = shell.read(export::export)?;
    if shell.out.is_json() {
        return shell.out.json(&document);
    }
    let text = toml::to_string_pretty(&document).map_err(|error| {
        Failure::new(
            Exit::Invalid,
            "no_toml",
            "This cannot be written as TOML.",
            format!("{error}."),
            "Write it as JSON: vestibule export --json. apply reads both.",
        )
    })?;
    shell.out.line(text.trim_end())
}

/// Makes everything as a file says.
pub(super) fn apply(shell: &Shell, arguments: &Arguments) -> Result {
    let file = read(&arguments.file)?;
    let metadata = fetched(shell, &file)?;
    let mut plan = None;
    // A plan is what really happened, taken back: nothing else could know what the acts refuse.
    let done = shell.write(Scope::System, |tx| {
        let found = run::run(tx, &file, &metadata, arguments.prune)?;
        let is_refused = found.lose > 0 && !arguments.allow_removals;
        plan = Some(found);
        if arguments.dry_run || is_refused {
            Err(Error::conflict("taken_back", ""))
        } else {
            Ok(())
        }
    });
    let Some(plan) = plan else { return done };
    let is_refused = plan.lose > 0 && !arguments.allow_removals;
    show(shell, &plan, arguments.dry_run || is_refused)?;
    if is_refused {
        return Err(Failure::new(
            Exit::CheckFailed,
            "removals",
            format!("{} people would lose something. Nothing was changed.", plan.lose),
            "A file that takes access is applied only if that is meant.",
            "Look at the plan, then add --allow-removals.",
        ));
    }
    if arguments.dry_run { Ok(()) } else { done }
}

fn show(shell: &Shell, plan: &Plan, is_taken_back: bool) -> Result {
    if shell.out.is_json() {
        return shell.out.json(plan);
    }
    for line in &plan.changes {
        let sign = match line.act {
            "create" => "+",
            "remove" => "-",
            _ => "~",
        };
        let fields = line.fields.join(", ");
        let text = format!("{sign} {} {}  {fields}", line.what, line.name);
        shell.out.line(text.trim_end())?;
    }
    let verb = if is_taken_back { "would change" } else { "changed" };
    shell.out.note(match plan.changes.len() {
        0 => "Everything is as the file says.".to_owned(),
        1 => format!("1 thing {verb}."),
        n => format!("{n} things {verb}."),
    });
    Ok(())
}

fn read(file: &str) -> Result<Document> {
    let bytes = shell::read_file(file)?;
    let text = String::from_utf8_lossy(&bytes);
    let read = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.to_string().trim().to_owned())
    };
    read.map_err(|why| {
        Failure::new(
            Exit::Invalid,
            "malformed_file",
            format!("The file {file} cannot be read."),
            why,
            "Write it as vestibule export does.",
        )
    })
}

/// The network first, so that no transaction waits for it: metadata that is new, or not known here.
fn fetched(shell: &Shell, file: &Document) -> Result<Metadata> {
    let mut wanted = Vec::new();
    for (at, organization) in file.organizations.iter().enumerate() {
        let rows = shell.read(|db| {
            match organizations::by_external_id(db, &organization.external_id)? {
                Some(row) => export::connection_rows(db, &row),
                None => Ok(Vec::new()),
            }
        })?;
        for (n, connection) in organization.connections.iter().flatten().enumerate() {
            let there = rows.iter().find(|row| row.name == connection.name);
            let source = match (&connection.metadata_url, &connection.metadata_xml) {
                (Some(url), _) => {
                    let is_known = there.is_some_and(|row| row.metadata_url.as_ref() == Some(url));
                    (!is_known).then(|| Source::Url(url.clone()))
                }
                (None, Some(xml)) => Some(Source::Xml(xml.clone().into_bytes())),
                (None, None) => None,
            };
            let signed_by = connection.settings.as_ref().and_then(Settings::metadata_keys);
            wanted.extend(source.map(|source| ((at, n), source, signed_by)));
        }
    }
    let (config, now) = (shell.config()?, shell.now());
    let public_url = config.public_url.as_str();
    let read = shell.wait(async {
        let fetcher = acts::fetcher(config)?;
        let mut read = Metadata::new();
        for ((at, n), source, signed_by) in wanted {
            let reading = Reading { fetcher: &fetcher, public_url, choose: None, signed_by, now };
            let place = format!("/organizations/{at}/connections/{n}");
            let found = source.read(&reading).await.map_err(|error| error.within(&place))?;
            read.insert((at, n), found);
        }
        crate::error::Result::<Metadata>::Ok(read)
    })??;
    Ok(read)
}
