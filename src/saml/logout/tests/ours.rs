//! Messages of ours, and encrypted names.

use super::*;
use crate::saml::issue::ContentCipher;
use crate::saml::testing::xmlsec1_verify;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

fn endpoint(binding: Binding, response_location: Option<&str>) -> LogoutEndpoint {
    LogoutEndpoint {
        binding,
        location: SLO.to_owned(),
        response_location: response_location.map(str::to_owned),
    }
}

fn incoming(outgoing: &Outgoing) -> (Option<String>, Option<String>) {
    match outgoing {
        Outgoing::Redirect(address) => (Some(address.split_once('?').unwrap().1.to_owned()), None),
        Outgoing::Form(form) => (None, Some(fields(&[(form.field, &form.message)]))),
    }
}

/// What we send is taken by what we take: the provider's side is played by the same rules.
#[test]
fn what_we_send_would_be_accepted_here() {
    let keys = trusting(&[testing::rsa()]);
    let name_id = NameId { sp_name_qualifier: Some("urn:<&>\"".to_owned()), ..ann() };
    let request = NewLogoutRequest {
        id: "_request",
        issuer: IDP,
        issued_at: now(),
        name_id: &name_id,
        session_index: Some("_s<1>"),
    };
    let response = |answer| NewLogoutResponse {
        id: "_response",
        issuer: IDP,
        issued_at: now(),
        in_response_to: "_asked",
        answer,
    };
    let with = signer(testing::rsa());
    for binding in [Binding::Redirect, Binding::Post] {
        let endpoint = endpoint(binding, None);
        let (query, body) = incoming(&request.send(&endpoint, "lgo_1", &with).unwrap());
        let read = match (&query, &body) {
            (Some(query), _) => read_query(query, &keys).unwrap(),
            (_, Some(body)) => read_form(body, &keys).unwrap(),
            _ => unreachable!(),
        };
        assert_eq!(read.name_id, name_id);
        assert_eq!(read.session_indexes, ["_s<1>"]);
        assert_eq!(read.expires_at, now().plus(TimeDelta::minutes(5)).plus(MAX_SKEW));
        for (answer, status) in [
            (Answer::Success, Status::Complete),
            (Answer::Partial, Status::Partial),
            (Answer::Refused("clock_late"), Status::Failed),
            (Answer::Failed, Status::Failed),
        ] {
            let sent = response(answer).send((binding, SLO), "", &with).unwrap();
            let (query, body) = incoming(&sent);
            let read = match (&query, &body) {
                (Some(query), _) => Incoming::query(query).unwrap(),
                (_, Some(body)) => Incoming::form(body.as_bytes()).unwrap(),
                _ => unreachable!(),
            };
            let read = verify_response(&read, &expected(&keys), now()).unwrap();
            assert_eq!((read.in_response_to.as_str(), read.status), ("_asked", status));
        }
    }
}

#[test]
fn another_program_accepts_our_signed_forms() {
    let pair = testing::rsa();
    let request = NewLogoutRequest {
        id: "_request",
        issuer: ENTITY_ID,
        issued_at: now(),
        name_id: &ann(),
        session_index: None,
    };
    let sent = request.send(&endpoint(Binding::Post, None), "", &signer(pair)).unwrap();
    let Outgoing::Form(form) = sent else { panic!("{sent:?}") };
    assert_eq!((form.field, form.action.as_str()), ("SAMLRequest", SLO));
    let text = String::from_utf8(BASE64.decode(form.message).unwrap()).unwrap();
    xmlsec1_verify(&text, "LogoutRequest", pair).unwrap();
    insta::with_settings!({filters => vec![(r">[A-Za-z0-9+/]{40,}=*<", ">[base64]<")]}, {
        insta::assert_snapshot!(text.replace("><", ">\n<"));
    });
}

#[test]
fn answers_go_where_the_provider_wants_them_by_the_binding_that_it_used() {
    let both = [
        endpoint(Binding::Redirect, Some("https://idp.globex.example/done")),
        endpoint(Binding::Post, None),
    ];
    assert_eq!(
        choose_answer(&both, Binding::Redirect),
        Some((Binding::Redirect, "https://idp.globex.example/done"))
    );
    assert_eq!(choose_answer(&both, Binding::Post), Some((Binding::Post, SLO)));
    assert_eq!(choose_answer(&both[1..], Binding::Redirect), Some((Binding::Post, SLO)));
    assert_eq!(choose_answer(&[], Binding::Redirect), None);
    assert_eq!(choose(&both, None), Some(&both[0]));
    assert_eq!(choose(&both, Some(Binding::Post)), Some(&both[1]));
}

fn with_encrypted_name(cipher: ContentCipher, inside: &Element) -> Element {
    let encrypted =
        crate::saml::issue::encrypted_id(inside, &testing::rsa().certificate, cipher).unwrap();
    Element::new("samlp:LogoutRequest")
        .attribute("ID", "_request")
        .attribute("Version", "2.0")
        .attribute("IssueInstant", now().to_string())
        .attribute("Destination", SLO)
        .child(Element::new("saml:Issuer").text(IDP))
        .child(encrypted)
}

#[test]
fn an_encrypted_name_is_opened_with_our_keys() {
    let name = Element::new("saml:NameID").attribute("Format", EMAIL).text("ann@globex.example");
    for read in both_ways(&with_encrypted_name(ContentCipher::Aes256Gcm, &name)) {
        assert_eq!(read.unwrap().name_id, ann());
    }
    for (message, name) in [
        (with_encrypted_name(ContentCipher::Aes256Cbc, &name), "CBC without the switch"),
        (
            with_encrypted_name(ContentCipher::Aes256Gcm, &Element::new("saml:Issuer").text("a")),
            "no name",
        ),
    ] {
        for read in both_ways(&message) {
            assert_eq!(read.unwrap_err().cause, Cause::EncryptedUnreadable, "{name}");
        }
    }
    let twice = with_encrypted_name(ContentCipher::Aes256Gcm, &name).child(name);
    for read in both_ways(&twice) {
        assert_eq!(read.unwrap_err().cause, Cause::NameIdMissing);
    }
}
