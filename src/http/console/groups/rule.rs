//! A rule as a form. What is saved goes into the member's draft and has no effect before that is applied.

use super::say::{Said, compared};
use super::typed::{MATCHES, Typed, body, typed};
use super::{Base, Head, look, mappings_at, redraft};
use crate::access::rules::{Match, Rule};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice, FieldFault};
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::access::{entities, rule_sets};
use crate::store::{Db, OrganizationId, RuleId};
use crate::views::draft::Draft;
use crate::views::rules::TargetBody;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    head: Head,
    /// The rule that is there; none: a new one.
    href: Option<String>,
    typed: Typed,
    applications: Vec<Choice>,
    matches: Vec<Choice>,
    kinds: Vec<Choice>,
    roles: Vec<Choice>,
    faults: Vec<FieldFault>,
}

impl View {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
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
    Ok(show(&state, &seat, &id, None, typed, Vec::new()).await?)
}

/// `POST …/groups/rules`
pub(super) async fn create(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(save(&state, &posted, &id, None).await?)
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
    Ok(show(&state, &seat, &ids.0, Some(rule), typed, Vec::new()).await?)
}

/// `POST …/groups/rules/{rule}`
pub(super) async fn change(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    Ok(save(&state, &posted, &ids.0, Some(ids.1.parse()?)).await?)
}

/// `POST …/groups/rules/{rule}/remove`: once the draft is applied.
pub(super) async fn remove(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    Ok(drafted(&state, &posted, &ids, Draft::remove_rule).await?)
}

/// `POST …/groups/rules/{rule}/undo`: what the draft makes of it is forgotten.
pub(super) async fn undo(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    Ok(drafted(&state, &posted, &ids, |draft, rule, _| draft.undo_rule(rule)).await?)
}

async fn drafted(
    state: &State,
    posted: &Posted<Manage>,
    ids: &(String, String),
    act: fn(&mut Draft, &RuleId, &[Rule]),
) -> Result<HttpResponse> {
    let (of, rule): (OrganizationId, RuleId) = (ids.0.parse()?, ids.1.parse()?);
    let to = mappings_at(&of);
    redraft(state, &posted.seat, of, move |_, draft, rules| {
        act(draft, &rule, rules);
        Ok(())
    })
    .await?;
    Ok(see_other(&to))
}

async fn save(
    state: &State,
    posted: &Posted<Manage>,
    id: &str,
    rule: Option<RuleId>,
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
        Ok(()) => Ok(see_other(&mappings_at(&of))),
        Err(errors) => show(state, &posted.seat, id, rule, typed, errors).await,
    }
}

async fn put(
    state: &State,
    seat: &Seat<Manage>,
    base: &Base,
    typed: &Typed,
    id: Option<RuleId>,
) -> Result<()> {
    let body = body(state, typed)?;
    let (keys, now) = (typed.keys(), state.store.clock().now());
    let of = base.organization.id.clone();
    let organization = of.clone();
    let change = move |db: &mut Db, draft: &mut Draft, rules: &[Rule]| {
        let mut body = body.clone();
        if let Some(id) = &id
            && !draft.all_rules(rules).iter().any(|(known, ..)| known == id)
        {
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
        let known = id.as_ref().filter(|id| rules.iter().any(|rule| rule.id == id.as_str()));
        body.id = known.cloned();
        rule_sets::check(db, &organization, body.clone().into(), now)?;
        draft.put_rule(id.as_ref(), body, rules);
        Ok(())
    };
    redraft(state, seat, of, change).await
}

async fn show(
    state: &State,
    seat: &Seat<Manage>,
    id: &str,
    rule: Option<RuleId>,
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
        href: rule.map(|rule| format!("{}/rules/{rule}", head.href)),
        applications: said.choose_application(&typed.application),
        matches: form::choices(matches.to_vec(), &typed.compare),
        kinds: said.kinds(Vec::new(), "").into_iter().map(is_same).collect(),
        roles: said.roles(none, &typed.role),
        faults: form::faults(errors.clone()),
        typed,
        head,
    };
    let page =
        Page { shell: frame::shell(state), frame: frame::frame(state, seat, GROUPS), view: &view };
    Ok(respond(state, form::status(&errors), &Csp::Page, &page))
}
