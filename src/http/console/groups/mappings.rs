//! Rules and mappings as they hold, and what the member has changed of them and not applied yet.

use super::say::{self, Said};
use super::{Base, Head, href_of, look};
use crate::error::Result;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Choice, Pager};
use crate::http::console::seat::{Read, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::access::mappings::{self, Filter, Mapping, MappingState};
use crate::store::{Db, MappingId, Page as Rows, Window};
use crate::views::draft::Mark;
use crate::views::mapping::NewMappingBody;
use crate::views::preview::Decision;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// Which part of the mappings is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(super) struct ListQuery {
    #[serde(default)]
    state: String,
    /// After how many of the rules the page begins.
    rules: Option<usize>,
    cursor: Option<String>,
}

struct RuleLine {
    number: usize,
    href: String,
    when: String,
    pattern: String,
    gives: Vec<String>,
    role: Option<String>,
    application: Option<String>,
    waits: bool,
    priority: i32,
    badge: Badge,
    is_removed: bool,
    is_marked: bool,
}

struct MappingLine {
    href: String,
    group: String,
    group_href: String,
    leads: String,
    role: Option<String>,
    made_by: String,
    badge: Badge,
    flag: Option<String>,
    /// What the draft makes of it.
    becomes: Option<String>,
}

/// How many rules are on a page.
const SHOWN: usize = 50;

struct View {
    head: Head,
    rules: Vec<RuleLine>,
    /// More rules, and back to the first ones.
    more_rules: Option<String>,
    first_rules: Option<String>,
    new: Vec<MappingLine>,
    lines: Vec<MappingLine>,
    states: Vec<Choice>,
    pager: Pager,
    has_draft: bool,
}

#[derive(Template)]
#[template(path = "console/groups_mappings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET …/groups/mappings`
pub(super) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let window = Window::parse(None, query.cursor.clone())?;
    let wanted = query.state.clone();
    let (base, (page, said)) =
        look(&state, &seat, &id, move |db, base| read(db, base, &window, &wanted)).await?;
    let head = Head::of(&seat, &base);
    let at = format!("{}/mappings", head.href);
    let parts = [("state", query.state.as_str())];
    let next = page.next_cursor.as_deref();
    let label = |word: &str| match word {
        "" => state.locale.text("console.users.all").to_owned(),
        _ => state.locale.text(&format!("console.groups.state.{word}")).to_owned(),
    };
    let to = |word: &str| listing::href(&at, &[("state", word)]);
    let words = MappingState::WORDS.iter().copied();
    let mut rules = rules(&state, &head, &base, &said);
    let from = query.rules.unwrap_or_default();
    let more = from.saturating_add(SHOWN);
    let view = View {
        more_rules: (more < rules.len()).then(|| format!("{at}?rules={more}")),
        first_rules: (from > 0).then(|| at.clone()),
        rules: rules.drain(from.min(rules.len())..more.min(rules.len())).collect(),
        new: new(&state, &head, &base, &said),
        lines: page.data.iter().map(|it| line(&state, &head, &base, &said, it)).collect(),
        states: listing::choices(words, &query.state, to, label),
        pager: listing::pager(&at, &parts, query.cursor.is_some(), next),
        has_draft: !base.draft.is_empty(),
        head,
    };
    Ok(frame::page(&state, &seat, GROUPS, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view,
    }))
}

fn read(db: &mut Db, base: &Base, window: &Window, wanted: &str) -> Result<(Rows<Mapping>, Said)> {
    let of = &base.organization.id;
    let page = match wanted.parse::<MappingState>() {
        Err(_) if !wanted.is_empty() => Rows::default(),
        state => {
            mappings::page(db, window, of, &Filter { state: state.ok(), ..Filter::default() })?
        }
    };
    let draft = &base.draft;
    let targets = draft.all_rules(&base.rules).into_iter().flat_map(|(_, rule, _)| rule.targets);
    let mut entities: Vec<_> = targets.filter_map(|target| target.entity?.parse().ok()).collect();
    entities.extend(page.data.iter().filter_map(|it| it.entity_id.clone()));
    let proposed = page.data.iter().filter_map(|it| it.proposed.as_ref()?.entity.as_ref());
    entities.extend(proposed.filter_map(|id| id.parse().ok()));
    let mut groups: Vec<_> = page.data.iter().map(|it| it.group_id.clone()).collect();
    groups.extend(draft.new_mappings.iter().map(|(_, new)| new.group_id.clone()));
    let said = Said::read(db, of, entities, groups)?;
    Ok((page, said))
}

