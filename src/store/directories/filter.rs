//! A filter of SCIM as a condition of SQL, as far as there are columns and indexes for it.
//!
//! A condition lets through whatever the filter is true of, and perhaps more: then [`Condition::is_exact`] is false, and
//! `scim::filter::matches` decides about each row.

use crate::scim::filter::{Literal, Op, Operand};
use crate::scim::{Error, Filter, Result, Target};
use crate::store::schema::{directory_emails, directory_users, group_members, groups};
use crate::store::{Db, Time, input};
use diesel::dsl::{exists, not};
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::Bool;

type Backend = <Db as diesel::Connection>::Backend;
type Predicate<T> = Box<dyn BoxableExpression<T, Backend, SqlType = Bool>>;

/// What of a filter SQL decides.
pub(super) struct Condition<T> {
    /// What must hold; none: SQL knows nothing of it.
    pub(super) sql: Option<Predicate<T>>,
    /// Whether nothing else is to be asked.
    pub(super) is_exact: bool,
}

/// The columns of a kind of resource.
pub(super) trait Columns: Sized + 'static {
    /// A comparison of an attribute that has a column, and whether it says all.
    fn compare(target: &Target, op: Op, literal: &Literal) -> Result<Condition<Self>>;
    /// An element of an attribute that a filter is true of.
    fn has(target: &Target, inner: &Filter) -> Result<Condition<Self>>;
    fn both(one: Predicate<Self>, other: Predicate<Self>) -> Predicate<Self>;
    fn either(one: Predicate<Self>, other: Predicate<Self>) -> Predicate<Self>;
    fn neither(one: Predicate<Self>) -> Predicate<Self>;
}

impl<T> Condition<T> {
    fn unknown() -> Self {
        Self { sql: None, is_exact: false }
    }

    fn exact(sql: Predicate<T>) -> Self {
        Self { sql: Some(sql), is_exact: true }
    }

    fn necessary(sql: Predicate<T>) -> Self {
        Self { sql: Some(sql), is_exact: false }
    }
}

/// The condition that a filter is.
pub(super) fn condition<T: Columns>(filter: &Filter) -> Result<Condition<T>> {
    match filter {
        Filter::All(parts) => {
            let (mut sql, mut is_exact) = (None, true);
            for part in parts {
                let part = condition::<T>(part)?;
                is_exact &= part.is_exact;
                sql = match (sql, part.sql) {
                    (Some(one), Some(other)) => Some(T::both(one, other)),
                    (one, other) => one.or(other),
                };
            }
            Ok(Condition { is_exact: is_exact && sql.is_some(), sql })
        }
        Filter::Any(parts) => {
            let (mut sql, mut is_exact): (Option<Predicate<T>>, bool) = (None, true);
            for part in parts {
                let part = condition::<T>(part)?;
                is_exact &= part.is_exact;
                sql = match (sql, part.sql) {
                    (_, None) => return Ok(Condition::unknown()),
                    (None, Some(one)) => Some(one),
                    (Some(one), Some(other)) => Some(T::either(one, other)),
                };
            }
            Ok(Condition { is_exact: is_exact && sql.is_some(), sql })
        }
        Filter::Not(inner) => Ok(negated(condition(inner)?)),
        Filter::Has(target, inner) => T::has(target, inner),
        Filter::Present(Operand::Of(target)) if is_membership(target) => Err(unsupported(target)),
        Filter::Present(_) | Filter::Compare(Operand::Within(_), ..) => Ok(Condition::unknown()),
        Filter::Compare(Operand::Of(target), Op::Ne, literal) => {
            Ok(negated(T::compare(target, Op::Eq, literal)?))
        }
        Filter::Compare(Operand::Of(target), op, literal) => T::compare(target, *op, literal),
    }
}

/// Not what is known exactly is known exactly; of anything else nothing is known.
fn negated<T: Columns>(inner: Condition<T>) -> Condition<T> {
    match inner {
        Condition { sql: Some(sql), is_exact: true } => Condition::exact(T::neither(sql)),
        _ => Condition::unknown(),
    }
}

