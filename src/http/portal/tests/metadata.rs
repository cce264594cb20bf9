//! Metadata in which there are several providers.

use super::*;

/// A file with a provider for each of these entity IDs.
fn of_several(entity_ids: &[String]) -> String {
    let one = |entity_id: &String| {
        let file = metadata(entity_id);
        file[file.find("<md:EntityDescriptor").unwrap()..].to_owned()
    };
    let all: String = entity_ids.iter().map(one).collect();
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">{all}</md:EntitiesDescriptor>"
    )
}

fn entity_ids(number: usize) -> Vec<String> {
    (1..=number).map(|at| format!("https://idp.example/{at}")).collect()
}

fn radio(entity_id: &str) -> String {
    format!("type=\"radio\" name=\"choose\" value=\"{entity_id}\"")
}

async fn chosen() -> Portal {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    portal
}

#[actix_web::test]
async fn of_several_providers_in_the_metadata_the_one_that_is_picked_is_taken() {
    let portal = chosen().await;
    let file = of_several(&entity_ids(2));
    let typed = [("metadata_url", ""), ("metadata_xml", &*file)];
    let asked = portal.post("metadata", &typed).await;
    assert_eq!(asked.status, 422, "{}", asked.body);
    for entity_id in entity_ids(2) {
        assert!(asked.body.contains(&radio(&entity_id)), "{entity_id}: {}", asked.body);
    }
    assert!(asked.body.contains("id=\"choose-error\""), "{}", asked.body);
    assert!(!asked.body.contains(" checked"), "nothing is picked for anybody");
    assert!(asked.body.contains("&#60;md:EntitiesDescriptor"), "what was pasted is gone");
    assert!(portal.connection().identity_provider.is_none());

    assert!(!asked.body.contains("Nothing is chosen yet"), "{}", asked.body);
    let shown = ("choosing", "on");
    assert!(asked.body.contains("name=\"choosing\" value=\"on\""), "{}", asked.body);
    let unchosen = portal.post("metadata", &[typed[0], typed[1], shown]).await.body;
    assert!(unchosen.contains("Nothing is chosen yet. Choose the entity ID"), "{unchosen}");

    let picked = ("choose", "https://idp.example/2");
    let taken = portal.post("metadata", &[typed[0], typed[1], shown, picked]).await;
    assert_eq!(taken.header("location"), "/portal/setup/metadata#told", "{}", taken.body);
    let known = portal.connection().identity_provider.unwrap();
    assert_eq!(known.entity_id, "https://idp.example/2");
    assert!(!portal.get("/portal/setup/metadata").await.body.contains("name=\"choose\""));
}

#[actix_web::test]
async fn a_file_with_several_providers_goes_on_as_text_while_one_is_picked() {
    let portal = chosen().await;
    let asked = upload::upload(&portal, of_several(&entity_ids(2)).as_bytes()).await;
    assert!(asked.body.contains(&radio("https://idp.example/1")), "{}", asked.body);
    assert!(asked.body.contains("&#60;md:EntitiesDescriptor"), "{}", asked.body);
}

#[actix_web::test]
async fn a_pick_stays_while_something_else_is_wrong_and_one_that_is_not_there_is_asked_again() {
    let portal = chosen().await;
    let picked = ("choose", "https://idp.example/2");
    let wrong = portal.post("metadata", &[("metadata_xml", "<html>"), picked]).await;
    assert!(wrong.status == 422 && wrong.body.contains("id=\"metadata_xml-error\""));
    let stays = format!("{} id=\"choose\" checked", radio(picked.1));
    assert!(wrong.body.contains(&stays), "{}", wrong.body);
    let file = of_several(&entity_ids(2));
    let absent = ("choose", "https://elsewhere.example");
    let again = portal.post("metadata", &[("metadata_xml", &*file), absent]).await;
    assert!(again.body.contains(&radio("https://idp.example/1")), "{}", again.body);
    assert!(!again.body.contains("https://elsewhere.example"), "{}", again.body);
}

#[actix_web::test]
async fn the_one_of_a_federation_is_typed() {
    let portal = chosen().await;
    let file = of_several(&entity_ids(21));
    let asked = portal.post("metadata", &[("metadata_xml", &*file)]).await;
    assert!(!asked.body.contains("type=\"radio\""), "{}", asked.body);
    assert!(asked.body.contains("name=\"choose\" type=\"text\""), "{}", asked.body);
    let typed = [("metadata_xml", &*file), ("choose", "https://idp.example/21")];
    assert_eq!(portal.post("metadata", &typed).await.status, 303);
    assert_eq!(portal.connection().identity_provider.unwrap().entity_id, "https://idp.example/21");
}

/// What is told beside a field.
fn fault(answer: &Answer, field: &str) -> String {
    let at = answer.body.split(&format!("id=\"{field}-error\"")).nth(1).unwrap_or_default();
    at.split("</p>").next().unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn what_is_wrong_with_metadata_is_told_in_the_words_of_the_way_in_which_it_was_given() {
    let portal = chosen().await;
    let html = "<!doctype html><html><body>Sign in</body></html>";
    let pasted = portal.post("metadata", &[("metadata_xml", html)]).await;
    let told = fault(&pasted, "metadata_xml");
    assert!(told.contains("What was pasted is a web page") && !told.contains("address"), "{told}");
    let told = fault(&upload::upload(&portal, html.as_bytes()).await, "metadata_file");
    assert!(told.contains("This file is a web page") && !told.contains("address"), "{told}");
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let told = fault(&upload::upload(&portal, png).await, "metadata_file");
    assert!(told.contains("This file is no text") && !told.contains("as it comes"), "{told}");
    let typed = [("entity_id", "https://idp.example"), ("sign_on_url", "https://idp.example/sso")];
    let told = fault(&portal.post("metadata", &typed).await, "certificate");
    assert!(told.contains("The certificate is missing") && !told.contains("in it"), "{told}");
    // What only the operator can set is not told to whoever cannot.
    let inside = [("metadata_url", "https://127.0.0.1:9/metadata")];
    let told = fault(&portal.post("metadata", &inside).await, "metadata_url");
    assert!(told.contains("Upload the metadata file instead."), "{told}");
    assert!(!told.contains("allow_private"), "{told}");
}

#[actix_web::test]
async fn what_is_known_from_before_is_not_taken_for_what_was_just_refused() {
    let portal = chosen().await;
    portal.post("metadata", &[("metadata_xml", &metadata("https://idp.example/id"))]).await;
    let kept = "What was given just now was not taken.";
    assert!(!portal.get("/portal/setup/metadata").await.body.contains(kept));
    let refused = portal.post("metadata", &[("metadata_xml", "<a/>")]).await.body;
    assert!(refused.contains(kept) && refused.contains("https://idp.example/id"), "{refused}");
}
