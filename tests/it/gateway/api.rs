//! The vendor's program, which asks the REST API about one organization.

use super::{Gateway, World};
use crate::user_agent::UserAgent;
use reqwest::{Client, Method};
use serde_json::Value;
use vestibule::store::OrganizationId;
use vestibule::store::api_keys::{self, NewApiKey, Scope};

/// The vendor's program, whose key may do everything.
pub(crate) struct Api {
    client: Client,
    base: String,
    key: String,
    pub(crate) organization: String,
}

impl Api {
    /// About the customer of a world.
    pub(crate) fn of(world: &World<'_>) -> Self {
        Self::at(world.gateway, &world.customer.organization.id)
    }

    pub(crate) fn at(gateway: &Gateway, organization: &OrganizationId) -> Self {
        let new = NewApiKey {
            name: "Test".to_owned(),
            scopes: Scope::WORDS.iter().map(|word| word.parse().unwrap()).collect(),
            organization_id: None,
            expires_at: None,
            networks: Vec::new(),
        };
        let key = gateway.write(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
        let (organization, base) = (organization.to_string(), format!("{}/api/v1", gateway.url));
        Self { client: UserAgent::new().into_client(), base, key, organization }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
        seen: Option<&str>,
    ) -> (u16, Value) {
        let mut request =
            self.client.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.key);
        if let Some(seen) = seen {
            request = request.header("if-match", format!("\"{seen}\""));
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, told) = self.send(Method::GET, path, Value::Null, None).await;
        assert_eq!(status, 200, "{told}");
        told
    }

    /// What is answered to a request about the organization.
    pub(crate) async fn ours(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.send(method, &format!("organizations/{}/{path}", self.organization), body, None).await
    }

    /// The same of one that is done.
    pub(crate) async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, told) = self.ours(method, path, body).await;
        assert!((200..300).contains(&status), "{status} {told}");
        told
    }

    /// The list of something of the organization.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let told = self.done(Method::GET, path, Value::Null).await;
        told["data"].as_array().unwrap().clone()
    }
}
