//! Signature wrapping: what is signed stands in one place, and what would be read in another.

use super::*;
use Cause::{AssertionMultiple, SignatureInvalid, SignatureWrapping};

const EVIL: &str = "admin@globex.example";
const FAMILY: &str = "signature wrapping";

/// An assertion about somebody else, not signed.
fn evil() -> String {
    let plain = plain().replace(ANN, EVIL).replace("_assertion", "_evil");
    cut(&plain, "<saml:Assertion", "</saml:Assertion>").to_owned()
}

struct Parts {
    signed: String,
    original: String,
    signature: String,
    /// The original without its signature.
    bare: String,
    evil: String,
}

impl Parts {
    fn new() -> Self {
        let signed = sign(&plain());
        let original = cut(&signed, "<saml:Assertion", "</saml:Assertion>").to_owned();
        let signature = cut(&original, "<ds:Signature ", "</ds:Signature>").to_owned();
        let bare = original.replace(&signature, "");
        Self { signed, original, signature, bare, evil: evil() }
    }

    /// The signed response with `assertion` in the place of its own.
    fn swap(&self, assertion: &str) -> String {
        self.signed.replace(&self.original, assertion)
    }

    /// The forged assertion in its place, in which `what` takes the place of `at`.
    fn evil_with(&self, at: &str, what: &str) -> String {
        assert!(self.evil.contains(at), "{at}");
        self.swap(&self.evil.replacen(at, what, 1))
    }

    /// The forged assertion in its place, and something in the envelope.
    fn beside_evil(&self, at: &str, what: &str) -> String {
        let swapped = self.swap(&self.evil);
        assert!(swapped.contains(at), "{at}");
        swapped.replacen(at, what, 1)
    }
}

pub(super) fn messages() -> Vec<Message> {
    let parts = Parts::new();
    let mut messages = beside(&parts);
    messages.extend(inside(&parts));
    messages.extend(moved_signatures(&parts));
    messages.extend(signed_responses());
    messages
}

/// The original somewhere in the envelope.
fn beside(parts: &Parts) -> Vec<Message> {
    let Parts { original, evil, signed, .. } = parts;
    let it = |name, cause, tries, xml| hostile(FAMILY, name, cause, tries, xml);
    vec![
        it("before", AssertionMultiple, "A forged assertion stands before the signed one.", {
            parts.swap(&format!("{evil}{original}"))
        }),
        it("after", AssertionMultiple, "A forged assertion stands after the signed one.", {
            parts.swap(&format!("{original}{evil}"))
        }),
        it("extensions", SignatureWrapping, "The signed assertion stands in Extensions.", {
            let inside = format!("<samlp:Extensions>{original}</samlp:Extensions><samlp:Status>");
            parts.beside_evil("<samlp:Status>", &inside)
        }),
        it("status detail", SignatureWrapping, "The signed assertion stands in StatusDetail.", {
            let inside =
                format!("<samlp:StatusDetail>{original}</samlp:StatusDetail></samlp:Status>");
            parts.beside_evil("</samlp:Status>", &inside)
        }),
        it("status message", SignatureWrapping, "The signed assertion stands in StatusMessage.", {
            let inside =
                format!("<samlp:StatusMessage>{original}</samlp:StatusMessage></samlp:Status>");
            parts.beside_evil("</samlp:Status>", &inside)
        }),
        it(
            "response issuer",
            SignatureWrapping,
            "The signed assertion stands in the response's Issuer.",
            parts.beside_evil("</saml:Issuer>", &format!("{original}</saml:Issuer>")),
        ),
        it(
            "nested response",
            SignatureWrapping,
            "The whole signed response stands in the forged one.",
            {
                let inside = format!("<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>");
                parts.beside_evil("<samlp:Status>", &inside)
            },
        ),
        it(
            "wrapper element",
            SignatureWrapping,
            "An unknown element is put around the signed assertion.",
            parts.swap(&format!("<x:Wrap xmlns:x=\"urn:x\">{original}</x:Wrap>{evil}")),
        ),
        it(
            "other namespace",
            SignatureWrapping,
            "The signed assertion is renamed into another namespace.",
            {
                let other = original.replace(ns::ASSERTION, "urn:x");
                parts.swap(&format!("{evil}{other}"))
            },
        ),
        it(
            "saml 1 twin",
            SignatureWrapping,
            "A twin in the namespace of SAML 1.1 stands beside.",
            {
                let twin = evil.replace(ns::ASSERTION, "urn:oasis:names:tc:SAML:1.0:assertion");
                parts.swap(&format!("{original}{twin}"))
            },
        ),
        it("no namespace", SignatureWrapping, "An assertion in no namespace stands beside.", {
            parts.swap(&format!("<Assertion ID=\"_evil\"/>{original}"))
        }),
        it(
            "encrypted beside",
            AssertionMultiple,
            "An encrypted assertion stands beside the signed one.",
            {
                let encrypted =
                    format!("<saml:EncryptedAssertion xmlns:saml=\"{}\"/>", ns::ASSERTION);
                parts.swap(&format!("{original}{encrypted}"))
            },
        ),
        it(
            "encrypted before",
            AssertionMultiple,
            "An encrypted assertion stands before the signed one.",
            {
                let encrypted =
                    format!("<saml:EncryptedAssertion xmlns:saml=\"{}\"/>", ns::ASSERTION);
                parts.swap(&format!("{encrypted}{original}"))
            },
        ),
    ]
}

