//! The command line: one file per noun.

mod access;
mod admin;
mod api_key;
mod application;
mod apply;
mod audit;
mod backup;
mod completions;
mod configuration;
mod connection;
mod demo;
mod doctor;
mod domain;
mod enforcement;
mod entity;
mod failure;
mod group;
mod healthcheck;
mod import;
mod init;
mod mail;
mod mapping;
mod metadata;
mod migrate;
mod openapi;
mod organization;
mod output;
mod paging;
mod provisioning;
mod rules;
mod saml;
mod scim;
mod serve;
mod setup_link;
mod shell;
mod signing_key;
mod trace;
mod user;
mod version;
mod webhook;

use self::failure::{Exit, Failure, Result};
use self::output::{Format, Output};
use self::shell::Shell;
use crate::config::Flags;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Single sign-on and provisioning in front of your app, in one binary.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, propagate_version = false, disable_help_subcommand = true)]
struct Arguments {
    #[command(flatten)]
    general: General,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(next_help_heading = "For every command")]
struct General {
    /// The settings file
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// A setting, as in --set log.level=debug
    #[arg(long, value_name = "NAME=VALUE", global = true, value_parser = setting)]
    set: Vec<(String, String)>,
    /// Write one JSON document, of the same shape as the REST API
    #[arg(long, global = true)]
    json: bool,
    /// Write one JSON document a line
    #[arg(long, global = true, conflicts_with = "json")]
    jsonl: bool,
    /// Write data and failures only
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Write without colours, as with `NO_COLOR`
    #[arg(long, global = true)]
    no_color: bool,
    /// Answer every question with yes
    #[arg(long, short, global = true)]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway
    Serve(serve::Arguments),
    /// Write a commented vestibule.toml
    Init(init::Arguments),
    /// Bring the database to this version
    Migrate(migrate::Arguments),
    /// Write all that is in the database to one file, while the gateway runs
    Backup(backup::BackupArguments),
    /// Put the database back as such a file has it
    Restore(backup::RestoreArguments),
    /// Look for what is wrong or soon will be, each with a fix
    Doctor,
    /// The settings and where they came from
    #[command(subcommand)]
    Config(configuration::Command),
    /// Make organizations, connections, rules and applications what a file says, all of it or nothing
    Apply(apply::Arguments),
    /// Write all organizations, connections, rules and applications as such a file, without secrets
    Export,
    /// Take over customers of another product, with the addresses that they know
    #[command(subcommand)]
    Import(import::Command),
    /// Organizations: your customers
    #[command(subcommand)]
    Org(organization::Command),
    /// Email domains of an organization
    #[command(subcommand)]
    Domain(domain::Command),
    /// Connections: the identity providers of an organization
    #[command(subcommand)]
    Connection(connection::Command),
    /// Links by which a customer's IT admin sets single sign-on up alone
    #[command(subcommand)]
    SetupLink(setup_link::Command),
    /// People who sign in to the console
    #[command(subcommand)]
    Admin(admin::Command),
    /// Applications: your apps
    #[command(subcommand)]
    Application(application::Command),
    /// API keys
    #[command(subcommand)]
    Key(api_key::Command),
    /// The installation's own keys
    #[command(subcommand)]
    SigningKey(signing_key::Command),
    /// The people of an organization
    #[command(subcommand)]
    User(user::Command),
    /// The groups that directories pushed
    #[command(subcommand)]
    Group(group::Command),
    /// Places in your apps that belong to one organization
    #[command(subcommand)]
    Entity(entity::Command),
    /// Which group's members belong to which entity
    #[command(subcommand)]
    Mapping(mapping::Command),
    /// Rules that make mappings by themselves
    #[command(subcommand)]
    Rules(rules::Command),
    /// Conflicts, alerts and what is held of people's access
    #[command(subcommand)]
    Access(access::Command),
    /// Provisioning by directories
    #[command(subcommand)]
    Scim(scim::Command),
    /// Apps are told of events
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Mail: whether it arrives, and what was sent
    #[command(subcommand)]
    Mail(mail::Command),
    /// Who did what
    #[command(subcommand)]
    Audit(audit::Command),
    /// Sign-ins, check by check
    #[command(subcommand)]
    Trace(trace::Command),
    /// Look at SAML messages without a gateway
    #[command(subcommand)]
    Saml(saml::Command),
    /// Look at metadata of identity providers
    #[command(subcommand)]
    Metadata(metadata::Command),
    /// See a sign-in work, and fail, on your own machine
    #[command(subcommand)]
    Demo(demo::Command),
    /// Print the description of the REST API
    Openapi,
    /// Print what completes this command in a shell
    Completions(completions::Arguments),
    /// Print the version
    Version,
    /// Ask the running gateway whether it is alive: exit code 0 or 1, for containers
    Healthcheck(healthcheck::Arguments),
}

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return misused(&error),
    };
    let general = arguments.general;
    let json = match (general.json, general.jsonl) {
        (_, true) => Some(Format::JsonLines),
        (true, false) => Some(Format::Json),
        (false, false) => None,
    };
    let out = Output::choose(json, general.quiet, general.no_color);
    let flags = Flags { config: general.config, settings: general.set };
    let shell = Shell::new(out, flags, general.yes);
    match command(shell, arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(json.is_some()),
    }
}

