//! Each rule of SAML broken alone, in a message that is otherwise right and rightly signed.

use super::*;

#[track_caller]
fn refused(from: &str, to: &str, cause: Cause) -> Rejection {
    World::new().refuses(&changed(from, to), cause)
}

#[test]
fn an_assertion_for_another_audience_is_refused() {
    let rejection = refused(
        &format!("<saml:Audience>{ENTITY}<"),
        &format!("<saml:Audience>{ENTITY}/<"),
        Cause::AudienceMismatch,
    );
    assert_eq!(rejection.expected.as_deref(), Some(ENTITY));
    assert_eq!(rejection.received, Some(format!("{ENTITY}/")));
}

#[test]
fn every_audience_restriction_must_name_us() {
    let other = "<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>";
    refused("</saml:Conditions>", &format!("{other}</saml:Conditions>"), Cause::AudienceMismatch);
    let world = World::new();
    let plain = plain();
    let restriction = cut(&plain, "<saml:AudienceRestriction>", "</saml:AudienceRestriction>");
    world.refuses(&sign(&plain.replace(restriction, "")), Cause::AudienceMismatch);
    let conditions = cut(&plain, "<saml:Conditions", "</saml:Conditions>");
    world.refuses(&sign(&plain.replace(conditions, "")), Cause::AudienceMismatch);
}

#[test]
fn a_response_sent_elsewhere_is_refused() {
    let to = "Destination=\"https://sso.orbit.example/saml/con_2/acs\"";
    refused(&format!("Destination=\"{ACS}\""), to, Cause::DestinationMismatch);
    refused(&format!("Destination=\"{ACS}\""), "Destination=\"\"", Cause::DestinationMismatch);
}

#[test]
fn a_signed_response_must_say_where_it_was_sent() {
    let issue = Issue { destination: None, signed: Signed::Response, ..issue() };
    World::new().refuses(&issue.xml().unwrap(), Cause::DestinationMismatch);
}

#[test]
fn an_assertion_for_another_recipient_is_refused() {
    let recipient = format!(" Recipient=\"{ACS}\"");
    refused(&recipient, " Recipient=\"https://evil.example/\"", Cause::RecipientMismatch);
    refused(&recipient, "", Cause::RecipientMismatch);
    refused("cm:bearer", "cm:holder-of-key", Cause::RecipientMismatch);
    let plain = plain();
    let data = cut(&plain, "<saml:SubjectConfirmationData", "</saml:SubjectConfirmationData>");
    World::new().refuses(&sign(&plain.replace(data, "")), Cause::RecipientMismatch);
}

#[test]
fn another_identity_provider_is_refused() {
    let world = World::new();
    let plain = plain();
    let issuer = format!("<saml:Issuer>{IDP}<");
    let other = plain.replace(&issuer, "<saml:Issuer>https://evil.example/<");
    world.refuses(&sign(&other), Cause::IssuerMismatch);
    let envelope = plain.replacen(&format!(">{IDP}<"), ">https://evil.example/<", 1);
    world.refuses(&sign(&envelope), Cause::IssuerMismatch);
    let format = "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">";
    refused("<saml:Issuer>", format, Cause::IssuerMismatch);
    refused(
        &format!("{IDP}</saml:Issuer>"),
        &format!("{IDP}\u{a0}</saml:Issuer>"),
        Cause::IssuerMismatch,
    );
}

#[test]
fn what_the_provider_refused_is_refused() {
    let status = crate::saml::issue::Status::Refused {
        reason: "RequestDenied".to_owned(),
        message: "Not assigned.".to_owned(),
    };
    let issue = Issue { status, signed: Signed::Nothing, ..issue() };
    let rejection = World::new().refuses(&issue.xml().unwrap(), Cause::StatusNotSuccess);
    let received = rejection.received.unwrap();
    assert!(received.contains("RequestDenied") && received.contains("Not assigned."));
    // A status below the top one does not make it a success.
    refused("status:Success", "status:Requester", Cause::StatusNotSuccess);
}

