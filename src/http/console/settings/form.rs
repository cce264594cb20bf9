//! What a form of settings asks for, and what becomes of it.

use crate::config::Key;
use crate::error::{Error, FieldError, Result};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::server::State;
use crate::store::configuration::Wish;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use std::collections::BTreeMap;

/// What was typed into a form of settings: for each setting what it was when the form was made, and what it is to be.
#[derive(Default)]
pub(super) struct Typed {
    fields: BTreeMap<&'static str, (String, Option<String>)>,
    seen: Option<i64>,
}

impl Typed {
    /// What a form sends. Its buttons that give one setting back its built-in value leave the others as they are.
    pub(super) fn sent(posted: &Posted<Manage>, keys: &[&'static Key]) -> Self {
        let (form, reset) = (posted.form(), posted.text("reset"));
        let field = |key: &&'static Key| {
            let was = form.text(&format!("was:{}", key.path)).to_owned();
            let wanted = match reset {
                "" if form.has(key.path) => Some(form.text(key.path).to_owned()),
                "" => return None,
                one if one == key.path => None,
                _ => return None,
            };
            Some((key.path, (was, wanted)))
        };
        Self {
            fields: keys.iter().filter_map(field).collect(),
            seen: form.text("revision").parse().ok(),
        }
    }

    /// What is in the field of a setting.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.fields.get(key)?.1.as_deref()
    }

    /// Whether a setting is to become another than it was when the form was made.
    pub(super) fn changes(&self, key: &str) -> bool {
        self.fields.get(key).is_some_and(|(was, wanted)| wanted.as_ref() != Some(was))
    }

    /// The revision that the form was made of.
    pub(super) fn seen(&self) -> i64 {
        self.seen.unwrap_or_default()
    }

    fn wish(&self) -> Wish {
        let changed = self.fields.iter().filter(|(key, _)| self.changes(key));
        let settings = changed.map(|(key, (_, wanted))| ((*key).to_owned(), wanted.clone()));
        Wish { settings: settings.collect(), seen: Some(self.seen()) }
    }
}

/// What became of a form.
pub(super) enum Saved {
    Done,
    /// Why not, to be told on the page of the form. Without faults: others have changed the same.
    Refused(StatusCode, Vec<FieldError>),
}

/// Changes what the form changes.
pub(super) async fn save(state: &Data<State>, seat: &Seat<Manage>, typed: &Typed) -> Result<Saved> {
    match State::change_settings(state, seat.actor(), typed.wish()).await {
        Ok(()) => Ok(Saved::Done),
        Err(Error::Invalid(errors)) => Ok(Saved::Refused(StatusCode::UNPROCESSABLE_ENTITY, errors)),
        Err(Error::Stale(_)) => Ok(Saved::Refused(StatusCode::CONFLICT, Vec::new())),
        Err(other) => Err(other),
    }
}
