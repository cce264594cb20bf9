//! The API as its callers see it.

mod audit;
mod compatible;
mod customers;
mod document;
mod enforcement;
mod events;
mod guide;
mod keys;
mod machines;
mod mappings;
mod people;
mod previews;
mod provider;
mod repeats;
mod settings;
mod setup_links;
mod state;
mod webhooks;

use crate::http::testing::{Answer, World, world};
use crate::store::api_keys::{self, NewApiKey, Scope};
use crate::store::{Actor, OrganizationId, Scope as WriteScope};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

/// An installation and a key that may do everything.
struct Api {
    world: World,
    key: String,
}

/// A status and a body.
type Told = (u16, Value);

impl Api {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(settings: &[(&str, &str)]) -> Self {
        let world = world(settings);
        let mut api = Self { world, key: String::new() };
        api.key = api.key_with(&all_scopes(), None);
        api
    }

    /// A new key with these scopes.
    fn key_with(&self, scopes: &[Scope], organization: Option<&str>) -> String {
        let new = NewApiKey {
            name: "Test".to_owned(),
            scopes: scopes.to_vec(),
            organization_id: organization.map(|id| id.parse::<OrganizationId>().unwrap()),
            expires_at: None,
            networks: Vec::new(),
        };
        let store = &self.world.state.store;
        let made =
            store.write_now(&WriteScope::System, &Actor::System, |tx| api_keys::create(tx, new));
        made.unwrap().1.reveal().to_owned()
    }

    async fn answer(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = TestRequest::default()
            .method(method.parse::<Method>().unwrap())
            .uri(&format!("/api/v1/{path}"))
            .insert_header(("authorization", format!("Bearer {}", self.key)));
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        if let Some(body) = body {
            request = request.set_json(body);
        }
        self.world.call(request).await
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Told {
        let body = Some(body).filter(|body| !body.is_null());
        told(&self.answer(method, path, body, &[]).await)
    }

    async fn get(&self, path: &str) -> Told {
        self.ask("GET", path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Told {
        self.ask("POST", path, body).await
    }

    /// Makes something that must succeed, and tells its ID.
    async fn made(&self, path: &str, body: Value) -> String {
        let (status, view) = self.post(path, body).await;
        assert_eq!(status, 201, "{view}");
        view["id"].as_str().unwrap().to_owned()
    }

    /// An organization with this name, and its ID.
    async fn organization(&self, name: &str) -> String {
        self.made("organizations", json!({ "name": name })).await
    }

    /// The same installation, asked with another key.
    fn with_key(&mut self, key: &str) {
        key.clone_into(&mut self.key);
    }
}

fn all_scopes() -> Vec<Scope> {
    Scope::WORDS.iter().map(|word| word.parse().unwrap()).collect()
}

fn told(answer: &Answer) -> Told {
    let body = if answer.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&answer.body).unwrap_or_else(|_| Value::String(answer.body.clone()))
    };
    (answer.status, body)
}

/// Status, code, and the first field's pointer and code.
fn problem((status, body): &Told) -> String {
    let field = &body["errors"][0];
    let parts = [&body["code"], &field["pointer"], &field["code"]];
    let words: Vec<&str> = parts.iter().filter_map(|part| part.as_str()).collect();
    format!("{status} {}", words.join(" "))
}
