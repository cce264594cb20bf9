use super::*;
use crate::store::applications::{self, ApplicationPatch, Logout, LogoutPatch, NewApplication};
use crate::store::connections;
use crate::store::organizations::{self, NewOrganization};
use crate::store::schema::sessions as session_rows;
use crate::store::sessions::{self, Session};
use crate::store::testing::{self, TestStore};
use crate::store::users::{self, User};
use crate::store::{Actor, ConnectionId, OrganizationId, Scope, domains};

/// Ann, signed in to an app that is told and to one that is not.
struct World {
    store: TestStore,
    organization: OrganizationId,
    connection: ConnectionId,
    ann: User,
    told: ApplicationId,
}

fn listening() -> NewApplication {
    let logout =
        Logout { backchannel_uri: Some("https://app.example/bye".to_owned()), ..Logout::default() };
    NewApplication { logout, ..testing::orbit() }
}

fn world() -> World {
    let store = testing::store();
    let (organization, connection, ann, told) = store.system(|tx| {
        let organization = organizations::create(tx, testing::globex())?.id;
        let connection = connections::create(tx, &organization, testing::connection())?.id;
        let (told, _) = applications::create(tx, listening())?;
        let (silent, _) = applications::create(tx, testing::orbit())?;
        let ann = users::create(tx, testing::person(&organization, "ann@globex.example"))?;
        for application in [&told.id, &silent.id, &told.id] {
            testing::sign_in(tx, &ann, &connection, application)?;
        }
        Ok((organization, connection, ann, told.id))
    });
    World { store, organization, connection, ann, told }
}

/// Room for so many, nothing being under way.
fn room(most: usize) -> Room {
    Room { most, each: most, under_way: BTreeMap::new() }
}

impl World {
    fn sessions(&self) -> Vec<Session> {
        let query = |db: &mut Db| Ok(session_rows::table.order(session_rows::id).load(db)?);
        self.store.read_now(query).unwrap()
    }

    fn notices(&self) -> Vec<Notice> {
        let query = |db: &mut Db| Ok(notices::table.order(notices::id).load(db)?);
        self.store.read_now(query).unwrap()
    }

    fn take(&self) -> Vec<(Notice, Application)> {
        self.store.system(|tx| take(tx, &room(100)))
    }
}