fn command(shell: Shell, command: Command) -> Result {
    match command {
        Command::Serve(arguments) => serve::run(shell, arguments),
        Command::Init(arguments) => init::run(&shell, &arguments),
        Command::Migrate(arguments) => migrate::run(&shell, &arguments),
        Command::Backup(arguments) => backup::backup(&shell, &arguments),
        Command::Restore(arguments) => backup::restore(&shell, &arguments),
        Command::Doctor => doctor::run(&shell),
        Command::Config(command) => configuration::run(&shell, command),
        Command::Apply(arguments) => apply::apply(&shell, &arguments),
        Command::Export => apply::export(&shell),
        Command::Import(command) => import::run(&shell, &command),
        Command::Org(command) => organization::run(&shell, command),
        Command::Domain(command) => domain::run(&shell, command),
        Command::Connection(command) => connection::run(&shell, command),
        Command::Admin(command) => admin::run(&shell, command),
        Command::SetupLink(command) => setup_link::run(&shell, command),
        Command::Application(command) => application::run(&shell, command),
        Command::Key(command) => api_key::run(&shell, command),
        Command::SigningKey(command) => signing_key::run(&shell, &command),
        Command::User(command) => user::run(&shell, command),
        Command::Group(command) => group::run(&shell, command),
        Command::Entity(command) => entity::run(&shell, command),
        Command::Mapping(command) => mapping::run(&shell, command),
        Command::Rules(command) => rules::run(&shell, command),
        Command::Access(command) => access::run(&shell, command),
        Command::Scim(command) => scim::run(&shell, command),
        Command::Webhook(command) => webhook::run(&shell, command),
        Command::Mail(command) => mail::run(&shell, command),
        Command::Audit(command) => audit::run(&shell, command),
        Command::Trace(command) => trace::run(&shell, command),
        Command::Saml(command) => saml::run(&shell, command),
        Command::Metadata(command) => metadata::run(&shell, &command),
        Command::Demo(command) => demo::run(&shell, &command),
        Command::Openapi => openapi::run(&shell),
        Command::Completions(arguments) => completions::run(&shell, &arguments),
        Command::Version => version::run(&shell),
        Command::Healthcheck(arguments) => healthcheck::run(&shell, &arguments),
    }
}

/// What clap says of arguments that it does not understand, in three lines. Help is no failure.
fn misused(error: &clap::Error) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_help {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
    }
    let failure = not_an_id(error).unwrap_or_else(|| not_understood(error));
    let json = std::env::args_os().any(|argument| argument == "--json" || argument == "--jsonl");
    failure.report(json)
}

fn not_understood(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let what = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let rest: Vec<&str> = lines.filter(|line| !line.starts_with("For more information")).collect();
    Failure::new(Exit::Usage, "usage", what, rest.join(" "), "What there is to give: add --help")
}

/// A name where only an ID will do: how IDs look, and where they are listed.
fn not_an_id(error: &clap::Error) -> Option<Failure> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let argument = text(ContextKind::InvalidArg)?.split_once('<')?.1.trim_end_matches('>');
    let (noun, prefix, list) = match argument {
        "CONNECTION" => ("a connection", "con_", "connection list"),
        "TRACE" => ("a trace", "trc_", "trace list"),
        "APPLICATION" => ("an application", "app_", "application list"),
        "USER" => ("a user", "usr_", "user list --org ORG"),
        "GROUP" => ("a group", "grp_", "group list"),
        "MAPPING" => ("a mapping", "map_", "mapping list --org ORG"),
        "CONFLICT" => ("a conflict", "cfl_", "access conflicts --org ORG"),
        "ALERT" => ("an alert", "alr_", "access alerts --org ORG"),
        "KEY" => ("an API key", "key_", "key list"),
        "ENDPOINT" => ("a webhook endpoint", "whe_", "webhook list"),
        "MAIL" => ("a mail", "mai_", "mail list"),
        "DELIVERY" => ("a delivery", "whd_", "webhook deliveries"),
        _ => return None,
    };
    Some(Failure::new(
        Exit::Usage,
        "usage",
        format!("{} is not the ID of {noun}.", text(ContextKind::InvalidValue)?),
        format!("An ID begins with {prefix} and has 26 letters and digits after it."),
        format!("List them: vestibule {list}"),
    ))
}

fn setting(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .ok_or_else(|| "it has no = in it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does() {
        fn walk(command: &clap::Command, path: &str) {
            for inner in command.get_subcommands() {
                let path = format!("{path} {}", inner.get_name());
                assert!(inner.get_about().is_some(), "{path} has no help");
                for argument in inner.get_arguments() {
                    assert!(argument.get_help().is_some(), "{path} {}", argument.get_id());
                }
                walk(inner, &path);
            }
        }
        walk(&Arguments::command(), "vestibule");
    }
}
