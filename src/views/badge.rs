//! What wants attention on a connection: derived in one place for the console, the REST API and the command line.

use crate::clock::Time;
use crate::saml::certificate::Certificate;
use crate::store::connections::{Connection, ConnectionState, Known};
use chrono::TimeDelta;
use serde::Serialize;
use utoipa::ToSchema;

/// How many days before its end a certificate is told, the nearest first.
const STEPS: [i64; 4] = [1, 7, 30, 60];

/// What wants attention on a connection, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// The last three sign-ins failed with the same cause, or more than a fifth of at least ten within an hour.
    SignInsFailing,
    /// Every certificate has ended, so nobody can sign in.
    CertificateExpired,
    /// The last certificate ends within 60 days.
    CertificateExpiring,
    /// Changed metadata waits for somebody to accept it.
    MetadataHeld,
    /// For a day its metadata could not be read.
    MetadataUnreachable,
    /// Its directory has asked for nothing for a day and three times its longest usual pause.
    ScimSilent,
    /// It has been tested and can be activated.
    ReadyToTurnOn,
    /// It waits for the identity provider's metadata.
    SetupInProgress,
    /// It accepts signatures with SHA-1.
    Sha1Allowed,
    /// It accepts encryption with CBC, which does not show that nobody changed what was encrypted.
    CbcAllowed,
}

impl Badge {
    /// Those that somebody has to do something about, or sign-ins and directories stop.
    pub const TROUBLES: [Self; 6] = [
        Self::SignInsFailing,
        Self::CertificateExpired,
        Self::CertificateExpiring,
        Self::MetadataHeld,
        Self::MetadataUnreachable,
        Self::ScimSilent,
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignInsFailing => "sign_ins_failing",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateExpiring => "certificate_expiring",
            Self::MetadataHeld => "metadata_held",
            Self::MetadataUnreachable => "metadata_unreachable",
            Self::ScimSilent => "scim_silent",
            Self::ReadyToTurnOn => "ready_to_turn_on",
            Self::SetupInProgress => "setup_in_progress",
            Self::Sha1Allowed => "sha1_allowed",
            Self::CbcAllowed => "cbc_allowed",
        }
    }
}

/// What wants attention on a connection, the most urgent first.
#[must_use]
pub fn of(known: &Known, now: Time) -> Vec<Badge> {
    let Known { connection: row, refresh, signs, .. } = known;
    let mut badges = of_itself(row, now);
    let alerts = refresh.iter().flat_map(|refresh| refresh.alerts(row, now));
    badges.extend(alerts.map(|alert| match alert.change {
        Some(_) => Badge::MetadataHeld,
        None => Badge::MetadataUnreachable,
    }));
    badges.extend(signs.failing.iter().map(|_| Badge::SignInsFailing));
    badges.extend(signs.silent_since.map(|_| Badge::ScimSilent));
    badges.sort_unstable();
    badges
}

/// The same as far as the connection itself tells.
fn of_itself(row: &Connection, now: Time) -> Vec<Badge> {
    let mut badges = Vec::new();
    match row.state {
        ConnectionState::Draft => badges.push(Badge::SetupInProgress),
        ConnectionState::Testing if row.tested() => badges.push(Badge::ReadyToTurnOn),
        _ => {}
    }
    badges.extend(certificate_ends_within(row, now).map(|days| match days {
        0 => Badge::CertificateExpired,
        _ => Badge::CertificateExpiring,
    }));
    if row.settings.allow_sha1 {
        badges.push(Badge::Sha1Allowed);
    }
    if row.settings.allow_cbc {
        badges.push(Badge::CbcAllowed);
    }
    badges
}

/// When the last certificate of a connection ends, where it has one.
#[must_use]
pub fn certificate_ends(row: &Connection) -> Option<Time> {
    let known = row.identity_provider.iter();
    known.flat_map(|known| known.certificates.iter().map(Certificate::not_after)).max()
}

/// Within how many days the last certificate ends, in steps; none: later. What has ended does so within 0.
#[must_use]
pub fn certificate_ends_within(row: &Connection, now: Time) -> Option<i64> {
    step(certificate_ends(row)?, now)
}

