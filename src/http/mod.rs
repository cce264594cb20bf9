//! Actix: the only code that knows requests and responses.

mod alias;
pub mod api;
pub mod assets;
mod brand;
mod browser;
mod caller;
mod console;
mod demo;
mod done;
mod embedding;
mod entity;
pub mod error;
mod exported;
mod forward;
pub mod guard;
pub mod health;
mod keyring;
pub mod limits;
mod live;
mod logout;
mod metadata_form;
mod moments;
mod oidc;
mod once;
mod openid;
mod outcome;
pub mod pages;
mod portal;
mod posted;
mod previewed;
mod reference;
pub mod request;
mod rollover;
mod saml;
mod scim;
pub mod server;
mod sign_in;
mod single_logout;
mod tls;
mod trust;
mod upload;
mod verdict;
mod waiting;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
