//! What is shown of the settings: each with where it came from, secrets hidden.

use crate::clock::Time;
use crate::config::{self, Loaded};
use crate::store::configuration::Row;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// A setting of the gateway.
#[derive(Serialize, ToSchema)]
#[schema(as = Setting)]
pub struct SettingView {
    /// Its name, as in the file.
    #[schema(example = "sign_in.session")]
    key: &'static str,
    /// Its value as it is typed; `null`: it has none. A secret is `[secret]`.
    #[schema(example = "8h")]
    value: Option<String>,
    /// The value that it has when nobody sets it.
    #[schema(example = "8h")]
    built_in: Option<&'static str>,
    /// Where the value came from: `built-in`, `derived`, `console`, `flag`, a line of a file, or the name of a variable.
    #[schema(example = "console")]
    origin: String,
    /// Whether it can be changed here: what is read once at the start cannot, nor what file, environment or a flag fixes.
    is_settable: bool,
    /// When it was last changed here.
    changed_at: Option<DateTime<Utc>>,
    /// Who changed it.
    #[schema(example = "member:mem_01kampz3y7f4m8t2v6c9d0e1hj")]
    changed_by: Option<String>,
}

/// All settings, and the revision of what has been changed of them.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
pub struct SettingsView {
    /// Counts the changes. Given back with a change, it keeps what others have changed since from being written over.
    #[schema(example = 7)]
    revision: i64,
    data: Vec<SettingView>,
}

impl SettingsView {
    /// What is in effect, with who changed what of it.
    #[must_use]
    pub fn new(loaded: &Loaded, rows: Vec<Row>) -> Self {
        let revision = rows.iter().map(|row| row.revision).max().unwrap_or_default();
        let mut rows: HashMap<String, Row> =
            rows.into_iter().map(|row| (row.key.clone(), row)).collect();
        let view = |key: &'static config::Key| {
            let (origin, row) = (loaded.origin(key.path), rows.remove(key.path));
            SettingView {
                key: key.path,
                value: loaded.shown(key),
                built_in: key.default(),
                is_settable: key.is_settable() && !origin.is_fixed(),
                origin: origin.to_string(),
                changed_at: row.as_ref().map(|row| Time::to_utc(row.changed_at)),
                changed_by: row.map(|row| row.changed_by),
            }
        };
        Self { revision, data: config::keys().iter().map(view).collect() }
    }
}
