//! Each rule of the conditions and the statement broken alone, in a message that is rightly signed.

use super::*;
use Cause::{AudienceMismatch, ClockEarly, ClockLate, XmlInvalid};

pub(super) fn messages() -> Vec<Message> {
    let mut messages = audiences();
    messages.extend(conditions());
    messages.extend(statements());
    messages
}

fn audiences() -> Vec<Message> {
    let it = |name, tries, from: &str, to: &str| {
        hostile("audience", name, AudienceMismatch, tries, changed(from, to))
    };
    let plain = plain();
    let audience = format!("<saml:Audience>{ENTITY}</saml:Audience>");
    let restriction = cut(&plain, "<saml:AudienceRestriction>", "</saml:AudienceRestriction>");
    let conditions = cut(&plain, "<saml:Conditions", "</saml:Conditions>");
    let named = |text: &str| format!("<saml:Audience>{text}</saml:Audience>");
    let other = restriction.replace(ENTITY, "urn:other");
    vec![
        it("another", "For another service provider.", &audience, &named("https://other.example/")),
        it("with a slash", "A slash too many.", &audience, &named(&format!("{ENTITY}/"))),
        it(
            "in capitals",
            "The host in capitals.",
            &audience,
            &named(&ENTITY.replace("sso", "SSO")),
        ),
        it("longer", "Begins as ours.", &audience, &named(&format!("{ENTITY}.evil.example"))),
        it("shorter", "Ours begins so.", &audience, &named(&ENTITY[..ENTITY.len() - 1])),
        it(
            "a no break space",
            "Ends with a no-break space.",
            &audience,
            &named(&format!("{ENTITY}\u{a0}")),
        ),
        it(
            "an element",
            "Holds an element.",
            &audience,
            &named(&format!("{ENTITY}<saml:b></saml:b>")),
        ),
        it(
            "a list in one",
            "Two audiences in one text.",
            &audience,
            &named(&format!("{ENTITY} urn:other")),
        ),
        it("empty", "Empty.", &audience, &named("")),
        it("empty restriction", "A restriction without an audience.", &audience, ""),
        it("no restriction", "No restriction.", restriction, ""),
        it("no conditions", "No conditions.", conditions, ""),
        it(
            "a second restriction",
            "A second restriction does not name us.",
            restriction,
            &format!("{restriction}{other}"),
        ),
        it(
            "a first restriction",
            "A first restriction does not name us.",
            restriction,
            &format!("{other}{restriction}"),
        ),
        it(
            "too deep",
            "Our name stands one element too deep.",
            &audience,
            &format!("<saml:b>{audience}</saml:b>"),
        ),
        it(
            "of another namespace",
            "The audience is of another namespace.",
            &audience,
            &format!("<x:Audience xmlns:x=\"urn:x\">{ENTITY}</x:Audience>"),
        ),
    ]
}

