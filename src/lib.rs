//! Vestibule: the entrance hall between an app and its customers' identity providers.
//!
//! `docs/DESIGN.md` says which room a line of code belongs to.

pub mod cause;
pub mod clock;
pub mod crypto;
pub mod dns;
pub mod error;
pub mod fetch;
pub mod oidc;
