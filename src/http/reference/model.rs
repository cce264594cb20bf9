//! What the pages show: resources with their operations, and the objects that these send and take.

use super::example;
use super::schema::{self, Field, Schemas};
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// The whole document.
pub(super) struct Reference {
    /// What it says of the API as such.
    pub(super) text: Vec<Piece>,
    /// In the order of the document's tags.
    pub(super) resources: Vec<Resource>,
}

/// What one page is about: a tag.
pub(super) struct Resource {
    /// Its name, which stands in the address of its page.
    pub(super) key: String,
    /// What it is.
    pub(super) text: Vec<Piece>,
    pub(super) operations: Vec<Operation>,
    /// What can go wrong with one of them, each status once.
    pub(super) problems: Vec<Answer>,
    /// What is sent and taken, each once.
    pub(super) objects: Vec<Object>,
}

/// A method and a path.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) summary: String,
    /// Paragraphs.
    pub(super) texts: Vec<Vec<Piece>>,
    pub(super) method: String,
    pub(super) path: String,
    /// The path with an example of each part.
    pub(super) path_example: String,
    pub(super) parameters: Vec<Field>,
    /// The fields of the request's body.
    pub(super) body: Vec<Field>,
    /// A body that would do.
    pub(super) body_example: Option<String>,
    pub(super) answers: Vec<Answer>,
    /// The statuses of what can go wrong.
    pub(super) problems: Vec<String>,
}

/// What comes back.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) text: Vec<Piece>,
    /// The object in it: its name, and where it is on the page.
    pub(super) object: Option<String>,
    /// Whether there are several, a page of a list.
    pub(super) is_list: bool,
}

impl Answer {
    fn is_problem(&self) -> bool {
        self.status.starts_with(['4', '5'])
    }
}

/// A schema with a name.
pub(super) struct Object {
    pub(super) name: String,
    pub(super) text: Vec<Piece>,
    pub(super) fields: Vec<Field>,
}

/// A part of a text: words, or code.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) is_code: bool,
}

/// A text of the document in parts: what stands between backticks is code.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(at, part)| Piece { text: part.to_owned(), is_code: at % 2 == 1 }).collect()
}

/// A member that is a text; empty if there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The members of a list; of anything else none.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

impl Reference {
    /// The document, which is our own: what is not as expected of it is left out, and a test finds that.
    pub(super) fn of(document: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let schemas = Schemas(&document);
        let resources = list(&document, "tags").map(|tag| resource(&document, schemas, tag));
        Self {
            text: pieces(
                document.pointer("/info/description").and_then(Value::as_str).unwrap_or_default(),
            ),
            resources: resources.collect(),
        }
    }
}

fn resource(document: &Value, schemas: Schemas<'_>, tag: &Value) -> Resource {
    let key = text(tag, "name");
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let of_path = |(path, methods): (&String, &Value)| -> Vec<(String, String, Value)> {
        let methods = methods.as_object().cloned().unwrap_or_default();
        let methods = methods.into_iter().map(|(method, it)| (path.clone(), method, it));
        methods.filter(|(_, _, it)| list(it, "tags").any(|tag| tag == key)).collect()
    };
    let mut found: Vec<_> = paths.flat_map(of_path).collect();
    found.sort_by_key(|(path, method, _)| (path.clone(), rank(method)));
    let problems = problems(schemas, found.iter().map(|(_, _, operation)| operation));
    let operations: Vec<Operation> = found
        .iter()
        .map(|(path, method, operation)| of_operation(schemas, path, method, operation))
        .collect();
    Resource {
        key: key.to_owned(),
        text: pieces(text(tag, "description")),
        objects: objects(schemas, &operations, &problems),
        operations,
        problems,
    }
}

/// The order of methods on one path: as a thing's life goes.
fn rank(method: &str) -> usize {
    let order = ["post", "get", "put", "patch", "delete"];
    order.iter().position(|one| *one == method).unwrap_or(order.len())
}

fn of_operation(schemas: Schemas<'_>, path: &str, method: &str, operation: &Value) -> Operation {
    let parameters: Vec<Value> =
        list(operation, "parameters").map(|one| schemas.resolved(one).clone()).collect();
    let path_example =
        parameters.iter().filter(|one| one["in"] == "path").fold(path.to_owned(), |path, one| {
            path.replace(&format!("{{{}}}", text(one, "name")), &example::of_parameter(one))
        });
    // What has to be asked is a part of the example, too.
    let asked = parameters.iter().filter(|one| one["in"] == "query" && one["required"] == true);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for one in asked {
        query.append_pair(text(one, "name"), &example::of_parameter(one));
    }
    let query = Some(query.finish()).filter(|query| !query.is_empty());
    let path_example =
        query.map_or(path_example.clone(), |query| format!("{path_example}?{query}"));
    let (answers, problems): (Vec<Answer>, Vec<Answer>) =
        answers(schemas, operation).into_iter().partition(|one| !one.is_problem());
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    Operation {
        id: text(operation, "operationId").to_owned(),
        summary: text(operation, "summary").to_owned(),
        texts: text(operation, "description").split("\n\n").map(pieces).collect(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        path_example,
        parameters: parameters.iter().map(|one| schema::parameter(schemas, one)).collect(),
        body: body.map(|body| schemas.fields(body)).unwrap_or_default(),
        body_example: body.map(|body| format!("{:#}", schemas.example(body))),
        answers,
        problems: problems.into_iter().map(|one| one.status).collect(),
    }
}

/// What can go wrong with one of several operations, by status.
fn problems<'a>(schemas: Schemas<'_>, operations: impl Iterator<Item = &'a Value>) -> Vec<Answer> {
    let all = operations.flat_map(|operation| answers(schemas, operation));
    let by_status: BTreeMap<String, Answer> =
        all.filter(Answer::is_problem).map(|one| (one.status.clone(), one)).collect();
    by_status.into_values().collect()
}

fn answers(schemas: Schemas<'_>, operation: &Value) -> Vec<Answer> {
    let all = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let one = |(status, answer): (&String, &Value)| {
        let answer = schemas.resolved(answer);
        let content = answer.get("content").and_then(Value::as_object);
        let schema =
            content.and_then(|kinds| kinds.values().next()).and_then(|it| it.get("schema"));
        let (object, is_list) = schema.map_or((None, false), |it| schemas.named(it));
        Answer {
            status: status.clone(),
            text: pieces(text(answer, "description")),
            object,
            is_list,
        }
    };
    all.map(one).collect()
}

/// The objects that operations name, and those that these name.
fn objects(schemas: Schemas<'_>, operations: &[Operation], problems: &[Answer]) -> Vec<Object> {
    let mut wanted: Vec<String> = Vec::new();
    let mut add = |name: Option<&String>| {
        if let Some(name) = name.filter(|name| !wanted.contains(name)) {
            wanted.push(name.clone());
        }
    };
    for operation in operations {
        for answer in &operation.answers {
            add(answer.object.as_ref());
        }
        for field in &operation.body {
            add(field.object.as_ref());
        }
    }
    for problem in problems {
        add(problem.object.as_ref());
    }
    let mut made: Vec<Object> = Vec::new();
    let mut next = 0;
    while let Some(name) = wanted.get(next).cloned() {
        next += 1;
        let Some(schema) = schemas.by_name(&name) else { continue };
        let fields = schemas.fields(schema);
        for name in fields.iter().filter_map(|field| field.object.as_ref()) {
            if !wanted.contains(name) {
                wanted.push(name.clone());
            }
        }
        made.push(Object { text: pieces(text(schema, "description")), fields, name });
    }
    made
}
