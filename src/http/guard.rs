//! What keeps pages safe in a browser: their headers, and the check that a form comes from us.

use crate::config::PublicUrl;
use crate::error::Error;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, ORIGIN};
use std::borrow::Cow;
use url::{Host, Url};

/// What is the same in every policy, and where the forms of one may go.
macro_rules! policy {
    ($forms:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; ",
            "font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; ",
            "form-action ",
            $forms
        )
    };
}

/// Which `Content-Security-Policy` and `Referrer-Policy` a page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Csp {
    /// The rule: nothing but our own stylesheet, script, images and forms.
    Page,
    /// A page that shows others of ours in frames.
    Framing,
    /// One of those: it does nothing, and stands in a frame of ours.
    Preview,
    /// A page of the portal, whose forms say to every browser where they come from.
    Portal,
    /// A page whose form is answered by a redirect to an identity provider, or back to this
    /// redirect address of the application.
    SignIn(Option<String>),
    /// A page whose form posts itself to this address.
    PostTo(String),
    /// The page after signing out: what it may lead to, and the apps that it opens in hidden frames.
    SignedOut {
        /// Where the provider is asked, if that is offered.
        to: Option<String>,
        /// The addresses of the frames.
        frames: Vec<String>,
    },
    /// The page that answers a provider's logout, which may stand in a frame of the provider.
    Answer {
        /// Where its form posts to, if it has one.
        to: Option<String>,
        /// The addresses of the frames in it.
        frames: Vec<String>,
        /// Whose frame it may stand in.
        ancestors: Vec<String>,
    },
}

/// A departure from the rule, and why.
pub struct Exception {
    /// The pages that depart from it, by the name of their template.
    pub pages: &'static [&'static str],
    /// What is different.
    pub change: &'static str,
    /// Why it must be.
    pub reason: &'static str,
}

/// Every departure from [`Csp::Page`].
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        pages: &["login", "chooser", "break_glass", "sign_out"],
        change: "form-action 'self' https:, loopback http: in development, and the redirect \
                 address of a native application",
        reason: "browsers apply form-action to the redirect that answers a form",
    },
    Exception {
        pages: &["login", "chooser", "break_glass", "sign_out"],
        change: "Referrer-Policy: same-origin",
        reason: "under no-referrer a browser that has no Sec-Fetch-Site posts our own form with \
                 Origin: null, as a hostile page would",
    },
    Exception {
        pages: &[
            "setup_entry",
            "setup_over",
            "setup_step",
            "portal_home",
            "portal_done",
            "portal_activity",
            "portal_trace",
            "portal_hand_over",
        ],
        change: "Referrer-Policy: same-origin",
        reason: "the same; the address of an entry, which is a secret, stays with us either way",
    },
    Exception {
        // Which, their paths say.
        pages: &[],
        change: "every answer below /portal and /setup: frame-ancestors the origins of `portal.frame_ancestors`, where \
                 that is set",
        reason: "the vendor's settings page may show the portal in a frame; see embedding.rs, also for the cookie",
    },
    Exception {
        pages: &["signed_out"],
        change: "form-action as on the pages of a sign-in where the provider can be asked to sign out, too",
        reason: "the form is answered by a redirect to the identity provider",
    },
    Exception {
        pages: &["signed_out", "answer"],
        change: "frame-src the apps that are told in a hidden frame",
        reason: "OIDC Front-Channel Logout 1.0 tells apps that way",
    },
    Exception {
        pages: &["answer"],
        change: "frame-ancestors the identity provider, form-action its logout address",
        reason: "providers open the logout of each app in a frame of their page; nothing on the page can \
                 be clicked to the person's harm",
    },
    Exception {
        pages: &["console/settings_branding"],
        change: "frame-src 'self'",
        reason: "it shows the pages that people meet as they would look",
    },
    Exception {
        pages: &["preview"],
        change: "login, setup_entry and error as previews of the branding: frame-ancestors 'self', but no script, no form and no connection",
        reason: "they stand in frames of that page alone, and nothing on them does anything",
    },
    Exception {
        pages: &["between"],
        change: "form-action https: and the origin that the form posts to",
        reason: "the form posts to an identity provider or to the application, and what answers \
                 may redirect to another host of theirs",
    },
];

