//! The grammar of filters, as RFC 7644 has it in figure 1, and what clients write beside it.

use super::{Filter, Op, Operand};
use crate::scim::path::Target;
use crate::scim::schema::{Attribute, Kind};
use serde_json::Value;

/// What the names in a filter are names of.
#[derive(Clone, Copy)]
pub(super) struct Context {
    /// The kind of resource.
    pub(super) kind: Kind,
    /// The attribute whose elements are filtered, within brackets.
    pub(super) element: Option<&'static Attribute>,
    /// Whether the filter is in the path of a PATCH.
    pub(super) is_path: bool,
}

impl Context {
    fn within(self, attribute: &'static Attribute) -> Self {
        Self { element: Some(attribute), ..self }
    }

    fn operand(self, name: &str) -> Result<Operand, &'static str> {
        const UNKNOWN: &str = "reason: There is no such attribute.";
        match self.element {
            None => Target::parse(self.kind, name).map(Operand::Of).ok_or(UNKNOWN),
            Some(attribute) => attribute.sub(name).map(Operand::Within).ok_or(UNKNOWN),
        }
    }

    fn target(self, name: &str) -> Result<Target, &'static str> {
        match self.operand(name)? {
            Operand::Of(target) if target.sub.is_none() && !target.attribute.sub.is_empty() => {
                Ok(target)
            }
            _ => Err("reason: Brackets follow an attribute that has parts, like emails."),
        }
    }
}

fn joined(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.len() {
        1 => parts.remove(0),
        _ => join(parts),
    }
}

fn having(target: Target, filter: Filter, more: Option<Filter>) -> Filter {
    let filter = match (filter, more) {
        (filter, None) => filter,
        (Filter::All(mut parts), Some(more)) => {
            parts.push(more);
            Filter::All(parts)
        }
        (filter, Some(more)) => Filter::All(vec![filter, more]),
    };
    Filter::Has(target, Box::new(filter))
}

fn op(word: &str) -> Result<Op, &'static str> {
    let found = Op::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    found.map(|(_, op)| *op).ok_or("eq, ne, co, sw, ew, gt, ge, lt, le or pr")
}

peg::parser! {
    pub(super) grammar scim() for str {
        pub(crate) rule filter(c: &Context) -> Filter = _? f:or(c) _? ![_] { f }

        rule or(c: &Context) -> Filter
            = parts:(and(c) ++ (_ i("or") _)) { joined(parts, Filter::Any) }

        rule and(c: &Context) -> Filter
            = parts:(term(c) ++ (_ i("and") _)) { joined(parts, Filter::All) }

        rule term(c: &Context) -> Filter
            = i("not") _? "(" _? f:or(c) _? ")" { Filter::Not(Box::new(f)) }
            / "(" _? f:or(c) _? ")" { f }
            / t:target(c) _? "[" _? f:or(&c.within(t.attribute)) _? "]" m:more(&c.within(t.attribute))? { having(t, f, m) }
            / a:operand(c) _ i("pr") !word() { Filter::Present(a) }
            / f:comparison(c) { f }

        rule comparison(c: &Context) -> Filter
            = a:operand(c) _ o:operator() _ v:value() {? Filter::compare(a, o, &v, c.is_path) }

        // Not of the grammar, but Entra matches people so: emails[type eq "work"].value eq "ann@example.com".
        rule more(c: &Context) -> Filter
            = "." a:operand(c) _ i("pr") !word() { Filter::Present(a) }
            / "." f:comparison(c) { f }

        rule target(c: &Context) -> Target = n:name() &(_? "[") {? c.target(n) }

        rule operand(c: &Context) -> Operand = n:name() {? c.operand(n) }

        rule operator() -> Op = w:$(['a'..='z' | 'A'..='Z']+) {? op(w) }

        // A URN has dots and digits; a name of RFC 7643 has none but the one before a sub-attribute.
        rule name() -> &'input str
            = $(quiet!{['a'..='z' | 'A'..='Z' | '$'] ['a'..='z' | 'A'..='Z' | '0'..='9' | '$' | '-' | '_' | ':' | '.']*})
            / expected!("an attribute")

        rule value() -> Value
            = s:$("\"" (("\\" [_]) / [^ '"' | '\\'])* "\"") {? text(s) }
            / w:$(quiet!{[^ ' ' | '\t' | '(' | ')' | '[' | ']' | '"']+}) { bare(w) }
            / expected!("a value")

        rule word() = ['a'..='z' | 'A'..='Z' | '0'..='9']
        rule _() = quiet!{[' ' | '\t']+} / expected!("a space")
        rule i(word: &'static str)
            = found:$(['a'..='z' | 'A'..='Z']+) {? if found.eq_ignore_ascii_case(word) { Ok(()) } else { Err(word) } }
    }
}

/// A string of JSON (RFC 7644, 3.4.2.2).
fn text(quoted: &str) -> Result<Value, &'static str> {
    serde_json::from_str(quoted).map_err(|_| "reason: The text in quotes is no string of JSON.")
}

/// A value without quotes: a number, a boolean, null, or what a client forgot to quote.
fn bare(word: &str) -> Value {
    match &*word.to_ascii_lowercase() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => Value::String(word.to_owned()),
    }
}
