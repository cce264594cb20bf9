//! SCIM clients that others wrote.

use super::process::{command, new_log};
use serde::Deserialize;
use std::fs::File;
use std::io::BufRead;
use std::process::Stdio;
use tokio::task;

/// What a client made of one thing that it looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Looked {
    pub(crate) what: String,
    pub(crate) result: String,
    pub(crate) why: Option<String>,
}

/// Runs a client against a server: `tester`, `sanity` or `round`.
pub(crate) async fn run(client: &'static str, url: &str, token: &str) -> Vec<Looked> {
    let (url, token) = (url.to_owned(), token.to_owned());
    task::spawn_blocking(move || run_now(client, &url, &token)).await.unwrap()
}

fn run_now(client: &str, url: &str, token: &str) -> Vec<Looked> {
    let log = new_log("scim_clients.py");
    let output = command("scim_clients.py")
        .args([client, "--url", url, "--token", token])
        .stdin(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .output()
        .unwrap_or_else(|error| panic!("scim_clients.py: {error}. Has `make setup` been run?"));
    let looked: Vec<Looked> =
        output.stdout.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let said = std::fs::read_to_string(log).unwrap();
    assert!(output.status.success(), "{client}: {looked:#?}\n{said}");
    looked
}
