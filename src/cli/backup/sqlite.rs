//! A `SQLite` database is put back as a file: looked at beside the one in use, and given its name once all is well.

use super::{Draft, RestoreArguments, in_use, known, may_replace, no_backup, take};
use crate::cli::failure::{Failure, Result};
use crate::cli::shell::Shell;
use crate::clock::Clock;
use crate::store::{Store, backup};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

/// Puts a backup in the place of the database, or changes nothing. Returns how many migrations it took.
pub(super) fn restore(
    shell: &Shell,
    arguments: &RestoreArguments,
    database: &Path,
) -> Result<usize> {
    let file = &arguments.file;
    if let Some(damage) = backup::damage(file) {
        return Err(no_backup(file, &format!("It is damaged: {damage}.")));
    }
    if database.exists() {
        may_replace(shell, arguments)?;
    }
    shell.make_data_dir()?;
    let draft = Draft::of(database)?;
    let failed = |error: io::Error| Failure::file(&database.display().to_string(), &error);
    File::open(file).and_then(|mut read| io::copy(&mut read, &mut &draft.file)).map_err(failed)?;
    let migrations = looked_at(shell, file, &draft)?;
    // Whoever runs the gateway has to get at it, also where somebody else has restored it.
    let place = if database.exists() { database } else { &shell.config()?.data_dir() };
    let (wanted, is) =
        (fs::metadata(place).map_err(failed)?, draft.file.metadata().map_err(failed)?);
    if (wanted.uid(), wanted.gid()) != (is.uid(), is.gid()) {
        fchown(&draft.file, Some(wanted.uid()), Some(wanted.gid())).map_err(failed)?;
    }
    if database.exists() && !backup::is_unused(database) {
        return Err(in_use(shell)?);
    }
    // What is left beside a database that was not closed belongs to that one.
    for ending in ["-wal", "-shm"] {
        match fs::remove_file(beside(database, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    draft.keep(database)?;
    Ok(migrations)
}

/// Whether a copy is one that this gateway can go on with; brings it to this version.
fn looked_at(shell: &Shell, file: &Path, draft: &Draft) -> Result<usize> {
    let url = format!("sqlite://{}", draft.path.display());
    let store = Store::open(&url, Clock::default())?;
    let tables = backup::tables(&store)?;
    if !tables.iter().any(|name| name == backup::MIGRATIONS) {
        return Err(no_backup(file, "It is a database of something else."));
    }
    known(file, &backup::versions(&store)?)?;
    let migrations = take(shell, &store, "Nothing was changed.")?;
    drop(store);
    if !backup::is_unused(&draft.path) {
        return Err(in_use(shell)?);
    }
    Ok(migrations)
}

/// The file that `SQLite` keeps beside another.
pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    PathBuf::from(name)
}
