//! `vestibule completions`: what a shell needs to complete this command.

use super::failure::Result;
use super::shell::Shell;
use clap::CommandFactory;
use clap_complete::Shell as Kind;

/// Which shell it is for.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Kind,
}

pub(super) fn run(shell: &Shell, arguments: &Arguments) -> Result {
    let mut script = Vec::new();
    let mut command = super::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "vestibule", &mut script);
    shell.out.text(&String::from_utf8_lossy(&script))
}
