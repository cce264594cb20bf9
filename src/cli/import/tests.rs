//! Exports of other products, carried out on a database.

use super::run::{Plan, Wishes, run};
use super::{polis, ssoready};
use crate::crypto::{Maker, foreign_hash};
use crate::error::{Error, Result};
use crate::saml::testing as keys;
use crate::store::aliases;
use crate::store::connections::{self, ConnectionState};
use crate::store::directories::{self, Known};
use crate::store::testing::{self, TestStore};
use crate::store::{domains, organizations};
use serde_json::{Value, json};

const SECRET: &str = "q1w2e3r4t5y6u7i8o9p0aa";
const PUBLIC: &str = "https://sso.example.com";

fn polis_export() -> Value {
    let certificate = keys::rsa().certificate.base64();
    json!({
        "connections": [
            {
                "clientID": "8958e13053832b5af58fdf2ee83f35f5d013dc74",
                "clientSecret": "never-read",
                "tenant": "globex", "product": "orbit", "name": "Okta", "sortOrder": null,
                "redirectUrl": ["https://app.example/*"],
                "defaultRedirectUrl": "https://app.example/sso",
                "idpMetadata": {
                    "entityID": "http://www.okta.com/exk1", "provider": "okta.com",
                    "sso": { "redirectUrl": "https://okta.example/sso", "postUrl": "https://okta.example/post" },
                    "slo": {}, "publicKey": certificate, "something": "new"
                },
                "deactivated": false
            },
            {
                "tenant": "globex", "product": "comet", "name": "Login",
                "redirectUrl": "https://comet.example", "defaultRedirectUrl": "https://comet.example",
                "oidcProvider": { "clientId": "x", "clientSecret": "never-read" }
            }
        ],
        "directories": { "data": [
            {
                "id": "58b5", "name": "Okta SCIM", "tenant": "globex", "product": "orbit", "type": "okta-scim-v2",
                "scim": {
                    "path": "/api/scim/v2.0/58b5",
                    "endpoint": "https://polis.example/api/scim/v2.0/58b5", "secret": SECRET
                },
                "webhook": { "endpoint": "", "secret": "" }
            },
            {
                "id": "58b6", "name": "Entra SCIM", "tenant": "globex", "product": "orbit", "type": "azure-scim-v2",
                "scim": {
                    "path": "/api/scim/v2.0/58b6/?aadOptscim062020",
                    "endpoint": "https://polis.example/api/scim/v2.0/58b6/?aadOptscim062020",
                    "secret": "q1w2e3r4t5y6u7i8o9p0bb"
                }
            }
        ] }
    })
}

/// What the library that Polis is built on answered: see the folder's README.
fn answered_by_polis() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/polis/export.json")).unwrap()
}

fn ssoready_export() -> Value {
    let base = "https://auth.ssoready.com/v1";
    json!({
        "organizations": [{
            "id": "org_1", "environmentId": "env_1", "displayName": "Globex", "externalId": "globex",
            "domains": ["globex.example", "gmail.com"]
        }],
        "samlConnections": [
            {
                "id": "saml_conn_1", "organizationId": "org_1", "primary": true,
                "idpRedirectUrl": "https://okta.example/sso", "idpEntityId": "http://www.okta.com/exk1",
                "idpCertificate": keys::rsa().pem(),
                "spEntityId": format!("{base}/saml/saml_conn_1"),
                "spAcsUrl": format!("{base}/saml/saml_conn_1/acs")
            },
            {
                "id": "saml_conn_2", "organizationId": "org_1", "primary": false, "idpEntityId": "",
                "spEntityId": format!("{base}/saml/saml_conn_2"),
                "spAcsUrl": format!("{base}/saml/saml_conn_2/acs")
            }
        ],
        "scimDirectories": [
            { "id": "scim_directory_1", "organizationId": "org_1", "primary": true,
              "scimBaseUrl": format!("{base}/scim/scim_directory_1"), "hasClientBearerToken": true },
            { "id": "scim_directory_2", "organizationId": "org_1", "primary": false,
              "scimBaseUrl": format!("{base}/scim/scim_directory_2"), "hasClientBearerToken": true }
        ],
        "scimTokens": [{
            "scim_base_url": format!("{base}/scim/scim_directory_1"),
            "bearer_token_sha256": format!("\\x{}", crate::crypto::hex(&crate::crypto::sha256(&1_u128.to_be_bytes())))
        }]
    })
}

