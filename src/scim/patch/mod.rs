//! PATCH (RFC 7644, 3.5.2): what a body asks for, and what a resource is after it.
//!
//! Members of a group are no part of the resource: what is to become of them is told as [`MemberChange`]s, so that no
//! list is ever read to be written back.

mod apply;
mod elements;
mod parse;

pub use parse::parse;

use super::filter::Filter;
use super::path::Target;
use super::resource::Resource;
use super::schema::{Kind, Schema};
use super::{Error, Result};
use serde_json::Value;

/// How many operations one body may have.
const MOST_OPERATIONS: usize = 1000;

/// What an operation does (RFC 7644, 3.5.2.1 to 3.5.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Adds to what is there.
    Add,
    /// Takes away.
    Remove,
    /// Puts in the place of what is there.
    Replace,
}

/// Where an operation applies.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// An attribute, or a sub-attribute of it.
    Attribute(Target),
    /// The elements of an attribute that a filter is true of, or a sub-attribute of them.
    Elements(Target, Filter),
    /// Everything of an extension.
    Extension(&'static Schema),
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub op: Op,
    /// Where.
    pub place: Place,
    /// With what.
    pub value: Option<Value>,
}

/// What is to become of the members of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// These are in it; whoever is already stays.
    Add(Vec<String>),
    /// These are not in it.
    Remove(Vec<String>),
    /// Nobody is in it.
    RemoveAll,
    /// These and nobody else are in it.
    Replace(Vec<String>),
}

/// Applies the operations to a user: all of them or, after an error, none. Tells whether that changed anything.
pub fn apply(resource: &mut Resource, operations: &[Operation]) -> Result<bool> {
    let mut changed = resource.clone();
    for operation in operations {
        apply::one(&mut changed, operation)?;
    }
    settle(resource, changed)
}

/// The same for a group: what concerns its members is told in the order in which it is to be done.
pub fn apply_to_group(
    resource: &mut Resource,
    operations: &[Operation],
) -> Result<(bool, Vec<MemberChange>)> {
    let (mut changed, mut members) = (resource.clone(), Vec::new());
    for operation in operations {
        match member_change(operation)? {
            Some(change) => members.push(change),
            None => apply::one(&mut changed, operation)?,
        }
    }
    Ok((settle(resource, changed)?, members))
}

fn settle(resource: &mut Resource, mut changed: Resource) -> Result<bool> {
    changed.complete()?;
    changed.once_each();
    let is_changed = *resource != changed;
    *resource = changed;
    Ok(is_changed)
}

/// What an operation on members means; none: it is not on members.
fn member_change(operation: &Operation) -> Result<Option<MemberChange>> {
    let Operation { op, place, value } = operation;
    let target = match place {
        Place::Attribute(target) | Place::Elements(target, _) => target,
        Place::Extension(_) => return Ok(None),
    };
    if !target.is_core() || target.attribute.name != "members" {
        return Ok(None);
    }
    if let Place::Elements(_, filter) = place {
        let ids = selected(filter)?;
        return match op {
            Op::Remove if target.sub.is_none() => Ok(Some(MemberChange::Remove(ids))),
            Op::Add if target.sub.is_none() => Ok(Some(MemberChange::Add(ids))),
            _ => Err(Error::path(
                "A member cannot be changed, only added or removed: its value is immutable.",
            )),
        };
    }
    // Okta, OneLogin and others write members.value for members.
    if target.sub.is_some_and(|sub| sub.name != "value") {
        return Err(Error::read_only(&target.to_string()));
    }
    let ids = value.as_ref().map(super::resource::member_ids).transpose()?;
    match (op, ids) {
        (Op::Remove, None) => Ok(Some(MemberChange::RemoveAll)),
        (Op::Remove, Some(ids)) if ids.is_empty() => Err(Error::no_members()),
        (Op::Remove, Some(ids)) => Ok(Some(MemberChange::Remove(ids))),
        (Op::Add, Some(ids)) => Ok(Some(MemberChange::Add(ids))),
        (Op::Replace, Some(ids)) => Ok(Some(MemberChange::Replace(ids))),
        (Op::Add | Op::Replace, None) => Err(Error::no_members()),
    }
}

/// The IDs that a filter on members names: `value eq "…"`, or several of these with `or`.
fn selected(filter: &Filter) -> Result<Vec<String>> {
    use super::filter::{Literal, Op, Operand};
    match filter {
        Filter::Compare(Operand::Within(sub), Op::Eq, Literal::Text(id)) if sub.name == "value" => {
            Ok(vec![id.clone()])
        }
        Filter::Any(parts) => {
            let ids = parts.iter().map(selected).collect::<Result<Vec<_>>>()?;
            Ok(ids.into_iter().flatten().collect())
        }
        _ => Err(Error::filter(
            "Members are named by their IDs: members[value eq \"<ID of the user>\"].",
        )),
    }
}

/// What an operation would be on, as an error tells it.
fn known(kind: Kind) -> String {
    let names: Vec<&str> = kind.core().attributes.iter().map(|attribute| attribute.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod tests;
