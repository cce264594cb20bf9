//! `vestibule init`: writes a commented vestibule.toml.

use super::failure::{Exit, Failure, Result};
use super::shell::Shell;
use crate::config::{self, Flags, Surroundings};
use crate::crypto::MasterKey;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What to write.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// For customers: asks for the values that production needs
    #[arg(long)]
    production: bool,
    /// Where to write it
    #[arg(long, value_name = "FILE", default_value = "vestibule.toml")]
    file: String,
    /// The address at which browsers and providers reach the gateway
    #[arg(long, value_name = "URL", requires = "production")]
    public_url: Option<String>,
    /// Where the data is: sqlite:// and a file, or postgres://
    #[arg(long, value_name = "URL", requires = "production")]
    database_url: Option<String>,
    /// The file with the master key; made if it is not there
    #[arg(long, value_name = "FILE", requires = "production")]
    master_key_file: Option<String>,
    /// The address and port to accept connections on
    #[arg(long, value_name = "ADDRESS:PORT", requires = "production")]
    listen: Option<String>,
}

/// A value to put into the file: setting and text.
type Given = (&'static str, String);

pub(super) fn run(shell: &Shell, arguments: &Arguments) -> Result {
    if Path::new(&arguments.file).exists() {
        return Err(Failure::new(
            Exit::Conflict,
            "file_exists",
            format!("{} is there already.", arguments.file),
            "It is not overwritten.",
            "Move it away, or name another with --file.",
        ));
    }
    let mut text = config::reference();
    let mut next = "vestibule serve".to_owned();
    if arguments.production {
        let given = ask(arguments)?;
        for (key, value) in &given {
            text = filled(&text, key, value);
        }
        let key_file = arguments
            .master_key_file
            .clone()
            .map_or_else(|| asked("File for the master key", "/etc/vestibule/master.key"), Ok)?;
        // The address of the database may hold a password, so nobody else reads the file.
        write_new(&arguments.file, &text)?;
        check(&arguments.file)?;
        make_key(shell, &key_file)?;
        next = format!(
            "export VESTIBULE_SECRETS__MASTER_KEY_FILE={key_file}\n      vestibule serve --config {}",
            arguments.file
        );
    } else {
        write_new(&arguments.file, &text)?;
    }
    if shell.out.is_json() {
        return shell.out.json(&serde_json::json!({ "file": arguments.file }));
    }
    shell.out.note(format!("Wrote {}.\nNext: {next}", arguments.file));
    Ok(())
}

fn ask(arguments: &Arguments) -> Result<Vec<Given>> {
    let or_asked = |given: &Option<String>, question: &str, example: &str| match given {
        Some(value) => Ok(value.clone()),
        None => asked(question, example),
    };
    Ok(vec![
        ("mode", "production".to_owned()),
        ("public_url", or_asked(&arguments.public_url, "Public address, as https://HOST", "")?),
        ("listen", or_asked(&arguments.listen, "Address to listen on", "127.0.0.1:8080")?),
        (
            "database.url",
            or_asked(
                &arguments.database_url,
                "Database",
                "sqlite:///var/lib/vestibule/vestibule.db",
            )?,
        ),
    ])
}

/// Asks on the terminal; an empty answer is the example. Without an example it is asked again.
fn asked(question: &str, example: &str) -> Result<String> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "value_required",
            format!("{question}: a value is needed."),
            "There is no terminal to ask on.",
            "Give --public-url, --listen, --database-url and --master-key-file.",
        ));
    }
    let shown = if example.is_empty() { String::new() } else { format!(" [{example}]") };
    loop {
        let mut err = io::stderr().lock();
        write!(err, "{question}{shown}: ")
            .and_then(|()| err.flush())
            .map_err(Failure::unwritten)?;
        let mut line = String::new();
        let length = io::stdin().lock().read_line(&mut line).map_err(anyhow::Error::new)?;
        match line.trim() {
            "" if example.is_empty() && length > 0 => {}
            "" => return Ok(example.to_owned()),
            typed => return Ok(typed.to_owned()),
        }
    }
}

/// `text` with the commented line of a setting made a real one.
fn filled(text: &str, key: &str, value: &str) -> String {
    let (group, name) =
        key.split_once('.').map_or((None, key), |(group, name)| (Some(group), name));
    let mut at: Option<String> = None;
    let start = format!("# {name} = ");
    let lines = text.lines().map(|line| {
        if let Some(table) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            at = Some(table.to_owned());
        }
        if at.as_deref() == group && line.starts_with(&start) {
            return format!("{name} = {}", toml::Value::from(value));
        }
        line.to_owned()
    });
    let mut filled: String = lines.collect::<Vec<_>>().join("\n");
    filled.push('\n');
    filled
}

fn write_new(file: &str, text: &str) -> Result {
    let path = Path::new(file);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| Failure::file(file, &error))?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    opened
        .and_then(|mut out| out.write_all(text.as_bytes()).and_then(|()| out.sync_all()))
        .map_err(|error| Failure::file(file, &error))
}

/// A file with which the gateway would not start is not left behind.
fn check(file: &str) -> Result {
    let flags = Flags { config: Some(file.into()), settings: Vec::new() };
    let key = MasterKey::generate();
    let variables = vec![("VESTIBULE_SECRETS__MASTER_KEY".to_owned(), key.reveal().to_owned())];
    let around = Surroundings { variables, files: Vec::new() };
    if let Err(problems) = config::load_from(&flags, &around) {
        fs::remove_file(file).map_err(|error| Failure::file(file, &error))?;
        return Err(problems.into());
    }
    Ok(())
}

fn make_key(shell: &Shell, file: &str) -> Result {
    if Path::new(file).exists() {
        shell.out.note(format!("The master key {file} is there already and stays."));
        return Ok(());
    }
    write_new(file, &format!("{}\n", MasterKey::generate().reveal()))?;
    shell.out.note(format!(
        "Wrote the master key {file}. Keep a copy apart from the database: without it, nothing sealed can be read."
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_into_the_line_of_its_own_setting() {
        let text = filled(&config::reference(), "database.url", "postgres://db/vestibule");
        let tree: toml::Table = text.parse().unwrap();
        assert_eq!(tree["database"]["url"].as_str(), Some("postgres://db/vestibule"));
        let text = filled(&text, "public_url", "https://sso.example.com");
        let tree: toml::Table = text.parse().unwrap();
        assert_eq!(tree["public_url"].as_str(), Some("https://sso.example.com"));
    }
}
