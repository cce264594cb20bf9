//! The reference file: every setting with its description, commented out.

use super::{Default, Example, GROUPS, KEYS, Key, Kind};
use std::fmt::Write;

const HEAD: &str = "\
# Vestibule's settings, each with its built-in value. Nothing is needed for development.
#
# Order: flags, environment, this file, what was put at the console, built-in value. In the environment
# `sign_in.session` is VESTIBULE_SIGN_IN__SESSION; VESTIBULE_SIGN_IN__SESSION_FILE names a file that holds it.
# This file is looked for at --config, VESTIBULE_CONFIG, ./vestibule.toml and
# /etc/vestibule/vestibule.toml; the first that is there is read.
# Lengths of time: 60s, 10m, 8h, 30d. Lists in the environment are separated by commas.
";

/// The text of `config/vestibule.toml`, and of what `vestibule init` writes.
#[must_use]
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    for key in KEYS.iter().filter(|key| !key.path.contains('.')) {
        describe(&mut text, key, key.path);
    }
    for (group, doc) in GROUPS {
        text.push('\n');
        for line in *doc {
            let _ = writeln!(text, "#{line}");
        }
        let _ = writeln!(text, "[{group}]");
        for key in KEYS {
            if let Some((of, name)) = key.path.split_once('.')
                && of == *group
            {
                describe(&mut text, key, name);
            }
        }
    }
    text
}

fn describe(text: &mut String, key: &Key, name: &str) {
    text.push('\n');
    for line in key.doc {
        let _ = writeln!(text, "#{line}");
    }
    let (value, note) = match key.preset {
        Default(value) => (value, ""),
        Example(value) => (value, "# No built-in value. Example:\n"),
    };
    let _ = writeln!(text, "{note}# {name} = {}", toml_value(key.kind, value));
}

/// `text` as it is written in a file.
pub(super) fn toml_value(kind: Kind, text: &str) -> String {
    if kind != Kind::List {
        return toml::Value::from(text).to_string();
    }
    let items = super::load::items(text).map(toml::Value::from).collect();
    toml::Value::Array(items).to_string()
}
