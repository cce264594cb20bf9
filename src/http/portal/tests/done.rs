//! The end of a setup.

use super::*;
use crate::store::connections::{ConnectionPatch, Settings};
use crate::store::setup_links::{NewSession, create_session};
use crate::store::{Actor, applications};

/// A portal whose only step is the email domain, finished.
async fn finished(settings: &[(&str, &str)]) -> Portal {
    let mut portal = Portal::new(settings, &[Cover::Domains]);
    portal.start().await;
    portal.post("domain", &[("domain", "globex.test")]).await;
    assert_eq!(portal.post("domain", &[]).await.header("location"), "/portal/done");
    portal
}

#[actix_web::test]
async fn who_has_not_finished_is_led_to_where_they_stopped() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let led = portal.get("/portal/done").await;
    assert_eq!((led.status, led.header("location")), (303, "/portal/setup/create"));
    let mut looking = Portal::new(&[], &[Cover::Groups]);
    looking.start().await;
    assert_eq!(looking.get("/portal/done").await.header("location"), "/portal");
    looking.cookie = None;
    assert_eq!(looking.get("/portal/done").await.status, 401);
}

#[actix_web::test]
async fn a_domain_that_is_live_and_one_that_waits_are_told_apart() {
    let portal = finished(&[]).await;
    let page = portal.get("/portal/done").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("globex.test waits for its DNS record"), "{}", page.body);
    assert!(
        page.body.contains("globex.example will be sent to your sign-in page"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("are sent to your sign-in page"), "{}", page.body);
    assert!(!page.body.contains("turns the connection on"), "{}", page.body);
}

#[actix_web::test]
async fn the_way_back_is_that_of_the_visit_or_else_the_operators() {
    let portal = finished(&[]).await;
    assert!(!portal.get("/portal/done").await.body.contains("Back to "));
    let mut portal = finished(&[("brand.back", "https://orbit.example/login")]).await;
    let page = portal.get("/portal/done").await.body;
    let back = "href=\"https://orbit.example/login\" target=\"_top\">Back to ";
    assert!(page.contains(back), "{page}");

    let store = portal.world.store();
    store.system(|tx| applications::create(tx, testing::orbit()));
    let session = NewSession {
        covers: vec![Cover::Domains],
        connection_id: None,
        return_url: Some("https://app.example/settings".to_owned()),
        person: None,
    };
    let of = portal.organization.clone();
    (portal.link, portal.token) = store.system(|tx| create_session(tx, &of, session));
    portal.start().await;
    portal.post("domain", &[]).await;
    let page = portal.get("/portal/done").await.body;
    assert!(
        page.contains("href=\"https://app.example/settings\" target=\"_top\">Back to "),
        "{page}"
    );
    assert!(!page.contains("orbit.example/login"), "{page}");
}

