//! The rules of the console, through the whole application without a network.

mod account;
mod api_keys;
mod application;
mod applications;
mod audit;
mod connection_metadata;
mod connection_new;
mod connection_overview;
mod connection_tabs;
mod connections;
mod customers;
mod domains;
mod done;
mod email;
mod entry;
mod groups;
mod invitations;
mod lists;
mod machines;
mod many;
mod once;
mod organization;
mod overview;
mod own_provider;
mod passkeys;
mod roles;
mod routes;
mod scim_requests;
mod search;
mod settings;
mod setup_links;
mod signing_keys;
mod stale;
mod traces;
mod users;
mod webhooks;

use crate::crypto::{self, Secret};
use crate::http::testing::{Answer, PRODUCTION, World, world};
use crate::store::members::{self, Member, NewMember, Role};
use crate::store::{MemberId, Window, organizations, testing};
use actix_web::cookie::Cookie;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use chrono::TimeDelta;

const PASSWORD: &str = "a horse and a staple";

/// No name server answers.
const NO_NETWORK: &[(&str, &str)] = &[("dns.resolver", "127.0.0.1:9")];

/// The cookie by which a browser is known in which somebody has signed in.
fn known_by(answer: &Answer) -> Cookie<'static> {
    let mut cookies = answer.headers.get_all("set-cookie").map(|value| value.to_str().unwrap());
    let cookie = cookies.find(|cookie| cookie.contains("-known=")).unwrap();
    Cookie::parse(cookie.to_owned()).unwrap()
}

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
        let mut desk = Self::new(NO_NETWORK, role);
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

    /// What a script of a page asks again.
    async fn part(&self, uri: &str) -> Answer {
        let mut request = TestRequest::get().uri(uri).insert_header(("HX-Request", "true"));
        if let Some(cookie) = &self.cookie {
            request = request.cookie(cookie.clone());
        }
        self.world.call(request).await
    }

    /// Sends a form with the token of a page of this session.
    async fn post(&self, uri: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        let fields: Vec<_> = fields.iter().copied().chain([("form_token", &*token)]).collect();
        self.call("POST", uri, &fields).await
    }

    /// Sends a form as a script of its page does while it is filled in.
    async fn type_in(&self, uri: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        let fields: Vec<_> = fields.iter().copied().chain([("form_token", &*token)]).collect();
        let mut request = TestRequest::post().uri(uri).insert_header(("HX-Request", "true"));
        if let Some(cookie) = &self.cookie {
            request = request.cookie(cookie.clone());
        }
        self.world.call(request.set_form(&fields)).await
    }

    /// What each form of this session carries.
    async fn token(&self) -> String {
        let page = self.get("/console/organizations").await.body;
        let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap_or_default();
        token.split('"').next().unwrap().to_owned()
    }

    /// Somebody else, without a password.
    fn other(&self, role: Role) -> Member {
        let email = format!("{}@orbit.example", MemberId::new());
        let new = NewMember { email, name: "Sam".into(), role };
        self.world.store().system(|tx| members::create(tx, &new))
    }

    async fn is_in(&self) -> bool {
        self.get("/console/organizations").await.status == 200
    }
}
