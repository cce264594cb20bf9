//! How our messages travel through the browser: in a redirect's query or in a form, signed or not.

use super::sign::{self, Signer};
use super::write::Element;
use crate::error::Result;
use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;
use url::form_urlencoded::byte_serialize;

/// The parameter of a message that asks (SAML bindings 3.4.4 and 3.5.4).
pub(super) const REQUEST: &str = "SAMLRequest";
/// The parameter of a message that answers.
pub(super) const RESPONSE: &str = "SAMLResponse";

/// A message on its way to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// The address to send the browser to.
    Redirect(String),
    /// The form for the browser to post.
    Form(Form),
}

/// A form that the browser posts by itself (SAML bindings 3.5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where to.
    pub action: String,
    /// The name of the message's field.
    pub field: &'static str,
    /// The message: base64, not deflated.
    pub message: String,
    /// The field `RelayState`, if it is not empty.
    pub relay_state: String,
}

/// The address that carries a message (SAML bindings 3.4.4), signed over its exact octets if there is a key.
pub(super) fn redirect(
    message: &Element,
    parameter: &str,
    location: &str,
    relay_state: &str,
    signer: Option<&Signer<'_>>,
) -> Result<String> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(message.write().as_bytes()).context("deflating")?;
    let message = BASE64.encode(deflated.finish().context("deflating")?);
    let mut query = format!("{parameter}={}", encode(&message));
    if !relay_state.is_empty() {
        query = format!("{query}&RelayState={}", encode(relay_state));
    }
    if let Some(signer) = signer {
        query = format!("{query}&SigAlg={}", encode(signer.algorithm()));
        let signature = BASE64.encode(signer.sign(query.as_bytes())?);
        query = format!("{query}&Signature={}", encode(&signature));
    }
    let (address, _fragment) = location.split_once('#').unwrap_or((location, ""));
    let separator = match address.rsplit_once('?') {
        None => "?",
        Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
        Some(_) => "&",
    };
    Ok(format!("{address}{separator}{query}"))
}

/// The form that carries a message, with a signature in the message if there is a key.
pub(super) fn form(
    mut message: Element,
    field: &'static str,
    location: &str,
    relay_state: &str,
    signer: Option<&Signer<'_>>,
) -> Result<Form> {
    if let Some(signer) = signer {
        message = sign::enveloped(message, signer)?;
    }
    Ok(Form {
        action: location.to_owned(),
        field,
        message: BASE64.encode(message.write()),
        relay_state: relay_state.to_owned(),
    })
}

fn encode(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect()
}