fn conditions() -> Vec<Message> {
    let it = |name, cause, tries, from: &str, to: &str| {
        hostile("conditions", name, cause, tries, changed(from, to))
    };
    let begin = "NotBefore=\"2026-01-31T09:25:00Z\"";
    let end = "NotBefore=\"2026-01-31T09:25:00Z\" NotOnOrAfter=\"2026-01-31T09:35:00Z\"";
    let plain = plain();
    let conditions = cut(&plain, "<saml:Conditions", "</saml:Conditions>");
    let last = "</saml:Conditions>";
    let with = |what: &str| format!("{what}{last}");
    vec![
        it(
            "not begun",
            ClockEarly,
            "The window has not begun.",
            begin,
            "NotBefore=\"2026-01-31T09:31:01Z\"",
        ),
        it(
            "ended",
            ClockLate,
            "The window has ended.",
            end,
            "NotBefore=\"2026-01-31T09:25:00Z\" NotOnOrAfter=\"2026-01-31T09:29:00Z\"",
        ),
        it(
            "ended long ago",
            ClockLate,
            "The window ended in 1970.",
            end,
            "NotOnOrAfter=\"1970-01-01T00:00:00Z\"",
        ),
        it(
            "inverted",
            XmlInvalid,
            "The window ends before it begins.",
            end,
            "NotBefore=\"2026-01-31T09:35:00Z\" NotOnOrAfter=\"2026-01-31T09:25:00Z\"",
        ),
        it(
            "of no length",
            XmlInvalid,
            "The window begins when it ends.",
            end,
            "NotBefore=\"2026-01-31T09:30:00Z\" NotOnOrAfter=\"2026-01-31T09:30:00Z\"",
        ),
        it(
            "begin is no time",
            XmlInvalid,
            "The window's begin is no time.",
            begin,
            "NotBefore=\"soon\"",
        ),
        it("begin is empty", XmlInvalid, "The window's begin is empty.", begin, "NotBefore=\"\""),
        it(
            "begin is a date",
            XmlInvalid,
            "The window's begin is a date.",
            begin,
            "NotBefore=\"2026-01-31\"",
        ),
        it("twice", XmlInvalid, "The conditions stand twice.", conditions, &conditions.repeat(2)),
        it(
            "unknown",
            XmlInvalid,
            "A condition that nobody knows.",
            last,
            &with("<saml:Condition></saml:Condition>"),
        ),
        it(
            "typed",
            XmlInvalid,
            "A condition of a type of its own.",
            last,
            &with(
                "<saml:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:e=\"urn:e\" xsi:type=\"e:T\"></saml:Condition>",
            ),
        ),
        it(
            "of another namespace",
            XmlInvalid,
            "A condition of another namespace.",
            last,
            &with("<x:OneTimeUse xmlns:x=\"urn:x\"></x:OneTimeUse>"),
        ),
        it(
            "delegation",
            XmlInvalid,
            "A condition about delegation, which is not understood.",
            last,
            &with(
                "<d:Delegation xmlns:d=\"urn:oasis:names:tc:SAML:2.0:conditions:delegation\"></d:Delegation>",
            ),
        ),
    ]
}

fn statements() -> Vec<Message> {
    let it = |name, cause, tries, from: &str, to: &str| {
        hostile("statement", name, cause, tries, changed(from, to))
    };
    let plain = plain();
    let statement = cut(&plain, "<saml:AuthnStatement", "</saml:AuthnStatement>");
    let session = |end: &str| format!("SessionNotOnOrAfter=\"{end}\" SessionIndex=");
    vec![
        it("none", XmlInvalid, "Does not state a sign-in.", statement, ""),
        it("of another kind", XmlInvalid, "States a decision instead of a sign-in.", statement, {
            "<saml:AuthzDecisionStatement Decision=\"Permit\" Resource=\"\"></saml:AuthzDecisionStatement>"
        }),
        it(
            "no instant",
            XmlInvalid,
            "Does not say when the person signed in.",
            " AuthnInstant=\"2026-01-31T09:30:00Z\"",
            "",
        ),
        it(
            "instant tomorrow",
            ClockEarly,
            "The person will have signed in tomorrow.",
            "AuthnInstant=\"2026-01-31",
            "AuthnInstant=\"2026-02-01",
        ),
        it(
            "instant is no time",
            XmlInvalid,
            "The sign-in was at no time.",
            "AuthnInstant=\"2026-01-31T09:30:00Z\"",
            "AuthnInstant=\"now\"",
        ),
        it(
            "session ended",
            ClockLate,
            "The provider's session has ended.",
            "SessionIndex=",
            &session("2026-01-31T09:29:00Z"),
        ),
        it(
            "session end is no time",
            XmlInvalid,
            "The session's end is no time.",
            "SessionIndex=",
            &session("later"),
        ),
        it(
            "second session ended",
            ClockLate,
            "The session of a second statement has ended.",
            statement,
            &format!(
                "{statement}{}",
                statement.replace("SessionIndex=", &session("2026-01-31T09:29:00Z"))
            ),
        ),
    ]
}
