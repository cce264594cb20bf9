//! People and groups: one handler for each thing that can be done (RFC 7644, 3.3 to 3.6).

use super::act::{self, Done};
use super::call::Call;
use super::document::Document;
use super::list;
use super::path::appended;
use crate::http::error::ScimError;
use crate::scim::Kind;
use crate::scim::bulk::Method;
use crate::scim::query::Given;
use actix_web::http::StatusCode;
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource};

/// What a handler answers.
type Answer = Result<HttpResponse, ScimError>;

/// Bytes of the body of a person.
const PERSON: usize = 1024 * 1024;
/// Bytes of the body of a group: a hundred thousand members, and what comes with them.
const GROUP: usize = 16 * 1024 * 1024;

/// The routes of one kind below the connection's.
pub(super) fn routes(kind: Kind) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let endpoint = kind.endpoint();
        let limit = match kind {
            Kind::User => PERSON,
            Kind::Group => GROUP,
        };
        let limited = move |path: String| -> Resource {
            web::resource(path)
                .app_data(web::PayloadConfig::new(limit))
                .default_service(web::to(super::path::no_method))
        };
        config
            .service(
                limited(format!("{endpoint}/.search"))
                    .post(move |call, body| search(kind, call, body)),
            )
            .service(
                limited(endpoint.to_owned())
                    .get(move |call| page(kind, call))
                    .post(move |call, body| create(kind, call, body)),
            )
            .service(
                limited(format!("{endpoint}/{{id}}"))
                    .get(move |call, id, request| find(kind, call, id, request))
                    .put(move |call, id, body| change(Method::Put, kind, call, id, body))
                    .patch(move |call, id, body| change(Method::Patch, kind, call, id, body))
                    .delete(move |call, id| remove(kind, call, id)),
            );
    }
}

async fn page(kind: Kind, call: Call) -> Answer {
    list::one_kind(&call, kind, &call.given).await
}

async fn search(kind: Kind, call: Call, body: Document) -> Answer {
    list::one_kind(&call, kind, &Given::of_body(&body.0)?).await
}

/// `POST /.search`: people and groups in one list.
pub(super) async fn search_all(call: Call, body: Document) -> Answer {
    list::both_kinds(&call, &Given::of_body(&body.0)?).await
}

/// `GET` of the base URL: the same.
pub(super) async fn all(call: Call) -> Answer {
    list::both_kinds(&call, &call.given).await
}

async fn create(kind: Kind, call: Call, body: Document) -> Answer {
    Ok(act::create(&call, kind, body.0).await?.answer())
}

async fn find(
    kind: Kind,
    call: Call,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Answer {
    if let Some(fault) = appended(request.path()) {
        return Err(fault);
    }
    let shown = act::find(&call, kind, &path.1).await?;
    if call.versions.has(&shown.version) {
        let etag = (actix_web::http::header::ETAG, shown.version);
        return Ok(HttpResponse::NotModified().insert_header(etag).finish());
    }
    Ok(shown.answer(StatusCode::OK))
}

async fn change(
    method: Method,
    kind: Kind,
    call: Call,
    path: Path<(String, String)>,
    body: Result<Document, ScimError>,
) -> Answer {
    let id = &path.1;
    let body = act::readable(&call, kind, id, &call.versions, body).await?;
    let done = match method {
        Method::Put => act::replace(&call, kind, id, body.0, &call.versions).await?,
        _ => act::patch(&call, kind, id, body.0, &call.versions).await?,
    };
    Ok(Done::answer(&done))
}

async fn remove(kind: Kind, call: Call, path: Path<(String, String)>) -> Answer {
    Ok(act::remove(&call, kind, &path.1, &call.versions).await?.answer())
}
