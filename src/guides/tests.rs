//! The rules of the guides, by their words.

use super::*;
use crate::clock::Clock;

const VALUES: Values<'_> = Values {
    idp_entity_id: Some("https://sso.orbitlabs.example/idp/con_7hq2vk"),
    sp_entity_id: "https://sso.orbitlabs.example/saml/con_7hq2vk",
    sp_metadata_url: "https://sso.orbitlabs.example/saml/con_7hq2vk",
    acs: "https://sso.orbitlabs.example/saml/con_7hq2vk/acs",
    slo: "https://sso.orbitlabs.example/saml/con_7hq2vk/slo",
    login_url: "https://sso.orbitlabs.example/login/con_7hq2vk",
    app: Some("Orbit Labs"),
};

fn loaded() -> (Guides, Locale) {
    (Guides::load(None).unwrap(), Locale::load("en").unwrap())
}

#[test]
fn each_provider_has_one_guide_and_the_generic_one_is_last() {
    let (guides, _) = loaded();
    let ids: Vec<_> = guides.all().map(|guide| guide.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "jumpcloud",
            "okta",
            "entra",
            "google",
            "onelogin",
            "pingone",
            "rippling",
            "keycloak",
            "adfs",
            "auth0",
            "duo",
            "cyberark",
            "generic"
        ]
    );
    assert!(guides.find("jumpcluod").is_err());
    assert_eq!(guides.of("gone").id, GENERIC);
}

#[test]
fn whoever_wants_single_logout_is_told_where_our_address_for_it_goes() {
    let (guides, locale) = loaded();
    let without: Vec<_> =
        guides.all().filter(|guide| guide.logout.is_empty()).map(|guide| &*guide.id).collect();
    // Their consoles have nothing for it in a custom app.
    assert_eq!(without, ["jumpcloud", "google", "rippling"]);
    for guide in guides.all().filter(|guide| !guide.logout.is_empty()) {
        let filled = guide.fill_logout(&locale, &VALUES);
        assert_eq!(filled.iter().filter(|entry| entry.value == VALUES.slo).count(), 1);
        assert!(filled.iter().all(|entry| !entry.value.contains('{')), "{filled:?}");
    }
}

#[test]
fn every_guide_asks_for_our_entity_id_and_acs_and_leaves_no_name_in_braces() {
    let (guides, locale) = loaded();
    for guide in guides.all() {
        let values = guide.fill(&locale, &VALUES);
        assert_eq!(values.len(), guide.values.len(), "{}", guide.id);
        for needed in [VALUES.sp_entity_id, VALUES.acs] {
            let count = values.iter().filter(|entry| entry.value == needed).count();
            assert!(count >= 1, "{} asks nowhere for {needed}", guide.id);
        }
        for entry in values {
            assert!(!entry.value.contains('{'), "{}: {}", guide.id, entry.value);
        }
        let asks = guide.values.iter().any(|entry| entry.value == "{idp_entity_id}");
        assert_eq!(asks, guide.idp_entity_id == EntityIdSource::Generated, "{}", guide.id);
        assert!(guide.metadata.url || guide.metadata.file);
        assert_eq!(guide.tile.len(), 2);
    }
}

