//! Signing in to the console at the operator's own provider.

use super::*;
use crate::domain::DomainName;
use crate::email::Email;
use crate::saml::Binding;
use crate::saml::issue::{Asked, Issue};
use crate::saml::metadata::IdentityProvider;
use crate::saml::sign::Signer;
use crate::saml::testing as keys;
use crate::store::connections::{self, Connection, ConnectionPatch, NewConnection, Settings};
use crate::store::members::provider;
use crate::store::organizations::NewOrganization;
use crate::store::traces::{self, Outcome, TraceKind};
use crate::store::users;
use crate::store::{Scope, events};
use url::Url;

const IDP: &str = "https://idp.orbit.example/saml";
const LOGIN: &str = "/console/login";
const BEGIN: &str = "/console/login/provider";
const CHOOSE: &str = "/console/settings/members/provider";
const MAYA: &str = "maya@orbit.example";

/// A connection of the operator's own organization.
fn own(desk: &Desk) -> Connection {
    let certificate = keys::rsa().pem();
    let to = ("https://idp.orbit.example/sso", Binding::Redirect);
    let provider = IdentityProvider::from_values(IDP, to.0, to.1, &[&certificate], keys::now());
    let domain = DomainName::parse("orbit.example").unwrap();
    let new = NewOrganization { domains: vec![domain], ..testing::globex() };
    let settings = Settings { idp_started: true, ..Settings::default() };
    let made = NewConnection { name: "Orbit Okta".to_owned(), settings, ..testing::connection() };
    desk.world.store().system(|tx| {
        let organization = organizations::create(tx, new)?;
        let id = connections::create(tx, &organization.id, made)?.id;
        connections::import(tx, &id, provider.unwrap(), None, false)?;
        connections::activate(tx, &id, true)
    })
}

/// The same, where members sign in.
fn chosen(desk: &Desk) -> Connection {
    let connection = own(desk);
    desk.world.store().system(|tx| provider::choose(tx, &connection.id, connection.revision));
    connection
}

/// A browser on its way to the provider.
struct Underway {
    asked: Asked,
    cookies: Vec<Cookie<'static>>,
}

async fn begin(desk: &Desk, uri: &str) -> Underway {
    let answer = desk.world.call(TestRequest::get().uri(uri)).await;
    let to = Url::parse(answer.header("location")).unwrap();
    let (_, field) = to.query_pairs().find(|(name, _)| name == "SAMLRequest").unwrap();
    let cookies = answer.headers.get_all("set-cookie").map(|line| {
        let cookie = Cookie::parse_encoded(line.to_str().unwrap().to_owned()).unwrap();
        Cookie::new(cookie.name().to_owned(), cookie.value().to_owned())
    });
    Underway { asked: Asked::read(&field).unwrap(), cookies: cookies.collect() }
}

/// What the provider says of somebody, posted by a browser with these cookies.
async fn says(
    desk: &Desk,
    connection: &Connection,
    email: &str,
    asked: Option<&Asked>,
    cookies: &[Cookie<'static>],
) -> Answer {
    let public = desk.world.state.config.public_url.as_str();
    let (acs, audience) = (connection.acs(public), connection.entity_id(public));
    let signer = Signer::new(&keys::rsa().key, Some(&keys::rsa().certificate));
    let now = desk.world.store().clock().now();
    let mut issue = Issue::new(IDP, &acs, &audience, email, now, signer).unwrap();
    issue.in_response_to = asked.map(|asked| asked.id.clone());
    let request = TestRequest::post()
        .uri(Url::parse(&acs).unwrap().path())
        .insert_header(("sec-fetch-site", "cross-site"))
        .set_form([("SAMLResponse", issue.base64().unwrap())]);
    desk.world.call(cookies.iter().cloned().fold(request, TestRequest::cookie)).await
}

/// From the button to the provider's answer.
async fn come(desk: &Desk, connection: &Connection, email: &str) -> Answer {
    let Underway { asked, cookies } = begin(desk, BEGIN).await;
    says(desk, connection, email, Some(&asked), &cookies).await
}

fn cookie(answer: &Answer, name: &str) -> Option<Cookie<'static>> {
    let lines = answer.headers.get_all("set-cookie").map(|line| line.to_str().unwrap().to_owned());
    let mut cookies = lines.map(|line| Cookie::parse_encoded(line).unwrap());
    cookies.find(|cookie| cookie.name() == name && !cookie.value().is_empty())
}

/// Takes over what a browser got that is in.
fn take(desk: &mut Desk, answer: &Answer) {
    desk.cookie = got(answer);
}

