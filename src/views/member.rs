//! Members of the console.

use crate::crypto::Secret;
use crate::store::members::{Member, Role};
use serde::Serialize;

/// A member.
#[derive(Debug, Serialize)]
pub struct MemberView {
    id: String,
    email: String,
    name: String,
    role: Role,
}

impl MemberView {
    /// What is shown of a member.
    #[must_use]
    pub fn new(member: Member) -> Self {
        let Member { id, email, name, role, .. } = member;
        Self { id: id.to_string(), email, name, role }
    }
}

/// A member with the link by which they choose a password, which is shown this once.
#[derive(Debug, Serialize)]
pub struct InvitedMemberView {
    id: String,
    email: String,
    name: String,
    role: Role,
    /// Where the link leads.
    url: String,
}

impl InvitedMemberView {
    /// What is shown of a member whose link was made just now.
    #[must_use]
    pub fn new(member: Member, url: String) -> Self {
        let Member { id, email, name, role, .. } = member;
        Self { id: id.to_string(), email, name, role, url }
    }
}

/// Where a link leads by which a member chooses a password.
#[must_use]
pub fn address(public_url: &str, token: &Secret) -> String {
    format!("{public_url}/console/first?t={}", token.reveal())
}
