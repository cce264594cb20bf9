//! Somebody does not find what a step speaks of, and says so to the operator.

use super::{SetupLink, Step, find, tell};
use crate::error::{Error, Result};
use crate::store::events::{self, Event, Filter};
use crate::store::schema::setup_links;
use crate::store::types::word;
use crate::store::{Json, SetupLinkId, Time, Tx, Window};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

word!(
    /// Why somebody does not find a field, as far as they can tell.
    Missing {
        /// The console calls it something else.
        Names = "names",
        /// They have no rights for it.
        Rights = "rights",
        /// Their plan does not include it.
        Plan = "plan",
        /// None of these.
        Other = "other",
    }
);

/// The longest note.
const LONGEST_NOTE: usize = 500;
/// How many notes are kept.
const MOST_NOTES: usize = 10;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// At which step.
    pub step: Step,
    /// Why, as far as they can tell.
    pub missing: Missing,
    /// The same in their own words; may be empty.
    pub note: String,
}

/// What somebody did not find, as the operator sees it.
///
/// Their own words are kept with the link and go with it: in an event they would stay in the audit log for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    /// At which step.
    pub step: Step,
    /// Why.
    pub missing: Missing,
    /// In their own words; may be empty.
    pub note: String,
    /// When.
    pub at: Time,
    /// What was told before it and is not found either, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Help>,
}

impl Help {
    /// All that was told, the newest first.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.earlier)
    }

    /// What is left when a step is finished: whoever goes on has found it.
    pub(super) fn without(self, step: Step) -> Option<Self> {
        let mut left = self.into_list();
        left.retain(|help| help.step != step);
        Self::of(left)
    }

    fn into_list(mut self) -> Vec<Self> {
        let earlier = std::mem::take(&mut self.earlier);
        std::iter::once(self).chain(earlier).collect()
    }

    fn of(list: Vec<Self>) -> Option<Self> {
        let mut all = list.into_iter();
        let newest = all.next()?;
        Some(Self { earlier: all.collect(), ..newest })
    }
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// The operator is told.
    Told,
    /// The operator has been told of this step within a day, and finds what was said now beside it.
    Added,
}

/// Tells the operator who is stuck at which step, and why: once a day for each step. What is said beyond that is kept beside
/// it, nothing of it twice.
pub fn ask_for_help(tx: &mut Tx, id: &SetupLinkId, asked: Asked) -> Result<Heard> {
    let link = find(tx.db, id)?;
    let Asked { step, missing, note } = asked;
    let note = note.trim().to_owned();
    if note.chars().count() > LONGEST_NOTE {
        let detail = format!("A note has at most {LONGEST_NOTE} characters.");
        return Err(Error::invalid("/note", "too_long", detail));
    }
    let heard = if was_told(tx, &link, step)? { Heard::Added } else { Heard::Told };
    let mut all = link.help.clone().map(|help| help.into_inner().into_list()).unwrap_or_default();
    let is_same = |help: &Help| help.step == step && help.missing == missing && help.note == note;
    if heard == Heard::Added && all.iter().any(is_same) {
        let detail = "The operator has been told of this step today.";
        return Err(Error::conflict("help_wanted_already", detail));
    }
    if heard == Heard::Added && all.len() >= MOST_NOTES {
        let detail =
            format!("The operator has {MOST_NOTES} notes of you already, and sees them all.");
        return Err(Error::conflict("help_wanted_already", detail));
    }
    all.insert(0, Help { step, missing, note, at: tx.now, earlier: Vec::new() });
    all.truncate(MOST_NOTES);
    if heard == Heard::Told {
        let data = json!({
            "step": step, "missing": missing, "provider": link.provider, "connection_id": link.connection_id,
        });
        tell(tx, &link, "setup_link.help_wanted", data)?;
    }
    diesel::update(setup_links::table.find(id))
        .set(setup_links::help.eq(Help::of(all).map(Json::from)))
        .execute(tx.db)?;
    Ok(heard)
}

/// Whether the operator was told of a step within a day.
fn was_told(tx: &mut Tx, link: &SetupLink, step: Step) -> Result<bool> {
    let filter = Filter {
        organization: Some(link.organization_id.clone()),
        kind: Some("setup_link.help_wanted".to_owned()),
        subject: Some(link.id.to_string()),
        since: Some(tx.now.minus(TimeDelta::days(1))),
        ..Filter::default()
    };
    let lately = events::page(tx.db, &Window { limit: 20, before: None }, &filter)?;
    let is_of_it = |event: &Event| event.data.get("step").is_some_and(|of| of == step.as_str());
    Ok(lately.data.iter().any(is_of_it))
}
