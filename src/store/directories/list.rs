//! Lists of a directory's resources, by place or by cursor (RFC 7644, 3.4.2; RFC 9865).

use super::Directory;
use super::filter::{self, Columns, Condition};
use super::groups::Group;
use super::people::Row;
use crate::crypto;
use crate::error::Result;
use crate::scim::filter::{Literal, Op, Operand, matches};
use crate::scim::query::{PageOf, Query, Sort};
use crate::scim::{self, Filter, Kind};
use crate::store::schema::{directory_users, groups};
use crate::store::{Db, Prepared, on_backend};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use serde_json::{Map, Value};

/// How many rows a filter without an index may look through.
const MOST_SCANNED: usize = 20_000;
/// How many of them at a time.
const BATCH: usize = 500;

/// What a query found.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The resources of the page.
    pub data: Vec<T>,
    /// How many there are in all; none where a cursor leads through a list of which nobody counted the rest.
    pub total: Option<i64>,
    /// Where the next page begins, if the query was by cursor and there is one.
    pub next: Option<String>,
}

impl<T> Found<T> {
    /// The same of something made from each resource.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Found<U> {
        Found { data: self.data.into_iter().map(f).collect(), total: self.total, next: self.next }
    }
}

/// Where in the order of a list a page begins.
enum Place {
    /// After so many.
    Offset(usize),
    /// After this ID.
    After(Option<String>),
}

/// Loads as many rows as said, from a place on, with a condition.
type Load<T, R> =
    fn(&mut Db, &Directory, Option<Condition<T>>, Option<Sort>, &Place, usize) -> Result<Vec<R>>;

/// A list of one kind of resource, as the database has it.
struct Table<'a, T, R> {
    directory: &'a Directory,
    kind: Kind,
    load: Load<T, R>,
    count: fn(&mut Db, &Directory, Condition<T>) -> Result<i64>,
    id: fn(&R) -> &str,
    whole: fn(&R) -> Map<String, Value>,
    all: i64,
}

pub(super) fn people(db: &mut Db, directory: &Directory, query: &Query) -> Result<Found<Row>> {
    if let Some(found) = one_person(db, directory, query)? {
        return Ok(found);
    }
    let table = Table {
        directory,
        kind: Kind::User,
        load: load_people,
        count: count_people,
        id: |row: &Row| row.user_id.as_str(),
        whole: |row: &Row| row.document(""),
        all: directory.users,
    };
    page(db, &table, query)
}

pub(super) fn groups(db: &mut Db, directory: &Directory, query: &Query) -> Result<Found<Group>> {
    let table = Table {
        directory,
        kind: Kind::Group,
        load: load_groups,
        count: count_groups,
        id: |group: &Group| group.id.as_str(),
        whole: |group: &Group| group.document(""),
        all: directory.groups,
    };
    page(db, &table, query)
}

/// What every directory asks before it makes a user: `userName eq "…"`. There is one at most.
fn one_person(db: &mut Db, directory: &Directory, query: &Query) -> Result<Option<Found<Row>>> {
    let Some(Filter::Compare(Operand::Of(target), Op::Eq, Literal::Text(name))) = &query.filter
    else {
        return Ok(None);
    };
    if !target.is("userName") || query.page != PageOf::Index(1) || query.count == 0 {
        return Ok(None);
    }
    let wanted = directory_users::table
        .filter(directory_users::connection_id.eq(&directory.connection_id))
        .filter(directory_users::user_name_key.eq(name))
        .filter(directory_users::deleted_at.is_null());
    let found: Option<Row> =
        on_backend!(db, conn => Prepared(wanted.limit(1)).get_result(conn)).optional()?;
    let data: Vec<Row> = found.into_iter().collect();
    let total = i64::try_from(data.len()).ok();
    Ok(Some(Found { data, total, next: None }))
}

