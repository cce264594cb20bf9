//! Mails: each is a row, written in the transaction that causes it, and sent by a job.
//!
//! A row says which mail it is and what is to be filled in; its words are found when it is sent. What only its recipient may
//! know, a link or a code, is sealed, and goes once it is sent or has ended.

mod alerts;
mod queue;
#[cfg(test)]
mod tests;

pub(super) use alerts::{access_is_held, certificate_ends, link_is_wanted, webhook_is_off};
pub use alerts::{failing, sign_ins_fail};
pub(super) use queue::clean_up;
pub use queue::{
    LEASE, Taken, again, failed, is_due, later, over, release, sealed, sent, take, unsent,
};

use super::db::or_not_found;
use super::schema::mails;
use super::types::word;
use super::{
    Db, Json, MailId, MemberId, OrganizationId, Page, SetupLinkId, Time, Tx, Window, events,
    on_backend,
};
use crate::crypto::{MasterKey, Place};
use crate::email::Email;
use crate::error::{Error, Result};
use anyhow::Context;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

/// For how long a mail is tried.
pub const PATIENCE: TimeDelta = TimeDelta::days(1);
/// How long a mail is kept.
pub const KEPT: TimeDelta = TimeDelta::days(30);

word!(
    /// Which mail it is.
    Kind {
        /// To an IT admin: a setup link.
        SetupLink = "setup_link",
        /// To the same: the code that a link for one address asks for.
        SetupCode = "setup_code",
        /// To an IT admin: a certificate ends, and a link by which another is given.
        CertificateRenewal = "certificate_renewal",
        /// To somebody who is to be a member of the console.
        Invitation = "invitation",
        /// To a member: a link by which another password is chosen.
        PasswordReset = "password_reset",
        /// To the operator: a certificate of a customer's provider ends.
        CertificateEnding = "certificate_ending",
        /// To the operator: a webhook endpoint was switched off.
        WebhookOff = "webhook_off",
        /// To the operator: what a directory takes is held.
        AccessHeld = "access_held",
        /// To the operator: sign-ins of a customer fail.
        SignInsFailing = "sign_ins_failing",
        /// To the operator: whoever has a setup link that is over wants another one.
        LinkWanted = "link_wanted",
    }
);

impl Kind {
    /// Whether what is secret in it is an owner's to see: it lets somebody in as another member.
    #[must_use]
    pub const fn is_for_owners(self) -> bool {
        matches!(self, Self::Invitation | Self::PasswordReset)
    }
}

word!(
    /// How far a mail is.
    State {
        /// It is still to be sent.
        Queued = "queued",
        /// A server has taken it.
        Sent = "sent",
        /// It was not taken, and is tried no more.
        Failed = "failed",
        /// There is no server, or nobody to send it to: it is shown at the console.
        Unsent = "unsent",
    }
);

/// What is filled into a mail, by the names of its text.
pub type Values = BTreeMap<String, String>;

/// A mail.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
pub struct Mail {
    /// Its ID.
    pub id: MailId,
    /// Whom it is about; none: the installation.
    pub organization_id: Option<OrganizationId>,
    /// Which one it is.
    pub kind: Kind,
    /// To whom; none: to whoever receives alerts (`admin.email`).
    pub recipient: Option<String>,
    /// ID of the thing that it is about.
    pub subject_id: String,
    /// What is filled in.
    pub data: Json<Values>,
    /// What is filled in and nobody else's to know, sealed; none: there is nothing, or it has gone.
    pub secret: Option<String>,
    /// Until when the secret is good.
    pub secret_until: Option<Time>,
    /// What it must be told of only once.
    pub cause: Option<String>,
    /// How far it is.
    pub state: State,
    /// How often it was taken to be sent.
    pub attempts: i32,
    /// When it may be taken next.
    pub due_at: Time,
    /// From when on it is tried no more.
    pub give_up_at: Time,
    /// What the server said last, or why there was none.
    pub said: Option<String>,
    /// When it was written.
    pub created_at: Time,
    /// When it was sent, or given up.
    pub finished_at: Option<Time>,
}

/// A mail to write.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// Which one it is.
    pub kind: Kind,
    /// Whom it is about.
    pub organization: Option<&'a OrganizationId>,
    /// To whom; none: to whoever receives alerts.
    pub to: Option<&'a Email>,
    /// ID of the thing that it is about.
    pub subject: &'a str,
    /// What is filled in.
    pub values: Values,
    /// What it must be told of only once.
    pub cause: Option<String>,
}

/// What only the recipient may know.
#[derive(Debug)]
pub struct Secrets<'a> {
    /// Seals it.
    pub master: &'a MasterKey,
    /// What it is.
    pub values: Values,
    /// Until when it is good.
    pub until: Time,
}

