//! Several requests in one (RFC 7644, 3.7).

use super::act::{self, Done};
use super::call::Call;
use super::document::Document;
use super::show::document;
use super::version::Versions;
use crate::http::error::ScimError;
use crate::scim::bulk::{Act, Bulk, Method, Operation, Stage};
use crate::scim::document::location;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The schema of the answer.
const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// `POST /Bulk`. Each operation is a transaction of its own; those that others refer to come first.
pub(super) async fn bulk(call: Call, body: Document) -> Result<HttpResponse, ScimError> {
    let bulk = Bulk::parse(&body.0)?;
    drop(body);
    let mut run = Run { ids: HashMap::new(), answers: HashMap::new(), faults: 0 };
    for (at, stage) in bulk.turns() {
        if bulk.fail_on_errors.is_some_and(|most| run.faults >= most) {
            break;
        }
        if let Some(operation) = bulk.operations.get(at) {
            run.turn(&call, at, operation, stage).await;
        }
    }
    // In the order in which they were asked for.
    let answers: Vec<Value> =
        (0..bulk.operations.len()).filter_map(|at| run.answers.remove(&at)).collect();
    Ok(document(StatusCode::OK, &json!({ "schemas": [SCHEMA], "Operations": answers })))
}

/// A bulk request while it is being done.
struct Run {
    /// What the operations have made, by their bulk IDs.
    ids: HashMap<String, String>,
    /// What is told of each operation, by its place.
    answers: HashMap<usize, Value>,
    faults: usize,
}

impl Run {
    async fn turn(&mut self, call: &Call, at: usize, operation: &Operation, stage: Stage) {
        let done = self.done(call, operation, stage).await;
        let mut answer = Map::new();
        answer.insert("method".to_owned(), operation.method.to_ascii_uppercase().into());
        if let Some(name) = &operation.bulk_id {
            answer.insert("bulkId".to_owned(), name.clone().into());
        }
        let status = match done {
            Ok((location, done)) => {
                if let Some(location) = location {
                    answer.insert("location".to_owned(), location.into());
                }
                if let Some(shown) = &done.shown {
                    answer.insert("version".to_owned(), shown.version.clone().into());
                }
                // What was made in two turns was made all the same.
                if stage == Stage::Rest {
                    StatusCode::CREATED.as_u16()
                } else {
                    done.status.as_u16()
                }
            }
            Err(fault) => {
                self.faults = self.faults.saturating_add(1);
                let told = fault.told(&call.origin.id);
                answer.insert("response".to_owned(), told.to_json());
                told.status
            }
        };
        answer.insert("status".to_owned(), status.to_string().into());
        self.answers.insert(at, Value::Object(answer));
    }

    /// Does one operation; where the resource is, too.
    async fn done(
        &mut self,
        call: &Call,
        operation: &Operation,
        stage: Stage,
    ) -> Result<(Option<String>, Done), ScimError> {
        let act = operation.act.clone()?.resolved(stage, |name| self.ids.get(name).cloned())?;
        let versions = Versions::named(act.version.as_deref());
        let Act { method, kind, id, data, .. } = act;
        let made = operation.bulk_id.as_ref().and_then(|name| self.ids.get(name).cloned());
        let id = id.or(made.filter(|_| stage == Stage::Rest)).unwrap_or_default();
        let done = match method {
            Method::Post if stage == Stage::Rest => {
                act::replace(call, kind, &id, data, &versions).await?
            }
            Method::Post => act::create(call, kind, data).await?,
            Method::Put => act::replace(call, kind, &id, data, &versions).await?,
            Method::Patch => act::patch(call, kind, &id, data, &versions).await?,
            Method::Delete => act::remove(call, kind, &id, &versions).await?,
        };
        let location = match &done.shown {
            Some(shown) => shown.location.clone(),
            None => location(&call.base, kind, &id),
        };
        if let (Some(name), Some(made)) = (&operation.bulk_id, location.rsplit('/').next()) {
            self.ids.insert(name.clone(), made.to_owned());
        }
        Ok((Some(location), done))
    }
}
