//! Why a command did not do what it was asked: three lines, an exit code, or a problem document.

use crate::config::Problems;
use crate::error::{Error, FieldError};
use crate::views::problem::Problem;
use std::io::{self, Write};
use std::process::ExitCode;

/// What every command returns.
pub(super) type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// What the shell is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done = 0,
    Unexpected = 1,
    Usage = 2,
    NotFound = 3,
    NotAllowed = 4,
    Conflict = 5,
    Invalid = 6,
    Unreachable = 7,
    CheckFailed = 8,
}

/// What went wrong, why, and what to do.
#[derive(Debug)]
pub(super) struct Failure(Box<Said>);

/// A failure in full; apart, so that what succeeds carries little.
#[derive(Debug)]
struct Said {
    exit: Exit,
    what: String,
    why: String,
    fix: String,
    code: String,
    source: Option<Error>,
    is_shown: bool,
}

impl Failure {
    /// A failure in three sentences.
    pub(super) fn new(
        exit: Exit,
        code: &str,
        what: impl Into<String>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self(Box::new(Said {
            exit,
            what: what.into(),
            why: why.into(),
            fix: fix.into(),
            code: code.to_owned(),
            source: None,
            is_shown: false,
        }))
    }

    /// What is wrong, in a sentence.
    pub(super) fn what(&self) -> &str {
        &self.0.what
    }

    /// A check that did not pass, of which everything has been written already.
    pub(super) fn check() -> Self {
        Self::new(Exit::CheckFailed, "check_failed", "", "", "").silent()
    }

    /// Nobody reads what we write: a pipe that was closed early is how `head` works.
    pub(super) fn unwritten(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "closed", "", "", "").silent();
        }
        anyhow::Error::new(error).context("writing the output").into()
    }

    /// A file that cannot be read or written.
    pub(super) fn file(path: &str, error: &io::Error) -> Self {
        let exit = match error.kind() {
            io::ErrorKind::NotFound => Exit::NotFound,
            io::ErrorKind::PermissionDenied => Exit::NotAllowed,
            _ => Exit::Unexpected,
        };
        Self::new(
            exit,
            "file",
            format!("The file {path} cannot be used."),
            format!("The system says: {error}."),
            "Check the name and who may use it.",
        )
    }

    /// The same failure with something better to do about it.
    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.0.fix = fix.into();
        self
    }

    fn silent(mut self) -> Self {
        self.0.is_shown = true;
        self
    }

    /// What the shell is told.
    #[cfg(test)]
    pub(super) fn exit(&self) -> Exit {
        self.0.exit
    }

    /// The same failure with the connection named in what to do.
    pub(super) fn of_connection(self, id: &crate::store::ConnectionId) -> Self {
        let fix = self.0.fix.replace("CONNECTION", id.as_str());
        self.fix(fix)
    }

    /// Writes the failure to standard error and gives its exit code.
    pub(super) fn report(&self, json: bool) -> ExitCode {
        if !self.0.is_shown {
            let text = if json { self.document() } else { self.lines() };
            // There is no other place to say it.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
        ExitCode::from(self.0.exit as u8)
    }

    fn lines(&self) -> String {
        let lines = [&self.0.what, &self.0.why, &self.0.fix];
        let lines: Vec<&str> =
            lines.into_iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    fn document(&self) -> String {
        let status = match self.0.exit {
            Exit::NotFound => 404,
            Exit::NotAllowed => 403,
            Exit::Conflict | Exit::CheckFailed => 409,
            Exit::Usage => 400,
            Exit::Invalid => 422,
            Exit::Unreachable => 503,
            Exit::Unexpected | Exit::Done => 500,
        };
        let problem = match &self.0.source {
            Some(Error::Internal(_)) | None => Problem::new(status, &self.0.code, self.lines()),
            Some(error) => Problem::from(error),
        };
        serde_json::to_string(&problem).unwrap_or_default()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, why, fix) = match &error {
            Error::NotFound { what, .. } => {
                let fix = format!("List what there is: vestibule {}", listing(what));
                (Exit::NotFound, "It was never there, or it has been deleted.".to_owned(), fix)
            }
            Error::Invalid(errors) => invalid(errors),
            Error::Conflict { code, .. } | Error::Scim { code, .. } => conflict(code),
            Error::Stale(_) => (
                Exit::Conflict,
                "Somebody or something else changed it meanwhile.".to_owned(),
                "Look at it again, then repeat the command.".to_owned(),
            ),
            Error::Unauthenticated(_) | Error::Forbidden(_) => (
                Exit::NotAllowed,
                "Who asks may not do this.".to_owned(),
                "Ask somebody who may.".to_owned(),
            ),
            Error::TooMany { retry_after, .. } => (
                Exit::Unreachable,
                "It was asked too often.".to_owned(),
                format!("Try again in {retry_after} seconds."),
            ),
            Error::Busy(_) => (
                Exit::Unreachable,
                "Nothing was changed.".to_owned(),
                "Try again. If it stays so: vestibule doctor".to_owned(),
            ),
            Error::Internal(inner) => (
                Exit::Unexpected,
                format!("{inner:#}."),
                "Look at the state of things with: vestibule doctor".to_owned(),
            ),
        };
        let code = Problem::from(&error).code.to_owned();
        let mut failure = Self::new(exit, &code, error.to_string(), why, fix);
        failure.0.source = Some(error);
        failure
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Error::Internal(error).into()
    }
}

