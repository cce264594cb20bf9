//! References that cover something else than the element that they stand in, each rightly signed by the provider's key.

use super::*;
use Cause::{SignatureInvalid, SignatureWrapping};

const FAMILY: &str = "references";

const URIS: &[(&str, &str, &str)] = &[
    ("empty", "", "The reference is empty: the whole document."),
    ("bare fragment", "#", "The reference is a fragment without a name."),
    ("response", "#_response", "The assertion's signature covers the response."),
    ("xpointer id", "#xpointer(id('_assertion'))", "The reference is an XPointer to the ID."),
    ("xpointer root", "#xpointer(/)", "The reference is an XPointer to the whole document."),
    (
        "xpointer slow",
        "#xpointer(//*[count(//*)>count(//*//*)])",
        "The reference is an XPointer that costs.",
    ),
    ("xpath pointer", "#xpath(//*[@ID='_assertion'])", "The reference is an XPath in a fragment."),
    ("no fragment", "_assertion", "The reference is a relative address."),
    (
        "http",
        "http://evil.example/#_assertion",
        "The reference is to be fetched from another host.",
    ),
    ("file", "file:///etc/passwd", "The reference is a file of ours."),
    ("device", "file:///dev/urandom", "The reference is a file without an end."),
    ("trailing space", "#_assertion ", "The reference ends with a space."),
    ("two fragments", "##_assertion", "The reference has two number signs."),
    ("percent", "#%5fassertion", "The reference is percent-encoded."),
    ("other case", "#_ASSERTION", "The reference differs in case."),
    ("missing element", "#_nobody", "The reference leads to no element."),
    ("cid", "cid:_assertion", "The reference is to an attachment."),
];

pub(super) fn messages() -> Vec<Message> {
    let mut messages: Vec<_> = URIS
        .iter()
        .map(|(name, uri, tries)| {
            let signing = Signing { uri: Some(uri), ..Signing::default() };
            hostile(FAMILY, name, SignatureWrapping, tries, signing.sign(&plain(), "_assertion"))
        })
        .collect();
    messages.extend(numbers());
    messages
}

fn edited(edits: &[(&str, &str)]) -> String {
    Signing { edits, ..Signing::default() }.sign(&plain(), "_assertion")
}

/// None, two, and what holds references of its own.
fn numbers() -> Vec<Message> {
    let it = |name, cause, tries, xml| hostile(FAMILY, name, cause, tries, xml);
    let signed = sign(&plain());
    let reference = cut(&signed, "<ds:Reference", "</ds:Reference>");
    let foreign = reference.replace("#_assertion", "#_response");
    let manifest = "<ds:Object><ds:Manifest><ds:Reference URI=\"http://evil.example/\"/></ds:Manifest></ds:Object></ds:Signature>";
    vec![
        it("none", SignatureInvalid, "SignedInfo has no reference.", edited(&[(reference, "")])),
        it("no uri", SignatureWrapping, "The reference has no URI.", {
            edited(&[(" URI=\"#_assertion\"", "")])
        }),
        it(
            "uri of another namespace",
            SignatureWrapping,
            "The reference's URI is in a namespace.",
            edited(&[(" URI=", " xmlns:x=\"urn:x\" x:URI=")]),
        ),
        it("two alike", SignatureInvalid, "The same reference stands twice.", {
            edited(&[(reference, &format!("{reference}{reference}"))])
        }),
        it("two different", SignatureInvalid, "A second reference covers the response.", {
            edited(&[(reference, &format!("{reference}{foreign}"))])
        }),
        it("two foreign first", SignatureInvalid, "A first reference covers the response.", {
            edited(&[(reference, &format!("{foreign}{reference}"))])
        }),
        it("manifest", SignatureInvalid, "A Manifest holds a reference to another host.", {
            signed.replace("</ds:Signature>", manifest)
        }),
        it("object", SignatureInvalid, "The signature has an Object.", {
            signed.replace("</ds:Signature>", "<ds:Object/></ds:Signature>")
        }),
        it(
            "two signed infos",
            SignatureInvalid,
            "A first, empty SignedInfo stands before the signed one.",
            signed.replace("<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>"),
        ),
        it(
            "signed info last",
            SignatureInvalid,
            "Another SignedInfo stands behind the signature's value.",
            {
                let copy = cut(&signed, "<ds:SignedInfo>", "</ds:SignedInfo>");
                signed.replace("</ds:SignatureValue>", &format!("</ds:SignatureValue>{copy}"))
            },
        ),
        it("no signed info", SignatureInvalid, "There is no SignedInfo.", {
            signed.replace(cut(&signed, "<ds:SignedInfo>", "</ds:SignedInfo>"), "")
        }),
        it("two digests", SignatureInvalid, "The reference has two digests.", {
            edited(&[("<ds:DigestValue>", "<ds:DigestValue>AAAA</ds:DigestValue><ds:DigestValue>")])
        }),
        it("digest with an element", SignatureInvalid, "The digest holds an element.", {
            edited(&[("<ds:DigestValue>", "<ds:DigestValue><ds:x></ds:x>")])
        }),
        it("digest not base64", SignatureInvalid, "The digest is not base64.", {
            edited(&[("<ds:DigestValue>", "<ds:DigestValue>*")])
        }),
        it("short digest", SignatureInvalid, "The digest is cut short.", {
            let digest = cut(&signed, "<ds:DigestValue>", "</ds:DigestValue>");
            edited(&[(digest, "<ds:DigestValue>AAAA</ds:DigestValue>")])
        }),
        it("no digest", SignatureInvalid, "The digest is empty.", {
            let digest = cut(&signed, "<ds:DigestValue>", "</ds:DigestValue>");
            edited(&[(digest, "<ds:DigestValue></ds:DigestValue>")])
        }),
        it("element without an id", SignatureWrapping, "The signed assertion has no ID.", {
            signed.replace(" ID=\"_assertion\"", "")
        }),
    ]
}
