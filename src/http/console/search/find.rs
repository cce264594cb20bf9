//! What is found: by whole IDs, addresses and fingerprints, each one look into an index, and by how names begin.

use crate::domain::DomainName;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::http::console::listing::href;
use crate::http::console::{
    applications as application_pages, connections as connection_pages, groups as group_pages,
    organization, scim_requests, users, webhooks as webhook_pages,
};
use crate::store::connections::{self, Connection, certificates};
use crate::store::directories::{all_groups, requests};
use crate::store::events::{self, Filter};
use crate::store::names;
use crate::store::users::Filter as UserFilter;
use crate::store::{
    ApplicationId, ConnectionId, Db, GroupId, OrganizationId, ScimRequestId, TraceId, UserId,
    WebhookEndpointId, Window, applications, domains, organizations, traces, users as people,
    webhooks,
};

/// How many of each kind are shown.
const MOST: i64 = 10;
/// Letters of a name that are enough to look for it.
const ENOUGH: usize = 2;
/// Digits of a fingerprint: SHA-256.
const FINGERPRINT: usize = 64;

/// What came of a search.
pub(super) enum Found {
    /// It can mean one thing only, whose page is there.
    At(String),
    /// Things with that name.
    Hits(Vec<Hit>),
}

/// Something that was found.
pub(super) struct Hit {
    /// What it is: a word of `console.search.kind`.
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) href: String,
}

/// Looks for `text`; `address` is our own, with which our entity IDs begin.
pub(super) fn find(db: &mut Db, text: &str, address: &str) -> Result<Found> {
    if let Some(href) = by_id(db, text)? {
        return Ok(Found::At(href));
    }
    let mut hits = Vec::new();
    of_organizations(db, text, &mut hits)?;
    of_domains(db, text, &mut hits)?;
    of_people(db, text, &mut hits)?;
    of_connections(db, text, address, &mut hits)?;
    Ok(Found::Hits(hits))
}

