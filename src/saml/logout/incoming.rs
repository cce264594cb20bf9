//! A logout message as the browser brings it, and the octets of it that are signed.

use super::Expected;
use crate::cause::Cause;
use crate::clock::Time;
use crate::saml::Binding;
use crate::saml::carry::{REQUEST, RESPONSE};
use crate::saml::check::Rejection;
use crate::saml::response::check_message;
use crate::saml::signature::{self, Signature};
use crate::saml::xml::{self, Limits};
use flate2::read::DeflateDecoder;
use std::borrow::Cow;
use std::io::Read;

/// Base64 of the largest message, with room for line ends.
const MAX_FIELD: usize = 2 * Limits::LOGOUT.bytes;
const RELAY_STATE: &str = "RelayState";
const ALGORITHM: &str = "SigAlg";
const SIGNATURE: &str = "Signature";
const ENCODING: &str = "SAMLEncoding";
const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";

/// Whether a message asks or answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

/// A logout message of which nothing is believed yet.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// How it came.
    pub binding: Binding,
    /// Whether it asks or answers, by the name of its parameter.
    pub kind: Kind,
    /// `RelayState`, to be sent back with the answer to a request.
    pub relay_state: Option<String>,
    message: String,
    /// The parameters as they were received, of a redirect.
    raw: Raw<'a>,
}

/// Values in their percent-encoding, exactly as received.
#[derive(Debug, Default)]
struct Raw<'a> {
    message: &'a str,
    relay_state: Option<&'a str>,
    algorithm: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Incoming<'a> {
    /// Reads the query of a redirect: exactly one message, no parameter of ours twice (bindings 3.4.4).
    pub fn query(query: &'a str) -> Result<Self, Rejection> {
        let mut raw = Raw::default();
        let mut kind = None;
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // Another reader would see our names in other spellings of them, too.
            let decoded = decode(name);
            let slot = match &*decoded {
                REQUEST | RESPONSE => {
                    if kind
                        .replace(if decoded == REQUEST { Kind::Request } else { Kind::Response })
                        .is_some()
                    {
                        return Err(repeated(&decoded));
                    }
                    raw.message = value;
                    None
                }
                RELAY_STATE => Some(&mut raw.relay_state),
                ALGORITHM => Some(&mut raw.algorithm),
                SIGNATURE => Some(&mut raw.signature),
                ENCODING if decode(value) == DEFLATE => None,
                ENCODING => return Err(refused("The message is encoded in an unknown way.")),
                _ => continue,
            };
            if decoded != name {
                return Err(refused("The name of a parameter is written in an unusual way."));
            }
            if slot.is_some_and(|slot| slot.replace(value).is_some()) {
                return Err(repeated(&decoded));
            }
        }
        let kind = kind.ok_or_else(|| refused("There is no SAML message in the address."))?;
        Ok(Self {
            binding: Binding::Redirect,
            kind,
            relay_state: raw.relay_state.map(|value| decode(value).into_owned()),
            message: decode(raw.message).into_owned(),
            raw,
        })
    }

    /// Reads a posted form: exactly one message, at most one `RelayState` (bindings 3.5.4).
    pub fn form(body: &[u8]) -> Result<Incoming<'static>, Rejection> {
        let (mut message, mut relay_state) = (None, None);
        for (name, value) in url::form_urlencoded::parse(body) {
            let is_new = match &*name {
                REQUEST => message.replace((Kind::Request, value.into_owned())).is_none(),
                RESPONSE => message.replace((Kind::Response, value.into_owned())).is_none(),
                RELAY_STATE => relay_state.replace(value.into_owned()).is_none(),
                _ => true,
            };
            if !is_new {
                return Err(repeated(&name));
            }
        }
        let (kind, message) =
            message.ok_or_else(|| refused("There is no SAML message in the form."))?;
        Ok(Incoming { binding: Binding::Post, kind, relay_state, message, raw: Raw::default() })
    }

    /// The octets of the message, if a key of the connection signed them. They are all that may be read.
    pub(super) fn signed_octets(
        &self,
        expected: &Expected<'_>,
        now: Time,
    ) -> Result<String, Rejection> {
        match self.binding {
            Binding::Redirect => {
                self.check_query(expected, now)?;
                let text = inflate(&decode_base64(&self.message)?)?;
                let text = xml::scan(&text, &Limits::LOGOUT)?;
                Ok(xml::line_ends(text).into_owned())
            }
            Binding::Post => {
                let bytes = decode_base64(&self.message)?;
                let text = xml::line_ends(xml::scan(&bytes, &Limits::LOGOUT)?);
                let document = xml::parse(&text, &Limits::LOGOUT)?;
                let node = check_message(document.root_element())?.ok_or_else(unsigned)?;
                let signature = Signature::read(node, expected.allow_sha1)?;
                signature.verify(expected.keys, now)?.octets()
            }
        }
    }

    /// Checks the signature over the query before anything of it is inflated (bindings 3.4.4.1): over the octets
    /// as they were received, in the standard's order, wherever they stood.
    fn check_query(&self, expected: &Expected<'_>, now: Time) -> Result<(), Rejection> {
        let Raw { message, relay_state, algorithm, signature } = &self.raw;
        let (Some(algorithm), Some(signature)) = (algorithm, signature) else {
            return Err(unsigned());
        };
        let name = match self.kind {
            Kind::Request => REQUEST,
            Kind::Response => RESPONSE,
        };
        let relay_state = relay_state.map(|value| format!("&{RELAY_STATE}={value}"));
        let relay_state = relay_state.unwrap_or_default();
        let octets = format!("{name}={message}{relay_state}&{ALGORITHM}={algorithm}");
        signature::verify_octets(
            octets.as_bytes(),
            &decode(algorithm),
            &decode(signature),
            expected.keys,
            expected.allow_sha1,
            now,
        )?;
        Ok(())
    }
}

/// A name or value as a form decodes it. What is not UTF-8 becomes a sign that is in no message.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    // Without a name before it, an `=` in the text would count.
    let pair = format!("v={text}");
    let value = url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value);
    Cow::Owned(value.unwrap_or_default().into_owned())
}

fn decode_base64(field: &str) -> Result<Vec<u8>, Rejection> {
    if field.len() > MAX_FIELD {
        return Err(too_large());
    }
    signature::decode(field)
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| refused("The message is not base64."))
}

/// Raw deflate (RFC 1951), up to the largest message.
fn inflate(deflated: &[u8]) -> Result<Vec<u8>, Rejection> {
    let most = Limits::LOGOUT.bytes;
    let mut text = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    DeflateDecoder::new(deflated)
        .take(limit)
        .read_to_end(&mut text)
        .map_err(|_| refused("The message is not deflated as a redirect's is."))?;
    if text.len() > most { Err(too_large()) } else { Ok(text) }
}

fn refused(detail: &str) -> Rejection {
    Rejection::new(Cause::XmlInvalid, detail)
}

fn repeated(name: &str) -> Rejection {
    Rejection::new(Cause::XmlInvalid, format!("There is more than one {name}."))
}

fn too_large() -> Rejection {
    let most = Limits::LOGOUT.bytes;
    Rejection::new(Cause::ResponseTooLarge, format!("At most {most} bytes of a message are read."))
}

fn unsigned() -> Rejection {
    Rejection::new(Cause::SignatureMissing, "The logout message is not signed.")
        .expected("a signature by a certificate of the connection")
        .received("none")
}
