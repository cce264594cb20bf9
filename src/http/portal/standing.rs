//! How a connection stands, in sentences: what the portal's home and the end of a setup have in common.

mod lacks;

pub(super) use self::lacks::{later, left, missing, unfinished};

use self::lacks::is_untested;
use super::frame::day;
use super::seat::Seat;
use crate::cause::Cause;
use crate::clock::Time;
use crate::email::Email;
use crate::error::Result;
use crate::http::moments;
use crate::http::pages::{Fact, Sign, SignLine};
use crate::http::server::State;
use crate::store::Db;
use crate::store::access::mappings;
use crate::store::access::provisioning;
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::directories::tokens::{self, Token};
use crate::store::directories::{self, Directory};
use crate::store::domains::{self, Domain};
use crate::store::enforcement;
use crate::store::organizations::{Enforcement, Organization};
use crate::store::setup_links::{Cover, Way};
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
    /// Whether people of the organization sign in by some connection.
    is_on: bool,
    /// Whether the directory may tell of groups.
    pub(super) are_groups_on: bool,
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
    let is_on = connection.is_some_and(|one| one.state == ConnectionState::Active)
        || !connections::active_in(db, &of.id)?.is_empty();
    let are_groups_on = provisioning::find(db, &of.id)?.groups;
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
            is_on,
            are_groups_on,
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
        is_on,
        are_groups_on,
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

    /// Those that wait for their records.
    fn waiting_domains(&self) -> impl Iterator<Item = &Domain> {
        self.domains.iter().filter(|domain| !domain.is_live())
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
    let by_hand = of.metadata_url.is_none();
    let say = |key: &str| state.locale.fill(&format!("portal.certificates.{key}"), &values);
    let renewal = if by_hand { "by_hand" } else { "itself" };
    let told = if known.contact.is_some() { "contact" } else { "operator" };
    let over = known.has(Badge::CertificateExpired);
    let mut more = format!("{} {}", say(renewal), say(told));
    if by_hand {
        // This link may have ended by then.
        let link = if known.contact.is_some() { "by_mail" } else { "by_link" };
        more = format!("{more} {}", say(link));
    }
    Some(Fact {
        name: say("name"),
        value: say(if over { "ended" } else { "until" }),
        more: Some(more),
    })
}

/// How everything stands that the link's holder may know of.
pub(super) fn signs(state: &State, seat: &Seat, known: &Standing) -> Vec<SignLine> {
    let covers = |cover| seat.link.has(cover);
    let is_signing_in = seat.link.way() != Way::Directory;
    let mut lines = Vec::new();
    if !unfinished(state, seat, known).is_empty() {
        lines.push(line(state, Sign::Warn, "unfinished", None));
    }
    if is_untested(state, seat) {
        lines.push(line(state, Sign::Warn, "untested", None));
    }
    if covers(Cover::Domains) || covers(Cover::SignIn) && is_signing_in {
        lines.extend(domains_of(state, known));
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

/// One domain that is live, if there is one, and each that waits.
fn domains_of(state: &State, known: &Standing) -> Vec<SignLine> {
    let live = known.live_domains().into_iter().take(1);
    let live = live.map(|name| line(state, Sign::Good, "domain_live", Some(name.to_owned())));
    let waits = known
        .waiting_domains()
        .map(|one| line(state, Sign::Warn, "domain_pending", Some(one.name.clone())));
    let all: Vec<SignLine> = live.chain(waits).collect();
    if all.is_empty() { vec![line(state, Sign::Open, "domain_none", None)] } else { all }
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

/// How the directory stands: a sentence, the class of a badge and its word, and whether groups are allowed and how
/// many give access.
pub(super) fn directory(
    state: &State,
    known: &Standing,
) -> (String, (&'static str, String), String) {
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
    let of_groups = match (known.are_groups_on, groups) {
        (false, _) => "not_allowed",
        (true, 0) => "allowed",
        (true, _) => "giving",
    };
    (text, (class, say(word)), say(of_groups))
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
    if covers(Cover::Domains) && known.is_on {
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

/// What the operator does when a setup has come to its end, in sentences.
pub(super) fn next(state: &State, seat: &Seat, known: &Standing) -> Vec<String> {
    let operator = state.operator();
    let connection = seat.connection.as_ref().filter(|_| seat.link.way() != Way::Directory);
    let covered = connection.filter(|_| seat.link.has(Cover::SignIn));
    let mut domains = Vec::new();
    if seat.link.has(Cover::Domains) && !known.is_on {
        let word = if covered.is_some() { "domain" } else { "domain_later" };
        for domain in known.live_domains() {
            let values = [("operator", &*operator), ("domain", domain)];
            domains.push(state.locale.fill(&format!("portal.next.{word}"), &values));
        }
    }
    let Some(connection) = covered else { return domains };
    let first = match connection.state {
        ConnectionState::Active => "on",
        _ if connection.tested() => "turn_on",
        _ => "test",
    };
    let second = match seat.organization.enforcement {
        Enforcement::Optional => "optional",
        Enforcement::Required => "required",
    };
    let values = [("operator", &*operator), ("organization", &seat.organization.name)];
    let say = |key: &str| state.locale.fill(&format!("portal.next.{key}"), &values);
    let mut told = vec![say(first)];
    told.append(&mut domains);
    told.push(say(second));
    told
}
