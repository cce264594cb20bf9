//! A peer as a process: started, waited for, and ended with everything it started.

use crate::user_agent::UserAgent;
use reqwest::Client;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time;

/// Longer than any peer takes on a busy machine.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running peer. It ends when this is dropped, and also when the tests are killed, since its
/// standard input closes then.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    client: Client,
    /// The line of JSON that it printed when it was ready.
    pub(crate) ready: Value,
    /// Its temporary files.
    _folder: TempDir,
}

impl Process {
    /// Starts a script of `tests/peers` and waits until it says that it is ready.
    pub(crate) async fn start(script: &str) -> Self {
        let (folder, log) = (tempfile::tempdir().unwrap(), new_log(script));
        let mut child = command(script)
            .arg("--with-parent")
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{script}: {error}. Has `make setup` been run?"));
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = oneshot::channel();
        let mut copy = File::options().append(true).open(&log).unwrap();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = lines.read_line(&mut line);
            let _ = copy.write_all(line.as_bytes());
            let _ = tell.send(line);
            let _ = std::io::copy(&mut lines, &mut copy);
        });
        let client = client();
        let mut process = Self { child, log, client, ready: Value::Null, _folder: folder };
        let line = time::timeout(READY_WITHIN, told).await.map(Result::unwrap_or_default);
        let ready = line.ok().and_then(|line| serde_json::from_str(&line).ok());
        process.ready =
            ready.unwrap_or_else(|| panic!("{script} did not start: {}", process.said()));
        process
    }

    /// A text of the line that it printed when it was ready.
    pub(crate) fn text(&self, name: &str) -> String {
        self.ready[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.ready)).to_owned()
    }

    /// Sends JSON to one of its addresses. The answer may be a refusal.
    pub(crate) async fn ask(&self, url: &str, body: &Value) -> Result<Value, Value> {
        let answer = self.client.post(url).json(body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if status.is_success() { Ok(value) } else { Err(value) }
    }

    /// Sends JSON to one of its addresses, which must take it.
    pub(crate) async fn tell(&self, url: &str, body: &Value) -> Value {
        let answer = self.ask(url, body).await;
        answer.unwrap_or_else(|refusal| panic!("{url} refused {body}: {refusal}\n{}", self.said()))
    }

    /// The end of its log.
    pub(crate) fn said(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The whole group, with what the peer started.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// A client for the peers' own controls.
fn client() -> Client {
    UserAgent::new().into_client()
}

/// The command of a script: Node.js or the Python of `target/peers`, by its ending.
pub(crate) fn command(script: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let interpreter = match Path::new(script).extension().and_then(|ending| ending.to_str()) {
        Some("py") => "target/peers/python/bin/python",
        _ => "target/peers/bin/node",
    };
    let mut command = Command::new(root.join(interpreter));
    command.arg(root.join("tests/peers").join(script));
    command
}

/// Where the next peer of this kind writes: numbered in the order of their start.
pub(crate) fn new_log(script: &str) -> PathBuf {
    static STARTED: AtomicUsize = AtomicUsize::new(1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers/logs");
    fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{:03}-{script}.log", STARTED.fetch_add(1, Ordering::Relaxed)))
}
