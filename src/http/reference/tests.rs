use super::reference;
use crate::http::testing::{PRODUCTION, world};
use actix_web::test::TestRequest;
use serde_json::Value;
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
