//! Spans of requests, as a collector gets them.

use crate::gateway::{Gateway, free_port};
use crate::peers::Collector;
use crate::user_agent::UserAgent;
use serde_json::{Value, json};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// A gateway that sends spans there.
async fn sending(collector: &str) -> Gateway {
    Gateway::apart_with(&[
        ("VESTIBULE_TELEMETRY__OTLP_ENDPOINT", collector.to_owned()),
        ("VESTIBULE_LOG__LEVEL", "warn".to_owned()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer of-tests".to_owned()),
    ])
    .await
}

/// Asks for an address; the ID that the answer carries.
async fn ask(gateway: &Gateway, path: &str, status: u16) -> String {
    let client = UserAgent::new().into_client();
    // That it is not to be recorded is for nobody but the operator to say.
    let parent = format!("00-{TRACE}-{CALLER}-00");
    let url = format!("{}{path}", gateway.url);
    let answer = client
        .get(url)
        .header("traceparent", parent)
        .header("tracestate", "a=written-by-a-stranger")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), status);
    answer.headers()["request-id"].to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn each_request_is_a_span_of_its_caller_s_trace_and_names_nobody() {
    let collector = Collector::start().await;
    let gateway = sending(&collector.url).await;
    let refused = ask(&gateway, "/api/v1/users/usr_1?email=ada@globex.example", 401).await;
    ask(&gateway, "/healthz", 200).await;
    ask(&gateway, "/setup/a-secret-of-ines", 404).await;
    gateway.process().terminate();
    assert!(gateway.process().ended_well());
    // What was not sent yet is sent at the end.
    let spans = collector.spans(2).await;
    let named = |name: &str| spans.iter().find(|span| span["name"] == name);
    let span = named("GET /api/v1/users/{user}").unwrap_or_else(|| panic!("{spans:?}"));
    assert_eq!(span["traceId"], TRACE);
    assert_eq!(span["parentSpanId"], CALLER);
    assert_eq!(span["kind"], "SPAN_KIND_SERVER");
    let expected = json!({
        "http.request.method": "GET",
        "http.response.status_code": "401",
        "http.route": "/api/v1/users/{user}",
        "vestibule.request_id": refused,
    });
    assert_eq!(span["attributes"], expected);
    assert_eq!(span["resource"]["service.name"], "vestibule");
    assert_eq!(span["authorization"], "Bearer of-tests");
    let nanos = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanos("startTimeUnixNano") < nanos("endTimeUnixNano"));
    assert!(named("GET /setup/{token}").is_some(), "{spans:?}");
    assert_eq!(spans.len(), 2, "health is in no span: {spans:?}");
    let whole = Value::from(spans.clone()).to_string();
    for secret in ["ada@", "a-secret-of-ines", "usr_1", "127.0.0.1", "written-by"] {
        assert!(!whole.contains(secret), "{secret} is in {whole}");
    }
}

#[actix_web::test]
async fn a_collector_that_is_away_is_told_in_the_log_and_holds_nobody_up() {
    let gateway = sending(&format!("http://127.0.0.1:{}", free_port())).await;
    ask(&gateway, "/login", 200).await;
    gateway.process().terminate();
    assert!(gateway.process().ended_well());
    gateway.process().logged("opentelemetry");
}
