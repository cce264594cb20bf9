//! One sign-in trace: why it failed, what to change and where, each check, what happened when.

use super::reveal::hidden;
use super::{LIST, badge, connection, names_of, organization, title};
use crate::cause::Cause;
use crate::check::{Check, CheckName};
use crate::clock::Time;
use crate::domain::DomainName;
use crate::error::Result;
use crate::guides::Fix;
use crate::http::console::frame::{self, Frame, TRACES};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Manage, Needs, Read, Reveal, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::waiting;
use crate::locale::{Locale, Who};
use crate::store::connections::{self, Connection, Protocol};
use crate::store::domains::{self, Domain};
use crate::store::names::Names;
use crate::store::traces::{self, Filter, Listed, Outcome, Step, Trace};
use crate::store::{Db, TraceId, Window};
use crate::views::trace::{fix, masked, step};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

/// How many that failed alike are looked for.
const ALIKE: i64 = 6;

/// What to change, and where.
struct FixView {
    sentence: String,
    place: Option<String>,
    value: Option<String>,
    /// Who can do it, in a sentence; the first is asked first.
    who: String,
    /// All of it, to send to somebody.
    whole: String,
}

/// What a trace says of a person.
pub(super) struct Revealed {
    pub(super) email: Option<String>,
    pub(super) name_id: Option<String>,
    pub(super) attributes: Vec<(String, String)>,
    /// The message that was refused.
    pub(super) message: Option<String>,
}

/// Another sign-in that failed in the same way.
struct AlikeLine {
    href: String,
    began: Moment,
    person: Option<String>,
}

/// A step of the sign-in.
struct StepLine {
    title: String,
    time: Option<String>,
    after: String,
    class: &'static str,
}

struct View {
    id: String,
    title: String,
    badge: Badge,
    kind: String,
    began: Moment,
    ended: Option<Moment>,
    took: Option<String>,
    person: Option<String>,
    organization: Option<String>,
    is_demo: bool,
    connection: Option<String>,
    application: Option<String>,
    code: Option<String>,
    fix: Option<FixView>,
    checks: Vec<Check>,
    steps: Vec<StepLine>,
    /// Others that failed on the same connection.
    same: Option<String>,
}

/// The email domain that the organization lacks: its button, and where it is added or looked for.
struct LackingDomain {
    label: String,
    href: String,
}

#[derive(Template)]
#[template(path = "console/trace.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
    href: String,
    may_reveal: bool,
    /// Where another test of the connection begins, for whoever may.
    test: Option<String>,
    /// Where the certificate that was unknown is trusted, for whoever may.
    trust: Option<String>,
    /// The message that was refused, with what is personal hidden, as long as nobody asked for that.
    hidden: Option<String>,
    /// What the trace says of the person, where that was asked for.
    revealed: Option<Revealed>,
    alike: Vec<AlikeLine>,
    /// The domain that can be added so that it works, for whoever may.
    lacking: Option<LackingDomain>,
}

/// `GET /console/traces/{trace}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(render(&state, &seat, id.parse()?, None).await?)
}

