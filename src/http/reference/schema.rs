//! Schemas of the document as fields: references resolved, nested objects by the path to each of their fields.

use super::model::{Piece, list, pieces, text};
use serde_json::{Map, Value, json};

/// How deep objects without a name are within each other at most.
const DEEPEST: usize = 4;
/// What the names of lists begin with; the object's name follows.
const LIST: &str = "List_";

/// A field of an object, or a parameter.
pub(super) struct Field {
    pub(super) name: String,
    /// Where a parameter stands: `path`, `query`, `header`.
    pub(super) place: String,
    /// JSON's word for what it is.
    pub(super) kind: String,
    /// The object that it is: its name, and where it is on the page.
    pub(super) object: Option<String>,
    pub(super) many: Many,
    pub(super) may_be_null: bool,
    pub(super) is_required: bool,
    pub(super) text: Vec<Piece>,
    pub(super) choices: Vec<String>,
    pub(super) default: Option<String>,
}

/// How many values a field has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    /// One.
    One,
    /// A list of them.
    List,
    /// One for each name.
    Map,
}

impl Field {
    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        self.many == Many::List
    }

    /// Whether it has a value for each name.
    pub(super) fn is_map(&self) -> bool {
        self.many == Many::Map
    }
}

/// A document, whose references are looked up.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a>(pub(super) &'a Value);

impl<'a> Schemas<'a> {
    /// What a reference leads to; anything else is itself.
    pub(super) fn resolved(self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        target.and_then(|target| self.0.pointer(target)).unwrap_or(value)
    }

    /// The schema of a name.
    pub(super) fn by_name(self, name: &str) -> Option<&'a Value> {
        self.0.pointer("/components/schemas")?.get(name)
    }

    /// The name of the object that a schema is, and whether it is a list of them.
    pub(super) fn named(self, schema: &Value) -> (Option<String>, bool) {
        let Some(name) = name(schema) else { return (None, false) };
        match name.strip_prefix(LIST) {
            Some(of) if self.by_name(of).is_some() => (Some(of.to_owned()), true),
            _ => (Some(name), false),
        }
    }

    /// The fields of an object, the required first within each part.
    pub(super) fn fields(self, schema: &'a Value) -> Vec<Field> {
        let mut fields = Vec::new();
        self.gather(schema, "", 0, &mut fields);
        fields
    }

    fn gather(self, schema: &'a Value, within: &str, depth: usize, to: &mut Vec<Field>) {
        let schema = self.resolved(schema);
        for part in list(schema, "allOf").chain(list(schema, "oneOf")).chain(list(schema, "anyOf"))
        {
            self.gather(part, within, depth, to);
        }
        let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (name, property) in properties {
            let path = format!("{within}{name}");
            if to.iter().any(|known| known.name == path) {
                continue;
            }
            let field = self.field(path.clone(), property, required.contains(&name.as_str()));
            let is_list = field.is_list();
            let nested = if field.object.is_none() { inner(property) } else { None };
            to.push(field);
            if let Some(nested) = nested.filter(|_| depth < DEEPEST) {
                let mark = if is_list { "[]." } else { "." };
                self.gather(nested, &format!("{path}{mark}"), depth + 1, to);
            }
        }
    }

    fn field(self, name: String, schema: &Value, is_required: bool) -> Field {
        let (of, may_be_null) = without_null(schema);
        let items = of.get("items");
        let values = of.get("additionalProperties").filter(|it| it.is_object());
        let one = items.or(values).unwrap_or(of);
        let object = self.named(one).0;
        let told = [schema, of].into_iter().map(|it| text(it, "description"));
        let told = told.into_iter().find(|told| !told.is_empty()).unwrap_or_default();
        Field {
            name,
            place: String::new(),
            kind: kind(one),
            object,
            many: match (items, values) {
                (Some(_), _) => Many::List,
                (None, Some(_)) => Many::Map,
                (None, None) => Many::One,
            },
            may_be_null,
            is_required,
            text: pieces(told),
            choices: list(one, "enum").filter_map(Value::as_str).map(str::to_owned).collect(),
            default: of.get("default").filter(|it| !it.is_null()).map(Value::to_string),
        }
    }

    /// A value that would do: the schema's own example, else of what is required, and what has an example.
    pub(super) fn example(self, schema: &'a Value) -> Value {
        self.example_at(schema, 0)
    }

    fn example_at(self, schema: &'a Value, depth: usize) -> Value {
        let (of, _) = without_null(schema);
        let of = self.resolved(of);
        if let Some(example) = of.get("example") {
            return example.clone();
        }
        if let Some(choice) = list(of, "enum").next() {
            return choice.clone();
        }
        if depth > DEEPEST {
            return Value::Null;
        }
        match kind(of).as_str() {
            "object" => self.example_of_object(of, depth),
            "array" => match of.get("items") {
                Some(items) => json!([self.example_at(items, depth + 1)]),
                None => json!([]),
            },
            "integer" | "number" => of.get("minimum").cloned().unwrap_or_else(|| json!(1)),
            "boolean" => json!(true),
            "date-time" => json!("2026-01-31T12:00:00Z"),
            _ => json!("…"),
        }
    }

    fn example_of_object(self, of: &'a Value, depth: usize) -> Value {
        let required: Vec<&str> = list(of, "required").filter_map(Value::as_str).collect();
        let mut members = Map::new();
        for part in list(of, "allOf").chain(list(of, "oneOf").take(1)) {
            if let Value::Object(more) = self.example_at(part, depth + 1) {
                members.extend(more);
            }
        }
        let properties = of.get("properties").and_then(Value::as_object).into_iter().flatten();
        for (name, property) in properties {
            if required.contains(&name.as_str()) || property.get("example").is_some() {
                members.insert(name.clone(), self.example_at(property, depth + 1));
            }
        }
        Value::Object(members)
    }
}

