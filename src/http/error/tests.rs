use super::{ApiError, Dialect, Failure, OAuthError, PageError};
use crate::cause::Cause;
use crate::error::Error;
use crate::http::testing::{Answer, PRODUCTION, World, world};
use crate::oidc;
use crate::oidc::client::UnknownRedirect;
use crate::store::TraceId;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::web::{self, Form, Json, Path, Query, ServiceConfig};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[expect(dead_code, reason = "only reading it matters")]
    name: String,
}

async fn api(path: Path<String>) -> Result<HttpResponse, ApiError> {
    Err(failure(&path.into_inner()).into())
}

async fn oauth(path: Path<String>) -> Result<HttpResponse, OAuthError> {
    match path.as_str() {
        "invalid_grant" => Err(oidc::Error::InvalidGrant("It is used.".into()).into()),
        "invalid_token" => Err(oidc::Error::InvalidToken("It has ended.".into()).into()),
        other => Err(failure(other).into()),
    }
}

async fn page(path: Path<String>) -> Result<HttpResponse, PageError> {
    Err(failure(&path.into_inner()).into())
}

fn failure(kind: &str) -> Error {
    match kind {
        "not_found" => Error::not_found("connection", "con_1"),
        "invalid" => Error::invalid("/name", "required", "A name is missing."),
        "conflict" => Error::conflict("domain_taken", "It is taken."),
        "unauthenticated" => Error::Unauthenticated("Send an API key.".to_owned()),
        "forbidden" => Error::Forbidden("It lacks the scope users:read.".to_owned()),
        "too_many" => Error::TooMany { detail: "Too many.".to_owned(), retry_after: 7 },
        "busy" => Error::Busy("pool of 10.0.0.5 is empty".to_owned()),
        _ => Error::Internal(anyhow::anyhow!("the secret reason")),
    }
}

fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/test/fail/{kind}").get(api))
        .service(web::resource("/oauth/fail/{kind}").get(oauth))
        .service(web::resource("/fail/{kind}").get(page))
        .service(web::resource("/api/test/json").post(async |_: Json<Body>| "read"))
        .service(web::resource("/api/test/query").get(async |_: Query<Body>| "read"))
        .service(web::resource("/api/test/number/{n}").get(async |_: Path<u8>| "read"))
        .service(web::resource("/login-form").post(async |_: Form<Body>| "read"))
        .service(
            web::resource("/api/test/guarded").guard(actix_web::guard::Get()).to(HttpResponse::Ok),
        );
}

async fn get(world: &World, path: &str) -> Answer {
    world.call_with(TestRequest::get().uri(path), routes).await
}

#[actix_web::test]
async fn each_kind_of_failure_has_its_status_and_code_in_the_api() {
    let world = world(&[]);
    for (kind, status, code) in [
        ("not_found", 404, "not_found"),
        ("invalid", 422, "validation_failed"),
        ("conflict", 409, "domain_taken"),
        ("unauthenticated", 401, "unauthenticated"),
        ("forbidden", 403, "forbidden"),
        ("too_many", 429, "too_many_requests"),
        ("busy", 503, "unavailable"),
        ("internal", 500, "internal_error"),
    ] {
        let answer = get(&world, &format!("/api/test/fail/{kind}")).await;
        let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(answer.status, status, "{kind}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["code"], code);
        assert_eq!(problem["type"], format!("urn:vestibule:problem:{code}"));
        assert_eq!(problem["instance"], answer.header("request-id"));
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        assert_eq!(problem.get("errors").is_some(), kind == "invalid");
    }
}

#[actix_web::test]
async fn a_fault_of_ours_shows_an_id_and_nothing_else() {
    let world = world(&[]);
    for path in ["/api/test/fail/internal", "/oauth/fail/internal", "/fail/internal"] {
        let answer = get(&world, path).await;
        assert_eq!(answer.status, 500, "{path}");
        assert!(!answer.body.contains("secret reason"), "{path}");
        assert!(answer.body.contains(answer.header("request-id")), "{path}: {}", answer.body);
    }
    for path in ["/api/test/fail/busy", "/oauth/fail/busy", "/fail/busy"] {
        let answer = get(&world, path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.header("retry-after"), "2", "{path}");
        assert!(!answer.body.contains("10.0.0.5"), "{path}");
    }
}

#[actix_web::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let world = world(&[]);
    for path in ["/api/test/fail/too_many", "/oauth/fail/too_many", "/fail/too_many"] {
        let answer = get(&world, path).await;
        assert_eq!((answer.status, answer.header("retry-after")), (429, "7"), "{path}");
    }
}

