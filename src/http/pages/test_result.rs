//! How a test sign-in went, with everything that was received.

use super::{Shell, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use crate::saml::check::Check;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// A test sign-in that has ended. It created nothing.
pub struct TestResult<'a> {
    /// The organization's name.
    pub organization: &'a str,
    /// The trace's ID.
    pub trace: &'a str,
    /// Whether it was begun in the portal, to which the page leads back then; else it leads to the console.
    pub at_portal: bool,
    /// Whether it may have been begun in a frame, whose cookie this window does not have: the way back is to close it.
    pub is_of_frame: bool,
    /// Whether the test had its answer before: what came of it then is told once more.
    pub is_again: bool,
    /// Code and short name of the cause, if it failed.
    pub failed: Option<(&'a str, &'a str)>,
    /// How to mend it, in the words of the provider's console.
    pub fix: Option<&'a str>,
    /// What was received, in the provider's order.
    pub attributes: &'a [AttributeLine<'a>],
    /// What a sign-in that is no test would do for the person; none: nobody would be let in.
    pub would: Option<TestPerson>,
    /// Every check in order.
    pub checks: &'a [Check],
}

impl TestResult<'_> {
    /// The checks that failed, which come first where the test did.
    fn failed_checks(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| !check.passed).collect()
    }

    /// Those that are not told of before.
    fn other_checks(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| check.passed || self.failed.is_none()).collect()
    }
}

/// What a sign-in would do for the person who took the test.
pub struct TestPerson {
    /// Who that is here, in a sentence.
    pub person: String,
    /// What they would have: application, role or place, and why.
    pub access: Vec<(String, String, String)>,
}

/// An attribute as the provider sent it.
pub struct AttributeLine<'a> {
    /// Its name at the provider.
    pub name: &'a str,
    /// Its values.
    pub values: &'a [String],
    /// What it is used for here: `email`.
    pub used_as: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "test_result.html")]
struct TestResultPage<'a> {
    shell: Shell<'a>,
    view: &'a TestResult<'a>,
    title: String,
    text: String,
}

/// The page on which a test sign-in ends.
#[must_use]
pub fn test_result(state: &State, view: &TestResult<'_>) -> HttpResponse {
    let shell = Shell::of(state);
    let (title, text) = if view.failed.is_some() {
        ("page.test.failed_title", "page.test.failed_text")
    } else {
        ("page.test.passed_title", "page.test.passed_text")
    };
    let text = if view.is_again { "page.test.again_text" } else { text };
    let page = TestResultPage {
        view,
        title: shell.organization(title, view.organization),
        text: shell.organization(text, view.organization),
        shell,
    };
    respond(state, StatusCode::OK, &Csp::Page, &page)
}
