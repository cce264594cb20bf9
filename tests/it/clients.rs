//! The recipes of `docs/clients.md`, as they stand: a client is generated from the document that a gateway serves, and used.

use crate::gateway::Gateway;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;
use vestibule::store::api_keys::{self, NewApiKey, Scope};

const RECIPES: &str = include_str!("../../docs/clients.md");

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers")
}

/// The program of a recipe.
fn program(language: &str) -> &'static str {
    let after = RECIPES.split_once(&format!("```{language}\n")).expect("a program").1;
    after.split_once("```").unwrap().0
}

/// The line of a recipe that generates, as a shell has it.
fn generating(begins: &str) -> &'static str {
    RECIPES.lines().find(|line| line.starts_with(begins)).expect("a line")
}

/// A folder beside the libraries that are installed, and what its commands find in their environment.
struct Desk {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Desk {
    fn new(gateway: &Gateway) -> Self {
        let new = NewApiKey {
            name: "Clients".to_owned(),
            scopes: vec![Scope::OrganizationsRead, Scope::OrganizationsWrite],
            organization_id: None,
            expires_at: None,
            networks: Vec::new(),
        };
        let key = gateway.write(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
        let path = ["bin", "node_modules/.bin", "python/bin"].map(|part| peers().join(part));
        let path = path.map(|part| part.display().to_string()).join(":");
        fs::create_dir_all(peers().join("apps")).unwrap();
        Self {
            folder: tempfile::tempdir_in(peers().join("apps")).unwrap(),
            variables: vec![
                ("GATEWAY", gateway.url.clone()),
                ("API_KEY", key),
                ("PATH", format!("{path}:{}", std::env::var("PATH").unwrap())),
            ],
        }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Runs a line of a shell, which must succeed, while the gateway answers.
    async fn run(&self, line: &str) -> String {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.folder.path()).envs(self.variables.clone());
        let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
        let Output { status, stdout, stderr } = ran.unwrap();
        let told = String::from_utf8(stdout).unwrap();
        let said = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{line}: {told}{said}. Has `make setup` been run?");
        told
    }
}

fn is_listed(gateway: &Gateway, told: &str) {
    let made = gateway.read(|db| vestibule::store::organizations::by_external_id(db, "globex-17"));
    let made = made.expect("the program makes an organization");
    assert!(told.contains(&format!("{} Globex", made.id)), "{told}");
}

#[actix_web::test]
async fn a_client_is_generated_for_typescript_and_works() {
    let gateway = Gateway::start().await;
    let desk = Desk::new(&gateway);
    desk.run(generating("npx openapi-typescript").trim_start_matches("npx ")).await;
    desk.write("client.mts", program("ts"));
    let checked = "tsc --strict --target es2022 --module nodenext --types node client.mts";
    desk.run(checked).await;
    is_listed(&gateway, &desk.run("node client.mjs").await);
}

#[actix_web::test]
async fn a_client_is_generated_for_python_and_works() {
    let gateway = Gateway::start().await;
    let desk = Desk::new(&gateway);
    desk.run(generating("openapi-python-client generate")).await;
    desk.write("client.py", program("python"));
    is_listed(&gateway, &desk.run("python client.py").await);
}
