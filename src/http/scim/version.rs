//! Which version of a resource a caller has seen (RFC 7644, 3.14; RFC 9110, 13).

use actix_web::http::header::{self, HeaderMap, HeaderName};

/// The versions that the caller goes by, if it says any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Versions {
    /// Do it only if the resource has one of these revisions; none: whatever it has.
    pub(super) only: Option<Vec<i64>>,
    /// The caller has these already.
    has: Vec<String>,
}

impl Versions {
    /// Those of the headers `If-Match` and `If-None-Match`.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let only = tags(headers, &header::IF_MATCH);
        let has = tags(headers, &header::IF_NONE_MATCH).unwrap_or_default();
        let only = only.filter(|tags| !tags.iter().any(|tag| tag == "*"));
        Self { only: only.map(|tags| revisions(&tags)), has }
    }

    /// That of an operation in a bulk request.
    pub(super) fn named(version: Option<&str>) -> Self {
        Self { only: version.map(|tag| revisions(&[opaque(tag)])), has: Vec::new() }
    }

    /// Whether the caller has this version already.
    pub(super) fn has(&self, version: &str) -> bool {
        let current = opaque(version);
        self.has.iter().any(|tag| *tag == current || tag == "*")
    }
}

/// The tags of a header, compared weakly.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    let lines: Vec<&str> = headers.get_all(name).filter_map(|line| line.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.iter().flat_map(|line| line.split(',')).map(opaque).collect())
}

/// The revisions that tags of ours mean. Others' mean none.
fn revisions(tags: &[String]) -> Vec<i64> {
    tags.iter().filter_map(|tag| tag.parse().ok()).collect()
}

/// What is between the quotes. Some clients leave the quotes out.
fn opaque(tag: &str) -> String {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn with(name: HeaderName, value: &'static str) -> Versions {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        Versions::of(&headers)
    }

    #[test]
    fn a_resource_is_changed_only_if_it_is_the_one_that_was_seen() {
        for (given, only) in [
            ("W/\"7\"", Some(vec![7])),
            ("\"7\"", Some(vec![7])),
            ("7", Some(vec![7])),
            ("W/\"6\", W/\"7\"", Some(vec![6, 7])),
            ("W/\"somebody else's\"", Some(vec![])),
            ("", Some(vec![])),
            ("*", None),
        ] {
            assert_eq!(with(header::IF_MATCH, given).only, only, "{given}");
        }
        assert_eq!(Versions::named(Some("W/\"3\"")).only, Some(vec![3]));
        assert_eq!(Versions::named(None).only, None);
    }

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        assert!(with(header::IF_NONE_MATCH, "W/\"7\"").has("W/\"7\""));
        assert!(!with(header::IF_NONE_MATCH, "W/\"6\"").has("W/\"7\""));
        assert!(!Versions::default().has("W/\"7\""));
    }
}
