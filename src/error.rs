//! The few kinds of failure. A door renders them in its own dialect.

use serde::Serialize;

/// What every fallible function of the store and the base returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A kind of failure, with what a person needs to mend it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it belongs to somebody else.
    #[error("There is no {what} {id}.")]
    NotFound {
        /// The noun, as DESIGN.md names it: `connection`.
        what: &'static str,
        /// What was looked for.
        id: String,
    },
    /// Fields of the input are not acceptable.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// The input is acceptable, but not with what is already there.
    #[error("{detail}")]
    Conflict {
        /// A stable word for programs: `domain_taken`.
        code: &'static str,
        /// What is in the way and how to get round it.
        detail: String,
    },
    /// It is no longer what the caller saw of it (RFC 9110, 13.1.1).
    #[error("{0}")]
    Stale(String),
    /// Nobody known asks.
    #[error("{0}")]
    Unauthenticated(String),
    /// Somebody known asks for what is not theirs to ask.
    #[error("{0}")]
    Forbidden(String),
    /// Asked too often, or for too much.
    #[error("{detail}")]
    TooMany {
        /// What was too much.
        detail: String,
        /// Seconds until another try makes sense.
        retry_after: u64,
    },
    /// The database or a provider does not answer now; trying again may help.
    #[error("{0}")]
    Busy(String),
    /// What a directory asked for was not done, told as SCIM tells it (RFC 7644, 3.12).
    #[error("{detail}")]
    Scim {
        /// The status of HTTP.
        status: u16,
        /// SCIM's word for the fault, where it has one.
        scim_type: Option<&'static str>,
        /// A stable word for programs: `unique_conflict`.
        code: &'static str,
        /// What was expected, what came, and who can mend it.
        detail: String,
    },
    /// A fault of ours. Its text goes to the log, never to the caller.
    #[error("An unexpected failure.")]
    Internal(#[from] anyhow::Error),
}

/// One field that is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer into the input (RFC 6901): `/metadata_url`. Empty: the whole input.
    pub pointer: String,
    /// A stable word for programs: `required`, `metadata_is_login_page`.
    pub code: String,
    /// What was expected, what came, and who can fix it.
    pub detail: String,
    /// What can be chosen, where that is what is asked; nothing: it is not.
    #[serde(skip)]
    pub choices: Vec<String>,
}

impl FieldError {
    /// The field, the code, and what is wrong.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        let (pointer, code, detail) = (pointer.into(), code.into(), detail.into());
        Self { pointer, code, detail, choices: Vec::new() }
    }
}

impl Error {
    /// A lookup that found nothing the caller may see.
    pub fn not_found(what: &'static str, id: impl Into<String>) -> Self {
        Self::NotFound { what, id: id.into() }
    }

    /// One field that is not acceptable.
    pub fn invalid(
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, detail)])
    }

    /// The same of a part of the input: its fields stand below the part's own pointer.
    #[must_use]
    pub fn below(self, pointer: &str) -> Self {
        let Self::Invalid(mut errors) = self else { return self };
        for error in &mut errors {
            error.pointer.insert_str(0, pointer);
        }
        Self::Invalid(errors)
    }

    /// The same of a part of a file: there also what is missing, and what is in the way, is a fault of that part.
    #[must_use]
    pub fn within(self, pointer: &str) -> Self {
        match self {
            Self::Conflict { code, detail } => Self::invalid(pointer, code, detail),
            Self::NotFound { .. } => Self::invalid(pointer, "not_found", self.to_string()),
            other => other.below(pointer),
        }
    }

    /// Something already there is in the way.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }
}

fn summary(errors: &[FieldError]) -> String {
    match errors {
        [one] => one.detail.clone(),
        many => format!("{} fields need a change.", many.len()),
    }
}
