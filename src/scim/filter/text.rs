//! A filter as text again, in one form.

use super::{Filter, Literal, Operand};
use serde_json::Value;
use std::fmt::{self, Display, Formatter};

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => join(f, parts, " and "),
            Self::Any(parts) => join(f, parts, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Has(target, inner) => write!(f, "{target}[{inner}]"),
            Self::Present(operand) => write!(f, "{operand} pr"),
            Self::Compare(operand, op, literal) => write!(f, "{operand} {} {literal}", op.as_str()),
        }
    }
}

fn join(f: &mut Formatter<'_>, parts: &[Filter], with: &str) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(with)?;
        }
        match part {
            Filter::All(_) | Filter::Any(_) => write!(f, "({part})")?,
            _ => write!(f, "{part}")?,
        }
    }
    Ok(())
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(target) => target.fmt(f),
            Self::Within(sub) => f.write_str(sub.name),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Value::from(text.as_str()).fmt(f),
            Self::Bool(value) => value.fmt(f),
            Self::Time(time) => write!(f, "\"{}\"", time.to_rfc3339()),
            Self::Null => f.write_str("null"),
        }
    }
}
