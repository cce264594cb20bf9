//! `vestibule backup` and `vestibule restore`: all that is in the database as one file, and back.
//!
//! A backup is what the database itself understands: a `SQLite` file, or an archive of `pg_dump`. It is written under
//! another name first, so that half a one is never taken for a whole.

mod postgres;
mod sqlite;

use super::doctor::unopened;
use super::failure::{Exit, Failure, Result};
use super::shell::{Shell, actor};
use crate::config::DatabaseUrl;
use crate::store::{Scope, Store, backup};
use serde_json::json;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where to.
#[derive(Debug, clap::Args)]
pub(super) struct BackupArguments {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Where from.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArguments {
    /// A file that `vestibule backup` has written
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do so although the database has data, all of which is lost
    #[arg(long)]
    replace: bool,
}

/// What a backup is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        }
    }
}

pub(super) fn backup(shell: &Shell, arguments: &BackupArguments) -> Result {
    shell.existing_file()?;
    let file = &arguments.file;
    let draft = Draft::beside(file)?;
    match &shell.config()?.database.url {
        DatabaseUrl::Sqlite(_) => backup::copy(shell.raw_store()?, &draft.path)?,
        DatabaseUrl::Postgres(url) => postgres::dump(url.reveal(), draft.shared()?)?,
    }
    let bytes = draft.keep(file)?;
    shell.out.note(format!("The master key is not in it. {}", kept_apart(shell)?));
    let shown = file.display().to_string();
    let view = json!({ "file": shown, "bytes": bytes });
    shell.out.object(&view, &[("file", shown), ("bytes", bytes.to_string())])
}

/// Where the master key is, which a backup is no good without.
fn kept_apart(shell: &Shell) -> Result<String> {
    let key = match shell.config()?.own_master_key() {
        Some(file) => file.display().to_string(),
        None => "secrets.master_key".to_owned(),
    };
    Ok(format!(
        "Keep a copy of {key} apart from the backup: without it nothing sealed in it can be opened."
    ))
}

pub(super) fn restore(shell: &Shell, arguments: &RestoreArguments) -> Result {
    let file = &arguments.file;
    let kind = kind_of(file)?;
    let url = &shell.config()?.database.url;
    let migrations = match (url, kind) {
        (DatabaseUrl::Sqlite(database), Kind::Sqlite) => {
            sqlite::restore(shell, arguments, database)?
        }
        (DatabaseUrl::Postgres(url), Kind::Postgres) => {
            postgres::restore(shell, arguments, url.reveal())?
        }
        _ => {
            return Err(Failure::new(
                Exit::Invalid,
                "backup_of_another_kind",
                format!("{} is a backup of {}.", file.display(), kind.name()),
                format!("database.url is {url}."),
                format!("Give database.url of a {} database.", kind.name()),
            ));
        }
    };
    shell.out.note("The master key opens what is sealed in it.");
    if migrations > 0 {
        shell
            .out
            .note(format!("It is of an earlier version: {migrations} migrations were applied."));
    }
    shell.out.note("Sessions and tokens of the time of the backup are live again until they end.");
    let view = json!({ "restored": file, "database": url.to_string(), "migrations": migrations });
    let fields = [("restored", file.display().to_string()), ("database", url.to_string())];
    shell.out.object(&view, &fields)
}

/// By its first bytes.
fn kind_of(file: &Path) -> Result<Kind> {
    let shown = file.display().to_string();
    let mut first = Vec::new();
    File::open(file)
        .and_then(|file| file.take(16).read_to_end(&mut first))
        .map_err(|error| Failure::file(&shown, &error))?;
    if first.starts_with(b"SQLite format 3\0") {
        Ok(Kind::Sqlite)
    } else if first.starts_with(b"PGDMP") {
        Ok(Kind::Postgres)
    } else {
        Err(no_backup(file, "It is neither a SQLite file nor an archive of pg_dump."))
    }
}