impl Csp {
    /// The value of `Content-Security-Policy`.
    #[must_use]
    pub fn policy(&self, development: bool) -> Cow<'static, str> {
        const SIGN_IN: &str = policy!("'self' https:");
        const DEVELOPMENT: &str = policy!("'self' https: http://localhost:* http://127.0.0.1:*");
        match self {
            Self::Page | Self::Portal => Cow::Borrowed(policy!("'self'")),
            Self::Framing => Cow::Borrowed(concat!(policy!("'self'"), "; frame-src 'self'")),
            Self::Preview => Cow::Borrowed(
                "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; \
                 frame-ancestors 'self'; form-action 'none'",
            ),
            Self::SignIn(back) => {
                let base = if development { DEVELOPMENT } else { SIGN_IN };
                match back.as_deref().and_then(source) {
                    Some(source) => Cow::Owned(format!("{base} {source}")),
                    None => Cow::Borrowed(base),
                }
            }
            Self::PostTo(action) => match source(action) {
                Some(source) => Cow::Owned(format!("{} {source}", policy!("https:"))),
                None => Cow::Borrowed(policy!("https:")),
            },
            Self::SignedOut { to, frames } => {
                let forms = match to {
                    Some(to) => Self::SignIn(Some(to.clone())).policy(development),
                    None => Self::Page.policy(development),
                };
                Cow::Owned(format!("{forms}{}", frame_sources(frames)))
            }
            Self::Answer { to, frames, ancestors } => {
                let forms = match to {
                    Some(to) => Self::PostTo(to.clone()).policy(development),
                    None => Self::Page.policy(development),
                };
                let ancestors = origins(ancestors);
                let ancestors = if ancestors.is_empty() { "'none'".to_owned() } else { ancestors };
                let forms = forms
                    .replace("frame-ancestors 'none'", &format!("frame-ancestors {ancestors}"));
                Cow::Owned(format!("{forms}{}", frame_sources(frames)))
            }
        }
    }

    /// The value of `Referrer-Policy`.
    #[must_use]
    pub fn referrer(&self) -> &'static str {
        match self {
            Self::Portal | Self::SignIn(_) | Self::SignedOut { to: Some(_), .. } => "same-origin",
            Self::Page
            | Self::Framing
            | Self::Preview
            | Self::PostTo(_)
            | Self::SignedOut { .. }
            | Self::Answer { .. } => "no-referrer",
        }
    }
}

/// The source expression that covers `address`; absent if `https:` does, or if a form must not go
/// there at all.
fn source(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    match url.scheme() {
        "https" | "javascript" | "data" | "blob" | "file" | "about" => None,
        "http" => match url.host()? {
            // An application on the person's own machine takes any port (RFC 8252 section 7.3).
            Host::Ipv4(host) if host.is_loopback() => Some(format!("http://{host}:*")),
            // There is no source expression for an IPv6 address.
            Host::Ipv6(_) => Some("http:".to_owned()),
            _ => Some(url.origin().ascii_serialization()),
        },
        scheme => Some(format!("{scheme}:")),
    }
}

/// The directive for hidden frames, if there are any.
fn frame_sources(frames: &[String]) -> String {
    let origins = origins(frames);
    if origins.is_empty() { origins } else { format!("; frame-src {origins}") }
}

/// The origins of web addresses, each once.
fn origins(addresses: &[String]) -> String {
    let mut origins: Vec<String> = addresses
        .iter()
        .filter_map(|address| Url::parse(address).ok())
        .filter(|url| matches!(url.scheme(), "https" | "http"))
        .map(|url| url.origin().ascii_serialization())
        .collect();
    origins.sort_unstable();
    origins.dedup();
    origins.join(" ")
}

/// Paths whose callers come from elsewhere on purpose, and prove who they are in another way.
const FOREIGN: &[(&str, &str)] = &[
    (
        "/api/",
        "an API key, which no browser adds by itself; below oauth and scim as /saml/ and /scim/",
    ),
    ("/oauth/", "client authentication, a code, or a token; logout asks again"),
    ("/saml/", "a signed message of the identity provider"),
    ("/scim/", "a bearer token, which no browser adds by itself"),
    ("/v1/saml/", "as /saml/, at an address of another product"),
    ("/v1/scim/", "as /scim/, at an address of another product"),
    ("/demo/", "the built-in identity provider and app, in development only"),
];

/// Refuses a form that another site's page made the browser post.
///
/// What the browser says in `Sec-Fetch-Site` counts; in its absence, `Origin`. A caller that says
/// neither is no browser of the last years, and has no cookie that somebody else could use.
pub fn same_site(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    public_url: &PublicUrl,
) -> Result<(), Error> {
    if method.is_safe() || FOREIGN.iter().any(|(prefix, _)| path.starts_with(prefix)) {
        return Ok(());
    }
    if is_ours(headers, public_url) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "This form was sent by a page of another site. Open the page here and send it again."
            .to_owned(),
    ))
}

