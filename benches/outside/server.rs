//! The release binary in a process of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Clock ticks in a second, as `/proc` counts them on Linux.
const TICKS: u64 = 100;

/// The server, not yet or already running.
pub(crate) struct Server {
    folder: PathBuf,
    address: SocketAddr,
    pub(crate) database: String,
    pub(crate) master_key: String,
    process: Option<Child>,
}

impl Server {
    /// Chooses a free port and an empty database: a file, or one of its own on the server at `postgres`.
    pub(crate) fn prepare(folder: &Path, postgres: Option<&str>) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("its address");
        let database = postgres.map_or_else(
            || format!("sqlite://{}", folder.join("bench.db").display()),
            |url| create_database(url, address.port()),
        );
        let master_key = vestibule::crypto::MasterKey::generate().reveal().to_owned();
        Self { folder: folder.to_owned(), address, database, master_key, process: None }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn public_url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(&mut self) {
        let process = Command::new(env!("CARGO_BIN_EXE_vestibule"))
            .arg("serve")
            .current_dir(&self.folder)
            .env("VESTIBULE_MODE", "development")
            .env("VESTIBULE_LISTEN", self.address.to_string())
            .env("VESTIBULE_PUBLIC_URL", self.public_url())
            .env("VESTIBULE_DATABASE__URL", &self.database)
            .env("VESTIBULE_SECRETS__MASTER_KEY", &self.master_key)
            .env("VESTIBULE_DEMO", "off")
            // Everything comes from this machine.
            .env("VESTIBULE_LIMITS__PER_ADDRESS", "0")
            .env("VESTIBULE_LIMITS__PER_CONNECTION", "0")
            .env("VESTIBULE_LIMITS__TOKEN", "0")
            .env("VESTIBULE_LIMITS__DIRECTORY", "0")
            .env("VESTIBULE_LOG__LEVEL", "info")
            .env("VESTIBULE_LOG__FORMAT", "json")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        self.process = Some(process);
        for _ in 0..600 {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not answer");
    }

    /// CPU time that the process has used, in its own code and for it in the kernel.
    pub(crate) fn cpu(&self) -> Duration {
        let id = self.process.as_ref().expect("it runs").id();
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("its figures");
        let (_, figures) = stat.rsplit_once(") ").expect("its name");
        let figures: Vec<u64> =
            figures.split(' ').skip(11).take(2).map(|n| n.parse().expect("a number")).collect();
        Duration::from_millis(figures.iter().sum::<u64>() * 1000 / TICKS)
    }
}

impl Server {
    /// The most memory that the process has had, in megabytes.
    pub(crate) fn peak(&self) -> u64 {
        let id = self.process.as_ref().expect("it runs").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("its figures");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.trim().strip_suffix(" kB")).expect("its peak");
        peak.parse::<u64>().expect("a number").div_ceil(1024)
    }

    /// Lets Postgres learn at once what it otherwise learns within a minute: how large its tables are.
    pub(crate) fn settle(&self) {
        if self.database.starts_with("postgres") {
            psql(&self.database, "ANALYZE");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().ok();
            process.wait().ok();
        }
    }
}

/// Makes a database on a Postgres server and tells its URL.
fn create_database(url: &str, number: u16) -> String {
    let name = format!("bench_{number}");
    psql(url, &format!("CREATE DATABASE {name}"));
    let mut own = url::Url::parse(url).expect("a URL");
    own.set_path(&name);
    own.into()
}

fn psql(url: &str, command: &str) {
    let done = Command::new("psql")
        .args([url, "--quiet", "--command", command])
        .status()
        .expect("psql runs");
    assert!(done.success(), "{command}");
}
