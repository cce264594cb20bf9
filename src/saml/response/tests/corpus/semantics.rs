//! Each rule of the envelope, the subject and its confirmation broken alone, in a message that is rightly signed.

use super::*;
use Cause::{
    ClockEarly, ClockLate, DestinationMismatch, IssuerMismatch, NameIdMissing, RecipientMismatch,
    RequestUnknown, StatusNotSuccess, XmlInvalid,
};

pub(super) fn messages() -> Vec<Message> {
    let mut messages = envelope();
    messages.extend(subject());
    messages.extend(confirmation());
    messages.extend(answers());
    messages
}

#[expect(clippy::too_many_lines, reason = "a table of messages")]
fn envelope() -> Vec<Message> {
    let it = |name, cause, tries, xml| hostile("envelope", name, cause, tries, xml);
    let plain = plain();
    let destination = format!("Destination=\"{ACS}\"");
    let response = |xml: &str| Signing::default().sign(xml, "_response");
    let issuer = format!("<saml:Issuer>{IDP}<");
    vec![
        it("another destination", DestinationMismatch, "Sent to another connection.", {
            changed(&destination, "Destination=\"https://sso.orbit.example/saml/con_2/acs\"")
        }),
        it(
            "empty destination",
            DestinationMismatch,
            "Sent to nowhere.",
            changed(&destination, "Destination=\"\""),
        ),
        it(
            "destination with a slash",
            DestinationMismatch,
            "A slash too many.",
            changed(&destination, &format!("Destination=\"{ACS}/\"")),
        ),
        it(
            "destination in other case",
            DestinationMismatch,
            "The host in capitals.",
            changed("Destination=\"https://sso", "Destination=\"https://SSO"),
        ),
        it(
            "destination by http",
            DestinationMismatch,
            "Sent without TLS.",
            changed("Destination=\"https:", "Destination=\"http:"),
        ),
        it(
            "no destination",
            DestinationMismatch,
            "A signed response does not say where it was sent.",
            response(&plain.replace(&format!(" {destination}"), "")),
        ),
        it(
            "another issuer",
            IssuerMismatch,
            "Another provider is the assertion's issuer.",
            changed(&issuer, "<saml:Issuer>https://evil.example/<"),
        ),
        it(
            "another issuer of the response",
            IssuerMismatch,
            "Another provider is the response's issuer.",
            sign(&plain.replacen(&format!(">{IDP}<"), ">https://evil.example/<", 1)),
        ),
        it(
            "issuer with a format",
            IssuerMismatch,
            "The issuer is an email address by its format.",
            {
                changed(
                    "<saml:Issuer>",
                    "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">",
                )
            },
        ),
        it(
            "issuer with a no break space",
            IssuerMismatch,
            "The issuer ends with a no-break space.",
            changed(&format!("{IDP}</saml:Issuer>"), &format!("{IDP}\u{a0}</saml:Issuer>")),
        ),
        it("issuer without its slash", IssuerMismatch, "The issuer lacks its slash.", {
            changed(&issuer, &format!("<saml:Issuer>{}<", IDP.trim_end_matches('/')))
        }),
        it(
            "no issuer",
            XmlInvalid,
            "The assertion has no issuer.",
            sign(&plain.replace(&format!("<saml:Issuer>{IDP}</saml:Issuer>"), "")),
        ),
        it("two issuers", XmlInvalid, "The assertion has two issuers.", {
            let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer>");
            sign(&plain.replace("</saml:Subject>", &format!("</saml:Subject>{issuer}")))
        }),
        it("issuer with an element", IssuerMismatch, "The issuer holds an element.", {
            changed(&format!("{IDP}</saml:Issuer>"), &format!("{IDP}<saml:b/></saml:Issuer>"))
        }),
        it(
            "refused",
            StatusNotSuccess,
            "The provider refused.",
            changed("status:Success", "status:Requester"),
        ),
        it(
            "version 1.1",
            XmlInvalid,
            "The version is 1.1.",
            changed("Version=\"2.0\"", "Version=\"1.1\""),
        ),
        it("assertion of version 2.1", XmlInvalid, "The assertion's version is 2.1.", {
            let assertion = cut(&plain, "<saml:Assertion", "</saml:Assertion>");
            sign(
                &plain.replace(assertion, &assertion.replace("Version=\"2.0\"", "Version=\"2.1\"")),
            )
        }),
        it(
            "issued tomorrow",
            ClockEarly,
            "Issued tomorrow.",
            changed("IssueInstant=\"2026-01-31", "IssueInstant=\"2026-02-01"),
        ),
        it(
            "issued 61 seconds ahead",
            ClockEarly,
            "Issued one second later than clocks may differ.",
            {
                sign(&plain.replace(
                    "IssueInstant=\"2026-01-31T09:30:00Z\"",
                    "IssueInstant=\"2026-01-31T09:31:01Z\"",
                ))
            },
        ),
        it("not issued", XmlInvalid, "Does not say when it was issued.", {
            sign(&plain.replace(" IssueInstant=\"2026-01-31T09:30:00Z\"", ""))
        }),
        it(
            "issued in a zone",
            XmlInvalid,
            "Issued in a zone of time.",
            changed("09:30:00Z", "09:30:00+01:00"),
        ),
        it(
            "issued in no zone",
            XmlInvalid,
            "Issued in no zone of time.",
            changed("09:30:00Z", "09:30:00"),
        ),
        it(
            "issued in a leap second",
            XmlInvalid,
            "Issued in a leap second.",
            changed("09:30:00Z", "09:29:60Z"),
        ),
        it(
            "issued on no day",
            XmlInvalid,
            "Issued on the 31st of February.",
            changed("2026-01-31", "2026-02-31"),
        ),
    ]
}

