//! What a caller sends: a body, and the parameters of a list. Whatever is not known is refused.

use crate::error::{Error, FieldError, Result};
use crate::http::error::ApiError;
use crate::store::Window;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;
use std::future::{Ready, ready};
use url::form_urlencoded;
use utoipa::IntoParams;

/// A JSON body. Unknown fields, missing ones and wrong types are named by their JSON pointer.
pub(super) struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(req);
        let bytes = web::Bytes::from_request(req, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            let value = if bytes.is_empty() {
                Value::Object(Map::new())
            } else if is_json {
                serde_json::from_slice(&bytes).map_err(|error| {
                    let detail = format!("The body is not JSON: {error}.");
                    ApiError::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
                })?
            } else {
                let detail = "Send JSON, with Content-Type: application/json.";
                let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                return Err(ApiError::new(status, "unsupported_media_type", detail).into());
            };
            Ok(Self(read(value).map_err(ApiError::from)?))
        })
    }
}

/// A body without fields, or none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// Whether the body says that it is JSON, or says nothing.
fn is_json(req: &HttpRequest) -> bool {
    let Some(kind) = req.headers().get(CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        || kind.eq_ignore_ascii_case("application/merge-patch+json")
}

/// The query of a list: which page, whether to count, and the filters `F` of that list.
pub(super) struct Listing<F> {
    pub window: Window,
    pub count: bool,
    pub filter: F,
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what Listing reads by hand")]
pub(super) struct PageParams {
    /// How many objects a page has at most: 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Whether to tell in `total` how many objects there are on all pages.
    #[param(default = false)]
    count: Option<bool>,
}

/// For a list without filters.
pub(super) type NoFilter = Nothing;

impl<F: DeserializeOwned> Listing<F> {
    fn parse(query: &str) -> Result<Self> {
        let mut given = parameters(query)?;
        let limit = take(&mut given, "limit", "a whole number", |text| text.parse().ok())?;
        let cursor = take(&mut given, "cursor", "text", |text| Some(text.to_owned()))?;
        let count = take(&mut given, "count", "true or false", |text| text.parse().ok())?;
        Ok(Self {
            window: Window::parse(limit, cursor)?,
            count: count.unwrap_or(false),
            filter: read(Value::Object(given))?,
        })
    }
}

impl<F: DeserializeOwned> FromRequest for Listing<F> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::parse(req.query_string()).map_err(ApiError::from))
    }
}

/// The parameters of a query that is no list.
pub(super) struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Params<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let given = parameters(req.query_string());
        let read = given.and_then(|given| read(Value::Object(given)));
        ready(read.map(Self).map_err(ApiError::from))
    }
}

/// A parameter that is `true` or `false`.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Flag {
    True,
    False,
}

/// The parameters by name, each of which may be there once.
fn parameters(query: &str) -> Result<Map<String, Value>> {
    let mut given = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let twice = given.insert(name.to_string(), Value::String(value.into_owned()));
        if twice.is_some() {
            let detail = format!("The parameter {name} is there twice.");
            return Err(Error::invalid(pointer_to(&name), "duplicate", detail));
        }
    }
    Ok(given)
}

/// Takes one parameter out of those given.
fn take<T>(
    given: &mut Map<String, Value>,
    name: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>> {
    let Some(value) = given.remove(name) else { return Ok(None) };
    let text = value.as_str().unwrap_or_default();
    parse(text).map(Some).ok_or_else(|| {
        Error::invalid(pointer_to(name), "invalid", format!("{name} must be {expected}."))
    })
}

/// Turns JSON into what is wanted, or says which field is in the way.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T> {
    if let Some(pointer) = nul(&value) {
        let detail = "A text cannot contain a NUL character.";
        return Err(Error::invalid(pointer, "invalid", detail));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer: String = error.path().iter().map(segment).collect();
        Error::Invalid(vec![field_error(pointer, &error.inner().to_string())])
    })
}

/// Where a text or a name contains a NUL, which no database keeps.
fn nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(values) => {
            let mut found = values.iter().enumerate();
            found.find_map(|(at, value)| Some(format!("/{at}{}", nul(value)?)))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let below = if name.contains('\0') { String::new() } else { nul(value)? };
            Some(format!("{}{below}", pointer_to(name)))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Changes in `value` what `patch` names; `null` takes a member away (RFC 7396).
pub(super) fn merge(value: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *value = patch;
        return;
    };
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(fields) = value else { return };
    for (name, change) in patch {
        if change.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), change);
        }
    }
}

