//! What a member of the console has changed of rules and mappings and not applied yet. It names what is changed, not how
//! all would be: what others apply meanwhile stays.

use super::mapping::NewMappingBody;
use super::preview::{Decision, PreviewQuestion};
use super::rules::RuleBody;
use crate::access::rules::Rule;
use crate::error::Result;
use crate::store::access::{drafts, mappings};
use crate::store::{Db, MappingId, OrganizationId, RuleId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A draft.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Draft {
    /// Rules that are there, and what becomes of each; none: it is removed.
    pub rules: Vec<(RuleId, Option<RuleBody>)>,
    /// New rules, each with a name in this draft.
    pub new_rules: Vec<(RuleId, RuleBody)>,
    /// What becomes of mappings that are there.
    pub mappings: Vec<Decision>,
    /// New mappings, each with a name in this draft.
    pub new_mappings: Vec<(MappingId, NewMappingBody)>,
}

/// What a draft makes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing: it holds.
    Live,
    /// It is new.
    New,
    /// It is another.
    Changed,
    /// It goes.
    Removed,
}

impl Draft {
    /// The draft that is kept; an empty one if there is none.
    pub fn read(kept: Option<&Value>) -> Result<Self> {
        let Some(kept) = kept else { return Ok(Self::default()) };
        Ok(Self::deserialize(kept).map_err(anyhow::Error::new)?)
    }

    /// The same to be kept; none if nothing is changed.
    pub fn written(&self) -> Result<Option<Value>> {
        if self.is_empty() {
            return Ok(None);
        }
        drafts::refuse_full(self.len())?;
        Ok(Some(serde_json::to_value(self).map_err(anyhow::Error::new)?))
    }

    /// Forgets what is no change: of rules that are gone, and what is in force as it says.
    pub fn settle(&mut self, db: &mut Db, of: &OrganizationId, current: &[Rule]) -> Result<()> {
        self.settle_rules(current);
        let asked = self.mappings.iter().cloned().map(Decision::asked);
        let unchanged = mappings::unchanged(db, of, &asked.collect::<Result<Vec<_>>>()?)?;
        self.mappings.retain(|it| !unchanged.contains(&it.id));
        Ok(())
    }

    fn settle_rules(&mut self, current: &[Rule]) {
        self.rules.retain(|(id, body)| {
            let held = current.iter().find(|rule| rule.id == id.as_str());
            held.is_some_and(|held| body.as_ref().is_none_or(|body| !body.is(held)))
        });
    }

    /// How many changes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len() + self.new_rules.len() + self.mappings.len() + self.new_mappings.len()
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The rules as a person sees them: those that hold, each with what becomes of it, and then the new ones.
    #[must_use]
    pub fn all_rules(&self, current: &[Rule]) -> Vec<(RuleId, RuleBody, Mark)> {
        let mut all = Vec::with_capacity(current.len() + self.new_rules.len());
        for rule in current {
            let Ok(id) = rule.id.parse::<RuleId>() else { continue };
            let line = match self.rules.iter().find(|(changed, _)| *changed == id) {
                None => (id, RuleBody::from(rule.clone()), Mark::Live),
                Some((_, Some(body))) => (id, body.clone(), Mark::Changed),
                Some((_, None)) => (id, RuleBody::from(rule.clone()), Mark::Removed),
            };
            all.push(line);
        }
        let new = self.new_rules.iter();
        all.extend(new.map(|(id, body)| (id.clone(), body.clone(), Mark::New)));
        all
    }

    /// What it asks: what would be if it were applied.
    #[must_use]
    pub fn question(&self, current: &[Rule]) -> PreviewQuestion {
        let is_changed = !self.rules.is_empty() || !self.new_rules.is_empty();
        let rules = is_changed.then(|| {
            let all = self.all_rules(current).into_iter();
            all.filter(|(.., mark)| *mark != Mark::Removed).map(|(_, body, _)| body).collect()
        });
        PreviewQuestion {
            rules,
            mappings: self.mappings.clone(),
            new_mappings: self.new_mappings.iter().map(|(_, new)| new.clone()).collect(),
        }
    }

    /// Makes a rule what `body` says: one that holds, one of this draft, or a new one, which is called by `id` from then on. What holds
    /// already is no change.
    pub fn put_rule(&mut self, id: Option<&RuleId>, mut body: RuleBody, current: &[Rule]) {
        let former = id.and_then(|id| current.iter().find(|rule| rule.id == id.as_str()));
        if let (Some(id), Some(former)) = (id, former) {
            body.id = Some(id.clone());
            self.undo_rule(id);
            if !body.is(former) {
                self.rules.push((id.clone(), Some(body)));
            }
            return;
        }
        body.id = None;
        let known = id.and_then(|id| self.new_rules.iter_mut().find(|(it, _)| it == id));
        match known {
            Some((_, known)) => *known = body,
            None => self.new_rules.push((id.cloned().unwrap_or_else(RuleId::new), body)),
        }
    }

    /// Removes a rule; a new one was never there.
    pub fn remove_rule(&mut self, id: &RuleId, current: &[Rule]) {
        self.undo_rule(id);
        if current.iter().any(|rule| rule.id == id.as_str()) {
            self.rules.push((id.clone(), None));
        }
    }

    /// Takes the change of a rule back.
    pub fn undo_rule(&mut self, id: &RuleId) {
        self.rules.retain(|(it, _)| it != id);
        self.new_rules.retain(|(it, _)| it != id);
    }

