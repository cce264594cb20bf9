//! `vestibule config`: the settings in effect, and those that can be put while the gateway runs.

use super::failure::Result;
use super::shell::Shell;
use crate::store::Scope;
use crate::store::configuration::{self, Wish};
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
    /// Put a setting, as at the console: running gateways follow within seconds
    Set {
        /// The setting: `sign_in.session`
        key: String,
        /// Its value, as in the file
        value: String,
    },
    /// Give a setting back the value that it has otherwise
    Unset {
        /// The setting: `sign_in.session`
        key: String,
    },
}

/// A setting as it is shown.
#[derive(Serialize)]
struct SettingView {
    key: &'static str,
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::Show { origin } => show(shell, origin),
        Command::Check => check(shell),
        Command::Set { key, value } => put(shell, &key, Some(value)),
        Command::Unset { key } => put(shell, &key, None),
    }
}

fn show(shell: &Shell, with_origin: bool) -> Result {
    let loaded = match shell.effective() {
        Ok(loaded) => loaded,
        // Without a database the rest is worth showing all the same.
        Err(failure) => {
            let loaded = shell.loaded()?.clone();
            let why = failure.what();
            shell.out.note(format!("What was put at the console is not among these. {why}"));
            loaded
        }
    };
    let settings: Vec<SettingView> = loaded
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

fn put(shell: &Shell, key: &str, value: Option<String>) -> Result {
    let (start, master) = (shell.loaded()?, shell.master()?);
    let wish = Wish { settings: vec![(key.to_owned(), value)], seen: None };
    shell.write(Scope::System, |tx| configuration::change(tx, start, &master, &wish))?;
    let loaded = shell.effective()?;
    let setting = loaded.settings().into_iter().find(|setting| setting.key == key);
    let Some(setting) = setting else { return Ok(()) };
    let origin = setting.origin.to_string();
    if shell.out.is_json() {
        let view = SettingView { key: setting.key, value: setting.value, origin: Some(origin) };
        return shell.out.json(&view);
    }
    let value = setting.value.unwrap_or_else(|| "not set".to_owned());
    shell
        .out
        .note(format!("{key} is {value} now ({origin}). Running gateways follow within seconds."));
    Ok(())
}

/// Loading has checked everything but what is in other files: the keys, and the guides.
fn check(shell: &Shell) -> Result {
    let loaded = shell.loaded()?;
    shell.guides()?;
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
