//! Directories from which nothing comes any more although they were used to ask.

use super::requests;
use crate::clock::Time;
use crate::error::Result;
use crate::store::connections::ConnectionState;
use crate::store::schema::{connections, scim_requests, scim_tokens};
use crate::store::{ConnectionId, Db, ScimRequestId};
use chrono::TimeDelta;
use diesel::dsl::exists;
use diesel::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// Whoever asked within this time is not silent.
const LATELY: TimeDelta = TimeDelta::days(1);
/// Whoever has not asked for so long is not waited for: requests are kept no longer.
const LONG_AGO: TimeDelta = TimeDelta::days(30);
/// What is usual is known of a directory whose last requests came over so long a time.
const KNOWN_FOR: TimeDelta = TimeDelta::days(3);
/// So many times the usual pause is a silence.
const TIMES: i32 = 3;
/// Tokens that are looked at, those that were used last.
const LOOKED_AT: i64 = 50;
/// Requests of each directory that are looked at, the newest.
const OF_EACH: i64 = 50;

/// A directory that is silent, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent {
    /// At which connection.
    pub connection_id: ConnectionId,
    /// When it last asked.
    pub last: Time,
}

/// Directories of connections in use that have asked for nothing for a day and three times their longest usual pause, those that fell silent
/// last first.
pub fn silent(db: &mut Db, now: Time) -> Result<Vec<Silent>> {
    let in_use = connections::table
        .filter(connections::id.eq(scim_tokens::connection_id))
        .filter(connections::state.eq(ConnectionState::Active));
    let mut suspects: Vec<ConnectionId> = scim_tokens::table
        .filter(scim_tokens::revoked_at.is_null())
        .filter(scim_tokens::last_used_at.gt(now.minus(LONG_AGO)))
        .filter(scim_tokens::last_used_at.lt(now.minus(LATELY)))
        .filter(exists(in_use))
        .order(scim_tokens::last_used_at.desc())
        .select(scim_tokens::connection_id)
        .limit(LOOKED_AT)
        .load(db)?;
    let mut seen = HashSet::new();
    suspects.retain(|id| seen.insert(id.clone()));
    let mut found = judged(db, &suspects, now)?;
    found.sort_by_key(|one| suspects.iter().position(|id| *id == one.connection_id));
    Ok(found)
}

/// Those of these connections, which are in use, whose directory is silent.
pub fn silent_among(db: &mut Db, ids: &[ConnectionId], now: Time) -> Result<Vec<Silent>> {
    let suspects: Vec<ConnectionId> = scim_tokens::table
        .filter(scim_tokens::connection_id.eq_any(ids))
        .filter(scim_tokens::revoked_at.is_null())
        .filter(scim_tokens::last_used_at.gt(now.minus(LONG_AGO)))
        .filter(scim_tokens::last_used_at.lt(now.minus(LATELY)))
        .select(scim_tokens::connection_id)
        .distinct()
        .load(db)?;
    judged(db, &suspects, now)
}

/// Which of these are silent, by the newest requests of each.
fn judged(db: &mut Db, suspects: &[ConnectionId], now: Time) -> Result<Vec<Silent>> {
    let oldest_looked_at = scim_requests::table
        .filter(scim_requests::connection_id.eq(connections::id))
        .filter(requests::is_own())
        .order(scim_requests::id.desc())
        .select(scim_requests::id)
        .offset(OF_EACH - 1)
        .single_value();
    let from: Vec<(ConnectionId, Option<ScimRequestId>)> = connections::table
        .filter(connections::id.eq_any(suspects))
        .select((connections::id, oldest_looked_at))
        .load(db)?;
    let mut query = scim_requests::table.into_boxed();
    for (id, oldest) in &from {
        let oldest = oldest.as_ref().map_or("", ScimRequestId::as_str);
        let those = scim_requests::connection_id.eq(id).and(scim_requests::id.ge(oldest));
        // In each, so that SQLite finds each by the index.
        query = query.or_filter(those.and(requests::is_own()));
    }
    if from.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(ConnectionId, Time)> = query
        .order(scim_requests::id.desc())
        .select((scim_requests::connection_id, scim_requests::created_at))
        .load(db)?;
    let mut times = BTreeMap::<ConnectionId, Vec<Time>>::new();
    for (id, at) in rows {
        times.entry(id).or_default().push(at);
    }
    let silent = |(connection_id, times): (ConnectionId, Vec<Time>)| {
        let last = *times.first()?;
        is_silence(&times, now).then_some(Silent { connection_id, last })
    };
    Ok(times.into_iter().filter_map(silent).collect())
}

