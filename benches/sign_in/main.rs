//! Measures sign-ins from outside: the release binary in a process of its own, spoken to by HTTP, phase by
//! phase. `make bench` runs it on both databases and prints the floor that OpenSSL sets on the same machine.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and ends where something is not as it must be"
)]

mod client;
mod server;
mod world;

use client::{Client, Reply};
use server::Server;
use std::time::{Duration, Instant};
use world::{Visit, World};

/// Sign-ins in one row of the table.
const SIGN_INS: usize = 2_000;
const CLIENTS: [usize; 3] = [1, 8, 32];
const PHASES: [&str; 4] = ["authorize", "ACS", "token", "userinfo"];

/// What one phase cost.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    median: Duration,
    late: Duration,
}

#[tokio::main]
async fn main() {
    let postgres = std::env::var("TEST_POSTGRES_URL").ok();
    println!(
        "| database | connections | ID token | clients | phase | per second | CPU ms | p50 ms | p95 ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    // For the work on it: `cargo bench --bench sign_in -- ES256 8` measures one row, on SQLite or, if there is
    // one, on Postgres.
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if let [alg, clients] = &*asked {
        let clients = clients.parse().expect("a number of clients");
        measure(postgres.as_deref(), 10, alg, &[clients; 5]).await;
        return;
    }
    // SQLite always; Postgres if there is one.
    rows(None).await;
    if let Some(postgres) = &postgres {
        rows(Some(postgres)).await;
    }
}

async fn rows(postgres: Option<&str>) {
    for alg in ["RS256", "ES256"] {
        measure(postgres, 10, alg, &CLIENTS).await;
    }
    measure(postgres, 10_000, "ES256", &[8]).await;
}

async fn measure(postgres: Option<&str>, connections: usize, alg: &str, clients: &[usize]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::prepare(folder.path(), postgres);
    let world = World::make(&server, connections, alg);
    server.start().await;
    // Everybody arrives once, so that the rows measure people who are known.
    run(&server, &world, 8, world.people()).await;
    let name = if postgres.is_some() { "Postgres" } else { "SQLite" };
    for &clients in clients {
        let costs = run(&server, &world, clients, SIGN_INS).await;
        let mut sum = Duration::ZERO;
        for (phase, cost) in PHASES.iter().zip(costs) {
            let count = SIGN_INS as f64;
            sum += cost.cpu;
            println!(
                "| {name} | {connections} | {alg} | {clients} | {phase} | {:.0} | {:.3} | {:.2} | {:.2} |",
                count / cost.wall.as_secs_f64(),
                cost.cpu.as_secs_f64() * 1000.0 / count,
                cost.median.as_secs_f64() * 1000.0,
                cost.late.as_secs_f64() * 1000.0,
            );
        }
        let whole: Duration = costs.iter().map(|cost| cost.wall).sum();
        println!(
            "| {name} | {connections} | {alg} | {clients} | **all four** | {:.0} | **{:.3}** | | |",
            SIGN_INS as f64 / whole.as_secs_f64(),
            sum.as_secs_f64() * 1000.0 / SIGN_INS as f64,
        );
    }
}

/// Takes `count` sign-ins through the four phases, one phase after the other.
async fn run(server: &Server, world: &World, clients: usize, count: usize) -> [Cost; 4] {
    let visits: Vec<Visit> = (0..count).map(|at| world.visit(at)).collect();
    let (authorize, replies) =
        phase(server, clients, visits.iter().map(Visit::authorize).collect()).await;
    let answers: Vec<String> =
        visits.iter().zip(&replies).map(|(visit, reply)| world.answer(visit, reply)).collect();
    let (acs, replies) = phase(server, clients, answers).await;
    let redemptions: Vec<String> =
        visits.iter().zip(&replies).map(|(visit, reply)| world.redeem(visit, reply)).collect();
    let (token, replies) = phase(server, clients, redemptions).await;
    let (userinfo, replies) =
        phase(server, clients, replies.iter().map(|reply| world.userinfo(reply)).collect()).await;
    assert!(replies.iter().all(|reply| reply.body.contains("\"email\"")), "userinfo has an email");
    [authorize, acs, token, userinfo]
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
    let cost = Cost { wall, cpu, median: times[count / 2], late: times[count * 95 / 100] };
    (cost, replies)
}
