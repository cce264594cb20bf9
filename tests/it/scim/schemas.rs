//! What `/Schemas` says of each attribute is what the server does with it.

use super::{Directory, GROUP, PATCH, USER};
use crate::gateway::{Gateway, World};
use reqwest::Method;
use serde_json::{Map, Value, json};

/// An attribute as the server describes it, and how a path names it.
struct Described {
    path: String,
    it: Value,
    /// The attribute that it is a part of.
    parent: Option<Value>,
    /// The extension that it belongs to.
    extension: Option<String>,
}

impl Described {
    fn says(&self, what: &str) -> &str {
        self.it[what].as_str().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.says("name")
    }

    fn is_multi(&self) -> bool {
        self.it["multiValued"] == true
    }

    /// Whether the directory writes it, it being a whole attribute or a part of one.
    fn is_written(&self) -> bool {
        let writes = |it: &Value| it["mutability"] == "readWrite";
        writes(&self.it) && self.parent.as_ref().is_none_or(writes)
    }

    /// What a resource has of it.
    fn find<'a>(&self, resource: &'a Value) -> Option<&'a Value> {
        let top = match &self.extension {
            Some(urn) => resource.get(urn)?,
            None => resource,
        };
        match &self.parent {
            None => top.get(self.name()),
            Some(parent) => {
                let parent = top.get(parent["name"].as_str().unwrap())?;
                parent.get(0).unwrap_or(parent).get(self.name())
            }
        }
    }

    /// A resource with this value of it.
    fn within(&self, value: Value) -> Map<String, Value> {
        let mut value = (self.name().to_owned(), value);
        if let Some(parent) = &self.parent {
            let object = Value::Object(Map::from_iter([value]));
            let whole = if parent["multiValued"] == true { json!([object]) } else { object };
            value = (parent["name"].as_str().unwrap().to_owned(), whole);
        }
        if let Some(urn) = &self.extension {
            value = (urn.clone(), Value::Object(Map::from_iter([value])));
        }
        Map::from_iter([value])
    }
}

/// A right value, another for another `n`.
fn value(it: &Value, n: usize) -> Value {
    if it["description"] == "The address." {
        return format!("mail{n}@home.example").into();
    }
    let one = match it["type"].as_str().unwrap() {
        "boolean" => n.is_multiple_of(2).into(),
        "reference" => format!("https://pages.example/{n}").into(),
        "binary" => ["AQID", "BAUG"][n % 2].into(),
        "dateTime" => format!("2026-01-0{}T00:00:00Z", 1 + n % 9).into(),
        "complex" => {
            let subs = it["subAttributes"].as_array().unwrap().iter();
            let written =
                subs.filter(|sub| sub["mutability"] == "readWrite" && sub["type"] != "boolean");
            Value::Object(
                written
                    .map(|sub| (sub["name"].as_str().unwrap().to_owned(), value(sub, n)))
                    .collect(),
            )
        }
        _ => match it["canonicalValues"].as_array().filter(|all| !all.is_empty()) {
            Some(all) => all[n % all.len()].clone(),
            None => format!("Value {n}").into(),
        },
    };
    if it["multiValued"] == true { json!([one]) } else { one }
}

/// Every attribute of a kind of resource, and the parts of those that have some.
async fn described(directory: &Directory, kind: &str) -> Vec<Described> {
    let of = directory.get(&format!("/ResourceTypes/{kind}")).await.is(200).body;
    let mut schemas = vec![(of["schema"].as_str().unwrap().to_owned(), false)];
    for extension in of["schemaExtensions"].as_array().unwrap() {
        schemas.push((extension["schema"].as_str().unwrap().to_owned(), true));
    }
    let mut all = Vec::new();
    for (urn, is_extension) in schemas {
        let schema = directory.get(&format!("/Schemas/{urn}")).await.is(200).body;
        for it in schema["attributes"].as_array().unwrap() {
            let extension = is_extension.then(|| urn.clone());
            let name = it["name"].as_str().unwrap();
            let path = if is_extension { format!("{urn}:{name}") } else { name.to_owned() };
            for sub in it["subAttributes"].as_array().into_iter().flatten() {
                all.push(Described {
                    path: format!("{path}.{}", sub["name"].as_str().unwrap()),
                    it: sub.clone(),
                    parent: Some(it.clone()),
                    extension: extension.clone(),
                });
            }
            all.push(Described { path, it: it.clone(), parent: None, extension });
        }
    }
    assert!(all.len() > 5);
    all
}

