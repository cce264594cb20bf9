//! The rules of settings that are put while the gateway runs, by their words.

use super::*;
use crate::config::{Flags, Origin, Surroundings, load_from};
use crate::store::testing::{self, TestStore};
use crate::store::{Window, events};

/// Settings of which a flag and the environment fix one each.
fn start() -> Loaded {
    let flags = vec![("sign_in.session".to_owned(), "9h".to_owned())];
    let variables = vec![("VESTIBULE_BRAND__NAME".to_owned(), "Orbit Labs".to_owned())];
    let around = Surroundings { variables, files: Vec::new() };
    load_from(&Flags { config: None, settings: flags }, &around).unwrap()
}

fn master() -> MasterKey {
    MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", None).unwrap()
}

fn wish(settings: &[(&str, Option<&str>)]) -> Wish {
    let one = |(name, value): &(&str, Option<&str>)| ((*name).to_owned(), value.map(str::to_owned));
    Wish { settings: settings.iter().map(one).collect(), seen: None }
}

fn ask(store: &TestStore, wish: &Wish) -> Result<()> {
    store.try_system(|tx| change(tx, &start(), &master(), wish))
}

fn effective(store: &TestStore) -> Loaded {
    let put = store.read_now(|db| put(db, &master())).unwrap();
    start().with(&put).0
}

