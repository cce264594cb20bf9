use super::model::{Operation, Resource};
use super::reference;
use crate::http::testing::{Answer, PRODUCTION, World, world};
use crate::store::api_keys::{self, NewApiKey, Scope};
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use std::collections::HashSet;

/// What a page may have.
const LARGEST: usize = 60_000;

#[test]
fn every_operation_of_the_document_is_on_the_page_of_its_resource() {
    let document: Value = serde_json::from_str(crate::http::api::openapi::served()).unwrap();
    let shown: Vec<(&str, &str)> = reference()
        .resources
        .iter()
        .flat_map(|one| one.operations.iter().map(|it| (one.key.as_str(), it.id.as_str())))
        .collect();
    let mut count = 0;
    for methods in document["paths"].as_object().unwrap().values() {
        for operation in methods.as_object().unwrap().values() {
            count += 1;
            let (tag, id) = (&operation["tags"][0], &operation["operationId"]);
            let wanted = (tag.as_str().unwrap(), id.as_str().unwrap());
            assert!(shown.contains(&wanted), "{wanted:?} is on no page");
        }
    }
    assert_eq!(shown.len(), count, "something is on two pages");
}

#[test]
fn every_object_that_is_named_is_on_the_page_and_every_field_has_a_type() {
    for resource in &reference().resources {
        assert!(!resource.text.is_empty(), "{} is not described", resource.key);
        let names: HashSet<&str> = resource.objects.iter().map(|one| one.name.as_str()).collect();
        let fields = resource.objects.iter().flat_map(|one| &one.fields);
        let bodies = resource.operations.iter().flat_map(|one| &one.body);
        for field in fields.chain(bodies) {
            assert!(!field.kind.is_empty(), "{} of {}", field.name, resource.key);
            if let Some(object) = &field.object {
                assert!(names.contains(object.as_str()), "{object} is missing for {}", field.name);
            }
        }
        for operation in &resource.operations {
            assert!(!operation.path_example.contains('{'), "{}", operation.path_example);
            for answer in &operation.answers {
                assert!(answer.object.as_ref().is_none_or(|it| names.contains(it.as_str())));
            }
        }
    }
}

#[test]
fn a_request_is_resolved_to_its_fields_with_an_example() {
    let all = reference().resources.iter().flat_map(|one| &one.operations);
    let create = all.into_iter().find(|one| one.id == "create_webhook_endpoint").unwrap();
    let field = |name: &str| create.body.iter().find(|field| field.name == name).unwrap();
    assert!(field("url").is_required && !field("events").is_required);
    assert!(field("events").is_list() && field("description").may_be_null);
    let example: Value = serde_json::from_str(create.body_example.as_ref().unwrap()).unwrap();
    assert_eq!(example["url"], "https://app.example.com/webhooks");
}

#[actix_web::test]
async fn the_reference_is_public_kept_for_a_while_and_no_page_is_too_large() {
    let world = world(PRODUCTION);
    let index = world.call(TestRequest::get().uri("/docs/api")).await;
    assert_eq!((index.status, index.header("cache-control")), (200, "public, max-age=300"));
    for resource in &reference().resources {
        let path = format!("/docs/api/{}", resource.key);
        assert!(index.body.contains(&format!("href=\"{path}\"")), "{path}");
        let page = world.call(TestRequest::get().uri(&path)).await;
        assert_eq!((page.status, page.header("cache-control")), (200, "public, max-age=300"));
        assert!(page.body.len() <= LARGEST, "{path} is {} bytes", page.body.len());
        assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
        assert!(page.body.contains("curl "), "{path}");
        assert!(page.body.contains("Host: sso.example.com"), "{path}");
        assert!(!page.body.contains("$ref") && !page.body.contains("form_token"), "{path}");
        let ids: Vec<&str> =
            page.body.split(" id=\"").skip(1).filter_map(|it| it.split('"').next()).collect();
        let once: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), once.len(), "an ID is twice on {path}");
        for target in page.body.split("href=\"#").skip(1).filter_map(|it| it.split('"').next()) {
            assert!(once.contains(target), "#{target} leads nowhere on {path}");
        }
    }
    assert_eq!(world.call(TestRequest::get().uri("/docs/api/nothing")).await.status, 404);
}

/// What waits for the network: its examples are read, and lead to something that is not there.
const OUTSIDE: [&str; 6] = [
    "import_metadata",
    "configure_openid",
    "test_connection",
    "test_webhook_endpoint",
    "verify_domain",
    "redeliver",
];
/// Codes of a body that the handler does not understand.
const NOT_UNDERSTOOD: [&str; 3] = ["unknown_field", "required", "unknown_parameter"];

