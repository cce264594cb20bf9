//! A mapping as a form: made by hand, approved, rejected or moved. What is saved goes into the member's draft and has no
//! effect before that is applied.

use super::say::{self, Said};
use super::{Base, Head, look};
use crate::error::{FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::seat::{Manage, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::MappingId;
use crate::store::access::mappings::{self, Mapping, MappingState};
use crate::views::preview::Decision;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use std::slice;

/// What stays as it is.
pub(super) const STAY: &str = "stay";

/// For which group a mapping is made.
#[derive(Deserialize)]
pub(super) struct NewQuery {
    #[serde(default)]
    group: String,
}

/// What was typed and chosen.
#[derive(Default)]
pub(super) struct Typed {
    /// What a new one is called in the draft, so that it is the same however often the form is sent.
    pub(super) named: String,
    pub(super) group: String,
    pub(super) application: String,
    /// What becomes of a mapping that is there: a word of [`ACTS`].
    pub(super) act: String,
    pub(super) entity: String,
    pub(super) kind: String,
    pub(super) role: String,
}

/// What becomes of a mapping.
const ACTS: [&str; 4] = [STAY, "approve", "reject", "move"];

/// A mapping that is there.
struct Now {
    leads: String,
    made_by: String,
    badge: Badge,
    flag: Option<String>,
}

struct View {
    head: Head,
    /// Where the form is sent.
    action: String,
    /// What a new one is called in the draft.
    named: String,
    group: String,
    /// None: a new one.
    now: Option<Now>,
    /// It went with its group: nothing is decided of it before that is back.
    is_gone: bool,
    typed: Typed,
    applications: Vec<Choice>,
    acts: Vec<Choice>,
    kinds: Vec<Choice>,
    roles: Vec<Choice>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/groups_mapping.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET …/groups/mappings/new`
pub(super) async fn new(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
    query: Query<NewQuery>,
) -> Result<HttpResponse, PageError> {
    let named = MappingId::new().to_string();
    let typed = Typed { named, group: query.group.trim().to_owned(), ..Typed::default() };
    Ok(show(&state, &seat, &id, None, typed, Vec::new()).await?)
}

/// `GET …/groups/mappings/{mapping}`
pub(super) async fn edit(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let mapping: MappingId = ids.1.parse()?;
    let of = mapping.clone();
    let (base, ()) = look(&state, &seat, &ids.0, |_, _| Ok(())).await?;
    let typed = match base.draft.mappings.iter().find(|it| it.id == of) {
        Some(decision) => decided(decision),
        None => Typed { act: STAY.to_owned(), role: STAY.to_owned(), ..Typed::default() },
    };
    Ok(show(&state, &seat, &ids.0, Some(mapping), typed, Vec::new()).await?)
}

/// What the draft has of a mapping, as it is typed.
fn decided(decision: &Decision) -> Typed {
    let is_moved = decision.entity.is_some() || decision.kind.is_some();
    let act = match decision.state {
        _ if is_moved => "move",
        Some(MappingState::Approved) => "approve",
        Some(_) => "reject",
        None => STAY,
    };
    Typed {
        act: act.to_owned(),
        entity: decision.entity.clone().unwrap_or_default(),
        kind: decision.kind.clone().unwrap_or_default(),
        role: match &decision.role {
            None => STAY.to_owned(),
            Some(role) => role.clone().unwrap_or_default(),
        },
        ..Typed::default()
    }
}

pub(super) async fn show(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    mapping: Option<MappingId>,
    typed: Typed,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let read = look(state, seat, id, move |db, base| {
        let of = &base.organization.id;
        let mapping = mapping.map(|id| mappings::find(db, of, &id)).transpose()?;
        let is_gone = match &mapping {
            Some(mapping) => mappings::is_gone(db, mapping)?,
            None => false,
        };
        let said = match &mapping {
            Some(mapping) => Said::of_mappings(db, of, slice::from_ref(mapping))?,
            None => Said::of(db, of)?,
        };
        Ok((mapping, is_gone, said))
    });
    let (base, (mapping, is_gone, said)) = read.await?;
    let head = Head::of(seat, &base);
    let say = |key: &str| state.locale.text(key).to_owned();
    let acts = ACTS.map(|act| (act.to_owned(), say(&format!("console.groups.act.{act}"))));
    let mut roles = vec![(String::new(), say("console.groups.no_role"))];
    if mapping.is_some() {
        roles = vec![
            (STAY.to_owned(), say("console.groups.same_role")),
            (String::new(), say("console.groups.rule_role")),
        ];
    }
    let view = View {
        group: mapping.as_ref().map(|it| said.group(&it.group_id)).unwrap_or_default(),
        is_gone,
        now: mapping.as_ref().map(|it| now(state, &base, &said, it)),
        action: match &mapping {
            Some(mapping) => format!("{}/mappings/{}", head.href, mapping.id),
            None => format!("{}/mappings", head.href),
        },
        named: typed.named.clone(),
        applications: said.choose_application(&typed.application),
        acts: form::choices(acts.to_vec(), &typed.act),
        kinds: said.kinds(vec![(String::new(), say("console.groups.no_kind"))], &typed.kind),
        roles: said.roles(roles, &typed.role),
        faults: Faults::from(errors),
        typed,
        head,
    };
    Ok(frame::page(state, seat, GROUPS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

fn now(state: &State, base: &Base, said: &Said, mapping: &Mapping) -> Now {
    Now {
        leads: said.leads(state, mapping),
        made_by: say::made_by(state, mapping, &base.rules),
        badge: say::state(state, mapping),
        flag: mapping.flag.map(|flag| say::flag(state, flag)),
    }
}
