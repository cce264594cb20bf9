//! `vestibule config`: the settings in effect.

use super::failure::Result;
use super::shell::Shell;
use crate::views::List;
use clap::Subcommand;
use serde::Serialize;

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print every setting with its value; secrets stay hidden
    Show {
        /// Also print where each came from
        #[arg(long)]
        origin: bool,
    },
    /// Say whether the gateway could start with these settings
    Check,
}

/// A setting as it is shown.
#[derive(Serialize)]
struct SettingView {
    key: &'static str,
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

pub(super) fn run(shell: &Shell, command: &Command) -> Result {
    match command {
        Command::Show { origin } => show(shell, *origin),
        Command::Check => check(shell),
    }
}

fn show(shell: &Shell, with_origin: bool) -> Result {
    let settings: Vec<SettingView> = shell
        .loaded()?
        .settings()
        .into_iter()
        .map(|setting| SettingView {
            key: setting.key,
            value: setting.value,
            origin: with_origin.then(|| setting.origin.to_string()),
        })
        .collect();
    let row = |view: &SettingView| {
        let mut row = vec![view.key.to_owned(), view.value.clone().unwrap_or_default()];
        row.extend(view.origin.clone());
        row
    };
    let rows: Vec<Vec<String>> = settings.iter().map(row).collect();
    shell.out.list(&List::all(settings), &["SETTING", "VALUE", "FROM"], &rows)
}

/// Loading has checked everything but what the keys are in files.
fn check(shell: &Shell) -> Result {
    let loaded = shell.loaded()?;
    if !loaded.config.is_development() {
        loaded.config.master_keys()?;
    }
    let file = loaded.file.as_ref().map(|file| file.display().to_string());
    if shell.out.is_json() {
        return shell.out.json(&serde_json::json!({ "valid": true, "file": file }));
    }
    shell.out.note(match file {
        Some(file) => format!("The settings are fine; {file} was read."),
        None => "The settings are fine; there is no file.".to_owned(),
    });
    Ok(())
}
