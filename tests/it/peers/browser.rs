//! A sign-in in a real browser: headless Chromium.

use super::process::{command, new_log};
use serde::de::DeserializeOwned;
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
        run("browser_journey.mjs", self).await
    }
}

/// Runs a script that drives the browser: what it reads, and what it tells at the end.
pub(crate) async fn run<T: DeserializeOwned>(script: &'static str, input: &impl Serialize) -> T {
    let body = serde_json::to_string(input).unwrap();
    let told = task::spawn_blocking(move || output(script, &body)).await.unwrap();
    serde_json::from_str(&told).unwrap()
}

fn output(script: &str, input: &str) -> String {
    let log = new_log(script);
    let mut child = command(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("{script}: {error}. Has `make setup` been run?"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", std::fs::read_to_string(log).unwrap());
    told.into_owned()
}
