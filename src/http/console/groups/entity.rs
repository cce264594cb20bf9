//! A place as a form: a new one, another name, and deleting it with what goes with it.

use super::say::Said;
use super::{Base, Head, acts, href, look};
use crate::error::{Error, FieldError, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::stale::{self, Clash, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::access::entities::{self, Entity, NewEntity};
use crate::store::access::{self, mappings};
use crate::store::{ApplicationId, EntityId};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use std::slice;

/// What was typed and chosen.
#[derive(Default)]
struct Typed {
    application: String,
    kind: String,
    key: String,
    name: String,
    external_id: String,
    is_default: bool,
}

impl Typed {
    fn known(entity: &Entity) -> Self {
        Self {
            name: entity.name.clone(),
            external_id: entity.external_id.clone().unwrap_or_default(),
            is_default: entity.is_default,
            ..fixed(entity)
        }
    }

    /// What of it can be changed.
    fn fields(&self) -> Fields {
        stale::fields([
            ("name", &self.name),
            ("external_id", &self.external_id),
            ("is_default", stale::tick(self.is_default)),
        ])
    }
}

struct View {
    head: Head,
    seen: String,
    /// The place that is there; none: a new one.
    href: Option<String>,
    typed: Typed,
    applications: Vec<Choice>,
    kinds: Vec<Choice>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/groups_entity.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET …/groups/entities/new`
pub(super) async fn new(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let typed = (Typed::default(), String::new());
    Ok(show(&state, &seat, &id, None, typed, Vec::new()).await?)
}

/// `POST …/groups/entities`
pub(super) async fn create(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (base, ()) = look(&state, &posted.seat, &id, |_, _| Ok(())).await?;
    let typed = Typed {
        application: posted.text("application_id").to_owned(),
        kind: posted.text("type").to_owned(),
        key: posted.text("key").to_owned(),
        ..sent(&posted)
    };
    let done = put(&state, &posted.seat, &base, &typed, None).await;
    Ok(saved(&state, &posted.seat, &id, None, (typed, String::new()), done).await?)
}

/// What of a place can be changed.
fn sent(posted: &Posted<Manage>) -> Typed {
    Typed {
        name: posted.text("name").to_owned(),
        external_id: posted.text("external_id").to_owned(),
        is_default: posted.text("is_default") == "1",
        ..Typed::default()
    }
}

/// Makes the place with the key that was typed, or changes the one `before`, of which the form is. A new one does not take the place
/// of another.
async fn put(
    state: &State,
    seat: &Seat<Manage>,
    base: &Base,
    typed: &Typed,
    before: Option<(EntityId, Filled)>,
) -> Result<Entity> {
    let application: Option<ApplicationId> = match typed.application.as_str() {
        "" => None,
        some => Some(some.parse()?),
    };
    let new = NewEntity {
        kind: typed.kind.clone(),
        name: typed.name.clone(),
        external_id: form::given(&typed.external_id),
        is_default: typed.is_default,
    };
    let (of, key) = (base.organization.id.clone(), typed.key.clone());
    let taken = state.locale.text("console.groups.key_taken").to_owned();
    let write = state.store.write(&base.organization.id, seat.actor(), move |tx| {
        match before {
            None if entities::is_key_taken(tx.db, &of, &key)? => {
                return Err(Error::invalid("/key", "taken", taken));
            }
            None => {}
            Some((id, filled)) => {
                filled.must_fit(&Typed::known(&entities::find(tx.db, &of, &id)?).fields())?;
            }
        }
        let application = access::meant(tx.db, &of, application.as_ref())?;
        entities::put(tx, &of, &application, &key, new)
    });
    write.await
}

async fn saved(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    entity: Option<EntityId>,
    typed: (Typed, String),
    done: Result<Entity>,
) -> Result<HttpResponse> {
    match form::mendable(done, "/name")? {
        Ok(made) => {
            let said = if entity.is_some() { Done::Saved } else { Done::PlaceAdded };
            Ok(done::lead(state, said, &(href(&made.organization_id) + "/entities")))
        }
        Err(errors) => show(state, seat, id, entity, typed, errors).await,
    }
}

/// A place of the organization that a path names.
async fn find(
    state: &State,
    seat: &Seat<Manage>,
    ids: &(String, String),
) -> Result<(Base, Entity)> {
    let id: EntityId = ids.1.parse()?;
    look(state, seat, &ids.0, move |db, base| entities::find(db, &base.organization.id, &id)).await
}

/// `GET …/groups/entities/{entity}`
pub(super) async fn edit(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (_, entity) = find(&state, &seat, &ids).await?;
    let id = entity.id.clone();
    let typed = Typed::known(&entity);
    let seen = stale::seen(&typed.fields());
    Ok(show(&state, &seat, &ids.0, Some(id), (typed, seen), Vec::new()).await?)
}

/// What of a place stays.
fn fixed(entity: &Entity) -> Typed {
    Typed {
        application: entity.application_id.to_string(),
        kind: entity.kind.clone(),
        key: entity.key.clone(),
        ..Typed::default()
    }
}

/// `POST …/groups/entities/{entity}`
pub(super) async fn change(
    state: Data<State>,
    mut posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (base, entity) = find(&state, &posted.seat, &ids).await?;
    stale::settle(&mut posted, &Typed::known(&entity).fields());
    let Typed { name, external_id, is_default, .. } = sent(&posted);
    let typed = Typed { name, external_id, is_default, ..fixed(&entity) };
    let filled = Filled::new(&posted, typed.fields());
    let before = Some((entity.id.clone(), filled.clone()));
    let done = put(&state, &posted.seat, &base, &typed, before).await;
    if matches!(done, Err(Error::Stale(_))) {
        let (_, now) = find(&state, &posted.seat, &ids).await?;
        let say = |name: &str, value: &str| named(&state, name, value);
        return Ok(stale::show(&state, &posted, &filled, clash(&now), say).await?);
    }
    let typed = (typed, stale::still_seen(&posted));
    Ok(saved(&state, &posted.seat, &ids.0, Some(entity.id), typed, done).await?)
}

/// Two versions of what the form shows.
fn clash(now: &Entity) -> Clash {
    let form = format!("{}/entities/{}", href(&now.organization_id), now.id);
    Clash {
        area: GROUPS,
        subject: now.id.to_string(),
        name: now.name.clone(),
        href: form.clone(),
        action: None,
        form,
        kind: "entity.updated",
        now: Typed::known(now).fields(),
    }
}

/// What a field is called, and a value of it as the form shows it.
fn named(state: &State, field: &str, value: &str) -> (String, String) {
    let text = |key: &str| state.locale.text(key).to_owned();
    match field {
        "name" => (text("console.organizations.name"), value.to_owned()),
        "external_id" => (text("console.groups.external_id"), value.to_owned()),
        _ => {
            let word = if value == "1" { "console.on" } else { "console.off" };
            (text("console.groups.is_default"), text(word))
        }
    }
}

async fn show(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    entity: Option<EntityId>,
    (typed, seen): (Typed, String),
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let (base, said) =
        look(state, seat, id, |db, base| Said::of(db, &base.organization.id)).await?;
    let head = Head::of(seat, &base);
    let choose = state.locale.text("console.groups.choose_kind").to_owned();
    let view = View {
        href: entity.map(|entity| format!("{}/entities/{entity}", head.href)),
        applications: said.choose_application(&typed.application),
        kinds: said.kinds(vec![(String::new(), choose)], &typed.kind),
        faults: Faults::from(errors),
        seen,
        typed,
        head,
    };
    Ok(frame::page(state, seat, GROUPS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

/// `GET …/groups/entities/{entity}/delete`
pub(super) async fn ask_delete(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (_, confirm) = deleting(&state, &seat, &ids).await?;
    Ok(confirm::ask(&state, &seat, &confirm))
}

/// `POST …/groups/entities/{entity}/delete`
pub(super) async fn delete(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (entity, confirm) = deleting(&state, &posted.seat, &ids).await?;
    let of = entity.organization_id.clone();
    let done = state.store.write(&of, posted.seat.actor(), move |tx| {
        entities::delete(tx, &entity.organization_id, &entity.key)
    });
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::PlaceDeleted, &confirm.cancel)
}

async fn deleting(
    state: &State,
    seat: &Seat<Manage>,
    ids: &(String, String),
) -> Result<(Entity, Confirm)> {
    let id: EntityId = ids.1.parse()?;
    let read = look(state, seat, &ids.0, move |db, base| {
        let entity = entities::find(db, &base.organization.id, &id)?;
        let owner = mappings::owners(db, slice::from_ref(&entity.id))?.remove(&entity.id);
        Ok((entities::people(db, &entity.id)?, owner, entity))
    });
    let (base, (people, owner, entity)) = read.await?;
    let at = format!("{}/entities", href(&base.organization.id));
    let people = people.to_string();
    let values = [("entity", entity.name.as_str()), ("people", &people)];
    let mut confirm = Confirm {
        action: format!("{at}/{}/delete", entity.id),
        cancel: at,
        ..acts::asking(state, &base, "delete_entity", &values)
    };
    if let Some((_, group)) = owner {
        let text = state.locale.fill("console.groups.delete_entity_owner", &[("group", &group)]);
        confirm.texts.push(text);
    }
    Ok((entity, confirm))
}