#[test]
fn jumpcloud_reads_as_its_console() {
    let (guides, locale) = loaded();
    let guide = guides.find("jumpcloud").unwrap();
    let values = guide.fill(&locale, &VALUES);
    let lines: Vec<_> =
        values.iter().map(|entry| format!("{:26}{}", entry.label, entry.value)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    IdP Entity ID             https://sso.orbitlabs.example/idp/con_7hq2vk
    SP Entity ID              https://sso.orbitlabs.example/saml/con_7hq2vk
    ACS URLs                  https://sso.orbitlabs.example/saml/con_7hq2vk/acs
    Default URL               on
    index                     0
    SAMLSubject NameID        email
    SAMLSubject NameID Format urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress
    Signature Algorithm       RSA-SHA256
    Sign                      Assertion and Response
    Login URL                 https://sso.orbitlabs.example/login/con_7hq2vk
    Declare Redirect Endpoint on
    ");
    let place = guide.path(&locale, &guide.place, &Values { app: None, ..VALUES });
    assert_eq!(place, ["SSO Applications", "your app", "SSO"]);
    let rows = &guide.rows;
    assert_eq!(rows.name, "Service Provider Attribute Name");
    assert_eq!(rows.source, "JumpCloud Attribute Name");
    assert_eq!((&*rows.add, &*rows.groups[0].label), ("Add Attribute", "include group attribute"));
    assert_eq!(rows.then, ["Save"]);
    let scim = guide.scim.as_ref().unwrap();
    assert!(scim.choose.as_ref().unwrap().starts_with("Export users to this app"));
}

/// All that the steps of a portal say of a console: the ways, and the fields with what belongs into each.
fn said(guide: &Guide, locale: &Locale) -> String {
    let field = |entry: &Value| format!("{}: {}", entry.label, entry.value);
    let ways = |all: &[&Vec<String>]| all.iter().map(|way| way.join(" › ")).collect::<Vec<_>>();
    let rows = &guide.rows;
    let mut all = ways(&[&guide.create, &guide.place, &guide.assign, &rows.path, &rows.then]);
    all.extend(guide.fill(locale, &VALUES).iter().map(field));
    all.extend([rows.name.clone(), rows.source.clone(), rows.add.clone()]);
    all.extend(rows.each.iter().chain(&rows.groups).map(field));
    if let Some(scim) = &guide.scim {
        all.extend(ways(&[&scim.create, &scim.first, &scim.path, &scim.then, &scim.groups]));
        all.extend(scim.choose.clone());
        all.extend(scim.values.iter().chain(&scim.group_values).map(field));
    }
    all.join("\n")
}

#[test]
fn the_steps_name_what_published_documentation_names_of_each_console() {
    let (guides, locale) = loaded();
    for (id, named) in [
        (
            "jumpcloud",
            &[
                "Add New Application (or Get Started)",
                "Create Custom Integration",
                "Default URL: on\nindex: 0",
            ][..],
        ),
        ("okta", &["General › App Settings › Provisioning: SCIM", "Group Attribute Statements"]),
        ("google", &["Google Directory attributes", "App attributes", "Group membership"]),
        (
            "onelogin",
            &[
                "SCIM Provisioner with SAML (SCIM v2 Enterprise)",
                "{app} › Parameters",
                "Field name",
                "Include in SAML assertion",
                "scimusername: Email",
            ],
        ),
        ("pingone", &["Attribute Mappings"]),
        (
            "rippling",
            &[
                "newer: Third-Party Access, Create New Custom Integration",
                "User Management via SCIM",
                "Supported SCIM Attributes: externalId, emails.primary, name.givenName, name.familyName",
                "Use PATCH",
                "Delete groups",
                "Pagination",
            ],
        ),
        (
            "keycloak",
            &["Client scopes › dedicated scope", "SAML Attribute Name", "Group list mapper"],
        ),
        (
            "adfs",
            &[
                "Send LDAP Attributes as Claims",
                "Set-AdfsRelyingPartyTrust -TargetName \"Orbit Labs\" -SamlResponseSignature MessageAndAssertion",
            ],
        ),
        ("auth0", &["nameIdentifierProbes"]),
        ("duo", &["an authentication source first", "Map attributes"]),
    ] {
        let said = said(guides.find(id).unwrap(), &locale);
        for name in named {
            assert!(said.contains(name), "{id} lacks {name}: {said}");
        }
    }
}

#[test]
fn a_fix_names_the_field_in_the_words_of_the_console() {
    let (guides, locale) = loaded();
    let fix = guides.fix(&locale, Cause::AudienceMismatch, "jumpcloud", &VALUES);
    assert_eq!(
        fix.line().as_deref(),
        Some("JumpCloud › SSO Applications › Orbit Labs › SSO › SP Entity ID")
    );
    assert_eq!(fix.value.as_deref(), Some(VALUES.sp_entity_id));
    assert_eq!(fix.who, [Who::ItAdmin]);
    let lines: Vec<_> = guides
        .all()
        .map(|guide| guides.fix(&locale, Cause::DestinationMismatch, &guide.id, &VALUES))
        .map(|fix| format!("{}{}", fix.line().unwrap(), if fix.may_differ { " ?" } else { "" }))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    JumpCloud › SSO Applications › Orbit Labs › SSO › ACS URLs
    Okta › Applications › Applications › Orbit Labs › General › SAML Settings › Single sign-on URL ?
    Microsoft Entra ID › Enterprise applications › Orbit Labs › Single sign-on › SAML › Reply URL (Assertion Consumer Service URL)
    Google Workspace › Apps › Web and mobile apps › Orbit Labs › Service provider details › ACS URL ?
    OneLogin › Applications › Orbit Labs › Configuration › ACS (Consumer) URL
    PingOne › Applications › Applications › Orbit Labs › Configuration › ACS URLs ?
    Rippling › IT Management › Custom App › Orbit Labs › Settings › ACS URL ?
    Keycloak › Clients › Orbit Labs › Settings › Master SAML Processing URL ?
    AD FS › AD FS Management › Relying Party Trusts › Orbit Labs › SAML 2.0 WebSSO service URL ?
    Auth0 › Applications › Orbit Labs › Addons › SAML2 WEB APP › Application Callback URL ?
    Duo › Applications › Orbit Labs › Assertion Consumer Service (ACS) URL ?
    CyberArk › Apps & Widgets › Web Apps › Orbit Labs › Trust › Service Provider Configuration › Assertion Consumer Service (ACS) URL
    ACS URL
    ");
}

#[test]
fn every_fix_of_every_provider_is_a_whole_sentence() {
    let (guides, locale) = loaded();
    for guide in guides.all() {
        for &cause in Cause::ALL {
            let fix = guides.fix(&locale, cause, &guide.id, &VALUES);
            let wants = &locale.cause(cause).fix;
            assert!(!wants.contains("{field}") || fix.field.is_some(), "{cause}");
            assert!(!wants.contains("{value}") || fix.value.is_some(), "{cause}");
            let filled = [Some(&fix.sentence), fix.value.as_ref(), fix.field.as_ref()];
            for text in filled.into_iter().flatten().chain(&fix.path) {
                let host = text.replace("https://{host}/", "");
                assert!(!host.contains('{'), "{} {cause}: {text}", guide.id);
            }
        }
    }
}

#[test]
fn a_fix_without_a_place_in_the_console_is_only_a_sentence() {
    let (guides, locale) = loaded();
    let fix = guides.fix(&locale, Cause::ConnectionDisabled, "okta", &VALUES);
    assert_eq!((fix.line(), fix.value), (None, None));
    assert_eq!(fix.sentence, "Turn the connection on.");
}

#[test]
fn the_acs_pattern_is_escaped() {
    let (guides, locale) = loaded();
    let values = guides.find("onelogin").unwrap().fill(&locale, &VALUES);
    let pattern = r"^https:\/\/sso\.orbitlabs\.example\/saml\/con_7hq2vk\/acs$";
    assert!(values.iter().any(|entry| entry.value == pattern));
}

#[test]
fn a_guide_knows_provisioning_where_a_custom_app_there_speaks_scim() {
    let (guides, locale) = loaded();
    let values = ScimValues {
        base_url: "https://sso.example.com/scim/v2/con_7hq2vk",
        token: Some("scim_marked"),
        test_user: "scim-test@globex.example",
        groups: true,
    };
    for guide in guides.all() {
        assert_eq!(guide.protocols.contains(&Protocol::Scim), guide.scim.is_some(), "{}", guide.id);
        let filled = guide.fill_scim(&values);
        for needed in [values.base_url, "scim_marked"] {
            let count = filled.iter().filter(|(entry, _)| entry.value == needed).count();
            assert_eq!(count, usize::from(guide.scim.is_some()), "{} {needed}", guide.id);
        }
        for (entry, _) in filled {
            let ours = ["{scim_", "{test_user", "{app}"];
            assert!(!ours.iter().any(|name| entry.value.contains(name)), "{}", entry.value);
        }
        let paths = guide.scim_paths(&locale, None);
        assert!(paths.iter().flatten().all(|step| !step.contains('{')), "{}", guide.id);
    }
    let jumpcloud = guides.find("jumpcloud").unwrap();
    assert_eq!(jumpcloud.scim.as_ref().unwrap().then, ["Test Connection", "Activate", "Save"]);
    let before = jumpcloud.fill_scim(&ScimValues { token: None, ..values });
    let unknown: Vec<_> = before.iter().filter(|(_, is_known)| !is_known).collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].0.label, "Token Key");
}