/// Where the thing with this ID is looked at. What has no page of its own has what happened to it.
fn by_id(db: &mut Db, text: &str) -> Result<Option<String>> {
    if let Ok(id) = text.parse::<OrganizationId>() {
        return Ok(organizations::by_id(db, &id)?.map(|_| organization::href(&id)));
    }
    if let Ok(id) = text.parse::<ConnectionId>() {
        let found = connections::by_id_with_organization(db, &id)?;
        return Ok(found.map(|_| connection_pages::href(&id)));
    }
    if let Ok(id) = text.parse::<UserId>() {
        return Ok(people::by_id(db, &id)?.map(|_| users::href(&id)));
    }
    if let Ok(id) = text.parse::<TraceId>() {
        return Ok(traces::by_id(db, &id)?.map(|_| format!("/console/traces/{id}")));
    }
    if let Ok(id) = text.parse::<ScimRequestId>() {
        return at(requests::find(db, &id), scim_requests::href(&id));
    }
    if let Ok(id) = text.parse::<ApplicationId>() {
        return Ok(applications::by_id(db, &id)?.map(|_| application_pages::href(&id)));
    }
    if let Ok(id) = text.parse::<WebhookEndpointId>() {
        return at(webhooks::find(db, &id), webhook_pages::href(&id));
    }
    if let Ok(id) = text.parse::<GroupId>() {
        return at(all_groups::by_id(db, &id), group_pages::href_of(&id));
    }
    let is_id = text.split_once('_').is_some_and(|(prefix, digits)| {
        !prefix.is_empty()
            && digits.len() == 26
            && digits.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    if !is_id {
        return Ok(None);
    }
    let filter = Filter { subject: Some(text.to_owned()), ..Filter::default() };
    let window = Window { limit: 1, before: None };
    let has_happened = !events::page(db, &window, &filter)?.data.is_empty();
    Ok(has_happened.then(|| href("/console/audit", &[("subject", text)])))
}

/// The address of what was found.
fn at<T>(found: Result<T>, href: String) -> Result<Option<String>> {
    match found {
        Ok(_) => Ok(Some(href)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

fn of_organizations(db: &mut Db, text: &str, hits: &mut Vec<Hit>) -> Result<()> {
    let external_id = text.strip_prefix("external:").unwrap_or(text);
    let mut found: Vec<_> = organizations::by_external_id(db, external_id)?.into_iter().collect();
    if text.chars().count() >= ENOUGH {
        found.extend(organizations::beginning_with(db, text, MOST)?);
    }
    let mut seen: Vec<OrganizationId> = Vec::new();
    for one in found {
        if !seen.contains(&one.id) {
            hits.push(Hit {
                kind: "organization",
                href: organization::href(&one.id),
                title: one.name,
                text: one.external_id.unwrap_or_default(),
            });
            seen.push(one.id);
        }
    }
    Ok(())
}

fn of_domains(db: &mut Db, text: &str, hits: &mut Vec<Hit>) -> Result<()> {
    let Ok(name) = DomainName::parse(text) else { return Ok(()) };
    let found = domains::named(db, &name, MOST)?;
    let owners = found.iter().map(|domain| domain.organization_id.clone()).collect();
    let names = names::of(db, owners, Vec::new())?;
    for domain in found {
        let of = &domain.organization_id;
        hits.push(Hit {
            kind: "domain",
            href: organization::href(of),
            text: names.organization(of).unwrap_or_default().to_owned(),
            title: domain.name,
        });
    }
    Ok(())
}

/// People by address, and the sign-ins of that address.
fn of_people(db: &mut Db, text: &str, hits: &mut Vec<Hit>) -> Result<()> {
    let Ok(email) = Email::parse(text) else { return Ok(()) };
    let sign_ins = traces::Filter { email: Some(email.to_string()), ..Default::default() };
    let window = Window { limit: MOST, before: None };
    let filter = UserFilter { email: Some(email), ..UserFilter::default() };
    let found = people::page(db, &window, &filter)?.data;
    let owners = found.iter().map(|user| user.organization_id.clone()).collect();
    let names = names::of(db, owners, Vec::new())?;
    for user in found {
        hits.push(Hit {
            kind: "user",
            href: users::href(&user.id),
            text: names.organization(&user.organization_id).unwrap_or_default().to_owned(),
            title: user.label().to_owned(),
        });
    }
    let one = Window { limit: 1, before: None };
    if !traces::page(db, &one, &sign_ins)?.data.is_empty() {
        hits.push(Hit {
            kind: "traces",
            title: text.to_owned(),
            text: String::new(),
            href: href("/console/traces", &[("q", text)]),
        });
    }
    Ok(())
}

/// Connections by an entity ID of either side, and by a certificate.
fn of_connections(db: &mut Db, text: &str, address: &str, hits: &mut Vec<Hit>) -> Result<()> {
    let own = text.strip_prefix(address).and_then(|path| path.strip_prefix("/saml/"));
    let own = own.and_then(|id| id.split(['/', '?']).next()?.parse::<ConnectionId>().ok());
    let mut found: Vec<Connection> = match own {
        Some(id) => {
            connections::by_id_with_organization(db, &id)?.map(|it| it.0).into_iter().collect()
        }
        None => connections::by_entity_id(db, text, MOST)?,
    };
    let digits: String = text.chars().filter(|sign| !matches!(sign, ':' | ' ')).collect();
    if digits.len() == FINGERPRINT && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        for id in certificates::by_fingerprint(db, &digits.to_ascii_lowercase(), MOST)? {
            found.extend(connections::by_id_with_organization(db, &id)?.map(|it| it.0));
        }
    }
    for connection in found {
        hits.push(Hit {
            kind: "connection",
            href: connection_pages::href(&connection.id),
            text: connection.id.to_string(),
            title: connection.name,
        });
    }
    Ok(())
}
