//! Somebody does not find what a step speaks of, and says so to the operator.

use super::{SetupLink, Step, find, tell};
use crate::error::{Error, Result};
use crate::store::events::{self, Event, Filter};
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
}

/// Tells the operator who is stuck at which step, and why: once a day for each step.
pub fn ask_for_help(tx: &mut Tx, id: &SetupLinkId, asked: Asked) -> Result<SetupLink> {
    let link = find(tx.db, id)?;
    let Asked { step, missing, note } = asked;
    let note = note.trim().to_owned();
    if note.chars().count() > LONGEST_NOTE {
        let detail = format!("A note has at most {LONGEST_NOTE} characters.");
        return Err(Error::invalid("/note", "too_long", detail));
    }
    let filter = Filter {
        organization: Some(link.organization_id.clone()),
        kind: Some("setup_link.help_wanted".to_owned()),
        subject: Some(id.to_string()),
        since: Some(tx.now.minus(TimeDelta::days(1))),
        ..Filter::default()
    };
    let lately = events::page(tx.db, &Window { limit: 20, before: None }, &filter)?;
    let is_of_it = |event: &Event| event.data.get("step").is_some_and(|of| of == step.as_str());
    if lately.data.iter().any(is_of_it) {
        let detail = "The operator has been told of this step today.";
        return Err(Error::conflict("help_wanted_already", detail));
    }
    let data = json!({
        "step": step, "missing": missing, "provider": link.provider, "connection_id": link.connection_id,
    });
    tell(tx, &link, "setup_link.help_wanted", data)?;
    let help = Help { step, missing, note, at: tx.now };
    let link = SetupLink { help: Some(Json::from(help)), ..link };
    diesel::update(&link).set(&link).execute(tx.db)?;
    Ok(link)
}
