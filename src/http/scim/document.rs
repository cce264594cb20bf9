//! The body of a request.

use crate::error::Error;
use crate::http::error::ScimError;
use crate::scim::dialect::{self, Dialect, Seen};
use crate::scim::{self, MEDIA_TYPE};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

/// Bodies beyond this are read on a thread for blocking work.
const SMALL: usize = 128 * 1024;

/// A JSON document, as `application/scim+json` or `application/json` (RFC 7644, 3.1).
pub(super) struct Document(pub(super) Value);

impl FromRequest for Document {
    type Error = ScimError;
    type Future = LocalBoxFuture<'static, Result<Self, ScimError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = media_type(request);
        let bytes = Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            typed?;
            let bytes = bytes.await.map_err(|error| unread(&error))?;
            request.extensions_mut().insert(Sent(bytes.clone()));
            let document = read(bytes).await?;
            let seen = Seen { agent: None, query: "", body: Some(&document) };
            if let Some(found) = dialect::recognise(seen) {
                request.extensions_mut().insert(Recognised(found));
            }
            Ok(Self(document))
        })
    }
}

/// What was sent, for the log of requests.
pub(super) struct Sent(pub(super) Bytes);

/// The product whose habits the body shows.
pub(super) struct Recognised(pub(super) Dialect);

fn media_type(request: &HttpRequest) -> Result<(), ScimError> {
    let given = request.headers().get(header::CONTENT_TYPE);
    // Some clients leave it out; JSON is all that it could be.
    let Some(given) = given else { return Ok(()) };
    let given = given.to_str().unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(MEDIA_TYPE) || essence.eq_ignore_ascii_case("application/json")
    {
        return Ok(());
    }
    let detail = format!("The body must be {MEDIA_TYPE} or application/json, but is “{essence}”.");
    Err(ScimError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

async fn read(bytes: Bytes) -> Result<Value, ScimError> {
    let is_small = bytes.len() <= SMALL;
    let parse = move || serde_json::from_slice::<Value>(&bytes);
    let read = if is_small {
        parse()
    } else {
        let task = actix_web::web::block(parse);
        task.await.map_err(|error| Error::Internal(anyhow::Error::new(error)))?
    };
    read.map_err(|error| scim::Error::syntax(format!("The body is not JSON: {error}.")).into())
}

/// Why a body did not arrive.
fn unread(error: &actix_web::Error) -> ScimError {
    if let Some(PayloadError::Overflow) = error.as_error() {
        let detail = "The body is larger than is allowed here: 16 MiB for groups and bulk requests, else 1 MiB.";
        return ScimError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail);
    }
    tracing::debug!(%error, "a body was not read");
    scim::Error::syntax("The body could not be read.").into()
}