/// Where resources of a kind are made, and the least that one must have.
fn least(kind: &str, n: usize) -> (&'static str, Value) {
    match kind {
        "User" => {
            ("/Users", json!({ "schemas": [USER], "userName": format!("p{n}@globex.example") }))
        }
        _ => ("/Groups", json!({ "schemas": [GROUP], "displayName": format!("Group {n}") })),
    }
}

/// A new resource with more than the least; its path.
async fn made(
    directory: &Directory,
    kind: &str,
    n: usize,
    more: Map<String, Value>,
) -> (String, Value) {
    let (endpoint, mut body) = least(kind, n);
    body.as_object_mut().unwrap().extend(more);
    let reply = directory.post(endpoint, body).await.is(201);
    (format!("{endpoint}/{}", reply.id()), reply.body)
}

#[actix_web::test]
async fn what_the_directory_writes_is_kept_changed_and_taken_away() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    for kind in ["User", "Group"] {
        for (n, it) in described(&directory, kind).await.iter().enumerate() {
            if !it.is_written() || it.it["required"] == true || it.path.starts_with("members") {
                continue;
            }
            let (one, other) = (value(&it.it, 2 * n), value(&it.it, 2 * n + 1));
            let (path, body) = made(&directory, kind, n, it.within(one.clone())).await;
            assert_eq!(it.find(&body), Some(&one), "{} in {body}", it.path);
            assert_eq!(it.find(&body).unwrap().is_array(), it.is_multi(), "{}", it.path);
            if it.parent.as_ref().is_none_or(|parent| parent["multiValued"] == false) {
                let change = json!([{ "op": "replace", "path": it.path, "value": other }]);
                let body = directory.patch(&path, change).await.is(200).body;
                assert_eq!(it.find(&body), Some(&other), "{} in {body}", it.path);
            }
            let top = it
                .parent
                .as_ref()
                .map_or(it.path.as_str(), |_| it.path.rsplit_once('.').unwrap().0);
            directory.patch(&path, json!([{ "op": "remove", "path": top }])).await.is(200);
            let body = directory.get(&path).await.is(200).body;
            assert_eq!(it.find(&body), None, "{} in {body}", it.path);
            // A value of another type is refused.
            if it.says("type") != "string" && it.says("type") != "reference" {
                let wrong = json!([{ "op": "replace", "path": top, "value": 7 }]);
                directory.patch(&path, wrong).await.refuses(400, "invalidValue", "invalid_value");
            }
        }
    }
}

#[actix_web::test]
async fn what_is_read_only_is_left_out_of_a_body_and_refused_in_a_patch() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let mut found = 0;
    for kind in ["User", "Group"] {
        for (n, it) in described(&directory, kind).await.iter().enumerate() {
            if it.says("mutability") != "readOnly" || it.path.starts_with("members") {
                continue;
            }
            found += 1;
            let (path, body) = made(&directory, kind, n, it.within(json!("mine"))).await;
            assert_ne!(it.find(&body), Some(&json!("mine")), "{}", it.path);
            let change = json!([{ "op": "replace", "path": it.path, "value": "mine" }]);
            directory.patch(&path, change).await.refuses(400, "mutability", "read_only");
        }
        for name in ["id", "meta.created", "meta"] {
            let (path, body) = made(
                &directory,
                kind,
                900 + found,
                Map::from_iter([(name.to_owned(), "mine".into())]),
            )
            .await;
            assert_ne!(body["id"], "mine");
            found += 1;
            let change = json!([{ "op": "replace", "path": name, "value": "mine" }]);
            directory.patch(&path, change).await.refuses(400, "mutability", "read_only");
        }
    }
    assert!(found > 8, "{found}");
}

#[actix_web::test]
async fn what_is_never_returned_is_never_returned_and_the_rest_when_it_is_asked_for() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    for kind in ["User", "Group"] {
        for (n, it) in described(&directory, kind).await.iter().enumerate() {
            if it.parent.is_some() || it.says("mutability") == "readOnly" || it.name() == "members"
            {
                continue;
            }
            let more =
                if it.it["required"] == true { Map::new() } else { it.within(value(&it.it, n)) };
            let (path, body) = made(&directory, kind, n, more).await;
            let with = |query: String| {
                let (directory, path) = (directory.clone(), format!("{path}?{query}"));
                async move { directory.get(&path).await.is(200).body }
            };
            let (asked, excluded) = (
                with(format!("attributes={}", it.path)).await,
                with(format!("excludedAttributes={}", it.path)).await,
            );
            let other = with("attributes=meta".to_owned()).await;
            match it.says("returned") {
                "never" => {
                    assert_eq!(it.says("mutability"), "writeOnly");
                    assert!(
                        [&body, &asked, &excluded].iter().all(|body| it.find(body).is_none()),
                        "{}",
                        it.path
                    );
                }
                "default" => {
                    assert!(
                        it.find(&body).is_some() && it.find(&asked).is_some(),
                        "{} in {asked}",
                        it.path
                    );
                    assert!(
                        it.find(&excluded).is_none() && it.find(&other).is_none(),
                        "{} in {excluded}",
                        it.path
                    );
                }
                returned => panic!("{}: {returned}", it.path),
            }
            assert!(
                asked["id"].is_string() && excluded["id"].is_string(),
                "the ID is always returned"
            );
            assert!(asked.get("meta").is_none() && other.get("meta").is_some());
        }
    }
}

