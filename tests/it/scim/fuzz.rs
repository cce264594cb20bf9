//! Ten thousand requests made at random: none is answered with a fault of ours, or with what is no answer of SCIM.

use super::{Directory, ENTERPRISE, ERROR, LIST, Reply, USER};
use crate::gateway::{Gateway, World};
use futures_util::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// How many requests; with `SCIM_FUZZ` another number.
const REQUESTS: usize = 10_000;
/// How many are on their way at once.
const AT_ONCE: usize = 8;

/// Numbers that are the same in every run (xorshift64*).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(most).unwrap()).unwrap()
    }

    fn of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// A request that is about to be sent.
struct Shot {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
}

const NAMES: &[&str] = &[
    "userName",
    "externalId",
    "displayName",
    "active",
    "emails",
    "emails.value",
    "name",
    "name.givenName",
    "members",
    "members.value",
    "groups",
    "id",
    "meta",
    "meta.created",
    "meta.lastModified",
    "roles",
    "schemas",
    "password",
    "x509Certificates",
    "addresses.country",
    "shoe",
    "",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User:roles",
    "EMAILS[type eq \"work\"].value",
    "emails[type eq \"work\" and primary eq true]",
    "members[value eq \"x\"]",
    "emails[",
    "a.b.c",
    "$ref",
];
const OPS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "EQ", "is", ""];
const WORDS: &[&str] = &[
    "ann@globex.example",
    "bob@globex.example",
    "Sales",
    "a",
    "",
    " ",
    "True",
    "False",
    "\u{0}",
    "zoë",
    "🦀",
    "%",
    "_",
    "\\",
    "'; DROP TABLE users; --",
    "\u{202e}abc",
    "2026-01-01T00:00:00Z",
    "99999999-99-99T99:99:99Z",
    "usr_",
    "9223372036854775808",
    "ﬀ",
    "İ",
    "\u{fffe}",
    "a\"b",
    "bulkId:a",
];

struct Maker {
    chance: Chance,
    /// IDs of what is there, and of what is not.
    ids: Vec<String>,
}

impl Maker {
    fn shot(&mut self) -> Shot {
        let endpoint = self.chance.of(&[
            "/Users",
            "/Users",
            "/Users",
            "/Groups",
            "/Groups",
            "/Bulk",
            "/.search",
            "/Me",
            "/Schemas",
            "/ServiceProviderConfig",
            "/ResourceTypes",
            "",
            "/Shoes",
        ]);
        let id = self.ids[self.chance.below(self.ids.len())].clone();
        let method = self
            .chance
            .of(&["GET", "GET", "POST", "PUT", "PATCH", "PATCH", "DELETE", "OPTIONS", "HEAD"]);
        let mut path = endpoint.to_owned();
        if self.chance.below(3) > 0 && method != "POST" {
            path = format!("{path}/{}", encoded(&id));
        }
        if self.chance.below(12) == 0 {
            path = format!(
                "{path}/{}",
                self.chance.of(&[".search", "Users", "%00", "..", "%2e%2e", "é"])
            );
        }
        if self.chance.below(2) == 0 {
            path = format!("{path}?{}", self.query());
        }
        let mut headers = Vec::new();
        if self.chance.below(5) == 0 {
            let name = self.chance.of(&["if-match", "if-none-match"]);
            headers.push((
                name,
                self.chance.of(&["W/\"1\"", "*", "\"x", "W/\"2\", \"3\"", "", ",,"]).to_owned(),
            ));
        }
        if self.chance.below(20) == 0 {
            let media = self.chance.of(&[
                "application/json",
                "text/plain",
                "application/scim+json; charset=x",
                ";",
                "",
            ]);
            headers.push(("content-type", media.to_owned()));
        }
        let body = (!matches!(method, "GET" | "HEAD" | "OPTIONS") || self.chance.below(20) == 0)
            .then(|| self.body(&path, method));
        Shot { method: method.parse().unwrap(), path, headers, body }
    }

