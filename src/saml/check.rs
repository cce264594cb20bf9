//! The checks of a message, which the traces of every protocol share.

pub use crate::check::{Check, CheckName, Rejection};
pub(crate) use crate::check::{Note, Trace, shorten};

use super::xml;

impl From<xml::Fault> for Rejection {
    fn from(fault: xml::Fault) -> Self {
        Self::new(fault.cause, fault.detail)
    }
}
