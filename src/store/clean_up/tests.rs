use super::*;
use crate::store::connections::{self, NewConnection, Settings};
use crate::store::events::numbering;
use crate::store::testing::{self, TestStore, globex};
use crate::store::users::{self, NewUser, Source};
use crate::store::{
    applications, idempotency as answers, organizations as customers, setup_links as links,
};

const RETENTION: Retention = Retention {
    traces: TimeDelta::days(30),
    events: TimeDelta::days(400),
    requests: TimeDelta::days(30),
    removed: TimeDelta::days(30),
};

fn run(store: &TestStore, task: Task) -> usize {
    store.system(|tx| task.run(tx, RETENTION))
}

/// A person who is signed in to an application, with an offline grant.
fn signed_in(store: &TestStore) -> (crate::store::ConnectionId, crate::store::ApplicationId) {
    store.system(|tx| {
        let owner = customers::create(tx, globex())?.id;
        let new = NewConnection {
            name: "Globex".to_owned(),
            provider: "okta".to_owned(),
            settings: Settings::default(),
        };
        let connection = connections::create(tx, &owner, new)?.id;
        let (application, _) = applications::create(tx, testing::orbit())?;
        let ann = NewUser {
            organization_id: owner,
            source: Source::SignIn,
            email: crate::email::Email::parse("ann@globex.example").unwrap(),
            name: None,
            given_name: None,
            family_name: None,
        };
        let ann = users::create(tx, ann)?;
        testing::sign_in(tx, &ann, &connection, &application.id)?;
        Ok((connection, application.id))
    })
}

fn add_token(store: &TestStore, hash: &str, lives: TimeDelta) {
    store.system(|tx| {
        let grant: GrantId = grants::table.select(grants::id).first(tx.db)?;
        diesel::insert_into(tokens::table)
            .values((
                tokens::hash.eq(hash),
                tokens::grant_id.eq(grant),
                tokens::kind.eq("access"),
                tokens::scope.eq("openid"),
                tokens::created_at.eq(tx.now),
                tokens::expires_at.eq(tx.now.plus(lives)),
            ))
            .execute(tx.db)?;
        Ok(())
    });
}

fn add_trace(store: &TestStore) {
    store.system(|tx| {
        diesel::insert_into(traces::table)
            .values((
                traces::id.eq(TraceId::new()),
                traces::kind.eq("sign_in"),
                traces::outcome.eq(Outcome::InProgress),
                traces::checks.eq("[]"),
                traces::started_at.eq(tx.now),
                traces::expires_at.eq(tx.now.plus(TimeDelta::minutes(10))),
            ))
            .execute(tx.db)?;
        Ok(())
    });
}

#[test]
fn expired_tokens_go_and_live_ones_stay() {
    let store = testing::store();
    signed_in(&store);
    add_token(&store, "short", TimeDelta::minutes(5));
    add_token(&store, "long", TimeDelta::hours(1));
    assert_eq!(run(&store, Task::Tokens), 0);
    store.clock().advance(TimeDelta::minutes(5));
    assert_eq!((run(&store, Task::Tokens), run(&store, Task::Tokens)), (1, 0));
}

#[test]
fn a_session_stays_as_long_as_a_grant_goes_back_to_it() {
    let store = testing::store();
    signed_in(&store);
    // The session ends before the grant, which goes on without it.
    store.system(|tx| {
        let end = sessions::expires_at.eq(tx.now.plus(TimeDelta::hours(1)));
        diesel::update(sessions::table).set(end).execute(tx.db)?;
        Ok(())
    });
    store.clock().advance(TimeDelta::hours(2));
    assert_eq!((run(&store, Task::Grants), run(&store, Task::Sessions)), (0, 0));
    store.clock().advance(TimeDelta::hours(6));
    assert_eq!((run(&store, Task::Grants), run(&store, Task::Sessions)), (1, 1));
}

#[test]
fn an_ended_grant_stays_for_a_day_so_that_reuse_is_told() {
    let store = testing::store();
    let (_, application) = signed_in(&store);
    store.system(|tx| {
        let end = tx.now.plus(TimeDelta::days(30));
        diesel::update(grants::table).set(grants::expires_at.eq(end)).execute(tx.db)?;
        applications::delete(tx, &application)
    });
    store.clock().advance(TimeDelta::hours(23));
    assert_eq!(run(&store, Task::Grants), 0);
    store.clock().advance(TimeDelta::hours(1));
    assert_eq!(run(&store, Task::Grants), 1);
}

#[test]
fn a_grant_without_refresh_tokens_ends_with_its_last_token() {
    let store = testing::store();
    signed_in(&store);
    store.system(|tx| {
        let end = grants::expires_at.eq(tx.now.plus(TimeDelta::days(30)));
        diesel::update(grants::table).set((end, grants::offline.eq(false))).execute(tx.db)?;
        Ok(())
    });
    add_token(&store, "access", TimeDelta::days(3));
    store.clock().advance(TimeDelta::days(2));
    assert_eq!((run(&store, Task::Tokens), run(&store, Task::Grants)), (0, 0));
    store.clock().advance(TimeDelta::days(1));
    assert_eq!((run(&store, Task::Tokens), run(&store, Task::Grants)), (1, 1));
}