    fn query(&mut self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for _ in 0..=self.chance.below(3) {
            let name = self.chance.of(&[
                "filter",
                "filter",
                "attributes",
                "excludedAttributes",
                "sortBy",
                "sortOrder",
                "startIndex",
                "count",
                "cursor",
                "x",
            ]);
            let value = match name {
                "filter" => self.filter(0),
                "startIndex" | "count" => self
                    .chance
                    .of(&[
                        "0",
                        "1",
                        "2",
                        "-1",
                        "500",
                        "1000000000",
                        "9223372036854775807",
                        "99999999999999999999",
                        "x",
                        "",
                    ])
                    .to_owned(),
                "sortOrder" => self.chance.of(&["ascending", "descending", "x"]).to_owned(),
                "cursor" => {
                    self.chance.of(&["", "x", "AAAA", "usr_01kampz3y7f4m8t2v6c9d0e1hj"]).to_owned()
                }
                _ => format!("{},{}", self.chance.of(NAMES), self.chance.of(NAMES)),
            };
            query.append_pair(name, &value);
        }
        query.finish()
    }

    fn filter(&mut self, depth: usize) -> String {
        let deeper = if depth > 4 { 0 } else { self.chance.below(7) };
        match deeper {
            1 => format!("{} and {}", self.filter(depth + 1), self.filter(depth + 1)),
            2 => format!("{} or {}", self.filter(depth + 1), self.filter(depth + 1)),
            3 => format!("not ({})", self.filter(depth + 1)),
            4 => format!("({})", self.filter(depth + 1)),
            5 => format!("{}[{}]", self.chance.of(NAMES), self.filter(depth + 1)),
            _ => {
                let value = self.value(3).to_string();
                format!("{} {} {value}", self.chance.of(NAMES), self.chance.of(OPS))
            }
        }
    }

    fn body(&mut self, path: &str, method: &str) -> String {
        if self.chance.below(25) == 0 {
            return self
                .chance
                .of(&["", "{", "[]", "null", "7", "\"x\"", "{\"a\":", "[[[[[[", "\u{feff}{}"])
                .to_owned();
        }
        let value = match (method, path) {
            (_, path) if path.contains(".search") => {
                json!({ "filter": self.filter(0), "attributes": [self.chance.of(NAMES)], "count": self.value(1), "startIndex": self.value(1), "sortBy": self.chance.of(NAMES) })
            }
            (_, path) if path.starts_with("/Bulk") => self.bulk(),
            ("PATCH", _) => self.patch(),
            _ => self.resource(),
        };
        value.to_string()
    }

    fn patch(&mut self) -> Value {
        let operations: Vec<Value> = (0..self.chance.below(4)).map(|_| {
            let mut operation = json!({ "op": self.chance.of(&["add", "remove", "replace", "Add", "Replace", "move", ""]) });
            if self.chance.below(4) > 0 {
                operation["path"] = self.chance.of(NAMES).into();
            }
            if self.chance.below(5) > 0 {
                operation["value"] = self.value(0);
            }
            operation
        }).collect();
        json!({ "schemas": [super::PATCH], "Operations": operations })
    }

    fn bulk(&mut self) -> Value {
        let operations: Vec<Value> = (0..self.chance.below(5)).map(|n| {
            let id = self.ids[self.chance.below(self.ids.len())].clone();
            let method = self.chance.of(&["POST", "PUT", "PATCH", "DELETE", "post", "GET", ""]);
            let kind = self.chance.of(&["/Users", "/Groups", "/Shoes", ""]);
            let path = if method.eq_ignore_ascii_case("POST") { kind.to_owned() } else { format!("{kind}/{id}") };
            let data = if method == "PATCH" { self.patch() } else { self.resource() };
            json!({ "method": method, "path": path, "bulkId": if n % 2 == 0 { "a".to_owned() } else { format!("b{n}") }, "data": data, "version": self.value(2) })
        }).collect();
        json!({ "Operations": operations, "failOnErrors": self.value(2) })
    }

    fn resource(&mut self) -> Value {
        let mut resource = json!({ "schemas": [USER] });
        for _ in 0..self.chance.below(6) {
            let name = self.chance.of(NAMES);
            resource[name] = self.value(0);
        }
        if self.chance.below(3) > 0 {
            resource["userName"] = format!("p{}@globex.example", self.chance.below(40)).into();
            resource["displayName"] = format!("Group {}", self.chance.below(10)).into();
        }
        resource
    }