fn codes(refused: Result<()>) -> Vec<(String, String)> {
    match refused {
        Err(Error::Invalid(errors)) => {
            errors.into_iter().map(|error| (error.pointer, error.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_put_is_in_effect_above_what_is_built_in_and_below_what_is_fixed() {
    let store = testing::store();
    ask(
        &store,
        &wish(&[("retention.traces", Some("7d")), ("brand.support", Some("help@a.example"))]),
    )
    .unwrap();
    let loaded = effective(&store);
    assert_eq!(loaded.config.retention.traces.to_string(), "7d");
    assert_eq!(loaded.config.brand.support.as_ref().unwrap().href(), "mailto:help@a.example");
    assert_eq!(loaded.origin("retention.traces"), Origin::Console);
    assert_eq!(loaded.origin("retention.audit"), Origin::BuiltIn);
    assert_eq!(loaded.config.brand.name, "Orbit Labs");
    // A value that a file or the environment fixes later wins, and leaves what was put where it is.
    let put = Put::from([("brand.name", "Other".to_owned())]);
    assert_eq!(start().with(&put).0.config.brand.name, "Orbit Labs");
}

#[test]
fn what_is_given_back_has_the_value_that_it_has_otherwise() {
    let store = testing::store();
    ask(&store, &wish(&[("retention.traces", Some("7d"))])).unwrap();
    ask(&store, &wish(&[("retention.traces", None)])).unwrap();
    assert_eq!(effective(&store).config.retention.traces.to_string(), "30d");
    let rows = store.read_now(rows).unwrap();
    assert_eq!((rows[0].value.as_deref(), rows[0].revision), (None, 2), "who did it stays");
    // What can be without a value is so when the field is empty.
    ask(&store, &wish(&[("brand.support", Some("help@a.example"))])).unwrap();
    ask(&store, &wish(&[("brand.support", Some("  "))])).unwrap();
    assert!(effective(&store).config.brand.support.is_none());
}

#[test]
fn what_is_fixed_or_read_at_the_start_or_unknown_is_refused_with_a_code() {
    let store = testing::store();
    let refused = ask(
        &store,
        &wish(&[
            ("sign_in.session", Some("1h")),
            ("brand.name", None),
            ("database.url", Some("sqlite://x")),
            ("brand.nam", Some("x")),
            ("retention.traces", Some("7d")),
        ]),
    );
    let expected = [
        ("/sign_in.session", "setting_locked"),
        ("/brand.name", "setting_locked"),
        ("/database.url", "setting_of_the_start"),
        ("/brand.nam", "setting_unknown"),
    ];
    assert_eq!(codes(refused), expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    assert!(store.read_now(rows).unwrap().is_empty(), "all of it or nothing");
}

#[test]
fn a_value_that_a_file_could_not_have_is_refused_at_its_setting() {
    let store = testing::store();
    let wrong = [
        ("retention.traces", "soon"),
        ("retention.audit", "1d"),
        ("sign_in.clock_skew", "181s"),
        ("brand.back", "javascript:alert(1)"),
        ("brand.support", "a\0@b.example"),
    ];
    let settings: Vec<_> = wrong.iter().map(|(name, text)| (*name, Some(*text))).collect();
    let Err(Error::Invalid(mut errors)) = ask(&store, &wish(&settings)) else { panic!() };
    errors.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    let told: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    // What cannot be read is told first, what breaks a rule with the rest of it.
    assert_eq!(
        told,
        [
            "/brand.back",
            "/brand.support",
            "/retention.audit",
            "/retention.traces",
            "/sign_in.clock_skew"
        ]
    );
    assert!(errors.iter().all(|error| error.code == "setting_not_accepted"));
    assert!(errors[2].detail.contains("from 30d to 3650d"), "{}", errors[2].detail);
}

#[test]
fn what_was_changed_since_it_was_seen_is_not_written_over() {
    let store = testing::store();
    ask(&store, &wish(&[("retention.traces", Some("7d"))])).unwrap();
    let seen = store.read_now(revision).unwrap();
    ask(&store, &wish(&[("retention.traces", Some("8d"))])).unwrap();
    let stale = Wish { seen: Some(seen), ..wish(&[("retention.traces", Some("9d"))]) };
    assert!(matches!(ask(&store, &stale), Err(Error::Stale(_))));
    // Another setting, and the same value, stand in nobody's way.
    let other = Wish {
        seen: Some(seen),
        ..wish(&[("retention.requests", Some("9d")), ("retention.traces", Some("8d"))])
    };
    ask(&store, &other).unwrap();
    let loaded = effective(&store);
    assert_eq!(loaded.config.retention.traces.to_string(), "8d");
    assert_eq!(loaded.config.retention.requests.to_string(), "9d");
}

#[test]
fn the_audit_log_keeps_what_was_before_and_after_and_nothing_of_what_stays() {
    let store = testing::store();
    ask(&store, &wish(&[("retention.traces", Some("7d"))])).unwrap();
    ask(&store, &wish(&[("retention.traces", Some("7d")), ("retention.requests", None)])).unwrap();
    let page = store
        .read_now(|db| events::page(db, &Window::default(), &events::Filter::default()))
        .unwrap();
    assert_eq!(page.data.len(), 1, "what changes nothing leaves no trace");
    let event = &page.data[0];
    assert_eq!((event.kind.as_str(), event.subject_id.as_str()), ("settings.changed", "settings"));
    let change = event.change.as_ref().unwrap();
    assert_eq!(json!(change.before), json!({ "retention.traces": "30d" }));
    assert_eq!(json!(change.after), json!({ "retention.traces": "7d" }));
    assert_eq!(store.read_now(revision).unwrap(), 1);
}

#[test]
fn what_a_row_says_from_another_time_keeps_nobody_from_starting() {
    let put = Put::from([
        ("retention.traces", "never".to_owned()),
        ("retention.audit", "2d".to_owned()),
        ("retention.requests", "9d".to_owned()),
        ("listen", "0.0.0.0:1".to_owned()),
    ]);
    let (loaded, told) = start().with(&put);
    assert_eq!(loaded.config.retention.requests.to_string(), "9d");
    assert_eq!(loaded.config.retention.traces.to_string(), "30d");
    assert_eq!(loaded.config.listen.port(), 8080);
    let about: Vec<_> = told.iter().filter_map(|problem| problem.about.as_deref()).collect();
    assert_eq!(about, ["retention.traces", "retention.audit"]);
}
