//! What needs somebody: each line says what is the matter, since when, and leads to where it is looked at.

use super::SHOWN;
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::Result;
use crate::http::console::listing::{self, Moment};
use crate::http::console::{
    connections, groups, organization, scim_requests, setup_links as link_pages,
    webhooks as webhook_pages,
};
use crate::http::server::State;
use crate::store::access::alerts::{self, Alert};
use crate::store::connections::{Connection, certificates};
use crate::store::directories::silence::{self, Silent};
use crate::store::domains::{self, Domain};
use crate::store::names::Names;
use crate::store::refreshes::{self, Refresh};
use crate::store::setup_links::{self, SetupLink};
use crate::store::traces::{self, Failing};
use crate::store::webhooks::{self, Endpoint};
use crate::store::{ConnectionId, Db};

/// As many of each kind are shown.
const MOST: usize = 5;

/// What is the matter, of each kind the most urgent.
pub(super) struct Matters {
    failing: Vec<Failing>,
    pub(super) ending: Vec<(ConnectionId, Time)>,
    metadata: Vec<Refresh>,
    silent: Vec<Silent>,
    endpoints: Vec<Endpoint>,
    pub(super) alerts: Vec<Alert>,
    /// Links that are over, whose holders want another one.
    pub(super) wanted: Vec<SetupLink>,
    /// Links whose holders are stuck, and have said so.
    pub(super) stuck: Vec<SetupLink>,
    /// Domains that have waited for their DNS record for too long.
    pub(super) domains: Vec<Domain>,
    /// Connections that IT admins have set up, to be turned on.
    ready: Vec<(SetupLink, Connection)>,
}

/// A line.
pub(super) struct Matter {
    pub(super) is_bad: bool,
    pub(super) title: String,
    pub(super) text: String,
    /// Where it is looked at; none: at the command line.
    pub(super) href: Option<String>,
    pub(super) since: Moment,
}

impl Matters {
    pub(super) fn read(db: &mut Db, now: Time) -> Result<Self> {
        let mut found = Self {
            failing: traces::failing(db, now)?,
            ending: certificates::ending(db, now, MOST)?,
            metadata: refreshes::troubled(db, now, SHOWN)?,
            silent: silence::silent(db, now)?,
            endpoints: webhooks::troubled(db, SHOWN)?,
            alerts: alerts::newest_open(db, SHOWN)?,
            wanted: setup_links::asked_again(db, now, SHOWN)?,
            stuck: setup_links::stuck(db, now, SHOWN)?,
            domains: domains::overdue(db, now, SHOWN)?,
            ready: setup_links::to_turn_on(db, MOST)?,
        };
        found.failing.truncate(MOST);
        found.metadata.truncate(MOST);
        found.silent.truncate(MOST);
        Ok(found)
    }

    /// The connections that they name.
    pub(super) fn connections(&self) -> Vec<ConnectionId> {
        let failing = self.failing.iter().map(|one| &one.connection_id);
        let ending = self.ending.iter().map(|(id, _)| id);
        let metadata = self.metadata.iter().map(|one| &one.connection_id);
        let silent = self.silent.iter().map(|one| &one.connection_id);
        failing.chain(ending).chain(metadata).chain(silent).cloned().collect()
    }
}