pub(super) use crate::views::{Nullable, nullable};

fn segment(segment: &Segment) -> String {
    match segment {
        Segment::Map { key } => pointer_to(key),
        Segment::Seq { index } => format!("/{index}"),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

/// The JSON pointer to a member of the input (RFC 6901, 3).
pub(super) fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Says in the words of this API what serde found.
fn field_error(pointer: String, message: &str) -> FieldError {
    let named = quoted(message);
    let (pointer, code, detail) = match named.split_first() {
        Some((name, known)) if message.starts_with("unknown field") => {
            let hint = nearest(name, known)
                .map_or_else(String::new, |near| format!(" Did you mean {near}?"));
            (pointer, "unknown_field", format!("There is no field {name} here.{hint}"))
        }
        Some((name, _)) if message.starts_with("missing field") => {
            (pointer + &pointer_to(name), "required", format!("The field {name} is needed."))
        }
        Some((word, known)) if message.starts_with("unknown variant") => {
            (pointer, "invalid", format!("“{word}” is none of {}.", known.join(", ")))
        }
        _ => (pointer, "invalid", sentence(message)),
    };
    FieldError::new(pointer, code, detail)
}

/// The words that serde puts between back-ticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str().trim_end_matches('.');
    format!("{first}{rest}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the test's assertions on errors only")]
    struct Inner {
        clock_skew: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Vec<Inner>,
        #[serde(default, deserialize_with = "nullable")]
        note: Nullable<String>,
    }

    fn refused(value: Value) -> (String, String, String) {
        match read::<Outer>(value) {
            Err(Error::Invalid(mut errors)) => {
                let error = errors.remove(0);
                (error.pointer, error.code, error.detail)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_field_is_refused_by_its_pointer() {
        let (pointer, code, detail) = refused(json!({"name": "a", "inner": [{"clock_skw": 1}]}));
        assert_eq!((pointer.as_str(), code.as_str()), ("/inner/0/clock_skw", "unknown_field"));
        assert_eq!(detail, "There is no field clock_skw here. Did you mean clock_skew?");
    }

    #[test]
    fn a_missing_field_and_a_wrong_type_are_named() {
        assert_eq!(refused(json!({})).0, "/name");
        assert_eq!(refused(json!({})).1, "required");
        let (pointer, code, _) = refused(json!({"name": 1}));
        assert_eq!((pointer.as_str(), code.as_str()), ("/name", "invalid"));
        assert_eq!(refused(json!({"a/b~": 1, "name": "a"})).0, "/a~1b~0");
        assert_eq!(refused(json!([])).0, "");
    }

    #[test]
    fn null_is_told_from_nothing() {
        let read = |value| read::<Outer>(value).unwrap();
        assert_eq!(read(json!({"name": "a"})).note, None);
        assert_eq!(read(json!({"name": "a", "note": null})).note, Some(None));
        assert_eq!(read(json!({"name": "a", "note": "b"})).note, Some(Some("b".to_owned())));
        assert!(read(json!({"name": "a"})).inner.is_empty());
        assert_eq!(read(json!({"name": "a"})).name, "a");
    }

    #[test]
    fn a_list_takes_its_own_parameters_only() {
        let pointer = |query| match Listing::<NoFilter>::parse(query) {
            Err(Error::Invalid(errors)) => errors[0].pointer.clone(),
            Err(other) => panic!("{other:?}"),
            Ok(_) => "fine".to_owned(),
        };
        assert_eq!(pointer(""), "fine");
        assert_eq!(pointer("limit=200&cursor=org_1&count=true"), "fine");
        assert_eq!(pointer("limit=201"), "/limit");
        assert_eq!(pointer("limit=0"), "/limit");
        assert_eq!(pointer("limit=x"), "/limit");
        assert_eq!(pointer("count=yes"), "/count");
        assert_eq!(pointer("colour=red"), "/colour");
        assert_eq!(pointer("count=true&count=true"), "/count");
    }
}
