use super::*;

fn attributes(pairs: &[(&str, &[&str])]) -> Vec<Attribute> {
    pairs
        .iter()
        .map(|(name, values)| Attribute {
            name: (*name).to_owned(),
            friendly_name: None,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        })
        .collect()
}

fn name_id(value: &str, format: &str) -> NameId {
    NameId {
        value: value.to_owned(),
        format: Some(format!("urn:oasis:names:tc:SAML:{format}")),
        name_qualifier: None,
        sp_name_qualifier: None,
    }
}

fn opaque() -> NameId {
    name_id("x7f3", "2.0:nameid-format:persistent")
}

fn read(pairs: &[(&str, &[&str])]) -> Profile {
    profile(&attributes(pairs), &opaque(), &Mapping::default())
}

#[test]
fn each_provider_s_usual_names_are_understood() {
    let claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
    let claim = |name: &str| format!("{claims}/{name}");
    let (mail, given, surname, name) =
        (claim("emailaddress"), claim("givenname"), claim("surname"), claim("name"));
    let tables: &[(&str, [&str; 4])] = &[
        ("JumpCloud", ["email", "firstname", "lastname", "memberOf"]),
        ("Okta", ["email", "firstName", "lastName", "groups"]),
        (
            "Entra",
            [
                &mail,
                &given,
                &surname,
                "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups",
            ],
        ),
        ("AD FS", [&mail, &given, &surname, "http://schemas.xmlsoap.org/claims/Group"]),
        (
            "Shibboleth",
            [
                "urn:oid:0.9.2342.19200300.100.1.3",
                "urn:oid:2.5.4.42",
                "urn:oid:2.5.4.4",
                "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
            ],
        ),
        ("Keycloak", ["email", "given_name", "family_name", "group"]),
        ("OneLogin", ["User.email", "User.FirstName", "User.LastName", "memberOf"]),
        ("PingOne", ["workEmail", "givenName", "familyName", "groups"]),
        ("LDAP", ["MAIL", "givenname", "SN", "memberof"]),
    ];
    for (provider, [email, given, family, groups]) in tables {
        let person = read(&[
            (&name, &["ann.upn@globex.example"]),
            (groups, &["Staff", "Billing"]),
            (family, &["Lee"]),
            (given, &["Ann"]),
            (email, &["Ann@Globex.example"]),
        ]);
        assert_eq!(person.email.unwrap().to_string(), "Ann@globex.example", "{provider}");
        assert_eq!(person.email_source.as_deref(), Some(*email));
        assert_eq!(person.given_name.as_deref(), Some("Ann"), "{provider}");
        assert_eq!(person.family_name.as_deref(), Some("Lee"), "{provider}");
        assert_eq!(person.name.as_deref(), Some("Ann Lee"), "{provider}");
        assert_eq!(person.groups, ["Staff", "Billing"], "{provider}");
    }
}

#[test]
fn each_attribute_says_what_it_is_used_for() {
    let person = read(&[
        ("email", &["ann@globex.example"]),
        ("firstName", &["Ann"]),
        ("lastName", &["Lee"]),
        ("memberOf", &["Staff"]),
        ("name", &["ann@globex.example"]),
        ("title", &["Chief"]),
    ]);
    let uses = ["email", "firstName", "lastName", "memberOf", "name", "title"]
        .map(|attribute| person.used_as(attribute));
    let expected =
        ["email", "given_name", "family_name", "groups"].map(|word| Some(word.to_owned()));
    assert_eq!(uses[..4], expected);
    // A login name is no name of a person.
    assert_eq!(uses[4..], [None, None]);
    let person = read(&[("displayName", &["Ann Lee"])]);
    assert_eq!(person.used_as("displayName").as_deref(), Some("name"));
}

#[test]
fn a_friendly_name_helps_where_the_name_does_not() {
    let mut list = attributes(&[("urn:x:1", &["ann@globex.example"]), ("urn:x:2", &["Ann"])]);
    list[0].friendly_name = Some("eMail".to_owned());
    list[1].friendly_name = Some("givenName".to_owned());
    let person = profile(&list, &opaque(), &Mapping::default());
    assert_eq!(person.email_source.as_deref(), Some("urn:x:1"));
    assert_eq!(person.given_name.as_deref(), Some("Ann"));
}

