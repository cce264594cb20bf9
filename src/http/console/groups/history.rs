//! The sets of rules that were applied: by whom, what was different, what it did, and back to one of them.

use super::say::{Said, compared};
use super::{Base, Head, acts, href, look, mappings_at, redraft};
use crate::access::rules::Rule;
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Moment, Pager};
use crate::http::console::seat::{Manage, Posted, Read, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::access::rule_sets::{self, RuleSet};
use crate::views::draft::{Draft, Mark};
use crate::views::rules::RuleBody;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// How many sets a page shows.
const SHOWN: usize = 20;

/// Which part of the history is wanted.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    /// The version after which it goes on.
    cursor: Option<String>,
}

struct Line {
    version: i64,
    author: String,
    time: Moment,
    effect: String,
    /// What was different from the set before, each with the class of its shape and the word.
    changes: Vec<(&'static str, String, String)>,
    /// The set before is not kept any more.
    is_first_kept: bool,
    /// Where one goes back to it; none: it holds.
    restore: Option<String>,
}

struct View {
    head: Head,
    lines: Vec<Line>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "console/groups_history.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET …/groups/history`
pub(super) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let before = query.cursor.as_ref().and_then(|cursor| cursor.parse().ok());
    let read = look(&state, &seat, &id, move |db, base| {
        let of = &base.organization.id;
        // One more: the first of the page after, to compare the last of this one with.
        let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
        let sets = rule_sets::before(db, of, before, limit)?;
        let targets = sets.iter().flat_map(|set| set.rules.iter()).flat_map(|rule| &rule.targets);
        let entities = targets.filter_map(|it| it.entity.as_ref()?.parse().ok()).collect();
        let said = Said::read(db, of, entities, Vec::new())?;
        Ok((sets, said))
    });
    let (base, (sets, said)) = read.await?;
    let head = Head::of(&seat, &base);
    let at = format!("{}/history", head.href);
    let next = sets.get(SHOWN).and_then(|_| sets.get(SHOWN - 1)).map(|set| set.version.to_string());
    let shown = sets.iter().take(SHOWN).enumerate();
    let lines = shown.map(|(n, set)| {
        // Of the oldest that is kept it is not known any more.
        let former = sets.get(n + 1).map(|set| set.rules.as_slice());
        let none: &[Rule] = &[];
        let former = former.or((set.version == 1).then_some(none));
        line(&state, &head, &base, &said, set, former)
    });
    let view = View {
        lines: lines.collect(),
        pager: listing::pager(&at, &[], query.cursor.is_some(), next.as_deref()),
        head,
    };
    Ok(frame::page(&state, &seat, GROUPS, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view,
    }))
}

fn line(
    state: &State,
    head: &Head,
    base: &Base,
    said: &Said,
    set: &RuleSet,
    former: Option<&[Rule]>,
) -> Line {
    let count = |key: &str| set.effect.get(key).map(ToString::to_string).unwrap_or_default();
    let (mappings, people) = (count("mappings"), count("people"));
    let values = [("mappings", mappings.as_str()), ("people", people.as_str())];
    let is_current = base.provisioning.rules_version == set.version;
    Line {
        version: set.version,
        author: set.author.clone(),
        time: listing::second(set.created_at),
        effect: state.locale.fill("console.groups.effect", &values),
        is_first_kept: former.is_none(),
        changes: former.map(|former| changes(state, said, &set.rules, former)).unwrap_or_default(),
        restore: (head.may_manage && !is_current)
            .then(|| format!("{}/history/{}/restore", head.href, set.version)),
    }
}

/// What makes `former` what `set` is.
fn changes(
    state: &State,
    said: &Said,
    set: &[Rule],
    former: &[Rule],
) -> Vec<(&'static str, String, String)> {
    let mut draft = Draft::default();
    draft.follow(set, former);
    let all = draft.all_rules(former).into_iter().filter(|(.., mark)| *mark != Mark::Live);
    let one = |(_, rule, mark): (_, RuleBody, Mark)| {
        let badge = super::say::mark(state, mark);
        (badge.class, badge.label, sentence(state, said, &rule))
    };
    all.map(one).collect()
}

/// A rule in a sentence.
fn sentence(state: &State, said: &Said, rule: &RuleBody) -> String {
    let key = format!("console.groups.when.{}", compared(rule.compare));
    let when = state.locale.text(&key);
    let named = rule.role.as_deref().map(|key| said.role(rule.application_id.as_ref(), key));
    let gives: Vec<String> = said.gives(state, rule).into_iter().chain(named).collect();
    let pattern =
        if rule.pattern.is_empty() { String::new() } else { format!(" “{}”", rule.pattern) };
    format!("{when}{pattern}: {}", gives.join(", "))
}

/// `GET …/groups/history/{set}/restore`
pub(super) async fn ask_restore(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (_, _, confirm) = restoring(&state, &seat, &ids).await?;
    Ok(confirm::ask(&state, &seat, &confirm))
}

/// `POST …/groups/history/{set}/restore`: the set becomes the member's draft, which is previewed and applied as any.
pub(super) async fn restore(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (base, former, confirm) = restoring(&state, &posted.seat, &ids).await?;
    let done =
        redraft(&state, &posted.seat, base.organization.id.clone(), move |_, draft, rules| {
            draft.follow(&former.rules, rules);
            Ok(())
        });
    let to = mappings_at(&base.organization.id);
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::DraftKept, &to)
}

async fn restoring(
    state: &State,
    seat: &Seat<Manage>,
    ids: &(String, String),
) -> Result<(Base, RuleSet, Confirm)> {
    let missing = || crate::error::Error::not_found("set of rules", ids.1.as_str());
    let version: i64 = ids.1.parse().map_err(|_| missing())?;
    let read = look(state, seat, &ids.0, move |db, base| {
        rule_sets::find(db, &base.organization.id, version)
    });
    let (base, former) = read.await?;
    let at = format!("{}/history", href(&base.organization.id));
    let (version, time) = (former.version.to_string(), listing::second(former.created_at).short);
    let values = [("version", version.as_str()), ("time", &time), ("author", &former.author)];
    let confirm = Confirm {
        action: format!("{at}/{version}/restore"),
        cancel: at,
        ..acts::asking(state, &base, "restore_set", &values)
    };
    Ok((base, former, confirm))
}
