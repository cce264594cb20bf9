//! OIDC, as the provider to the app: what messages say and whether they are right. Pure functions.

pub mod error;
pub mod jwt;
pub mod keys;

pub use error::Error;
