//! Whoever has written a program for v1 can go on with it: nothing that the kept contract promises is taken away.
//!
//! `docs/api-contract.txt` is the contract as of the last release, a line for each thing that callers rely on. It is renewed at a
//! release alone: `RENEW_CONTRACT=1 cargo test --lib nothing_that_v1_promised_is_taken_away`.

use super::*;
use crate::http::api::openapi;
use std::collections::BTreeSet;
use std::path::Path;

/// What callers rely on, and what they must send.
#[derive(Debug, Default)]
struct Contract(BTreeSet<String>);

/// What is sent and what is answered has other rules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Sent,
    Answered,
}

struct Reading<'a> {
    document: &'a Value,
    lines: BTreeSet<String>,
    /// Schemas that are still to be read, and those that were, each by how it is used.
    known: BTreeSet<(bool, String)>,
    next: Vec<(Way, String)>,
}

impl Contract {
    fn of(document: &Value) -> Self {
        let mut reading =
            Reading { document, lines: BTreeSet::new(), known: BTreeSet::new(), next: Vec::new() };
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                reading.operation(&format!("{} {path}", method.to_uppercase()), operation);
            }
        }
        while let Some((way, name)) = reading.next.pop() {
            let schema = &document["components"]["schemas"][&name];
            reading.fields(way, &name, schema);
        }
        Self(reading.lines)
    }

    fn parse(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// What somebody who keeps to this contract can no longer rely on, or has to send in addition.
    fn broken_by(&self, now: &Self) -> Vec<String> {
        let gone = self.0.difference(&now.0).filter(|line| !is_demand(line));
        let mut broken: Vec<String> = gone.map(|line| format!("gone: {line}")).collect();
        let is_old = |line: &str| {
            let (subject, _) = line.split_once(" needs ").unwrap_or((line, ""));
            self.0.iter().any(|known| known == subject || known.starts_with(&format!("{subject} ")))
        };
        let more = now.0.difference(&self.0).filter(|line| is_demand(line) && is_old(line));
        broken.extend(more.map(|line| format!("new: {line}")));
        broken
    }
}

/// Whether a line says what has to be sent.
fn is_demand(line: &str) -> bool {
    line.contains(" needs ")
}

impl Reading<'_> {
    fn operation(&mut self, name: &str, operation: &Value) {
        self.lines.insert(name.to_owned());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolved(parameter).clone();
            let what = format!("{} {}", parameter["in"].as_str().unwrap(), parameter["name"]);
            let kind = self.kind(Way::Sent, &parameter["schema"]);
            self.lines.insert(format!("{name} takes {what}: {kind}"));
            if parameter["required"] == true && parameter["in"] != "path" {
                self.lines.insert(format!("{name} needs {what}"));
            }
        }
        if let Some(body) = operation.pointer("/requestBody/content/application~1json/schema") {
            let kind = self.kind(Way::Sent, body);
            self.lines.insert(format!("{name} takes body: {kind}"));
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            if !status.starts_with('2') {
                continue;
            }
            let content = self.resolved(answer)["content"].as_object().cloned();
            let kinds = content.unwrap_or_default();
            if kinds.is_empty() {
                self.lines.insert(format!("{name} answers {status}"));
            }
            for (media, it) in &kinds {
                let kind = self.kind(Way::Answered, &it["schema"]);
                self.lines.insert(format!("{name} answers {status} {media}: {kind}"));
            }
        }
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
        target.and_then(|target| self.document.pointer(target)).unwrap_or(value)
    }

    /// The type of a value, in one word or several. Schemas with a name are read later, those without at once.
    fn kind(&mut self, way: Way, schema: &Value) -> String {
        if let Some(target) = schema["$ref"].as_str() {
            let name = target.rsplit('/').next().unwrap().to_owned();
            if self.known.insert((way == Way::Sent, name.clone())) {
                self.next.push((way, name.clone()));
            }
            return name;
        }
        for (word, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
            if let Some(parts) = schema[word].as_array().filter(|parts| !parts.is_empty()) {
                let kinds: Vec<String> = parts.iter().map(|part| self.kind(way, part)).collect();
                return kinds.join(between);
            }
        }
        let words = match &schema["type"] {
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
            Value::String(word) => vec![word.as_str()],
            _ => vec!["any"],
        };
        let mut kind = words.join(" or ");
        if schema["items"].is_object() {
            kind = format!("{kind} of {}", self.kind(way, &schema["items"]));
        }
        if schema["additionalProperties"].is_object() {
            kind = format!("{kind} of {}", self.kind(way, &schema["additionalProperties"]));
        }
        match schema["format"].as_str() {
            Some(format) if format == "date-time" => format!("{kind} ({format})"),
            _ => kind,
        }
    }

    /// The fields of an object, also of those without a name that are in it.
    fn fields(&mut self, way: Way, name: &str, schema: &Value) {
        let verb = if way == Way::Sent { "takes" } else { "has" };
        for word in ["allOf", "oneOf", "anyOf"] {
            for part in schema[word].as_array().into_iter().flatten() {
                if part["$ref"].is_string() {
                    let kind = self.kind(way, part);
                    self.lines.insert(format!("{name} {verb} all of: {kind}"));
                } else {
                    self.fields(way, name, part);
                }
            }
        }
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, of) in schema["properties"].as_object().into_iter().flatten() {
            let kind = self.kind(way, of);
            self.lines.insert(format!("{name} {verb} {field}: {kind}"));
            match (way, required.contains(&field.as_str())) {
                (Way::Sent, true) => drop(self.lines.insert(format!("{name} needs {field}"))),
                (Way::Answered, true) => {
                    self.lines.insert(format!("{name} always has {field}"));
                }
                (_, false) => {}
            }
            if way == Way::Sent {
                for choice in of["enum"].as_array().into_iter().flatten() {
                    self.lines.insert(format!("{name} takes {field} = {choice}"));
                }
            }
            let inner = if of["items"].is_object() { &of["items"] } else { of };
            if inner["$ref"].is_null() {
                self.fields(way, &format!("{name}.{field}"), inner);
            }
        }
    }
}

