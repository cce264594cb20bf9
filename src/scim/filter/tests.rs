use super::*;
use serde_json::json;

fn ann() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "usr_1",
        "externalId": "Ex-1",
        "userName": "Ann@Example.com",
        "name": { "familyName": "O'Malley", "givenName": "Ann" },
        "displayName": "",
        "active": true,
        "emails": [
            { "value": "ann@example.com", "type": "work", "primary": true },
            { "value": "ann@home.example", "type": "home" },
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "department": "Research", "manager": { "value": "usr_2" },
        },
        "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User": { "roles": ["admin", "user"] },
        "meta": { "lastModified": "2026-01-31T09:30:00Z" },
    })
}

fn is(text: &str) -> bool {
    matches(&parse(Kind::User, text).unwrap(), ann().as_object().unwrap())
}

fn fault(text: &str) -> String {
    let error = parse(Kind::User, text).unwrap_err();
    assert_eq!(error.status, 400);
    assert_eq!(error.scim_type, Some(crate::scim::ScimType::InvalidFilter));
    error.to_string()
}

#[test]
fn every_operator_compares_as_rfc_7644_says() {
    for (text, expected) in [
        ("userName eq \"ann@example.com\"", true),
        ("userName ne \"ann@example.com\"", false),
        ("userName co \"EXAMPLE\"", true),
        ("userName sw \"ann\"", true),
        ("userName ew \".com\"", true),
        ("userName ew \".org\"", false),
        ("userName gt \"ana\"", true),
        ("userName ge \"ann@example.com\"", true),
        ("userName lt \"ann\"", false),
        ("userName le \"ann@example.com\"", true),
        ("userName pr", true),
        ("displayName pr", false),
        ("nickName pr", false),
        ("nickName ne \"x\"", true),
        ("nickName eq null", true),
        ("nickName ne null", false),
        ("active eq true", true),
        ("active eq \"False\"", false),
        ("meta.lastModified gt \"2026-01-31T10:00:00+01:00\"", true),
        ("meta.lastModified lt \"2026-01-31\"", false),
        ("meta.lastModified eq \"2026-01-31T09:30:00.000Z\"", true),
    ] {
        assert_eq!(is(text), expected, "{text}");
    }
}

#[test]
fn the_case_of_a_value_counts_where_the_schema_says_so() {
    assert!(is("externalId eq \"Ex-1\""));
    assert!(!is("externalId eq \"ex-1\""));
    assert!(!is("id eq \"USR_1\""));
}

#[test]
fn names_and_operators_have_no_case() {
    assert!(is("USERNAME EQ \"ann@example.com\" AND NOT (Active Eq false)"));
}

#[test]
fn and_binds_before_or_and_parentheses_before_both() {
    assert!(is("userName pr or userName pr and nickName pr"));
    assert!(!is("(userName pr or userName pr) and nickName pr"));
    assert!(is("not (nickName pr) and userName pr"));
    assert!(is("not(nickName pr)"));
}

#[test]
fn a_complex_filter_is_true_of_one_element() {
    assert!(is("emails[type eq \"work\" and value co \"@example.com\"]"));
    assert!(!is("emails[type eq \"home\" and value co \"@example.com\"]"));
    assert!(is("emails.type eq \"home\" and emails.value co \"@example.com\""));
    assert!(is("emails eq \"ann@home.example\""));
    assert!(is("emails[not (type eq \"work\")]"));
    assert!(!is("phoneNumbers[type eq \"work\"]"));
}

#[test]
fn a_path_with_a_urn_leads_into_an_extension() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert!(is(&format!("{enterprise}:department eq \"research\"")));
    assert!(is(&format!("{enterprise}:manager.value eq \"usr_2\"")));
    assert!(is("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"ann\""));
    assert!(is("urn:ietf:params:scim:schemas:extension:vestibule:2.0:User:roles eq \"admin\""));
}

#[test]
fn entra_filters_on_external_id_sometimes_unquoted() {
    assert!(is("externalId eq Ex-1"));
    assert!(is("(externalId eq Ex-1)"));
}

#[test]
fn entra_matches_by_a_path_after_the_brackets() {
    assert!(is("emails[type eq \"work\"].value eq \"ann@example.com\""));
    assert!(!is("emails[type eq \"home\"].value eq \"ann@example.com\""));
}

