//! How often who may ask: an address, everybody together at one connection, an app's server for tokens, a directory.
//!
//! Each process counts for itself and forgets when it ends. What is turned away here costs next to nothing: the body of the
//! request is not read, the database not asked.

mod connection;
mod key;

use connection::PerConnection;
pub(super) use key::{LEFT, POLICY, Standing};

use super::caller::Who;
use super::error::{OAuthError, PageError, ScimError};
use crate::clock::Time;
use crate::config;
use crate::error::Error;
use crate::oidc::{discovery, protected};
use crate::store::ConnectionId;
use chrono::TimeDelta;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// After how many requests those are forgotten who may ask as often as anybody new. Who asked `n` times is remembered for
/// `n` times what one request takes to be forgiven, so what is remembered grows with what the process can answer, not
/// with the number of addresses.
const SWEEP: u32 = 4096;
/// How many refusals of what anybody can send are written down for a connection in a minute.
const UNASKED: u32 = 60;
/// How often opening an assertion with AES-CBC may fail for a connection in a minute.
const FAILED_CBC: u32 = 20;
/// How often one client may open or send the page for break-glass codes in a minute. Not a setting, and never off. There is no limit by
/// organization: a stranger could close the emergency exit with it, and nobody guesses 100 random bits.
const CODES: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// How often a password may be tried for one member in a minute by one client, or in one browser that they are known in. Not a
/// setting, and never off.
const PASSWORDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// The same by all strangers together: nobody keeps a member out with one address, and many do so only where the member has never
/// been.
const FOR_ONE: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
/// How many codes a known browser may try at once after the password, and then one every three minutes.
const CODES_HERE: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
const CODE_EVERY: Duration = Duration::from_mins(3);
/// Connections that are counted. Beyond that those are forgotten whose minute is over, else all.
const MOST: usize = 10_000;

/// The limits of this process.
pub struct Limits {
    address: Option<Rate<IpAddr>>,
    connection: Option<PerConnection>,
    token: Option<Rate<IpAddr>>,
    /// Tries of break-glass codes, and of passwords at the console.
    code: Rate<IpAddr>,
    /// Tries of passwords for one address of a member by one client.
    stranger: Rate<(String, IpAddr)>,
    /// The same by all clients together.
    strangers: Rate<String>,
    /// Tries of passwords in one browser that is known, and of a member who is signed in.
    member: Rate<String>,
    /// Tries of codes after the password in one browser that is known.
    step: Rate<String>,
    directory_address: Option<Rate<IpAddr>>,
    directory: Option<Rate<ConnectionId>>,
    /// What programs ask with an API key or as an application, and keys that are tried in vain from one address.
    key: Option<Rate<Who>>,
    no_key: Option<Rate<IpAddr>>,
    /// Refusals of responses that nobody asked for, as far as they are written down.
    pub(super) unasked: Counted,
    /// Refusals of logout messages, as far as they are written down.
    pub(super) logouts: Counted,
    /// Refusals of break-glass codes, as far as they are written down.
    pub(super) codes: Counted,
    /// Failures to open an assertion with AES-CBC.
    pub(super) failed_cbc: Counted,
}

/// What is limited, by its path.
#[derive(Debug, PartialEq, Eq)]
enum Door<'a> {
    /// A page of a sign-in, of a sign-out or of the portal, or what we publish for a connection.
    Page,
    /// Where a break-glass code, or a password of the console, is tried.
    Code,
    /// What belongs to one connection.
    Connection(&'a str),
    /// What an app's server asks.
    Token,
    /// What a directory asks.
    Directory,
}