    fn value(&mut self, depth: usize) -> Value {
        let kinds = if depth > 2 { 5 } else { 9 };
        match self.chance.below(kinds) {
            0 => self.chance.of(WORDS).into(),
            1 => (self.chance.below(2) == 0).into(),
            2 => [json!(0), json!(-1), json!(1.5), json!(1e300), json!(u64::MAX)]
                [self.chance.below(5)]
            .clone(),
            3 => Value::Null,
            4 => self.ids[self.chance.below(self.ids.len())].clone().into(),
            5 => {
                json!([{ "value": self.value(depth + 1), "type": self.chance.of(WORDS), "primary": self.value(3) }])
            }
            6 => {
                json!({ "value": self.value(depth + 1), self.chance.of(NAMES): self.value(depth + 1) })
            }
            7 => (0..self.chance.below(4)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                json!({ ENTERPRISE: { "manager": self.value(depth + 1), "department": self.value(depth + 1) } })
            }
        }
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What an answer must be, whatever was asked.
fn check(reply: &Reply, shot: &str) {
    let Reply { status, body, .. } = reply;
    assert!(*status < 500 || *status == 501, "{status} {body}\n{shot}");
    assert!(reply.headers.contains_key("request-id"), "{reply:?}\n{shot}");
    if body.is_null() {
        assert!(
            matches!(status, 204 | 304) || shot.starts_with("HEAD"),
            "{status} without a body\n{shot}"
        );
        return;
    }
    assert!(
        reply.header("content-type").starts_with("application/scim+json"),
        "{status} {body}\n{shot}"
    );
    let schemas = body["schemas"].as_array().unwrap_or_else(|| panic!("{body}\n{shot}"));
    if *status >= 400 {
        assert_eq!(schemas, &[json!(ERROR)], "{body}\n{shot}");
        assert_eq!(body["status"], status.to_string(), "{body}\n{shot}");
        assert!(
            body["detail"].as_str().is_some_and(|detail| detail.ends_with(']')),
            "{body}\n{shot}"
        );
    } else if schemas == &[json!(LIST)] {
        let resources = body["Resources"].as_array().unwrap_or_else(|| panic!("{body}\n{shot}"));
        assert_eq!(body["itemsPerPage"], resources.len(), "{shot}");
        assert!(
            body["totalResults"].as_u64().unwrap() >= u64::try_from(resources.len()).unwrap(),
            "{shot}"
        );
        assert!(
            resources
                .iter()
                .all(|one| one["id"].is_string() && one["schemas"].is_array()
                    || shot.contains("/Se")),
            "{body}\n{shot}"
        );
    } else if *status == 201 {
        assert_eq!(reply.header("location").rsplit('/').next(), body["id"].as_str(), "{shot}");
    }
}

#[actix_web::test]
#[expect(clippy::disallowed_methods, reason = "plays the directory, not the gateway")]
async fn ten_thousand_requests_made_at_random_get_no_fault_of_ours() {
    let settings =
        [("limits.directory", "0"), ("limits.per_connection", "0"), ("limits.per_address", "0")];
    let gateway = Gateway::with(&settings).await;
    let world = World::of(&gateway);
    let client = Client::builder().no_proxy().build().unwrap();
    let directory = Directory { client, ..Directory::of(&world) };
    let mut ids = vec![
        "x".to_owned(),
        "usr_01kampz3y7f4m8t2v6c9d0e1hj".to_owned(),
        String::new(),
        "\u{0}".to_owned(),
        "é".to_owned(),
    ];
    for n in 0..20 {
        ids.push(directory.user(&format!("p{n}@globex.example")).await);
    }
    for n in 0..5 {
        ids.push(directory.group(&format!("Group {n}"), &[&ids[5 + n].clone()]).await);
    }
    let mut maker = Maker { chance: Chance(0x5EED), ids };
    let most = std::env::var("SCIM_FUZZ").map_or(REQUESTS, |most| most.parse().unwrap());
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..most / AT_ONCE {
        let shots: Vec<Shot> = (0..AT_ONCE).map(|_| maker.shot()).collect();
        let replies = shots.iter().map(|shot| {
            let headers: Vec<(&str, &str)> =
                shot.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let directory = &directory;
            async move {
                directory.send(shot.method.clone(), &shot.path, &headers, shot.body.clone()).await
            }
        });
        for (reply, shot) in join_all(replies).await.iter().zip(&shots) {
            let told = format!(
                "{} {} {:?} {}",
                shot.method,
                shot.path,
                shot.headers,
                shot.body.as_deref().unwrap_or_default()
            );
            check(reply, &told);
            *seen.entry(reply.status).or_insert(0) += 1;
        }
    }
    // It is not all refused: what is right at random is done.
    for status in [200, 201, 204, 400, 404, 405, 409, 412, 415] {
        assert!(seen.contains_key(&status), "{status} in {seen:?}");
    }
}