fn subject() -> Vec<Message> {
    let it = |name, cause, tries, xml| hostile("subject", name, cause, tries, xml);
    let plain = plain();
    let subject = cut(&plain, "<saml:Subject>", "</saml:Subject>");
    let name_id = cut(&plain, "<saml:NameID", "</saml:NameID>");
    vec![
        it("none", NameIdMissing, "There is no subject.", sign(&plain.replace(subject, ""))),
        it(
            "two",
            XmlInvalid,
            "There are two subjects.",
            sign(&plain.replace(subject, &subject.repeat(2))),
        ),
        it("no name id", NameIdMissing, "There is no name ID.", sign(&plain.replace(name_id, ""))),
        it("two name ids", XmlInvalid, "There are two name IDs.", {
            let other = name_id.replace(ANN, "admin@globex.example");
            sign(&plain.replace(name_id, &format!("{name_id}{other}")))
        }),
        it(
            "base id",
            NameIdMissing,
            "A BaseID stands for the name ID.",
            sign(&plain.replace("saml:NameID", "saml:BaseID")),
        ),
        it("no confirmation", RecipientMismatch, "The subject is not confirmed.", {
            let confirmation =
                cut(&plain, "<saml:SubjectConfirmation ", "</saml:SubjectConfirmation>");
            sign(&plain.replace(confirmation, ""))
        }),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of messages")]
fn confirmation() -> Vec<Message> {
    let it = |name, cause, tries, from: &str, to: &str| {
        hostile("confirmation", name, cause, tries, changed(from, to))
    };
    let recipient = format!(" Recipient=\"{ACS}\"");
    let plain = plain();
    let data = cut(&plain, "<saml:SubjectConfirmationData", "</saml:SubjectConfirmationData>");
    let whole = cut(&plain, "<saml:SubjectConfirmation ", "</saml:SubjectConfirmation>");
    let end = "<saml:SubjectConfirmationData NotOnOrAfter=\"2026-01-31T09:35:00Z\"";
    let ended = |text: &str| end.replace("2026-01-31T09:35:00Z", text);
    vec![
        it(
            "another recipient",
            RecipientMismatch,
            "For another recipient.",
            &recipient,
            " Recipient=\"https://evil.example/\"",
        ),
        it("no recipient", RecipientMismatch, "For no recipient.", &recipient, ""),
        it(
            "longer recipient",
            RecipientMismatch,
            "The recipient begins as ours.",
            &recipient,
            &format!(" Recipient=\"{ACS}.evil.example\""),
        ),
        it(
            "recipient with a space",
            RecipientMismatch,
            "The recipient ends with a space.",
            &recipient,
            &format!(" Recipient=\"{ACS} \""),
        ),
        it(
            "holder of key",
            RecipientMismatch,
            "Confirmed by a key.",
            "cm:bearer",
            "cm:holder-of-key",
        ),
        it(
            "sender vouches",
            RecipientMismatch,
            "The sender vouches.",
            "cm:bearer",
            "cm:sender-vouches",
        ),
        it(
            "bearer in capitals",
            RecipientMismatch,
            "The method in capitals.",
            "cm:bearer",
            "cm:BEARER",
        ),
        it("no data", RecipientMismatch, "The confirmation has no data.", data, ""),
        it(
            "data twice",
            RecipientMismatch,
            "The confirmation has its data twice.",
            data,
            &data.repeat(2),
        ),
        it("ended", ClockLate, "The confirmation has ended.", end, &ended("2026-01-31T09:28:59Z")),
        it(
            "no end",
            ClockLate,
            "The confirmation does not end.",
            " NotOnOrAfter=\"2026-01-31T09:35:00Z\" Recipient",
            " Recipient",
        ),
        it(
            "end is no time",
            XmlInvalid,
            "The confirmation's end is no time.",
            end,
            &ended("never"),
        ),
        it("end is empty", XmlInvalid, "The confirmation's end is empty.", end, &ended("")),
        it(
            "end in year 10000",
            XmlInvalid,
            "The confirmation ends in the year 10000.",
            end,
            &ended("10000-01-01T00:00:00Z"),
        ),
        it(
            "begins",
            XmlInvalid,
            "The confirmation has a begin.",
            "<saml:SubjectConfirmationData ",
            "<saml:SubjectConfirmationData NotBefore=\"2026-01-31T09:25:00Z\" ",
        ),
        it(
            "several, none right",
            RecipientMismatch,
            "Two confirmations, each wrong in another part.",
            whole,
            &format!(
                "{}{}",
                whole.replace(ACS, "https://evil.example/"),
                whole.replace("09:35:00Z", "09:20:00Z")
            ),
        ),
    ]
}

fn answers() -> Vec<Message> {
    let it = |name, tries, xml: String| hostile("answers", name, RequestUnknown, tries, xml);
    let asked =
        |message: Message| message.with(|setting| setting.in_response_to = Some("_request"));
    let answer = |envelope: &str, confirmation: &str| {
        let plain =
            plain().replacen("<samlp:Response ", &format!("<samlp:Response {envelope} "), 1);
        let data = "<saml:SubjectConfirmationData ";
        sign(&plain.replacen(data, &format!("{data}{confirmation} "), 1))
    };
    let (ours, other) = ("InResponseTo=\"_request\"", "InResponseTo=\"_other\"");
    vec![
        asked(it("nothing", "Answers nothing where something was asked.", sign(&plain()))),
        asked(it("another request", "Answers another request.", answer(other, other))),
        asked(it(
            "the envelope alone",
            "Only the envelope answers our request.",
            answer(ours, other),
        )),
        asked(it(
            "the envelope another",
            "The envelope answers another request.",
            answer(other, ours),
        )),
        asked(it(
            "an empty request",
            "Answers a request without a name.",
            answer("InResponseTo=\"\"", "InResponseTo=\"\""),
        )),
        asked(it(
            "the beginning",
            "Answers a request whose name begins as ours.",
            answer("InResponseTo=\"_reques\"", "InResponseTo=\"_reques\""),
        )),
        it("invented", "Answers a request where none was sent.", answer(ours, ours)),
        it(
            "invented in the envelope",
            "The envelope answers a request where none was sent.",
            answer(ours, ""),
        ),
        it(
            "invented and empty",
            "Answers an empty request where none was sent.",
            answer("", "InResponseTo=\"\""),
        ),
    ]
}
