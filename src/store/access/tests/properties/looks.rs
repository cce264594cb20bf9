//! What is looked at after each act of a story.

use super::super::*;
use super::state::{Claim, State};
use super::story::{Act, Story};
use crate::access::rules;

/// What holds after each act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Property {
    FromScratch,
    Exclusive,
    Lowered,
    Open,
    Closed,
    Applied,
    Silenced,
    Renamed,
    Blocked,
}

/// What became of a property: whether the act concerned it, and what broke it.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) is_concerned: bool,
    pub(super) broken: Option<String>,
}

impl Look {
    /// The act concerned this, and so it must hold.
    fn must(&mut self, holds: bool, what: impl FnOnce() -> String) {
        self.is_concerned = true;
        self.always(holds, what);
    }

    /// This holds whether an act concerns it or not.
    fn always(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(what());
        }
    }
}

/// An act, and what there was before and is after it.
pub(super) struct Turn<'a> {
    pub(super) story: &'a Story<'a>,
    pub(super) act: Act,
    pub(super) before: &'a State,
    pub(super) now: &'a State,
}

impl Property {
    pub(super) const ALL: [Self; 9] = [
        Self::FromScratch,
        Self::Exclusive,
        Self::Lowered,
        Self::Open,
        Self::Closed,
        Self::Applied,
        Self::Silenced,
        Self::Renamed,
        Self::Blocked,
    ];

    pub(super) fn look(self, turn: &Turn) -> Look {
        match self {
            Self::FromScratch => turn.anew(),
            Self::Exclusive => turn.exclusive(),
            Self::Lowered => turn.lowered(),
            Self::Open => turn.open(),
            Self::Closed => turn.closed(),
            Self::Applied => turn.applied(),
            Self::Silenced => turn.silenced(),
            Self::Renamed => turn.renamed(),
            Self::Blocked => turn.blocked(),
        }
    }
}

