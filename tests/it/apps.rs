//! The programs that developers copy, from `docs/apps` and from the console, as they stand: a person signs in by each.

use crate::gateway::{Gateway, free_port};
use crate::peers::lent;
use crate::user_agent::UserAgent;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use vestibule::guides::snippets::{SNIPPETS, Values};

/// A running program. It ends when this is dropped.
struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts `command` in a folder beside the libraries that are installed, and waits until the port is open.
    async fn start(mut command: Command, key: &str, port: u16) -> Self {
        let log = peers().join("logs").join(format!("app-{key}.log"));
        fs::create_dir_all(log.parent().unwrap()).unwrap();
        let file = File::create(&log).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .process_group(0);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{key}: {error}. Has `make setup` been run?"));
        let mut program = Self { child, log };
        while tokio::net::TcpStream::connect(("localhost", port)).await.is_err() {
            let ended = program.child.try_wait().unwrap();
            assert!(ended.is_none(), "{key} has ended: {}", program.said());
        }
        program
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers")
}

/// Lets Ada sign in by a stack's program, which lies in a file of this name and is started by `run`; at `begin` a person starts.
async fn signs_in(key: &str, file: &str, begin: &str, run: impl FnOnce(&Path, u16) -> Command) {
    let (gateway, provider) = (Gateway::start().await, lent::pysaml2().await);
    gateway.customer("globex.example").connect(&provider).await;
    let port = free_port();
    let redirect_uri = format!("http://localhost:{port}/callback");
    let registered = gateway.register(|new| new.redirect_uris = vec![redirect_uri.clone()]);
    let snippet = SNIPPETS.iter().find(|snippet| snippet.key == key).unwrap();
    let text = snippet.filled(Values {
        issuer: &gateway.url,
        discovery: &format!("{}/.well-known/openid-configuration", gateway.url),
        client_id: registered.application.id.as_str(),
        redirect_uri: &redirect_uri,
    });
    let folder = peers().join("apps").join(port.to_string());
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(file), text).unwrap();
    let mut command = run(&folder.join(file), port);
    command
        .env("CLIENT_SECRET", registered.secret.as_deref().unwrap())
        .env("SESSION_KEY", "5e55".repeat(32));
    let program = Program::start(command, key, port).await;

    let mut agent = UserAgent::new();
    let mut page = agent.get(format!("http://localhost:{port}{begin}")).await;
    if begin == "/" {
        page = agent.submit(&page.form()).await;
    }
    let page = agent.submit(&page.form().with("email", "ada@globex.example")).await;
    let page = agent.settle(page).await;
    let page = agent.submit(&page.form().with("user", "ada")).await;
    let page = agent.settle(page).await;
    assert_eq!(page.status, 200, "{}: {}", page.body, program.said());
    let claims = page.json();
    assert_eq!(claims["email"], "ada@globex.example", "{claims}");
    assert!(claims["org_id"].as_str().is_some_and(|id| id.starts_with("org_")), "{claims}");
    assert_eq!(gateway.last_trace().application_id, Some(registered.application.id));
    fs::remove_dir_all(folder).unwrap();
}

#[actix_web::test]
async fn the_program_for_node_signs_people_in() {
    let run = |file: &Path, _| {
        let mut command = Command::new(peers().join("bin/node"));
        command.arg(file);
        command
    };
    signs_in("node", "app.mjs", "/login", run).await;
}

#[actix_web::test]
async fn the_program_for_python_signs_people_in() {
    let run = |file: &Path, port: u16| {
        let mut command = Command::new(peers().join("python/bin/flask"));
        command.arg("--app").arg(file).args(["run", "--port", &port.to_string()]);
        command
    };
    signs_in("python", "app.py", "/login", run).await;
}

#[actix_web::test]
async fn the_program_for_ruby_signs_people_in() {
    let run = |file: &Path, port: u16| {
        let mut command = Command::new("ruby");
        command.arg(file).args(["-p", &port.to_string()]);
        command
    };
    signs_in("ruby", "app.rb", "/", run).await;
}
