//! A second, independent reader of the same signed octets. If two readers see different people in
//! one message, somebody has built it to be seen differently.

use super::check::{Note, Rejection};
use super::response::Identity;
use super::xml;
use crate::cause::Cause;
use samael::schema::Assertion;

/// Compares what was read with what samael reads.
///
/// That it cannot read the octets refuses nothing: its schema is stricter than real providers are.
pub(super) fn agree(octets: &str, identity: &Identity) -> Result<Note, Rejection> {
    let Ok(other) = octets.parse::<Assertion>() else {
        return Ok(Note::received("could not read it, which by itself is no fault"));
    };
    let name_id = other.subject.and_then(|subject| subject.name_id).map(|name_id| name_id.value);
    let pairs = [
        ("assertion ID", identity.assertion_id.as_str(), Some(other.id)),
        ("issuer", identity.issuer.as_str(), other.issuer.value),
        ("name ID", identity.name_id.value.as_str(), name_id),
    ];
    for (what, ours, theirs) in pairs {
        if xml::trim(&theirs.unwrap_or_default()) != ours {
            return Err(Rejection::new(
                Cause::SignatureWrapping,
                format!("Two readers of the message disagree on its {what}."),
            ));
        }
    }
    Ok(Note::default())
}
