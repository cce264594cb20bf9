//! The rules of the console, through the whole application without a network.

mod api_keys;
mod audit;
mod connections;
mod organization;
mod setup_links;
mod traces;
mod users;

use crate::crypto::{self, Secret};
use crate::http::testing::{Answer, PRODUCTION, World, world};
use crate::store::directories::tokens::{self, NewToken};
use crate::store::members::{self, Member, NewMember, Role};
use crate::store::{MemberId, Window, organizations, testing};
use actix_web::cookie::Cookie;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use chrono::TimeDelta;

const PASSWORD: &str = "a horse and a staple";

/// Who changes customers and what is theirs.
const MANAGE: &[Role] = &[Role::Owner, Role::Admin];
/// Who makes setup links.
const LINKS: &[Role] = &[Role::Owner, Role::Admin, Role::Support];
/// Who changes what programs use.
const DEVELOP: &[Role] = &[Role::Owner, Role::Admin, Role::Developer];

/// Every route, and who may use it; nobody is named: it leads to a session, so everybody may.
const ROUTES: &[(&str, &str, &[Role])] = &[
    ("GET", "/console", &Role::ALL),
    ("GET", "/console/login", &[]),
    ("POST", "/console/login", &[]),
    ("GET", "/console/first", &[]),
    ("POST", "/console/first", &[]),
    ("POST", "/console/logout", &Role::ALL),
    ("GET", "/console/organizations", &Role::ALL),
    ("POST", "/console/organizations", MANAGE),
    ("GET", "/console/organizations/new", MANAGE),
    ("GET", "/console/organizations/{organization}", &Role::ALL),
    ("GET", "/console/organizations/{organization}/settings", MANAGE),
    ("POST", "/console/organizations/{organization}/settings", MANAGE),
    ("GET", "/console/organizations/{organization}/enforcement", MANAGE),
    ("POST", "/console/organizations/{organization}/enforcement", MANAGE),
    ("GET", "/console/organizations/{organization}/delete", MANAGE),
    ("POST", "/console/organizations/{organization}/delete", MANAGE),
    ("GET", "/console/connections", &Role::ALL),
    ("GET", "/console/connections/{connection}", &Role::ALL),
    ("POST", "/console/connections/{connection}/test", MANAGE),
    ("POST", "/console/connections/{connection}/refresh", MANAGE),
    ("GET", "/console/connections/{connection}/turn", MANAGE),
    ("POST", "/console/connections/{connection}/turn", MANAGE),
    ("GET", "/console/connections/{connection}/delete", MANAGE),
    ("POST", "/console/connections/{connection}/delete", MANAGE),
    ("GET", "/console/connections/{connection}/provisioning", &Role::ALL),
    ("POST", "/console/connections/{connection}/provisioning", MANAGE),
    ("GET", "/console/connections/{connection}/provisioning/{token}/retire", MANAGE),
    ("POST", "/console/connections/{connection}/provisioning/{token}/retire", MANAGE),
    ("GET", "/console/connections/{connection}/provisioning/{token}/revoke", MANAGE),
    ("POST", "/console/connections/{connection}/provisioning/{token}/revoke", MANAGE),
    ("GET", "/console/setup-links", &Role::ALL),
    ("POST", "/console/setup-links", LINKS),
    ("GET", "/console/setup-links/new", LINKS),
    ("GET", "/console/setup-links/{link}/revoke", LINKS),
    ("POST", "/console/setup-links/{link}/revoke", LINKS),
    ("GET", "/console/users", &Role::ALL),
    ("GET", "/console/users/{user}", &Role::ALL),
    ("GET", "/console/users/{user}/suspend", MANAGE),
    ("POST", "/console/users/{user}/suspend", MANAGE),
    ("POST", "/console/users/{user}/restore", MANAGE),
    ("GET", "/console/users/{user}/sessions", MANAGE),
    ("POST", "/console/users/{user}/sessions", MANAGE),
    ("GET", "/console/traces", &Role::ALL),
    ("GET", "/console/traces/{trace}", &Role::ALL),
    ("GET", "/t/{trace}", &[]),
    ("GET", "/console/api-keys", &Role::ALL),
    ("POST", "/console/api-keys", DEVELOP),
    ("GET", "/console/api-keys/new", DEVELOP),
    ("GET", "/console/api-keys/{key}/roll", DEVELOP),
    ("POST", "/console/api-keys/{key}/roll", DEVELOP),
    ("GET", "/console/api-keys/{key}/revoke", DEVELOP),
    ("POST", "/console/api-keys/{key}/revoke", DEVELOP),
    ("GET", "/console/audit", &Role::ALL),
    ("GET", "/console/settings/members", &[Role::Owner]),
    ("POST", "/console/settings/members", &[Role::Owner]),
    ("GET", "/console/settings/members/{member}", &[Role::Owner]),
    ("POST", "/console/settings/members/{member}/role", &[Role::Owner]),
    ("POST", "/console/settings/members/{member}/link", &[Role::Owner]),
    ("POST", "/console/settings/members/{member}/remove", &[Role::Owner]),
];

