//! Customers of another product are taken over from a file, and what is kept of it is seen and removed.

use super::Place;
use serde_json::json;
use vestibule::clock::Clock;
use vestibule::crypto::{Algorithm, PrivateKey};

/// A place with an export of Polis, and the file's path.
fn exported() -> (Place, String) {
    let place = Place::new();
    let key = PrivateKey::generate(Algorithm::Rs256).unwrap();
    let export = json!({
        "connections": [{
            "tenant": "globex", "product": "orbit", "name": "Okta", "redirectUrl": ["https://app.example/*"],
            "defaultRedirectUrl": "https://app.example/sso",
            "idpMetadata": {
                "entityID": "http://www.okta.com/exk1", "provider": "okta.com",
                "sso": { "redirectUrl": "https://okta.example/sso" }, "slo": {},
                "publicKey": key.self_signed("idp", 1, Clock::default().now()).unwrap(),
            },
        }],
        "directories": [{
            "id": "58b5", "name": "Okta SCIM", "tenant": "globex", "product": "orbit", "type": "okta-scim-v2",
            "scim": {
                "path": "/api/scim/v2.0/58b5", "endpoint": "https://polis.example/api/scim/v2.0/58b5",
                "secret": "q1w2e3r4t5y6u7i8o9p0aa",
            },
        }],
    });
    let file = place.folder.path().join("polis.json");
    std::fs::write(&file, export.to_string()).unwrap();
    (place, file.to_str().unwrap().to_owned())
}

#[test]
fn customers_are_taken_over_once_and_a_dry_run_makes_nothing() {
    let (place, file) = exported();
    let import = ["import", "polis", "--file", &file];
    let planned = place.text(&[&import[..], &["--dry-run"]].concat());
    assert!(planned.contains("+ organization globex"), "{planned}");
    assert!(planned.contains("? Nobody of globex can sign in"), "{planned}");
    assert_eq!(place.exit(&["org", "show", "external:globex"]), 3, "nothing is made");
    // Made is what was planned; the new IDs alone are others.
    let acts = |plan: &str| -> Vec<String> {
        plan.lines().map(|line| line.split("  ").next().unwrap().to_owned()).collect()
    };
    assert_eq!(acts(&place.text(&import)), acts(&planned));
    let again = place.text(&import);
    assert!(!again.contains("+ ") && again.contains("= connection globex – Okta"), "{again}");
    let wrong = [&import[..], &["--external-url", "polis.example"]].concat();
    assert_eq!(place.exit(&wrong), 6);
}

#[test]
fn an_address_that_was_kept_is_listed_and_removed() {
    let (place, file) = exported();
    place.text(&["import", "polis", "--file", &file]);
    let made = place.json(&["connection", "list"]);
    let id = made["data"][0]["id"].as_str().unwrap();
    let list = ["connection", "alias", "list", id];
    let all = place.json(&list)["data"].clone();
    let urls: Vec<_> = all.as_array().unwrap().iter().map(|one| one["url"].clone()).collect();
    let base = "https://polis.example/api";
    assert_eq!(urls, [format!("{base}/oauth/saml"), format!("{base}/scim/v2.0/58b5")]);
    let remove = ["connection", "alias", "remove", id, all[1]["id"].as_str().unwrap()];
    assert_eq!(place.exit(&remove), 4, "it is asked before");
    place.text(&[&remove[..], &["--yes"]].concat());
    assert_eq!(place.exit(&[&remove[..], &["--yes"]].concat()), 3);
    let left = place.text(&list);
    assert!(left.contains("/oauth/saml") && !left.contains("/scim/"), "{left}");
}
