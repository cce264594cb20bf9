//! Which of the places that groups claim for a person hold, and which wait for somebody to decide.

use super::{EntityType, Placement, Reach};
use crate::clock::Time;
use fixedbitset::FixedBitSet;

/// A place that a mapping claims for a person, because they are in its group.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The mapping.
    pub mapping: &'a str,
    /// Whose group that is.
    pub group: &'a str,
    /// The place.
    pub entity: &'a str,
    /// What kind of place it is.
    pub kind: &'a EntityType,
    /// Since when.
    pub since: Time,
    /// The person is there by this mapping now.
    pub is_placed: bool,
}

/// Why two places exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collision {
    /// Two entities of one exclusive type.
    Exclusive,
    /// One of them takes the whole person.
    Organization,
}

/// What came of the claims; numbers are places in the list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// The claims that hold.
    pub held: Vec<usize>,
    /// Those that wait: which holds, which waits, and why. Nobody has decided yet.
    pub open: Vec<(usize, usize, Collision)>,
}

/// Whether two claims exclude each other, and why.
#[must_use]
pub fn collide(a: &Claim, b: &Claim) -> Option<Collision> {
    let whole = |claim: &Claim| claim.kind.scope == Reach::Organization;
    if a.entity == b.entity {
        None
    } else if whole(a) && whole(b) || (whole(a) || whole(b)) && a.group != b.group {
        Some(Collision::Organization)
    } else if a.kind.key == b.kind.key && a.kind.placement == Placement::Exclusive {
        Some(Collision::Exclusive)
    } else {
        None
    }
}

/// Settles the claims on one person.
///
/// `winner` tells which of two mappings somebody chose for this person. Where nobody chose, what the person has comes
/// before what they have not, then the first in time, then the lower mapping ID. Choices that contradict each other
/// count in the order of their mappings' IDs, so that the same choices always end the same.
///
/// What comes of it is settled again, as what the person has now, until nothing changes any more: with choices that stand
/// against habits, one round can take away what the next would give back. Should rounds go in a circle, the one whose
/// mappings have the lowest IDs is it. So computing again what is settled changes nothing.
pub fn settle(claims: &[Claim], winner: impl Fn(&str, &str) -> Option<String>) -> Settled {
    let mut claims = claims.to_vec();
    let placed = |claims: &[Claim]| -> Vec<usize> {
        let all = claims.iter().enumerate();
        all.filter_map(|(at, claim)| claim.is_placed.then_some(at)).collect()
    };
    let (mut states, mut rounds) = (vec![placed(&claims)], Vec::<Settled>::new());
    loop {
        let round = once(&claims, &winner);
        let state = round.held.clone();
        rounds.push(round);
        if let Some(first) = states.iter().position(|known| *known == state) {
            let names = |round: &Settled| -> Vec<&str> {
                let mut names: Vec<&str> =
                    round.held.iter().filter_map(|at| Some(claims.get(*at)?.mapping)).collect();
                names.sort_unstable();
                names
            };
            let circle = rounds.drain(first..);
            return circle.min_by(|a, b| names(a).cmp(&names(b))).unwrap_or_default();
        }
        for (at, claim) in claims.iter_mut().enumerate() {
            claim.is_placed = state.contains(&at);
        }
        states.push(state);
    }
}

/// One round of [`settle`].
fn once(claims: &[Claim], winner: impl Fn(&str, &str) -> Option<String>) -> Settled {
    let mut pairs = Vec::new();
    for (b, later) in claims.iter().enumerate() {
        for (a, earlier) in claims.iter().take(b).enumerate() {
            if let Some(collision) = collide(earlier, later) {
                let pair = Pair::new(claims, a, b, collision, &winner);
                pairs.push(pair);
            }
        }
    }
    pairs.sort_by(|one, other| one.strength(claims).cmp(&other.strength(claims)));
    let mut order = Order::new(claims.len());
    for pair in &mut pairs {
        if order.has(pair.low, pair.high) {
            std::mem::swap(&mut pair.low, &mut pair.high);
        }
        order.put(pair.high, pair.low);
    }
    let holding = order.kernel();
    let holds = |claim: usize| holding.contains(claim);
    let mut open: Vec<(usize, usize, Collision)> = pairs
        .iter()
        .filter(|pair| !pair.is_decided)
        .filter_map(|pair| match (holds(pair.high), holds(pair.low)) {
            (true, false) => Some((pair.high, pair.low, pair.collision)),
            (false, true) => Some((pair.low, pair.high, pair.collision)),
            _ => None,
        })
        .collect();
    open.sort_unstable_by_key(|(current, incoming, _)| (*current, *incoming));
    Settled { held: holding.ones().collect(), open }
}