#[test]
fn a_value_is_a_string_of_json() {
    assert!(is("name.familyName eq \"o'malley\""));
    assert!(is(r#"userName eq "\u0061nn@example.com""#));
    assert!(!is(r#"userName eq "a \" b\\""#));
}

#[test]
fn what_cannot_be_read_says_where_and_what_would_be_accepted() {
    let told = fault("userName eqq \"x\"");
    assert!(told.contains("userName eqq") && told.contains("eq, ne, co"), "{told}");
    assert!(told.ends_with("[filter_unsupported]"), "{told}");
    assert!(fault("usrName eq \"x\"").contains("no such attribute"));
    assert!(fault("name eq \"x\"").contains("has parts"));
    assert!(fault("active gt true").contains("eq and ne only"));
    assert!(fault("meta.created eq \"yesterday\"").contains("a date like"));
    assert!(fault("active eq \"maybe\"").contains("true or false"));
    assert!(fault("userName[value eq \"x\"]").contains("has parts"));
    assert!(fault(r#"userName eq "\u0000""#).contains("NUL"));
}

#[test]
fn what_is_no_filter_is_refused() {
    for text in [
        "",
        " ",
        "userName",
        "userName eq",
        "eq \"x\"",
        "userName eq \"x",
        "userName eq \"x\" and",
        "(userName pr",
        "userName pr)",
        "userName pr userName pr",
        "emails[type eq \"work\"",
        "emails[emails pr]",
        "not userName pr",
        "userName = \"x\"",
        "\"x\" eq userName",
        "userName eq \"\\x\"",
        "emails[type eq \"work\"].nobody pr",
        "userName PRESENT",
    ] {
        fault(text);
    }
}

#[test]
fn depth_and_number_of_terms_are_bounded() {
    let nested = |n: usize| format!("{}userName pr{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(Kind::User, &nested(32)).is_ok());
    assert!(fault(&nested(33)).contains("nested deeper"));
    assert!(fault(&nested(10_000)).contains("longer") || fault(&nested(5_000)).contains("nested"));
    let many = |n: usize| vec!["userName pr"; n].join(" or ");
    assert!(parse(Kind::User, &many(100)).is_ok());
    assert!(fault(&many(101)).contains("100"));
    assert!(parse(Kind::User, "userName eq \"((((((((((((((((((((((((((((((((((((\"").is_ok());
}

#[test]
fn a_filter_as_text_reads_as_the_same_filter() {
    for text in [
        "userName eq \"ann\"",
        "userName eq \"a\\\"b\" and (nickName pr or not (active eq true))",
        "emails[type eq \"work\" and value co \"@\"]",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value ne null",
        "meta.created ge \"2026-01-31T09:30:00.123Z\"",
    ] {
        let filter = parse(Kind::User, text).unwrap();
        assert_eq!(parse(Kind::User, &filter.to_string()).unwrap(), filter, "{filter}");
    }
}

#[test]
fn the_examples_of_rfc_7644_and_rfc_9865_are_understood() {
    for text in [
        "userName Eq \"john\"",
        "Username eq \"john\"",
        "name.familyName co \"O'Malley\"",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"",
        "title pr and userType eq \"Employee\"",
        "title pr or userType eq \"Intern\"",
        "schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"",
        "userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")",
        "userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")",
        "userType eq \"Employee\" and (emails.type eq \"work\")",
        "userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]",
        "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]",
        "(meta.resourceType eq User) or (meta.resourceType eq Group)",
        "meta.lastModified ge \"2011-05-13T04:42:34Z\"",
        "userName sw J",
    ] {
        assert!(parse(Kind::User, text).is_ok(), "{text}");
    }
    assert!(is("schemas eq \"URN:ietf:params:scim:schemas:core:2.0:User\""));
}

#[test]
fn spaces_at_the_ends_count_where_a_part_of_a_value_is_looked_for() {
    assert!(is("userName eq \" ann@example.com \""));
    assert!(!is("userName co \" \""));
    assert!(!is("userName sw \" ann\""));
}

#[test]
fn a_date_has_a_year_of_four_digits() {
    assert!(parse(Kind::User, "meta.created gt \"0001-01-01\"").is_ok());
    for year in ["0000", "-0001", "+10000", "+262142", "-262143"] {
        assert!(fault(&format!("meta.created gt \"{year}-01-01\"")).contains("a date like"));
    }
    assert!(fault("meta.created gt \"9999-12-31T23:59:59-23:59\"").contains("a date like"));
}
