//! An organization as people name it: by its name, by its ID, or by `external:` and the operator's own.

use crate::error::{Error, FieldError, Result};
use crate::http::server::State;
use crate::store::organizations::{self, Organization};
use crate::store::{Db, OrganizationId};

/// As many are offered of those that may be meant.
const OFFERED: i64 = 10;

/// What stands between name and ID where an organization is chosen by both.
const BETWEEN: &str = " · ";

/// An organization as it stands in a field once it is chosen: name and ID.
pub(in crate::http::console) fn labelled(organization: &Organization) -> String {
    format!("{}{BETWEEN}{}", organization.name, organization.id)
}

/// The organization that somebody named; none: there is none, or there are several.
pub(in crate::http::console) fn owner(db: &mut Db, named: &str) -> Result<Option<OrganizationId>> {
    Ok(meant(db, named)?.ok().map(|organization| organization.id))
}

/// The organization that is named in a field, else what is wrong with that.
pub(in crate::http::console) async fn chosen(
    state: &State,
    named: &str,
    pointer: &str,
) -> Result<OrganizationId> {
    let wanted = named.to_owned();
    let several = match state.store.read(move |db| meant(db, &wanted)).await? {
        Ok(found) => return Ok(found.id),
        Err(several) => several,
    };
    let (code, detail) = if several.is_empty() {
        ("not_found", state.locale.text("console.setup_links.no_organization").to_owned())
    } else {
        let all: Vec<String> = several.iter().map(labelled).collect();
        let list = all.join("; ");
        ("ambiguous", state.locale.fill("console.chooser.several", &[("names", &list)]))
    };
    Err(Error::Invalid(vec![FieldError::new(pointer, code, detail)]))
}

/// What a field shows that was given an ID by whoever led there: name and ID. Anything else stays as it is.
pub(in crate::http::console) async fn spelled(state: &State, named: String) -> Result<String> {
    let Ok(id) = named.parse::<OrganizationId>() else { return Ok(named) };
    let found = state.store.read(move |db| organizations::by_id(db, &id)).await?;
    Ok(found.as_ref().map_or(named, labelled))
}

/// The one that is meant, else those that may be.
fn meant(db: &mut Db, named: &str) -> Result<std::result::Result<Organization, Vec<Organization>>> {
    let named = named.trim();
    let reference = named.rsplit_once(BETWEEN).map_or(named, |(_, id)| id);
    if reference.parse::<OrganizationId>().is_ok() || reference.starts_with("external:") {
        return match organizations::resolve(db, reference) {
            Ok(found) => Ok(Ok(found)),
            Err(Error::NotFound { .. } | Error::Invalid(_)) => Ok(Err(Vec::new())),
            Err(other) => Err(other),
        };
    }
    if named.is_empty() {
        return Ok(Err(Vec::new()));
    }
    let mut exact = organizations::called(db, named, 2)?;
    if exact.len() == 1 {
        return Ok(Ok(exact.remove(0)));
    }
    let mut found = organizations::beginning_with(db, named, OFFERED)?;
    if found.len() == 1 {
        return Ok(Ok(found.remove(0)));
    }
    Ok(Err(found))
}

/// Those that may be meant by what is being typed.
pub(in crate::http::console) fn offered(db: &mut Db, typed: &str) -> Result<Vec<Organization>> {
    match meant(db, typed)? {
        Ok(found) => Ok(vec![found]),
        Err(several) => Ok(several),
    }
}
