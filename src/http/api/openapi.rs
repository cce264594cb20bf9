//! The `OpenAPI` 3.1 document: what the handlers say of themselves, and what they all have in common.

use super::v1;
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa_actix_web::OpenApiFactory;

static DOCUMENT: LazyLock<String> = LazyLock::new(document);

/// `GET /api/openapi.json`
pub(super) async fn serve() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(DOCUMENT.as_str())
}

/// The document, made once.
pub(in crate::http) fn served() -> &'static str {
    DOCUMENT.as_str()
}

/// The document as JSON text, the same each time.
#[must_use]
pub fn document() -> String {
    let handlers = v1();
    let mut schemas = Vec::new();
    handlers.schemas(&mut schemas);
    let schemas: Map<String, Value> = schemas
        .into_iter()
        .filter_map(|(name, schema)| Some((name, serde_json::to_value(schema).ok()?)))
        .collect();
    let mut paths = serde_json::to_value(handlers.paths()).unwrap_or_default();
    for methods in members(&mut paths) {
        for (method, operation) in methods.1.as_object_mut().into_iter().flatten() {
            complete(method, operation);
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [{ "url": "/" }],
        "security": [{ "api_key": [] }],
        "tags": tags(),
        "paths": paths,
        "components": components(schemas),
    });
    format!("{document:#}\n")
}

fn info() -> Value {
    json!({
        "title": "Vestibule",
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        "description": "Organizations, their identity providers, their people, and your applications. JSON in \
            snake_case, times in RFC 3339 and UTC. Within v1 things are added, but neither changed nor taken away. \
            Unknown fields in a request are refused.",
    })
}

fn tags() -> Value {
    json!([
        { "name": "organizations", "description": "Your customers." },
        { "name": "domains", "description": "Their email domains, which lead people to a connection." },
        { "name": "connections", "description": "Their identity providers." },
        { "name": "certificates", "description": "Certificates of a connection's provider, and who is told before one ends." },
        { "name": "directories", "description": "What keeps a connection's people and groups, by SCIM, and its tokens." },
        { "name": "scim_requests", "description": "What directories asked and were answered." },
        { "name": "portal", "description": "Where their IT admins set single sign-on up by themselves." },
        { "name": "users", "description": "Their people." },
        { "name": "groups", "description": "Groups of directories, and who is in them." },
        { "name": "provisioning", "description": "Whether groups give anything in an organization, and what is guarded." },
        { "name": "entities", "description": "Places in your applications that people can belong to." },
        { "name": "mapping_rules", "description": "Which groups give which roles and places, and what a change of that would do." },
        { "name": "mappings", "description": "Which group gives which place, one by one." },
        { "name": "access", "description": "Conflicts to decide, and losses that wait for somebody." },
        { "name": "traces", "description": "What happened in each sign-in, check by check." },
        { "name": "events", "description": "What happened, for your app to follow." },
        { "name": "audit_events", "description": "Who did what to what, from where, and what was before and after." },
        { "name": "webhooks", "description": "Where your app is told of events as they happen, and what became of that." },
        { "name": "applications", "description": "Your apps, as OpenID Connect clients." },
        { "name": "api_keys", "description": "Keys for this API." },
        { "name": "settings", "description": "How the gateway is set, and where that came from." },
    ])
}

/// Adds to an operation what its handler does not say because every handler has it.
fn complete(method: &str, operation: &mut Value) {
    let scope = operation
        .pointer("/security/0/api_key/0")
        .and_then(Value::as_str)
        .map(|scope| format!("Needs the scope `{scope}`."));
    let Some(fields) = operation.as_object_mut() else { return };
    let told = fields.get("description").and_then(Value::as_str).map(ToOwned::to_owned);
    let description: Vec<String> = told.into_iter().chain(scope).collect();
    fields.insert("description".to_owned(), description.join("\n\n").into());

    let parameters = fields.entry("parameters").or_insert_with(|| json!([]));
    without_repeats(parameters);
    let has_path =
        parameters.as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "path"));
    let has_query =
        parameters.as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    if method == "post"
        && let Some(parameters) = parameters.as_array_mut()
    {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    let has_body = fields.contains_key("requestBody");
    let writes = method != "get";
    let Some(answers) = fields.get_mut("responses") else { return };
    for (status, answer) in members(answers) {
        complete_answer(method, status, answer);
    }
    let possible = [
        ("400", "Malformed", has_body || method == "post"),
        ("401", "Unauthenticated", true),
        ("403", "Forbidden", true),
        ("404", "NotFound", has_path),
        ("409", "Conflict", writes),
        ("422", "Invalid", has_body || has_query || method == "post"),
        ("429", "TooMany", true),
        ("503", "Unavailable", true),
    ];
    let Some(answers) = answers.as_object_mut() else { return };
    for (status, name, _) in possible.into_iter().filter(|(_, _, is_possible)| *is_possible) {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        answers.insert(status.to_owned(), reference);
    }
}

