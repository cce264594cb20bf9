//! What is supposed, as something to decide on.

use super::Would;
use crate::access::rules::Rule;
use crate::error::{Error, Result};
use crate::store::access::entities::Entity;
use crate::store::access::mappings::Ground;
use crate::store::{ApplicationId, EntityId, GroupId, MappingId, input};

impl Ground for Would {
    fn group(&mut self, id: &GroupId) -> Result<String> {
        self.names.get(id).cloned().ok_or_else(|| Error::not_found("group", id.as_str()))
    }

    fn rules(&mut self) -> Result<Vec<Rule>> {
        Ok(self.rules.clone())
    }

    fn entity(&mut self, id: &EntityId) -> Result<Entity> {
        self.entities.get(id).cloned().ok_or_else(|| Error::not_found("entity", id.as_str()))
    }

    fn keyed(&mut self, key: &str) -> Result<Entity> {
        let found = self.by_key.get(key).and_then(|id| self.entities.get(id));
        found.cloned().ok_or_else(|| Error::not_found("entity", key))
    }

    fn named(&mut self, of: &ApplicationId, kind: &str, name: &str) -> Result<Option<Entity>> {
        let name = (of.clone(), kind.to_owned(), input::fold(name));
        Ok(self.by_name.get(&name).and_then(|id| self.entities.get(id)).cloned())
    }

    fn make(&mut self, of: &ApplicationId, kind: &str, name: &str) -> Result<Entity> {
        let entity = Entity::new(&self.organization, of, kind, name, self.now);
        self.know(entity.clone());
        Ok(entity)
    }

    fn owner(&mut self, id: &EntityId) -> Result<Option<(MappingId, GroupId, String)>> {
        let found = self.owners.get(id).and_then(|at| self.rows.get(*at));
        Ok(found.map(|it| {
            let name = self.names.get(&it.group_id).map_or(it.group_id.as_str(), String::as_str);
            (it.id.clone(), it.group_id.clone(), name.to_owned())
        }))
    }
}
