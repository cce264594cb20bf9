//! Which host a request is about, whose it is, and what a browser keeps there.

use crate::error::{Error, Result};
use crate::http::server::State;
use crate::http::{browser, request};
use crate::oidc::protected::ProtectedHost;
use crate::store::Db;
use crate::store::applications::{self, Application};
use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use actix_web::cookie::time::Duration;
use actix_web::http::header::HOST;

/// How long a sign-in that began at a protected host may take.
const VISIT: Duration = Duration::hours(1);

/// The names of the cookies at a host.
struct Names {
    token: &'static str,
    visit: &'static str,
}

/// Over https the prefix keeps other hosts of the domain from setting them.
const SECURE: Names = Names { token: "__Host-vestibule-token", visit: "__Host-vestibule-visit" };
const PLAIN: Names = Names { token: "vestibule-token", visit: "vestibule-visit" };

fn names(host: &ProtectedHost) -> &'static Names {
    if host.is_local() { &PLAIN } else { &SECURE }
}

/// The host that the browser asked: the one that a trusted proxy names, else the one of the request itself.
pub(super) fn asked(state: &State, request: &HttpRequest) -> Result<ProtectedHost> {
    let named = request::told_by_proxy(state, request, "x-forwarded-host")
        .or_else(|| request.headers().get(HOST)?.to_str().ok());
    named.and_then(|text| ProtectedHost::parse(text).ok()).ok_or_else(unknown)
}

/// The application that a host is protected for. Any other host is refused.
pub(super) fn owner(db: &mut Db, host: &ProtectedHost) -> Result<Application> {
    applications::by_host(db, host.as_str())?.ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::Forbidden(
        "This host is not protected here. Add it to the protected hosts of its application, and let the proxy pass the \
         host on in X-Forwarded-Host from a network of proxy.trusted."
            .into(),
    )
}

fn cookie(
    host: &ProtectedHost,
    name: &'static str,
    value: String,
    age: Duration,
) -> Cookie<'static> {
    browser::cookie_of_host(name, value, age, !host.is_local())
}

/// The cookie of somebody who is signed in at a host.
pub(super) fn token_cookie(
    host: &ProtectedHost,
    token: &str,
    age: chrono::TimeDelta,
) -> Cookie<'static> {
    cookie(host, names(host).token, token.to_owned(), Duration::seconds(age.num_seconds()))
}

/// The token that a browser shows at a host.
pub(super) fn token(request: &HttpRequest, host: &ProtectedHost) -> Option<String> {
    Some(request.cookie(names(host).token)?.value().to_owned())
}

/// The cookie of somebody who went to sign in.
pub(super) fn visit_cookie(host: &ProtectedHost, value: String) -> Cookie<'static> {
    cookie(host, names(host).visit, value, VISIT)
}

/// What a browser kept of going to sign in.
pub(super) fn visit(request: &HttpRequest, host: &ProtectedHost) -> Option<String> {
    Some(request.cookie(names(host).visit)?.value().to_owned())
}

/// Cookies that take away that of a visit, and that of a token.
pub(super) fn gone(host: &ProtectedHost) -> [Cookie<'static>; 2] {
    let names = names(host);
    [names.visit, names.token].map(|name| {
        let mut cookie = cookie(host, name, String::new(), Duration::ZERO);
        cookie.make_removal();
        cookie
    })
}
