//! Has the demo's directory provision somebody and a group, in the dialect of a product.

use super::{Shell, set_up};
use crate::acts::demo::{self, Part, Told};
use crate::cli::failure::{Failure, Result};
use crate::cli::shell::actor;
use serde_json::{Value, json};

pub(super) fn play(shell: &Shell, part: Part, address: &str) -> Result {
    let connection = set_up(shell)?.connection;
    let (mut all, mut unwritten) = (Vec::new(), None);
    let mut tell = |told: Told| {
        if let Err(failure) = line(shell, &told) {
            unwritten.get_or_insert(failure);
        }
        all.push(told);
    };
    let store = shell.store()?;
    let played = demo::provision(store, actor(), &connection, part, address, &mut tell);
    shell.wait(played)??;
    if let Some(failure) = unwritten {
        return Err(failure);
    }
    done(shell, &all)
}

fn line(shell: &Shell, told: &Told) -> Result {
    if shell.out.is_json() {
        return Ok(());
    }
    let Told { method, path, status, effect } = told;
    shell.out.line(format!("{status} {method:<6} {path}\n    {effect}"))
}

/// All of it, and whether each request was answered as it was to be.
fn done(shell: &Shell, all: &[Told]) -> Result {
    let refused = all.iter().filter(|told| told.status >= 400).count();
    if shell.out.is_json() {
        let data: Vec<Value> = all.iter().map(view).collect();
        shell.out.json(&json!({ "data": data, "refused": refused }))?;
    } else {
        shell.out.note("What else is kept of each: vestibule scim requests");
    }
    if refused == 0 { Ok(()) } else { Err(Failure::check()) }
}

fn view(told: &Told) -> Value {
    json!({
        "method": told.method,
        "path": told.path,
        "status": told.status,
        "effect": told.effect,
    })
}