    /// Makes the rules what they were in a set that was applied once.
    pub fn follow(&mut self, set: &[Rule], current: &[Rule]) {
        (self.rules, self.new_rules) = (Vec::new(), Vec::new());
        for rule in set {
            let id = rule.id.parse().ok();
            self.put_rule(id.as_ref(), RuleBody::from(rule.clone()), current);
        }
        for rule in current.iter().filter(|rule| !set.iter().any(|it| it.id == rule.id)) {
            if let Ok(id) = rule.id.parse() {
                self.remove_rule(&id, current);
            }
        }
    }

    /// Says what becomes of a mapping; what was said of it before is forgotten.
    pub fn decide(&mut self, decision: Decision) {
        self.undo_mapping(&decision.id);
        let is_nothing = decision.state.is_none()
            && decision.entity.is_none()
            && decision.kind.is_none()
            && decision.role.is_none();
        if !is_nothing {
            self.mappings.push(decision);
        }
    }

    /// Takes back what was said of a mapping; a new one was never there.
    pub fn undo_mapping(&mut self, id: &MappingId) {
        self.mappings.retain(|it| it.id != *id);
        self.new_mappings.retain(|(it, _)| it != id);
    }

    /// Adds a mapping by hand, or makes one of this draft what `new` says; tells which of them it is.
    pub fn make(&mut self, id: Option<&MappingId>, new: NewMappingBody) -> usize {
        let known = self.new_mappings.iter().position(|(it, _)| Some(it) == id);
        if let Some((_, mapping)) = known.and_then(|at| self.new_mappings.get_mut(at)) {
            *mapping = new;
        } else {
            self.new_mappings.push((id.cloned().unwrap_or_else(MappingId::new), new));
        }
        known.unwrap_or_else(|| self.new_mappings.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::rules::Match;

    fn rule(pattern: &str) -> Rule {
        Rule {
            id: RuleId::new().to_string(),
            application_id: crate::store::ApplicationId::new().to_string(),
            compare: Match::Exact,
            pattern: pattern.to_owned(),
            targets: Vec::new(),
            role: Some("admin".to_owned()),
            auto_approve: true,
            priority: 0,
            created_at: crate::saml::testing::now(),
        }
    }

    fn patterns(draft: &Draft, current: &[Rule]) -> Vec<String> {
        let rules = draft.question(current).rules.unwrap_or_default();
        rules.into_iter().map(|rule| rule.pattern).collect()
    }

    #[test]
    fn a_draft_keeps_what_others_apply_meanwhile() {
        let current = [rule("a"), rule("b")];
        let mut draft = Draft::default();
        assert!(draft.question(&current).rules.is_none(), "no change, no question");
        let id: RuleId = current[0].id.parse().unwrap();
        draft.remove_rule(&id, &current);
        let body = RuleBody { pattern: "c".to_owned(), ..RuleBody::from(rule("c")) };
        draft.put_rule(None, body, &current);
        assert_eq!((draft.len(), patterns(&draft, &current)), (2, vec!["b".into(), "c".into()]));
        let [_, b] = &current;
        let meanwhile = [b.clone(), rule("d")];
        assert_eq!(patterns(&draft, &meanwhile), ["b", "d", "c"]);
        let mut then = draft.clone();
        then.settle_rules(&meanwhile);
        assert_eq!(then.len(), 1, "what is gone already is no change");
        draft.undo_rule(&id);
        assert_eq!(patterns(&draft, &current), ["a", "b", "c"]);
    }

    #[test]
    fn a_rule_that_is_made_what_it_is_is_no_change() {
        let current = [rule("a")];
        let id: RuleId = current[0].id.parse().unwrap();
        let mut draft = Draft::default();
        let body = RuleBody::from(current[0].clone());
        draft.put_rule(Some(&id), RuleBody { priority: 3, ..body.clone() }, &current);
        assert_eq!(draft.all_rules(&current)[0].2, Mark::Changed);
        draft.put_rule(Some(&id), body, &current);
        assert!(draft.is_empty());
    }

    #[test]
    fn a_rule_that_others_have_made_what_a_draft_makes_of_it_is_no_change() {
        let current = [rule("a")];
        let id: RuleId = current[0].id.parse().unwrap();
        let mut draft = Draft::default();
        let body = RuleBody { priority: 3, ..RuleBody::from(current[0].clone()) };
        draft.put_rule(Some(&id), body, &current);
        draft.settle_rules(&current);
        assert_eq!(draft.len(), 1, "it differs from what is in force");
        let [mut meanwhile] = current;
        meanwhile.priority = 3;
        draft.settle_rules(&[meanwhile]);
        assert!(draft.is_empty());
    }

    #[test]
    fn a_former_set_becomes_a_draft_of_what_differs() {
        let (a, b, c) = (rule("a"), rule("b"), rule("c"));
        let mut draft = Draft::default();
        let changed = Rule { priority: 9, ..a.clone() };
        let current = [changed, c];
        draft.follow(&[a, b], &current);
        assert_eq!(patterns(&draft, &current), ["a", "b"]);
        let marks: Vec<Mark> = draft.all_rules(&current).into_iter().map(|(.., it)| it).collect();
        assert_eq!(marks, [Mark::Changed, Mark::Removed, Mark::New]);
        let question = draft.question(&current).rules.unwrap();
        assert!(question[0].id.is_some() && question[1].id.is_none());
    }
}
