//! What a list is asked for: by a query string, or by the body of `.search` (RFC 7644, 3.4.2 and 3.4.3; RFC 9865).

use super::filter::{self, Filter};
use super::path::{self, Target};
use super::resource::Projection;
use super::schema::Kind;
use super::{Error, Result};
use serde_json::{Map, Value};

/// How many resources a page has when nobody says.
pub const DEFAULT_COUNT: usize = 100;
/// How many resources a page has at most.
pub const MOST: usize = 500;

/// A list that is asked for.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which resources.
    pub filter: Option<Filter>,
    /// What of them.
    pub projection: Projection,
    /// In which order; none: as they were made.
    pub sort: Option<Sort>,
    /// Which of them.
    pub page: PageOf,
    /// How many at most.
    pub count: usize,
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sort {
    /// By this attribute.
    pub by: Target,
    /// The greatest first.
    pub descending: bool,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageOf {
    /// At this place, counted from 1.
    Index(usize),
    /// After what the cursor says; none: at the beginning (RFC 9865, 2).
    Cursor(Option<String>),
}

/// What was given, before it is known of which kind the resources are.
#[derive(Debug, Clone, Default)]
pub struct Given {
    filter: Option<String>,
    attributes: Option<Vec<String>>,
    excluded: Vec<String>,
    sort_by: Option<String>,
    descending: bool,
    start: Option<i64>,
    count: Option<i64>,
    cursor: Option<String>,
}

impl Given {
    /// Reads the pairs of a query string. What is unknown is left out.
    pub fn of_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut given = Self::default();
        for (name, value) in pairs {
            given.take(name, &Value::from(value))?;
        }
        Ok(given)
    }

    /// Reads the body of a `.search` (RFC 7644, 3.4.3).
    pub fn of_body(body: &Value) -> Result<Self> {
        let body = body
            .as_object()
            .ok_or_else(|| Error::syntax("A search needs a JSON object as its body."))?;
        Self::of_object(body)
    }

    fn of_object(body: &Map<String, Value>) -> Result<Self> {
        let mut given = Self::default();
        for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
            given.take(name, value)?;
        }
        Ok(given)
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<()> {
        match &*name.to_ascii_lowercase() {
            "filter" => {
                self.filter = Some(text("filter", value)?).filter(|text| !text.trim().is_empty());
            }
            "attributes" => self.attributes = Some(names("attributes", value)?),
            "excludedattributes" => self.excluded = names("excludedAttributes", value)?,
            "sortby" => {
                self.sort_by = Some(text("sortBy", value)?).filter(|text| !text.trim().is_empty());
            }
            "sortorder" => self.descending = is_descending(&text("sortOrder", value)?)?,
            "startindex" => self.start = Some(number("startIndex", value)?),
            "count" => self.count = Some(number("count", value)?),
            "cursor" => self.cursor = Some(text("cursor", value)?),
            _ => {}
        }
        Ok(())
    }

    /// The list that is asked for, of resources of this kind.
    pub fn of(&self, kind: Kind) -> Result<Query> {
        let count = self.count.map(|count| usize::try_from(count).unwrap_or(0));
        let start = self.start.map_or(1, |start| usize::try_from(start).unwrap_or(1).max(1));
        let sort = match &self.sort_by {
            Some(name) => Some(Sort { by: path::sort(kind, name)?, descending: self.descending }),
            None => None,
        };
        Ok(Query {
            filter: self.filter.as_deref().map(|text| filter::parse(kind, text)).transpose()?,
            projection: self.projection(kind),
            sort,
            page: match &self.cursor {
                Some(cursor) => {
                    PageOf::Cursor(Some(cursor.clone()).filter(|text| !text.is_empty()))
                }
                None => PageOf::Index(start),
            },
            count: count.unwrap_or(DEFAULT_COUNT).min(MOST),
        })
    }

    /// What of a resource is asked for. If both lists are given, the one of wanted attributes counts.
    #[must_use]
    pub fn projection(&self, kind: Kind) -> Projection {
        let list = |names: &[String]| path::list(&[kind], names.iter().map(String::as_str));
        match self.attributes.as_ref().filter(|names| names.iter().any(|name| !name.is_empty())) {
            Some(names) => Projection { only: Some(list(names)), without: Vec::new() },
            None => Projection { only: None, without: list(&self.excluded) },
        }
    }
}

