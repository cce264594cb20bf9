//! How long an application's tokens last, where it has lifetimes of its own.

use super::Application;
use crate::error::Result;
use crate::store::grants::Lifetimes;
use crate::store::input::Faults;
use crate::store::schema::applications;
use crate::store::{ApplicationId, Db};
use chrono::TimeDelta;
use diesel::prelude::*;

const MINUTE: i32 = 60;
const DAY: i32 = 24 * 60 * MINUTE;

/// Lifetimes in seconds; none: as long as is set for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnLifetimes {
    /// Of an ID token.
    pub id_token: Option<i32>,
    /// Of an access token.
    pub access_token: Option<i32>,
    /// From the sign-in until refreshing ends.
    pub refresh_token: Option<i32>,
}

/// What is to change of that; `None` stays as it is, `Some(None)` gives what is set for all.
#[derive(Debug, Clone, Copy, Default)]
pub struct LifetimesPatch {
    /// Of an ID token.
    pub id_token: Option<Option<i32>>,
    /// Of an access token.
    pub access_token: Option<Option<i32>>,
    /// From the sign-in until refreshing ends.
    pub refresh_token: Option<Option<i32>>,
}

impl LifetimesPatch {
    pub(super) fn apply(self, to: &mut Application) {
        to.id_token_ttl = self.id_token.unwrap_or(to.id_token_ttl);
        to.access_token_ttl = self.access_token.unwrap_or(to.access_token_ttl);
        to.refresh_token_ttl = self.refresh_token.unwrap_or(to.refresh_token_ttl);
    }
}

impl Application {
    /// How long its ID tokens last, where `usual` is set for all.
    #[must_use]
    pub fn id_token_lasts(&self, usual: TimeDelta) -> TimeDelta {
        own(self.id_token_ttl, usual)
    }

    /// How long codes and tokens last for it, where `usual` is set for all.
    #[must_use]
    pub fn lifetimes(&self, usual: Lifetimes) -> Lifetimes {
        Lifetimes {
            code: usual.code,
            access_token: own(self.access_token_ttl, usual.access_token),
            refresh_token: own(self.refresh_token_ttl, usual.refresh_token),
        }
    }
}

fn own(seconds: Option<i32>, usual: TimeDelta) -> TimeDelta {
    seconds.map_or(usual, |seconds| TimeDelta::seconds(i64::from(seconds)))
}

/// For how long an application can refresh tokens, where `usual` is set for all.
pub(in crate::store) fn refreshing(
    db: &mut Db,
    id: &ApplicationId,
    usual: TimeDelta,
) -> Result<TimeDelta> {
    let found: Option<Option<i32>> = applications::table
        .find(id)
        .select(applications::refresh_token_ttl)
        .first(db)
        .optional()?;
    Ok(own(found.flatten(), usual))
}

/// The same bounds as for the settings.
pub(super) fn check(faults: &mut Faults, application: &Application) {
    let all = [
        ("/id_token_ttl", application.id_token_ttl, DAY, "1 day"),
        ("/access_token_ttl", application.access_token_ttl, DAY, "1 day"),
        ("/refresh_token_ttl", application.refresh_token_ttl, 365 * DAY, "365 days"),
    ];
    for (pointer, seconds, most, shown) in all {
        if seconds.is_some_and(|seconds| !(MINUTE..=most).contains(&seconds)) {
            let detail = format!("Between 1 minute and {shown}.");
            faults.add(pointer, "out_of_range", detail);
        }
    }
}
