//! The demo's directory: provisions somebody and a group as a product does, over HTTP as any directory.

use crate::error::{Error, Result};
use crate::fetch;
use crate::scim::MEDIA_TYPE;
use crate::scim::dialect::Dialect;
use crate::store::access::provisioning::{self, ProvisioningPatch};
use crate::store::connections::{Connection, scim_base_url};
use crate::store::directories::requests::{self, Filter};
use crate::store::directories::tokens::{self, NewToken};
use crate::store::{Actor, ConnectionId, Db, ScimRequestId, Store, Tx, Window};
use chrono::TimeDelta;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::str::FromStr;
use std::time::Duration;
use url::form_urlencoded;

const TIME: Duration = Duration::from_secs(20);
/// How long the token is good, should the play be broken off.
const TOKEN: TimeDelta = TimeDelta::minutes(10);
/// Who is provisioned: nobody whom the demo's identity provider knows.
const WHO: &str = "milton@demo.example";
const GROUP: &str = "Engineering";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const WORK: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Whose part is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Whole resources, members one by one, and DELETE at the end.
    JumpCloud,
    /// A small PATCH; nobody is ever deleted.
    Okta,
    /// Capitals, text for booleans, and paths with filters.
    Entra,
}

impl Part {
    /// All that can be played.
    pub const ALL: [Self; 3] = [Self::JumpCloud, Self::Okta, Self::Entra];

    /// Whose dialect it is.
    #[must_use]
    pub fn dialect(self) -> Dialect {
        match self {
            Self::JumpCloud => Dialect::JumpCloud,
            Self::Okta => Dialect::Okta,
            Self::Entra => Dialect::Entra,
        }
    }

    fn agent(self) -> &'static str {
        match self {
            Self::JumpCloud => "JumpCloud",
            Self::Okta => "Okta SCIM Client 1.0.0",
            Self::Entra => "",
        }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|part| part.dialect().as_str() == word);
        known.ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|part| part.dialect().as_str()).collect();
            format!("there are {}", words.join(", "))
        })
    }
}

/// A request and what came of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The method.
    pub method: String,
    /// The path, below the directory's base address.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// What it did, in words.
    pub effect: String,
}

/// A directory at the running gateway.
struct Directory<'a> {
    store: &'a Store,
    client: Client,
    connection: ConnectionId,
    base: String,
    token: String,
    agent: &'static str,
    last: Option<ScimRequestId>,
    tell: &'a mut dyn FnMut(Told),
}

/// Plays a directory of the demo's connection at the gateway that answers at `address`. Each request is told as it is answered.
pub async fn provision(
    store: &Store,
    actor: Actor,
    connection: &Connection,
    part: Part,
    address: &str,
    tell: &mut dyn FnMut(Told),
) -> Result<()> {
    let new = NewToken {
        label: "Demo".to_owned(),
        networks: Vec::new(),
        expires_at: Some(store.clock().now().plus(TOKEN)),
    };
    let (of, id) = (connection.organization_id.clone(), connection.id.clone());
    let begin = move |tx: &mut Tx| {
        let on = ProvisioningPatch { groups: Some(true), ..ProvisioningPatch::default() };
        provisioning::change(tx, &of, &on)?;
        tokens::create(tx, &id, new)
    };
    let (token, secret) = store.write(&connection.organization_id, actor.clone(), begin).await?;
    let of = filter(&connection.id);
    let newest = Window { limit: 1, before: None };
    let last = store.read(move |db| Ok(requests::page(db, &newest, &of)?.data.pop())).await?;
    let mut directory = Directory {
        store,
        client: fetch::unguarded()?,
        base: scim_base_url(address, &connection.id),
        token: secret.reveal().to_owned(),
        agent: part.agent(),
        last: last.map(|entry| entry.id),
        connection: connection.id.clone(),
        tell,
    };
    let played = directory.run(part).await;
    // The token goes, whatever came of it.
    let id = connection.id.clone();
    let revoke = move |tx: &mut Tx| tokens::revoke(tx, &id, &token.id);
    store.write(&connection.organization_id, actor, revoke).await?;
    played
}

fn filter(connection: &ConnectionId) -> Filter {
    Filter { connection: Some(connection.clone()), ..Filter::default() }
}

