//! What is true of every filter, whoever wrote it.

use super::*;
use proptest::prelude::*;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Any character but NUL, which no value may contain.
const ANY: &str = "[^\u{0}]{0,12}";

fn quoted() -> impl Strategy<Value = String> {
    prop_oneof![ANY, "[ a-zß\"\\\\()\\[\\]ΣİA-Z]{0,6}"]
        .prop_map(|text| Value::from(text).to_string())
}

fn order() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["eq", "ne", "gt", "GE", "lt", "le"])
}

/// Comparisons that fit the types of what these names are names of.
fn comparison(texts: Vec<String>, booleans: Vec<&'static str>) -> impl Strategy<Value = String> {
    let text = (prop::sample::select(texts.clone()), "eq|ne|co|sw|Ew|gt|ge|lt|le", quoted());
    let boolean = (prop::sample::select(booleans), "eq|ne", "true|False|\"True\"|null");
    prop_oneof![
        4 => text.prop_map(|(name, op, value)| format!("{name} {op} {value}")),
        1 => boolean.prop_map(|(name, op, value)| format!("{name} {op} {value}")),
        1 => prop::sample::select(texts.clone()).prop_map(|name| format!("{name} pr")),
        1 => prop::sample::select(texts).prop_map(|name| format!("{name} ne null")),
    ]
}

fn moment() -> impl Strategy<Value = String> {
    let first = -62_135_596_800_i64; // 0001-01-01
    let last = 253_402_300_799_i64; // 9999-12-31
    (order(), first..=last, 0..1_000_000_000_u32).prop_filter_map("a date", |(op, second, nano)| {
        let moment = DateTime::from_timestamp(second, nano)?;
        Some(format!("meta.created {op} \"{}\"", moment.to_rfc3339()))
    })
}

fn joined(term: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    term.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} and {other}")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} OR {other}")),
            inner.clone().prop_map(|inner| format!("( {inner} )")),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
    .boxed()
}

/// A filter of a user, as text.
fn written() -> impl Strategy<Value = String> {
    let names =
        ["userName", "EXTERNALID", "id", "name.familyName", "emails.value", "emails", "schemas"];
    let mut names: Vec<String> = names.map(str::to_owned).to_vec();
    names.push(format!("{ENTERPRISE}:department"));
    names.push(format!("{ENTERPRISE}:manager.value"));
    let within = || joined(comparison(vec!["value".into(), "type".into()], vec!["primary"]));
    let with_path =
        (within(), quoted()).prop_map(|(inner, value)| format!("emails[{inner}].value eq {value}"));
    joined(prop_oneof![
        4 => comparison(names, vec!["active", "emails.primary"]),
        1 => moment(),
        2 => within().prop_map(|inner| format!("emails[{inner}]")),
        1 => with_path,
    ])
}

/// Any JSON: most of it none that a schema knows.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ a-zA-Z@.]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let name = prop::sample::select(vec![
            "userName",
            "externalId",
            "emails",
            "value",
            "type",
            "primary",
            "active",
            "name",
            "familyName",
            "meta",
            "created",
            "schemas",
            ENTERPRISE,
            "manager",
            "department",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.prop_map(str::to_owned), inner, 0..8)
                .prop_map(|parts| Value::Object(parts.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_that_is_written_and_read_is_the_same(text in written()) {
        match parse(Kind::User, &text) {
            Ok(filter) => {
                let again = filter.to_string();
                prop_assert_eq!(parse(Kind::User, &again), Ok(filter), "{} as {}", text, again);
            }
            Err(error) => prop_assert!(text.len() > 1_000, "{}: {}", text, error),
        }
    }

    #[test]
    fn either_a_filter_or_its_negation_is_true(text in written(), resource in anything()) {
        let resource = resource.as_object().cloned().unwrap_or_default();
        if let Ok(filter) = parse(Kind::User, &text) {
            let is_so = matches(&filter, &resource);
            prop_assert_ne!(is_so, matches(&Filter::Not(Box::new(filter)), &resource));
        }
    }

    #[test]
    fn whatever_is_no_filter_is_refused_without_harm(text in "\\PC{0,60}", kept in 0_usize..400, good in written()) {
        let _ = parse(Kind::User, &text);
        let cut: String = good.chars().take(kept).chain(text.chars()).collect();
        if let Err(error) = parse(Kind::Group, &cut) {
            prop_assert_eq!(error.status, 400);
        }
    }
}
