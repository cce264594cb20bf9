//! The setup portal in a frame of the vendor's own page, in a real browser: two sites, and a cookie that is kept apart.

use crate::gateway::Gateway;
use crate::peers::{lent, run};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use vestibule::store::setup_links::{self, NewLink};

/// What the browser saw.
#[derive(Debug, Deserialize)]
struct Seen {
    /// Whether the frame showed a page of ours.
    framed: bool,
    #[serde(default)]
    started: String,
    #[serde(default)]
    chosen: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    cookies: Vec<Value>,
    /// How a test was.
    tested: Option<Tested>,
}

/// A test sign-in that was begun in the frame.
#[derive(Debug, Deserialize)]
struct Tested {
    /// What the window says at its end.
    said: String,
    /// Where the window leads.
    links: Vec<String>,
    /// What the frame says then.
    frame: String,
}

/// A site of the vendor's: every page of it has a frame with the address that its query is.
fn vendor() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap_or_default();
            let head = String::from_utf8_lossy(&buffer[..read]).into_owned();
            let target = head.split(' ').nth(1).unwrap_or_default();
            let src = target.split_once('?').map_or("", |(_, src)| src);
            let body = format!(
                "<!doctype html><title>Settings</title><iframe width=900 height=700 src=\"{src}\"></iframe>"
            );
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    origin
}

fn entry(gateway: &Gateway) -> String {
    let customer = gateway.customer("globex.example");
    let new = NewLink::default();
    let (_, token) = gateway.write(|tx| setup_links::create(tx, &customer.organization.id, new));
    format!("{}/setup/{}", gateway.url, token.reveal())
}

#[actix_web::test]
async fn the_portal_works_in_a_frame_of_the_page_that_is_named_with_scripts_and_without() {
    for javascript in [true, false] {
        let vendor = vendor();
        let gateway = Gateway::with(&[("portal.frame_ancestors", &vendor)]).await;
        let page = format!("{vendor}/settings?{}", entry(&gateway));
        let seen: Seen =
            run("embedding.mjs", &json!({ "page": page, "javascript": javascript })).await;
        assert!(seen.framed, "{seen:?}");
        assert_eq!(seen.started, "/portal/setup/provider", "{seen:?}");
        assert_eq!(seen.chosen, "/portal/setup/create", "{seen:?}");
        // The link is in use, and this browser goes on: it has the cookie in that frame.
        assert_eq!(seen.again, "/portal/setup/create", "{seen:?}");
        let cookie = seen.cookies.first().unwrap();
        assert_eq!(cookie["sameSite"], "None", "{cookie}");
        assert!(cookie["partitionKey"].is_string(), "{cookie}");
    }
}

#[actix_web::test]
async fn the_portal_stands_in_no_frame_that_is_not_named() {
    let (named, other) = (vendor(), vendor());
    let gateway = Gateway::with(&[("portal.frame_ancestors", &named)]).await;
    let page = format!("{other}/settings?{}", entry(&gateway));
    let seen: Seen = run("embedding.mjs", &json!({ "page": page })).await;
    assert!(!seen.framed, "{seen:?}");
}

#[actix_web::test]
async fn a_test_that_is_begun_in_a_frame_is_taken_in_a_window_that_has_no_seat_in_the_portal() {
    for javascript in [true, false] {
        let provider = lent::pysaml2().await;
        let vendor = vendor();
        let gateway = Gateway::with(&[("portal.frame_ancestors", &vendor)]).await;
        let customer = gateway.customer("globex.example");
        let connection = customer.connect(&provider).await;
        let new = NewLink { connection_id: Some(connection.id), ..NewLink::default() };
        let (_, token) =
            gateway.write(|tx| setup_links::create(tx, &customer.organization.id, new));
        let framed = |path: &str| format!("{vendor}/settings?{}{path}", gateway.url);
        let seen: Seen = run(
            "embedding.mjs",
            &json!({
                "page": framed(&format!("/setup/{}", token.reveal())),
                "test": framed("/portal/setup/test"),
                "person": "ada",
                "javascript": javascript,
            }),
        )
        .await;
        let tested = seen.tested.unwrap();
        assert!(tested.said.contains("The test sign-in worked"), "{}", tested.said);
        assert!(tested.said.contains("go back to the setup"), "{}", tested.said);
        assert!(!tested.links.iter().any(|link| link.contains("/portal")), "{:?}", tested.links);
        assert!(tested.frame.contains("Passed"), "{}", tested.frame);
    }
}
