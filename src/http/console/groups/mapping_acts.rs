//! What a form of a mapping does to the member's draft: a new one, what becomes of one, and taking that back.

use super::mapping::{STAY, Typed, show};
use super::{beside, mappings_at, redraft};
use crate::access::rules::Rule;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::console::form::{self, given};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::is_part;
use crate::http::server::State;
use crate::store::access::mappings::{self, MappingState};
use crate::store::access::preview;
use crate::store::directories::all_groups;
use crate::store::{Db, GroupId, MappingId, OrganizationId};
use crate::views::draft::Draft;
use crate::views::mapping::NewMappingBody;
use crate::views::preview::{Decision, PreviewQuestion};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

/// `POST …/groups/mappings`
pub(super) async fn create(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let of: OrganizationId = id.parse()?;
    let typed = sent(&posted);
    let done = make(&state, &posted.seat, &of, &typed).await;
    match form::mendable(done, "/entity")? {
        kept if is_part(&request) => Ok(beside::answer(&state, &posted, &id, kept).await?),
        Ok(()) => Ok(done::lead(&state, Done::DraftKept, &mappings_at(&of))),
        Err(errors) => Ok(show(&state, &posted.seat, &id, None, typed, errors).await?),
    }
}

fn sent(posted: &Posted<Manage>) -> Typed {
    Typed {
        named: posted.text("mapping").to_owned(),
        group: posted.text("group").to_owned(),
        application: posted.text("application_id").to_owned(),
        act: posted.text("act").to_owned(),
        entity: posted.text("entity").to_owned(),
        kind: posted.text("type").to_owned(),
        role: posted.text("role").to_owned(),
    }
}

async fn make(
    state: &State,
    seat: &Seat<Manage>,
    of: &OrganizationId,
    typed: &Typed,
) -> Result<()> {
    let application_id = given(&typed.application).map(|id| id.parse()).transpose()?;
    let (entity, kind, role) = (given(&typed.entity), given(&typed.kind), given(&typed.role));
    let (organization, named) = (of.clone(), typed.group.clone());
    let id = typed.named.parse::<MappingId>().unwrap_or_else(|_| MappingId::new());
    let (strange, now) =
        (state.locale.text("console.groups.no_group").to_owned(), state.store.clock().now());
    let change = move |db: &mut Db, draft: &mut Draft, rules: &[Rule]| {
        let Some(group_id) = group(db, &organization, &named)? else {
            return Err(Error::invalid("/group", "not_found", &*strange));
        };
        let (entity, kind, role) = (entity.clone(), kind.clone(), role.clone());
        let application_id = application_id.clone();
        let new = NewMappingBody { group_id, application_id, entity, kind, name: None, role };
        let at = format!("/new_mappings/{}", draft.make(Some(&id), new));
        tried(db, &organization, draft.question(rules), &at, now)
    };
    redraft(state, seat, of.clone(), change).await
}

/// Whether a draft can be with its last change, found out before that is kept. What concerns fields stands at them.
fn tried(
    db: &mut Db,
    of: &OrganizationId,
    question: PreviewQuestion,
    at: &str,
    now: Time,
) -> Result<()> {
    let can_be = question.asked().and_then(|asked| preview::check(db, of, asked, now));
    match can_be {
        Err(Error::Invalid(mut errors)) => {
            for error in &mut errors {
                let field = error.pointer.strip_prefix(at).filter(|it| it.starts_with('/'));
                if let Some(field) = field {
                    error.pointer = field.to_owned();
                }
            }
            Err(Error::Invalid(errors))
        }
        Err(missing @ Error::NotFound { .. }) => {
            Err(Error::invalid("/entity", "not_found", missing.to_string()))
        }
        other => other,
    }
}

/// The group of the organization that somebody named by its ID or its name, if it is one.
fn group(db: &mut Db, of: &OrganizationId, named: &str) -> Result<Option<GroupId>> {
    if let Ok(id) = named.parse::<GroupId>() {
        return match all_groups::by_id(db, &id) {
            Ok(group) => Ok((group.organization_id == *of).then_some(group.id)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(other) => Err(other),
        };
    }
    let mut found = all_groups::named(db, of, named)?;
    Ok(if found.len() == 1 { found.pop().map(|group| group.id) } else { None })
}

/// `POST …/groups/mappings/{mapping}`
pub(super) async fn change(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (of, mapping): (OrganizationId, MappingId) = (ids.0.parse()?, ids.1.parse()?);
    let typed = sent(&posted);
    let done = decide(&state, &posted.seat, &of, &mapping, &typed).await;
    match form::mendable(done, "/entity")? {
        kept if is_part(&request) => Ok(beside::answer(&state, &posted, &ids.0, kept).await?),
        Ok(()) => Ok(done::lead(&state, Done::DraftKept, &mappings_at(&of))),
        Err(errors) => Ok(show(&state, &posted.seat, &ids.0, Some(mapping), typed, errors).await?),
    }
}

async fn decide(
    state: &State,
    seat: &Seat<Manage>,
    of: &OrganizationId,
    mapping: &MappingId,
    typed: &Typed,
) -> Result<()> {
    let is_moved = typed.act == "move";
    if is_moved && typed.entity.is_empty() && typed.kind.is_empty() {
        let detail = state.locale.text("console.groups.choose_place");
        return Err(Error::invalid("/entity", "required", detail));
    }
    let decision = Decision {
        id: mapping.clone(),
        state: match typed.act.as_str() {
            "approve" => Some(MappingState::Approved),
            "reject" => Some(MappingState::Rejected),
            _ => None,
        },
        entity: given(&typed.entity).filter(|_| is_moved),
        kind: given(&typed.kind).filter(|_| is_moved),
        name: None,
        role: match typed.role.as_str() {
            STAY => None,
            role => Some(given(role)),
        },
    };
    let (organization, now) = (of.clone(), state.store.clock().now());
    let change = move |db: &mut Db, draft: &mut Draft, rules: &[Rule]| {
        mappings::find(db, &organization, &decision.id)?;
        draft.decide(decision.clone());
        let at = format!("/mappings/{}", draft.mappings.len().saturating_sub(1));
        tried(db, &organization, draft.question(rules), &at, now)
    };
    redraft(state, seat, of.clone(), change).await
}

/// `POST …/groups/mappings/{mapping}/undo`: what the draft makes of it is forgotten.
pub(super) async fn undo(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (of, mapping): (OrganizationId, MappingId) = (ids.0.parse()?, ids.1.parse()?);
    let to = mappings_at(&of);
    redraft(&state, &posted.seat, of, move |_, draft, _| {
        draft.undo_mapping(&mapping);
        Ok(())
    })
    .await?;
    Ok(done::lead(&state, Done::DraftUndone, &to))
}