struct Desk {
    world: World,
    member: Member,
    cookie: Option<Cookie<'static>>,
}

impl Desk {
    fn new(settings: &[(&str, &str)], role: Role) -> Self {
        let world = world(settings);
        let new = NewMember { email: "maya@orbit.example".into(), name: "Maya O".into(), role };
        let hash = crypto::hash_password(PASSWORD).unwrap();
        let member = world.store().system(|tx| {
            let member = members::create(tx, &new)?;
            members::set_password(tx, &member.id, &hash)?;
            Ok(member)
        });
        Self { world, member, cookie: None }
    }

    async fn signed_in(role: Role) -> Self {
        let mut desk = Self::new(&[], role);
        assert_eq!(desk.sign_in(PASSWORD).await.status, 303);
        desk
    }

    async fn sign_in(&mut self, password: &str) -> Answer {
        let form = [("email", "Maya@orbit.example"), ("password", password)];
        let answer = self.call("POST", "/console/login", &form).await;
        self.take_cookie(&answer);
        answer
    }

    fn take_cookie(&mut self, answer: &Answer) {
        if let Ok(cookie) = Cookie::parse_encoded(answer.header("set-cookie").to_owned()) {
            self.cookie = Some(Cookie::new(cookie.name().to_owned(), cookie.value().to_owned()));
        }
    }

    async fn call(&self, method: &str, uri: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = TestRequest::default().method(method.parse::<Method>().unwrap()).uri(uri);
        if method == "POST" {
            request = request.set_form(fields);
        }
        if let Some(cookie) = &self.cookie {
            request = request.cookie(cookie.clone());
        }
        self.world.call(request).await
    }

    async fn get(&self, uri: &str) -> Answer {
        self.call("GET", uri, &[]).await
    }

    /// Sends a form with the token of a page of this session.
    async fn post(&self, uri: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get("/console/organizations").await.body;
        let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap_or_default();
        let token = token.split('"').next().unwrap().to_owned();
        let fields: Vec<_> = fields.iter().copied().chain([("form_token", &*token)]).collect();
        self.call("POST", uri, &fields).await
    }

    /// Somebody else, without a password.
    fn other(&self, role: Role) -> Member {
        let email = format!("{}@orbit.example", MemberId::new());
        let new = NewMember { email, name: "Sam".into(), role };
        self.world.store().system(|tx| members::create(tx, &new))
    }

    /// A path with IDs of things that are there, made for it.
    fn filled(&self, path: &str) -> String {
        let mut path = path.to_owned();
        if path.contains("{member}") {
            path = path.replace("{member}", self.other(Role::Viewer).id.as_str());
        }
        let store = self.world.store();
        let connection = testing::active(store, MemberId::new().as_str(), None);
        if path.contains("{organization}") {
            path = path.replace("{organization}", connection.organization_id.as_str());
        }
        if path.contains("{connection}") {
            path = path.replace("{connection}", connection.id.as_str());
        }
        if path.contains("{token}") {
            let new = NewToken { label: "Okta".into(), ..NewToken::default() };
            let (token, _) = store.system(|tx| tokens::create(tx, &connection.id, new));
            path = path.replace("{token}", token.id.as_str());
        }
        if path.contains("{key}") {
            path = path.replace("{key}", api_keys::made(self).id.as_str());
        }
        if path.contains("{link}") {
            let of = connection.organization_id.clone();
            path = path.replace("{link}", setup_links::made(self, &of).id.as_str());
        }
        if path.contains("{user}") {
            let of = &connection.organization_id;
            path = path.replace("{user}", users::ada(self, of).id.as_str());
        }
        if path.contains("{trace}") {
            path = path.replace("{trace}", traces::failed(self, &connection).id.as_str());
        }
        path
    }

