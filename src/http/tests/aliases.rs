//! Sign-ins and directories that come by addresses of other products.

use crate::crypto::{self, Maker};
use crate::domain::DomainName;
use crate::http::testing::{Answer, PRODUCTION, World, world};
use crate::saml::Binding;
use crate::saml::issue::{Asked, Issue};
use crate::saml::metadata::IdentityProvider;
use crate::saml::sign::Signer;
use crate::saml::testing::{self as keys, Pair};
use crate::store::aliases::{self, Address};
use crate::store::connections::{self, Connection, NewConnection, Settings};
use crate::store::directories::tokens::{self, NewToken};
use crate::store::organizations::{self, NewOrganization};
use crate::store::testing;
use actix_web::cookie::Cookie;
use actix_web::test::TestRequest;
use url::Url;

const SHARED: &str = "https://old.example/api/oauth/saml";
const AUDIENCE: &str = "https://saml.boxyhq.com";
const OWN: &str = "https://old.example/v1/saml/saml_conn_1";
const IDP: &str = "https://idp.example/saml";
const PUBLIC: &str = "https://sso.example.com";

/// A connection of a new customer, with this provider, that was another product's before.
fn taken_over(world: &World, n: u32, pair: &Pair, sp: &str, acs: &str) -> Connection {
    let provider = IdentityProvider::from_values(
        IDP,
        "https://idp.example/sso",
        Binding::Redirect,
        &[&pair.pem()],
        keys::now(),
    );
    let domain = DomainName::parse(&format!("globex{n}.example")).unwrap();
    let new = NewOrganization { domains: vec![domain], ..testing::globex() };
    let settings = Settings { idp_started: true, ..Settings::default() };
    let made = NewConnection { settings, ..testing::connection() };
    world.store().system(|tx| {
        let organization = organizations::create(tx, new)?;
        let id = connections::create(tx, &organization.id, made)?.id;
        connections::import(tx, &id, provider?, None, false)?;
        connections::keep_addresses(tx, &id, sp, acs)?;
        aliases::add(tx, &id, &Address::parse(acs)?)?;
        connections::activate(tx, &id, true)
    })
}

/// What a provider says of Ada, sent to `acs`.
fn says(world: &World, n: u32, pair: &'static Pair, acs: &str, audience: &str) -> Issue<'static> {
    let now = world.store().clock().now();
    let signer = Signer::new(&pair.key, Some(&pair.certificate));
    let email = format!("ada@globex{n}.example");
    Issue::new(IDP, acs, audience, &email, now, signer).unwrap()
}

async fn post(world: &World, to: &str, issue: &Issue<'_>, cookies: &[Cookie<'static>]) -> Answer {
    let mut request = TestRequest::post()
        .uri(to.strip_prefix("https://old.example").unwrap_or(to))
        .insert_header(("sec-fetch-site", "cross-site"))
        .set_form([("SAMLResponse", issue.base64().unwrap())]);
    for cookie in cookies {
        request = request.cookie(cookie.clone());
    }
    world.call(request).await
}

/// Begins a sign-in: what the provider is asked, and the browser's cookies.
async fn begin(world: &World, connection: &Connection) -> (Asked, Vec<Cookie<'static>>) {
    let uri = format!("/login/{}", connection.id);
    let answer = world.call(TestRequest::get().uri(&uri)).await;
    let to = Url::parse(answer.header("location")).unwrap();
    let (_, field) = to.query_pairs().find(|(name, _)| name == "SAMLRequest").unwrap();
    let cookies = answer.headers.get_all("set-cookie").map(|line| {
        let cookie = Cookie::parse_encoded(line.to_str().unwrap().to_owned()).unwrap();
        Cookie::new(cookie.name().to_owned(), cookie.value().to_owned())
    });
    (Asked::read(&field).unwrap(), cookies.collect())
}

/// Into which organization's connection somebody was let.
fn is_in(answer: &Answer) -> bool {
    let mut cookies = answer.headers.get_all("set-cookie").map(|line| line.to_str().unwrap());
    cookies.any(|line| line.starts_with("__Host-vestibule-session=ss_"))
}

fn refused(answer: &Answer, code: &str) {
    assert!(
        !is_in(answer) && answer.body.contains(code),
        "{code}: {} {}",
        answer.status,
        answer.body
    );
}

