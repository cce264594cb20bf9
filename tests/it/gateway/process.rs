//! The gateway as operators run it: the binary, in a process that can be killed.

use super::database::MASTER_KEY;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use tokio::task;

/// The binary, running.
pub(crate) struct Process {
    child: Mutex<Child>,
    log: Mutex<Option<BufReader<ChildStderr>>>,
    database: String,
    url: String,
    port: u16,
    more: Vec<(String, String)>,
}

/// A port that stays free when its listener is gone: below those that systems give to connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 8000).unwrap();
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + (first + step * 7) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Process {
    /// Starts it and waits until it listens.
    pub(crate) async fn start(
        database: &str,
        url: &str,
        port: u16,
        more: Vec<(String, String)>,
    ) -> Self {
        let child = Mutex::new(spawn(database, url, port, &more).await);
        let (database, url) = (database.to_owned(), url.to_owned());
        Self { child, log: Mutex::default(), database, url, port, more }
    }

    /// Kills it without a warning.
    pub(crate) fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Tells it to stop, as systemd and Docker do.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Tells it to read its settings again.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.lock().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Waits until a line of its log has this text in it, and tells the line.
    pub(crate) fn logged(&self, text: &str) -> String {
        let mut log = self.log.lock().unwrap();
        let log = log.get_or_insert_with(|| {
            BufReader::new(self.child.lock().unwrap().stderr.take().unwrap())
        });
        loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "the log ended without {text}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits until it has ended; whether it says that all is well.
    pub(crate) fn ended_well(&self) -> bool {
        self.child.lock().unwrap().wait().unwrap().success()
    }

    /// Starts it on the same database at the same address, after a kill.
    pub(crate) async fn start_again(&self) {
        let child = spawn(&self.database, &self.url, self.port, &self.more).await;
        *self.child.lock().unwrap() = child;
        *self.log.lock().unwrap() = None;
    }

    /// Bytes of memory that it has now.
    pub(crate) fn resident(&self) -> usize {
        let id = self.child.lock().unwrap().id();
        let statm = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap();
        statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }

    /// The most bytes of memory that it has had at any moment.
    pub(crate) fn peak(&self) -> usize {
        let id = self.child.lock().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = child.try_wait();
        let _ = child.kill();
        let _ = child.wait();
        if thread::panicking() {
            let mut told = String::new();
            let _ = child.stderr.take().map(|mut from| from.read_to_string(&mut told));
            eprintln!("serve ({ended:?}) said: {told}");
        }
    }
}

async fn spawn(database: &str, url: &str, port: u16, more: &[(String, String)]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--public-url", url])
        .env("VESTIBULE_MODE", "development")
        .env("VESTIBULE_DEMO", "off")
        // All that tests do comes from this machine.
        .env("VESTIBULE_LIMITS__PER_ADDRESS", "0")
        .env("VESTIBULE_LIMITS__PER_CONNECTION", "0")
        .env("VESTIBULE_LIMITS__TOKEN", "0")
        .env("VESTIBULE_DATABASE__URL", database)
        .env("VESTIBULE_SECRETS__MASTER_KEY", MASTER_KEY)
        .env("VESTIBULE_LOG__LEVEL", "error")
        .env("VESTIBULE_METADATA__ALLOW_PRIVATE", "127.0.0.1")
        .envs(more.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // It says where it listens once it does.
    let url = url.to_owned();
    let told = task::spawn_blocking(move || {
        let found = lines.by_ref().map_while(Result::ok).any(|line| line.contains(&url));
        thread::spawn(move || lines.for_each(drop));
        found
    });
    if !told.await.unwrap() {
        let output = child.wait_with_output().unwrap();
        panic!("serve ended: {}", String::from_utf8_lossy(&output.stderr));
    }
    child
}
