//! What every page has around it: brand, language, files, headers.

use crate::check::DifferenceKind;
use crate::config::{Support, WebAddress};
use crate::http::guard::Csp;
use crate::http::server::State;
use crate::views::trace;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What a template may ask for: sentences, the operator's brand, addresses of files.
#[derive(Clone, Copy)]
pub(in crate::http) struct Shell<'a>(pub(in crate::http) &'a State);

impl<'a> Shell<'a> {
    /// The language of the sentences.
    pub(in crate::http) fn lang(self) -> &'a str {
        &self.0.config.locale
    }

    /// The theme that the browser has chosen; none: that of its system.
    #[expect(clippy::unused_self, reason = "templates ask the shell")]
    pub(in crate::http) fn theme(self) -> Option<&'static str> {
        super::theme::chosen()
    }

    /// A sentence.
    pub(in crate::http) fn text(self, key: &'a str) -> &'a str {
        self.0.locale.text(key)
    }

    /// A sentence with names filled in; `{operator}` is always known.
    pub(in crate::http) fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        let mut values = values.to_vec();
        values.push(("operator", self.brand()));
        self.0.locale.fill(key, &values)
    }

    /// A sentence that names the operator.
    pub(in crate::http) fn operator(self, key: &str) -> String {
        self.fill(key, &[])
    }

    /// A sentence that names an organization.
    pub(in crate::http) fn organization(self, key: &str, name: &str) -> String {
        self.fill(key, &[("organization", name)])
    }

    /// A sentence that names an application.
    pub(in crate::http) fn application(self, key: &str, name: &str) -> String {
        self.fill(key, &[("application", name)])
    }

    /// The operator's name.
    pub(in crate::http) fn brand(self) -> &'a str {
        &self.0.config.brand.name
    }

    /// Two letters for the tile beside the name: of its first two words, or of its only one.
    pub(in crate::http) fn initials(self) -> String {
        initials(self.brand())
    }

    /// Where people get help.
    pub(in crate::http) fn help(self) -> Option<String> {
        self.0.config.brand.support.as_ref().map(Support::href)
    }

    /// Where people go who want to sign in another way.
    pub(in crate::http) fn back(self) -> Option<&'a str> {
        self.0.config.brand.back.as_ref().map(WebAddress::as_str)
    }

    /// What differs between what had to be there and what was.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(in crate::http) fn differs(self, kind: &DifferenceKind) -> &'a str {
        trace::differs(*kind, &self.0.locale)
    }

    /// Whether there is a demo, in which everything can be seen at work.
    pub(in crate::http) fn has_demo(self) -> bool {
        self.0.config.demo_is_on()
    }

    /// The address of a file.
    pub(in crate::http) fn asset(self, name: &str) -> &'a str {
        self.0.assets.link(name)
    }
}

pub(in crate::http) fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let letters: String = match words.as_slice() {
        [first, second, ..] => first.chars().take(1).chain(second.chars().take(1)).collect(),
        _ => name.trim().chars().take(2).collect(),
    };
    letters.to_uppercase()
}

/// Whether a script of the page asks again for the part of it that shows what arrives. Nobody did that by hand.
pub(in crate::http) fn is_part(request: &HttpRequest) -> bool {
    request.headers().contains_key("hx-request")
}

/// Renders `page` with the headers that every page has.
pub(in crate::http) fn respond(
    state: &State,
    status: StatusCode,
    csp: &Csp,
    page: &impl Template,
) -> HttpResponse {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            let error = anyhow::Error::new(error).context("rendering a page");
            return HttpResponse::from_error(crate::http::error::PageError::from(
                crate::error::Error::Internal(error),
            ));
        }
    };
    let mut answer = HttpResponse::build(status).body(html);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = csp.policy(state.config.is_development());
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(csp.referrer()));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    answer
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn a_tile_has_two_letters_of_the_name() {
        for (name, expected) in [
            ("Orbit Labs", "OL"),
            ("Vestibule", "VE"),
            ("Äther und Co", "ÄU"),
            ("x", "X"),
            ("  one ", "ON"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