impl Door<'_> {
    fn of(path: &str) -> Option<Door<'_>> {
        match path {
            "/login/break-glass"
            | "/console/login"
            | "/console/login/second"
            | "/console/login/passkey"
            | "/console/login/passkey/answer"
            | "/console/first" => {
                return Some(Door::Code);
            }
            "/login" | "/logout" | "/console" | discovery::AUTHORIZE | discovery::LOGOUT => {
                return Some(Door::Page);
            }
            discovery::TOKEN | discovery::INTROSPECT | discovery::REVOKE => {
                return Some(Door::Token);
            }
            _ => {}
        }
        if ["/scim/", "/v1/scim/", "/api/scim/"].iter().any(|within| path.starts_with(within)) {
            return Some(Door::Directory);
        }
        // Which connection an address of another product leads to is known later: `admit_alias`.
        if path.starts_with("/v1/saml/") || path == "/api/oauth/saml" {
            return Some(Door::Page);
        }
        if ["/setup/", "/portal/", "/console/", protected::PREFIX]
            .iter()
            .any(|within| path.starts_with(within))
        {
            return Some(Door::Page);
        }
        let message = |rest: &'_ str| {
            rest.strip_suffix("/acs").or_else(|| rest.strip_suffix("/slo")).map(str::len)
        };
        let connection = path.strip_prefix("/login/").or_else(|| {
            let Some(rest) = path.strip_prefix("/saml/") else {
                return path.strip_prefix("/oidc/")?.strip_suffix("/callback");
            };
            rest.get(..message(rest)?)
        });
        // What we publish for one connection costs a signature or opens a key, but says nothing of who signs in with it.
        let published = || {
            let metadata = path.strip_prefix("/saml/");
            let keys = || path.strip_prefix("/oidc/").and_then(|rest| rest.strip_suffix("/jwks"));
            metadata.or_else(keys).filter(|id| !id.is_empty() && !id.contains('/'))
        };
        connection.map(Door::Connection).or_else(|| published().map(|_| Door::Page))
    }
}

impl Limits {
    /// With these settings.
    #[must_use]
    pub fn new(settings: &config::Limits) -> Self {
        Self {
            address: settings.per_address.limit().map(Rate::new),
            connection: settings.per_connection.limit().map(PerConnection::new),
            token: settings.token.limit().map(Rate::new),
            code: Rate::new(CODES),
            stranger: Rate::new(PASSWORDS),
            strangers: Rate::new(FOR_ONE),
            member: Rate::new(PASSWORDS),
            step: Rate::every(CODE_EVERY, CODES_HERE),
            directory_address: settings.directory.limit().map(Rate::new),
            directory: settings.directory.limit().map(Rate::new),
            key: settings.per_key.limit().map(Rate::new),
            no_key: settings.per_key.limit().map(Rate::new),
            unasked: Counted::new(UNASKED),
            logouts: Counted::new(UNASKED),
            codes: Counted::new(UNASKED),
            failed_cbc: Counted::new(FAILED_CBC),
        }
    }

    /// Takes a request at `path` from `address`, or tells in the dialect of the door when to come back.
    ///
    /// The address is asked first: what it has too much does not count against the connection.
    pub(super) fn admit(
        &self,
        path: &str,
        address: IpAddr,
        now: Time,
    ) -> Result<(), actix_web::Error> {
        let Some(door) = Door::of(path) else { return Ok(()) };
        let client = client(address);
        if door == Door::Token {
            return take(self.token.as_ref(), &client)
                .map_err(|error| OAuthError::from(error).into());
        }
        if door == Door::Directory {
            return take(self.directory_address.as_ref(), &client)
                .map_err(|error| ScimError::from(error).into());
        }
        let taken = take(self.address.as_ref(), &client).and_then(|()| match door {
            Door::Connection(id) => match (id.parse::<ConnectionId>(), &self.connection) {
                (Ok(id), Some(connection)) => connection.take(&id, client, now),
                // There is no limit, or no connection of this name, as the route will say.
                (_, None) | (Err(_), _) => Ok(()),
            },
            Door::Code => take(Some(&self.code), &client),
            Door::Page | Door::Token | Door::Directory => Ok(()),
        });
        taken.map_err(|error| PageError::from(error).into())
    }

    /// Somebody has signed in with a connection: strangers elsewhere do not keep others there from it.
    pub(super) fn know(&self, id: &ConnectionId, address: IpAddr, now: Time) {
        if let Some(connection) = &self.connection {
            connection.know(id, client(address), now);
        }
    }

    /// Takes a try of a password for whoever signs in to the console with this address, whether there is anybody or not. What
    /// one client has too much does not count for all together.
    pub(super) fn admit_stranger(&self, key: &str, address: IpAddr) -> Result<(), Error> {
        take(Some(&self.stranger), &(key.to_owned(), client(address)))?;
        take(Some(&self.strangers), &key.to_owned())
    }

    /// The same in a browser that is known as the member's, by its name; or, by a member's ID, of what only somebody comes to who
    /// is signed in. Strangers who try passwords do not use that up.
    pub(super) fn admit_known(&self, name: &str) -> Result<(), Error> {
        take(Some(&self.member), &name.to_owned())
    }

    /// Takes a try of a code after the password in a browser that is known, by its name. For others they are counted in the store.
    pub(super) fn admit_step(&self, name: &str) -> Result<(), Error> {
        take(Some(&self.step), &name.to_owned())
    }

