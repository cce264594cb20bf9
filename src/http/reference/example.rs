//! How an operation is asked for: at a shell, and over the wire.

use super::model::{Operation, text};
use serde_json::Value;

/// Stands where the caller's own key goes.
const KEY: &str = "vst_live_…";

/// An example of a parameter's value.
pub(super) fn of_parameter(parameter: &Value) -> String {
    let example = parameter.get("example").or_else(|| parameter.pointer("/schema/example"));
    match example {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => text(parameter, "name").to_uppercase(),
    }
}

/// The command for a shell. `base`: where the gateway is.
pub(super) fn curl(base: &str, operation: &Operation) -> String {
    let Operation { method, path_example, body_example, .. } = operation;
    let request = if method == "GET" { String::new() } else { format!("-X {method} ") };
    let mut lines = vec![
        format!("curl {request}{base}{path_example}"),
        format!("  -H 'Authorization: Bearer {KEY}'"),
    ];
    if let Some(body) = body_example {
        lines.push("  -H 'Content-Type: application/json'".to_owned());
        // A quote ends the shell's string, is written by itself, and begins it anew.
        lines.push(format!("  --data '{}'", body.replace('\'', r"'\''")));
    }
    lines.join(" \\\n")
}

/// The request as HTTP has it.
pub(super) fn raw(base: &str, operation: &Operation) -> String {
    let Operation { method, path_example, body_example, .. } = operation;
    let host = base.split("://").last().unwrap_or(base);
    let mut lines = vec![
        format!("{method} {path_example} HTTP/1.1"),
        format!("Host: {host}"),
        format!("Authorization: Bearer {KEY}"),
    ];
    if let Some(body) = body_example {
        lines.push("Content-Type: application/json".to_owned());
        lines.push(String::new());
        lines.push(body.clone());
    }
    lines.join("\n")
}
