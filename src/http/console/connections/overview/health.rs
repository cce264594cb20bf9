//! Whether a connection is well, point by point: what was looked at, what came of it, and when.

use super::Found;
use crate::cause::Cause;
use crate::clock::Time;
use crate::http::console::connections::href;
use crate::http::console::listing::{self, Moment};
use crate::http::console::scim_requests;
use crate::http::console::words::Badge;
use crate::http::pages::Sign;
use crate::http::server::State;
use crate::store::connections::{ConnectionState, Protocol};
use crate::store::domains::DomainState;
use crate::store::refreshes::PATIENCE;
use crate::store::traces::Outcome;
use crate::views::badge;

/// Something that was looked at.
pub(super) struct Point {
    pub(super) sign: Sign,
    pub(super) title: String,
    /// What else is to be said.
    pub(super) text: Option<String>,
    /// Where it is looked at.
    pub(super) href: Option<String>,
    pub(super) at: Option<Moment>,
}

/// All of them.
pub(super) struct Health {
    pub(super) badge: Badge,
    pub(super) points: Vec<Point>,
}

/// What is said of a point, before it is one.
#[derive(Default)]
struct Said {
    text: Option<String>,
    href: Option<String>,
    at: Option<Moment>,
}

struct Looking<'a> {
    state: &'a State,
    found: &'a Found,
    now: Time,
}

/// What is well, and what is not.
pub(super) fn of(state: &State, found: &Found, now: Time) -> Health {
    let looking = Looking { state, found, now };
    let mut points = vec![looking.test()];
    if found.known.connection.protocol == Protocol::Saml {
        points.extend([looking.metadata(), looking.certificate()]);
    }
    points.push(looking.domain());
    points.extend(looking.waiting());
    points.extend([looking.sign_ins(), looking.directory()]);
    let troubles = points.iter().filter(|one| one.sign.is_trouble()).count();
    let class = match points.iter().any(|one| one.sign == Sign::Bad) {
        true => " bad",
        false if troubles > 0 => " warn",
        false => " ok",
    };
    let key = match troubles {
        0 => "console.connections.health.clear",
        1 => "console.connections.health.trouble",
        _ => "console.connections.health.troubles",
    };
    let label = state.locale.fill(key, &[("number", &troubles.to_string())]);
    Health { badge: Badge { class, label }, points }
}

