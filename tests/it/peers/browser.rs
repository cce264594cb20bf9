//! A sign-in in a real browser: headless Chromium.

use super::process::{command, new_log};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::process::Stdio;
use tokio::task;

/// What a person does in the browser.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Journey {
    /// Where they begin: the app's sign-in address.
    pub(crate) start: String,
    /// The email that they type on our page.
    pub(crate) email: String,
    /// Who they say they are on the provider's page.
    pub(crate) person: String,
    /// Whether the browser runs scripts.
    pub(crate) javascript: bool,
    /// Whether they sign out again, at the provider, too.
    pub(crate) sign_out: bool,
    /// A page of the provider that signs them out in a frame.
    pub(crate) frame: Option<String>,
}

/// What the browser saw.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    /// What the app answered at the end.
    pub(crate) app: Value,
    /// The addresses of the pages, in order.
    pub(crate) pages: Vec<String>,
    /// What was written to the console, errors of the policy too.
    pub(crate) console: Vec<String>,
    /// What the provider said in the frame at the end.
    pub(crate) frame: Option<String>,
}

impl Journey {
    /// Walks it. Fails with the browser's own words if a step is not there.
    pub(crate) async fn walk(&self) -> Seen {
        let body = serde_json::to_string(self).unwrap();
        task::spawn_blocking(move || walk(&body)).await.unwrap()
    }
}

fn walk(journey: &str) -> Seen {
    let log = new_log("browser_journey.mjs");
    let mut child = command("browser_journey.mjs")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("browser_journey.mjs: {error}. Has `make setup` been run?"));
    child.stdin.take().unwrap().write_all(journey.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", std::fs::read_to_string(log).unwrap());
    serde_json::from_str(&told).unwrap()
}