#[actix_web::test]
async fn what_is_unique_is_of_one_only_and_what_is_not_may_be_of_many() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    for kind in ["User", "Group"] {
        for (n, it) in described(&directory, kind).await.iter().enumerate() {
            if it.parent.is_some() || it.says("mutability") == "readOnly" || it.name() == "members"
            {
                continue;
            }
            let (more, again) = (it.within(value(&it.it, n)), it.within(value(&it.it, n)));
            let (endpoint, mut body) = least(kind, 2 * n);
            body.as_object_mut().unwrap().extend(more);
            let first = directory.post(endpoint, body).await.is(201).id();
            let (_, mut body) = least(kind, 2 * n + 1);
            body.as_object_mut().unwrap().extend(again);
            let second = directory.post(endpoint, body).await;
            let subs = it.it["subAttributes"].as_array().into_iter().flatten();
            let has_unique = subs.clone().any(|sub| sub["uniqueness"] == "server");
            if it.says("uniqueness") == "none" && !has_unique {
                second.is(201);
            } else {
                assert!(
                    second.refuses(409, "uniqueness", "unique_conflict").detail().contains(&first)
                );
            }
        }
    }
}

#[actix_web::test]
async fn filters_heed_the_case_where_it_counts_and_only_there() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let mut found = 0;
    for kind in ["User", "Group"] {
        for (n, it) in described(&directory, kind).await.iter().enumerate() {
            let is_text = matches!(it.says("type"), "string" | "reference" | "binary");
            if !is_text || !it.is_written() || it.path.starts_with("members") {
                continue;
            }
            found += 1;
            let sample = value(&it.it, n);
            let (path, _) = made(&directory, kind, n, it.within(sample.clone())).await;
            let sample = sample.get(0).unwrap_or(&sample).as_str().unwrap().to_owned();
            let endpoint = &path[..path.rfind('/').unwrap()];
            for (text, finds) in [
                (sample.clone(), true),
                (
                    sample.to_uppercase(),
                    it.it["caseExact"] == false || sample.to_uppercase() == sample,
                ),
            ] {
                let reply =
                    directory.filter(endpoint, &format!("{} eq \"{text}\"", it.path)).await.is(200);
                let is_found = reply.ids().iter().any(|id| path.ends_with(id.as_str()));
                assert_eq!(is_found, finds, "{} eq {text}: {}", it.path, reply.body);
            }
        }
    }
    assert!(found > 30, "{found}");
}

#[actix_web::test]
async fn what_is_required_must_be_there_and_members_cannot_be_changed_within() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    for kind in ["User", "Group"] {
        let (endpoint, _) = least(kind, 0);
        for it in described(&directory, kind).await.iter().filter(|it| it.it["required"] == true) {
            for body in [
                json!({}),
                Value::Object(it.within("".into())),
                Value::Object(it.within(Value::Null)),
            ] {
                let told = directory.post(endpoint, body).await.refuses(
                    400,
                    "invalidValue",
                    "invalid_value",
                );
                assert!(told.detail().contains(it.name()), "{}", told.body);
            }
        }
    }
    let ann = directory.user("ann@globex.example").await;
    let group = format!("/Groups/{}", directory.group("Sales", &[&ann]).await);
    for it in described(&directory, "Group")
        .await
        .iter()
        .filter(|it| it.says("mutability") == "immutable")
    {
        let path = format!("members[value eq \"{ann}\"].{}", it.name());
        let body = json!({ "schemas": [PATCH], "Operations": [{ "op": "replace", "path": path, "value": "x" }] });
        let told = directory.send(Method::PATCH, &group, &[], Some(body.to_string())).await.is(400);
        assert_eq!(told.body["schemas"], json!([super::ERROR]), "{path}");
    }
    assert_eq!(directory.get(&group).await.members(), [ann]);
}
