//! Who an accepted answer speaks of, and whether that person may come in.

use crate::cause::Cause;
use crate::email::Email;
use crate::error::Result;
use crate::oidc::provider::SUBJECT;
use crate::saml::attributes::Profile;
use crate::saml::response::{Identity, NameId};
use crate::store::connections::Connection;
use crate::store::organizations::{Admission, Organization};
use crate::store::schema::{identities, users};
use crate::store::users::{self as people, Source, User, UserState};
use crate::store::{Db, Prepared, domains, identities as links, on_backend};
use diesel::prelude::*;

/// Who arrives, and what that changes.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// A person who is known under this name, unchanged.
    Known(User),
    /// A person who is known under this name, with other details than before.
    Changed(User),
    /// A person who is known by email, and comes under this name for the first time.
    Linked(User),
    /// A person nobody has seen.
    New,
}

impl Arrival {
    /// How a trace tells it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Changed(_) => "known, with other details than before",
            Self::Linked(_) => "known by email address, here for the first time",
            Self::New => "new",
        }
    }

    /// The person, if there is one already.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::Known(user) | Self::Changed(user) | Self::Linked(user) => Some(user),
            Self::New => None,
        }
    }
}

/// Decides who an accepted answer speaks of, and whether that person may come in. Changes nothing.
pub fn arrival(
    db: &mut Db,
    connection: &Connection,
    organization: &Organization,
    identity: &Identity,
    profile: &Profile,
) -> Result<std::result::Result<Arrival, Cause>> {
    let Some(email) = &profile.email else { return Ok(Err(Cause::EmailMissing)) };
    if domains::owner(db, email.domain())?.as_ref() != Some(&organization.id) {
        return Ok(Err(Cause::EmailDomainNotAllowed));
    }
    let subject = subject(identity, email);
    let query = identities::table
        .inner_join(users::table)
        .filter(identities::connection_id.eq(&connection.id))
        .filter(identities::subject.eq(&subject))
        .select(users::all_columns);
    let named: Option<User> =
        on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    if let Some(user) = &named
        && !ends_up_live(db, organization, user, email)?
    {
        return Ok(Err(Cause::IdentityConflict));
    }
    let arrival = match named {
        Some(user) if is_changed(&user, profile) => Arrival::Changed(user),
        Some(user) => Arrival::Known(user),
        None => match people::by_email(db, &organization.id, email)? {
            Some(user) if links::contradicts(db, &connection.id, &user.id, &subject)? => {
                return Ok(Err(Cause::IdentityConflict));
            }
            Some(user) => Arrival::Linked(user),
            None if organization.admission == Admission::Directory => {
                return Ok(Err(Cause::UserNotProvisioned));
            }
            None => Arrival::New,
        },
    };
    Ok(match arrival.user().and_then(kept_out) {
        None => Ok(arrival),
        Some(cause) => Err(cause),
    })
}

/// Why a person may not sign in, if so: the operator said so, or the directory has them off or removed. To the person
/// and to the directory's administrator the latter two are the same.
fn kept_out(user: &User) -> Option<Cause> {
    match user.state() {
        UserState::Active => None,
        UserState::Suspended if user.suspended_at.is_some() => Some(Cause::UserSuspended),
        UserState::Suspended | UserState::Deprovisioned => Some(Cause::UserDeprovisioned),
    }
}

/// Whether the address that the person has after this sign-in is of a domain that is live here. Who does not take
/// over the one that the provider says keeps theirs, and its domain may be gone.
fn ends_up_live(
    db: &mut Db,
    organization: &Organization,
    user: &User,
    email: &Email,
) -> Result<bool> {
    if takes_over(db, organization, user, email)? {
        return Ok(true);
    }
    let Ok(kept) = Email::parse(&user.email) else { return Ok(false) };
    Ok(domains::owner(db, kept.domain())?.as_ref() == Some(&organization.id))
}

/// Whether the person has this address after the sign-in.
pub(super) fn takes_over(
    db: &mut Db,
    organization: &Organization,
    user: &User,
    email: &Email,
) -> Result<bool> {
    Ok(user.email_key == email.key()
        || user.source == Source::SignIn
            && people::by_email(db, &organization.id, email)?.is_none())
}

/// Under which name a connection knows the person: the name ID, or the email address where the name ID
/// is one or is made anew for each sign-in. A `sub` is what it is, letter by letter (OIDC Core section 2).
pub(super) fn subject(identity: &Identity, email: &Email) -> String {
    let NameId { value, format, .. } = &identity.name_id;
    if format.as_deref() == Some(SUBJECT) {
        return value.clone();
    }
    if format.as_deref().is_some_and(|format| format.ends_with(":transient")) {
        return email.key();
    }
    Email::parse(value).map_or_else(|_| value.clone(), |email| email.key())
}

pub(super) fn is_changed(user: &User, profile: &Profile) -> bool {
    user.source == Source::SignIn
        && (profile.email.as_ref().is_some_and(|email| user.email_key != email.key())
            || profile.name.is_some() && user.name != profile.name
            || profile.given_name.is_some() && user.given_name != profile.given_name
            || profile.family_name.is_some() && user.family_name != profile.family_name)
}