#[test]
fn the_name_id_is_the_email_only_if_it_is_one() {
    for (value, format, email) in [
        ("ann@globex.example", "1.1:nameid-format:emailAddress", true),
        ("ann@globex.example", "1.0:nameid-format:unspecified", true),
        ("ann@globex.example", "2.0:nameid-format:persistent", true),
        ("ann@globex.example", "2.0:nameid-format:transient", false),
        ("GLOBEX\\ann", "1.1:nameid-format:emailAddress", false),
        ("x7f3", "2.0:nameid-format:persistent", false),
    ] {
        let person = profile(&[], &name_id(value, format), &Mapping::default());
        assert_eq!(person.email.is_some(), email, "{value} {format}");
        assert_eq!(person.email_source.as_deref(), email.then_some(NAME_ID));
    }
}

#[test]
fn an_attribute_comes_before_the_name_id() {
    let list = attributes(&[("mail", &["ann@globex.example"])]);
    let id = name_id("ann.upn@globex.example", "1.1:nameid-format:emailAddress");
    let person = profile(&list, &id, &Mapping::default());
    assert_eq!(person.email.unwrap().to_string(), "ann@globex.example");
    // One that holds no address does not hide the next.
    let list = attributes(&[("email", &["", "n/a"]), ("mail", &["x", "ann@globex.example"])]);
    assert_eq!(profile(&list, &id, &Mapping::default()).email_source.as_deref(), Some("mail"));
}

#[test]
fn a_chosen_name_takes_the_place_of_the_usual_ones() {
    let list = attributes(&[
        ("email", &["wrong@globex.example"]),
        ("corpMail", &["ann@globex.example"]),
        ("teams", &["A"]),
        ("groups", &["B"]),
        ("name", &["Wrong"]),
        ("login", &["ann@corp.example"]),
    ]);
    let id = name_id("other@globex.example", "1.1:nameid-format:emailAddress");
    let chosen = |email: &[&str]| Mapping {
        email: email.iter().map(|name| (*name).to_owned()).collect(),
        groups: vec!["Teams".to_owned()],
        name: vec!["login".to_owned()],
        ..Mapping::default()
    };
    let person = profile(&list, &id, &chosen(&["corpmail"]));
    assert_eq!(person.email.unwrap().to_string(), "ann@globex.example");
    assert_eq!(person.groups, ["A"]);
    assert_eq!(person.name.as_deref(), Some("ann@corp.example"));
    assert_eq!(profile(&list, &id, &chosen(&["missing"])).email, None);
    let person = profile(&list, &id, &chosen(&["missing", "nameid"]));
    assert_eq!(person.email_source.as_deref(), Some(NAME_ID));
}

#[test]
fn a_name_is_shown_on_one_line_with_nothing_hidden() {
    let person = read(&[
        ("firstName", &[" ", "\u{202e}Ann\u{0} \r\n  Marie "]),
        ("lastName", &["نام\u{200c}خانوادگی"]),
    ]);
    assert_eq!(person.given_name.as_deref(), Some("Ann Marie"));
    assert_eq!(person.family_name.as_deref(), Some("نام\u{200c}خانوادگی"));
    let long = "a".repeat(1000);
    assert_eq!(read(&[("firstName", &[&long])]).given_name.unwrap().len(), LONGEST_NAME);
}

#[test]
fn a_group_is_listed_once_and_as_it_was_sent() {
    let person = read(&[("groups", &["Staff ", "staff", "Staff", "", "CN=A,DC=b"])]);
    assert_eq!(person.groups, ["Staff", "staff", "CN=A,DC=b"]);
}

#[test]
fn a_hidden_character_does_not_make_one_address_of_two() {
    for value in
        ["admin@globex.example\u{a0}", "admin@globex.example\u{200b}", "admin\u{0}@globex.example"]
    {
        assert_eq!(read(&[("email", &[value])]).email, None);
    }
}
