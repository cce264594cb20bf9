//! Encodings and characters that XML in UTF-8 does not have.

use super::*;
use Cause::{NameIdMissing, XmlForbidden, XmlInvalid};

const FAMILY: &str = "encodings";

pub(super) fn messages() -> Vec<Message> {
    let mut messages = documents();
    messages.extend(declarations());
    messages.extend(characters());
    messages
}

fn with_name(name: &[u8]) -> Vec<u8> {
    let signed = sign(&plain()).into_bytes();
    let at = signed.windows(ANN.len()).position(|window| window == ANN.as_bytes()).unwrap();
    [&signed[..at], name, &signed[at + ANN.len()..]].concat()
}

fn documents() -> Vec<Message> {
    let it = |name, cause, tries, xml: Vec<u8>| hostile(FAMILY, name, cause, tries, xml);
    let signed = sign(&plain());
    let little =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let big = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let marked = format!("\u{feff}{signed}");
    let wide =
        |text: &str| -> Vec<u8> { text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect() };
    vec![
        it("mark", XmlForbidden, "A byte-order mark of UTF-8.", marked.clone().into_bytes()),
        it(
            "utf 16 little",
            XmlForbidden,
            "UTF-16, least octet first, with a mark.",
            little(&marked),
        ),
        it("utf 16 big", XmlForbidden, "UTF-16, greatest octet first, with a mark.", big(&marked)),
        it(
            "utf 16 little without a mark",
            XmlForbidden,
            "UTF-16, least octet first, without a mark.",
            little(&signed),
        ),
        it(
            "utf 16 big without a mark",
            XmlForbidden,
            "UTF-16, greatest octet first, without a mark.",
            big(&signed),
        ),
        it("utf 32", XmlForbidden, "UTF-32.", wide(&signed)),
        it("ebcdic", XmlInvalid, "EBCDIC.", vec![0x4c, 0x6f, 0xa7, 0x94, 0x93, 0x40, 0x6f, 0x6e]),
        it(
            "latin 1",
            XmlInvalid,
            "An octet of Latin-1 in the name ID.",
            with_name(b"j\xfcrgen@globex.example"),
        ),
        it(
            "overlong",
            XmlInvalid,
            "An overlong form of a slash.",
            with_name(b"ann\xc0\xaf@globex.example"),
        ),
        it(
            "overlong tag",
            XmlInvalid,
            "An overlong form of a tag's bracket.",
            with_name(b"ann\xc0\xbcb\xc0\xbe"),
        ),
        it(
            "surrogate",
            XmlInvalid,
            "Half of a surrogate pair.",
            with_name(b"ann\xed\xa0\x80@globex.example"),
        ),
        it(
            "cut character",
            XmlInvalid,
            "A character without its last octet.",
            with_name(b"ann\xe2\x82@globex.example"),
        ),
        it("beyond", XmlInvalid, "A character beyond Unicode.", with_name(b"ann\xf4\x90\x80\x80")),
        it(
            "nul",
            XmlInvalid,
            "A NUL in the name ID.",
            with_name(b"ann@globex.example\0.evil.example"),
        ),
        it(
            "nul at the end",
            XmlInvalid,
            "A NUL behind the response.",
            [signed.as_bytes(), b"\0"].concat(),
        ),
        it(
            "nul at the beginning",
            XmlForbidden,
            "A NUL before the response.",
            [b"\0", signed.as_bytes()].concat(),
        ),
        it(
            "control",
            XmlInvalid,
            "A control character in the name ID.",
            with_name(b"ann\x01@globex.example"),
        ),
        it(
            "escape",
            XmlInvalid,
            "An escape sequence in the name ID.",
            with_name(b"\x1b[2Jann@globex.example"),
        ),
        it(
            "no character",
            XmlInvalid,
            "U+FFFE in the name ID.",
            with_name("ann\u{fffe}".as_bytes()),
        ),
    ]
}