    async fn is_in(&self) -> bool {
        self.get("/console/organizations").await.status == 200
    }
}

#[test]
fn every_route_of_the_console_is_in_the_table() {
    let source = include_str!("mod.rs");
    let parts = source.split("web::resource(\"").skip(1);
    let paths: Vec<&str> = parts.map(|part| part.split('"').next().unwrap()).collect();
    for path in &paths {
        assert!(ROUTES.iter().any(|(_, known, _)| known == path), "{path} has no line in ROUTES");
    }
    let handlers = source.matches(".get(").count() + source.matches(".post(").count();
    assert_eq!(handlers, ROUTES.len());
}

#[actix_web::test]
async fn a_route_lets_in_whom_it_names_and_nobody_else() {
    for role in Role::ALL {
        let mut desk = Desk::signed_in(role).await;
        for (method, path, roles) in ROUTES.iter().filter(|(_, _, roles)| !roles.is_empty()) {
            if !desk.is_in().await {
                desk.sign_in(PASSWORD).await;
            }
            let path = desk.filled(path);
            let answer = match *method {
                "GET" => desk.get(&path).await,
                _ => desk.post(&path, &[("name", "Globex")]).await,
            };
            let is_let_in = answer.status != 403;
            assert_eq!(is_let_in, roles.contains(&role), "{role} {method} {path}");
            // A form that lacks something is told so, by whom it is for.
            let is_answered = answer.status < 404 || answer.status == 422;
            assert!(is_answered, "{role} {method} {path}: {}", answer.status);
        }
    }
}

#[actix_web::test]
async fn whoever_is_not_signed_in_is_led_to_the_sign_in_and_back() {
    let mut desk = Desk::new(&[], Role::Owner);
    for (method, path, _) in ROUTES.iter().filter(|(_, _, roles)| !roles.is_empty()) {
        let answer = desk.call(method, path, &[("name", "Globex")]).await;
        assert_eq!(answer.status, 303, "{method} {path}");
        assert!(answer.header("location").starts_with("/console/login?next="), "{path}");
    }
    let next = |next: &'static str| {
        [("email", "maya@orbit.example"), ("password", PASSWORD), ("next", next)]
    };
    for (wanted, goes) in [
        ("/console/organizations?q=x", "/console/organizations?q=x"),
        ("https://evil.example/console/", "/console"),
        ("//evil.example", "/console"),
        ("/console/\r\nset-cookie: a=b", "/console"),
    ] {
        let answer = desk.call("POST", "/console/login", &next(wanted)).await;
        assert_eq!(answer.header("location"), goes);
    }
    desk.cookie = Some(Cookie::new("vestibule-console", "ms_nonsense"));
    assert!(!desk.is_in().await);
}

#[actix_web::test]
async fn the_cookie_is_the_hosts_own_and_out_of_reach_of_scripts() {
    let mut desk = Desk::new(PRODUCTION, Role::Owner);
    let cookie = desk.sign_in(PASSWORD).await.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-vestibule-console=ms_"), "{cookie}");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
    }
    let page = desk.get("/console/organizations").await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    assert!(!page.body.contains("ms_"), "the cookie is on the page");
}

#[actix_web::test]
async fn signing_in_gives_another_cookie_and_ends_what_the_browser_had() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let before = desk.cookie.clone();
    desk.sign_in(PASSWORD).await;
    assert_ne!(before.as_ref().map(Cookie::value), desk.cookie.as_ref().map(Cookie::value));
    assert!(desk.is_in().await);
    desk.cookie = before;
    assert!(!desk.is_in().await);
}

#[actix_web::test]
async fn a_session_ends_idle_and_in_any_case_and_when_it_is_signed_out() {
    let desk = Desk::signed_in(Role::Owner).await;
    let clock = desk.world.store().clock().clone();
    for _ in 0..11 {
        clock.advance(TimeDelta::minutes(65));
        assert!(desk.is_in().await);
    }
    clock.advance(TimeDelta::minutes(5));
    assert!(!desk.is_in().await, "twelve hours are over");
    let desk = Desk::signed_in(Role::Owner).await;
    desk.world.store().clock().advance(TimeDelta::minutes(120));
    assert!(!desk.is_in().await, "two hours without use");
    let desk = Desk::signed_in(Role::Viewer).await;
    assert_eq!(desk.post("/console/logout", &[]).await.status, 303);
    assert!(!desk.is_in().await, "signed out");
}