fn text(name: &str, value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(Error::value(format!("{name} must be a string, but is {value}."))),
    }
}

/// Names in a list, or in a text with commas between.
fn names(name: &str, value: &Value) -> Result<Vec<String>> {
    let split = |text: &str| text.split(',').map(|name| name.trim().to_owned()).collect();
    match value {
        Value::String(text) => Ok(split(text)),
        Value::Array(names) => names.iter().map(|one| text(name, one)).collect(),
        _ => Err(Error::value(format!("{name} must be a list of attributes, but is {value}."))),
    }
}

fn number(name: &str, value: &Value) -> Result<i64> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| Error::value(format!("{name} must be an integer, but is {value}.")))
}

fn is_descending(word: &str) -> Result<bool> {
    match &*word.trim().to_ascii_lowercase() {
        "ascending" | "" => Ok(false),
        "descending" => Ok(true),
        _ => Err(Error::value(format!(
            "sortOrder must be ascending or descending, but is “{word}”."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query(pairs: &[(&str, &str)]) -> Result<Query> {
        Given::of_pairs(pairs.iter().copied())?.of(Kind::User)
    }

    #[test]
    fn a_start_below_one_is_one_and_a_count_below_none_is_none() {
        let it = query(&[("startIndex", "-3"), ("count", "-1")]).unwrap();
        assert_eq!((it.page, it.count), (PageOf::Index(1), 0));
        let it = query(&[]).unwrap();
        assert_eq!((it.page, it.count), (PageOf::Index(1), DEFAULT_COUNT));
        assert_eq!(query(&[("count", "100000")]).unwrap().count, MOST);
        assert_eq!(query(&[("count", "many")]).unwrap_err().status, 400);
    }

    #[test]
    fn an_empty_cursor_asks_for_the_first_page_by_cursor() {
        assert_eq!(query(&[("cursor", "")]).unwrap().page, PageOf::Cursor(None));
        assert_eq!(query(&[("cursor", "abc")]).unwrap().page, PageOf::Cursor(Some("abc".into())));
    }

    #[test]
    fn a_search_says_the_same_in_a_body() {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": ["userName"], "filter": "active eq true", "sortBy": "userName",
            "sortOrder": "descending", "startIndex": 5, "count": 7, "cursor": null,
        });
        let it = Given::of_body(&body).unwrap().of(Kind::User).unwrap();
        assert_eq!((it.page, it.count), (PageOf::Index(5), 7));
        assert!(it.sort.unwrap().descending && it.filter.is_some());
        assert!(it.projection.wants("userName") && !it.projection.wants("emails"));
    }

    #[test]
    fn wanted_attributes_count_before_excluded_ones() {
        let it = query(&[("attributes", "userName, active"), ("excludedAttributes", "userName")])
            .unwrap();
        assert!(it.projection.wants("userName"));
        let it = query(&[("excludedAttributes", "groups,emails.value")]).unwrap();
        assert!(!it.projection.wants("groups") && it.projection.wants("emails"));
    }

    #[test]
    fn what_cannot_be_is_told() {
        assert!(query(&[("sortBy", "shoe")]).unwrap_err().to_string().contains("Sort by userName"));
        assert!(query(&[("sortOrder", "up")]).is_err());
        assert!(query(&[("filter", "shoe eq 1")]).is_err());
        assert!(Given::of_body(&json!([])).is_err());
        assert!(Given::of_body(&json!({ "attributes": 1 })).is_err());
    }

    #[test]
    fn an_empty_filter_is_none_as_onelogin_sends_it() {
        assert!(query(&[("filter", "")]).unwrap().filter.is_none());
    }
}
