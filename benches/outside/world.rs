//! What is measured: organizations with a connection each, and people who sign in through them.

use crate::client::Reply;
use crate::server::Server;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use std::io::Read;
use url::Url;
use url::form_urlencoded::Serializer;
use vestibule::access::Model;
use vestibule::clock::{Clock, Time};
use vestibule::crypto::{self, Algorithm, PrivateKey};
use vestibule::domain::DomainName;
use vestibule::saml::Binding;
use vestibule::saml::certificate::Certificate;
use vestibule::saml::issue::Issue;
use vestibule::saml::metadata::IdentityProvider;
use vestibule::saml::sign::Signer;
use vestibule::store::applications::{
    self, ApplicationKind, IdTokenAlg, Logout, NewApplication, NoConnection, OwnLifetimes,
};
use vestibule::store::connections::{self, Connection, NewConnection};
use vestibule::store::organizations::{self, Admission, NewOrganization};
use vestibule::store::{Actor, Scope, Store};

/// People of each measured organization.
const PEOPLE: usize = 100;
const PROVIDER: &str = "https://idp.bench.example/metadata";
const REDIRECT: &str = "http://localhost:9/callback";

/// Everything that a sign-in needs to know.
pub(crate) struct World {
    public_url: String,
    host: String,
    connections: Vec<(String, Connection)>,
    client_id: String,
    client_secret: String,
    key: PrivateKey,
    certificate: Certificate,
}

/// One sign-in.
pub(crate) struct Visit<'a> {
    world: &'a World,
    connection: &'a Connection,
    email: String,
    verifier: String,
}

impl World {
    /// Fills an empty database.
    pub(crate) fn make(server: &Server, count: usize, alg: &str) -> Self {
        let store = Store::open(&server.database, Clock::default()).expect("the database");
        store.migrate().expect("its tables");
        let now = store.clock().now();
        let key = PrivateKey::generate(Algorithm::Rs256).expect("a key");
        let pem = key.self_signed("bench", 1, now).expect("a certificate");
        let certificate = Certificate::parse(&pem).expect("a certificate");
        let made = store.write_now(&Scope::System, &Actor::System, |tx| {
            let new = NewApplication {
                name: "Bench".to_owned(),
                kind: ApplicationKind::Web,
                redirect_uris: vec![REDIRECT.to_owned()],
                post_logout_redirect_uris: Vec::new(),
                initiate_login_uri: None,
                fallback_url: None,
                no_connection: NoConnection::Page,
                id_token_alg: alg.parse::<IdTokenAlg>().expect("an algorithm"),
                organizations: None,
                is_demo: false,
                logout: Logout::default(),
                model: Model::default(),
                protected_hosts: Vec::new(),
                lifetimes: OwnLifetimes::default(),
                scopes: Vec::new(),
            };
            let application = applications::create(tx, new)?;
            let mut made = Vec::with_capacity(count);
            for at in 0..count {
                made.push(connect(tx, at, &certificate, now)?);
            }
            Ok((application, made))
        });
        let ((application, secret), connections) = made.expect("a world");
        let public_url = server.public_url();
        Self {
            host: public_url.trim_start_matches("http://").to_owned(),
            public_url,
            connections,
            client_id: application.id.to_string(),
            client_secret: secret.expect("a secret").reveal().to_owned(),
            key,
            certificate,
        }
    }

    /// How many different people the visits have.
    pub(crate) fn people(&self) -> usize {
        PEOPLE * self.connections.len().min(10)
    }

