//! OIDC, as the provider to the app and as the client of a customer's provider: what messages say and whether they are
//! right. Pure functions.

pub mod answer;
pub mod authorize;
pub mod claims;
pub mod client;
pub mod discovery;
pub mod ended;
pub mod error;
pub mod jwt;
pub mod keys;
pub mod logout;
mod params;
pub mod protected;
pub mod provider;
pub mod scope;
pub mod slips;
pub mod token;

pub use answer::{Answer, ResponseMode, ReturnTo};
pub use authorize::{AuthorizationRequest, Incoming, Prompt, Refusal};
pub use client::{Client, ClientKind};
pub use error::Error;
pub use scope::{Scope, Scopes};