fn rules(state: &State, head: &Head, base: &Base, said: &Said) -> Vec<RuleLine> {
    let all = base.draft.all_rules(&base.rules).into_iter().enumerate();
    let line =
        |(at, (id, rule, mark)): (usize, (_, crate::views::rules::RuleBody, Mark))| RuleLine {
            number: at + 1,
            href: format!("{}/rules/{id}", head.href),
            when: {
                let key = format!("console.groups.when.{}", say::compared(rule.compare));
                state.locale.text(&key).to_owned()
            },
            gives: said.gives(state, &rule),
            role: rule.role.as_deref().map(|role| said.role(rule.application_id.as_ref(), role)),
            application: said.application(rule.application_id.as_ref()),
            waits: !rule.auto_approve,
            priority: rule.priority,
            badge: say::mark(state, mark),
            is_removed: mark == Mark::Removed,
            is_marked: mark != Mark::Live,
            pattern: rule.pattern,
        };
    all.map(line).collect()
}

fn line(state: &State, head: &Head, base: &Base, said: &Said, it: &Mapping) -> MappingLine {
    let decided = base.draft.mappings.iter().find(|decision| decision.id == it.id);
    MappingLine {
        href: format!("{}/mappings/{}", head.href, it.id),
        group: said.group(&it.group_id),
        group_href: href_of(&it.group_id),
        leads: said.leads(state, it),
        role: it.role.as_deref().map(|role| said.role(Some(&it.application_id), role)),
        made_by: say::made_by(state, it, &base.rules),
        badge: say::state(state, it),
        flag: it.flag.map(|flag| say::flag(state, flag)),
        becomes: decided.map(|decision| becomes(state, said, it, decision)),
    }
}

/// What the draft makes of a mapping, in a sentence.
fn becomes(state: &State, said: &Said, it: &Mapping, decision: &Decision) -> String {
    let of = Some(&it.application_id);
    let mut parts = Vec::new();
    match decision.state {
        Some(MappingState::Approved) => {
            parts.push(state.locale.text("console.groups.becomes.approved").to_owned());
        }
        Some(_) => parts.push(state.locale.text("console.groups.becomes.rejected").to_owned()),
        None => {}
    }
    let place = decision.entity.clone().or_else(|| {
        let kind = decision.kind.as_deref()?;
        Some(said.place(state, of, kind, None))
    });
    if let Some(place) = place {
        parts.push(state.locale.fill("console.groups.becomes.moved", &[("place", &place)]));
    }
    match &decision.role {
        Some(Some(role)) => {
            let role = said.role(of, role);
            parts.push(state.locale.fill("console.groups.becomes.role", &[("role", &role)]));
        }
        Some(None) => parts.push(state.locale.text("console.groups.becomes.no_role").to_owned()),
        None => {}
    }
    parts.join(" ")
}

/// The new mappings of the draft.
fn new(state: &State, head: &Head, base: &Base, said: &Said) -> Vec<MappingLine> {
    let line = |(id, new): &(MappingId, NewMappingBody)| MappingLine {
        href: format!("{}/mappings/{id}", head.href),
        group: said.group(&new.group_id),
        group_href: href_of(&new.group_id),
        leads: leads(state, said, new),
        role: new.role.as_deref().map(|role| said.role(new.application_id.as_ref(), role)),
        made_by: state.locale.text("console.groups.by_hand").to_owned(),
        badge: say::mark(state, Mark::New),
        flag: None,
        becomes: None,
    };
    base.draft.new_mappings.iter().map(line).collect()
}

fn leads(state: &State, said: &Said, new: &NewMappingBody) -> String {
    match (&new.entity, &new.kind) {
        (Some(key), _) => key.clone(),
        (None, Some(kind)) => said.place(state, new.application_id.as_ref(), kind, None),
        (None, None) => state.locale.text("console.groups.nowhere").to_owned(),
    }
}
