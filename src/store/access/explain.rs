//! Why a person has what they have, line by line, and what of it tokens tell.

use super::entities::Entity;
pub use super::kept::{Hold, Mark};

use super::applications_of;
use super::because::{Because, Sources};
use super::kept::{Placed, Row};
use crate::error::{Error, Result};
use crate::store::schema::{access, applications, entities, placements};
use crate::store::users::User;
use crate::store::{
    ApplicationId, Db, GroupId, MappingId, OrganizationId, Prepared, UserId, on_backend,
};
use diesel::prelude::*;

/// What a person has in one application.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The application.
    pub application_id: ApplicationId,
    /// What people call it.
    pub application: String,
    /// The role, with the reason.
    pub role: Option<(String, Reason)>,
    /// The places, each with the reason.
    pub entities: Vec<(Entity, Reason)>,
    /// Why more is there than groups give, and until when: of several things that of which the time is over first.
    pub held: Option<Mark>,
}

/// Why somebody has something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reason {
    /// In words.
    pub words: String,
    /// The group.
    pub group_id: Option<GroupId>,
    /// The mapping.
    pub mapping_id: Option<MappingId>,
    /// The rule.
    pub rule_id: Option<String>,
}

/// What the tokens of an application tell of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The role.
    pub role: Option<String>,
    /// The places.
    pub entities: Vec<Entity>,
}

impl Told {
    /// Whether the application has nothing for the person.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.role.is_none() && self.entities.is_empty()
    }
}

/// What a person has in each application, and why.
pub fn of_user(db: &mut Db, user: &User) -> Result<Vec<Explained>> {
    let rows: Vec<Row> = access::table.filter(access::user_id.eq(&user.id)).load(db)?;
    let places: Vec<(Entity, Placed)> = placements::table
        .inner_join(entities::table)
        .filter(placements::user_id.eq(&user.id))
        .order(placements::entity_id)
        .select((entities::all_columns, placements::all_columns))
        .load(db)?;
    let mut sources = Sources::default();
    rows.iter().filter_map(|row| row.because.as_deref()).for_each(|it| sources.role(it));
    let by = places.iter().map(|(_, place)| place.mapping_id.as_ref().map(MappingId::as_str));
    by.for_each(|mapping| sources.place(mapping));
    let because = Because::of(db, &user.organization_id, sources)?;
    let why = |place: &Placed| {
        because.of_place(place.mapping_id.as_ref().map(MappingId::as_str), place.mark())
    };
    let mut explained = Vec::new();
    for application in applications_of(db, &user.organization_id)? {
        let row = rows.iter().find(|row| row.application_id == application.id);
        let theirs = places.iter().filter(|(it, _)| it.application_id == application.id);
        let marks = row.and_then(Row::effective_mark).into_iter();
        let marks = marks.chain(theirs.clone().filter_map(|(_, place)| place.mark()));
        explained.push(Explained {
            role: row.and_then(|row| {
                let role = row.role.clone()?;
                Some((role, because.of_role(row.because.as_deref(), row.mark())))
            }),
            held: marks.min_by_key(|mark| (mark.until.is_none(), mark.until)),
            entities: theirs.map(|(it, place)| (it.clone(), why(place))).collect(),
            application_id: application.id,
            application: application.name,
        });
    }
    Ok(explained)
}

/// What somebody has in each application who comes for the first time and is in no group.
pub fn of_newcomer(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Explained>> {
    let by_default = || Because::default().of_role(None, None);
    let all = applications_of(db, organization)?.into_iter();
    Ok(all
        .map(|application| Explained {
            role: application.model.default_role.map(|role| (role, by_default())),
            entities: Vec::new(),
            held: None,
            application_id: application.id,
            application: application.name,
        })
        .collect())
}

/// A place in an application, beside what else is told: its default role, whether there is a row of the person, and its role.
type Line = (Option<String>, Option<UserId>, Option<String>, Option<Entity>);

/// What tokens of an application tell of a person. Who has no row yet has the application's default role.
pub fn told(db: &mut Db, user: &UserId, application: &ApplicationId) -> Result<Told> {
    // One statement: it is asked in each phase of a sign-in. What tables are joined on must be owned.
    let row = access::application_id.eq(applications::id).and(access::user_id.eq(user.clone()));
    let place =
        placements::application_id.eq(applications::id).and(placements::user_id.eq(user.clone()));
    let query = applications::table
        .left_join(access::table.on(row))
        .left_join(placements::table.on(place))
        .left_join(entities::table.on(entities::id.eq(placements::entity_id)))
        .filter(applications::id.eq(application))
        .order(placements::entity_id)
        .select((
            applications::default_role,
            access::user_id.nullable(),
            access::role.nullable(),
            entities::all_columns.nullable(),
        ));
    let lines: Vec<Line> = on_backend!(db, conn => Prepared(query).load(conn))?;
    let Some((default, row, role, _)) = lines.first() else {
        return Err(Error::not_found("application", application.as_str()));
    };
    let role = if row.is_some() { role.clone() } else { default.clone() };
    Ok(Told { role, entities: lines.into_iter().filter_map(|(.., place)| place).collect() })
}

/// The role that an application gives to whom nothing else gives one.
fn default_role(db: &mut Db, application: &ApplicationId) -> Result<Option<String>> {
    let query = applications::table.find(application).select(applications::default_role);
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn))?)
}

/// Whether an application gives a person nothing: no role and no place. Somebody who is not there yet (`None`) comes with
/// what the application gives to everybody.
pub fn is_nothing(db: &mut Db, user: Option<&UserId>, application: &ApplicationId) -> Result<bool> {
    let told = match user {
        Some(user) => told(db, user, application)?,
        None => Told { role: default_role(db, application)?, entities: Vec::new() },
    };
    Ok(told.is_nothing())
}