/// The page of a trace, with the person on it where that was asked for.
pub(super) async fn render<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    id: TraceId,
    revealed: Option<Revealed>,
) -> Result<HttpResponse> {
    let may_manage = seat.may::<Manage>();
    let found = state.store.read(move |db| {
        let (trace, timeline, of) = read(db, &id)?;
        let names = names_of(db, &[trace.listed()])?;
        let alike = alike(db, &trace)?;
        let lacking = match &of {
            Some(of) if may_manage => lacking(db, &trace, of)?,
            _ => None,
        };
        Ok((trace, timeline, of, names, alike, lacking))
    });
    let (trace, timeline, of, names, alike, lacking) = found.await?;
    let fix = fix_of(state, &trace, of.as_ref());
    let lacking = of.as_ref().zip(lacking).map(|(of, lacking)| {
        let organization = names.organization(&of.organization_id).unwrap_or_default();
        lacking_button(state, of, organization, lacking)
    });
    let of = of.filter(|of| seat.may::<Manage>() && of.knows_its_provider());
    let is_unknown = trace.cause.as_deref() == Some(Cause::CertificateUnknown.code());
    let signer = of.as_ref().filter(|of| is_unknown && of.protocol == Protocol::Saml);
    let trust = signer.map(|of| {
        let page = format!("{}/certificates/new", super::super::connections::href(&of.id));
        listing::href(&page, &[("trace", trace.id.as_str())])
    });
    let steps = timeline.iter().map(|moment| line(state, moment, trace.started_at)).collect();
    let hidden = match &revealed {
        Some(_) => None,
        None => hidden(state, &trace).await?,
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, TRACES),
        may_reveal: seat.may::<Reveal>() && revealed.is_none(),
        href: format!("{LIST}/{}", trace.id),
        test: of.map(|of| format!("{}/test", super::super::connections::href(&of.id))),
        trust,
        alike: alike.iter().map(alike_line).collect(),
        lacking,
        view: view(state, trace, &names, fix, steps),
        hidden,
        revealed,
    };
    Ok(respond(state, StatusCode::OK, &Csp::Page, &page))
}

/// A trace, what happened when, and its connection if that is there still.
pub(super) fn read(
    db: &mut Db,
    id: &TraceId,
) -> Result<(Trace, Vec<traces::Moment>, Option<Connection>)> {
    let trace = traces::find(db, id)?;
    let of = match &trace.connection_id {
        Some(id) => connections::by_id_with_organization(db, id)?.map(|found| found.0),
        None => None,
    };
    let timeline = traces::timeline(db, &trace)?;
    Ok((trace, timeline, of))
}

/// What to change, in the words of the connection's provider.
pub(super) fn fix_of(state: &State, trace: &Trace, of: Option<&Connection>) -> Option<Fix> {
    let cause = trace.cause.as_deref().and_then(Cause::from_code)?;
    let words = (&state.guides, &state.locale);
    let fix = fix(words, state.config.public_url.as_str(), cause, of);
    Some(match waiting::of(&state.locale, &trace.checks) {
        Some(words) => Fix { sentence: words.fix, ..fix },
        None => fix,
    })
}

/// Others that failed on the same connection for the same cause, the newest.
fn alike(db: &mut Db, trace: &Trace) -> Result<Vec<Listed>> {
    let (Some(connection), Some(cause)) = (&trace.connection_id, &trace.cause) else {
        return Ok(Vec::new());
    };
    let filter = Filter {
        connection: Some(connection.clone()),
        cause: Some(cause.clone()),
        ..Filter::default()
    };
    let window = Window { limit: ALIKE, before: None };
    let mut found = traces::page(db, &window, &filter)?.data;
    found.retain(|other| other.id != trace.id);
    Ok(found)
}

/// The domain of the address that a person came with, where that is what their organization lacks. One that many companies'
/// people share can be nobody's, and one that is live by now lacks no more.
fn lacking(
    db: &mut Db,
    trace: &Trace,
    of: &Connection,
) -> Result<Option<(DomainName, Option<Domain>)>> {
    if trace.cause.as_deref() != Some(Cause::EmailDomainNotAllowed.code()) {
        return Ok(None);
    }
    let refused =
        trace.checks.iter().find(|check| check.name == CheckName::Domain && !check.passed);
    let came = refused.and_then(|check| check.received.as_deref());
    let Some(Ok(name)) = came.map(DomainName::parse_owned) else { return Ok(None) };
    let all = domains::list(db, &of.organization_id)?;
    let known = all.into_iter().find(|domain| domain.name == name.as_str());
    if known.as_ref().is_some_and(Domain::is_live) {
        return Ok(None);
    }
    Ok(Some((name, known)))
}

