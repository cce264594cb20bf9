//! The gateway as it is installed, in an empty folder: the first minute.

use crate::gateway::free_port;
use crate::user_agent::UserAgent;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What belongs to the demo is marked so.
const DEMO: &str = "<span class=\"badge sq dash\">";
/// The first owner's.
pub(crate) const PASSWORD: &str = "a marked password of Sam's, 7f3Q";

/// The installed gateway in an empty folder, with its whole log in a file.
pub(crate) struct Installed {
    child: Child,
    folder: TempDir,
    port: u16,
    variables: Vec<(String, String)>,
    /// What it said when it had started.
    pub(crate) told: Value,
}

impl Installed {
    pub(crate) fn start(variables: Vec<(String, String)>) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let log = File::create(folder.path().join("log")).unwrap();
        let mut child = command(folder.path(), port, &variables)
            .args(["serve", "--jsonl"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("{}", fs::read_to_string(folder.path().join("log")).unwrap())
        });
        Self { child, folder, port, variables, told }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Runs a command beside it that must succeed; all that it says.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = command(self.folder.path(), self.port, &self.variables);
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap() + &said
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, port: u16, variables: &[(String, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PORT", port.to_string())
        .envs(variables.iter().cloned())
        .stdin(Stdio::null());
    command
}

/// Makes the first account by its link. The browser is signed in to the console afterwards.
pub(crate) async fn first_account(gateway: &Installed) -> UserAgent {
    let link = gateway.told["create_account"].as_str().unwrap();
    let mut agent = UserAgent::new();
    let page = agent.get(link).await;
    let form = page.form().with("name", "Sam").with("email", "sam@orbit.example");
    let page = agent.submit(&form.with("password", PASSWORD)).await;
    assert!(page.status.is_success() && page.url.path().starts_with("/console"), "{}", page.body);
    assert!(page.url.path() != "/console/first", "{}", page.body);
    agent
}

#[actix_web::test]
async fn the_first_minute_from_an_empty_folder_to_the_trace_of_a_sign_in() {
    let began = Instant::now();
    let gateway = Installed::start(Vec::new());
    let mut agent = first_account(&gateway).await;
    let told = gateway.run(&["demo", "login", "--as", "ada", "--json", "--quiet"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["trace"]["outcome"], "succeeded");
    let trace = told["trace"]["id"].as_str().unwrap();
    let page = agent.get(gateway.at(&format!("/console/traces/{trace}"))).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains(trace) && page.body.contains(DEMO), "{}", page.body);
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    assert!(gateway.folder.path().join("data/vestibule.db").exists());
}

#[actix_web::test]
async fn each_directory_of_the_demo_is_played_by_the_button_of_the_overview() {
    let gateway = Installed::start(Vec::new());
    let mut agent = first_account(&gateway).await;
    for part in ["jumpcloud", "okta", "entra"] {
        let page = agent.get(gateway.at("/console")).await;
        let forms = page.forms();
        let push = forms.iter().find(|form| form.action.path() == "/console/demo/scim");
        let push = push.unwrap_or_else(|| panic!("no button: {}", page.body)).clone();
        let page = agent.submit(&push.with("part", part)).await;
        assert_eq!((page.status.as_u16(), page.url.path()), (200, "/console/scim-requests"));
        assert!(page.body.contains("Milton Waddams deactivated"), "{part}: {}", page.body);
        // Each of them is marked as the demo's, also by itself.
        let one = page.body.split("href=\"/console/scim-requests/scr_").nth(1).unwrap();
        let one = format!("/console/scim-requests/scr_{}", one.split('"').next().unwrap());
        let page = agent.get(gateway.at(&one)).await;
        assert!(page.body.contains(DEMO), "{}", page.body);
    }
    // Entra says nowhere who it is, so a connection that knew another goes on with that.
    let requests = gateway.run(&["scim", "requests", "--json"]);
    for dialect in ["jumpcloud", "okta"] {
        assert!(requests.contains(&format!("\"dialect\": \"{dialect}\"")), "{requests}");
    }
    let tokens = gateway.run(&["audit", "list", "--type", "scim.token.revoked"]);
    assert_eq!(tokens.matches("scim.token.revoked").count(), 3, "{tokens}");
}