fn step(end: Time, now: Time) -> Option<i64> {
    if end <= now {
        return Some(0);
    }
    STEPS.into_iter().find(|days| end <= now.plus(TimeDelta::days(*days)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Cause;
    use crate::store::connections::{self, Settings};
    use crate::store::refreshes;
    use crate::store::sign_in::{self, Beginning};
    use crate::store::testing::{self, TestStore};
    use crate::store::traces::TraceKind;

    #[test]
    fn what_is_weak_is_a_badge_as_long_as_it_is_accepted() {
        let store = testing::store();
        let row = testing::active(&store, "JumpCloud", None);
        let shown = |settings: Settings| {
            let row = Connection { settings: settings.into(), ..row.clone() };
            of_itself(&row, Time::from_unix(0))
        };
        assert_eq!(shown(Settings::default()), []);
        let cbc = Settings { allow_cbc: true, ..Settings::default() };
        assert_eq!(shown(cbc), [Badge::CbcAllowed]);
        let sha1 = Settings { allow_sha1: true, ..Settings::default() };
        assert_eq!(shown(sha1), [Badge::Sha1Allowed]);
    }

    #[test]
    fn a_certificate_is_announced_sixty_thirty_seven_and_one_days_before_it_ends() {
        let end = Time::from_unix(1_800_000_000);
        let before = |days| step(end, end.minus(TimeDelta::days(days)));
        let found = [61, 60, 31, 30, 8, 7, 2, 1, 0].map(before);
        let expected = [None, Some(60), Some(60), Some(30), Some(30), Some(7), Some(7), Some(1)];
        assert_eq!(found[..8], expected);
        assert_eq!(found[8], Some(0));
    }

    #[test]
    fn each_stage_of_a_setup_and_what_its_provider_and_directory_do_not_do_is_a_badge() {
        let store = testing::store();
        let url = "https://idp.example/metadata";
        let row = testing::active(&store, "JumpCloud", Some(url));
        let draft =
            store.system(|tx| connections::create(tx, &row.organization_id, testing::connection()));
        assert_eq!(shown(&store, &[&draft]), [[Badge::SetupInProgress]]);
        let ready = store.system(|tx| {
            let provider = testing::provider("Okta");
            let made = connections::import(tx, &draft.id, provider, None, false)?;
            connections::record_test(tx, &made.id, made.revision)?;
            connections::find(tx.db, &made.id)
        });
        assert_eq!(shown(&store, &[&ready]), [[Badge::ReadyToTurnOn]]);
        let on = store.system(|tx| connections::activate(tx, &ready.id, false));
        assert_eq!(shown(&store, &[&on]), [Vec::<Badge>::new()]);
        // Metadata is told to be out of reach after a day, and no more once it was read.
        let interval = TimeDelta::hours(6);
        store.system(|tx| refreshes::adopt(tx, interval));
        let fail = || {
            let code = "metadata_unreachable";
            store.system(|tx| refreshes::failed(tx, &row, code, "Away.", interval));
            shown(&store, &[&row]).remove(0)
        };
        assert_eq!(fail(), []);
        store.clock().advance(TimeDelta::hours(24));
        assert_eq!(fail(), [Badge::MetadataUnreachable]);
        store.system(|tx| refreshes::unmodified(tx, &row, interval));
        assert_eq!(shown(&store, &[&row]), [Vec::<Badge>::new()]);
        // A certificate is a badge from 60 days before its end on.
        let end = certificate_ends(&row).unwrap();
        store.clock().advance(end.since(store.clock().now()) - TimeDelta::days(60));
        assert!(shown(&store, &[&row])[0].contains(&Badge::CertificateExpiring));
        store.clock().advance(TimeDelta::days(61));
        assert!(shown(&store, &[&row])[0].contains(&Badge::CertificateExpired));
    }

    /// A sign-in that fails.
    fn fail(store: &TestStore, connection: &Connection, kind: TraceKind) {
        store.system(|tx| {
            let lifetime = TimeDelta::minutes(10);
            let (application, request, email, browser) = (None, None, None, None);
            let toward = Some((connection, None));
            let beginning =
                Beginning { kind, application, request, toward, email, browser, lifetime };
            let trace = sign_in::begin(tx, beginning)?;
            sign_in::refuse(tx, &trace, Cause::AudienceMismatch, Vec::new(), None)
        });
    }

    /// The badges of these connections, as a page of them has them.
    fn shown(store: &TestStore, rows: &[&Connection]) -> Vec<Vec<Badge>> {
        let now = store.clock().now();
        let data = rows.iter().map(|row| (*row).clone()).collect();
        let page = crate::store::Page { data, next_cursor: None };
        let known = store.read_now(|db| connections::known_page(db, page, now)).unwrap();
        known.data.iter().map(|known| of(known, now)).collect()
    }

    #[test]
    fn three_failures_in_a_row_are_a_badge_of_their_connection_alone_and_tests_do_not_count() {
        let store = testing::store();
        let made = |name: &str| testing::active(&store, name, None);
        let (failing, tested, quiet) = (made("one"), made("two"), made("three"));
        for _ in 0..3 {
            fail(&store, &failing, TraceKind::SignIn);
            fail(&store, &tested, TraceKind::Test);
        }
        fail(&store, &quiet, TraceKind::SignIn);
        let failing_badges: Vec<bool> = shown(&store, &[&failing, &tested, &quiet])
            .iter()
            .map(|badges| badges.contains(&Badge::SignInsFailing))
            .collect();
        assert_eq!(failing_badges, [true, false, false]);
        let off = store.system(|tx| connections::disable(tx, &failing.id));
        assert!(!shown(&store, &[&off])[0].contains(&Badge::SignInsFailing), "it is off");
    }
}
