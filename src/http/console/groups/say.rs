//! What rules, mappings and places are called in sentences.

use crate::access::Model;
use crate::access::rules::Match;
use crate::error::Result;
use crate::http::console::form::{Choice, choices};
use crate::http::console::words::Badge;
use crate::http::server::State;
use crate::store::access::mappings::{Flag, Mapping, MappingState};
use crate::store::access::{self, Declared};
use crate::store::{ApplicationId, Db, EntityId, GroupId, OrganizationId, names};
use crate::views::draft::Mark;
use crate::views::rules::RuleBody;
use std::collections::HashMap;

/// The names that sentences need.
pub(super) struct Said {
    pub(super) applications: Vec<Declared>,
    pub(super) entities: HashMap<EntityId, String>,
    pub(super) groups: HashMap<GroupId, String>,
}

impl Said {
    /// The names of an organization's applications, and of these places and groups.
    pub(super) fn read(
        db: &mut Db,
        of: &OrganizationId,
        entities: Vec<EntityId>,
        groups: Vec<GroupId>,
    ) -> Result<Self> {
        Ok(Self {
            applications: access::applications_of(db, of)?,
            entities: names::entities(db, entities)?,
            groups: names::groups(db, groups)?,
        })
    }

    /// The names of an organization's applications alone.
    pub(super) fn of(db: &mut Db, of: &OrganizationId) -> Result<Self> {
        Self::read(db, of, Vec::new(), Vec::new())
    }

    /// The same for all that these mappings name.
    pub(super) fn of_mappings(db: &mut Db, of: &OrganizationId, all: &[Mapping]) -> Result<Self> {
        let proposed = |it: &Mapping| it.proposed.as_ref()?.entity.as_ref()?.parse().ok();
        let places = all.iter().filter_map(|it| it.entity_id.clone().or_else(|| proposed(it)));
        let groups = all.iter().map(|it| it.group_id.clone());
        Self::read(db, of, places.collect(), groups.collect())
    }

    fn model(&self, application: Option<&ApplicationId>) -> Option<&Model> {
        let named = application.and_then(|id| self.applications.iter().find(|it| it.id == *id));
        named.or(self.applications.first()).map(|it| &it.model)
    }

    /// What a kind of place is called.
    pub(super) fn kind(&self, application: Option<&ApplicationId>, key: &str) -> String {
        let known = self.model(application).and_then(|model| model.kind(key));
        known.map_or(key, |kind| &kind.name).to_owned()
    }

    /// What a role is called.
    pub(super) fn role(&self, application: Option<&ApplicationId>, key: &str) -> String {
        let roles = self.model(application).map(|model| model.roles.as_slice()).unwrap_or_default();
        roles.iter().find(|role| role.key == key).map_or(key, |role| &role.name).to_owned()
    }

