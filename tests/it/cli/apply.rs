//! `vestibule apply` and `export`, as scripts meet them.

use super::{METADATA, Place};
use std::fs;

fn file() -> String {
    let metadata = fs::read_to_string(METADATA).unwrap();
    format!(
        r#"
[[applications]]
name = "Orbit"
redirect_uris = ["https://app.example/callback"]

[[organizations]]
external_id = "globex"
name = "Globex"
domains = ["globex.example"]

[[organizations.connections]]
name = "JumpCloud"
provider = "jumpcloud"
metadata_xml = '''{metadata}'''
"#
    )
}

impl Place {
    fn write(&self, text: &str) -> String {
        let path = self.folder.path().join("setup.toml");
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_file_is_planned_applied_exported_and_applied_elsewhere() {
    let place = Place::new();
    let path = place.write(&file());
    let plan = place.text(&["apply", "-f", &path, "--dry-run"]);
    assert!(
        plan.contains("+ organization globex") && plan.contains("+ connection Globex – JumpCloud"),
        "{plan}"
    );
    assert_eq!(place.json(&["org", "list"])["data"], serde_json::json!([]), "nothing was changed");
    place.text(&["apply", "-f", &path]);
    assert_eq!(place.text(&["apply", "-f", &path, "--dry-run"]), "", "nothing is left to do");
    let audit = place.text(&["audit", "export"]);
    assert!(audit.contains("cli:ada"), "{audit}");

    let exported = place.text(&["export"]);
    for secret in ["cs_", "PRIVATE KEY", "scim_", "master"] {
        assert!(!exported.contains(secret), "{secret} in {exported}");
    }
    let elsewhere = Place::new();
    let path = elsewhere.write(&exported);
    elsewhere.text(&["apply", "-f", &path]);
    assert_eq!(elsewhere.text(&["export"]), exported);
    // JSON says the same.
    let third = Place::new();
    let path = third.write(&place.json(&["export"]).to_string());
    third.text(&["apply", "-f", &path]);
    assert_eq!(third.text(&["export"]), exported);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_the_line() {
    let place = Place::new();
    let path =
        place.write("[[organizations]]\nexternal_id = \"globex\"\ndomain = \"globex.example\"\n");
    let refused = place.run(&["apply", "-f", &path]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(6), "{said}");
    assert!(said.contains("line 3") && said.contains("domains"), "{said}");
    assert_eq!(place.exit(&["apply", "-f", "nowhere.toml"]), 3);
}