#[actix_web::test]
async fn a_form_of_another_session_or_site_does_nothing() {
    let desk = Desk::signed_in(Role::Owner).await;
    for fields in [&[("name", "Globex")][..], &[("name", "Globex"), ("form_token", "0123")]] {
        assert_eq!(desk.call("POST", "/console/organizations", fields).await.status, 403);
    }
    let form = [("email", "maya@orbit.example"), ("password", PASSWORD)];
    let foreign = TestRequest::post()
        .uri("/console/login")
        .insert_header(("sec-fetch-site", "cross-site"))
        .set_form(form);
    assert_eq!(desk.world.call(foreign).await.status, 403);
    let filter = organizations::Filter::default();
    assert_eq!(desk.world.store().read_now(|db| organizations::count(db, &filter)).unwrap(), 0);
}

#[actix_web::test]
async fn a_refused_sign_in_does_not_say_whether_there_is_such_a_member() {
    let mut desk = Desk::new(&[], Role::Owner);
    let known = desk.sign_in("a horse and a stable").await;
    let form = [("email", "nobody@orbit.example"), ("password", PASSWORD)];
    let unknown = desk.call("POST", "/console/login", &form).await;
    assert_eq!((known.status, unknown.status), (422, 422));
    let bare = |answer: &Answer| {
        answer.body.replace("Maya@orbit.example", "").replace("nobody@orbit.example", "")
    };
    assert_eq!(bare(&known), bare(&unknown));
    assert!(!known.body.contains("a horse"), "a password is on the page");
}