fn complete_answer(method: &str, status: &str, answer: &mut Value) {
    let Some(fields) = answer.as_object_mut() else { return };
    let usual = if status == "201" { "It is there now." } else { "As asked." };
    fields.entry("description").or_insert_with(|| usual.into());
    fields.entry("headers").or_insert_with(|| json!({}));
    let id = json!({ "$ref": "#/components/headers/RequestId" });
    set(answer, "headers", "Request-Id", id);
    if method == "post" {
        let replayed = json!({ "$ref": "#/components/headers/Replayed" });
        set(answer, "headers", "Idempotency-Replayed", replayed);
    }
}

fn components(mut schemas: Map<String, Value>) -> Value {
    schemas.insert("Problem".to_owned(), problem());
    json!({
        "securitySchemes": {
            "api_key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key: `Authorization: Bearer vst_live_…`. Make the first one with \
                    `vestibule key create`. Or a token that a machine application got for itself at `/oauth/token` \
                    (`mt_…`), which has scopes as keys have.",
            },
        },
        "parameters": { "IdempotencyKey": idempotency_key() },
        "headers": {
            "RequestId": text("The ID of this request, which the log has too.", "req_01kampz3y7f4m8t2v6c9d0e1hj"),
            "Replayed": text("`true` where this is the kept answer to an earlier request with the same key.", "true"),
            "RetryAfter": text("After how many seconds to try again.", "2"),
        },
        "responses": responses(),
        "schemas": schemas,
    })
}

fn text(description: &str, example: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" }, "example": example })
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Sent twice with the same key, the request is done once: for 24 hours a repeat gets the first \
            answer, without secrets. With another body it is refused. A request that did nothing (4xx, 5xx) does not \
            use its key up.",
        "schema": { "type": "string", "maxLength": 255 },
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail", "instance"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string", "description": "A stable word for programs." },
            "detail": { "type": "string", "description": "What was expected, what came, and what to do." },
            "instance": { "type": "string", "description": "The ID of the request." },
            "errors": {
                "type": "array",
                "description": "The fields that need a change.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": { "type": "string", "description": "JSON pointer into the request (RFC 6901)." },
                        "code": { "type": "string" },
                        "detail": { "type": "string" },
                    },
                },
            },
        },
        "example": {
            "type": "urn:vestibule:problem:validation_failed",
            "title": "Some fields are not valid",
            "status": 422,
            "code": "validation_failed",
            "detail": "A name is needed.",
            "instance": "req_01kampz3y7f4m8t2v6c9d0e1hj",
            "errors": [{ "pointer": "/name", "code": "required", "detail": "A name is needed." }],
        },
    })
}

fn responses() -> Value {
    let mut all: Map<String, Value> = [
        ("Malformed", "The request cannot be read."),
        ("Unauthenticated", "There is no live API key in the request."),
        ("Forbidden", "The key lacks a scope, which is named, or is bound to one organization."),
        (
            "NotFound",
            "There is no such thing, or it belongs to an organization that the key is not for.",
        ),
        ("Conflict", "Something that is there already is in the way; `code` says what."),
        ("Invalid", "Some fields are not valid; `errors` says which."),
        ("TooMany", "Asked too often."),
        ("Unavailable", "Not at the moment."),
    ]
    .into_iter()
    .map(|(name, description)| {
        let content = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
        let headers = json!({ "Request-Id": { "$ref": "#/components/headers/RequestId" } });
        let answer = json!({
            "description": description,
            "headers": headers,
            "content": { "application/problem+json": content },
        });
        (name.to_owned(), answer)
    })
    .collect();
    for name in ["TooMany", "Unavailable"] {
        if let Some(answer) = all.get_mut(name) {
            let after = json!({ "$ref": "#/components/headers/RetryAfter" });
            set(answer, "headers", "Retry-After", after);
        }
    }
    all.into()
}

/// Keeps each parameter once, the described one: utoipa finds those of the path a second time by itself.
fn without_repeats(parameters: &mut Value) {
    let mut seen = Vec::new();
    if let Some(all) = parameters.as_array_mut() {
        all.retain(|one| {
            let place = (one["in"].clone(), one["name"].clone());
            let is_new = !seen.contains(&place);
            seen.push(place);
            is_new
        });
    }
}

/// Sets a member of an object within an object.
fn set(value: &mut Value, object: &str, name: &str, member: Value) {
    if let Some(fields) = value.get_mut(object).and_then(Value::as_object_mut) {
        fields.insert(name.to_owned(), member);
    }
}

/// The members of an object; of anything else none.
fn members(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}