/// A parameter as a field.
pub(super) fn parameter(schemas: Schemas<'_>, parameter: &Value) -> Field {
    let schema = parameter.get("schema").unwrap_or(&Value::Null);
    let is_required = parameter["required"] == true;
    let field = schemas.field(text(parameter, "name").to_owned(), schema, is_required);
    let told = text(parameter, "description");
    let told = if told.is_empty() { field.text } else { pieces(told) };
    Field { place: text(parameter, "in").to_owned(), text: told, ..field }
}

/// The name of the schema that a reference leads to.
fn name(schema: &Value) -> Option<String> {
    let target = schema.get("$ref").and_then(Value::as_str)?;
    target.strip_prefix("#/components/schemas/").map(str::to_owned)
}

/// A schema but for `null`, and whether that is possible.
fn without_null(schema: &Value) -> (&Value, bool) {
    let is_null = |one: &&Value| text(one, "type") == "null";
    let choices: Vec<&Value> = list(schema, "oneOf").collect();
    match choices.as_slice() {
        [one, null] if is_null(null) => (one, true),
        [null, one] if is_null(null) => (one, true),
        _ => (schema, list(schema, "type").any(|word| word == "null")),
    }
}

/// The object without a name that a field has in it, or a list of such.
fn inner(schema: &Value) -> Option<&Value> {
    let (of, _) = without_null(schema);
    let one = of.get("items").unwrap_or(of);
    (one.get("properties").is_some() || one.get("allOf").is_some()).then_some(one)
}

/// JSON's word for what a value is, or its format.
fn kind(schema: &Value) -> String {
    if schema.get("properties").is_some() || schema.get("allOf").is_some() {
        return "object".to_owned();
    }
    let words = list(schema, "type").filter_map(Value::as_str).find(|word| *word != "null");
    let word = words.unwrap_or_else(|| text(schema, "type"));
    match (word, text(schema, "format")) {
        ("string", "date-time") => "date-time".to_owned(),
        ("", _) => "object".to_owned(),
        (word, _) => word.to_owned(),
    }
}
