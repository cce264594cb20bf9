//! The first minute: the demo from the command line and in a browser, with the gateway as it is installed.

use crate::gateway::{Database, MASTER_KEY};
use crate::user_agent::UserAgent;
use serde_json::Value;
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

/// The installed gateway in a process of its own.
struct Gateway {
    child: Child,
    port: u16,
    database: Database,
}

impl Gateway {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let database = Database::new();
        let mut child = command(port, &database)
            .args(["serve", "--jsonl"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It tells where it is once it listens.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["demo"], true, "{line}");
        Self { child, port, database }
    }

    /// The address of a path.
    fn at(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Runs a command with the same settings.
    fn run(&self, arguments: &[&str]) -> Output {
        command(self.port, &self.database).args(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and reads what it says.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that knows nothing but a port, a database and its key.
fn command(port: u16, database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command
        .env_clear()
        .env("PORT", port.to_string())
        .env("DATABASE_URL", &database.url)
        .env("VESTIBULE_SECRETS__MASTER_KEY", MASTER_KEY);
    command
}

#[actix_web::test]
async fn the_demo_signs_ada_in() {
    let gateway = Gateway::start();
    let told = gateway.json(&["demo", "login", "--as", "ada", "--json"]);
    assert_eq!(told["trace"]["outcome"], "succeeded");
    let checks = told["trace"]["checks"].as_array().unwrap();
    assert!(checks.len() > 20 && checks.iter().all(|check| check["passed"] == true), "{checks:?}");
    let timeline = told["trace"]["timeline"].as_array().unwrap();
    let steps: Vec<&str> = timeline.iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["asked", "sent", "answered", "accepted", "redeemed"]);
    let after: Vec<i64> = timeline.iter().map(|step| step["after_ms"].as_i64().unwrap()).collect();
    assert!(after.is_sorted() && after[0] == 0, "{timeline:?}");
    for claims in [&told["user_info"], &told["id_token"]] {
        assert_eq!(claims["email"], "ada@demo.example");
        assert_eq!(claims["name"], "Ada Lovelace");
    }

    let refused = gateway.run(&["demo", "login", "--as", "eve"]);
    assert_eq!(refused.status.code(), Some(8));
    let shown = String::from_utf8(refused.stdout).unwrap();
    assert!(shown.contains("status_not_success") && shown.contains("step  Refused"), "{shown}");
    assert!(!shown.contains("The app took the code"), "{shown}");
}

#[actix_web::test]
async fn each_way_to_fail_in_the_demo_has_its_own_reason() {
    let gateway = Gateway::start();
    let told = gateway.json(&["demo", "fail", "--json"]);
    let failures = told["data"].as_array().unwrap();
    let codes: HashSet<&str> =
        failures.iter().map(|failure| failure["code"].as_str().unwrap()).collect();
    assert_eq!(codes.len(), 15);
    for failure in failures {
        assert_eq!(failure["code"], failure["expected"]);
        for words in ["title", "person", "fix"] {
            assert!(!failure[words].as_str().unwrap().is_empty(), "{failure}");
        }
    }
    let one = gateway.json(&["demo", "fail", "expired", "--json"]);
    assert_eq!(one["code"], "certificate_expired");
    assert_eq!(gateway.run(&["demo", "fail", "nonsense"]).status.code(), Some(2));
    // What failed leaves nothing behind.
    gateway.json(&["demo", "login", "--json"]);
}

#[actix_web::test]
async fn a_person_clicks_through_the_demo_without_a_script() {
    let gateway = Gateway::start();
    let mut agent = UserAgent::new();
    let page = agent.get(gateway.at("/demo/app")).await;
    assert!(page.body.contains("/demo/app/sign-in"), "{}", page.body);

    let page = agent.get(gateway.at("/demo/app/sign-in")).await;
    let page = agent.submit(&page.form().with("as", "grace")).await;
    let page = agent.settle(page).await;
    assert_eq!(page.url.path(), "/demo/app");
    assert!(page.body.contains("grace@demo.example"), "{}", page.body);

    let page = agent.get(gateway.at("/demo/app/sign-in?as=alan")).await;
    let page = agent.settle(page).await;
    assert!(page.body.contains("alan@demo.example"), "{}", page.body);

    let page = agent.get(gateway.at("/demo/app/sign-in?fail=audience")).await;
    let page = agent.settle(page).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("audience_mismatch"), "{}", page.body);

    let page = agent.get(gateway.at("/demo/app")).await;
    let page = agent.submit(&page.form()).await;
    assert_eq!(page.url.path(), "/demo/app");
    assert!(!page.body.contains("alan@demo.example"), "{}", page.body);

    let page = agent.get(gateway.at("/demo/app/sign-in?by_email=1")).await;
    assert_eq!(page.url.path(), "/login");
    let form = page.forms().into_iter().find(|form| form.asks).unwrap();
    let page = agent.submit(&form.with("email", "ada@demo.example")).await;
    let page = agent.submit(&page.form().with("as", "ada")).await;
    let page = agent.settle(page).await;
    assert!(page.body.contains("ada@demo.example"), "{}", page.body);
}

#[actix_web::test]
async fn an_answer_that_the_demos_app_did_not_ask_for_is_refused() {
    let gateway = Gateway::start();
    let page = UserAgent::new().get(gateway.at("/demo/app/callback?code=cd_1&state=1")).await;
    assert_eq!(page.status, 400);
    let page = UserAgent::new().get(gateway.at("/demo/idp/sso?SAMLRequest=rubbish&as=ada")).await;
    assert_eq!(page.status, 400);
}

#[actix_web::test]
async fn the_demo_goes_and_comes_back() {
    let gateway = Gateway::start();
    let first = gateway.json(&["demo", "up", "--json"]);
    assert_eq!(gateway.json(&["demo", "up", "--json"]), first);
    gateway.json(&["demo", "login", "--json"]);
    assert_eq!(gateway.json(&["demo", "down", "--json"])["organizations"], 1);
    assert_eq!(UserAgent::new().get(gateway.at("/demo/app")).await.status, 404);
    assert_eq!(gateway.run(&["demo", "login"]).status.code(), Some(8));
    assert_eq!(gateway.run(&["demo", "fail"]).status.code(), Some(3));
    gateway.json(&["demo", "up", "--json"]);
    gateway.json(&["demo", "login", "--json"]);
}

#[test]
fn the_demo_is_refused_in_production() {
    let database = Database::new();
    for act in [&["demo", "up"][..], &["demo", "login"], &["demo", "fail"]] {
        let output = command(1, &database)
            .env("VESTIBULE_PUBLIC_URL", "https://sso.example.com")
            .args(act)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{act:?}: {told}");
        assert!(told.contains("production"), "{told}");
    }
}

#[actix_web::test]
async fn the_demo_plays_a_directory_in_each_dialect_again_and_again() {
    let gateway = Gateway::start();
    for part in ["jumpcloud", "okta", "entra", "okta", "jumpcloud"] {
        let told = gateway.json(&["demo", "scim", "--as", part, "--json"]);
        let requests = told["data"].as_array().unwrap();
        assert!(requests.len() >= 9 && told["refused"] == 0, "{part}: {told:#}");
        assert!(requests.iter().all(|told| told["effect"].as_str().unwrap().ends_with('.')));
        let says = |words: &str| {
            requests.iter().any(|told| told["effect"].as_str().unwrap().contains(words))
        };
        assert!(says("Milton Waddams deactivated"), "{part}: {told:#}");
        assert!(says("1 person added") && says("1 person taken out"), "{part}: {told:#}");
        assert_eq!(says("Milton Waddams removed"), part != "okta", "Okta deletes nobody");
    }
    let told = gateway.run(&["demo", "scim"]);
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("201 POST   /Users\n    Milton Waddams restored."), "{text}");
}

#[actix_web::test]
async fn requests_of_directories_are_followed_live_at_the_command_line() {
    let gateway = Gateway::start();
    // The demo's organization is there before somebody looks.
    gateway.json(&["demo", "scim", "--json"]);
    let mut following = command(gateway.port, &gateway.database)
        .args(["scim", "requests", "--changed", "--follow", "--jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(following.stderr.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("Waiting for requests"));
    gateway.json(&["demo", "scim", "--as", "okta", "--json"]);
    let mut seen = BufReader::new(following.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&seen.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["is_change"], true, "{first}");
    assert!(first["effect"].as_str().is_some_and(|effect| !effect.is_empty()), "{first}");
    following.kill().unwrap();
    following.wait().unwrap();
}