/// Whether the browser says that a page of ours sent this request.
pub fn is_ours(headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => matches!(site.as_bytes(), b"same-origin" | b"none"),
        None => headers.get(ORIGIN).is_none_or(|origin| origin == public_url.as_str()),
    }
}

/// Whether the browser says that a page of ours leads here, or is too old to say anything.
#[must_use]
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn post(path: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let public_url = "https://sso.example.com".parse().unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        same_site(&Method::POST, path, &map, &public_url).is_ok()
    }

    #[test]
    fn a_form_posted_by_another_site_is_refused() {
        for (headers, passes) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://sso.example.com")], false),
            (&[("origin", "https://sso.example.com")], true),
            (&[("origin", "https://sso.example.com.evil.example")], false),
            (&[("origin", "http://sso.example.com")], false),
            (&[("origin", "null")], false),
            (&[], true),
        ] {
            assert_eq!(post("/login", headers), passes, "{headers:?}");
            assert_eq!(post("/anything-new", headers), passes, "{headers:?}");
        }
    }

    #[test]
    fn an_identity_provider_may_post_to_the_assertion_consumer_service() {
        assert!(post("/saml/con_1/acs", &[("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn only_the_provider_s_own_page_may_hold_our_answer_to_it() {
        let answer = |ancestors: &[&str]| {
            let ancestors = ancestors.iter().map(|&address| address.to_owned()).collect();
            let to = Some("https://idp.example/slo".to_owned());
            Csp::Answer { to, frames: Vec::new(), ancestors }.policy(false).into_owned()
        };
        let policy = answer(&["https://idp.example/slo", "https://idp.example/sso"]);
        assert!(
            policy.contains("frame-ancestors https://idp.example; form-action https:"),
            "{policy}"
        );
        assert!(answer(&[]).contains("frame-ancestors 'none'"));
        assert!(answer(&["*"]).contains("frame-ancestors 'none'"));
    }

    #[test]
    fn reading_is_safe_from_anywhere() {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("sec-fetch-site"),
            HeaderValue::from_static("cross-site"),
        );
        let public_url = "https://sso.example.com".parse().unwrap();
        assert!(same_site(&Method::GET, "/login", &headers, &public_url).is_ok());
    }

    #[test]
    fn the_policy_follows_where_a_form_may_lead() {
        let forms = |csp: Csp, development| {
            let policy = csp.policy(development).into_owned();
            policy.split_once("form-action ").unwrap().1.to_owned()
        };
        let sign_in = |back: &str| Csp::SignIn(Some(back.to_owned()));
        let signed_out = |to: Option<&str>, frames: &[&str]| Csp::SignedOut {
            to: to.map(str::to_owned),
            frames: frames.iter().map(|&frame| frame.to_owned()).collect(),
        };
        let post_to = |action: &str| Csp::PostTo(action.to_owned());
        for (csp, development, expected) in [
            (Csp::Page, true, "'self'"),
            (Csp::SignIn(None), false, "'self' https:"),
            (Csp::SignIn(None), true, "'self' https: http://localhost:* http://127.0.0.1:*"),
            (sign_in("https://app.example/cb"), false, "'self' https:"),
            (sign_in("http://127.0.0.1:9/cb"), false, "'self' https: http://127.0.0.1:*"),
            (sign_in("com.example.app:/cb"), false, "'self' https: com.example.app:"),
            (sign_in("javascript:alert(1)"), false, "'self' https:"),
            (post_to("https://idp.example/sso"), false, "https:"),
            (post_to("http://idp.test:8080/sso;x y"), false, "https: http://idp.test:8080"),
            (post_to("not an address"), false, "https:"),
            (signed_out(None, &[]), false, "'self'"),
            (signed_out(Some("https://idp.example/slo"), &[]), false, "'self' https:"),
            (
                signed_out(
                    None,
                    &["https://b.example/x", "https://a.example/", "https://b.example/y"],
                ),
                false,
                "'self'; frame-src https://a.example https://b.example",
            ),
            (
                signed_out(
                    Some("http://127.0.0.1:9/slo"),
                    &["javascript:alert(1)", "; script-src *"],
                ),
                false,
                "'self' https: http://127.0.0.1:*",
            ),
        ] {
            assert_eq!(forms(csp.clone(), development), expected, "{csp:?}");
        }
    }
}
