//! A page of a list.

use crate::store::Page;
use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list, newest first.
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    data: Vec<T>,
    /// Give it as `cursor` to get the next page; `null` on the last one.
    next_cursor: Option<String>,
    /// How many there are on all pages; only with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

impl<T> List<T> {
    /// A page as the store gives it.
    #[must_use]
    pub fn of(page: Page<T>, total: Option<i64>) -> Self {
        Self { data: page.data, next_cursor: page.next_cursor, total }
    }

    /// All there are, where that is never many.
    #[must_use]
    pub fn all(data: Vec<T>) -> Self {
        Self { data, next_cursor: None, total: None }
    }

    /// The same page of something made from each object.
    pub fn map<U>(self, make: impl FnMut(T) -> U) -> List<U> {
        let data = self.data.into_iter().map(make).collect();
        List { data, next_cursor: self.next_cursor, total: self.total }
    }

    /// What the page has.
    #[must_use]
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// Where the next page begins, if there is one.
    #[must_use]
    pub fn next_cursor(&self) -> Option<&str> {
        self.next_cursor.as_deref()
    }
}