#[test]
fn a_sign_in_that_nobody_comes_back_from_is_abandoned_after_15_minutes_and_gone_after_30_days() {
    let store = testing::store();
    add_trace(&store);
    store.clock().advance(TimeDelta::minutes(14));
    assert_eq!(run(&store, Task::Abandoned), 0);
    store.clock().advance(TimeDelta::minutes(1));
    assert_eq!((run(&store, Task::Abandoned), run(&store, Task::Abandoned)), (1, 0));
    let outcome: Outcome =
        store.read_now(|db| Ok(traces::table.select(traces::outcome).first(db)?)).unwrap();
    assert_eq!(outcome, Outcome::Abandoned);
    store.clock().advance(TimeDelta::days(29));
    assert_eq!(run(&store, Task::Traces), 0);
    store.clock().advance(TimeDelta::days(1));
    assert_eq!(run(&store, Task::Traces), 1);
}

#[test]
fn events_stay_as_long_as_the_audit_asks() {
    let store = testing::store();
    signed_in(&store);
    // What has no place yet is nobody's to take away.
    store.system(numbering::number);
    store.clock().advance(TimeDelta::days(399));
    assert_eq!(run(&store, Task::Events), 0);
    store.clock().advance(TimeDelta::days(2));
    assert!(run(&store, Task::Events) > 0);
    assert_eq!(store.kinds(None), ["audit_log.trimmed"]);
}

#[test]
fn visits_go_a_day_after_their_end_and_setup_links_when_traces_would() {
    let store = testing::store();
    store.system(|tx| {
        let of = customers::create(tx, globex())?.id;
        let covers = vec![links::Cover::SignIn];
        let visit = links::NewSession {
            covers: covers.clone(),
            connection_id: None,
            return_url: None,
            person: None,
        };
        links::create_session(tx, &of, visit)?;
        let link = links::NewLink { covers, days: 1, ..links::NewLink::default() };
        links::create(tx, &of, link)
    });
    store.clock().advance(TimeDelta::days(1));
    assert_eq!(run(&store, Task::SetupLinks), 0);
    store.clock().advance(TimeDelta::minutes(5));
    assert_eq!(run(&store, Task::SetupLinks), 1);
    store.clock().advance(TimeDelta::days(29));
    assert_eq!(run(&store, Task::SetupLinks), 0);
    store.clock().advance(TimeDelta::days(1));
    assert_eq!(run(&store, Task::SetupLinks), 1);
}

#[test]
fn replay_marks_and_kept_answers_go_when_they_are_over() {
    let store = testing::store();
    let (connection, _) = signed_in(&store);
    store.system(|tx| {
        let end = replays::expires_at.eq(tx.now.plus(TimeDelta::minutes(6)));
        let mark = (replays::connection_id.eq(&connection), replays::assertion_id.eq("_1"), end);
        diesel::insert_into(replays::table).values(mark).execute(tx.db)?;
        answers::begin(tx, "key", "body")
    });
    assert_eq!((run(&store, Task::Replays), run(&store, Task::Answers)), (0, 0));
    store.clock().advance(TimeDelta::minutes(6));
    assert_eq!((run(&store, Task::Replays), run(&store, Task::Answers)), (1, 0));
    store.clock().advance(TimeDelta::hours(24));
    assert_eq!(run(&store, Task::Answers), 1);
}

#[test]
fn what_was_deleted_30_days_ago_is_gone_with_all_that_hangs_on_it() {
    let store = testing::store();
    let (connection, application) = signed_in(&store);
    let owner = store.read_now(|db| connections::find(db, &connection)).unwrap().organization_id;
    store.system(|tx| {
        applications::delete(tx, &application)?;
        connections::delete(tx, &connection)?;
        customers::delete(tx, &owner)
    });
    let all = [Task::Applications, Task::Connections, Task::Organizations];
    store.clock().advance(TimeDelta::days(29));
    assert_eq!(all.map(|task| run(&store, task)), [0, 0, 0]);
    store.clock().advance(TimeDelta::days(1));
    assert_eq!(all.map(|task| run(&store, task)), [1, 1, 1]);
    let rest: (i64, i64) = store
        .read_now(|db| {
            let users = crate::store::schema::users::table.count().get_result(db)?;
            Ok((users, sessions::table.count().get_result(db)?))
        })
        .unwrap();
    assert_eq!(rest, (0, 0));
}

#[test]
fn sessions_and_links_of_members_go_when_they_are_over() {
    use crate::store::members::{self, By, Lasts, NewMember, Role};
    let store = testing::store();
    let new = NewMember {
        email: "maya@orbit.example".to_owned(),
        name: "Maya".to_owned(),
        role: Role::Owner,
    };
    let lasts = Lasts { idle: TimeDelta::hours(1), most: TimeDelta::hours(12) };
    store.system(|tx| {
        let member = members::create(tx, &new)?;
        members::begin(tx, &member.id, None, lasts, By::Password)?;
        members::invite(tx, &member.id)
    });
    assert_eq!(run(&store, Task::Members), 0);
    store.clock().advance(TimeDelta::hours(1));
    assert_eq!(run(&store, Task::Members), 1, "the link");
    store.clock().advance(TimeDelta::hours(11));
    assert_eq!(run(&store, Task::Members), 1, "the session");
}

#[test]
fn every_task_is_listed() {
    assert_eq!(Task::ALL.len(), 23);
    for task in Task::ALL {
        assert_eq!(run(&testing::store(), *task), 0, "{}", task.name());
    }
}
