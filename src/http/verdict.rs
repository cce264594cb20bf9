//! What is decided about a provider's answer, whichever protocol it came by: the sign-in that it answers, and who arrives.

use super::outcome::Received;
use super::server::State;
use crate::cause::Cause;
use crate::check::{self, Check, CheckName};
use crate::clock::Time;
use crate::domain::DomainName;
use crate::email::Email;
use crate::error::Result;
use crate::saml::attributes::Profile;
use crate::saml::response::{Facts, Identity};
use crate::store::connections::Connection;
use crate::store::domains::Domain;
use crate::store::organizations::Organization;
use crate::store::sign_in::{Arrival, arrival, began_in};
use crate::store::traces::Trace;
use crate::store::{Db, Store, domains};
use chrono::TimeDelta;
use std::sync::Arc;

/// What is decided about an answer.
pub(super) struct Verdict<D = Decided> {
    pub(super) connection: Arc<Connection>,
    pub(super) organization: Organization,
    /// The sign-in that it answers. Of a refused answer only where it came through the browser
    /// that began: nobody else can end a sign-in, or have a message kept.
    pub(super) trace: Option<Trace>,
    pub(super) checks: Vec<Check>,
    pub(super) facts: Facts,
    pub(super) decided: D,
    /// What a test's message says of the person, where it was verified and still refused.
    pub(super) received: Option<Vec<Received>>,
    /// The message as it came, to be kept, sealed, with the trace of its failure.
    pub(super) kept: Option<String>,
}

/// An answer that was looked at, but for who arrives: whom it speaks of where it is believed.
pub(super) type Looked = Verdict<Result<Speaks, Cause>>;

/// Whether the person may come in.
pub(super) enum Decided {
    Accepted(Box<Accepted>),
    Refused(Cause),
}

/// Whom an accepted response speaks of.
pub(super) struct Accepted {
    pub(super) identity: Identity,
    pub(super) profile: Profile,
    pub(super) email: Email,
    pub(super) arrival: Arrival,
}

/// Whom an answer that is believed speaks of.
pub(super) struct Speaks {
    pub(super) identity: Identity,
    pub(super) profile: Profile,
    pub(super) email: Email,
}

impl Looked {
    /// Decides who arrives, and whether that person may come in.
    pub(super) fn decide(self, db: &mut Db) -> Result<Verdict> {
        self.decided(|place, speaks, checks| arrive(db, place, speaks, checks))
    }

    /// The same on a connection of its own, for which only an answer that is believed waits.
    pub(super) fn decide_apart(self, store: &Store) -> Result<Verdict> {
        self.decided(|place, speaks, checks| store.read_now(|db| arrive(db, place, speaks, checks)))
    }

    fn decided(
        self,
        arrive: impl FnOnce((&Connection, &Organization), Speaks, &mut Vec<Check>) -> Result<Decided>,
    ) -> Result<Verdict> {
        let Self { connection, organization, trace, mut checks, facts, decided, received, kept } =
            self;
        let decided = match decided {
            Ok(speaks) => arrive((&connection, &organization), speaks, &mut checks)?,
            Err(cause) => Decided::Refused(cause),
        };
        Ok(Verdict { connection, organization, trace, checks, facts, decided, received, kept })
    }
}

/// The checks of the sign-in that the message answers (SAML.md, step 10). That it is answered only
/// once is decided where the answer is written down.
pub(super) fn began(
    trace: Option<&Trace>,
    connection: &Connection,
    browser: Option<&str>,
    now: Time,
    checks: &mut Vec<Check>,
) -> Result<(), Cause> {
    let Some(trace) = trace else {
        let allowed = connection.settings.idp_started;
        let received = "started at the provider";
        checks.push(Check::of(CheckName::Request, allowed, "a sign-in that began here", received));
        return if allowed { Ok(()) } else { Err(Cause::IdpStartedNotAllowed) };
    };
    let state = if trace.finished_at.is_some() {
        Err((Cause::ResponseReplayed, "already answered"))
    } else if now >= trace.expires_at {
        Err((Cause::RequestExpired, "over its time"))
    } else {
        Ok(())
    };
    let received = state.err().map_or("open", |(_, why)| why);
    checks.push(Check::of(CheckName::Request, state.is_ok(), "an open sign-in", received));
    state.map_err(|(cause, _)| cause)?;
    let same = began_in(trace, browser);
    let received = match (same, browser) {
        (true, _) => "the same browser",
        (false, Some(_)) => "another browser",
        (false, None) => "no cookie: cookies blocked, or another browser",
    };
    checks.push(Check::of(CheckName::Browser, same, "the browser that began", received));
    if same { Ok(()) } else { Err(Cause::RequestUnknown) }
}

