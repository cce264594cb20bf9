//! The keys that seal secrets, generated on first use in development.

use super::check::is_master_key;
use super::{Config, Problem, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The keys that seal secrets, each 32 bytes in base64.
#[derive(Debug, Clone)]
pub struct MasterKeys {
    /// Seals and opens.
    pub current: Secret,
    /// Opens what was sealed before the last change.
    pub previous: Option<Secret>,
    /// Whether the key was made by this call.
    pub is_new: bool,
}

/// The keys of `config`, or in development those of the data folder.
pub(super) fn of(config: &Config) -> Result<MasterKeys, Problem> {
    let previous = config.secrets.master_key_previous.clone();
    if let Some(current) = config.secrets.master_key.clone() {
        return Ok(MasterKeys { current, previous, is_new: false });
    }
    let path = config.data_dir().join("master.key");
    let failed = |error: io::Error| {
        Problem::new(
            format!("The master key {} can be neither read nor written.", path.display()),
            format!("The system says: {error}."),
            "Let the user that runs the gateway write there, or set secrets.master_key.",
        )
    };
    let (text, is_new) = load_or_create(&path).map_err(failed)?;
    let current = Secret::new(text.trim());
    if !is_master_key(&current) {
        return Err(Problem::new(
            format!("{} is not a master key.", path.display()),
            "It should hold 32 bytes in base64. Without the key, sealed secrets cannot be read.",
            "Bring the file back from a copy, or remove it together with the database.",
        ));
    }
    Ok(MasterKeys { current, previous, is_new })
}

/// The text of `path`, made if it is not there. Of several processes that start at once, one makes it.
fn load_or_create(path: &Path) -> io::Result<(String, bool)> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        other => return Ok((other?, false)),
    }
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut bytes = [0; 32];
    openssl::rand::rand_bytes(&mut bytes)?;
    let text = STANDARD.encode(bytes);
    // Written whole under another name, then given its own: nobody reads half a key.
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok((fs::read_to_string(path)?, false))
        }
        other => other.map(|()| (text, true)),
    }
}