/// Members and groups are rows of their own, which no scan of resources reads.
fn is_membership(target: &Target) -> bool {
    target.is_core() && matches!(target.attribute.name, "members" | "groups")
}

fn unsupported(target: &Target) -> Error {
    let name = target.attribute.name;
    Error::filter(format!("{name} can be compared by {name}.value eq \"<ID>\" only."))
}

/// The ID that a comparison of members or groups names.
fn membership<'a>(target: &Target, op: Op, literal: &'a Literal) -> Result<&'a str> {
    match (target.sub.map_or("value", |sub| sub.name), op, literal) {
        ("value", Op::Eq, Literal::Text(id)) => Ok(id),
        _ => Err(unsupported(target)),
    }
}

/// The same of `members[value eq "…"]`.
fn membership_within<'a>(target: &Target, inner: &'a Filter) -> Result<&'a str> {
    match inner {
        Filter::Compare(Operand::Within(sub), Op::Eq, Literal::Text(id)) if sub.name == "value" => {
            Ok(id)
        }
        _ => Err(unsupported(target)),
    }
}

/// What a part of a text looks like to `LIKE` with `!` as its escape.
fn pattern(op: Op, text: &str) -> Option<String> {
    match op {
        Op::Co => Some(input::containing(text)),
        Op::Sw => Some(input::beginning_with(text)),
        Op::Ew => Some(input::ending_in(text)),
        _ => None,
    }
}

/// A folded column. An empty text is no value, which is compared in memory.
macro_rules! folded {
    ($column:expr, $op:expr, $text:expr) => {
        match ($op, pattern($op, $text)) {
            _ if $text.is_empty() => Condition::unknown(),
            (Op::Eq, _) => Condition::exact(Box::new($column.eq($text.to_owned()))),
            // Folding takes space away at the ends, which a part of the text may have.
            (_, Some(pattern)) if $text.trim() == $text.as_str() => {
                Condition::necessary(Box::new($column.like(pattern).escape('!')))
            }
            _ => Condition::unknown(),
        }
    };
}

/// A column in which case counts: SQLite's `LIKE` does not see it, so that only equality is asked.
macro_rules! exact {
    ($column:expr, $op:expr, $text:expr) => {
        match $op {
            Op::Eq if !$text.is_empty() => Condition::exact(Box::new($column.eq($text.to_owned()))),
            _ => Condition::unknown(),
        }
    };
}

/// A column of moments. What is finer than a microsecond is in none.
macro_rules! moment {
    ($column:expr, $op:expr, $at:expr) => {{
        let at = Time::from(*$at);
        if chrono::DateTime::<chrono::Utc>::from(at) != *$at {
            return Ok(Condition::unknown());
        }
        match $op {
            Op::Eq => Condition::exact(Box::new($column.eq(at))),
            Op::Gt => Condition::exact(Box::new($column.gt(at))),
            Op::Ge => Condition::exact(Box::new($column.ge(at))),
            Op::Lt => Condition::exact(Box::new($column.lt(at))),
            Op::Le => Condition::exact(Box::new($column.le(at))),
            _ => Condition::unknown(),
        }
    }};
}

macro_rules! joined {
    () => {
        fn both(one: Predicate<Self>, other: Predicate<Self>) -> Predicate<Self> {
            Box::new(one.and(other))
        }

        fn either(one: Predicate<Self>, other: Predicate<Self>) -> Predicate<Self> {
            Box::new(one.or(other))
        }

        fn neither(one: Predicate<Self>) -> Predicate<Self> {
            Box::new(not(one))
        }
    };
}

/// Those who have the address, whichever of their addresses it is.
fn with_email(key: &str) -> Predicate<directory_users::table> {
    Box::new(exists(
        directory_emails::table
            .filter(directory_emails::connection_id.eq(directory_users::connection_id))
            .filter(directory_emails::user_id.eq(directory_users::user_id))
            .filter(directory_emails::value_key.eq(key.to_owned())),
    ))
}