/// The person proved who they are as lately as the application asks (OIDC Core 3.1.2.1). We asked the provider for
/// that (`ForceAuthn`), but some answer from their session all the same, and say so.
pub(super) fn fresh(
    trace: Option<&Trace>,
    identity: &Identity,
    skew: TimeDelta,
    now: Time,
    checks: &mut Vec<Check>,
) -> Result<(), Cause> {
    let asked = trace.and_then(|trace| Some((trace.request.as_ref()?, trace.started_at)));
    let Some(since) = asked.and_then(|(request, came)| request.since(came, now)) else {
        return Ok(());
    };
    let at = identity.authn_instant;
    let is_fresh = at.plus(skew) >= since;
    let expected = format!("signed in at the provider since {since}");
    checks.push(Check::of(CheckName::Freshness, is_fresh, &expected, &at.to_string()));
    if is_fresh { Ok(()) } else { Err(Cause::AuthenticationTooOld) }
}

/// By how much the provider's clock may differ from ours: as the connection is set, else the installation.
pub(super) fn skew(state: &State, connection: &Connection) -> TimeDelta {
    let own = connection.settings.clock_skew.map(|seconds| TimeDelta::seconds(i64::from(seconds)));
    own.unwrap_or_else(|| state.live().sign_in.clock_skew.delta())
}

/// Decides who arrives, and whether they may come.
fn arrive(
    db: &mut Db,
    (connection, organization): (&Connection, &Organization),
    Speaks { identity, profile, email }: Speaks,
    checks: &mut Vec<Check>,
) -> Result<Decided> {
    let arrival = arrival(db, connection, organization, &identity, &profile)?;
    let domain = email.domain().to_string();
    let cause = match arrival {
        Ok(arrival) => {
            checks.push(Check::of(
                CheckName::Domain,
                true,
                "a domain of the organization",
                &domain,
            ));
            checks.push(Check::of(CheckName::Person, true, "a person who may", arrival.word()));
            return Ok(Decided::Accepted(Box::new(Accepted { identity, profile, email, arrival })));
        }
        Err(cause) => cause,
    };
    if cause == Cause::EmailDomainNotAllowed {
        let domains = expected(db, organization, email.domain())?;
        checks.push(Check::of(CheckName::Domain, false, &domains, &domain));
    } else {
        checks.push(Check::of(CheckName::Domain, true, "a domain of the organization", &domain));
        checks.push(Check::of(CheckName::Person, false, "a person who may", cause.code()));
    }
    Ok(Decided::Refused(cause))
}

/// The domains from which people may come, as a check expects them; and that the one they came from is added and waits.
fn expected(db: &mut Db, organization: &Organization, came: &DomainName) -> Result<String> {
    let all = domains::list(db, &organization.id)?;
    let waits = all.iter().find(|domain| !domain.is_live() && domain.name == came.as_str());
    let live = live(&all);
    Ok(match waits {
        Some(domain) => {
            let since = domain.waits_since().to_utc().format("%-d %b %Y").to_string();
            check::expects_waiting(&live, &domain.name, &since)
        }
        None => live,
    })
}

fn live(all: &[Domain]) -> String {
    const SHOWN: usize = 5;
    let live: Vec<String> =
        all.iter().filter(|domain| domain.is_live()).map(|domain| domain.name.clone()).collect();
    let more = match live.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match live.get(..SHOWN).unwrap_or(&live) {
        [] => "a domain of the organization, which has none that is live".to_owned(),
        [one] => format!("a domain of the organization: {one}"),
        some => format!("a domain of the organization: {}{more}", some.join(", ")),
    }
}
