//! Members: the operator's own people, who sign in to the console.

mod arrivals;
mod links;
pub mod passkeys;
mod passwords;
pub mod provider;
mod roles;
pub mod second_step;
mod sessions;
#[cfg(test)]
mod tests;

pub use arrivals::{
    ARRIVAL_LASTS, Arrival, Entered, Stepped, arrival, enter, enter_from_provider, step,
};
pub use links::{Link, Purpose, admit, invite, link, mail, redeem, spend, start};
pub use passwords::{change_password, check_password, reset_password, set_password};
pub use roles::{change_role, list, owners, remove};
pub use sessions::{
    By, Lasts, Session, begin, end, end_all, end_one, live, of, sign_out_others, touch,
};

use super::db::or_not_found;
use super::events;
use super::input::Faults;
use super::schema::members;
use super::types::word;
use super::{Db, MemberId, Time, Tx};
use crate::email::Email;
use crate::error::{Error, Result};
use diesel::prelude::*;
use serde_json::json;

word!(
    /// What a member may do.
    Role {
        /// Everything, members included.
        Owner = "owner",
        /// Everything but members.
        Admin = "admin",
        /// Reads, and makes setup links.
        Support = "support",
        /// Applications, API keys and webhooks.
        Developer = "developer",
        /// Reads.
        Viewer = "viewer",
    }
);

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Owner, Self::Admin, Self::Support, Self::Developer, Self::Viewer];
}

/// One of the operator's people.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
pub struct Member {
    /// Their ID.
    pub id: MemberId,
    /// The address that they sign in with, as it was typed.
    pub email: String,
    /// The same in the form in which it is compared.
    pub email_key: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What is stored of the password; none: they have not chosen one.
    pub password: Option<String>,
    /// Since when they are here.
    pub created_at: Time,
}

/// What a new member is made of.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The address that they sign in with.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Finds a member.
pub fn find(db: &mut Db, id: &MemberId) -> Result<Member> {
    or_not_found(members::table.find(id).first(db), "member", id)
}

/// The member who signs in with this address.
pub fn by_email(db: &mut Db, email: &str) -> Result<Option<Member>> {
    Email::parse(email).map_or(Ok(None), |email| with_key(db, &email.key()))
}

fn with_key(db: &mut Db, key: &str) -> Result<Option<Member>> {
    Ok(members::table.filter(members::email_key.eq(key)).first(db).optional()?)
}

/// Whether there is anybody yet.
pub fn is_empty(db: &mut Db) -> Result<bool> {
    Ok(members::table.select(members::id).first::<MemberId>(db).optional()?.is_none())
}

/// Makes a member without a password, which they choose by a link.
pub fn create(tx: &mut Tx, new: &NewMember) -> Result<Member> {
    let mut faults = Faults::default();
    let name = faults.name("/name", &new.name);
    let key = match Email::parse(&new.email) {
        Ok(email) => email.key(),
        Err(fault) => {
            let detail = "An email address is needed, as in maya@example.com.";
            faults.add("/email", fault.code(), detail);
            String::new()
        }
    };
    faults.finish()?;
    if with_key(tx.db, &key)?.is_some() {
        let detail = "Somebody signs in to the console with this address already.";
        return Err(Error::conflict("email_taken", detail));
    }
    let member = Member {
        id: MemberId::new(),
        email: new.email.trim().to_owned(),
        email_key: key,
        name,
        role: new.role,
        password: None,
        created_at: tx.now,
    };
    diesel::insert_into(members::table).values(&member).execute(tx.db)?;
    events::append(tx, None, "member.created", member.id.as_str(), json!({ "role": member.role }))?;
    Ok(member)
}