#[test]
fn what_is_not_yet_valid_is_early() {
    let rejection = refused(
        "NotBefore=\"2026-01-31T09:25:00Z\"",
        "NotBefore=\"2026-01-31T09:31:01Z\"",
        Cause::ClockEarly,
    );
    assert!(rejection.detail.contains("61 s"), "{}", rejection.detail);
    refused(
        "IssueInstant=\"2026-01-31T09:30:00Z\"",
        "IssueInstant=\"2026-01-31T09:31:01Z\"",
        Cause::ClockEarly,
    );
    World::new().accepts(&changed(
        "NotBefore=\"2026-01-31T09:25:00Z\"",
        "NotBefore=\"2026-01-31T09:31:00Z\"",
    ));
}

#[test]
fn what_has_ended_is_late() {
    let world =
        |seconds| World { now: testing::now().plus(TimeDelta::seconds(seconds)), ..World::new() };
    let xml = issue().xml().unwrap();
    world(359).accepts(&xml);
    let rejection = world(360).refuses(&xml, Cause::ClockLate);
    assert!(rejection.detail.contains("60 s"), "{}", rejection.detail);
    let plain = plain();
    let end = " NotOnOrAfter=\"2026-01-31T09:35:00Z\"";
    // The window of the conditions ends before that of the confirmation, or the other way round.
    let (first, second) = (plain.replacen(end, " NotOnOrAfter=\"2026-01-31T09:29:00Z\"", 1), {
        let at = plain.rfind(end).unwrap();
        format!(
            "{} NotOnOrAfter=\"2026-01-31T09:29:00Z\"{}",
            &plain[..at],
            &plain[at + end.len()..]
        )
    });
    assert_ne!(first, second);
    for message in [first, second, plain.replacen(end, "", 1)] {
        World::new().refuses(&sign(&message), Cause::ClockLate);
    }
    refused(
        "SessionIndex=",
        "SessionNotOnOrAfter=\"2026-01-31T09:29:00Z\" SessionIndex=",
        Cause::ClockLate,
    );
}

#[test]
fn clocks_differ_by_three_minutes_at_most() {
    let now = testing::now().plus(TimeDelta::seconds(300 + 180));
    let world = World { skew: TimeDelta::hours(1), now, ..World::new() };
    world.refuses(&issue().xml().unwrap(), Cause::ClockLate);
    let now = testing::now().plus(TimeDelta::seconds(300));
    let world = World {
        skew: TimeDelta::seconds(-100),
        now: now.minus(TimeDelta::seconds(1)),
        ..World::new()
    };
    world.accepts(&issue().xml().unwrap());
    World { now, ..world }.refuses(&issue().xml().unwrap(), Cause::ClockLate);
}

#[test]
fn an_answer_to_another_request_is_refused() {
    let mut issue = issue();
    let asked = World { in_response_to: Some("_request"), ..World::new() };
    asked.refuses(&issue.xml().unwrap(), Cause::RequestUnknown);
    issue.in_response_to = Some("_other".to_owned());
    asked.refuses(&issue.xml().unwrap(), Cause::RequestUnknown);
    // Invented by the provider, where nothing was asked.
    World::new().refuses(&issue.xml().unwrap(), Cause::RequestUnknown);
    // The envelope alone.
    refused(
        "<samlp:Response ",
        "<samlp:Response InResponseTo=\"_request\" ",
        Cause::RequestUnknown,
    );
    issue.in_response_to = Some("_request".to_owned());
    let xml = issue.xml().unwrap();
    asked.accepts(&xml);
    let envelope = xml.replacen("InResponseTo=\"_request\"", "InResponseTo=\"_other\"", 1);
    asked.refuses(&envelope, Cause::RequestUnknown);
}

#[test]
fn a_person_must_have_a_name_id_that_cannot_deceive() {
    let name = format!(">{ANN}</saml:NameID>");
    let long = "a".repeat(513);
    for value in [
        "",
        " \n ",
        "ann smith",
        "ann\u{a0}",
        "ann\u{200b}@globex.example",
        "\u{202e}ann",
        "ann\u{ad}",
        "a\tb",
        "ann\u{feff}",
        "ann&#x7f;",
        "ann\u{85}",
        "ann\u{2028}",
        &long,
        "<saml:b/>ann",
        "ann<saml:b/>",
    ] {
        refused(&name, &format!(">{value}</saml:NameID>"), Cause::NameIdMissing);
    }
    let plain = plain();
    let node = cut(&plain, "<saml:NameID", "</saml:NameID>");
    World::new().refuses(&sign(&plain.replace(node, "")), Cause::NameIdMissing);
    let subject = cut(&plain, "<saml:Subject>", "</saml:Subject>");
    World::new().refuses(&sign(&plain.replace(subject, "")), Cause::NameIdMissing);
    World::new().accepts(&changed(&name, &format!(">{}</saml:NameID>", "a".repeat(512))));
}