fn no_backup(file: &Path, why: &str) -> Failure {
    Failure::new(
        Exit::Invalid,
        "not_a_backup",
        format!("{} is no backup of a gateway.", file.display()),
        why,
        "Give a file that vestibule backup has written.",
    )
}

/// Refuses a backup that is not of a gateway, or of a later one.
fn known(file: &Path, versions: &[String]) -> Result {
    if versions.is_empty() {
        return Err(no_backup(file, "It does not say which migrations it has had."));
    }
    let unknown = backup::unknown(versions)?;
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Invalid,
        "backup_of_a_later_version",
        format!("{} is of a later version.", file.display()),
        format!("It has had migrations that this one does not know: {}.", unknown.join(", ")),
        "Restore it with the version that wrote it.",
    ))
}

/// Asks before a database with data is written over.
fn may_replace(shell: &Shell, arguments: &RestoreArguments) -> Result {
    let url = &shell.config()?.database.url;
    if !arguments.replace {
        return Err(Failure::new(
            Exit::Conflict,
            "database_not_empty",
            format!("There is data at {url}."),
            "It would be lost.",
            "Add --replace if that is meant, after a backup of it.",
        ));
    }
    shell.confirm(&format!("All that is at {url} is lost, and cannot be brought back"), "replace")
}

fn in_use(shell: &Shell) -> Result<Failure> {
    Ok(Failure::new(
        Exit::Conflict,
        "database_in_use",
        format!("Another program uses {}.", shell.config()?.database.url),
        "A gateway that runs would go on with what is no longer there.",
        "Stop every gateway on it, then run the command again.",
    ))
}

/// Brings a restored database to this version, sees that the master key opens it, and writes down that it was restored.
/// Returns how many migrations it took.
fn take(shell: &Shell, store: &Store, unsaved: &str) -> Result<usize> {
    let migrations = backup::bring_up(store)?;
    if let Some((why, fix)) = unopened(shell, store)? {
        return Err(Failure::new(
            Exit::CheckFailed,
            "master_key_of_another",
            format!("The master key does not open what is sealed in the backup. {unsaved}"),
            format!("{why}."),
            format!("{fix}."),
        ));
    }
    store.write_now(&Scope::System, &actor(), backup::restored)?;
    Ok(migrations)
}

/// A file that is being written, for its owner alone. It goes when it is dropped before it is kept.
struct Draft {
    path: PathBuf,
    /// The file itself, whatever becomes of its name.
    file: File,
}

impl Draft {
    /// Beside a file that is not there yet.
    fn beside(file: &Path) -> Result<Self> {
        let shown = file.display().to_string();
        let failed = |error: io::Error| Failure::file(&shown, &error);
        if file.try_exists().map_err(failed)? {
            return Err(Failure::new(
                Exit::Conflict,
                "file_exists",
                format!("{shown} is there already."),
                "A backup is not written over.",
                "Give another name, or move the file away.",
            ));
        }
        Self::of(file)
    }

    fn of(file: &Path) -> Result<Self> {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let path = file.with_file_name(name);
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = opened.map_err(|error| Failure::file(&path.display().to_string(), &error))?;
        Ok(Self { path, file })
    }

    /// The same file for another to write.
    fn shared(&self) -> Result<File> {
        let shared = self.file.try_clone();
        shared.map_err(|error| Failure::file(&self.path.display().to_string(), &error))
    }

    /// Gives it its own name once all of it is on the disk, and tells its length.
    fn keep(self, file: &Path) -> Result<u64> {
        let shown = file.display().to_string();
        let kept = File::open(&self.path).and_then(|written| {
            written.sync_all()?;
            let length = written.metadata()?.len();
            fs::rename(&self.path, file)?;
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(length)
        });
        kept.map_err(|error| Failure::file(&shown, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // One that was kept is not there any more under this name.
        let _ = fs::remove_file(&self.path);
        for beside in ["-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(sqlite::beside(&self.path, beside));
        }
    }
}
