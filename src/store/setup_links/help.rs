//! Somebody does not find what a step speaks of, and says so to the operator.

use super::{SetupLink, Step, find, tell};
use crate::error::{Error, Result};
use crate::store::events::{self, Event, Filter};
use crate::store::types::word;
use crate::store::{SetupLinkId, Tx, Window};
use chrono::TimeDelta;
use serde_json::json;

word!(
    /// Why somebody does not find a field, as far as they can tell. Words of their own would stay in the audit log for good.
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

/// Tells the operator who is stuck at which step, and why: once a day for each step.
pub fn ask_for_help(
    tx: &mut Tx,
    id: &SetupLinkId,
    step: Step,
    missing: Missing,
) -> Result<SetupLink> {
    let link = find(tx.db, id)?;
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
    Ok(link)
}
