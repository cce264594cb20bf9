//! Why somebody has something, in words: which group gives it, by which mapping, of which rule.

use super::explain::Reason;
use super::kept::{Hold, Mark};
use super::mappings::Mapping;
use super::rule_sets;
use crate::access::person::Source;
use crate::access::rules::Rule;
use crate::error::Result;
use crate::store::schema::{groups, mappings};
use crate::store::{Db, GroupId, MappingId, OrganizationId, Prepared, Time, on_backend};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// How many things are named in one statement.
const NAMED: usize = 1_000;

/// The mappings and groups that give something, read once for many people.
#[derive(Debug, Default)]
pub(super) struct Because {
    mappings: HashMap<MappingId, Mapping>,
    rules: Vec<Rule>,
    groups: HashMap<GroupId, Named>,
}

/// A group, as far as reasons tell of it.
#[derive(Debug)]
struct Named {
    name: String,
    is_deleted: bool,
}

/// Which mappings and groups are told of.
#[derive(Debug, Default)]
pub(super) struct Sources {
    mappings: HashSet<MappingId>,
    groups: HashSet<GroupId>,
}

impl Sources {
    /// Where a role comes from.
    pub(super) fn role(&mut self, source: &Source) {
        match source {
            Source::Group(id) => self.groups.extend(id.parse::<GroupId>()),
            Source::Mapping(id) => self.mappings.extend(id.parse::<MappingId>()),
            Source::Person | Source::Default => {}
        }
    }

    /// The mapping that gives a place.
    pub(super) fn place(&mut self, mapping: Option<&str>) {
        self.mappings.extend(mapping.and_then(|id| id.parse::<MappingId>().ok()));
    }
}

impl Because {
    /// Reads what is told of these.
    pub(super) fn of(db: &mut Db, organization: &OrganizationId, sources: Sources) -> Result<Self> {
        let Sources { mappings: ids, groups: mut of } = sources;
        let mut because = Self::default();
        for some in ids.into_iter().collect::<Vec<_>>().chunks(NAMED) {
            let rows: Vec<Mapping> = match some {
                [one] => {
                    let query = mappings::table.find(one).select(mappings::all_columns);
                    on_backend!(db, conn => Prepared(query).load(conn))?
                }
                many => mappings::table.filter(mappings::id.eq_any(many)).load(db)?,
            };
            because.mappings.extend(rows.into_iter().map(|row| (row.id.clone(), row)));
        }
        of.extend(because.mappings.values().map(|it| it.group_id.clone()));
        let columns = (groups::id, groups::display_name, groups::deleted_at);
        for some in of.into_iter().collect::<Vec<_>>().chunks(NAMED) {
            let rows: Vec<(GroupId, String, Option<Time>)> = match some {
                [one] => {
                    let query = groups::table.find(one).select(columns);
                    on_backend!(db, conn => Prepared(query).load(conn))?
                }
                many => groups::table.filter(groups::id.eq_any(many)).select(columns).load(db)?,
            };
            let named = |(id, name, deleted): (_, _, Option<Time>)| {
                (id, Named { name, is_deleted: deleted.is_some() })
            };
            because.groups.extend(rows.into_iter().map(named));
        }
        if because.mappings.values().any(|it| it.rule_id.is_some()) {
            because.rules = rule_sets::rules(db, organization)?;
        }
        Ok(because)
    }

    /// One of the mappings.
    pub(super) fn mapping(&self, id: &MappingId) -> Option<&Mapping> {
        self.mappings.get(id)
    }

    /// Whether a group was deleted.
    pub(super) fn is_deleted(&self, group: &GroupId) -> bool {
        self.groups.get(group).is_none_or(|it| it.is_deleted)
    }

    /// Why somebody has a role; of nothing that is known it is the default.
    pub(super) fn of_role(&self, source: Option<&Source>, mark: Option<Mark>) -> Reason {
        let mut reason = match source {
            Some(Source::Group(group)) => {
                let id: Option<GroupId> = group.parse().ok();
                Reason { words: self.group(group), group_id: id, ..Reason::default() }
            }
            Some(Source::Mapping(mapping)) => self.of_mapping(mapping),
            Some(Source::Person) => Reason {
                words: "the directory gives it to the person".to_owned(),
                ..Reason::default()
            },
            Some(Source::Default) | None => {
                Reason { words: "the application's default role".to_owned(), ..Reason::default() }
            }
        };
        reason.words.push_str(why_held(mark));
        reason
    }

    /// Why somebody is in a place; none: by no mapping.
    pub(super) fn of_place(&self, mapping: Option<&str>, mark: Option<Mark>) -> Reason {
        let mut reason = match mapping {
            Some(mapping) => self.of_mapping(mapping),
            None => Reason { words: "the default of its type".to_owned(), ..Reason::default() },
        };
        reason.words.push_str(why_held(mark));
        reason
    }

    fn of_mapping(&self, id: &str) -> Reason {
        let found = id.parse::<MappingId>().ok().and_then(|id| self.mappings.get(&id));
        let Some(mapping) = found else {
            return Reason { words: "a mapping that is gone".to_owned(), ..Reason::default() };
        };
        let rule = mapping.rule_id.as_ref().map(ToString::to_string);
        let number = self.rules.iter().position(|it| Some(&it.id) == rule.as_ref());
        let by = match (number, &rule) {
            (Some(at), _) => format!(", rule {}", at + 1),
            (None, Some(_)) => ", a rule that is gone".to_owned(),
            (None, None) => ", by hand".to_owned(),
        };
        Reason {
            words: self.group(mapping.group_id.as_str()) + &by,
            group_id: Some(mapping.group_id.clone()),
            mapping_id: Some(mapping.id.clone()),
            rule_id: rule,
        }
    }

    /// What people call a group.
    pub(super) fn group(&self, id: &str) -> String {
        let found = id.parse::<GroupId>().ok().and_then(|id| self.groups.get(&id));
        format!("group {}", found.map_or(id, |it| it.name.as_str()))
    }
}

/// What is added to the reason of what is held.
fn why_held(mark: Option<Mark>) -> &'static str {
    match mark {
        Some(Mark { hold: Hold::Floor, .. }) => ", held: nobody else has the highest role",
        Some(Mark { hold: Hold::Breaker, until: Some(_) }) => {
            ", held: too many people would have lost something at once"
        }
        Some(Mark { hold: Hold::Breaker, until: None }) => {
            ", kept: the directory took it, and somebody said that it stays"
        }
        None => "",
    }
}
