//! How a connection works, and how a patch changes it.

use crate::error::{Error, Result};
use crate::http::api::input;
use crate::store::connections::Settings;
use serde_json::{Map, Value};

/// `current` with what `patch` names changed (RFC 7396); faults point below `/settings`.
pub(super) fn patched(current: &Settings, patch: Option<Map<String, Value>>) -> Result<Settings> {
    let Some(patch) = patch else { return Ok(current.clone()) };
    let mut value = serde_json::to_value(current).map_err(anyhow::Error::new)?;
    input::merge(&mut value, Value::Object(patch));
    input::read(value).map_err(|error| in_words(error).below("/settings"))
}

/// Says of a setting what it takes, where serde knows only the type.
fn in_words(error: Error) -> Error {
    let Error::Invalid(mut errors) = error else { return error };
    for error in errors.iter_mut().filter(|error| error.pointer == "/clock_skew") {
        "Give the seconds as a number, 0 to 180.".clone_into(&mut error.detail);
    }
    Error::Invalid(errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::settings::{MappingSchema, SettingsSchema};
    use serde_json::json;
    use utoipa::PartialSchema;

    fn patch(value: &Value) -> Result<Settings> {
        patched(&Settings::default(), value.as_object().cloned())
    }

    fn names(value: &Value) -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    fn described<T: PartialSchema>() -> Vec<String> {
        names(&serde_json::to_value(T::schema()).unwrap()["properties"])
    }

    #[test]
    fn the_document_describes_every_setting() {
        let settings = serde_json::to_value(Settings::default()).unwrap();
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        assert_eq!(sorted(described::<SettingsSchema>()), sorted(names(&settings)));
        assert_eq!(sorted(described::<MappingSchema>()), sorted(names(&settings["attributes"])));
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let changed = patch(&json!({"clock_skew": 90, "attributes": {"email": ["mail"]}})).unwrap();
        assert_eq!(changed.clock_skew, Some(90));
        assert_eq!(changed.force_authn, Settings::default().force_authn);
        let back = patched(&changed, json!({"clock_skew": null}).as_object().cloned()).unwrap();
        assert_eq!(back.clock_skew, None);
    }

    #[test]
    fn a_clock_skew_that_is_no_number_is_told_what_it_takes() {
        match patch(&json!({"clock_skew": "600s"})) {
            Err(Error::Invalid(errors)) => {
                assert_eq!(errors[0].detail, "Give the seconds as a number, 0 to 180.");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_setting_is_refused_by_its_pointer() {
        for (value, pointer) in [
            (json!({"clock_skw": 90}), "/settings/clock_skw"),
            (json!({"clock_skew": "x"}), "/settings/clock_skew"),
            (json!({"attributes": {"emial": []}}), "/settings/attributes/emial"),
        ] {
            match patch(&value) {
                Err(Error::Invalid(errors)) => assert_eq!(errors[0].pointer, pointer),
                other => panic!("{other:?}"),
            }
        }
    }
}