#[actix_web::test]
async fn an_oauth_error_is_told_as_rfc_6749_says() {
    let world = world(&[]);
    let grant = get(&world, "/oauth/fail/invalid_grant").await;
    assert_eq!(grant.status, 400);
    assert_eq!(grant.body, r#"{"error":"invalid_grant","error_description":"It is used."}"#);
    assert_eq!(grant.header("cache-control"), "no-store");

    let client = get(&world, "/oauth/fail/unauthenticated").await;
    assert_eq!(client.status, 401);
    assert!(client.body.contains("invalid_client"));
    assert!(client.header("www-authenticate").starts_with("Basic "));

    let token = get(&world, "/oauth/fail/invalid_token").await;
    assert_eq!(token.status, 401);
    assert!(token.header("www-authenticate").starts_with(r#"Bearer error="invalid_token""#));
}

#[test]
fn the_dialect_follows_the_path() {
    for (path, dialect) in [
        ("/api/v1/users", Dialect::Problem),
        ("/api", Dialect::Problem),
        ("/apix", Dialect::Page),
        ("/oauth/token", Dialect::OAuth),
        ("/oauth/nothing", Dialect::OAuth),
        ("/.well-known/openid-configuration", Dialect::OAuth),
        ("/oauth/authorize", Dialect::Page),
        ("/oauth/logout", Dialect::Page),
        ("/saml/con_1/acs", Dialect::Page),
        ("/", Dialect::Page),
    ] {
        assert_eq!(Dialect::of(path), dialect, "{path}");
    }
}

#[actix_web::test]
async fn what_is_not_there_is_told_in_the_dialect_of_its_path() {
    let world = world(&[]);
    for (path, kind) in [
        ("/api/test/nothing", "application/problem+json"),
        ("/oauth/nothing", "application/json"),
        ("/nothing", "text/html; charset=utf-8"),
    ] {
        let answer = get(&world, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), kind, "{path}");
        assert!(!answer.header("request-id").is_empty(), "{path}");
    }
}

#[actix_web::test]
async fn a_wrong_method_is_told_with_those_that_are_right() {
    let world = world(&[]);
    let answer = world.call_with(TestRequest::delete().uri("/api/test/json"), routes).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    assert!(answer.body.contains("method_not_allowed"));
    let guarded = world.call_with(TestRequest::delete().uri("/api/test/guarded"), routes).await;
    assert_eq!(guarded.status, 405);
}

#[actix_web::test]
async fn bad_input_is_never_answered_with_a_fault_of_ours() {
    let world = world(&[]);
    let json = |body: &str| {
        TestRequest::post()
            .uri("/api/test/json")
            .insert_header(("content-type", "application/json"))
            .set_payload(body.to_owned())
    };
    let form = |body: &str| {
        TestRequest::post()
            .uri("/login-form")
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .set_payload(body.to_owned())
    };
    for (request, status, text) in [
        (json("{"), 400, "malformed_request"),
        (json("[]"), 422, "validation_failed"),
        (json(r#"{"name":"x","nmae":1}"#), 422, "unknown field `nmae`"),
        (json("{}"), 422, "missing field `name`"),
        (json(&"x".repeat(2_000_000)), 413, "body_too_large"),
        (TestRequest::post().uri("/api/test/json").set_payload("x"), 415, "unsupported_media_type"),
        (TestRequest::get().uri("/api/test/query?nmae=1"), 400, "malformed_request"),
        (TestRequest::get().uri("/api/test/number/900"), 404, "not_found"),
        (form(&"x".repeat(100_000)), 413, "64 KiB"),
        (form("nmae=x"), 400, "nmae"),
        (TestRequest::post().uri("/login-form").set_payload("x"), 415, "must be a form"),
        (form("name=%FF%FE%00"), 200, "read"),
    ] {
        let answer = world.call_with(request, routes).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains(text), "{text} is not in {}", answer.body);
    }
}

async fn page_of(world: &World, error: impl Fn() -> PageError + Clone + 'static) -> Answer {
    let handler = move || {
        let error = error();
        async move { Err::<HttpResponse, PageError>(error) }
    };
    let routes = |config: &mut ServiceConfig| {
        config.service(web::resource("/failing").get(handler));
    };
    world.call_with(TestRequest::get().uri("/failing"), routes).await
}

#[actix_web::test]
async fn a_failed_sign_in_says_what_happened_and_whom_to_send_it_to() {
    let world = world(PRODUCTION);
    let trace = TraceId::new();
    let reference = trace.to_string();
    let answer = page_of(&world, move || {
        let mut failure = Failure::new(Cause::AudienceMismatch);
        failure.trace = Some(trace.clone());
        failure.organization = Some("Globex <&> Sons".to_owned());
        failure.again = Some("/login?trace=trc_1".to_owned());
        failure.app = Some(("Orbit".to_owned(), "https://app.example/".to_owned()));
        failure.into()
    })
    .await;
    assert_eq!(answer.status, 400);
    for text in [
        "We couldn't sign you in",
        "Globex &#60;&#38;&#62; Sons's sign-in page answered",
        "trying again won't help until it is changed",
        "Send this to your IT team",
        &reference,
        "audience_mismatch",
        "Audience does not match",
        " UTC",
        "Copy all details",
        r#"<a class="btn pri" href="/login?trace=trc_1">Use another email</a>"#,
        r#"<a class="btn" href="https://app.example/">Back to Orbit</a>"#,
        r#"href="mailto:help@orbitlabs.example""#,
    ] {
        let body = answer.body.replace("&#39;", "'");
        assert!(body.contains(text), "{text} is not in {body}");
    }
}

#[actix_web::test]
async fn a_break_glass_code_is_offered_where_the_person_cannot_mend_it() {
    let world = world(PRODUCTION);
    for (cause, offered) in [
        (Cause::CertificateUnknown, true),
        (Cause::ConnectionDisabled, true),
        (Cause::BreakGlassRefused, true),
        (Cause::RequestExpired, false),
    ] {
        let answer = page_of(&world, move || {
            let mut failure = Failure::new(cause);
            failure.break_glass = Some("/login/break-glass?trace=trc_1".to_owned());
            failure.into()
        })
        .await;
        let link = r#"href="/login/break-glass?trace=trc_1">Use a break-glass code</a>"#;
        assert_eq!(answer.body.contains(link), offered, "{cause}: {}", answer.body);
        let without = page_of(&world, move || Failure::new(cause).into()).await;
        assert!(!without.body.contains("/login/break-glass"), "{cause}");
    }
}

#[actix_web::test]
async fn every_cause_has_its_page_with_its_status() {
    let world = world(PRODUCTION);
    for &cause in Cause::ALL {
        let answer = page_of(&world, move || Failure::new(cause).into()).await;
        assert_eq!(answer.status, cause.status(), "{cause}");
        assert!(answer.body.contains(cause.code()), "{cause}");
        assert!(!answer.body.contains('{'), "{cause} has an unfilled name: {}", answer.body);
        let retry = world.state.locale.cause(cause).retry;
        assert!(!answer.body.contains("Start again</a>") || retry, "{cause}");
    }
}

#[actix_web::test]
async fn a_sign_out_that_cannot_be_answered_is_not_called_a_sign_in() {
    let world = world(PRODUCTION);
    let error =
        || oidc::Error::InvalidRequest("The post_logout_redirect_uri is not registered.".into());
    let answer = page_of(&world, move || PageError::SignOut(error())).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("Sign-out did not complete"), "{}", answer.body);
    assert!(answer.body.contains("is not registered"), "{}", answer.body);
    assert!(!answer.body.contains("Sign-in did not complete"), "{}", answer.body);
    let answer = page_of(&world, move || PageError::App(error())).await;
    assert!(answer.body.contains("Sign-in did not complete"), "{}", answer.body);
}

#[actix_web::test]
async fn a_developer_sees_the_registered_address_nearest_to_the_wrong_one() {
    let world = world(PRODUCTION);
    let answer = page_of(&world, || {
        let received = "https://app.example/callback/".to_owned();
        let registered = vec!["https://app.example/callback".to_owned()];
        UnknownRedirect { received, registered }.into()
    })
    .await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("app_redirect_invalid"));
    assert!(answer.body.contains("https://app.example/callback."));
    // It is only named: a link to an address that is not ours to trust would be an open door.
    assert!(!answer.body.contains(r#"href="https://app.example"#));
}

#[test]
fn an_error_of_http_is_an_api_error_too() {
    let error =
        ApiError::new(StatusCode::PRECONDITION_FAILED, "stale", "It was changed meanwhile.");
    assert_eq!(error.to_string(), "It was changed meanwhile.");
}

#[actix_web::test]
async fn a_page_that_is_not_there_offers_no_details_of_a_sign_in() {
    let world = world(&[]);
    let page = world.call(TestRequest::get().uri("/nothing/here")).await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("Copy reference and time"), "{}", page.body);
    for part in ["sign-in failed", "Copy all details"] {
        assert!(!page.body.contains(part), "{part}: {}", page.body);
    }
}