    /// What a group is called.
    pub(super) fn group(&self, id: &GroupId) -> String {
        self.groups.get(id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// What an application is called, where there are several.
    pub(super) fn application(&self, id: Option<&ApplicationId>) -> Option<String> {
        let [_, _, ..] = self.applications.as_slice() else { return None };
        let known = self.applications.iter().find(|it| Some(&it.id) == id)?;
        Some(known.name.clone())
    }

    /// A place, or the one with the group's name.
    pub(super) fn place(
        &self,
        state: &State,
        application: Option<&ApplicationId>,
        kind: &str,
        entity: Option<&EntityId>,
    ) -> String {
        let kind = self.kind(application, kind);
        let Some(entity) = entity else {
            return state.locale.fill("console.groups.same_name", &[("kind", &kind)]);
        };
        let name = self.entities.get(entity).map_or(entity.as_str(), String::as_str);
        format!("{kind} {name}")
    }

    /// The places that a rule gives.
    pub(super) fn gives(&self, state: &State, rule: &RuleBody) -> Vec<String> {
        let of = rule.application_id.as_ref();
        let one = |target: &crate::views::rules::TargetBody| {
            let entity = target.entity.as_ref().and_then(|id| id.parse().ok());
            self.place(state, of, &target.kind, entity.as_ref())
        };
        rule.targets.iter().map(one).collect()
    }

    /// Where a mapping leads, or would.
    pub(super) fn leads(&self, state: &State, mapping: &Mapping) -> String {
        let of = Some(&mapping.application_id);
        if let Some(name) = mapping.entity_id.as_ref().and_then(|id| self.entities.get(id)) {
            return name.clone();
        }
        match &mapping.proposed {
            Some(target) => {
                let entity = target.entity.as_ref().and_then(|id| id.parse().ok());
                let place = self.place(state, of, &target.kind, entity.as_ref());
                state.locale.fill("console.groups.proposed", &[("place", &place)])
            }
            None => state.locale.text("console.groups.nowhere").to_owned(),
        }
    }

    /// The roles of all applications, as choices of a form; `first` comes before them.
    pub(super) fn roles(&self, first: Vec<(String, String)>, chosen: &str) -> Vec<Choice> {
        let mut all = first;
        for application in &self.applications {
            let role = |role: &crate::access::Role| {
                let named = self.application(Some(&application.id));
                let label =
                    named.map_or_else(|| role.name.clone(), |of| format!("{} ({of})", role.name));
                (role.key.clone(), label)
            };
            all.extend(application.model.roles.iter().map(role));
        }
        choices(all, chosen)
    }

    /// The kinds of places of all applications.
    pub(super) fn kinds(&self, first: Vec<(String, String)>, chosen: &str) -> Vec<Choice> {
        let mut all = first;
        for application in &self.applications {
            for kind in &application.model.types {
                if !all.iter().any(|(key, _)| *key == kind.key) {
                    all.push((kind.key.clone(), kind.name.clone()));
                }
            }
        }
        choices(all, chosen)
    }

    /// The applications, where there are several: else there is nothing to choose.
    pub(super) fn choose_application(&self, chosen: &str) -> Vec<Choice> {
        let [_, _, ..] = self.applications.as_slice() else { return Vec::new() };
        let all = self.applications.iter().map(|it| (it.id.to_string(), it.name.clone()));
        choices(all.collect(), chosen)
    }
}

/// How a rule compares, as it is sent.
pub(super) fn compared(compare: Match) -> &'static str {
    match compare {
        Match::Exact => "exact",
        Match::Prefix => "prefix",
        Match::Regex => "regex",
        Match::All => "all",
    }
}

/// The state of a mapping, with its shape.
pub(super) fn state(state: &State, mapping: &Mapping) -> Badge {
    let class = match mapping.state {
        MappingState::Approved | MappingState::AutoApproved => " ok",
        MappingState::Pending => " warn",
        MappingState::Rejected => "",
    };
    let key = format!("console.groups.state.{}", mapping.state);
    Badge { class, label: state.locale.text(&key).to_owned() }
}

/// What a person should know of a mapping.
pub(super) fn flag(state: &State, flag: Flag) -> String {
    state.locale.text(&format!("console.groups.flag.{flag}")).to_owned()
}

/// What the draft makes of something.
pub(super) fn mark(state: &State, mark: Mark) -> Badge {
    let (class, word) = match mark {
        Mark::Live => (" ok", "live"),
        Mark::New => (" acc", "new"),
        Mark::Changed => (" acc", "changed"),
        Mark::Removed => (" bad", "removed"),
    };
    let key = format!("console.groups.mark.{word}");
    Badge { class, label: state.locale.text(&key).to_owned() }
}

/// Who made a mapping: a rule by its number, or a person.
pub(super) fn made_by(
    state: &State,
    mapping: &Mapping,
    rules: &[crate::access::rules::Rule],
) -> String {
    let Some(id) = &mapping.rule_id else {
        return state.locale.text("console.groups.by_hand").to_owned();
    };
    match rules.iter().position(|rule| rule.id == id.as_str()) {
        Some(at) => {
            state.locale.fill("console.groups.by_rule", &[("number", &(at + 1).to_string())])
        }
        None => state.locale.text("console.groups.by_former_rule").to_owned(),
    }
}
