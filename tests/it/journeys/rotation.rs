//! Secrets are replaced while programs call with them, and no call fails in between.

use super::claims;
use super::operator::{Operator, shown_once};
use crate::gateway::Gateway;
use crate::peers::{self, lent};
use crate::user_agent::UserAgent;
use chrono::TimeDelta;
use futures_util::future::{Either, select};
use reqwest::Client;
use std::pin::pin;
use vestibule::store::api_keys::{self, NewApiKey, Scope};

/// A program that calls with its secret, again and again.
struct Caller {
    client: Client,
    url: String,
    secret: String,
    answered: usize,
}

impl Caller {
    fn new(url: String, secret: &str) -> Self {
        let client = UserAgent::new().into_client();
        Self { client, url, secret: secret.to_owned(), answered: 0 }
    }

    async fn status(&self, secret: &str) -> u16 {
        let request = self.client.get(&self.url).bearer_auth(secret);
        request.send().await.unwrap().status().as_u16()
    }

    async fn call(&mut self) {
        let status = self.status(&self.secret).await;
        assert_eq!(status, 200, "call {} of {} failed", self.answered + 1, self.url);
        self.answered += 1;
    }

    /// Calls as long as somebody else is at something, and to the end of the last call.
    async fn call_during<T>(&mut self, act: impl Future<Output = T>) -> T {
        let mut act = pin!(act);
        loop {
            match select(act.as_mut(), pin!(self.call())).await {
                Either::Left((done, last)) => {
                    last.await;
                    return done;
                }
                Either::Right(((), _)) => {}
            }
        }
    }
}

#[actix_web::test]
async fn a_scim_token_and_an_api_key_are_rotated_and_no_request_fails_in_between() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    gateway.adopt(&app).await;
    let mut operator = Operator::of(&gateway).await;

    // A directory and a program, each with the first of its secrets.
    let provisioning = format!("/console/connections/{}/provisioning", connection.id);
    let page = operator.open(&provisioning).await;
    let page = operator.send(&page, "label", &[("label", "First")]).await;
    let first_token = shown_once(&page);
    let users = format!("{}/scim/v2/{}/Users", gateway.url, connection.id);
    let mut directory = Caller::new(users, &first_token);
    let new = NewApiKey {
        name: "Backend".to_owned(),
        scopes: vec![Scope::UsersRead],
        organization_id: None,
        expires_at: None,
        networks: Vec::new(),
    };
    let (key, first_key) = gateway.write(|tx| api_keys::create(tx, new));
    let first_key = first_key.reveal().to_owned();
    let mut program = Caller::new(format!("{}/api/v1/users", gateway.url), &first_key);

    // The token: another beside it, then the directory gets it, then the first is retired.
    let page = directory.call_during(operator.open(&provisioning)).await;
    let typed = [("label", "Second")];
    let page = directory.call_during(operator.send(&page, "label", &typed)).await;
    let second_token = shown_once(&page);
    directory.secret.clone_from(&second_token);
    let below = format!("{provisioning}/");
    let retire = page.body.split(&below).filter_map(|rest| {
        let (id, act) = rest.split_once('"')?.0.split_once('/')?;
        (act == "retire").then(|| id.to_owned())
    });
    // The list has the newest first.
    let first = retire.last().expect("a token to retire");
    let asked =
        directory.call_during(operator.open(&format!("{provisioning}/{first}/retire"))).await;
    let done = directory.call_during(operator.send(&asked, "/retire", &[("hours", "168")])).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(directory.status(&first_token).await, 200, "what is on its way still counts");

    // People sign in as before.
    let start = app.login_url(&[("login_hint", "ada@globex.example")]);
    let mut browser = UserAgent::new();
    let page = directory.call_during(peers::sign_in(&mut browser, &start, "ada")).await;
    assert_eq!(claims(&page)["email"], "ada@globex.example");

    // The key: rolled, and the program gets the new one.
    let roll = format!("/console/api-keys/{}/roll", key.id);
    let asked = program.call_during(operator.open(&roll)).await;
    let page = program.call_during(operator.send(&asked, "/roll", &[])).await;
    let second_key = shown_once(&page);
    program.call().await;
    program.secret.clone_from(&second_key);
    program.call().await;
    assert!(directory.answered >= 5 && program.answered >= 4);

    // When the overlap is over, only the new ones count.
    gateway.advance(TimeDelta::days(8));
    directory.call().await;
    program.call().await;
    assert_eq!(directory.status(&first_token).await, 401);
    assert_eq!(program.status(&first_key).await, 401);
}
