//! Who the members are, what they may do, and that somebody who may do everything stays.

use super::{Member, Role, find, links, sessions};
use crate::error::{Error, Result};
use crate::store::schema::members;
use crate::store::{Db, MemberId, Tx, events};
use diesel::prelude::*;
use serde_json::json;

/// Every member, in the order in which they came.
pub fn list(db: &mut Db) -> Result<Vec<Member>> {
    Ok(members::table.order(members::id.asc()).load(db)?)
}

/// The addresses of some who may do everything, those who came first.
pub fn owners(db: &mut Db) -> Result<Vec<String>> {
    const SOME: i64 = 3;
    let query = members::table.filter(members::role.eq(Role::Owner)).order(members::id.asc());
    Ok(query.select(members::email).limit(SOME).load(db)?)
}

/// Gives a member another role. Their sessions end, so that none goes on with what it was let in for.
pub fn change_role(tx: &mut Tx, id: &MemberId, role: Role) -> Result<Member> {
    let member = find(tx.db, id)?;
    if member.role == role {
        return Ok(member);
    }
    keep_an_owner(tx.db, &member)?;
    diesel::update(&member).set(members::role.eq(role)).execute(tx.db)?;
    sessions::end_all(tx, id)?;
    let data = json!({ "from": member.role, "to": role });
    let change = (&json!({ "role": member.role }), &json!({ "role": role }));
    events::append_change(tx, None, "member.role_changed", id.as_str(), data, change)?;
    Ok(Member { role, ..member })
}

/// Takes a member out, with their sessions and links.
pub fn remove(tx: &mut Tx, id: &MemberId) -> Result<()> {
    let member = find(tx.db, id)?;
    keep_an_owner(tx.db, &member)?;
    sessions::end_all(tx, id)?;
    links::void(tx, id)?;
    diesel::delete(&member).execute(tx.db)?;
    events::append(tx, None, "member.removed", id.as_str(), json!({ "role": member.role }))
}

/// Refuses what would leave nobody who may do everything: no other owner who has a password to sign in with.
fn keep_an_owner(db: &mut Db, member: &Member) -> Result<()> {
    if member.role != Role::Owner {
        return Ok(());
    }
    let others = members::table
        .filter(members::role.eq(Role::Owner))
        .filter(members::password.is_not_null())
        .filter(members::id.ne(&member.id));
    let other: Option<MemberId> = others.select(members::id).first(db).optional()?;
    if other.is_some() {
        return Ok(());
    }
    let detail = "This is the last owner who can sign in. Make somebody else an owner first, and let them choose a password.";
    Err(Error::conflict("last_owner", detail))
}