fn declarations() -> Vec<Message> {
    let it = |name, tries, declaration: &str| {
        let xml = format!("<?xml {declaration}?>{}", sign(&plain()));
        hostile(FAMILY, name, XmlForbidden, tries, xml)
    };
    vec![
        it("declared utf 7", "UTF-7 is declared.", "version=\"1.0\" encoding=\"UTF-7\""),
        it("declared utf 16", "UTF-16 is declared.", "version=\"1.0\" encoding=\"UTF-16\""),
        it("declared latin 1", "Latin-1 is declared.", "version=\"1.0\" encoding=\"ISO-8859-1\""),
        it(
            "declared shift jis",
            "Shift JIS is declared.",
            "version=\"1.0\" encoding=\"Shift_JIS\"",
        ),
        it("declared ebcdic", "EBCDIC is declared.", "version=\"1.0\" encoding=\"IBM037\""),
        it("declared nothing", "An empty encoding is declared.", "version=\"1.0\" encoding=\"\""),
        it("xml 1.1", "XML 1.1 is declared.", "version=\"1.1\""),
        it("xml 2.0", "XML 2.0 is declared.", "version=\"2.0\""),
        it(
            "encoding twice",
            "Two encodings are declared.",
            "version=\"1.0\" encoding=\"UTF-8\" encoding=\"UTF-7\"",
        ),
        it("something else", "Something else is declared.", "version=\"1.0\" evil=\"1\""),
        it(
            "encoding first",
            "The encoding comes before the version.",
            "encoding=\"UTF-8\" version=\"1.0\"",
        ),
        it(
            "standalone maybe",
            "Standalone is neither yes nor no.",
            "version=\"1.0\" standalone=\"maybe\"",
        ),
    ]
}

/// Characters that hide in a name, in a message that is rightly signed.
fn characters() -> Vec<Message> {
    let it = |name, tries, value: &str| {
        let xml = changed(&format!(">{ANN}</saml:NameID>"), &format!(">{value}</saml:NameID>"));
        hostile("deceptive names", name, NameIdMissing, tries, xml)
    };
    let invalid = |name, tries, value: &str| {
        let signed = sign(&plain()).replacen(ANN, value, 1);
        hostile("deceptive names", name, XmlInvalid, tries, signed)
    };
    vec![
        it("empty", "The name ID is empty.", ""),
        it("space only", "The name ID is white space.", " \n "),
        it("space", "A space in the name ID.", "ann smith"),
        it("tab", "A tab in the name ID.", "ann\tb"),
        it("no break space", "A no-break space behind the name ID.", "ann@globex.example\u{a0}"),
        it("zero width", "A space of no width in the name ID.", "ann\u{200b}@globex.example"),
        it("joiner", "A joiner in the name ID.", "ann\u{200d}@globex.example"),
        it(
            "right to left",
            "An override of direction before the name ID.",
            "\u{202e}elpmaxe.xebolg@nna",
        ),
        it("soft hyphen", "A soft hyphen in the name ID.", "ann\u{ad}@globex.example"),
        it("mark inside", "A byte-order mark in the name ID.", "ann\u{feff}@globex.example"),
        it("delete", "A delete character as a reference.", "ann&#x7f;@globex.example"),
        it("next line", "A next-line character in the name ID.", "ann\u{85}"),
        it("line separator", "A line separator in the name ID.", "ann\u{2028}"),
        it("hangul filler", "A filler in the name ID.", "ann\u{3164}@globex.example"),
        it("tag characters", "Invisible tags in the name ID.", "ann\u{e0041}@globex.example"),
        it("too long", "The name ID has 513 characters.", &"a".repeat(513)),
        it("element inside", "An element in the name ID.", "ann<saml:b/>@globex.example"),
        it("element before", "An element before the name ID.", "<saml:b></saml:b>ann"),
        invalid("nul reference", "A NUL as a reference.", "ann&#0;@globex.example"),
        invalid("surrogate reference", "Half of a surrogate pair as a reference.", "ann&#xD800;"),
        invalid("reference beyond", "A reference to a character beyond Unicode.", "ann&#x110000;"),
        invalid("signed reference", "A reference with a sign.", "ann&#+65;"),
        invalid("empty reference", "A reference without a number.", "ann&#;"),
        invalid(
            "long reference",
            "A reference with a thousand zeros.",
            &format!("&#{}65;", "0".repeat(1_000)),
        ),
    ]
}
