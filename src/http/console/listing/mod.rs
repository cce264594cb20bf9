//! What all lists have in common: addresses that keep a filter, the way to the next page, moments in short.

mod chips;
mod moment;
mod owner;

pub(in crate::http) use self::chips::Chip;
pub(super) use self::chips::filtered;
pub(in crate::http) use self::moment::Moment;
pub(super) use self::moment::{day, more, number, second, took, when};
pub(super) use self::owner::{chosen, labelled, offered, owner, spelled};

use super::form;
use crate::http::guard::Csp;
use crate::http::pages::{is_part, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
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
    /// The filters that are on.
    pub(in crate::http) chips: Vec<Chip>,
    /// The list without any.
    pub(in crate::http) clear: String,
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
        is_filtered: is_continued
            || parts.iter().any(|(name, value)| chips::is_filter(name, value)),
        chips: Vec::new(),
        clear: path.to_owned(),
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

/// What the chosen word of a filter is called.
pub(super) fn here(choices: &[Choice]) -> String {
    choices.iter().find(|choice| choice.is_here).map_or_else(String::new, |one| one.label.clone())
}

/// The choices of a filter or an order in a select: words, each called by the key of the locale that stands for it.
pub(super) fn options<'a>(
    state: &State,
    words: impl IntoIterator<Item = &'a str>,
    chosen: &str,
    key: impl Fn(&str) -> &'static str,
) -> Vec<form::Choice> {
    let one = |word: &str| form::Choice {
        value: word.to_owned(),
        label: state.locale.text(key(word)).to_owned(),
        is_chosen: word == chosen,
    };
    words.into_iter().map(one).collect()
}

/// Leads from a list to a page, also where a script asked, which cannot be led elsewhere by a redirect.
pub(super) fn lead(request: &HttpRequest, href: &str) -> HttpResponse {
    if is_part(request) {
        HttpResponse::NoContent().insert_header(("hx-redirect", href)).finish()
    } else {
        see_other(href)
    }
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
        let only = pager("/a", &[("q", ""), ("sort", "name")], false, None);
        assert!(only.first.is_none() && only.next.is_none() && !only.is_filtered);
        assert!(middle.is_filtered && pager("/a", &[("q", "x")], false, None).is_filtered);
        assert!(pager("/a", &[], true, None).is_filtered);
    }
}
