//! Single sign-on is required, and the ways around it, from the shell.

use super::{METADATA, Place};

fn globex() -> (Place, String) {
    let place = Place::new();
    place.text(&["org", "create", "--name", "Globex", "--domain", "globex.example", "--vouch"]);
    let made = place.json(&["connection", "create", "--org", "Globex", "--idp", "jumpcloud"]);
    let id = made["id"].as_str().unwrap().to_owned();
    place.text(&["connection", "refresh", &id, "--metadata-file", METADATA]);
    (place, id)
}

#[test]
fn single_sign_on_is_required_only_where_somebody_can_get_in() {
    let (place, connection) = globex();
    assert_eq!(place.exit(&["org", "enforce", "Globex", "required", "--yes"]), 5);
    place.text(&["connection", "activate", &connection, "--skip-test"]);
    // Without a word it is not done, and without a test neither.
    assert_eq!(place.exit(&["org", "enforce", "Globex", "required"]), 4);
    assert_eq!(place.exit(&["org", "enforce", "Globex", "required", "--yes"]), 5);
    let shown = place.json(&["org", "enforce", "Globex"]);
    assert_eq!(shown["enforcement"], "optional");
    assert_eq!(shown["active_connections"][0]["tested"], false);
    let required = ["org", "enforce", "Globex", "required", "--skip-test", "--yes"];
    assert_eq!(place.json(&required)["enforcement"], "required");
    assert!(place.text(&["org", "show", "Globex"]).contains("required"));

    assert_eq!(place.exit(&["connection", "disable", &connection, "--yes"]), 5);
    assert_eq!(place.exit(&["connection", "delete", &connection, "--yes"]), 5);
    let output = place.run(&["connection", "disable", &connection, "--yes"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--lock-out"), "{said}");
    assert_eq!(place.exit(&["connection", "disable", &connection, "--lock-out", "--yes"]), 0);
    assert_eq!(place.json(&["org", "enforce", "Globex", "optional"])["enforcement"], "optional");
}

#[test]
fn codes_are_printed_once_and_listed_without_themselves() {
    let (place, _) = globex();
    let owner = place.json(&["org", "exempt", "add", "Globex", "hank@globex.example"]);
    assert_eq!(owner["email"], "hank@globex.example");
    assert_eq!(place.exit(&["org", "exempt", "add", "Globex", "hank"]), 6);
    let made = place.json(&["org", "break-glass", "new", "Globex", "--count", "2"]);
    let codes = made["data"].as_array().unwrap();
    assert_eq!(codes.len(), 2);
    let code = codes[0]["secret"].as_str().unwrap();
    assert!(code.starts_with("bg_"), "{code}");
    let listed = place.text(&["org", "break-glass", "list", "Globex"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(!listed.contains(code), "{listed}");
    let id = codes[0]["id"].as_str().unwrap();
    place.text(&["org", "break-glass", "revoke", "Globex", id]);
    assert_eq!(place.exit(&["org", "break-glass", "revoke", "Globex", id]), 5);
    assert_eq!(place.exit(&["org", "break-glass", "revoke", "Globex"]), 2);
    let left = || place.json(&["org", "enforce", "Globex"])["break_glass_codes_left"].clone();
    assert_eq!(left(), 1);
    place.text(&["org", "break-glass", "new", "Globex", "--replace"]);
    assert_eq!(left(), 10);
    place.text(&["org", "break-glass", "revoke", "Globex", "--all"]);
    assert_eq!(left(), 0);
    place.text(&["org", "exempt", "remove", "Globex", "hank@globex.example"]);
    assert_eq!(place.json(&["org", "exempt", "list", "Globex"])["data"], serde_json::json!([]));
}
