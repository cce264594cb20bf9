//! How a connection stands, in sentences: what the portal's home and the end of a setup have in common.

use super::frame::{address, day};
use super::seat::Seat;
use crate::cause::Cause;
use crate::clock::Time;
use crate::email::Email;
use crate::error::Result;
use crate::http::moments;
use crate::http::pages::{Fact, Missing, Sign, SignLine};
use crate::http::server::State;
use crate::store::Db;
use crate::store::access::mappings;
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::directories::tokens::{self, Token};
use crate::store::directories::{self, Directory};
use crate::store::domains::{self, Domain};
use crate::store::enforcement;
use crate::store::organizations::{Enforcement, Organization};
use crate::store::setup_links::{Cover, Step, Way};
use crate::store::traces::{self, Listed, Outcome};
use crate::views::badge::{self, Badge};

/// What is known.
pub(super) struct Standing {
    pub(super) domains: Vec<Domain>,
    /// Those that are not revoked.
    pub(super) tokens: Vec<Token>,
    pub(super) directory: Option<Directory>,
    /// Who is told of the certificate.
    contact: Option<Email>,
    badges: Vec<Badge>,
    /// The last sign-in that was no test and has ended.
    last: Option<Listed>,
    /// How many groups give something.
    giving: i64,
    /// How many owners are exempt from having to use single sign-on.
    exempt: usize,
}

/// Reads how things stand.
pub(super) fn read(
    db: &mut Db,
    of: &Organization,
    connection: Option<&Connection>,
    now: Time,
) -> Result<Standing> {
    let domains = domains::list(db, &of.id)?;
    let exempt = match of.enforcement {
        Enforcement::Required => enforcement::owners(db, &of.id)?.len(),
        Enforcement::Optional => 0,
    };
    let Some(connection) = connection else {
        return Ok(Standing {
            domains,
            tokens: Vec::new(),
            directory: None,
            contact: None,
            badges: Vec::new(),
            last: None,
            giving: 0,
            exempt,
        });
    };
    let id = &connection.id;
    let known = connections::known(db, connection.clone(), now)?;
    Ok(Standing {
        domains,
        tokens: tokens::present(db, id)?,
        directory: directories::by_connection(db, id)?,
        contact: connections::contact(db, id)?,
        badges: badge::of(&known, now),
        last: traces::last_ended(db, id)?,
        giving: mappings::giving(db, id)?,
        exempt,
    })
}

impl Standing {
    /// When the directory last asked.
    fn asked_at(&self) -> Option<Time> {
        self.tokens.iter().filter_map(|token| token.last_used_at).max()
    }

    fn has(&self, badge: Badge) -> bool {
        self.badges.contains(&badge)
    }

    /// The names of the domains of which people sign in here.
    pub(super) fn live_domains(&self) -> Vec<&str> {
        let live = self.domains.iter().filter(|domain| domain.is_live());
        live.map(|domain| domain.name.as_str()).collect()
    }
}

/// Who must use single sign-on, and who need not.
pub(super) fn enforced(state: &State, of: &Organization, known: &Standing) -> Fact {
    let operator = state.operator();
    let exempt = known.exempt.to_string();
    let values = [("operator", &*operator), ("organization", &of.name), ("number", &exempt)];
    let say = |key: &str| state.locale.fill(&format!("portal.enforced.{key}"), &values);
    let (value, more) = match (of.enforcement, known.exempt) {
        (Enforcement::Optional, _) => ("optional", "may"),
        (Enforcement::Required, 0) => ("required", "nobody"),
        (Enforcement::Required, 1) => ("required", "one"),
        (Enforcement::Required, _) => ("required", "several"),
    };
    Fact { name: say("name"), value: say(value), more: Some(say(more)) }
}

/// Until when the provider's certificates are good, how they are renewed, and who is told before they end.
pub(super) fn certificate(state: &State, of: &Connection, known: &Standing) -> Option<Fact> {
    let ends = badge::certificate_ends(of)?;
    let operator = state.operator();
    let contact = known.contact.as_ref().map(ToString::to_string).unwrap_or_default();
    let until = day(ends);
    let values = [("operator", &*operator), ("email", &contact), ("day", &until)];
    let say = |key: &str| state.locale.fill(&format!("portal.certificates.{key}"), &values);
    let renewal = if of.metadata_url.is_some() { "itself" } else { "by_hand" };
    let told = if known.contact.is_some() { "contact" } else { "operator" };
    let over = known.has(Badge::CertificateExpired);
    Some(Fact {
        name: say("name"),
        value: say(if over { "ended" } else { "until" }),
        more: Some(format!("{} {}", say(renewal), say(told))),
    })
}