#[test]
fn a_sign_in_in_the_future_is_refused_and_an_old_one_is_told() {
    let at = |time: &str| format!("AuthnInstant=\"{time}\"");
    let now = at("2026-01-31T09:30:00Z");
    refused(&now, &at("2026-01-31T09:31:01Z"), Cause::ClockEarly);
    for told in ["2026-01-31T09:31:00Z", "2025-01-31T09:30:00Z", "0001-01-01T00:00:00Z"] {
        let identity = World::new().accepts(&changed(&now, &at(told)));
        assert_eq!(identity.authn_instant.to_string(), told);
    }
}

#[test]
fn what_saml_demands_must_be_there() {
    let plain = plain();
    let world = World::new();
    let statement = cut(&plain, "<saml:AuthnStatement", "</saml:AuthnStatement>");
    let subject = cut(&plain, "<saml:Subject>", "</saml:Subject>");
    for (from, to) in [
        ("Version=\"2.0\"", "Version=\"2.1\""),
        (" IssueInstant=\"2026-01-31T09:30:00Z\"", ""),
        ("IssueInstant=\"2026-01-31T09:30:00Z\"", "IssueInstant=\"2026-01-31T09:30:00+01:00\""),
        (" AuthnInstant=\"2026-01-31T09:30:00Z\"", ""),
        (statement, ""),
        (subject, &format!("{subject}{subject}")),
        (
            "<saml:Conditions NotBefore=\"2026-01-31T09:25:00Z\"",
            "<saml:Conditions NotBefore=\"2026-01-31T09:35:00Z\"",
        ),
        ("</saml:Conditions>", "<saml:Condition/></saml:Conditions>"),
        ("</saml:Conditions>", "<x:OneTimeUse xmlns:x=\"urn:x\"/></saml:Conditions>"),
        (
            "<saml:SubjectConfirmationData ",
            "<saml:SubjectConfirmationData NotBefore=\"2026-01-31T09:25:00Z\" ",
        ),
        (
            "<saml:SubjectConfirmationData NotOnOrAfter=\"2026",
            "<saml:SubjectConfirmationData NotOnOrAfter=\"Never",
        ),
    ] {
        assert!(plain.contains(from), "{from}");
        world.refuses(&sign(&plain.replace(from, to)), Cause::XmlInvalid);
    }
    for xml in ["<a/>", "<Response/>", "<Response xmlns=\"urn:oasis:names:tc:SAML:1.0:protocol\"/>"]
    {
        world.refuses(xml, Cause::XmlInvalid);
    }
    world.refuses(
        &plain.replace(cut(&plain, "<samlp:Status>", "</samlp:Status>"), ""),
        Cause::XmlInvalid,
    );
}

#[test]
fn one_bearer_confirmation_that_holds_is_enough_but_it_must_hold_in_all_parts() {
    let plain = plain();
    let right = cut(&plain, "<saml:SubjectConfirmation ", "</saml:SubjectConfirmation>").to_owned();
    let recipient = right.replace(ACS, "https://other.example/");
    let late = right.replace("09:35:00Z", "09:20:00Z");
    let later = right.replace("09:35:00Z", "10:35:00Z").replace(ACS, "https://other.example/");
    let world = World::new();
    let with = |confirmations: &str| sign(&plain.replace(&right, confirmations));
    let identity = world.accepts(&with(&format!("{recipient}{late}{right}{later}")));
    // As long as any of them could be accepted, the assertion is remembered.
    assert_eq!(identity.expires_at, testing::now().plus(TimeDelta::minutes(65) + MAX_SKEW));
    world.refuses(&with(&format!("{recipient}{late}")), Cause::RecipientMismatch);
    world.refuses(&with(&format!("{late}{recipient}")), Cause::ClockLate);
}