/// Whether nothing came for longer than usual after requests at these times, the newest first.
fn is_silence(times: &[Time], now: Time) -> bool {
    let (Some(&last), Some(&first)) = (times.first(), times.last()) else { return false };
    let pauses =
        times.iter().zip(times.iter().skip(1)).map(|(later, earlier)| later.since(*earlier));
    let Some(usual) = pauses.max() else { return false };
    let pause = now.since(last);
    last.since(first) >= KNOWN_FOR && pause > LATELY && pause > usual * TIMES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::connections::Connection;
    use crate::store::directories::requests::{self, Entry};
    use crate::store::directories::tokens::{self, NewToken};
    use crate::store::testing::{self, TestStore};

    #[test]
    fn a_directory_is_silent_after_three_times_its_longest_pause_and_a_day() {
        let now = Clock::default().now();
        let ago = |hours: &[i64]| -> Vec<Time> {
            hours.iter().map(|hours| now.minus(TimeDelta::hours(*hours))).collect()
        };
        for (hours, expected) in [
            // Asked every twelve hours, and for two days no more.
            (&[48, 60, 72, 84, 96, 108, 120, 132][..], true),
            // The same, but within three pauses.
            (&[30, 42, 54, 66, 78, 90, 102, 114], false),
            // Asked once a day or less: a silence of two days is usual.
            (&[48, 72, 120, 144], false),
            // A burst says nothing of what is usual.
            (&[48, 48, 48, 49], false),
            (&[48], false),
            (&[], false),
        ] {
            assert_eq!(is_silence(&ago(hours), now), expected, "{hours:?}");
        }
    }

    /// Requests of a directory that came so many hours ago, the oldest first, and a token that was used with the last.
    fn asked(store: &TestStore, connection: &Connection, hours: &[i64]) {
        store.system(|tx| {
            let label = "Okta".to_owned();
            let (token, _) =
                tokens::create(tx, &connection.id, NewToken { label, ..NewToken::default() })?;
            for ago in hours {
                let created_at = tx.now.minus(TimeDelta::hours(*ago));
                requests::record(
                    tx,
                    &Entry {
                        id: ScimRequestId::new(),
                        organization_id: connection.organization_id.clone(),
                        connection_id: connection.id.clone(),
                        token_id: Some(token.id.clone()),
                        method: "GET".to_owned(),
                        path: "/Users".to_owned(),
                        status: 200,
                        code: None,
                        effect: String::new(),
                        is_change: false,
                        dialect: "okta".to_owned(),
                        resource_id: None,
                        message: None,
                        micros: 1,
                        created_at,
                        why: None,
                    },
                )?;
                diesel::update(scim_tokens::table.find(&token.id))
                    .set(scim_tokens::last_used_at.eq(created_at))
                    .execute(tx.db)?;
            }
            Ok(())
        });
    }

    #[test]
    fn of_several_directories_those_that_are_silent_are_found_at_once() {
        let store = testing::store();
        let made = |name: &str| testing::active(&store, name, None);
        let (silent_one, slow, never) = (made("one"), made("two"), made("three"));
        asked(&store, &silent_one, &[132, 120, 108, 96, 84, 72, 60, 48]);
        asked(&store, &slow, &[144, 120, 72, 48]);
        let now = store.clock().now();
        let ids = [silent_one.id.clone(), slow.id.clone(), never.id.clone()];
        let among = store.read_now(|db| silent_among(db, &ids, now)).unwrap();
        assert_eq!(among.len(), 1);
        assert_eq!(among[0].connection_id, silent_one.id);
        assert_eq!(now.since(among[0].last).num_hours(), 48);
        assert_eq!(store.read_now(|db| silent(db, now)).unwrap(), among);
        let others = [slow.id.clone(), never.id.clone()];
        assert_eq!(store.read_now(|db| silent_among(db, &others, now)).unwrap(), []);
    }
}
