//! Apps that sign people in with an OIDC client library that others wrote.

use super::process::Process;
use crate::user_agent::UserAgent;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

/// A running app. Every answer is what its library said, errors too: `failed.error` and so on.
#[derive(Debug)]
pub(crate) struct App {
    process: Process,
    /// Its base address.
    pub(crate) url: String,
    /// Where it takes the code.
    pub(crate) redirect_uri: String,
    /// Where it wants people to land after they signed out.
    pub(crate) post_logout_redirect_uri: String,
}

/// Which client of which issuer an app is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClientOf {
    /// The issuer, whose discovery document the library reads.
    pub(crate) issuer: String,
    /// The client ID.
    pub(crate) client_id: String,
    /// The secret; a public client has none.
    pub(crate) client_secret: Option<String>,
    /// `client_secret_basic` or `client_secret_post`.
    pub(crate) auth_method: String,
    /// The algorithm that ID tokens must have.
    pub(crate) id_token_alg: String,
    /// What it asks for.
    pub(crate) scope: String,
}

impl ClientOf {
    /// A client with the usual manners: a secret by HTTP Basic, or none at all; RS256.
    pub(crate) fn new(issuer: &str, client_id: &str, client_secret: Option<&str>) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: client_secret.map(str::to_owned),
            auth_method: "client_secret_basic".to_owned(),
            id_token_alg: "RS256".to_owned(),
            scope: "openid email profile offline_access".to_owned(),
        }
    }
}

impl App {
    /// openid-client, in JavaScript.
    pub(crate) async fn openid_client() -> Self {
        Self::of(Process::start("openid_client_app.mjs").await)
    }

    /// Authlib, in Python.
    pub(crate) async fn authlib() -> Self {
        Self::of(Process::start("authlib_app.py").await)
    }

    fn of(process: Process) -> Self {
        let (url, redirect_uri) = (process.text("url"), process.text("redirect_uri"));
        let post_logout_redirect_uri = process.text("post_logout_redirect_uri");
        Self { process, url, redirect_uri, post_logout_redirect_uri }
    }

    /// Makes it a client: the library reads the issuer's discovery document, which it answers.
    pub(crate) async fn become_client(&self, client: &ClientOf) -> Value {
        let body = serde_json::to_value(client).unwrap();
        self.process.tell(&format!("{}/control/client", self.url), &body).await
    }

    /// Where a person starts, with more parameters for the authorization request.
    pub(crate) fn login_url(&self, parameters: &[(&str, &str)]) -> String {
        Url::parse_with_params(&format!("{}/login", self.url), parameters).unwrap().into()
    }

    /// New tokens by a refresh token.
    pub(crate) async fn refresh(&self, refresh_token: &str) -> Result<Value, Value> {
        self.ask("refresh", &json!({"refresh_token": refresh_token})).await
    }

    /// A token for the app itself, and what it reads with it at an address.
    pub(crate) async fn itself(&self, resource: &str) -> Result<Value, Value> {
        self.ask("itself", &json!({"resource": resource})).await
    }

    /// What userinfo says for an access token.
    pub(crate) async fn userinfo(&self, access_token: &str) -> Result<Value, Value> {
        self.ask("userinfo", &json!({"access_token": access_token})).await
    }

    /// What introspection says of a token.
    pub(crate) async fn introspect(&self, token: &str) -> Result<Value, Value> {
        self.ask("introspect", &json!({"token": token})).await
    }

    /// Revokes a token.
    pub(crate) async fn revoke(&self, token: &str) -> Result<Value, Value> {
        self.ask("revoke", &json!({"token": token})).await
    }

    /// Where a person signs out, as the library builds it.
    pub(crate) async fn logout_url(&self, parameters: &Value) -> String {
        let answer = self.process.tell(&format!("{}/logout-url", self.url), parameters).await;
        answer["url"].as_str().unwrap().to_owned()
    }

    /// Where it is told of a session's end, server to server.
    pub(crate) fn backchannel_logout_uri(&self) -> String {
        format!("{}/backchannel-logout", self.url)
    }

    /// Forgets what it was told, and will refuse to be told so many times.
    pub(crate) async fn forget_ended(&self, failures: usize) {
        let body = json!({"failures": failures});
        self.process.tell(&format!("{}/control/ended", self.url), &body).await;
    }

    /// Waits until it was told so often of a session's end; each with the claims that its library verified.
    pub(crate) async fn ended(&self, count: usize) -> Vec<Value> {
        let told = self.ended_within(count, 10_000).await;
        assert!(told.len() >= count, "told {told:?} times: {}", self.process.said());
        told
    }

    /// What it was told when it was told so often, or after so many milliseconds.
    pub(crate) async fn ended_within(&self, count: usize, millis: u32) -> Vec<Value> {
        let url = format!("{}/ended?count={count}&wait={millis}", self.url);
        UserAgent::new().get(url).await.json().as_array().unwrap().clone()
    }

    async fn ask(&self, what: &str, body: &Value) -> Result<Value, Value> {
        self.process.ask(&format!("{}/{what}", self.url), body).await
    }
}
