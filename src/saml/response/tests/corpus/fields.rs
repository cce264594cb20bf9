//! Form fields that are not base64 of a document, and forms that are none.

use super::*;
use Cause::{XmlForbidden, XmlInvalid};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use std::io::Write as _;
use url::form_urlencoded::byte_serialize;

pub(super) fn messages() -> Vec<Message> {
    let mut messages = fields();
    messages.extend(forms());
    messages
}

#[expect(clippy::too_many_lines, reason = "a table of messages")]
fn fields() -> Vec<Message> {
    let it = |name, cause, tries, field: String| {
        Message::new("fields", name, tries, Err(cause), Content::Field(field))
    };
    let signed = sign(&plain());
    let field = STANDARD.encode(&signed);
    // Of a length that needs padding.
    let padded = STANDARD.encode(format!("{signed}\n"));
    let padded =
        if padded.ends_with('=') { padded } else { STANDARD.encode(format!("{signed}\n\n")) };
    let deflated = {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(signed.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zipped = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(signed.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let escaped: String = byte_serialize(field.as_bytes()).collect();
    let url_safe =
        base64::engine::general_purpose::URL_SAFE.encode(signed.replace(ANN, "ann~~~???>>>"));
    vec![
        it("empty", XmlInvalid, "The field is empty.", String::new()),
        it("white space", XmlInvalid, "The field is white space.", " \r\n\t".to_owned()),
        it("xml", XmlInvalid, "The field is XML as it is.", signed.clone()),
        it("star", XmlInvalid, "A star follows the base64.", format!("{field}*")),
        it("url safe", XmlInvalid, "Base64 in the alphabet of addresses.", url_safe),
        it(
            "unpadded",
            XmlInvalid,
            "The padding is missing.",
            padded.trim_end_matches('=').to_owned(),
        ),
        it("overpadded", XmlInvalid, "There is padding too much.", format!("{field}====")),
        it(
            "padding inside",
            XmlInvalid,
            "Padding stands inside.",
            format!("{}{field}", STANDARD.encode("a")),
        ),
        it("two messages", XmlInvalid, "Two responses in one field.", format!("{padded}{field}")),
        it("bits left over", XmlInvalid, "The last character has bits that no octet takes.", {
            let at = padded.trim_end_matches('=').len() - 1;
            format!("{}{}{}", &padded[..at], "h", &padded[at + 1..])
        }),
        it(
            "escaped twice",
            XmlInvalid,
            "The field is still percent-encoded.",
            format!("{escaped}%3D"),
        ),
        it(
            "address of data",
            XmlInvalid,
            "The field is a data address.",
            format!("data:text/xml;base64,{field}"),
        ),
        it("quoted", XmlInvalid, "The field is in quotes.", format!("\"{field}\"")),
        it(
            "armoured",
            XmlInvalid,
            "The field is armoured as PEM is.",
            format!("-----BEGIN SAML-----\n{field}\n-----END SAML-----"),
        ),
        it("nul", XmlInvalid, "A NUL in the base64.", format!("{field}\0")),
        it(
            "no break space",
            XmlInvalid,
            "A no-break space in the base64.",
            format!("{}\u{a0}{}", &field[..8], &field[8..]),
        ),
        it(
            "vertical tab",
            XmlInvalid,
            "A vertical tab in the base64.",
            format!("{}\u{b}{}", &field[..8], &field[8..]),
        ),
        it(
            "wide letters",
            XmlInvalid,
            "A letter of full width in the base64.",
            field.replacen('A', "Ａ", 1),
        ),
        it("encoded twice", XmlInvalid, "Base64 of base64.", STANDARD.encode(&field)),
        it(
            "deflated",
            XmlInvalid,
            "The document is deflated, as in a redirect.",
            STANDARD.encode(deflated),
        ),
        it("zipped", XmlInvalid, "The document is zipped.", STANDARD.encode(zipped)),
        it("rubbish", XmlInvalid, "Base64 of rubbish.", {
            let rubbish: Vec<u8> =
                (0..5_000_u32).map(|n| u8::try_from((n * n * 31 + n * 7) % 251).unwrap()).collect();
            STANDARD.encode(rubbish)
        }),
        it(
            "zeros",
            XmlForbidden,
            "Base64 of a bracket and zeros.",
            STANDARD.encode([b'<', 0, 0, 0]),
        ),
    ]
}

fn forms() -> Vec<Message> {
    let it = |name, tries, form: String| {
        Message::new("forms", name, tries, Err(XmlInvalid), Content::Form(form))
    };
    let field = STANDARD.encode(sign(&plain()));
    let field: String = byte_serialize(field.as_bytes()).collect();
    vec![
        it("empty", "The form is empty.", String::new()),
        it(
            "relay state alone",
            "There is a relay state and no response.",
            "RelayState=trc_1".to_owned(),
        ),
        it(
            "two responses",
            "The field stands twice.",
            format!("SAMLResponse={field}&SAMLResponse={field}"),
        ),
        it(
            "empty and a response",
            "The field stands twice, empty the first time.",
            format!("SAMLResponse=&SAMLResponse={field}"),
        ),
        it(
            "response and rubbish",
            "The field stands twice, rubbish the second time.",
            format!("SAMLResponse={field}&SAMLResponse=x"),
        ),
        it(
            "escaped name",
            "The field stands twice, once with its name escaped.",
            format!("SAMLResponse={field}&%53AMLResponse={field}"),
        ),
        it(
            "two relay states",
            "Two relay states.",
            format!("SAMLResponse={field}&RelayState=a&RelayState=b"),
        ),
        it(
            "two equal relay states",
            "The same relay state twice.",
            format!("RelayState=a&SAMLResponse={field}&RelayState=a"),
        ),
        it(
            "small letters",
            "The field's name is in small letters.",
            format!("samlresponse={field}"),
        ),
        it(
            "array",
            "The field is an array, as some languages read it.",
            format!("SAMLResponse[]={field}"),
        ),
        it(
            "request",
            "A request stands where the response belongs.",
            format!("SAMLRequest={field}"),
        ),
        it("space before", "A space stands before the name.", format!("+SAMLResponse={field}")),
        it("nul in the name", "A NUL follows the name.", format!("SAMLResponse%00={field}")),
        it(
            "semicolon",
            "A semicolon stands for the ampersand.",
            format!("RelayState=a;SAMLResponse={field}"),
        ),
        it("json", "The form is JSON.", format!("{{\"SAMLResponse\":\"{field}\"}}")),
        it(
            "multipart",
            "The form is in parts.",
            format!(
                "--b\r\nContent-Disposition: form-data; name=\"SAMLResponse\"\r\n\r\n{field}\r\n--b--\r\n"
            ),
        ),
        it(
            "artifact",
            "An artifact instead of a response.",
            "SAMLart=AAQAAMh48%2F1oXIM%2BsDo7Dh2qMp1HM4IF5DaRNmDj6RdUmllwn9jJHyEgIi8%3D".to_owned(),
        ),
        it(
            "plus not escaped",
            "Plus signs became spaces, so letters of the base64 are missing.",
            "SAMLResponse=PHNhbWxwOlJlc3BvbnNl+".to_owned(),
        ),
    ]
}
