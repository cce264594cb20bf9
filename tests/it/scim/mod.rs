//! What directories do by SCIM, over HTTP.

pub(crate) mod access;
mod apart;
mod bulk;
mod concurrent;
mod ending;
mod entra;
mod foreign;
mod fuzz;
mod interleaved;
mod jumpcloud;
mod lists;
mod log;
mod many;
mod model;
mod okta;
mod others;
mod previews;
mod protocol;
mod schemas;
mod telling;
mod tokens;

pub(crate) use log::written;

use crate::gateway::{Gateway, World};
use crate::user_agent::UserAgent;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use vestibule::store::access::provisioning::{self, ProvisioningPatch};
use vestibule::store::directories::tokens::{NewToken, create};
use vestibule::store::{ConnectionId, connections};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A directory: who calls the SCIM address of a connection.
#[derive(Clone)]
pub(crate) struct Directory {
    client: Client,
    /// The base URL, as it is entered in the directory's console.
    base: String,
    token: String,
}

/// What a directory was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Directory {
    /// The directory of the world's connection.
    pub(crate) fn of(world: &World<'_>) -> Self {
        Self::at(world.gateway, &world.connection.id)
    }

    /// The directory of a connection, with a token of its own.
    fn at(gateway: &Gateway, id: &ConnectionId) -> Self {
        let new = NewToken { label: "Tests".to_owned(), ..NewToken::default() };
        groups_on(gateway, id);
        let (_, token) = gateway.write(|tx| create(tx, id, new));
        let base = format!("{}/scim/v2/{id}", gateway.url);
        Self { client: UserAgent::new().into_client(), base, token: token.reveal().to_owned() }
    }

    /// The same with another token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// A request with anything.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Reply {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.token));
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/scim+json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let read =
            |text: &str| serde_json::from_str(text).unwrap_or_else(|_| panic!("{status}: {text}"));
        let body = if text.is_empty() { Value::Null } else { read(&text) };
        Reply { status, headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    /// Those whom a filter finds.
    pub(crate) async fn filter(&self, endpoint: &str, filter: &str) -> Reply {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("filter", filter)
            .finish();
        self.get(&format!("{endpoint}?{query}")).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body.to_string())).await
    }

    async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, &[], Some(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.send(Method::PATCH, path, &[], Some(body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// A new person; their ID.
    pub(crate) async fn user(&self, name: &str) -> String {
        let body = json!({
            "schemas": [USER],
            "userName": name,
            "name": { "givenName": "Ann", "familyName": "Lee" },
            "emails": [{ "value": name, "type": "work", "primary": true }],
            "active": true,
        });
        self.post("/Users", body).await.is(201).id()
    }

    /// A new group with these members; its ID.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        self.post("/Groups", body).await.is(201).id()
    }

    /// The members of a group.
    async fn members(&self, id: &str) -> Vec<String> {
        self.get(&format!("/Groups/{id}")).await.is(200).members()
    }
}

impl Reply {
    /// The same, whose status this must be.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// A refusal with this status, SCIM's word and ours.
    #[track_caller]
    pub(crate) fn refuses(self, status: u16, scim_type: &str, code: &str) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["schemas"], json!([ERROR]), "{}", self.body);
        assert_eq!(self.body["status"], status.to_string(), "{}", self.body);
        assert_eq!(self.body["scimType"].as_str().unwrap_or_default(), scim_type, "{}", self.body);
        assert!(self.detail().ends_with(&format!("[{code}]")), "{code} in {}", self.body);
        assert!(self.headers.contains_key("request-id"));
        assert!(self.header("content-type").starts_with("application/scim+json"));
        self
    }

    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("{}", self.body)).to_owned()
    }

    pub(crate) fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn total(&self) -> u64 {
        assert_eq!(self.body["schemas"], json!([LIST]), "{}", self.body);
        self.body["totalResults"].as_u64().unwrap()
    }

    fn resources(&self) -> &Vec<Value> {
        self.body["Resources"].as_array().unwrap_or_else(|| panic!("{}", self.body))
    }

    /// The IDs of a list.
    fn ids(&self) -> Vec<String> {
        self.resources().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The IDs of the members, in the order of the alphabet.
    fn members(&self) -> Vec<String> {
        let members = self.body["members"].as_array().cloned().unwrap_or_default();
        let mut ids: Vec<String> =
            members.iter().map(|one| one["value"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }
}

/// Lets the directory of a connection push groups, which are off for a new organization.
fn groups_on(gateway: &Gateway, connection: &ConnectionId) {
    let on = ProvisioningPatch { groups: Some(true), ..ProvisioningPatch::default() };
    gateway.write(|tx| {
        let organization = connections::find(tx.db, connection)?.organization_id;
        provisioning::change(tx, &organization, &on)
    });
}

/// IDs in the order of the alphabet.
fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
    ids.sort();
    ids
}