impl Columns for directory_users::table {
    fn compare(target: &Target, op: Op, literal: &Literal) -> Result<Condition<Self>> {
        use directory_users as columns;
        if is_membership(target) {
            let id = membership(target, op, literal)?.to_owned();
            let theirs = group_members::table
                .filter(group_members::group_id.eq(id))
                .filter(group_members::user_id.eq(columns::user_id));
            return Ok(Condition::exact(Box::new(exists(theirs))));
        }
        Ok(match literal {
            Literal::Text(text) if target.is("userName") => {
                folded!(columns::user_name_key, op, text)
            }
            Literal::Text(text) if target.is("displayName") => {
                folded!(columns::display_name_key, op, text)
            }
            Literal::Text(text) if target.is("externalId") => {
                exact!(columns::external_id, op, text)
            }
            Literal::Text(text) if target.is("id") => exact!(columns::user_id, op, text),
            Literal::Text(text)
                if (target.is("emails") || target.is("emails.value"))
                    && op == Op::Eq
                    && !text.is_empty() =>
            {
                Condition::exact(with_email(text))
            }
            Literal::Time(at) if target.is("meta.lastModified") => {
                moment!(columns::updated_at, op, at)
            }
            Literal::Time(at) if target.is("meta.created") => moment!(columns::created_at, op, at),
            // Without a word of it somebody is active, but the attribute has no value.
            Literal::Bool(value) if target.is("active") && op == Op::Eq => {
                let sql = Box::new(columns::is_active.eq(*value));
                Condition { sql: Some(sql), is_exact: !value }
            }
            _ => Condition::unknown(),
        })
    }

    fn has(target: &Target, inner: &Filter) -> Result<Condition<Self>> {
        if is_membership(target) {
            let id = membership_within(target, inner)?.to_owned();
            let theirs = group_members::table
                .filter(group_members::group_id.eq(id))
                .filter(group_members::user_id.eq(directory_users::user_id));
            return Ok(Condition::exact(Box::new(exists(theirs))));
        }
        let value = |part: &Filter| match part {
            Filter::Compare(Operand::Within(sub), Op::Eq, Literal::Text(text))
                if sub.name == "value" && !text.is_empty() =>
            {
                Some(text.clone())
            }
            _ => None,
        };
        let key = match inner {
            _ if !target.is("emails") => None,
            Filter::All(parts) => parts.iter().find_map(value),
            one => value(one),
        };
        Ok(key.map_or_else(Condition::unknown, |key| Condition::necessary(with_email(&key))))
    }

    joined!();
}

impl Columns for groups::table {
    fn compare(target: &Target, op: Op, literal: &Literal) -> Result<Condition<Self>> {
        use groups as columns;
        if is_membership(target) {
            return Ok(Condition::exact(with_member(membership(target, op, literal)?)));
        }
        Ok(match literal {
            Literal::Text(text) if target.is("displayName") => {
                folded!(columns::display_name_key, op, text)
            }
            Literal::Text(text) if target.is("externalId") => {
                exact!(columns::external_id, op, text)
            }
            Literal::Text(text) if target.is("id") => exact!(columns::id, op, text),
            Literal::Time(at) if target.is("meta.lastModified") => {
                moment!(columns::updated_at, op, at)
            }
            Literal::Time(at) if target.is("meta.created") => moment!(columns::created_at, op, at),
            _ => Condition::unknown(),
        })
    }

    fn has(target: &Target, inner: &Filter) -> Result<Condition<Self>> {
        if is_membership(target) {
            return Ok(Condition::exact(with_member(membership_within(target, inner)?)));
        }
        Ok(Condition::unknown())
    }

    joined!();
}

fn with_member(id: &str) -> Predicate<groups::table> {
    let live = directory_users::table
        .filter(directory_users::deleted_at.is_null())
        .select(directory_users::user_id);
    Box::new(exists(
        group_members::table
            .filter(group_members::group_id.eq(groups::id))
            .filter(group_members::user_id.eq(id.to_owned()))
            .filter(group_members::user_id.eq_any(live)),
    ))
}
