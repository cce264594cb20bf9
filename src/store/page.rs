//! Pages of a list, newest first, continued by a cursor.

use crate::error::{Error, Result};
use serde::Serialize;

/// How many rows a page has when nobody says.
pub const DEFAULT_LIMIT: i64 = 50;
/// How many rows a page may have.
pub const MAX_LIMIT: i64 = 200;

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct Window {
    /// 1 to [`MAX_LIMIT`] rows.
    pub limit: i64,
    /// Only rows older than the one with this ID.
    pub before: Option<String>,
}

impl Default for Window {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, before: None }
    }
}

impl Window {
    /// A window from what a caller wrote.
    pub fn parse(limit: Option<i64>, cursor: Option<String>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::invalid(
                "/limit",
                "out_of_range",
                format!("The limit must be from 1 to {MAX_LIMIT}; it was {limit}."),
            ));
        }
        if cursor.as_ref().is_some_and(|c| c.len() > 64 || !c.is_ascii()) {
            return Err(Error::invalid(
                "/cursor",
                "invalid",
                "The cursor must be the next_cursor of an earlier answer.",
            ));
        }
        Ok(Self { limit, before: cursor })
    }

    /// The cursor as a lower bound that no ID passes when there is none.
    #[must_use]
    pub fn bound(&self) -> String {
        // Letters, for where signs sort before them: Postgres with a collation other than C.
        self.before.clone().unwrap_or_else(|| "zzzz".to_owned())
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize)]
pub struct Page<T> {
    /// The rows, newest first.
    pub data: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

impl<T> Default for Page<T> {
    /// A page of a list in which nothing is.
    fn default() -> Self {
        Self { data: Vec::new(), next_cursor: None }
    }
}

impl<T> Page<T> {
    /// A page of `rows`, of which there is one more than the window shows if more exist.
    pub(super) fn of(mut rows: Vec<T>, window: &Window, id: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(window.limit).unwrap_or(1);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(id) } else { None };
        Self { data: rows, next_cursor }
    }

    /// The same page of something made from each row.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { data: self.data.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}
