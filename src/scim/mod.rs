//! What a directory says to us in SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865), and what we answer: no database, no HTTP.

pub mod bulk;
pub mod dialect;
pub mod document;
mod error;
pub mod filter;
pub mod patch;
pub mod path;
pub mod query;
pub mod resource;
pub mod schema;

pub use error::{Error, ScimType};
pub use filter::Filter;
pub use path::Target;
pub use resource::Resource;
pub use schema::Kind;

/// The result of reading what a directory sent.
pub type Result<T> = std::result::Result<T, Error>;

/// The media type of SCIM (RFC 7644, 3.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// Folds a text whose case does not count, so that two which are the same have one form.
#[must_use]
pub fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Finds a member of a JSON object whatever its case: attribute names are not case-sensitive (RFC 7643, 2.1).
pub(crate) fn member<'a>(
    object: &'a serde_json::Map<String, serde_json::Value>,
    name: &str,
) -> Option<&'a serde_json::Value> {
    object.get(name).or_else(|| {
        object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}
