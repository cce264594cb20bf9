//! The rules of the portal, through the whole application without a network.

mod activity;
mod code;
mod domains;
mod done;
mod embedding;
mod faults;
mod groups;
mod hand_over;
mod help;
mod home;
mod metadata;
mod over;
mod reload;
mod resume;
mod tokens;
mod trust;
mod upload;
mod ways;

use crate::crypto::Secret;
use crate::http::testing::{Answer, PRODUCTION, World, world};
use crate::saml::issue;
use crate::saml::testing as saml_testing;
use crate::store::connections::{self, ConnectionState};
use crate::store::setup_links::{self, Cover, NewLink, SetupLink, State};
use crate::store::{OrganizationId, organizations, testing, traces};
use actix_web::cookie::Cookie;
use actix_web::test::TestRequest;

/// A customer, a link for them, and the cookie of whoever started with it.
struct Portal {
    world: World,
    organization: OrganizationId,
    link: SetupLink,
    token: Secret,
    cookie: Option<Cookie<'static>>,
}

impl Portal {
    fn new(settings: &[(&str, &str)], covers: &[Cover]) -> Self {
        let world = world(settings);
        let store = world.store();
        let organization = store.system(|tx| organizations::create(tx, testing::globex())).id;
        let new = NewLink {
            covers: covers.to_vec(),
            provider: Some("jumpcloud".to_owned()),
            note: Some("<b>Call us".to_owned()),
            ..NewLink::default()
        };
        let (link, token) = store.system(|tx| setup_links::create(tx, &organization, new));
        Self { world, organization, link, token, cookie: None }
    }

    async fn started() -> Self {
        let mut portal = Self::new(&[], &Cover::USUAL);
        assert_eq!(portal.start().await.status, 303);
        portal
    }

    fn address(&self) -> String {
        format!("/setup/{}", self.token.reveal())
    }

    fn state(&self) -> State {
        let id = self.link.id.clone();
        let link = self.world.store().read_now(|db| setup_links::find(db, &id)).unwrap();
        link.state(self.world.store().clock().now())
    }

    async fn start(&mut self) -> Answer {
        let form = [("token", self.token.reveal())];
        let request = TestRequest::post().uri("/portal/start").set_form(form);
        let answer = self.world.call(request).await;
        let line = answer.header("set-cookie").to_owned();
        if let Ok(cookie) = Cookie::parse_encoded(line) {
            self.cookie = Some(cookie.into_owned());
        }
        answer
    }

    async fn get(&self, uri: &str) -> Answer {
        let mut request = TestRequest::get().uri(uri);
        if let Some(cookie) = &self.cookie {
            request =
                request.cookie(Cookie::new(cookie.name().to_owned(), cookie.value().to_owned()));
        }
        self.world.call(request).await
    }

    /// What a page's forms carry.
    async fn form_token(&self, uri: &str) -> String {
        let page = self.get(uri).await;
        let token = page.body.split("name=\"form_token\" value=\"").nth(1).unwrap();
        token.split('"').next().unwrap().to_owned()
    }

    /// Sends a form of a step as its page has it.
    async fn post(&self, step: &str, fields: &[(&str, &str)]) -> Answer {
        let uri = format!("/portal/setup/{step}");
        let token = self.form_token(&uri).await;
        let fields: Vec<(&str, &str)> =
            fields.iter().copied().chain([("form_token", &*token)]).collect();
        self.send(&uri, &fields).await
    }

    async fn send(&self, uri: &str, fields: &[(&str, &str)]) -> Answer {
        let cookie = self.cookie.as_ref().unwrap();
        let cookie = Cookie::new(cookie.name().to_owned(), cookie.value().to_owned());
        self.world.call(TestRequest::post().uri(uri).cookie(cookie).set_form(fields)).await
    }

    fn connection(&self) -> connections::Connection {
        let store = self.world.store();
        let link = store.read_now(|db| setup_links::find(db, &self.link.id)).unwrap();
        store.read_now(|db| connections::find(db, &link.connection_id.unwrap())).unwrap()
    }
}

fn metadata(entity_id: &str) -> String {
    let pair = saml_testing::rsa();
    issue::metadata(entity_id, "https://idp.example/sso", &[&pair.certificate], None).unwrap()
}