/// How everything stands that the link's holder may know of.
pub(super) fn signs(state: &State, seat: &Seat, known: &Standing) -> Vec<SignLine> {
    let covers = |cover| seat.link.has(cover);
    let is_signing_in = seat.link.way() != Way::Directory;
    let mut lines = Vec::new();
    if covers(Cover::Domains) || covers(Cover::SignIn) && is_signing_in {
        lines.push(domain(state, known));
    }
    if seat.connection.is_none() {
        return lines;
    }
    let tells_sign_ins = is_signing_in && (covers(Cover::SignIn) || covers(Cover::Traces));
    if tells_sign_ins {
        lines.push(sign_in(state, known));
    }
    let told = known.badges.iter().filter(|one| tells_sign_ins || **one != Badge::SignInsFailing);
    lines.extend(told.filter_map(|badge| trouble(state, *badge)));
    if covers(Cover::Provisioning) && (known.directory.is_some() || !known.tokens.is_empty()) {
        lines.push(scim(state, known));
    }
    lines
}

fn line(state: &State, sign: Sign, key: &str, at: Option<String>) -> SignLine {
    let text = state.locale.fill(&format!("portal.signs.{key}"), &[]);
    SignLine { sign, text, more: None, at }
}

fn domain(state: &State, known: &Standing) -> SignLine {
    match (known.live_domains().first(), known.domains.first()) {
        (Some(live), _) => line(state, Sign::Good, "domain_live", Some((*live).to_owned())),
        (None, Some(waits)) => line(state, Sign::Warn, "domain_pending", Some(waits.name.clone())),
        (None, None) => line(state, Sign::Open, "domain_none", None),
    }
}

fn sign_in(state: &State, known: &Standing) -> SignLine {
    let Some(last) = &known.last else { return line(state, Sign::Open, "sign_in_none", None) };
    let at = Some(moments::told(state, last.started_at));
    if last.outcome == Outcome::Succeeded {
        return line(state, Sign::Good, "sign_in_good", at);
    }
    let cause = last.cause.as_deref().and_then(Cause::from_code);
    let more = cause.map(|cause| state.locale.cause(cause).title.clone());
    SignLine { more, ..line(state, Sign::Bad, "sign_in_bad", at) }
}

/// What somebody has to do something about, but the directory, which has a line of its own.
fn trouble(state: &State, badge: Badge) -> Option<SignLine> {
    let sign = match badge {
        Badge::SignInsFailing | Badge::CertificateExpired => Sign::Bad,
        Badge::CertificateExpiring | Badge::MetadataHeld | Badge::MetadataUnreachable => Sign::Warn,
        _ => return None,
    };
    Some(line(state, sign, badge.as_str(), None))
}

fn scim(state: &State, known: &Standing) -> SignLine {
    let at = known.asked_at().map(|at| moments::told(state, at));
    match &at {
        None => line(state, Sign::Open, "scim_none", None),
        Some(_) if known.has(Badge::ScimSilent) => line(state, Sign::Warn, "scim_silent", at),
        Some(_) => line(state, Sign::Good, "scim_good", at),
    }
}

