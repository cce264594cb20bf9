//! A whole directory in one go. The benchmark does the same with a hundred thousand people.

use super::{Directory, GROUP, USER};
use crate::gateway::{Gateway, World};
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};

const PEOPLE: usize = 2000;
const GROUPS: usize = 50;
/// How many requests are on their way at once.
const AT_ONCE: usize = 8;
/// The most memory that the gateway may ever have.
const MEMORY: usize = 300 << 20;

/// Sends all of these; the IDs of what they made.
async fn made(directory: &Directory, endpoint: &str, bodies: Vec<Value>) -> Vec<String> {
    let replies = stream::iter(bodies.into_iter().map(|body| directory.post(endpoint, body)));
    replies.buffered(AT_ONCE).map(|reply| reply.is(201).id()).collect().await
}

#[actix_web::test]
async fn a_directory_brings_all_its_people_and_groups_in_one_go_and_memory_stays_bounded() {
    let gateway = Gateway::apart().await;
    let directory = Directory::of(&World::of(&gateway));
    let people = (0..PEOPLE).map(|n| {
        let name = format!("p{n}@globex.example");
        json!({ "schemas": [USER], "userName": name, "emails": [{ "value": name }] })
    });
    let people = made(&directory, "/Users", people.collect()).await;
    let groups = people.chunks(PEOPLE / GROUPS).enumerate().map(|(n, members)| {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        json!({ "schemas": [GROUP], "displayName": format!("Team {n}"), "members": members })
    });
    let groups = made(&directory, "/Groups", groups.collect()).await;
    let everybody: Vec<Value> = people.iter().map(|id| json!({ "value": id })).collect();
    let everybody = json!({ "displayName": "Everybody", "members": everybody });
    let everybody = directory.post("/Groups", everybody).await.is(201).id();

    for (endpoint, total) in [("/Users", PEOPLE), ("/Groups", GROUPS + 1)] {
        let page = directory.get(&format!("{endpoint}?count=1")).await.is(200);
        assert_eq!(page.total(), u64::try_from(total).unwrap());
    }
    let mut all = people.clone();
    all.sort();
    assert_eq!(directory.members(&everybody).await, all);
    for (n, group) in groups.iter().enumerate() {
        let from = n * PEOPLE / GROUPS;
        let mut theirs = people[from..from + PEOPLE / GROUPS].to_vec();
        theirs.sort();
        assert_eq!(directory.members(group).await, theirs);
    }
    let peak = gateway.process().peak();
    assert!(peak < MEMORY, "{} MiB", peak >> 20);
}
