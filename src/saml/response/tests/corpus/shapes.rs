//! Documents that end too early or too late, or that are something else.

use super::*;
use Cause::{AssertionMissing, AssertionMultiple, StatusNotSuccess, XmlInvalid};

pub(super) fn messages() -> Vec<Message> {
    let mut messages = cut_short();
    messages.extend(something_else());
    messages
}

fn cut_short() -> Vec<Message> {
    let it =
        |name, tries, xml: String| hostile("truncated and trailing", name, XmlInvalid, tries, xml);
    let signed = sign(&plain());
    let to = |at: &str, more: usize| signed[..signed.find(at).unwrap() + more].to_owned();
    let last = signed.len() - 1;
    vec![
        it("half", "Half of a response.", signed[..signed.len() / 2].to_owned()),
        it("in a tag", "The response ends in a tag.", to("<saml:Subject>", 6)),
        it("in an attribute", "The response ends in an attribute.", to("Recipient=\"", 14)),
        it("in a name", "The response ends in the name of an attribute.", to("Recipient=\"", 4)),
        it("in a text", "The response ends in a text.", to(ANN, 5)),
        it("in a reference", "The response ends in a reference.", format!("{}&am", to(ANN, 5))),
        it("before the last bracket", "The last bracket is missing.", signed[..last].to_owned()),
        it(
            "without the last tag",
            "The last tag is missing.",
            signed.replace("</samlp:Response>", ""),
        ),
        it("a bracket", "A bracket and nothing else.", "<".to_owned()),
        it("two roots", "A second response follows.", format!("{signed}{signed}")),
        it("a second root", "An element follows the response.", format!("{signed}<a/>")),
        it("text behind", "Text follows the response.", format!("{signed}x")),
        it("text before", "Text stands before the response.", format!("x{signed}")),
        it("an end before", "A tag ends what did not begin.", format!("</a>{signed}")),
        it("an end behind", "A tag ends twice.", format!("{signed}</samlp:Response>")),
        it("crossed tags", "Tags are crossed.", {
            signed.replacen("</saml:Issuer>", "</saml:Issue>", 1).replacen(
                "</samlp:Status>",
                "</saml:Issuer>",
                1,
            )
        }),
        it(
            "other end",
            "An element ends under another name.",
            signed.replacen("</samlp:Status>", "</samlp:Stat>", 1),
        ),
        it("attribute in an end", "An end tag has an attribute.", {
            signed.replacen("</samlp:Status>", "</samlp:Status a=\"1\">", 1)
        }),
        it("space before a name", "A space stands before an element's name.", {
            signed.replacen("<samlp:Status>", "< samlp:Status>", 1)
        }),
        it(
            "cdata end in a text",
            "The end of a CDATA section stands in a text.",
            signed.replacen(ANN, "ann]]>", 1),
        ),
    ]
}

fn something_else() -> Vec<Message> {
    let it = |name, cause, tries, xml: String| hostile("other documents", name, cause, tries, xml);
    let plain = plain();
    let signed = sign(&plain);
    let assertion = cut(&signed, "<saml:Assertion", "</saml:Assertion>");
    let bare = cut(&plain, "<saml:Assertion", "</saml:Assertion>");
    let status = cut(&plain, "<samlp:Status>", "</samlp:Status>");
    let code = cut(&plain, "<samlp:StatusCode", "</samlp:StatusCode>");
    vec![
        it("assertion alone", XmlInvalid, "The signed assertion alone.", assertion.to_owned()),
        it("saml 1 response", XmlInvalid, "A response of SAML 1.1.", {
            "<Response xmlns=\"urn:oasis:names:tc:SAML:1.0:protocol\"/>".to_owned()
        }),
        it("no namespace", XmlInvalid, "A response in no namespace.", "<Response/>".to_owned()),
        it(
            "html",
            XmlInvalid,
            "A web page.",
            "<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>".to_owned(),
        ),
        it("json", XmlInvalid, "JSON.", "{\"SAMLResponse\": true}".to_owned()),
        it("word", XmlInvalid, "A word.", "SAMLResponse".to_owned()),
        it("soap", XmlInvalid, "The response in an envelope of SOAP.", {
            format!(
                "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{signed}</s:Body></s:Envelope>"
            )
        }),
        it(
            "request",
            XmlInvalid,
            "A request to sign in.",
            signed.replace("samlp:Response", "samlp:AuthnRequest"),
        ),
        it(
            "logout response",
            XmlInvalid,
            "The answer to a logout.",
            signed.replace("samlp:Response", "samlp:LogoutResponse"),
        ),
        it("artifact response", XmlInvalid, "The answer to an artifact.", {
            signed.replace("samlp:Response", "samlp:ArtifactResponse")
        }),
        it(
            "no assertion",
            AssertionMissing,
            "A response without an assertion.",
            plain.replace(bare, ""),
        ),
        it("assertion too deep", AssertionMissing, "The assertion stands one element too deep.", {
            signed.replace(assertion, &format!("<samlp:Extensions>{assertion}</samlp:Extensions>"))
        }),
        it("two assertions", AssertionMultiple, "Two assertions, the first of them signed.", {
            let two = format!("{bare}{}", bare.replace("_assertion", "_second"));
            sign(&plain.replace(bare, &two))
        }),
        it("two signed assertions", AssertionMultiple, "Two assertions, both signed.", {
            let two = format!("{bare}{}", bare.replace("_assertion", "_second"));
            Signing::default().sign(&sign(&plain.replace(bare, &two)), "_second")
        }),
        it("thousand assertions", AssertionMultiple, "A thousand assertions.", {
            plain.replace(
                bare,
                &"<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>"
                    .repeat(1_000),
            )
        }),
        it("no status", XmlInvalid, "A response without a status.", signed.replace(status, "")),
        it("two statuses", XmlInvalid, "A refusal, then a success.", {
            let refused = status.replace("status:Success", "status:Requester");
            signed.replace(status, &format!("{refused}{status}"))
        }),
        it("success then refusal", XmlInvalid, "A success, then a refusal.", {
            let refused = status.replace("status:Success", "status:Requester");
            signed.replace(status, &format!("{status}{refused}"))
        }),
        it("no code", XmlInvalid, "A status without a code.", signed.replace(code, "")),
        it(
            "two codes",
            XmlInvalid,
            "A status with two codes.",
            signed.replace(code, &code.repeat(2)),
        ),
        it("empty code", StatusNotSuccess, "A status whose code is empty.", {
            signed.replace("urn:oasis:names:tc:SAML:2.0:status:Success", "")
        }),
        it("nested success", StatusNotSuccess, "A refusal with a success inside.", {
            let inner = "Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
            signed.replace("Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\">", inner)
        }),
        it("success with a space", StatusNotSuccess, "A success that ends with a space.", {
            signed.replace("status:Success\"", "status:Success \"")
        }),
        it("success of saml 1", StatusNotSuccess, "The success of SAML 1.1.", {
            signed.replace("urn:oasis:names:tc:SAML:2.0:status:Success", "samlp:Success")
        }),
    ]
}
