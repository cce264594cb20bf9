//! Postgres is copied and put back by its own programs: `pg_dump`, `pg_restore` and `psql`.
//!
//! A password goes to them in their environment, which other users of the machine do not see. What is there is replaced in
//! one transaction, so it is either the database before or the backup.

use super::{RestoreArguments, in_use, known, may_replace, no_backup, take};
use crate::cli::failure::{Exit, Failure, Result};
use crate::cli::shell::Shell;
use crate::store::backup;
use percent_encoding::percent_decode_str;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// Without these a backup could be put back only where the same accounts are.
const OWNERLESS: [&str; 2] = ["--no-owner", "--no-privileges"];

/// Writes all of a database into a file, as it is at one moment.
pub(super) fn dump(url: &str, into: File) -> Result {
    let mut program = program("pg_dump", url);
    program.arg("--format=custom").args(OWNERLESS).stdout(into);
    finished("pg_dump", &begun("pg_dump", program)?.wait_with_output().map_err(broken)?)
}

/// Puts a backup in the place of what is in the database. Returns how many migrations it took.
pub(super) fn restore(shell: &Shell, arguments: &RestoreArguments, url: &str) -> Result<usize> {
    let file = &arguments.file;
    known(file, &versions(file)?)?;
    let store = shell.raw_store()?;
    let tables = backup::tables(store)?;
    if !tables.is_empty() {
        if !tables.iter().any(|name| name.ends_with(&format!(".{}", backup::MIGRATIONS))) {
            return Err(Failure::new(
                Exit::Conflict,
                "database_of_something_else",
                format!("{} has tables of something else.", shell.config()?.database.url),
                "The gateway needs a database of its own.",
                "Make one, and set database.url to it.",
            ));
        }
        may_replace(shell, arguments)?;
    }
    if backup::others(store)? > 0 {
        return Err(in_use(shell)?);
    }
    replace(file, url, &tables)?;
    take(shell, store, "The database has been restored with it.")
}

/// The migrations that a backup has had.
fn versions(file: &Path) -> Result<Vec<String>> {
    let mut program = Command::new("pg_restore");
    program
        .args(["--data-only", "--file=-"])
        .arg(format!("--table={}", backup::MIGRATIONS))
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let output = begun("pg_restore", program)?.wait_with_output().map_err(broken)?;
    if !output.status.success() {
        return Err(no_backup(file, &format!("pg_restore says: {}.", said(&output))));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows = text.lines().skip_while(|line| !line.starts_with("COPY ")).skip(1);
    let rows = rows.take_while(|line| *line != "\\.");
    Ok(rows.filter_map(|row| row.split('\t').next()).map(str::to_owned).collect())
}

/// Takes `tables` away and puts what is in the backup there, in one transaction.
fn replace(file: &Path, url: &str, tables: &[String]) -> Result {
    let mut reading = Command::new("pg_restore");
    reading.args(OWNERLESS).arg("--file=-").arg(file).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut writing = program("psql", url);
    writing
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut writer = begun("psql", writing)?;
    let mut reader = match begun("pg_restore", reading) {
        Ok(reader) => reader,
        Err(failure) => {
            stopped(&mut writer);
            return Err(failure);
        }
    };
    let passed = pass(&mut reader, &mut writer, tables);
    // What psql has done it keeps only if it is told so, after all is well: not if this program ends before.
    let read = reader.wait_with_output().map_err(broken)?;
    let has_closed = |error: &io::Error| error.kind() == ErrorKind::BrokenPipe;
    let refused = passed.as_ref().is_err_and(has_closed);
    if !refused && (passed.is_err() || !read.status.success()) {
        stopped(&mut writer);
        return finished("pg_restore", &read).and_then(|()| passed.map_err(broken));
    }
    if let (Ok(()), Some(into)) = (&passed, writer.stdin.as_mut()) {
        // Where psql has given up, it says why.
        writeln!(into, "COMMIT;")
            .or_else(|error| has_closed(&error).then_some(()).ok_or(error))
            .map_err(broken)?;
    }
    finished("psql", &writer.wait_with_output().map_err(broken)?)?;
    passed.map_err(broken)
}

fn pass(reader: &mut Child, writer: &mut Child, tables: &[String]) -> io::Result<()> {
    let (Some(from), Some(into)) = (reader.stdout.take(), writer.stdin.as_mut()) else {
        return Err(io::Error::other("a pipe is missing"));
    };
    writeln!(into, "BEGIN;\nSET client_min_messages = warning;")?;
    if !tables.is_empty() {
        writeln!(into, "DROP TABLE {} CASCADE;", tables.join(", "))?;
    }
    io::copy(&mut BufReader::new(from), into)?;
    into.flush()
}

/// Ends a program whose work is not wanted any more; its transaction ends with it.
fn stopped(child: &mut Child) {
    // One that has ended already need not be ended.
    let _ = child.kill();
    let _ = child.wait();
}

/// A program of Postgres that talks to the database at `url`.
fn program(name: &str, url: &str) -> Command {
    let (address, password) = apart(url);
    let mut program = Command::new(name);
    program.arg(format!("--dbname={address}")).arg("--no-password").stdin(Stdio::null());
    if let Some(password) = password {
        program.env("PGPASSWORD", password);
    }
    program
}

fn begun(name: &str, mut program: Command) -> Result<Child> {
    program.stderr(Stdio::piped()).spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::new(
            Exit::Usage,
            "program_missing",
            format!("{name} is not on this machine."),
            "Postgres is copied and put back by its own programs: pg_dump, pg_restore and psql.",
            "Install them, in the version of the server or a later one (Debian: postgresql-client).",
        ),
        _ => broken(error),
    })
}

