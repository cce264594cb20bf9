//! A rule as it is typed into a form.

use super::say::compared;
use crate::access::rules::Match;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::server::State;
use crate::store::access::entities;
use crate::store::{Db, OrganizationId};
use crate::views::rules::{RuleBody, TargetBody};

/// How a rule compares, in the order in which it is offered.
pub(super) const MATCHES: [Match; 4] = [Match::Exact, Match::Prefix, Match::Regex, Match::All];

/// What was typed and chosen.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) application: String,
    pub(super) compare: String,
    pub(super) pattern: String,
    /// The types of which the place of the group's name is given.
    pub(super) same: Vec<String>,
    /// Keys of other places, one a line.
    pub(super) places: String,
    pub(super) role: String,
    pub(super) auto_approve: bool,
    pub(super) priority: String,
}

/// What was typed as a rule, without the places whose keys have to be looked for.
pub(super) fn body(state: &State, typed: &Typed) -> Result<RuleBody> {
    let mut errors = Vec::new();
    let compare = MATCHES.into_iter().find(|it| compared(*it) == typed.compare);
    if compare.is_none() {
        let detail = state.locale.text("console.groups.choose_match");
        errors.push(FieldError::new("/match", "required", detail));
    }
    let priority = typed.priority.parse().unwrap_or_else(|_| {
        let detail = state.locale.text("console.groups.no_number");
        errors.push(FieldError::new("/priority", "invalid", detail));
        0
    });
    let application_id = match typed.application.as_str() {
        "" => None,
        some => Some(some.parse()?),
    };
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    let same = typed.same.iter().map(|kind| TargetBody { kind: kind.clone(), entity: None });
    Ok(RuleBody {
        id: None,
        application_id,
        compare: compare.unwrap_or(Match::Exact),
        pattern: typed.pattern.clone(),
        targets: same.collect(),
        role: form::given(&typed.role),
        auto_approve: typed.auto_approve,
        priority,
    })
}

/// A rule as it is typed. A place that is gone is left out.
pub(super) fn typed(db: &mut Db, of: &OrganizationId, body: RuleBody) -> Result<Typed> {
    let (mut same, mut keys) = (Vec::new(), Vec::new());
    for target in body.targets {
        match target.entity {
            None => same.push(target.kind),
            Some(id) => match entities::find(db, of, &id.parse()?) {
                Ok(entity) => keys.push(entity.key),
                Err(Error::NotFound { .. }) => {}
                Err(other) => return Err(other),
            },
        }
    }
    Ok(Typed {
        application: body.application_id.map(|id| id.to_string()).unwrap_or_default(),
        compare: compared(body.compare).to_owned(),
        pattern: body.pattern,
        same,
        places: keys.join("\n"),
        role: body.role.unwrap_or_default(),
        auto_approve: body.auto_approve,
        priority: body.priority.to_string(),
    })
}

impl Typed {
    /// The keys of other places.
    pub(super) fn keys(&self) -> Vec<String> {
        form::lines(&self.places)
    }
}
