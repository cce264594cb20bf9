//! What directories ask by SCIM, act by act, of a directory of a thousand people and of a hundred thousand.

use crate::client::Reply;
use crate::server::Server;
use crate::{CLIENTS, Cost, phase};
use serde_json::{Value, json};
use std::time::Instant;
use url::form_urlencoded::byte_serialize;
use vestibule::clock::Clock;
use vestibule::store::access::provisioning::{self, ProvisioningPatch};
use vestibule::store::connections::{self, NewConnection};
use vestibule::store::directories::tokens::{self, NewToken};
use vestibule::store::organizations::{self, Admission, NewOrganization};
use vestibule::store::{Actor, Scope, Store};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// Requests in one row of the table; of lists fewer, since each has a hundred people.
const REQUESTS: usize = 1_000;
const LISTS: usize = 300;
/// People of a page.
const PAGE: usize = 100;
/// Groups of ten people, so that none grows much while people come.
const SMALL: usize = 200;
/// People of the large group.
const LARGE: usize = 10_000;
/// How many clients bring the directory.
const BRINGING: usize = 8;

/// A directory at a running server.
struct Directory<'a> {
    server: &'a Server,
    name: &'static str,
    people: usize,
    base: String,
    token: String,
    /// The IDs of its people.
    ids: Vec<String>,
    /// The IDs of the small groups, and of the large one, where it has so many people.
    small: Vec<String>,
    large: Option<String>,
    /// How many people were made beside those of the directory.
    made: usize,
}

/// All rows, on SQLite or on this Postgres; of a size and a number of clients, if they are asked for, only those.
pub(crate) async fn table(postgres: Option<&str>, asked: &[String]) {
    println!(
        "| database | people | clients | request | per second | CPU ms | p50 ms | p95 ms | p99 ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let number = |at: usize| asked.get(at).map(|text| text.parse::<usize>().expect("a number"));
    let sizes = number(0).map_or_else(|| SIZES.to_vec(), |size| vec![size]);
    let clients = number(1).map_or_else(|| CLIENTS.to_vec(), |clients| vec![clients]);
    let mut brought = Vec::new();
    for people in sizes {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Server::prepare(folder.path(), postgres);
        let (base, token) = open(&server);
        server.start().await;
        let name = if postgres.is_some() { "Postgres" } else { "SQLite" };
        let mut directory = Directory {
            server: &server,
            name,
            people,
            base,
            token,
            ids: Vec::new(),
            small: Vec::new(),
            large: None,
            made: 0,
        };
        brought.push(directory.bring().await);
        directory.groups().await;
        server.settle();
        for &clients in &clients {
            directory.rows(clients).await;
        }
    }
    println!(
        "\n| database | people | groups | memberships | seconds | CPU ms for each | peak MB |"
    );
    println!("|---|---|---|---|---|---|---|");
    for row in &brought {
        println!("{row}");
    }
}

/// An organization with a connection and a token, in an empty database: the path of the base URL, and the token.
fn open(server: &Server) -> (String, String) {
    let store = Store::open(&server.database, Clock::default()).expect("the database");
    store.migrate().expect("its tables");
    let made = store.write_now(&Scope::System, &Actor::System, |tx| {
        let organization = organizations::create(
            tx,
            NewOrganization {
                name: "Customer".to_owned(),
                external_id: None,
                admission: Admission::Both,
                metadata: serde_json::Map::new(),
                is_demo: false,
                domains: Vec::new(),
                vouch: false,
            },
        )?;
        let new = NewConnection {
            name: "Bench".to_owned(),
            provider: "generic".to_owned(),
            settings: connections::Settings::default(),
        };
        let connection = connections::create(tx, &organization.id, new)?;
        let on = ProvisioningPatch { groups: Some(true), ..ProvisioningPatch::default() };
        provisioning::change(tx, &organization.id, &on)?;
        let new = NewToken { label: "Bench".to_owned(), ..NewToken::default() };
        let (_, token) = tokens::create(tx, &connection.id, new)?;
        Ok((format!("/scim/v2/{}", connection.id), token.reveal().to_owned()))
    });
    made.expect("a connection")
}

/// A person, with what directories usually send.
fn person(name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{name}@customer.example"),
        "externalId": format!("external-{name}"),
        "displayName": format!("Person {name}"),
        "name": { "givenName": "Person", "familyName": name },
        "emails": [{ "value": format!("{name}@customer.example"), "type": "work", "primary": true }],
        "title": "Engineer",
        "active": true,
    })
}