fn got(answer: &Answer) -> Option<Cookie<'static>> {
    let got = cookie(answer, "vestibule-console").map(|it| it.value().to_owned());
    got.map(|value| Cookie::new("vestibule-console", value))
}

#[track_caller]
fn refused(desk: &Desk, answer: &Answer, code: &str) {
    assert!(answer.status >= 400 && answer.body.contains(code), "{code}: {}", answer.body);
    for name in ["vestibule-console", "vestibule-console-step", "vestibule-session"] {
        assert!(cookie(answer, name).is_none(), "{code}: {name}");
    }
    assert_eq!(desk.world.store().read_now(members::list).unwrap().len(), 1, "{code}");
}

async fn offers(desk: &Desk) -> bool {
    let page = desk.world.call(TestRequest::get().uri(LOGIN)).await.body;
    assert!(page.contains("name=\"password\""), "a password goes on working");
    page.contains(BEGIN)
}

fn last(desk: &Desk) -> traces::Listed {
    let filter = traces::Filter::default();
    let page = desk.world.store().read_now(|db| traces::page(db, &Window::default(), &filter));
    page.unwrap().data.remove(0)
}

#[actix_web::test]
async fn a_member_comes_in_at_the_provider_that_an_owner_chose() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let connection = own(&desk);
    assert!(!offers(&desk).await);
    let page = format!("{CHOOSE}/{}", connection.id);
    assert!(desk.get(CHOOSE).await.body.contains(&page));
    let asked = desk.get(&page).await.body;
    assert!(asked.contains(IDP) && asked.contains("Orbit Okta"), "{asked}");
    let revision = connection.revision.to_string();
    let done = desk.post(&page, &[("revision", &revision)]).await;
    assert_eq!(done.header("location"), "/console/settings/members", "{}", done.body);
    let members = desk.get("/console/settings/members").await.body;
    assert!(members.contains("Members sign in here"), "{members}");
    assert!(offers(&desk).await);
    let before = desk.cookie.take();
    let login = desk.get("/console/login?next=/console/users").await.body;
    assert!(login.contains("Sign in with Orbit Okta"), "{login}");
    assert!(login.contains("href=\"/console/login/provider?next=%2Fconsole%2Fusers\""), "{login}");
    let Underway { asked, mut cookies } =
        begin(&desk, "/console/login/provider?next=%2Fconsole%2Fusers").await;
    cookies.extend(before.clone());
    let answer = says(&desk, &connection, "MAYA@orbit.example", Some(&asked), &cookies).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/users"));
    assert!(cookie(&answer, "vestibule-session").is_none(), "it is for no application");
    take(&mut desk, &answer);
    assert!(desk.is_in().await);
    let (trace, new) = (last(&desk), desk.cookie.take());
    assert_eq!((trace.kind, trace.outcome), (TraceKind::Console, Outcome::Succeeded));
    desk.cookie = before;
    assert!(!desk.is_in().await, "what the browser had before ends");
    desk.cookie = new;
    let filter =
        events::Filter { kind: Some("member.signed_in".to_owned()), ..events::Filter::default() };
    let store = desk.world.store();
    let told = store.read_now(|db| events::page(db, &Window::default(), &filter)).unwrap().data;
    assert_eq!(told[0].actor, format!("member:{}", desk.member.id));
    assert_eq!(told[0].data["by"], "provider");
    // The same answer once more is nobody's way in.
    refused(
        &desk,
        &says(&desk, &connection, MAYA, Some(&asked), &cookies).await,
        "response_replayed",
    );
}

#[actix_web::test]
async fn whoever_is_no_member_is_refused_and_does_not_become_one() {
    let desk = Desk::new(NO_NETWORK, Role::Viewer);
    let connection = chosen(&desk);
    let answer = come(&desk, &connection, "sam@orbit.example").await;
    refused(&desk, &answer, "console_refused");
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("href=\"/console/login\""), "{}", answer.body);
    assert_eq!(last(&desk).cause.as_deref(), Some("console_refused"));
    let of = connection.organization_id.clone();
    let filter = users::Filter { organization: Some(of), ..users::Filter::default() };
    let people = desk.world.store().read_now(|db| users::page(db, &Window::default(), &filter));
    assert!(people.unwrap().data.is_empty(), "nobody is made of them");
    let answer = come(&desk, &connection, "maya@elsewhere.example").await;
    refused(&desk, &answer, "email_domain_not_allowed");
}