impl Directory<'_> {
    async fn run(&mut self, part: Part) -> Result<()> {
        match part {
            Part::JumpCloud => self.jumpcloud().await,
            Part::Okta => self.okta().await,
            Part::Entra => self.entra().await,
        }
    }

    async fn jumpcloud(&mut self) -> Result<()> {
        let user = self.look_up(&format!("userName eq \"{WHO}\"")).await?;
        let user = self.made(user, "/Users", person()).await?;
        let path = format!("/Users/{user}");
        self.get(&path).await?;
        let mut titled = person();
        put(&mut titled, "title", "Collator".into());
        self.send(Method::PUT, &path, Some(titled.clone())).await?;
        let group = json!({ "displayName": GROUP, "members": [{ "value": user }] });
        let there = self.group().await?;
        let group = self.made(there, "/Groups", group).await?;
        let team = format!("/Groups/{group}");
        let named = json!([{ "op": "replace", "value": { "displayName": "Platform" } }]);
        self.patch(&team, named).await?;
        for op in ["remove", "add"] {
            let one = json!([{ "op": op, "path": "members", "value": [{ "value": user }] }]);
            self.patch(&team, one).await?;
        }
        put(&mut titled, "active", false.into());
        self.send(Method::PUT, &path, Some(titled)).await?;
        self.send(Method::DELETE, &team, None).await?;
        self.send(Method::DELETE, &path, None).await?;
        Ok(())
    }

    async fn okta(&mut self) -> Result<()> {
        self.get("/Users?startIndex=1&count=2").await?;
        let user = self.look_up(&format!("userName eq \"{WHO}\"")).await?;
        let user = self.made(user, "/Users", person()).await?;
        let path = format!("/Users/{user}");
        self.send(Method::PUT, &path, Some(person())).await?;
        let group = json!({ "displayName": GROUP, "members": [] });
        let there = self.group().await?;
        let group = self.made(there, "/Groups", group).await?;
        let team = format!("/Groups/{group}");
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
        self.patch(&team, add).await?;
        let one = json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]);
        self.patch(&team, one).await?;
        self.send(Method::DELETE, &team, None).await?;
        let off = json!([{ "op": "replace", "value": { "active": false } }]);
        self.patch(&path, off).await?;
        Ok(())
    }

    async fn entra(&mut self) -> Result<()> {
        let user = self.look_up(&format!("userName eq \"{WHO}\"")).await?;
        let mut body = person();
        put(&mut body, "externalId", WHO.into());
        put(&mut body, WORK, json!({ "department": "Storage" }));
        let user = self.made(user, "/Users", body).await?;
        let path = format!("/Users/{user}");
        let changed = json!([
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": WHO },
            { "op": "Add", "path": format!("{WORK}:department"), "value": "Basement B" },
        ]);
        self.patch(&path, changed).await?;
        let group = json!({ "displayName": GROUP, "externalId": "engineering" });
        let there = self.group().await?;
        let group = self.made(there, "/Groups", group).await?;
        let team = format!("/Groups/{group}");
        for op in ["Add", "Remove"] {
            let one = json!([{ "op": op, "path": "members", "value": [{ "value": user }] }]);
            self.patch(&team, one).await?;
        }
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        self.patch(&path, off).await?;
        self.send(Method::DELETE, &team, None).await?;
        self.send(Method::DELETE, &path, None).await?;
        Ok(())
    }

    /// The ID of the person whom a filter finds.
    async fn look_up(&mut self, filter: &str) -> Result<Option<String>> {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("filter", filter).finish();
        Ok(found(&self.get(&format!("/Users?{query}")).await?))
    }

    /// The ID of the group.
    async fn group(&mut self) -> Result<Option<String>> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("excludedAttributes", "members")
            .append_pair("filter", &format!("displayName eq \"{GROUP}\""))
            .finish();
        Ok(found(&self.get(&format!("/Groups?{query}")).await?))
    }

    /// Makes what is not there, and puts what is there as it is to be; its ID.
    async fn made(&mut self, there: Option<String>, endpoint: &str, body: Value) -> Result<String> {
        let made = match there {
            Some(id) => self.send(Method::PUT, &format!("{endpoint}/{id}"), Some(body)).await?,
            None => self.send(Method::POST, endpoint, Some(body)).await?,
        };
        Ok(made.get("id").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    async fn get(&mut self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, None).await
    }

    async fn patch(&mut self, path: &str, operations: Value) -> Result<Value> {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.send(Method::PATCH, path, Some(body)).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let url = format!("{}{path}", self.base);
        let mut request = self
            .client
            .request(method.clone(), &url)
            .timeout(TIME)
            .bearer_auth(&self.token)
            .header("accept", MEDIA_TYPE);
        if !self.agent.is_empty() {
            request = request.header("user-agent", self.agent);
        }
        if let Some(body) = body {
            request = request.header("content-type", MEDIA_TYPE).body(body.to_string());
        }
        let away = |error: reqwest::Error| {
            Error::Busy(format!("There is no answer from the gateway at {}: {error}.", self.base))
        };
        let answer = request.send().await.map_err(away)?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(away)?;
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let effect = self.effect(&method, &body).await?;
        let (method, path) = (method.to_string(), path.to_owned());
        (self.tell)(Told { method, path, status, effect });
        Ok(body)
    }

    /// What the log of requests says of a change, which it has at once; else what the answer says.
    async fn effect(&mut self, method: &Method, body: &Value) -> Result<String> {
        let (of, last) = (filter(&self.connection), self.last.clone());
        let changed = Filter { changed: true, ..of };
        let read = move |db: &mut Db| requests::after(db, &changed, last.as_ref(), 1);
        if let Some(entry) = self.store.read(read).await?.pop() {
            self.last = Some(entry.id);
            return Ok(entry.effect);
        }
        let total = body.get("totalResults").and_then(Value::as_i64);
        let detail = body.get("detail").and_then(Value::as_str);
        Ok(match (total, detail) {
            (Some(total), _) => format!("{total} found."),
            (None, Some(detail)) => detail.to_owned(),
            (None, None) if method == Method::GET => "Read.".to_owned(),
            (None, None) => "Nothing to change.".to_owned(),
        })
    }
}

fn person() -> Value {
    json!({
        "schemas": [USER],
        "userName": WHO,
        "name": { "givenName": "Milton", "familyName": "Waddams" },
        "emails": [{ "type": "work", "primary": true, "value": WHO }],
        "active": true,
    })
}

fn put(body: &mut Value, name: &str, value: Value) {
    if let Some(body) = body.as_object_mut() {
        body.insert(name.to_owned(), value);
    }
}

fn found(list: &Value) -> Option<String> {
    list.get("Resources")?.get(0)?.get("id")?.as_str().map(str::to_owned)
}