    /// Takes a response that came by an alias, now that it is known to which connection.
    pub(super) fn admit_alias(
        &self,
        id: &ConnectionId,
        address: IpAddr,
        now: Time,
    ) -> Result<(), Error> {
        self.connection.as_ref().map_or(Ok(()), |rate| rate.take(id, client(address), now))
    }

    /// Takes a request of a connection's directory that has shown its token. What strangers send to the same address
    /// does not count, so that nobody can keep a directory from being heard.
    pub(super) fn admit_directory(&self, id: &ConnectionId) -> Result<(), Error> {
        take(self.directory.as_ref(), id)
    }

    /// Takes a request that shows a live API key, or a live token of an application. What stands beside it is for the answer's headers; nothing where keys have no limit.
    pub(super) fn admit_key(&self, who: &Who) -> (Option<Standing>, Result<(), Error>) {
        let Some(rate) = &self.key else { return (None, Ok(())) };
        let (left, done) = match rate.take(who) {
            Ok(left) => (left, Ok(())),
            Err(retry_after) => (0, Err(too_many(retry_after))),
        };
        (Some(Standing { limit: rate.limit.get(), left }), done)
    }

    /// Takes a request to the API that shows no live key.
    pub(super) fn admit_keyless(&self, address: IpAddr) -> Result<(), Error> {
        take(self.no_key.as_ref(), &client(address))
    }
}

fn take<K: Hash + Eq + Clone>(rate: Option<&Rate<K>>, key: &K) -> Result<(), Error> {
    rate.map_or(Ok(()), |rate| rate.take(key).map(|_| ())).map_err(too_many)
}

fn too_many(retry_after: u64) -> Error {
    Error::TooMany {
        detail: "Too many requests have come in a short time. Try again a little later.".to_owned(),
        retry_after,
    }
}

/// Who counts as one client: an address, of IPv6 the /64 that one customer of a network is given.
fn client(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(long) => {
            let network = u128::from(long) & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}

/// So many in a time for each key, all at once if need be.
struct Rate<K: Hash + Eq + Clone> {
    limit: NonZeroU32,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
    asked: AtomicU32,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    fn new(limit: NonZeroU32) -> Self {
        Self::of(Quota::per_minute(limit))
    }

    /// So many at once, and then one in each such time.
    fn every(time: Duration, limit: NonZeroU32) -> Self {
        // A time of nothing would be no limit at all.
        Self::of(
            Quota::with_period(time).unwrap_or_else(|| Quota::per_minute(limit)).allow_burst(limit),
        )
    }

    fn of(quota: Quota) -> Self {
        let limiter = RateLimiter::keyed(quota).with_middleware();
        Self { limit: quota.burst_size(), limiter, asked: AtomicU32::new(0) }
    }

    /// Counts one more and tells how many may follow at once, or in how many seconds one can.
    fn take(&self, key: &K) -> Result<u32, u64> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let taken = self.limiter.check_key(key).map(|state| state.remaining_burst_capacity());
        taken.map_err(|refused| {
            let wait = refused.wait_time_from(self.limiter.clock().now());
            let more = wait.saturating_add(Duration::from_nanos(999_999_999));
            more.as_secs().max(1)
        })
    }
}

/// What has happened at each connection in the present minute, which begins with the first time.
pub(super) struct Counted {
    most: u32,
    seen: Mutex<HashMap<ConnectionId, (Time, u32)>>,
}

impl Counted {
    fn new(most: u32) -> Self {
        Self { most, seen: Mutex::default() }
    }

    /// Whether it has happened as often as it may.
    pub(super) fn is_spent(&self, id: &ConnectionId, now: Time) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(id).is_some_and(|(began, times)| !is_over(*began, now) && *times >= self.most)
    }

    /// Counts that it happens once more; whether it may.
    pub(super) fn add(&self, id: &ConnectionId, now: Time) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST && !seen.contains_key(id) {
            seen.retain(|_, (began, _)| !is_over(*began, now));
            if seen.len() >= MOST {
                seen.clear();
            }
        }
        let (began, times) = seen.entry(id.clone()).or_insert((now, 0));
        if is_over(*began, now) {
            (*began, *times) = (now, 0);
        }
        let may = *times < self.most;
        *times = times.saturating_add(1);
        may
    }
}

fn is_over(began: Time, now: Time) -> bool {
    now.since(began) >= TimeDelta::minutes(1)
}

#[cfg(test)]
mod tests;