/// The connection of the last session.
fn last(world: &World, connections: &[&Connection]) -> usize {
    let kinds = connections.iter().map(|connection| {
        let kinds = world.store().kinds(Some(&connection.organization_id));
        kinds.iter().filter(|kind| *kind == "sign_in.succeeded").count()
    });
    let came: Vec<usize> = kinds.collect();
    assert_eq!(came.iter().sum::<usize>(), 1, "{came:?}");
    came.iter().position(|count| *count == 1).unwrap()
}

#[actix_web::test]
async fn a_response_at_a_shared_address_belongs_to_the_connection_whose_request_it_answers() {
    let world = world(PRODUCTION);
    // Same provider, same key: nothing but the request tells them apart.
    let [one, other] = [1, 2].map(|n| taken_over(&world, n, keys::rsa(), AUDIENCE, SHARED));
    let (asked, cookies) = begin(&world, &other).await;
    assert_eq!((&*asked.issuer, &*asked.acs), (AUDIENCE, SHARED));
    let mut issue = says(&world, 2, keys::rsa(), SHARED, AUDIENCE);
    issue.in_response_to = Some(asked.id.clone());
    refused(&post(&world, SHARED, &issue, &[]).await, "request_unknown");
    let answer = post(&world, SHARED, &issue, &cookies).await;
    assert!(is_in(&answer), "{} {}", answer.status, answer.body);
    assert_eq!(last(&world, &[&one, &other]), 1);
    refused(&post(&world, SHARED, &issue, &cookies).await, "response_replayed");
    // An answer to nothing that was asked here.
    issue.in_response_to = Some("_elsewhere".to_owned());
    refused(&post(&world, SHARED, &issue, &cookies).await, "request_unknown");
}

#[actix_web::test]
async fn a_response_that_nobody_asked_for_belongs_to_the_one_connection_whose_key_signed_it() {
    let world = world(PRODUCTION);
    let one = taken_over(&world, 1, keys::rsa(), AUDIENCE, SHARED);
    let alone = says(&world, 1, keys::rsa(), SHARED, AUDIENCE);
    assert!(is_in(&post(&world, SHARED, &alone, &[]).await));
    let other = taken_over(&world, 2, keys::other_rsa(), AUDIENCE, SHARED);
    let issue = says(&world, 2, keys::other_rsa(), SHARED, AUDIENCE);
    assert!(is_in(&post(&world, SHARED, &issue, &[]).await));
    let came = |connection: &Connection| {
        let kinds = world.store().kinds(Some(&connection.organization_id));
        kinds.iter().filter(|kind| *kind == "sign_in.succeeded").count()
    };
    assert_eq!((came(&one), came(&other)), (1, 1));
    // One customer's key does not speak for another's people.
    let issue = says(&world, 1, keys::other_rsa(), SHARED, AUDIENCE);
    refused(&post(&world, SHARED, &issue, &[]).await, "email_domain_not_allowed");
    let issue = says(&world, 1, keys::ec(), SHARED, AUDIENCE);
    refused(&post(&world, SHARED, &issue, &[]).await, "certificate_unknown");
    let mut issue = says(&world, 1, keys::rsa(), SHARED, AUDIENCE);
    issue.issuer = "https://stranger.example".to_owned();
    refused(&post(&world, SHARED, &issue, &[]).await, "issuer_mismatch");
}

#[actix_web::test]
async fn of_two_connections_with_the_same_provider_and_key_the_one_is_meant_whose_customer_has_the_domain()
 {
    let world = world(PRODUCTION);
    // Another customer has given a connection the same metadata, before or after.
    let [one, other, third] =
        [1, 2, 3].map(|n| taken_over(&world, n, keys::rsa(), AUDIENCE, SHARED));
    let came = |connection: &Connection| {
        let kinds = world.store().kinds(Some(&connection.organization_id));
        kinds.iter().filter(|kind| *kind == "sign_in.succeeded").count()
    };
    for n in [1, 2] {
        let issue = says(&world, n, keys::rsa(), SHARED, AUDIENCE);
        let answer = post(&world, SHARED, &issue, &[]).await;
        assert!(is_in(&answer), "{n}: {} {}", answer.status, answer.body);
    }
    assert_eq!([&one, &other, &third].map(came), [1, 1, 0]);
    // Of a domain that none of them has, nobody can say which one is meant.
    let issue = says(&world, 9, keys::rsa(), SHARED, AUDIENCE);
    refused(&post(&world, SHARED, &issue, &[]).await, "issuer_mismatch");
}

