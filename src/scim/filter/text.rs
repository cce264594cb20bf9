//! A filter as text again, in one form.

use super::{Filter, Literal, Operand};
use serde_json::Value;
use std::fmt::{self, Display, Formatter};

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => {
                join(f, parts, " and ", |part| matches!(part, Self::All(_) | Self::Any(_)))
            }
            Self::Any(parts) => join(f, parts, " or ", |part| matches!(part, Self::Any(_))),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Has(target, inner) => write!(f, "{target}[{inner}]"),
            Self::Present(operand) => write!(f, "{operand} pr"),
            Self::Compare(operand, op, literal) => write!(f, "{operand} {} {literal}", op.as_str()),
        }
    }
}

/// Parentheses stand only where they are needed, so that the text is never deeper than the one that was read.
fn join(
    f: &mut Formatter<'_>,
    parts: &[Filter],
    with: &str,
    in_parentheses: fn(&Filter) -> bool,
) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(with)?;
        }
        if in_parentheses(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
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
