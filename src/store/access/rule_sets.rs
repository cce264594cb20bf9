//! The rules of an organization: always the whole set, with a version, an author and a history.

use super::run::{self, Effect};
use super::{entities, provisioning};
use crate::access::rules::{Match, Rule, Target};
use crate::crypto;
use crate::error::{Error, Result};
use crate::store::db::or_not_found;
use crate::store::input::Faults;
use crate::store::schema::{groups, mappings, rule_sets};
use crate::store::{
    ApplicationId, Db, EntityId, GroupId, Json, OrganizationId, RuleId, Time, Tx, events,
};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamp};
use serde_json::{Value, json};
use std::collections::HashSet;

/// How many of the sets that were applied are kept however old they are.
const KEPT: i64 = 200;
/// How many rules an organization has at most.
const MOST_RULES: usize = 500;

/// A set of rules, as it was applied.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = rule_sets)]
pub struct RuleSet {
    /// Whose rules.
    pub organization_id: OrganizationId,
    /// Counts the sets, from 1.
    pub version: i64,
    /// The rules.
    pub rules: Json<Vec<Rule>>,
    /// Who applied it, as [`crate::store::Actor`] writes it.
    pub author: String,
    /// What it did: how many mappings it made, and for how many people something changed.
    pub effect: Json<Value>,
    /// When.
    pub created_at: Time,
}

/// A rule as somebody writes it.
#[derive(Debug, Clone)]
pub struct NewRule {
    /// The ID that it has, if it is not new.
    pub id: Option<RuleId>,
    /// The application; none: the only one.
    pub application_id: Option<ApplicationId>,
    /// How it compares.
    pub compare: Match,
    /// With what.
    pub pattern: String,
    /// The places that it gives.
    pub targets: Vec<Target>,
    /// The role that it gives.
    pub role: Option<String>,
    /// Its mappings need nobody's approval.
    pub auto_approve: bool,
    /// Rules of a higher priority are asked first.
    pub priority: i32,
}

/// The rules that hold.
pub fn current(db: &mut Db, organization: &OrganizationId) -> Result<Option<RuleSet>> {
    let newest = rule_sets::table
        .filter(rule_sets::organization_id.eq(organization))
        .order(rule_sets::version.desc())
        .first(db);
    Ok(newest.optional()?)
}

/// The rules that hold, alone.
pub(super) fn rules(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Rule>> {
    Ok(current(db, organization)?.map(|set| set.rules.into_inner()).unwrap_or_default())
}

/// The sets that were applied, newest first, at most a hundred.
pub fn history(db: &mut Db, organization: &OrganizationId) -> Result<Vec<RuleSet>> {
    before(db, organization, None, 100)
}

/// The sets before a version, or all; newest first, at most `limit`.
pub fn before(
    db: &mut Db,
    organization: &OrganizationId,
    version: Option<i64>,
    limit: i64,
) -> Result<Vec<RuleSet>> {
    let sets = rule_sets::table
        .filter(rule_sets::organization_id.eq(organization))
        .filter(rule_sets::version.lt(version.unwrap_or(i64::MAX)))
        .order(rule_sets::version.desc())
        .limit(limit);
    Ok(sets.load(db)?)
}

/// One of the sets that were applied.
pub fn find(db: &mut Db, organization: &OrganizationId, version: i64) -> Result<RuleSet> {
    let found = rule_sets::table.find((organization, version)).first(db);
    or_not_found(found, "set of rules", version.to_string())
}

/// Takes away sets that were applied before a time, but the newest [`KEPT`] of each organization, at most `limit`; tells how
/// many.
pub(in crate::store) fn over(tx: &mut Tx, before: Time, limit: i64) -> Result<usize> {
    let deleted = diesel::sql_query(
        "DELETE FROM rule_sets WHERE (organization_id, version) IN (
             SELECT rule_sets.organization_id, rule_sets.version FROM rule_sets
             JOIN provisioning ON provisioning.organization_id = rule_sets.organization_id
             WHERE rule_sets.created_at <= $1 AND rule_sets.version <= provisioning.rules_version - $2
             LIMIT $3)",
    );
    let deleted = deleted.bind::<Timestamp, _>(before);
    Ok(deleted.bind::<BigInt, _>(KEPT).bind::<BigInt, _>(limit).execute(tx.db)?)
}

/// What rules, groups and mappings are at this moment, in a word that changes when one of them does: what was previewed
/// is applied only to what it was previewed on.
pub fn version(db: &mut Db, organization: &OrganizationId) -> Result<String> {
    let theirs = groups::table.filter(groups::organization_id.eq(organization));
    let of_groups: (i64, Option<Time>) = theirs
        .select((diesel::dsl::count_star(), diesel::dsl::max(groups::updated_at)))
        .first(db)?;
    let theirs = mappings::table.filter(mappings::organization_id.eq(organization));
    let of_mappings: (i64, Option<Time>) = theirs
        .select((diesel::dsl::count_star(), diesel::dsl::max(mappings::updated_at)))
        .first(db)?;
    let version = provisioning::find(db, organization)?.rules_version;
    let all = json!([version, of_groups, of_mappings]).to_string();
    Ok(format!("{version}-{}", &crypto::hex(&crypto::sha256(all.as_bytes()))[..16]))
}

/// Puts a set in the place of the one that holds, and runs it on all groups.
///
/// `seen`: the version that it was previewed on; anything else now is refused with `version_mismatch`.
pub fn apply(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: Vec<NewRule>,
    seen: Option<&str>,
) -> Result<RuleSet> {
    if let Some(seen) = seen {
        refuse_stale(tx.db, organization, seen)?;
    }
    let set = put(tx, organization, new)?;
    Ok(run(tx, set, Vec::new())?.0)
}

