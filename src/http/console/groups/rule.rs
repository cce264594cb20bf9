//! A rule as a form. What is saved goes into the member's draft and has no effect before that is applied.

use super::say::{Said, compared};
use super::typed::{MATCHES, Typed, body, typed};
use super::{Base, Head, beside, look, mappings_at, redraft};
use crate::access::rules::{Match, Rule};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell, is_part};
use crate::http::server::State;
use crate::store::access::{self, entities, rule_sets};
use crate::store::{Db, OrganizationId, RuleId};
use crate::views::draft::Draft;
use crate::views::rules::TargetBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

struct View {
    head: Head,
    is_new: bool,
    /// Where the form is sent.
    action: String,
    /// What a new one is called in the draft.
    named: String,
    typed: Typed,
    applications: Vec<Choice>,
    matches: Vec<Choice>,
    kinds: Vec<Choice>,
    roles: Vec<Choice>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/groups_rule.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET …/groups/rules/new`
pub(super) async fn new(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let typed = Typed {
        compare: compared(Match::Exact).to_owned(),
        auto_approve: true,
        priority: "0".to_owned(),
        ..Typed::default()
    };
    Ok(show(&state, &seat, &id, &Which::New(RuleId::new()), typed, Vec::new()).await?)
}

/// Which rule a form is of.
#[derive(Clone)]
enum Which {
    /// One that holds, or of the draft.
    There(RuleId),
    /// A new one, and what it is called in the draft, so that it is the same however often the form is sent.
    New(RuleId),
}

impl Which {
    fn id(&self) -> &RuleId {
        match self {
            Self::There(id) | Self::New(id) => id,
        }
    }
}

/// `POST …/groups/rules`
pub(super) async fn create(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let named = posted.text("rule").parse().unwrap_or_else(|_| RuleId::new());
    Ok(save(&state, &posted, &id, Which::New(named), is_part(&request)).await?)
}

/// `GET …/groups/rules/{rule}`: as the member's draft has it.
pub(super) async fn edit(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let rule: RuleId = ids.1.parse()?;
    let of = rule.clone();
    let read = look(&state, &seat, &ids.0, move |db, base| {
        let all = base.draft.all_rules(&base.rules).into_iter();
        let found = all.into_iter().find(|(id, ..)| *id == of);
        let (_, body, _) = found.ok_or_else(|| Error::not_found("mapping rule", of.as_str()))?;
        typed(db, &base.organization.id, body)
    });
    let (_, typed) = read.await?;
    Ok(show(&state, &seat, &ids.0, &Which::There(rule), typed, Vec::new()).await?)
}

/// `POST …/groups/rules/{rule}`
pub(super) async fn change(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let rule = Which::There(ids.1.parse()?);
    Ok(save(&state, &posted, &ids.0, rule, is_part(&request)).await?)
}

/// `POST …/groups/rules/{rule}/remove`: once the draft is applied.
pub(super) async fn remove(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    Ok(drafted(&state, &posted, &ids, Done::DraftKept, Draft::remove_rule).await?)
}

/// `POST …/groups/rules/{rule}/undo`: what the draft makes of it is forgotten.
pub(super) async fn undo(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let undo = |draft: &mut Draft, rule: &RuleId, _: &[Rule]| draft.undo_rule(rule);
    Ok(drafted(&state, &posted, &ids, Done::DraftUndone, undo).await?)
}

async fn drafted(
    state: &State,
    posted: &Posted<Manage>,
    ids: &(String, String),
    said: Done,
    act: fn(&mut Draft, &RuleId, &[Rule]),
) -> Result<HttpResponse> {
    let (of, rule): (OrganizationId, RuleId) = (ids.0.parse()?, ids.1.parse()?);
    let to = mappings_at(&of);
    redraft(state, &posted.seat, of, move |_, draft, rules| {
        act(draft, &rule, rules);
        Ok(())
    })
    .await?;
    Ok(done::lead(state, said, &to))
}

async fn save(
    state: &State,
    posted: &Posted<Manage>,
    id: &str,
    rule: Which,
    is_part: bool,
) -> Result<HttpResponse> {
    let of: OrganizationId = id.parse()?;
    let (base, said) =
        look(state, &posted.seat, id, |db, base| Said::of(db, &base.organization.id)).await?;
    let ticked = |kind: &Choice| posted.text(&format!("same.{}", kind.value)) == "1";
    let kinds = said.kinds(Vec::new(), "").into_iter().filter(ticked).map(|kind| kind.value);
    let typed = Typed {
        application: posted.text("application_id").to_owned(),
        compare: posted.text("match").to_owned(),
        pattern: posted.text("pattern").to_owned(),
        same: kinds.collect(),
        places: posted.text("places").to_owned(),
        role: posted.text("role").to_owned(),
        auto_approve: posted.text("auto_approve") == "1",
        priority: posted.text("priority").to_owned(),
    };
    let done = put(state, &posted.seat, &base, &typed, rule.clone()).await;
    match form::mendable(done, "/pattern")? {
        kept if is_part => beside::answer(state, posted, id, kept).await,
        Ok(()) => Ok(done::lead(state, Done::DraftKept, &mappings_at(&of))),
        Err(errors) => show(state, &posted.seat, id, &rule, typed, errors).await,
    }
}

async fn put(
    state: &State,
    seat: &Seat<Manage>,
    base: &Base,
    typed: &Typed,
    rule: Which,
) -> Result<()> {
    let body = body(state, typed)?;
    let (keys, now) = (typed.keys(), state.store.clock().now());
    let of = base.organization.id.clone();
    let organization = of.clone();
    let change = move |db: &mut Db, draft: &mut Draft, rules: &[Rule]| {
        let mut body = body.clone();
        let id = rule.id();
        let is_there = || draft.all_rules(rules).iter().any(|(known, ..)| known == id);
        if matches!(rule, Which::There(_)) && !is_there() {
            return Err(Error::not_found("mapping rule", id.as_str()));
        }
        for key in &keys {
            let entity = match entities::find_key(db, &organization, key) {
                Err(missing @ Error::NotFound { .. }) => {
                    return Err(Error::invalid("/places", "not_found", missing.to_string()));
                }
                found => found?,
            };
            body.targets
                .push(TargetBody { kind: entity.kind, entity: Some(entity.id.to_string()) });
        }
        let is_held = rules.iter().any(|rule| rule.id == id.as_str());
        body.id = is_held.then(|| id.clone());
        rule_sets::check(db, &organization, body.clone().into(), now)?;
        // As a rule that holds names it, where a form has nothing to choose of.
        body.application_id =
            Some(access::meant(db, &organization, body.application_id.as_ref())?.id);
        draft.put_rule(Some(id), body, rules);
        Ok(())
    };
    redraft(state, seat, of, change).await
}

async fn show(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    rule: &Which,
    typed: Typed,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let (base, said) =
        look(state, seat, id, |db, base| Said::of(db, &base.organization.id)).await?;
    let head = Head::of(seat, &base);
    let say = |key: &str| state.locale.text(key).to_owned();
    let matches = MATCHES.map(|it| {
        (compared(it).to_owned(), say(&format!("console.groups.match.{}", compared(it))))
    });
    let is_same = |mut kind: Choice| {
        kind.is_chosen = typed.same.contains(&kind.value);
        kind
    };
    let none = vec![(String::new(), say("console.groups.no_role"))];
    let view = View {
        action: match rule {
            Which::There(id) => format!("{}/rules/{id}", head.href),
            Which::New(_) => format!("{}/rules", head.href),
        },
        is_new: matches!(rule, Which::New(_)),
        named: rule.id().to_string(),
        applications: said.choose_application(&typed.application),
        matches: form::choices(matches.to_vec(), &typed.compare),
        kinds: said.kinds(Vec::new(), "").into_iter().map(is_same).collect(),
        roles: said.roles(none, &typed.role),
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