#[actix_web::test]
async fn a_connection_goes_on_at_the_address_that_it_had_alone() {
    let world = world(PRODUCTION);
    let acs = format!("{OWN}/acs");
    let connection = taken_over(&world, 1, keys::rsa(), OWN, &acs);
    let (asked, cookies) = begin(&world, &connection).await;
    assert_eq!((&*asked.issuer, &*asked.acs), (OWN, &*acs));
    let mut issue = says(&world, 1, keys::rsa(), &acs, OWN);
    issue.in_response_to = Some(asked.id);
    assert!(is_in(&post(&world, &acs, &issue, &cookies).await));
    let started = says(&world, 1, keys::rsa(), &acs, OWN);
    assert!(is_in(&post(&world, &acs, &started, &[]).await));
    for path in ["/v1/saml/saml_conn_2/acs", "/v1/saml/saml%5fconn_1/acs", "/api/oauth/saml"] {
        assert_eq!(post(&world, path, &issue, &cookies).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn a_response_names_the_address_by_which_it_comes_and_the_name_that_was_kept() {
    let world = world(PRODUCTION);
    let acs = format!("{OWN}/acs");
    let connection = taken_over(&world, 1, keys::rsa(), OWN, &acs);
    let new = format!("/saml/{}/acs", connection.id);
    let new_url = format!("{PUBLIC}{new}");
    for (to, named, code) in
        [(&acs, &new_url, "destination_mismatch"), (&new, &acs, "destination_mismatch")]
    {
        let mut issue = says(&world, 1, keys::rsa(), named, OWN);
        refused(&post(&world, to, &issue, &[]).await, code);
        issue.destination = None;
        refused(&post(&world, to, &issue, &[]).await, "recipient_mismatch");
    }
    let own_name = format!("{PUBLIC}/saml/{}", connection.id);
    for audience in [own_name.as_str(), AUDIENCE, "https://old.example/v1/saml/saml_conn_2"] {
        let issue = says(&world, 1, keys::rsa(), &acs, audience);
        refused(&post(&world, &acs, &issue, &[]).await, "audience_mismatch");
    }
    // Whoever enters the new address at the provider goes on with the old name.
    let issue = says(&world, 1, keys::rsa(), &new_url, OWN);
    assert!(is_in(&post(&world, &new, &issue, &[]).await));
}

#[actix_web::test]
async fn a_response_of_a_foreign_connection_is_refused_at_another_s_address() {
    let world = world(PRODUCTION);
    let acs = format!("{OWN}/acs");
    let one = taken_over(&world, 1, keys::rsa(), OWN, &acs);
    let other_acs = acs.replace("conn_1", "conn_2");
    let other = taken_over(&world, 2, keys::other_rsa(), OWN, &other_acs);
    let shared = taken_over(&world, 3, keys::ec(), AUDIENCE, SHARED);
    let issue = says(&world, 2, keys::other_rsa(), &acs, OWN);
    refused(&post(&world, &acs, &issue, &[]).await, "certificate_unknown");
    // The request of one connection, answered at the address of another.
    for (begun, to, n, key) in [
        (&other, &acs, 1, keys::rsa()),
        (&shared, &acs, 1, keys::rsa()),
        (&one, &SHARED.to_owned(), 3, keys::ec()),
    ] {
        let (asked, cookies) = begin(&world, begun).await;
        let mut issue = says(&world, n, key, to, if to == SHARED { AUDIENCE } else { OWN });
        issue.in_response_to = Some(asked.id);
        refused(&post(&world, to, &issue, &cookies).await, "request_unknown");
    }
}

#[actix_web::test]
async fn a_browser_at_the_old_host_is_sent_to_where_its_cookie_is_with_what_it_posts() {
    let world = world(PRODUCTION);
    taken_over(&world, 1, keys::rsa(), AUDIENCE, SHARED);
    let issue = says(&world, 1, keys::rsa(), SHARED, AUDIENCE);
    let form = [("SAMLResponse", issue.base64().unwrap())];
    for (host, status) in [
        ("old.example", 307),
        ("OLD.example", 307),
        ("sso.example.com", 200),
        ("evil.example", 200),
    ] {
        let request = TestRequest::post().uri("/api/oauth/saml").insert_header(("host", host));
        let answer = world.call(request.set_form(&form)).await;
        if status == 307 {
            assert_eq!(answer.header("location"), format!("{PUBLIC}/api/oauth/saml"), "{host}");
        }
        assert_eq!(answer.status == 307, status == 307, "{host}");
    }
}

const SECRET: &str = "q1w2e3r4t5y6u7i8o9p0aa";

/// A directory that came from this address with this token.
fn directory(world: &World, n: u32, address: &str, maker: Maker, token: &str) -> Connection {
    let acs = format!("https://old.example/v1/saml/saml_conn_{n}/acs");
    let connection = taken_over(world, n, keys::rsa(), OWN, &acs);
    let hash = crypto::foreign_hash(maker, token).unwrap();
    world.store().system(|tx| {
        aliases::add(tx, &connection.id, &Address::parse(address)?)?;
        tokens::adopt(tx, &connection.id, "Taken over", hash, "…".to_owned())
    });
    connection
}

async fn users(world: &World, base: &str, token: &str) -> Answer {
    let request = TestRequest::get().uri(&format!("{base}/Users"));
    world.call(request.insert_header(("authorization", format!("Bearer {token}")))).await
}

#[actix_web::test]
async fn a_directory_goes_on_at_its_old_address_with_its_old_token() {
    let world = world(PRODUCTION);
    let ssoready = format!("ssoready_scim_bearer_token_{:0>25}", "3k2j1h");
    for (n, base, maker, token) in [
        (1, "/api/scim/v2.0/58b5cd9dfaa39d47eb8f5f88631f9a629a232016", Maker::Polis, SECRET),
        (2, "/v1/scim/scim_directory_1", Maker::SsoReady, &*ssoready),
    ] {
        let connection = directory(&world, n, &format!("https://old.example{base}"), maker, token);
        assert_eq!(users(&world, base, token).await.status, 200, "{base}");
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("ada@globex{n}.example"),
            "emails": [{ "value": format!("ada@globex{n}.example"), "primary": true }],
        });
        let request = TestRequest::post()
            .uri(&format!("{base}//Users/"))
            .insert_header(("authorization", format!("Bearer {token}")))
            .set_json(body);
        let made = world.call(request).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let here = made.header("location").to_owned();
        assert!(here.starts_with(&format!("https://old.example{base}/Users/usr_")), "{here}");
        // The old token opens nothing but the old address.
        let own = format!("/scim/v2/{}", connection.id);
        assert_eq!(users(&world, &own, token).await.status, 401);
        // A new one of ours opens both.
        let new = NewToken { label: "New".to_owned(), ..NewToken::default() };
        let (_, secret) = world.store().system(|tx| tokens::create(tx, &connection.id, new));
        for base in [base, &own] {
            assert_eq!(users(&world, base, secret.reveal()).await.status, 200, "{base}");
        }
    }
}

#[actix_web::test]
async fn an_old_token_is_refused_at_another_directory_s_address_and_once_it_is_revoked() {
    let world = world(PRODUCTION);
    let base = |n: u32| format!("/api/scim/v2.0/directory-{n}");
    let other = SECRET.replace("q1", "z9");
    let [one, _] = [(1, SECRET), (2, &*other)].map(|(n, token)| {
        directory(&world, n, &format!("https://old.example{}", base(n)), Maker::Polis, token)
    });
    for (n, token, status) in
        [(1, SECRET, 200), (2, SECRET, 401), (1, &*other, 401), (2, &*other, 200)]
    {
        let answer = users(&world, &base(n), token).await;
        assert_eq!(answer.status, status, "{n} {}", answer.body);
    }
    for wrong in [&base(3), "/v1/scim/directory-1", "/scim/v2/directory-1"] {
        let answer = users(&world, wrong, SECRET).await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert!(answer.header("content-type").starts_with("application/scim+json"), "{wrong}");
    }
    let all = crate::store::Window { limit: 10, before: None };
    let page = world.store().read_now(|db| tokens::page(db, &all, &one.id)).unwrap();
    world.store().system(|tx| tokens::revoke(tx, &one.id, &page.data[0].id));
    assert_eq!(users(&world, &base(1), SECRET).await.status, 401);
    // It stays revoked, whoever brings it again.
    let hash = crypto::foreign_hash(Maker::Polis, SECRET).unwrap();
    let again = world.store().system(|tx| tokens::adopt(tx, &one.id, "x", hash, "…".to_owned()));
    assert!(again.is_none());
    assert_eq!(users(&world, &base(1), SECRET).await.status, 401);
}
