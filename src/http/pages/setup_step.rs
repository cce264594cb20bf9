//! A step of a setup in the portal, and the parts of one that are read again while somebody looks.

mod body;

pub use body::{
    Arrival, Arrivals, Begun, Body, Change, DomainLine, Several, Tested, Tile, Told, TypedMetadata,
};

use super::{Faults, Frame, Shell, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// One line of the list of steps.
pub struct StepLine {
    /// From 1.
    pub number: usize,
    /// What it is called.
    pub name: String,
    /// Where it happens.
    pub hint: String,
    /// Its address, where it can be opened.
    pub href: Option<String>,
    /// Whether it is finished.
    pub is_done: bool,
    /// Whether it is on this page.
    pub is_here: bool,
}

/// A step of a setup. Posted to its own address.
pub struct SetupStep {
    /// What all pages have.
    pub frame: Frame,
    /// `Step 3 of 8 · JumpCloud`.
    pub eyebrow: String,
    /// The heading.
    pub title: String,
    /// What it is good for.
    pub lead: String,
    /// What the provider is called in sentences.
    pub provider: String,
    /// Every step.
    pub steps: Vec<StepLine>,
    /// The step before.
    pub previous: Option<String>,
    /// The step's own address.
    pub at: String,
    /// What the way to the portal's home says: the key of a sentence.
    pub home: &'static str,
    /// What the button says that finishes the step; none: it cannot be finished yet, or by something else.
    pub finish: Option<String>,
    /// Fields that were not taken.
    pub faults: Faults,
    /// What was typed for the operator.
    pub note: String,
    /// How far the names of the provider's console can be relied on.
    pub compared: Option<String>,
    /// Setups that were begun with another link, with which this one can go on. Posted as `resume` to the first step.
    pub begun: Vec<Begun>,
    /// The step itself.
    pub body: Body,
}

impl SetupStep {
    /// Whether it is the first step.
    fn is_provider(&self) -> bool {
        matches!(self.body, Body::Provider { .. })
    }

    /// Whether what was given at the step was not taken.
    fn is_refused(&self) -> bool {
        !self.faults.is_empty() && self.faults.of("note").is_none()
    }

    /// Whether the step speaks of fields of a provider's console, which somebody may not find.
    fn names_fields(&self) -> bool {
        match &self.body {
            Body::Provider { .. } | Body::Domain { .. } | Body::Test { .. } => false,
            Body::Provisioning { values, .. } => !values.is_empty(),
            _ => true,
        }
    }

    /// Whether it is that of the test, of which all is read again while somebody looks.
    fn is_test(&self) -> bool {
        matches!(self.body, Body::Test { .. })
    }
}

#[derive(Template)]
#[template(path = "setup_step.html")]
struct SetupStepPage<'a> {
    shell: Shell<'a>,
    view: &'a SetupStep,
    frame: &'a Frame,
}

/// A step's page.
#[must_use]
pub fn setup_step(state: &State, view: &SetupStep) -> HttpResponse {
    respond(
        state,
        view.faults.status(),
        &Csp::Portal,
        &SetupStepPage { shell: Shell::of(state), view, frame: &view.frame },
    )
}

/// A part of a page that is read again while somebody looks.
pub enum Live<'a> {
    /// What came of a directory, and where it is read again.
    Arrivals(&'a Arrivals, &'a str),
    /// The domains, with what a form carries.
    Domains(&'a str, &'a [DomainLine]),
    /// The step of the test: what came of the last one, and how it goes on from there.
    Test(&'a SetupStep),
}

#[derive(Template)]
#[template(path = "_portal_live.html")]
struct PortalLive<'a> {
    shell: Shell<'a>,
    part: &'a Live<'a>,
}

/// The part alone, as htmx puts it in the place of the one before.
#[must_use]
pub fn portal_live(state: &State, part: &Live<'_>) -> HttpResponse {
    respond(state, StatusCode::OK, &Csp::Portal, &PortalLive { shell: Shell::of(state), part })
}