/// Two claims that exclude each other, and which comes first.
struct Pair {
    high: usize,
    low: usize,
    collision: Collision,
    is_decided: bool,
}

impl Pair {
    fn new(
        claims: &[Claim],
        a: usize,
        b: usize,
        collision: Collision,
        winner: impl Fn(&str, &str) -> Option<String>,
    ) -> Self {
        let mapping = |at: usize| claims.get(at).map_or("", |claim| claim.mapping);
        let chosen = winner(mapping(a), mapping(b));
        let is_decided = chosen.is_some();
        let a_first = match chosen {
            Some(chosen) => chosen == mapping(a),
            None => claims.get(a).map(order) < claims.get(b).map(order),
        };
        let (high, low) = if a_first { (a, b) } else { (b, a) };
        Self { high, low, collision, is_decided }
    }

    /// Choices before habits, habits before ages.
    fn strength<'a>(&self, claims: &[Claim<'a>]) -> (bool, bool, Option<Time>, &'a str, &'a str) {
        let (high, low) = (claims.get(self.high), claims.get(self.low));
        let mapping = |claim: Option<&Claim<'a>>| claim.map_or("", |it| it.mapping);
        let (first, second) = pair(mapping(high), mapping(low));
        let is_habit =
            high.is_some_and(|high| high.is_placed) && low.is_some_and(|low| !low.is_placed);
        let since = high.map(|high| high.since).filter(|_| !self.is_decided);
        (!self.is_decided, !self.is_decided && !is_habit, since, first, second)
    }
}

fn order<'a>(claim: &Claim<'a>) -> (bool, Time, &'a str) {
    (!claim.is_placed, claim.since, claim.mapping)
}

/// Two mappings with the lower ID first: so a pair of them is one, whichever way it is met.
#[must_use]
pub fn pair<'a>(one: &'a str, other: &'a str) -> (&'a str, &'a str) {
    if one < other { (one, other) } else { (other, one) }
}

/// Which claim comes before which. A person may be in hundreds of groups that exclude each other, so what follows from
/// what is known is kept instead of searched for.
struct Order {
    /// Who was put directly above each.
    above: Vec<Vec<usize>>,
    /// Who comes before each, directly or by others.
    before: Vec<FixedBitSet>,
    /// Who comes after each, directly or by others.
    after: Vec<FixedBitSet>,
}

impl Order {
    fn new(many: usize) -> Self {
        let nobody = vec![FixedBitSet::with_capacity(many); many];
        Self { above: vec![Vec::new(); many], before: nobody.clone(), after: nobody }
    }

    /// Whether one comes before the other.
    fn has(&self, before: usize, after: usize) -> bool {
        self.after.get(before).is_some_and(|them| them.contains(after))
    }

    /// Puts one above another that does not come before it.
    fn put(&mut self, high: usize, low: usize) {
        if let Some(above) = self.above.get_mut(low) {
            above.push(high);
        }
        if self.has(high, low) {
            return;
        }
        let with = |sets: &[FixedBitSet], claim: usize| {
            let mut set = sets.get(claim).cloned().unwrap_or_default();
            set.grow_and_insert(claim);
            set
        };
        let (highs, lows) = (with(&self.before, high), with(&self.after, low));
        let join = |sets: &mut [FixedBitSet], of: &FixedBitSet, by: &FixedBitSet, last: usize| {
            for claim in of.ones() {
                // Whoever has the last of them has them all.
                if let Some(set) = sets.get_mut(claim).filter(|set| !set.contains(last)) {
                    set.union_with(by);
                }
            }
        };
        join(&mut self.after, &highs, &lows, low);
        join(&mut self.before, &lows, &highs, high);
    }

    /// Who holds: each of whom nobody directly above holds.
    fn kernel(&self) -> FixedBitSet {
        let many = self.before.len();
        // Whoever comes before another has fewer before them.
        let mut all: Vec<usize> = (0..many).collect();
        all.sort_by_key(|claim| self.before.get(*claim).map(|them| them.count_ones(..)));
        let mut holding = FixedBitSet::with_capacity(many);
        for claim in all {
            let mut above = self.above.get(claim).into_iter().flatten();
            if !above.any(|high| holding.contains(*high)) {
                holding.insert(claim);
            }
        }
        holding
    }
}

#[cfg(test)]
mod tests;
