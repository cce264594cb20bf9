//! The demo, in development only: an identity provider and an app, both of them customers of the gateway.
//!
//! Nothing here is known to the rest: the provider answers by SAML, the app asks by OIDC, over HTTP.

mod app;
mod client;
mod provider;
#[cfg(test)]
mod tests;

pub(super) use self::client::own_address;
pub(super) use self::provider::CONSOLE;

use self::provider::Sent;
use super::pages::{self, Message, Shell, Way};
use super::server::State;
use super::sign_in::see_other;
use crate::error::Result;
use crate::fetch;
use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use reqwest::Client;
use std::sync::{Mutex, OnceLock};

/// What the demo's two programs keep while they run.
#[derive(Default)]
pub struct Memory {
    /// The provider's last right answer, so that it can be sent twice.
    sent: Mutex<Option<Sent>>,
    /// By which the app reaches the gateway; made when it is first needed.
    client: OnceLock<Client>,
}

impl Memory {
    fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = fetch::unguarded()?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// The demo's routes. They are not there unless the settings let the demo be.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/demo").get(start))
        .service(web::resource("/demo/idp").get(provider::metadata))
        .service(web::resource(provider::CONSOLE).get(provider::console))
        .service(web::resource("/demo/idp/sso").get(provider::sign_on).post(provider::sign_on))
        .service(web::resource("/demo/app").get(app::page))
        .service(web::resource("/demo/app/sign-in").get(app::sign_in))
        .service(web::resource("/demo/app/callback").get(app::callback))
        .service(web::resource("/demo/app/sign-out").post(app::sign_out));
}

async fn start() -> HttpResponse {
    see_other("/demo/app")
}

/// A cookie of one of the two programs, sent to its own pages only.
fn cookie(
    state: &State,
    name: &'static str,
    value: String,
    path: &'static str,
    age: Duration,
) -> Cookie<'static> {
    let mut cookie = Cookie::new(name, value);
    cookie.set_path(path);
    cookie.set_http_only(true);
    cookie.set_secure(state.config.public_url.is_https());
    cookie.set_same_site(SameSite::Lax);
    cookie.set_max_age(age);
    cookie
}

/// A page that only says something, with a way to the app.
fn say(state: &Data<State>, status: StatusCode, title: &str, text: String) -> HttpResponse {
    let shell = Shell::of(state);
    let page = Message {
        status,
        page_title: shell.text("demo.page_title").to_owned(),
        title: title.to_owned(),
        texts: vec![text],
        ways: vec![Way {
            label: shell.text("demo.to_app").to_owned(),
            href: "/demo/app".to_owned(),
        }],
    };
    pages::message(state, &page)
}

/// The page while nobody has set the demo up, or somebody has removed it.
fn absent(state: &Data<State>) -> HttpResponse {
    let shell = Shell::of(state);
    let (title, text) = (shell.text("demo.absent.title"), shell.text("demo.absent.text"));
    let page = Message {
        status: StatusCode::NOT_FOUND,
        page_title: shell.text("demo.page_title").to_owned(),
        title: title.to_owned(),
        texts: vec![text.to_owned()],
        ways: Vec::new(),
    };
    pages::message(state, &page)
}
