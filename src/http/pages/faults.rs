//! What is wrong with a form that is shown again, each beside the field that it is about.

use crate::error::FieldError;
use actix_web::http::StatusCode;

/// A field that cannot be taken as it is.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its name.
    pub field: String,
    /// Why, and what to enter instead.
    pub text: String,
}

/// All that is wrong with a form; nothing where it is shown for the first time.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Why a field was not taken.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.iter().find(|fault| fault.field == field).map(|fault| fault.text.as_str())
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The status of the page that shows the form.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if self.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// What the store found wrong, by the names of the form's fields.
impl From<Vec<FieldError>> for Faults {
    fn from(errors: Vec<FieldError>) -> Self {
        let one = |error: FieldError| Fault {
            // `/domains/1` is a line of the field `domains`.
            field: error.pointer.split('/').nth(1).unwrap_or_default().to_owned(),
            text: error.detail,
        };
        errors.into_iter().map(one).collect()
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
