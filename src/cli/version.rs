//! `vestibule version`.

use super::failure::Result;
use super::shell::Shell;
use serde_json::json;

pub(super) fn run(shell: &Shell) -> Result {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    if shell.out.is_json() {
        return shell.out.json(&json!({ "name": name, "version": version }));
    }
    shell.out.line(format!("{name} {version}"))
}
