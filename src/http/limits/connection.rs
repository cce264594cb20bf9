//! How often people may ask of one connection: all together so often, and nobody so often that there is nothing left for
//! the others.

use super::{Rate, take};
use crate::clock::Time;
use crate::error::Error;
use crate::store::ConnectionId;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

/// How long an address is known from which somebody has signed in: over a weekend.
const KNOWN: TimeDelta = TimeDelta::days(4);
/// Addresses that are known. Beyond that those are forgotten whose time is over, else all.
const MOST: usize = 50_000;

/// Who asks: of which connection, from where.
type Caller = (ConnectionId, IpAddr);

/// What one connection may be asked in a minute, in parts.
///
/// An address from which nobody has signed in lately has a hundredth of it to itself. What it asks beyond that comes out of
/// half of it, together with all of its like; and all that such addresses ask out of three quarters. Whoever is known has
/// the rest.
pub(super) struct PerConnection {
    all: Rate<ConnectionId>,
    strangers: Rate<ConnectionId>,
    busy: Rate<ConnectionId>,
    own: Rate<Caller>,
    known: Mutex<HashMap<Caller, Time>>,
}

impl PerConnection {
    pub(super) fn new(limit: NonZeroU32) -> Self {
        let hundredths = |part: u32| {
            let part = u64::from(limit.get()) * u64::from(part);
            let part = u32::try_from(part.div_ceil(100)).unwrap_or(u32::MAX);
            NonZeroU32::new(part).unwrap_or(NonZeroU32::MIN)
        };
        Self {
            all: Rate::new(limit),
            strangers: Rate::new(hundredths(75)),
            busy: Rate::new(hundredths(50)),
            own: Rate::new(hundredths(1)),
            known: Mutex::default(),
        }
    }

    /// Takes a request, or tells when to come back.
    pub(super) fn take(&self, id: &ConnectionId, client: IpAddr, now: Time) -> Result<(), Error> {
        let caller = (id.clone(), client);
        if !self.is_known(&caller, now) {
            if self.own.take(&caller).is_err() {
                take(Some(&self.busy), id)?;
            }
            take(Some(&self.strangers), id)?;
        }
        take(Some(&self.all), id)
    }

    /// Somebody has signed in from there.
    pub(super) fn know(&self, id: &ConnectionId, client: IpAddr, now: Time) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = (id.clone(), client);
        if known.len() >= MOST && !known.contains_key(&caller) {
            known.retain(|_, at| is_lately(*at, now));
            if known.len() >= MOST {
                known.clear();
            }
        }
        known.insert(caller, now);
    }

    fn is_known(&self, caller: &Caller, now: Time) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(caller).is_some_and(|at| is_lately(*at, now))
    }
}

fn is_lately(at: Time, now: Time) -> bool {
    now.since(at) < KNOWN
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use std::net::Ipv4Addr;

    fn address(n: u32) -> IpAddr {
        Ipv4Addr::from(u32::from(Ipv4Addr::new(192, 0, 2, 0)) + n).into()
    }

    /// How many of `times` requests are taken.
    fn taken(limits: &PerConnection, id: &ConnectionId, from: u32, times: usize) -> usize {
        let now = Clock::default().now();
        (0..times).filter(|_| limits.take(id, address(from), now).is_ok()).count()
    }

    /// So rarely that a test sees nothing forgiven.
    fn limits(limit: u32) -> PerConnection {
        PerConnection::new(NonZeroU32::new(limit).unwrap())
    }

    #[test]
    fn a_few_addresses_cannot_use_up_what_a_connection_may_be_asked() {
        let (limits, id, now) = (limits(100), ConnectionId::new(), Clock::default().now());
        limits.know(&id, address(200), now);
        let busy: usize = (0..5).map(|n| taken(&limits, &id, n, 100)).sum();
        // One each, and half of all together; nothing is forgiven so soon but one or two.
        assert!((55..60).contains(&busy), "{busy}");
        // Whoever comes from elsewhere has something to themselves still.
        assert_eq!((100..110).map(|n| taken(&limits, &id, n, 1)).sum::<usize>(), 10);
        // And where people sign in there is more.
        let known = taken(&limits, &id, 200, 100);
        assert!((25..40).contains(&known), "{known}");
    }

    #[test]
    fn many_addresses_leave_a_quarter_to_where_people_sign_in() {
        let (limits, id, now) = (limits(100), ConnectionId::new(), Clock::default().now());
        limits.know(&id, address(200), now);
        let strangers: usize = (0..150).map(|n| taken(&limits, &id, n, 1)).sum();
        assert!((75..80).contains(&strangers), "{strangers}");
        let known = taken(&limits, &id, 200, 100);
        assert!((20..30).contains(&known), "{known}");
        // For another connection it is nobody special.
        assert_eq!(taken(&limits, &ConnectionId::new(), 200, 100), 51);
    }

    #[test]
    fn where_people_have_signed_in_is_known_for_some_days_and_up_to_a_point() {
        let (limits, id, now) = (limits(100), ConnectionId::new(), Clock::default().now());
        let is_known = |n, at| limits.is_known(&(id.clone(), address(n)), at);
        limits.know(&id, address(0), now);
        assert!(is_known(0, now) && !is_known(1, now));
        assert!(!is_known(0, now.plus(KNOWN)));
        for n in 0..u32::try_from(MOST).unwrap() + 10 {
            limits.know(&id, address(n), now);
        }
        assert!(limits.known.lock().unwrap().len() <= MOST);
    }
}
