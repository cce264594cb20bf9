//! The public address is part of every entity ID and URL given to providers: it does not change unnoticed.

use crate::cli::failure::{Exit, Failure, Result};
use crate::cli::shell::Shell;
use crate::store::connections::{self, Connection, Filter};
use crate::store::page::MAX_LIMIT;
use crate::store::{Db, Store, Window, demo, settings};

/// Under this name the address is kept with which the identifiers were made.
const NAME: &str = "public_url";
/// As many connections are listed one by one.
const LISTED: usize = 20;

/// Refuses to start with another public address than before, unless that is accepted or nobody was given any.
pub(super) fn guard(shell: &Shell, store: &Store, accept: bool) -> Result {
    let now = shell.public_url()?.to_owned();
    let before = store.read_now(|db| settings::find(db, NAME))?;
    match before {
        Some(before) if before == now => return Ok(()),
        Some(before) => {
            let affected = store.read_now(affected)?;
            if !affected.is_empty() && !accept {
                return Err(refused(&before, &now, &affected));
            }
            tracing::warn!(
                before,
                now,
                connections = affected.len(),
                "the public address is another"
            );
            for connection in &affected {
                shell.out.note(format!("Give new values to the provider of {}", named(connection)));
            }
        }
        None => {}
    }
    super::write(store, |tx| settings::put(tx, NAME, &now))
}

/// The connections whose provider knows the present identifiers. The demo's follows the address by itself.
pub(in crate::cli) fn affected(db: &mut Db) -> crate::error::Result<Vec<Connection>> {
    let demo = demo::find(db)?.map(|demo| demo.connection.id);
    let mut all = Vec::new();
    let mut window = Window::parse(Some(MAX_LIMIT), None)?;
    loop {
        let page = connections::page(db, &window, &Filter::default())?;
        all.extend(page.data.into_iter().filter(|found| Some(&found.id) != demo.as_ref()));
        match page.next_cursor {
            Some(cursor) => window = Window::parse(Some(MAX_LIMIT), Some(cursor))?,
            None => return Ok(all),
        }
    }
}

fn named(connection: &Connection) -> String {
    format!("{} ({}, {})", connection.id, connection.name, connection.state)
}

fn refused(before: &str, now: &str, affected: &[Connection]) -> Failure {
    let mut list: Vec<String> = affected.iter().take(LISTED).map(named).collect();
    if affected.len() > LISTED {
        list.push(format!("and {} more", affected.len() - LISTED));
    }
    Failure::new(
        Exit::Conflict,
        "identifiers_changed",
        format!("The public address was {before} and is now {now}."),
        format!(
            "It is part of what these providers were given, so that nobody could sign in with them: {}.",
            list.join(", ")
        ),
        "Set public_url back. If it has to change: add --accept-new-identifiers, and give every provider its new values.",
    )
}