#[actix_web::test]
async fn a_renewal_ends_with_the_certificate_and_who_is_told_before_it_ends() {
    let mut portal = Portal::new(&[], &[Cover::Domains]);
    let connection = testing::active(portal.world.store(), "JumpCloud", None);
    let of = connection.organization_id.clone();
    let new = NewLink {
        connection_id: Some(connection.id.clone()),
        covers: vec![Cover::Certificate],
        ..NewLink::default()
    };
    let store = portal.world.store();
    store.system(|tx| connections::set_contact(tx, &connection.id, "ines@globex.example"));
    let made = store.write_now(&(&of).into(), &Actor::Cli("sam".to_owned()), |tx| {
        setup_links::create(tx, &of, new)
    });
    (portal.link, portal.token) = made.unwrap();
    portal.start().await;
    let xml = metadata("JumpCloud");
    portal.post("metadata", &[("metadata_xml", &xml)]).await;
    assert_eq!(portal.post("metadata", &[]).await.header("location"), "/portal/done");
    let page = portal.get("/portal/done").await.body;
    for part in [
        "The metadata is renewed",
        "The new metadata of JumpCloud was taken in.",
        "Valid until ",
        "writes to ines@globex.example 60, 30, 7 and 1 days before it ends.",
        "Not renewed by itself",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

/// A portal that has come to its test, with its one domain live and every other step done.
async fn at_its_test() -> Portal {
    let mut portal = Portal::new(&[], &[Cover::SignIn, Cover::Domains]);
    portal.start().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    for step in ["create", "values", "attributes"] {
        portal.post(step, &[]).await;
    }
    let xml = metadata(&portal.connection().idp_entity_id("http://localhost:8080"));
    portal.post("metadata", &[("metadata_xml", &xml)]).await;
    portal.post("metadata", &[]).await;
    portal.post("domain", &[]).await;
    portal
}

fn link(portal: &Portal) -> SetupLink {
    portal.world.store().read_now(|db| setup_links::find(db, &portal.link.id)).unwrap()
}

#[actix_web::test]
async fn a_test_that_is_left_out_is_not_done_and_the_setup_is_not_complete_for_want_of_it() {
    let portal = at_its_test().await;
    assert_eq!(portal.state(), State::InProgress);
    let page = portal.get("/portal/setup/test").await.body;
    assert!(page.contains("Go on without testing") && !page.contains("Not tested"), "{page}");
    let left = portal.post("test", &[("without", "on")]).await;
    assert_eq!(left.header("location"), "/portal/done");
    // The operator is told that nothing else is to come, and by how much it is not all.
    assert_eq!((portal.state(), link(&portal).progress()), (State::Completed, (6, 7)));
    let done = portal.get("/portal/done").await.body;
    assert!(done.contains("Set up, but something is missing"), "{done}");
    assert!(done.contains("href=\"/portal/setup/test\">Test sign-in"), "{done}");
    assert!(!done.contains("waits for its DNS record"), "{done}");
    let step = portal.get("/portal/setup/domain").await.body;
    let line = step.split("href=\"/portal/setup/test\"").nth(1).unwrap();
    assert!(line.split("</li>").next().unwrap().contains("Not tested"), "{step}");
    assert_eq!(portal.get("/portal/setup").await.header("location"), "/portal/setup/test");
}

#[actix_web::test]
async fn a_test_that_passed_is_done_until_the_settings_are_others() {
    let portal = at_its_test().await;
    let store = portal.world.store();
    let connections::Connection { id, revision, .. } = portal.connection();
    store.system(|tx| connections::record_test(tx, &id, revision));
    assert_eq!(portal.post("test", &[]).await.header("location"), "/portal/done");
    assert_eq!(link(&portal).progress(), (7, 7));
    let done = portal.get("/portal/done").await.body;
    assert!(done.contains("The setup is complete") && !done.contains("What is missing"), "{done}");
    assert!(portal.get("/portal").await.body.contains("The setup is complete"));
    let settings = Settings { sign_requests: true, ..Settings::default() };
    let patch = ConnectionPatch { settings: Some(settings), ..ConnectionPatch::default() };
    store.system(|tx| connections::change(tx, &id, patch));
    let home = portal.get("/portal").await.body;
    assert!(home.contains("What is missing") && !home.contains("The setup is complete"), "{home}");
}

#[actix_web::test]
async fn people_of_a_domain_are_sent_to_the_sign_in_page_only_once_the_connection_is_on() {
    let portal = at_its_test().await;
    let connections::Connection { id, revision, .. } = portal.connection();
    let store = portal.world.store();
    store.system(|tx| connections::record_test(tx, &id, revision));
    portal.post("test", &[]).await;
    let done = portal.get("/portal/done").await.body;
    let (will, does) = ("will be sent to your sign-in page once", "are sent to your sign-in page");
    assert!(done.contains(will) && !done.contains(does), "{done}");
    assert!(
        done.contains("Ready") || portal.get("/portal").await.body.contains("Ready to turn on")
    );
    store.system(|tx| connections::activate(tx, &id, false));
    let done = portal.get("/portal/done").await.body;
    assert!(!done.contains(will) && done.contains(does), "{done}");
}

#[actix_web::test]
async fn after_another_provider_was_chosen_what_is_to_be_taken_again_is_missing() {
    let portal = at_its_test().await;
    let connections::Connection { id, revision, .. } = portal.connection();
    let store = portal.world.store();
    store.system(|tx| connections::record_test(tx, &id, revision));
    portal.post("test", &[]).await;
    let ready = portal.get("/portal").await.body;
    assert!(ready.contains("Ready to turn on") && !ready.contains("What is missing"), "{ready}");
    portal.post("provider", &[("provider", "okta"), ("sure", "on")]).await;
    // What passed was a sign-in at the provider before: the operator is not told otherwise either.
    assert!(!portal.connection().tested());
    let home = portal.get("/portal").await.body;
    for part in [
        "What is missing",
        "Not finished: Create the app, Copy values, Attributes and people, Metadata.",
        "No test sign-in has passed with the present settings",
        "Setup in progress",
        "Known from before. The step Metadata is not finished.",
        "2 to look at",
    ] {
        assert!(home.contains(part), "{part}: {home}");
    }
    for part in ["Ready to turn on", "All clear"] {
        assert!(!home.contains(part), "{part}: {home}");
    }
    let step = portal.get("/portal/setup/metadata").await.body;
    assert!(step.contains("This is from before."), "{step}");
}

#[actix_web::test]
async fn a_test_under_way_at_the_provider_before_counts_for_nothing() {
    let portal = at_its_test().await;
    let connections::Connection { id, revision, .. } = portal.connection();
    portal.post("provider", &[("provider", "okta"), ("sure", "on")]).await;
    let store = portal.world.store();
    // The browser comes back from the provider before.
    store.system(|tx| connections::record_test(tx, &id, revision));
    assert!(!portal.connection().tested());
    assert_eq!(portal.connection().revision, revision + 1);
    // The same once more is no other provider.
    portal.post("provider", &[("provider", "okta")]).await;
    assert_eq!(portal.connection().revision, revision + 1);
    store.system(|tx| connections::record_test(tx, &id, revision + 1));
    assert!(portal.connection().tested());
}

#[actix_web::test]
async fn what_a_test_leads_to_comes_with_what_is_read_again_by_itself() {
    let portal = at_its_test().await;
    let part = async || {
        let cookie = portal.cookie.as_ref().unwrap();
        let cookie = Cookie::new(cookie.name().to_owned(), cookie.value().to_owned());
        let request = TestRequest::get().uri("/portal/setup/test").cookie(cookie);
        portal.world.call(request.insert_header(("HX-Request", "true"))).await.body
    };
    let before = part().await;
    assert!(before.contains("name=\"without\"") && !before.contains("name=\"finish\""), "{before}");
    let connections::Connection { id, revision, .. } = portal.connection();
    portal.world.store().system(|tx| connections::record_test(tx, &id, revision));
    let after = part().await;
    assert!(!after.contains("name=\"without\"") && after.contains("name=\"finish\""), "{after}");
    let page = portal.get("/portal/setup/test").await.body;
    assert_eq!(page.matches("name=\"finish\"").count(), 1, "{page}");
}

#[actix_web::test]
async fn a_domain_that_waits_beside_one_that_is_live_is_nothing_that_is_missing() {
    let portal = at_its_test().await;
    portal.post("domain", &[("domain", "globex.test")]).await;
    let connections::Connection { id, revision, .. } = portal.connection();
    portal.world.store().system(|tx| connections::record_test(tx, &id, revision));
    portal.post("test", &[]).await;
    let done = portal.get("/portal/done").await.body;
    assert!(done.contains("The setup is complete") && !done.contains("What is missing"), "{done}");
    let later = done.split("What you can do later").nth(1).unwrap();
    assert!(later.contains("globex.test waits for its DNS record"), "{done}");
    let own = portal.organization.clone();
    portal.world.store().system(|tx| crate::store::domains::remove(tx, &own, "globex.example"));
    let done = portal.get("/portal/done").await.body;
    assert!(done.contains("something is missing") && done.contains("What is missing"), "{done}");
}

#[actix_web::test]
async fn what_is_missing_is_all_that_is_needed_and_what_is_optional_is_called_that() {
    let portal = Portal::started().await;
    let home = portal.get("/portal").await.body;
    let all = "Not finished: Identity provider, Create the app, Copy values, Attributes and people, Metadata, Email domain, Test sign-in, User provisioning (optional).";
    assert!(home.contains(all), "{home}");
    let handed = portal.get("/portal/hand-over").await.body;
    assert!(handed.contains("Test sign-in, User provisioning (optional)."), "{handed}");
    let mut portal = Portal::new(&[], &[Cover::SignIn, Cover::Provisioning]);
    portal.start().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    for step in ["create", "values", "attributes"] {
        portal.post(step, &[]).await;
    }
    portal.post("metadata", &[("metadata_xml", &metadata("https://idp.example/id"))]).await;
    let connections::Connection { id, revision, .. } = portal.connection();
    portal.world.store().system(|tx| connections::record_test(tx, &id, revision));
    portal.post("test", &[]).await;
    let home = portal.get("/portal").await.body;
    assert!(!home.contains("What is missing") && !home.contains("are not finished"), "{home}");
}
