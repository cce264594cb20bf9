//! From what people have in their hands to XML: a file, a form field, an address, a query.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::DeflateDecoder;
use serde::Serialize;
use std::borrow::Cow;
use std::io::Read;
use url::form_urlencoded;

/// The most that is inflated or decoded.
const LARGEST: u64 = 5 * 1024 * 1024;

/// How the XML was wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrapping {
    /// Not at all.
    Xml,
    /// Base64, as in a form (SAML bindings 3.5.4).
    Base64,
    /// Deflated, then base64, as in a redirect (SAML bindings 3.4.4.1).
    DeflatedBase64,
}

/// Takes the wrapping off.
pub(in crate::saml) fn decode(input: &[u8]) -> Result<(Wrapping, Vec<u8>), String> {
    let input = input.trim_ascii();
    if input.is_empty() {
        return Err("There is nothing to inspect.".to_owned());
    }
    if is_xml(input) {
        return Ok((Wrapping::Xml, input.to_vec()));
    }
    let text = std::str::from_utf8(input)
        .map_err(|_| "This is neither XML nor base64 text.".to_owned())?;
    let field = match field(text) {
        Some(field) => Cow::Owned(field),
        None => form_unescape(text),
    };
    let packed: String = field.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = BASE64.decode(packed).map_err(|_| {
        "This is neither XML nor base64, nor an address with SAMLResponse or SAMLRequest in it."
            .to_owned()
    })?;
    if is_xml(&bytes) {
        return Ok((Wrapping::Base64, bytes));
    }
    inflate(&bytes).map(|bytes| (Wrapping::DeflatedBase64, bytes))
}

/// The parameter in an address, a query or the body of a form.
fn field(text: &str) -> Option<String> {
    let start = text.find("SAMLResponse=").or_else(|| text.find("SAMLRequest="))?;
    let (_, value) = form_urlencoded::parse(text.get(start..)?.as_bytes()).next()?;
    // A plus sign that somebody did not escape has become a space.
    Some(value.replace(' ', "+"))
}

/// A field copied from a request still has its `%2B`.
fn form_unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let pairs = format!("a={text}");
    let value =
        form_urlencoded::parse(pairs.as_bytes()).next().map(|(_, value)| value.replace(' ', "+"));
    Cow::Owned(value.unwrap_or_default())
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut inflated = Vec::new();
    DeflateDecoder::new(bytes)
        .take(LARGEST + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| "This is base64, but neither of XML nor of deflated XML.".to_owned())?;
    if inflated.len() as u64 > LARGEST {
        return Err("This is larger than 5 MiB when inflated.".to_owned());
    }
    if !is_xml(&inflated) {
        return Err("This is base64 of something deflated, but not of XML.".to_owned());
    }
    Ok(inflated)
}

fn is_xml(bytes: &[u8]) -> bool {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start().starts_with(b"<")
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    const XML: &[u8] = "<a b='ÿþ~~~???'>ûïþ</a>".as_bytes();

    fn deflated() -> String {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(XML).unwrap();
        BASE64.encode(encoder.finish().unwrap())
    }

    #[test]
    fn every_wrapping_is_taken_off() {
        let (plain, deflated) = (BASE64.encode(XML), deflated());
        let escape =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let lines = plain
            .as_bytes()
            .chunks(10)
            .map(String::from_utf8_lossy)
            .collect::<Vec<_>>()
            .join("\r\n");
        for (wrapping, text) in [
            (Wrapping::Xml, String::from_utf8(XML.to_vec()).unwrap()),
            (Wrapping::Base64, plain.clone()),
            (Wrapping::Base64, format!(" {lines}\n")),
            (Wrapping::Base64, escape(&plain)),
            (Wrapping::Base64, format!("RelayState=x&SAMLResponse={}&a=b", escape(&plain))),
            (Wrapping::Base64, format!("SAMLResponse={plain}")),
            (Wrapping::DeflatedBase64, deflated.clone()),
            (Wrapping::DeflatedBase64, escape(&deflated)),
            (
                Wrapping::DeflatedBase64,
                format!("https://a.example/?b=c&SAMLRequest={}&RelayState=x", escape(&deflated)),
            ),
        ] {
            assert_eq!(decode(text.as_bytes()), Ok((wrapping, XML.to_vec())), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_unwrapped_is_explained() {
        let bomb = {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(b"<a>").unwrap();
            encoder.write_all(&vec![b' '; 6 << 20]).unwrap();
            BASE64.encode(encoder.finish().unwrap())
        };
        let other = BASE64.encode(b"hello");
        for text in ["", "  ", "hello", "\u{1f600}", &other, &bomb] {
            assert!(decode(text.as_bytes()).is_err());
        }
        assert!(decode(&[0xff, 0xfe, 0]).is_err());
    }
}
