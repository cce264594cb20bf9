//! What a member of the console has changed of an organization's rules and mappings and not applied yet: it stays when
//! they leave, and nobody else sees it.

use crate::error::{Error, Result};
use crate::store::schema::mapping_drafts as drafts;
use crate::store::{Db, Json, MemberId, OrganizationId, Time, Tx, on_backend};
use diesel::prelude::*;
use serde_json::Value;

/// How many changes a draft has at most. To make another set of rules of 500 takes as many: each goes, and another comes.
pub const MOST_CHANGES: usize = 1_000;

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

/// Refuses more changes than a draft may have.
pub fn refuse_full(changes: usize) -> Result<()> {
    if changes <= MOST_CHANGES {
        return Ok(());
    }
    let detail = format!(
        "A draft has at most {MOST_CHANGES} changes, and this would be {changes}. Apply what you have, or discard it."
    );
    Err(Error::conflict("draft_full", detail))
}

/// Keeps what a member has changed; nothing: there is no draft any more. It has no effect yet, so nobody is told.
///
/// `seen`: what was changed before, as whoever changes it has seen it. If it is something else by now, in another window of
/// the member, that is refused with `version_mismatch` and nothing of it is lost.
pub fn save(
    tx: &mut Tx,
    organization: &OrganizationId,
    member: &MemberId,
    seen: Option<&Value>,
    changes: Option<Value>,
) -> Result<()> {
    let now = find(tx.db, organization, member)?;
    if now.as_ref().map(|draft| &*draft.changes) != seen {
        let detail = "The draft has been changed meanwhile, in another window.";
        return Err(Error::Stale(detail.to_owned()));
    }
    let Some(changes) = changes else { return discard(tx, organization, member) };
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

/// Throws a member's draft away, whatever it is.
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

    fn member(store: &testing::TestStore, email: &str) -> MemberId {
        let new = NewMember { email: email.into(), name: "Maya".into(), role: Role::Admin };
        store.system(|tx| members::create(tx, &new)).id
    }

    #[test]
    fn a_draft_is_a_members_own_and_stays_until_it_is_discarded() {
        let store = testing::store();
        let of = testing::active(&store, "JumpCloud", None).organization_id;
        let (maya, sam) =
            (member(&store, "maya@orbit.example"), member(&store, "sam@orbit.example"));
        let kept = |who: &MemberId| store.read_now(|db| find(db, &of, who)).unwrap();
        for n in [1, 2] {
            let seen = kept(&maya).map(|draft| draft.changes.into_inner());
            store.system(|tx| save(tx, &of, &maya, seen.as_ref(), Some(json!({ "n": n }))));
        }
        assert_eq!(kept(&maya).unwrap().changes["n"], 2);
        assert!(kept(&sam).is_none());
        store.system(|tx| discard(tx, &of, &maya));
        assert!(kept(&maya).is_none());
    }

    #[test]
    fn a_draft_that_another_window_has_changed_is_neither_overwritten_nor_thrown_away() {
        let store = testing::store();
        let of = testing::active(&store, "JumpCloud", None).organization_id;
        let maya = member(&store, "maya@orbit.example");
        let (first, second) = (json!({ "n": 1 }), json!({ "n": 2 }));
        store.system(|tx| save(tx, &of, &maya, None, Some(first.clone())));
        store.system(|tx| save(tx, &of, &maya, Some(&first), Some(second.clone())));
        for (seen, changes) in [(Some(&first), Some(json!({}))), (Some(&first), None), (None, None)]
        {
            let done = store.try_system(|tx| save(tx, &of, &maya, seen, changes));
            assert!(matches!(done, Err(Error::Stale(_))), "{done:?}");
        }
        let kept = store.read_now(|db| find(db, &of, &maya)).unwrap().unwrap();
        assert_eq!(*kept.changes, second);
        store.system(|tx| save(tx, &of, &maya, Some(&second), None));
        assert!(store.read_now(|db| find(db, &of, &maya)).unwrap().is_none());
    }

    #[test]
    fn a_draft_has_at_most_a_thousand_changes() {
        assert!(refuse_full(1_000).is_ok());
        assert_eq!(testing::refused(refuse_full(1_001)), "draft_full");
    }
}
