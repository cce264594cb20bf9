//! Acts that concern what a story is about, so that it need not wait for chance.

use super::super::*;
use super::state::State;
use super::story::{About, Act, Story};

impl Story<'_> {
    /// The number of a person, if it is one of the people of the story.
    fn person(&self, id: &UserId) -> Option<usize> {
        self.people.iter().position(|it| it == id)
    }

    fn group(&self, id: &GroupId) -> Option<usize> {
        self.groups.iter().position(|it| it == id)
    }

    /// The group of a mapping.
    fn of(&self, mapping: &MappingId, state: &State) -> Option<usize> {
        self.group(&state.mappings.get(mapping)?.group_id)
    }

    /// One of the acts that concern what a story is about, as things are now. `dice` says which.
    pub(super) fn aimed(&self, about: About, state: &State, dice: usize) -> Option<Act> {
        let kinds = match about {
            About::Anything => vec![],
            About::Collisions => {
                vec![self.part(state), self.repeat(state), self.gather(state)]
            }
            About::Roles => vec![self.lower(state), self.lower(state), self.raise(state)],
            About::Names => vec![self.rename(state), self.rename(state), self.gather(state)],
            About::Targets => vec![self.ask(state), self.ask(state), self.drop_place(state)],
        };
        let (kind, which) = (dice % kinds.len().max(1), dice / kinds.len().max(1));
        let mut turned = kinds.iter().cycle().skip(kind).take(kinds.len());
        let found = turned.find(|acts| !acts.is_empty())?;
        Some(found[which % found.len()])
    }

    /// A side of an open conflict goes, mostly the one that holds.
    fn part(&self, state: &State) -> Vec<Act> {
        let mut all = Vec::new();
        for it in state.open() {
            let Some(p) = self.person(&it.user_id) else { continue };
            if let Some(g) = self.of(&it.current_id, state) {
                all.extend([Act::Leave(p, g); 4]);
                all.extend([Act::Reject(g), Act::Delete(g)]);
            }
            all.extend(self.of(it.incoming(), state).map(|g| Act::Leave(p, g)));
        }
        all
    }

    /// What somebody has decided of a person is pushed once more, or goes so that it can be.
    fn repeat(&self, state: &State) -> Vec<Act> {
        let mut all = Vec::new();
        for it in state.decided() {
            let Some(p) = self.person(&it.user_id) else { continue };
            let sides = [&it.first_id, &it.second_id].into_iter();
            let sides: Vec<usize> = sides.filter_map(|id| self.of(id, state)).collect();
            let is_in = |g: &usize| {
                state.members.contains_key(&(it.user_id.clone(), self.groups[*g].clone()))
            };
            let (inside, outside): (Vec<usize>, Vec<usize>) = sides.into_iter().partition(is_in);
            if outside.is_empty() {
                all.extend(inside.into_iter().map(|g| Act::Leave(p, g)));
            } else {
                all.extend(outside.into_iter().map(|g| Act::Join(p, g)));
            }
        }
        if all.is_empty() && state.open().next().is_some() {
            all.extend([Act::Decide(true), Act::Decide(false)]);
        }
        all
    }

    /// People, groups and mappings that are off are on again; else somebody comes to a group.
    fn gather(&self, state: &State) -> Vec<Act> {
        let off = |p: &usize| !state.on.contains(&self.people[*p]);
        let mut all: Vec<Act> =
            (0..self.people.len()).filter(off).map(|p| Act::Active(p, true)).collect();
        for (g, group) in self.groups.iter().enumerate() {
            let theirs = || state.mappings.values().filter(|it| it.group_id == *group);
            if theirs().next().is_none() && state.rules.len() < 3 {
                all.push(Act::Rules(5));
            }
            for it in theirs().filter(|it| !it.is_placing()) {
                all.push(match (state.groups.contains_key(group), it.is_blocked()) {
                    (false, _) => Act::Push(g),
                    (true, true) => Act::Pick(g),
                    (true, false) => Act::Approve(g),
                });
            }
        }
        if all.is_empty() { self.joins(state, |_| true) } else { all }
    }

    /// Somebody comes to one of these groups.
    fn joins(&self, state: &State, is_meant: impl Fn(&groups::Group) -> bool) -> Vec<Act> {
        let mut all = Vec::new();
        for (g, group) in self.groups.iter().enumerate() {
            if state.groups.get(group).is_some_and(&is_meant) {
                let out = |p: &usize| {
                    !state.members.contains_key(&(self.people[*p].clone(), group.clone()))
                };
                all.extend((0..self.people.len()).filter(out).map(|p| Act::Join(p, g)));
            }
        }
        all
    }

    /// The only group that gives somebody the role that they have gives it no more.
    fn lower(&self, state: &State) -> Vec<Act> {
        let mut all = Vec::new();
        for (p, user) in self.people.iter().enumerate() {
            let role = state.role(user);
            let gives = |g: &usize| {
                let id = &self.groups[*g];
                let carries =
                    state.groups.get(id).is_some_and(|it| it.roles.iter().any(|it| it == role));
                carries && state.members.contains_key(&(user.clone(), id.clone()))
            };
            let by: Vec<usize> = (0..self.groups.len()).filter(gives).collect();
            if let [g] = by[..]
                && role != "guest"
                && state.on.contains(user)
            {
                all.extend([Act::Leave(p, g), Act::Leave(p, g), Act::Roles(g, 0), Act::Delete(g)]);
            }
        }
        all
    }

    /// Somebody gets a role of a group.
    fn raise(&self, state: &State) -> Vec<Act> {
        let mut all = self.joins(state, |it| it.roles.iter().any(|role| role == "admin"));
        for (g, group) in self.groups.iter().enumerate() {
            all.push(match state.groups.get(group) {
                None => Act::Push(g),
                Some(it) if it.roles.is_empty() => Act::Roles(g, 3),
                Some(_) => continue,
            });
        }
        all
    }

    /// A group by which somebody is somewhere gets another name.
    fn rename(&self, state: &State) -> Vec<Act> {
        let mut all = Vec::new();
        for spot in state.places.values().flatten() {
            if let Some(g) = spot.mapping.as_ref().and_then(|id| self.of(id, state)) {
                let name = &state.groups[&self.groups[g]].display_name;
                let other = |n: &usize| *name != format!("g{g}-{n}");
                all.extend((0..3).filter(other).map(|n| Act::Rename(g, n)));
            }
        }
        all
    }

    /// The rules are asked about a group that waits for somebody to pick a place.
    fn ask(&self, state: &State) -> Vec<Act> {
        let mut all = Vec::new();
        for it in state.mappings.values().filter(|it| it.is_blocked()) {
            let Some(g) = self.group(&it.group_id) else { continue };
            if state.groups.contains_key(&it.group_id) {
                let renames = (0..3).map(|n| Act::Rename(g, n));
                all.extend([Act::Run, Act::Rules(1), Act::Rules(3), Act::Rules(5), Act::Delete(g)]);
                all.extend(renames);
            } else {
                all.push(Act::Push(g));
            }
        }
        all
    }

    /// A place of a group is deleted.
    fn drop_place(&self, state: &State) -> Vec<Act> {
        let placed = state.mappings.values().filter(|it| it.entity_id.is_some());
        placed.filter_map(|it| self.group(&it.group_id)).map(Act::DropPlace).collect()
    }
}
