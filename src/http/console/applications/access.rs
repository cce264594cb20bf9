//! Roles and kinds of places of an application, in rows: a row that is emptied goes, and the last ones are for new.

use super::edited::{self, Edited};
use super::{Head, find, href};
use crate::access::{EntityType, Placement, Reach, Role};
use crate::error::{FieldError, Result};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::stale::{self, Fields};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::applications::{Application, ApplicationPatch};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// Rows for new ones.
const SPARE: usize = 3;
/// More rows than an application may have, so that the store says what is too many.
const MOST: usize = 60;
/// How a person is in places of a kind, as one word for placement and scope.
const PLACES: [&str; 3] = ["additive", "exclusive", "organization"];

/// A row of the form for a role.
#[derive(Clone, Default)]
struct RoleRow {
    /// Its number on the form.
    at: usize,
    rank: String,
    key: String,
    name: String,
}

/// A row of the form for a kind of places.
#[derive(Clone, Default)]
struct TypeRow {
    at: usize,
    key: String,
    name: String,
    place: &'static str,
    is_made: bool,
    is_renamed: bool,
}

struct Typed {
    roles: Vec<RoleRow>,
    default_role: String,
    types: Vec<TypeRow>,
}

struct View {
    head: Head,
    seen: String,
    typed: Typed,
    faults: Faults,
    /// How a person is in places of a kind: each word, and what it is called.
    places: Vec<(&'static str, String)>,
}

impl View {
    /// Whether a field of a row is wrong.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn is_wrong(&self, list: &str, at: &usize, field: &str) -> bool {
        self.faults.of(&format!("{list}.{at}.{field}")).is_some()
    }
}

#[derive(Template)]
#[template(path = "console/application_access.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/applications/{application}/access`
pub(super) async fn access(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    if application.is_machine() {
        return Ok(see_other(&href(&application.id)));
    }
    Ok(edited::form_of::<Typed>(&state, &seat, &application))
}

/// `POST /console/applications/{application}/access`
pub(super) async fn change(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    let typed = Typed::sent(&posted).settled(&posted, Typed::of(&application));
    edited::change(&state, &posted, &application, typed).await
}

impl Edited for Typed {
    const PAGE: &'static str = "access";
    const POINTER: &'static str = "/entity_types";

    fn of(row: &Application) -> Self {
        let role = |(at, role): (usize, &Role)| RoleRow {
            at,
            rank: (at + 1).to_string(),
            key: role.key.clone(),
            name: role.name.clone(),
        };
        let kind = |(at, kind): (usize, &EntityType)| TypeRow {
            at,
            key: kind.key.clone(),
            name: kind.name.clone(),
            place: match (kind.placement, kind.scope) {
                (Placement::Additive, _) => "additive",
                (Placement::Exclusive, Reach::Type) => "exclusive",
                (Placement::Exclusive, Reach::Organization) => "organization",
            },
            is_made: kind.auto_create,
            is_renamed: kind.follow_rename,
        };
        Self {
            roles: row.roles.iter().enumerate().map(role).collect(),
            default_role: row.default_role.clone().unwrap_or_default(),
            types: row.entity_types.iter().enumerate().map(kind).collect(),
        }
    }

    /// What there is of each, one in a line, as it can be read and compared.
    fn fields(&self, state: &State) -> Fields {
        let say = |key: &str| state.locale.text(&format!("console.applications.{key}")).to_owned();
        let role = |row: &RoleRow| format!("{} ({})", row.name, row.key);
        let kind = |row: &TypeRow| {
            let mut words = vec![say(&format!("place.{}", row.place))];
            words.extend(row.is_made.then(|| say("made")));
            words.extend(row.is_renamed.then(|| say("renamed")));
            format!("{} ({}): {}", row.name, row.key, words.join(", "))
        };
        let lines = |all: Vec<String>| all.join("\n");
        stale::fields([
            ("roles", &lines(self.roles.iter().map(role).collect())),
            ("default_role", &self.default_role),
            ("entity_types", &lines(self.types.iter().map(kind).collect())),
        ])
    }

    async fn patch(&self, _: &State) -> Result<ApplicationPatch> {
        let role = |row: &RoleRow| Role { key: row.key.clone(), name: row.name.clone() };
        let default_role = (!self.default_role.is_empty()).then(|| self.default_role.clone());
        Ok(ApplicationPatch {
            roles: Some(self.roles.iter().map(role).collect()),
            default_role: Some(default_role),
            entity_types: Some(self.types.iter().map(kind).collect()),
            ..ApplicationPatch::default()
        })
    }

    fn named(state: &State, field: &str, value: &str) -> (String, String) {
        let key = if field == "entity_types" { "types" } else { field };
        (state.locale.text(&format!("console.applications.{key}")).to_owned(), value.to_owned())
    }

