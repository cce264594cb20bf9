//! What a change would do, told for each person.

use super::Would;
use crate::access::person::Source;
use crate::store::access::delta::Delta;
use crate::store::access::mappings::Mapping;
use crate::store::access::preview::{Having, Line, MOST_NAMED, Preview};
use crate::store::{EntityId, GroupId};
use std::collections::{HashMap, HashSet};

impl Would {
    pub(in crate::store::access) fn told(
        &self,
        mut preview: Preview,
        concerned: usize,
        deltas: &[Delta],
    ) -> Preview {
        let kind_of = |entity: &str| {
            let id: EntityId = entity.parse().ok()?;
            self.entities.get(&id).map(|it| it.kind.clone())
        };
        let (mut changed, mut lines) = (HashSet::new(), Vec::new());
        for delta in deltas {
            preview.conflicts += delta.new_conflicts().count();
            if !delta.is_change() {
                continue;
            }
            changed.insert(&delta.user);
            let is_loss = delta.is_loss(kind_of);
            preview.lose += usize::from(is_loss);
            preview.gain += usize::from(!is_loss);
            preview.role += usize::from(delta.role() != delta.new_role());
            lines.push((is_loss, delta));
        }
        preview.same = concerned.saturating_sub(changed.len());
        lines.sort_by_key(|(is_loss, _)| !is_loss);
        let named = lines.into_iter().take(MOST_NAMED);
        let rows: HashMap<&str, &Mapping> =
            self.rows.iter().map(|it| (it.id.as_str(), it)).collect();
        preview.people = named.map(|(is_loss, delta)| self.line(&rows, delta, is_loss)).collect();
        preview
    }

    fn line(&self, rows: &HashMap<&str, &Mapping>, delta: &Delta, is_loss: bool) -> Line {
        let named =
            |id: &EntityId| self.entities.get(id).map(|it| (it.kind.clone(), it.name.clone()));
        let after =
            delta.after.places.iter().filter_map(|place| named(&place.entity.parse().ok()?));
        let mut because: Vec<String> = Vec::new();
        if let Some((role, source)) = &delta.after.role {
            because.push(format!("{role}: {}", self.source(rows, source)));
        }
        for place in &delta.after.places {
            let Some((kind, name)) = place.entity.parse().ok().and_then(|id| named(&id)) else {
                continue;
            };
            let by = match &place.mapping {
                Some(mapping) => self.mapping(rows, mapping),
                None => "the default of its type".to_owned(),
            };
            because.push(format!("{kind} {name}: {by}"));
        }
        Line {
            user_id: delta.user.clone(),
            application_id: delta.application.id.clone(),
            is_loss,
            before: Having {
                role: delta.role().map(str::to_owned),
                entities: delta.spots.iter().filter_map(|it| named(&it.entity)).collect(),
            },
            after: Having { role: delta.new_role().map(str::to_owned), entities: after.collect() },
            because,
        }
    }

    fn source(&self, rows: &HashMap<&str, &Mapping>, source: &Source) -> String {
        match source {
            Source::Group(id) => self.group(id),
            Source::Mapping(id) => self.mapping(rows, id),
            Source::Person => "the directory gives it to the person".to_owned(),
            Source::Default => "the application's default role".to_owned(),
        }
    }

    fn group(&self, id: &str) -> String {
        let name = id.parse::<GroupId>().ok().and_then(|id| self.names.get(&id));
        format!("group {}", name.map_or(id, String::as_str))
    }

    fn mapping(&self, rows: &HashMap<&str, &Mapping>, id: &str) -> String {
        let Some(mapping) = rows.get(id) else { return "a mapping".to_owned() };
        let rule = mapping.rule_id.as_ref();
        let number = self.rules.iter().position(|it| rule.is_some_and(|id| it.id == id.as_str()));
        let by = number.map_or_else(|| ", by hand".to_owned(), |at| format!(", rule {}", at + 1));
        self.group(mapping.group_id.as_str()) + &by
    }
}
