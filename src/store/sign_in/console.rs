//! The end of a member's sign-in at the operator's own provider: it leads to the console, and to no application.

use super::arrival::{Arrival, takes_over};
use super::complete::Answer;
use crate::cause::Cause;
use crate::error::Result;
use crate::saml::check::{Check, CheckName};
use crate::store::members::provider::{self, Standing};
use crate::store::members::{self, Entered, Lasts, Member};
use crate::store::sessions::Session;
use crate::store::traces::TraceKind;
use crate::store::{Actor, Db, Tx};

/// What the console has to know of a browser.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The cookie of the session at the console that it has, which ends with the next one (session fixation).
    pub before: Option<String>,
    /// How long sessions there last.
    pub lasts: Lasts,
}

/// A member who is at the console, or at the second step where that is on.
pub struct AtConsole {
    /// Who.
    pub member: Member,
    /// How far.
    pub entered: Entered,
}

/// Who of the members a sign-in is of.
pub(super) enum Seen<'a> {
    /// It does not lead to the console.
    Elsewhere,
    /// This one, in this browser.
    Member(Member, &'a Desk),
    /// None who may come this way, and what says so.
    Nobody(Check),
}

/// Looks whether whoever arrives is a member, and the provider the one that members sign in at. Nobody becomes one by that.
pub(super) fn seen<'a>(
    db: &mut Db,
    answer: &Answer<'a>,
    arrival: &std::result::Result<Arrival, Cause>,
) -> Result<Seen<'a>> {
    let (TraceKind::Console, Ok(arrival)) = (answer.trace.kind, arrival) else {
        return Ok(Seen::Elsewhere);
    };
    let nobody = |expected: &str, received: &str| {
        Ok(Seen::Nobody(Check::of(CheckName::Person, false, expected, received)))
    };
    let Some(desk) = answer.desk else {
        return nobody("a browser that comes to the console", "none");
    };
    let chosen = provider::chosen(db)?.map(|chosen| chosen.standing(answer.connection));
    if chosen != Some(Standing::On) {
        let received = if chosen.is_some() { "another one, or changed since" } else { "none" };
        return nobody("the provider that an owner of the console chose", received);
    }
    // Who says to have another address than the person has here does not come in by it.
    if let Some(user) = arrival.user()
        && !takes_over(db, answer.organization, user, answer.email)?
    {
        return nobody("the address of the person", "another address than the person has here");
    }
    match members::by_email(db, &answer.email.to_string())? {
        Some(member) => Ok(Seen::Member(member, desk)),
        None => nobody("a member of the console", "nobody of this address"),
    }
}

/// Lets a member in whose sign-in at the provider has begun a session, and as long as that stands.
pub(super) fn let_in(
    tx: &mut Tx,
    desk: &Desk,
    member: Member,
    session: &Session,
) -> Result<AtConsole> {
    let before = desk.before.as_deref();
    let entered = tx.by(&Actor::Member(member.id.clone()), |tx| {
        members::enter_from_provider(tx, &member.id, before, desk.lasts, &session.id)
    })?;
    Ok(AtConsole { member, entered })
}
