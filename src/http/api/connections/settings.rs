//! How a connection works, and how a patch changes it.

use crate::error::Result;
use crate::http::api::{input, schemas};
use crate::store::connections::Settings;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// How a connection works. A patch changes what it names; `null` brings the default back.
#[derive(ToSchema)]
#[schema(as = ConnectionSettings)]
#[expect(
    dead_code,
    clippy::struct_excessive_bools,
    reason = "describes the store's Settings; a test compares the two"
)]
pub(super) struct SettingsSchema {
    /// Sign the requests that are sent to the identity provider.
    #[schema(default = false, required = false)]
    sign_requests: bool,
    /// How requests are sent; `null` leaves the choice to what the identity provider offers.
    #[schema(schema_with = schemas::binding_or_none, required = false)]
    request_binding: Option<String>,
    /// The name ID format to ask for; `null` asks for none.
    #[schema(example = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")]
    name_id_format: Option<String>,
    /// Ask the identity provider to have people sign in anew each time.
    #[schema(default = false, required = false)]
    force_authn: bool,
    /// By how many seconds the identity provider's clock may differ.
    #[schema(default = 60, minimum = 0, maximum = 180, required = false)]
    clock_skew: u32,
    /// Accept signatures with SHA-1, which can be forged. Needs `sha1_reason`.
    #[schema(default = false, required = false)]
    allow_sha1: bool,
    /// Why there is no other way.
    sha1_reason: Option<String>,
    /// Accept encryption with AES-CBC.
    #[schema(default = false, required = false)]
    allow_cbc: bool,
    /// Accept sign-ins that start at the identity provider.
    #[schema(default = false, required = false)]
    idp_started: bool,
    /// The application that such a sign-in leads to.
    default_application: Option<String>,
    #[schema(required = false)]
    attributes: MappingSchema,
}

/// Under which attribute names the identity provider sends each value. An empty list stands for the usual names.
#[derive(ToSchema)]
#[schema(as = AttributeMapping)]
#[expect(dead_code, reason = "describes Mapping; a test compares the two")]
pub(super) struct MappingSchema {
    #[schema(required = false)]
    email: Vec<String>,
    #[schema(required = false)]
    given_name: Vec<String>,
    #[schema(required = false)]
    family_name: Vec<String>,
    #[schema(required = false)]
    name: Vec<String>,
    #[schema(required = false)]
    groups: Vec<String>,
}

/// `current` with what `patch` names changed (RFC 7396); faults point below `/settings`.
pub(super) fn patched(current: &Settings, patch: Option<Map<String, Value>>) -> Result<Settings> {
    let Some(patch) = patch else { return Ok(current.clone()) };
    let mut value = serde_json::to_value(current).map_err(anyhow::Error::new)?;
    input::merge(&mut value, Value::Object(patch));
    input::below("/settings", input::read(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
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
        assert_eq!(changed.clock_skew, 90);
        assert_eq!(changed.force_authn, Settings::default().force_authn);
        let back = patched(&changed, json!({"clock_skew": null}).as_object().cloned()).unwrap();
        assert_eq!(back.clock_skew, Settings::default().clock_skew);
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
