//! `vestibule config`, as people meet it.

use super::Place;
use chrono::DateTime;
use serde_json::Value;
use std::fs;

/// What `config show --origin` says of a setting.
fn shown(place: &Place, key: &str) -> (Value, Value) {
    let list = place.json(&["config", "show", "--origin"]);
    let one = list["data"].as_array().unwrap().iter().find(|one| one["key"] == key).unwrap();
    (one["value"].clone(), one["origin"].clone())
}

#[test]
fn a_setting_is_put_and_given_back_at_the_command_line() {
    let place = Place::new();
    assert_eq!(shown(&place, "retention.traces"), ("\"30d\"".into(), "built-in".into()));
    place.text(&["config", "set", "retention.traces", "7d"]);
    assert_eq!(shown(&place, "retention.traces"), ("\"7d\"".into(), "console".into()));
    place.text(&["config", "unset", "retention.traces"]);
    assert_eq!(shown(&place, "retention.traces"), ("\"30d\"".into(), "built-in".into()));
    for wrong in [["retention.traces", "soon"], ["listen", "0.0.0.0:1"], ["retention.trace", "7d"]]
    {
        assert_eq!(place.exit(&["config", "set", wrong[0], wrong[1]]), 6, "{wrong:?}");
    }
}

#[test]
fn what_the_environment_fixes_is_not_put() {
    let place = Place::new().with("VESTIBULE_RETENTION__TRACES", "9d");
    assert_eq!(place.exit(&["config", "set", "retention.traces", "7d"]), 6);
    let origin = "VESTIBULE_RETENTION__TRACES";
    assert_eq!(shown(&place, "retention.traces"), ("\"9d\"".into(), origin.into()));
}

#[test]
fn a_guide_of_the_folder_is_used_and_one_that_is_none_is_refused_with_its_line() {
    let place = Place::empty().with("VESTIBULE_GUIDES_DIR", "guides");
    let folder = place.folder.path().join("guides");
    fs::create_dir(&folder).unwrap();
    place.text(&["migrate"]);
    let built_in = concat!(env!("CARGO_MANIFEST_DIR"), "/guides/generic.toml");
    let text = fs::read_to_string(built_in).unwrap();
    let acme = text.replace("id = \"generic\"", "id = \"acme\"").replace("SAML 2.0", "Acme ID");
    fs::write(folder.join("acme.toml"), acme).unwrap();
    assert_eq!(place.exit(&["config", "check"]), 0);
    place.text(&["org", "create", "--name", "Globex"]);
    place.text(&["setup-link", "create", "--org", "Globex", "--idp", "acme"]);
    fs::write(folder.join("acme.toml"), text.replacen("label =", "lable =", 1)).unwrap();
    for command in [&["config", "check"][..], &["serve"], &["doctor"]] {
        let told = place.run(command);
        assert!(!told.status.success(), "{command:?}");
        let said = [told.stdout, told.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        let line = text.lines().position(|line| line.starts_with("label =")).unwrap() + 1;
        for part in [&format!("acme.toml line {line}:"), "`lable`", "expected one of", "`label`"] {
            assert!(said.contains(part), "{command:?} does not say {part}: {said}");
        }
    }
}

#[test]
fn how_long_a_setup_link_is_good_is_a_setting_and_said_otherwise_for_one() {
    let place = Place::new();
    place.text(&["org", "create", "--name", "Globex"]);
    let days = |more: &[&str]| {
        let made = [&["setup-link", "create", "--org", "Globex"], more].concat();
        let made = place.json(&made);
        let time = |name: &str| DateTime::parse_from_rfc3339(made[name].as_str().unwrap()).unwrap();
        (time("expires_at") - time("created_at")).num_days()
    };
    assert_eq!(days(&[]), 7);
    place.text(&["config", "set", "portal.link_days", "3"]);
    assert_eq!(shown(&place, "portal.link_days"), ("\"3\"".into(), "console".into()));
    assert_eq!((days(&[]), days(&["--days", "9"])), (3, 9));
    for wrong in ["0", "31", "week"] {
        assert_eq!(place.exit(&["config", "set", "portal.link_days", wrong]), 6, "{wrong}");
    }
}
