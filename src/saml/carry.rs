//! How our messages travel through the browser: in a redirect's query or in a form, signed or not.

use super::sign::{self, Signer};
use super::write::Element;
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use miniz_oxide::deflate::core::{
    CompressionStrategy, CompressorOxide, TDEFLFlush, TDEFLStatus, compress,
    create_comp_flags_from_zip_params,
};
use url::form_urlencoded::byte_serialize;

/// How well [`deflated`] looks for what repeats, of ten levels.
const FASTEST: i32 = 1;
/// Window bits, negative: without zlib's header and checksum.
const RAW: i32 = -15;

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
    let message = BASE64.encode(deflated(message.write().as_bytes())?);
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

/// The DEFLATE encoding (RFC 1951), in one block with the fixed codes of its section 3.2.6: finding the best codes for
/// half a kilobyte takes longer than everything else about a request, and saves thirty bytes.
fn deflated(message: &[u8]) -> Result<Vec<u8>> {
    let flags = create_comp_flags_from_zip_params(FASTEST, RAW, CompressionStrategy::Fixed as i32);
    let mut compressor = CompressorOxide::new(flags);
    // No octet becomes more than nine bits.
    let mut octets = vec![0; message.len() + message.len() / 8 + 16];
    let (status, _, length) = compress(&mut compressor, message, &mut octets, TDEFLFlush::Finish);
    if status != TDEFLStatus::Done {
        return Err(Error::Internal(anyhow::anyhow!("deflating: {status:?}")));
    }
    octets.truncate(length);
    Ok(octets)
}

fn encode(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect()
}
