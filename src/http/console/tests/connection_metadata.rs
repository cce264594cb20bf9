//! What is known of a connection's provider is given, checked and taken over.

use super::connection_new::{draft, found};
use super::{Desk, done};
use crate::http::testing::Answer;
use crate::saml::{issue, testing as saml_testing};
use crate::store::connections::{self, ConnectionState, Protocol};
use crate::store::members::Role;
use crate::store::testing;
use actix_web::test::TestRequest;

fn metadata(entity_id: &str) -> String {
    let pair = saml_testing::rsa();
    issue::metadata(entity_id, "https://idp.example/sso", &[&pair.certificate], None).unwrap()
}

/// By what the page that checked metadata knows it again.
fn seen(checked: &Answer) -> String {
    let rest = checked.body.split("name=\"seen\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Checks what is given, and then takes it over.
async fn take(desk: &Desk, setup: &str, given: &[(&str, &str)]) -> Answer {
    let with = |more: &[(&'static str, &str)]| {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        given.iter().map(own).chain(more.iter().map(own)).collect::<Vec<_>>()
    };
    let fields = with(&[("act", "check")]);
    let pairs: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let seen = seen(&desk.post(setup, &pairs).await);
    let fields = with(&[("act", "create"), ("seen", &seen)]);
    let pairs: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    desk.post(setup, &pairs).await
}

/// Sends metadata as a file.
async fn upload(desk: &Desk, setup: &str, act: (&str, &str), file: &str) -> Answer {
    upload_beside(desk, setup, act, file, &[]).await
}

/// The same, with what was typed beside it.
async fn upload_beside(
    desk: &Desk,
    setup: &str,
    (act, seen): (&str, &str),
    file: &str,
    typed: &[(&str, &str)],
) -> Answer {
    let page = desk.get(setup).await.body;
    let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let field = |name: &str, value: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!(
        "{}{}{}{}{}--edge\r\nContent-Disposition: form-data; name=\"metadata_file\"; filename=\"idp.xml\"\r\n\r\n{file}\r\n--edge--\r\n",
        field("form_token", token),
        field("act", act),
        field("seen", seen),
        // As a browser sends it where the address was left empty.
        field("metadata_url", ""),
        typed.iter().map(|(name, value)| field(name, value)).collect::<String>(),
    );
    let request = TestRequest::post()
        .uri(setup)
        .cookie(desk.cookie.clone().unwrap())
        .insert_header(("content-type", "multipart/form-data; boundary=edge"))
        .set_payload(body);
    desk.world.call(request).await
}

#[actix_web::test]
async fn metadata_is_checked_first_and_then_makes_the_connection_one_to_be_tested() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, connection) = draft(&desk, &[]).await;
    let ours = connection.idp_entity_id(desk.world.state.config.public_url.as_str());
    let xml = metadata(&ours);
    let checked = desk.post(&setup, &[("act", "check"), ("metadata_xml", &xml)]).await;
    assert_eq!(checked.status, 200, "{}", checked.body);
    for part in ["Entity ID matches", "Sign-in address found", "valid until", "value=\"create\""] {
        assert!(checked.body.contains(part), "{part}: {}", checked.body);
    }
    assert!(checked.body.contains("md:EntityDescriptor"), "what was pasted is kept");
    assert_eq!(found(&desk, &setup).state, ConnectionState::Draft, "a check takes nothing over");
    // Nothing is taken over unseen, nor anything else than what was seen.
    let unseen = desk.post(&setup, &[("act", "create"), ("metadata_xml", &xml)]).await;
    assert!(unseen.status == 200 && unseen.body.contains("name=\"seen\""), "{}", unseen.body);
    let (seen, other) = (seen(&checked), metadata("https://other.example/id"));
    let given = [("act", "create"), ("seen", &*seen), ("metadata_xml", &*other)];
    let refused = desk.post(&setup, &given).await;
    assert!(refused.status == 422 && refused.body.contains("Check it again"), "{}", refused.body);
    assert!(!refused.body.contains("value=\"create\""), "{}", refused.body);
    assert_eq!(found(&desk, &setup).state, ConnectionState::Draft);
    let given = [("act", "create"), ("seen", &*seen), ("metadata_xml", &*xml)];
    let made = desk.post(&setup, &given).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert_eq!(found(&desk, &setup).state, ConnectionState::Testing);
    let kept = done::left(&made).unwrap();
    let page = done::asked(&desk, made.header("location"), &kept, false).await.body;
    let base =
        connections::scim_base_url(desk.world.state.config.public_url.as_str(), &connection.id);
    assert!(page.contains(&base) && page.contains(" autofocus>Test sign-in"), "{page}");
}

#[actix_web::test]
async fn metadata_is_taken_as_a_file_and_by_single_values() {
    let desk = Desk::signed_in(Role::Owner).await;
    let (setup, _) = draft(&desk, &[]).await;
    let file = metadata("https://idp.example/id");
    let checked = upload(&desk, &setup, ("check", ""), &file).await;
    assert!(checked.body.contains("it is used from now on"), "{}", checked.body);
    assert!(checked.body.contains("md:EntityDescriptor"), "the file goes on as text");
    let made = upload(&desk, &setup, ("create", &seen(&checked)), &file).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert_eq!(found(&desk, &setup).identity_provider.unwrap().entity_id, "https://idp.example/id");
    let other = draft(&desk, &[("name", "Second")]).await.0;
    let pem = saml_testing::rsa().pem();
    let values = [
        ("entity_id", "https://other.example/id"),
        ("sign_on_url", "https://other.example/sso"),
        ("certificate", &pem),
    ];
    let made = take(&desk, &other, &values).await;
    assert_eq!(made.status, 303, "{}", made.body);
    assert_eq!(
        found(&desk, &other).identity_provider.unwrap().entity_id,
        "https://other.example/id"
    );
}

#[actix_web::test]
async fn metadata_in_two_ways_is_refused_instead_of_one_being_ignored() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, _) = draft(&desk, &[]).await;
    let told = "Metadata was given in two ways. One of them is wanted";
    let url = ("metadata_url", "https://idp.example/metadata");
    for other in [("metadata_xml", "<x/>"), ("entity_id", "JumpCloud"), ("certificate", "MIIC")] {
        let page = desk.post(&setup, &[("act", "check"), url, other]).await;
        assert_eq!(page.status, 422);
        let at = page.body.split("id=\"metadata_url-error\"").nth(1).unwrap_or_default();
        assert!(at.contains(told), "{}", page.body);
        assert!(page.body.contains(url.1), "what was typed is gone: {}", page.body);
    }
}

