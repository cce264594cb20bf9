//! What a member of the console has changed of an organization's rules and mappings and not applied yet: it stays when
//! they leave, and nobody else sees it.

use crate::error::Result;
use crate::store::schema::mapping_drafts as drafts;
use crate::store::{Db, Json, MemberId, OrganizationId, Time, Tx, on_backend};
use diesel::prelude::*;
use serde_json::Value;

/// A member's draft.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = drafts)]
pub struct Draft {
    /// Whose rules and mappings.
    pub organization_id: OrganizationId,
    /// Whose draft.
    pub member_id: MemberId,
    /// What is changed, as the door writes it.
    pub changes: Json<Value>,
    /// When it was last changed.
    pub updated_at: Time,
}

/// The draft of a member, if there is one.
pub fn find(
    db: &mut Db,
    organization: &OrganizationId,
    member: &MemberId,
) -> Result<Option<Draft>> {
    Ok(drafts::table.find((organization, member)).first(db).optional()?)
}

/// Keeps what a member has changed. It has no effect yet, so nobody is told.
pub fn save(
    tx: &mut Tx,
    organization: &OrganizationId,
    member: &MemberId,
    changes: Value,
) -> Result<()> {
    let row = Draft {
        organization_id: organization.clone(),
        member_id: member.clone(),
        changes: Json::from(changes),
        updated_at: tx.now,
    };
    let insert = diesel::insert_into(drafts::table).values(&row);
    on_backend!(tx.db, conn => insert
        .on_conflict((drafts::organization_id, drafts::member_id))
        .do_update()
        .set((drafts::changes.eq(&row.changes), drafts::updated_at.eq(row.updated_at)))
        .execute(conn))?;
    Ok(())
}

/// Throws a member's draft away.
pub fn discard(tx: &mut Tx, organization: &OrganizationId, member: &MemberId) -> Result<()> {
    diesel::delete(drafts::table.find((organization, member))).execute(tx.db)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::members::{self, NewMember, Role};
    use crate::store::testing;
    use serde_json::json;

    #[test]
    fn a_draft_is_a_members_own_and_stays_until_it_is_discarded() {
        let store = testing::store();
        let of = testing::active(&store, "JumpCloud", None).organization_id;
        let member = |email: &str| {
            let new = NewMember { email: email.into(), name: "Maya".into(), role: Role::Admin };
            store.system(|tx| members::create(tx, &new)).id
        };
        let (maya, sam) = (member("maya@orbit.example"), member("sam@orbit.example"));
        for n in [1, 2] {
            store.system(|tx| save(tx, &of, &maya, json!({ "n": n })));
        }
        let kept = |who: &MemberId| store.read_now(|db| find(db, &of, who)).unwrap();
        assert_eq!(kept(&maya).unwrap().changes["n"], 2);
        assert!(kept(&sam).is_none());
        store.system(|tx| discard(tx, &of, &maya));
        assert!(kept(&maya).is_none());
    }
}
