//! Vestibule: the entrance hall between an app and its customers' identity providers.
//!
//! `docs/DESIGN.md` says which room a line of code belongs to.

pub mod access;
pub mod acts;
pub mod cause;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod dns;
pub mod domain;
pub mod email;
pub mod error;
pub mod fetch;
pub mod guides;
pub mod http;
pub mod jobs;
pub mod locale;
pub mod oidc;
pub mod saml;
pub mod scim;
pub mod store;
pub mod telemetry;
pub mod views;