/// An installation in which much of what the examples name is there.
struct Desk {
    world: World,
    key: String,
    /// IDs of the examples, and of what is there.
    there: Vec<(&'static str, String)>,
}

impl Desk {
    async fn new() -> Self {
        let world = world(&[]);
        let new = NewApiKey {
            name: "Examples".to_owned(),
            scopes: Scope::WORDS.iter().map(|word| word.parse().unwrap()).collect(),
            organization_id: None,
            expires_at: None,
            networks: Vec::new(),
        };
        let key = world.store().system(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
        let mut desk = Self { world, key, there: Vec::new() };
        let body = json!({ "name": "Globex", "external_id": "globex-17" });
        desk.asked("POST", "/api/v1/organizations", Some(body.to_string())).await;
        let of = "/api/v1/organizations/external:globex-17";
        let made = [
            ("con_", format!("{of}/connections"), json!({ "provider": "okta" })),
            (
                "app_",
                "/api/v1/applications".to_owned(),
                json!({ "name": "Orbit", "redirect_uris": ["https://app.example/callback"] }),
            ),
            ("lnk_", format!("{of}/setup_links"), json!({})),
            (
                "whe_",
                "/api/v1/webhook_endpoints".to_owned(),
                json!({ "url": "https://app.example/hooks" }),
            ),
            (
                "key_",
                "/api/v1/api_keys".to_owned(),
                json!({ "name": "CI", "scopes": ["users:read"] }),
            ),
        ];
        for (prefix, path, body) in made {
            let answer = desk.asked("POST", &path, Some(body.to_string())).await;
            assert_eq!(answer.status, 201, "{path}: {}", answer.body);
            let made: Value = serde_json::from_str(&answer.body).unwrap();
            desk.there.push((prefix, made["id"].as_str().unwrap().to_owned()));
        }
        desk
    }

    async fn asked(&self, method: &str, path: &str, body: Option<String>) -> Answer {
        let mut request = TestRequest::default()
            .method(method.parse().unwrap())
            .uri(path)
            .insert_header(("authorization", format!("Bearer {}", self.key)));
        if let Some(body) = body {
            request = request.insert_header(("content-type", "application/json")).set_payload(body);
        }
        self.world.call(request).await
    }

    /// What is asked for by an example, of what is there.
    async fn run(&self, operation: &Operation) -> Answer {
        let mut path = operation.path_example.clone();
        let mut body = operation.body_example.clone();
        if !OUTSIDE.contains(&operation.id.as_str()) {
            for (prefix, id) in &self.there {
                let example = format!("{prefix}01kampz3y7f4m8t2v6c9d0e1hj");
                path = path.replace(&example, id);
                body = body.map(|body| body.replace(&example, id));
            }
        }
        self.asked(&operation.method, &path, body).await
    }
}

#[actix_web::test]
async fn every_example_is_understood_and_answered_as_it_is_described() {
    let desk = Desk::new().await;
    let mut all: Vec<(&Resource, &Operation)> = reference()
        .resources
        .iter()
        .flat_map(|resource| resource.operations.iter().map(move |one| (resource, one)))
        .collect();
    // What takes away comes last, and the whole after its parts.
    all.sort_by_key(|(_, one)| match one.method.as_str() {
        "DELETE" => 100 - one.path.matches('/').count(),
        _ => 0,
    });
    let (mut done, mut wrong) = (Vec::new(), Vec::new());
    for (resource, operation) in all {
        let id = operation.id.as_str();
        let answer = desk.run(operation).await;
        let told = format!("{id} {}\n{:?}\n{}", answer.status, operation.body_example, answer.body);
        if matches!(answer.status, 400 | 401 | 403 | 405 | 415 | 429 | 500..) {
            wrong.push(told.clone());
        }
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        for error in body["errors"].as_array().into_iter().flatten() {
            let code = error["code"].as_str().unwrap();
            if NOT_UNDERSTOOD.contains(&code) {
                wrong.push(told.clone());
            }
        }
        if answer.status >= 300 {
            continue;
        }
        done.push(id);
        let described = operation.answers.iter().find(|it| it.status == answer.status.to_string());
        let Some(described) = described else {
            wrong.push(format!("not described: {told}"));
            continue;
        };
        let Some(name) = described.object.as_ref().filter(|_| !described.is_list) else { continue };
        let object = resource.objects.iter().find(|it| &it.name == name).unwrap();
        for field in body.as_object().into_iter().flatten().map(|(field, _)| field) {
            if !object.fields.iter().any(|it| &it.name == field) {
                wrong.push(format!("{field} of {told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // Of so many the example itself does what it says; the others name what is not there.
    assert!(done.len() >= 60, "{}: {done:?}", done.len());
}