/// The button that adds it, or leads to it where it was added already and waits for its DNS record.
fn lacking_button(
    state: &State,
    of: &Connection,
    organization: &str,
    (name, known): (DomainName, Option<Domain>),
) -> LackingDomain {
    let page = format!("{}/domains", super::super::connections::href(&of.id));
    let (word, href) = match known {
        Some(domain) => ("domain_pending", format!("{page}#{}", domain.id)),
        None => {
            ("domain_add", format!("{}#add", listing::href(&page, &[("domain", name.as_str())])))
        }
    };
    let values = [("domain", name.as_str()), ("organization", organization)];
    LackingDomain { label: state.locale.fill(&format!("console.traces.{word}"), &values), href }
}

fn alike_line(trace: &Listed) -> AlikeLine {
    AlikeLine {
        href: format!("{LIST}/{}", trace.id),
        began: listing::second(trace.started_at),
        person: trace.email.as_deref().map(masked),
    }
}

fn view(
    state: &State,
    trace: Trace,
    names: &Names,
    fix: Option<Fix>,
    steps: Vec<StepLine>,
) -> View {
    let say = |key: String| state.locale.text(&key).to_owned();
    let listed = trace.listed();
    let same = trace.connection_id.as_ref().filter(|_| trace.outcome == Outcome::Failed);
    View {
        title: waiting::of(&state.locale, &trace.checks)
            .map(|words| words.title)
            .or_else(|| title(state, &listed))
            .unwrap_or_else(|| say(format!("console.traces.title.{}", trace.outcome))),
        badge: badge(state, trace.outcome),
        kind: say(format!("console.traces.kinds.{}", trace.kind)),
        began: listing::second(trace.started_at),
        ended: trace.finished_at.map(listing::second),
        took: trace
            .finished_at
            .map(|end| listing::took(state, end.since(trace.started_at).num_milliseconds())),
        person: trace.email.as_deref().map(masked),
        organization: organization(&listed, names),
        is_demo: listed.organization_id.as_ref().is_some_and(|id| names.is_demo(id)),
        connection: connection(&listed, names),
        same: same.map(|id| {
            let cause = trace.cause.as_deref().unwrap_or_default();
            listing::href(LIST, &[("connection", id.as_str()), ("cause", cause)])
        }),
        application: trace.application_id.map(|id| id.to_string()),
        code: trace.cause,
        fix: fix.map(|fix| to_mend(&state.locale, fix)),
        checks: trace.checks.into_inner().into(),
        id: trace.id.to_string(),
        steps,
    }
}

fn to_mend(locale: &Locale, fix: Fix) -> FixView {
    let name = |who: &Who| match who {
        Who::ItAdmin => locale.text("console.traces.by.it_admin"),
        Who::Operator => locale.text("console.traces.by.operator"),
        Who::Developer => locale.text("console.traces.by.developer"),
        Who::Person => locale.text("console.traces.by.person"),
    };
    let all: Vec<&str> = fix.who.iter().map(name).collect();
    let who = locale
        .fill("console.traces.who", &[("who", &all.join(locale.text("console.traces.who_or")))]);
    let place = fix.line();
    let lines = [Some(fix.sentence.as_str()), place.as_deref(), fix.value.as_deref()];
    let whole = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    FixView { whole, place, who, sentence: fix.sentence, value: fix.value }
}

fn line(state: &State, moment: &traces::Moment, began: Time) -> StepLine {
    let after = match moment.at {
        Some(at) if at == began => at.to_utc().format("%H:%M:%S").to_string(),
        Some(at) => format!("+{}", listing::took(state, at.since(began).num_milliseconds())),
        None => String::new(),
    };
    let class = match (moment.at, moment.step) {
        (None, _) => " off",
        (_, Step::Refused | Step::Abandoned) => " bad",
        _ => "",
    };
    StepLine {
        title: step(moment.step, &state.locale).to_owned(),
        time: moment.at.map(|at| at.to_string()),
        after,
        class,
    }
}
