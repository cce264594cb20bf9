//! What somebody should look at: effects that are held, names that are taken, places that are gone.

use crate::error::Result;
use crate::store::db::or_not_found;
use crate::store::schema::access_alerts as alerts;
use crate::store::types::word;
use crate::store::{AlertId, Db, Json, OrganizationId, Page, Time, Tx, Window, events, mails};
use diesel::prelude::*;
use serde_json::{Value, json};

/// How many things are named in one statement.
pub(super) const AT_ONCE: usize = 1_000;

word!(
    /// What an alert is about.
    AlertKind {
        /// A directory would have taken the highest role from the last person who has it.
        LastOfHighestRole = "last_of_highest_role",
        /// A directory would have taken access from too many people at once.
        TooMuchAtOnce = "too_much_at_once",
        /// A directory has switched very many people off at once. That is never held.
        ManySwitchedOff = "many_switched_off",
        /// A group was renamed, and its entity could not be, since another one has that name.
        NameTaken = "name_taken",
        /// A rule wants a place that belongs to another group.
        TargetTaken = "target_taken",
        /// The entity of a mapping was deleted.
        TargetDeleted = "target_deleted",
    }
);

/// An alert.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = alerts)]
pub struct Alert {
    /// Its ID.
    pub id: AlertId,
    /// Whom it concerns.
    pub organization_id: OrganizationId,
    /// What it is about.
    pub kind: AlertKind,
    /// The thing that it is about.
    pub subject_id: String,
    /// What else is worth knowing.
    pub data: Json<Value>,
    /// Since when.
    pub created_at: Time,
    /// When it was over, or somebody had seen it.
    pub closed_at: Option<Time>,
}

/// A page of an organization's alerts, newest first; `open`: only those that are not over.
pub fn page(
    db: &mut Db,
    window: &Window,
    organization: &OrganizationId,
    open: bool,
) -> Result<Page<Alert>> {
    let mut query = alerts::table
        .filter(alerts::organization_id.eq(organization))
        .order(alerts::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if open {
        query = query.filter(alerts::closed_at.is_null());
    }
    if let Some(before) = &window.before {
        query = query.filter(alerts::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |alert: &Alert| alert.id.to_string()))
}

/// The newest alerts that are not over, of all organizations.
pub fn newest_open(db: &mut Db, limit: i64) -> Result<Vec<Alert>> {
    let open = alerts::table.filter(alerts::closed_at.is_null());
    Ok(open.order(alerts::id.desc()).limit(limit).load(db)?)
}

/// Closes an alert: somebody has seen it.
pub fn close(tx: &mut Tx, organization: &OrganizationId, id: &AlertId) -> Result<Alert> {
    let found = alerts::table
        .find(id)
        .filter(alerts::organization_id.eq(organization))
        .first::<Alert>(tx.db);
    let mut alert = or_not_found(found, "alert", id)?;
    if alert.closed_at.is_none() {
        end(tx, organization, std::slice::from_ref(&alert))?;
        alert.closed_at = Some(tx.now);
    }
    Ok(alert)
}

/// Raises an alert, or renews the one that is open already.
pub(super) fn raise(
    tx: &mut Tx,
    organization: &OrganizationId,
    kind: AlertKind,
    subject: &str,
    data: &Value,
) -> Result<()> {
    let open = alerts::table
        .filter(alerts::organization_id.eq(organization))
        .filter(alerts::kind.eq(kind))
        .filter(alerts::subject_id.eq(subject))
        .filter(alerts::closed_at.is_null());
    let changed =
        diesel::update(open).set(alerts::data.eq(Json::from(data.clone()))).execute(tx.db)?;
    if changed > 0 {
        return Ok(());
    }
    let alert = Alert {
        id: AlertId::new(),
        organization_id: organization.clone(),
        kind,
        subject_id: subject.to_owned(),
        data: Json::from(data.clone()),
        created_at: tx.now,
        closed_at: None,
    };
    diesel::insert_into(alerts::table).values(&alert).execute(tx.db)?;
    if kind == AlertKind::TooMuchAtOnce {
        mails::access_is_held(tx, organization, subject)?;
    }
    let data = json!({ "alert": kind, "about": data });
    events::append(tx, Some(organization), "access.alert", subject, data)
}

/// The alerts of a kind that are not over.
pub(super) fn open(
    db: &mut Db,
    organization: &OrganizationId,
    kind: AlertKind,
) -> Result<Vec<Alert>> {
    let open = alerts::table
        .filter(alerts::organization_id.eq(organization))
        .filter(alerts::kind.eq(kind))
        .filter(alerts::closed_at.is_null());
    Ok(open.order(alerts::id).load(db)?)
}

/// Closes the alerts of a kind about these things: they are over.
pub(super) fn over(
    tx: &mut Tx,
    organization: &OrganizationId,
    kind: AlertKind,
    subjects: &[&str],
) -> Result<()> {
    for some in subjects.chunks(AT_ONCE) {
        let open = alerts::table
            .filter(alerts::organization_id.eq(organization))
            .filter(alerts::kind.eq(kind))
            .filter(alerts::subject_id.eq_any(some))
            .filter(alerts::closed_at.is_null());
        let open = open.order(alerts::id).load(tx.db)?;
        end(tx, organization, &open)?;
    }
    Ok(())
}

/// Closes all alerts of a kind: they are over.
pub(super) fn all_over(tx: &mut Tx, organization: &OrganizationId, kind: AlertKind) -> Result<()> {
    let open = open(tx.db, organization, kind)?;
    end(tx, organization, &open)
}

/// Closes these alerts and tells of each.
fn end(tx: &mut Tx, organization: &OrganizationId, open: &[Alert]) -> Result<()> {
    for some in open.chunks(AT_ONCE) {
        let them = alerts::table.filter(alerts::id.eq_any(some.iter().map(|it| &it.id)));
        diesel::update(them).set(alerts::closed_at.eq(Some(tx.now))).execute(tx.db)?;
    }
    let told = |it: &Alert| {
        let data = json!({ "alert": it.kind, "about": *it.data });
        ("access.alert_closed", it.subject_id.clone(), data)
    };
    events::append_all(tx, Some(organization), open.iter().map(told).collect())
}
