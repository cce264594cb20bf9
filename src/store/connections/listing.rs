//! Connections in lists: which ones, and page by page.

use super::{Connection, ConnectionState};
use crate::error::Result;
use crate::store::input;
use crate::store::schema::{connections, domains, organizations};
use crate::store::{ConnectionId, Db, OrganizationId, Page, Window};
use diesel::dsl::{InnerJoin, IntoBoxed, Select};
use diesel::prelude::*;
use std::collections::HashMap;

/// Which connections are wanted; none of the fields: all that are not deleted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// In this state.
    pub state: Option<ConnectionState>,
    /// With this guide.
    pub provider: Option<String>,
    /// Its name, its organization's or one of that one's domains contains this, in any case; or it is the connection's ID.
    pub text: Option<String>,
    /// Only of these.
    pub among: Option<Vec<ConnectionId>>,
}

/// In which order connections are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order<'a> {
    /// The newest first.
    Newest,
    /// By what their organizations are called.
    Name,
    /// These first and in this order, then the others, the newest first.
    First(&'a [ConnectionId]),
}

/// A page of connections, newest first.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Connection>> {
    let mut query =
        filtered(filter).order(connections::id.desc()).limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(connections::id.lt(before.clone()));
    }
    Ok(Page::of(query.load(db)?, window, |connection: &Connection| connection.id.to_string()))
}

/// A page of connections in an order. Wherever it goes on, the cursor is the ID of the last one.
pub fn page_in(
    db: &mut Db,
    window: &Window,
    filter: &Filter,
    order: Order<'_>,
) -> Result<Page<Connection>> {
    match order {
        Order::Newest => page(db, window, filter),
        Order::Name => by_name(db, window, filter),
        Order::First(first) => these_first(db, window, filter, first),
    }
}

fn by_name(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Connection>> {
    let mut query = filtered(filter)
        .order((organizations::name_key.asc(), connections::id.desc()))
        .limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        let last: Option<String> = connections::table
            .inner_join(organizations::table)
            .filter(connections::id.eq(before))
            .select(organizations::name_key)
            .first(db)
            .optional()?;
        let Some(last) = last else { return Ok(Page::default()) };
        let same = organizations::name_key.eq(last.clone()).and(connections::id.lt(before.clone()));
        query = query.filter(organizations::name_key.gt(last).or(same));
    }
    Ok(Page::of(query.load(db)?, window, |connection: &Connection| connection.id.to_string()))
}

fn these_first(
    db: &mut Db,
    window: &Window,
    filter: &Filter,
    first: &[ConnectionId],
) -> Result<Page<Connection>> {
    let matching: Vec<Connection> =
        filtered(filter).filter(connections::id.eq_any(first.to_vec())).load(db)?;
    let mut by_id: HashMap<ConnectionId, Connection> =
        matching.into_iter().map(|one| (one.id.clone(), one)).collect();
    let head: Vec<&ConnectionId> = first.iter().filter(|id| by_id.contains_key(*id)).collect();
    let before = window.before.as_deref();
    let last = before.and_then(|before| head.iter().position(|id| id.as_str() == before));
    let begin = match (before, last) {
        (None, _) => 0,
        (Some(_), Some(last)) => last + 1,
        (Some(_), None) => head.len(),
    };
    let head: Vec<ConnectionId> = head.into_iter().skip(begin).cloned().collect();
    let mut rows: Vec<Connection> = head.iter().filter_map(|id| by_id.remove(id)).collect();
    let wanted = window.limit.saturating_add(1);
    let missing = wanted.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    if missing > 0 {
        let mut rest = filtered(filter)
            .filter(connections::id.ne_all(first.to_vec()))
            .order(connections::id.desc())
            .limit(missing);
        if let (Some(before), None) = (before, last) {
            rest = rest.filter(connections::id.lt(before.to_owned()));
        }
        let rest: Vec<Connection> = rest.load(db)?;
        rows.extend(rest);
    }
    Ok(Page::of(rows, window, |connection| connection.id.to_string()))
}

/// How many connections a filter lets through.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(db)?)
}

/// How many connections there are in each state, read from the index of states. Those of deleted organizations do not count.
pub fn tally(db: &mut Db) -> Result<HashMap<ConnectionState, i64>> {
    let by_state = || {
        connections::table
            .group_by(connections::state)
            .select((connections::state, diesel::dsl::count_star()))
    };
    let all: Vec<(ConnectionState, i64)> = by_state().load(db)?;
    let gone = organizations::table
        .filter(organizations::deleted_at.is_not_null())
        .select(organizations::id);
    let of_gone = connections::organization_id.eq_any(gone);
    let of_gone: Vec<(ConnectionState, i64)> = by_state().filter(of_gone).load(db)?;
    let mut tally: HashMap<ConnectionState, i64> = all.into_iter().collect();
    for (state, count) in of_gone {
        *tally.entry(state).or_default() -= count;
    }
    Ok(tally)
}

/// Connections with their organizations, neither of them deleted.
type Filtered = IntoBoxed<
    'static,
    Select<
        InnerJoin<connections::table, organizations::table>,
        <connections::table as Table>::AllColumns,
    >,
    <Db as diesel::Connection>::Backend,
>;