/// Values by their names.
pub(super) fn values<const N: usize>(all: [(&str, String); N]) -> Values {
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Writes a mail, to be sent once the transaction is done. Tells whether it was news: of a cause there is one mail.
pub fn write(tx: &mut Tx, new: NewMail<'_>, secrets: Option<Secrets<'_>>) -> Result<bool> {
    let id = MailId::new();
    let (secret, secret_until) = match secrets {
        Some(Secrets { master, values, until }) => (Some(seal(master, &id, &values)?), Some(until)),
        None => (None, None),
    };
    let mail = Mail {
        id,
        organization_id: new.organization.cloned(),
        kind: new.kind,
        recipient: new.to.map(ToString::to_string),
        subject_id: new.subject.to_owned(),
        data: Json::from(new.values),
        secret,
        secret_until,
        cause: new.cause,
        state: State::Queued,
        attempts: 0,
        due_at: tx.now,
        give_up_at: tx.now.plus(PATIENCE),
        said: None,
        created_at: tx.now,
        finished_at: None,
    };
    let insert = diesel::insert_into(mails::table).values(mail);
    Ok(on_backend!(tx.db, conn => insert.on_conflict_do_nothing().execute(conn))? == 1)
}

fn place(id: &MailId) -> Place<'_> {
    Place { table: "mails", column: "secret", row: id.as_str() }
}

fn seal(master: &MasterKey, id: &MailId, values: &Values) -> Result<String> {
    let text = serde_json::to_vec(values).context("what a mail keeps secret")?;
    master.seal(&text, &place(id))
}

impl Mail {
    /// What only the recipient may know; none: there is nothing, it has gone, or has ended.
    pub fn secrets(&self, master: &MasterKey, now: Time) -> Result<Option<Values>> {
        let lasts = self.secret_until.is_none_or(|until| now < until);
        let Some(sealed) = self.secret.as_deref().filter(|_| lasts) else { return Ok(None) };
        let opened = master.open(sealed, &place(&self.id))?;
        let read = serde_json::from_slice(opened.reveal()).context("what a mail keeps secret");
        Ok(Some(read?))
    }

    /// Whether it has a link or a code that has gone or ended, so that it says nothing any more.
    #[must_use]
    pub fn is_over(&self, now: Time) -> bool {
        self.secret_until.is_some_and(|until| self.secret.is_none() || until <= now)
    }
}

/// Finds a mail.
pub fn find(db: &mut Db, id: &MailId) -> Result<Mail> {
    or_not_found(mails::table.find(id).first(db), "mail", id)
}

/// A page of mails, newest first: those in this state, or all.
pub fn page(db: &mut Db, window: &Window, state: Option<State>) -> Result<Page<Mail>> {
    let mut query = mails::table
        .filter(mails::id.lt(window.bound()))
        .order(mails::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(mails::state.eq(state));
    }
    Ok(Page::of(query.load(db)?, window, |mail: &Mail| mail.id.to_string()))
}

/// Looks at what is secret in a mail that could not be sent, which the audit log keeps.
pub fn reveal(tx: &mut Tx, master: &MasterKey, id: &MailId) -> Result<(Mail, Values)> {
    let mail = find(tx.db, id)?;
    if mail.state == State::Sent {
        let detail = "It was sent, and its link or code is its recipient's alone.";
        return Err(Error::conflict("mail_sent", detail));
    }
    let secrets = mail.secrets(master, tx.now)?.ok_or_else(ended)?;
    tell(tx, &mail, "mail.revealed", json!({ "kind": mail.kind }))?;
    Ok((mail, secrets))
}

/// Notes that somebody had a test sent, and whether a server took it.
pub fn tested(tx: &mut Tx, is_taken: bool) -> Result<()> {
    events::append(tx, None, "mail.test_sent", "email", json!({ "taken": is_taken }))
}

fn ended() -> Error {
    let detail = "The link or code of this mail has ended, or was never to be seen again. Make another where it came from.";
    Error::conflict("mail_over", detail)
}

fn tell(tx: &mut Tx, mail: &Mail, kind: &'static str, data: serde_json::Value) -> Result<()> {
    events::append(tx, mail.organization_id.as_ref(), kind, mail.id.as_str(), data)
}

/// A link of a member goes to their address: an invitation, or another password.
pub(super) fn member_link(
    tx: &mut Tx,
    master: &MasterKey,
    kind: Kind,
    (id, email, name): (&MemberId, &Email, &str),
    (url, until): (&str, Time),
) -> Result<()> {
    let new = NewMail {
        kind,
        organization: None,
        to: Some(email),
        subject: id.as_str(),
        values: values([("name", name.to_owned())]),
        cause: None,
    };
    let secrets = Secrets { master, values: values([("url", url.to_owned())]), until };
    write(tx, new, Some(secrets)).map(drop)
}

/// What a mail says of a setup link, and to whom.
pub(super) struct ToAdmin<'a> {
    pub(super) kind: Kind,
    pub(super) organization: (&'a OrganizationId, &'a str),
    pub(super) link: &'a SetupLinkId,
    pub(super) to: &'a Email,
    pub(super) values: Values,
}

/// A setup link, or a code that one asks for.
pub(super) fn to_admin(tx: &mut Tx, mail: ToAdmin<'_>, secrets: Secrets<'_>) -> Result<()> {
    let (organization, name) = mail.organization;
    let mut values = mail.values;
    values.insert("organization".to_owned(), name.to_owned());
    let new = NewMail {
        kind: mail.kind,
        organization: Some(organization),
        to: Some(mail.to),
        subject: mail.link.as_str(),
        values,
        cause: None,
    };
    write(tx, new, Some(secrets)).map(drop)
}
