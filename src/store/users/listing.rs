//! Which people are wanted, and lists of them.

use super::{Source, User, UserState};
use crate::email::Email;
use crate::error::Result;
use crate::store::input;
use crate::store::schema::{access, directory_users, group_members, groups, placements, users};
use crate::store::{Db, GroupId, OrganizationId, Page, Window};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

/// Which users are wanted; none of the fields: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// With this email address.
    pub email: Option<Email>,
    /// In this state.
    pub state: Option<UserState>,
    /// Who came this way.
    pub source: Option<Source>,
    /// In this group of a directory.
    pub group: Option<GroupId>,
    /// Only those who have neither a role nor a place in any application.
    pub without_access: bool,
    /// Those whom a directory made only to test its connection, who are nobody; else everybody but them.
    pub tests: bool,
}

/// A page of users, newest first.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<User>> {
    let mut query = filtered(filter).order(users::id.desc()).limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(users::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |user: &User| user.id.to_string()))
}

/// All users of an organization, in the order in which they came.
pub fn all_of(db: &mut Db, organization: &OrganizationId) -> Result<Vec<User>> {
    let all = users::table.filter(users::organization_id.eq(organization)).order(users::id);
    Ok(all.load(db)?)
}

/// How many users a filter lets through.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(db)?)
}

/// How many people of an organization have an address of a domain.
pub fn count_of_domain(db: &mut Db, organization: &OrganizationId, domain: &str) -> Result<i64> {
    let pattern = input::ending_in(&format!("@{domain}"));
    Ok(users::table
        .filter(users::organization_id.eq(organization))
        .filter(users::email_key.like(pattern).escape('!'))
        .count()
        .get_result(db)?)
}

fn filtered(filter: &Filter) -> users::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    let mut query = users::table.into_boxed();
    if let Some(organization) = &filter.organization {
        query = query.filter(users::organization_id.eq(organization.clone()));
    }
    if let Some(email) = &filter.email {
        query = query.filter(users::email_key.eq(email.key()));
    }
    // People who are off are few, and have indexes of their own: how they came, and whether they are in a group, is asked of each.
    let is_rare = matches!(filter.state, Some(UserState::Suspended | UserState::Deprovisioned));
    if let Some(source) = filter.source {
        query = if is_rare {
            query.filter(users::source.concat("").eq(source.as_str()))
        } else {
            query.filter(users::source.eq(source))
        };
    }
    if let Some(group) = &filter.group {
        let members = group_members::table
            .inner_join(groups::table)
            .filter(groups::id.eq(group.clone()))
            .filter(groups::deleted_at.is_null());
        query = if is_rare {
            query.filter(exists(members.filter(group_members::user_id.eq(users::id))))
        } else {
            query.filter(users::id.eq_any(members.select(group_members::user_id)))
        };
    }
    if filter.without_access {
        let role =
            access::table.filter(access::user_id.eq(users::id)).filter(access::role.is_not_null());
        let place = placements::table.filter(placements::user_id.eq(users::id));
        query = query.filter(not(exists(role))).filter(not(exists(place)));
    }
    // Test users are few, too, and are looked for once.
    let tests =
        directory_users::table.filter(directory_users::is_test).select(directory_users::user_id);
    query = if filter.tests {
        query.filter(users::id.eq_any(tests))
    } else {
        query.filter(not(users::id.eq_any(tests)))
    };
    // As the partial indexes say it.
    let suspended =
        || users::suspended_at.is_not_null().or(users::directory_suspended_at.is_not_null());
    match filter.state {
        None => query,
        Some(UserState::Deprovisioned) => query.filter(users::deprovisioned_at.is_not_null()),
        Some(UserState::Suspended) => {
            query.filter(users::deprovisioned_at.is_null()).filter(suspended())
        }
        Some(UserState::Active) => query
            .filter(users::deprovisioned_at.is_null())
            .filter(users::suspended_at.is_null())
            .filter(users::directory_suspended_at.is_null()),
    }
}