#[actix_web::test]
async fn a_scanner_that_opens_a_link_leaves_it_unused() {
    let mut portal = Portal::new(&[], &Cover::USUAL);
    for _ in 0..5 {
        let page = portal.get(&portal.address()).await;
        assert_eq!((page.status, page.header("set-cookie")), (200, ""));
        assert!(page.body.contains("Set up single sign-on for Globex"));
        assert!(page.body.contains("&#60;b&#62;Call us"), "{}", page.body);
    }
    assert_eq!(portal.state(), State::Sent);
    assert_eq!(portal.start().await.header("location"), "/portal/setup");
    assert_eq!(portal.state(), State::Opened);
}

#[actix_web::test]
async fn a_link_is_bound_to_the_browser_that_starts_and_says_so_elsewhere() {
    let mut portal = Portal::new(PRODUCTION, &Cover::USUAL);
    let started = portal.start().await;
    let cookie = started.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Secure-vestibule-portal=po_"), "{cookie}");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/portal"] {
        assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
    }
    let claimed = portal.get(&portal.address()).await.header("location").to_owned();
    assert_eq!(claimed, format!("/portal/link/{}", portal.link.id));
    assert_eq!(portal.get(&claimed).await.header("location"), "/portal/setup");
    portal.cookie = None;
    let elsewhere = portal.get(&claimed).await;
    assert_eq!(elsewhere.status, 409);
    assert!(elsewhere.body.contains("in use in another browser"), "{}", elsewhere.body);
    assert_eq!(portal.start().await.status, 409);
    for path in ["/portal", "/portal/setup", "/portal/setup/provider"] {
        assert_eq!(portal.get(path).await.status, 401, "{path}");
    }
}

#[actix_web::test]
async fn links_that_are_over_say_so() {
    let mut portal = Portal::started().await;
    let id = portal.link.id.clone();
    portal.world.store().system(|tx| setup_links::revoke(tx, &id));
    let page = portal.get(&portal.address()).await;
    assert!(page.status == 410 && page.body.contains("taken back"), "{}", page.body);
    assert_eq!(portal.get("/portal").await.status, 401);
    portal = Portal::new(&[], &Cover::USUAL);
    portal.world.store().clock().advance(chrono::TimeDelta::days(8));
    let page = portal.get(&portal.address()).await;
    assert!(page.status == 410 && page.body.contains("has ended"), "{}", page.body);
    assert_eq!(portal.get("/setup/sl_nonsense").await.status, 404);
}

#[actix_web::test]
async fn a_form_without_the_visit_s_own_token_does_nothing() {
    let portal = Portal::started().await;
    let (uri, chosen) = ("/portal/setup/provider", ("provider", "okta"));
    assert_eq!(portal.send(uri, &[chosen]).await.status, 403);
    assert_eq!(portal.send(uri, &[chosen, ("form_token", "0123")]).await.status, 403);
    assert_eq!(portal.state(), State::Opened);
    assert_eq!(portal.post("provider", &[chosen]).await.status, 303);
    assert_eq!(portal.state(), State::InProgress);
}

