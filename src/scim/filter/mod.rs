//! Filters (RFC 7644, 3.4.2.2): read once into a tree, then compared in memory here, or made into SQL by the store.

mod grammar;
mod matches;
mod text;

pub use matches::{matches, matches_element};

use super::path::Target;
use super::schema::{Attribute, Kind, Type};
use super::{Error, Result};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;

/// How deep parentheses and brackets may be nested.
const DEEPEST: usize = 32;
/// How many comparisons there may be.
const MOST_TERMS: usize = 100;
/// How long a filter may be, in bytes.
const LONGEST: usize = 16 * 1024;

/// Which resources, or which elements of an attribute, are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// An element of the attribute that this is true of: `emails[type eq "work"]`.
    Has(Target, Box<Self>),
    /// The attribute has a value.
    Present(Operand),
    /// A value of the attribute compares so.
    Compare(Operand, Op, Literal),
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub enum Operand {
    /// An attribute of the resource.
    Of(Target),
    /// A sub-attribute of the element, within brackets.
    Within(&'static Attribute),
}

impl PartialEq for Operand {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Of(one), Self::Of(other)) => one == other,
            (Self::Within(one), Self::Within(other)) => std::ptr::eq(*one, *other),
            _ => false,
        }
    }
}

/// How two values are compared (RFC 7644, table 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal: whatever is not [`Op::Eq`], so also what has no value.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

impl Op {
    const ALL: [(&'static str, Self); 9] = [
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("co", Self::Co),
        ("sw", Self::Sw),
        ("ew", Self::Ew),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("lt", Self::Lt),
        ("le", Self::Le),
    ];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, op)| *op == self).map_or("eq", |(word, _)| word)
    }

    fn is_of_order(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    fn is_of_text(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

/// What is compared with, in the attribute's type.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text; folded where case does not count, except in the path of a PATCH, which may have to make such a value.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// A moment.
    Time(DateTime<Utc>),
    /// No value.
    Null,
}

/// Reads a filter on resources of this kind.
pub fn parse(kind: Kind, text: &str) -> Result<Filter> {
    let context = grammar::Context { kind, element: None, is_path: false };
    read(context, text)
}

/// Reads a filter on the elements of an attribute: what stands in the brackets of a path.
pub fn parse_within(kind: Kind, attribute: &'static Attribute, text: &str) -> Result<Filter> {
    let context = grammar::Context { kind, element: Some(attribute), is_path: true };
    read(context, text)
}

fn read(context: grammar::Context, text: &str) -> Result<Filter> {
    bounded(text)?;
    let filter = grammar::scim::filter(text, &context).map_err(|fault| {
        let rest: String = text.chars().skip(fault.location.column.saturating_sub(1)).take(40).collect();
        let place = if rest.is_empty() { "at its end".to_owned() } else { format!("at “{rest}”") };
        let reason = fault.expected.tokens().find_map(|token| token.strip_prefix("reason: "));
        let reason = reason.unwrap_or(
            "Supported is attribute operator value, with eq, ne, co, sw, ew, gt, ge, lt, le, pr, and, or, not, \
             parentheses and attribute[filter], for example userName eq \"ann@example.com\".",
        );
        Error::filter(format!("The filter cannot be read {place}: {}. {reason}", shown(text)))
    })?;
    if filter.terms() > MOST_TERMS {
        return Err(Error::filter(format!("The filter has more than {MOST_TERMS} comparisons.")));
    }
    Ok(filter)
}

fn shown(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Refuses what would be deep or long before it is read.
fn bounded(text: &str) -> Result<()> {
    if text.len() > LONGEST {
        return Err(Error::filter(format!("The filter is longer than {LONGEST} bytes.")));
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Error::filter(format!("The filter is nested deeper than {DEEPEST}.")));
        }
    }
    Ok(())
}

impl Filter {
    /// How many comparisons it makes.
    #[must_use]
    pub fn terms(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::terms).sum(),
            Self::Not(inner) | Self::Has(_, inner) => inner.terms(),
            Self::Present(_) | Self::Compare(..) => 1,
        }
    }

    /// A comparison, if the attribute can be compared so, or why not.
    fn compare(
        operand: Operand,
        op: Op,
        given: &Value,
        is_path: bool,
    ) -> std::result::Result<Self, &'static str> {
        let Some(attribute) = operand.compared() else {
            return Err(
                "reason: This attribute has parts; name one of them, like name.familyName.",
            );
        };
        let literal = match Literal::of(attribute, given)? {
            Literal::Text(text) if !attribute.case_exact && !is_path => {
                Literal::Text(folded(op, &text))
            }
            literal => literal,
        };
        match (&literal, attribute.kind) {
            (Literal::Null, _) if !matches!(op, Op::Eq | Op::Ne) => {
                Err("reason: null can be compared with eq and ne only.")
            }
            (Literal::Bool(_), _) if !matches!(op, Op::Eq | Op::Ne) => {
                Err("reason: A boolean can be compared with eq and ne only.")
            }
            (Literal::Time(_), _) if op.is_of_text() => {
                Err("reason: A date can be compared with eq, ne, gt, ge, lt and le only.")
            }
            (_, Type::Binary) if op.is_of_order() => {
                Err("reason: A binary value has no order (RFC 7644, 3.4.2.2).")
            }
            _ => Ok(Self::Compare(operand, op, literal)),
        }
    }
}

impl Operand {
    /// The attribute whose values are compared.
    #[must_use]
    pub fn compared(&self) -> Option<&'static Attribute> {
        match self {
            Self::Of(target) => target.compared(),
            Self::Within(sub) => Some(sub),
        }
    }
}

impl Literal {
    fn of(attribute: &Attribute, given: &Value) -> std::result::Result<Self, &'static str> {
        if given.is_null() {
            return Ok(Self::Null);
        }
        let text = match given {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if text.contains('\0') {
            return Err("reason: A value cannot contain a NUL character.");
        }
        match attribute.kind {
            Type::Boolean => match &*text.to_ascii_lowercase() {
                "true" => Ok(Self::Bool(true)),
                "false" => Ok(Self::Bool(false)),
                _ => Err("reason: This attribute is compared with true or false."),
            },
            Type::DateTime => moment(&text).map(Self::Time).ok_or(
                "reason: This attribute is compared with a date like \"2026-01-31T09:30:00Z\".",
            ),
            _ => Ok(Self::Text(text)),
        }
    }
}

/// A text without case as it is compared. Spaces at its ends count only where a part of a value is looked for.
fn folded(op: Op, text: &str) -> String {
    if op.is_of_text() { text.to_lowercase() } else { super::fold(text) }
}

/// A moment as `xs:dateTime` (RFC 7643, 2.3.5); without a zone it is UTC, without a time it is midnight.
///
/// Years have four digits: what is before or after can neither be written so nor be kept by every database.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let moment = if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        moment.with_timezone(&Utc)
    } else if let Ok(moment) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        moment.and_utc()
    } else {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?.and_utc()
    };
    (1..=9999).contains(&moment.year()).then_some(moment)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
