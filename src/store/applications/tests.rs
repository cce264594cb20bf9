use super::*;
use crate::error::Error;
use crate::store::grants::Lifetimes;
use crate::store::testing::{self, TestStore, globex, orbit as new};
use crate::store::{connections, organizations as customers};
use chrono::TimeDelta;

fn faults<T: std::fmt::Debug>(done: Result<T>) -> Vec<String> {
    match done.unwrap_err() {
        Error::Invalid(faults) => {
            faults.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn is_known(store: &TestStore, id: &ApplicationId, secret: &Secret) -> bool {
    let now = store.clock().now();
    store.read_now(|db| authenticate(db, id, secret.reveal(), now)).unwrap().is_some()
}

#[test]
fn a_web_application_gets_a_secret_and_a_native_one_none() {
    let store = testing::store();
    let (web, secret) = store.system(|tx| create(tx, new()));
    let secret = secret.unwrap();
    assert!(secret.reveal().starts_with("cs_"));
    assert!(is_known(&store, &web.id, &secret));
    let native = NewApplication { kind: ApplicationKind::Native, ..new() };
    let (native, none) = store.system(|tx| create(tx, native));
    assert!(none.is_none());
    assert!(!is_known(&store, &native.id, &secret));
    let done = store.try_system(|tx| add_secret(tx, &native.id, None));
    assert!(matches!(done, Err(Error::Conflict { code: "application_is_public", .. })));
    let all = store.read_now(|db| page(db, &Window::default())).unwrap().data;
    assert_eq!(all.iter().map(|a| &a.id).collect::<Vec<_>>(), [&native.id, &web.id]);
}

#[test]
fn every_wrong_address_is_told_with_its_place() {
    let store = testing::store();
    let wrong = NewApplication {
        name: String::new(),
        redirect_uris: vec![
            "https://app.example/".to_owned(),
            "http://app.example/".to_owned(),
            "https://app.example/".to_owned(),
        ],
        post_logout_redirect_uris: vec!["https://app.example/#x".to_owned()],
        initiate_login_uri: Some("ftp://app.example/".to_owned()),
        no_connection: NoConnection::Fallback,
        organizations: Some(vec![OrganizationId::new()]),
        ..new()
    };
    assert_eq!(
        faults(store.try_system(|tx| create(tx, wrong))),
        [
            "/name required",
            "/redirect_uris/1 address_invalid",
            "/redirect_uris/2 repeated",
            "/post_logout_redirect_uris/0 address_invalid",
            "/initiate_login_uri not_https",
            "/fallback_url required",
            "/organizations/0 not_found",
        ]
    );
    let none = NewApplication { redirect_uris: vec![], ..new() };
    assert_eq!(faults(store.try_system(|tx| create(tx, none))), ["/redirect_uris required"]);
}

#[test]
fn an_application_admits_the_organizations_it_lists() {
    let store = testing::store();
    let one = store.system(|tx| customers::create(tx, globex())).id;
    let (any, _) = store.system(|tx| create(tx, new()));
    let listed = NewApplication { organizations: Some(vec![one.clone()]), ..new() };
    let (listed, _) = store.system(|tx| create(tx, listed));
    let listed = store.read_now(|db| find(db, &listed.id)).unwrap();
    assert!(any.admits(&one) && any.admits(&OrganizationId::new()));
    assert!(listed.admits(&one) && !listed.admits(&OrganizationId::new()));
}

#[test]
fn a_change_touches_what_it_names_and_is_checked_as_a_whole() {
    let store = testing::store();
    let (made, _) = store.system(|tx| create(tx, new()));
    let nothing = ApplicationPatch { name: Some("Orbit ".to_owned()), ..Default::default() };
    store.system(|tx| change(tx, &made.id, nothing));
    let patch = ApplicationPatch {
        no_connection: Some(NoConnection::Fallback),
        fallback_url: Some(Some("https://app.example/login".to_owned())),
        id_token_alg: Some(IdTokenAlg::Es256),
        ..Default::default()
    };
    store.system(|tx| change(tx, &made.id, patch));
    let after = store.read_now(|db| find(db, &made.id)).unwrap();
    assert_eq!(after.fallback_url.as_deref(), Some("https://app.example/login"));
    assert_eq!(after.id_token_alg, IdTokenAlg::Es256);
    assert_eq!(*after.redirect_uris, *made.redirect_uris);
    let patch = ApplicationPatch { fallback_url: Some(None), ..Default::default() };
    let done = store.try_system(|tx| change(tx, &made.id, patch));
    assert_eq!(faults(done), ["/fallback_url required"]);
    assert_eq!(
        store.kinds(None),
        ["application.created", "application.secret_created", "application.updated"]
    );
}

#[test]
fn two_secrets_are_live_at_most_and_each_works_until_it_is_revoked_or_ends() {
    let store = testing::store();
    let (made, first) = store.system(|tx| create(tx, new()));
    let first = first.unwrap();
    let ends = store.clock().now().plus(TimeDelta::days(1));
    let (_, second) = store.system(|tx| add_secret(tx, &made.id, Some(ends)));
    assert!(is_known(&store, &made.id, &first) && is_known(&store, &made.id, &second));
    let third = store.try_system(|tx| add_secret(tx, &made.id, None));
    assert!(matches!(third, Err(Error::Conflict { code: "too_many_secrets", .. })));

    store.clock().advance(TimeDelta::days(1));
    assert!(is_known(&store, &made.id, &first) && !is_known(&store, &made.id, &second));
    let (third, third_secret) = store.system(|tx| add_secret(tx, &made.id, None));
    store.system(|tx| revoke_secret(tx, &made.id, &third.id));
    assert!(!is_known(&store, &made.id, &third_secret));
    assert!(store.try_system(|tx| revoke_secret(tx, &made.id, &third.id)).is_err());
    let past = store.try_system(|tx| add_secret(tx, &made.id, Some(ends)));
    assert_eq!(faults(past), ["/expires_at in_the_past"]);
}

#[test]
fn a_secret_works_for_its_own_application_only() {
    let store = testing::store();
    let (one, secret) = store.system(|tx| create(tx, new()));
    let (two, other) = store.system(|tx| create(tx, new()));
    let (secret, other) = (secret.unwrap(), other.unwrap());
    assert!(is_known(&store, &one.id, &secret) && is_known(&store, &two.id, &other));
    assert!(!is_known(&store, &one.id, &other) && !is_known(&store, &two.id, &secret));
    assert!(!is_known(&store, &ApplicationId::new(), &secret));
    let rows = store.read_now(|db| secrets(db, &one.id)).unwrap();
    assert!(!is_known(&store, &one.id, &Secret::from(rows[0].hash.clone())));
    assert!(store.try_system(|tx| revoke_secret(tx, &two.id, &rows[0].id)).is_err());
    store.system(|tx| touch_secret(tx, &rows[0].id));
    assert!(store.read_now(|db| secrets(db, &one.id)).unwrap()[0].last_used_at.is_some());
}

#[test]
fn what_was_granted_of_an_organization_that_is_no_longer_admitted_ends() {
    let store = testing::store();
    let made = store.system(|tx| create(tx, new())).0;
    let other = store.system(|tx| create(tx, new())).0;
    let signed_in = |domain: &str| {
        let domains = vec![crate::domain::DomainName::parse(domain).unwrap()];
        store.system(|tx| {
            let one = customers::create(tx, customers::NewOrganization { domains, ..globex() })?.id;
            let connection = connections::create(tx, &one, testing::connection())?.id;
            let person = testing::person(&one, &format!("ann@{domain}"));
            let ann = crate::store::users::create(tx, person)?;
            testing::sign_in(tx, &ann, &connection, &made.id)?;
            testing::sign_in(tx, &ann, &connection, &other.id)?;
            Ok(one)
        })
    };
    let (globex, _) = (signed_in("globex.example"), signed_in("initech.example"));
    let admit = |list: Option<Vec<OrganizationId>>| {
        let patch = ApplicationPatch { organizations: Some(list), ..Default::default() };
        store.system(|tx| change(tx, &made.id, patch));
        store.read_now(testing::open_ones).unwrap()
    };
    assert_eq!(admit(None), (4, 4));
    // The sessions are of the people, who use the other application.
    assert_eq!(admit(Some(vec![globex])), (4, 3));
    assert_eq!(admit(Some(vec![])), (4, 2));
}

#[test]
fn a_deleted_application_is_gone() {
    let store = testing::store();
    let (made, _) = store.system(|tx| create(tx, new()));
    store.system(|tx| delete(tx, &made.id));
    assert!(store.read_now(|db| find(db, &made.id)).is_err());
    assert!(store.read_now(|db| page(db, &Window::default())).unwrap().data.is_empty());
    assert!(store.try_system(|tx| delete(tx, &made.id)).is_err());
}

#[test]
fn the_demos_app_is_nobodys_home_but_the_demos() {
    let store = testing::store();
    let start = |path: &str| Some(format!("https://app.example/{path}"));
    let able = NewApplication { initiate_login_uri: start("login"), ..new() };
    let demo = NewApplication { is_demo: true, initiate_login_uri: start("demo"), ..new() };
    let demo = store.system(|tx| create(tx, demo)).0;
    let customer = store.system(|tx| customers::create(tx, globex()));
    let home = |wished: Option<&ApplicationId>| {
        let found = store.read_now(|db| home_of(db, &customer.id, wished)).unwrap();
        found.map(|application| application.id)
    };
    assert_eq!(home(None), None);
    assert_eq!(home(Some(&demo.id)).as_ref(), Some(&demo.id));
    let orbit = store.system(|tx| create(tx, able)).0;
    assert_eq!(home(None).as_ref(), Some(&orbit.id));
    let theirs = customers::NewOrganization {
        is_demo: true,
        external_id: None,
        domains: Vec::new(),
        ..globex()
    };
    let theirs = store.system(|tx| customers::create(tx, theirs));
    store.system(|tx| {
        change(
            tx,
            &orbit.id,
            ApplicationPatch { initiate_login_uri: Some(None), ..ApplicationPatch::default() },
        )
    });
    let found = store.read_now(|db| home_of(db, &theirs.id, None)).unwrap();
    assert_eq!(found.map(|application| application.id).as_ref(), Some(&demo.id));
}

#[test]
fn a_deleted_application_can_be_restored_with_its_secrets_for_30_days() {
    let store = testing::store();
    let hosts = vec!["reports.example.com".to_owned()];
    let web = NewApplication { protected_hosts: hosts.clone(), ..new() };
    let (made, secret) = store.system(|tx| create(tx, web.clone()));
    store.system(|tx| delete(tx, &made.id));
    let deleted = || {
        let now = store.clock().now();
        store.read_now(|db| Ok((deleted(db, &Window::default(), now)?, count_deleted(db, now)?)))
    };
    let (listed, count) = deleted().unwrap();
    assert_eq!((listed.data[0].id == made.id, count), (true, 1));
    // Another one has its host meanwhile.
    let (other, _) = store.system(|tx| create(tx, web));
    let refused = faults(store.try_system(|tx| restore(tx, &made.id)));
    assert_eq!(refused, ["/protected_hosts/0 host_taken"]);
    store.system(|tx| delete(tx, &other.id));
    store.clock().advance(TimeDelta::days(29));
    let restored = store.system(|tx| restore(tx, &made.id));
    assert_eq!((restored.deleted_at, restored.protected_hosts.into_inner()), (None, hosts));
    assert!(is_known(&store, &made.id, &secret.unwrap()));
    assert_eq!(
        testing::refused(store.try_system(|tx| restore(tx, &made.id))),
        "no deleted application"
    );
    assert!(store.kinds(None).contains(&"application.restored".to_owned()));
    store.clock().advance(TimeDelta::days(2));
    assert_eq!(
        testing::refused(store.try_system(|tx| restore(tx, &other.id))),
        "no deleted application"
    );
    assert_eq!(deleted().unwrap().1, 0);
}

#[test]
fn an_application_has_lifetimes_of_its_own_within_bounds() {
    let store = testing::store();
    let own = OwnLifetimes { access_token: Some(900), ..OwnLifetimes::default() };
    let (made, _) = store.system(|tx| create(tx, NewApplication { lifetimes: own, ..new() }));
    let hours = TimeDelta::hours;
    let usual = Lifetimes { code: hours(1), access_token: hours(2), refresh_token: hours(3) };
    let set = made.lifetimes(usual);
    assert_eq!((set.access_token, set.refresh_token), (TimeDelta::minutes(15), hours(3)));
    assert_eq!(made.id_token_lasts(hours(4)), hours(4));
    let patch = |lifetimes| ApplicationPatch { lifetimes, ..ApplicationPatch::default() };
    let other = LifetimesPatch {
        id_token: Some(Some(60)),
        access_token: Some(None),
        refresh_token: Some(Some(7200)),
    };
    let changed = store.system(|tx| change(tx, &made.id, patch(other)));
    let set = changed.lifetimes(usual);
    assert_eq!((set.access_token, set.refresh_token), (hours(2), hours(2)));
    assert_eq!(changed.id_token_lasts(hours(4)), TimeDelta::minutes(1));
    let refreshing = |id| store.read_now(|db| refreshing(db, id, hours(3))).unwrap();
    assert_eq!(refreshing(&made.id), hours(2));
    assert_eq!(refreshing(&ApplicationId::new()), hours(3));
    let wrong = LifetimesPatch {
        id_token: Some(Some(59)),
        access_token: Some(Some(86_401)),
        refresh_token: Some(Some(-1)),
    };
    let refused = faults(store.try_system(|tx| change(tx, &made.id, patch(wrong))));
    let all = ["id_token_ttl", "access_token_ttl", "refresh_token_ttl"];
    assert_eq!(refused, all.map(|name| format!("/{name} out_of_range")));
}