fn broken(error: io::Error) -> Failure {
    anyhow::Error::new(error).context("a program of Postgres").into()
}

fn finished(name: &str, output: &Output) -> Result {
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Unreachable,
        "program_failed",
        format!("{name} did not do it. Nothing was changed."),
        format!("It says: {}.", said(output)),
        "See that the database runs, that database.url names it, and that the program is not older than the server.",
    ))
}

/// The first line that a program has written about what went wrong.
fn said(output: &Output) -> String {
    let mut lines = output.stderr.lines().map_while(io::Result::ok);
    let line = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.trim().trim_end_matches('.').to_owned()
}

/// An address without its password, and the password.
fn apart(url: &str) -> (String, Option<String>) {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (rest, query) =
        url.split_once('?').map_or((url, None), |(rest, query)| (rest, Some(query)));
    let (scheme, rest) = rest.split_once("://").unwrap_or(("postgres", rest));
    let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, at)| (Some(user), at));
    let (name, mut password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
        Some((name, "")) => (Some(name), None),
        Some((name, password)) => (Some(name), Some(decoded(password))),
        None => (None, None),
    };
    let mut address = format!("{scheme}://");
    address.extend(name.map(|name| format!("{name}@")));
    address.push_str(place);
    let mut before = '?';
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        if let Some(given) = pair.strip_prefix("password=") {
            password = Some(decoded(given));
        } else {
            address.extend([before.to_string(), pair.to_owned()]);
            before = '&';
        }
    }
    (address, password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_no_part_of_what_a_program_is_called_with() {
        let apart = |url| {
            let (address, password) = super::apart(url);
            (address, password.unwrap_or_default())
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(apart("postgres://h/d"), pair("postgres://h/d", ""));
        assert_eq!(apart("postgresql://u@h:1/d"), pair("postgresql://u@h:1/d", ""));
        assert_eq!(apart("postgres://u:p%40q@h:1/d?a=b"), pair("postgres://u@h:1/d?a=b", "p@q"));
        assert_eq!(apart("postgres://u:p@q@h/d"), pair("postgres://u@h/d", "p@q"));
        let query = "postgres://u@/d?host=/run&password=x%26y&sslmode=require";
        assert_eq!(apart(query), pair("postgres://u@/d?host=/run&sslmode=require", "x&y"));
        let program = program("pg_dump", "postgres://u:marked@h/d?password=marked");
        assert!(!format!("{:?}", program.get_args()).contains("marked"));
    }
}
