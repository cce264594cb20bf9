use super::*;
use crate::store::organizations::NewOrganization;
use crate::store::testing::{self, TestStore, globex};
use crate::store::{applications, connections};
use chrono::TimeDelta;

fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

fn organization(store: &TestStore) -> OrganizationId {
    let new = NewOrganization { domains: vec![], ..globex() };
    store.system(|tx| organizations::create(tx, new)).id
}

fn conflict<T: std::fmt::Debug>(done: Result<T>) -> (&'static str, String) {
    match done.unwrap_err() {
        Error::Conflict { code, detail } => (code, detail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pending_domain_is_not_live_and_a_vouched_one_is() {
    let store = testing::store();
    let one = organization(&store);
    let (a, b) = (name("a.example"), name("b.example"));
    store.system(|tx| add(tx, &one, &a, false).and(add(tx, &one, &b, true)));
    assert!(store.read_now(|db| owner(db, &a)).unwrap().is_none());
    assert_eq!(store.read_now(|db| owner(db, &b)).unwrap(), Some(one.clone()));
    let domain = store.read_now(|db| find_in(db, &one, "A.example")).unwrap();
    let domain = store.system(|tx| vouch(tx, &domain));
    assert_eq!((domain.state, domain.is_live()), (DomainState::Vouched, true));
    let all = store.read_now(|db| list(db, &one)).unwrap();
    assert_eq!(all.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["a.example", "b.example"]);
}

#[test]
fn a_domain_is_live_in_one_organization_only_and_a_clash_names_nobody() {
    let store = testing::store();
    let (one, two) = (organization(&store), organization(&store));
    let shared = name("shared.example");
    // Both may wait for the DNS; the first that is verified has it.
    let mine = store.system(|tx| add(tx, &one, &shared, false));
    let other = store.system(|tx| add(tx, &two, &shared, false));
    store.system(|tx| verify(tx, &mine, &[mine.record().1]));
    let (code, detail) = conflict(store.try_system(|tx| vouch(tx, &other)));
    assert_eq!(code, "domain_taken");
    let says = ["shared.example is already in use by another customer", "removed there first"];
    assert!(says.iter().all(|part| detail.contains(part)), "{detail}");
    let done = store.try_system(|tx| verify(tx, &other, &[other.record().1]));
    assert_eq!(conflict(done).0, "domain_taken");
    let three = organization(&store);
    assert_eq!(conflict(store.try_system(|tx| add(tx, &three, &shared, false))).0, "domain_taken");
    // The database itself lets no second one in, whoever comes at the same moment.
    let done = store.try_system(|tx| {
        let row = Domain { live_at: Some(tx.now), ..other.clone() };
        let done = diesel::update(&row).set(&row).execute(tx.db);
        or_conflict(done, TAKEN, taken("shared.example"))
    });
    assert_eq!(conflict(done).0, "domain_taken");
    // Once it is given up it is free.
    store.system(|tx| remove(tx, &one, "shared.example"));
    assert!(store.system(|tx| vouch(tx, &other)).is_live());
}

#[test]
fn a_domain_is_verified_by_its_own_record_only() {
    let store = testing::store();
    let one = organization(&store);
    let domain = store.system(|tx| add(tx, &one, &name("a.example"), false));
    let (record, value) = domain.record();
    assert_eq!(record, "_vestibule.a.example");
    assert_eq!(value, format!("vestibule-domain-verification={}", domain.challenge));
    assert_eq!(domain.challenge.len(), 32);

    let wrong = vec!["v=spf1 -all".to_owned(), format!("{value}0")];
    let checked = store.system(|tx| verify(tx, &domain, &wrong));
    let after = store.read_now(|db| find_in(db, &one, "a.example")).unwrap();
    assert!(after.checked_at.is_some() && !after.is_live());
    let (code, detail) = conflict(checked.into_result());
    assert_eq!(code, "domain_not_verified");
    assert!(detail.contains(&record) && detail.contains(&value) && detail.contains("v=spf1 -all"));
    let missing = store.system(|tx| verify(tx, &domain, &[]));
    assert!(conflict(missing.into_result()).1.contains("none yet"));

    let right = vec!["v=spf1 -all".to_owned(), value];
    let checked = store.system(|tx| verify(tx, &domain, &right));
    let verified = checked.into_result().unwrap();
    assert_eq!((verified.state, verified.is_live()), (DomainState::Verified, true));
    store.system(|tx| verify(tx, &domain, &right));
    assert_eq!(
        store.kinds(Some(&one)),
        ["organization.created", "domain.added", "domain.verified"]
    );
}

#[test]
fn a_record_that_is_missing_later_takes_nothing_away() {
    let store = testing::store();
    let one = organization(&store);
    let domain = store.system(|tx| add(tx, &one, &name("a.example"), true));
    store.clock().advance(TimeDelta::hours(1));
    store.system(|tx| verify(tx, &domain, &[]));
    let after = store.read_now(|db| find_in(db, &one, domain.id.as_str())).unwrap();
    assert_eq!((after.state, after.live_at), (DomainState::Vouched, domain.live_at));
}

#[test]
fn a_domain_is_added_to_an_organization_once() {
    let store = testing::store();
    let one = organization(&store);
    store.system(|tx| add(tx, &one, &name("a.example"), false));
    let done = store.try_system(|tx| add(tx, &one, &name("a.example"), true));
    assert_eq!(conflict(done).0, "domain_exists");
}

#[test]
fn a_shared_mail_domain_belongs_to_no_organization() {
    let store = testing::store();
    let one = organization(&store);
    let done = store.try_system(|tx| add(tx, &one, &name("gmail.com"), true));
    assert!(matches!(done, Err(Error::Invalid(fields)) if fields[0].code == "domain_shared"));
}

#[test]
fn taking_back_a_domain_that_was_never_live_signs_nobody_out() {
    let store = testing::store();
    let one = store.system(|tx| organizations::create(tx, globex())).id;
    store.system(|tx| {
        let made = connections::create(tx, &one, testing::connection())?;
        let application = applications::create(tx, testing::orbit())?.0.id;
        let user = users::create(tx, testing::person(&one, "ann@new.example"))?;
        testing::sign_in(tx, &user, &made.id, &application)?;
        add(tx, &one, &name("new.example"), false)
    });
    store.system(|tx| withdraw(tx, &one, "new.example"));
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (1, 1));
}

#[test]
fn people_of_a_removed_domain_are_signed_out_and_others_stay() {
    let store = testing::store();
    let one = store.system(|tx| organizations::create(tx, globex())).id;
    store.system(|tx| add(tx, &one, &name("other.globex.example"), true));
    let ids = store.system(|tx| {
        let made = connections::create(tx, &one, testing::connection())?;
        let application = applications::create(tx, testing::orbit())?.0.id;
        let mut ids = Vec::new();
        for email in ["Ann@globex.example", "bob@globex.example", "eve@other.globex.example"] {
            let user = users::create(tx, testing::person(&one, email))?;
            testing::sign_in(tx, &user, &made.id, &application)?;
            ids.push(user.id);
        }
        Ok(ids)
    });
    store.clock().advance(TimeDelta::minutes(1));
    store.system(|tx| remove(tx, &one, "globex.example"));
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (1, 1));
    // A sign-in that is on its way with one of them is decided once more.
    let changed: Vec<bool> = ids
        .iter()
        .map(|id| store.read_now(|db| users::find(db, id)).unwrap())
        .map(|user| user.updated_at > user.created_at)
        .collect();
    assert_eq!(changed, [true, true, false]);
    // Neither `_` nor `%` in a name stands for something else.
    store.system(|tx| ending::sessions(tx, Of::Domain(&one, "other_globex.example")));
    store.system(|tx| ending::sessions(tx, Of::Domain(&one, "%")));
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (1, 1));
    store.system(|tx| remove(tx, &one, "other.globex.example"));
    assert_eq!(store.read_now(testing::open_ones).unwrap(), (0, 0));
}

