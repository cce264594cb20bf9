//! The command `vestibule`.

use std::process::ExitCode;

/// A request allocates on one thread and frees on another, which the system's allocator does slowly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vestibule::cli::run()
}