/// How the directory stands: a sentence, the class of a badge and its word, and how many of its groups give access.
pub(super) fn directory(
    state: &State,
    known: &Standing,
) -> (String, (&'static str, String), Option<String>) {
    let (people, groups) = known.directory.as_ref().map_or((0, 0), |it| (it.users, it.groups));
    let ago = known.asked_at().map(|at| moments::told(state, at));
    let (people, all, giving) = (people.to_string(), groups.to_string(), known.giving.to_string());
    let values = [
        ("people", &*people),
        ("groups", &*all),
        ("giving", &*giving),
        ("ago", ago.as_deref().unwrap_or_default()),
    ];
    let say = |key: &str| state.locale.fill(&format!("portal.directory.{key}"), &values);
    let (class, word) = match &ago {
        None => ("", "waiting"),
        Some(_) if known.has(Badge::ScimSilent) => (" warn", "silent"),
        Some(_) => (" ok", "receiving"),
    };
    let text = say(if ago.is_some() { "line" } else { "nothing" });
    (text, (class, say(word)), (groups > 0).then(|| say("giving")))
}

/// What stands against a setup's being complete, each with the step at which it is done: the test without which the connection
/// stays off, and domains that wait for their records.
pub(super) fn missing(state: &State, seat: &Seat, known: &Standing) -> Vec<Missing> {
    let steps = seat.steps(state);
    let text = |key: &str| format!("portal.lacks.{key}");
    let mut found = Vec::new();
    let is_off = |of: &Connection| {
        matches!(of.state, ConnectionState::Draft | ConnectionState::Testing) && !of.tested()
    };
    if seat.connection.as_ref().is_some_and(is_off) && steps.contains(&Step::Test) {
        found.push(Missing {
            text: state.locale.text(&text("test")).to_owned(),
            label: state.locale.text("portal.test_begin").to_owned(),
            href: address(Step::Test),
        });
    }
    let waiting = known.domains.iter().filter(|domain| !domain.is_live());
    for domain in waiting.filter(|_| steps.contains(&Step::Domain)) {
        let name = [("domain", domain.name.as_str())];
        found.push(Missing {
            text: state.locale.fill(&text("domain"), &name),
            label: state.locale.fill(&text("check"), &name),
            href: address(Step::Domain),
        });
    }
    found
}

/// What works at the end of a setup. What does not is [`missing`], or can be done later.
pub(super) fn works(state: &State, seat: &Seat, known: &Standing) -> Vec<SignLine> {
    let provider = super::frame::provider(state, seat);
    let operator = state.operator();
    let mut lines = Vec::new();
    let mut tell = |key: &str, values: &[(&str, &str)]| {
        let named = [("provider", &*provider), ("operator", &*operator)];
        let text =
            state.locale.fill(&format!("portal.works.{key}"), &[&named[..], values].concat());
        lines.push(SignLine { sign: Sign::Good, text, more: None, at: None });
    };
    let covers = |cover| seat.link.has(cover);
    let connection = seat.connection.as_ref().filter(|_| seat.link.way() != Way::Directory);
    if let Some(connection) = connection.filter(|_| covers(Cover::SignIn)) {
        match connection.state {
            ConnectionState::Active => tell("active", &[]),
            _ if connection.tested() => tell("tested", &[]),
            _ => {}
        }
    } else if connection.is_some() && covers(Cover::Certificate) {
        tell("renewed", &[]);
    }
    if covers(Cover::Domains) {
        for domain in known.live_domains() {
            tell("domain_live", &[("domain", domain)]);
        }
    }
    if covers(Cover::Provisioning) && seat.connection.is_some() {
        let counts =
            known.directory.as_ref().map(|it| (it.users.to_string(), it.groups.to_string()));
        if let (Some((people, groups)), Some(_)) = (&counts, known.asked_at()) {
            tell("scim", &[("people", people), ("groups", groups)]);
        }
    }
    lines
}

/// How a directory stands that does nothing yet, where the link covers one.
pub(super) fn later(state: &State, seat: &Seat, known: &Standing) -> Option<Missing> {
    let covered = seat.link.has(Cover::Provisioning) && seat.connection.is_some();
    if !covered || known.directory.is_some() && known.asked_at().is_some() {
        return None;
    }
    let word = if known.tokens.is_empty() { "scim_off" } else { "scim_waits" };
    Some(Missing {
        text: state.locale.text(&format!("portal.lacks.{word}")).to_owned(),
        label: super::frame::say(state, seat, Step::Provisioning, "name"),
        href: address(Step::Provisioning),
    })
}

/// What the operator does when a setup has come to its end, in sentences.
pub(super) fn next(state: &State, seat: &Seat) -> Vec<String> {
    let connection = seat.connection.as_ref().filter(|_| seat.link.way() != Way::Directory);
    let covered = connection.filter(|_| seat.link.has(Cover::SignIn));
    let Some(connection) = covered else { return vec![] };
    let first = match connection.state {
        ConnectionState::Active => "on",
        _ if connection.tested() => "turn_on",
        _ => "test",
    };
    let second = match seat.organization.enforcement {
        Enforcement::Optional => "optional",
        Enforcement::Required => "required",
    };
    let operator = state.operator();
    let values = [("operator", &*operator), ("organization", &seat.organization.name)];
    let say = |key: &str| state.locale.fill(&format!("portal.next.{key}"), &values);
    vec![say(first), say(second)]
}
