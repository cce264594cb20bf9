//! `Idempotency-Key`: a POST that is sent twice is done once (draft-ietf-httpapi-idempotency-key-header).
//!
//! The answer of a POST that did something is kept for 24 hours per key, address and caller: who it is, and what it may do. It is told
//! to nobody who may not do as much. One that did nothing (4xx, 5xx) is not kept, so the same key may be used for the corrected request.

use crate::crypto;
use crate::error::Error;
use crate::http::caller;
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::idempotency::{self, Begun};
use crate::store::{Actor, Scope, Store, Tx, origin};
use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, web};
use serde_json::Value;
use tracing::Instrument;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 255;

/// Does a POST with a key once; a repeat gets the kept answer.
pub(super) async fn once(
    mut req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if req.method() != Method::POST || !req.headers().contains_key(KEY) {
        return next.call(req).await;
    }
    let promise = match claim(&mut req).await {
        Ok(Claim::First(promise)) => promise,
        Ok(Claim::Repeat(answer)) => return Ok(req.into_response(answer)),
        Err(error) => return Ok(req.error_response(error)),
    };
    // A task of its own: it goes on when the caller hangs up, which is when a repeat follows.
    let work = async move {
        let answer = next.call(req).await;
        promise.settle(answer).await
    };
    let work = origin::serving(origin::address(), work.in_current_span());
    match actix_web::rt::spawn(work).await {
        Ok(answer) => answer,
        Err(error) => Err(ApiError::from(Error::Internal(anyhow::Error::new(error))).into()),
    }
}

enum Claim {
    First(Promise),
    Repeat(HttpResponse),
}

/// That the answer of this request will be kept.
struct Promise {
    store: Store,
    actor: Actor,
    id: String,
}

/// Claims the key for this request, or finds what became of an earlier one.
async fn claim(req: &mut ServiceRequest) -> Result<Claim, actix_web::Error> {
    let key = key(req.headers().get(KEY))?;
    let caller = caller::authenticate(req.request()).await?;
    let state = req.extract::<web::Data<State>>().await?;
    let body = req.extract::<web::Bytes>().await?;
    let address = req.uri().to_string();
    let may = caller.may();
    let id = digest(&[caller.who.as_str(), &may, &address, &key]);
    let fingerprint = crypto::hex(&crypto::sha256(&body));
    req.set_payload(Payload::from(body));

    let actor = caller.who.actor();
    let begun = {
        let id = id.clone();
        let write = move |tx: &mut Tx| idempotency::begin(tx, &id, &fingerprint);
        state.store.write(Scope::Own, actor.clone(), write).await.map_err(ApiError::from)?
    };
    match begun {
        Begun::New => Ok(Claim::First(Promise { store: state.store.clone(), actor, id })),
        Begun::Done { status, body } => Ok(Claim::Repeat(replay(status, body))),
        Begun::Running => Err(ApiError::from(Error::conflict(
            "idempotency_key_in_use",
            "The first request with this Idempotency-Key has not been answered. If that does not change within a \
             minute it was cut off: look whether it was done, and use a new key.",
        ))
        .into()),
        Begun::Other => Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "This Idempotency-Key came with another body before. Use a new key for a new request.",
        )
        .into()),
    }
}

