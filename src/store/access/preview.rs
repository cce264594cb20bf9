//! What a change of rules or mappings would do, before it is done. Nothing is written.

use super::held::Holds;
use super::mappings::MappingPatch;
use super::rule_sets::{self, NewRule};
use super::would::Would;
use super::{applications_of, recompute};
use crate::error::Result;
use crate::store::{ApplicationId, Db, MappingId, OrganizationId, Time, UserId};

/// How many people a preview names; it counts all.
pub const MOST_NAMED: usize = 500;
/// After how many people it is said how far a preview is.
const AT_ONCE: usize = 2_000;

/// What is asked about.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The rules as they would be; none: as they are.
    pub rules: Option<Vec<NewRule>>,
    /// Mappings that would be approved, rejected or moved.
    pub mappings: Vec<(MappingId, MappingPatch)>,
}

/// What would happen.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// To apply exactly this, send it as `If-Match`.
    pub version: String,
    /// How many mappings would be made.
    pub mappings: usize,
    /// How many people would gain something.
    pub gain: usize,
    /// How many would lose something.
    pub lose: usize,
    /// How many would have another role.
    pub role: usize,
    /// For how many of those concerned nothing would change.
    pub same: usize,
    /// How many conflicts would be new.
    pub conflicts: usize,
    /// The people for whom something would change, losses first, at most [`MOST_NAMED`].
    pub people: Vec<Line>,
}

/// What would change for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub user_id: UserId,
    /// In which application.
    pub application_id: ApplicationId,
    /// Whether the person would lose something.
    pub is_loss: bool,
    /// What they have.
    pub before: Having,
    /// What they would have.
    pub after: Having,
    /// Why, in words: one line for each thing they would have.
    pub because: Vec<String>,
}

/// Role and places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Having {
    /// The key of the role.
    pub role: Option<String>,
    /// The places: type and name.
    pub entities: Vec<(String, String)>,
}

/// Finds out what would happen. `noted` hears of how many people it is known, of how many.
pub fn preview(
    db: &mut Db,
    organization: &OrganizationId,
    asked: Asked,
    now: Time,
    noted: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<Preview> {
    let version = rule_sets::version(db, organization)?;
    let applications = applications_of(db, organization)?;
    let rules = match asked.rules {
        Some(new) => rule_sets::checked(db, organization, new, now)?,
        None => rule_sets::rules(db, organization)?,
    };
    let mut would = Would::new(db, organization, rules, now)?;
    for (n, (id, patch)) in asked.mappings.iter().enumerate() {
        let decided = would.decide(&applications, id, patch);
        decided.map_err(|error| error.below(&format!("/mappings/{n}")))?;
    }
    let made = would.run(&applications)?;
    let people = would.concerned(db, organization)?;
    let supposed = would.supposed();
    let (holds, mut deltas) = (Some(Holds::at(now)), Vec::new());
    for (at, some) in people.chunks(AT_ONCE).enumerate() {
        noted(at * AT_ONCE, people.len())?;
        let found =
            recompute::deltas(db, organization, &applications, some, Some(&supposed), holds)?;
        deltas.extend(found);
    }
    let preview = Preview { version, mappings: made, ..Preview::default() };
    Ok(would.told(preview, people.len(), &deltas))
}
