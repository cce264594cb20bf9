//! The filters of a list that are on, each with the way to be rid of it.

use super::{Pager, href, pager};
use crate::cause::Cause;
use crate::error::Result;
use crate::http::server::State;
use crate::store::names;
use crate::store::{ConnectionId, Db, GroupId, OrganizationId};
use std::collections::HashMap;

/// What is in an address beside filters: in which order, and whether the list is read again.
const NO_FILTERS: [&str; 2] = ["sort", "live"];

/// A filter that is on.
pub(in crate::http) struct Chip {
    /// What it is of.
    pub(in crate::http) label: String,
    /// What it lets through.
    pub(in crate::http) value: String,
    /// The list without it.
    pub(in crate::http) href: String,
}

/// Whether this part of an address filters.
pub(super) fn is_filter(name: &str, value: &str) -> bool {
    !value.is_empty() && !NO_FILTERS.contains(&name)
}

/// The ways from a page of a list, with the filters that are on. `words` says what those are called that are words.
pub(in crate::http::console) async fn filtered(
    state: &State,
    path: &str,
    parts: &[(&str, &str)],
    words: &[(&str, String)],
    is_continued: bool,
    next: Option<&str>,
) -> Result<Pager> {
    let on: Vec<(usize, &str, &str)> = parts
        .iter()
        .enumerate()
        .filter(|(_, (name, value))| is_filter(name, value))
        .map(|(at, (name, value))| (at, *name, *value))
        .collect();
    let values: Vec<String> = on.iter().map(|(_, _, value)| (*value).to_owned()).collect();
    let named = if values.iter().any(|value| value.contains('_')) {
        state.store.read(move |db| named(db, &values)).await?
    } else {
        HashMap::new()
    };
    let chip = |(at, name, value): (usize, &str, &str)| {
        let others = parts.iter().enumerate().filter(|(place, _)| *place != at);
        let others: Vec<(&str, &str)> = others.map(|(_, part)| *part).collect();
        let word = words.iter().find(|(of, word)| *of == name && !word.is_empty());
        let cause = (name == "cause").then(|| Cause::from_code(value)).flatten();
        Chip {
            label: state.locale.text(&format!("console.chip.{name}")).to_owned(),
            value: word
                .map(|(_, word)| word.clone())
                .or_else(|| cause.map(|cause| state.locale.cause(cause).title.clone()))
                .or_else(|| named.get(value).cloned())
                .unwrap_or_else(|| value.to_owned()),
            href: href(path, &others),
        }
    };
    let chips = on.into_iter().map(chip).collect();
    Ok(Pager { chips, ..pager(path, parts, is_continued, next) })
}

/// What the things are called whose IDs these are.
fn named(db: &mut Db, values: &[String]) -> Result<HashMap<String, String>> {
    fn parsed<T: std::str::FromStr>(values: &[String]) -> Vec<T> {
        values.iter().filter_map(|value| value.parse().ok()).collect()
    }
    let organizations: Vec<OrganizationId> = parsed(values);
    let connections: Vec<ConnectionId> = parsed(values);
    let groups: Vec<GroupId> = parsed(values);
    let names = names::of(db, organizations.clone(), connections.clone())?;
    let mut called: HashMap<String, String> =
        names::groups(db, groups)?.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let of_organizations = organizations
        .iter()
        .filter_map(|id| Some((id.to_string(), names.organization(id)?.to_owned())));
    called.extend(of_organizations);
    let of_connections = connections
        .iter()
        .filter_map(|id| Some((id.to_string(), names.connection(id)?.to_owned())));
    called.extend(of_connections);
    Ok(called)
}
