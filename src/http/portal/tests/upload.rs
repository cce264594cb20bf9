//! Metadata as a file.

use super::*;

/// A form with a file, as a browser sends it.
fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let name = if file.is_empty() { "" } else { "idp.xml" };
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"metadata_file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    body
}

async fn send(portal: &Portal, body: Vec<u8>) -> Answer {
    let cookie = portal.cookie.as_ref().unwrap();
    let cookie = Cookie::new(cookie.name().to_owned(), cookie.value().to_owned());
    let request = TestRequest::post()
        .uri("/portal/setup/metadata")
        .cookie(cookie)
        .insert_header(("content-type", "multipart/form-data; boundary=edge"))
        .set_payload(body);
    portal.world.call(request).await
}

/// Sends the form of the step with this file.
pub(super) async fn upload(portal: &Portal, file: &[u8]) -> Answer {
    let token = portal.form_token("/portal/setup/metadata").await;
    let fields = [("form_token", &*token), ("metadata_url", ""), ("metadata_xml", "")];
    send(portal, form(&fields, file)).await
}

async fn chosen() -> Portal {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    portal
}

/// What is told beside the field of the file.
fn fault(answer: &Answer) -> &str {
    let at = answer.body.split("id=\"metadata_file-error\"").nth(1).unwrap_or_default();
    at.split("</p>").next().unwrap_or_default()
}

#[actix_web::test]
async fn metadata_is_taken_as_the_file_that_the_console_gave() {
    let portal = chosen().await;
    let page = portal.get("/portal/setup/metadata").await.body;
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("type=\"file\""));
    let taken = upload(&portal, metadata("https://idp.example/id").as_bytes()).await;
    assert_eq!((taken.status, taken.header("location")), (303, "/portal/setup/metadata#told"));
    let known = portal.connection().identity_provider.unwrap();
    assert_eq!(known.entity_id, "https://idp.example/id");
}

#[actix_web::test]
async fn a_file_that_is_something_else_is_named_beside_its_field() {
    let portal = chosen().await;
    let page = upload(&portal, b"<!doctype html><html><body>Sign in</body></html>").await;
    assert_eq!(page.status, 422);
    assert!(fault(&page).contains("That is a sign-in page"), "{}", page.body);
    assert!(!page.body.contains("id=\"metadata_xml-error\""), "{}", page.body);
    let binary = upload(&portal, &[0xff, 0xfe, 0x00, 0xd8, 0x00]).await;
    assert!(binary.status == 422 && !fault(&binary).is_empty(), "{}", binary.body);
    let nothing = upload(&portal, b"").await;
    assert!(nothing.status == 422 && nothing.body.contains("Give the metadata"));
    assert!(portal.connection().identity_provider.is_none());
}

#[actix_web::test]
async fn a_file_that_is_too_large_says_so_and_one_without_end_is_not_read() {
    let portal = chosen().await;
    let page = upload(&portal, &vec![b' '; 1024 * 1024 + 1]).await;
    assert_eq!(page.status, 422);
    assert!(fault(&page).contains("The metadata is too large"), "{}", page.body);
    assert_eq!(upload(&portal, &vec![b' '; 9 * 1024 * 1024]).await.status, 413);
}

#[actix_web::test]
async fn a_form_with_a_file_needs_the_visit_s_token_and_its_end() {
    let portal = chosen().await;
    let file = metadata("https://idp.example/id");
    let whole = form(&[("metadata_url", "")], file.as_bytes());
    assert_eq!(send(&portal, whole).await.status, 403);
    let token = portal.form_token("/portal/setup/metadata").await;
    let mut cut = form(&[("form_token", &token)], file.as_bytes());
    cut.truncate(cut.len() - 20);
    assert_eq!(send(&portal, cut).await.status, 400);
    let many: Vec<_> = (0..40).map(|n| (format!("field{n}"), "x")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (&**name, *value)).collect();
    assert_eq!(send(&portal, form(&many, b"x")).await.status, 400);
    assert!(portal.connection().identity_provider.is_none());
}

#[actix_web::test]
async fn a_file_beside_an_address_is_refused_and_says_which_is_wanted() {
    let portal = chosen().await;
    let token = portal.form_token("/portal/setup/metadata").await;
    let file = metadata("https://idp.example/id");
    let fields = [
        ("form_token", &*token),
        ("metadata_url", "https://idp.example/metadata"),
        ("metadata_xml", ""),
    ];
    let both = send(&portal, form(&fields, file.as_bytes())).await;
    assert_eq!(both.status, 422);
    let told = both.body.split("id=\"metadata_url-error\"").nth(1).unwrap_or_default();
    assert!(
        told.contains("Metadata was given in two ways. One of them is wanted"),
        "{}",
        both.body
    );
    assert!(both.body.contains("value=\"https://idp.example/metadata\""), "{}", both.body);
    assert!(portal.connection().identity_provider.is_none());
    let fields = [("form_token", &*token), ("metadata_url", ""), ("metadata_xml", "<x/>")];
    let both = send(&portal, form(&fields, file.as_bytes())).await;
    assert!(both.status == 422 && both.body.contains("given in two ways"), "{}", both.body);
}

#[actix_web::test]
async fn the_address_that_is_known_already_gives_way_to_a_file() {
    let portal = chosen().await;
    let (url, connection) = ("https://idp.example/metadata", portal.connection());
    portal.world.store().system(|tx| {
        let known = testing::provider("https://idp.example/id");
        connections::import(tx, &connection.id, known, Some(url.to_owned()), false)
    });
    let page = portal.get("/portal/setup/metadata").await.body;
    assert!(page.contains(&format!("value=\"{url}\"")), "{page}");
    let token = portal.form_token("/portal/setup/metadata").await;
    let fields = [("form_token", &*token), ("metadata_url", url), ("metadata_xml", "")];
    let file = metadata("https://idp.example/id");
    assert_eq!(send(&portal, form(&fields, file.as_bytes())).await.status, 303);
    assert_eq!(portal.connection().identity_provider.unwrap().entity_id, "https://idp.example/id");
}

#[actix_web::test]
async fn a_private_key_in_place_of_a_certificate_is_not_shown_again() {
    let portal = chosen().await;
    let typed = [
        ("entity_id", "https://idp.example/id"),
        ("sign_on_url", "https://idp.example/sso"),
        ("certificate", saml_testing::PRIVATE_KEY),
    ];
    let page = portal.post("metadata", &typed).await;
    assert!(page.status == 422 && page.body.contains("private key"), "{}", page.body);
    assert!(!page.body.contains("MIIkeepme"), "{}", page.body);
    assert!(page.body.contains("https://idp.example/id"), "the rest is gone: {}", page.body);
}
