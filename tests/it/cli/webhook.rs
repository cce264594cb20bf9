//! `vestibule webhook`, as people meet it.

use super::{Place, free_port};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn an_endpoint_is_made_tested_and_listened_to() {
    let place = Place::new();
    let port = free_port().to_string();
    // Whoever listens has an endpoint for as long as that.
    let mut listening = place
        .command(&["webhook", "listen", "--port", &port, "--events", "user.*"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(listening.stderr.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("Listening at http://localhost:"));
    let list = place.json(&["webhook", "list"]);
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    let sent = place.json(&["webhook", "test", &id]);
    assert_eq!(
        (&sent["state"], &sent["attempts"][0]["status"]),
        (&"delivered".into(), &204.into())
    );
    let heard = BufReader::new(listening.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let heard: Value = serde_json::from_str(&heard).unwrap();
    assert_eq!((&heard["type"], &heard["id"]), (&"test".into(), &sent["event_id"]));
    std::process::Command::new("kill").arg(listening.id().to_string()).status().unwrap();
    assert!(listening.wait().unwrap().success());
    assert_eq!(place.json(&["webhook", "list"])["data"], Value::Array(vec![]));

    // Nobody listens any more.
    let url = format!("http://localhost:{port}/");
    let made = place.json(&["webhook", "create", "--url", &url]);
    let id = made["id"].as_str().unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(place.exit(&["webhook", "test", id]), 8);
    let failed = place.json(&["webhook", "deliveries", "--endpoint", id, "--state", "failed"]);
    let delivery = failed["data"][0]["id"].as_str().unwrap();
    assert_eq!(place.exit(&["webhook", "redeliver", delivery]), 8);
    let changed = place.json(&["webhook", "update", id, "--off", "--events", "group.*"]);
    assert_eq!((&changed["enabled"], &changed["events"][0]), (&false.into(), &"group.*".into()));
    let rotated = place.json(&["webhook", "rotate", id]);
    assert!(rotated["secret"] != made["secret"] && rotated["previous_secret_until"].is_string());
    assert_eq!(place.exit(&["webhook", "delete", id]), 4);
    assert_eq!(place.exit(&["webhook", "delete", id, "--yes"]), 0);
    assert_eq!(place.exit(&["webhook", "show", id]), 3);
    assert_eq!(place.exit(&["webhook", "create", "--url", &url, "--events", "user.born"]), 6);
}
