//! Settings that are put while the gateway runs: above the built-in values, below file, environment and flags.
//!
//! What may be put, and which values are accepted, is the room of the settings' to say ([`Loaded::with`]).

use super::input::Faults;
use super::schema::{brand_logos, configuration};
use super::{Db, Time, Tx, events, on_backend};
use crate::config::{self, Key, Loaded, Put};
use crate::crypto::{MasterKey, Place};
use crate::error::{Error, Result};
use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::{Map, Value, json};

/// What a setting was put to last. One that was given back to the layers below it has no value any more.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = configuration, primary_key(key), treat_none_as_null = true)]
pub struct Row {
    /// The name of the setting.
    pub key: String,
    /// Its value as a person types it; of a secret, sealed.
    pub value: Option<String>,
    /// When it was changed.
    pub changed_at: Time,
    /// Who changed it, as [`super::Actor`] writes it.
    pub changed_by: String,
    /// By which change of all: they are counted.
    pub revision: i64,
}

/// What is to become of settings: a value for each name, or nothing for the value that it has otherwise.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The settings that are to change.
    pub settings: Vec<(String, Option<String>)>,
    /// The revision at which whoever wishes has seen them. What was changed later is not written over.
    pub seen: Option<i64>,
}

/// Every setting that was ever put.
pub fn rows(db: &mut Db) -> Result<Vec<Row>> {
    Ok(configuration::table.order(configuration::key).load(db)?)
}

/// How often settings and logos have been changed.
pub fn revision(db: &mut Db) -> Result<i64> {
    let settings: Option<i64> =
        configuration::table.select(max(configuration::revision)).first(db)?;
    let logos: Option<i64> = brand_logos::table.select(max(brand_logos::revision)).first(db)?;
    Ok(settings.max(logos).unwrap_or_default())
}

/// What has been put.
pub fn put(db: &mut Db, master: &MasterKey) -> Result<Put> {
    opened(&rows(db)?, master)
}

/// Changes settings: all of them or, where one cannot be so, none. `start` has what flags, environment and file fix.
pub fn change(tx: &mut Tx, start: &Loaded, master: &MasterKey, wish: &Wish) -> Result<()> {
    let wanted = named(start, wish)?;
    let rows = rows(tx.db)?;
    let before = opened(&rows, master)?;
    let is_other = |(key, value): &Wanted| before.get(key.path) != value.as_ref();
    let changed: Vec<Wanted> = wanted.into_iter().filter(is_other).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let seen = wish.seen.unwrap_or(i64::MAX);
    let is_changed = |path: &str| changed.iter().any(|(key, _)| key.path == path);
    if let Some(row) = rows.iter().find(|row| row.revision > seen && is_changed(&row.key)) {
        let detail =
            format!("{} was changed at {} by {}.", row.key, row.changed_at, row.changed_by);
        return Err(Error::Stale(detail));
    }
    let mut after = before.clone();
    for (key, value) in &changed {
        match value {
            Some(text) => after.insert(key.path, text.clone()),
            None => after.remove(key.path),
        };
    }
    accept(start, (&before, &after), &changed)?;
    let revision = revision(tx.db)? + 1;
    for (key, value) in &changed {
        write(tx, master, key, value.as_deref(), revision)?;
    }
    let names: Vec<&str> = changed.iter().map(|(key, _)| key.path).collect();
    let data = json!({ "settings": names });
    let shown = (shown(start, &before, &changed), shown(start, &after, &changed));
    events::append_change(tx, None, "settings.changed", "settings", data, (&shown.0, &shown.1))
}

/// A setting and what it is to be.
type Wanted = (&'static Key, Option<String>);

/// The settings that are meant: those that there are, that can be put, and that nobody has fixed.
fn named(start: &Loaded, wish: &Wish) -> Result<Vec<Wanted>> {
    let (mut faults, mut wanted) = (Faults::default(), Vec::new());
    for (name, value) in &wish.settings {
        let pointer = format!("/{name}");
        let Some(key) = config::key(name) else {
            faults.add(&pointer, "setting_unknown", format!("{name} is not a setting."));
            continue;
        };
        let origin = start.origin(key.path);
        if !key.is_settable() {
            let detail = format!(
                "{name} is read once at the start: set it in the file, or as {}.",
                key.variable()
            );
            faults.add(&pointer, "setting_of_the_start", detail);
        } else if origin.is_fixed() {
            let detail = format!("{name} is fixed by {origin}, and is changed there.");
            faults.add(&pointer, "setting_locked", detail);
        } else {
            let value = value.as_ref().map(|text| text.trim().to_owned());
            wanted.push((key, value.filter(|text| !text.is_empty() || !key.is_optional())));
        }
    }
    faults.finish()?;
    Ok(wanted)
}

/// Refuses values that a file could not have either, each at its setting.
fn accept(start: &Loaded, (before, after): (&Put, &Put), changed: &[Wanted]) -> Result<()> {
    let (earlier, told) = (start.with(before).1, start.with(after).1);
    let mut faults = Faults::default();
    for problem in told {
        let about = changed.iter().find(|(key, _)| problem.about.as_deref() == Some(key.path));
        // What is wrong with another setting only since this change is the fault of the change.
        let about = about.or_else(|| changed.first().filter(|_| !earlier.contains(&problem)));
        if let Some((key, _)) = about {
            faults.add(&format!("/{}", key.path), "setting_not_accepted", problem.why);
        }
    }
    faults.finish()
}

/// What the audit log keeps of settings: the values in effect, of secrets only whether there is one.
fn shown(start: &Loaded, put: &Put, changed: &[Wanted]) -> Value {
    let (loaded, _) = start.with(put);
    let value = |key: &Key| {
        let secret = put.get(key.path).filter(|_| key.is_sealed()).map(|_| "[secret]".to_owned());
        secret.or_else(|| loaded.text(key)).map_or(Value::Null, Value::from)
    };
    let shown: Map<String, Value> =
        changed.iter().map(|(key, _)| (key.path.to_owned(), value(key))).collect();
    Value::Object(shown)
}

fn write(
    tx: &mut Tx,
    master: &MasterKey,
    key: &Key,
    value: Option<&str>,
    revision: i64,
) -> Result<()> {
    let value = match value {
        Some(text) if key.is_sealed() => Some(master.seal(text.as_bytes(), &place(key.path))?),
        other => other.map(str::to_owned),
    };
    let row = Row {
        key: key.path.to_owned(),
        value,
        changed_at: tx.now,
        changed_by: tx.actor.to_string(),
        revision,
    };
    on_backend!(tx.db, conn => diesel::insert_into(configuration::table)
        .values(&row)
        .on_conflict(configuration::key)
        .do_update()
        .set(&row)
        .execute(conn))?;
    Ok(())
}

/// What has been put, secrets opened. What is no setting any more is passed by.
fn opened(rows: &[Row], master: &MasterKey) -> Result<Put> {
    let mut put = Put::new();
    for row in rows {
        let (Some(key), Some(value)) = (config::key(&row.key), &row.value) else { continue };
        let text = if key.is_sealed() {
            let opened = master.open(value, &place(key.path))?.to_text();
            opened.map(|secret| secret.reveal().to_owned()).unwrap_or_default()
        } else {
            value.clone()
        };
        put.insert(key.path, text);
    }
    Ok(put)
}

fn place(row: &str) -> Place<'_> {
    Place { table: "configuration", column: "value", row }
}

#[cfg(test)]
mod tests;