impl Looking<'_> {
    fn point(&self, sign: Sign, key: &str, said: Said) -> Point {
        let title = self.state.locale.text(&format!("console.connections.health.{key}")).to_owned();
        let Said { text, href, at } = said;
        Point { sign, title, text, href, at }
    }

    fn when(&self, at: Time) -> Moment {
        listing::when(self.state, at)
    }

    fn test(&self) -> Point {
        let connection = &self.found.known.connection;
        match (connection.tested(), connection.knows_its_provider()) {
            (true, _) => {
                let at = self.found.tested.map(|at| self.when(at));
                self.point(Sign::Good, "tested", Said { at, ..Said::default() })
            }
            (false, true) => self.point(Sign::Warn, "not_tested", Said::default()),
            (false, false) => self.point(Sign::Open, "no_test", Said::default()),
        }
    }

    fn metadata(&self) -> Point {
        let connection = &self.found.known.connection;
        let refresh = self.found.known.refresh.as_ref();
        if connection.identity_provider.is_none() {
            return self.point(Sign::Open, "no_metadata", Said::default());
        }
        if connection.metadata_url.is_none() {
            let at = connection.metadata_at.map(|at| self.when(at));
            return self.point(Sign::Open, "metadata_file", Said { at, ..Said::default() });
        }
        let fault = refresh.and_then(|refresh| Some((refresh.failing_since?, refresh)));
        if let Some((since, refresh)) = fault {
            let is_long = self.now.since(since) >= PATIENCE;
            let sign = if is_long { Sign::Bad } else { Sign::Warn };
            let said = Said { text: refresh.fault.clone(), at: Some(self.when(since)), href: None };
            return self.point(sign, "metadata_failing", said);
        }
        let read = refresh.and_then(|refresh| refresh.fetched_at).max(connection.metadata_at);
        let at = read.map(|at| self.when(at));
        if refresh.is_some_and(|refresh| refresh.proposed.is_some()) {
            return self.point(Sign::Warn, "metadata_held", Said { at, ..Said::default() });
        }
        self.point(Sign::Good, "metadata_fine", Said { at, ..Said::default() })
    }

    fn certificate(&self) -> Point {
        let connection = &self.found.known.connection;
        let Some(ends) = badge::certificate_ends(connection) else {
            return self.point(Sign::Open, "no_certificate", Said::default());
        };
        let said = Said { at: Some(self.when(ends)), ..Said::default() };
        match badge::certificate_ends_within(connection, self.now) {
            Some(0) => self.point(Sign::Bad, "certificate_ended", said),
            Some(_) => self.point(Sign::Warn, "certificate_ends", said),
            None => self.point(Sign::Good, "certificate_fine", said),
        }
    }

    fn domain(&self) -> Point {
        let mut live = self.found.domains.iter().filter(|domain| domain.is_live());
        if let Some(first) = live.next() {
            let more = listing::more(live.count().saturating_add(1));
            let text = Some(format!("{} {more}", first.name).trim().to_owned());
            return self.point(Sign::Good, "domain", Said { text, ..Said::default() });
        }
        let sign = match self.found.known.connection.state {
            ConnectionState::Active => Sign::Warn,
            _ => Sign::Open,
        };
        self.point(sign, "no_domain", Said::default())
    }

    /// The domains that wait for their DNS record, by the one that has waited longest: after a day somebody has to look.
    fn waiting(&self) -> Option<Point> {
        let all = self.found.domains.iter().filter(|one| one.state == DomainState::Pending);
        let first = all.clone().min_by_key(|one| one.waits_since())?;
        let more = listing::more(all.count());
        let said = Said {
            text: Some(format!("{} {more}", first.name).trim().to_owned()),
            href: Some(format!("{}/domains", href(&self.found.known.connection.id))),
            at: Some(self.when(first.waits_since())),
        };
        let sign = if first.is_overdue(self.now) { Sign::Warn } else { Sign::Open };
        Some(self.point(sign, "domain_waits", said))
    }

    fn sign_ins(&self) -> Point {
        let id = self.found.known.connection.id.as_str();
        if let Some(failing) = &self.found.known.signs.failing {
            let parts = [("outcome", "failed"), ("connection", id), ("cause", &failing.cause)];
            let said = Said {
                text: Some(self.cause(&failing.cause)),
                href: Some(listing::href("/console/traces", &parts)),
                at: Some(self.when(failing.last)),
            };
            return self.point(Sign::Bad, "sign_ins_failing", said);
        }
        let Some(last) = &self.found.last else {
            return self.point(Sign::Open, "no_sign_in", Said::default());
        };
        let said = Said {
            text: last.cause.as_deref().map(|code| self.cause(code)),
            href: Some(format!("/console/traces/{}", last.id)),
            at: Some(self.when(last.finished_at.unwrap_or(last.started_at))),
        };
        match last.outcome {
            Outcome::Failed => self.point(Sign::Warn, "last_failed", said),
            _ => self.point(Sign::Good, "last_worked", said),
        }
    }

    fn cause(&self, code: &str) -> String {
        let cause = Cause::from_code(code);
        cause.map_or_else(|| code.to_owned(), |cause| self.state.locale.cause(cause).title.clone())
    }

    fn directory(&self) -> Point {
        let tokens = &self.found.tokens;
        let last = tokens.iter().filter_map(|token| token.last_used_at).max();
        let href = Some(scim_requests::at_connection(&self.found.known.connection.id));
        let said = |at| Said { href: href.clone(), at, text: None };
        match (last, self.found.known.signs.silent_since) {
            (_, Some(since)) => self.point(Sign::Warn, "silent", said(Some(self.when(since)))),
            (Some(last), None) => self.point(Sign::Good, "receiving", said(Some(self.when(last)))),
            (None, None) if tokens.is_empty() => {
                self.point(Sign::Open, "no_directory", Said::default())
            }
            (None, None) => self.point(Sign::Open, "waits", said(None)),
        }
    }
}
