//! What a browser keeps for us: the value that binds a sign-in to it, its session, its last choice.

use super::server::State;
use crate::clock::Time;
use crate::crypto::{self, Secret};
use crate::error::Result;
use crate::store::{ConnectionId, members, sessions::Session};
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

/// How long a browser remembers the connection that it used last.
const REMEMBERED: Duration = Duration::days(90);
/// How long the binding value lives: longer than any sign-in takes.
const BOUND: Duration = Duration::days(1);
/// How long what an act has left to be said waits for its page.
const LEFT: Duration = Duration::minutes(1);
/// How long a browser in which a member signed in is known as theirs.
const KNOWN: Duration = Duration::days(180);

/// Names of the cookies. Over https the prefix keeps other hosts of the domain from setting them.
struct Names {
    binding: &'static str,
    /// The binding value once more, for posts from other sites, where the first does not travel with them for good.
    binding_abroad: Option<&'static str>,
    session: &'static str,
    choice: &'static str,
    member: &'static str,
    arrival: &'static str,
    known: &'static str,
    done: &'static str,
}

const SECURE: Names = Names {
    binding: "__Host-vestibule-browser",
    binding_abroad: None,
    session: "__Host-vestibule-session",
    choice: "__Host-vestibule-choice",
    member: "__Host-vestibule-console",
    arrival: "__Host-vestibule-console-step",
    known: "__Host-vestibule-console-known",
    done: "__Host-vestibule-console-done",
};
const PLAIN: Names = Names {
    binding: "vestibule-browser",
    binding_abroad: Some("vestibule-browser-abroad"),
    session: "vestibule-session",
    choice: "vestibule-choice",
    member: "vestibule-console",
    arrival: "vestibule-console-step",
    known: "vestibule-console-known",
    done: "vestibule-console-done",
};

fn names(state: &State) -> &'static Names {
    if state.config.public_url.is_https() { &SECURE } else { &PLAIN }
}

fn cookie(state: &State, name: &'static str, value: String, age: Duration) -> Cookie<'static> {
    cookie_of_host(name, value, age, state.config.public_url.is_https())
}

/// A cookie of one host, for every path there, that no script reads.
pub(super) fn cookie_of_host(
    name: &'static str,
    value: String,
    age: Duration,
    is_secure: bool,
) -> Cookie<'static> {
    let mut cookie = Cookie::new(name, value);
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(is_secure);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_max_age(age);
    cookie
}

/// One that takes it away.
fn over(state: &State, name: &'static str) -> Cookie<'static> {
    let mut cookie = cookie(state, name, String::new(), Duration::ZERO);
    cookie.make_removal();
    cookie
}

/// The value that binds sign-ins to this browser, and the cookies that keep it there.
///
/// The identity provider's answer is a form post from another site, so the cookie must travel with
/// those (`SameSite=None`), which browsers allow to `Secure` cookies only. Over http, in development,
/// there are two: a plain one, which every client sends back, but browsers with a foreign post only in
/// its first two minutes; and a `Secure` one, which browsers take from a loopback address and send.
pub(super) fn bind(state: &State, request: &HttpRequest) -> (String, Vec<Cookie<'static>>) {
    let value = bound(state, request).unwrap_or_else(|| crypto::hex(&crypto::random::<16>()));
    let names = names(state);
    let mut first = cookie(state, names.binding, value.clone(), BOUND);
    first.set_same_site(state.config.public_url.is_https().then_some(SameSite::None));
    let abroad = names.binding_abroad.map(|name| {
        let mut cookie = cookie(state, name, value.clone(), BOUND);
        cookie.set_secure(true);
        cookie.set_same_site(SameSite::None);
        cookie
    });
    (value, std::iter::once(first).chain(abroad).collect())
}

/// The value that binds sign-ins to this browser, if it has one.
pub(super) fn bound(state: &State, request: &HttpRequest) -> Option<String> {
    let names = names(state);
    let values = [Some(names.binding), names.binding_abroad].into_iter().flatten();
    values
        .filter_map(|name| request.cookie(name))
        .map(|cookie| cookie.value().to_owned())
        .find(|value| value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The cookie of a new session.
pub(super) fn signed_in(state: &State, session: &Session, value: &Secret) -> Cookie<'static> {
    let age = session.expires_at.since(session.signed_in_at).num_seconds();
    let value = value.reveal().to_owned();
    cookie(state, names(state).session, value, Duration::seconds(age))
}

/// The value of the session cookie, if the browser has one.
pub(super) fn session(state: &State, request: &HttpRequest) -> Option<String> {
    Some(request.cookie(names(state).session)?.value().to_owned())
}

/// A cookie that takes the session's away.
pub(super) fn signed_out(state: &State) -> Cookie<'static> {
    over(state, names(state).session)
}

/// The cookie of a member's new session at the console.
pub(super) fn member_signed_in(
    state: &State,
    session: &members::Session,
    value: &Secret,
) -> Cookie<'static> {
    let age = session.expires_at.since(session.began_at).num_seconds();
    cookie(state, names(state).member, value.reveal().to_owned(), Duration::seconds(age))
}