#[test]
fn whoever_listens_is_told_however_sessions_end() {
    type End = fn(&mut Tx, &World) -> Result<()>;
    let ways: [(&str, End); 9] = [
        ("each by itself", |tx, world| {
            world.sessions().iter().try_for_each(|session| sessions::end(tx, session))
        }),
        ("the person is suspended", |tx, world| users::suspend(tx, &world.ann.id).map(drop)),
        ("signed out by the API", |tx, world| users::end_sessions(tx, &world.ann.id).map(drop)),
        ("the person is erased", |tx, world| users::erase(tx, &world.ann.id)),
        ("the connection is turned off", |tx, world| {
            let id = &world.connection;
            let provider = testing::provider("https://idp.example");
            connections::import(tx, id, provider, None, false)?;
            connections::activate(tx, id, true)?;
            connections::disable(tx, id).map(drop)
        }),
        ("the connection is deleted", |tx, world| connections::delete(tx, &world.connection)),
        ("the domain is taken away", |tx, world| {
            domains::remove(tx, &world.organization, "globex.example")
        }),
        ("the app admits others only", |tx, world| {
            let new = NewOrganization { domains: Vec::new(), ..testing::globex() };
            let other = organizations::create(tx, new)?.id;
            let patch = ApplicationPatch {
                organizations: Some(Some(vec![other])),
                ..ApplicationPatch::default()
            };
            applications::change(tx, &world.told, patch).map(drop)
        }),
        ("the customer is deleted", |tx, world| organizations::delete(tx, &world.organization)),
    ];
    for (name, end) in ways {
        let world = world();
        let sessions = world.sessions();
        world.store.system(|tx| end(tx, &world));
        let mut told: Vec<_> = world
            .notices()
            .into_iter()
            .map(|notice| (notice.application_id, notice.user_id, notice.session_id))
            .collect();
        told.sort();
        let expected: Vec<_> = [&sessions[0], &sessions[2]]
            .map(|session| (world.told.clone(), world.ann.id.clone(), session.id.clone()))
            .into();
        assert_eq!(told, expected, "{name}");
        assert!(
            world.store.read_now(|db| is_due(db, world.store.clock().now(), &room(1))).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn a_session_ends_once_for_an_app_and_an_offline_grant_once_more() {
    let world = world();
    let session = world.sessions().remove(0);
    world.store.system(|tx| sessions::end(tx, &session));
    world.store.system(|tx| sessions::end(tx, &session));
    assert_eq!(world.notices().len(), 1);
    // The offline grant of the ended session goes on, until the person is suspended.
    world.store.system(|tx| users::suspend(tx, &world.ann.id).map(drop));
    assert_eq!(world.notices().len(), 3);
    world.store.system(|tx| users::restore(tx, &world.ann.id).map(drop));
    world.store.system(|tx| users::suspend(tx, &world.ann.id).map(drop));
    assert_eq!(world.notices().len(), 3);
}

#[test]
fn a_transaction_that_fails_tells_nobody() {
    let world = world();
    let failed = world.store.try_system(|tx| {
        users::suspend(tx, &world.ann.id)?;
        Err::<(), _>(crate::error::Error::conflict("no", "no"))
    });
    assert!(failed.is_err());
    assert!(world.notices().is_empty());
}

#[test]
fn a_deleted_app_is_told_nothing() {
    let world = world();
    world.store.system(|tx| applications::delete(tx, &world.told));
    world.store.system(|tx| users::suspend(tx, &world.ann.id).map(drop));
    assert!(world.notices().is_empty());
}

#[test]
fn what_is_taken_is_nobody_else_s_for_the_time_of_a_lease() {
    let world = world();
    world.store.system(|tx| users::suspend(tx, &world.ann.id).map(drop));
    let taken = world.take();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|(notice, app)| notice.attempts == 1 && app.id == world.told));
    assert!(world.take().is_empty());
    world.store.clock().advance(LEASE);
    let again = world.take();
    assert!(again.len() == 2 && again.iter().all(|(notice, _)| notice.attempts == 2));
    for (notice, _) in again {
        world.store.system(|tx| done(tx, &notice.id));
    }
    assert!(world.notices().is_empty());
}

#[test]
fn an_app_that_does_not_answer_holds_up_its_own_notices_only() {
    let world = world();
    let other = world.store.system(|tx| {
        let (other, _) = applications::create(tx, listening())?;
        for _ in 0..3 {
            testing::sign_in(tx, &world.ann, &world.connection, &world.told)?;
            testing::sign_in(tx, &world.ann, &world.connection, &other.id)?;
        }
        users::suspend(tx, &world.ann.id)?;
        Ok(other.id)
    });
    let room = |busy: usize| Room {
        most: 4,
        each: 3,
        under_way: BTreeMap::from([(world.told.clone(), busy)]),
    };
    let take = |busy| {
        let taken = world.store.system(|tx| take(tx, &room(busy)));
        let of = |id| taken.iter().filter(|(_, app)| app.id == id).count();
        (of(world.told.clone()), of(other.clone()))
    };
    let is_due = |busy| {
        let now = world.store.clock().now();
        world.store.read_now(|db| is_due(db, now, &room(busy))).unwrap()
    };
    // Two are under way and one may be added; what is left is the other's, however many are due.
    assert_eq!(take(2), (1, 3));
    assert!(!is_due(3) && is_due(2));
    assert_eq!((take(3), take(2)), ((0, 0), (1, 0)));
}

#[test]
fn two_instances_take_at_once_and_neither_waits_for_the_other() {
    if std::env::var("TEST_POSTGRES_URL").is_err() {
        return; // SQLite has one writer.
    }
    let world = world();
    world.store.system(|tx| users::suspend(tx, &world.ann.id).map(drop));
    let write = |most| {
        move |tx: &mut Tx| {
            Ok(take(tx, &room(most))?.into_iter().map(|(notice, _)| notice.id).collect())
        }
    };
    let (first, second): (Vec<NoticeId>, Vec<NoticeId>) = world
        .store
        .write_now(&Scope::Own, &Actor::System, |tx| {
            let first = write(1)(tx)?;
            let second = world.store.write_now(&Scope::Own, &Actor::System, write(10))?;
            Ok((first, second))
        })
        .unwrap();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
}

#[test]
fn a_delivery_is_tried_again_later_and_given_up_after_some_hours() {
    let world = world();
    let session = world.sessions().remove(0);
    world.store.system(|tx| sessions::end(tx, &session));
    let mut waited = TimeDelta::zero();
    for attempt in 1.. {
        let (notice, _) = world.take().remove(0);
        assert_eq!(notice.attempts, attempt);
        if world.store.system(|tx| failed(tx, &notice, "it answered with status 500")) {
            assert_eq!(attempt, 7);
            break;
        }
        let next = world.notices().remove(0).due_at.since(world.store.clock().now());
        assert!(next > TimeDelta::zero());
        assert!(world.take().is_empty());
        waited += next;
        world.store.clock().advance(next);
    }
    assert!(world.notices().is_empty());
    assert!((TimeDelta::hours(2)..TimeDelta::hours(4)).contains(&waited), "{waited}");
    assert_eq!(world.store.kinds(None).last().unwrap(), "logout_notice.abandoned");
}

#[test]
fn an_app_that_is_told_in_neither_way_makes_the_end_incomplete() {
    let world = world();
    let sessions = world.sessions();
    let reach = |of: &[&Session], asking: Option<&ApplicationId>| {
        let ids: Vec<SessionId> = of.iter().map(|session| session.id.clone()).collect();
        let here = Some(&sessions[1].id);
        world.store.read_now(|db| reach(db, &ids, asking, here)).unwrap()
    };
    assert_eq!(reach(&[], None), Reach { frames: Vec::new(), is_complete: true });
    assert!(reach(&[&sessions[0], &sessions[2]], None).is_complete);
    let both = [&sessions[0], &sessions[1]];
    assert!(!reach(&both, None).is_complete);

    let silent: ApplicationId = world
        .store
        .read_now(|db| {
            Ok(grants::table
                .filter(grants::session_id.eq(&sessions[1].id))
                .select(grants::application_id)
                .first(db)?)
        })
        .unwrap();
    assert!(reach(&both, Some(&silent)).is_complete);
    let uri = "https://app.example/frame".to_owned();
    let logout =
        LogoutPatch { frontchannel_uri: Some(Some(uri.clone())), ..LogoutPatch::default() };
    let patch = ApplicationPatch { logout, ..ApplicationPatch::default() };
    world.store.system(|tx| applications::change(tx, &silent, patch).map(drop));
    let frame = Frame { uri, session_id: sessions[1].id.clone() };
    assert_eq!(reach(&both, None), Reach { frames: vec![frame.clone()], is_complete: true });
    // Of a session in another browser nobody knows whether the frame did anything.
    let ids = [sessions[1].id.clone()];
    let elsewhere = |here: Option<&SessionId>| {
        world.store.read_now(|db| super::reach(db, &ids, None, here)).unwrap()
    };
    for here in [None, Some(&sessions[0].id)] {
        assert_eq!(elsewhere(here), Reach { frames: vec![frame.clone()], is_complete: false });
    }
}

#[test]
fn addresses_that_tell_an_app_are_checked() {
    let store = testing::store();
    let faults = |logout: Logout| {
        let new = NewApplication { logout, ..testing::orbit() };
        match store.try_system(|tx| applications::create(tx, new)) {
            Ok(_) => Vec::new(),
            Err(crate::error::Error::Invalid(faults)) => {
                faults.into_iter().map(|fault| fault.pointer + " " + &fault.code).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    };
    let back = |uri: &str| Logout { backchannel_uri: Some(uri.to_owned()), ..Logout::default() };
    let front = |uri: &str| Logout { frontchannel_uri: Some(uri.to_owned()), ..Logout::default() };
    let none: [&str; 0] = [];
    assert_eq!(faults(back("https://api.app.example:8443/bye?x=1")), none);
    assert_eq!(faults(back("http://localhost:3000/bye")), none);
    assert_eq!(faults(back("http://app.example/bye")), ["/backchannel_logout_uri not_https"]);
    assert_eq!(faults(back("https://app.example/#x")), ["/backchannel_logout_uri invalid"]);
    assert_eq!(faults(front("https://app.example/bye")), none);
    for other in ["https://other.example/bye", "https://app.example:8443/bye"] {
        assert_eq!(faults(front(other)), ["/frontchannel_logout_uri other_origin"], "{other}");
    }
}