#[test]
fn another_organizations_domain_is_not_found() {
    let store = testing::store();
    let (one, two) = (organization(&store), organization(&store));
    let domain = store.system(|tx| add(tx, &one, &name("a.example"), true));
    for reference in [domain.id.as_str(), "a.example", "", "x"] {
        let found = store.read_now(|db| find_in(db, &two, reference));
        assert!(matches!(found, Err(Error::NotFound { what: "domain", .. })));
    }
    assert!(store.try_system(|tx| remove(tx, &two, "a.example")).is_err());
}

/// When a domain is looked for next, in minutes from now.
fn next(store: &TestStore, domain: &Domain) -> Option<i64> {
    let found = store.read_now(|db| find_in(db, &domain.organization_id, domain.id.as_str()));
    let next = found.unwrap().checks()?.0;
    // The clock of tests goes on by itself, too.
    Some((next.since(store.clock().now()).num_seconds() + 30) / 60)
}

#[test]
fn a_domain_is_looked_for_by_itself_for_72_hours_the_longer_it_is_missing_the_less_often() {
    let store = testing::store();
    let one = organization(&store);
    let domain = store.system(|tx| add(tx, &one, &name("a.example"), false));
    assert_eq!(next(&store, &domain), Some(1));
    assert!(store.system(claim).is_empty(), "nothing is due yet");
    let mut pauses = Vec::new();
    let now = || store.read_now(|db| find_in(db, &one, "a.example")).unwrap();
    while let Some((next, _)) = now().checks() {
        let pause = next.since(store.clock().now());
        store.clock().advance(pause);
        let due = store.system(claim);
        assert_eq!(due.len(), 1, "after {pauses:?}");
        assert!(store.system(claim).is_empty(), "nobody else takes it meanwhile");
        store.system(|tx| verify(tx, &due[0], &[]));
        pauses.push(pause);
    }
    let looks = pauses.len();
    assert!((70..130).contains(&looks), "{looks}");
    assert!(pauses.iter().all(|pause| *pause <= TimeDelta::hours(1)), "{pauses:?}");
    let is_no_longer = |two: &[TimeDelta]| two[0] <= two[1] + TimeDelta::seconds(5);
    assert!(pauses.windows(2).rev().skip(1).all(is_no_longer), "{pauses:?}");
    let last = now();
    assert!(last.checked_at.unwrap().since(last.created_at) >= LOOKED_FOR);
    store.clock().advance(TimeDelta::days(1));
    assert!(store.system(claim).is_empty());
}

