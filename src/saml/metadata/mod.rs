//! Who the two sides are: our metadata for a provider, and a provider's for us (SAML metadata 2.0).

mod difference;
mod fault;
#[cfg(test)]
mod hostile;
mod identity_provider;
mod recognize;
mod service_provider;
mod signed;
#[cfg(test)]
mod tests;
mod times;
mod values;

pub use difference::{Difference, difference};
pub use fault::Fault;
pub use identity_provider::{Endpoint, IdentityProvider, LogoutEndpoint, parse};
pub use service_provider::{Organization, ServiceProvider};
pub(super) use service_provider::{endpoint, key};
pub use signed::verify;