#[actix_web::test]
async fn it_ends_in_the_browser_where_it_began_and_never_begins_at_the_provider() {
    let desk = Desk::new(NO_NETWORK, Role::Owner);
    let connection = chosen(&desk);
    let Underway { asked, cookies } = begin(&desk, BEGIN).await;
    let elsewhere = says(&desk, &connection, MAYA, Some(&asked), &[]).await;
    refused(&desk, &elsewhere, "request_unknown");
    let unasked = says(&desk, &connection, MAYA, None, &cookies).await;
    assert!(cookie(&unasked, "vestibule-console").is_none(), "{}", unasked.status);
    assert_eq!(last(&desk).kind, TraceKind::ProviderStarted);
    // Nor does it go on as a sign-in of anybody.
    let page = format!("/login?trace={}", {
        begin(&desk, BEGIN).await;
        last(&desk).id
    });
    let request = cookies.iter().cloned().fold(TestRequest::get().uri(&page), TestRequest::cookie);
    let answer = desk.world.call(request).await;
    assert!(!answer.body.contains("name=\"email\""), "{}", answer.body);
    for (wanted, goes) in [("https://evil.example/console/", "/console"), ("//evil", "/console")] {
        let Underway { asked, cookies } = begin(&desk, &format!("{BEGIN}?next={wanted}")).await;
        let answer = says(&desk, &connection, MAYA, Some(&asked), &cookies).await;
        assert_eq!(answer.header("location"), goes);
    }
}

#[actix_web::test]
async fn whom_the_directory_switches_off_is_out_of_the_console_at_once() {
    let mut desk = Desk::new(NO_NETWORK, Role::Owner);
    let connection = chosen(&desk);
    let find = |desk: &Desk| {
        let (of, email) = (connection.organization_id.clone(), Email::parse(MAYA).unwrap());
        desk.world.store().read_now(|db| users::by_email(db, &of, &email)).unwrap().unwrap()
    };
    let answer = come(&desk, &connection, MAYA).await;
    take(&mut desk, &answer);
    assert!(desk.is_in().await);
    let maya = find(&desk);
    let by_provider = desk.cookie.clone();
    desk.sign_in(PASSWORD).await;
    let by_password = desk.cookie.clone();
    desk.cookie = by_provider;
    assert!(!desk.is_in().await, "the password ended what the browser had");
    let answer = come(&desk, &connection, MAYA).await;
    take(&mut desk, &answer);
    desk.world.store().system(|tx| users::suspend(tx, &maya.id));
    assert!(!desk.is_in().await);
    let answer = come(&desk, &connection, MAYA).await;
    refused(&desk, &answer, "user_suspended");
    desk.cookie = by_password;
    assert!(desk.is_in().await, "a password is not of the provider");
    let account = desk.get("/console/account").await.body;
    assert_eq!(account.matches("/console/account/sessions/").count(), 0, "{account}");
    desk.world.store().system(|tx| users::restore(tx, &maya.id));
    let answer = come(&desk, &connection, MAYA).await;
    take(&mut desk, &answer);
    assert!(desk.is_in().await);
    desk.world.store().system(|tx| users::end_sessions(tx, &maya.id));
    assert!(!desk.is_in().await, "signed out everywhere is out here, too");
}

#[actix_web::test]
async fn a_connection_that_is_off_changed_or_given_up_lets_nobody_in() {
    type Act = fn(&Desk, &Connection);
    let acts: [(Act, bool, &str); 4] = [
        (
            |desk, it| _ = desk.world.store().system(|tx| connections::disable(tx, &it.id)),
            true,
            "connection_disabled",
        ),
        (|desk, it| desk.world.store().system(|tx| connections::delete(tx, &it.id)), true, ""),
        (
            |desk, it| {
                let settings = Settings { force_authn: true, ..Settings::default() };
                let patch = ConnectionPatch { settings: Some(settings), ..<_>::default() };
                desk.world.store().system(|tx| connections::change(tx, &it.id, patch));
            },
            false,
            "console_refused",
        ),
        (|desk, _| desk.world.store().system(provider::give_up), true, "console_refused"),
    ];
    for (n, (act, ends, code)) in acts.into_iter().enumerate() {
        let mut desk = Desk::new(NO_NETWORK, Role::Owner);
        let connection = chosen(&desk);
        let answer = come(&desk, &connection, MAYA).await;
        take(&mut desk, &answer);
        assert!(desk.is_in().await, "{n}");
        let Underway { asked, cookies } = begin(&desk, BEGIN).await;
        act(&desk, &connection);
        assert_eq!(desk.is_in().await, !ends, "{n}");
        assert!(!offers(&desk).await, "{n}");
        let answer = desk.world.call(TestRequest::get().uri(BEGIN)).await;
        assert_eq!(answer.header("location"), LOGIN, "{n}");
        let answer = says(&desk, &connection, MAYA, Some(&asked), &cookies).await;
        refused(&desk, &answer, code);
    }
}