impl Promise {
    /// Keeps what the caller is told, without secrets; or gives the key back when nothing was done.
    async fn settle(
        self,
        answer: Result<ServiceResponse<BoxBody>, actix_web::Error>,
    ) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
        let answer = match answer {
            Ok(answer) if answer.status().is_success() => answer,
            nothing_done => {
                self.forget().await;
                return nothing_done;
            }
        };
        let (req, response) = answer.into_parts();
        let (head, body) = response.into_parts();
        let body = to_bytes(body).await.map_err(|error| {
            ApiError::from(Error::Internal(anyhow::anyhow!("reading our own answer: {error}")))
        })?;
        self.finish(head.status(), &body).await;
        Ok(ServiceResponse::new(req, head.set_body(BoxBody::new(body))))
    }

    async fn finish(self, status: StatusCode, body: &[u8]) {
        let status = i32::from(status.as_u16());
        let body = without_secrets(body);
        let Self { store, actor, id } = self;
        let kept = store
            .write(Scope::Own, actor, move |tx| idempotency::finish(tx, &id, status, &body))
            .await;
        if let Err(error) = kept {
            tracing::error!(error = ?error, "the answer to a request with an Idempotency-Key could not be kept");
        }
    }

    async fn forget(self) {
        let Self { store, actor, id } = self;
        let gone = store.write(Scope::Own, actor, move |tx| idempotency::forget(tx, &id)).await;
        if let Err(error) = gone {
            tracing::error!(error = ?error, "an unused Idempotency-Key could not be given back");
        }
    }
}

/// The key itself: a quoted string (RFC 8941) or, as most callers send it, the bare text.
fn key(header: Option<&HeaderValue>) -> Result<String, ApiError> {
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "idempotency_key_invalid",
            "An Idempotency-Key has 1 to 255 visible ASCII characters and no spaces. A UUID is a good one.",
        ));
    }
    Ok(key.to_owned())
}

/// One text for several, none of which has a line feed.
fn digest(parts: &[&str]) -> String {
    crypto::hex(&crypto::sha256(parts.join("\n").as_bytes()))
}

fn replay(status: i32, body: String) -> HttpResponse {
    let status = u16::try_from(status)
        .ok()
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::OK);
    let mut answer = HttpResponse::build(status);
    answer.insert_header((REPLAYED, HeaderValue::from_static("true")));
    if body.is_empty() {
        answer.finish()
    } else {
        answer.content_type("application/json").body(body)
    }
}

/// The answer as it is kept: what is shown once is gone from it, and it says so.
fn without_secrets(body: &[u8]) -> String {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return String::new() };
    withhold(&mut value);
    value.to_string()
}

fn withhold(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("shown_once") == Some(&Value::Bool(true)) {
                // A link is a secret as a whole. What has both has an address that everybody may know.
                let name = if fields.contains_key("secret") { "secret" } else { "url" };
                fields.insert(name.to_owned(), Value::Null);
                fields.insert("secret_withheld".to_owned(), Value::Bool(true));
            }
            fields.values_mut().for_each(withhold);
        }
        Value::Array(items) => items.iter_mut().for_each(withhold),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_shown_once_is_not_kept() {
        let answer = json!({
            "id": "app_1", "name": "Orbit",
            "link": {"url": "https://sso.example.com/setup/sl_marked", "shown_once": true},
            "endpoint": {"url": "https://app.example", "secret": "whsec_marked", "shown_once": true},
            "first_secret": {"secret": "cs_marked", "shown_once": true, "hint": "cs_…rked"},
        });
        let kept = without_secrets(answer.to_string().as_bytes());
        assert!(!kept.contains("cs_marked"));
        let kept: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept["link"]["url"], Value::Null);
        assert_eq!(kept["link"]["secret_withheld"], true);
        assert_eq!(kept["endpoint"]["url"], "https://app.example");
        assert_eq!(kept["first_secret"]["secret"], Value::Null);
        assert_eq!(kept["first_secret"]["secret_withheld"], true);
        assert_eq!(kept["name"], "Orbit");
    }

    #[test]
    fn a_key_is_quoted_or_bare() {
        let read = |text: &str| key(Some(&HeaderValue::from_str(text).unwrap()));
        assert_eq!(read("8e03978e-40d5").unwrap(), "8e03978e-40d5");
        assert_eq!(read("\"8e03978e-40d5\"").unwrap(), "8e03978e-40d5");
        for wrong in ["", "\"\"", "a b", &"k".repeat(256)] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(key(None).is_err());
    }
}