impl Turn<'_> {
    /// Those of the people who were on and still are.
    fn people(&self) -> impl Iterator<Item = &UserId> {
        let is_on = |it: &&UserId| self.before.on.contains(*it) && self.now.on.contains(*it);
        self.story.people.iter().filter(is_on)
    }

    /// Whether a claim stands now as it did before.
    fn still(&self, user: &UserId, claim: &Claim) -> bool {
        let is_same = |it: &Claim| (&it.mapping, &it.entity) == (&claim.mapping, &claim.entity);
        self.now.claims(user).iter().any(is_same)
    }

    /// Computing everything from nothing but the facts gives what is kept. It concerns whatever leaves anybody anywhere
    /// by a group.
    fn anew(&self) -> Look {
        let is_concerned = self.now.places.values().flatten().any(|it| it.mapping.is_some());
        let mut look = Look { is_concerned, broken: None };
        let (is, should) = self.story.is_and_should_be(self.now);
        look.always(is == should, || format!("is {is:#?}\nshould be {should:#?}"));
        look
    }

    /// Nobody is in places that exclude each other. It concerns who has claims to such.
    fn exclusive(&self) -> Look {
        let is_concerned = self.story.people.iter().any(|user| {
            let claims = self.now.claims(user);
            claims.iter().any(|one| claims.iter().any(|other| one.excludes(other)))
        });
        let mut look = Look { is_concerned, broken: None };
        let much = self.now.too_much();
        look.always(much.is_none(), || format!("{much:?}"));
        look
    }

    /// Everybody has the highest role that is given to them. It concerns of whom the last goes that gave the one they had.
    fn lowered(&self) -> Look {
        let mut look = Look::default();
        let rank = |role: &str| ["admin", "user", "guest"].iter().position(|it| *it == role);
        for user in self.people() {
            let (was, is) = (self.before.role(user), self.now.role(user));
            look.is_concerned |=
                self.before.given(user).iter().any(|it| it == was) && rank(is) > rank(was);
            let has = self.now.roles.get(user).and_then(|(role, _)| role.as_deref());
            look.always(has == Some(is), || format!("{user} has {has:?}, not {is}"));
        }
        look
    }

    /// What waits changes nothing: of whom nobody has chosen anything has all that they had and that is still claimed.
    /// It concerns of whom something waits after something about their claims has changed.
    fn open(&self) -> Look {
        let mut look = Look::default();
        for it in self.now.open() {
            let user = &it.user_id;
            let (Some(current), Some(incoming)) = self.now.sides(it) else {
                look.always(false, || format!("{it:?} waits for nothing"));
                continue;
            };
            let is_so = self.now.has(user, &current) && !self.now.has(user, &incoming);
            look.always(is_so, || format!("{it:?} is not as it says"));
            look.is_concerned |= self.before.claims(user) != self.now.claims(user);
        }
        for user in self.people().filter(|user| !self.now.is_chosen(user)) {
            for claim in self.before.claims(user) {
                let is_kept = !self.before.has(user, &claim)
                    || !self.still(user, &claim)
                    || self.now.has(user, &claim);
                look.always(is_kept, || format!("{user} has lost {claim:?}"));
            }
        }
        look
    }

    /// A conflict of which a side goes is no more.
    fn closed(&self) -> Look {
        let mut look = Look::default();
        for it in self.before.open() {
            if let (Some(_), Some(_)) = self.now.sides(it) {
                continue;
            }
            let left = self.now.same(it).next();
            look.must(left.is_none(), || format!("{left:?} has lost a side"));
        }
        look
    }

    /// Where the side goes that held, the one that waited holds, if nothing else excludes it: of whom nobody has chosen
    /// anything what they had already, or what was claimed before it.
    fn applied(&self) -> Look {
        let mut look = Look::default();
        for it in self.before.open() {
            let user = &it.user_id;
            let (Some(held), Some(waited)) = self.before.sides(it) else { continue };
            if self.still(user, &held) || !self.still(user, &waited) {
                continue;
            }
            let claims = self.now.claims(user);
            let stands_in_its_way = |other: &&Claim| {
                other.excludes(&waited)
                    && self.now.has(user, other)
                    && (self.now.is_chosen(user)
                        || self.before.has(user, other)
                        || other.age() < waited.age())
            };
            let in_its_way = claims.iter().find(stands_in_its_way);
            let holds = self.now.has(user, &waited) || in_its_way.is_some();
            look.must(holds, || format!("{user} has not got {waited:?}"));
        }
        look
    }

    /// What somebody has decided stays decided. It concerns of whom both sides are claimed again, or once more.
    fn silenced(&self) -> Look {
        let mut look = Look::default();
        for it in self.before.decided() {
            let user = &it.user_id;
            let now: Vec<&Conflict> = self.now.same(it).collect();
            let is_kept = now.len() == 1 && now[0].winner_id == it.winner_id;
            look.always(is_kept, || format!("{it:?} is {now:?}"));
            let (Some(current), Some(incoming)) = self.now.sides(it) else { continue };
            let is_again = self.before.sides(it) != self.now.sides(it);
            let is_pushed = |side: &Claim| match self.act {
                Act::Join(p, g) => {
                    self.story.people[p] == *user && self.story.groups[g] == side.group
                }
                _ => false,
            };
            look.is_concerned |= is_again || is_pushed(&current) || is_pushed(&incoming);
            // Where nothing else is claimed that excludes one of them, the choice is what the person has.
            let claims = self.now.claims(user);
            let is_alone = |side: &Claim| claims.iter().filter(|it| it.excludes(side)).count() == 1;
            let is_won = |side: &Claim| {
                self.now.has(user, side) == (it.winner_id.as_ref() == Some(&side.mapping))
            };
            let is_chosen =
                !(is_alone(&current) && is_alone(&incoming) && current.excludes(&incoming))
                    || is_won(&current) && is_won(&incoming);
            look.always(is_chosen, || format!("{it:?} is not as somebody chose"));
        }
        look
    }

    /// A rename takes nobody from anywhere, and puts nobody out of the group. It concerns groups by which somebody is
    /// somewhere.
    fn renamed(&self) -> Look {
        let mut look = Look::default();
        let Act::Rename(g, _) = self.act else { return look };
        let id = &self.story.groups[g];
        let name = |state: &State| state.groups.get(id).map(|it| it.display_name.clone());
        if name(self.before) == name(self.now) {
            return look;
        }
        for (user, spots) in &self.before.places {
            let now = self.now.places.get(user).map_or(&[][..], Vec::as_slice);
            let lost = spots.iter().find(|it| it.mapping.is_some() && !now.contains(it));
            look.always(lost.is_none(), || format!("{user} has lost {lost:?}"));
            let mut theirs =
                spots.iter().filter_map(|it| self.before.mappings.get(it.mapping.as_ref()?));
            look.is_concerned |= theirs.any(|it| it.group_id == *id);
        }
        let is_in = self.before.members == self.now.members;
        look.always(is_in, || "somebody is in the group no more".to_owned());
        look
    }

    /// Nothing is made for a group that waits for somebody to pick a place. It concerns groups for which a rule that is
    /// asked now would make one.
    fn blocked(&self) -> Look {
        let mut look = Look::default();
        let waits = self.before.mappings.values().filter(|it| it.is_blocked());
        for waiting in waits {
            let id = &waiting.group_id;
            let is_of_it = |g: usize| self.story.groups[g] == *id;
            // A person may want another place, or another mapping of the group.
            if matches!(self.act, Act::Pick(g) | Act::Approve(g) | Act::Reject(g) if is_of_it(g)) {
                continue;
            }
            let now = &self.now.mappings[&waiting.id];
            look.always(now.is_blocked(), || format!("{now:?} waits no more"));
            let is_new = |it: &&Mapping| {
                let place = it.entity_id.as_ref();
                it.group_id == *id && place.is_some_and(|it| !self.before.entities.contains_key(it))
            };
            let made = self.now.mappings.values().find(is_new);
            look.always(made.is_none(), || format!("{made:?} was made"));
            look.is_concerned |= self.asks(id) && self.would_make(id);
        }
        look
    }

    /// Whether the act has the rules asked about a group.
    fn asks(&self, id: &GroupId) -> bool {
        let (was, is) = (self.before.groups.get(id), self.now.groups.get(id));
        let Some(is) = is else { return false };
        let is_new = was.is_none_or(|was| was.display_name != is.display_name);
        is_new || matches!(self.act, Act::Run | Act::Rules(_))
    }

    /// Whether a rule would make a place for a group if none of its mappings waited for somebody to pick one.
    fn would_make(&self, id: &GroupId) -> bool {
        let theirs = || self.before.mappings.values().filter(|it| it.group_id == *id);
        let application = self.story.world.application.as_str();
        let name = self.now.groups[id].display_name.as_str();
        let Some(rule) = rules::first(&self.now.rules, application, name) else { return false };
        let is_missing = |target: &Target| {
            !self.now.entities.values().any(|it| *it == (target.kind.clone(), name.to_owned()))
        };
        theirs().all(|it| it.is_blocked() || it.flag == Some(mappings::Flag::GroupDeleted))
            && rule.auto_approve
            && rule.targets.iter().any(is_missing)
    }
}