#[actix_web::test]
async fn an_address_for_both_bindings_is_listed_once_with_their_names() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, _) = draft(&desk, &[]).await;
    let address = "https://idp.example/sso";
    let xml = metadata("https://idp.example/id");
    let page = desk.post(&setup, &[("act", "check"), ("metadata_xml", &xml)]).await;
    let told = page.body.split("Sign-in address found").nth(1).unwrap_or_default();
    let told = told.split("</li>").next().unwrap_or_default();
    assert_eq!(told.matches(address).count(), 1, "{}", page.body);
    assert!(told.contains("HTTP-POST") && told.contains("HTTP-Redirect"), "{told}");
}

#[actix_web::test]
async fn what_is_no_metadata_is_named_by_what_was_given() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, connection) = draft(&desk, &[]).await;
    let sp = format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"{}\"><md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://app.example/acs\" index=\"0\"/></md:SPSSODescriptor></md:EntityDescriptor>",
        connection.entity_id(desk.world.state.config.public_url.as_str()),
    );
    for act in ["check", "create"] {
        for (field, given, says) in [
            (
                "metadata_xml",
                "<!doctype html><html><body>Sign in</body></html>",
                "That is a sign-in page",
            ),
            ("metadata_xml", &*sp, "service provider"),
            ("metadata_url", "https://127.0.0.1:9/metadata", "leads into a private network"),
            ("metadata_xml", "", "Nothing was given yet"),
        ] {
            let page = desk.post(&setup, &[("act", act), (field, given)]).await;
            assert_eq!(page.status, 422, "{says}: {}", page.body);
            assert!(
                page.body.contains(says) && page.body.contains("role=\"alert\""),
                "{says}: {}",
                page.body
            );
            assert!(!page.body.contains("value=\"create\""), "{says}");
        }
    }
    assert_eq!(found(&desk, &setup).state, ConnectionState::Draft);
}

#[actix_web::test]
async fn another_provider_on_a_connection_in_use_is_taken_over_only_when_that_is_ticked() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let setup = format!("/console/connections/{}/setup", connection.id);
    let xml = metadata("https://other.example/id");
    let checked = desk.post(&setup, &[("act", "check"), ("metadata_xml", xml.as_str())]).await;
    assert!(checked.body.contains("name=\"accept_other\""), "{}", checked.body);
    let refused = take(&desk, &setup, &[("metadata_xml", xml.as_str())]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("name=\"accept_other\""), "{}", refused.body);
    assert!(refused.body.contains("value=\"create\""), "{}", refused.body);
    let given = [("metadata_xml", xml.as_str()), ("accept_other", "1")];
    assert_eq!(take(&desk, &setup, &given).await.status, 303);
    assert_eq!(
        found(&desk, &setup).identity_provider.unwrap().entity_id,
        "https://other.example/id"
    );
}

