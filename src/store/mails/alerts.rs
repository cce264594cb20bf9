//! What the operator and IT admins are told of without having asked: each at most once for its cause.

use super::{Kind, NewMail, values, write};
use crate::error::Result;
use crate::store::connections::{self, Connection};
use crate::store::organizations;
use crate::store::schema::mails;
use crate::store::setup_links::SetupLink;
use crate::store::traces::{self, Failing};
use crate::store::webhooks::{Because, Endpoint};
use crate::store::{ApplicationId, ConnectionId, Db, OrganizationId, Time, Tx, applications};
use diesel::prelude::*;

/// Before how many days a certificate's end is mailed.
const DAYS: [i32; 4] = [60, 30, 7, 1];
/// What a mail says that leads to the console.
const PATH: &str = "path";

/// A webhook endpoint was switched off, and nobody did it by hand.
pub(in crate::store) fn webhook_is_off(
    tx: &mut Tx,
    endpoint: &Endpoint,
    because: Because,
) -> Result<()> {
    if because == Because::ByHand {
        return Ok(());
    }
    let new = NewMail {
        kind: Kind::WebhookOff,
        organization: endpoint.organization_id.as_ref(),
        to: None,
        subject: endpoint.id.as_str(),
        values: values([
            ("url", endpoint.url.clone()),
            ("because", because.to_string()),
            (PATH, format!("/console/webhooks/{}", endpoint.id)),
        ]),
        cause: None,
    };
    write(tx, new, None).map(drop)
}

/// What a directory would take from very many people is held.
pub(in crate::store) fn access_is_held(
    tx: &mut Tx,
    organization: &OrganizationId,
    application: &str,
) -> Result<()> {
    let name = organizations::by_id(tx.db, organization)?.map(|found| found.name);
    let called = match application.parse::<ApplicationId>() {
        Ok(id) => applications::by_id(tx.db, &id)?.map(|found| found.name),
        Err(_) => None,
    };
    let new = NewMail {
        kind: Kind::AccessHeld,
        organization: Some(organization),
        to: None,
        subject: application,
        values: values([
            ("organization", name.unwrap_or_default()),
            ("application", called.unwrap_or_default()),
            (PATH, format!("/console/organizations/{organization}/groups")),
        ]),
        cause: None,
    };
    write(tx, new, None).map(drop)
}

/// Whoever has a setup link that is over wants another one.
pub(in crate::store) fn link_is_wanted(tx: &mut Tx, link: &SetupLink) -> Result<()> {
    let of = &link.organization_id;
    let name = organizations::by_id(tx.db, of)?.map(|found| found.name);
    let over = link.revoked_at.unwrap_or(link.expires_at);
    let new = NewMail {
        kind: Kind::LinkWanted,
        organization: Some(of),
        to: None,
        subject: link.id.as_str(),
        values: values([
            ("organization", name.unwrap_or_default()),
            ("link", link.hint.clone()),
            ("day", over.to_utc().format("%-d %b %Y").to_string()),
            (PATH, format!("/console/setup-links/new?organization={of}")),
        ]),
        cause: None,
    };
    write(tx, new, None).map(drop)
}

/// The last certificate of a connection ends: the operator is told, and the customer's IT admin, where one is known, with a
/// link that is made when it is sent.
pub(in crate::store) fn certificate_ends(
    tx: &mut Tx,
    connection: &Connection,
    (fingerprint, end, days): (&str, Time, i32),
) -> Result<()> {
    if !DAYS.contains(&days) {
        return Ok(());
    }
    let Some(organization) = organizations::by_id(tx.db, &connection.organization_id)? else {
        return Ok(());
    };
    let filled = || {
        values([
            ("organization", organization.name.clone()),
            ("connection", connection.name.clone()),
            ("day", end.to_utc().format("%-d %b %Y").to_string()),
            (PATH, format!("/console/connections/{}", connection.id)),
        ])
    };
    let new = |kind: Kind, to| NewMail {
        kind,
        organization: Some(&organization.id),
        to,
        subject: connection.id.as_str(),
        values: filled(),
        cause: Some(format!("{kind}/{}/{fingerprint}/{days}", connection.id)),
    };
    write(tx, new(Kind::CertificateEnding, None), None)?;
    if let Some(contact) = connections::contact(tx.db, &connection.id)? {
        write(tx, new(Kind::CertificateRenewal, Some(&contact)), None)?;
    }
    Ok(())
}

/// The connections at which sign-ins fail now, of which nobody has been told today.
pub fn failing(db: &mut Db, now: Time) -> Result<Vec<Failing>> {
    let mut found = traces::failing(db, now)?;
    let causes: Vec<String> = found.iter().map(|one| cause(&one.connection_id, now)).collect();
    let told: Vec<Option<String>> =
        mails::table.filter(mails::cause.eq_any(causes)).select(mails::cause).load(db)?;
    found.retain(|one| !told.contains(&Some(cause(&one.connection_id, now))));
    Ok(found)
}

/// Tells the operator of connections at which sign-ins fail: of each at most once a day.
pub fn sign_ins_fail(tx: &mut Tx, found: &[Failing]) -> Result<()> {
    for one in found {
        let id = &one.connection_id;
        let Some((connection, organization)) = connections::by_id_with_organization(tx.db, id)?
        else {
            continue;
        };
        let (failed, of) = one.share;
        let new = NewMail {
            kind: Kind::SignInsFailing,
            organization: Some(&organization.id),
            to: None,
            subject: id.as_str(),
            values: values([
                ("organization", organization.name.clone()),
                ("connection", connection.name.clone()),
                ("cause", one.cause.clone()),
                ("failed", failed.to_string()),
                ("of", of.to_string()),
                (PATH, format!("/console/traces?connection={id}")),
            ]),
            cause: Some(cause(id, tx.now)),
        };
        write(tx, new, None)?;
    }
    Ok(())
}

fn cause(id: &ConnectionId, now: Time) -> String {
    format!("{}/{id}/{}", Kind::SignInsFailing, now.to_utc().format("%F"))
}
