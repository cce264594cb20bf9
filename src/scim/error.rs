//! Why a request was not done, as SCIM tells it (RFC 7644, 3.12).

use super::schema::Kind;
use serde_json::{Value, json};

/// The schema of an error message.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The kinds of fault that SCIM has a word for (RFC 7644, table 9; RFC 9865, 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScimType {
    /// The filter is not one, or compares what cannot be compared.
    InvalidFilter,
    /// The answer would be larger than the server gives.
    TooMany,
    /// The value is taken.
    Uniqueness,
    /// The attribute cannot be changed so.
    Mutability,
    /// The body is not built as it must be.
    InvalidSyntax,
    /// The path of an operation is not one.
    InvalidPath,
    /// The path names nothing that is there.
    NoTarget,
    /// The value is missing or of another type.
    InvalidValue,
    /// The cursor is not one of ours, or of another list.
    InvalidCursor,
}

impl ScimType {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidCursor => "invalidCursor",
        }
    }

    /// The kind that a word on the wire means.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        const ALL: [ScimType; 9] = [
            ScimType::InvalidFilter,
            ScimType::TooMany,
            ScimType::Uniqueness,
            ScimType::Mutability,
            ScimType::InvalidSyntax,
            ScimType::InvalidPath,
            ScimType::NoTarget,
            ScimType::InvalidValue,
            ScimType::InvalidCursor,
        ];
        ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A request that was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail} [{code}]")]
pub struct Error {
    /// The status of HTTP.
    pub status: u16,
    /// SCIM's word for the fault, where it has one.
    pub scim_type: Option<ScimType>,
    /// Our word for it.
    pub code: &'static str,
    /// What was expected, what came, and who can mend it.
    pub detail: String,
}

impl Error {
    /// A fault without a word of SCIM.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, code, detail: detail.into() }
    }

    fn bad(scim_type: ScimType, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status: 400, scim_type: Some(scim_type), code, detail: detail.into() }
    }

    /// A filter that is none, or that compares what cannot be compared.
    pub fn filter(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidFilter, "filter_unsupported", detail)
    }

    /// A body that is not built as it must be.
    pub fn syntax(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidSyntax, "invalid_syntax", detail)
    }

    /// A value that is missing or of another type.
    pub fn value(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidValue, "invalid_value", detail)
    }

    /// A path that is none, or names no attribute.
    pub fn path(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::InvalidPath, "patch_no_target", detail)
    }

    /// A path under which there is nothing.
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::NoTarget, "patch_no_target", detail)
    }

    /// An attribute that only we write.
    #[must_use]
    pub fn read_only(name: &str) -> Self {
        let detail = format!("{name} is read only: the gateway sets it.");
        Self::bad(ScimType::Mutability, "read_only", detail)
    }

    /// An attribute that cannot be taken away (RFC 7644, 3.5.2.2).
    #[must_use]
    pub fn required(kind: Kind, name: &str) -> Self {
        let detail = format!("{name} cannot be removed: every {} must have it.", kind.noun());
        Self::bad(ScimType::Mutability, "required", detail)
    }

    /// An operation on members that names none.
    #[must_use]
    pub fn no_members() -> Self {
        let detail = "The operation names no member, so nobody was added or removed. Send the members' IDs: \
                      {\"op\": \"remove\", \"path\": \"members\", \"value\": [{\"value\": \"usr_…\"}]}.";
        Self::bad(ScimType::InvalidValue, "patch_no_members", detail)
    }

    /// Members who are no users of this directory.
    #[must_use]
    pub fn unknown_member(ids: &[String]) -> Self {
        let first: Vec<&str> = ids.iter().take(5).map(String::as_str).collect();
        let more = if ids.len() > first.len() { " and others" } else { "" };
        let detail = format!(
            "No user of this directory has the ID {}{more}. Provision the people first, then their groups.",
            first.join(", ")
        );
        Self::bad(ScimType::InvalidValue, "unknown_member", detail)
    }

    /// A value that another resource has; `owner` is that one's ID.
    #[must_use]
    pub fn taken(what: &str, value: &str, owner: &str) -> Self {
        Self {
            status: 409,
            scim_type: Some(ScimType::Uniqueness),
            code: "unique_conflict",
            detail: format!("{what} “{value}” belongs to {owner} already."),
        }
    }

    /// More would have to be looked through, or answered, than the server does.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::bad(ScimType::TooMany, "too_many", detail)
    }

    /// A cursor that is none of ours or belongs to another list.
    #[must_use]
    pub fn cursor() -> Self {
        let detail = "The cursor is none of this list's. Start again without one.";
        Self::bad(ScimType::InvalidCursor, "invalid_cursor", detail)
    }

    /// A resource that is not there, or not of this directory.
    #[must_use]
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(404, "not_found", format!("There is no {what} {id} in this directory."))
    }

    /// The resource has changed since the caller has seen it (RFC 7644, 3.14).
    #[must_use]
    pub fn version(current: &str) -> Self {
        let detail =
            format!("The resource has changed: it is version {current} now. Read it again.");
        Self::new(412, "version_mismatch", detail)
    }

    /// The body of the answer.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = json!({
            "schemas": [SCHEMA],
            "status": self.status.to_string(),
            "detail": self.to_string(),
        });
        if let (Some(word), Some(object)) = (self.scim_type, body.as_object_mut()) {
            object.insert("scimType".to_owned(), word.as_str().into());
        }
        body
    }
}

impl From<Error> for crate::error::Error {
    fn from(error: Error) -> Self {
        Self::Scim {
            status: error.status,
            scim_type: error.scim_type.map(ScimType::as_str),
            code: error.code,
            detail: error.detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_status_word_and_code() {
        let body = Error::taken("userName", "ann", "usr_1").to_json();
        assert_eq!(
            body,
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "409",
                "scimType": "uniqueness",
                "detail": "userName “ann” belongs to usr_1 already. [unique_conflict]",
            })
        );
        assert!(Error::not_found("user", "usr_2").to_json().get("scimType").is_none());
    }
}
