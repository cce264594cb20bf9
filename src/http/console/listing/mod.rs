//! What all lists have in common: addresses that keep a filter, the way to the next page, moments in short.

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::guard::Csp;
use crate::http::pages::{is_part, respond};
use crate::http::server::State;
use crate::store::{Db, OrganizationId, organizations};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use url::form_urlencoded;

/// Where a list goes on, and back to its beginning.
pub(in crate::http) struct Pager {
    /// The beginning, on a page that is not the first.
    pub(in crate::http) first: Option<String>,
    /// The page after this one, if there is one.
    pub(in crate::http) next: Option<String>,
    /// Whether the page is not the beginning of all there is, so that nothing on it does not mean that there is nothing.
    pub(in crate::http) is_filtered: bool,
}

/// A moment in a table or a fact.
pub(in crate::http) struct Moment {
    /// For programs, and in full.
    pub(in crate::http) time: String,
    /// For people.
    pub(in crate::http) short: String,
}

/// A choice of a filter: a link that keeps the rest of it.
pub(in crate::http) struct Choice {
    /// What it says.
    pub(in crate::http) label: String,
    /// Where it leads.
    pub(in crate::http) href: String,
    /// Whether it is what the page shows.
    pub(in crate::http) is_here: bool,
}

/// How a list shows what arrives while somebody looks.
pub(in crate::http) struct Live {
    /// Where its lines are read again; none: somebody has paused that.
    pub(in crate::http) href: Option<String>,
    /// The page on which it is paused, or goes on.
    pub(in crate::http) turn: String,
}

/// An address with those parts of a query that have a value.
pub(super) fn href(path: &str, parts: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parts.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

/// The ways from a page of a list on which a filter goes on.
pub(super) fn pager(
    path: &str,
    parts: &[(&str, &str)],
    is_continued: bool,
    next: Option<&str>,
) -> Pager {
    let continued = |cursor| {
        let parts: Vec<_> = parts.iter().copied().chain([("cursor", cursor)]).collect();
        href(path, &parts)
    };
    Pager {
        first: is_continued.then(|| href(path, parts)),
        next: next.map(continued),
        is_filtered: is_continued || parts.iter().any(|(_, value)| !value.is_empty()),
    }
}

/// How a page of a list shows what arrives; none: it is not the newest page. `wanted` is what its address says: `off` pauses it.
pub(super) fn live(
    path: &str,
    parts: &[(&str, &str)],
    is_continued: bool,
    wanted: &str,
) -> Option<Live> {
    let reading = href(path, parts);
    let paused: Vec<_> = parts.iter().copied().chain([("live", "off")]).collect();
    match (is_continued, wanted) {
        (true, _) => None,
        (false, "off") => Some(Live { href: None, turn: reading }),
        (false, _) => Some(Live { href: Some(reading), turn: href(path, &paused) }),
    }
}

/// The page of a list, or the part of it that was asked for again.
pub(super) fn answer(
    state: &State,
    request: &HttpRequest,
    page: &impl Template,
    part: &impl Template,
) -> HttpResponse {
    let mut answer = if is_part(request) {
        respond(state, StatusCode::OK, &Csp::Page, part)
    } else {
        respond(state, StatusCode::OK, &Csp::Page, page)
    };
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("HX-Request"));
    answer
}

/// The choices of a filter by a word: all of them, and each. `href` leads to a word, which `label` names.
pub(super) fn choices<'a>(
    words: impl IntoIterator<Item = &'a str>,
    chosen: &str,
    href: impl Fn(&str) -> String,
    label: impl Fn(&str) -> String,
) -> Vec<Choice> {
    let choice =
        |word: &str| Choice { label: label(word), href: href(word), is_here: word == chosen };
    std::iter::once("").chain(words).map(choice).collect()
}

/// The organization that somebody named by its ID, or by `external:` and the operator's own; none: there is none.
pub(super) fn owner(db: &mut Db, named: &str) -> Result<Option<OrganizationId>> {
    match organizations::resolve(db, named) {
        Ok(found) => Ok(Some(found.id)),
        Err(Error::NotFound { .. } | Error::Invalid(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// A day.
pub(super) fn day(time: Time) -> Moment {
    Moment { time: time.to_string(), short: time.to_utc().format("%-d %b %Y").to_string() }
}

/// A moment of a log, in UTC with seconds.
pub(super) fn second(time: Time) -> Moment {
    Moment { time: time.to_string(), short: time.to_utc().format("%-d %b %Y %H:%M:%S").to_string() }
}

/// How long something took: `640 ms`, `8.6 s`.
pub(super) fn took(state: &State, milliseconds: i64) -> String {
    let (key, value) = match milliseconds {
        ..1_000 => ("console.milliseconds", milliseconds.to_string()),
        _ => {
            ("console.seconds", format!("{}.{}", milliseconds / 1_000, milliseconds % 1_000 / 100))
        }
    };
    state.locale.fill(key, &[("number", &value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_has_a_value() {
        assert_eq!(href("/a", &[("q", ""), ("b", "")]), "/a");
        assert_eq!(href("/a", &[("q", "x&y"), ("b", ""), ("c", "1")]), "/a?q=x%26y&c=1");
    }

    #[test]
    fn only_the_newest_page_shows_what_arrives_and_can_be_paused() {
        let on = live("/a", &[("q", "x")], false, "").unwrap();
        assert_eq!((on.href.as_deref(), &*on.turn), (Some("/a?q=x"), "/a?q=x&live=off"));
        let off = live("/a", &[("q", "x")], false, "off").unwrap();
        assert_eq!((off.href, &*off.turn), (None, "/a?q=x"));
        assert!(live("/a", &[], true, "").is_none());
    }

    #[test]
    fn a_pager_keeps_the_filter() {
        let middle = pager("/a", &[("q", "x")], true, Some("org_1"));
        assert_eq!(middle.first.as_deref(), Some("/a?q=x"));
        assert_eq!(middle.next.as_deref(), Some("/a?q=x&cursor=org_1"));
        let only = pager("/a", &[("q", "")], false, None);
        assert!(only.first.is_none() && only.next.is_none() && !only.is_filtered);
        assert!(middle.is_filtered && pager("/a", &[("q", "x")], false, None).is_filtered);
        assert!(pager("/a", &[], true, None).is_filtered);
    }
}