fn filtered(filter: &Filter) -> Filtered {
    let mut query = connections::table
        .inner_join(organizations::table)
        .select(connections::all_columns)
        .into_boxed()
        .filter(organizations::deleted_at.is_null());
    if let Some(organization) = &filter.organization {
        query = query.filter(connections::organization_id.eq(organization.clone()));
    }
    query = match filter.state {
        Some(state) => query.filter(connections::state.eq(state)),
        None => query.filter(connections::deleted_at.is_null()),
    };
    if let Some(provider) = &filter.provider {
        query = query.filter(connections::provider.eq(provider.clone()));
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        let pattern = input::containing(&input::fold(text));
        // Each is found in an index, without the rows of those that are not wanted.
        let (named, owner) = diesel::alias!(connections as named, organizations as owner);
        let by_name = named
            .filter(lower(named.field(connections::name)).like(pattern.clone()).escape('!'))
            .select(named.field(connections::id));
        let owners = owner
            .filter(owner.field(organizations::name_key).like(pattern.clone()).escape('!'))
            .select(owner.field(organizations::id));
        let by_owner = named
            .filter(named.field(connections::organization_id).eq_any(owners))
            .select(named.field(connections::id));
        let owners = domains::table
            .filter(domains::name.like(pattern).escape('!'))
            .select(domains::organization_id);
        let by_domain = named
            .filter(named.field(connections::organization_id).eq_any(owners))
            .select(named.field(connections::id));
        query = query.filter(
            connections::id
                .eq_any(by_name)
                .or(connections::id.eq_any(by_owner))
                .or(connections::id.eq_any(by_domain))
                .or(connections::id.eq(text.trim().to_owned())),
        );
    }
    if let Some(among) = &filter.among {
        query = query.filter(connections::id.eq_any(among.clone()));
    }
    query
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The text in lower case: both databases know that of ASCII.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::organizations as customers;
    use crate::store::testing;

    /// The IDs of a list, page by page.
    fn walked(store: &testing::TestStore, order: Order<'_>) -> Vec<ConnectionId> {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let window = Window { limit: 2, before };
            let read = |db: &mut Db| page_in(db, &window, &Filter::default(), order);
            let page = store.read_now(read).unwrap();
            assert!(page.data.len() <= 2);
            found.extend(page.data.into_iter().map(|one| one.id));
            before = page.next_cursor;
            if before.is_none() {
                return found;
            }
        }
    }

    #[test]
    fn in_each_order_every_connection_is_on_one_page() {
        let store = testing::store();
        let names = ["Umbrella", "Globex", "Initech", "Acme", "Hooli"];
        let made: Vec<ConnectionId> = names
            .into_iter()
            .map(|name| {
                let one = testing::active(&store, name, None);
                let patch = customers::OrganizationPatch {
                    name: Some(name.to_owned()),
                    ..customers::OrganizationPatch::default()
                };
                store.system(|tx| customers::change(tx, &one.organization_id, patch));
                one.id
            })
            .collect();
        let at = |places: [usize; 5]| places.map(|place| made[place].clone()).to_vec();
        assert_eq!(walked(&store, Order::Newest), at([4, 3, 2, 1, 0]));
        assert_eq!(walked(&store, Order::Name), at([3, 1, 4, 2, 0]));
        let first = [made[2].clone(), made[0].clone(), made[4].clone()];
        assert_eq!(walked(&store, Order::First(&first)), at([2, 0, 4, 3, 1]));
        assert_eq!(walked(&store, Order::First(&[])), at([4, 3, 2, 1, 0]));
    }

    #[test]
    fn connections_are_counted_by_state_without_those_of_organizations_that_are_gone() {
        let store = testing::store();
        let [one, other, gone] = ["a", "b", "c"].map(|name| testing::active(&store, name, None));
        store.system(|tx| {
            super::super::disable(tx, &one.id)?;
            super::super::delete(tx, &other.id)?;
            customers::delete(tx, &gone.organization_id)
        });
        let states = [ConnectionState::Active, ConnectionState::Disabled, ConnectionState::Deleted];
        let tally = store.read_now(tally).unwrap();
        assert_eq!(states.map(|state| tally.get(&state).copied().unwrap_or_default()), [0, 1, 1]);
        for state in states {
            let filter = Filter { state: Some(state), ..Filter::default() };
            let count = store.read_now(|db| count(db, &filter)).unwrap();
            assert_eq!(tally.get(&state).copied().unwrap_or_default(), count, "{state}");
        }
    }

    #[test]
    fn a_connection_is_found_by_its_id_and_by_a_domain_of_its_organization() {
        let store = testing::store();
        let one = testing::active(&store, "JumpCloud", None);
        testing::active(&store, "Okta", None);
        let domain = crate::domain::DomainName::parse("initech.example").unwrap();
        let of = one.organization_id.clone();
        store.system(|tx| crate::store::domains::add(tx, &of, &domain, true));
        for text in [one.id.as_str(), "INITECH.exa"] {
            let filter = Filter { text: Some(text.to_owned()), ..Filter::default() };
            let found = store.read_now(|db| page(db, &Window::default(), &filter)).unwrap();
            assert_eq!(found.data.len(), 1, "{text}");
            assert_eq!(found.data[0].id, one.id);
        }
    }
}