#[actix_web::test]
async fn a_second_step_is_asked_for_after_the_provider_as_well() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let (_, codes) = account::set_up(&desk).await;
    let connection = chosen(&desk);
    let step = "/console/login/second";
    let answer = come(&desk, &connection, MAYA).await;
    assert_eq!(answer.header("location"), "/console/login/second?next=%2Fconsole");
    assert!(cookie(&answer, "vestibule-console").is_none(), "the provider alone is no session");
    let owes = cookie(&answer, "vestibule-console-step").unwrap().value().to_owned();
    desk.cookie = Some(Cookie::new("vestibule-console-step", owes));
    let done = desk.call("POST", step, &[("code", &*codes[0])]).await;
    assert_eq!(done.header("location"), "/console");
    take(&mut desk, &done);
    assert!(desk.is_in().await);
    // Whoever is switched off between the steps does not take the second.
    let answer = come(&desk, &connection, MAYA).await;
    let owes = cookie(&answer, "vestibule-console-step").unwrap().value().to_owned();
    let (of, email) = (connection.organization_id.clone(), Email::parse(MAYA).unwrap());
    let store = desk.world.store();
    let maya = store.read_now(|db| users::by_email(db, &of, &email)).unwrap().unwrap();
    store.system(|tx| users::suspend(tx, &maya.id));
    assert!(!desk.is_in().await, "nor is who took both in any more");
    desk.cookie = Some(Cookie::new("vestibule-console-step", owes));
    let late = desk.call("POST", step, &[("code", &*codes[1])]).await;
    assert_eq!(late.header("location"), LOGIN);
}

#[actix_web::test]
async fn a_connection_is_chosen_as_it_was_seen_and_turned_on() {
    let desk = Desk::signed_in(Role::Owner).await;
    let connection = own(&desk);
    let page = format!("{CHOOSE}/{}", connection.id);
    for seen in ["", "0", "one"] {
        let answer = desk.post(&page, &[("revision", seen)]).await;
        assert_eq!(answer.status, 422, "{seen}");
        assert!(answer.body.contains("changed meanwhile"), "{}", answer.body);
    }
    let store = desk.world.store();
    assert!(store.read_now(provider::chosen).unwrap().is_none());
    let revision = connection.revision.to_string();
    assert_eq!(desk.post(&page, &[("revision", &revision)]).await.status, 303);
    assert_eq!(desk.post(&page, &[("revision", &revision)]).await.status, 303);
    let chosen = |kind: &str| store.kinds(None).iter().filter(|it| *it == kind).count();
    assert_eq!(chosen("console.provider_chosen"), 1, "the same again is no change");
    store.system(|tx| connections::disable(tx, &connection.id));
    assert_eq!(desk.get(&page).await.status, 404);
    let members = desk.get("/console/settings/members").await.body;
    assert!(members.contains("Connection is off"), "{members}");
    assert_eq!(desk.post(CHOOSE, &[]).await.status, 303);
    assert_eq!(chosen("console.provider_given_up"), 1);
    let twice = store.try_system(|tx| provider::choose(tx, &connection.id, connection.revision));
    assert_eq!(testing::refused(twice), "connection_not_active");
}

#[actix_web::test]
async fn signing_out_ends_the_session_at_the_gateway_too() {
    let mut desk = Desk::new(NO_NETWORK, Role::Owner);
    let connection = chosen(&desk);
    let answer = come(&desk, &connection, MAYA).await;
    take(&mut desk, &answer);
    let store = desk.world.store();
    let open = || {
        let name = |db: &mut _| crate::store::sessions::named(db, &connection.id, MAYA);
        store.read_now(name).unwrap().len()
    };
    assert_eq!(open(), 1);
    // A browser that is in goes where it wants to.
    let answer = desk.get(&format!("{BEGIN}?next=/console/users")).await;
    assert_eq!(answer.header("location"), "/console/users");
    assert_eq!(desk.post("/console/logout", &[]).await.status, 303);
    assert!(!desk.is_in().await);
    assert_eq!(open(), 0);
    // What the provider ends ends here as well.
    let answer = come(&desk, &connection, MAYA).await;
    desk.cookie = got(&answer);
    let session = store
        .read_now(|db| crate::store::sessions::named(db, &connection.id, MAYA))
        .unwrap()
        .remove(0);
    let actor = crate::store::Actor::Provider(connection.id.clone());
    let end = |tx: &mut crate::store::Tx| crate::store::sessions::end(tx, &session);
    store.write_now(&Scope::from(&connection.organization_id), &actor, end).unwrap();
    assert!(!desk.is_in().await);
}