fn page<T: Columns, R>(db: &mut Db, table: &Table<'_, T, R>, query: &Query) -> Result<Found<R>> {
    let condition = query.filter.as_ref().map(filter::condition::<T>).transpose()?;
    let is_exact = condition.as_ref().is_none_or(|condition| condition.is_exact);
    match &query.page {
        PageOf::Index(start) if is_exact => {
            let total = match &query.filter {
                Some(filter) => {
                    (table.count)(db, table.directory, filter::condition::<T>(filter)?)?
                }
                None => table.all,
            };
            let place = Place::Offset(start.saturating_sub(1));
            let data = match query.count {
                0 => Vec::new(),
                count => (table.load)(db, table.directory, condition, query.sort, &place, count)?,
            };
            Ok(Found { data, total: Some(total), next: None })
        }
        PageOf::Index(start) => {
            let all = scan(db, table, query)?;
            let total = i64::try_from(all.len()).ok();
            let data = all.into_iter().skip(start.saturating_sub(1)).take(query.count).collect();
            Ok(Found { data, total, next: None })
        }
        PageOf::Cursor(cursor) => by_cursor(db, table, query, condition, cursor.as_deref()),
    }
}

/// Every row that the filter is true of, as far as that can be looked through.
fn scan<T: Columns, R>(db: &mut Db, table: &Table<'_, T, R>, query: &Query) -> Result<Vec<R>> {
    let Some(filter) = &query.filter else { return Ok(Vec::new()) };
    let (mut found, mut seen) = (Vec::new(), 0);
    loop {
        let condition = Some(filter::condition::<T>(filter)?);
        let place = Place::Offset(seen);
        let rows = (table.load)(db, table.directory, condition, query.sort, &place, BATCH)?;
        let is_last = rows.len() < BATCH;
        seen += rows.len();
        found.extend(rows.into_iter().filter(|row| matches(filter, &(table.whole)(row))));
        if is_last {
            return Ok(found);
        }
        refuse_long(seen)?;
    }
}

fn refuse_long(seen: usize) -> Result<()> {
    if seen < MOST_SCANNED {
        return Ok(());
    }
    let detail = format!(
        "The filter would have to look through more than {MOST_SCANNED} resources. Filter by userName, externalId, \
         id, emails.value, displayName, active or meta.lastModified, alone or with and."
    );
    Err(scim::Error::too_many(detail).into())
}

fn by_cursor<T: Columns, R>(
    db: &mut Db,
    table: &Table<'_, T, R>,
    query: &Query,
    condition: Option<Condition<T>>,
    cursor: Option<&str>,
) -> Result<Found<R>> {
    if query.sort.is_some_and(|sort| !sort.by.is("id") || sort.descending) {
        let detail =
            "A list by cursor is in the order of its IDs. Leave sortBy out, or page by startIndex.";
        return Err(scim::Error::value(detail).into());
    }
    let after = match cursor {
        Some(cursor) => Some(opened(table.directory, table.kind, query, cursor)?),
        None => None,
    };
    let total = if query.filter.is_none() { Some(table.all) } else { None };
    if query.count == 0 {
        return Ok(Found { data: Vec::new(), total, next: None });
    }
    let is_exact = condition.as_ref().is_none_or(|condition| condition.is_exact);
    let mut place = Place::After(after);
    let (mut data, mut seen, mut condition) = (Vec::new(), 0, condition);
    let size = if is_exact { query.count + 1 } else { BATCH };
    loop {
        let rows = (table.load)(db, table.directory, condition, None, &place, size)?;
        let is_last = rows.len() < size;
        seen += rows.len();
        place = Place::After(rows.last().map(|row| (table.id)(row).to_owned()));
        match query.filter.as_ref().filter(|_| !is_exact) {
            Some(filter) => {
                data.extend(rows.into_iter().filter(|row| matches(filter, &(table.whole)(row))));
            }
            None => data.extend(rows),
        }
        if is_last || data.len() > query.count {
            break;
        }
        refuse_long(seen)?;
        condition = query.filter.as_ref().map(filter::condition::<T>).transpose()?;
    }
    let has_more = data.len() > query.count;
    data.truncate(query.count);
    let last = data.last().filter(|_| has_more);
    let next = last.map(|row| sealed(table.directory, table.kind, query, (table.id)(row)));
    Ok(Found { data, total, next })
}

/// A cursor: the last ID of a page, and of which list.
fn sealed(directory: &Directory, kind: Kind, query: &Query, id: &str) -> String {
    format!("{}.{id}", list_of(directory, kind, query))
}