impl From<Problems> for Failure {
    /// Every problem of the settings is told at once, each in its three lines.
    fn from(problems: Problems) -> Self {
        Self::new(Exit::Usage, "configuration", problems.to_string(), "", "")
    }
}

impl From<crate::config::Problem> for Failure {
    fn from(problem: crate::config::Problem) -> Self {
        Self::new(Exit::Usage, "configuration", problem.what, problem.why, problem.fix)
    }
}

/// The command that lists what the store calls so.
fn listing(what: &str) -> String {
    let noun = match what {
        "organization" | "deleted organization" => "org",
        "deleted connection" => "connection",
        "deleted application" => "application",
        "API key" => "key",
        "secret" => "application secret",
        "conflict" => return "access conflicts --org ORG".to_owned(),
        "alert" => return "access alerts --org ORG".to_owned(),
        "entity" | "mapping" => return format!("{what} list --org ORG"),
        other => other,
    };
    format!("{noun} list")
}

fn invalid(errors: &[FieldError]) -> (Exit, String, String) {
    let is_unreachable = errors
        .iter()
        .any(|error| matches!(&*error.code, "metadata_unreachable" | "discovery_unreachable"));
    let exit = if is_unreachable { Exit::Unreachable } else { Exit::Invalid };
    let told: Vec<String> = match errors {
        [one] => vec![format!("{} ({})", field(&one.pointer), one.code)],
        many => many
            .iter()
            .map(|error| format!("{}: {} ({})", field(&error.pointer), error.detail, error.code))
            .collect(),
    };
    (exit, told.join(" "), "Change it and run the command again.".to_owned())
}

/// A JSON pointer as the flag that it stands for.
fn field(pointer: &str) -> String {
    match pointer.trim_start_matches('/') {
        "" => "The input".to_owned(),
        name => format!("In {}", name.replace('/', " ").replace('_', "-")),
    }
}

fn conflict(code: &str) -> (Exit, String, String) {
    let (exit, fix) = match code {
        "test_required" => (
            Exit::Conflict,
            "Test it with: vestibule connection test CONNECTION. Or add --skip-test.",
        ),
        "metadata_required" => {
            (Exit::Conflict, "Give it: vestibule connection refresh CONNECTION --metadata-url URL")
        }
        "active_connection_required" => {
            (Exit::Conflict, "Turn one on: vestibule connection activate CONNECTION")
        }
        "live_domain_required" => {
            (Exit::Conflict, "Add one: vestibule domain add DOMAIN --org ORG")
        }
        "last_active_connection" => {
            (Exit::Conflict, "First: vestibule org enforce ORG optional. Or add --lock-out.")
        }
        "last_live_domain" => (Exit::Conflict, "First: vestibule org enforce ORG optional"),
        "openid_required" => (
            Exit::Conflict,
            "Give it: vestibule connection refresh CONNECTION --issuer URL --client-id ID",
        ),
        "openid_issuer_changed" => (Exit::Conflict, "If that is right, add --accept-new-issuer."),
        "metadata_entity_changed" => (Exit::Conflict, "If that is right, add --accept-new-entity."),
        "domain_not_verified" => {
            (Exit::CheckFailed, "Add the record to the DNS and run the command again.")
        }
        _ => (Exit::Conflict, "Change what is in the way, then run the command again."),
    };
    (exit, format!("In conflict with what is there ({code})."), fix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(error: Error) -> Exit {
        Failure::from(error).exit()
    }

    #[test]
    fn each_kind_of_failure_has_its_exit_code() {
        assert_eq!(exit(Error::Internal(anyhow::anyhow!("x"))) as u8, 1);
        assert_eq!(Failure::from(Problems(Vec::new())).exit() as u8, 2);
        assert_eq!(exit(Error::not_found("connection", "con_1")) as u8, 3);
        assert_eq!(exit(Error::Forbidden("No.".to_owned())) as u8, 4);
        assert_eq!(exit(Error::conflict("domain_taken", "No.")) as u8, 5);
        assert_eq!(exit(Error::invalid("/name", "required", "A name is needed.")) as u8, 6);
        assert_eq!(exit(Error::Busy("Away.".to_owned())) as u8, 7);
        assert_eq!(exit(Error::invalid("", "metadata_unreachable", "Away.")) as u8, 7);
        assert_eq!(exit(crate::fetch::Fault::Url("without a host").at("/metadata_url")) as u8, 6);
        assert_eq!(exit(Error::conflict("domain_not_verified", "No record.")) as u8, 8);
        assert_eq!(Failure::check().exit() as u8, 8);
    }

    #[test]
    fn a_failure_says_what_why_and_what_to_do_in_three_lines() {
        let failure = Failure::from(Error::invalid("/name", "required", "A name is needed."));
        assert_eq!(
            failure.lines(),
            "A name is needed.\nIn name (required)\nChange it and run the command again."
        );
    }

    #[test]
    fn a_failure_is_a_problem_document_for_machines() {
        let failure = Failure::from(Error::invalid("/name", "required", "A name is needed."));
        let document: serde_json::Value = serde_json::from_str(&failure.document()).unwrap();
        assert_eq!(document["status"], 422);
        assert_eq!(document["code"], "validation_failed");
        assert_eq!(document["errors"][0]["pointer"], "/name");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = Failure::unwritten(io::ErrorKind::BrokenPipe.into());
        assert_eq!(closed.exit(), Exit::Done);
    }
}