/// The original somewhere in the forged assertion, or the other way round.
fn inside(parts: &Parts) -> Vec<Message> {
    let Parts { original, bare, signature, evil, .. } = parts;
    let it = |name, tries, xml| hostile(FAMILY, name, SignatureWrapping, tries, xml);
    vec![
        it("object", "The signed assertion stands in an Object of the forged one's signature.", {
            let object = format!("<ds:Object>{bare}</ds:Object></ds:Signature>");
            let signature = signature.replace("</ds:Signature>", &object);
            parts.evil_with("</saml:Issuer>", &format!("</saml:Issuer>{signature}"))
        }),
        it(
            "key info",
            "The signed assertion stands in the KeyInfo of the forged one's signature.",
            {
                let signature = signature.replace("</ds:KeyInfo>", &format!("{bare}</ds:KeyInfo>"));
                parts.evil_with("</saml:Issuer>", &format!("</saml:Issuer>{signature}"))
            },
        ),
        it("advice", "The signed assertion stands in the forged one's Advice.", {
            let advice = format!("</saml:Conditions><saml:Advice>{original}</saml:Advice>");
            parts.evil_with("</saml:Conditions>", &advice)
        }),
        it("confirmation data", "The signed assertion stands in SubjectConfirmationData.", {
            let end = "</saml:SubjectConfirmationData>";
            parts.evil_with(end, &format!("{original}{end}"))
        }),
        it("attribute value", "The signed assertion stands in an attribute's value.", {
            let end = "</saml:AttributeValue>";
            parts.evil_with(end, &format!("{original}{end}"))
        }),
        it("condition", "The signed assertion stands in a condition.", {
            let condition =
                format!("<saml:Condition>{original}</saml:Condition></saml:Conditions>");
            parts.evil_with("</saml:Conditions>", &condition)
        }),
        it("authn context", "The signed assertion stands in the declaration of a context.", {
            let end = "</saml:AuthnContext>";
            let declaration =
                format!("<saml:AuthnContextDecl>{original}</saml:AuthnContextDecl>{end}");
            parts.evil_with(end, &declaration)
        }),
        it("assertion issuer", "The signed assertion stands in the forged one's Issuer.", {
            parts.evil_with("</saml:Issuer>", &format!("{original}</saml:Issuer>"))
        }),
        it("name id", "The signed assertion stands in the forged name ID.", {
            parts.evil_with("</saml:NameID>", &format!("{original}</saml:NameID>"))
        }),
        it("in itself", "A forged assertion stands in the signed one.", {
            let end = "</saml:Subject>";
            parts.swap(&original.replacen(end, &format!("{end}{evil}"), 1))
        }),
        it("other inside", "An assertion of another namespace stands in the signed one.", {
            let begin = "<saml:AttributeStatement>";
            let inside = format!("<x:Assertion xmlns:x=\"urn:x\"/>{begin}");
            parts.swap(&original.replacen(begin, &inside, 1))
        }),
    ]
}