    /// The sign-in with this number: people and connections take turns.
    pub(crate) fn visit(&self, at: usize) -> Visit<'_> {
        let stride = (self.connections.len() / 10).max(1);
        let (domain, connection) = &self.connections[(at % 10) * stride % self.connections.len()];
        let email = format!("person{}@{domain}", at / 10 % PEOPLE);
        Visit { world: self, connection, email, verifier: crypto::hex(&crypto::random::<32>()) }
    }

    /// The provider's answer to the request that `reply` sent the browser away with.
    pub(crate) fn answer(&self, visit: &Visit<'_>, reply: &Reply) -> String {
        let away = Url::parse(reply.location()).expect("the provider's address");
        let field = |name: &str| {
            let found = away.query_pairs().find(|(key, _)| key == name);
            found.unwrap_or_else(|| panic!("{name} in {away}")).1.into_owned()
        };
        let (acs, entity_id) =
            (visit.connection.acs(&self.public_url), visit.connection.entity_id(&self.public_url));
        let signer = Signer::new(self.key.as_openssl(), Some(&self.certificate));
        let now = Clock::default().now();
        let mut issue = Issue::new(PROVIDER, &acs, &entity_id, &visit.email, now, signer)
            .expect("a response")
            .attribute("email", &[&visit.email])
            .attribute("firstName", &["Person"])
            .attribute("lastName", &["Example"]);
        issue.in_response_to = Some(request_id(&field("SAMLRequest")));
        issue.not_on_or_after = now.plus(TimeDelta::minutes(30));
        let body = Serializer::new(String::new())
            .append_pair("SAMLResponse", &issue.base64().expect("a response"))
            .append_pair("RelayState", &field("RelayState"))
            .finish();
        let path = acs.trim_start_matches(&self.public_url);
        self.post(path, &format!("Cookie: {}\r\n", reply.cookies()), &body)
    }

    /// The app's exchange of the code that `reply` brought.
    pub(crate) fn redeem(&self, visit: &Visit<'_>, reply: &Reply) -> String {
        let back = Url::parse(reply.location()).expect("the app's address");
        let code = back.query_pairs().find(|(key, _)| key == "code");
        let (_, code) = code.unwrap_or_else(|| panic!("a code in {back}"));
        let body = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &code)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("code_verifier", &visit.verifier)
            .finish();
        let basic = STANDARD.encode(format!("{}:{}", self.client_id, self.client_secret));
        self.post("/oauth/token", &format!("Authorization: Basic {basic}\r\n"), &body)
    }

    /// The app's question about the person, with the token that `reply` brought.
    pub(crate) fn userinfo(&self, reply: &Reply) -> String {
        let tokens: serde_json::Value =
            serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("tokens: {}", reply.body));
        let token = tokens["access_token"].as_str().expect("an access token");
        let head = format!("GET /oauth/userinfo HTTP/1.1\r\nHost: {}\r\n", self.host);
        format!("{head}Authorization: Bearer {token}\r\n\r\n")
    }

    fn post(&self, path: &str, headers: &str, body: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{headers}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )
    }
}

impl Visit<'_> {
    /// The app's authorization request.
    pub(crate) fn authorize(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(crypto::sha256(self.verifier.as_bytes()));
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.world.client_id)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &self.verifier)
            .append_pair("nonce", &self.verifier)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("login_hint", &self.email)
            .finish();
        format!("GET /oauth/authorize?{query} HTTP/1.1\r\nHost: {}\r\n\r\n", self.world.host)
    }
}

fn connect(
    tx: &mut vestibule::store::Tx,
    at: usize,
    certificate: &Certificate,
    now: Time,
) -> vestibule::error::Result<(String, Connection)> {
    let domain = format!("customer{at}.bench.example");
    let organization = organizations::create(
        tx,
        NewOrganization {
            name: format!("Customer {at}"),
            external_id: Some(format!("customer-{at}")),
            admission: Admission::Both,
            metadata: serde_json::Map::new(),
            is_demo: false,
            domains: vec![DomainName::parse(&domain).expect("a domain")],
            vouch: true,
        },
    )?;
    let new = NewConnection {
        name: "Bench".to_owned(),
        provider: "generic".to_owned(),
        settings: connections::Settings::default(),
    };
    let connection = connections::create(tx, &organization.id, new)?;
    let provider = IdentityProvider::from_values(
        PROVIDER,
        "https://idp.bench.example/sso",
        Binding::Redirect,
        &[&certificate.base64()],
        now,
    )?;
    connections::import(tx, &connection.id, provider, None, false)?;
    let connection = connections::activate(tx, &connection.id, true)?;
    Ok((domain, connection))
}

/// The `ID` of a request as it travels by redirect.
fn request_id(field: &str) -> String {
    let deflated = STANDARD.decode(field).expect("base64");
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(&*deflated).read_to_string(&mut xml).expect("deflated");
    let (_, rest) = xml.split_once(" ID=\"").expect("an ID");
    rest.split('"').next().expect("an ID").to_owned()
}