fn polis_plan(store: &TestStore, value: &Value, wishes: Wishes) -> Result<Plan> {
    let place = polis::Place { external_url: None, public_url: PUBLIC, audience: polis::AUDIENCE };
    let export = polis::read(value, &place, store.clock().now())?;
    store.try_system(|tx| run(tx, &export, wishes))
}

fn ssoready_plan(store: &TestStore, value: &Value, wishes: Wishes) -> Result<Plan> {
    let export = ssoready::read(value, store.clock().now())?;
    store.try_system(|tx| run(tx, &export, wishes))
}

fn lines(plan: &Plan) -> Vec<String> {
    plan.lines.iter().map(|line| format!("{} {} {}", line.act, line.what, line.name)).collect()
}

fn created(plan: &Plan) -> usize {
    plan.lines.iter().filter(|line| line.act == "create").count()
}

/// Whether a token opens the directory at this path.
fn opens(store: &TestStore, path: &str, maker: Maker, token: &str) -> bool {
    let hash = foreign_hash(maker, token).unwrap();
    let (from, now) = ("192.0.2.1".parse().unwrap(), store.clock().now());
    let known = store.read_now(|db| {
        let alias = aliases::scim_at(db, path)?.unwrap();
        directories::authenticate(db, &alias.connection_id, &hash, from, now)
    });
    matches!(known.unwrap(), Known::Live(..))
}

#[test]
fn what_polis_exports_is_taken_over_with_its_addresses_and_taking_it_over_again_changes_nothing() {
    let store = testing::store();
    let plan = polis_plan(&store, &polis_export(), Wishes::default()).unwrap();
    assert_eq!(
        lines(&plan),
        [
            "create organization globex",
            "create connection globex – Okta",
            "create directory globex – Okta SCIM",
            "create SCIM token globex – Okta SCIM",
            "create connection globex – Entra SCIM",
            "create directory globex – Entra SCIM",
            "create SCIM token globex – Entra SCIM",
            "skip connection globex – Login",
            "skip application comet",
            "skip application orbit",
        ]
    );
    assert!(plan.lines[9].reason.as_ref().unwrap().contains("https://app.example/*"));
    let shared = store.read_now(|db| aliases::all_at(db, "/api/oauth/saml")).unwrap();
    let row = store.read_now(|db| connections::find(db, &shared[0].0.connection_id)).unwrap();
    assert_eq!((row.state, &*row.provider), (ConnectionState::Active, "okta"));
    assert_eq!(row.entity_id(PUBLIC), "https://saml.boxyhq.com");
    assert_eq!(row.acs(PUBLIC), "https://polis.example/api/oauth/saml");
    assert_eq!(row.identity_provider.as_ref().unwrap().sign_on.len(), 2);
    assert!(!row.settings.idp_started);
    assert!(opens(&store, "/api/scim/v2.0/58b5", Maker::Polis, SECRET));
    assert!(!opens(&store, "/api/scim/v2.0/58b6", Maker::Polis, SECRET));
    let kinds = store.kinds(Some(&row.organization_id));
    for kind in ["connection.alias_added", "connection.activated", "scim.token.created"] {
        assert!(kinds.iter().any(|it| it == kind), "{kind}");
    }

    let again = polis_plan(&store, &polis_export(), Wishes::default()).unwrap();
    assert_eq!(created(&again), 0, "{:?}", lines(&again));
    assert_eq!(store.kinds(Some(&row.organization_id)), kinds);
}

#[test]
fn what_ssoready_exports_is_taken_over_and_a_token_without_its_hash_is_to_be_made_anew() {
    let store = testing::store();
    let plan = ssoready_plan(&store, &ssoready_export(), Wishes::default()).unwrap();
    assert_eq!(
        lines(&plan),
        [
            "create organization globex",
            "create domain globex.example",
            "skip domain gmail.com",
            "create connection globex – okta.example",
            "create directory globex – scim_directory_1",
            "create SCIM token globex – scim_directory_1",
            "create connection globex – scim_directory_2",
            "create directory globex – scim_directory_2",
            "skip SCIM token globex – scim_directory_2",
            "skip connection globex – saml_conn_2",
            "skip application the environment's",
        ]
    );
    let token = format!("ssoready_scim_bearer_token_{:0>25}", 1);
    assert!(opens(&store, "/v1/scim/scim_directory_1", Maker::SsoReady, &token));
    let again = ssoready_plan(&store, &ssoready_export(), Wishes::default()).unwrap();
    assert_eq!(created(&again), 0, "{:?}", lines(&again));
}