/// The signature where it does not belong.
fn moved_signatures(parts: &Parts) -> Vec<Message> {
    let Parts { original, bare, signature, evil, signed, .. } = parts;
    let it = |name, cause, tries, xml| hostile(FAMILY, name, cause, tries, xml);
    let behind = |text: &str, at: &str| text.replacen(at, &format!("{at}{signature}"), 1);
    let without = parts.swap(bare);
    vec![
        it(
            "copied signature",
            SignatureWrapping,
            "The forged assertion carries the signature of the original.",
            parts.swap(&behind(evil, "</saml:Issuer>")),
        ),
        it(
            "copied signature and id",
            SignatureInvalid,
            "The forged assertion has the original's ID and signature.",
            parts.swap(&behind(&evil.replace("_evil", "_assertion"), "</saml:Issuer>")),
        ),
        it(
            "moved to the response",
            SignatureWrapping,
            "The assertion's signature stands in the response.",
            behind(&without, "</saml:Issuer>"),
        ),
        it("twice", SignatureWrapping, "The assertion has its signature twice.", {
            signed.replace(signature, &format!("{signature}{signature}"))
        }),
        it("before the issuer", SignatureWrapping, "The signature stands before the issuer.", {
            let text = parts.swap(&behind(bare, "Version=\"2.0\">"));
            assert!(text.contains("</ds:Signature><saml:Issuer>"));
            text
        }),
        it("after the subject", SignatureWrapping, "The signature stands after the subject.", {
            behind(&without, "</saml:Subject>")
        }),
        it("in the subject", SignatureWrapping, "The signature stands in the subject.", {
            behind(&without, "<saml:Subject>")
        }),
        it("at the end", SignatureWrapping, "The signature is the last child of the assertion.", {
            behind(&without, "</saml:AttributeStatement>")
        }),
        it("in the status", SignatureWrapping, "The signature stands in the response's status.", {
            behind(&without, "<samlp:Status>")
        }),
        it(
            "after the response",
            SignatureWrapping,
            "The signature is the last child of the response.",
            behind(&without, "</saml:Assertion>"),
        ),
        it(
            "signature of another namespace",
            SignatureWrapping,
            "A signature of another namespace is in the response.",
            {
                signed.replace(
                    "</samlp:Response>",
                    "<x:Signature xmlns:x=\"urn:x\"/></samlp:Response>",
                )
            },
        ),
        it(
            "signed by a stranger beside",
            AssertionMultiple,
            "Beside the original stands one that a stranger signed.",
            {
                let stranger = Signing { pair: testing::other_rsa(), ..Signing::default() };
                let forged = stranger.sign(&parts.swap(evil), "_evil");
                let forged = cut(&forged, "<saml:Assertion", "</saml:Assertion>");
                parts.swap(&format!("{forged}{original}"))
            },
        ),
    ]
}

/// The response itself is signed.
fn signed_responses() -> Vec<Message> {
    let it = |name, cause, tries, xml| hostile(FAMILY, name, cause, tries, xml);
    let signed = Signing::default().sign(&plain(), "_response");
    let assertion = cut(&signed, "<saml:Assertion", "</saml:Assertion>").to_owned();
    let evil = evil();
    let forged = plain().replace(&assertion, &evil).replace("_response", "_forged");
    let signature = cut(&signed, "<ds:Signature ", "</ds:Signature>");
    vec![
        it(
            "decoy added",
            AssertionMultiple,
            "A forged assertion is added to a signed response.",
            signed.replace(&assertion, &format!("{evil}{assertion}")),
        ),
        it(
            "decoy instead",
            SignatureInvalid,
            "A forged assertion replaces the one in a signed response.",
            signed.replace(&assertion, &evil),
        ),
        it(
            "signed response inside",
            SignatureWrapping,
            "The signed response stands in a forged one.",
            {
                let inside = format!("<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>");
                forged.replacen("<samlp:Status>", &inside, 1)
            },
        ),
        it(
            "response in object",
            SignatureWrapping,
            "The signed response stands in an Object of its own signature.",
            {
                let bare = signed.replace(signature, "");
                let object = format!("<ds:Object>{bare}</ds:Object></ds:Signature>");
                let signature = signature.replace("</ds:Signature>", &object);
                forged.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1)
            },
        ),
        it(
            "response signature copied",
            SignatureWrapping,
            "A forged response carries the signature of another.",
            forged.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1),
        ),
    ]
}
