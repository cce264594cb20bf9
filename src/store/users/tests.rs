use super::*;
use crate::store::connections::{self, Connection, NewConnection, Settings};
use crate::store::schema::traces;
use crate::store::testing::{self, TestStore, globex};
use crate::store::{ConnectionId, Window, applications, identities, organizations};
use chrono::TimeDelta;

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn person(organization: &OrganizationId, address: &str) -> NewUser {
    NewUser {
        organization_id: organization.clone(),
        source: Source::SignIn,
        email: email(address),
        name: Some("Ann Lee".to_owned()),
        given_name: None,
        family_name: None,
    }
}

fn profile(address: Option<&str>) -> Profile {
    Profile {
        email: address.map(email),
        email_source: None,
        given_name: None,
        family_name: None,
        name: None,
        groups: vec![],
        sources: vec![],
    }
}

fn organization(store: &TestStore) -> OrganizationId {
    let new = organizations::NewOrganization { domains: vec![], ..globex() };
    store.system(|tx| organizations::create(tx, new)).id
}

fn connection(store: &TestStore, organization: &OrganizationId) -> Connection {
    let new = NewConnection {
        name: "Globex".to_owned(),
        provider: "okta".to_owned(),
        settings: Settings::default(),
    };
    store.system(|tx| connections::create(tx, organization, new))
}

fn sign_in(store: &TestStore, user: &User, connection: &ConnectionId) {
    let application = store.system(|tx| applications::create(tx, testing::orbit())).0;
    store.system(|tx| testing::sign_in(tx, user, connection, &application.id));
}