fn present() -> Value {
    serde_json::from_str(&openapi::document()).unwrap()
}

#[test]
fn nothing_that_v1_promised_is_taken_away() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api-contract.txt");
    let now = Contract::of(&present());
    if std::env::var_os("RENEW_CONTRACT").is_some() {
        let lines: Vec<&str> = now.0.iter().map(String::as_str).collect();
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    }
    let kept = Contract::parse(&std::fs::read_to_string(&file).unwrap());
    assert!(kept.0.len() > 1000, "there is no contract to compare with");
    let broken = kept.broken_by(&now);
    assert!(broken.is_empty(), "programs for v1 would break:\n{}", broken.join("\n"));
}

/// A change of the document, and what it breaks.
fn breaks(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let (before, mut after) = (present(), present());
    change(&mut after);
    Contract::of(&before).broken_by(&Contract::of(&after))
}

#[test]
fn what_would_break_a_program_is_found_and_what_is_added_is_not() {
    let is = |found: Vec<String>, wanted: &str| {
        assert!(found.iter().any(|line| line == wanted), "{wanted}: {found:?}");
    };
    let organization = "/api/v1/organizations/{organization}";
    let path = |document: &mut Value| {
        document["paths"].as_object_mut().unwrap().remove(organization).unwrap()
    };
    is(breaks(|it| drop(path(it))), &format!("gone: GET {organization}"));
    let method = |it: &mut Value| {
        it["paths"][organization].as_object_mut().unwrap().remove("patch");
    };
    is(breaks(method), &format!("gone: PATCH {organization}"));
    let field = |it: &mut Value| {
        let schemas = &mut it["components"]["schemas"];
        schemas["Organization"]["properties"].as_object_mut().unwrap().remove("name");
    };
    is(breaks(field), "gone: Organization has name: string");
    let other = |it: &mut Value| {
        it["components"]["schemas"]["Organization"]["properties"]["name"]["type"] =
            "integer".into();
    };
    is(breaks(other), "gone: Organization has name: string");
    let optional = |it: &mut Value| {
        it["components"]["schemas"]["Organization"]["required"] = json!([]);
    };
    is(breaks(optional), "gone: Organization always has id");
    let refused = |it: &mut Value| {
        let schemas = &mut it["components"]["schemas"];
        schemas["NewApplication"]["properties"].as_object_mut().unwrap().remove("fallback_url");
    };
    is(breaks(refused), "gone: NewApplication takes fallback_url: string or null");
    let demanded = |it: &mut Value| {
        let required = &mut it["components"]["schemas"]["NewApplication"]["required"];
        required.as_array_mut().unwrap().push("initiate_login_uri".into());
    };
    is(breaks(demanded), "new: NewApplication needs initiate_login_uri");
    // What is added, also to what has to be sent for something new, breaks nobody.
    let added = |it: &mut Value| {
        let new = json!({
            "properties": { "a": { "type": "string" } }, "required": ["a"], "type": "object",
        });
        it["components"]["schemas"]["Fresh"] = new;
        let mut operation = it["paths"][organization]["patch"].clone();
        operation["requestBody"]["content"]["application/json"]["schema"] =
            json!({ "$ref": "#/components/schemas/Fresh" });
        it["paths"]["/api/v1/fresh"] = json!({ "post": operation });
        let more = json!({ "type": "string" });
        it["components"]["schemas"]["Organization"]["properties"]["more"] = more.clone();
        it["components"]["schemas"]["NewApplication"]["properties"]["more"] = more;
    };
    assert_eq!(breaks(added), Vec::<String>::new());
}