fn opened(directory: &Directory, kind: Kind, query: &Query, cursor: &str) -> Result<String> {
    match cursor.split_once('.') {
        Some((list, id)) if list == list_of(directory, kind, query) && is_like_an_id(id) => {
            Ok(id.to_owned())
        }
        _ => Err(scim::Error::cursor().into()),
    }
}

/// Whether a text could be an ID of ours. Postgres has a fault to tell of some that could not.
pub(super) fn is_like_an_id(text: &str) -> bool {
    text.len() < 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Which list it is: of this directory and kind, with this filter.
fn list_of(directory: &Directory, kind: Kind, query: &Query) -> String {
    let filter = query.filter.as_ref().map(Filter::to_string).unwrap_or_default();
    let digest = crypto::sha256(
        format!("{}{} {filter}", directory.connection_id, kind.endpoint()).as_bytes(),
    );
    URL_SAFE_NO_PAD.encode(digest.get(..9).unwrap_or(&digest))
}

macro_rules! table {
    ($load:ident, $count:ident, $table:ident, $id:ident, $row:ty, $sort:ident) => {
        fn $load(
            db: &mut Db,
            directory: &Directory,
            condition: Option<Condition<$table::table>>,
            sort: Option<Sort>,
            place: &Place,
            count: usize,
        ) -> Result<Vec<$row>> {
            let mut query = $table::table
                .filter($table::connection_id.eq(&directory.connection_id))
                .filter($table::deleted_at.is_null())
                .limit(i64::try_from(count).unwrap_or(i64::MAX))
                .into_boxed();
            if let Some(sql) = condition.and_then(|condition| condition.sql) {
                query = query.filter(sql);
            }
            if let Place::Offset(offset) = place {
                query = query.offset(i64::try_from(*offset).unwrap_or(i64::MAX));
            }
            if let Place::After(Some(id)) = place {
                query = query.filter($table::$id.gt(id.clone()));
            }
            if let Some(sort) = sort {
                query = $sort(query, sort);
            }
            Ok(query.then_order_by($table::$id).load(db)?)
        }

        fn $count(
            db: &mut Db,
            directory: &Directory,
            condition: Condition<$table::table>,
        ) -> Result<i64> {
            let mut query = $table::table
                .filter($table::connection_id.eq(&directory.connection_id))
                .filter($table::deleted_at.is_null())
                .into_boxed();
            if let Some(sql) = condition.sql {
                query = query.filter(sql);
            }
            Ok(query.count().get_result(db)?)
        }
    };
}

table!(load_people, count_people, directory_users, user_id, Row, sort_people);
table!(load_groups, count_groups, groups, id, Group, sort_groups);

type Backend = <Db as diesel::Connection>::Backend;

macro_rules! by {
    ($query:expr, $sort:expr, $column:expr) => {
        if $sort.descending { $query.order($column.desc()) } else { $query.order($column.asc()) }
    };
}

fn sort_people(
    query: directory_users::BoxedQuery<'_, Backend>,
    sort: Sort,
) -> directory_users::BoxedQuery<'_, Backend> {
    use directory_users as columns;
    match () {
        () if sort.by.is("userName") => by!(query, sort, columns::user_name_key),
        () if sort.by.is("displayName") => by!(query, sort, columns::display_name_key),
        () if sort.by.is("externalId") => by!(query, sort, columns::external_id),
        () if sort.by.is("meta.created") => by!(query, sort, columns::created_at),
        () if sort.by.is("meta.lastModified") => by!(query, sort, columns::updated_at),
        () => by!(query, sort, columns::user_id),
    }
}

fn sort_groups(
    query: groups::BoxedQuery<'_, Backend>,
    sort: Sort,
) -> groups::BoxedQuery<'_, Backend> {
    use groups as columns;
    match () {
        () if sort.by.is("displayName") => by!(query, sort, columns::display_name_key),
        () if sort.by.is("externalId") => by!(query, sort, columns::external_id),
        () if sort.by.is("meta.created") => by!(query, sort, columns::created_at),
        () if sort.by.is("meta.lastModified") => by!(query, sort, columns::updated_at),
        () => by!(query, sort, columns::id),
    }
}
