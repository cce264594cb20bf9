//! Signing out, whoever begins, with identity providers and an app that nobody here wrote.

mod everywhere;
mod provider;
mod told;

use super::claims;
use crate::gateway::{Gateway, Registered};
use crate::peers::{self, App, Provider};
use crate::user_agent::{Page, UserAgent};
use serde_json::{Value, json};
use vestibule::email::Email;
use vestibule::store::applications::NewApplication;
use vestibule::store::connections::{Connection, Settings};
use vestibule::store::users;

/// A gateway whose customer's provider and app can sign out.
struct World<'a> {
    gateway: &'a Gateway,
    provider: &'a Provider,
    app: &'a App,
    domain: &'a str,
    connection: Connection,
    registered: Registered,
}

/// Somebody who is in.
struct Person {
    agent: UserAgent,
    answer: Value,
}

impl<'a> World<'a> {
    async fn of(
        gateway: &'a Gateway,
        provider: &'a Provider,
        app: &'a App,
        domain: &'a str,
        settings: Settings,
    ) -> Self {
        Self::with(gateway, provider, app, domain, settings, |_| {}).await
    }

    async fn with(
        gateway: &'a Gateway,
        provider: &'a Provider,
        app: &'a App,
        domain: &'a str,
        settings: Settings,
        change: impl FnOnce(&mut NewApplication),
    ) -> Self {
        let connection = gateway.customer(domain).connect_with(provider, settings).await;
        let listening = |new: &mut NewApplication| {
            new.logout.backchannel_uri = Some(app.backchannel_logout_uri());
            change(new);
        };
        // Tokens of offline_access outlive sessions.
        let online = |client: &mut peers::ClientOf| "openid email".clone_into(&mut client.scope);
        let registered = gateway.adopt_with(app, listening, online).await;
        app.forget_ended(0).await;
        Self { gateway, provider, app, domain, connection, registered }
    }

    fn email(&self) -> String {
        format!("ada@{}", self.domain)
    }

    async fn sign_in(&self) -> Person {
        let mut agent = UserAgent::new();
        let start = self.app.login_url(&[("login_hint", &self.email())]);
        let page = peers::sign_in(&mut agent, &start, "ada").await;
        claims(&page);
        let answer = page.json();
        Person { agent, answer }
    }

    /// Takes back that Ada was suspended, if she was.
    fn restore(&self) {
        let email = Email::parse(&self.email()).unwrap();
        let organization = &self.connection.organization_id;
        if let Some(ada) = self.gateway.read(|db| users::by_email(db, organization, &email)) {
            self.gateway.write(|tx| users::restore(tx, &ada.id));
        }
    }

    /// Begins to sign out at the provider; `None`: as samlp does, which knows from where.
    fn provider_s(&self, binding: Option<&str>, index: Option<&str>) -> String {
        let entity_id = self.connection.entity_id(&self.gateway.url);
        let Some(binding) = binding else { return self.provider.logout_url(&[]) };
        let mut query = vec![("binding", binding), ("sp", &entity_id), ("user", "ada")];
        query.extend(index.map(|index| ("index", index)));
        self.provider.logout_url(&query)
    }

    /// The app's sign-out, as its library builds it.
    async fn app_s(&self, person: &Person) -> String {
        let parameters = json!({
            "id_token_hint": person.answer["tokens"]["id_token"],
            "post_logout_redirect_uri": self.app.post_logout_redirect_uri,
            "state": "after",
        });
        self.app.logout_url(&parameters).await
    }

    /// Where the app's sign-out ends.
    fn back(&self) -> String {
        format!("{}?state=after", self.app.post_logout_redirect_uri)
    }

    async fn is_out(&self, person: &mut Person) {
        let page = person.agent.get(self.app.login_url(&[("prompt", "none")])).await;
        assert!(page.body.contains("login_required"), "{}", page.body);
        let token = person.answer["tokens"]["access_token"].as_str().unwrap();
        let refusal = self.app.userinfo(token).await.expect_err("the token has ended");
        assert!(refusal.to_string().contains("401"), "{refusal}");
    }

    async fn is_in(&self, person: &mut Person) {
        let page = person.agent.get(self.app.login_url(&[("prompt", "none")])).await;
        assert_eq!(claims(&page)["sub"], person.answer["claims"]["sub"]);
    }

    /// The app was told of the person's session, and its library took the token for a right one.
    async fn is_told(&self, person: &Person) {
        let told = self.app.ended(1).await.remove(0)["claims"].clone();
        let known = &person.answer["claims"];
        assert_eq!((&told["sub"], &told["sid"]), (&known["sub"], &known["sid"]), "{told}");
        assert_eq!(told["iss"], self.gateway.url);
        let event = "http://schemas.openid.net/event/backchannel-logout";
        assert_eq!(told["events"], json!({ event: {} }));
        assert_eq!(told["nonce"], Value::Null);
    }
}

/// The provider says what our answer says: that its request was not followed.
#[track_caller]
fn denied(page: &Page, code: &str) {
    assert!(page.url.path().starts_with("/slo/"), "{}", page.url);
    for part in ["status:Requester", "status:RequestDenied", code] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
}

fn by(binding: &str) -> Settings {
    let binding = serde_json::from_value(json!(binding)).unwrap();
    Settings { request_binding: Some(binding), ..Settings::default() }
}
