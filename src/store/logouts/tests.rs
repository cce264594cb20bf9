use super::*;
use crate::store::applications;
use crate::store::clean_up::{Retention, Task};
use crate::store::connections;
use crate::store::organizations;
use crate::store::schema::{grants, sessions as session_rows};
use crate::store::testing::{self, TestStore, globex};
use crate::store::users;

struct World {
    store: TestStore,
    connection: Connection,
}

/// Ann with two sessions and Bob with one, at one connection.
fn world() -> World {
    let store = testing::store();
    let connection = store.system(|tx| {
        let organization = organizations::create(tx, globex())?.id;
        let connection = connections::create(tx, &organization, testing::connection())?;
        let (application, _) = applications::create(tx, testing::orbit())?;
        for email in ["ann@globex.example", "bob@globex.example"] {
            let user = users::create(tx, testing::person(&organization, email))?;
            testing::sign_in(tx, &user, &connection.id, &application.id)?;
            if email.starts_with("ann") {
                testing::sign_in(tx, &user, &connection.id, &application.id)?;
            }
        }
        diesel::update(grants::table).set(grants::offline.eq(false)).execute(tx.db)?;
        Ok(connection)
    });
    let world = World { store, connection };
    for (at, session) in world.sessions().into_iter().enumerate() {
        world.set(&session, Some(&format!("_{at}")));
    }
    world
}

impl World {
    fn sessions(&self) -> Vec<Session> {
        let query = |db: &mut Db| Ok(session_rows::table.order(session_rows::id).load(db)?);
        self.store.read_now(query).unwrap()
    }

    fn set(&self, session: &Session, index: Option<&str>) {
        self.store.system(|tx| {
            diesel::update(session_rows::table.find(&session.id))
                .set(session_rows::session_index.eq(index))
                .execute(tx.db)?;
            Ok(())
        });
    }

    /// Follows a request for the person with that address; gives which sessions ended, or that it came before.
    fn follow(&self, id: &str, email: &str, indexes: &[&str]) -> Option<Vec<usize>> {
        let request = LogoutRequest {
            id: id.to_owned(),
            expires_at: self.store.clock().now().plus(TimeDelta::minutes(13)),
            name_id: testing::name_id(email),
            session_indexes: indexes.iter().map(|&index| index.to_owned()).collect(),
        };
        let all = self.sessions();
        let is_same = |known: &NameId| *known == request.name_id;
        let done = self.store.system(|tx| follow(tx, &self.connection, &request, None, is_same));
        match done {
            Followed::Replayed => None,
            Followed::Ended(ended, _) => {
                let place = |session: &Session| all.iter().position(|one| one.id == session.id);
                Some(ended.iter().filter_map(place).collect())
            }
        }
    }
}

#[test]
fn a_request_ends_the_sessions_that_it_means_and_their_tokens() {
    let world = world();
    assert_eq!(world.follow("_a", "ann@globex.example", &["_1", "_2"]), Some(vec![1]));
    assert_eq!(world.store.read_now(testing::open_ones).unwrap(), (2, 2));
    assert_eq!(world.follow("_b", "nobody@globex.example", &[]), Some(vec![]));
    assert_eq!(world.follow("_c", "bob@globex.example", &["_0"]), Some(vec![]));
    assert_eq!(world.follow("_d", "ann@globex.example", &[]), Some(vec![0]));
    assert_eq!(world.follow("_e", "ann@globex.example", &[]), Some(vec![]));
    assert_eq!(world.store.read_now(testing::open_ones).unwrap(), (1, 1));
    assert_eq!(world.follow("_f", "bob@globex.example", &["_2"]), Some(vec![2]));
    assert_eq!(world.store.read_now(testing::open_ones).unwrap(), (0, 0));
}

#[test]
fn a_session_of_another_connection_is_not_meant() {
    let world = world();
    let other = world.store.system(|tx| {
        connections::create(tx, &world.connection.organization_id, testing::connection())
    });
    let other = World { store: world.store, connection: other };
    assert_eq!(other.follow("_a", "ann@globex.example", &[]), Some(vec![]));
    assert_eq!(other.store.read_now(testing::open_ones).unwrap(), (3, 3));
}

#[test]
fn a_session_without_an_index_or_from_an_earlier_release_is_found_by_its_name() {
    let world = world();
    let sessions = world.sessions();
    world.set(&sessions[0], None);
    world.store.system(|tx| {
        diesel::update(session_rows::table)
            .set(session_rows::name.eq(None::<String>))
            .execute(tx.db)?;
        Ok(())
    });
    assert_eq!(world.follow("_a", "ann@globex.example", &["_9"]), Some(vec![0]));
    assert_eq!(world.follow("_b", "ann@globex.example", &["_1"]), Some(vec![1]));
    assert_eq!(world.store.read_now(testing::open_ones).unwrap(), (1, 1));
}

#[test]
fn an_empty_index_means_only_sessions_that_have_none() {
    let world = world();
    world.set(&world.sessions()[0], None);
    assert_eq!(world.follow("_a", "ann@globex.example", &[""]), Some(vec![0]));
    assert_eq!(world.store.read_now(testing::open_ones).unwrap(), (2, 2));
}

#[test]
fn a_request_counts_once() {
    let world = world();
    assert_eq!(world.follow("_a", "ann@globex.example", &["_0"]), Some(vec![0]));
    assert_eq!(world.follow("_a", "ann@globex.example", &[]), None);
    assert_eq!(world.store.read_now(testing::open_ones).unwrap(), (2, 2));
}

#[test]
fn a_sign_out_at_the_provider_goes_on_in_its_browser_until_it_is_answered() {
    let world = world();
    let session = world.sessions().remove(0);
    let lifetime = TimeDelta::minutes(10);
    let back = Some("https://app.example/bye?state=1");
    let made = world.store.system(|tx| offer(tx, &session, "browser", back, lifetime));
    let find = || world.store.read_now(|db| by_id(db, &made.id)).unwrap().unwrap().0;
    let now = world.store.clock().now();
    assert_eq!((find().outcome, find().return_to.as_deref()), (Outcome::Offered, back));
    assert!(find().goes_on(Some("browser"), now));
    assert!(!find().goes_on(Some("another"), now));
    assert!(!find().goes_on(None, now));

    assert!(world.store.system(|tx| ask(tx, &made.id, "_first")));
    assert!(world.store.system(|tx| ask(tx, &made.id, "_second")));
    let by_request = |id: &str| world.store.read_now(|db| by_saml_request(db, id)).unwrap();
    assert!(by_request("_first").is_none());
    assert_eq!(by_request("_second").unwrap().1.id, session.id);
    world.store.system(|tx| finish(tx, &made.id, "_first", Outcome::Failed));
    assert_eq!(find().outcome, Outcome::Asked);
    world.store.system(|tx| finish(tx, &made.id, "_second", Outcome::Partial));
    world.store.system(|tx| finish(tx, &made.id, "_second", Outcome::Complete));
    assert_eq!(find().outcome, Outcome::Partial);
    assert!(!world.store.system(|tx| ask(tx, &made.id, "_third")));

    world.store.clock().advance(lifetime);
    assert!(!find().goes_on(Some("browser"), world.store.clock().now()));
    let retention =
        Retention { traces: lifetime, events: lifetime, requests: lifetime, removed: lifetime };
    assert_eq!(world.store.system(|tx| Task::Logouts.run(tx, retention)), 1);
    assert!(world.store.read_now(|db| by_id(db, &made.id)).unwrap().is_none());
}