#[actix_web::test]
async fn passwords_of_one_member_are_tried_ten_times_a_minute() {
    let mut desk = Desk::new(&[], Role::Owner);
    for _ in 0..10 {
        desk.world.state.limits.admit_member("maya@orbit.example").unwrap();
    }
    let refused = desk.sign_in(PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert!(refused.body.contains("Try again in"), "{}", refused.body);
}

#[actix_web::test]
async fn the_first_link_is_not_used_up_by_reading_and_makes_one_owner() {
    let mut desk = Desk::new(&[], Role::Owner);
    desk.world = world(&[]);
    let token: Secret = desk.world.store().system(members::start).unwrap();
    let uri = format!("/console/first?t={}", token.reveal());
    for _ in 0..5 {
        assert_eq!(desk.get(&uri).await.status, 200);
    }
    let fill = |password: &'static str| {
        let token = token.reveal().to_owned();
        [
            ("t", token),
            ("name", "Maya".to_owned()),
            ("email", "maya@orbit.example".to_owned()),
            ("password", password.to_owned()),
        ]
    };
    let send = |form: [(&'static str, String); 4]| {
        TestRequest::post().uri("/console/first").set_form(form)
    };
    let short = desk.world.call(send(fill("short"))).await;
    assert_eq!(short.status, 422);
    assert!(short.body.contains("value=\"Maya\"") && short.body.contains("href=\"#password\""));
    let made = desk.world.call(send(fill(PASSWORD))).await;
    assert_eq!((made.status, made.header("location")), (303, "/console"));
    desk.take_cookie(&made);
    assert!(desk.is_in().await);
    assert_eq!(desk.world.call(send(fill(PASSWORD))).await.status, 410);
    assert_eq!(desk.get(&uri).await.status, 410);
}

#[actix_web::test]
async fn organizations_are_listed_found_and_made() {
    let desk = Desk::signed_in(Role::Admin).await;
    assert!(desk.get("/console/organizations").await.body.contains("Add the first"));
    let form = [("name", "<Globex>"), ("external_id", "g-17"), ("domains", "globex.example")];
    let made = desk.post("/console/organizations", &form).await;
    assert_eq!(made.header("location"), "/console/organizations?q=%3CGlobex%3E");
    let page = desk.get("/console/organizations?q=globex").await.body;
    assert!(page.contains("&#60;Globex&#62;") && page.contains("g-17"), "{page}");
    let page = desk.get("/console/organizations?q=initech").await.body;
    assert!(page.contains("No organizations match") && page.contains("Clear filters"));
    let wrong = [("name", ""), ("external_id", "g 18"), ("domains", "x.example")];
    let refused = desk.post("/console/organizations", &wrong).await;
    assert_eq!(refused.status, 422);
    for part in ["href=\"#name\"", "aria-invalid=\"true\"", "value=\"g 18\"", "value=\"x.example\""]
    {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let taken = desk.post("/console/organizations", &form).await;
    assert!(taken.status == 422 && taken.body.contains("href=\"#external_id\""), "{}", taken.body);
    let store = desk.world.store();
    let found = store.read_now(|db| organizations::by_external_id(db, "g-17")).unwrap().unwrap();
    let filter =
        crate::store::events::Filter { subject: Some(found.id.to_string()), ..Default::default() };
    let events =
        store.read_now(|db| crate::store::events::page(db, &Window::default(), &filter)).unwrap();
    assert_eq!(events.data[0].actor, format!("member:{}", desk.member.id));
}

#[actix_web::test]
async fn a_long_list_goes_on_from_page_to_page() {
    let desk = Desk::signed_in(Role::Viewer).await;
    for number in 0..51 {
        let new = organizations::NewOrganization {
            name: format!("Customer {number:02}"),
            domains: Vec::new(),
            external_id: None,
            ..testing::globex()
        };
        desk.world.store().system(|tx| organizations::create(tx, new));
    }
    let page = desk.get("/console/organizations?q=Customer").await.body;
    assert!(page.contains("Customer 50") && !page.contains("Customer 00"));
    assert!(
        !page.contains("/console/organizations/new"),
        "a viewer is offered what they may not do"
    );
    let next = page.split("href=\"/console/organizations?q=Customer").nth(1).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let page = desk.get(&format!("/console/organizations?q=Customer{next}")).await.body;
    assert!(page.contains("Customer 00") && !page.contains("Customer 50"));
    assert!(page.contains("Back to the newest"));
}

#[actix_web::test]
async fn a_member_is_invited_by_a_link_that_is_shown_once() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let uri = "/console/settings/members";
    let form = [("name", "Sam"), ("email", "sam@orbit.example"), ("role", "support")];
    let page = desk.post(uri, &form).await;
    let link = page.body.split("/console/first?t=").nth(1).unwrap();
    let token: String =
        link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    assert!(!desk.get(uri).await.body.contains(&token), "it is shown again");
    let again = desk.post(uri, &form).await;
    assert!(again.status == 422 && again.body.contains("href=\"#email\""), "{}", again.body);
    let unknown = [("name", "Kim"), ("email", "kim@orbit.example"), ("role", "emperor")];
    assert_eq!(desk.post(uri, &unknown).await.status, 422);
    desk.cookie = None;
    let chosen = [("t", &*token), ("password", PASSWORD)];
    let answer = desk.call("POST", "/console/first", &chosen).await;
    assert_eq!(answer.status, 303);
    desk.take_cookie(&answer);
    assert!(desk.is_in().await);
    assert_eq!(desk.get(uri).await.status, 403);
}

#[actix_web::test]
async fn the_last_owner_stays_and_a_removal_is_confirmed() {
    let desk = Desk::signed_in(Role::Owner).await;
    let at = |member: &Member, act: &str| format!("/console/settings/members/{}{act}", member.id);
    let email = desk.member.email.clone();
    let refused = desk.post(&at(&desk.member, "/role"), &[("role", "viewer")]).await;
    assert!(refused.status == 422 && refused.body.contains("last owner"), "{}", refused.body);
    let refused = desk.post(&at(&desk.member, "/remove"), &[("confirm", &email)]).await;
    assert!(refused.status == 422 && refused.body.contains("last owner"), "{}", refused.body);
    assert_eq!(desk.post(&at(&desk.member, "/link"), &[]).await.status, 403);
    let sam = desk.other(Role::Owner);
    let refused = desk.post(&at(&desk.member, "/role"), &[("role", "viewer")]).await;
    assert_eq!(refused.status, 422, "an owner without a password cannot sign in");
    assert_eq!(desk.post(&at(&sam, "/remove"), &[("confirm", "sam")]).await.status, 422);
    assert_eq!(desk.get(&at(&sam, "")).await.status, 200);
    assert_eq!(desk.post(&at(&sam, "/remove"), &[("confirm", &sam.email)]).await.status, 303);
    assert_eq!(desk.get(&at(&sam, "")).await.status, 404);
}
