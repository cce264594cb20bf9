//! Members of the console.

use crate::crypto::Secret;

/// Where a link leads by which a member chooses a password.
#[must_use]
pub fn address(public_url: &str, token: &Secret) -> String {
    format!("{public_url}/console/first?t={}", token.reveal())
}
