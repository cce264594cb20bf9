use super::*;
use crate::store::applications::{
    ApplicationPatch, NewApplication, add_secret, change, create, delete, restore, secrets,
};
use crate::store::testing::{self, TestStore, globex, orbit};
use crate::store::{Store, organizations as customers};
use chrono::TimeDelta;

const HOUR: Lifetimes = Lifetimes {
    code: TimeDelta::minutes(1),
    access_token: TimeDelta::hours(1),
    refresh_token: TimeDelta::days(30),
};

fn new(bound: Option<&OrganizationId>) -> NewApplication {
    NewApplication {
        kind: ApplicationKind::Machine,
        redirect_uris: Vec::new(),
        model: usual_model(ApplicationKind::Machine),
        organizations: bound.map(|id| vec![id.clone()]),
        scopes: vec![Scope::UsersRead, Scope::TracesRead],
        ..orbit()
    }
}

fn given(store: &TestStore, of: &Application) -> Secret {
    store.system(|tx| {
        let secret = secrets(tx.db, &of.id)?.remove(0);
        Ok(issue(tx, of, &secret, None, &HOUR)?.unwrap().1)
    })
}

/// What a token may do now; none: it is of no use.
fn may(store: &Store, token: &Secret) -> Option<Vec<Scope>> {
    let now = store.clock().now();
    let found = store.read_now(|db| by_token(db, token.reveal(), now)).unwrap();
    found.map(|machine| machine.token.scopes.into_inner())
}

#[test]
fn a_machine_has_a_secret_and_nobody_signs_in_to_it() {
    let store = testing::store();
    let of = store.system(|tx| customers::create(tx, globex())).id;
    let (machine, secret) = store.system(|tx| create(tx, new(None)));
    assert!(secret.unwrap().reveal().starts_with("cs_"));
    assert!(!machine.admits(&of));
    assert!(
        store.read_now(|db| crate::store::access::applications_of(db, &of)).unwrap().is_empty()
    );
}

#[test]
fn a_token_is_kept_as_a_hash_and_may_do_what_its_application_may_at_each_use() {
    let store = testing::store();
    let (machine, _) = store.system(|tx| create(tx, new(None)));
    let token = given(&store, &machine);
    let hashes: Vec<String> =
        store.read_now(|db| Ok(rows::table.select(rows::hash).load(db)?)).unwrap();
    assert_eq!(hashes, [crypto::hash(token.reveal()).into_string()]);
    assert_eq!(may(&store, &token), Some(vec![Scope::UsersRead, Scope::TracesRead]));
    let fewer = ApplicationPatch { scopes: Some(vec![Scope::TracesRead]), ..Default::default() };
    store.system(|tx| change(tx, &machine.id, fewer));
    assert_eq!(may(&store, &token), Some(vec![Scope::TracesRead]));
    // What is added is not of a token that was given before.
    let more = vec![Scope::TracesRead, Scope::EventsRead];
    let more = ApplicationPatch { scopes: Some(more), ..Default::default() };
    store.system(|tx| change(tx, &machine.id, more));
    assert_eq!(may(&store, &token), Some(vec![Scope::TracesRead]));
    store.system(|tx| delete(tx, &machine.id));
    assert_eq!(may(&store, &token), None);
    store.system(|tx| restore(tx, &machine.id));
    assert_eq!(may(&store, &token), None);
}

#[test]
fn a_token_ends_with_the_organization_that_its_application_was_for() {
    let store = testing::store();
    let of = store.system(|tx| customers::create(tx, globex())).id;
    let (machine, _) = store.system(|tx| create(tx, new(Some(&of))));
    let bound = given(&store, &machine);
    let all = ApplicationPatch { organizations: Some(None), ..Default::default() };
    let machine = store.system(|tx| change(tx, &machine.id, all));
    let free = given(&store, &machine);
    assert_eq!((may(&store, &bound), may(&store, &free).is_some()), (None, true));
    let back =
        ApplicationPatch { organizations: Some(Some(vec![of.clone()])), ..Default::default() };
    let machine = store.system(|tx| change(tx, &machine.id, back));
    let bound = given(&store, &machine);
    assert_eq!((may(&store, &free), may(&store, &bound).is_some()), (None, true));
    store.system(|tx| customers::delete(tx, &of));
    assert_eq!(may(&store, &bound), None);
    let refused = store.system(|tx| {
        let secret = secrets(tx.db, &machine.id)?.remove(0);
        issue(tx, &machine, &secret, None, &HOUR)
    });
    assert_eq!(refused.unwrap_err().code(), "unauthorized_client");
}

