//! What every door shows of a thing: the same JSON from the REST API and from the command line.

pub mod access;
pub mod alias;
pub mod api_key;
pub mod application;
pub mod audit;
pub mod badge;
pub mod connection;
pub mod directory;
pub mod domain;
pub mod draft;
pub mod enforcement;
pub mod event;
pub mod identity_provider;
mod list;
pub mod mail;
pub mod mapping;
pub mod member;
pub mod model;
pub mod openid;
pub mod organization;
pub mod preview;
pub mod problem;
pub mod rules;
pub mod secret;
pub mod setting;
pub mod settings;
pub mod setup_link;
pub mod signing_key;
pub mod state;
pub mod trace;
pub mod user;
pub mod webhook;
pub mod words;

pub use list::List;

use serde::{Deserialize, Deserializer};

/// A field of a patch: left out, taken away by `null`, or given.
pub type Nullable<T> = Option<Option<T>>;

/// For a field of a patch: left out it is `None`, `null` is `Some(None)`.
pub fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<Nullable<T>, D::Error> {
    Option::deserialize(from).map(Some)
}
