//! Actix: the only code that knows requests and responses.

pub mod api;
pub mod assets;
mod caller;
pub mod error;
pub mod guard;
pub mod health;
pub mod pages;
pub mod request;
pub mod server;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
