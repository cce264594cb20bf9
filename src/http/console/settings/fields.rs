//! A setting as a page shows it: its value, what it may be, who fixed or changed it.

use super::form::Typed;
use crate::config::{Key, Loaded, Origin};
use crate::http::console::listing;
use crate::http::server::State;
use crate::store::configuration::Row;
use std::collections::HashMap;

/// What the database knows of settings, and what members are called.
#[derive(Default)]
pub(super) struct Known {
    pub(super) rows: Vec<Row>,
    pub(super) members: HashMap<String, String>,
}

impl Known {
    /// The revision that a page of now is of.
    pub(super) fn revision(&self) -> i64 {
        self.rows.iter().map(|row| row.revision).max().unwrap_or_default()
    }

    fn row(&self, key: &Key) -> Option<&Row> {
        self.rows.iter().find(|row| row.key == key.path)
    }

    fn who(&self, row: &Row) -> String {
        self.members.get(&row.changed_by).unwrap_or(&row.changed_by).clone()
    }
}

/// A setting on a page.
pub(in crate::http::console) struct Field {
    pub(in crate::http::console) key: &'static str,
    pub(in crate::http::console) label: String,
    pub(in crate::http::console) hint: String,
    /// The value in the field: what is in effect, or what was typed and not taken.
    pub(in crate::http::console) value: String,
    /// The value that the page was made of.
    pub(in crate::http::console) was: String,
    pub(in crate::http::console) built_in: String,
    /// Where the value comes from.
    pub(in crate::http::console) origin: String,
    /// Whether somebody has fixed it where nothing here reaches.
    pub(in crate::http::console) is_locked: bool,
    /// Whether it has a value from here.
    pub(in crate::http::console) is_put: bool,
    /// The variable that sets it.
    pub(in crate::http::console) variable: String,
}

impl Field {
    pub(super) fn of(
        state: &State,
        loaded: &Loaded,
        known: &Known,
        key: &'static Key,
        typed: &Typed,
    ) -> Self {
        let origin = loaded.origin(key.path);
        let was = loaded.shown(key).unwrap_or_default();
        let say = |what: &str, value: &str| {
            state.locale.fill(&format!("console.configuration.{what}"), &[("value", value)])
        };
        let told = match (&origin, known.row(key)) {
            (Origin::Console, Some(row)) => changed(state, known, row),
            (Origin::BuiltIn | Origin::Console, _) => String::new(),
            (Origin::Derived, _) => say("derived", ""),
            (Origin::File(path, line), _) => {
                let (file, line) = (path.display().to_string(), line.to_string());
                let values = [("file", &*file), ("line", &*line)];
                state.locale.fill("console.configuration.file", &values)
            }
            (Origin::Environment(name), _) => say("variable", name),
            (Origin::Flag, _) => say("flag", ""),
        };
        Self {
            key: key.path,
            label: label(state, key),
            hint: hint(state, key),
            value: mine(key, typed).unwrap_or(&was).to_owned(),
            was,
            built_in: match key.default() {
                Some("") | None => say("no_built_in", ""),
                Some(text) => say("built_in", text),
            },
            origin: told,
            is_locked: origin.is_fixed(),
            is_put: origin == Origin::Console,
            variable: key.variable(),
        }
    }
}

/// What was typed to change a setting; a secret is not shown again. What was not touched is as it is now, whoever has changed it
/// since.
fn mine<'a>(key: &Key, typed: &'a Typed) -> Option<&'a str> {
    typed.value(key.path).filter(|_| typed.changes(key.path) && !key.is_sealed())
}

/// What a setting that can be put is called; of the rest its name says it.
fn label(state: &State, key: &Key) -> String {
    if !key.is_settable() {
        return key.path.to_owned();
    }
    state.locale.text(&format!("console.setting.{}.label", name(key))).to_owned()
}

/// What to do with it; of the rest what the reference file says.
fn hint(state: &State, key: &Key) -> String {
    if !key.is_settable() {
        let doc: Vec<_> = key.doc.iter().map(|line| line.trim()).collect();
        return doc.join(" ").replace('`', "");
    }
    state.locale.text(&format!("console.setting.{}.hint", name(key))).to_owned()
}

fn name(key: &Key) -> String {
    key.path.replace('.', "_")
}

/// Who changed a setting, and when.
fn changed(state: &State, known: &Known, row: &Row) -> String {
    let (who, when) = (known.who(row), listing::second(row.changed_at));
    state.locale.fill("console.configuration.changed", &[("who", &who), ("when", &when.short)])
}

/// A setting that somebody else has changed since a form was made, with both values.
pub(super) struct Stale {
    pub(super) key: &'static str,
    pub(super) label: String,
    pub(super) changed: String,
    pub(super) theirs: String,
    pub(super) mine: String,
}

/// What others have changed since the form was made, of what was to be changed by it.
pub(super) fn stale(
    state: &State,
    loaded: &Loaded,
    known: &Known,
    keys: &[&'static Key],
    typed: &Typed,
) -> Vec<Stale> {
    let since = |key: &&&'static Key| {
        typed.changes(key.path) && known.row(key).is_some_and(|row| row.revision > typed.seen())
    };
    let one = |key: &&'static Key| {
        let row = known.row(key)?;
        let unset = || state.locale.text("console.configuration.none").to_owned();
        let or_unset = |text: &str| if text.is_empty() { unset() } else { text.to_owned() };
        Some(Stale {
            key: key.path,
            label: label(state, key),
            changed: changed(state, known, row),
            theirs: or_unset(&loaded.shown(key).unwrap_or_default()),
            mine: or_unset(mine(key, typed).unwrap_or_default()),
        })
    };
    keys.iter().filter(since).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::locale::Locale;

    #[test]
    fn every_setting_that_can_be_put_has_a_name_and_says_what_to_enter() {
        let locale = Locale::load("en").unwrap();
        for key in config::keys().iter().filter(|key| key.is_settable()) {
            for what in ["label", "hint"] {
                let sentence = format!("console.setting.{}.{what}", name(key));
                assert_ne!(locale.text(&sentence), sentence);
            }
        }
    }
}
