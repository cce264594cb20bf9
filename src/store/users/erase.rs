//! Forgetting people.

use super::{User, find, tell};
use crate::error::Result;
use crate::store::ending::{self, Of};
use crate::store::schema::{scim_requests, traces, users};
use crate::store::{OrganizationId, Tx, UserId, input};
use crate::store::{directories, enforcement};
use diesel::prelude::*;
use serde_json::json;

/// Forgets a person: the row with all that hangs on it, and what traces and requests of directories tell about them. A
/// directory that keeps them no longer finds them, and makes somebody new when it sends them again.
pub fn erase(tx: &mut Tx, id: &UserId) -> Result<()> {
    let user = find(tx.db, id)?;
    ending::sessions(tx, Of::User(id))?;
    directories::let_go(tx, id)?;
    if !user.email.is_empty() {
        forget_searches(tx, &user)?;
    }
    erase_all(tx, &user.organization_id, std::slice::from_ref(&user))
}

/// Forgets people of an organization who are signed in nowhere, in as many statements as for one.
pub(in crate::store) fn erase_all(
    tx: &mut Tx,
    organization: &OrganizationId,
    people: &[User],
) -> Result<()> {
    let nothing = None::<String>;
    let ids: Vec<&UserId> = people.iter().map(|user| &user.id).collect();
    // Who has no address has an empty one, and no trace has that.
    let emails = people.iter().flat_map(|user| [&user.email, &user.email_key]);
    let emails: Vec<&String> = emails.filter(|email| !email.is_empty()).collect();
    let theirs = traces::user_id.eq_any(&ids).or(traces::email.eq_any(&emails));
    diesel::update(traces::table)
        .filter(traces::organization_id.eq(organization))
        .filter(theirs.assume_not_null())
        .set((
            traces::email.eq(&nothing),
            traces::request.eq(&nothing),
            traces::checks.eq("[]"),
            traces::received.eq(&nothing),
            traces::message.eq(&nothing),
        ))
        .execute(tx.db)?;
    let about = scim_requests::resource_id.assume_not_null().eq_any(&ids);
    diesel::update(scim_requests::table)
        .filter(scim_requests::organization_id.eq(organization))
        .filter(about)
        .set((scim_requests::effect.eq(""), scim_requests::message.eq(&nothing)))
        .execute(tx.db)?;
    let keys: Vec<&str> = people.iter().map(|user| user.email_key.as_str()).collect();
    enforcement::forget(tx, organization, &keys)?;
    diesel::delete(users::table.filter(users::id.eq_any(&ids))).execute(tx.db)?;
    people.iter().try_for_each(|user| tell(tx, user, "user.erased", json!({})))
}

/// Takes the address out of the requests that looked for it.
fn forget_searches(tx: &mut Tx, user: &User) -> Result<()> {
    for address in [user.email.clone(), user.email.replace('@', "%40")] {
        let pattern = input::containing(&address);
        diesel::update(scim_requests::table)
            .filter(scim_requests::organization_id.eq(&user.organization_id))
            .filter(scim_requests::path.like(pattern).escape('!'))
            .set((
                scim_requests::path.eq("/Users"),
                scim_requests::effect.eq(""),
                scim_requests::message.eq(None::<String>),
            ))
            .execute(tx.db)?;
    }
    Ok(())
}