/// Gives a token as it is given while `of` is deleted or moved by somebody who does not see it yet.
fn slipped_in(store: &TestStore, of: &Application) -> Secret {
    let (token, now) = (crypto::token(crypto::MACHINE_TOKEN), store.clock().now());
    let row = MachineToken {
        hash: crypto::hash(token.reveal()),
        application_id: of.id.clone(),
        organization_id: of.bound_to().cloned(),
        scopes: of.scopes.clone(),
        created_at: now,
        expires_at: now.plus(HOUR.access_token),
    };
    store.system(|tx| Ok(diesel::insert_into(rows::table).values(&row).execute(tx.db)?));
    token
}

#[test]
fn a_token_that_has_ended_stays_ended_whatever_comes_back() {
    let store = testing::store();
    let new_one = |name: &str| customers::NewOrganization {
        name: name.to_owned(),
        external_id: None,
        domains: Vec::new(),
        ..globex()
    };
    let one = store.system(|tx| customers::create(tx, new_one("One"))).id;
    let other = store.system(|tx| customers::create(tx, new_one("Other"))).id;
    let (machine, _) = store.system(|tx| create(tx, new(Some(&one))));
    let moved = |to: &OrganizationId| {
        let to = Some(Some(vec![to.clone()]));
        let patch = ApplicationPatch { organizations: to, ..Default::default() };
        store.system(|tx| change(tx, &machine.id, patch))
    };
    // What changes nothing of where it is ends nothing.
    let token = given(&store, &machine);
    let name = ApplicationPatch { name: Some("Billing".to_owned()), ..Default::default() };
    store.system(|tx| change(tx, &machine.id, name));
    assert!(may(&store, &token).is_some());
    // There and back.
    moved(&other);
    let late = slipped_in(&store, &machine);
    moved(&one);
    assert_eq!((may(&store, &token), may(&store, &late)), (None, None));
    // Its organization goes and comes back, and so does the application itself.
    let token = given(&store, &machine);
    store.system(|tx| customers::delete(tx, &one));
    let late = slipped_in(&store, &machine);
    store.system(|tx| customers::restore(tx, &one));
    assert_eq!((may(&store, &token), may(&store, &late)), (None, None));
    let token = given(&store, &machine);
    store.system(|tx| delete(tx, &machine.id));
    let late = slipped_in(&store, &machine);
    store.system(|tx| restore(tx, &machine.id));
    assert_eq!((may(&store, &token), may(&store, &late)), (None, None));
}

#[test]
fn a_token_lasts_no_longer_than_the_secret_and_its_row_goes_then() {
    let store = testing::store();
    let (machine, _) = store.system(|tx| create(tx, new(None)));
    let token = given(&store, &machine);
    let ends = store.clock().now().plus(TimeDelta::minutes(10));
    let short = store.system(|tx| {
        let (secret, _) = add_secret(tx, &machine.id, Some(ends))?;
        Ok(issue(tx, &machine, &secret, None, &HOUR)?.unwrap())
    });
    assert_eq!(short.0.expires_at, ends);
    store.clock().advance(TimeDelta::minutes(11));
    assert!(may(&store, &short.1).is_none() && may(&store, &token).is_some());
    store.clock().advance(TimeDelta::hours(1));
    assert!(may(&store, &token).is_none());
    assert_eq!(store.system(|tx| over(tx, 10)), 2);
}
