//! What something costs in CPU and memory, measured in a process of its own.

use std::fs;
use std::process::Command;
use std::time::Duration;

/// What a message may cost at most. What a build that is not optimised takes is no matter, but that it ends.
const CPU: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_500 } else { 50 });
const MEMORY: u64 = 32 << 20;

/// What each of several things cost.
#[derive(Default)]
pub(crate) struct Costs(Vec<(Duration, u64, String)>);

impl Costs {
    /// Does something and notes what it took.
    pub(crate) fn of<T>(&mut self, name: String, act: impl FnOnce() -> T) {
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let (memory, cpu) = (status("VmRSS:"), thread_cpu());
        let done = act();
        let cpu = thread_cpu().saturating_sub(cpu);
        let memory = status("VmHWM:").saturating_sub(memory);
        drop(done);
        self.0.push((cpu, memory, name));
    }

    /// Tells what was most, and panics if something was too much.
    pub(crate) fn check(mut self) {
        self.0.sort_unstable();
        for (cpu, memory, name) in self.0.iter().rev().take(12) {
            eprintln!("{cpu:?}, {} KiB: {name}", memory / 1024);
        }
        let most = self.0.iter().max_by_key(|(_, memory, _)| *memory).unwrap();
        eprintln!("most memory: {} KiB: {}", most.1 / 1024, most.2);
        self.0.retain(|(cpu, memory, _)| *cpu > CPU || *memory > MEMORY);
        assert!(self.0.is_empty(), "{:#?}", self.0);
    }
}

/// Runs an ignored test of this program in a process of its own, whose memory nobody else uses and whose death is noticed.
pub(crate) fn apart(test: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test, "--nocapture", "--test-threads=1"])
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

/// What this process has in memory now.
pub(crate) fn resident() -> u64 {
    status("VmRSS:")
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