/// What a provider of OpenID Connect says of itself.
const DISCOVERY: &str = r#"{"issuer":"https://idp.example/tenant","authorization_endpoint":"https://idp.example/authorize","token_endpoint":"https://idp.example/token","jwks_uri":"https://idp.example/jwks"}"#;

#[actix_web::test]
async fn a_discovery_document_in_place_of_metadata_offers_openid_connect_which_takes_the_issuer_over()
 {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, connection) = draft(&desk, &[]).await;
    let told = desk.post(&setup, &[("act", "check"), ("metadata_xml", DISCOVERY)]).await;
    assert_eq!(told.status, 422);
    assert!(told.body.contains("name=\"act\" value=\"openid\""), "{}", told.body);
    assert_eq!(found(&desk, &setup).protocol, Protocol::Saml, "to be told changes nothing");
    let file = upload(&desk, &setup, ("check", ""), DISCOVERY).await;
    assert!(file.body.contains("https://idp.example/tenant"), "the file goes on as text");
    let switched = desk.post(&setup, &[("act", "openid"), ("metadata_xml", DISCOVERY)]).await;
    assert_eq!((switched.status, switched.header("location")), (303, &*setup), "{}", switched.body);
    let now = found(&desk, &setup);
    assert_eq!(
        (&now.id, now.protocol, now.state),
        (&connection.id, Protocol::Oidc, ConnectionState::Draft)
    );
    let page = desk.get(&setup).await.body;
    let redirect_uri = now.redirect_uri(desk.world.state.config.public_url.as_str());
    for part in ["value=\"https://idp.example/tenant\"", "name=\"client_id\"", &redirect_uri] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn a_connection_in_use_is_not_switched_to_another_protocol() {
    let desk = Desk::signed_in(Role::Owner).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let setup = format!("/console/connections/{}/setup", connection.id);
    let told = desk.post(&setup, &[("act", "check"), ("metadata_xml", DISCOVERY)]).await;
    assert!(told.status == 422 && !told.body.contains("value=\"openid\""), "{}", told.body);
    let refused = desk.post(&setup, &[("act", "openid"), ("metadata_xml", DISCOVERY)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("make a new connection"), "{}", refused.body);
    assert_eq!(found(&desk, &setup).protocol, Protocol::Saml);
    let (draft, _) = draft(&desk, &[("name", "Second")]).await;
    let xml = metadata("https://idp.example/id");
    let wrong = desk.post(&draft, &[("act", "openid"), ("metadata_xml", &xml)]).await;
    assert_eq!(wrong.status, 422, "metadata is no discovery document");
    assert_eq!(found(&desk, &draft).protocol, Protocol::Saml);
}

#[actix_web::test]
async fn a_private_key_in_place_of_a_certificate_is_not_shown_again() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, _) = draft(&desk, &[]).await;
    let typed = [
        ("act", "check"),
        ("entity_id", "https://idp.example/id"),
        ("sign_on_url", "https://idp.example/sso"),
        ("certificate", saml_testing::PRIVATE_KEY),
    ];
    let page = desk.post(&setup, &typed).await;
    assert!(page.status == 422 && page.body.contains("private key"), "{}", page.body);
    assert!(!page.body.contains("MIIkeepme"), "{}", page.body);
    assert!(page.body.contains("https://idp.example/id"), "the rest is gone: {}", page.body);
    let page = upload(&desk, &setup, ("check", ""), saml_testing::PRIVATE_KEY).await;
    assert!(page.status == 422 && !page.body.contains("MIIkeepme"), "{}", page.body);
}

#[actix_web::test]
async fn what_was_pasted_beside_a_file_is_there_when_the_page_is_shown_again() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (setup, _) = draft(&desk, &[]).await;
    let xml = ("metadata_xml", "<pasted/>");
    let page = upload_beside(&desk, &setup, ("check", ""), "<of-the-file/>", &[xml]).await;
    assert!(page.status == 422 && page.body.contains("given in two ways"), "{}", page.body);
    assert!(page.body.contains("&#60;pasted/&#62;"), "what was pasted is gone: {}", page.body);
    assert!(!page.body.contains("of-the-file"), "{}", page.body);
    // A file alone goes on as text, since browsers forget it.
    let page = upload(&desk, &setup, ("check", ""), "<of-the-file/>").await;
    assert!(page.status == 422 && page.body.contains("of-the-file"), "{}", page.body);
}
