//! What every page has around it: brand, language, files, headers.

use crate::check::DifferenceKind;
use crate::config::{Brand, Support};
use crate::http::brand;
use crate::http::guard::Csp;
use crate::http::server::State;
use crate::locale::Locale;
use crate::store::logos::Theme;
use crate::views::trace;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// What a template may ask for: sentences, the operator's brand, addresses of files.
#[derive(Clone, Copy)]
pub(in crate::http) struct Shell<'a> {
    state: &'a State,
    /// The brand that somebody tries out; none: that of now.
    tried: Option<&'a Brand>,
}

impl<'a> Shell<'a> {
    /// What a page of this server has around it.
    pub(in crate::http) fn of(state: &'a State) -> Self {
        Self { state, tried: None }
    }

    /// What a page would have around it with this brand. Such a page does nothing.
    pub(in crate::http) fn preview(state: &'a State, brand: &'a Brand) -> Self {
        Self { state, tried: Some(brand) }
    }

    /// The server.
    pub(in crate::http) fn state(self) -> &'a State {
        self.state
    }

    /// Whether the page only shows how it would look.
    pub(in crate::http) fn is_preview(self) -> bool {
        self.tried.is_some()
    }

    /// The policy of a page that has this one where it is no preview.
    pub(in crate::http) fn policy(self, csp: Csp) -> Csp {
        if self.is_preview() { Csp::Preview } else { csp }
    }

    /// Something of the brand.
    fn of_brand<T>(self, get: impl FnOnce(&Brand) -> T) -> T {
        match self.tried {
            Some(brand) => get(brand),
            None => get(&self.state.live().brand),
        }
    }

    /// The language of the sentences.
    pub(in crate::http) fn lang(self) -> &'a str {
        &self.state.config.locale
    }

    /// All sentences.
    pub(in crate::http) fn locale(self) -> &'a Locale {
        &self.state.locale
    }

    /// The theme that the browser has chosen; none: that of its system.
    #[expect(clippy::unused_self, reason = "templates ask the shell")]
    pub(in crate::http) fn theme(self) -> Option<&'static str> {
        super::theme::chosen()
    }

    /// A sentence.
    pub(in crate::http) fn text(self, key: &'a str) -> &'a str {
        self.state.locale.text(key)
    }

    /// A sentence with names filled in; `{operator}` is always known.
    pub(in crate::http) fn fill(self, key: &str, values: &[(&str, &str)]) -> String {
        let (brand, mut values) = (self.brand(), values.to_vec());
        values.push(("operator", &brand));
        self.state.locale.fill(key, &values)
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
    pub(in crate::http) fn brand(self) -> String {
        self.of_brand(|brand| brand.name.clone())
    }

    /// Two letters for the tile beside the name: of its first two words, or of its only one.
    pub(in crate::http) fn initials(self) -> String {
        initials(&self.brand())
    }

    /// Where people get help.
    pub(in crate::http) fn help(self) -> Option<String> {
        self.of_brand(|brand| brand.support.as_ref().map(Support::href))
    }

    /// Where people go who want to sign in another way.
    pub(in crate::http) fn back(self) -> Option<String> {
        self.of_brand(|brand| brand.back.as_ref().map(|address| address.as_str().to_owned()))
    }

    /// Where the stylesheet of the operator's accent is.
    pub(in crate::http) fn accent(self) -> Option<String> {
        self.of_brand(|brand| brand.accent).map(brand::sheet_of)
    }

    /// Where the operator's logo for light pages is.
    pub(in crate::http) fn logo(self) -> Option<String> {
        let logos = self.state.logos();
        logos.link(Theme::Light).or_else(|| logos.link(Theme::Dark))
    }

    /// Where the one for dark pages is, if it is another.
    pub(in crate::http) fn dark_logo(self) -> Option<String> {
        let logos = self.state.logos();
        logos.link(Theme::Light).and_then(|_| logos.link(Theme::Dark))
    }

    /// What differs between what had to be there and what was.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(in crate::http) fn differs(self, kind: &DifferenceKind) -> &'a str {
        trace::differs(*kind, &self.state.locale)
    }

    /// By how much a moment is not as it has to be.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(in crate::http) fn apart(self, seconds: &i64) -> String {
        let amount = match seconds.unsigned_abs() {
            some @ 0..120 => format!("{some} s"),
            some @ 120..7_200 => format!("{} min", some / 60),
            some => format!("{} h", some / 3_600),
        };
        let key = if *seconds < 0 { "trace.apart.earlier" } else { "trace.apart.later" };
        self.fill(key, &[("amount", &amount)])
    }

    /// Whether there is a demo, in which everything can be seen at work.
    pub(in crate::http) fn has_demo(self) -> bool {
        self.state.config.demo_is_on()
    }

    /// The address of a file.
    pub(in crate::http) fn asset(self, name: &str) -> &'a str {
        self.state.assets.link(name)
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
