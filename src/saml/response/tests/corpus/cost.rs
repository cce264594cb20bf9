//! No message of the corpus costs more than it may: in an optimised build 50 ms of CPU, in any build 32 MB of memory.

use super::{KEPT, Message, large};
use std::fs;
use std::process::Command;
use std::time::Duration;

/// What a build that is not optimised takes is no matter, but that it ends.
const CPU: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_500 } else { 50 });
const MEMORY: u64 = 32 << 20;

/// In a process of its own, whose memory nobody else uses and whose death is noticed.
#[test]
fn no_message_costs_more_than_it_may_or_ends_the_process() {
    let name = "saml::response::tests::corpus::cost::what_each_message_costs";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", name, "--nocapture", "--test-threads=1"])
        // What is given back goes to the system at once, so that it does not hide what the next one takes.
        .envs([
            ("MALLOC_ARENA_MAX", "1"),
            ("MALLOC_TRIM_THRESHOLD_", "0"),
            ("MALLOC_MMAP_THRESHOLD_", "65536"),
        ])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{told}\n{errors}", output.status);
    assert!(told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "run by the test before it, in a process of its own"]
fn what_each_message_costs() {
    let large = large::messages();
    // What is made once is made.
    cost(&KEPT[0]);
    let mut all = Vec::new();
    for message in KEPT.iter().chain(&large) {
        let (cpu, memory) = cost(message);
        all.push((cpu, memory, message.file()));
    }
    all.sort_unstable();
    for (cpu, memory, file) in all.iter().rev().take(12) {
        eprintln!("{cpu:?}, {} KiB: {file}", memory / 1024);
    }
    let most = all.iter().max_by_key(|(_, memory, _)| *memory).unwrap();
    eprintln!("most memory: {} KiB: {}", most.1 / 1024, most.2);
    let over: Vec<_> =
        all.iter().filter(|(cpu, memory, _)| *cpu > CPU || *memory > MEMORY).collect();
    assert!(over.is_empty(), "{over:#?}");
}

fn cost(message: &Message) -> (Duration, u64) {
    let (world, field) = (message.world(), message.field());
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let (memory, cpu) = (status("VmRSS:"), thread_cpu());
    let outcome = field.map(|field| world.verify_field(&field));
    let cpu = thread_cpu().saturating_sub(cpu);
    let memory = status("VmHWM:").saturating_sub(memory);
    drop(outcome);
    (cpu, memory)
}

/// CPU of this thread, exact to a tick of the kernel's.
fn thread_cpu() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

/// A line of memory in octets.
fn status(name: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}