/// The lines, what stops people first. Certificates have a part of their own until they have ended.
pub(super) fn lines(state: &State, matters: &Matters, names: &Names, now: Time) -> Vec<Matter> {
    let name = |id: &ConnectionId| names.connection(id).unwrap_or(id.as_str()).to_owned();
    let say = |word: &str, values: &[(&str, &str)]| {
        let key = |part: &str| format!("console.home.matter.{word}{part}");
        (state.locale.fill(&key(""), values), state.locale.fill(&key("_text"), values))
    };
    let mut lines = Vec::new();
    let mut add = |is_bad, (title, text), href, since| {
        lines.push(Matter { is_bad, title, text, href, since: listing::when(state, since) });
    };
    for one in &matters.failing {
        let cause = Cause::from_code(&one.cause);
        let why = cause.map_or(one.cause.as_str(), |cause| &state.locale.cause(cause).title);
        let (failed, all) = (one.share.0.to_string(), one.share.1.to_string());
        let connection = name(&one.connection_id);
        let values =
            [("connection", &*connection), ("cause", why), ("failed", &failed), ("all", &all)];
        let parts = [("outcome", "failed"), ("connection", one.connection_id.as_str())];
        let href = listing::href("/console/traces", &parts);
        add(true, say("failing", &values), Some(href), one.last);
    }
    for (id, ends) in matters.ending.iter().filter(|(_, ends)| *ends <= now) {
        let connection = name(id);
        let values = [("connection", &*connection)];
        add(true, say("ended", &values), Some(connections::href(id)), *ends);
    }
    for one in &matters.metadata {
        let connection = name(&one.connection_id);
        let held = one.proposed_at.filter(|_| one.proposed.is_some());
        let word = if held.is_some() { "held" } else { "unreachable" };
        let values =
            [("connection", &*connection), ("fault", one.fault.as_deref().unwrap_or_default())];
        let since = held.or(one.failing_since).unwrap_or(now);
        add(false, say(word, &values), Some(connections::href(&one.connection_id)), since);
    }
    for one in &matters.silent {
        let connection = name(&one.connection_id);
        let href = scim_requests::at_connection(&one.connection_id);
        add(false, say("silent", &[("connection", &connection)]), Some(href), one.last);
    }
    for one in &matters.endpoints {
        let word = if one.disabled_at.is_some() { "endpoint_off" } else { "endpoint" };
        let since = one.disabled_at.or(one.failing_since).unwrap_or(one.updated_at);
        let values = [("url", &*one.url), ("id", one.id.as_str())];
        let href = Some(webhook_pages::href(&one.id));
        add(one.disabled_at.is_some(), say(word, &values), href, since);
    }
    for one in &matters.alerts {
        let of = &one.organization_id;
        let called = names.organization(of).unwrap_or(of.as_str());
        let title = state.locale.fill("console.home.matter.alert_of", &[("organization", called)]);
        let what = format!("console.home.matter.alert.{}", one.kind);
        let words = (title, state.locale.text(&what).to_owned());
        add(false, words, Some(groups::href(of)), one.created_at);
    }
    for one in &matters.wanted {
        let of = &one.organization_id;
        let called = names.organization(of).unwrap_or(of.as_str());
        let values = [("organization", called), ("link", one.hint.as_str())];
        let since = one.asked_again_at.unwrap_or(now);
        add(false, say("link_wanted", &values), Some(link_pages::another(of)), since);
    }
    for one in &matters.stuck {
        let of = &one.organization_id;
        let called = names.organization(of).unwrap_or(of.as_str());
        let note = one.help.as_ref().map(|help| help.note.as_str()).unwrap_or_default();
        let (title, text) = say("link_stuck", &[("organization", called), ("link", &one.hint)]);
        let text = if note.is_empty() { text } else { note.to_owned() };
        let since = one.help.as_ref().map_or(now, |help| help.at);
        add(false, (title, text), Some(link_pages::of_organization(of)), since);
    }
    for one in &matters.domains {
        let of = &one.organization_id;
        let called = names.organization(of).unwrap_or(of.as_str());
        let word = if one.checks().is_some() { "domain_waits" } else { "domain_left" };
        let words = say(word, &[("domain", &one.name), ("organization", called)]);
        let href = format!("{}/domains", organization::href(of));
        add(false, words, Some(href), one.waits_since());
    }
    for (link, connection) in &matters.ready {
        let word = if connection.tested() { "link_done" } else { "link_untested" };
        let words = say(word, &[("connection", &connection.name)]);
        let since = link.completed_at.unwrap_or(now);
        add(false, words, Some(connections::href(&connection.id)), since);
    }
    lines
}
