//! What a change of rules or mappings would do, before it is done, and doing exactly that.

use super::delta::Delta;
use super::guard::{self, Last};
use super::held::Holds;
use super::mappings::{self, MappingPatch, NewMapping};
use super::rule_sets::{self, NewRule};
use super::run::{self, Effect};
use super::would::Would;
use super::{Declared, applications_of, meant, recompute, renames};
use crate::error::Result;
use crate::store::input::Faults;
use crate::store::schema::users;
use crate::store::{ApplicationId, Db, MappingId, OrganizationId, Time, Tx, UserId};
use diesel::prelude::*;
use std::collections::HashSet;

/// How many people a preview names; it counts all.
pub const MOST_NAMED: usize = 500;
/// How many mappings may be decided at once, and how many made by hand.
pub const MOST_MAPPINGS: usize = 1_000;
/// After how many people it is said how far a preview is.
const AT_ONCE: usize = 2_000;

/// How many people may lose something without anybody saying that it is meant.
const FEW: usize = 10;
/// Of how many parts of all people one is not few.
const PARTS: usize = 10;

/// What is asked about.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The rules as they would be; none: as they are.
    pub rules: Option<Vec<NewRule>>,
    /// Mappings that would be approved, rejected or moved.
    pub mappings: Vec<(MappingId, MappingPatch)>,
    /// Mappings that would be made by hand.
    pub new_mappings: Vec<NewMapping>,
}

impl Asked {
    fn check(&self) -> Result<()> {
        let mut faults = Faults::default();
        for (pointer, many) in
            [("/mappings", self.mappings.len()), ("/new_mappings", self.new_mappings.len())]
        {
            if many > MOST_MAPPINGS {
                let detail = format!("At most {MOST_MAPPINGS} mappings are decided at once.");
                faults.add(pointer, "too_many", detail);
            }
        }
        faults.finish()
    }
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
    /// Why it would be refused all the same, if it would.
    pub refused: Option<Refused>,
    /// The people for whom something would change, losses first, at most [`MOST_NAMED`].
    pub people: Vec<Line>,
}

/// What an apply would answer: in an application nobody would have the highest role any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The same word for programs.
    pub code: &'static str,
    /// What is in the way, and what to do first.
    pub detail: String,
    /// In which application.
    pub application_id: ApplicationId,
    /// The last who have the role, at most [`MOST_NAMED`].
    pub people: Vec<UserId>,
}

impl From<Last> for Refused {
    fn from(last: Last) -> Self {
        Self {
            code: Last::CODE,
            detail: last.detail(),
            application_id: last.application_id,
            people: last.people.into_iter().take(MOST_NAMED).collect(),
        }
    }
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
    let (mut would, applications) = suppose(db, organization, asked, now)?;
    let made = would.run(&applications)?;
    let people = would.concerned(db, organization)?;
    let supposed = would.supposed();
    let (holds, mut deltas) = (Holds::at(now), Vec::new());
    for (at, some) in people.chunks(AT_ONCE).enumerate() {
        noted(at * AT_ONCE, people.len())?;
        let found =
            recompute::deltas(db, organization, &applications, some, Some(&supposed), Some(holds))?;
        deltas.extend(found);
    }
    // Who is kept in the highest role is not any more if somebody else gets it.
    let (relieved, of) = guard::relieved(db, organization, &deltas)?;
    let holds = Some(holds.but_the_floor());
    let more = recompute::deltas(db, organization, &of, &relieved, Some(&supposed), holds)?;
    let about = |it: &Delta| (it.user.clone(), it.application.id.clone());
    let again: HashSet<_> = more.iter().map(about).collect();
    deltas.retain(|it| again.is_empty() || !again.contains(&about(it)));
    deltas.extend(more);
    let refused = guard::last(db, organization, &deltas)?.map(Refused::from);
    let preview = Preview { version, mappings: made, refused, ..Preview::default() };
    Ok(would.told(preview, people.len(), &deltas))
}

/// Whether what is asked about can be at all, without finding out what would happen.
pub fn check(db: &mut Db, organization: &OrganizationId, asked: Asked, now: Time) -> Result<()> {
    suppose(db, organization, asked, now).map(|_| ())
}

/// Rules and mappings as they would be, before the rules run.
fn suppose(
    db: &mut Db,
    organization: &OrganizationId,
    asked: Asked,
    now: Time,
) -> Result<(Would, Vec<Declared>)> {
    asked.check()?;
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
    for (n, new) in asked.new_mappings.iter().enumerate() {
        let application = meant(db, organization, new.application.as_ref())?;
        let made = would.make(&application, new);
        made.map_err(|error| error.below(&format!("/new_mappings/{n}")))?;
    }
    Ok((would, applications))
}

/// Does what was previewed, in the order in which that supposed it: rules, mappings, and then the rules run on every
/// group that has none. What all of it means to people is computed once, as the preview did: nobody has to be able to lose
/// what they get back in the same act.
///
/// `seen`: the version that it was previewed on; anything else now is refused with `version_mismatch`.
pub fn apply(
    tx: &mut Tx,
    organization: &OrganizationId,
    asked: Asked,
    seen: &str,
) -> Result<Effect> {
    asked.check()?;
    rule_sets::refuse_stale(tx.db, organization, seen)?;
    let set = asked.rules.map(|rules| rule_sets::put(tx, organization, rules)).transpose()?;
    let mut decided = Vec::new();
    for (n, (id, patch)) in asked.mappings.into_iter().enumerate() {
        let done = mappings::rewritten(tx, organization, &id, patch);
        let mapping = done.map_err(|error| error.below(&format!("/mappings/{n}")))?;
        decided.push(mapping.group_id);
    }
    renames::names_settled(tx, organization)?;
    for (n, new) in asked.new_mappings.into_iter().enumerate() {
        let made = mappings::written(tx, organization, new);
        let mapping = made.map_err(|error| error.below(&format!("/new_mappings/{n}")))?;
        decided.push(mapping.group_id);
    }
    match set {
        Some(set) => rule_sets::run(tx, set, decided).map(|(_, effect)| effect),
        None => run::run(tx, organization, decided),
    }
}

/// Whether so many people lose something that somebody has to say that it is meant: more than ten, or more than a tenth
/// of all.
pub fn takes_much(db: &mut Db, organization: &OrganizationId, lose: usize) -> Result<bool> {
    if lose == 0 {
        return Ok(false);
    }
    if lose > FEW {
        return Ok(true);
    }
    // A tenth is less than this exactly if there are not ten times as many.
    let before = i64::try_from(lose * PARTS).unwrap_or(i64::MAX) - 1;
    let people = users::table.filter(users::organization_id.eq(organization)).select(users::id);
    let beyond: Option<UserId> = people.offset(before).first(db).optional()?;
    Ok(beyond.is_none())
}