    fn show(
        self,
        state: &State,
        seat: &Seat<Develop>,
        of: &Application,
        seen: String,
        errors: Vec<FieldError>,
    ) -> HttpResponse {
        let faults = Faults::from(self.at_rows(errors));
        let typed = self.with_spare();
        let place = |word: &'static str| {
            (word, state.locale.text(&format!("console.applications.place.{word}")).to_owned())
        };
        let view = View {
            head: Head::of(state, seat, of),
            seen,
            places: PLACES.into_iter().map(place).collect(),
            typed,
            faults,
        };
        frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
            shell,
            frame,
            view: &view,
        })
    }
}

impl Typed {
    /// What a form sent, without empty rows, roles by their ranks: of the same rank the upper one is higher.
    fn sent(posted: &Posted<Develop>) -> Self {
        let text = |list: &str, at: usize, field: &str| {
            posted.text(&format!("{list}.{at}.{field}")).to_owned()
        };
        let role = |at| RoleRow {
            at,
            rank: text("roles", at, "rank"),
            key: text("roles", at, "key"),
            name: text("roles", at, "name"),
        };
        let mut roles: Vec<RoleRow> =
            (0..MOST).map(role).filter(|row| !row.key.is_empty() || !row.name.is_empty()).collect();
        roles.sort_by_key(|row| row.rank.parse::<u32>().unwrap_or(u32::MAX));
        let kind = |at| TypeRow {
            at,
            key: text("entity_types", at, "key"),
            name: text("entity_types", at, "name"),
            place: placed(&text("entity_types", at, "place")),
            is_made: text("entity_types", at, "made") == "1",
            is_renamed: text("entity_types", at, "renamed") == "1",
        };
        let types = (0..MOST).map(kind).filter(|row| !row.key.is_empty() || !row.name.is_empty());
        Self { roles, default_role: posted.text("default_role").to_owned(), types: types.collect() }
    }

    /// With what somebody else has set, where that was chosen: all roles or all kinds of places at a time, for a row has no name.
    fn settled(self, posted: &Posted<Develop>, now: Self) -> Self {
        let is = |name| stale::keeps_theirs(posted, name);
        Self {
            roles: if is("roles") { now.roles } else { self.roles },
            default_role: if is("default_role") { now.default_role } else { self.default_role },
            types: if is("entity_types") { now.types } else { self.types },
        }
    }

    /// The store's faults of the third role, say, as those of the row in which it was typed.
    fn at_rows(&self, errors: Vec<FieldError>) -> Vec<FieldError> {
        let moved = |error: FieldError| {
            let parts: Vec<&str> = error.pointer.split('/').collect();
            let [_, list, at, field] = parts.as_slice() else { return error };
            let at: Option<usize> = at.parse().ok();
            let row = match *list {
                "roles" => at.and_then(|at| self.roles.get(at)).map(|row| row.at),
                _ => at.and_then(|at| self.types.get(at)).map(|row| row.at),
            };
            let field = if *field == "placement" { "place" } else { field };
            match row {
                Some(row) => {
                    let detail = format!("{}: {}", row + 1, error.detail);
                    FieldError { pointer: format!("/{list}.{row}.{field}"), detail, ..error }
                }
                None => error,
            }
        };
        errors.into_iter().map(moved).collect()
    }

    /// Rows in their order, numbered anew, and some for new ones.
    fn with_spare(&self) -> Self {
        let mut roles = self.roles.clone();
        roles.sort_by_key(|row| row.at);
        let next = roles.last().map_or(0, |row| row.at + 1);
        roles.extend((next..next + SPARE).map(|at| RoleRow { at, ..RoleRow::default() }));
        let mut types = self.types.clone();
        let next = types.last().map_or(0, |row| row.at + 1);
        let blank = |at| TypeRow { at, place: PLACES[0], ..TypeRow::default() };
        types.extend((next..next + SPARE).map(blank));
        Self { roles, default_role: self.default_role.clone(), types }
    }
}

fn placed(word: &str) -> &'static str {
    PLACES.into_iter().find(|one| *one == word).unwrap_or(PLACES[0])
}

fn kind(row: &TypeRow) -> EntityType {
    let (placement, scope) = match row.place {
        "organization" => (Placement::Exclusive, Reach::Organization),
        "exclusive" => (Placement::Exclusive, Reach::Type),
        _ => (Placement::Additive, Reach::Type),
    };
    EntityType {
        key: row.key.clone(),
        name: row.name.clone(),
        placement,
        scope,
        auto_create: row.is_made,
        follow_rename: row.is_renamed,
    }
}
