//! Sign-ins, phase by phase.

use crate::server::Server;
use crate::world::{Visit, World};
use crate::{CLIENTS, Cost, phase};
use std::time::Duration;

/// Sign-ins in one row of the table.
const SIGN_INS: usize = 2_000;
const PHASES: [&str; 4] = ["authorize", "ACS", "token", "userinfo"];

/// All rows, on SQLite or on this Postgres; of `alg` and a number of clients, if they are asked for, only those.
pub(crate) async fn table(postgres: Option<&str>, asked: &[String]) {
    println!(
        "| database | connections | ID token | clients | phase | per second | CPU ms | p50 ms | p95 ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    if let [alg, clients] = asked {
        let clients = clients.parse().expect("a number of clients");
        measure(postgres, 10, alg, &[clients; 5]).await;
        return;
    }
    rows(postgres).await;
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
