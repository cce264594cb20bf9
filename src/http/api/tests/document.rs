use super::*;
use crate::http::api::openapi;
use std::collections::BTreeSet;
use std::path::Path;

/// Every operation: method, path as the document has it, and the scope it says it needs.
fn operations(document: &Value) -> Vec<(String, String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let scope = operation["security"][0]["api_key"][0].as_str().unwrap_or_default();
            all.push((method.to_uppercase(), path.clone(), scope.to_owned()));
        }
    }
    all
}

fn parsed() -> Value {
    serde_json::from_str(&openapi::document()).unwrap()
}

#[test]
fn the_document_is_the_one_in_docs() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, openapi::document()).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == openapi::document(),
        "run the tests with UPDATE_OPENAPI=1 and look at the difference"
    );
}

#[actix_web::test]
async fn the_document_is_served_without_a_key() {
    let api = Api::new();
    let answer = api.world.call(TestRequest::get().uri("/api/openapi.json")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.body, openapi::document());
}

/// Every handler file's routes, from its attributes: so that one that is written but not described is found.
#[test]
fn every_route_is_in_the_document() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/api");
    let mut routes = BTreeSet::new();
    for folder in [folder.clone(), folder.join("access"), folder.join("connections")] {
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            if !file.is_file() {
                continue;
            }
            for line in std::fs::read_to_string(file).unwrap().lines() {
                for method in ["get", "post", "put", "patch", "delete"] {
                    let start = format!("#[{method}(\"");
                    if let Some(rest) = line.trim().strip_prefix(&start) {
                        let path = rest.trim_end_matches("\")]");
                        routes.insert((method.to_uppercase(), format!("/api/v1{path}")));
                    }
                }
            }
        }
    }
    let described: BTreeSet<_> =
        operations(&parsed()).into_iter().map(|(method, path, _)| (method, path)).collect();
    assert!(routes.len() > 40);
    assert_eq!(described, routes);
}

#[actix_web::test]
async fn every_operation_needs_the_scope_that_it_says() {
    let api = Api::new();
    for (method, path, scope) in operations(&parsed()) {
        let path = path.trim_start_matches("/api/v1/");
        let without: Vec<Scope> =
            all_scopes().into_iter().filter(|other| other.as_str() != scope).collect();
        let key = api.key_with(&without, None);
        let header = format!("Bearer {key}");
        let answer = api.answer(&method, path, None, &[("authorization", &header)]).await;
        let (status, body) = told(&answer);
        assert_eq!(status, 403, "{method} {path}: {body}");
        let detail = body["detail"].as_str().unwrap();
        assert_eq!(detail, format!("This API key lacks the scope {scope}."), "{method} {path}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = parsed();
    let mut found = Vec::new();
    references(&document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let mut names = BTreeSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name}");
            let parameters = operation["parameters"].as_array().unwrap();
            let places: BTreeSet<String> = parameters
                .iter()
                .map(|one| format!("{} {} {}", one["in"], one["name"], one["$ref"]))
                .collect();
            assert_eq!(places.len(), parameters.len(), "{name}");
            assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{name}");
        }
    }
}

/// Clients are generated from it, so an answer must look as it is described.
#[actix_web::test]
async fn an_answer_has_the_fields_that_the_document_lists() {
    let api = Api::new();
    let organization = api.organization("Globex").await;
    let document = parsed();
    let path = format!("organizations/{organization}");
    let (_, domain) =
        api.post(&format!("{path}/domains"), json!({ "domain": "globex.example" })).await;
    let (_, connection) =
        api.post(&format!("{path}/connections"), json!({ "provider": "okta" })).await;
    let (_, view) = api.get(&path).await;
    for (name, answer) in [("Organization", view), ("Domain", domain), ("Connection", connection)] {
        let fields: BTreeSet<&String> = answer.as_object().unwrap().keys().collect();
        let listed = &document["components"]["schemas"][name]["properties"];
        let listed: BTreeSet<&String> = listed.as_object().unwrap().keys().collect();
        assert_eq!(fields, listed, "{name}");
    }
}
