//! `vestibule config`, as people meet it.

use super::Place;
use serde_json::Value;

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