#[actix_web::test]
async fn the_steps_lead_from_the_provider_to_the_home_and_can_be_left_in_the_middle() {
    let portal = Portal::started().await;
    let next = |answer: &Answer| answer.header("location").replace("/portal/setup/", "");
    assert_eq!(next(&portal.get("/portal/setup/values").await), "provider");
    let chosen = portal.post("provider", &[("provider", "jumpcloud")]).await;
    assert_eq!(next(&chosen), "create");
    assert_eq!(portal.connection().state, ConnectionState::Draft);
    assert_eq!(next(&portal.post("create", &[]).await), "values");

    let values = portal.get("/portal/setup/values").await.body;
    let connection = portal.connection();
    let public_url = "http://localhost:8080";
    let given = [
        ("IdP Entity ID", connection.idp_entity_id(public_url)),
        ("SP Entity ID", connection.entity_id(public_url)),
        ("ACS URLs", connection.acs(public_url)),
        ("SAMLSubject NameID", "email".to_owned()),
        ("Login URL", connection.login_url(public_url)),
    ];
    let mut rest = &*values;
    for (label, value) in &given {
        let at = rest.find(&format!("<span class=\"f\">{label}</span>")).unwrap();
        rest = &rest[at..];
        assert!(
            rest[..rest.find("</li>").unwrap()].contains(&format!(">{value}</span>")),
            "{label}"
        );
    }
    portal.post("values", &[]).await;
    // Whoever comes back goes on where they stopped.
    assert_eq!(next(&portal.get("/portal/setup").await), "attributes");
    assert_eq!(next(&portal.post("attributes", &[]).await), "metadata");

    let refused =
        portal.post("metadata", &[("metadata_url", ""), ("metadata_xml", "<html>")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"metadata_xml-error\""), "{}", refused.body);
    let xml = metadata(&connection.idp_entity_id(public_url));
    let taken = portal.post("metadata", &[("metadata_url", ""), ("metadata_xml", &xml)]).await;
    assert_eq!(taken.header("location"), "/portal/setup/metadata#told");
    let told = portal.get("/portal/setup/metadata").await.body;
    assert!(told.contains("Entity ID matches the one that you entered"), "{told}");
    assert_eq!(next(&portal.post("metadata", &[]).await), "domain");

    let refused = portal.post("domain", &[("domain", "no domain")]).await;
    assert!(refused.status == 422 && refused.body.contains("id=\"domain-error\""));
    portal.post("domain", &[("domain", "globex.test")]).await;
    let page = portal.get("/portal/setup/domain").await.body;
    assert!(page.contains("_vestibule.globex.test") && page.contains("Waiting for the DNS"));
    assert_eq!(next(&portal.post("domain", &[]).await), "test");

    let untested = portal.post("test", &[]).await;
    assert!(untested.body.contains("No test sign-in has passed"), "{}", untested.body);
    let begun = portal.post("test", &[("begin", "on")]).await;
    // A page that goes on by itself, since a form may not lead to the provider by a redirect.
    assert_eq!(begun.status, 200, "{}", begun.body);
    assert!(
        begun.body.contains("http-equiv=\"refresh\" content=\"0;url=https://"),
        "{}",
        begun.body
    );
    assert!(begun.header("content-security-policy").contains("form-action 'self'"));
    assert!(begun.header("set-cookie").contains("-browser="), "it is bound to the browser");
    let last = |of| portal.world.store().read_now(|db| traces::last_test(db, of)).unwrap().unwrap();
    let trace = last(&connection.id);
    assert!(trace.at_portal, "the result leads back here");
    assert!(trace.sent_at.is_some() && begun.body.contains(trace.id.as_str()), "{}", begun.body);
    assert!(portal.get("/portal/setup/test").await.body.contains("Waiting for the provider"));
    portal.world.store().clock().advance(chrono::TimeDelta::minutes(30));
    let left = portal.get("/portal/setup/test").await.body;
    assert!(
        left.contains("Not finished in time")
            && !left.contains("badge ok\"><span class=\"dot\"></span>Passed")
    );
    assert_eq!(next(&portal.post("test", &[("without", "on")]).await), "provisioning");

    let made = portal.post("provisioning", &[("token", "on")]).await.body;
    assert_eq!(made.matches(">scim_").count(), 1, "{made}");
    assert!(!portal.get("/portal/setup/provisioning").await.body.contains(">scim_"));
    let of_groups = "Enable management of User Groups";
    let off = portal.get("/portal/setup/provisioning").await.body;
    assert!(!off.contains(of_groups) && portal.get("/portal").await.body.contains("Not allowed."));
    portal.post("provisioning", &[("groups", "on")]).await;
    let on = portal.get("/portal/setup/provisioning").await.body;
    assert!(on.contains("Do not allow groups") && on.contains(of_groups), "{on}");
    assert_eq!(portal.post("provisioning", &[]).await.header("location"), "/portal/done");
    assert_eq!(portal.state(), State::Completed);
    let done = portal.get("/portal/done").await.body;
    assert!(!done.contains("The setup is complete"), "{done}");
    for part in [
        "Set up, but something is missing",
        "href=\"/portal/setup/test\">Test sign-in",
        "href=\"/portal/setup/domain\">Check globex.test",
        "No test sign-in has passed with the present settings",
        "globex.test waits for its DNS record",
        "There is a token for your directory, which has not asked yet.",
        "tests a sign-in with you and then turns the connection on.",
        "can require single sign-on at Globex",
        "Valid until ",
        "is told 60, 30, 7 and 1 days before it ends.",
    ] {
        assert!(done.contains(part), "{part}: {done}");
    }
    let home = portal.get("/portal").await.body;
    assert!(home.contains("What is missing") && home.contains("Setup in progress"), "{home}");
    assert!(!home.contains("The setup is complete"), "{home}");
    let actors = portal.world.store().kinds(Some(&portal.organization));
    assert!(actors.contains(&"setup_link.completed".to_owned()));
}

