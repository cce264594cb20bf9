//! Which of the places that groups claim for a person hold, and which wait for somebody to decide.

use super::{EntityType, Placement, Reach};
use crate::clock::Time;

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
    let mut above: Vec<Vec<bool>> = vec![vec![false; claims.len()]; claims.len()];
    for pair in &mut pairs {
        if reaches(&above, pair.low, pair.high) {
            std::mem::swap(&mut pair.low, &mut pair.high);
        }
        if let Some(cell) = above.get_mut(pair.high).and_then(|row| row.get_mut(pair.low)) {
            *cell = true;
        }
    }
    let held = kernel(&above);
    let holds = |claim: usize| held.contains(&claim);
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
    Settled { held, open }
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

/// Whether `from` comes before `to`, directly or by others.
fn reaches(above: &[Vec<bool>], from: usize, to: usize) -> bool {
    let (mut seen, mut next) = (vec![false; above.len()], vec![from]);
    while let Some(at) = next.pop() {
        if at == to {
            return true;
        }
        if let Some(seen) = seen.get_mut(at)
            && !std::mem::replace(seen, true)
        {
            let row = above.get(at).into_iter().flatten().enumerate();
            next.extend(row.filter_map(|(below, is_above)| is_above.then_some(below)));
        }
    }
    false
}

/// Who holds: each of whom nobody above holds.
fn kernel(above: &[Vec<bool>]) -> Vec<usize> {
    let mut state: Vec<Option<bool>> = vec![None; above.len()];
    let is_above = |high: usize, low: usize| {
        above.get(high).and_then(|row| row.get(low)).copied().unwrap_or_default()
    };
    // Each pass settles one more at least: nothing comes before itself.
    for _ in 0..above.len() {
        for claim in 0..above.len() {
            if state.get(claim) != Some(&None) {
                continue;
            }
            let over: Vec<Option<bool>> = state
                .iter()
                .enumerate()
                .filter_map(|(high, holds)| is_above(high, claim).then_some(*holds))
                .collect();
            let verdict = if over.contains(&Some(true)) {
                Some(false)
            } else if over.contains(&None) {
                None
            } else {
                Some(true)
            };
            if let Some(place) = state.get_mut(claim) {
                *place = verdict;
            }
        }
    }
    state
        .iter()
        .enumerate()
        .filter_map(|(at, holds)| (*holds == Some(true)).then_some(at))
        .collect()
}

#[cfg(test)]
mod tests;