#[test]
fn a_guide_that_was_compared_with_the_console_was_so_within_twelve_months() {
    let (guides, locale) = loaded();
    let now = Clock::default().now();
    for guide in guides.all() {
        if let Some(month) = guide.verified {
            assert!(
                !month.is_old(now),
                "guides/{0}.toml was compared with the console of {1} in {month}. Compare every name in it with the live console and set `verified` to the month of that, or take `verified` away: pages then say that names may differ.",
                guide.id,
                guide.name
            );
            assert!(!month.is_to_come(now), "guides/{}.toml: {month} is to come", guide.id);
        }
        let said = guide.compared(&locale);
        assert_eq!(said.is_none(), guide.id == GENERIC, "{}", guide.id);
        let is_open = said.is_some_and(|text| text.contains("may differ"));
        assert_eq!(is_open, guide.id != GENERIC && guide.verified.is_none(), "{}", guide.id);
    }
}

#[test]
fn what_else_can_be_chosen_is_said_beside_it() {
    let (guides, locale) = loaded();
    let guide = guides.find("jumpcloud").unwrap();
    let sign = guide.values.iter().find(|entry| entry.label == "Sign").unwrap();
    assert_eq!(sign.also(&locale).as_deref(), Some("Assertion or Response also work."));
    let one = Value { alternatives: vec!["Response".to_owned()], ..sign.clone() };
    assert_eq!(one.also(&locale).as_deref(), Some("Response also works."));
    assert_eq!(guide.values[0].also(&locale), None);
}

#[test]
fn only_google_shows_its_metadata_before_it_asks_for_our_values() {
    let (guides, _) = loaded();
    let first: Vec<_> =
        guides.all().filter(|guide| guide.metadata.first).map(|guide| &*guide.id).collect();
    assert_eq!(first, ["google"]);
}
