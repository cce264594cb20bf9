//! A test sign-in whose page is loaded again.

use super::*;
use crate::saml::issue::Issue;
use crate::saml::sign::Signer;
use crate::store::Window;
use crate::store::connections::Connection;
use crate::store::traces::{Outcome, Trace};

const IDP: &str = "https://idp.example/id";
const PUBLIC: &str = "http://localhost:8080";

/// A portal at its test, which has been begun, and the cookie of the browser in which that was.
async fn begun() -> (Portal, Connection, Cookie<'static>) {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    portal.post("metadata", &[("metadata_xml", &metadata(IDP))]).await;
    let answer = portal.post("test", &[("begin", "on")]).await;
    let lines = answer.headers.get_all("set-cookie").map(|line| line.to_str().unwrap().to_owned());
    let cookies = lines.map(|line| Cookie::parse_encoded(line).unwrap());
    let mut bound = cookies.filter(|cookie| cookie.name().ends_with("-browser"));
    let cookie = bound.next().unwrap();
    let connection = portal.connection();
    (portal, connection, Cookie::new(cookie.name().to_owned(), cookie.value().to_owned()))
}

fn test(portal: &Portal, of: &Connection) -> Trace {
    portal.world.store().read_now(|db| traces::last_test(db, &of.id)).unwrap().unwrap()
}

fn all(portal: &Portal) -> Vec<traces::Listed> {
    let filter = traces::Filter::default();
    let store = portal.world.store();
    store.read_now(|db| traces::page(db, &Window::default(), &filter)).unwrap().data
}

/// What the provider says of Ada, to this address.
fn says(portal: &Portal, of: &Connection, audience: &str) -> String {
    let pair = saml_testing::rsa();
    let signer = Signer::new(&pair.key, Some(&pair.certificate));
    let now = portal.world.store().clock().now();
    let mut issue =
        Issue::new(IDP, &of.acs(PUBLIC), audience, "ada@globex.example", now, signer).unwrap();
    issue.attributes = vec![("email".to_owned(), vec!["ada@globex.example".to_owned()])];
    issue.in_response_to = test(portal, of).saml_request_id;
    issue.base64().unwrap()
}

async fn posted(
    portal: &Portal,
    of: &Connection,
    response: &str,
    cookie: Option<&Cookie<'static>>,
) -> Answer {
    let state = test(portal, of).id.to_string();
    let mut request = TestRequest::post()
        .uri(&format!("/saml/{}/acs", of.id))
        .insert_header(("sec-fetch-site", "cross-site"))
        .set_form([("SAMLResponse", response), ("RelayState", &state)]);
    if let Some(cookie) = cookie {
        request = request.cookie(cookie.clone());
    }
    portal.world.call(request).await
}

#[actix_web::test]
async fn a_test_that_is_loaded_again_shows_what_came_of_it_and_is_nobodys_sign_in() {
    let (portal, connection, cookie) = begun().await;
    let response = says(&portal, &connection, &connection.entity_id(PUBLIC));
    let first = posted(&portal, &connection, &response, Some(&cookie)).await;
    assert!(first.body.contains("The test sign-in worked"), "{}", first.body);
    assert!(first.body.contains("Go on there with the next step."), "{}", first.body);
    let before = all(&portal);
    // At once, and once the answer is past its time.
    for minutes in [0, 20] {
        portal.world.store().clock().advance(chrono::TimeDelta::minutes(minutes));
        let again = posted(&portal, &connection, &response, Some(&cookie)).await;
        for part in [
            "The test sign-in worked",
            "This test has its answer",
            "ada@globex.example",
            "href=\"/portal/setup/test\"",
        ] {
            assert!(again.body.contains(part), "{part}: {}", again.body);
        }
        assert!(!again.body.contains("response_replayed"), "{}", again.body);
        assert_eq!(again.header("set-cookie"), "", "nobody is signed in");
    }
    let after = all(&portal);
    assert_eq!(format!("{after:?}"), format!("{before:?}"), "nothing is booked");
    assert!(portal.connection().tested());
    let home = portal.get("/portal").await.body;
    assert!(!home.contains("Last sign-in failed"), "{home}");
    let step = portal.get("/portal/setup/test").await.body;
    assert!(step.contains("The test has passed. What comes next is the step “User"), "{step}");
}

#[actix_web::test]
async fn the_answer_of_a_test_stays_refused_as_a_replay_in_another_browser() {
    let (portal, connection, cookie) = begun().await;
    let response = says(&portal, &connection, &connection.entity_id(PUBLIC));
    posted(&portal, &connection, &response, Some(&cookie)).await;
    let elsewhere = posted(&portal, &connection, &response, None).await;
    assert!(elsewhere.status >= 400, "{}", elsewhere.body);
    assert!(elsewhere.body.contains("response_replayed"), "{}", elsewhere.body);
    assert!(!elsewhere.body.contains("ada@globex.example"), "{}", elsewhere.body);
    let newest = all(&portal).remove(0);
    assert_eq!(
        (newest.outcome, newest.cause.as_deref()),
        (Outcome::Failed, Some("response_replayed"))
    );
}

#[actix_web::test]
async fn a_test_that_failed_and_is_loaded_again_says_why_it_failed() {
    let (portal, connection, cookie) = begun().await;
    let response = says(&portal, &connection, "https://elsewhere.example");
    let first = posted(&portal, &connection, &response, Some(&cookie)).await;
    assert!(first.body.contains("audience_mismatch"), "{}", first.body);
    let before = all(&portal).len();
    let again = posted(&portal, &connection, &response, Some(&cookie)).await;
    for part in ["audience_mismatch", "This test has its answer", "did not work"] {
        assert!(again.body.contains(part), "{part}: {}", again.body);
    }
    assert_eq!(all(&portal).len(), before);
}

#[actix_web::test]
async fn a_newer_test_that_failed_has_no_praise_above_it() {
    let (portal, connection, cookie) = begun().await;
    let response = says(&portal, &connection, &connection.entity_id(PUBLIC));
    posted(&portal, &connection, &response, Some(&cookie)).await;
    let step = portal.get("/portal/setup/test").await.body;
    assert!(step.contains("The test has passed."), "{step}");
    let begun = portal.post("test", &[("begin", "on")]).await;
    let lines = begun.headers.get_all("set-cookie").map(|line| line.to_str().unwrap().to_owned());
    let mut cookies = lines.map(|line| Cookie::parse_encoded(line).unwrap());
    let cookie = cookies.find(|cookie| cookie.name().ends_with("-browser")).unwrap_or(cookie);
    let waiting = portal.get("/portal/setup/test").await.body;
    assert!(!waiting.contains("The test has passed."), "{waiting}");
    let response = says(&portal, &connection, "https://elsewhere.example");
    let failed = posted(&portal, &connection, &response, Some(&cookie)).await;
    assert!(failed.body.contains("audience_mismatch"), "{}", failed.body);
    let step = portal.get("/portal/setup/test").await.body;
    assert!(step.contains("audience_mismatch") && !step.contains("The test has passed."), "{step}");
}