#[test]
fn a_domain_of_an_export_is_pending_unless_the_operator_vouches_for_it() {
    for vouch in [false, true] {
        let store = testing::store();
        let wishes = Wishes { vouch, ..Wishes::default() };
        ssoready_plan(&store, &ssoready_export(), wishes).unwrap();
        let all = store.read_now(|db| {
            let row = organizations::by_external_id(db, "globex")?.unwrap();
            domains::list(db, &row.id)
        });
        let all = all.unwrap();
        assert_eq!((all.len(), all[0].is_live()), (1, vouch));
    }
}

#[test]
fn a_bad_export_is_refused_with_the_place_of_what_is_wrong_and_nothing_is_made() {
    let fault = |done: Result<Plan>| match done.unwrap_err() {
        Error::Invalid(faults) => faults.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    };
    for (place, value, expected) in [
        ("/connections/0/tenant", json!(7), "received was a number"),
        ("/connections/0/idpMetadata/publicKey", json!("nonsense"), ""),
        ("/connections/0/idpMetadata/sso", json!({}), "neither"),
        ("/connections", json!("x"), "Expected is a list"),
        ("/directories/data/1/scim/secret", json!("short"), "20 to 200"),
        ("/directories/data/0/scim/endpoint", json!("https://polis.example/elsewhere"), ""),
    ] {
        let store = testing::store();
        let mut export = polis_export();
        *export.pointer_mut(place).unwrap() = value;
        let found = fault(polis_plan(&store, &export, Wishes::default()));
        let near = place.rsplit_once('/').map_or("", |(near, _)| near);
        assert!(found.pointer.starts_with(near), "{place}: {found:?}");
        assert!(found.detail.contains(expected), "{place}: {found:?}");
        assert!(!found.detail.contains("short"), "what is secret is not told");
        let made = store.read_now(|db| organizations::by_external_id(db, "globex")).unwrap();
        assert!(made.is_none(), "{place}");
    }
    for (place, value) in [
        ("/samlConnections/0/organizationId", json!("org_9")),
        ("/scimTokens/0/bearer_token_sha256", json!("abc")),
        ("/scimDirectories/0/scimBaseUrl", json!("https://auth.ssoready.com/elsewhere")),
        ("/organizations/0/domains/0", json!("not a domain")),
    ] {
        let store = testing::store();
        let mut export = ssoready_export();
        *export.pointer_mut(place).unwrap() = value;
        let found = fault(ssoready_plan(&store, &export, Wishes::default()));
        let near = place.split('/').take(3).collect::<Vec<_>>().join("/");
        assert!(found.pointer.starts_with(&near), "{place}: {found:?}");
    }
}

#[test]
fn what_polis_answers_is_taken_over() {
    let store = testing::store();
    let plan = polis_plan(&store, &answered_by_polis(), Wishes::default()).unwrap();
    let lines = lines(&plan);
    let made = |what: &str| lines.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!(made("create organization"), 1, "{lines:#?}");
    assert_eq!((made("create directory"), made("create SCIM token")), (5, 5), "{lines:#?}");
    let alias = store.read_now(|db| aliases::saml_at(db, "/api/oauth/saml")).unwrap().unwrap();
    let row = store.read_now(|db| connections::find(db, &alias.connection_id)).unwrap();
    assert_eq!((row.state, &*row.provider), (ConnectionState::Active, "okta"));
    let provider = row.identity_provider.as_ref().unwrap();
    assert_eq!((provider.sign_on.len(), provider.certificates.len()), (2, 2));
    for (base, secret) in [
        ("fa6401dc-6e9e-497b-be75-34ea36202c29", "sugLR1GepkK4FNg1Hq8bmA"),
        ("fc23b180-034a-4772-986a-2b5f939b7888", "GaFEylORjGwXO2QAjChgBw"),
    ] {
        assert!(opens(&store, &format!("/api/scim/v2.0/{base}"), Maker::Polis, secret), "{base}");
    }
    let left: Vec<_> = plan.lines.iter().filter_map(|line| line.reason.as_deref()).collect();
    assert!(left.iter().any(|why| why.contains("It speaks OpenID Connect")), "{left:?}");
}
