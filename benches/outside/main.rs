//! Measures the gateway from outside: the release binary in a process of its own, spoken to by HTTP. `make bench` runs it
//! on both databases.
//!
//! For the work on it one part can be measured alone: `cargo bench --bench outside -- sign-in ES256 8` is one row of the
//! sign-ins, `-- scim 10000 8` the directory of ten thousand people with eight clients; on SQLite or, where
//! `TEST_POSTGRES_URL` says so, on Postgres.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and ends where something is not as it must be"
)]

mod client;
mod scim;
mod server;
mod sign_in;
mod world;

use client::{Client, Reply};
use server::Server;
use std::time::{Duration, Instant};

const CLIENTS: [usize; 3] = [1, 8, 32];

/// What one phase cost.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    /// How long half of the requests took at most, and 95 and 99 of a hundred.
    median: Duration,
    late: Duration,
    latest: Duration,
}

#[tokio::main]
async fn main() {
    let postgres = std::env::var("TEST_POSTGRES_URL").ok();
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    match &*asked {
        [what, which @ ..] if what == "sign-in" => {
            sign_in::table(postgres.as_deref(), which).await;
        }
        [what, which @ ..] if what == "scim" => scim::table(postgres.as_deref(), which).await,
        [] => {
            // SQLite always; Postgres if there is one.
            let databases: Vec<Option<&str>> =
                std::iter::once(None).chain(postgres.as_deref().map(Some)).collect();
            println!("Sign-ins:\n");
            for database in &databases {
                sign_in::table(*database, &[]).await;
                println!();
            }
            println!("Directories:\n");
            for database in &databases {
                scim::table(*database, &[]).await;
                println!();
            }
        }
        _ => panic!("sign-in or scim, not {asked:?}"),
    }
}

/// Sends all requests over `clients` connections and waits for every reply.
async fn phase(server: &Server, clients: usize, requests: Vec<String>) -> (Cost, Vec<Reply>) {
    let count = requests.len();
    let mut shares: Vec<Vec<(usize, String)>> = vec![Vec::new(); clients];
    for (at, request) in requests.into_iter().enumerate() {
        shares[at % clients].push((at, request));
    }
    let mut open = Vec::new();
    for _ in 0..clients {
        open.push(Client::connect(server.address()).await);
    }
    let (before, started) = (server.cpu(), Instant::now());
    let tasks: Vec<_> = shares
        .into_iter()
        .zip(open)
        .map(|(share, mut client)| {
            tokio::spawn(async move {
                let mut replies = Vec::with_capacity(share.len());
                for (at, request) in share {
                    replies.push((at, client.send(&request).await));
                }
                replies
            })
        })
        .collect();
    let mut replies: Vec<Option<Reply>> = (0..count).map(|_| None).collect();
    for task in tasks {
        for (at, reply) in task.await.expect("a client") {
            replies[at] = Some(reply);
        }
    }
    let (wall, cpu) = (started.elapsed(), server.cpu().saturating_sub(before));
    let replies: Vec<Reply> = replies.into_iter().flatten().collect();
    let mut times: Vec<Duration> = replies.iter().map(|reply| reply.took).collect();
    times.sort_unstable();
    let of_a_hundred = |n: usize| times[count * n / 100];
    let cost = Cost {
        wall,
        cpu,
        median: of_a_hundred(50),
        late: of_a_hundred(95),
        latest: of_a_hundred(99),
    };
    (cost, replies)
}