/// Refuses what was previewed on something else than there is now.
pub fn refuse_stale(db: &mut Db, organization: &OrganizationId, seen: &str) -> Result<()> {
    if version(db, organization)? == seen {
        return Ok(());
    }
    Err(Error::Stale(
        "Rules, groups or mappings have changed since this was previewed. Preview it again."
            .to_owned(),
    ))
}

/// Puts a set in the place of the one that holds. It has yet to be run.
pub(super) fn put(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: Vec<NewRule>,
) -> Result<RuleSet> {
    let rules = checked(tx.db, organization, new, tx.now)?;
    let mut settings = provisioning::find(tx.db, organization)?;
    settings.rules_version += 1;
    provisioning::save(tx, &settings)?;
    let set = RuleSet {
        organization_id: organization.clone(),
        version: settings.rules_version,
        rules: Json::from(rules),
        author: tx.actor.to_string(),
        effect: Json::from(json!({})),
        created_at: tx.now,
    };
    diesel::insert_into(rule_sets::table).values(&set).execute(tx.db)?;
    Ok(set)
}

/// Runs a new set on all groups, after what else was decided with it about mappings of these, and keeps what that did.
pub(super) fn run(
    tx: &mut Tx,
    mut set: RuleSet,
    decided: Vec<GroupId>,
) -> Result<(RuleSet, Effect)> {
    let organization = set.organization_id.clone();
    let effect = run::run(tx, &organization, decided)?;
    set.effect = Json::from(json!({ "mappings": effect.mappings, "people": effect.people }));
    let row = rule_sets::table.find((&organization, set.version));
    diesel::update(row).set(rule_sets::effect.eq(&set.effect)).execute(tx.db)?;
    let data = json!({ "version": set.version, "rules": set.rules.len(), "effect": *set.effect });
    let former = before(tx.db, &organization, Some(set.version), 1)?;
    let (was, is) = (told(former.first()), told(Some(&set)));
    let (of, id) = (Some(&organization), organization.as_str());
    events::append_change(tx, of, "mapping_rules.applied", id, data, (&was, &is))?;
    Ok((set, effect))
}

/// Each rule of a set by its ID.
fn told(set: Option<&RuleSet>) -> Value {
    let rules = set.into_iter().flat_map(|set| set.rules.iter());
    rules.map(|rule| (rule.id.clone(), json!(rule))).collect::<serde_json::Map<_, _>>().into()
}

/// Everything that is wrong with one rule by itself.
pub fn check(db: &mut Db, organization: &OrganizationId, rule: NewRule, now: Time) -> Result<()> {
    match checked(db, organization, vec![rule], now) {
        Ok(_) => Ok(()),
        Err(Error::Invalid(mut errors)) => {
            for error in &mut errors {
                if let Some(field) = error.pointer.strip_prefix("/rules/0") {
                    error.pointer = field.to_owned();
                }
            }
            Err(Error::Invalid(errors))
        }
        Err(other) => Err(other),
    }
}

/// The rules as they will be kept, or everything that is wrong with them.
pub(super) fn checked(
    db: &mut Db,
    organization: &OrganizationId,
    new: Vec<NewRule>,
    now: Time,
) -> Result<Vec<Rule>> {
    let before = rules(db, organization)?;
    let mut faults = Faults::default();
    if new.len() > MOST_RULES {
        faults.add(
            "/rules",
            "too_many",
            format!("An organization has at most {MOST_RULES} rules."),
        );
    }
    let (mut kept, mut seen) = (Vec::with_capacity(new.len()), HashSet::new());
    for (at, rule) in new.into_iter().enumerate() {
        let application = super::meant(db, organization, rule.application_id.as_ref())?;
        let former = rule.id.as_ref().map(|id| before.iter().find(|it| it.id == id.as_str()));
        let created_at = match &former {
            Some(Some(former)) => former.created_at,
            Some(None) => {
                faults.add(
                    &format!("/rules/{at}/id"),
                    "not_found",
                    "There is no such rule. Leave the ID out for a new one.",
                );
                now
            }
            None => now,
        };
        let id = rule.id.unwrap_or_else(RuleId::new);
        if !seen.insert(id.clone()) {
            faults.add(&format!("/rules/{at}/id"), "duplicate", "Two rules have this ID.");
        }
        for (place, target) in rule.targets.iter().enumerate() {
            let Some(entity) = &target.entity else { continue };
            let is_there = match entity.parse::<EntityId>() {
                Ok(id) => entities::is_there(db, organization, &application.id, &target.kind, &id)?,
                Err(_) => false,
            };
            if !is_there {
                let pointer = format!("/rules/{at}/targets/{place}/entity");
                let detail = format!("There is no {} {entity}.", target.kind);
                faults.add(&pointer, "not_found", detail);
            }
        }
        let rule = Rule {
            id: id.to_string(),
            application_id: application.id.to_string(),
            compare: rule.compare,
            pattern: rule.pattern,
            targets: rule.targets,
            role: rule.role,
            auto_approve: rule.auto_approve,
            priority: rule.priority,
            created_at,
        };
        for (field, code, detail) in rule.faults(&application.model) {
            faults.add(&format!("/rules/{at}/{field}"), code, detail);
        }
        kept.push(rule);
    }
    faults.finish()?;
    Ok(kept)
}