/// The value of the console's cookie, if the browser has one.
pub(super) fn member(state: &State, request: &HttpRequest) -> Option<String> {
    Some(request.cookie(names(state).member)?.value().to_owned())
}

/// A cookie that takes the console's away.
pub(super) fn member_signed_out(state: &State) -> Cookie<'static> {
    over(state, names(state).member)
}

/// The cookie of a browser that has given a member's password and owes the second step.
pub(super) fn member_arrived(state: &State, value: &Secret) -> Cookie<'static> {
    let age = Duration::seconds(members::ARRIVAL_LASTS.num_seconds());
    cookie(state, names(state).arrival, value.reveal().to_owned(), age)
}

/// The value of that cookie, if the browser has one.
pub(super) fn arrival(state: &State, request: &HttpRequest) -> Option<String> {
    Some(request.cookie(names(state).arrival)?.value().to_owned())
}

/// A cookie that takes that one away.
pub(super) fn arrival_over(state: &State) -> Cookie<'static> {
    over(state, names(state).arrival)
}

/// The cookie that keeps what the next page says.
pub(super) fn done(state: &State, word: &'static str) -> Cookie<'static> {
    cookie(state, names(state).done, word.to_owned(), LEFT)
}

/// What is kept there. Whoever holds the browser can have put it there, so it is a word to look up and nothing else.
pub(super) fn was_done(state: &State, request: &HttpRequest) -> Option<String> {
    Some(request.cookie(names(state).done)?.value().to_owned())
}

/// A cookie that takes that one away.
pub(super) fn done_over(state: &State) -> Cookie<'static> {
    over(state, names(state).done)
}

/// The cookie of a browser in which a member has signed in, by the form of their address in which it is compared: strangers who try
/// passwords elsewhere do not keep them out here. It is signed, lets nobody in, and names nobody.
pub(super) fn make_known(state: &State, email_key: &str) -> Result<Cookie<'static>> {
    let nonce = crypto::hex(&crypto::random::<16>());
    let now = state.store.clock().now().unix();
    let value = format!("{nonce}.{now}.{}", seal_of_known(state, &nonce, now, email_key)?);
    Ok(cookie(state, names(state).known, value, KNOWN))
}

/// Under which name a browser is known as one of whoever signs in with this address; none: it is not.
pub(super) fn known(
    state: &State,
    request: &HttpRequest,
    email_key: &str,
    now: Time,
) -> Option<String> {
    let cookie = request.cookie(names(state).known)?;
    let mut parts = cookie.value().splitn(3, '.');
    let (nonce, since, mac) = (parts.next()?, parts.next()?.parse::<i64>().ok()?, parts.next()?);
    let expected = seal_of_known(state, nonce, since, email_key).ok()?;
    let is_ours = crypto::constant_time_eq(mac.as_bytes(), expected.as_bytes());
    let is_young = now.unix().saturating_sub(since) < KNOWN.whole_seconds();
    (is_ours && is_young).then(|| nonce.to_owned())
}

fn seal_of_known(state: &State, nonce: &str, since: i64, email_key: &str) -> Result<String> {
    let text = format!("console known {nonce} {since} {email_key}");
    Ok(crypto::hex(&crypto::hmac_sha256(state.cookie_key.reveal(), text.as_bytes())?))
}

/// What the forms of pages behind a cookie carry: made of its value, which no page can read, for one area.
pub(super) fn form_token(state: &State, area: &str, value: &str) -> Result<String> {
    let mac =
        crypto::hmac_sha256(state.cookie_key.reveal(), format!("{area} form {value}").as_bytes())?;
    Ok(crypto::hex(&mac))
}

/// The cookie that remembers which connection was used last. It is signed: nobody else can propose one.
pub(super) fn remember(state: &State, connection: &ConnectionId) -> Result<Cookie<'static>> {
    let value = format!("{connection}.{}", seal_of(state, connection.as_str())?);
    Ok(cookie(state, names(state).choice, value, REMEMBERED))
}

/// The connection that this browser used last.
pub(super) fn remembered(state: &State, request: &HttpRequest) -> Option<ConnectionId> {
    let cookie = request.cookie(names(state).choice)?;
    let (connection, mac) = cookie.value().split_once('.')?;
    let expected = seal_of(state, connection).ok()?;
    if !crypto::constant_time_eq(mac.as_bytes(), expected.as_bytes()) {
        return None;
    }
    connection.parse().ok()
}

fn seal_of(state: &State, connection: &str) -> Result<String> {
    let mac = crypto::hmac_sha256(state.cookie_key.reveal(), connection.as_bytes())?;
    Ok(crypto::hex(&mac))
}
