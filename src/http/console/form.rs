//! What all forms have in common: what is chosen of, what was typed, and what whoever typed it can mend.

use super::listing;
use crate::error::{Error, FieldError, Result};
use crate::http::server::State;
use crate::store::OrganizationId;

/// A choice of a select or of ticks.
pub(in crate::http) struct Choice {
    /// What the form sends.
    pub(in crate::http) value: String,
    /// What it says.
    pub(in crate::http) label: String,
    /// Whether it is chosen.
    pub(in crate::http) is_chosen: bool,
}

/// Choices of one: what is sent and what is said of each.
pub(super) fn choices(all: Vec<(String, String)>, chosen: &str) -> Vec<Choice> {
    let one =
        |(value, label): (String, String)| Choice { is_chosen: value == chosen, value, label };
    all.into_iter().map(one).collect()
}

/// What was typed; nothing: none.
pub(super) fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The lines of a field, without empty ones.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The one organization that a thing is for, named in the field `organization_id`; nothing named: none.
pub(super) async fn organization(state: &State, named: &str) -> Result<Option<OrganizationId>> {
    if named.is_empty() {
        return Ok(None);
    }
    listing::chosen(state, named, "/organization_id").await.map(Some)
}

/// Keeps what whoever filled a form in can mend, to be shown on it: a conflict stands at the field that `pointer` names.
pub(super) fn mendable<T>(
    done: Result<T>,
    pointer: &str,
) -> Result<std::result::Result<T, Vec<FieldError>>> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(Error::Invalid(errors)) => Ok(Err(errors)),
        Err(Error::Conflict { code, detail }) => {
            Ok(Err(vec![FieldError::new(pointer, code, detail)]))
        }
        Err(other) => Err(other),
    }
}