fn code<T: std::fmt::Debug>(done: Result<T>) -> &'static str {
    match done.unwrap_err() {
        Error::Conflict { code, .. } => code,
        Error::NotFound { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_person_is_found_by_email_in_any_case_in_their_organization_only() {
    let store = testing::store();
    let (one, two) = (organization(&store), organization(&store));
    let ann = store.system(|tx| create(tx, person(&one, "Ann@globex.example")));
    let found = |organization, text| {
        store.read_now(|db| by_email(db, organization, &email(text))).unwrap().map(|user| user.id)
    };
    assert_eq!(found(&one, "aNN@GLOBEX.example"), Some(ann.id.clone()));
    assert_eq!(found(&two, "ann@globex.example"), None);
    assert_eq!(ann.email().unwrap().to_string(), "Ann@globex.example");
    assert_eq!(code(store.read_now(|db| find_in(db, &two, &ann.id))), "user");
    assert_eq!(store.read_now(|db| find_in(db, &one, &ann.id)).unwrap().id, ann.id);
}

#[test]
fn an_email_address_is_one_persons_in_an_organization() {
    let store = testing::store();
    let (one, two) = (organization(&store), organization(&store));
    store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    let again = store.try_system(|tx| create(tx, person(&one, "ANN@globex.example")));
    assert_eq!(code(again), "email_taken");
    store.system(|tx| create(tx, person(&two, "ann@globex.example")));
    let bob = store.system(|tx| create(tx, person(&one, "bob@globex.example")));
    let profile = profile(Some("ann@globex.example"));
    assert_eq!(code(store.try_system(|tx| change(tx, bob, &profile))), "email_taken");
}

#[test]
fn a_change_takes_over_what_is_said_and_is_an_event_only_if_it_differs() {
    let store = testing::store();
    let one = organization(&store);
    let ann = store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    store.clock().advance(TimeDelta::hours(1));
    let same = Profile { name: ann.name.clone(), ..profile(Some("ann@globex.example")) };
    let after = store.system(|tx| change(tx, ann.clone(), &same));
    assert_eq!(after.updated_at, ann.updated_at);
    let other =
        Profile { given_name: Some("Anna".to_owned()), ..profile(Some("Anna@globex.example")) };
    store.system(|tx| change(tx, ann.clone(), &other));
    let after = store.read_now(|db| find(db, &ann.id)).unwrap();
    assert_eq!(after.email_key, "anna@globex.example");
    assert_eq!(
        (after.name.as_deref(), after.given_name.as_deref()),
        (Some("Ann Lee"), Some("Anna"))
    );
    assert_eq!(store.kinds(Some(&one)), ["organization.created", "user.created", "user.updated"]);
}

#[test]
fn a_suspended_person_is_signed_out_and_the_directorys_suspension_is_another() {
    let store = testing::store();
    let one = organization(&store);
    let connection = connection(&store, &one);
    let ann = store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    let bob = store.system(|tx| create(tx, person(&one, "bob@globex.example")));
    sign_in(&store, &ann, &connection.id);
    sign_in(&store, &bob, &connection.id);
    let off = store.system(|tx| suspend(tx, &ann.id));
    assert_eq!(off.state(), UserState::Suspended);
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (1, 1));
    let mut by_directory = off.clone();
    by_directory.directory_suspended_at = Some(store.clock().now());
    store.system(|tx| save(tx, &mut by_directory));
    assert_eq!(store.system(|tx| restore(tx, &ann.id)).state(), UserState::Suspended);
    by_directory.directory_suspended_at = None;
    by_directory.suspended_at = None;
    store.system(|tx| save(tx, &mut by_directory));
    assert_eq!(store.read_now(|db| find(db, &ann.id)).unwrap().state(), UserState::Active);
    by_directory.deprovisioned_at = Some(store.clock().now());
    assert_eq!(by_directory.state(), UserState::Deprovisioned);
}

#[test]
fn suspending_twice_is_one_event() {
    let store = testing::store();
    let one = organization(&store);
    let ann = store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    store.system(|tx| suspend(tx, &ann.id).and(suspend(tx, &ann.id)));
    store.system(|tx| restore(tx, &ann.id).and(restore(tx, &ann.id)));
    assert_eq!(
        store.kinds(Some(&one)),
        ["organization.created", "user.created", "user.suspended", "user.restored"]
    );
}

#[test]
fn people_are_listed_by_organization_email_and_state() {
    let store = testing::store();
    let (one, two) = (organization(&store), organization(&store));
    let ann = store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    let mut bob = store.system(|tx| create(tx, person(&one, "bob@globex.example")));
    let mut cyd = store.system(|tx| create(tx, person(&one, "cyd@globex.example")));
    store.system(|tx| create(tx, person(&two, "ann@globex.example")));
    bob.directory_suspended_at = Some(store.clock().now());
    cyd.deprovisioned_at = Some(store.clock().now());
    cyd.suspended_at = cyd.deprovisioned_at;
    store.system(|tx| save(tx, &mut bob).and(save(tx, &mut cyd)));
    let ids = |filter: Filter| {
        let page = store.read_now(|db| page(db, &Window::default(), &filter)).unwrap();
        page.data.into_iter().map(|user| user.id).collect::<Vec<_>>()
    };
    let of = |state| Filter { organization: Some(one.clone()), state, ..Filter::default() };
    assert_eq!(ids(Filter::default()).len(), 4);
    assert_eq!(ids(of(None)), [cyd.id.clone(), bob.id.clone(), ann.id.clone()]);
    assert_eq!(ids(of(Some(UserState::Active))), [ann.id]);
    assert_eq!(ids(of(Some(UserState::Suspended))), [bob.id]);
    assert_eq!(ids(of(Some(UserState::Deprovisioned))), [cyd.id]);
    let email = Some(email("ANN@globex.example"));
    assert_eq!(ids(Filter { email: email.clone(), ..Default::default() }).len(), 2);
    assert_eq!(ids(Filter { email, ..of(None) }).len(), 1);
}

#[test]
fn an_erased_person_leaves_nothing_personal_behind() {
    let store = testing::store();
    let one = organization(&store);
    let connection = connection(&store, &one);
    let ann = store.system(|tx| create(tx, person(&one, "Ann@globex.example")));
    let bob = store.system(|tx| create(tx, person(&one, "bob@globex.example")));
    store.system(|tx| identities::link(tx, &connection.id, "ann-subject", &ann));
    sign_in(&store, &ann, &connection.id);
    let trace = |id: &str, user: Option<&User>, email: Option<&str>| {
        store.system(|tx| {
            diesel::insert_into(traces::table)
                .values((
                    traces::id.eq(id),
                    traces::kind.eq("sign_in"),
                    traces::outcome.eq("failed"),
                    traces::organization_id.eq(&one),
                    traces::user_id.eq(user.map(|user| &user.id)),
                    traces::email.eq(email),
                    traces::request.eq("request"),
                    traces::checks.eq("checks"),
                    traces::received.eq("received"),
                    traces::message.eq("message"),
                    traces::started_at.eq(tx.now),
                    traces::expires_at.eq(tx.now),
                ))
                .execute(tx.db)?;
            Ok(())
        });
    };
    trace("trc_1", Some(&ann), None);
    trace("trc_2", None, Some("ann@globex.example"));
    trace("trc_3", Some(&bob), Some("bob@globex.example"));
    store.system(|tx| erase(tx, &ann.id));

    assert_eq!(code(store.read_now(|db| find(db, &ann.id))), "user");
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (0, 0));
    let link = store.read_now(|db| identities::by_subject(db, &connection.id, "ann-subject"));
    assert!(link.unwrap().is_none());
    let full: Vec<String> = store
        .read_now(|db| {
            let rest = traces::table.filter(traces::message.is_not_null());
            Ok(rest.select(traces::id).load(db)?)
        })
        .unwrap();
    assert_eq!(full, ["trc_3"]);
    let window = Window { limit: 200, before: None };
    let events =
        store.read_now(|db| events::page(db, &window, &events::Filter::default())).unwrap();
    let told = serde_json::to_string(&events.data.iter().map(|e| &*e.data).collect::<Vec<_>>());
    assert!(!told.unwrap().to_lowercase().contains("ann"));
}

