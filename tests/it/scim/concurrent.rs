//! Many at once.

use super::{Directory, sorted};
use crate::gateway::{Gateway, World};
use futures_util::future::join_all;
use serde_json::json;

#[actix_web::test]
async fn two_hundred_patches_at_once_on_one_group_lose_nothing() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let mut people = Vec::new();
    for n in 0..200 {
        people.push(directory.user(&format!("p{n}@globex.example")).await);
    }
    // Half of them are in the group and leave, half come.
    let (leaving, coming) = people.split_at(100);
    let members: Vec<&str> = leaving.iter().map(String::as_str).collect();
    let group = directory.group("Everybody", &members).await;
    let path = format!("/Groups/{group}");
    let patches = people.iter().enumerate().map(|(n, id)| {
        let operations = match (n < 100, n % 2) {
            (false, _) => json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]),
            (true, 0) => json!([{ "op": "remove", "path": format!("members[value eq \"{id}\"]") }]),
            (true, _) => json!([{ "op": "remove", "path": "members", "value": [{ "value": id }] }]),
        };
        directory.patch(&path, operations)
    });
    for reply in join_all(patches).await {
        reply.is(200);
    }
    assert_eq!(directory.members(&group).await, sorted(&coming.iter().collect::<Vec<_>>()));
}

#[actix_web::test]
async fn of_two_who_bring_the_same_person_at_once_one_is_told_who_is_there() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let body = json!({ "userName": "ann@globex.example" });
    let replies = join_all((0..10).map(|_| directory.post("/Users", body.clone()))).await;
    let made: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
    assert_eq!(made.len(), 1);
    let id = made[0].id();
    for reply in replies.into_iter().filter(|reply| reply.status != 201) {
        assert!(reply.refuses(409, "uniqueness", "unique_conflict").detail().contains(&id));
    }
}