fn group(name: &str, members: &[String]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({ "displayName": name, "members": members })
}

fn patch(operation: &Value) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [operation],
    })
}

fn id(reply: &Reply) -> String {
    let body: Value = serde_json::from_str(&reply.body)
        .unwrap_or_else(|_| panic!("a resource: {} {}", reply.head, reply.body));
    body["id"].as_str().unwrap_or_else(|| panic!("an ID: {body}")).to_owned()
}

impl Directory<'_> {
    /// Brings all people, and a group of a hundred for each hundred: what that took, and what memory the server has had.
    async fn bring(&mut self) -> String {
        let (before, started) = (self.server.cpu(), Instant::now());
        let people: Vec<String> = (0..self.people)
            .map(|at| self.request("POST", "/Users", Some(&person(&format!("p{at}")))))
            .collect();
        self.ids = self.done(BRINGING, people, "201").await.1.iter().map(id).collect();
        let groups: Vec<String> = self
            .ids
            .chunks(100)
            .enumerate()
            .map(|(at, members)| {
                self.request("POST", "/Groups", Some(&group(&format!("Team {at}"), members)))
            })
            .collect();
        let groups = self.done(BRINGING, groups, "201").await.1.len();
        let cpu = self.server.cpu().saturating_sub(before);
        format!(
            "| {} | {} | {groups} | {} | {:.1} | {:.3} | {} |",
            self.name,
            self.people,
            self.ids.len(),
            started.elapsed().as_secs_f64(),
            cpu.as_secs_f64() * 1000.0 / (self.people + groups) as f64,
            self.server.peak(),
        )
    }

    /// Makes the groups that people are added to.
    async fn groups(&mut self) {
        let small: Vec<String> = (0..SMALL)
            .map(|at| {
                let from = at * 10 % (self.people - 10);
                let members = &self.ids[from..from + 10];
                self.request("POST", "/Groups", Some(&group(&format!("Ten {at}"), members)))
            })
            .collect();
        self.small = self.done(BRINGING, small, "201").await.1.iter().map(id).collect();
        if self.people >= LARGE {
            let all = group("Everybody", &self.ids[..LARGE]);
            let made = self.done(1, vec![self.request("POST", "/Groups", Some(&all))], "201").await;
            self.large = made.1.first().map(id);
        }
    }

    /// One row for each thing that is asked.
    async fn rows(&mut self, clients: usize) {
        let first = self.made;
        self.made += REQUESTS;
        let made: Vec<String> = (first..self.made)
            .map(|at| self.request("POST", "/Users", Some(&person(&format!("new{at}")))))
            .collect();
        let (cost, replies) = self.done(clients, made, "201").await;
        self.row(clients, "create", REQUESTS, cost);
        let made: Vec<String> = replies.iter().map(id).collect();

        let filters = self.some().map(|at| self.by_name(at)).collect();
        let (cost, replies) = self.done(clients, filters, "200").await;
        assert!(replies.iter().all(|reply| reply.body.contains("\"totalResults\":1,")));
        self.row(clients, "get by filter", REQUESTS, cost);

        let (off, on) = (self.switch(false), self.switch(true));
        let (cost, _) = self.done(clients, off, "200").await;
        self.done(clients, on, "200").await;
        self.row(clients, "PATCH active", REQUESTS, cost);

        let first = self.request("GET", &format!("/Users?count={PAGE}&cursor"), None);
        let (cost, _) = self.done(clients, vec![first; LISTS], "200").await;
        self.row(clients, "list page, the first", LISTS, cost);
        let cursor = self.deep().await;
        let deep = self.request("GET", &format!("/Users?count={PAGE}&cursor={cursor}"), None);
        let (cost, _) = self.done(clients, vec![deep; LISTS], "200").await;
        self.row(clients, "list page, deep by cursor", LISTS, cost);

        let small: Vec<_> =
            made.iter().enumerate().map(|(at, id)| (&*self.small[at % SMALL], &**id)).collect();
        self.members(clients, "group of 10", &small).await;
        if let Some(large) = &self.large {
            let large: Vec<_> = made.iter().map(|id| (&**large, &**id)).collect();
            self.members(clients, "group of 10,000", &large).await;
        }

        // The next row begins with as many people as this one.
        let removed =
            made.iter().map(|id| self.request("DELETE", &format!("/Users/{id}"), None)).collect();
        self.done(BRINGING, removed, "204").await;
    }

    /// Places of people all over the directory.
    fn some(&self) -> impl Iterator<Item = usize> + use<> {
        let people = self.people;
        (0..REQUESTS).map(move |at| at * 7919 % people)
    }

    fn by_name(&self, at: usize) -> String {
        let filter = format!("userName eq \"p{at}@customer.example\"");
        let filter: String = byte_serialize(filter.as_bytes()).collect();
        self.request("GET", &format!("/Users?filter={filter}"), None)
    }

    fn switch(&self, active: bool) -> Vec<String> {
        let body = patch(&json!({ "op": "replace", "path": "active", "value": active }));
        self.some()
            .map(|at| self.request("PATCH", &format!("/Users/{}", self.ids[at]), Some(&body)))
            .collect()
    }

    /// Brings each person into their group, and takes them out again.
    async fn members(&self, clients: usize, groups: &str, of: &[(&str, &str)]) {
        let add = |id: &str| json!({ "op": "add", "path": "members", "value": [{ "value": id }] });
        let remove =
            |id: &str| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
        for (name, act) in [("add", add as fn(&str) -> Value), ("remove", remove)] {
            let requests = of.iter().map(|(group, id)| {
                let path = format!("/Groups/{group}?excludedAttributes=members");
                self.request("PATCH", &path, Some(&patch(&act(id))))
            });
            let (cost, _) = self.done(clients, requests.collect(), "200").await;
            self.row(clients, &format!("{name} member, {groups}"), REQUESTS, cost);
        }
    }

    /// A cursor behind nine tenths of the directory, found as clients find it: page by page.
    async fn deep(&self) -> String {
        let step = (self.people / 100).min(1000);
        let (mut seen, mut cursor) = (0, String::new());
        while seen < self.people * 9 / 10 {
            let path = format!("/Users?count={step}&cursor={cursor}&attributes=id");
            let replies = self.done(1, vec![self.request("GET", &path, None)], "200").await.1;
            let page: Value = serde_json::from_str(&replies[0].body).expect("a page");
            page["nextCursor"].as_str().expect("a cursor").clone_into(&mut cursor);
            seen += step;
        }
        cursor
    }

    /// Sends all requests, which must be answered with this status.
    async fn done(
        &self,
        clients: usize,
        requests: Vec<String>,
        status: &str,
    ) -> (Cost, Vec<Reply>) {
        let (cost, replies) = phase(self.server, clients, requests).await;
        let as_it_must = |reply: &&Reply| reply.head.split(' ').nth(1) != Some(status);
        if let Some(reply) = replies.iter().find(as_it_must) {
            panic!("{status}, not {}\n{}", reply.head, reply.body);
        }
        (cost, replies)
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let head = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n",
            self.base,
            self.server.address(),
            self.token
        );
        match body {
            None => format!("{head}\r\n"),
            Some(body) => {
                let body = body.to_string();
                format!(
                    "{head}Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            }
        }
    }

    fn row(&self, clients: usize, what: &str, count: usize, cost: Cost) {
        let count = count as f64;
        println!(
            "| {} | {} | {clients} | {what} | {:.0} | {:.3} | {:.2} | {:.2} | {:.2} |",
            self.name,
            self.people,
            count / cost.wall.as_secs_f64(),
            cost.cpu.as_secs_f64() * 1000.0 / count,
            cost.median.as_secs_f64() * 1000.0,
            cost.late.as_secs_f64() * 1000.0,
            cost.latest.as_secs_f64() * 1000.0,
        );
    }
}