#[test]
fn a_name_at_the_provider_is_one_persons() {
    let store = testing::store();
    let one = organization(&store);
    let connection = connection(&store, &one);
    let ann = store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    let bob = store.system(|tx| create(tx, person(&one, "bob@globex.example")));
    store.system(|tx| identities::link(tx, &connection.id, "42", &ann));
    let done = store.try_system(|tx| identities::link(tx, &connection.id, "42", &bob));
    assert_eq!(code(done), "identity_taken");
    let found = store.read_now(|db| identities::by_subject(db, &connection.id, "42")).unwrap();
    assert_eq!(found, Some(ann.id));
    assert_eq!(store.kinds(Some(&one)).last().unwrap(), "user.linked");
}

#[test]
fn the_last_sign_in_is_known_to_the_minute() {
    let store = testing::store();
    let one = organization(&store);
    let ann = store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    let seen = || {
        let now = store.read_now(|db| find(db, &ann.id)).unwrap();
        store.system(|tx| signed_in(tx, &now));
        store.read_now(|db| find(db, &ann.id)).unwrap().last_sign_in_at.unwrap()
    };
    let first = seen();
    store.clock().advance(TimeDelta::seconds(30));
    assert_eq!(seen(), first);
    store.clock().advance(TimeDelta::seconds(31));
    assert!(seen() > first);
}

#[test]
fn a_person_can_be_signed_out_everywhere() {
    let store = testing::store();
    let one = organization(&store);
    let connection = connection(&store, &one);
    let ann = store.system(|tx| create(tx, person(&one, "ann@globex.example")));
    sign_in(&store, &ann, &connection.id);
    sign_in(&store, &ann, &connection.id);
    assert_eq!(store.system(|tx| end_sessions(tx, &ann.id)), 2);
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (0, 0));
}