#[actix_web::test]
async fn what_a_page_asks_again_is_the_part_that_shows_what_arrives() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    portal.post("domain", &[("domain", "globex.test")]).await;
    for (at, seconds, id) in [
        ("/portal/setup/provisioning", 3, "arrivals"),
        ("/portal", 3, "arrivals"),
        ("/portal/setup/test", 3, "result"),
        ("/portal/setup/domain", 5, "domains"),
    ] {
        let page = portal.get(at).await.body;
        let asks = format!("hx-get=\"{at}\" hx-trigger=\"every {seconds}s\"");
        assert!(page.contains(&asks), "{page}");
        let cookie = portal.cookie.as_ref().unwrap();
        let cookie = Cookie::new(cookie.name().to_owned(), cookie.value().to_owned());
        let request = TestRequest::get().uri(at).cookie(cookie);
        let part = portal.world.call(request.insert_header(("HX-Request", "true"))).await;
        assert_eq!(part.status, 200, "{at}: {}", part.body);
        let its = format!("id=\"{id}\"");
        assert!(part.body.contains(&its) && !part.body.contains("<html"), "{at}: {}", part.body);
    }
}

#[actix_web::test]
async fn every_step_can_be_read_for_every_provider() {
    let portal = Portal::started().await;
    for guide in ["jumpcloud", "okta", "entra", "google", "onelogin", "pingone", "rippling"]
        .into_iter()
        .chain(["keycloak", "adfs", "auth0", "duo", "cyberark", "generic"])
    {
        assert_eq!(portal.post("provider", &[("provider", guide)]).await.status, 303, "{guide}");
        for step in setup_links::Step::ALL {
            let page = portal.get(&format!("/portal/setup/{step}")).await;
            let body = &page.body;
            assert_eq!(page.status, 200, "{guide} {step}: {body}");
            assert_eq!(body.matches("<h1").count(), 1, "{guide} {step}");
            assert_eq!(body.matches("<script").count(), 2, "{guide} {step}");
            assert!(!body.contains(" style=") && !body.contains("<style"), "{guide} {step}");
            assert!(body.len() < 60_000, "{guide} {step}: {}", body.len());
            let key = body
                .split(['>', '<', '"'])
                .find(|text| text.starts_with("portal.") && !text.contains(' '));
            assert_eq!(key, None, "{guide} {step} shows a key");
            assert!(!body.contains("{provider}") && !body.contains("{operator}"), "{guide} {step}");
            let csp = page.header("content-security-policy");
            assert!(csp.contains("script-src 'self'; style-src 'self'"), "{csp}");
            assert!(csp.ends_with("form-action 'self'"), "{guide} {step}: {csp}");
            assert_eq!(page.header("referrer-policy"), "same-origin");
            assert_eq!(page.header("cache-control"), "no-store");
        }
    }
}

#[actix_web::test]
async fn the_address_that_is_proposed_for_a_directory_s_test_counts_as_a_test() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let page = portal.get("/portal/setup/provisioning").await.body;
    let address = page.split(">scim-test-").nth(1).unwrap().split('<').next().unwrap();
    assert!(address.ends_with("@globex.example"), "{address}");
    let address = format!("scim-test-{address}");
    assert!(crate::scim::dialect::is_test(crate::scim::schema::Kind::User, &address), "{address}");
}

#[actix_web::test]
async fn a_link_lets_nobody_do_what_it_does_not_cover() {
    let mut portal = Portal::new(&[], &[Cover::Domains]);
    portal.start().await;
    assert_eq!(portal.get("/portal/setup/domain").await.status, 200);
    for step in ["provider", "values", "metadata", "test", "provisioning", "nonsense"] {
        assert_eq!(portal.get(&format!("/portal/setup/{step}")).await.status, 404, "{step}");
    }
}