#[test]
fn what_is_live_or_gone_is_not_looked_for_and_who_died_at_it_leaves_it_to_others() {
    let store = testing::store();
    let (one, two) = (organization(&store), organization(&store));
    let found = store.system(|tx| add(tx, &one, &name("found.example"), false));
    let vouched = store.system(|tx| add(tx, &one, &name("vouched.example"), false));
    let gone = store.system(|tx| add(tx, &two, &name("gone.example"), false));
    store.system(|tx| add(tx, &one, &name("live.example"), true));
    store.system(|tx| organizations::delete(tx, &two));
    store.system(|tx| vouch(tx, &vouched));
    store.clock().advance(TimeDelta::minutes(1));
    let names = |due: Vec<Domain>| due.into_iter().map(|one| one.name).collect::<Vec<_>>();
    assert_eq!(names(store.system(claim)), ["found.example"]);
    store.clock().advance(TimeDelta::minutes(7));
    assert_eq!(names(store.system(claim)), ["found.example"]);
    // Name servers that do not answer take no look away: a fourth of the eight minutes since it was added is waited for.
    store.system(|tx| put_off(tx, &found.id));
    assert_eq!(next(&store, &found), Some(2));
    store.system(|tx| verify(tx, &found, &[found.record().1]));
    assert_eq!(next(&store, &found), None);
    store.system(|tx| organizations::restore(tx, &two));
    assert_eq!(names(store.system(claim)), ["gone.example"]);
    assert_eq!(next(&store, &gone), Some(5));
}

#[test]
fn domains_that_wait_too_long_come_the_longest_first_and_one_that_was_lost_waits_anew() {
    let store = testing::store();
    let (one, two) = (organization(&store), organization(&store));
    let overdue = || {
        let now = store.clock().now();
        let found = store.read_now(|db| overdue(db, now, 10)).unwrap();
        found.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    store.system(|tx| add(tx, &one, &name("lost.example"), true));
    store.system(|tx| add(tx, &two, &name("first.example"), false));
    store.clock().advance(TimeDelta::hours(2));
    store.system(|tx| add(tx, &two, &name("second.example"), false));
    store.clock().advance(TimeDelta::hours(30));
    store.system(|tx| organizations::delete(tx, &one));
    store.system(|tx| add(tx, &two, &name("lost.example"), true));
    store.system(|tx| organizations::restore(tx, &one));
    let lost = || store.read_now(|db| find_in(db, &one, "lost.example")).unwrap();
    assert_eq!(lost().state, DomainState::Pending);
    assert!(!lost().is_overdue(store.clock().now()), "it waits for no day yet");
    assert_eq!(overdue(), ["first.example", "second.example"]);
    store.clock().advance(TimeDelta::hours(24));
    assert!(lost().is_overdue(store.clock().now()));
    assert_eq!(overdue(), ["first.example", "second.example", "lost.example"]);
    // Nor is it forgotten since when it waits, once it is no longer looked for.
    let since = lost().waits_since();
    store.clock().advance(TimeDelta::hours(72));
    store.system(|tx| verify(tx, &lost(), &[]));
    assert_eq!((lost().waits_since(), lost().checks()), (since, None));
}
