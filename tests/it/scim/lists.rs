//! Lists: filters, orders, pages by number and by cursor, searches.

use super::{Directory, USER};
use crate::gateway::{Gateway, World};
use serde_json::{Value, json};

/// Ten people: p0 to p9, every second one inactive.
async fn ten(directory: &Directory) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..10 {
        let body = json!({
            "schemas": [USER],
            "userName": format!("p{n}@globex.example"),
            "externalId": format!("ext-{}", 9 - n),
            "displayName": format!("Person {}", (n * 7) % 10),
            "title": if n < 5 { "Engineer" } else { "Seller" },
            "emails": [{ "value": format!("p{n}@globex.example"), "type": "work" }],
            "active": n % 2 == 0,
        });
        ids.push(directory.post("/Users", body).await.is(201).id());
    }
    ids
}

#[actix_web::test]
async fn filters_find_what_they_say() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ids = ten(&directory).await;
    for (filter, found) in [
        ("userName eq \"P3@GLOBEX.example\"", vec![3]),
        ("externalId eq \"ext-0\"", vec![9]),
        ("emails.value eq \"p4@globex.example\"", vec![4]),
        ("emails[type eq \"work\" and value sw \"p5\"]", vec![5]),
        ("active eq false", vec![1, 3, 5, 7, 9]),
        ("active eq true and title eq \"engineer\"", vec![0, 2, 4]),
        ("not (title eq \"Engineer\") or userName sw \"p0\"", vec![0, 5, 6, 7, 8, 9]),
        (
            "title co \"gin\" and (userName ew \"1@globex.example\" or externalId ge \"ext-8\")",
            vec![0, 1],
        ),
        ("displayName pr and nickName pr", vec![]),
        ("meta.created gt \"2100-01-01T00:00:00Z\"", vec![]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"p6@globex.example\"", vec![6]),
    ] {
        let mut got = directory.filter("/Users", filter).await.is(200).ids();
        got.sort();
        let expected: Vec<String> = found.iter().map(|n: &usize| ids[*n].clone()).collect();
        assert_eq!(got, expected, "{filter}");
    }
    let found = directory.filter("/Users", &format!("id eq \"{}\"", ids[2])).await;
    assert_eq!(found.ids(), [ids[2].clone()]);
}

#[actix_web::test]
async fn pages_by_number_cover_everybody_once() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ids = ten(&directory).await;
    let mut seen = Vec::new();
    for start in [1, 4, 7, 10] {
        let page = directory.get(&format!("/Users?startIndex={start}&count=3")).await.is(200);
        assert_eq!((page.total(), &page.body["startIndex"]), (10, &json!(start)));
        assert_eq!(page.body["itemsPerPage"], page.resources().len());
        seen.extend(page.ids());
    }
    assert_eq!(seen, ids);
    for (query, total, count) in [
        ("count=0", 10, 0),
        ("startIndex=11", 10, 0),
        ("startIndex=0&count=1", 10, 1),
        ("count=-5", 10, 0),
    ] {
        let page = directory.get(&format!("/Users?{query}")).await.is(200);
        assert_eq!((page.total(), page.resources().len()), (total, count), "{query}");
    }
    directory.get("/Users?startIndex=x").await.refuses(400, "invalidValue", "invalid_value");
}

#[actix_web::test]
async fn pages_by_cursor_cover_everybody_once_and_a_cursor_is_of_one_list() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ids = ten(&directory).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = directory.get(&format!("/Users?cursor={cursor}&count=3")).await.is(200);
        assert_eq!(page.total(), 10);
        assert!(page.body.get("startIndex").is_none());
        seen.extend(page.ids());
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = url::form_urlencoded::byte_serialize(next.as_bytes()).collect(),
            None => break,
        }
    }
    assert_eq!(seen, ids);
    let first = directory.get("/Users?cursor=&count=3").await.is(200);
    let next = first.body["nextCursor"].as_str().unwrap();
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    for path in [
        format!("/Users?cursor={next}&filter=active%20eq%20true"),
        format!("/Groups?cursor={next}"),
        "/Users?cursor=nonsense".to_owned(),
    ] {
        directory.get(&path).await.refuses(400, "invalidCursor", "invalid_cursor");
    }
}

#[actix_web::test]
async fn lists_are_in_the_order_that_is_asked_for() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    ten(&directory).await;
    let sorted = |query: &'static str, name: &'static str| {
        let directory = directory.clone();
        async move {
            let page = directory.get(&format!("/Users?{query}")).await.is(200);
            page.resources()
                .iter()
                .map(|one| one[name].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    for name in ["userName", "displayName", "externalId"] {
        let query: &'static str = format!("sortBy={name}").leak();
        let up = sorted(query, name).await;
        assert!(up.is_sorted(), "{up:?}");
        let query: &'static str = format!("sortBy={name}&sortOrder=descending").leak();
        let mut down = sorted(query, name).await;
        down.reverse();
        assert_eq!(up, down);
    }
    let page =
        directory.get("/Users?sortBy=meta.lastModified&sortOrder=descending&count=1").await.is(200);
    assert_eq!(page.resources()[0]["userName"], "p9@globex.example");
    directory.get("/Users?sortBy=shoe").await.is(400);
}

#[actix_web::test]
async fn a_search_says_in_a_body_what_a_query_string_says() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ids = ten(&directory).await;
    let group = directory.group("Person Group", &[&ids[0]]).await;
    let search = |body: Value| {
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": body["attributes"], "filter": body["filter"],
            "startIndex": body["startIndex"], "count": body["count"],
        })
    };
    let body =
        search(json!({ "filter": "active eq false", "attributes": ["userName"], "count": 2 }));
    let found = directory.post("/Users/.search", body).await.is(200);
    assert_eq!((found.total(), found.resources().len()), (5, 2));
    assert!(found.resources()[0].get("active").is_none());
    let body = search(json!({ "filter": "displayName sw \"person g\"" }));
    assert_eq!(directory.post("/Groups/.search", body).await.is(200).ids(), [group.as_str()]);
    // At the root: people first, then groups.
    let body =
        search(json!({ "filter": "displayName sw \"Person\"", "startIndex": 9, "count": 5 }));
    let found = directory.post("/.search", body).await.is(200);
    assert_eq!(
        (found.total(), found.ids()),
        (11, vec![ids[8].clone(), ids[9].clone(), group.clone()])
    );
    let body = search(json!({ "filter": format!("members.value eq \"{}\"", ids[0]) }));
    assert_eq!(directory.post("/.search", body).await.is(200).ids(), [group.as_str()]);
    let body = search(json!({ "startIndex": 11 }));
    assert_eq!(directory.post("/.search", body).await.is(200).ids(), [group]);
    assert_eq!(directory.get("").await.is(200).total(), 11);
}
